//! Requests that exist only because a Deny can be kept from firing, or a value kept out of what is not known.

mod common;

use model::Cloud;
use trustproof_decide::{Verdict, Zone, judge};

fn stranger(statements: &str) -> Verdict {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    judge(&common::policy(&text, Cloud::Aws), &Zone::default()).verdicts.stranger
}

const EVERYONE: &str = r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;

#[test]
fn a_deny_with_an_unknown_condition_counts_until_a_known_one_fails() {
    let allow = format!(r#"{{"Effect":"Allow",{EVERYONE}}}"#);
    let deny = |condition: &str| format!(r#"{{"Effect":"Deny",{EVERYONE},"Condition":{{{condition}}}}}"#);
    // With the tag x=1 the first condition fails, whatever the second is.
    let known = r#""StringNotEquals":{"aws:PrincipalTag/x":"1"},"StringEquals":{"aws:PrincipalTag/y":"%1%"}"#;
    assert_eq!(stranger(&format!("{allow},{}", deny(known))), Verdict::Exposed);
    // Nothing is known of the only condition: it may always hold.
    assert_eq!(
        stranger(&format!("{allow},{}", deny(r#""%1%":{"aws:username":"x"}"#))),
        Verdict::Undetermined
    );
}

#[test]
fn a_value_can_be_kept_out_of_a_pattern_that_is_partly_unknown() {
    // Any tag that does not start with x.
    let conditions = r#""Condition":{"StringNotLike":{"aws:PrincipalTag/x":"x%1%"},"Null":{"aws:PrincipalTag/x":"false"}}"#;
    assert_eq!(stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},{conditions}}}"#)), Verdict::Exposed);
}

#[test]
fn of_several_values_one_is_taken_that_no_unknown_pattern_can_mean() {
    // The first and shorter one may be what the unknown pattern means.
    let conditions = r#""StringEquals":{"aws:PrincipalTag/x":["xay","xbzz"]},"StringNotLike":{"aws:PrincipalTag/x":"xa%1%"}"#;
    assert_eq!(under(conditions), Verdict::Exposed);
    let none_left = conditions.replace("xbzz", "xazz");
    assert_eq!(under(&none_left), Verdict::Undetermined);
}

#[test]
fn a_deny_that_may_speak_of_the_caller_is_kept_from_firing() {
    let allow = format!(r#"{{"Effect":"Allow",{EVERYONE}}}"#);
    let deny = |principal: &str, condition: &str| {
        format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole","Condition":{{{condition}}}}}"#
        )
    };
    // Whomever it means and whatever else it asks for, with the tag it does not fire.
    let tag = r#""StringNotEquals":{"aws:PrincipalTag/x":"1"}"#;
    assert_eq!(stranger(&format!("{allow},{}", deny("%1%", tag))), Verdict::Exposed);
    let further = format!(r#"{tag},"%1%":{{"aws:username":"x"}}"#);
    assert_eq!(stranger(&format!("{allow},{}", deny("*", &further))), Verdict::Exposed);
    let further = format!(r#"{tag},"StringEquals":{{"%1%":"x"}}"#);
    assert_eq!(stranger(&format!("{allow},{}", deny("*", &further))), Verdict::Exposed);
    // A tag of which it is not known whether the Deny asks for it helps nobody for sure.
    assert_eq!(stranger(&format!("{allow},{}", deny("%1%", ""))), Verdict::Undetermined);
}

#[test]
fn a_name_that_anybody_picks_is_no_guard() {
    let conditions = r#""Condition":{"StringEquals":{"aws:PrincipalTag/team":"${aws:username}"}}"#;
    assert_eq!(stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},{conditions}}}"#)), Verdict::Exposed);
}

/// The verdict on everyone under these conditions.
fn under(conditions: &str) -> Verdict {
    stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},"Condition":{{{conditions}}}}}"#))
}

#[test]
fn two_free_keys_that_a_variable_ties_are_solved_together() {
    for (conditions, expected) in [
        // Both are the caller's choice, and session names have two characters or more.
        (r#""StringEquals":{"sts:RoleSessionName":"${aws:username}"}"#, Verdict::Exposed),
        (r#""StringLike":{"sts:RoleSessionName":"${aws:username}"}"#, Verdict::Exposed),
        (r#""StringEqualsIgnoreCase":{"sts:RoleSessionName":"${aws:username}"}"#, Verdict::Exposed),
        (r#""StringEquals":{"sts:ExternalId":"${aws:PrincipalTag/x}"}"#, Verdict::Exposed),
        (r#""StringEquals":{"sts:ExternalId":["elsewhere","${aws:PrincipalTag/x}"]}"#, Verdict::Exposed),
        (
            r#""StringEquals":{"sts:RoleSessionName":"ro-${aws:username}"},"StringLike":{"aws:username":"team-*"}"#,
            Verdict::Exposed,
        ),
        // No session name has a slash, or is longer than what must stand in it.
        (
            r#""StringEquals":{"sts:RoleSessionName":"${aws:username}"},"StringLike":{"aws:username":"*/*"}"#,
            Verdict::Safe,
        ),
        (
            r#""StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"},"StringLike":{"aws:PrincipalTag/a":"x*","aws:PrincipalTag/b":"y*"}"#,
            Verdict::Safe,
        ),
        (
            r#""StringEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"},"StringLike":{"aws:PrincipalTag/a":"x*","aws:PrincipalTag/b":"*y"}"#,
            Verdict::Exposed,
        ),
        // Three keys.
        (
            r#""StringEquals":{"aws:PrincipalTag/a":"${aws:username}","aws:PrincipalTag/b":"${aws:username}-x"},"StringLike":{"aws:PrincipalTag/a":"p*","aws:PrincipalTag/b":"*q-x"}"#,
            Verdict::Exposed,
        ),
        (
            r#""StringEquals":{"aws:PrincipalTag/a":"${aws:username}","aws:PrincipalTag/b":"${aws:username}-x"},"StringLike":{"aws:PrincipalTag/a":"p*","aws:PrincipalTag/b":"q*"}"#,
            Verdict::Safe,
        ),
        // A wildcard beside the variable.
        (
            r#""StringLike":{"sts:RoleSessionName":"*-${aws:username}","aws:username":"bob*"}"#,
            Verdict::Exposed,
        ),
        // Unequal: one of two is always free to differ.
        (r#""StringNotEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"}"#, Verdict::Exposed),
        (
            r#""StringNotEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"},"StringEquals":{"aws:PrincipalTag/a":"x","aws:PrincipalTag/b":"x"}"#,
            Verdict::Safe,
        ),
        (
            r#""StringNotEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/b}"},"StringEquals":{"aws:PrincipalTag/a":"x"},"StringLike":{"aws:PrincipalTag/b":"x*"}"#,
            Verdict::Exposed,
        ),
        // Absent: nothing equals it.
        (
            r#""StringNotEquals":{"sts:RoleSessionName":"${aws:username}"},"Null":{"aws:username":"true"}"#,
            Verdict::Exposed,
        ),
        (
            r#""StringEquals":{"sts:RoleSessionName":"${aws:username}"},"Null":{"aws:username":"true"}"#,
            Verdict::Safe,
        ),
        // In six parts: what is filled in stays in its part.
        (
            r#""ArnEquals":{"aws:PrincipalTag/a":"arn:aws:s3:::${aws:username}"},"StringLike":{"aws:username":"a:b*"}"#,
            Verdict::Exposed,
        ),
        (
            r#""ArnEquals":{"aws:PrincipalTag/a":"arn:aws:${aws:username}:::x"},"StringLike":{"aws:username":"a:b*"}"#,
            Verdict::Safe,
        ),
        (
            r#""ArnEquals":{"aws:PrincipalTag/a":"arn:aws:${aws:username}:::x"},"StringLike":{"aws:username":["a:b*","abcd*"]}"#,
            Verdict::Exposed,
        ),
    ] {
        assert_eq!(under(conditions), expected, "{conditions}");
    }
}

#[test]
fn what_is_not_searched_through_is_not_ruled_out() {
    // The user `xyz` gets in, and so does `xy`; how to find such a one nobody has to know.
    for conditions in [
        r#""StringEquals":{"aws:PrincipalTag/a":"${aws:username}${aws:username}"},"StringLike":{"aws:PrincipalTag/a":"xyzxyz"}"#,
        r#""StringEquals":{"aws:PrincipalTag/a":"${aws:username}${aws:username}"},"StringLike":{"aws:PrincipalTag/a":"xy*"}"#,
    ] {
        assert_ne!(under(conditions), Verdict::Safe, "{conditions}");
    }
}

#[test]
fn a_deny_that_ties_two_keys_is_passed_together() {
    let allow =
        format!(r#"{{"Effect":"Allow",{EVERYONE},"Condition":{{"StringLike":{{"aws:username":"b*"}}}}}}"#);
    let deny = |conditions: &str| format!(r#"{{"Effect":"Deny",{EVERYONE},"Condition":{{{conditions}}}}}"#);
    let differ = deny(r#""StringNotEquals":{"sts:RoleSessionName":"${aws:username}"}"#);
    assert_eq!(stranger(&format!("{allow},{differ}")), Verdict::Exposed);
    let slash = deny(r#""StringNotLike":{"aws:username":"*/*"}"#);
    assert_eq!(stranger(&format!("{allow},{differ},{slash}")), Verdict::Safe);
}

#[test]
fn a_service_names_the_account_that_its_resource_is_in() {
    let statement = r#"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole",
        "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:${aws:SourceAccount}:function:*"}}}"#;
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    assert_eq!(
        judge(&common::policy(&text, Cloud::Aws), &Zone::default()).verdicts.service,
        Verdict::Exposed
    );
}

#[test]
fn a_value_between_two_that_are_named_is_found() {
    for (conditions, expected) in [
        (
            r#""NumericGreaterThan":{"aws:MultiFactorAuthAge":"5"},"NumericLessThan":{"aws:MultiFactorAuthAge":"5.5"}"#,
            Verdict::Exposed,
        ),
        (
            r#""NumericGreaterThan":{"aws:MultiFactorAuthAge":"5"},"NumericLessThan":{"aws:MultiFactorAuthAge":"5"}"#,
            Verdict::Safe,
        ),
        (
            r#""DateGreaterThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:01Z"}"#,
            Verdict::Exposed,
        ),
        // The text of an address, as if it were a name.
        (r#""StringLike":{"aws:SourceIp":"1*"}"#, Verdict::Exposed),
        (r#""StringLike":{"aws:SourceIp":"203.0.113.*"}"#, Verdict::Safe),
        (r#""StringEquals":{"aws:SourceIp":"0.0.0.0/0"}"#, Verdict::Safe),
        // One of 254 others is left; that they were not all tried proves nothing.
        (
            r#""IpAddress":{"aws:VpcSourceIp":"192.0.2.0/24"},"StringNotEquals":{"aws:VpcSourceIp":["192.0.2.0","192.0.2.255"]}"#,
            Verdict::Undetermined,
        ),
    ] {
        assert_eq!(under(conditions), expected, "{conditions}");
    }
}

#[test]
fn an_account_that_is_not_known_may_be_any_that_fits_the_conditions() {
    let third_party = |principal: &str, condition: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
               "Principal":{{"AWS":"{principal}"}},"Condition":{{{condition}}}}}]}}"#
        );
        judge(&common::policy(&text, Cloud::Aws), &Zone::default()).verdicts.third_party
    };
    let root = "arn:aws:iam::%1%:root";
    for open in [
        r#""StringLike":{"aws:PrincipalAccount":"21*"}"#,
        r#""StringNotLike":{"aws:PrincipalAccount":["9*","8*"]}"#,
        r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::21*:role/*"}"#,
    ] {
        assert_eq!(third_party(root, open), Verdict::Undetermined, "{open}");
    }
    let role = "arn:aws:iam::%1%:role/scanner";
    assert_eq!(third_party(role, r#""StringLike":{"aws:PrincipalAccount":"21*"}"#), Verdict::Undetermined);
    // No account has letters, and none is two.
    assert_eq!(third_party(root, r#""StringLike":{"aws:PrincipalAccount":"21x*"}"#), Verdict::Safe);
}

#[test]
fn an_unknown_piece_may_hold_an_account_and_more() {
    let third_party = |cloud: Cloud, kind: &str, principal: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
               "Principal":{{"{kind}":"{principal}"}}}}]}}"#
        );
        judge(&common::policy(&text, cloud), &Zone::default()).verdicts.third_party
    };
    for principal in [
        "%1%:root",
        "%1%:role/x",
        "%1%:user/x",
        "%1%role/x",
        "%1%/x",
        "%1%-x",
        "arn:%1%:role/x",
        "arn:aws:iam::%1%/x",
        "arn:%1%:iam::%2%:role/x",
        "%1%-%2%",
        "%1%:role/%2%/x",
    ] {
        assert_eq!(third_party(Cloud::Aws, "AWS", principal), Verdict::Undetermined, "{principal}");
    }
    for principal in ["%1%:root", "%1%:role/x", "acs:%1%:role/x", "%1%-x"] {
        assert_eq!(third_party(Cloud::Alibaba, "RAM", principal), Verdict::Undetermined, "{principal}");
    }
}

#[test]
fn numbers_that_no_binary_number_is_are_told_apart() {
    let sends = |operator: &str, value: &str| {
        let condition = format!(r#"{{"{operator}":{{"aws:MultiFactorAuthAge":"{value}"}}}}"#);
        stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},"Condition":{condition}}}"#))
    };
    assert_eq!(sends("NumericEquals", "9007199254740993"), Verdict::Exposed);
    assert_ne!(sends("NumericGreaterThan", "9007199254740993"), Verdict::Safe);
}
