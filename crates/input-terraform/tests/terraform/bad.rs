//! Input that would go on for ever: bounded, and said so.

use std::fmt::Write as _;

use crate::support::Scan;

const TRUST: &str = "Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS";

#[test]
fn ten_thousand_instances_are_one_that_stands_for_all() {
    for (number, who) in [
        ("count = 10000", "\"arn:aws:iam::111122223333:role/r${count.index}\""),
        (
            "for_each = toset([for n in range(10000) : \"r${n}\"])",
            "\"arn:aws:iam::111122223333:role/${each.key}\"",
        ),
        (
            "for_each = { for n in range(10000) : \"r${n}\" => n }",
            "\"arn:aws:iam::111122223333:role/${each.key}\"",
        ),
    ] {
        let role = |who: &str| {
            format!(
                "resource \"aws_iam_role\" \"r\" {{\n  {number}\n  assume_role_policy = jsonencode({{ {TRUST} = {who} }} }}] }})\n}}\n"
            )
        };
        let each = Scan::main(&role(who));
        let principals = &each.role().trust[0].policy.statements[0].value.principals;
        assert!(
            principals.items.iter().any(|p| p.id.value.has_unknown()) || principals.open.is_some(),
            "{number}"
        );
        let same = Scan::main(&role("\"*\""));
        assert_eq!(&*same.role().address, "aws_iam_role.r");
        assert!(same.meaning()[0].contains("principal[*]"), "{number}");
    }
}

#[test]
fn instances_up_to_a_bound_are_told_apart() {
    let role = format!(
        "resource \"aws_iam_role\" \"r\" {{\n  for_each = toset([for n in range(200) : format(\"r%d\", n)])\n  assume_role_policy = \
         jsonencode({{ {TRUST} = \"arn:aws:iam::111122223333:role/${{each.key}}\" }} }}] }})\n}}\n"
    );
    let scan = Scan::main(&role);
    assert_eq!(scan.roles().len(), 200);
    assert!(
        scan.roles()
            .iter()
            .all(|r| !r.trust[0].policy.statements[0].value.principals.items[0].id.value.has_unknown())
    );
}

#[test]
fn modules_within_counted_modules_do_not_multiply_without_end() {
    // 200 instances of a module with 200 instances of a module with 200 roles: 8 million.
    let call = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n  count = 200\n}}\n");
    let role = format!(
        "resource \"aws_iam_role\" \"r\" {{\n  count = 200\n  assume_role_policy = jsonencode({{ {TRUST} = \"*\" }} }}] }})\n}}\n"
    );
    let (outer, inner) = (call("./a"), call("./b"));
    let scan = Scan::of(&[
        ("main.tf", outer.as_bytes()),
        ("a/main.tf", inner.as_bytes()),
        ("a/b/main.tf", role.as_bytes()),
    ]);
    assert!((10_000..=10_200).contains(&scan.roles().len()), "{}", scan.roles().len());
    assert!(scan.lowered.problems.iter().any(|p| p.relevant), "{:?}", scan.messages().first());
}

#[test]
fn locals_and_variables_in_a_circle_are_errors_where_they_are_used() {
    let mut text = String::from("locals {\n");
    for n in 0..500 {
        let _ = writeln!(text, "  l{n} = local.l{}", (n + 1) % 500);
    }
    let _ = write!(
        text,
        "}}\nresource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = jsonencode({{ {TRUST} = local.l0 }} }}] }})\n}}\n"
    );
    let scan = Scan::main(&text);
    let principals = &scan.role().trust[0].policy.statements[0].value.principals;
    assert!(principals.open.is_some() || principals.items.iter().any(|p| p.id.value.has_unknown()));
}
