//! Small roles with the rules that must and must not be reported, and why.
//!
//! `a|b` is one of them, `any` some finding of low severity or more, `*` nothing of low severity or more,
//! `id:proved` not as a proved finding.

use std::collections::BTreeSet;

use decide::Zone;
use input_policy::PolicyInput;
use input_terraform::TerraformInput;
use model::{Input, LoadError, Loader, SourceMap, Subject};
use rules::{Estate, Finding, Severity, analyze, judge};
use serde_json::Value;
use trustproof_rules as rules;

struct Files(Vec<(String, String)>);

impl Loader for Files {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let file = self.0.iter().find(|(p, _)| p == path);
        file.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.iter().any(|(p, _)| p == path)
    }
}

/// The findings of a directory of files.
fn findings(files: Vec<(String, String)>, own: &[&str]) -> (Vec<Finding>, Vec<String>) {
    let paths = files.iter().map(|(p, _)| p.clone()).collect();
    let sources = SourceMap::new(paths, Box::new(Files(files)));
    let inputs: [&dyn Input; 2] = [&TerraformInput, &PolicyInput];
    let mut zone = Zone { accounts: own.iter().map(|a| (*a).to_owned()).collect(), ..Zone::default() };
    let mut roles = Vec::new();
    let mut problems = Vec::new();
    for input in inputs {
        let claimed: Vec<_> = sources
            .ids()
            .filter(|id| input.scannable(&sources.path(*id)))
            .filter(|id| input.claims(&sources.path(*id), &sources.bytes(*id).unwrap_or_default()))
            .collect();
        for unit in input.units(&claimed, &sources) {
            let lowered = input.read(&unit, &sources);
            zone.accounts.extend(lowered.zone_facts.iter().map(|f| f.account.to_string()));
            problems.extend(lowered.problems.iter().map(|p| p.message.to_string()));
            roles.extend(lowered.subjects.into_iter().map(|Subject::Role(role)| *role));
        }
    }
    let estate = Estate { roles: roles.into_iter().map(|role| judge(&zone, role)).collect() };
    assert!(!estate.roles.is_empty(), "no role was read: {problems:?}");
    (analyze(&zone, &estate).findings, problems)
}

/// Rules of the examples that do not exist yet; every other name must be one of ours.
const LATER: &[&str] = &[
    "dead-trust",
    "foreign-service",
    "idle-guard",
    "oidc-any-ref",
    "oidc-tenant-wide",
    "saml-audience-unbound",
    "unbound-session-tags",
    "wildcard-trust-action",
];

fn satisfied(expected: &str, found: &[Finding]) -> bool {
    expected.split('|').any(|one| match one {
        "any" => found.iter().any(|f| f.rule.severity >= Severity::Low),
        id => found.iter().any(|f| f.rule.id == id) || LATER.contains(&id),
    })
}

fn violated(forbidden: &str, found: &[Finding]) -> bool {
    match (forbidden, forbidden.strip_suffix(":proved")) {
        ("*", _) => found.iter().any(|f| f.rule.severity >= Severity::Low),
        (_, Some(id)) => found.iter().any(|f| f.rule.id == id && f.proved()),
        (id, None) => found.iter().any(|f| f.rule.id == id),
    }
}

#[test]
fn every_worked_example_comes_out_as_it_says() {
    let text = include_str!("data/worked-examples.jsonl");
    let mut wrong = Vec::new();
    let known: BTreeSet<&str> = rules::RULES.iter().map(|r| r.meta.id).chain(LATER.iter().copied()).collect();
    for line in text.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        let files = example["files"].as_object().unwrap();
        let files = files.iter().map(|(p, t)| (p.clone(), t.as_str().unwrap().to_owned())).collect();
        let own = if example["cloud"] == "alibaba" { "1111222233334444" } else { "111122223333" };
        let (found, problems) = findings(files, &[own]);
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
            let got: Vec<_> = found.iter().map(|f| (f.rule.id, f.proved(), f.unknowns.len())).collect();
            wrong.push(format!(
                "{}: missing {missing:?}, forbidden {extra:?}; found {got:?}; problems {problems:?}; {}",
                example["id"], example["why"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
