//! YAML trees: the value of each construct, and the place of each value.

#![cfg(test)]
#![allow(clippy::string_slice, reason = "a test fails by panicking")]

use model::{Decoded, LoadError, Loader, Node, SourceMap, Span, Value};
use proptest::prelude::*;
use trustproof_syntax::{self as syntax, SyntaxError};

struct One(String);

impl Loader for One {
    fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.clone().into_bytes())
    }
    fn admits(&self, _: &str) -> bool {
        false
    }
}

/// CloudFormation's tags.
fn tag(name: &str) -> Option<String> {
    match name {
        "Ref" => Some(name.to_owned()),
        "Sub" | "GetAtt" => Some(format!("Fn::{name}")),
        _ => None,
    }
}

fn documents(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let map = SourceMap::new(vec!["a.yaml".to_owned()], Box::new(One(text.to_owned())));
    syntax::yaml::parse(text, map.ids().next().unwrap(), &tag)
}

fn parse(text: &str) -> Node {
    let mut documents = documents(text).unwrap();
    assert_eq!(documents.len(), 1);
    documents.pop().unwrap()
}

fn under(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

/// A tree on one line.
fn show(node: &Node) -> String {
    match &node.value {
        Value::List(list) => {
            format!("[{}]", list.items.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        Value::Object(object) => {
            let entry = |e: &model::Entry| format!("{}: {}", e.key.value, show(&e.value));
            let open = if object.open.is_some() { ", ?" } else { "" };
            format!("{{{}{open}}}", object.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Unknown(unknown) => format!("<{} {}>", unknown.what, unknown.why),
        Value::Text(t) => format!("{t:?}", t = t.to_string()),
        Value::Number(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Null => "null".to_owned(),
        Value::OneOf(_) => unreachable!("YAML has no alternatives"),
    }
}

fn shown(text: &str) -> String {
    show(&parse(text))
}

/// Every span fits the text, and every character of a text leads to a place inside the file.
fn check_spans(text: &str, node: &Node) {
    assert!(text.get(node.span.start as usize..node.span.end as usize).is_some(), "{node:?}");
    match &node.value {
        Value::List(list) => list.items.iter().for_each(|n| check_spans(text, n)),
        Value::Object(object) => {
            for entry in &object.entries {
                assert!(text.get(entry.key.span.start as usize..entry.key.span.end as usize).is_some());
                check_spans(text, &entry.value);
            }
        }
        Value::Text(_) => {
            let decoded = Decoded::of(node).unwrap();
            for (at, c) in decoded.text().char_indices() {
                let span = decoded.origin().span(at..at + c.len_utf8()).unwrap();
                assert!(text.get(span.start as usize..span.end as usize).is_some(), "{c:?} {span:?}");
            }
        }
        _ => {}
    }
}

#[test]
fn scalars_have_the_type_of_their_spelling() {
    let cases = [
        ("true", "true"),
        ("False", "false"),
        ("yes", "true"),
        ("null", "null"),
        ("~", "null"),
        ("012345678901", "012345678901"),
        ("-1.50e3", "-1.50e3"),
        ("2012-10-17", "\"2012-10-17\""),
        ("1:30", "\"1:30\""),
        ("0x1f", "\"0x1f\""),
        ("1.2.3", "\"1.2.3\""),
        (".", "\".\""),
        ("'true'", "\"true\""),
        ("\"12\"", "\"12\""),
        ("!!str 12", "\"12\""),
        ("! 12", "\"12\""),
        ("!!int '12'", "12"),
        ("!!bool \"true\"", "true"),
        ("!!binary aGk=", "<!!binary is not evaluated: the tag `!!binary`>"),
        ("!Sub a", "{Fn::Sub: \"a\"}"),
        ("!GetAtt a.b", "{Fn::GetAtt: \"a.b\"}"),
        ("!Vault a", "<!Vault is not evaluated: the tag `!Vault`>"),
        ("!Sub [a, {b: c}]", "{Fn::Sub: [\"a\", {b: \"c\"}]}"),
        ("!Vault [a]", "<!Vault is not evaluated: the tag `!Vault`>"),
        ("!<!Sub> a", "{Fn::Sub: \"a\"}"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn spans_are_the_written_text_in_every_style() {
    let text = "é: plain é\n'k 1': 'it''s é' # é\n\"k2\": \"a\\tb\"\nflow: {a: [x, \"y\"], é: !Sub '${z}'}\n";
    let node = parse(text);
    let keys: Vec<_> = match &node.value {
        Value::Object(o) => o.entries.iter().map(|e| under(text, e.key.span)).collect(),
        _ => panic!("{node:?}"),
    };
    assert_eq!(keys, ["é", "k 1", "k2", "flow"]);
    let value = |key: &str| under(text, node.get(key).unwrap().span);
    assert_eq!(value("é"), "plain é");
    assert_eq!(value("k 1"), "it''s é");
    assert_eq!(value("k2"), "a\\tb");
    assert_eq!(value("flow"), "{a: [x, \"y\"], é: !Sub '${z}'}");
    let flow = node.get("flow").unwrap();
    assert_eq!(under(text, flow.get("a").unwrap().span), "[x, \"y\"]");
    let sub = flow.get("é").unwrap();
    assert_eq!(under(text, sub.span), "!Sub '${z}'");
    assert_eq!(under(text, sub.get("Fn::Sub").unwrap().span), "${z}");
    check_spans(text, &node);
}

#[test]
fn block_collections_end_with_their_last_child() {
    let text = "a:\n  - b: 1\n    c: 'two'\n\n\n# far away\nd: |\n  e\n\n";
    let node = parse(text);
    assert_eq!(under(text, node.get("a").unwrap().span), "- b: 1\n    c: 'two'");
    assert_eq!(under(text, node.span), text.trim_end());
}

/// Where `needle` of the decoded text came from.
fn source_of<'t>(text: &'t str, node: &Node, needle: &str) -> &'t str {
    let decoded = Decoded::of(node).unwrap();
    let at = decoded.text().find(needle).unwrap();
    under(text, decoded.origin().span(at..at + needle.len()).unwrap())
}

#[test]
fn text_in_blocks_leads_back_to_its_bytes() {
    let json = "{\n    \"é\": \"x\"\n  }";
    for (head, eol) in
        [("k: |", "\n"), ("k: |-", "\r\n"), ("k: >+", "\n"), ("k: |2", "\r\n"), ("k: | # c", "\n")]
    {
        let text = format!("ä: 1\n{head}\n\n  {json}\n\n\nz: end\n").replace('\n', eol);
        let node = parse(&text);
        let block = node.get("k").unwrap();
        assert_eq!(under(&text, block.span), json.replace('\n', eol), "{text:?}");
        assert_eq!(source_of(&text, block, "\"é\""), "\"é\"", "{text:?}");
        assert_eq!(source_of(&text, block, "x"), "x");
        assert_eq!(source_of(&text, block, "}"), "}");
        check_spans(&text, &node);
    }
}

#[test]
fn block_values_are_decoded_as_yaml_says() {
    let text = "a: |\n  x\n   y\n\n  z\n\nb: >-\n  one\n  two\n\n  three\n    more\n  back\nc: |+\n  k\n\n";
    let node = parse(text);
    let value = |key: &str| node.get(key).unwrap().scalar().unwrap().value.to_string();
    assert_eq!(value("a"), "x\n y\n\nz\n");
    assert_eq!(value("b"), "one two\nthree\n  more\nback");
    assert_eq!(value("c"), "k\n\n");
    let b = node.get("b").unwrap();
    for word in ["one", "two", "three", "  more", "back"] {
        assert_eq!(source_of(text, b, word), word);
    }
}

#[test]
fn folded_quotes_and_escapes_lead_back_to_their_bytes() {
    let text = "a: \"one\\\n   two  \n   three\\u00e9\\ \n\n  \\x41four\"\nb: 'it''s\n  so'\nc: plain\n  words\n\n  here\nd: \"\\uD83C\\uDFB5!\"\n";
    let node = parse(text);
    let a = node.get("a").unwrap();
    assert_eq!(a.scalar().unwrap().value.to_string(), "onetwo threeé \nAfour");
    assert_eq!(source_of(text, a, "two"), "two");
    assert_eq!(source_of(text, a, "é"), "\\u00e9");
    assert_eq!(source_of(text, a, "A"), "\\x41");
    assert_eq!(source_of(text, a, "four"), "four");
    let b = node.get("b").unwrap();
    assert_eq!(source_of(text, b, "'"), "''");
    assert_eq!(source_of(text, b, "so"), "so");
    assert_eq!(source_of(text, node.get("c").unwrap(), "here"), "here");
    assert_eq!(source_of(text, node.get("d").unwrap(), "🎵"), "\\uD83C\\uDFB5");
    assert_eq!(source_of(text, node.get("d").unwrap(), "!"), "!");
    check_spans(text, &node);
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    let text = "\u{feff}a: b\r\nc: d\r\n";
    let node = parse(text);
    assert_eq!(under(text, node.get("a").unwrap().span), "b");
    assert_eq!(under(text, node.get("c").unwrap().span), "d");
}

#[test]
fn duplicate_keys_are_kept_in_order() {
    assert_eq!(shown("a: 1\nb: 2\na: 3\n"), "{a: 1, b: 2, a: 3}");
    assert_eq!(parse("a: 1\na: 3\n").get("a").unwrap().scalar().unwrap().value.to_string(), "3");
}

#[test]
fn aliases_are_the_anchored_node_where_it_is_used() {
    let text = "a: &x [1, two]\nb: *x\nc: *nowhere\nd: &d [*d]\n";
    let node = parse(text);
    let b = node.get("b").unwrap();
    assert_eq!(under(text, b.span), "*x");
    assert_eq!(under(text, b.defined.unwrap()), "[1, two]");
    assert_eq!(
        show(&node),
        "{a: [1, \"two\"], b: [1, \"two\"], \
         c: <*nowhere leads to nothing that was read: no anchor `&nowhere` stands above>, \
         d: [<a cyclic alias is not valid: the alias stands inside the node that it names>]}"
    );
}

#[test]
fn anchors_end_with_their_document() {
    let all = documents("a: &x 1\n---\nb: *x\n...\n---\nc: 2\n").unwrap();
    assert_eq!(all.len(), 3);
    assert!(matches!(all[1].get("b").unwrap().value, Value::Unknown(_)));
    assert!(documents("").unwrap().is_empty());
}

#[test]
fn merge_keys_fill_what_is_not_written() {
    let base = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n";
    let merged = |rest: &str| {
        let text = format!("{base}it:\n{rest}");
        show(parse(&text).get("it").unwrap())
    };
    assert_eq!(merged("  <<: *b\n  x: 9\n"), "{x: 9, y: 2}");
    assert_eq!(merged("  w: 0\n  <<: [*b, *m]\n"), "{w: 0, x: 1, y: 2, z: 4}");
    assert_eq!(merged("  '<<': *b\n"), "{<<: {x: 1, y: 2}}");
    assert_eq!(merged("  a: 1\n  <<: *gone\n"), "{a: 1, ?}");
    assert_eq!(merged("  a: 1\n  <<: text\n"), "{a: 1, ?}");
}

#[test]
fn keys_keep_their_spelling_and_computed_keys_are_unknown() {
    assert_eq!(
        shown("012: a\ntrue: b\n? [x]\n: c\n!Sub k: d\n"),
        "{012: \"a\", true: \"b\", ${a computed key}: \"c\", ${a computed key}: \"d\"}"
    );
}

#[test]
fn hyphens_alone_in_flow_lists_are_texts() {
    let text = "a: [-, b, -]\n# é -,\nc: {d: -}\ne: '[-, _]'\nf: [ -, [-,_]] # -]\n";
    assert_eq!(shown(text), r#"{a: ["-", "b", "-"], c: {d: "-"}, e: "[-, _]", f: ["-", ["-", "_"]]}"#);
    check_spans(text, &parse(text));
    let hyphen = parse("[-, b]");
    let Value::List(list) = &hyphen.value else { panic!("a list") };
    assert_eq!(under("[-, b]", list.items[0].span), "-");
    // Their comments are found as those of other files are.
    let comments: Vec<_> = syntax::yaml::comments(text).into_iter().map(|range| &text[range]).collect();
    assert_eq!(comments, ["# é -,", "# -]"]);
    // What else the parser refuses stays refused, and refusing ends.
    assert!(documents("a: [-[, b]").is_err());
    assert!(documents(&format!("[{}", "-,".repeat(300))).is_err());
    assert!(documents(&format!("[{}]", "-,".repeat(400_000))).is_err());
}

#[test]
fn errors_have_a_place_and_plain_words() {
    let cases = [
        ("a:\n\tb: 1\n", "\t", "a tab stands where YAML wants spaces"),
        ("ä: [1, 2\nb: 3", "[", ""),
        ("a: 'x", "'", ""),
    ];
    for (text, at, message) in cases {
        let error = documents(text).unwrap_err();
        assert!(error.message.contains(message), "{error:?}");
        assert!(!error.message.is_empty());
        let place = under(text, error.span);
        assert!(place == at || text.len() - (error.span.start as usize) <= 6, "{text:?} {place:?}");
    }
}

#[test]
fn hostile_nesting_ends_in_an_error() {
    let n = 100_000;
    for text in ["- ".repeat(n), "[".repeat(n), "{a: ".repeat(n), "? ".repeat(n), "[{".repeat(n)] {
        let error = documents(&text).unwrap_err();
        assert_eq!(error.message, "more than 127 lists and objects inside one another");
    }
    let nested = |n| documents(&format!("{}x{}", "[".repeat(n), "]".repeat(n)));
    assert!(nested(127).is_ok());
    assert!(nested(128).is_err());
}

#[test]
fn aliases_cannot_nest_deeper_than_text() {
    let mut text = String::from("a0: &a0 [x]\n");
    for i in 1..200 {
        text.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    assert_eq!(documents(&text).unwrap_err().message, "more than 127 lists and objects inside one another");
}

#[test]
fn billion_laughs_end_in_an_error() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..30 {
        let nine = vec![format!("*a{}", i - 1); 9].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{nine}]\n"));
    }
    assert!(documents(&text).unwrap_err().message.contains("aliases expand"));
    let long = format!("a: &a {}\nb:\n{}", "x".repeat(1_000_000), "- *a\n".repeat(100_000));
    assert!(documents(&long).unwrap_err().message.contains("aliases expand"));
}

#[test]
fn long_lines_take_linear_time() {
    // Quadratic work on four megabytes would run for minutes.
    let quoted = format!("[{}]", "\"a\\n\", ".repeat(600_000));
    assert!(matches!(parse(&quoted).value, Value::List(list) if list.items.len() == 600_000));
    let escapes = format!("a: \"{}\"", "\\n".repeat(2_000_000));
    assert_eq!(parse(&escapes).get("a").unwrap().scalar().unwrap().value.to_string().len(), 2_000_000);
    let blank = format!("a: |+\n  x{}", "\n".repeat(2_000_000));
    assert!(parse(&blank).get("a").is_some());
}

/// A text as a scalar of some style, with its own idea of what the style can say.
fn spellings(text: &str) -> Vec<String> {
    let double = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    let mut all = vec![format!("\"{double}\"")];
    if !text.contains(['\n', '\t']) {
        all.push(format!("'{}'", text.replace('\'', "''")));
    }
    if !text.contains('\t') && !text.is_empty() {
        all.push(format!("|2-\n    {}", text.replace('\n', "\n    ")));
    }
    all
}

proptest! {
    #[test]
    fn any_text_survives_any_style(text in "[a-z \"'\\\\{}é🎵:#\n]{0,24}", before in "[é🎵]{0,3}") {
        let text = text.trim_end();
        for spelling in spellings(text) {
            let source = format!("'{before}': 1\nouter:\n  k: {spelling}\n  z: end\n");
            let node = parse(&source);
            let outer = node.get("outer").unwrap();
            let k = outer.get("k").unwrap();
            let value = k.scalar().unwrap().value.to_string();
            prop_assert_eq!(&value, text, "{}", &source);
            prop_assert_eq!(under(&source, outer.get("z").unwrap().span), "end");
            // Each character comes from itself or from an escape that ends in it.
            let decoded = Decoded::of(k).unwrap();
            for (at, c) in decoded.text().char_indices() {
                let span = decoded.origin().span(at..at + c.len_utf8()).unwrap();
                let from = under(&source, span);
                let escaped = from.starts_with('\\') && from.len() == 2 || from == "''";
                let broken = c == '\n' && from.trim().is_empty();
                prop_assert!(escaped || broken || from.starts_with(c), "{:?} from {:?} in {:?}", c, from, &source);
            }
            if !text.contains(['\n', '"', '\'', '\\']) {
                prop_assert_eq!(under(&source, k.span), text);
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-?:,\\[\\]{}#&*!|>'\"%@` a\n\r\t~<é]{0,60}") {
        if let Ok(all) = documents(&text) {
            for node in &all {
                check_spans(&text, node);
            }
        }
    }
}
