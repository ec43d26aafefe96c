//! What the evaluator makes of expressions, seen through the policies they end up in.

use model::{Cause, Standing};

use crate::support::Scan;

/// A role that trusts the AWS principal that `expression` says, beside `more`.
fn principal(expression: &str, more: &str) -> Scan {
    Scan::main(&format!(
        r#"
resource "aws_iam_role" "r" {{
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ AWS = {expression} }} }}]
  }})
}}
{more}"#
    ))
}

/// The principals as text, unknown pieces as `${what}`.
fn principals(expression: &str, more: &str) -> Vec<String> {
    let scan = principal(expression, more);
    assert_eq!(scan.messages(), Vec::<&str>::new(), "{expression}");
    let policy = &Scan::selected(scan.role()).policy;
    let set = &policy.statements[0].value.principals;
    let mut out: Vec<String> = set.items.iter().map(|p| p.id.value.to_string()).collect();
    out.extend(set.open.iter().map(|u| format!("?{}", u.what)));
    out
}

#[test]
fn known_expressions() {
    let more = r#"
variable "n" { default = 3 }
variable "on" { default = true }
variable "m" {
  type    = map(string)
  default = { b = "2", a = "1" }
}
variable "o" {
  type    = object({ a = optional(string), b = optional(string, "bee") })
  default = {}
}
locals {
  c    = local.b
  b    = "bb"
  list = ["x", "y", "", "x"]
  objs = [{ n = "p" }, { n = "q" }]
}
"#;
    for (expression, expected) in [
        ("local.c", &["bb"][..]),
        ("\"a-${local.b}-${var.n}\"", &["a-bb-3"]),
        ("\"$${x} %%{y}\"", &["${x} %{y}"]),
        ("var.on ? \"yes\" : \"no\"", &["yes"]),
        ("var.n > 2 && !var.on ? \"yes\" : \"no\"", &["no"]),
        ("var.n == 3 || nonsense.x ? \"yes\" : \"no\"", &["yes"]),
        ("local.list[1]", &["y"]),
        ("local.objs[*].n", &["p", "q"]),
        ("local.objs.*.n", &["p", "q"]),
        ("[for k, v in var.m : \"${k}${v}\"]", &["a1", "b2"]),
        ("[for v in local.list : upper(v) if v != \"\"]", &["X", "Y", "X"]),
        ("values({ for o in local.objs : o.n => \"${o.n}!\" })", &["p!", "q!"]),
        ("distinct(compact(local.list))", &["x", "y"]),
        ("concat([\"a\"], [\"b\"])", &["a", "b"]),
        ("flatten([[\"a\"], [[\"b\"], \"c\"]])", &["a", "b", "c"]),
        ("toset([\"b\", \"a\", \"b\"])", &["a", "b"]),
        ("format(\"%s-%d%%\", \"a\", 7)", &["a-7%"]),
        ("formatlist(\"arn:%s\", [\"a\", \"b\"])", &["arn:a", "arn:b"]),
        ("join(\",\", [\"a\", \"b\"])", &["a,b"]),
        ("split(\",\", \"a,b\")", &["a", "b"]),
        ("replace(\"https://x/y\", \"https://\", \"\")", &["x/y"]),
        ("trimprefix(\"https://x\", \"https://\")", &["x"]),
        ("lookup(var.m, \"a\", \"z\")", &["1"]),
        ("lookup(var.m, \"c\", \"z\")", &["z"]),
        ("merge(var.m, { a = \"9\" }).a", &["9"]),
        ("try(var.m.nope, local.list[9], \"fallback\")", &["fallback"]),
        ("can(var.m.nope) ? \"can\" : \"cannot\"", &["cannot"]),
        ("coalesce(null, \"\", \"first\")", &["first"]),
        ("one([\"only\"])", &["only"]),
        ("element([\"a\", \"b\"], 3)", &["b"]),
        ("keys(var.m)", &["a", "b"]),
        ("contains(keys(var.m), \"a\") ? \"in\" : \"out\"", &["in"]),
        ("jsondecode(\"{\\\"a\\\": \\\"b\\\"}\").a", &["b"]),
        ("jsondecode(jsonencode({ a = \"b\" })).a", &["b"]),
        ("base64decode(\"YXJu\")", &["arn"]),
        ("var.o.b", &["bee"]),
        ("var.o.a == null ? \"null\" : \"set\"", &["null"]),
        ("length(local.list) == 4 ? \"4\" : \"?\"", &["4"]),
        (
            "<<EOT\n%{ for v in [\"a\", \"b\"] ~}\n${v}%{ endfor }%{ if true }!%{ else }?%{ endif }\nEOT\n",
            &["ab!\n"],
        ),
        ("012345678901", &["12345678901"]),
    ] {
        assert_eq!(principals(expression, more), expected, "{expression}");
    }
}

#[test]
fn unknown_expressions_keep_what_is_known() {
    let more = r#"
variable "a" {}
data "aws_caller_identity" "me" {}
data "aws_partition" "p" {}
resource "random_uuid" "u" {}
resource "aws_iam_user" "bot" {
  name = "bot"
  path = "/bots/"
}
resource "aws_iam_openid_connect_provider" "gh" {
  url = "https://token.actions.githubusercontent.com"
}
"#;
    for (expression, expected) in [
        ("\"arn:aws:iam::${var.a}:root\"", "arn:aws:iam::${var.a}:root"),
        ("format(\"arn:aws:iam::%s:root\", var.a)", "arn:aws:iam::${var.a}:root"),
        ("join(\"\", [\"arn:aws:iam::\", var.a, \":root\"])", "arn:aws:iam::${var.a}:root"),
        (
            "\"arn:${data.aws_partition.p.partition}:iam::${data.aws_caller_identity.me.account_id}:root\"",
            "arn:${partition}:iam::${own account}:root",
        ),
        ("aws_iam_user.bot.arn", "arn:${partition}:iam::${own account}:user/bots/bot"),
        (
            "aws_iam_openid_connect_provider.gh.arn",
            "arn:${partition}:iam::${own account}:oidc-provider/token.actions.githubusercontent.com",
        ),
        ("\"${random_uuid.u.result}!\"", "${random_uuid.u.result}!"),
        ("lower(\"ABC${var.a}\")", "abc${var.a}"),
    ] {
        assert_eq!(principals(expression, more), [expected], "{expression}");
    }
    assert_eq!(principals("concat([\"a\"], var.a)", more), ["a", "?var.a"]);
}

/// Why the only principal of the role is not known.
fn cause(expression: &str, more: &str) -> Cause {
    let scan = principal(expression, more);
    let set = scan.role().trust[0].policy.statements[0].value.principals.clone();
    let unknown = set.open.or_else(|| set.items[0].id.value.unknowns().next().map(|u| (**u).clone()));
    unknown.unwrap_or_else(|| panic!("{expression} is known")).why
}

#[test]
fn unknowns_say_why() {
    let more = r#"
variable "a" {}
variable "s" {
  default   = "secret-value"
  sensitive = true
}
locals {
  x = local.y
  y = local.x
}
resource "random_password" "p" {}
resource "aws_lb" "lb" {}
"#;
    assert_eq!(cause("var.a", more), Cause::NoValue);
    assert_eq!(cause("random_password.p.result", more), Cause::Generated);
    assert_eq!(cause("aws_lb.lb.dns_name", more), Cause::AfterApply);
    for (expression, part) in [
        ("local.x", "is not valid: it is defined in terms of itself"),
        ("var.nope", "leads to nothing that was read"),
        ("aws_lb.other.arn", "leads to nothing that was read"),
        ("file(\"nope.json\")", "leads to nothing that was read"),
        ("file(\"../../etc/passwd\")", "outside of what is scanned"),
        ("module.m.arn", "no module `m` is called here"),
        ("bcrypt(\"x\")", "is generated at random"),
        ("var.s", "is not evaluated: it is marked sensitive"),
        ("\"x-${var.s}\"", "is not evaluated: it is marked sensitive"),
    ] {
        let why = cause(expression, more).to_string();
        assert!(why.contains(part), "{expression}: {why}");
    }
}

#[test]
fn sensitive_values_are_used_and_never_shown() {
    let more = r#"
variable "s" {
  default   = "secret-value"
  sensitive = true
}
variable "l" {
  default   = ["secret-value"]
  sensitive = true
}
variable "p" {
  default   = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"secret-value\"}}"
  sensitive = true
}
data "aws_iam_policy_document" "d" {
  statement {
    principals {
      type        = "AWS"
      identifiers = var.l
    }
    principals {
      type        = "AWS"
      identifiers = var.l
    }
  }
}
resource "aws_iam_role" "document" {
  assume_role_policy = data.aws_iam_policy_document.d.json
}
resource "aws_iam_role" "whole" {
  name               = var.s
  assume_role_policy = var.p
}
"#;
    for expression in [
        "[var.s, \"a-${var.s}\", upper(var.s)]",
        "var.l",
        "[for v in var.l : v]",
        "[for v in var.l : \"${v}!\"]",
        "var.l[0]",
        "concat(var.l, [])",
    ] {
        let shown = format!("{:?}", principal(expression, more).lowered).to_lowercase();
        assert!(!shown.contains("secret-value"), "{expression}");
    }
    assert_eq!(
        principals(
            "var.s == \"secret-value\" ? \"same\" : \"other\"",
            "variable \"s\" {\n  default = \"secret-value\"\n  sensitive = true\n}\n"
        ),
        ["same"]
    );
}

#[test]
fn an_unknown_condition_keeps_both_branches() {
    let scan = principal("var.vendor ? \"210987654321\" : \"*\"", "variable \"vendor\" {}\n");
    let role = scan.role();
    let seen: Vec<_> = role
        .trust
        .iter()
        .map(|v| (&*v.assumptions[0].when, v.assumptions[0].standing, v.policy.canonical()))
        .map(|(when, standing, policy)| (when, standing, policy.contains("principal[*]")))
        .collect();
    assert_eq!(
        seen,
        [
            ("`var.vendor` is true", Standing::Unsettled, false),
            ("`var.vendor` is false", Standing::Unsettled, true)
        ]
    );
}

#[test]
fn equal_conditions_are_settled_together() {
    let scan = principal(
        "[var.v != null ? \"a\" : \"b\", var.v == null ? \"b\" : \"a\", !(var.v == null) ? \"a\" : \"b\"]",
        "variable \"v\" {}\n",
    );
    let sets: Vec<Vec<String>> = scan
        .role()
        .trust
        .iter()
        .map(|v| {
            v.policy.statements[0].value.principals.items.iter().map(|p| p.id.value.to_string()).collect()
        })
        .collect();
    assert_eq!(sets, [["b", "b", "b"], ["a", "a", "a"]]);
}

#[test]
fn growth_without_end_is_bounded() {
    let mut more = String::from("locals {\n  a0 = \"x\"\n  l0 = [\"x\"]\n  d0 = 1\n");
    for n in 1..60 {
        let before = n - 1;
        more += &format!("  a{n} = \"${{local.a{before}}}${{local.a{before}}}\"\n");
        more += &format!("  l{n} = [local.l{before}, local.l{before}]\n");
    }
    for n in 1..5000 {
        let before = n - 1;
        more += &format!("  d{n} = local.d{before}\n");
        more += &format!("  c{n} = true ? \"${{local.c{before}}}!\" : try(local.c{before}, \"\")\n");
        more += &format!("  f{n} = [for x in local.f{before} : x][*]\n");
    }
    more += "  c0 = \"x\"\n  f0 = [\"x\"]\n}\n";
    for n in 1..500 {
        more += &format!(
            "data \"aws_iam_policy_document\" \"p{n}\" {{\n  source_policy_documents = [data.aws_iam_policy_document.p{}.json]\n}}\n",
            n - 1
        );
    }
    more += "data \"aws_iam_policy_document\" \"p0\" {\n  for_each = toset([\"a\"])\n  source_policy_documents = \
             [data.aws_iam_policy_document.p0[var.x].json]\n}\nvariable \"x\" {}\n";
    for expression in [
        "local.a59",
        "local.d4999",
        "local.c4999",
        "local.f4999",
        "flatten(local.l59)",
        "jsondecode(data.aws_iam_policy_document.p499.json).Statement",
        "jsondecode(data.aws_iam_policy_document.p0[\"a\"].json).Statement",
    ] {
        let scan = principal(expression, &more);
        let set = &scan.role().trust[0].policy.statements[0].value.principals;
        assert!(set.open.is_some() || set.items.iter().any(|p| p.id.value.has_unknown()), "{expression}");
    }
}
