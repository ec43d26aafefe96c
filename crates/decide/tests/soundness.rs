//! What a verdict promises, held against random policies: a decided verdict survives every filling of the unknown
//! values, a safe role resists a random search, an exposed one has a request that the evaluator allows.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use model::Cloud;
use proptest::prelude::*;
use trustproof_decide::{Exposure, Proof, Reach, Request, Truth, Verdict, Zone, evaluate, judge};

const OWN: &str = "111122223333";
const VENDOR: &str = "210987654321";

/// What the owner may have said: nothing, the accounts, the organisations too.
fn zone() -> impl Strategy<Value = Zone> {
    let accounts = BTreeSet::from([OWN.to_owned()]);
    let organizations = BTreeSet::from(["o-a1b2c3d4e5".to_owned()]);
    prop::sample::select(vec![
        Zone::default(),
        Zone { accounts: accounts.clone(), ..Zone::default() },
        Zone { accounts, organizations, ..Zone::default() },
    ])
}

/// Values that a hole can be filled with, wildcards and the empty string among them.
const FILLINGS: &[&str] = &[
    "*",
    "",
    "o-a1b2c3d4e5",
    "o-*",
    OWN,
    VENDOR,
    "Xy7",
    "Xy*",
    "arn:aws:iam::111122223333:role/a",
    "arn:aws:iam::210987654321:root",
    "arn:aws:iam::*:role/a",
    "repo:acme/app:*",
    "repo:*",
    "acme",
    "true",
    "false",
    "203.0.113.0/24",
    "0.0.0.0/0",
];

fn key_and_values() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    let of = |key: &'static str, pool: &'static [&'static str]| {
        (Just(key), prop::collection::vec(prop::sample::select(pool), 1..3))
    };
    prop_oneof![
        of("sts:ExternalId", &["Xy7", "Xy*", "*", "a", "${aws:PrincipalAccount}", "%1%", "X%2%"]),
        of("aws:PrincipalOrgID", &["o-a1b2c3d4e5", "o-*", "*", "%3%"]),
        of("aws:PrincipalAccount", &[OWN, VENDOR, "21*", "*", "%4%"]),
        of(
            "aws:PrincipalArn",
            &[
                "arn:aws:iam::111122223333:role/a",
                "arn:aws:iam::*:role/a",
                "arn:aws:iam::%4%:role/a",
                "*",
                "%5%"
            ]
        ),
        of("aws:MultiFactorAuthPresent", &["true", "false", "%6%"]),
        of("aws:SourceIp", &["203.0.113.0/24", "0.0.0.0/0", "%7%"]),
        of("aws:SourceAccount", &[OWN, VENDOR, "*", "%3%"]),
        of(
            "aws:SourceArn",
            &["arn:aws:s3:::bucket", "arn:aws:s3:::b*", "arn:aws:lambda:*:111122223333:function:*", "%5%"]
        ),
        of(
            "token.actions.githubusercontent.com:sub",
            &[
                "repo:acme/app:ref:refs/heads/main",
                "repo:acme/*",
                "repo:acme*",
                "*",
                "repo:%9%/app:*",
                "repo:acme/%10%",
                "%1%"
            ]
        ),
        of("token.actions.githubusercontent.com:aud", &["sts.amazonaws.com", "%2%"]),
        of("aws:TagKeys", &["team", "*", "%8%"]),
        of("aws:username", &["bob", "b*", "*b", "${sts:RoleSessionName}", "s-*"]),
        of(
            "sts:RoleSessionName",
            &["${aws:username}", "s-${aws:username}", "s-*", "*${aws:username}", "%8%"]
        ),
    ]
}

fn operator(key: &'static str) -> BoxedStrategy<&'static str> {
    let textual = &[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotEqualsIfExists",
        "StringEqualsIgnoreCase",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLike",
        "ForAnyValue:StringNotEquals",
    ];
    match key {
        "aws:MultiFactorAuthPresent" => prop::sample::select(&["Bool", "BoolIfExists", "Null"]).boxed(),
        "aws:SourceIp" => prop::sample::select(&["IpAddress", "NotIpAddress", "IpAddressIfExists"]).boxed(),
        "aws:PrincipalArn" | "aws:SourceArn" => prop::sample::select(&[
            "ArnLike",
            "ArnNotLike",
            "ArnEqualsIfExists",
            "StringEquals",
            "StringLike",
        ])
        .boxed(),
        _ => prop::sample::select(textual).boxed(),
    }
}

fn condition() -> impl Strategy<Value = String> {
    key_and_values().prop_flat_map(|(key, values)| {
        operator(key).prop_map(move |operator| {
            let values: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
            format!("\"{operator}\":{{\"{key}\":[{}]}}", values.join(","))
        })
    })
}

fn statement() -> impl Strategy<Value = String> {
    let principal = prop::sample::select(&[
        r#""AWS":"*""#,
        r#""AWS":"210987654321""#,
        r#""AWS":"arn:aws:iam::210987654321:role/v""#,
        r#""AWS":"arn:aws:iam::111122223333:root""#,
        r#""AWS":"arn:aws:iam::%9%:root""#,
        r#""AWS":"%10%""#,
        r#""Service":"lambda.amazonaws.com""#,
        r#""Service":"glue.amazonaws.com""#,
        r#""Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com""#,
        r#""Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AB""#,
        r#""Federated":"arn:aws:iam::111122223333:saml-provider/corp""#,
    ]);
    let action = prop::sample::select(&[
        "sts:AssumeRole",
        "sts:AssumeRole*",
        "sts:*",
        "sts:TagSession",
        "sts:AssumeRoleWithWebIdentity",
    ]);
    let conditions = prop::collection::vec(condition(), 0..3);
    (prop::bool::weighted(0.75), principal, action, conditions).prop_map(|(allow, principal, action, conditions)| {
        let effect = if allow { "Allow" } else { "Deny" };
        // Conditions of one operator would be duplicate keys: keep the first of each.
        let mut seen = BTreeSet::new();
        let unique: Vec<String> =
            conditions.into_iter().filter(|c| seen.insert(c.split(':').next().unwrap_or_default().to_owned())).collect();
        format!(
            r#"{{"Effect":"{effect}","Principal":{{{principal}}},"Action":"{action}","Condition":{{{}}}}}"#,
            unique.join(",")
        )
    })
}

fn policy() -> impl Strategy<Value = String> {
    prop::collection::vec(statement(), 1..4)
        .prop_map(|s| format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, s.join(",")))
}

fn fill(text: &str, fillings: &[&'static str]) -> String {
    let mut out = text.to_owned();
    for (n, filling) in fillings.iter().enumerate() {
        out = out.replace(&format!("%{}%", n + 1), filling);
    }
    out
}

fn each(verdicts: trustproof_decide::Verdicts) -> [(&'static str, Verdict); 5] {
    [
        ("stranger", verdicts.stranger),
        ("third party", verdicts.third_party),
        ("service", verdicts.service),
        ("oidc", verdicts.oidc),
        ("saml", verdicts.saml),
    ]
}

fn witnesses(exposures: &[Exposure]) -> Vec<&Request> {
    exposures
        .iter()
        .flat_map(|e| match &e.reach {
            Reach::Open(Proof::Proved(witness)) => vec![witness.request()],
            Reach::Guarded { keys, .. } => keys.iter().map(|k| k.witness.request()).collect(),
            Reach::Open(Proof::Possible(_)) | Reach::Closed | Reach::Undecided(_) => Vec::new(),
        })
        .collect()
}

/// Requests that an outsider of this account could make.
fn request(account: &'static str, named: &'static [&'static str]) -> impl Strategy<Value = Request> {
    let optional = |pool: &'static [&'static str]| prop::option::of(prop::sample::select(pool));
    (
        prop::sample::select(&["user/u", "user/bob", "user/x/b", "user/s-bob", "user/xb", "role/a", "root"]),
        prop::option::of(prop::sample::select(named)),
        optional(&["o-zzzzzzzzzz", "o-b1b2c3d4e5"]),
        optional(&["true", "false"]),
        optional(&["198.51.100.9", "8.8.8.8"]),
        prop::sample::select(&["bob", "s-bob", "s-s-bob", "xb", "s-x"]),
    )
        .prop_map(move |(who, external_id, organization, mfa, ip, session)| {
            let name = who.strip_prefix("user/").and_then(|path| path.rsplit('/').next());
            let arn = format!("arn:aws:iam::{account}:{who}");
            let mut context = BTreeMap::from([
                ("aws:PrincipalAccount".to_owned(), vec![account.to_owned()]),
                ("aws:PrincipalArn".to_owned(), vec![arn.clone()]),
                ("sts:RoleSessionName".to_owned(), vec![session.to_owned()]),
            ]);
            let optional = [
                ("sts:ExternalId", external_id),
                ("aws:PrincipalOrgID", organization),
                ("aws:MultiFactorAuthPresent", mfa),
                ("aws:SourceIp", ip),
                ("aws:username", name),
            ];
            for (key, value) in optional {
                context.extend(value.map(|v| (key.to_owned(), vec![v.to_owned()])));
            }
            Request {
                principal: arn,
                action: "sts:AssumeRole".to_owned(),
                context,
                multivalued: BTreeSet::new(),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_decided_verdict_survives_every_filling(
        text in policy(),
        zone in zone(),
        fillings in prop::collection::vec(prop::sample::select(FILLINGS), 10),
    ) {
        let open = judge(&common::policy(&text, Cloud::Aws), &zone);
        let filled = fill(&text, &fillings);
        let closed = judge(&common::policy(&filled, Cloud::Aws), &zone);
        for ((name, before), (_, after)) in each(open.verdicts).into_iter().zip(each(closed.verdicts)) {
            match before {
                // Where everybody surely gets in, nobody asks about third parties any more.
                Verdict::Exposed => prop_assert!(
                    after == Verdict::Exposed || closed.verdicts.stranger == Verdict::Exposed,
                    "{name} was exposed, is {after:?}: {text} -> {filled}"
                ),
                Verdict::Safe | Verdict::NotApplicable => prop_assert!(
                    matches!(after, Verdict::Safe | Verdict::NotApplicable),
                    "{name} was {before:?}, is {after:?}: {text} -> {filled}"
                ),
                Verdict::Undetermined => {}
            }
        }
    }

    #[test]
    fn every_witness_replays(text in policy(), zone in zone()) {
        let policy = common::policy(&text, Cloud::Aws);
        let judged = judge(&policy, &zone);
        for request in witnesses(&judged.exposures) {
            prop_assert_eq!(evaluate(&policy, request).allowed, Truth::True, "{:?} of {}", request, text);
        }
    }

    #[test]
    fn a_safe_role_resists_strangers(
        text in policy(),
        zone in zone(),
        requests in prop::collection::vec(request("888888888888", &["zz", "q-1"]), 40),
    ) {
        let policy = common::policy(&text, Cloud::Aws);
        if judge(&policy, &zone).verdicts.stranger == Verdict::Safe {
            for request in &requests {
                prop_assert_ne!(evaluate(&policy, request).allowed, Truth::True, "{:?} of {}", request, text);
            }
        }
    }

    #[test]
    fn a_safe_role_resists_other_tenants(
        text in policy(),
        zone in zone(),
        requests in prop::collection::vec(request(VENDOR, &["zz", "q-1"]), 40),
    ) {
        let policy = common::policy(&text, Cloud::Aws);
        let verdicts = judge(&policy, &zone).verdicts;
        let safe = |v: Verdict| matches!(v, Verdict::Safe | Verdict::NotApplicable);
        if safe(verdicts.third_party) && safe(verdicts.stranger) {
            for request in &requests {
                prop_assert_ne!(evaluate(&policy, request).allowed, Truth::True, "{:?} of {}", request, text);
            }
        }
    }

    #[test]
    fn nobody_misses_an_allow_that_changes_nothing(
        text in policy(),
        zone in zone(),
        fillings in prop::collection::vec(prop::sample::select(FILLINGS), 10),
        vendors in prop::collection::vec(request(VENDOR, &["zz", "Xy7", "Xya", "ab"]), 20),
        strangers in prop::collection::vec(request("888888888888", &["zz", "Xy7", "Xya", "ab"]), 20),
    ) {
        let policy = common::policy(&text, Cloud::Aws);
        let idle = judge(&policy, &zone).idle;
        let mut filled = common::policy(&fill(&text, &fillings), Cloud::Aws);
        let whole = common::policy(&fill(&text, &fillings), Cloud::Aws);
        let gone: Vec<usize> = idle.iter().filter(|i| i.condition.is_none()).map(|i| i.statement).collect();
        for at in gone.iter().rev() {
            filled.statements.remove(*at);
        }
        for request in vendors.iter().chain(&strangers) {
            let (before, after) = (evaluate(&whole, request).allowed, evaluate(&filled, request).allowed);
            prop_assert_eq!(before, after, "{:?} of {} without {:?}", request, text, gone);
        }
    }
}
