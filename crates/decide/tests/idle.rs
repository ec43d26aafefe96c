//! Statements that change nothing: an Allow whose every request another Allow admits too.

mod common;

use std::collections::BTreeSet;

use model::Cloud;
use trustproof_decide::{Zone, judge};

const OWN: &str = "111122223333";
const OWN_ALIBABA: &str = "1111222233334444";

/// The Allows that change nothing, for the owner of these accounts.
fn covered_in(cloud: Cloud, own: &[&str], statements: &[&str]) -> Vec<usize> {
    let version = if cloud == Cloud::Aws { "2012-10-17" } else { "1" };
    let text = format!(r#"{{"Version":"{version}","Statement":[{}]}}"#, statements.join(","));
    let accounts: BTreeSet<String> = own.iter().map(|a| (*a).to_owned()).collect();
    let judged = judge(&common::policy(&text, cloud), &Zone { accounts, ..Zone::default() });
    let whole = judged.idle.iter().filter(|i| i.condition.is_none());
    whole.map(|i| i.statement).collect()
}

fn covered(statements: &[&str]) -> Vec<usize> {
    covered_in(Cloud::Aws, &[OWN], statements)
}

fn allow(principal: &str, action: &str, conditions: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{{principal}}},"Action":{action},"Condition":{{{conditions}}}}}"#
    )
}

const VENDOR: &str = r#""AWS":"arn:aws:iam::210987654321:root""#;
const ROLE: &str = r#""AWS":"arn:aws:iam::210987654321:role/scan""#;
const ANYONE: &str = r#""AWS":"*""#;
const ASSUME: &str = r#""sts:AssumeRole""#;
const TAG: &str = r#""sts:TagSession""#;
const BOTH: &str = r#"["sts:AssumeRole","sts:TagSession"]"#;
const SECRET: &str = r#""StringEquals":{"sts:ExternalId":"7Qd2-Kx91-Tn4v-Z0bL"}"#;

#[test]
fn a_narrower_allow_beside_a_wider_one_changes_nothing() {
    let guarded = allow(VENDOR, ASSUME, SECRET);
    let open = allow(VENDOR, ASSUME, "");
    assert_eq!(covered(&[&guarded, &open]), [0]);
    assert_eq!(covered(&[&open, &guarded]), [1]);
    // The account id alone names the same principal.
    let by_id = allow(r#""AWS":"210987654321""#, ASSUME, SECRET);
    assert_eq!(covered(&[&by_id, &open]), [0]);
    assert_eq!(covered(&[&allow(ROLE, ASSUME, ""), &open]), [0]);
    assert_eq!(covered(&[&open, &allow(ANYONE, ASSUME, "")]), [0]);
    assert_eq!(covered(&[&allow(ANYONE, ASSUME, SECRET), &allow(ANYONE, ASSUME, "")]), [0]);
    let any = r#""StringLike":{"sts:ExternalId":"7Qd2-*"}"#;
    assert_eq!(covered(&[&guarded, &allow(VENDOR, ASSUME, any)]), [0]);
}

#[test]
fn of_equal_allows_the_later_changes_nothing() {
    let one = allow(VENDOR, ASSUME, SECRET);
    assert_eq!(covered(&[&one, &one, &one]), [1, 2]);
    let service = allow(r#""Service":"lambda.amazonaws.com""#, ASSUME, "");
    assert_eq!(covered(&[&service, &service]), [1]);
    let token = allow(
        r#""Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com""#,
        r#""sts:AssumeRoleWithWebIdentity""#,
        r#""StringEquals":{"token.actions.githubusercontent.com:sub":"repo:acme/app:pull_request"}"#,
    );
    assert_eq!(covered(&[&token, &token]), [1]);
    let tags = allow(VENDOR, TAG, "");
    assert_eq!(covered(&[&one, &tags, &tags]), [2]);
}

#[test]
fn everyone_may_not_include_services_and_federated_callers() {
    let everyone = allow(ANYONE, r#""sts:*""#, "");
    for principal in [
        r#""Service":"lambda.amazonaws.com""#,
        r#""Federated":"arn:aws:iam::111122223333:saml-provider/corp""#,
        r#""Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com""#,
    ] {
        assert!(covered(&[&allow(principal, r#""sts:*""#, ""), &everyone]).is_empty(), "{principal}");
    }
}

#[test]
fn of_several_principals_each_must_be_covered() {
    let other = r#""AWS":"arn:aws:iam::345678901234:root""#;
    let both = r#""AWS":["arn:aws:iam::210987654321:root","arn:aws:iam::345678901234:root"]"#;
    let two = allow(both, ASSUME, SECRET);
    assert_eq!(covered(&[&two, &allow(VENDOR, ASSUME, "")]), []);
    assert_eq!(covered(&[&two, &allow(other, ASSUME, "")]), []);
    assert_eq!(covered(&[&two, &allow(VENDOR, ASSUME, ""), &allow(other, ASSUME, "")]), [0]);
}

#[test]
fn several_allows_can_cover_one_together() {
    let with = allow(VENDOR, ASSUME, r#""Null":{"sts:ExternalId":"false"}"#);
    let without = allow(VENDOR, ASSUME, r#""Null":{"sts:ExternalId":"true"}"#);
    let mfa = allow(VENDOR, ASSUME, r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#);
    assert_eq!(covered(&[&with, &without, &mfa]), [2]);
    assert_eq!(covered(&[&with, &mfa]), [] as [usize; 0]);
}

#[test]
fn what_only_overlaps_stays() {
    let none: [usize; 0] = [];
    let other = r#""StringEquals":{"sts:ExternalId":"Z0bL-Tn4v-Kx91-7Qd2"}"#;
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, SECRET), &allow(VENDOR, ASSUME, other)]), none);
    // Another action, other principals.
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, ""), &allow(VENDOR, TAG, "")]), none);
    assert_eq!(covered(&[&allow(VENDOR, BOTH, SECRET), &allow(VENDOR, ASSUME, "")]), none);
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, SECRET), &allow(VENDOR, BOTH, "")]), [0]);
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, ""), &allow(ROLE, ASSUME, "")]), [1]);
    let two = r#""AWS":["210987654321","444455556666"]"#;
    assert_eq!(covered(&[&allow(two, ASSUME, ""), &allow(VENDOR, ASSUME, "")]), [1]);
    let services = [r#""Service":"lambda.amazonaws.com""#, r#""Service":"glue.amazonaws.com""#];
    assert_eq!(covered(&services.map(|s| allow(s, ASSUME, "")).each_ref().map(String::as_str)), none);
    // Whether `*` means services is not documented.
    assert_eq!(covered(&[&allow(services[0], ASSUME, ""), &allow(ANYONE, ASSUME, "")]), none);
}

#[test]
fn naming_a_principal_of_the_own_account_grants_more_than_naming_the_account() {
    // The account has yet to permit it by a policy of its own; the named role needs none.
    let none: [usize; 0] = [];
    let root = allow(r#""AWS":"arn:aws:iam::111122223333:root""#, ASSUME, "");
    let role = allow(r#""AWS":"arn:aws:iam::111122223333:role/ci""#, ASSUME, "");
    assert_eq!(covered(&[&root, &role]), none);
    assert_eq!(covered(&[&role, &role]), [1]);
    assert_eq!(covered(&[&role, &allow(ANYONE, ASSUME, "")]), [0]);
    // Nor is it known of an account whether it is the own one, as long as no own one is known.
    assert_eq!(covered_in(Cloud::Aws, &[], &[&allow(VENDOR, ASSUME, ""), &allow(ROLE, ASSUME, "")]), none);
    // On Alibaba Cloud the caller needs its own permission in any case.
    let ram = |id: &str| allow(&format!(r#""RAM":["acs:ram::{OWN_ALIBABA}:{id}"]"#), ASSUME, "");
    assert_eq!(covered_in(Cloud::Alibaba, &[OWN_ALIBABA], &[&ram("root"), &ram("role/ci")]), [1]);
}

#[test]
fn a_service_of_the_own_account_has_two_names() {
    let service = |id: &str| allow(&format!(r#""Service":["{id}"]"#), ASSUME, "");
    let plain = service("ecs.aliyuncs.com");
    let own = service(&format!("{OWN_ALIBABA}@ecs.aliyuncs.com"));
    assert_eq!(covered_in(Cloud::Alibaba, &[OWN_ALIBABA], &[&plain, &own]), [1]);
    let none: [usize; 0] = [];
    let other = service("6543210987654321@ecs.aliyuncs.com");
    assert_eq!(covered_in(Cloud::Alibaba, &[OWN_ALIBABA], &[&plain, &other]), none);
    let deny = own.replace("Allow", "Deny");
    let text = format!(r#"{{"Version":"1","Statement":[{plain},{deny}]}}"#);
    let zone = Zone { accounts: BTreeSet::from([OWN_ALIBABA.to_owned()]), ..Zone::default() };
    assert_eq!(judge(&common::policy(&text, Cloud::Alibaba), &zone).dead.len(), 1);
}

#[test]
fn what_is_not_known_covers_nothing_and_is_not_covered() {
    let none: [usize; 0] = [];
    let open = allow(VENDOR, ASSUME, "");
    let hole = r#""StringEquals":{"sts:ExternalId":"%1%"}"#;
    let secret = allow(VENDOR, ASSUME, SECRET);
    assert_eq!(covered(&[&secret, &allow(VENDOR, ASSUME, hole)]), none);
    // Whatever the value is, it is admitted otherwise.
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, hole), &open]), [0]);
    assert_eq!(covered(&[&secret, &allow(r#""AWS":"arn:aws:iam::%1%:root""#, ASSUME, "")]), none);
    // Two values that are not known need not be the same.
    let other = r#""StringEquals":{"sts:ExternalId":"%2%"}"#;
    assert_eq!(covered(&[&allow(VENDOR, ASSUME, hole), &allow(VENDOR, ASSUME, other)]), none);
    // A statement that the cloud refuses admits nothing; one that admits nobody covers nothing.
    let refused = allow(VENDOR, ASSUME, r#""StringMatches":{"sts:ExternalId":"x"}"#);
    assert_eq!(covered(&[&secret, &refused]), none);
}

#[test]
fn what_a_deny_takes_away_need_not_be_covered() {
    let guarded = allow(VENDOR, ASSUME, SECRET);
    let any = allow(VENDOR, ASSUME, "");
    let deny = r#"{"Effect":"Deny","Principal":{"AWS":"210987654321"},"Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"sts:ExternalId":"7Qd2-Kx91-Tn4v-Z0bL"}}}"#;
    // The Deny leaves of the wide one just what the narrow one admits: one of the two is enough.
    assert_eq!(covered(&[&guarded, &any, deny]), [1]);
}

#[test]
fn many_allows_that_only_overlap_stay() {
    let statements: Vec<String> = (0..60)
        .map(|n| {
            let conditions: Vec<String> =
                (0..4).map(|k| format!(r#""aws:PrincipalTag/k{k}":"v{}""#, n * 4 + k)).collect();
            allow(VENDOR, ASSUME, &format!(r#""StringNotEquals":{{{}}}"#, conditions.join(",")))
        })
        .collect();
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    assert_eq!(covered(&statements), [] as [usize; 0]);
}
