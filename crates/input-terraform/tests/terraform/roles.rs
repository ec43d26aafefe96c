//! Roles: their limits and permissions, policies that are none, the accounts that are known.

use model::{Breadth, Cause, Grant};

use crate::support::Scan;

const TRUST: &str = "assume_role_policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", \
                     Action = \"sts:AssumeRole\", Principal = { AWS = \"*\" } }] })";

#[test]
fn limits() {
    let scan = Scan::main(&format!(
        "resource \"aws_iam_role\" \"r\" {{\n  {TRUST}\n  name = \"n-${{var.x}}\"\n  path = \"/p/\"\n  max_session_duration = 3600 * 4\n  \
         permissions_boundary = \"arn:aws:iam::aws:policy/B\"\n}}\nvariable \"x\" {{}}\n"
    ));
    let role = scan.role();
    assert_eq!(role.name.as_ref().unwrap().value.to_string(), "n-${var.x}");
    assert_eq!(role.path.as_ref().unwrap().as_str(), Some("/p/"));
    assert_eq!(role.max_session.as_ref().unwrap().value.as_str(), Some("14400"));
    assert_eq!(role.boundary.as_ref().unwrap().value.as_str(), Some("arn:aws:iam::aws:policy/B"));
    assert_eq!((&*role.address, &*role.kind), ("aws_iam_role.r", "aws_iam_role"));
}

#[test]
fn grants() {
    let scan = Scan::main(&format!(
        r#"
resource "aws_iam_role" "r" {{
  {TRUST}
  name                = "r"
  managed_policy_arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  inline_policy {{
    policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }}] }})
  }}
}}
resource "aws_iam_role_policy_attachment" "a" {{
  for_each   = toset(["arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"])
  role       = aws_iam_role.r.name
  policy_arn = each.value
}}
resource "aws_iam_role_policy_attachment" "own" {{
  role       = "r"
  policy_arn = aws_iam_policy.p.arn
}}
resource "aws_iam_policy" "p" {{
  policy = data.aws_iam_policy_document.admin.json
}}
data "aws_iam_policy_document" "admin" {{
  statement {{
    actions   = ["*"]
    resources = ["*"]
  }}
}}
resource "aws_iam_role_policy_attachment" "off" {{
  count      = 0
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/Off"
}}
resource "aws_iam_role_policy_attachment" "other" {{
  role       = "somebody"
  policy_arn = "arn:aws:iam::aws:policy/Other"
}}
"#
    ));
    let seen: Vec<String> = scan
        .role()
        .grants
        .iter()
        .map(|g| match &g.value {
            Grant::Managed(text) => text.to_string(),
            Grant::Document(Breadth::Administrator) => "admin".to_owned(),
            Grant::Document(breadth) => format!("{breadth:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "ReadOnly",
            "arn:aws:iam::aws:policy/A",
            "arn:aws:iam::aws:policy/B",
            "admin"
        ]
    );
    assert!(scan.role().grants_open.is_none());
}

#[test]
fn a_policy_that_is_no_json_is_a_problem_at_its_place() {
    let scan = Scan::main(
        "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = <<EOF\n{\n  \"Version\" oops\n}\nEOF\n}\n",
    );
    assert!(scan.role().trust[0].policy.open.is_some());
    assert_eq!(scan.lowered.problems.len(), 1);
    assert!(scan.lowered.problems[0].relevant);
    let model::Place::Span(span) = scan.lowered.problems[0].place else { panic!("no place") };
    assert_eq!(scan.sources.position(span.file, span.start).line, 4);
}

#[test]
fn a_policy_that_is_not_understood_is_unknown() {
    for (policy, part) in [
        ("var.policy", "has no default"),
        ("module.m.json", "no module `m` is called here"),
        ("null", "is not valid"),
        ("data.other_policy.x.json", "is not evaluated"),
        ("data.other_policy.gone.json", "no data source `other_policy.gone` is declared here"),
        ("\"{${var.policy}}\"", "has no default"),
        ("bcrypt(\"x\")", "is generated at random"),
    ] {
        let scan = Scan::main(&format!(
            "resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = {policy}\n}}\nvariable \"policy\" {{}}\n\
             data \"other_policy\" \"x\" {{}}\n"
        ));
        let open = scan.role().trust[0].policy.open.clone();
        let why = open.unwrap_or_else(|| panic!("{policy} is known")).why.to_string();
        assert!(why.contains(part), "{policy}: {why}");
    }
    let missing = Scan::main("resource \"aws_iam_role\" \"r\" {}\n");
    let open = missing.role().trust[0].policy.open.clone().unwrap();
    assert!(matches!(open.why, Cause::Invalid(_)));
}

#[test]
fn a_tree_inside_a_heredoc() {
    let scan = Scan::main(
        "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = <<EOF\n{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
         \"Action\": \"sts:AssumeRole\", \"Principal\": {\"AWS\": ${jsonencode(var.ids)}}}]}\nEOF\n}\nvariable \"ids\" {\n  default = [\"a\", \"b\"]\n}\n",
    );
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(
        scan.meaning(),
        ["aws V2012\nallow principal[Aws=\"a\", Aws=\"b\"] action[\"sts:assumerole\"] condition[]"]
    );
}

#[test]
fn templatefile_takes_its_variables() {
    let template = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
 "Principal": {"AWS": [%{ for i, id in ids }%{ if i > 0 },%{ endif }"${id}"%{ endfor }]}}]}"#;
    let main = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = templatefile(\"t.tftpl\", { ids = [\"a\", \"b\"] })\n}\n";
    let scan = Scan::of(&[("main.tf", main.as_bytes()), ("t.tftpl", template.as_bytes())]);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(
        scan.meaning(),
        ["aws V2012\nallow principal[Aws=\"a\", Aws=\"b\"] action[\"sts:assumerole\"] condition[]"]
    );
}

#[test]
fn zone_facts() {
    let scan = Scan::main(
        "provider \"aws\" {\n  allowed_account_ids = [\"111122223333\", var.x]\n  assume_role {\n    role_arn = \"arn:aws:iam::444455556666:role/x\"\n  }\n}\nvariable \"x\" {}\n",
    );
    let seen: Vec<_> = scan.lowered.zone_facts.iter().map(|f| (&*f.account, scan.snippet(f.span))).collect();
    assert_eq!(
        seen,
        [
            ("111122223333", "111122223333".to_owned()),
            ("444455556666", "arn:aws:iam::444455556666:role/x".to_owned())
        ]
    );
}

#[test]
fn overrides_and_siblings() {
    let scan = Scan::of(&[
        (
            "m/main.tf",
            format!("resource \"aws_iam_role\" \"r\" {{\n  name = \"old\"\n  {TRUST}\n}}\n").as_bytes(),
        ),
        ("m/main_override.tf", b"resource \"aws_iam_role\" \"r\" {\n  name = local.name\n}\n"),
        ("m/names.tofu", b"locals {\n  name = \"new\"\n}\n"),
        ("n/other.tf", b"locals {\n  name = \"wrong\"\n}\n"),
    ]);
    assert_eq!(scan.role().name.as_ref().unwrap().value.as_str(), Some("new"));
}
