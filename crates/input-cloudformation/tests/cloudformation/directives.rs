//! What authors say to the scanner, and what it covers.

use model::DirectiveKind;

use crate::common::{Read, read, read_as};

const TEMPLATE: &str = "# trustproof: ignore[a] above everything
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  # trustproof: ignore[b] the role
  # and another comment

  R:
    Type: AWS::IAM::Role # trustproof: ignore[c] the line
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          # trustproof: ignore[d] until=2027-03-31 the statement
          - Effect: Allow
            Action: sts:AssumeRole
            Principal: {AWS: '*'}
          - Effect: Deny # trustproof: ignore[e]
            Action: sts:AssumeRole
            Principal: {AWS: '*'}
            # trustproof: ignore[f] the condition
            Condition:
              Bool: {aws:SecureTransport: false}
  S:
    Type: AWS::IAM::Role
    Properties:
      Description: |
        # trustproof: ignore[g] no comment
      AssumeRolePolicyDocument: {Statement: []}
  # trustproof: ignored[h]
# trustproof: ignore[i] at the end";

fn scope(read: &Read, rule: &str) -> String {
    let directive = read.lowered.directives.iter().find(|d| &*d.rules[0].value == rule).unwrap();
    let snippet = read.sources.snippet(directive.scope);
    assert_eq!(read.sources.snippet(directive.rules[0].span), rule);
    snippet
}

#[test]
fn a_comment_covers_its_line_or_what_stands_below() {
    for eol in ["\n", "\r\n"] {
        for mark in ["", "\u{feff}"] {
            let read = read(&format!("{mark}{TEMPLATE}").replace('\n', eol));
            let rules: Vec<_> = read.lowered.directives.iter().map(|d| &*d.rules[0].value).collect();
            assert_eq!(rules, ["a", "b", "c", "d", "e", "f", "i"]);
            assert_eq!(scope(&read, "a"), "AWSTemplateFormatVersion: '2010-09-09".to_owned());
            let role = scope(&read, "b");
            assert!(role.starts_with("R:") && role.ends_with("false}"), "{role:?}");
            assert_eq!(scope(&read, "c"), "    Type: AWS::IAM::Role # trustproof: ignore[c] the line");
            let statement = scope(&read, "d");
            assert!(statement.starts_with("Effect: Allow") && statement.ends_with("'*'}"), "{statement:?}");
            assert_eq!(scope(&read, "e"), "          - Effect: Deny # trustproof: ignore[e]");
            let condition = scope(&read, "f");
            assert!(condition.starts_with("Condition:") && condition.ends_with("false}"), "{condition:?}");
            let problems: Vec<_> =
                read.messages().into_iter().filter(|m| m.contains("suppression")).collect();
            assert_eq!(problems.len(), 1, "{problems:?}");
        }
    }
}

#[test]
fn metadata_covers_the_resource() {
    let json = r#"{"Resources": {"R": {"Type": "AWS::IAM::Role",
      "Metadata": {"trustproof": {"ignore": [
        {"rule": "dead-trust", "reason": "known", "until": "2027-03-31"},
        {"rule": ["a", "b"]},
        {"rule": "x", "untill": "2027-01-01"},
        {"reason": "no rule"}, 7]}},
      "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}},
      "Q": {"Type": "AWS::IAM::Role", "Metadata": {"trustproof": "x"}, "Properties": {"AssumeRolePolicyDocument": {}}}}}"#;
    let read = read_as("t.json", json.as_bytes());
    let [first, second] = read.lowered.directives.as_slice() else {
        panic!("{:?}", read.lowered.directives);
    };
    assert_eq!((first.by, &*first.reason), (DirectiveKind::Metadata, "known"));
    assert_eq!(first.until.as_ref().map(|u| &*u.value), Some("2027-03-31"));
    assert_eq!(read.sources.snippet(first.rules[0].span), "dead-trust");
    let scope = read.sources.snippet(first.scope);
    assert!(scope.starts_with("R\": {") && scope.ends_with("[]}}}"), "{scope}");
    assert_eq!(second.rules.iter().map(|r| &*r.value).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read.messages().iter().filter(|m| m.contains("suppression")).count(), 4);
}

#[test]
fn dates_in_yaml_metadata_are_text() {
    let yaml = "
Resources:
  R:
    Type: AWS::IAM::Role
    Metadata:
      trustproof:
        ignore:
          - {rule: dead-trust, until: 2027-03-31}
    Properties: {AssumeRolePolicyDocument: {Statement: []}}
";
    let read = read(yaml);
    assert_eq!(read.lowered.directives[0].until.as_ref().map(|u| &*u.value), Some("2027-03-31"));
}

#[test]
fn a_template_in_a_text_speaks_for_itself() {
    let inner = "Resources:
  # trustproof: ignore[a] the role
  R:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'} # trustproof: ignore[b]
  Q:
    Type: AWS::IAM::Role
    Metadata: {trustproof: {ignore: {rule: c}}}
    Properties: {AssumeRolePolicyDocument: {Statement: []}}
";
    let body = inner.replace('\n', "\n        ");
    for eol in ["\n", "\r\n"] {
        let outer = format!(
            "Resources:\n  S:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: |\n        {body}\n"
        );
        let read = read(&outer.replace('\n', eol));
        assert!(read.messages().is_empty(), "{:?}", read.messages());
        let role = scope(&read, "a");
        assert!(role.starts_with("R:") && role.ends_with("'sts:AssumeRole'}"), "{role:?}");
        assert!(scope(&read, "b").trim_start().starts_with("- {Effect: Allow"));
        assert!(scope(&read, "c").starts_with("Q:"));
        assert_eq!(read.lowered.directives.len(), 3);
    }
    // The lines of such a text are no lines of the file: a comment would cover all of it.
    let escaped = inner.replace('\n', "\\n");
    let outer = format!(
        r#"{{"Resources": {{"S": {{"Type": "AWS::CloudFormation::StackSet", "Properties": {{"TemplateBody": "{escaped}"}}}}}}}}"#
    );
    let read = read_as("t.json", outer.as_bytes());
    let rules: Vec<_> = read.lowered.directives.iter().map(|d| &*d.rules[0].value).collect();
    assert_eq!(rules, ["c"]);
    assert_eq!(read.messages().iter().filter(|m| m.contains("silences nothing")).count(), 2);
}

#[test]
fn a_template_that_is_spelled_out_speaks_for_itself() {
    let text = "
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  S:
    Type: ALIYUN::ROS::Stack
    Count: 2
    Properties:
      TemplateBody:
        ROSTemplateFormatVersion: '2015-09-01'
        Resources:
          # trustproof: ignore[a]
          R:
            Type: ALIYUN::RAM::Role
            Metadata: {trustproof: {ignore: {rule: b}}}
            Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: '1', Statement: []}}
";
    let read = read(text);
    assert!(scope(&read, "a").starts_with("R:") && scope(&read, "b").starts_with("R:"));
    assert_eq!(read.lowered.directives.len(), 2);
    assert_eq!(read.addresses(), ["S[0]/R", "S[1]/R"]);
}
