//! The text under each span is the text of the value, however the policy is written.

use model::{Located, Role, Text};

use crate::support::Scan;

/// Checks each principal, action and condition value of the role, and gives the snippets of the principals and
/// of the condition values.
fn checked(scan: &Scan, role: &Role) -> (Vec<String>, Vec<String>) {
    let (mut principals, mut values) = (Vec::new(), Vec::new());
    let same = |text: &Located<Text>| {
        let snippet = scan.snippet(text.span);
        if let (Some(known), None) = (text.value.as_str(), text.defined) {
            assert_eq!(snippet.replace("\\\"", "\"").replace("\\/", "/"), known);
        }
        if let (Some(known), Some(defined)) = (text.value.as_str(), text.defined) {
            assert_eq!(scan.snippet(defined), known, "definition of {snippet}");
        }
        snippet
    };
    for variant in &role.trust {
        assert!(variant.policy.open.is_none(), "{:?}", variant.policy.open);
        for statement in &variant.policy.statements {
            principals.extend(statement.value.principals.items.iter().map(|p| same(&p.id)));
            statement.value.actions.items.iter().for_each(|a| {
                same(a);
            });
            for condition in &statement.value.conditions {
                let key = &condition.value.key;
                assert_eq!(key.value.as_str(), Some(&*scan.snippet(key.span)));
                let operator = scan.snippet(condition.value.operator.span);
                assert_eq!(operator, "StringEquals");
                values.extend(condition.value.values.items.iter().map(same));
            }
        }
    }
    assert!(!principals.is_empty() && !values.is_empty());
    (principals, values)
}

fn places(text: &str) -> (Vec<String>, Vec<String>) {
    let scan = Scan::main(text);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    checked(&scan, scan.role())
}

const VENDOR: &str = "arn:aws:iam::210987654321:root";

fn literal() -> (Vec<String>, Vec<String>) {
    (vec![VENDOR.to_owned()], vec!["x-1".to_owned()])
}

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": "x-1"}}
  }]
}"#;

#[test]
fn heredoc() {
    let text =
        format!("resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = <<EOF\n{POLICY}\nEOF\n}}\n");
    assert_eq!(places(&text), literal());
    assert_eq!(places(&text.replace('\n', "\r\n")), literal());
    assert_eq!(places(&format!("\u{feff}# \u{e4}\n{text}")), literal());
}

#[test]
fn indented_heredoc() {
    let indented = POLICY.replace('\n', "\n      ");
    let text = format!(
        "resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = <<-EOF\n      {indented}\n    EOF\n}}\n"
    );
    assert_eq!(places(&text), literal());
}

#[test]
fn quoted_string_with_escapes() {
    let escaped = POLICY.replace('\n', "").replace('"', "\\\"");
    let text = format!("resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = \"{escaped}\"\n}}\n");
    assert_eq!(places(&text), literal());
}

const JSONENCODE: &str = r#"
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17" # comment
    Statement = [{
      Effect = "Allow", Action = ["sts:AssumeRole"] // comment
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Condition = {
        StringEquals = { "sts:ExternalId" = "x-1" }
      }
    }]
  })
}
"#;

#[test]
fn jsonencode() {
    assert_eq!(places(JSONENCODE), literal());
}

const DOCUMENT: &str = r#"
data "aws_iam_policy_document" "d" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::210987654321:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["x-1"]
    }
  }
}
resource "aws_iam_role" "r" {
  assume_role_policy = data.aws_iam_policy_document.d.json
}
"#;

#[test]
fn policy_document() {
    let text = DOCUMENT;
    let scan = Scan::main(text);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(checked(&scan, scan.role()), literal());
}

#[test]
fn locals_and_variables_keep_use_and_definition() {
    let text = JSONENCODE
        .replace("\"arn:aws:iam::210987654321:root\"", "local.vendor")
        .replace("\"x-1\"", "var.external_id")
        + r#"
locals {
  vendor = "arn:aws:iam::210987654321:root"
}
variable "external_id" {
  default = "x-1"
}
"#;
    let used = (vec!["local.vendor".to_owned()], vec!["var.external_id".to_owned()]);
    assert_eq!(places(&text), used);
    let text = DOCUMENT.replace("[\"x-1\"]", "local.ids")
        + "locals {\n  ids = [\"x-1\", var.b]\n}\nvariable \"b\" { default = \"y\" }\n";
    let (_, values) = places(&text);
    assert_eq!(values, ["local.ids", "local.ids"]);
}

#[test]
fn a_policy_in_a_local() {
    let text = JSONENCODE.replace(
        "assume_role_policy = jsonencode(",
        "assume_role_policy = jsonencode(local.p)\n}\nlocals {\n p = (",
    );
    assert_eq!(places(&text), literal());
}

#[test]
fn file_beside_the_module() {
    let main = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = file(\"${path.module}/policies/trust\")\n}\n";
    let scan = Scan::of(&[("m/main.tf", main.as_bytes()), ("m/policies/trust", POLICY.as_bytes())]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(checked(&scan, scan.role()), literal());
    let value = &scan.role().trust[0].policy.statements[0].value.principals.items[0].id;
    assert_eq!(scan.sources.path(value.span.file), "m/policies/trust");
}

#[test]
fn names_and_documents_have_places() {
    let scan = Scan::main(DOCUMENT);
    let role = scan.role();
    assert_eq!(scan.snippet(role.span), "resource \"aws_iam_role\" \"r\"");
    assert_eq!(scan.snippet(role.document), "data.aws_iam_policy_document.d.json");
    let statement = &role.trust[0].policy.statements[0];
    assert!(scan.snippet(statement.span).starts_with("statement {"));
    assert_eq!(statement.value.actions.items[0].value, Text::lit("sts:AssumeRole"));
}
