//! Differential: the roles that SAM's own translator makes of generated templates.
//!
//! `emulator/sam.py` asks the translator that AWS publishes. What it made is kept as `emulator/sam.json`; where Python
//! has the translator, fresh templates are asked for as well.

#![allow(clippy::disallowed_methods, reason = "the translator is another program")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use model::{Cloud, Input};
use serde_json::Value;
use trustproof_input_cloudformation::CloudFormationInput;

use crate::common::read_files;

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulator/sam.py");

/// What a role may be called in the transformed template: one that stands for a resource bears that one's name here.
fn possible_ids(kind: &str, address: &str) -> Vec<String> {
    let mut ids = vec![address.to_owned()];
    if kind.starts_with("AWS::Serverless::") {
        ids.extend(["Role", "OperatorRole"].map(|suffix| format!("{address}{suffix}")));
    }
    ids
}

fn agree(cases: &[Value]) {
    for (index, case) in cases.iter().enumerate() {
        let template = case["template"].as_str().unwrap();
        let path = if template.trim_start().starts_with('{') { "t.json" } else { "t.yaml" };
        let made = case["roles"].as_object().unwrap();
        if !CloudFormationInput::default().claims(path, template.as_bytes()) {
            assert!(made.is_empty(), "case {index} is not claimed:\n{template}");
            continue;
        }
        let read = read_files(&[(path, template.as_bytes())], &[]);
        let file = read.sources.open(path).unwrap();
        let mut expected: BTreeMap<&str, String> = BTreeMap::new();
        for (id, policy) in made {
            let policy = syntax::json::parse(&policy.to_string(), file).unwrap();
            let lowered = model::lower(&policy, Cloud::Aws, false);
            expected.insert(id, lowered.variants[0].policy.canonical());
        }
        let mut seen = BTreeSet::new();
        for role in read.roles() {
            let ids = possible_ids(&role.kind, &role.address);
            let id = ids.iter().find(|id| expected.contains_key(id.as_str()) && !seen.contains(*id));
            let id = id.unwrap_or_else(|| panic!("case {index}: `{}` is no role:\n{template}", role.address));
            for shape in &role.trust {
                assert_eq!(
                    shape.policy.canonical(),
                    expected[id.as_str()],
                    "case {index}, {id}:\n{template}"
                );
            }
            seen.insert(id.clone());
        }
        let missed: Vec<_> = expected.keys().filter(|id| !seen.contains(**id)).collect();
        assert!(missed.is_empty(), "case {index}: {missed:?} not read:\n{template}");
    }
}

#[test]
fn sam_makes_the_roles_that_its_translator_makes() {
    let truth: Value = serde_json::from_str(include_str!("../emulator/sam.json")).unwrap();
    let cases = truth.as_array().unwrap();
    assert!(cases.len() >= 60);
    agree(cases);
}

#[test]
fn fresh_templates_get_the_roles_that_the_translator_makes() {
    let python = std::env::var("TRUSTPROOF_SAM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let known = Command::new(&python).args(["-c", "import samtranslator, yaml"]).output();
    if !known.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: no Python with aws-sam-translator (TRUSTPROOF_SAM_PYTHON names one)");
        return;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().to_string();
    let out = Command::new(&python).args([RECORD, &seed, "40"]).output().unwrap();
    assert!(out.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&out.stderr));
    let cases: Value = serde_json::from_slice(&out.stdout).unwrap();
    eprintln!("seed {seed}");
    agree(cases.as_array().unwrap());
}
