//! Texts that Terraform accepts and the parser underneath does not, or misreads.

use crate::support::Scan;

const ROLE: &str = r#"
resource "aws_iam_role" "after" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }]
  })
}
"#;

const OPEN: &str = "aws V2012\nallow principal[*] action[\"sts:assumerole\"] condition[]";

/// The text before a role neither breaks nor swallows it.
fn role_survives(before: &str) {
    let text = format!("{before}{ROLE}");
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let scan = Scan::main(&text);
        assert_eq!(scan.messages(), Vec::<&str>::new(), "{before}");
        let role = scan.roles().into_iter().find(|r| &*r.address == "aws_iam_role.after");
        let role = role.unwrap_or_else(|| panic!("swallowed by {before}"));
        assert_eq!(role.trust[0].policy.canonical(), OPEN);
    }
}

#[test]
fn empty_heredocs_swallow_nothing() {
    role_survives("locals {\n  x = <<EOT\nEOT\n  y = <<-EOT\n  EOT\n}\n");
    role_survives("locals {\n  x = upper(<<EOT\nEOT\n)\n}\nlocals {\n  z = <<EOT\ntext\nEOT\n}\n");
    role_survives("locals {\n  x = <<EOT\n\nEOT\n}\n");
}

#[test]
fn a_line_that_starts_with_the_delimiter_is_content() {
    role_survives("locals {\n  x = <<EOT\nEOT, and more\n EOT)\nEOTX\nEOT\n}\n");
}

#[test]
fn byte_order_mark() {
    role_survives("\u{feff}locals {\n  x = 1\n}\n");
}

#[test]
fn newlines_and_comments_inside_brackets() {
    role_survives(
        "locals {\n  x = {\n    for k, v in { a = 1 } : # why\n    k => v # not\n    if v\n    # last\n    == 1\n  }\n\
         y = [\n    1, /* a\n b */ 2, # c\n  ]\n  z = (\n 1 +\n // d\n 2)\n  s = \"${\n  1 # e\n}\"\n}\n",
    );
}

#[test]
fn duplicate_object_keys_keep_the_last() {
    role_survives("locals {\n  x = { a = 1, a = 2, \"a\" = 3, 1 = 2, 1 = 3 }\n}\n");
    let scan = Scan::main(
        r#"
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "sts:AssumeRole"
      Principal = { AWS = "*" }
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
}
"#,
    );
    assert_eq!(
        scan.meaning(),
        ["aws V2012\nallow principal[Service=\"ec2.amazonaws.com\"] action[\"sts:assumerole\"] condition[]"]
    );
}

#[test]
fn one_broken_block_hides_no_other() {
    for broken in [
        "resource \"aws_iam_role\" \"b\" {\n  name = \n}\n",
        "resource \"aws_iam_role\" \"b\" {\n  name = \"x\n}\n",
        "resource \"aws_iam_role\" \"b\" {\n  tags = {\n    a = 1\n}\n",
        "resource \"aws_iam_role\" \"b\" {\n  name = <<EOT\nx\n EOTT\n}\n",
        "}\n",
        "locals {\n  x = [1, 2\n}\n",
    ] {
        let scan = Scan::main(&format!("locals {{\n  a = 1\n}}\n{broken}{ROLE}"));
        let roles = scan.roles();
        assert!(roles.iter().any(|r| &*r.address == "aws_iam_role.after"), "{broken}");
        assert!(!scan.lowered.problems.is_empty(), "{broken}");
        assert!(scan.lowered.problems.iter().all(|p| p.relevant), "{broken}");
        let model::Place::Span(span) = scan.lowered.problems[0].place else { panic!("no place") };
        let line = scan.sources.position(span.file, span.start).line;
        assert!((4..=14).contains(&line), "{broken}: line {line}");
    }
}

#[test]
fn an_unclosed_comment_is_a_problem() {
    let scan = Scan::main(&format!("{ROLE}/* open\n{}", ROLE.replace("after", "lost")));
    assert!(scan.roles().iter().any(|r| &*r.address == "aws_iam_role.after"));
    assert_eq!(scan.lowered.problems.len(), 1);
    assert!(scan.lowered.problems[0].relevant);
}

#[test]
fn broken_files_without_roles_are_not_relevant() {
    let scan = Scan::of(&[
        ("a/main.tf", b"# assume_role\nprovider \"aws\" {\n  allowed_account_ids = [\"111122223333\"]\n}\n"),
        ("a/x.tf", b"output \"y\" {\n  value = \n}\n"),
    ]);
    assert_eq!(scan.lowered.problems.len(), 1);
    assert!(!scan.lowered.problems[0].relevant);
}

#[test]
fn unreadable_files_are_relevant() {
    let scan = Scan::of(&[("m/main.tf", ROLE.as_bytes()), ("m/bad.tf", b"# aws_iam_role \xff\n")]);
    assert_eq!(scan.roles().len(), 1);
    assert_eq!(scan.messages(), ["is not UTF-8 from byte 15 on"]);
    assert!(scan.lowered.problems[0].relevant);
}

#[test]
fn json_syntax_is_never_silent() {
    let scan = Scan::of(&[("m/main.tf.json", br#"{"resource": {"aws_iam_role": {"r": "#)]);
    assert_eq!(scan.lowered.problems.len(), 1);
    assert!(scan.lowered.problems[0].relevant);
}

#[test]
fn nesting_beyond_all_measure_is_a_clean_error() {
    for open in ["[", "(", "{a=", "\"${", "f(", "!", "-", "a {\n", "x ? y : "] {
        let text = format!("locals {{\n  x = {}\n}}\n{ROLE}", open.repeat(100_000));
        let scan = Scan::main(&text);
        assert!(!scan.lowered.problems.is_empty(), "{open}");
    }
}

#[test]
fn a_megabyte_on_one_line() {
    let line = |count: usize| "\"a\", ".repeat(count);
    let scan = Scan::main(&format!("locals {{\n  x = [{}]\n}}\n{ROLE}", line(200_000)));
    assert_eq!(scan.roles().len(), 1);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    let unclosed = Scan::main(&format!("{ROLE}locals {{\n  x = [{}\n", line(20_000)));
    assert_eq!(unclosed.roles().len(), 1);
    assert_eq!(unclosed.lowered.problems.len(), 1);
}
