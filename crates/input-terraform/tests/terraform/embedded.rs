//! Code inside strings, in both directions.

use model::{
    Decoded, DecodedBuilder, Dialect, Embedded, EmbeddedFile, Input, Located, Lowered, Node, SourceMap, Span,
    Subject,
};
use trustproof_input_terraform::TerraformInput;

use crate::support::Scan;

#[test]
fn templates_that_resources_deploy_are_handed_on_with_their_parameters() {
    let main = r#"
variable "id" {
  default = "7Qd2"
}
resource "aws_cloudformation_stack" "plain" {
  name          = "s"
  template_body = <<-EOT
    Resources:
      Role: {Type: "AWS::IAM::Role"}
  EOT
  parameters = { ExternalId = var.id }
}
resource "aws_cloudformation_stack_set" "tree" {
  count         = 2
  template_body = jsonencode({ Resources = {} })
}
resource "alicloud_ros_stack" "file" {
  template_body = file("t.json")
  parameters {
    parameter_key   = "A"
    parameter_value = "a"
  }
  dynamic "parameters" {
    for_each = { B = "b" }
    content {
      parameter_key   = parameters.key
      parameter_value = parameters.value
    }
  }
}
resource "aws_cloudformation_stack" "away" {
  template_url = "https://example.com/t.json"
}
"#;
    let scan = Scan::of(&[("main.tf", main.as_bytes()), ("t.json", b"{\"ROSTemplateFormatVersion\": 1}")]);
    assert_eq!(
        scan.messages(),
        ["a template that lies elsewhere is not read; roles that it makes are not judged"]
    );
    let seen: Vec<_> = scan
        .lowered
        .embedded
        .iter()
        .map(|e| {
            let text = &e.files[0].text;
            let parameter = |(name, value): &(Located<Box<str>>, Node)| {
                format!("{}={}", name.value, value.scalar().expect("a text").value)
            };
            let parameters: Vec<String> = e.arguments.iter().map(parameter).collect();
            (e.within.to_string(), text.text().to_owned(), parameters.join(" "))
        })
        .collect();
    let expected = [
        (
            "aws_cloudformation_stack.plain",
            "Resources:\n  Role: {Type: \"AWS::IAM::Role\"}\n",
            "ExternalId=7Qd2",
        ),
        ("aws_cloudformation_stack_set.tree", "\u{fffc}", ""),
        ("alicloud_ros_stack.file", "{\"ROSTemplateFormatVersion\": 1}", "A=a B=b"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    let mut sorted = seen.clone();
    sorted.sort();
    let mut wanted = expected.to_vec();
    wanted.sort();
    assert_eq!(sorted, wanted);
    for embedded in scan.lowered.embedded.iter().filter(|e| e.files[0].text.text().contains("Role:")) {
        let text = &embedded.files[0].text;
        let at = text.text().find("AWS::IAM::Role").expect("in the text");
        let place = text.origin().span(at..at + 14).expect("a place");
        assert_eq!(scan.snippet(place), "AWS::IAM::Role");
    }
}

/// Terraform as a JSON string of another file, its quotes and line ends escaped.
const HCL: &str = r#"variable "who" {}
resource "alicloud_ram_role" "r" {
  role_name = "r"
  assume_role_policy_document = jsonencode({
    Version = "1"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRole"
      Principal = { RAM = ["acs:ram::${var.who}:root", "acs:ram::1234567890123456:root"] }
    }]
  })
}
"#;

#[test]
fn terraform_in_another_files_strings_is_read_with_its_places() {
    let escaped = HCL.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let file = format!("{{\"Workspace\": \"{escaped}\", \"Who\": \"5555666677778888\"}}");
    let files: Vec<(&str, &[u8])> = vec![("ros.json", file.as_bytes())];
    let scan = Scan::walking(&files, &["ros.json"]);
    let id = scan.sources.open("ros.json").expect("the file");
    let start = file.find(&escaped).expect("inside");
    let mut builder = DecodedBuilder::default();
    let mut at = start;
    for c in HCL.chars() {
        let width = if matches!(c, '"' | '\n') { 2 } else { c.len_utf8() };
        builder.lit(c.encode_utf8(&mut [0; 4]), Span::new(id, at, at + width));
        at += width;
    }
    let who = file.find("5555666677778888").expect("inside");
    let text: Decoded = builder.build();
    assert_eq!(text.text(), HCL);
    let holder = Span::new(id, 1, 10);
    let embedded = Embedded {
        dialect: Dialect::Terraform,
        within: "Stack".into(),
        span: holder,
        files: vec![EmbeddedFile { name: "main.tf".into(), text }],
        arguments: vec![(
            Located::new("who".into(), holder),
            Node::text("5555666677778888", Span::new(id, who, who + 16)),
        )],
        depth: 1,
    };
    let sources: &SourceMap = &scan.sources;
    let lowered = TerraformInput::default().read_embedded(&embedded, sources).expect("Terraform");
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    let [Subject::Role(role)] = &lowered.subjects[..] else { panic!("one role") };
    assert_eq!(&*role.address, "Stack.alicloud_ram_role.r");
    assert_eq!(sources.snippet(role.span), "resource \\\"alicloud_ram_role\\\" \\\"r\\\"");
    let principals = &role.trust[0].policy.statements[0].value.principals.items;
    let shown: Vec<_> =
        principals.iter().map(|p| (p.id.value.to_string(), sources.snippet(p.id.span))).collect();
    assert_eq!(shown[0].0, "acs:ram::5555666677778888:root");
    assert_eq!(
        shown[1],
        ("acs:ram::1234567890123456:root".to_owned(), "acs:ram::1234567890123456:root".to_owned())
    );
}

#[test]
fn gaps_in_embedded_terraform_are_unknown() {
    let scan = Scan::of(&[("x.json", b"{}")]);
    let id = scan.sources.open("x.json").expect("the file");
    let span = Span::new(id, 0, 2);
    let (head, tail) = HCL.split_once("${var.who}").expect("inside");
    let mut builder = DecodedBuilder::default();
    builder.converted(head, span);
    builder.filling(Node::unknown("Ref Who", model::Cause::NoValue, span));
    builder.converted(tail, span);
    let embedded = Embedded {
        dialect: Dialect::Terraform,
        within: "Stack".into(),
        span,
        files: vec![EmbeddedFile { name: "main.tf".into(), text: builder.build() }],
        arguments: Vec::new(),
        depth: 1,
    };
    let lowered = TerraformInput::default().read_embedded(&embedded, &scan.sources).expect("Terraform");
    let [Subject::Role(role)] = &lowered.subjects[..] else { panic!("one role") };
    let principals = &role.trust[0].policy.statements[0].value.principals.items;
    assert!(principals[0].id.value.has_unknown() && !principals[1].id.value.has_unknown());
}

/// Embedded files of these names and texts, in one file that holds them one after the other.
fn read_files(files: &[(&str, &str)]) -> Lowered {
    let all: String = files.iter().map(|(_, text)| *text).collect();
    let scan = Scan::walking(&[("stacks/ros.yaml", all.as_bytes())], &["stacks/ros.yaml"]);
    let id = scan.sources.open("stacks/ros.yaml").expect("the file");
    let mut at = 0;
    let file = |(name, text): &(&str, &str)| {
        let mut builder = DecodedBuilder::default();
        builder.lit(text, Span::new(id, at, at + text.len()));
        at += text.len();
        EmbeddedFile { name: (*name).into(), text: builder.build() }
    };
    let embedded = Embedded {
        dialect: Dialect::Terraform,
        within: "Workspace".into(),
        span: Span::new(id, 0, 1),
        files: files.iter().map(file).collect(),
        arguments: Vec::new(),
        depth: 0,
    };
    TerraformInput::default().read_embedded(&embedded, &scan.sources).expect("Terraform")
}

#[test]
fn modules_among_embedded_files_are_called_with_their_arguments() {
    let calls = "module \"m\" {\n  source = \"./modules/access\"\n  who    = \"1234567890123456\"\n}\n";
    let again = "module \"inner\" {\n  source = \"../role\"\n  who    = var.who\n}\nvariable \"who\" {}\n";
    let lowered = read_files(&[
        ("modules/access/main.tf", again),
        ("main.tf", calls),
        ("modules/role/main.tf", HCL),
        ("modules/role/variables.tf", "variable \"unused\" {}\n"),
        // Nobody calls it, so nobody deploys it.
        ("modules/other/main.tf", HCL),
    ]);
    assert!(lowered.problems.is_empty(), "{:?}", lowered.problems);
    let [Subject::Role(role)] = &lowered.subjects[..] else { panic!("one role: {:?}", lowered.subjects) };
    assert_eq!(&*role.address, "Workspace.module.m.module.inner.alicloud_ram_role.r");
    let principals = &role.trust[0].policy.statements[0].value.principals.items;
    assert_eq!(principals[0].id.value.to_string(), "acs:ram::1234567890123456:root");
}

#[test]
fn embedded_files_without_a_root_are_read_all_the_same() {
    let lowered = read_files(&[("modules/role/main.tf", HCL)]);
    let [Subject::Role(role)] = &lowered.subjects[..] else { panic!("one role: {:?}", lowered.subjects) };
    assert_eq!(&*role.address, "Workspace.alicloud_ram_role.r");
}

#[test]
fn a_module_that_is_not_among_the_embedded_files_is_named() {
    for source in ["./modules/gone", "../gone", ".."] {
        let lowered = read_files(&[("main.tf", &format!("module \"m\" {{\n  source = \"{source}\"\n}}\n"))]);
        assert!(lowered.subjects.is_empty());
        assert_eq!(lowered.problems.len(), 1, "{source}: {:?}", lowered.problems);
    }
}
