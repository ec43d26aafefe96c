//! Texts that were embedded in another file's strings, and the way back from them to that file's bytes.
//!
//! A trust policy may stand in a heredoc, in a quoted string full of escapes, in a YAML block. One JSON parser
//! serves them all: it parses a [`Decoded`] text and asks its [`Origin`] where each piece came from.

use std::ops::Range;
use std::sync::Arc;

use crate::{Node, Piece, Span, Text, Value};

/// Stands for one piece that is not known text, at exactly the offsets that [`Decoded::filling`] knows. The same
/// character elsewhere in the text is itself.
pub const PLACEHOLDER: char = '\u{fffc}';

/// One run of decoded text and the source it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    decoded: Range<u32>,
    source: Span,
    /// Byte for byte the same, so that offsets inside can be carried over.
    verbatim: bool,
}

/// A piecewise map from decoded text to source bytes.
///
/// INVARIANT: runs are in the order of the decoded text, do not overlap, and leave no gap. Only the first may be
/// empty: it keeps the place of a text without characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin(Vec<Run>);

impl Origin {
    /// The source range that the decoded range `start..end` came from. Where the ends lie in different files the
    /// run of the start decides. `None` only if nothing is mapped at all.
    pub fn span(&self, range: Range<usize>) -> Option<Span> {
        let start = u32::try_from(range.start).unwrap_or(u32::MAX);
        let end = u32::try_from(range.end).unwrap_or(u32::MAX).max(start);
        let first = self.run_at(start)?;
        let from = if first.verbatim {
            (first.source.start + start.saturating_sub(first.decoded.start)).min(first.source.end)
        } else if start >= first.decoded.end {
            first.source.end
        } else {
            first.source.start
        };
        // The last run is the one that holds the byte before `end`.
        let last = self.run_at(if end > start { end - 1 } else { end })?;
        let until = if last.verbatim {
            (last.source.start + end.saturating_sub(last.decoded.start)).min(last.source.end)
        } else if end == start {
            from
        } else {
            last.source.end
        };
        if last.source.file == first.source.file && until >= from {
            Some(Span { file: first.source.file, start: from, end: until })
        } else {
            Some(Span { file: first.source.file, start: from, end: first.source.end.max(from) })
        }
    }

    fn run_at(&self, offset: u32) -> Option<&Run> {
        let index = self.0.partition_point(|run| run.decoded.end <= offset);
        self.0.get(index).or_else(|| self.0.last())
    }

    fn push(&mut self, run: Run) {
        // Neighbouring verbatim runs that continue each other are one run.
        if let Some(last) = self.0.last_mut()
            && last.verbatim
            && run.verbatim
            && last.source.file == run.source.file
            && last.source.end == run.source.start
        {
            last.decoded.end = run.decoded.end;
            last.source.end = run.source.end;
            return;
        }
        self.0.push(run);
    }
}

/// A text with the way back to its source, and the pieces of it that are not text.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    text: String,
    origin: Origin,
    fillings: Vec<(usize, Node)>,
}

impl Decoded {
    /// The text, each piece that is not known text being one [`PLACEHOLDER`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The way back.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What stands at this offset instead of the [`PLACEHOLDER`] there: an unknown or symbolic text, or a whole
    /// tree (`${jsonencode(…)}` inside a heredoc).
    pub fn filling(&self, offset: usize) -> Option<&Node> {
        let index = self.fillings.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        self.fillings.get(index).map(|(_, node)| node)
    }

    /// The text of a node: by its own origin where it has one, else the bytes under its span. `None` if the node
    /// is no text.
    pub fn of(node: &Node) -> Option<Decoded> {
        let Value::Text(text) = &node.value else {
            return None;
        };
        let mut out = DecodedBuilder::default();
        match &node.origin {
            Some(origin) => {
                for piece in text.pieces() {
                    let at = out.0.text.len();
                    match piece {
                        Piece::Lit(lit) => {
                            out.0.text.push_str(lit);
                        }
                        other => {
                            let span = origin.span(at..at + PLACEHOLDER.len_utf8()).unwrap_or(node.span);
                            let value = Value::Text(Text::from_iter([other.clone()]));
                            out.0.fillings.push((at, Node::new(value, span)));
                            out.0.text.push(PLACEHOLDER);
                        }
                    }
                }
                out.0.origin = origin.as_ref().clone();
                // The text may be empty and its origin with it; its place is known all the same.
                out.run(0, node.span, true);
            }
            None => {
                out.run(0, node.span, true);
                for piece in text.pieces() {
                    match piece {
                        Piece::Lit(lit) if text.pieces().len() == 1 => out.lit(lit, node.span),
                        Piece::Lit(lit) => out.converted(lit, node.span),
                        other => {
                            let value = Value::Text(Text::from_iter([other.clone()]));
                            out.filling(Node::new(value, node.span));
                        }
                    }
                }
            }
        }
        Some(out.build())
    }
}

/// Builds a [`Decoded`] from left to right.
#[derive(Clone, Debug, Default)]
pub struct DecodedBuilder(Decoded);

impl DecodedBuilder {
    fn run(&mut self, length: usize, source: Span, verbatim: bool) {
        if length == 0 && !self.0.origin.0.is_empty() {
            return;
        }
        let source = if length == 0 { Span { end: source.start, ..source } } else { source };
        let start = u32::try_from(self.0.text.len()).unwrap_or(u32::MAX);
        let end = start.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        self.0.origin.push(Run { decoded: start..end, source, verbatim });
    }

    /// Appends text that stands in the source under `source`: carried over byte for byte if the lengths agree,
    /// else as one piece (an escape, for instance).
    pub fn lit(&mut self, text: &str, source: Span) {
        self.run(text.len(), source, text.len() == source.len() as usize);
        self.0.text.push_str(text);
    }

    /// Appends text that the source says in another way: every part of it maps to all of `source`.
    pub fn converted(&mut self, text: &str, source: Span) {
        self.run(text.len(), source, false);
        self.0.text.push_str(text);
    }

    /// Appends a part of another decoded text, without fillings, by that text's own way back. What lies outside
    /// that text is no part of it.
    pub fn carried(&mut self, from: &Decoded, range: Range<usize>) {
        let runs = &from.origin.0;
        let first = runs.partition_point(|run| run.decoded.end as usize <= range.start);
        for run in runs.iter().skip(first).take_while(|run| (run.decoded.start as usize) < range.end) {
            let start = range.start.max(run.decoded.start as usize);
            let end = range.end.min(run.decoded.end as usize);
            let source = if run.verbatim { from.origin.span(start..end) } else { None };
            if let Some(text) = from.text.get(start..end) {
                self.run(text.len(), source.unwrap_or(run.source), run.verbatim);
                self.0.text.push_str(text);
            }
        }
    }

    /// Appends a piece that is not known text: an unknown or symbolic text, or a tree. A node that is a known
    /// text is appended as text.
    pub fn filling(&mut self, node: Node) {
        if let Value::Text(text) = &node.value
            && let Some(known) = text.as_str()
        {
            let known = known.to_owned();
            self.converted(&known, node.span);
            return;
        }
        self.run(PLACEHOLDER.len_utf8(), node.span, false);
        self.0.fillings.push((self.0.text.len(), node));
        self.0.text.push(PLACEHOLDER);
    }

    /// The finished text.
    pub fn build(self) -> Decoded {
        self.0
    }

    /// The finished text as a node at `span` that keeps the way back; a tree among the fillings becomes unknown
    /// text, since a text cannot hold it.
    pub fn into_node(self, span: Span) -> Node {
        let mut text = Text::default();
        let mut from = 0;
        for (at, node) in &self.0.fillings {
            text.push_str(self.0.text.get(from..*at).unwrap_or_default());
            match &node.value {
                Value::Text(piece) => text.append(piece),
                Value::Unknown(unknown) => text.push(Piece::Hole(Arc::new(unknown.clone()))),
                _ => text.push(Piece::Hole(Arc::new(crate::Unknown::new(
                    "a structure inside text",
                    crate::Cause::Unsupported("a structure used as text".into()),
                    Some(node.span),
                )))),
            }
            from = at + PLACEHOLDER.len_utf8();
        }
        text.push_str(self.0.text.get(from..).unwrap_or_default());
        // Offsets of the origin count one placeholder a filling; a filling of several pieces would shift them.
        let simple = self.0.fillings.iter().all(|(_, n)| match &n.value {
            Value::Text(t) => t.pieces().len() == 1,
            _ => true,
        });
        let mut node = Node::new(Value::Text(text), span);
        node.origin = simple.then(|| Arc::new(self.0.origin));
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, FileId, Unknown};

    fn span(start: u32, end: u32) -> Span {
        Span { file: FileId(0), start, end }
    }

    #[test]
    fn ranges_go_back_through_escapes_and_holes() {
        // source: ab\n${v}cd   (offsets 0..2, 2..4, 4..8, 8..10)
        let mut b = DecodedBuilder::default();
        b.lit("ab", span(0, 2));
        b.lit("\n", span(2, 4));
        b.filling(Node::new(Value::Unknown(Unknown::new("v", Cause::NoValue, None)), span(4, 8)));
        b.lit("cd", span(8, 10));
        let decoded = b.build();
        assert_eq!(decoded.text(), "ab\n\u{fffc}cd");
        let origin = decoded.origin();
        assert_eq!(origin.span(1..2), Some(span(1, 2)));
        assert_eq!(origin.span(0..3), Some(span(0, 4)));
        assert_eq!(origin.span(3..6), Some(span(4, 8)));
        assert_eq!(origin.span(6..7), Some(span(8, 9)));
        assert_eq!(origin.span(7..8), Some(span(9, 10)));
        assert_eq!(origin.span(2..7), Some(span(2, 9)));
        assert!(decoded.filling(3).is_some());
        assert!(decoded.filling(0).is_none());
    }

    #[test]
    fn a_part_of_a_decoded_text_keeps_its_places() {
        // source: ab\ncd
        let mut b = DecodedBuilder::default();
        b.lit("ab", span(0, 2));
        b.lit("\n", span(2, 4));
        b.lit("cd", span(4, 6));
        let whole = b.build();
        let mut b = DecodedBuilder::default();
        b.carried(&whole, 1..4);
        b.carried(&whole, 4..9);
        let part = b.build();
        assert_eq!(part.text(), "b\ncd");
        assert_eq!(part.origin().span(0..1), Some(span(1, 2)));
        assert_eq!(part.origin().span(1..2), Some(span(2, 4)));
        assert_eq!(part.origin().span(2..4), Some(span(4, 6)));
    }

    #[test]
    fn an_empty_text_has_a_place() {
        let empty = Decoded::of(&Node::text("", span(7, 7))).unwrap();
        assert_eq!(empty.origin().span(0..0), Some(span(7, 7)));
        let mut b = DecodedBuilder::default();
        b.lit("", span(7, 9));
        let node = b.into_node(span(6, 10));
        assert_eq!(Decoded::of(&node).unwrap().origin().span(0..0), Some(span(7, 7)));
    }

    #[test]
    fn a_node_round_trips_with_its_origin() {
        let mut b = DecodedBuilder::default();
        b.lit("a\"", span(1, 4));
        b.filling(Node::new(Value::Unknown(Unknown::new("v", Cause::NoValue, None)), span(4, 8)));
        b.lit("z", span(8, 9));
        let node = b.into_node(span(0, 10));
        let again = Decoded::of(&node).unwrap();
        assert_eq!(again.text(), "a\"\u{fffc}z");
        assert_eq!(again.origin().span(5..6), Some(span(8, 9)));
        assert!(again.filling(2).is_some());
    }
}
