//! Comments and metadata that silence findings, in each format that has them: end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use serde_json::Value;

mod support;

use support::{Case, Run};

const RULE: &str = "unguarded-third-party";
/// A statement that lets in another account, in HCL.
const STATEMENT: &str = r#"{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
    }"#;

fn role(name: &str, before: &str, statement: &str) -> String {
    format!(
        "{before}\nresource \"aws_iam_role\" \"{name}\" {{\n  assume_role_policy = jsonencode({{\n    \
         Version = \"2012-10-17\"\n    Statement = [{statement}]\n  }})\n}}\n"
    )
}

/// What a report says of the rule: the address and reason of each suppressed finding, the address of each that is not,
/// and the messages of problems.
fn report(files: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>, Vec<String>) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let case = Case::new(&files);
    let run = Run::new(case.command().args(["check", "--format", "json"]).output().unwrap());
    assert_ne!(run.status, 2, "{run:?}");
    assert!(run.err.contains("suppressed"), "{run:?}");
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    let (mut silent, mut live) = (Vec::new(), Vec::new());
    for finding in report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == RULE) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let address = text(&finding["role"]["address"]);
        match &finding["suppressed"] {
            Value::Null => live.push(address),
            by => silent.push((address, format!("{}: {}", text(&by["by"]), text(&by["reason"])))),
        }
    }
    let problems = report["problems"].as_array().unwrap().iter();
    (silent, live, problems.map(|p| format!("{}: {}", p["line"], p["message"].as_str().unwrap())).collect())
}

fn silenced(files: &[(&str, &str)], address: &str, by: &str) {
    let (silent, live, problems) = report(files);
    assert_eq!(silent, [(address.to_owned(), by.to_owned())], "{files:?}\n{live:?} {problems:?}");
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn a_comment_in_hcl_covers_what_it_stands_at() {
    let comment = format!("# trustproof: ignore[{RULE}] until=2999-12-31 why");
    let other = role("b", "", STATEMENT);
    for text in [
        role("a", &comment, STATEMENT),
        role("a", &comment.replace('#', "//"), STATEMENT),
        role("a", &format!("/* trustproof: ignore[{RULE}] why */"), STATEMENT),
        role("a", "", &format!("\n    {comment}\n    {STATEMENT}")),
        role("a", "", &STATEMENT.replace(":root\" }", &format!(":root\" }} {comment}"))),
    ] {
        let text = format!("{text}\n{other}");
        silenced(&[("main.tf", &text)], "aws_iam_role.a", "comment: why");
        assert_eq!(report(&[("main.tf", &text)]).1, ["aws_iam_role.b"]);
        // Lines may end as on Windows.
        silenced(&[("main.tf", &text.replace('\n', "\r\n"))], "aws_iam_role.a", "comment: why");
    }
}

#[test]
fn a_comment_at_a_module_call_covers_that_call_alone() {
    let module = role("r", "", STATEMENT);
    let calls = format!(
        "# trustproof: ignore[{RULE}] why\nmodule \"a\" {{\n  source = \"./m\"\n}}\nmodule \"b\" {{\n  source = \"./m\"\n}}\n"
    );
    let files = [("main.tf", calls.as_str()), ("m/main.tf", module.as_str())];
    silenced(&files, "module.a.aws_iam_role.r", "comment: why");
    assert_eq!(report(&files).1, ["module.b.aws_iam_role.r"]);
}

/// Two roles in a template; `{}` stands above the first, `[]` inside it, `<>` above its statement.
const TEMPLATE: &str = "Resources:
  {}
  A:
    Type: AWS::IAM::Role
    []
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          <>
          - Effect: Allow
            Principal: { AWS: '210987654321' }
            Action: sts:AssumeRole
  B:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { AWS: '210987654321' }, Action: 'sts:AssumeRole' }
";

#[test]
fn a_comment_or_metadata_in_a_template_covers_what_it_stands_at() {
    let comment = format!("# trustproof: ignore[{RULE}] why");
    let metadata = format!(
        "Metadata: {{ trustproof: {{ ignore: [{{ rule: {RULE}, reason: why, until: 2999-12-31 }}] }} }}"
    );
    for (mark, text, by) in
        [("{}", &comment, "comment"), ("<>", &comment, "comment"), ("[]", &metadata, "metadata")]
    {
        let template = TEMPLATE.replace(mark, text).replace("{}", "").replace("[]", "").replace("<>", "");
        silenced(&[("t.yaml", &template)], "A", &format!("{by}: why"));
        assert_eq!(report(&[("t.yaml", &template)]).1, ["B"]);
    }
}

#[test]
fn what_does_nothing_is_told() {
    for (comment, problem) in [
        (
            format!("# trustproof: ignore[{RULE}] until=2020-01-01 why"),
            "1: this suppression ended on 2020-01-01",
        ),
        (
            format!("# trustproof: ignore[{RULE}] until=soon why"),
            "1: this suppression suppresses nothing: `soon`",
        ),
        ("# trustproof: ignore[dead-trust] why".to_owned(), "1: this suppression matches no finding"),
        ("# trustproof: ignore[dead_trust] why".to_owned(), "1: `dead_trust` is no rule"),
        ("# trustproof: ignore why".to_owned(), "1: this suppression is not understood"),
    ] {
        let (silent, live, problems) = report(&[("main.tf", &role("a", &comment, STATEMENT))]);
        assert_eq!((silent.len(), live.len()), (0, 1), "{comment}");
        assert!(problems.len() == 1 && problems[0].starts_with(problem), "{comment}: {problems:?}");
    }
    // One name that is a rule's does not hide one that is none.
    let comment = format!("# trustproof: ignore[{RULE}, dead_trust] why");
    let (silent, _, problems) = report(&[("main.tf", &role("a", &comment, STATEMENT))]);
    assert_eq!((silent.len(), problems.len()), (1, 1), "{problems:?}");
    assert!(problems[0].starts_with("1: `dead_trust` is no rule"), "{problems:?}");
    // Prose is no suppression.
    assert!(report(&[("main.tf", &role("a", "# see trustproof: ignore[x]", STATEMENT))]).2.is_empty());
}
