//! The shape of the workspace: which crate may depend on which, and that no test is forgotten.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// For each crate, the crates of this workspace that it may use outside of its tests. Dependencies run downwards.
const ALLOWED: [(&str, &[&str]); 10] = [
    ("trustproof-model", &[]),
    ("trustproof-syntax", &["trustproof-model"]),
    ("trustproof-decide", &["trustproof-model"]),
    ("trustproof-rules", &["trustproof-decide", "trustproof-model"]),
    ("trustproof-input-policy", &["trustproof-model", "trustproof-syntax"]),
    ("trustproof-input-cloudformation", &["trustproof-model", "trustproof-syntax"]),
    ("trustproof-input-terraform", &["trustproof-model", "trustproof-syntax"]),
    (
        "trustproof-input-terraform-plan",
        // A plan is joined to its source: the one edge between inputs.
        &["trustproof-input-terraform", "trustproof-model", "trustproof-syntax"],
    ),
    ("trustproof-output-sarif", &["trustproof-decide", "trustproof-model", "trustproof-rules"]),
    (
        "trustproof",
        &[
            "trustproof-decide",
            "trustproof-input-cloudformation",
            "trustproof-input-policy",
            "trustproof-input-terraform",
            "trustproof-input-terraform-plan",
            "trustproof-model",
            "trustproof-output-sarif",
            "trustproof-rules",
            "trustproof-syntax",
        ],
    ),
];

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn dependencies_run_downwards() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|p| p["name"].as_str().unwrap()).collect();
    let allowed = BTreeMap::from(ALLOWED);
    assert_eq!(names, allowed.keys().copied().collect::<BTreeSet<_>>(), "every crate has its layer here");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            let in_tests_alone = dependency["kind"] == "dev";
            if names.contains(used) && !in_tests_alone {
                assert!(allowed[name].contains(&used), "`{name}` must not depend on `{used}`");
            }
        }
    }
}

#[test]
fn every_file_in_tests_is_a_test_of_the_binary() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let binary = packages.iter().find(|p| p["name"] == "trustproof").unwrap();
    let listed: BTreeSet<String> = binary["targets"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|target| target["kind"][0] == "test")
        .map(|target| {
            let path = Path::new(target["src_path"].as_str().unwrap());
            path.file_name().unwrap().to_string_lossy().into_owned()
        })
        .collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let files: BTreeSet<String> = directory
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".rs"))
        .collect();
    assert_eq!(listed, files);
}
