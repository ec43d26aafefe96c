//! The GitHub Action's scripts, run as a runner would: with files for outputs and the summary, and nothing else.

#![cfg(test)]
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "these tests play the runner")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

use support::{Case, Run};

const UNSAFE: &[u8] = br#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
]}"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a step left behind.
struct Step {
    run: Run,
    outputs: BTreeMap<String, String>,
    summary: String,
}

/// Runs check.sh in a workspace, with some inputs other than their defaults.
fn check(case: &Case, inputs: &[(&str, &str)]) -> Step {
    let runner = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = runner.path().join(name);
        fs::write(&path, b"").unwrap();
        path
    };
    let (outputs, summary) = (file("output"), file("summary"));
    let mut command = Command::new("bash");
    command.arg(root().join("action/check.sh")).current_dir(case.0.path()).env_clear();
    command
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TRUSTPROOF", env!("CARGO_BIN_EXE_trustproof"));
    command.env("RUNNER_TEMP", runner.path()).env("GITHUB_WORKSPACE", case.0.path());
    command.env("GITHUB_OUTPUT", &outputs).env("GITHUB_STEP_SUMMARY", &summary);
    for (name, default) in [
        ("PATHS", "."),
        ("CONFIG", ""),
        ("FAIL_ON", ""),
        ("STRICT", "false"),
        ("BASELINE", ""),
        ("NEW_SINCE", ""),
        ("SARIF_FILE", "trustproof.sarif"),
        ("SARIF_CATEGORY", ""),
        ("ANNOTATIONS", "true"),
        ("SUMMARY", "true"),
    ] {
        command.env(name, default);
    }
    command.envs(inputs.iter().copied());
    let run = Run::new(command.output().unwrap());
    let outputs = fs::read_to_string(outputs).unwrap();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let outputs = outputs.lines().map(|line| pair(line).unwrap()).collect();
    Step { run, outputs, summary: fs::read_to_string(summary).unwrap() }
}

#[test]
fn findings_fail_the_step_and_are_counted() {
    let case = Case::new(&[("a b.json", UNSAFE), ("sub/c.json", UNSAFE)]);
    let step = check(&case, &[]);
    assert_eq!(step.run.status, 1, "{:?}", step.run);
    assert!(step.run.out.contains("::error file=a b.json"), "{:?}", step.run);
    let expected = [
        ("critical", "2"),
        ("findings", "2"),
        ("high", "0"),
        ("info", "0"),
        ("low", "0"),
        ("medium", "0"),
        ("new", "2"),
        ("possible", "0"),
        ("problems", "0"),
        ("sarif-file", "trustproof.sarif"),
        ("suppressed", "0"),
    ];
    let outputs: Vec<(&str, &str)> = step.outputs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(outputs, expected);
    assert!(case.0.path().join("trustproof.sarif").is_file());
    assert!(step.summary.contains("anyone-can-assume"), "{}", step.summary);
}

#[test]
fn inputs_reach_the_program() {
    let case = Case::new(&[("a b.json", UNSAFE), ("sub/c.json", UNSAFE)]);
    let recorded = Run::new(case.command().args(["check", "--write-baseline", "known"]).output().unwrap());
    assert_eq!(recorded.status, 0);
    let step = check(
        &case,
        &[("PATHS", "a b.json\n\n"), ("FAIL_ON", "never"), ("SARIF_FILE", ""), ("SUMMARY", "false")],
    );
    assert_eq!((step.run.status, step.outputs["findings"].as_str()), (0, "1"), "{:?}", step.run);
    assert!(step.summary.is_empty() && !step.outputs.contains_key("sarif-file"));
    let step = check(&case, &[("BASELINE", "known"), ("ANNOTATIONS", "false")]);
    assert_eq!((step.run.status, step.outputs["new"].as_str()), (0, "0"), "{:?}", step.run);
    assert!(!step.run.out.contains("::"));
    // What an input holds is never code.
    let hostile = "$(touch pwned)`touch pwned`;touch pwned\n--write-baseline=pwned";
    for name in ["PATHS", "CONFIG", "FAIL_ON", "BASELINE", "NEW_SINCE", "SARIF_FILE"] {
        let step = check(&case, &[(name, hostile)]);
        assert!(step.run.status != 0, "{name}");
        assert!(!case.0.path().join("pwned").exists(), "{name}");
    }
}

#[test]
fn every_input_and_output_is_wired() {
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    let script = fs::read_to_string(root().join("action/check.sh")).unwrap();
    let section = |from: &str, to: &str| {
        let (_, rest) = action.split_once(from).unwrap();
        let names = rest.split_once(to).unwrap().0.lines();
        let name = |line: &str| {
            let name = line.strip_prefix("  ").filter(|name| !name.starts_with(' '))?;
            name.strip_suffix(':').map(str::to_owned)
        };
        names.filter_map(name).collect::<Vec<_>>()
    };
    for input in section("\ninputs:\n", "\noutputs:\n") {
        assert_eq!(action.matches(&format!("inputs.{input} }}}}")).count(), 1, "{input}");
        let variable = input.to_uppercase().replace('-', "_");
        let used = script.contains(&format!("${variable}")) || input == "version";
        assert!(used, "{input}");
    }
    let step = check(&Case::new(&[("a.json", UNSAFE)]), &[]);
    for output in section("\noutputs:\n", "\nruns:\n") {
        assert!(step.outputs.contains_key(&output), "{output}");
    }
}

#[test]
fn a_released_program_is_installed_only_with_the_committed_checksum() {
    if Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl is not there");
        return;
    }
    let case =
        Case::new(&[("Cargo.toml", b"version = \"1.2.3\"\n"), ("trustproof", b"#!/bin/sh\necho released\n")]);
    let at = |path: &str| case.0.path().join(path);
    case.write("action/install.sh", &fs::read(root().join("action/install.sh")).unwrap());
    let archive = "trustproof-1.2.3-x86_64-unknown-linux-musl.tar.gz";
    fs::create_dir_all(at("releases/v1.2.3")).unwrap();
    let made = Command::new("tar")
        .arg("-czf")
        .arg(at("releases/v1.2.3").join(archive))
        .arg("-C")
        .arg(at("."))
        .arg("trustproof")
        .status();
    assert!(made.unwrap().success());
    let sum = Command::new("sh")
        .arg("-c")
        .arg("if command -v sha256sum >/dev/null; then sha256sum \"$0\"; else shasum -a 256 \"$0\"; fi")
        .arg(at("releases/v1.2.3").join(archive))
        .output()
        .unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let sum = sum.split(' ').next().unwrap();
    let install = |sum: &str| {
        case.write("action/checksums.txt", format!("{sum}  {archive}\n").as_bytes());
        let _ = fs::remove_dir_all(at("installed"));
        let mut command = Command::new("bash");
        command.arg(at("action/install.sh")).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.envs([("VERSION", ""), ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")]);
        command
            .env("INSTALL_DIR", at("installed"))
            .env("RELEASES", format!("file://{}", at("releases").display()));
        Run::new(command.output().unwrap())
    };
    assert_eq!(install(sum).status, 0);
    assert!(at("installed/bin/trustproof").is_file());
    let forged = install(&"0".repeat(64));
    assert_eq!(forged.status, 2);
    assert!(forged.err.contains("checksum"), "{forged:?}");
    assert!(!at("installed/bin/trustproof").exists());
}
