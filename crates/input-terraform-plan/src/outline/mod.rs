//! The part of a plan or a state that speaks of roles, as a located tree: everything else is skipped while it is read.
//!
//! What is kept is said by `keep`, where it stands by `ground`. Not here: what any of it means.

mod ground;
mod keep;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use model::{
    Entry, FileId, List, Located, Node, Object, Pieces, Place, Position, Problem, SourceMap, Span, Stream,
    Text, Value,
};
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use ground::{Ground, Passing, Whole};
use keep::Keep;

/// What was kept of a file, or why it cannot be read.
pub(crate) type Outline = Result<Node, Problem>;

/// Outlines the text of a file.
pub(crate) fn of_text(text: &str, file: FileId, problems: &mut Vec<Problem>) -> Outline {
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    let ground = Whole::new(text, file);
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let tree = Pruned { keep: &keep::DOCUMENT, ground: &ground }
        .deserialize(&mut deserializer)
        .and_then(|tree| deserializer.end().map(|()| tree));
    problems.extend(ground.into_problems());
    tree.map(|tree| tree.unwrap_or_else(|| empty(file))).map_err(|error| {
        let skipped = text.len() - json.len();
        let end = skipped + offset(json, &error);
        let last = text.get(..end).and_then(|before| before.char_indices().next_back());
        let span = Span::new(file, last.map_or(end, |(at, _)| at), end);
        Problem::relevant(Place::Span(span), explained(&error, json.as_bytes().first().copied()))
    })
}

/// Outlines a source that can be read only once, and keeps the pieces that the outline points at.
pub(crate) fn of_stream(
    stream: Stream,
    file: FileId,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Outline {
    let kept = RefCell::new(Pieces::default());
    let (ground, reader) = Passing::new(stream, file, &kept);
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let tree = Pruned { keep: &keep::DOCUMENT, ground: &ground }
        .deserialize(&mut deserializer)
        .and_then(|tree| deserializer.end().map(|()| tree));
    problems.extend(ground.into_problems());
    let tree = tree.map(|tree| tree.unwrap_or_else(|| empty(file))).map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
        let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
        let at = kept.borrow_mut().push("", Position { line, column });
        Problem::relevant(Place::Span(Span::new(file, at, at)), explained(&error, Some(b'{')))
    });
    drop(deserializer);
    sources.keep_pieces(file, kept.into_inner());
    tree
}

fn empty(file: FileId) -> Node {
    Node::new(Value::Null, Span::new(file, 0, 0))
}

/// Where a text is wrong: one past the byte at fault.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = error.line().saturating_sub(1);
    let start = match lines.checked_sub(1) {
        Some(last) => memchr::memchr_iter(b'\n', text.as_bytes()).nth(last).map_or(0, |at| at + 1),
        None => 0,
    };
    let mut at = (start + error.column()).min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

/// What is wrong with a file that is no JSON document, in words for a person.
fn explained(error: &serde_json::Error, first: Option<u8>) -> String {
    let words = error.to_string();
    let what = words.rsplit_once(" at line ").map_or(words.as_str(), |(what, _)| what);
    match error.classify() {
        Category::Io => format!("cannot be read: {what}"),
        Category::Eof => "the plan is cut off: the file ends in the middle of it".to_owned(),
        Category::Syntax | Category::Data if first != Some(b'{') => {
            "other text stands before the plan; keep only what `terraform show -json` prints".to_owned()
        }
        Category::Syntax | Category::Data if what == "trailing characters" => {
            "more text follows after the end of the plan; keep only what `terraform show -json` prints"
                .to_owned()
        }
        Category::Data if what == ground::TOO_LARGE => format!("the plan is not read: {what}"),
        Category::Syntax | Category::Data => format!("the plan is not valid JSON: {what}"),
    }
}

/// Reads a value and keeps what is asked for; `None` if that is nothing.
#[derive(Clone, Copy)]
struct Pruned<'g, G> {
    keep: &'static Keep,
    ground: &'g G,
}

impl<'de, G: Ground> DeserializeSeed<'de> for Pruned<'_, G> {
    type Value = Option<Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Node>, D::Error> {
        match self.keep {
            Keep::Whole => self.ground.raw(deserializer).and_then(|raw| self.ground.node(raw)).map(Some),
            Keep::Object(_) | Keep::Resource(_) | Keep::Map(_) | Keep::List(_) => {
                deserializer.deserialize_any(self)
            }
        }
    }
}

impl<'de, G: Ground> Visitor<'de> for Pruned<'_, G> {
    type Value = Option<Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Node>, A::Error> {
        let mut object = Object::default();
        // What nobody may want: most resources are let go once their type is known.
        let mut pending = Vec::new();
        let mut decided = !matches!(self.keep, Keep::Resource(_));
        let before = self.ground.mark();
        while let Some(entry) = map.next_key_seed(Key(self.keep))? {
            let Some((key, keep)) = entry else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if let Keep::Whole = keep {
                let raw = map.next_value_seed(Raw(self.ground))?;
                if !self.keep.wants(&key, G::json(&raw)) {
                    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                    self.ground.forget(before);
                    return Ok(None);
                }
                decided |= key == "type";
                pending.push((key, raw));
                if decided {
                    self.settle(&mut pending, &mut object)?;
                }
                continue;
            }
            self.settle(&mut pending, &mut object)?;
            if let Some(value) = map.next_value_seed(Pruned { keep, ground: self.ground })? {
                object.entries.push(self.entry(&key, value));
            }
        }
        self.settle(&mut pending, &mut object)?;
        Ok(Some(self.node(Value::Object(object))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<Node>, A::Error> {
        let Keep::List(keep) = self.keep else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Some(self.node(Value::List(List::default()))));
        };
        let mut list = List::default();
        let mut before = self.ground.mark();
        while let Some(item) = seq.next_element_seed(Pruned { keep, ground: self.ground })? {
            match item {
                Some(_) if !self.ground.admits() => self.ground.forget(before),
                Some(item) => list.items.push(item),
                None => {}
            }
            before = self.ground.mark();
        }
        Ok(Some(self.node(Value::List(list))))
    }

    fn visit_unit<E>(self) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Null)))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Bool(value))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Number(value.to_string().into()))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Number(value.to_string().into()))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Number(value.to_string().into()))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Option<Node>, E> {
        Ok(Some(self.node(Value::Text(Text::lit(value)))))
    }
}

impl<G: Ground> Pruned<'_, G> {
    /// Keeps the members of an object that waited for it to be wanted.
    fn settle<E: de::Error>(
        &self,
        pending: &mut Vec<(Cow<'static, str>, G::Raw<'_>)>,
        object: &mut Object,
    ) -> Result<(), E> {
        for (key, raw) in pending.drain(..) {
            let value = self.ground.node(raw)?;
            object.entries.push(self.entry(&key, value));
        }
        Ok(())
    }

    fn entry(&self, key: &str, value: Node) -> Entry {
        Entry { key: Located::new(Text::lit(key), self.ground.last()), value }
    }

    /// A value that is not kept whole. It is never shown, so that the last kept text stands for its place.
    fn node(&self, value: Value) -> Node {
        let span = match &value {
            Value::Object(object) => object.entries.first().map(|entry| entry.value.span),
            _ => None,
        };
        Node::new(value, span.unwrap_or(self.ground.last()))
    }
}

/// Reads the key of an object: what is kept of its value.
struct Key(&'static Keep);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<(Cow<'static, str>, &'static Keep)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = Option<(Cow<'static, str>, &'static Keep)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.entry(key))
    }
}

/// Reads a value as it is written.
struct Raw<'g, G>(&'g G);

impl<'de, G: Ground> DeserializeSeed<'de> for Raw<'_, G> {
    type Value = G::Raw<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.raw(deserializer)
    }
}
