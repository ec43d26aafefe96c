//! Differential: generated templates as an emulator of the cloud stores them.
//!
//! `emulator/record.py` deploys templates with conditions, mappings and parameters into moto. What it stored is kept
//! as `emulator/truth.json`; where Python has moto, fresh templates are deployed as well.

#![allow(clippy::disallowed_methods, reason = "the emulator is another program")]

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use model::{Cloud, Input, Standing, Symbol, TrustPolicy};
use serde_json::Value;
use trustproof_input_cloudformation::CloudFormationInput;

use crate::common::{Read, read_files};

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulator/record.py");

/// Where the emulator lives.
fn spelled(policy: &TrustPolicy) -> String {
    let value = |symbol| match symbol {
        Symbol::OwnAccount => Some("123456789012"),
        Symbol::Partition => Some("aws"),
        Symbol::Region => Some("us-east-1"),
        Symbol::UrlSuffix => Some("amazonaws.com"),
        Symbol::OwnOrganization => None,
    };
    policy.resolve(&value).canonical()
}

/// The policy that what is given selects, in the emulator's region and account.
fn selected(read: &Read) -> String {
    let here = |when: &str| ["us-east-1", "123456789012"].iter().any(|key| when.contains(key));
    let holds = |a: &model::Assumption| a.standing == Standing::Selected || here(&a.when);
    let is_selected = |v: &&model::Variant| v.assumptions.iter().all(holds);
    let mut selected: Vec<String> =
        read.role_called("R").trust.iter().filter(is_selected).map(|v| spelled(&v.policy)).collect();
    selected.dedup();
    assert_eq!(selected.len(), 1, "{selected:#?}");
    selected.remove(0)
}

/// The policy without the nulls that the emulator leaves in lists in the place of `AWS::NoValue`; the service removes
/// the element.
fn without_gaps(stored: &Value) -> Value {
    match stored {
        Value::Array(items) => items.iter().filter(|item| !item.is_null()).map(without_gaps).collect(),
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), without_gaps(value))).collect())
        }
        other => other.clone(),
    }
}

fn agree(cases: &[Value]) {
    for (index, case) in cases.iter().enumerate() {
        let template = case["template"].as_str().unwrap();
        let given: Vec<(&str, &str)> = case["parameters"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
            .collect();
        let path = if template.starts_with('{') { "t.json" } else { "t.yaml" };
        assert!(CloudFormationInput::default().claims(path, template.as_bytes()));
        let mut files = vec![(path, template.as_bytes())];
        let inner = case["files"].as_object().unwrap();
        files.extend(inner.iter().map(|(name, text)| (name.as_str(), text.as_str().unwrap().as_bytes())));
        let read = read_files(&files, &given);
        // The stored policy goes the same way from its JSON to a policy, without any template around it.
        let stored = without_gaps(&case["stored"]).to_string();
        let file = read.sources.open(path).unwrap();
        let stored = syntax::json::parse(&stored, file).unwrap();
        let stored = model::lower(&stored, Cloud::Aws, false);
        let expected = spelled(&stored.variants[0].policy);
        assert_eq!(selected(&read), expected, "case {index}, given {given:?}:\n{template}");
    }
}

#[test]
fn templates_mean_what_the_emulator_stored() {
    let truth: Value = serde_json::from_str(include_str!("../emulator/truth.json")).unwrap();
    let cases = truth.as_array().unwrap();
    assert!(cases.len() >= 150);
    agree(cases);
}

#[test]
fn fresh_templates_mean_what_the_emulator_stores() {
    let python = std::env::var("TRUSTPROOF_MOTO_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_moto = Command::new(&python).args(["-c", "import boto3, moto.cloudformation, yaml"]).output();
    if !has_moto.is_ok_and(|out| out.status.success()) {
        eprintln!("skipped: no Python with moto (TRUSTPROOF_MOTO_PYTHON names one)");
        return;
    }
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().to_string();
    let out = Command::new(&python)
        .args([RECORD, &seed, "25"])
        .env("AWS_ACCESS_KEY_ID", "x")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .output()
        .unwrap();
    assert!(out.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&out.stderr));
    let cases: Value = serde_json::from_slice(&out.stdout).unwrap();
    eprintln!("seed {seed}");
    agree(cases.as_array().unwrap());
}
