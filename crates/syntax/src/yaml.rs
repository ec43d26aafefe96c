//! YAML to located trees, on top of `granit-parser`'s events.
//!
//! Here: the tree with its spans, anchors, aliases, merge keys and tags, and the limits that keep hostile text
//! from growing it. How one scalar becomes a value is in `scalar`. Not here: what any tag or comment means (the
//! caller says so).

mod hyphen;
mod scalar;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};
use model::{Cause, Decoded, Entry, FileId, List, Located, Node, Object, Span, Text, Unknown, Value};

use crate::SyntaxError;
use crate::ground::Ground;
use crate::json::MAX_DEPTH;
use hyphen::Hyphens;

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
    documents(text, Ground::File(file, 0), tag)
}

/// Parses YAML that was embedded in another file's string; spans point into that file. A filling of the text is a
/// part of the scalar that it stands in.
///
/// # Errors
/// The text is not YAML.
pub fn parse_decoded(
    decoded: &Decoded,
    tag: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Node>, SyntaxError> {
    documents(decoded.text(), Ground::Decoded(decoded), tag)
}

/// The places of the comments of a YAML text, in its own bytes, each from its `#` to the end of its line. Of a text that
/// is not YAML, those up to where it ends to be.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    let options = granit_parser::options! { emit_comments: true, emit_unresolved_aliases: true };
    let mut hyphens = Hyphens::of(text);
    loop {
        let mut found = Vec::new();
        let mut failed = None;
        for next in Parser::new_from_str_with_options(&hyphens.readable(), options.clone()) {
            match next {
                Ok((Event::Comment(..), place)) => {
                    found.extend(place.byte_range());
                }
                Ok(_) => {}
                Err(error) => failed = error.marker().byte_offset(),
            }
            if failed.is_some() {
                break;
            }
        }
        if !failed.is_some_and(|at| hyphens.allow(at)) {
            return found;
        }
    }
}

fn documents(
    text: &str,
    ground: Ground<'_>,
    tag: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Node>, SyntaxError> {
    let mut hyphens = Hyphens::of(text);
    loop {
        match attempt(text, &hyphens, ground, tag) {
            Ok(documents) => return Ok(documents),
            Err((_, Some(at))) if hyphens.allow(at) => {}
            Err((error, _)) => return Err(error),
        }
    }
}

/// Parses a text in which these hyphens are read as texts. An error of the scanner says where.
fn attempt(
    text: &str,
    hyphens: &Hyphens<'_>,
    ground: Ground<'_>,
    tag: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Node>, (SyntaxError, Option<usize>)> {
    let options = granit_parser::options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut builder = Builder {
        text,
        hyphens,
        ground,
        tag,
        frames: Vec::new(),
        nodes: Vec::new(),
        entries: Vec::new(),
        anchors: HashMap::new(),
        aliased: 0,
        documents: Vec::new(),
    };
    let readable = hyphens.readable();
    for next in Parser::new_from_str_with_options(&readable, options) {
        let (event, place) =
            next.map_err(|error| (builder.scan_error(&error), error.marker().byte_offset()))?;
        builder.event(event, &place).map_err(|error| (error, None))?;
    }
    Ok(builder.documents)
}

/// What is known of a finished node besides its value.
#[derive(Clone)]
struct Built {
    /// Where its content stands in the text.
    range: Range<usize>,
    /// Where it ends in the text, its closing quote included.
    end: usize,
    /// What an alias to it costs.
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

/// What an open collection is, and where its finished children begin among those of all.
enum Contents {
    Sequence { from: usize },
    Mapping { from: usize, merges: Vec<Node>, key: Option<Key> },
}

enum Key {
    Merge,
    Of(Located<Text>),
}

/// A tag as resolved by the parser, and where it stands.
struct WrittenTag {
    name: String,
    range: Range<usize>,
}

struct Builder<'a> {
    text: &'a str,
    hyphens: &'a Hyphens<'a>,
    ground: Ground<'a>,
    tag: &'a dyn Fn(&str) -> Option<String>,
    frames: Vec<Frame>,
    /// The finished elements of the sequences that are open, the outermost first.
    nodes: Vec<Node>,
    /// The finished entries of the mappings that are open, the outermost first.
    entries: Vec<Entry>,
    anchors: HashMap<usize, (Node, Built)>,
    aliased: usize,
    documents: Vec<Node>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Result<(), SyntaxError> {
        let range = place.byte_range().unwrap_or(0..0);
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                let value = if self.hyphens.stands_at(range.start) { Cow::Borrowed("-") } else { value };
                let (node, built) = self.scalar(&value, style, range, tag);
                self.finish(node, built, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                self.open(Contents::Sequence { from: self.nodes.len() }, range, anchor, tag)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let tag = self.written_tag(tag.as_deref(), place);
                let from = self.entries.len();
                let contents = Contents::Mapping { from, merges: Vec::new(), key: None };
                self.open(contents, range, anchor, tag)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range)?,
            Event::Alias(id) => {
                let (node, built) = self.alias(id, range)?;
                self.add(node, built)?;
            }
            Event::UnresolvedAlias(name) => {
                let why = Cause::Unresolved(format!("no anchor `&{name}` stands above").into());
                let node = Node::unknown(format!("*{name}"), why, self.ground.span(range.clone()));
                let built = Built::leaf(&node, range);
                self.add(node, built)?;
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
        Some(WrittenTag { name, range })
    }

    fn scalar(
        &self,
        value: &str,
        style: ScalarStyle,
        range: Range<usize>,
        tag: Option<WrittenTag>,
    ) -> (Node, Built) {
        let plain = style == ScalarStyle::Plain;
        let typed = if plain && tag.is_none() { scalar::typed(value) } else { None };
        if let Some(typed) = typed {
            let node = Node::new(typed, self.ground.span(range.clone()));
            let built = Built::leaf(&node, range);
            return (node, built);
        }
        let (node, content) = scalar::text(self.text, self.ground, value, style, range.clone());
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let end = if block { content.end } else { range.end };
        let merge = plain && tag.is_none() && value == "<<";
        let node = match tag {
            None => node,
            Some(tag) => match tag.name.strip_prefix(scalar::STANDARD) {
                _ if tag.name == "!" => node,
                Some(kind) => scalar::standard(kind, value, node),
                // What a local tag is given is text: `!Sub yes` is no boolean.
                None => self.tagged(tag, node, end),
            },
        };
        let built = Built { end, merge, ..Built::leaf(&node, content) };
        (node, built)
    }

    /// The mapping that a local tag abbreviates.
    fn tagged(&self, tag: WrittenTag, node: Node, end: usize) -> Node {
        let whole = self.ground.span(tag.range.start..end.max(tag.range.start));
        let long = tag.name.strip_prefix('!').and_then(|name| (self.tag)(name));
        match long {
            Some(long) => {
                let key = Located::new(Text::lit(&long), self.ground.span(tag.range));
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
        range: Range<usize>,
        anchor: usize,
        tag: Option<WrittenTag>,
    ) -> Result<(), SyntaxError> {
        if self.frames.len() >= MAX_DEPTH {
            return Err(too_deep(self.ground.span(range)));
        }
        let start = range.start;
        self.frames.push(Frame { contents, start, end: start, anchor, tag, weight: 1, depth: 0 });
        Ok(())
    }

    fn close(&mut self, bracket: Range<usize>) -> Result<(), SyntaxError> {
        // The parser balances its events.
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let value = match frame.contents {
            Contents::Sequence { from } => {
                let from = from.min(self.nodes.len());
                Value::List(List { items: self.nodes.drain(from..).collect(), open: None })
            }
            Contents::Mapping { from, merges, .. } => {
                let from = from.min(self.entries.len());
                let mut entries: Vec<Entry> = self.entries.drain(from..).collect();
                let open = merge(&mut entries, merges);
                Value::Object(Object { entries, open })
            }
        };
        // A flow collection ends with its bracket; a block collection has no end of its own but its last child's.
        let end = if bracket.is_empty() { frame.end } else { bracket.end };
        let mut node = Node::new(value, self.ground.span(frame.start..end.max(frame.start)));
        let mut depth = frame.depth + 1;
        if let Some(tag) = frame.tag {
            let collection =
                tag.name.strip_prefix(scalar::STANDARD).is_some_and(|t| t == "map" || t == "seq");
            if !collection && tag.name != "!" {
                node = self.tagged(tag, node, end);
                depth += 1;
            }
        }
        let range = frame.start..end;
        self.finish(node, Built { range, end, weight: frame.weight, depth, merge: false }, frame.anchor)
    }

    /// A node that an anchor may name.
    fn finish(&mut self, node: Node, built: Built, anchor: usize) -> Result<(), SyntaxError> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), built.clone()));
        }
        self.add(node, built)
    }

    fn alias(&mut self, id: usize, range: Range<usize>) -> Result<(Node, Built), SyntaxError> {
        let span = self.ground.span(range.clone());
        let Some((node, built)) = self.anchors.get(&id) else {
            let why = Cause::Invalid("the alias stands inside the node that it names".into());
            let node = Node::unknown("a cyclic alias", why, span);
            let built = Built::leaf(&node, range);
            return Ok((node, built));
        };
        self.aliased = self.aliased.saturating_add(built.weight);
        if self.aliased > MAX_ALIASED {
            let message = format!("aliases expand to more than {MAX_ALIASED} nodes");
            return Err(SyntaxError { span, message });
        }
        Ok((node.clone().used_at(span), Built { end: range.end, ..built.clone() }))
    }

    /// Puts a node where it belongs: a key, a value, an element, a document.
    fn add(&mut self, node: Node, built: Built) -> Result<(), SyntaxError> {
        if self.frames.len() + built.depth > MAX_DEPTH {
            return Err(too_deep(node.span));
        }
        let Some(frame) = self.frames.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(built.weight);
        frame.depth = frame.depth.max(built.depth);
        frame.end = frame.end.max(built.end);
        match &mut frame.contents {
            Contents::Sequence { .. } => self.nodes.push(node),
            Contents::Mapping { merges, key, .. } => match key.take() {
                None if built.merge => *key = Some(Key::Merge),
                None => *key = Some(Key::Of(key_text(self.text, node, built.range))),
                Some(Key::Merge) => merges.push(node),
                Some(Key::Of(key)) => self.entries.push(Entry { key, value: node }),
            },
        }
        Ok(())
    }

    fn scan_error(&self, error: &ScanError) -> SyntaxError {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let char_len = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = self.ground.span(at..at + char_len);
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
    fn leaf(node: &Node, range: Range<usize>) -> Built {
        // Copying a long text costs as much as copying many nodes.
        let weight = match &node.value {
            Value::Text(text) => 1 + text.as_str().map_or(0, str::len) / 64,
            _ => 1,
        };
        let depth = usize::from(matches!(node.value, Value::Object(_)));
        Built { end: range.end, range, weight, depth, merge: false }
    }
}

fn too_deep(span: Span) -> SyntaxError {
    SyntaxError { span, message: format!("more than {MAX_DEPTH} lists and objects inside one another") }
}

/// The text of a key. Scalars count by their spelling; other keys have no place in any policy and stay unknown.
fn key_text(source: &str, node: Node, range: Range<usize>) -> Located<Text> {
    let value = match node.value {
        Value::Text(text) => text,
        Value::Number(_) | Value::Bool(_) | Value::Null => Text::lit(source.get(range).unwrap_or_default()),
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
