//! What other values of a root module's variables would open, and what the values are that files give them.

use model::{Piece, Role, Standing, Variant};

use crate::support::Scan;

/// A role whose only statement holds `guard`, beside `more`.
fn document(guard: &str, more: &str) -> String {
    format!(
        "data \"aws_iam_policy_document\" \"d\" {{\n  statement {{\n    actions = [\"sts:AssumeRole\"]\n    principals {{\n      \
         type = \"AWS\"\n      identifiers = [\"210987654321\"]\n    }}\n{guard}\n  }}\n}}\nresource \"aws_iam_role\" \"r\" {{\n  \
         assume_role_policy = data.aws_iam_policy_document.d.json\n}}\n{more}"
    )
}

fn condition(each: &str, value: &str) -> String {
    format!(
        "dynamic \"condition\" {{\n  for_each = {each}\n  content {{\n    test = \"StringEquals\"\n    \
         variable = \"sts:ExternalId\"\n    values = {value}\n  }}\n}}"
    )
}

/// Each shape as its clause, its standing, and the values of its conditions (`-` without any).
fn shapes(role: &Role) -> Vec<(String, Standing, String)> {
    let shape = |v: &Variant| {
        let when: Vec<&str> = v.assumptions.iter().map(|a| &*a.when).collect();
        let standing = v.assumptions.iter().map(|a| a.standing).max().unwrap_or(Standing::Selected);
        let statement = &v.policy.statements[0].value;
        assert!(statement.conditions_open.is_none(), "{:?}", statement.conditions_open);
        let values = statement.conditions.iter().flat_map(|c| &c.value.values.items);
        let values: Vec<String> = values.map(|v| v.value.to_string()).collect();
        let values = if statement.conditions.is_empty() { "-".to_owned() } else { values.join(",") };
        (when.join(" & "), standing, values)
    };
    role.trust.iter().map(shape).collect()
}

fn shape(when: &str, standing: Standing, values: &str) -> (String, Standing, String) {
    (when.to_owned(), standing, values.to_owned())
}

fn seen(guard: &str, more: &str) -> Vec<(String, Standing, String)> {
    let scan = Scan::main(&document(guard, more));
    assert_eq!(scan.messages(), Vec::<&str>::new());
    shapes(scan.role())
}

#[test]
fn a_guard_over_the_elements_of_a_variable() {
    let none = "variable \"ids\" {\n  type = list(string)\n  default = []\n}\n";
    let guard = condition("var.ids", "[condition.value]");
    assert_eq!(
        seen(&guard, none),
        [
            shape("`var.ids` is given another value", Standing::Permitted, "${var.ids}"),
            shape("`var.ids` is left at its default, []", Standing::Selected, "-"),
        ]
    );
    let some = "variable \"ids\" {\n  default = [\"x\"]\n}\n";
    assert_eq!(
        seen(&guard, some),
        [
            shape("`var.ids` is left at its default, [\"x\"]", Standing::Selected, "x"),
            shape("`var.ids` is given another value", Standing::Permitted, "-"),
        ]
    );
    // There is an element whatever the variable is: what the others are is not speculated about.
    assert_eq!(
        seen(&condition("concat([\"k\"], var.ids)", "[condition.value]"), some),
        [shape("", Standing::Selected, "k,x")]
    );
}

#[test]
fn conditions_that_no_value_changes_open_nothing() {
    let id = "variable \"id\" {\n  default = \"x\"\n}\n";
    for each in ["var.id != null || true ? [1] : []", "length(\"${var.id}-\") > 0 || true ? [1] : []"] {
        assert_eq!(seen(&condition(each, "[\"k\"]"), id), [shape("", Standing::Selected, "k")], "{each}");
    }
    // A value that merely comes from a variable is the default.
    assert_eq!(seen(&condition("[1]", "[var.id]"), id), [shape("", Standing::Selected, "x")]);
}

#[test]
fn two_spellings_of_a_condition_are_one() {
    let id = "variable \"id\" {\n  default = null\n}\n";
    let guards = format!(
        "{}\n{}",
        condition("var.id != null ? [1] : []", "[var.id]"),
        condition("var.id == null ? [] : [1]", "[\"${var.id}-2\"]")
    );
    assert_eq!(
        seen(&guards, id),
        [
            shape("`var.id` is left at its default, null", Standing::Selected, "-"),
            shape("`var.id` is set", Standing::Permitted, "${var.id},${var.id}-2"),
        ]
    );
}

#[test]
fn elements_that_defaults_decide_differently_are_not_mixed_up() {
    // One vendor has a guard and one has none: only the second is exposed as things are.
    let vendors = |guarded: &str| {
        format!(
            "variable \"guarded\" {{\n  default = [\"{guarded}\"]\n}}\nlocals {{\n  vendors = toset([\"a\", \"b\"])\n}}\n\
             data \"aws_iam_policy_document\" \"d\" {{\n  for_each = local.vendors\n  statement {{\n    \
             actions = [\"sts:AssumeRole\"]\n    principals {{\n      type = \"AWS\"\n      \
             identifiers = [\"210987654321\"]\n    }}\n{}\n  }}\n}}\nresource \"aws_iam_role\" \"r\" {{\n  \
             for_each = local.vendors\n  assume_role_policy = data.aws_iam_policy_document.d[each.key].json\n}}\n",
            condition("contains(var.guarded, each.key) ? [1] : []", "[each.key]")
        )
    };
    for (guarded, expected) in [
        ("a", ["aws_iam_role.r[\"a\"]: a", "aws_iam_role.r[\"b\"]: -"]),
        ("b", ["aws_iam_role.r[\"a\"]: -", "aws_iam_role.r[\"b\"]: b"]),
    ] {
        let scan = Scan::main(&vendors(guarded));
        let as_things_are = |role: &&Role| {
            let statement = &Scan::selected(role).policy.statements[0].value;
            let values = statement.conditions.iter().flat_map(|c| &c.value.values.items);
            let values: Vec<String> = values.map(|v| v.value.to_string()).collect();
            let values = if values.is_empty() { "-".to_owned() } else { values.join(",") };
            format!("{}: {values}", role.address)
        };
        let seen: Vec<String> = scan.roles().iter().map(as_things_are).collect();
        assert_eq!(seen, expected);
    }
}

#[test]
fn locals_between_do_not_hide_the_variable() {
    let more = "variable \"id\" {\n  default = \"\"\n}\nlocals {\n  guarded = var.id != \"\"\n  ids = local.guarded ? [var.id] : []\n}\n";
    let shapes = seen(&condition("local.ids", "[condition.value]"), more);
    assert_eq!(
        shapes,
        [
            shape("`var.id` is given another value", Standing::Permitted, "${var.id}"),
            shape("`var.id` is left at its default, \"\"", Standing::Selected, "-"),
        ]
    );
}

#[test]
fn a_ternary_between_documents() {
    let more = "variable \"open\" {\n  default = false\n}\n";
    let statement = |principal: &str| {
        format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {principal} }}] }})"
        )
    };
    let scan = Scan::main(&format!(
        "resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = var.open ? {} : {}\n}}\n{more}",
        statement("\"*\""),
        statement("{ Service = \"ec2.amazonaws.com\" }")
    ));
    let seen: Vec<_> = scan
        .role()
        .trust
        .iter()
        .map(|v| (&*v.assumptions[0].when, v.assumptions[0].standing, v.policy.canonical().contains("[*]")))
        .collect();
    assert_eq!(
        seen,
        [
            ("`var.open` is given another value", Standing::Permitted, true),
            ("`var.open` is left at its default, false", Standing::Selected, false)
        ]
    );
    let assumption = &scan.role().trust[0].assumptions[0];
    assert_eq!(scan.snippet(assumption.span), "var.open");
}

#[test]
fn a_directive_in_a_heredoc() {
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
 "Principal": {"AWS": "210987654321"}%{ if var.id != "" },
 "Condition": {"StringEquals": {"sts:ExternalId": "${var.id}"}}%{ endif }}]}"#;
    let read = |variable: &str| {
        let scan = Scan::main(&format!(
            "resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = <<EOF\n{policy}\nEOF\n}}\nvariable \"id\" {{\n{variable}\n}}\n"
        ));
        assert_eq!(scan.messages(), Vec::<&str>::new());
        shapes(scan.role())
    };
    assert_eq!(
        read("default = \"\""),
        [
            shape("`var.id` is left at its default, \"\"", Standing::Selected, "-"),
            shape("`var.id` is given another value", Standing::Permitted, "${var.id}"),
        ]
    );
    assert_eq!(
        read(""),
        [
            shape("`var.id` is \"\"", Standing::Unsettled, "-"),
            shape("`var.id` is not \"\"", Standing::Unsettled, "${var.id}"),
        ]
    );
}

#[test]
fn an_optional_statement_is_seen_if_it_says_whom_it_trusts() {
    let statement = |each: &str, principal: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"d\" {{\n  dynamic \"statement\" {{\n    for_each = {each}\n    content {{\n      \
             actions = [\"sts:AssumeRole\"]\n      principals {{\n        type = \"AWS\"\n        identifiers = [{principal}]\n      \
             }}\n    }}\n  }}\n}}\nresource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = data.aws_iam_policy_document.d.json\n}}\n\
             variable \"v\" {{\n  default = []\n}}\n"
        )
    };
    let counts = |text: &str| {
        let scan = Scan::main(text);
        let count = |v: &Variant| (v.assumptions.first().map(|a| a.standing), v.policy.statements.len());
        scan.role().trust.iter().map(count).collect::<Vec<_>>()
    };
    assert_eq!(
        counts(&statement("var.v", "\"*\"")),
        [(Some(Standing::Permitted), 1), (Some(Standing::Selected), 0)]
    );
    assert_eq!(counts(&statement("var.v", "statement.value")), [(None, 0)]);
}

#[test]
fn source_documents_keep_their_optional_guards() {
    let more = "variable \"id\" {\n  default = null\n}\ndata \"aws_iam_policy_document\" \"whole\" {\n  \
                source_policy_documents = [data.aws_iam_policy_document.d.json]\n}\nresource \"aws_iam_role\" \"w\" {\n  \
                assume_role_policy = data.aws_iam_policy_document.whole.json\n}\n";
    let scan = Scan::main(&document(&condition("var.id != null ? [1] : []", "[var.id]"), more));
    let roles = scan.roles();
    assert_eq!(roles.len(), 2);
    assert_eq!(shapes(roles[0]), shapes(roles[1]));
    assert_eq!(shapes(roles[1]).len(), 2);
    assert!(roles.iter().all(|r| r.trust.iter().all(|v| v.policy.open.is_none())));
}

#[test]
fn a_secret_default_selects_and_is_not_shown() {
    let more = "variable \"id\" {\n  default = \"hush\"\n  sensitive = true\n}\n";
    let scan = Scan::main(&document(&condition("var.id != \"\" ? [1] : []", "[\"x\"]"), more));
    assert_eq!(
        shapes(scan.role()),
        [
            shape("`var.id` is given another value", Standing::Permitted, "-"),
            shape("`var.id` is left at its default", Standing::Selected, "x")
        ]
    );
    assert!(!format!("{:?}", scan.lowered).contains("hush"));
}

#[test]
fn many_conditions_leave_certain_what_defaults_select() {
    let mut guards = String::new();
    let mut more = String::new();
    for n in 0..40 {
        guards += &condition(&format!("var.v{n} != null ? [1] : []"), "[\"x\"]");
        guards.push('\n');
        more += &format!("variable \"v{n}\" {{\n  default = null\n}}\n");
    }
    let scan = Scan::main(&document(&guards, &more));
    let shapes = shapes(scan.role());
    assert!(shapes.len() <= 64);
    assert_eq!(scan.messages().len(), 1);
    assert!(
        scan.messages()[0].contains("more inputs than are told apart") && !scan.lowered.problems[0].relevant
    );
    let selected: Vec<_> = shapes.iter().filter(|s| s.1 == Standing::Selected).collect();
    assert_eq!(selected.len(), 1);
    assert_eq!(selected[0].2, "-");
}

#[test]
fn chains_of_conditions_are_bounded() {
    let mut more = String::from("locals {\n  c0 = \"x\"\n");
    for n in 1..400 {
        more += &format!("  c{n} = var.v{n} ? \"${{local.c{}}}!\" : local.c{}\n", n - 1, n - 1);
    }
    more += "}\n";
    for n in 1..400 {
        more += &format!("variable \"v{n}\" {{\n  default = true\n}}\n");
    }
    let scan = Scan::main(&document(&condition("[1]", "[local.c40]"), &more));
    let values = &Scan::selected(scan.role()).policy.statements[0].value.conditions[0].value.values;
    assert_eq!(values.items[0].value.to_string(), format!("x{}", "!".repeat(40)));
}

#[test]
fn values_from_files_are_given() {
    let main = document(
        &condition("var.id != null ? [1] : []", "[var.id]"),
        "variable \"id\" {\n  default = null\n}\nvariable \"other\" {}\n",
    );
    let files: &[(&str, &str)] = &[
        ("m/main.tf", &main),
        ("m/z.auto.tfvars", "id = \"last\"\n"),
        ("m/a.auto.tfvars", "id = \"first\"\n"),
        ("m/terraform.tfvars", "id = \"early\"\nother = { a = [1, 2] }\n"),
        ("m/prod.tfvars", "id = \"not loaded\"\n"),
        ("terraform.tfvars", "id = \"elsewhere\"\n"),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let scan = Scan::of(&files);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    assert_eq!(
        shapes(scan.role()),
        [
            shape("`var.id` is given another value", Standing::Permitted, "-"),
            shape("`var.id` keeps the value that it is given, \"last\"", Standing::Selected, "last"),
        ]
    );
    let value = &Scan::selected(scan.role()).policy.statements[0].value.conditions[0].value.values.items[0];
    assert_eq!(scan.snippet(value.defined.expect("a definition")), "last");
    assert!(value.value.pieces().iter().all(|piece| matches!(piece, Piece::Lit(_))));
}

#[test]
fn an_empty_policy_is_named() {
    let scan = Scan::main("resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = \"\"\n}\n");
    let open = scan.role().trust[0].policy.open.clone().expect("an unknown policy");
    assert_eq!(&*open.what, "aws_iam_role.r.assume_role_policy");
    assert_eq!(
        open.why.to_string(),
        "is not valid: the policy of this aws_iam_role is not valid JSON: the policy is empty"
    );
}

#[test]
fn alternatives_inside_of_collections_are_told_apart() {
    // What Terraform makes of each with `true` and with `false`.
    for (values, given, other) in [
        ("flatten([[\"x\"], [[var.v ? [\"a\", \"b\"] : [\"c\"]]]])", "x,a,b", "x,c"),
        ("flatten([for n in [\"1\", \"2\"] : var.v ? [n] : []])", "1,2", ""),
        ("flatten([\"x\", var.v ? \"a\" : \"b\"])", "x,a", "x,b"),
        ("compact([var.v ? \"a\" : \"\", \"b\"])", "a,b", "b"),
        ("distinct([\"b\", var.v ? \"a\" : \"b\"])", "b,a", "b"),
        ("tolist(toset([\"b\", var.v ? \"a\" : \"b\"]))", "a,b", "b"),
        ("[join(\",\", [var.v ? \"a\" : \"b\", \"c\"])]", "a,c", "b,c"),
        ("[sort([\"b\", var.v ? \"a\" : \"c\"])[0]]", "a", "b"),
        ("contains([var.v ? \"a\" : \"b\"], \"a\") ? [\"y\"] : [\"n\"]", "y", "n"),
        ("[length(compact([var.v ? \"a\" : \"\"])) > 0 ? \"some\" : \"none\"]", "some", "none"),
        ("matchkeys([\"p\", \"q\"], [\"1\", var.v ? \"2\" : \"3\"], [\"2\"])", "q", ""),
        ("[for x in [var.v ? \"a\" : \"\", \"b\"] : x if x != \"\"]", "a,b", "b"),
        ("values({ for k, x in { p = var.v ? \"a\" : null, q = \"b\" } : k => x if x != null })", "a,b", "b"),
    ] {
        let scan = Scan::main(&document(
            &condition("[1]", values),
            "variable \"v\" {\n  type    = bool\n  default = true\n}\n",
        ));
        assert_eq!(
            shapes(scan.role()),
            [
                shape("`var.v` is left at its default, true", Standing::Selected, given),
                shape("`var.v` is given another value", Standing::Permitted, other),
            ],
            "{values}"
        );
    }
}
