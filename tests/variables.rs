//! Values for Terraform variables on the command line of `trustproof check`, end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use serde_json::Value;

mod support;

use support::{Case, Run};

/// A vendor's role: guarded by an ExternalId that only counts if it is set.
const MAIN: &str = r#"
variable "external_id" {
  type    = string
  default = null
}

variable "accounts" {
  type    = list(string)
  default = ["210987654321"]
}

resource "aws_iam_role" "vendor" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = var.accounts }
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id == null ? [] : [var.external_id] } }
    }]
  })
}
"#;

fn case() -> Case {
    let guessable = b"external_id = \"1234\"\n";
    let strong = b"external_id = \"0f4c1a52-9d0e-4d7c-8f5e-6b1a2c3d4e5f\"\n";
    Case::new(&[
        ("main.tf", MAIN.as_bytes()),
        ("weak.tfvars", guessable),
        ("strong.tfvars", strong),
        ("own.tfvars", b"accounts = [\"111122223333\"]\nnope = 1\n"),
        ("broken.tfvars", b"external_id = \n"),
    ])
}

fn check(case: &Case, args: &[&str]) -> (i32, Value) {
    let args = [&["check", "--format", "json"], args].concat();
    let run = Run::new(case.command().args(args).output().unwrap());
    (run.status, serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {run:?}")))
}

/// The messages of a run's problems, and whether each is relevant.
fn problems(report: &Value) -> Vec<(&str, bool)> {
    let problems = report["problems"].as_array().unwrap().iter();
    problems.map(|p| (p["message"].as_str().unwrap(), p["relevant"] == true)).collect()
}

/// The rules that say that somebody gets in, or may; that nobody does without the ExternalId is another.
fn rules(report: &Value) -> Vec<&str> {
    let rules = report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap());
    rules.filter(|rule| *rule != "dead-trust").collect()
}

const STRONG: &str = "external_id=0f4c1a52-9d0e-4d7c-8f5e-6b1a2c3d4e5f";

#[test]
fn of_values_and_files_the_last_wins() {
    let case = case();
    for (args, weak) in [
        (&["--var-file", "weak.tfvars"][..], true),
        (&["--var-file", "strong.tfvars"], false),
        (&["--var-file", "weak.tfvars", "--var-file", "strong.tfvars"], false),
        (&["--var-file", "strong.tfvars", "--var-file", "weak.tfvars"], true),
        (&["--var", STRONG, "--var-file", "weak.tfvars"], true),
        (&["--var-file", "weak.tfvars", "--var", STRONG], false),
        (&["--var", STRONG, "--var-file=weak.tfvars", "--var", STRONG], false),
        (&["--var", STRONG, "--var", "external_id=1234"], true),
    ] {
        let (_, report) = check(&case, args);
        assert_eq!(rules(&report).contains(&"guessable-external-id"), weak, "{args:?}: {report}");
        assert_eq!(problems(&report), []);
    }
}

#[test]
fn a_value_is_read_by_the_type_of_its_variable() {
    let case = case();
    let own = ["--own-account", "111122223333", "--var", "accounts=[\"111122223333\"]"];
    let (status, report) = check(&case, &own);
    assert_eq!((status, rules(&report)), (0, Vec::new()), "{report}");
    let (status, report) = check(&case, &["--var", "accounts=[\"111122223333\""]);
    assert!(rules(&report).contains(&"undetermined-trust"), "{status} {report}");
}

#[test]
fn a_variable_that_nothing_declares_is_told() {
    let case = case();
    let (status, report) = check(&case, &["--var", "nope=1", "--var", STRONG]);
    assert_eq!(status, 2);
    assert_eq!(
        problems(&report),
        [("no root module here declares the variable `nope` that `--var` sets", true)]
    );
    // Terraform warns of one in a file.
    let (status, report) =
        check(&case, &["--own-account", "111122223333", "--var-file", "own.tfvars", "--var", STRONG]);
    assert_eq!((status, rules(&report)), (0, Vec::new()), "{report}");
    assert_eq!(
        problems(&report),
        [("no root module here declares the variable `nope`: its value is not used", false)]
    );
    assert_eq!(report["problems"][0]["path"], "own.tfvars");
}

#[test]
fn what_cannot_be_read_ends_with_status_2() {
    let case = case();
    let (status, report) = check(&case, &["--var-file", "broken.tfvars"]);
    assert_eq!(status, 2);
    assert!(problems(&report).iter().any(|(_, relevant)| *relevant), "{report}");
    for args in [["--var-file", "missing.tfvars"], ["--var", "external_id"]] {
        let run = Run::new(case.command().arg("check").args(args).output().unwrap());
        assert_eq!((run.status, &*run.out), (2, ""), "{run:?}");
        assert!(run.err.contains("missing.tfvars") || run.err.contains("NAME=VALUE"), "{run:?}");
    }
}

#[test]
fn other_files_do_not_mind() {
    let case = Case::new(&[("trust.json", b"{\"Version\": \"2012-10-17\", \"Statement\": []}")]);
    let (status, report) = check(&case, &["--var", "nope=1"]);
    assert_eq!(problems(&report), [], "{status}");
}
