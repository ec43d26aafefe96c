//! Policies for tests: JSON in which `%1%`, `%2%` … stand for values that are not known.

#![allow(clippy::expect_used, clippy::panic, reason = "a test stops where its own text is wrong")]

use model::{
    Cause, Cloud, Decoded, DecodedBuilder, FileId, Node, SourceMap, Span, TrustPolicy, Unknown, Value, lower,
};

fn file() -> FileId {
    struct Nothing;
    impl model::Loader for Nothing {
        fn load(&self, _: &str) -> Result<Vec<u8>, model::LoadError> {
            Ok(Vec::new())
        }
        fn admits(&self, _: &str) -> bool {
            false
        }
    }
    SourceMap::new(vec!["policy.json".to_owned()], Box::new(Nothing)).ids().next().expect("one file")
}

/// The policy that a JSON text with holes says.
pub(crate) fn policy(text: &str, cloud: Cloud) -> TrustPolicy {
    let file = file();
    let mut builder = DecodedBuilder::default();
    let mut at = 0;
    for (n, piece) in text.split('%').enumerate() {
        let span = Span::new(file, at, at + piece.len());
        if n % 2 == 1 {
            let unknown = Unknown::new(format!("hole {piece}"), Cause::NoValue, Some(span));
            builder.filling(Node::new(Value::Unknown(unknown), span));
        } else {
            builder.lit(piece, span);
        }
        at += piece.len() + 1;
    }
    let decoded: Decoded = builder.build();
    let node = syntax::json::parse_decoded(&decoded).unwrap_or_else(|e| panic!("{}: {text}", e.message));
    let mut lowering = lower(&node, cloud, false);
    assert_eq!(lowering.variants.len(), 1);
    lowering.variants.remove(0).policy
}
