//! What `trustproof.toml` says besides the zone, and what comments say: end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use serde_json::Value;

mod support;

use support::{Case, Run};

/// Trusts a foreign account without a guard, for twelve hours.
const ROLE: &str = r#"
resource "aws_iam_role" "vendor" {
  max_session_duration = 14400
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
    }]
  })
}
"#;

impl Case {
    fn check(&self, args: &[&str]) -> Run {
        Run::new(self.command().arg("check").args(args).output().unwrap())
    }

    fn json(&self, args: &[&str]) -> Value {
        let run = self.check(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"))
    }

    /// The paths and rules of findings that are not suppressed.
    fn found(&self, args: &[&str]) -> Vec<String> {
        let report = self.json(args);
        let findings = report["findings"].as_array().unwrap().iter();
        let live = findings.filter(|finding| finding["suppressed"].is_null());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        live.map(|f| format!("{} {}", text(&f["location"]["path"]), text(&f["rule"]))).collect()
    }

    fn problems(&self) -> Vec<String> {
        let report = self.json(&[]);
        let problems = report["problems"].as_array().unwrap().iter();
        let told = |problem: &Value| {
            assert_eq!(problem["relevant"], Value::Bool(false));
            format!("{}:{} {}", problem["path"].as_str().unwrap(), problem["line"], problem["message"])
        };
        problems.map(told).collect()
    }
}

fn case(configuration: &str) -> Case {
    Case::new(&[("main.tf", ROLE.as_bytes()), ("trustproof.toml", configuration.as_bytes())])
}

const BOTH: [&str; 2] = ["main.tf long-session", "main.tf unguarded-third-party"];

#[test]
fn options_of_rules() {
    assert_eq!(case("").found(&[]), BOTH);
    assert_eq!(case("[rules.long-session]\nmax = \"4h\"").found(&[]), BOTH[1..]);
    assert_eq!(case("[rules.long-session]\nmax = \"239m\"").found(&[]), BOTH);
    assert_eq!(case("[rules.long-session]\nenabled = false").found(&[]), BOTH[1..]);
    let message = &case("[rules.long-session]\nmax = \"2h\"").json(&[])["findings"][0]["message"];
    assert!(message.as_str().unwrap().contains("4 hours"), "{message}");
}

#[test]
fn what_fails_the_run() {
    assert_eq!(case("").check(&[]).status, 1);
    assert_eq!(case("fail-on = \"critical\"").check(&[]).status, 0);
    assert_eq!(case("fail-on = \"critical\"").check(&["--fail-on", "high"]).status, 1);
    let low = case("fail-on = \"low\"\n[rules.unguarded-third-party]\nenabled = false\n");
    assert_eq!(low.check(&[]).status, 1);
    assert_eq!(low.check(&["--fail-on", "never"]).status, 0);
    let possible =
        ROLE.replace("\"arn:aws:iam::210987654321:root\"", "var.principal") + "variable \"principal\" {}\n";
    let case = Case::new(&[("main.tf", possible.as_bytes())]);
    assert_eq!(case.check(&["--fail-on", "info"]).status, 0);
    case.write("trustproof.toml", b"strict = true\n");
    assert_eq!(case.check(&["--fail-on", "info"]).status, 1);
}

#[test]
fn excluded_files_are_not_looked_at_unless_they_are_named() {
    let case = case("exclude = [\"examples/**\", \"*.gen.tf\"]\n");
    case.write("examples/a/main.tf", ROLE.as_bytes());
    case.write("sub/x.gen.tf", ROLE.as_bytes());
    assert_eq!(case.found(&[]), BOTH);
    assert_eq!(case.json(&[])["summary"]["files"], 1);
    assert_eq!(case.found(&["examples/a/main.tf"]).len(), 2);
    assert_eq!(case.found(&["--no-config"]).len(), 6);
}

#[test]
fn findings_are_accepted_by_rule_and_place_until_a_day() {
    let entry = |more: &str| format!("[[ignore]]\nrule = \"unguarded-third-party\"\n{more}\n");
    for more in
        ["role = \"*.vendor\"", "path = \"main.tf\"", "path = \"/*.tf\"\nrole = \"aws_iam_role.vendor\""]
    {
        let case = case(&entry(&format!("{more}\nreason = \"SEC-1\"\nuntil = 2999-12-31")));
        assert_eq!(case.found(&[]), BOTH[..1], "{more}");
        let report = case.json(&[]);
        assert_eq!(report["summary"]["suppressed"], 1);
        let suppressed = &report["findings"][1]["suppressed"];
        let expected = serde_json::json!({"by": "config", "reason": "SEC-1", "until": "2999-12-31"});
        assert_eq!(*suppressed, expected);
        assert_eq!(case.check(&["--fail-on", "medium"]).status, 0);
    }
    let expired = case(&entry("role = \"*\"\nuntil = 2020-01-01"));
    assert_eq!(expired.found(&[]), BOTH);
    assert!(expired.problems()[0].contains("trustproof.toml:1 \"this suppression ended on 2020-01-01"));
    // A pattern that stands for nothing accepts nothing.
    assert_eq!(case(&entry("path = \"# main.tf\"")).found(&[]), BOTH);
    let unused = case(&entry("role = \"aws_iam_role.vendors\""));
    assert_eq!(unused.found(&[]), BOTH);
    assert!(unused.problems()[0].contains("matches no finding"));
    // What lies outside of the scan is not called unused.
    unused.write("sub/main.tf", b"locals {}\n");
    assert!(!unused.check(&["sub"]).err.contains("matches no finding"));
    let bare = case(&format!("require-reason = true\n{}", entry("role = \"*\"")));
    assert_eq!(bare.found(&[]), BOTH);
    assert!(bare.problems()[0].contains("gives no reason"));
}

#[test]
fn directories_have_their_own_configuration_unless_one_above_is_locked() {
    let vendor = "[zone]\naccounts = [\"210987654321\"]\n";
    let case = case("");
    for directory in ["a", "a/b", "c"] {
        case.write(&format!("{directory}/main.tf"), ROLE.as_bytes());
    }
    case.write("a/trustproof.toml", format!("{vendor}[rules.long-session]\nenabled = false\n").as_bytes());
    // Its own account is no third party, and its rule is off; further down both hold on.
    assert_eq!(
        case.found(&[]),
        ["c/main.tf long-session", "c/main.tf unguarded-third-party", BOTH[0], BOTH[1]]
    );
    case.write("trustproof.toml", b"locked = true\n");
    let run = case.check(&[]);
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
    assert!(run.err.contains("`rules` cannot be set here"), "{}", run.err);
    assert!(run.err.contains("a/trustproof.toml:3:2"), "{}", run.err);
    // It is locked wherever the scan starts, if it is one repository.
    case.write(".git/HEAD", b"");
    assert_eq!(case.check(&["a/b"]).status, 2);
    case.write("a/trustproof.toml", vendor.as_bytes());
    assert_eq!(case.found(&["a/b"]), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_an_entry_is_told() {
    for (configuration, place, message) in [
        ("[rules.long-sessions]\nmax = \"4h\"", "1:8", "did you mean `long-session`?"),
        ("[rules.long-session]\nmax = 4", "2:7", "`max` holds an integer, expected a string"),
        ("[rules.long-session]\nmax = \"4 hours\"", "2:8", "`4 hours` does not fit in `max`"),
        ("[rules.dead-trust]\nmax = \"4h\"", "2:1", "`max` is no key of `dead-trust`"),
        ("[rules.dead-trust]\nenabled = \"no\"", "2:12", "expected `true` or `false`"),
        ("[[ignore]]\nrole = \"x\"", "1:1", "`rule` is missing"),
        ("[[ignore]]\nrule = \"dead-trust\"", "1:1", "neither `role` nor `path`"),
        ("[[ignore]]\nrule = \"dead_trust\"\nrole = \"x\"", "2:9", "did you mean `dead-trust`?"),
        ("[[ignore]]\nrule = \"dead-trust\"\nrole = \"x\"\nuntil = \"2027-01-01\"", "4:10", "expected a day"),
        ("[[ignore]]\nrule = \"dead-trust\"\nrole = \"x\"\nuntil = 2027-01-01T00:00:00Z", "4:9", "a time"),
        ("fail-on = \"hihg\"", "1:12", "did you mean `high`?"),
        ("exclude = [\"a{b\"]", "1:13", "`a{b` is no pattern"),
    ] {
        let run = case(configuration).check(&[]);
        assert_eq!(run.status, 2, "{configuration}: {run:?}");
        assert!(run.err.contains(message), "{configuration}: {}", run.err);
        assert!(run.err.contains(&format!("[trustproof.toml:{place}")), "{configuration}: {}", run.err);
        assert_eq!(run.err.matches("error: ").count(), 1, "{configuration}: {}", run.err);
    }
}
