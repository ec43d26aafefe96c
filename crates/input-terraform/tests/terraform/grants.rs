//! What roles may do: from their own block, from attachments in whatever module, with the documents behind them.

use model::{Breadth, Grant, Role};

use crate::support::Scan;

const TRUST: &str = "jsonencode({ Version = \"2012-10-17\", Statement = [] })";

const ADMIN: &str = "jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" }] })";

const READ: &str =
    "jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"s3:Get*\", Resource = \"*\" }] })";

fn grants(role: &Role) -> Vec<String> {
    let words = |grant: &Grant| match grant {
        Grant::Managed(name) => name.to_string(),
        Grant::Document(Breadth::Administrator) => "administrator".to_owned(),
        Grant::Document(Breadth::ReadOnly) => "read".to_owned(),
        Grant::Document(other) => format!("{other:?}"),
    };
    let mut all: Vec<String> = role.grants.iter().map(|g| words(&g.value)).collect();
    all.sort();
    all
}

fn scan(files: &[(&str, String)]) -> Scan {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let scan = Scan::of(&files);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    scan
}

fn main(text: &str) -> Scan {
    scan(&[("main.tf", text.replace("TRUST", TRUST).replace("ADMIN", ADMIN).replace("READ", READ))])
}

#[test]
fn every_way_to_attach_in_one_module() {
    let scan = main(
        r#"
resource "aws_iam_role" "r" {
  name                = "r"
  assume_role_policy  = TRUST
  managed_policy_arns = ["arn:aws:iam::aws:policy/A"]
  inline_policy {
    name   = "i"
    policy = READ
  }
  dynamic "inline_policy" {
    for_each = { a = ADMIN }
    content {
      name   = inline_policy.key
      policy = inline_policy.value
    }
  }
}
resource "aws_iam_role_policy_attachment" "b" {
  for_each   = toset(["B1", "B2"])
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}
resource "aws_iam_role_policy_attachments_exclusive" "c" {
  role_name   = aws_iam_role.r.name
  policy_arns = ["arn:aws:iam::aws:policy/C"]
}
resource "aws_iam_policy_attachment" "d" {
  name       = "d"
  roles      = ["other", "r"]
  policy_arn = "arn:aws:iam::aws:policy/D"
}
resource "aws_iam_role_policy" "e" {
  role   = aws_iam_role.r.id
  policy = READ
}
resource "aws_iam_role_policy" "not" {
  role   = "elsewhere"
  policy = ADMIN
}
"#,
    );
    let arn = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let mut expected = vec![arn("A"), arn("B1"), arn("B2"), arn("C"), arn("D")];
    expected.extend(["administrator", "read", "read"].map(str::to_owned));
    expected.sort();
    assert_eq!(grants(scan.role()), expected);
    assert!(scan.role().grants_open.is_none());
}

#[test]
fn attachments_reach_across_modules_by_name_or_by_declaration() {
    for name in ["name = \"r\"", "name_prefix = \"r-\"", ""] {
        let role = format!(
            "resource \"aws_iam_role\" \"r\" {{\n  {name}\n  assume_role_policy = {TRUST}\n}}\noutput \"name\" {{\n  value = aws_iam_role.r.name\n}}\n"
        );
        let policy = format!(
            "resource \"aws_iam_policy\" \"p\" {{\n  {name}\n  policy = {ADMIN}\n}}\noutput \"arn\" {{\n  value = aws_iam_policy.p.arn\n}}\n"
        );
        let attach = "variable \"role\" {}\nvariable \"arn\" {}\nresource \"aws_iam_role_policy_attachment\" \"a\" {\n  role = var.role\n  \
                      policy_arn = var.arn\n}\n";
        let calls = "module \"role\" {\n  source = \"./role\"\n}\nmodule \"policy\" {\n  source = \"./policy\"\n}\nmodule \"attach\" {\n  \
                     source = \"./attach\"\n  role = module.role.name\n  arn = module.policy.arn\n}\n";
        let scan = scan(&[
            ("main.tf", calls.to_owned()),
            ("role/main.tf", role),
            ("policy/main.tf", policy),
            ("attach/main.tf", attach.to_owned()),
        ]);
        assert_eq!(grants(scan.role()), ["administrator"], "{name}");
    }
}

#[test]
fn other_kinds_of_roles() {
    let scan = main(
        r#"
resource "awscc_iam_role" "c" {
  role_name                   = "c"
  assume_role_policy_document = TRUST
  managed_policy_arns         = ["arn:aws:iam::aws:policy/A"]
  policies = [{ policy_name = "p", policy_document = ADMIN }]
}
"#,
    );
    assert_eq!(grants(scan.role()), ["administrator", "arn:aws:iam::aws:policy/A"]);
    let scan = main(
        r#"
resource "alicloud_ram_role" "r" {
  role_name                   = "r"
  assume_role_policy_document = jsonencode({ Version = "1", Statement = [] })
}
resource "alicloud_ram_policy" "p" {
  policy_name     = "own"
  policy_document = ADMIN
}
resource "alicloud_ram_role_policy_attachment" "a" {
  role_name   = alicloud_ram_role.r.id
  policy_name = alicloud_ram_policy.p.policy_name
  policy_type = "Custom"
}
resource "alicloud_ram_role_policy_attachment" "b" {
  role_name   = "r"
  policy_name = "AliyunOSSReadOnlyAccess"
  policy_type = "System"
}
"#,
    );
    assert_eq!(grants(scan.role()), ["AliyunOSSReadOnlyAccess", "administrator"]);
}
