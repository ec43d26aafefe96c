//! What was there before: baseline files and commits, end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use std::process::Command;

use serde_json::Value;

mod support;

use support::{Case, Run};

/// A role that another account may assume without a guard.
fn role(name: &str, account: &str) -> String {
    format!(
        "resource \"aws_iam_role\" \"{name}\" {{\n  assume_role_policy = jsonencode({{\n    \
         Version = \"2012-10-17\"\n    Statement = [{{\n      Effect = \"Allow\"\n      \
         Action = \"sts:AssumeRole\"\n      Principal = {{ AWS = \"arn:aws:iam::{account}:root\" }}\n    }}]\n  }})\n}}\n"
    )
}

impl Case {
    fn check(&self, args: &[&str]) -> Run {
        Run::new(self.command().arg("check").args(args).output().unwrap())
    }

    /// The addresses of roles with findings that are not suppressed.
    fn found(&self, args: &[&str]) -> Vec<String> {
        let run = self.check(&[args, &["--format", "json"]].concat());
        let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
        let findings = report["findings"].as_array().unwrap().iter();
        let live = findings.filter(|finding| finding["suppressed"].is_null());
        live.map(|f| f["role"]["address"].as_str().unwrap().to_owned()).collect()
    }

    fn git(&self, args: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.0.path())
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(args);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
    }
}

#[test]
fn a_baseline_holds_what_was_there_and_nothing_else() {
    let case = Case::new(&[("main.tf", role("old", "210987654321").as_bytes())]);
    let recorded = case.check(&["--write-baseline", "b.jsonl"]);
    assert_eq!(recorded.status, 0, "{recorded:?}");
    let text = std::fs::read_to_string(case.0.path().join("b.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(serde_json::from_str::<Value>(text.trim()).unwrap()["fingerprint"].is_string());
    assert_eq!(case.check(&["--baseline", "b.jsonl"]).status, 0);

    // Lines move and text is reformatted: the same finding. Another statement: a new one.
    let moved = format!("\n# moved\n{}", role("old", "210987654321").replace("Effect = ", "Effect    = "));
    case.write("main.tf", moved.as_bytes());
    assert_eq!(case.found(&["--baseline", "b.jsonl"]), Vec::<String>::new());
    case.write("main.tf", role("old", "310987654321").as_bytes());
    assert_eq!(case.found(&["--baseline", "b.jsonl"]), ["aws_iam_role.old"]);

    // It never grows by itself, and tells what is gone.
    let run = case.check(&["--baseline", "b.jsonl"]);
    assert_eq!(run.status, 1);
    assert!(run.out.contains("an entry matches no finding any more"), "{run:?}");
    assert_eq!(std::fs::read_to_string(case.0.path().join("b.jsonl")).unwrap(), text);
    case.write("b.jsonl", b"nonsense\n");
    let run = case.check(&["--baseline", "b.jsonl"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("`b.jsonl`, line 1, is no entry of a baseline"), "{run:?}");
    assert_eq!(case.check(&["--baseline", "no.jsonl"]).status, 2);
}

#[test]
fn new_since_a_commit() {
    let case = Case::new(&[("infra/main.tf", role("old", "210987654321").as_bytes())]);
    case.git(&["init", "-q", "-b", "main"]);
    case.git(&["add", "."]);
    case.git(&["commit", "-q", "-m", "one"]);
    case.git(&["checkout", "-q", "-b", "work"]);
    case.write("infra/new.tf", role("new", "210987654321").as_bytes());
    case.git(&["add", "."]);
    case.git(&["commit", "-q", "-m", "two"]);
    // What happens to main after the work began is no matter of this work.
    case.git(&["checkout", "-q", "main"]);
    case.git(&["rm", "-q", "infra/main.tf"]);
    case.git(&["commit", "-q", "-m", "three"]);
    case.git(&["checkout", "-q", "work"]);
    for path in [".", "infra", "infra/new.tf"] {
        assert_eq!(case.found(&["--new-since", "main", path]), ["aws_iam_role.new"], "{path}");
    }
    assert_eq!(case.found(&["--new-since", "HEAD"]), Vec::<String>::new());
    // What is not committed yet is new too, and the checkout stays as it is.
    case.write("infra/newer.tf", role("newer", "210987654321").as_bytes());
    assert_eq!(case.found(&["--new-since", "HEAD"]), ["aws_iam_role.newer"]);
    let worktrees = case.0.path().join(".git/worktrees");
    assert!(!worktrees.exists() || std::fs::read_dir(worktrees).unwrap().next().is_none());

    for (revision, message) in [("no-such", "`no-such` is no commit"), ("--help", "`--help` is no commit")] {
        let run = case.check(&[&format!("--new-since={revision}")]);
        assert_eq!(run.status, 2);
        assert!(run.err.contains(message), "{run:?}");
    }
}

#[test]
fn new_since_needs_a_repository() {
    let case = Case::new(&[("main.tf", role("old", "210987654321").as_bytes())]);
    let run = case.check(&["--new-since", "main"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("needs a git repository"), "{run:?}");
}
