//! YAML to located trees, on top of `granit-parser`'s events.
//!
//! Here: the tree with its spans, anchors, aliases, merge keys and tags, and the limits that keep hostile text
//! from growing it. How one scalar becomes a value is in `scalar`. Not here: comments, and what any tag means
//! (the caller says so).

mod scalar;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};
use model::{Cause, Entry, FileId, List, Located, Node, Object, Span, Text, Unknown, Value};

use crate::SyntaxError;
use crate::json::MAX_DEPTH;

/// How much aliases may add to a file: nodes, long texts counting for more. Real templates stay below a thousand.
const MAX_ALIASED: usize = 200_000;

/// Parses every document of a YAML file. `tag` says which mapping a local tag abbreviates: for CloudFormation
/// `!Sub x` is `{"Fn::Sub": x}`; a tag it does not know makes its value unknown.
///
/// # Errors
/// The text is not YAML.
pub fn parse(
    text: &str,
    file: FileId,
    tag: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Node>, SyntaxError> {
    let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut builder = Builder {
        text,
        file,
        tag,
        frames: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        documents: Vec::new(),
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, place) = next.map_err(|error| builder.scan_error(&error))?;
        builder.event(event, &place)?;
    }
    Ok(builder.documents)
}

/// A finished node and what an alias to it would cost.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Where it ends in the file, its closing quote included.
    end: usize,
    weight: usize,
    depth: usize,
    /// Whether it is a plain `<<`: as a key it merges mappings.
    merge: bool,
}

/// A collection that is still open.
struct Frame {
    contents: Contents,
    start: usize,
    /// Where its last child ends.
    end: usize,
    anchor: usize,
    tag: Option<WrittenTag>,
    weight: usize,
    depth: usize,
}

enum Contents {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, merges: Vec<Node>, key: Option<Key> },
}

enum Key {
    Merge,
    Of(Located<Text>),
}

/// A tag as resolved by the parser, and where it stands.
struct WrittenTag {
    name: String,
    span: Span,
}

struct Builder<'a> {
    text: &'a str,
    file: FileId,
    tag: &'a dyn Fn(&str) -> Option<String>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    aliased: usize,
    documents: Vec<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Result<(), SyntaxError> {
        let range = place.byte_range().unwrap_or(0..0);
        let span = Span::new(self.file, range.start, range.end);
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                let built = self.scalar(&value, style, range, tag);
                self.finish(built, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                self.open(Contents::Sequence(Vec::new()), span, anchor, tag)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                let contents = Contents::Mapping { entries: Vec::new(), merges: Vec::new(), key: None };
                self.open(contents, span, anchor, tag)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range)?,
            Event::Alias(id) => {
                let built = self.alias(id, span)?;
                self.add(built)?;
            }
            Event::UnresolvedAlias(name) => {
                let why = Cause::Unresolved(format!("no anchor `&{name}` stands above").into());
                self.add(Built::leaf(Node::unknown(format!("*{name}"), why, span)))?;
            }
            // Comments are not emitted; the rest marks places between nodes.
            _ => {}
        }
        Ok(())
    }

    fn written_tag(&self, tag: Option<&Tag>, place: &granit_parser::Span) -> Option<WrittenTag> {
        let tag = tag?;
        let range = place.tag_span().and_then(|s| s.byte_range());
        let range = range.or_else(|| place.byte_range()).unwrap_or(0..0);
        let name = format!("{}{}", tag.handle(), tag.suffix());
        Some(WrittenTag { name, span: Span::new(self.file, range.start, range.end) })
    }

    fn scalar(&self, value: &str, style: ScalarStyle, range: Range<usize>, tag: Option<WrittenTag>) -> Built {
        let node = scalar::text(self.text, self.file, value, style, range.clone());
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let end = if block { node.span.end as usize } else { range.end };
        let plain = style == ScalarStyle::Plain;
        let merge = plain && tag.is_none() && value == "<<";
        let Some(tag) = tag else {
            let node = if plain { scalar::plain(value, node) } else { node };
            return Built { merge, end, ..Built::leaf(node) };
        };
        if tag.name == "!" {
            return Built { end, ..Built::leaf(node) };
        }
        if let Some(kind) = tag.name.strip_prefix(scalar::STANDARD) {
            return Built { end, ..Built::leaf(scalar::standard(kind, value, node)) };
        }
        // What a local tag is given is text: `!Sub yes` is no boolean.
        Built { end, ..Built::leaf(self.tagged(tag, node, end)) }
    }

    /// The mapping that a local tag abbreviates.
    fn tagged(&self, tag: WrittenTag, node: Node, end: usize) -> Node {
        let whole = Span::new(self.file, tag.span.start as usize, end);
        let long = tag.name.strip_prefix('!').and_then(|name| (self.tag)(name));
        match long {
            Some(long) => {
                let key = Located::new(Text::lit(&long), tag.span);
                let entries = vec![Entry { key, value: node }];
                Node::new(Value::Object(Object { entries, open: None }), whole)
            }
            None => {
                let why = Cause::Unsupported(format!("the tag `{}`", tag.name).into());
                Node::unknown(tag.name, why, whole)
            }
        }
    }

    fn open(
        &mut self,
        contents: Contents,
        span: Span,
        anchor: usize,
        tag: Option<WrittenTag>,
    ) -> Result<(), SyntaxError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        let start = span.start as usize;
        self.frames.push(Frame { contents, start, end: start, anchor, tag, weight: 1, depth: 0 });
        Ok(())
    }

    fn close(&mut self, bracket: Range<usize>) -> Result<(), SyntaxError> {
        // The parser balances its events.
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.contents {
            Contents::Sequence(items) => Value::List(List { items, open: None }),
            Contents::Mapping { mut entries, merges, .. } => {
                let open = merge(&mut entries, merges);
                Value::Object(Object { entries, open })
            }
        };
        // A flow collection ends with its bracket; a block collection has no end of its own but its last child's.
        let end = if bracket.is_empty() { frame.end } else { bracket.end };
        let mut node = Node::new(value, Span::new(self.file, frame.start, end));
        let mut depth = frame.depth + 1;
        if let Some(tag) = frame.tag {
            let collection =
                tag.name.strip_prefix(scalar::STANDARD).is_some_and(|t| t == "map" || t == "seq");
            if !collection && tag.name != "!" {
                node = self.tagged(tag, node, end);
                depth += 1;
            }
        }
        self.finish(Built { node, end, weight: frame.weight, depth, merge: false }, frame.anchor)
    }

    /// A node that an anchor may name.
    fn finish(&mut self, built: Built, anchor: usize) -> Result<(), SyntaxError> {
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
        self.add(built)
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Built, SyntaxError> {
        let Some(built) = self.anchors.get(&id) else {
            let why = Cause::Invalid("the alias stands inside the node that it names".into());
            return Ok(Built::leaf(Node::unknown("a cyclic alias", why, span)));
        };
        self.aliased = self.aliased.saturating_add(built.weight);
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases expand to more than {MAX_ALIASED} nodes");
            return Err(SyntaxError { span, message });
        }
        let mut built = built.clone();
        built.node = built.node.used_at(span);
        built.end = span.end as usize;
        Ok(built)
    }

    /// Puts a node where it belongs: a key, a value, an element, a document.
    fn add(&mut self, built: Built) -> Result<(), SyntaxError> {
        if self.frames.len() + built.depth > MAX_DEPTH {
            return Err(too_deep(built.node.span));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.documents.push(built.node);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(built.weight);
        frame.depth = frame.depth.max(built.depth);
        frame.end = frame.end.max(built.end);
        match &mut frame.contents {
            Contents::Sequence(items) => items.push(built.node),
            Contents::Mapping { entries, merges, key } => match key.take() {
                None if built.merge => *key = Some(Key::Merge),
                None => *key = Some(Key::Of(key_text(self.text, built.node))),
                Some(Key::Merge) => merges.push(built.node),
                Some(Key::Of(key)) => entries.push(Entry { key, value: built.node }),
            },
        }
        Ok(())
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let char_len = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(self.file, at, at + char_len);
        let message = match error.kind() {
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation => "a tab stands where YAML wants spaces".to_owned(),
            ErrorKind::RecursionLimitExceeded => return too_deep(span),
            kind => kind.to_string(),
        };
        SyntaxError { span, message }
    }
}

impl Built {
    fn leaf(node: Node) -> Built {
        // Copying a long text costs as much as copying many nodes.
        let weight = match &node.value {
            Value::Text(text) => 1 + text.as_str().map_or(0, str::len) / 64,
            _ => 1,
        };
        let depth = usize::from(matches!(node.value, Value::Object(_)));
        Built { end: node.span.end as usize, node, weight, depth, merge: false }
    }
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError { span, message: format!("more than {MAX_DEPTH} lists and objects inside one another") }
}

/// The text of a key. Scalars count by their spelling; other keys have no place in any policy and stay unknown.
fn key_text(source: &str, node: Node) -> Located<Text> {
    let value = match node.value {
        Value::Text(text) => text,
        Value::Number(_) | Value::Bool(_) | Value::Null => {
            let at = node.defined.unwrap_or(node.span);
            Text::lit(source.get(at.start as usize..at.end as usize).unwrap_or_default())
        }
        Value::Unknown(unknown) => Text::unknown(unknown),
        Value::List(_) | Value::Object(_) | Value::OneOf(_) => {
            let why = Cause::Unsupported("a key that is no scalar".into());
            Text::unknown(Unknown::new("a computed key", why, Some(node.span)))
        }
    };
    Located { value, span: node.span, defined: node.defined }
}

/// Adds the entries of the merged mappings that no earlier key overrides; why there may be more.
fn merge(entries: &mut Vec<Entry>, merges: Vec<Node>) -> Option<Unknown> {
    if merges.is_empty() {
        return None;
    }
    let name = |entry: &Entry| entry.key.value.as_str().map(str::to_owned);
    let mut seen: HashSet<String> = entries.iter().filter_map(name).collect();
    let mut open = None;
    let sources = merges.into_iter().flat_map(|node| match node.value {
        Value::List(list) => list.items,
        _ => vec![node],
    });
    for source in sources {
        match source.value {
            Value::Object(object) => {
                for entry in object.entries {
                    // A key that is not known cannot be told from any other: it stays.
                    if name(&entry).is_none_or(|key| seen.insert(key)) {
                        entries.push(entry);
                    }
                }
                open = open.or(object.open);
            }
            Value::Unknown(unknown) => open = open.or(Some(unknown)),
            _ => {
                let why = Cause::Invalid(format!("`<<` merges mappings, not {}", source.kind()).into());
                open = open.or(Some(Unknown::new("<<", why, Some(source.span))));
            }
        }
    }
    open
}
