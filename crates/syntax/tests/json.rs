//! JSON: exact places, agreement with `serde_json`, hostile text.

#![cfg(test)]

use std::collections::BTreeMap;

use model::{
    Cause, Decoded, DecodedBuilder, FileId, LoadError, Loader, Node, Object, OneOf, Piece, SourceMap, Span,
    Symbol, Text, Unknown, Value,
};
use proptest::prelude::*;
use trustproof_syntax::json::{MAX_DEPTH, parse, parse_decoded};

struct Memory(BTreeMap<&'static str, String>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        match self.0.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Err(LoadError("no such file".to_owned())),
        }
    }

    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// A run over one file `a.json`.
fn sources(text: &str) -> (SourceMap, FileId) {
    let files = BTreeMap::from([("a.json", text.to_owned())]);
    let map = SourceMap::new(vec!["a.json".to_owned()], Box::new(Memory(files)));
    let id = map.ids().next().unwrap();
    (map, id)
}

/// Every key and value of a tree with its place: `true` for what stands between quotes.
fn places(node: &Node, out: &mut Vec<(Span, bool, serde_json::Value)>) {
    out.push((node.span, matches!(node.value, Value::Text(_)), plain(node)));
    match &node.value {
        Value::List(list) => list.items.iter().for_each(|n| places(n, out)),
        Value::Object(object) => {
            for entry in &object.entries {
                let key = entry.key.value.as_str().unwrap();
                out.push((entry.key.span, true, key.into()));
                places(&entry.value, out);
            }
        }
        _ => {}
    }
}

/// A tree as `serde_json` has it: the last of equal keys counts.
fn plain(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => serde_json::Value::Number(serde_json::from_str(n).unwrap()),
        Value::Text(text) => text.as_str().unwrap().into(),
        Value::List(list) => list.items.iter().map(plain).collect(),
        Value::Object(object) => serde_json::Value::Object(
            object
                .entries
                .iter()
                .map(|e| (e.key.value.as_str().unwrap().to_owned(), plain(&e.value)))
                .collect(),
        ),
        Value::OneOf(_) | Value::Unknown(_) => panic!("not in a plain file"),
    }
}

/// The text under each place says the value.
fn check_places(text: &str) {
    let (map, id) = sources(text);
    let mut all = Vec::new();
    places(&parse(text, id).unwrap(), &mut all);
    for (span, quoted, value) in all {
        let snippet = map.snippet(span);
        let again = if quoted { format!("\"{snippet}\"") } else { snippet };
        assert_eq!(serde_json::from_str::<serde_json::Value>(&again).unwrap(), value, "{again}");
    }
}

/// Either both refuse the text or both read the same from it.
fn check_agreement(text: &str) {
    let (_, id) = sources("");
    match (parse(text, id), serde_json::from_str::<serde_json::Value>(text)) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(plain(&ours), theirs, "{text}");
            check_places(text);
        }
        // `serde_json` turns numbers into machine numbers; here they stay text.
        (_, Err(theirs)) if theirs.to_string().contains("number out of range") => {}
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{text:?}: {ours:?} but {theirs:?}"),
    }
}

fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9:/*$ {}\\[\\],]{0,6}".boxed(),
        1 => Just("\\n".to_owned()).boxed(),
        1 => Just("\\\"".to_owned()).boxed(),
        1 => Just("\\\\".to_owned()).boxed(),
        1 => Just("\\u00e9".to_owned()).boxed(),
        1 => Just("\\ud83d\\ude00".to_owned()).boxed(),
        1 => Just("\\ud83d".to_owned()).boxed(),
        1 => Just("é😀\u{fffc}\u{ffff}".to_owned()).boxed(),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn space() -> impl Strategy<Value = String> {
    "[ \n\r\t]{0,2}"
}

/// JSON text, now and then with half a surrogate pair in it.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        string(),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let item = (space(), inner, space()).prop_map(|(a, b, c)| format!("{a}{b}{c}")).boxed();
        let member = (space(), string(), space(), item.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..5).prop_map(|items| format!("{{{}}}", items.join(","))),
        ]
    })
}

/// A text with some characters dropped, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let change = (
        any::<prop::sample::Index>(),
        0..3,
        prop::sample::select("\"\\,:{}[]0.eE+-u n\u{1}t/é".chars().collect::<Vec<_>>()),
    );
    (json(), prop::collection::vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (index, kind, new) in changes {
            let at = index.index(chars.len() + 1);
            match kind {
                0 if at < chars.len() => drop(chars.remove(at)),
                1 if at < chars.len() => chars[at] = new,
                _ => chars.insert(at, new),
            }
        }
        chars.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn agrees_with_serde_json_on_json(text in json()) {
        check_agreement(&text);
    }

    #[test]
    fn agrees_with_serde_json_on_damaged_json(text in mutated()) {
        check_agreement(&text);
    }

    #[test]
    fn agrees_with_serde_json_on_any_text(text in "[\\[\\]{},:\"\\\\0-9.eE+\\-truefalsn \u{1}é]{0,12}") {
        check_agreement(&text);
    }

    /// JSON in a string of JSON: each place leads to the escaped bytes of what a plain file would hold there.
    #[test]
    fn places_of_embedded_json_are_those_of_the_escaped_bytes(inner in json(), before in string()) {
        let (inner_map, inner_id) = sources(&inner);
        let Ok(direct) = parse(&inner, inner_id) else { return Ok(()) };
        let quoted = serde_json::to_string(&inner).unwrap();
        let before = if before.contains("\\ud83d") { "\"\"".to_owned() } else { before };
        let outer = format!("[{before}, {{\"policy\": {quoted}}}]");
        let (outer_map, outer_id) = sources(&outer);
        let tree = parse(&outer, outer_id).unwrap();
        let Value::List(list) = &tree.value else { panic!("a list was written") };
        let decoded = Decoded::of(list.items[1].get("policy").unwrap()).unwrap();
        let embedded = parse_decoded(&decoded).unwrap();
        prop_assert_eq!(plain(&embedded), plain(&direct));
        let (mut here, mut there) = (Vec::new(), Vec::new());
        places(&embedded, &mut here);
        places(&direct, &mut there);
        prop_assert_eq!(here.len(), there.len());
        for ((embedded, ..), (direct, ..)) in here.iter().zip(&there) {
            let unescaped: String = serde_json::from_str(&format!("\"{}\"", outer_map.snippet(*embedded))).unwrap();
            prop_assert_eq!(unescaped, inner_map.snippet(*direct));
        }
    }
}

#[test]
fn keys_and_values_have_their_places() {
    let text = "\u{feff}{\"Version\" : \"2012-10-17\",\r\n \"n\": [-0.5e+3, \"\\u0041b\"]}";
    let (map, id) = sources(text);
    let tree = parse(text, id).unwrap();
    let Value::Object(object) = &tree.value else { panic!("{tree:?}") };
    assert_eq!(map.snippet(tree.span), text.trim_start_matches('\u{feff}'));
    assert_eq!(map.snippet(object.entries[0].key.span), "Version");
    assert_eq!(map.snippet(object.entries[0].value.span), "2012-10-17");
    let Value::List(list) = &object.entries[1].value.value else { panic!("{tree:?}") };
    assert_eq!(map.snippet(list.items[0].span), "-0.5e+3");
    assert!(matches!(&list.items[0].value, Value::Number(n) if &**n == "-0.5e+3"));
    assert_eq!(map.snippet(list.items[1].span), "\\u0041b");
    assert!(matches!(&list.items[1].value, Value::Text(t) if t.is("Ab")));
}

#[test]
fn equal_keys_are_kept() {
    let text = r#"{"AWS": "1", "AWS": "2"}"#;
    let (_, id) = sources(text);
    let Value::Object(object) = parse(text, id).unwrap().value else { panic!("an object was written") };
    let values: Vec<_> = object.entries.iter().map(|e| e.value.scalar().unwrap().value.to_string()).collect();
    assert_eq!(values, ["1", "2"]);
}

/// What is wrong, and the text at that place.
fn error_of(text: &str) -> (String, String) {
    let (map, id) = sources(text);
    let error = parse(text, id).unwrap_err();
    (error.message, map.snippet(error.span))
}

#[test]
fn errors_name_what_is_wrong_and_where() {
    for (text, message, at) in [
        ("", "the text ends where a value should stand", ""),
        ("{\"a\": 1", "the text ends where `,` or `}` should stand", ""),
        ("{\"a\": \"b", "the text ends inside this string", "\"b"),
        ("{\"a\" 1}", "expected `:`, found `1`", "1"),
        ("{a: 1}", "expected a key in double quotes, found `a`", "a"),
        ("[1,]", "expected a value, found `]`", "]"),
        ("[1 2]", "expected `,` or `]`, found `2`", "2"),
        ("{} x", "expected the end, found `x`", "x"),
        ("[007]", "a number cannot start with 0; if it is an account id, it needs quotes", "007"),
        ("[1.]", "expected a digit, found `]`", "]"),
        ("[\"a\nb\"]", "a line break or control character inside a string must be escaped", "\n"),
        ("[\"\\x\"]", "expected an escape of JSON (`\\\\`, `\\\"`, `\\n` …), found `x`", "x"),
        ("[\"\\ud83dx\"]", "half of a character: the other `\\u` escape of the pair is missing", "\\ud83d"),
        ("[\"\\u12g4\"]", "`\\u` needs four hexadecimal digits", "\\u"),
        ("[é]", "expected a value, found `é`", "é"),
        ("<html>", "expected a value, found `<`", "<"),
    ] {
        assert_eq!(error_of(text), (message.to_owned(), at.to_owned()), "{text}");
    }
}

#[test]
fn depth_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check_agreement(&nested(MAX_DEPTH));
    check_agreement(&nested(MAX_DEPTH + 1));
    let (_, id) = sources("");
    assert!(parse(&nested(MAX_DEPTH), id).is_ok());
    for open in ["[", "{\"a\":", "[{\"\":"] {
        let (message, _) = error_of(&open.repeat(100_000));
        assert_eq!(message, "more than 127 lists and objects inside one another");
    }
}

#[test]
fn long_lines_take_linear_time() {
    // Looking back at what was read for every piece would take hours.
    let (_, id) = sources("");
    let numbers = format!("[{}]", vec!["1"; 500_000].join(","));
    let Value::List(list) = parse(&numbers, id).unwrap().value else { panic!("a list was written") };
    assert_eq!(list.items.len(), 500_000);
    let quotes = format!("\"{}\"", "\\\"\u{ffee}".repeat(300_000));
    let node = parse(&quotes, id).unwrap();
    assert!(parse_decoded(&Decoded::of(&node).unwrap()).is_err());
    let members = format!("{{{}}}", vec!["\"k\":\"v\""; 100_000].join(","));
    let outer = serde_json::to_string(&members).unwrap();
    let node = parse_decoded(&Decoded::of(&parse(&outer, id).unwrap()).unwrap()).unwrap();
    assert!(matches!(&node.value, Value::Object(o) if o.entries.len() == 100_000));
}

/// Builds a template: `parts` in turn known text and filling; the source is 10 bytes a filling.
fn template(file: FileId, parts: &[Result<&str, Value>]) -> Decoded {
    let mut builder = DecodedBuilder::default();
    let mut at = 0;
    for part in parts {
        match part {
            Ok(text) => {
                builder.lit(text, Span::new(file, at, at + text.len()));
                at += text.len();
            }
            Err(value) => {
                builder.filling(Node::new(value.clone(), Span::new(file, at, at + 10)));
                at += 10;
            }
        }
    }
    builder.build()
}

fn unknown(what: &str) -> Unknown {
    Unknown::new(what, Cause::NoValue, None)
}

/// `${what}` with an unknown text.
fn var(what: &str) -> Value {
    Value::Text(Text::unknown(unknown(what)))
}

fn object_of(node: &Node) -> &Object {
    match &node.value {
        Value::Object(object) => object,
        _ => panic!("{node:?}"),
    }
}

#[test]
fn unknown_pieces_stand_as_values_in_strings_and_in_keys() {
    let (_, id) = sources("");
    let own = Value::Text(Text::symbol(Symbol::OwnAccount));
    let decoded = template(
        id,
        &[
            Ok("{\"a\": "),
            Err(var("x")),
            Ok(", \"b\": \"arn:"),
            Err(var("y")),
            Ok(":\\u0041"),
            Err(own.clone()),
            Ok("\", \"k"),
            Err(var("z")),
            Ok("\": "),
            Err(own),
            Ok("}"),
        ],
    );
    let tree = parse_decoded(&decoded).unwrap();
    let object = object_of(&tree);
    assert!(object.open.is_none());
    assert!(matches!(&object.entries[0].value.value, Value::Unknown(u) if &*u.what == "x"));
    assert_eq!(object.entries[0].value.span, Span::new(id, 6, 16));
    let b = &object.entries[1].value;
    assert_eq!(b.scalar().unwrap().value.to_string(), "arn:${y}:A${own account}");
    // source: `{"a": ` 0..6, x 6..16, `, "b": "arn:` 16..28, y 28..38, `:\u0041` 38..45, account 45..55
    assert_eq!(b.span, Span::new(id, 24, 55));
    let again = Decoded::of(b).unwrap();
    let account = again.text().len() - '\u{fffc}'.len_utf8();
    assert_eq!(again.origin().span(account - 1..account), Some(Span::new(id, 39, 45)));
    assert_eq!(again.origin().span(account..again.text().len()), Some(Span::new(id, 45, 55)));
    assert_eq!(object.entries[2].key.value.to_string(), "k${z}");
    let Value::Text(text) = &object.entries[2].value.value else { panic!("{tree:?}") };
    assert_eq!(text.pieces(), [Piece::Symbol(Symbol::OwnAccount)]);
}

#[test]
fn trees_stand_as_values_and_not_in_strings() {
    let (_, id) = sources("");
    let tree = Value::List(model::List::default());
    let node = parse_decoded(&template(id, &[Ok("{\"a\":"), Err(tree.clone()), Ok("}")])).unwrap();
    assert!(matches!(node.get("a").unwrap().value, Value::List(_)));
    let node = parse_decoded(&template(id, &[Ok("{\"a\":\"x"), Err(tree), Ok("\"}")])).unwrap();
    let Value::Text(text) = &node.get("a").unwrap().value else { panic!("{node:?}") };
    assert!(matches!(text.unknowns().next().unwrap().why, Cause::Unsupported(_)));
    let one = OneOf { choice: "var.c".into(), span: Span::new(id, 6, 16), branches: Vec::new() };
    let node = parse_decoded(&template(id, &[Ok("\"x"), Err(Value::OneOf(one)), Ok("\"")])).unwrap();
    let Value::Text(text) = &node.value else { panic!("{node:?}") };
    assert!(matches!(text.unknowns().next().unwrap().why, Cause::Undecided(_)));
    let number = Value::Number("0042".into());
    let node = parse_decoded(&template(id, &[Ok("\"x"), Err(number), Ok("y\"")])).unwrap();
    assert!(matches!(&node.value, Value::Text(text) if text.is("x0042y")));
}

#[test]
fn unknown_pieces_between_members_and_elements_leave_them_open() {
    let (_, id) = sources("");
    for (before, after, known) in [
        ("[", "]", 0),
        ("[1 ", "]", 1),
        ("[1, ", "]", 1),
        ("[", " 1]", 1),
        ("[", ", 1]", 1),
        ("[1 ", " 2]", 2),
        ("[1, ", ", 2]", 2),
    ] {
        let node = parse_decoded(&template(id, &[Ok(before), Err(var("x")), Ok(after)])).unwrap();
        let Value::List(list) = &node.value else { panic!("{node:?}") };
        assert_eq!(list.items.len(), known, "{before}x{after}");
        assert_eq!(&*list.open.as_ref().unwrap().what, "x");
        let (before, after) = (
            before.replace('[', "{").replace('1', "\"1\":1"),
            after.replace(']', "}").replace(['1', '2'], "\"2\":2"),
        );
        let node = parse_decoded(&template(id, &[Ok(&before), Err(var("x")), Ok(&after)])).unwrap();
        assert_eq!(object_of(&node).entries.len(), known, "{before}x{after}");
        assert!(object_of(&node).open.is_some());
    }
    let node = parse_decoded(&template(id, &[Ok("{"), Err(var("x")), Ok(": 1}")])).unwrap();
    assert_eq!(object_of(&node).entries[0].key.value.to_string(), "${x}");
}

#[test]
fn an_unknown_piece_may_continue_a_number() {
    let (_, id) = sources("");
    let node = parse_decoded(&template(id, &[Ok("[1"), Err(var("x")), Ok("]")])).unwrap();
    let Value::List(list) = &node.value else { panic!("{node:?}") };
    assert!(matches!(list.items[0].value, Value::Unknown(_)));
    assert!(list.open.is_some());
}

#[test]
fn unknown_pieces_do_not_excuse_what_no_filling_can_mend() {
    let (_, id) = sources("");
    for (before, after) in [("[1,", ",]"), ("{\"a\"", " 1}"), ("{} ", " x"), ("[", "}"), ("[1,,", "]")] {
        assert!(
            parse_decoded(&template(id, &[Ok(before), Err(var("x")), Ok(after)])).is_err(),
            "{before}x{after}"
        );
    }
    let own = || Value::Text(Text::symbol(Symbol::OwnAccount));
    assert!(parse_decoded(&template(id, &[Ok("[1 "), Err(own()), Ok("]")])).is_err());
    let mut arn = Text::lit("arn:aws:iam::");
    arn.push(Piece::Symbol(Symbol::OwnAccount));
    let error = parse_decoded(&template(id, &[Ok("["), Err(Value::Text(arn)), Ok("]")])).unwrap_err();
    assert_eq!((error.message.as_str(), error.span), ("this text needs double quotes", Span::new(id, 1, 11)));
    // the same character that is no filling is a character
    let node = parse_decoded(&template(id, &[Ok("\"\u{fffc}\"")])).unwrap();
    assert!(matches!(&node.value, Value::Text(text) if text.is("\u{fffc}")));
    assert!(parse_decoded(&template(id, &[Ok("\u{fffc}")])).is_err());
}

#[test]
fn a_text_from_nowhere_is_an_error_with_a_place() {
    let error = parse_decoded(&Decoded::default()).unwrap_err();
    assert_eq!(error.span, Span::nowhere());
}
