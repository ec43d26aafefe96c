//! Who is foreign: `trustproof.toml`, the command line and the input, end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use std::collections::BTreeSet;

use serde_json::Value;

mod support;

use support::{Case, Run};

/// Trusts account 210987654321 as a whole.
const VENDOR: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "sts:AssumeRole"}
]}"#;
/// Trusts everybody of one organisation.
const ORGANIZATION: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
   "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
]}"#;
/// Trusts one GitHub repository.
const GITHUB: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
   "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
   "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
     "token.actions.githubusercontent.com:sub": "repo:acme/app:ref:refs/heads/main"}}}
]}"#;

impl Case {
    fn check(&self, args: &[&str]) -> Run {
        Run::new(self.command().arg("check").args(args).output().unwrap())
    }

    /// The rules that have findings.
    fn rules(&self, args: &[&str]) -> BTreeSet<String> {
        let run = self.check(&[args, &["--format", "json"]].concat());
        let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    }
}

/// A policy beside a configuration.
fn case(policy: &str, configuration: &str) -> Case {
    Case::new(&[("trust.json", policy.as_bytes()), ("trustproof.toml", configuration.as_bytes())])
}

// Who is foreign.

#[test]
fn an_account_of_ones_own_is_no_third_party() {
    let foreign = "unguarded-third-party";
    assert!(case(VENDOR, "").rules(&[]).contains(foreign));
    let own = case(VENDOR, "[zone]\naccounts = [\"111122223333\", \"210987654321\"]\n");
    assert!(!own.rules(&[]).contains(foreign));
    assert!(own.rules(&["--no-config"]).contains(foreign));
    // The command line and the input add to it.
    let other = case(VENDOR, "[zone]\naccounts = [\"111122223333\"]\n");
    assert!(other.rules(&[]).contains(foreign));
    assert!(!other.rules(&["--own-account", "210987654321"]).contains(foreign));
    other.write("main.tf", b"provider \"aws\" {\n  allowed_account_ids = [\"210987654321\"]\n}\n");
    assert!(!other.rules(&[]).contains(foreign));
}

#[test]
fn a_vendor_is_called_by_its_name() {
    let vendor = "[[zone.vendors]]\nname = \"AcmeCSPM\"\naccounts = [\"210987654321\"]\n";
    let run = case(VENDOR, vendor).check(&[]);
    assert_eq!(run.status, 1, "{run:?}");
    let header = run.out.lines().find(|line| line.starts_with("high")).unwrap();
    assert!(header.contains("AcmeCSPM"), "{}", run.out);
    let attack = run.out.lines().find(|line| line.starts_with("  attack")).unwrap();
    assert!(attack.contains("AcmeCSPM"), "{}", run.out);
    assert!(!case(VENDOR, "").check(&[]).out.contains("AcmeCSPM"));
}

#[test]
fn an_organisation_is_ones_own_unless_the_zone_lists_others() {
    let open = "anyone-can-assume";
    assert!(!case(ORGANIZATION, "").rules(&[]).contains(open));
    assert!(!case(ORGANIZATION, "[zone]\norganizations = [\"o-a1b2c3d4e5\"]").rules(&[]).contains(open));
    let others = case(ORGANIZATION, "[zone]\norganizations = [\"o-zzzzzzzzzz\"]");
    assert!(others.rules(&[]).contains(open));
    assert!(!others.rules(&["--own-org", "o-a1b2c3d4e5"]).contains(open));
    assert!(case(ORGANIZATION, "").rules(&["--own-org", "o-zzzzzzzzzz"]).contains(open));
}

#[test]
fn an_oidc_tenant_is_ones_own_unless_the_zone_lists_others() {
    let open = "oidc-any-tenant";
    assert!(!case(GITHUB, "").rules(&[]).contains(open));
    let tenants = |tenants: &str| {
        case(GITHUB, &format!("[zone.oidc]\n\"token.actions.githubusercontent.com\" = {tenants}\n"))
    };
    assert!(!tenants("[\"acme\"]").rules(&[]).contains(open));
    assert!(!tenants("[\"other\", \"acme\"]").rules(&[]).contains(open));
    assert!(tenants("[\"other\"]").rules(&[]).contains(open));
    // No tenants listed: those that a policy names are taken as one's own.
    assert!(!tenants("[]").rules(&[]).contains(open));
}

// Which configuration.

#[test]
fn the_configuration_is_the_nearest_one_up_to_the_repository_root() {
    let own = b"[zone]\naccounts = [\"210987654321\"]\n".as_slice();
    let files: [(&str, &[u8]); 4] = [
        ("trustproof.toml", own),
        ("repo/.git/HEAD", b""),
        ("repo/infra/aws/trust.json", VENDOR.as_bytes()),
        ("repo/other/trust.json", VENDOR.as_bytes()),
    ];
    let case = Case::new(&files);
    // Above the repository nothing counts.
    assert_eq!(case.check(&["repo"]).status, 1);
    assert_eq!(case.check(&["repo/infra/aws/trust.json"]).status, 1);
    case.write("repo/trustproof.toml", own);
    for path in ["repo", "repo/infra", "repo/infra/aws/trust.json"] {
        assert_eq!(case.check(&[path]).status, 0, "{path}");
    }
    // For each file the nearest one with a `[zone]` decides, wherever the scan starts.
    case.write("repo/infra/trustproof.toml", b"strict = false\n");
    assert_eq!(case.check(&["repo/infra/aws"]).status, 0);
    case.write("repo/infra/trustproof.toml", b"[zone]\n");
    assert_eq!(case.check(&["repo/infra/aws"]).status, 1);
    assert_eq!(case.check(&["repo/other"]).status, 0);
    assert_eq!(case.check(&["repo/other", "repo/infra/aws"]).status, 1);
    assert_eq!(case.check(&["repo"]).status, 1);
    assert_eq!(case.check(&["repo/infra/aws", "--config", "repo/trustproof.toml"]).status, 0);
    assert_eq!(case.check(&["repo", "--no-config"]).status, 1);
}

#[test]
fn without_a_repository_the_current_directory_is_the_last_to_look_in() {
    let own = b"[zone]\naccounts = [\"210987654321\"]\n".as_slice();
    let case = Case::new(&[("trustproof.toml", own), ("a/b/trust.json", VENDOR.as_bytes())]);
    assert_eq!(case.check(&["a/b"]).status, 0);
    let mut command = case.command();
    let run = command.current_dir(case.0.path().join("a")).args(["check", "b"]).output().unwrap();
    assert_eq!(Run::new(run).status, 1);
    // Standard input is about where it is read.
    let mut command = case.command();
    command.stdin(std::fs::File::open(case.0.path().join("a/b/trust.json")).unwrap());
    assert_eq!(Run::new(command.args(["check", "-"]).output().unwrap()).status, 0);
    // A root elsewhere has only its own.
    let mut command = case.command();
    let run = command.current_dir(case.0.path().join("a/b")).args(["check", "../.."]).output().unwrap();
    assert_eq!(Run::new(run).status, 0);
}

// What is wrong is told with its place, and ends the run.

#[test]
fn a_fault_is_told_with_its_place_and_what_was_meant() {
    let run = case(VENDOR, "[zone]\naccounts = []\norganisations = []\n").check(&["--format", "json"]);
    let expected = "\
error: `organisations` is no key of `zone`
   ╭─[trustproof.toml:3:1]
 2 │ accounts = []
 3 │ organisations = []
   · ──────┬──────
   ·       ╰── did you mean `organizations`?
   ╰────
";
    assert_eq!((run.status, run.err.as_str(), run.out.as_str()), (2, expected, ""));
}

#[test]
fn every_fault_has_its_place() {
    let vendor = "[[zone.vendors]]\nname = \"x\"\n";
    for (configuration, place, message) in [
        ("[zone]\naccounts = [\"1234\"]", "2:14", "`1234` does not fit in `accounts`"),
        ("[zone]\naccounts = [\n  111122223333]", "3:3", "`accounts` holds an integer, expected a string"),
        ("[zone]\naccounts = \"111122223333\"", "2:13", "`accounts` holds a string, expected a list"),
        ("[zone]\norganizations = ['acme']", "2:19", "`acme` does not fit in `organizations`"),
        (vendor, "1:1", "`accounts` is missing in this entry of `vendors`"),
        (&format!("{vendor}accounts = []"), "3:12", "`accounts` is empty"),
        (&format!("{vendor}acounts = []\naccounts = ['210987654321']"), "3:1", "did you mean `accounts`?"),
        ("[zone.oidc]\n\"https://gitlab.com\" = [\"acme\"]", "2:1", "`gitlab.com`"),
        ("[zone.oidc]\n\"gitlab.com\" = [\"acme\", 1]", "2:25", "holds an integer, expected a string"),
        ("zone = 1", "1:8", "`zone` holds an integer, expected a table"),
        ("[zones]", "1:2", "did you mean `zone`?"),
        ("[zone]\naccounts = [", "2:1", "not valid TOML"),
        ("[zone]\n[zone]", "2:2", "not valid TOML: duplicate key"),
        ("\u{feff}[zone]\nx = 1", "2:1", "`x` is no key of `zone`"),
        ("\u{feff}zoned = 1", "1:1", "`zoned` is no key of the configuration"),
    ] {
        let run = case(VENDOR, configuration).check(&[]);
        assert_eq!(run.status, 2, "{configuration}: {run:?}");
        assert!(run.err.contains(message), "{configuration}: {}", run.err);
        assert!(run.err.contains(&format!("[trustproof.toml:{place}")), "{configuration}: {}", run.err);
        assert_eq!(run.err.matches("error: ").count(), 1, "{configuration}: {}", run.err);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_ends_the_run() {
    let case = Case::new(&[("trust.json", VENDOR.as_bytes()), ("bad.toml", b"[zone]\n# \xff\n")]);
    for (path, message) in [
        ("no/such.toml", "cannot read `no/such.toml`: no such file"),
        ("bad.toml", "`bad.toml` is not UTF-8 from byte 9 on"),
        (".", "cannot read"),
    ] {
        let run = case.check(&["--config", path]);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{run:?}");
        assert!(run.err.contains(message), "{run:?}");
    }
    std::fs::create_dir(case.0.path().join("trustproof.toml")).unwrap();
    let run = case.check(&[]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.err.contains("cannot read `trustproof.toml`"), "{run:?}");
    std::fs::remove_dir(case.0.path().join("trustproof.toml")).unwrap();
    case.write("trustproof.toml", &[b"[zone]\noidc = ".as_slice(), &b"[".repeat(100_000)].concat());
    let run = case.check(&[]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(run.err.contains("[trustproof.toml:2:"), "{}", run.err);
    assert!(run.err.lines().all(|line| line.chars().count() < 300));
}
