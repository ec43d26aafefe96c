//! Policies within the 8,192 characters that AWS stores, as full as they can be: each is decided, none is given up.

mod common;

use model::Cloud;
use trustproof_decide::{Verdict, Verdicts, Zone, judge};

/// The longest trust policy that AWS stores, white space not counted (IAM quotas).
const LONGEST: usize = 8_192;

const EVERYONE: &str = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;

fn verdicts(statements: &[String]) -> Verdicts {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    assert!(text.len() <= LONGEST, "{} characters", text.len());
    judge(&common::policy(&text, Cloud::Aws), &Zone::default()).verdicts
}

fn deny(conditions: &str) -> String {
    format!(r#"{{"Effect":"Deny","Principal":"*","Action":"*","Condition":{{{conditions}}}}}"#)
}

fn list(count: usize, value: impl Fn(usize) -> String) -> String {
    let values: Vec<String> = (0..count).map(|n| format!("\"{}\"", value(n))).collect();
    format!("[{}]", values.join(","))
}

#[test]
fn two_hundred_accounts_under_ten_denies() {
    let accounts = list(200, |n| format!("222200000{n:03}"));
    let policy = |count: usize| {
        let allow =
            format!(r#"{{"Effect":"Allow","Principal":{{"AWS":{accounts}}},"Action":"sts:AssumeRole"}}"#);
        let guard = |n: usize| {
            deny(&format!(
                r#""StringLike":{{"aws:PrincipalArn":"*{n}*"}},"StringNotEquals":{{"sts:ExternalId":"a{n}"}}"#
            ))
        };
        std::iter::once(allow).chain((0..count).map(guard)).collect::<Vec<_>>()
    };
    // Each ARN holds the 0 and the 2 of its account, and no ExternalId is both a0 and a2.
    assert_eq!(verdicts(&policy(10)).third_party, Verdict::Safe);
    // With the 0 alone there is one that opens the role, and two characters are soon guessed.
    assert_eq!(verdicts(&policy(1)).third_party, Verdict::Exposed);
}

#[test]
fn sixty_denies() {
    let denies = (0..60).map(|n| {
        deny(&format!(r#""StringNotLike":{{"aws:PrincipalTag/t{n}":"x","aws:PrincipalTag/u{n}":"y"}}"#))
    });
    let under =
        |allow: String| verdicts(&std::iter::once(allow).chain(denies.clone()).collect::<Vec<_>>()).stranger;
    // Strangers tag themselves as they like: with t0=x, t1=x and so on nothing is denied.
    assert_eq!(under(format!("{EVERYONE}}}")), Verdict::Exposed);
    // Whoever has t7=z still gets by the Deny of both with u7=y; whoever must have u7=z too does not.
    let tagged = |tags: &str| format!(r#"{EVERYONE},"Condition":{{"StringEquals":{{{tags}}}}}}}"#);
    assert_eq!(under(tagged(r#""aws:PrincipalTag/t7":"z""#)), Verdict::Exposed);
    assert_eq!(under(tagged(r#""aws:PrincipalTag/t7":"z","aws:PrincipalTag/u7":"z""#)), Verdict::Safe);
}

#[test]
fn a_hundred_values_of_several_keys() {
    let ids = |count: usize| list(count, |n| format!("v{n}-*"));
    let allow = format!(
        r#"{EVERYONE},"Condition":{{"StringLike":{{"sts:ExternalId":{},"sts:RoleSessionName":{},"aws:PrincipalTag/team":{}}}}}}}"#,
        ids(100),
        ids(100),
        ids(100)
    );
    let under = |denied: usize| {
        let deny = deny(&format!(r#""StringLike":{{"sts:ExternalId":{}}}"#, ids(denied)));
        verdicts(&[allow.clone(), deny]).stranger
    };
    // All that the Allow asks for is denied; or all but `v99-*`, which anybody can send.
    assert_eq!(under(100), Verdict::Safe);
    assert_eq!(under(99), Verdict::Exposed);
}

#[test]
fn many_small_allows_and_denies() {
    let id = |n: usize| format!(r#""StringEquals":{{"sts:ExternalId":"id-{n}"}}"#);
    let allow = |n: usize| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{:012}"}},"Action":"sts:AssumeRole","Condition":{{{}}}}}"#,
            222_200_000_000_usize + n,
            id(n)
        )
    };
    let with = |denied: usize| {
        let allows = (0..30).map(allow);
        verdicts(&allows.chain((0..denied).map(|n| deny(&id(n)))).collect::<Vec<_>>()).third_party
    };
    // The ExternalId that each account must send is denied to all; or to all but the last, and `id-29` is soon guessed.
    assert_eq!(with(30), Verdict::Safe);
    assert_eq!(with(29), Verdict::Exposed);
}

#[test]
fn two_hundred_subjects() {
    let github = "token.actions.githubusercontent.com";
    let trusting = |subjects: String| {
        let statement = format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
               "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{github}"}},"Condition":{{
               "StringEquals":{{"{github}:aud":"sts.amazonaws.com"}},"StringLike":{{"{github}:sub":{subjects}}}}}}}"#
        );
        verdicts(&[statement]).oidc
    };
    // Every subject names its owner up to the slash.
    assert_eq!(trusting(list(200, |n| format!("repo:acme/app{n}:ref:*"))), Verdict::Safe);
    // One of them leaves the end of the owner's name open.
    let open = |n: usize| if n == 117 { "repo:acme*".to_owned() } else { format!("repo:acme/app{n}:ref:*") };
    assert_eq!(trusting(list(200, open)), Verdict::Exposed);
}
