//! Policy documents of data sources, optional blocks, instances.

use model::{Standing, Variant};

use crate::support::Scan;

/// A role whose policy is the document `d` with this body, beside `more`.
fn document(body: &str, more: &str) -> Scan {
    Scan::main(&format!(
        "data \"aws_iam_policy_document\" \"d\" {{\n{body}\n}}\n\
         resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = data.aws_iam_policy_document.d.json\n}}\n{more}"
    ))
}

fn statement(inside: &str) -> String {
    format!("statement {{\n  actions = [\"sts:AssumeRole\"]\n{inside}\n}}")
}

const VENDOR: &str = "principals {\n  type = \"AWS\"\n  identifiers = [\"210987654321\"]\n}";

fn meaning(scan: &Scan) -> Vec<String> {
    assert_eq!(scan.messages(), Vec::<&str>::new());
    scan.meaning()
}

#[test]
fn defaults_and_elements() {
    let scan = document(
        &statement(
            "sid = \"S\"\nprincipals {\n  type = \"AWS\"\n  identifiers = [\"a\"]\n}\nprincipals {\n  type = \"AWS\"\n  \
             identifiers = [\"b\"]\n}\nprincipals {\n  type = \"Service\"\n  identifiers = [\"ec2.amazonaws.com\"]\n}",
        ),
        "",
    );
    assert_eq!(
        meaning(&scan),
        ["aws V2012\nallow principal[Aws=\"a\", Aws=\"b\", Service=\"ec2.amazonaws.com\"] \
          action[\"sts:assumerole\"] condition[]"]
    );
    assert_eq!(
        scan.role().trust[0].policy.statements[0].value.sid.as_ref().unwrap().value.as_str(),
        Some("S")
    );
    let denied = document(
        &statement("effect = \"Deny\"\nnot_principals {\n  type = \"*\"\n  identifiers = [\"*\"]\n}"),
        "",
    );
    assert_eq!(meaning(&denied), ["aws V2012\ndeny not-principal[*] action[\"sts:assumerole\"] condition[]"]);
}

#[test]
fn conditions_of_one_operator_and_key_are_one() {
    let condition = |test: &str, key: &str, value: &str| {
        format!("condition {{\n  test = \"{test}\"\n  variable = \"{key}\"\n  values = [\"{value}\"]\n}}")
    };
    let scan = document(
        &statement(
            &[
                VENDOR.to_owned(),
                condition("StringEquals", "sts:ExternalId", "a"),
                condition("StringEquals", "sts:ExternalId", "&{aws:username}"),
                condition("StringEquals", "aws:PrincipalOrgID", "o-1"),
            ]
            .join("\n"),
        ),
        "",
    );
    let conditions = &scan.role().trust[0].policy.statements[0].value.conditions;
    let seen: Vec<_> = conditions
        .iter()
        .map(|c| {
            let values: Vec<_> = c.value.values.items.iter().map(|v| v.value.to_string()).collect();
            (c.value.key.value.to_string(), values.join(" "))
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("sts:ExternalId".into(), "a ${aws:username}".into()),
            ("aws:PrincipalOrgID".into(), "o-1".to_owned())
        ]
    );
}

const OPTIONAL: &str = "dynamic \"condition\" {\n  for_each = var.external_id != null ? [1] : []\n  content {\n    \
                        test = \"StringEquals\"\n    variable = \"sts:ExternalId\"\n    values = [var.external_id]\n  }\n}";

#[test]
fn optional_conditions() {
    let body = statement(&format!("{VENDOR}\n{OPTIONAL}"));
    let open = "aws V2012\nallow principal[Aws=\"210987654321\"] action[\"sts:assumerole\"] condition[]";
    let guarded = |id: &str| {
        open.replace(
            "condition[]",
            &format!(
                "condition[Operator {{ set: None, base: StringEquals, negated: false, if_exists: false }} \"sts:externalid\"[{id}]]"
            ),
        )
    };
    for (default, expected) in [
        (
            "null",
            [
                ("`var.external_id` is left at its default, null", Standing::Selected, open.to_owned()),
                ("`var.external_id` is set", Standing::Permitted, guarded("?")),
            ],
        ),
        (
            "\"x\"",
            [
                ("`var.external_id` is given another value", Standing::Permitted, open.to_owned()),
                ("`var.external_id` is left at its default, \"x\"", Standing::Selected, guarded("\"x\"")),
            ],
        ),
    ] {
        let scan = document(&body, &format!("variable \"external_id\" {{\n  default = {default}\n}}\n"));
        let shape = |v: &Variant| {
            let [assumption] = v.assumptions.as_slice() else { panic!("{:?}", v.assumptions) };
            (assumption.when.to_string(), assumption.standing, v.policy.canonical())
        };
        let seen: Vec<_> = scan.role().trust.iter().map(shape).collect();
        assert_eq!(seen, expected.map(|(when, standing, policy)| (when.to_owned(), standing, policy)));
        assert_eq!(scan.messages(), Vec::<&str>::new());
    }
    let scan = document(&body, "variable \"external_id\" {}\n");
    assert_eq!(meaning(&scan), [open.to_owned(), guarded("?")]);
    let assumption = &scan.role().trust[0].assumptions[0];
    assert_eq!((&*assumption.when, assumption.standing), ("`var.external_id` is null", Standing::Unsettled));
}

#[test]
fn dynamic_blocks_over_known_and_unknown_collections() {
    let dynamic = "dynamic \"principals\" {\n  for_each = var.trusted\n  iterator = it\n  content {\n    type = it.key\n    \
                   identifiers = it.value\n  }\n}";
    let known = "variable \"trusted\" {\n  default = { AWS = [\"a\"], Service = [\"b\"] }\n}\n";
    let scan = document(&statement(dynamic), known);
    assert_eq!(
        meaning(&scan),
        ["aws V2012\nallow principal[Aws=\"a\", Service=\"b\"] action[\"sts:assumerole\"] condition[]"]
    );
    let scan = document(&statement(dynamic), "variable \"trusted\" {}\n");
    assert_eq!(meaning(&scan), ["aws V2012\nallow principal[?] action[\"sts:assumerole\"] condition[]"]);
    let open = scan.role().trust[0].policy.statements[0].value.principals.open.clone().unwrap();
    assert_eq!(&*open.what, "var.trusted");
}

#[test]
fn source_and_override_documents() {
    let more = "data \"aws_iam_policy_document\" \"base\" {\n  statement {\n    sid = \"A\"\n    actions = [\"sts:AssumeRole\"]\n\
                principals {\n  type = \"AWS\"\n  identifiers = [\"old\"]\n}\n  }\n}\n";
    let own = format!(
        "source_policy_documents = [data.aws_iam_policy_document.base.json]\n{}",
        statement("sid = \"A\"\nprincipals {\n  type = \"AWS\"\n  identifiers = [\"new\"]\n}")
    );
    let new = "aws V2012\nallow principal[Aws=\"new\"] action[\"sts:assumerole\"] condition[]";
    assert_eq!(meaning(&document(&own, more)), [new]);
    let unknown = format!("{}\noverride_policy_documents = [var.more]", statement(VENDOR));
    let policy = &document(&unknown, "variable \"more\" {}\n").meaning()[0];
    assert!(policy.ends_with("\n?"), "{policy}");
}

#[test]
fn indexed_documents() {
    let text = |index: &str| {
        format!(
            "variable \"on\" {{ default = true }}\ndata \"aws_iam_policy_document\" \"d\" {{\n  count = var.on ? 1 : 0\n{}\n}}\n\
             resource \"aws_iam_role\" \"r\" {{\n  count = var.on ? 1 : 0\n  assume_role_policy = {index}\n}}\n",
            statement(VENDOR)
        )
    };
    let expected = "aws V2012\nallow principal[Aws=\"210987654321\"] action[\"sts:assumerole\"] condition[]";
    let d = "data.aws_iam_policy_document.d";
    for form in [
        format!("{d}[0].json"),
        format!("{d}.0.json"),
        format!("{d}[count.index].json"),
        format!("join(\"\", {d}.*.json)"),
        format!("join(\"\", {d}[*].json)"),
        format!("one({d}[*].json)"),
        format!("try({d}[0].json, \"\")"),
        format!("element(concat({d}.*.json, [\"\"]), 0)"),
    ] {
        assert_eq!(meaning(&Scan::main(&text(&form))), [expected], "{form}");
    }
    // Not made by default: every shape is only permitted, and known if it is the instance that another value makes.
    let off =
        Scan::main(&text(&format!("{d}[count.index].json")).replace("default = true", "default = false"));
    let shapes: Vec<_> =
        off.role().trust.iter().map(|v| (v.assumptions[0].standing, v.policy.canonical())).collect();
    assert_eq!(shapes, [(Standing::Permitted, expected.to_owned())]);
    let off =
        Scan::main(&text(&format!("try({d}[0].json, \"\")")).replace("default = true", "default = false"));
    assert!(off.role().trust.iter().all(|v| v.assumptions[0].standing == Standing::Permitted));
}

#[test]
fn each_instance_is_judged() {
    let scan = Scan::main(
        r#"
locals {
  vendors = { a = "111111111111", b = "*" }
}
data "aws_iam_policy_document" "d" {
  for_each = local.vendors
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [each.value]
    }
  }
}
resource "aws_iam_role" "r" {
  for_each           = local.vendors
  name               = "role-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.d[each.key].json
}
"#,
    );
    let open = |role: &model::Role| {
        let [only] = &role.trust[..] else { panic!("one shape") };
        (role.address.to_string(), only.assumptions.len(), only.policy.canonical().contains("principal[*]"))
    };
    let seen: Vec<_> = scan.roles().into_iter().map(open).collect();
    assert_eq!(
        seen,
        [(r#"aws_iam_role.r["a"]"#.to_owned(), 0, false), (r#"aws_iam_role.r["b"]"#.to_owned(), 0, true)]
    );
}

#[test]
fn alibaba_documents() {
    let scan = Scan::main(
        r#"
data "alicloud_ram_policy_document" "d" {
  statement {
    effect = "Allow"
    action = ["sts:AssumeRole"]
    principal {
      entity      = "RAM"
      identifiers = ["acs:ram::1234567890123456:root"]
    }
    condition {
      operator = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["x"]
    }
  }
}
resource "alicloud_ram_role" "r" {
  role_name                   = "r"
  assume_role_policy_document = data.alicloud_ram_policy_document.d.document
}
"#,
    );
    assert_eq!(
        meaning(&scan),
        ["alibaba One\nallow principal[Ram=\"acs:ram::1234567890123456:root\"] action[\"sts:assumerole\"] \
          condition[Operator { set: None, base: StringEquals, negated: false, if_exists: false } \"sts:externalid\"[\"x\"]]"]
    );
    let legacy = Scan::main(
        "resource \"alicloud_ram_role\" \"r\" {\n  name = \"r\"\n  services = [\"ecs.aliyuncs.com\"]\n  ram_users = [\"acs:ram::1:root\"]\n}\n",
    );
    assert_eq!(
        meaning(&legacy),
        [
            "alibaba One\nallow principal[Ram=\"acs:ram::1:root\", Service=\"ecs.aliyuncs.com\"] action[\"sts:assumerole\"] condition[]"
        ]
    );
}
