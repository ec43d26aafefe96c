//! Every row of the operator table: key present, absent, several values, `IfExists`, negated.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use model::Cloud;
use trustproof_decide::{Request, Truth, evaluate};

/// The outcome of one condition for a request with these values of its key (none: absent).
fn outcome(operator: &str, key: &str, policy: &str, request: &[&str]) -> Truth {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"sts:AssumeRole",
        "Condition":{{"{operator}":{{"{key}":{policy}}}}}}}}}"#
    );
    let mut context = BTreeMap::new();
    if !request.is_empty() {
        context.insert(key.to_owned(), request.iter().map(|v| (*v).to_owned()).collect());
    }
    context.insert("aws:username".to_owned(), vec!["jo*".to_owned()]);
    let request = Request {
        principal: "arn:aws:iam::999999999999:user/x".to_owned(),
        action: "sts:AssumeRole".to_owned(),
        context,
        multivalued: BTreeSet::new(),
    };
    evaluate(&common::policy(&text, Cloud::Aws), &request).allowed
}

const T: Truth = Truth::True;
const F: Truth = Truth::False;
const U: Truth = Truth::Unknown;

#[test]
fn single_values() {
    let key = "aws:PrincipalArn";
    let arn = "arn:aws:iam::123456789012:role/a/b";
    for (operator, policy, value, expected) in [
        ("StringEquals", r#""ab""#, "ab", T),
        ("StringEquals", r#""a*""#, "ab", F),
        ("StringEquals", r#"["x","ab"]"#, "ab", T),
        ("StringEquals", r#""AB""#, "ab", F),
        ("stringequals", r#""ab""#, "ab", T),
        ("StringEquals", "[]", "ab", F),
        ("StringNotEquals", "[]", "ab", F),
        ("StringNotEquals", r#"["x","ab"]"#, "ab", F),
        ("StringNotEquals", r#"["x","y"]"#, "ab", T),
        ("StringEqualsIgnoreCase", r#""AB""#, "aB", T),
        ("StringNotEqualsIgnoreCase", r#""AB""#, "aB", F),
        ("StringLike", r#""a*""#, "a:/b", T),
        ("StringLike", r#""a?""#, "a", F),
        ("StringLike", r#""A*""#, "ab", F),
        ("StringNotLike", r#"["x*","a*"]"#, "ab", F),
        ("StringEquals", r#""${aws:username}""#, "jo*", T),
        ("StringLike", r#""${aws:username}""#, "john", F),
        ("StringEquals", r#""${aws:nothing}""#, "", F),
        ("StringNotEquals", r#""${aws:nothing}""#, "x", T),
        ("StringEquals", r#""${aws:nothing, 'd'}""#, "d", T),
        ("StringLike", r#""${*}""#, "x", F),
        ("NumericEquals", "5", "5.0", T),
        ("NumericNotEquals", "5", "6", T),
        ("NumericNotEquals", "5", "six", U),
        ("NumericLessThan", "\"3600\"", "3599", T),
        ("NumericLessThan", "\"3600\"", "3600", F),
        ("NumericLessThanEquals", "3600", "3600", T),
        ("NumericGreaterThan", "3600", "3601", T),
        ("NumericGreaterThanEquals", "3600", "3599", F),
        ("NumericEquals", "5", "five", F),
        ("NumericEquals", "\"1e3\"", "1000", U),
        ("NumericEquals", "\"1e3\"", "1001", F),
        ("NumericLessThan", "5", "1E400", F),
        ("NumericGreaterThan", "5", "1E400", U),
        ("NumericNotEquals", "\"1e3\"", "1000", U),
        ("DateLessThan", r#""2030-01-01T00:00:00Z""#, "2029-12-31T23:59:59Z", T),
        ("DateGreaterThan", r#""2030-01-01""#, "1893456001", T),
        ("DateEquals", r#""2030-01-01T01:00:00+01:00""#, "2030-01-01T00:00:00Z", T),
        ("DateNotEquals", r#""2030-01-01""#, "2030-01-01T00:00:00Z", F),
        ("Bool", "true", "True", T),
        ("Bool", r#""false""#, "true", F),
        ("Bool", r#""yes""#, "true", U),
        ("BinaryEquals", r#""QmluYXJ5""#, "QmluYXJ5", T),
        ("IpAddress", r#""203.0.113.9/24""#, "203.0.113.200", T),
        ("IpAddress", r#""203.0.113.9""#, "203.0.113.9", T),
        ("IpAddress", r#""203.0.113.0/24""#, "2001:db8::1", F),
        ("NotIpAddress", r#""203.0.113.0/24""#, "2001:db8::1", T),
        ("NotIpAddress", r#"["203.0.113.0/24","10.0.0.0/8"]"#, "10.1.2.3", F),
        ("NotIpAddress", r#""203.0.113.0/24""#, "nonsense", U),
        ("ArnEquals", r#""arn:aws:iam::123456789012:role/*""#, arn, T),
        ("ArnLike", r#""arn:aws:iam::*:role/a/?""#, arn, T),
        ("ArnLike", r#""arn:aws:*:role/a/b""#, arn, U),
        ("ArnLike", r#""arn:aws:iam::123456789012:role/*""#, "not an arn", F),
        ("ArnNotLike", r#""arn:aws:iam::123456789012:role/*""#, "not an arn", U),
        ("ArnNotEquals", r#""arn:aws:iam::1*:role/*""#, arn, F),
        ("Null", "true", "x", F),
        ("Null", r#""false""#, "x", T),
        ("StringMatches", r#""x""#, "x", F),
    ] {
        assert_eq!(outcome(operator, key, policy, &[value]), expected, "{operator} {policy} of {value}");
    }
}

#[test]
fn absent_keys() {
    for (operator, expected) in [
        ("StringEquals", F),
        ("StringNotEquals", T),
        ("StringLike", F),
        ("StringNotLike", T),
        ("StringEqualsIfExists", T),
        ("StringNotEqualsIfExists", T),
        ("StringNotEqualsIgnoreCase", T),
        ("NumericLessThan", F),
        ("NumericNotEquals", T),
        ("NumericLessThanIfExists", T),
        ("DateGreaterThan", F),
        ("DateNotEquals", T),
        ("Bool", F),
        ("BoolIfExists", T),
        ("BinaryEquals", F),
        ("IpAddress", F),
        ("NotIpAddress", T),
        ("IpAddressIfExists", T),
        ("ArnLike", F),
        ("ArnNotLike", T),
        ("ArnEqualsIfExists", T),
        ("ForAllValues:StringEquals", T),
        ("ForAnyValue:StringEquals", F),
        ("ForAnyValue:StringNotEquals", F),
        ("ForAnyValue:StringEqualsIfExists", F),
        ("ForAllValues:StringEqualsIfExists", T),
    ] {
        assert_eq!(outcome(operator, "aws:FederatedProvider", r#""5""#, &[]), expected, "{operator}");
    }
    assert_eq!(outcome("Null", "aws:FederatedProvider", "true", &[]), T);
    assert_eq!(outcome("Null", "aws:FederatedProvider", "false", &[]), F);
    // An empty list never matches, and with IfExists or ForAllValues only an absent key.
    assert_eq!(outcome("StringNotEquals", "aws:FederatedProvider", "[]", &[]), F);
    assert_eq!(outcome("StringEqualsIfExists", "aws:FederatedProvider", "[]", &[]), T);
}

#[test]
fn several_values() {
    let key = "aws:TagKeys";
    for (operator, policy, request, expected) in [
        ("ForAnyValue:StringEquals", r#"["a","b"]"#, ["b", "c"], T),
        ("ForAnyValue:StringEquals", r#"["a"]"#, ["b", "c"], F),
        ("ForAllValues:StringEquals", r#"["b","c"]"#, ["b", "c"], T),
        ("ForAllValues:StringEquals", r#"["b"]"#, ["b", "c"], F),
        ("ForAllValues:StringNotEquals", r#"["a"]"#, ["b", "c"], T),
        ("ForAllValues:StringNotEquals", r#"["b"]"#, ["b", "c"], F),
        ("ForAnyValue:StringNotEquals", r#"["b"]"#, ["b", "c"], T),
        ("ForAnyValue:StringNotEquals", r#"["b","c"]"#, ["b", "c"], F),
        ("ForAllValues:StringLike", r#""?""#, ["b", ""], U),
        // Without a set operator nobody documents what happens.
        ("StringEquals", r#"["b","c"]"#, ["b", "c"], U),
        ("StringNotEquals", r#"["a"]"#, ["b", "c"], U),
    ] {
        assert_eq!(outcome(operator, key, policy, &request), expected, "{operator} {policy}");
    }
}

#[test]
fn keys_compare_without_letter_case_and_old_versions_have_no_variables() {
    let text = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"STS:assume*",
        "Condition":{"StringEquals":{"STS:EXTERNALID":"${aws:username}"}}}}"#;
    let mut request = Request {
        principal: "arn:aws:iam::999999999999:user/x".to_owned(),
        action: "sts:AssumeRole".to_owned(),
        ..Request::default()
    };
    request.context.insert("sts:ExternalId".to_owned(), vec!["${aws:username}".to_owned()]);
    assert_eq!(evaluate(&common::policy(text, Cloud::Aws), &request).allowed, T);
}

#[test]
fn principals_mean_whom_they_name() {
    let decide = |principal: &str, caller: &str, effect: &str| {
        let text = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"*"}},
            {{"Effect":"{effect}",{principal},"Action":"sts:AssumeRole"}}]}}"#
        );
        let policy = common::policy(&text, Cloud::Aws);
        let request = Request {
            principal: caller.to_owned(),
            action: "sts:AssumeRole".to_owned(),
            ..Request::default()
        };
        // With a Deny behind an Allow of everyone: denied exactly if the principal is meant.
        !evaluate(&policy, &request).allowed
    };
    let role = "arn:aws:iam::123456789012:role/path/app";
    let session = "arn:aws:sts::123456789012:assumed-role/app/s1";
    let federated = "arn:aws:sts::123456789012:federated-user/bob";
    for (principal, caller, meant) in [
        (r#""Principal":"*""#, role, T),
        (r#""Principal":{"AWS":"123456789012"}"#, session, T),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:root"}"#, role, T),
        (r#""Principal":{"AWS":"arn:aws-cn:iam::123456789012:root"}"#, role, F),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/path/app"}"#, session, T),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/app"}"#, role, F),
        (r#""Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s1"}"#, session, T),
        (r#""Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/app/s2"}"#, session, F),
        // Which user opened a federated session its name does not tell.
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/team/bob"}"#, federated, U),
        (r#""Principal":{"AWS":"arn:aws:iam::123456789012:user/eve"}"#, federated, F),
        (r#""Principal":{"AWS":"arn:aws:iam::*:root"}"#, role, F),
        (r#""Principal":{"AWS":"AROAEXAMPLEEXAMPLEID"}"#, role, F),
        (r#""Principal":{"Service":"123456789012"}"#, role, F),
        // Each level of the caller may be checked against the list of a Deny.
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::123456789012:root"}"#, role, U),
        (
            r#""NotPrincipal":{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::123456789012:role/path/app"]}"#,
            role,
            F,
        ),
        (r#""NotPrincipal":{"AWS":"arn:aws:iam::210987654321:root"}"#, role, T),
    ] {
        assert_eq!(decide(principal, caller, "Deny"), meant, "{principal} of {caller}");
    }
}

#[test]
fn what_is_not_known_or_not_documented_decides_nothing() {
    let decide = |statements: &str, principal: &str, context: &[(&str, &str)]| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let context = context.iter().map(|(k, v)| ((*k).to_owned(), vec![(*v).to_owned()])).collect();
        let request = Request {
            principal: principal.to_owned(),
            action: "sts:AssumeRole".to_owned(),
            context,
            multivalued: BTreeSet::new(),
        };
        evaluate(&common::policy(&text, Cloud::Aws), &request).allowed
    };
    let user = "arn:aws:iam::999999999999:user/x";
    let allow = |rest: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"sts:AssumeRole"{rest}}}"#)
    };
    // Conditions, an operator, a key that are not known.
    assert_eq!(decide(&allow(r#","Condition":%1%"#), user, &[]), U);
    assert_eq!(
        decide(&allow(r#","Condition":{"%1%":{"aws:username":"x"}}"#), user, &[("aws:username", "x")]),
        U
    );
    assert_eq!(
        decide(&allow(r#","Condition":{"StringEquals":{"%1%":"x"}}"#), user, &[("aws:username", "x")]),
        U
    );
    // Whether `*` means services and tokens.
    assert_eq!(decide(&allow(""), "lambda.amazonaws.com", &[]), U);
    assert_eq!(decide(&allow(""), "arn:aws:iam::111122223333:oidc-provider/example.com", &[]), U);
    // A service principal is case-sensitive.
    let service =
        r#"{"Effect":"Allow","Principal":{"Service":"EC2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    assert_eq!(decide(service, "ec2.amazonaws.com", &[]), F);
    // A wildcard in the name of an action and a bare one are documented; one in the prefix is refused on save.
    for (action, expected) in [
        ("*", T),
        ("**", T),
        ("sts:Assume*", T),
        ("STS:ASSUMEROLE", T),
        ("*:*", U),
        ("s*:AssumeRole", F),
        ("st?:*", F),
        ("*:AssumeRole", F),
        ("sts*", F),
        ("AssumeRole", F),
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"{action}"}}"#);
        assert_eq!(decide(&statement, user, &[]), expected, "{action}");
        let statement = format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"NotAction":"{action}"}}"#);
        assert_eq!(decide(&statement, user, &[]), !expected, "all but {action}");
    }
    // What RAM makes of it is not documented.
    let text = r#"{"Version":"1","Statement":[{"Effect":"Allow","Principal":{"RAM":"*"},"Action":"s*:AssumeRole"}]}"#;
    let request = Request {
        principal: "acs:ram::1234567890123456:user/x".to_owned(),
        action: "sts:AssumeRole".to_owned(),
        ..Request::default()
    };
    assert_eq!(evaluate(&common::policy(text, Cloud::Alibaba), &request).allowed, U);
}

#[test]
fn the_statement_that_decides_is_told() {
    let allow = |who: &str, rest: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{who}"}},"Action":"sts:AssumeRole"{rest}}}"#)
    };
    let deny = |rest: &str| allow("*", rest).replace("Allow", "Deny");
    let (other, own) = (allow("444455556666", ""), allow("*", ""));
    let met = r#","Condition":{"StringEquals":{"aws:username":"x"}}"#;
    let not_met = r#","Condition":{"StringEquals":{"aws:username":"y"}}"#;
    let open = r#","Condition":{"StringEquals":{"aws:username":"%1%"}}"#;
    let either = own.replace("Allow", "%2%");
    for (statements, allowed, statement) in [
        // The first matching Allow.
        (vec![other.clone(), own.clone(), own.clone()], T, Some(1)),
        (vec![other.clone()], F, None),
        // The first matching Deny, wherever it stands.
        (vec![own.clone(), deny(not_met), deny(met), deny("")], F, Some(2)),
        (vec![other.clone(), deny(met)], F, Some(1)),
        // A sure Deny goes before one that may match, and a sure Allow before one that may.
        (vec![deny(open), own.clone(), deny(met)], F, Some(2)),
        (vec![allow("*", open), own.clone()], T, Some(1)),
        // Undetermined: the first that may match.
        (vec![other.clone(), allow("*", open), allow("*", open)], U, Some(1)),
        (vec![own.clone(), deny(not_met), deny(open)], U, Some(2)),
        // One of which it is not known whether it allows or denies.
        (vec![other.clone(), either.clone()], U, Some(1)),
        (vec![own, either], U, Some(1)),
    ] {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
        let request = Request {
            principal: "arn:aws:iam::999999999999:user/x".to_owned(),
            action: "sts:AssumeRole".to_owned(),
            context: BTreeMap::from([("aws:username".to_owned(), vec!["x".to_owned()])]),
            multivalued: BTreeSet::new(),
        };
        let decision = evaluate(&common::policy(&text, Cloud::Aws), &request);
        assert_eq!((decision.allowed, decision.statement), (allowed, statement), "{text}");
    }
}

#[test]
fn dates_may_be_seconds_of_any_size() {
    for (operator, policy, value, expected) in [
        ("DateGreaterThan", "\"0\"", "2026-01-01T00:00:00Z", T),
        ("DateGreaterThan", "\"-1\"", "2026-01-01T00:00:00Z", T),
        // Milliseconds by mistake: a date far beyond the year 9999.
        ("DateLessThan", "\"1893456000000\"", "2026-01-01T00:00:00Z", T),
        // A year, or seconds, is not documented; it matters only where the two differ.
        ("DateLessThan", "\"2030\"", "2026-01-01T00:00:00Z", U),
        ("DateLessThan", "\"2030\"", "2031-01-01T00:00:00Z", F),
        ("DateGreaterThan", "\"2030\"", "2031-01-01T00:00:00Z", T),
        ("DateEquals", "\"2030\"", "2030", T),
        ("DateNotEquals", "\"2030\"", "2031", T),
        ("DateEquals", "\"2030\"", "2030-01-01", U),
        // The same bytes, but not as base64 is documented: without padding, with bits that count for nothing.
        ("BinaryEquals", "\"QQ\"", "QQ==", U),
        ("BinaryEquals", "\"QR==\"", "QQ==", U),
        ("BinaryEquals", "\"QQ==\"", "QQ==", T),
        ("BinaryEquals", "\"Qg==\"", "QQ==", F),
        ("BinaryEquals", "\"QQQQ\"", "QQ==", F),
        ("BinaryEquals", "\"Q Q=\"", "QQ==", F),
        // No minute has sixty-one seconds in the profile.
        ("DateEquals", "\"2030-01-01T00:00:60Z\"", "2030-01-01T00:00:60Z", F),
        ("DateNotEquals", "\"2030-01-01T00:00:60Z\"", "2030-01-01T00:00:59Z", U),
        ("ArnEquals", "\"arn:aws:lambda:us-east-1:*\"", "arn:aws:lambda:us-east-1:x", U),
    ] {
        assert_eq!(outcome(operator, "aws:CurrentTime", policy, &[value]), expected, "{operator} {policy}");
    }
}
