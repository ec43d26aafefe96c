//! Values that are given to variables: by files beside the root module and on the command line.

use model::{Place, Role, Standing};
use trustproof_input_terraform::{Given, Variables};

use crate::support::Scan;

const ROLE: &str = r#"
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "210987654321" }
      Condition = { StringEquals = { "sts:ExternalId" = var.id } }
    }]
  })
}
"#;

fn ids(role: &Role) -> Vec<String> {
    let statement = &Scan::selected(role).policy.statements[0].value;
    statement.conditions[0].value.values.items.iter().map(|v| v.value.to_string()).collect()
}

fn scan(variable: &str, files: &[(&str, &str)], variables: Variables) -> Scan {
    let main = format!("variable \"id\" {{\n{variable}\n}}\n{ROLE}");
    let mut all: Vec<(&str, &[u8])> = vec![("main.tf", main.as_bytes())];
    all.extend(files.iter().map(|(path, text)| (*path, text.as_bytes())));
    Scan::with(&all, variables)
}

fn text(values: &[(&str, &str)]) -> Variables {
    let given = values.iter().map(|(name, value)| Given::Value((*name).to_owned(), (*value).to_owned()));
    Variables { given: given.collect() }
}

#[test]
fn the_last_of_terraforms_order_wins() {
    // terraform.tfvars < terraform.tfvars.json < *.auto.tfvars(.json) by name < --var-file and --var in their order
    let files = [
        ("terraform.tfvars", "id = \"t\"\n"),
        ("terraform.tfvars.json", "{\"id\": \"tj\"}"),
        ("a.auto.tfvars.json", "{\"id\": \"aj\"}"),
        ("b.auto.tfvars", "id = \"b\"\n"),
        ("given.tfvars", "id = \"file\"\n"),
    ];
    for (count, expected) in [(0, "default"), (1, "t"), (2, "tj"), (3, "aj"), (4, "b"), (5, "b")] {
        let scan = scan("default = \"default\"", &files[..count], Variables::default());
        assert_eq!(scan.messages(), Vec::<&str>::new());
        assert_eq!(ids(scan.role()), [expected]);
    }
    let file = || Given::File("given.tfvars".to_owned());
    let value = |text: &str| Given::Value("id".to_owned(), text.to_owned());
    for (given, expected) in [
        (vec![file()], "file"),
        (vec![file(), value("1"), value("2")], "2"),
        (vec![value("1"), file()], "file"),
        (vec![value("1"), file(), value("2")], "2"),
    ] {
        assert_eq!(ids(scan("", &files, Variables { given }).role()), [expected]);
    }
}

#[test]
fn a_text_is_read_by_the_type_of_its_variable() {
    for (kind, given, expected) in [
        ("", "[\"a\"]", vec!["[\"a\"]"]),
        ("type = string", "\"q\"", vec!["\"q\""]),
        ("type = string", "010", vec!["010"]),
        ("type = \"string\"", "a=b", vec!["a=b"]),
        ("type = number", "8", vec!["8"]),
        ("type = list(string)", "[\"a\", \"b\"]", vec!["a", "b"]),
        ("type = any", "\"q\"", vec!["q"]),
        ("type = set(string)", "[\"b\", \"a\", \"b\"]", vec!["a", "b"]),
    ] {
        let scan = scan(kind, &[], text(&[("id", given)]));
        assert_eq!(ids(scan.role()), expected, "{kind} {given}");
    }
}

#[test]
fn what_is_given_on_the_command_line_is_defined_at_the_variable() {
    let given = scan("", &[], text(&[("id", "7Qd2")]));
    let value = &given.role().trust[0].policy.statements[0].value.conditions[0].value.values.items[0];
    assert_eq!(given.snippet(value.span), "var.id");
    assert_eq!(given.snippet(value.defined.expect("a definition")), "variable \"id\"");
    let file = scan("", &[("terraform.tfvars.json", "{\"id\": \"7Qd2\"}")], Variables::default());
    let value = &file.role().trust[0].policy.statements[0].value.conditions[0].value.values.items[0];
    assert_eq!(file.snippet(value.defined.expect("a definition")), "7Qd2");
}

#[test]
fn a_text_that_is_no_expression_is_an_unknown_and_not_the_default() {
    let scan = scan("type = list(string)\ndefault = [\"d\"]", &[], text(&[("id", "[")]));
    let condition = &scan.role().trust[0].policy.statements[0].value.conditions[0];
    let why = condition
        .value
        .values
        .open
        .iter()
        .chain(condition.value.values.items.iter().flat_map(|v| v.value.unknowns().map(|u| &**u)));
    assert!(why.map(|u| u.why.to_string()).any(|why| why.contains("is no expression")));
}

#[test]
fn given_values_are_named_where_they_select_a_branch() {
    let text = "variable \"open\" {\n  default = false\n}\nresource \"aws_iam_role\" \"r\" {\n  count = 1\n  assume_role_policy = \
                var.open ? file(\"a.json\") : file(\"b.json\")\n}\n";
    let policy = |who: &str| {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": {{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Principal\": {{\"AWS\": \"{who}\"}}}}}}"
        )
    };
    let (a, b) = (policy("*"), policy("111122223333"));
    let files: [(&str, &[u8]); 3] =
        [("main.tf", text.as_bytes()), ("a.json", a.as_bytes()), ("b.json", b.as_bytes())];
    let given = vec![Given::Value("open".to_owned(), "true".to_owned())];
    let scan = Scan::with(&files, Variables { given });
    let role = scan.role();
    assert_eq!(&*role.address, "aws_iam_role.r[0]");
    let shapes: Vec<_> =
        role.trust.iter().map(|v| (&*v.assumptions[0].when, v.assumptions[0].standing)).collect();
    assert_eq!(
        shapes,
        [
            ("`var.open` keeps the value that it is given, \"true\"", Standing::Selected),
            ("`var.open` is given another value", Standing::Permitted)
        ]
    );
}

#[test]
fn a_file_of_values_that_is_broken_is_no_silent_default() {
    for (path, content) in [
        ("terraform.tfvars", "id = \n"),
        ("x.auto.tfvars.json", "{\"id\": }"),
        ("terraform.tfvars.json", "[]"),
    ] {
        let scan = scan("default = \"d\"", &[(path, content)], Variables::default());
        assert_eq!(scan.lowered.problems.iter().filter(|p| p.relevant).count(), 1, "{path}");
    }
}

#[test]
fn a_value_beside_the_module_that_nothing_declares_is_told() {
    let told = |main: &str, path: &str, text: &str| {
        let scan = Scan::of(&[("main.tf", main.as_bytes()), (path, text.as_bytes())]);
        let mut problems = scan.lowered.problems.iter();
        problems.find(|p| p.message.contains("does not declare")).map(|p| {
            let Place::Span(span) = p.place else { panic!("{p:?}") };
            assert!(!p.relevant);
            scan.snippet(span)
        })
    };
    let main = format!("variable \"id\" {{}}\n{ROLE}");
    assert_eq!(told(&main, "terraform.tfvars", "id = 1\nother = 2\n"), Some("other".to_owned()));
    assert_eq!(told(&main, "a.auto.tfvars.json", "{\"id\": 1, \"x\": 2}"), Some("x".to_owned()));
    assert_eq!(told(&main, "terraform.tfvars", "id = 1\n"), None);
    assert_eq!(told(&main, "other.tfvars", "other = 1\n"), None);
    // What is broken may declare it.
    let broken = format!("{main}\nvariable \"other\" {{\n  default = =\n}}\n");
    assert_eq!(told(&broken, "terraform.tfvars", "other = 2\n"), None);
}
