//! Small roles with the rules that must and must not be reported, and why.
//!
//! `a|b` is one of them, `any` some finding of low severity or more, `*` nothing of low severity or more,
//! `id:proved` (not) as a proved finding.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where an example is malformed"
)]

mod common;

use std::collections::BTreeSet;

use common::{Files, OWN, findings};
use serde_json::Value;
use trustproof_rules::{Finding, RULES, Severity};

fn satisfied(expected: &str, found: &[Finding]) -> bool {
    expected.split('|').any(|one| match (one, one.strip_suffix(":proved")) {
        ("any", _) => found.iter().any(|f| f.rule.severity >= Severity::Low),
        (_, Some(id)) => found.iter().any(|f| f.rule.id == id && f.proved()),
        (id, None) => found.iter().any(|f| f.rule.id == id),
    })
}

fn violated(forbidden: &str, found: &[Finding]) -> bool {
    match (forbidden, forbidden.strip_suffix(":proved")) {
        ("*", _) => found.iter().any(|f| f.rule.severity >= Severity::Low),
        (_, Some(id)) => found.iter().any(|f| f.rule.id == id && f.proved()),
        (id, None) => found.iter().any(|f| f.rule.id == id),
    }
}

/// What comes out otherwise than the examples say, one line each.
fn wrong(examples: &str) -> Vec<String> {
    let known: BTreeSet<&str> = RULES.iter().map(|r| r.meta.id).collect();
    let mut wrong = Vec::new();
    for line in examples.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let files = example["files"].as_object().unwrap();
        let files = files.iter().map(|(p, t)| (p.clone(), t.as_str().unwrap().to_owned())).collect();
        let own = if example["cloud"] == "alibaba" { OWN[1] } else { OWN[0] };
        let (found, problems, _) = findings(Files(files), &[own]);
        let names = |key: &str| {
            let list = example[key].as_array().unwrap().iter();
            list.map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for name in names("must_report").iter().chain(&names("must_not_report")) {
            for one in name.split('|') {
                let id = one.strip_suffix(":proved").unwrap_or(one);
                assert!(matches!(id, "any" | "*") || known.contains(id), "unknown rule {id}");
            }
        }
        let missing: Vec<_> = names("must_report").into_iter().filter(|e| !satisfied(e, &found)).collect();
        let extra: Vec<_> = names("must_not_report").into_iter().filter(|e| violated(e, &found)).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let got: Vec<_> = found.iter().map(|f| (f.rule.id, f.proved(), &f.message)).collect();
            wrong.push(format!(
                "{}: missing {missing:?}, forbidden {extra:?}; found {got:?}; problems {problems:?}; {}",
                example["id"], example["why"]
            ));
        }
    }
    wrong
}

#[test]
fn every_worked_example_comes_out_as_it_says() {
    let wrong = wrong(include_str!("data/worked-examples.jsonl"));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn so_does_every_further_one() {
    let wrong = wrong(include_str!("data/more-examples.jsonl"));
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
