//! Places: whatever style a policy is written in, the text under a value's span is that value as it is spelled there.

use proptest::prelude::*;

use crate::common::read_files;

/// How a value is spelled inside of a text of some style, and the text as a value of a mapping whose key is indented
/// by `indent`.
struct Style {
    name: &'static str,
    escape: fn(&str) -> String,
    write: fn(&str, usize) -> String,
}

fn same(text: &str) -> String {
    text.to_owned()
}

fn doubled(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn apostrophes(text: &str) -> String {
    text.replace('\'', "''")
}

/// The lines of a text below a head, two columns deeper than their key.
fn below(head: &str, text: &str, indent: usize) -> String {
    let margin = format!("\n{}", " ".repeat(indent + 2));
    format!("{head}{margin}{}", text.replace('\n', &margin))
}

/// The lines of a quoted text, which fold to one.
fn folded(quote: &str, text: &str, indent: usize) -> String {
    let margin = format!("\n{}", " ".repeat(indent + 3));
    format!("{quote}{}{quote}", text.replace('\n', &margin))
}

const STYLES: &[Style] = &[
    Style { name: "literal", escape: same, write: |text, indent| below("|", text, indent) },
    Style { name: "literal, stripped", escape: same, write: |text, indent| below("|-", text, indent) },
    Style { name: "literal, kept", escape: same, write: |text, indent| below("|+", text, indent) + "\n\n" },
    Style {
        name: "literal, after a comment",
        escape: same,
        write: |text, indent| below("| # é", text, indent),
    },
    Style {
        name: "literal, indented",
        escape: same,
        write: |text, indent| below("|2", &format!("  {text}"), indent),
    },
    Style {
        name: "literal, after blank lines",
        escape: same,
        write: |text, indent| below("|", &format!("\n\n{text}"), indent),
    },
    Style { name: "folded", escape: same, write: |text, indent| below(">", text, indent) },
    Style {
        name: "folded, stripped, indented",
        escape: same,
        write: |text, indent| below(">2-", text, indent),
    },
    Style {
        name: "single",
        escape: apostrophes,
        write: |text, indent| folded("'", &apostrophes(text), indent),
    },
    Style {
        name: "double, folded",
        escape: doubled,
        write: |text, indent| folded("\"", &doubled(text), indent),
    },
    Style {
        name: "double, escaped breaks",
        escape: doubled,
        write: |text, _| format!("\"{}\"", doubled(text).replace('\n', "\\n")),
    },
    Style {
        name: "double, joined lines",
        escape: doubled,
        write: |text, indent| folded("\"", &doubled(text).replace('\n', "\\n\\\n"), indent),
    },
    Style { name: "anchored", escape: same, write: |text, indent| below("&a |", text, indent) },
];

/// A policy as JSON over several lines.
fn policy(account: &str, id: &str) -> String {
    format!(
        "{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{{\n    \"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\",\n    \"Principal\": {{\"AWS\": \"arn:aws:iam::{account}:root\"}},\n    \"Condition\": {{\"StringEquals\": {{\"sts:ExternalId\": \"{id}\"}}}}\n  }}]\n}}"
    )
}

const ROLE: &str = "# é\nParameters: {Vendor: {Type: String, Default: '999988887777'}}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: ";

/// The principal and the condition of the only role, each with the text under its span.
fn found(path: &str, text: &str) -> [(String, String); 2] {
    let read = read_files(&[(path, text.as_bytes())], &[]);
    assert!(read.lowered.problems.is_empty(), "{:?}\n{text}", read.messages());
    [read.principal(), read.condition()]
}

fn pair(value: &str, spelled: String) -> (String, String) {
    (value.to_owned(), spelled)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn a_value_in_a_text_of_any_style_stands_where_it_is_spelled(
        id in "[a-z0-9é🎵'\"\\\\:#,{}\\[\\]-]([a-z é🎵'\"\\\\:#,{}\\[\\]-]{0,10}[a-z0-9é🎵'\"\\\\:#,{}\\[\\]-])?",
        crlf: bool,
        substituted: bool,
    ) {
        let in_json = doubled(&id);
        for style in STYLES {
            let (tag, account) = if substituted { ("!Sub ", "${Vendor}") } else { ("", "999988887777") };
            let written = (style.write)(&policy(account, &in_json), 6);
            let text = format!("{ROLE}{tag}{written}\n");
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let arn = |account: &str| format!("arn:aws:iam::{account}:root");
            let expected =
                [pair(&arn("999988887777"), arn(account)), pair(&id, (style.escape)(&in_json))];
            prop_assert_eq!(found("t.yaml", &text), expected, "{}:\n{}", style.name, text);
        }
    }

    #[test]
    fn a_value_in_a_text_in_a_text_stands_where_it_is_spelled(id in "[a-zé🎵'\"\\\\:#-]{1,8}", crlf: bool) {
        let in_json = doubled(&id);
        for inner in STYLES {
            let template = format!("{ROLE}{}", (inner.write)(&policy("999988887777", &in_json), 6));
            let once = (inner.escape)(&in_json);
            for outer in STYLES.iter().filter(|s| s.name.contains("literal") || s.name.contains("escaped")) {
                // A text whose own lines end in blank ones is not what is asked here.
                let body = (outer.write)(template.trim_end(), 6);
                let text = format!(
                    "Resources:\n  S:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: {body}\n"
                );
                let text = if crlf { text.replace('\n', "\r\n") } else { text };
                let [_, condition] = found("t.yaml", &text);
                let expected = pair(&id, (outer.escape)(&once));
                prop_assert_eq!(condition, expected, "{} in {}:\n{}", inner.name, outer.name, text);
            }
        }
    }

    #[test]
    fn a_value_in_a_text_of_a_json_template_stands_where_it_is_spelled(id in "[a-zé🎵'\"\\\\:#-]{1,12}", slash: bool) {
        let in_json = doubled(&id);
        let text = policy("999988887777", &in_json);
        let escape = |text: &str| {
            let escaped = doubled(text).replace('\n', "\\n");
            if slash { escaped.replace('é', "\\u00e9").replace('🎵', "\\ud83c\\udfb5") } else { escaped }
        };
        let written = escape(&text);
        let template = format!(
            r#"{{"Resources": {{"R": {{"Type": "AWS::IAM::Role", "Properties": {{"AssumeRolePolicyDocument": "{written}"}}}}}}}}"#
        );
        let [_, condition] = found("t.json", &template);
        prop_assert_eq!(condition, pair(&id, escape(&in_json)));
    }
}

#[test]
fn a_value_of_a_tree_stands_where_it_is_spelled() {
    // Each as the external id, and what it says.
    let cases = [
        ("plain words", "plain words", "plain words"),
        (
            "plain\n                  words\n\n                  here",
            "plain words\nhere",
            "plain\n                  words\n\n                  here",
        ),
        ("'it''s'", "it's", "it''s"),
        ("\"a\\tb\\u00e9\"", "a\tbé", "a\\tb\\u00e9"),
        ("\"one\n                  two\"", "one two", "one\n                  two"),
        ("|-\n                  block", "block", "block"),
        (">-\n                  one\n                  two", "one two", "one\n                  two"),
        ("!Sub '${Vendor}-x'", "999988887777-x", "${Vendor}-x"),
        ("!Sub \"\\u0024{Vendor}\"", "999988887777", "\\u0024{Vendor}"),
        ("&x anchored", "anchored", "anchored"),
        ("[flow]", "flow", "flow"),
        ("['flow''s']", "flow's", "flow''s"),
        ("!!str 0123", "0123", "0123"),
        ("012345678901", "012345678901", "012345678901"),
    ];
    for (written, value, spelled) in cases {
        for eol in ["\n", "\r\n"] {
            let text = format!(
                "{ROLE}\n        Statement:\n          - Effect: Allow\n            Action: sts:AssumeRole\n            Principal: {{AWS: '*'}}\n            Condition:\n              StringEquals:\n                sts:ExternalId: {written}\n"
            )
            .replace('\n', eol);
            let [_, condition] = found("t.yaml", &text);
            assert_eq!(condition.0, value, "{text}");
            assert_eq!(condition.1, spelled.replace('\n', eol), "{text}");
        }
    }
}

#[test]
fn a_merged_or_aliased_value_stands_where_it_is_used() {
    let head = "Base: &base\n  Effect: Allow\n  Action: sts:AssumeRole\n  Condition: {StringEquals: {sts:ExternalId: &id abc}}\n";
    let statement = "\n        Statement:\n          - <<: *base\n            Principal: {AWS: 'arn:aws:iam::111122223333:root'}\n";
    let [principal, condition] = found("t.yaml", &format!("{head}{ROLE}{statement}"));
    assert_eq!(principal.1, principal.0);
    // What an alias brings is spelled where the anchor stands.
    assert_eq!(condition, ("abc".to_owned(), "abc".to_owned()));
    let statement = "\n        Statement:\n          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '*'}, Condition: {StringEquals: {sts:ExternalId: *id}}}\n";
    let [_, condition] = found("t.yaml", &format!("{head}{ROLE}{statement}"));
    assert_eq!(condition, ("abc".to_owned(), "*id".to_owned()));
}
