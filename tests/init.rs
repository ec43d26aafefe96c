//! A first configuration from what a scan finds, end to end on the built binary.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

mod support;

use support::{Case, Run};

/// Names an own account, a foreign one, a known vendor, an organisation and a tenant.
const MAIN: &str = r#"
provider "aws" {
  allowed_account_ids = ["111122223333"]
}
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = ["arn:aws:iam::210987654321:root", "arn:aws:iam::464622532012:root"] }
    }, {
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "111122223333" }
      Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" } }
    }, {
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:acme/app:ref:refs/heads/main"
      } }
    }]
  })
}
"#;

impl Case {
    fn run(&self, args: &[&str]) -> Run {
        Run::new(self.command().args(args).output().unwrap())
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).unwrap()
    }
}

#[test]
fn everybody_who_is_trusted_is_there_to_be_sorted() {
    let case = Case::new(&[("infra/main.tf", MAIN.as_bytes())]);
    let run = case.run(&["init", "infra"]);
    assert_eq!((run.status, run.out.as_str()), (0, ""), "{run:?}");
    let text = case.read("infra/trustproof.toml");
    for line in [
        "    \"111122223333\", # `allowed_account_ids` of provider `aws` (infra/main.tf:3:27)",
        "    # \"210987654321\", # trusted by aws_iam_role.r (infra/main.tf:11:29)",
        "    # \"o-a1b2c3d4e5\", # trusted by aws_iam_role.r (infra/main.tf:16:62)",
        "name = \"Datadog\"",
        "accounts = [\"464622532012\"]",
        "# \"token.actions.githubusercontent.com\" = [\"acme\"] # trusted by aws_iam_role.r (infra/main.tf:23:54)",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    // It is a configuration as it stands, and with every comment sign taken away.
    let check = |case: &Case| case.run(&["check", "infra", "--format", "json"]);
    assert!(check(&case).out.contains("Datadog"), "{:?}", check(&case));
    let sorted: Vec<&str> = text
        .lines()
        .map(|line| match line.split_once("# \"") {
            Some((indent, _)) if indent.trim().is_empty() => {
                line.split_once("# ").map_or(line, |(_, rest)| rest)
            }
            _ => line,
        })
        .collect();
    case.write("infra/trustproof.toml", sorted.join("\n").as_bytes());
    let run = check(&case);
    assert!(run.status != 2 && !run.out.contains("account 210987654321"), "{run:?}");
}

#[test]
fn nothing_is_overwritten_unless_that_is_asked_for() {
    let case = Case::new(&[("main.tf", MAIN.as_bytes()), ("trustproof.toml", b"# mine\n")]);
    let run = case.run(&["init"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("it is there already"), "{run:?}");
    assert_eq!(case.read("trustproof.toml"), "# mine\n");
    let shown = case.run(&["init", "--stdout"]);
    assert_eq!(shown.status, 0);
    assert_eq!(case.run(&["init", "--force"]).status, 0);
    assert_eq!(case.read("trustproof.toml"), shown.out);
}

#[test]
fn names_cannot_leave_their_comment() {
    let files = [("x/y\n[zone]\n.tf", MAIN.as_bytes())];
    let case = Case::new(&files);
    let text = case.run(&["init", "--stdout"]).out;
    assert_eq!(text.lines().filter(|line| line.starts_with("[zone]")).count(), 1, "{text}");
    assert_eq!(case.run(&["init"]).status, 0);
    assert_ne!(case.run(&["check"]).status, 2);
}
