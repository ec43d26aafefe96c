//! How long a verdict takes: every adversary against one role, over policies as people write them, over ten
//! thousand of them, and over policies made to be hard. Reading the text is not measured.
//!
//! `cargo bench -p trustproof-decide`; a word after `--` picks the cases whose name holds it.

#[path = "../tests/common/mod.rs"]
mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use model::{Cloud, TrustPolicy};
use trustproof_decide::{Zone, judge};

/// Policies as people write them. `#` stands for a digit that differs from role to role.
const REALISTIC: &[(&str, &str)] = &[
    (
        "vendor",
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::21098765432#:root"},"Action":"sts:AssumeRole"}"#,
    ),
    (
        "vendor with ExternalId",
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::21098765432#:role/collector"},"Action":"sts:AssumeRole",
            "Condition":{"StringEquals":{"sts:ExternalId":"7Qd2-Kx91-Tn4v-Z0b#"}}}"#,
    ),
    (
        "GitHub, one environment",
        r#"{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
            "Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub":"repo:acme/app#:environment:production"}}}"#,
    ),
    (
        "GitHub, any branch of any repository",
        r#"{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
            "Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},
                "StringLike":{"token.actions.githubusercontent.com:sub":["repo:acme*/app#:*","repo:acme/*:ref:refs/heads/*"]}}}"#,
    ),
    (
        "service",
        r#"{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ecs-tasks.amazonaws.com"]},"Action":"sts:AssumeRole"}"#,
    ),
    (
        "guarded service",
        r#"{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},"Action":"sts:AssumeRole",
            "Condition":{"StringEquals":{"aws:SourceAccount":"11112222333#"},
                "ArnLike":{"aws:SourceArn":"arn:aws:bedrock:us-east-1:11112222333#:agent/*"}}}"#,
    ),
    (
        "Deny outside the organisation",
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession"]},
           {"Effect":"Deny","Principal":"*","Action":"sts:*",
            "Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e#"},"Bool":{"aws:PrincipalIsAWSService":"false"}}}"#,
    ),
    (
        "Deny without MFA or from elsewhere",
        r#"{"Effect":"Allow","Principal":{"AWS":["11112222333#","210987654321"]},"Action":"sts:AssumeRole",
            "Condition":{"StringLike":{"sts:RoleSessionName":"${aws:username}"}}},
           {"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
            "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},
           {"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
            "Condition":{"NotIpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.#/32"]}}}"#,
    ),
    (
        "organisation",
        r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
            "Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e#","o-z9y8x7w6v5"]},
                "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*"}}}"#,
    ),
    (
        "organisational unit",
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole",
            "Condition":{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e#/r-ab12/ou-ab12-11111111/*"}}}"#,
    ),
];

fn policy(statements: &str) -> TrustPolicy {
    common::policy(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#), Cloud::Aws)
}

fn zone() -> Zone {
    Zone {
        accounts: BTreeSet::from(["111122223333".to_owned()]),
        organizations: BTreeSet::from(["o-a1b2c3d4e5".to_owned()]),
        ..Zone::default()
    }
}

fn realistic(c: &mut Criterion) {
    let mut group = c.benchmark_group("one role");
    for (name, statements) in REALISTIC {
        let policy = policy(&statements.replace('#', "5"));
        group.bench_function(*name, |b| b.iter(|| judge(black_box(&policy), &zone())));
    }
    group.finish();

    let roles: Vec<TrustPolicy> = (0..10_000)
        .filter_map(|n| {
            let (_, statements) = REALISTIC.get(n % REALISTIC.len())?;
            Some(policy(&statements.replace('#', &(n / REALISTIC.len() % 10).to_string())))
        })
        .collect();
    let zone = zone();
    let mut group = c.benchmark_group("many roles");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("10,000", |b| {
        b.iter(|| {
            for role in &roles {
                black_box(judge(role, &zone));
            }
        });
    });
    group.finish();
}

/// An Allow for everyone under `allow`, less Denys under each of `denys`.
fn everyone(allow: &str, denys: &[String]) -> String {
    let mut out = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"sts:AssumeRole","Condition":{{{allow}}}}}"#
    );
    for deny in denys {
        let _ = write!(
            out,
            r#",{{"Effect":"Deny","Principal":{{"AWS":"*"}},"Action":"sts:AssumeRole","Condition":{{{deny}}}}}"#
        );
    }
    out
}

/// `count` values, written by `value`.
fn list(count: usize, value: impl Fn(usize) -> String) -> String {
    let values: Vec<String> = (0..count).map(|n| format!("\"{}\"", value(n))).collect();
    format!("[{}]", values.join(","))
}

fn hard() -> Vec<(&'static str, String)> {
    let external_id = |operator: &str, value: &str| format!(r#""{operator}":{{"sts:ExternalId":{value}}}"#);
    let blow_up = |wild: usize| {
        let run = "?".repeat(wild);
        everyone(
            &external_id("StringLike", &format!("\"*a{run}c\"")),
            &[external_id("StringLike", &format!("\"*a{run}*\""))],
        )
    };
    let choices = |n: usize| {
        format!(
            r#""StringEquals":{{"aws:PrincipalTag/team{n}":"x"}},"StringNotLike":{{"aws:PrincipalOrgID":"o-{n}*"}},"ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/r{n}-*"}}"#
        )
    };
    let contradictions = |n: usize| {
        format!(
            r#""StringLike":{{"sts:ExternalId":"*{n}*"}},"StringNotLike":{{"sts:RoleSessionName":"*{n}*"}},"Null":{{"aws:PrincipalTag/t{n}":"true"}}"#
        )
    };
    let github = |sub: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
                "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}},
                "Condition":{{"StringLike":{{"token.actions.githubusercontent.com:sub":{sub}}}}}}}"#
        )
    };
    let vendors = |count: usize| {
        let one = |n: usize| {
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"{:012}"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"tenant-{n}"}}}}}}"#,
                222_200_000_000_usize + n
            )
        };
        (0..count).map(one).collect::<Vec<_>>().join(",")
    };
    vec![
        ("nine wildcards behind a star, no way out", blow_up(9)),
        ("twelve wildcards behind a star, no way out", blow_up(12)),
        ("30 Denys of 3 conditions", everyone("", &(0..30).map(choices).collect::<Vec<_>>())),
        (
            "30 Denys of 3 conditions on two keys",
            everyone("", &(0..30).map(contradictions).collect::<Vec<_>>()),
        ),
        ("200 values", everyone(&external_id("StringLike", &list(200, |n| format!("tenant-{n}-*"))), &[])),
        (
            "200 values less 200 values",
            everyone(
                &external_id("StringLike", &list(200, |n| format!("t-{n}-*-x"))),
                &[external_id("StringLike", &list(200, |n| format!("t-{n}-*")))],
            ),
        ),
        ("200 subjects", github(&list(200, |n| format!("repo:acme/app{n}*:ref:refs/heads/*")))),
        ("1,000 statements", vendors(1_000)),
        (
            "5,000 principals",
            format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":{}}},"Action":"sts:AssumeRole"}}"#,
                list(5_000, |n| format!("{:012}", 222_200_000_000_usize + n))
            ),
        ),
        (
            "1,000 Denys",
            everyone(
                "",
                &(0..1_000).map(|n| external_id("StringEquals", &format!("\"id-{n}\""))).collect::<Vec<_>>(),
            ),
        ),
        (
            "100 Allows and 100 Denys on session tags",
            (0..100)
                .map(|n| {
                    everyone(
                        &format!(
                            r#""StringEquals":{{"aws:RequestTag/t{n}":"a","sts:SourceIdentity":"u{n}"}}"#
                        ),
                        &[format!(r#""StringLike":{{"aws:RequestTag/u{n}":"b*"}}"#)],
                    )
                })
                .collect::<Vec<_>>()
                .join(",")
                .replace("sts:AssumeRole", "sts:*"),
        ),
        (
            "5,000 values with two stars barred",
            everyone(&external_id("StringNotLike", &list(5_000, |n| format!("*{n}*x"))), &[]),
        ),
        (
            "100 kB in one condition",
            everyone(&external_id("StringEquals", &list(5_000, |n| format!("tenant-{n:011}"))), &[]),
        ),
        (
            "5,000 stars in one value",
            everyone(&external_id("StringLike", &format!("\"{}\"", "*".repeat(5_000))), &[]),
        ),
        (
            "5,000 stars apart in one value",
            everyone(&external_id("StringLike", &format!("\"{}\"", "*a".repeat(5_000))), &[]),
        ),
    ]
}

fn worst(c: &mut Criterion) {
    let mut group = c.benchmark_group("hard role");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for (name, statements) in hard() {
        let policy = policy(&statements);
        group.bench_function(name, |b| b.iter(|| judge(black_box(&policy), &zone())));
    }
    group.finish();
}

criterion_group!(benches, realistic, worst);
criterion_main!(benches);
