//! The JSON text of a value, as Terraform's `jsonencode` writes it.
//!
//! Most policies never become text here: they stay trees (see `value`). This is for functions that look at the text.
//! Not here: reading JSON.

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use crate::value::{Content, Field, Kind, MAX_TEXT, Piece, Seq, Val, hidden};

/// The whole text, if the value is known.
pub(crate) fn known(value: &Val) -> Option<String> {
    let mut writer = Writer { pieces: Vec::new(), text: String::new(), span: value.span };
    writer.value(value);
    writer.pieces.is_empty().then_some(writer.text)
}

/// The text with what is not known of it as holes.
pub(crate) fn pieces(value: &Val, span: Span) -> Vec<Piece> {
    let mut writer = Writer { pieces: Vec::new(), text: String::new(), span };
    writer.value(value);
    writer.flush();
    writer.pieces
}

struct Writer {
    pieces: Vec<Piece>,
    /// What follows the last piece.
    text: String,
    span: Span,
}

impl Writer {
    fn flush(&mut self) {
        if !self.text.is_empty() {
            let content = Content::Lit(std::mem::take(&mut self.text).into());
            self.pieces.push(Piece { content, span: self.span, verbatim: false });
        }
    }

    fn piece(&mut self, content: Content) {
        self.flush();
        self.pieces.push(Piece { content, span: self.span, verbatim: false });
    }

    fn value(&mut self, value: &Val) {
        if self.text.len() > MAX_TEXT {
            return self.unknown(value);
        }
        if let Some(name) = &value.sensitive {
            return self.piece(Content::Hole(Arc::new(hidden(name, value.span))));
        }
        match &value.kind {
            Kind::Null => self.text.push_str("null"),
            Kind::Bool(b) => self.text.push_str(if *b { "true" } else { "false" }),
            Kind::Number(n) => self.text.push_str(&n.canonical()),
            Kind::Str(text) => {
                self.text.push('"');
                for piece in text.flat().pieces() {
                    match &piece.content {
                        Content::Lit(lit) => escape(lit, &mut self.text),
                        other => self.piece(other.clone()),
                    }
                }
                self.text.push('"');
            }
            Kind::List(seq) => self.list(seq),
            Kind::Object(map) => match (sorted(&map.fields), &map.open) {
                (Some(fields), None) => {
                    self.text.push('{');
                    for (at, (key, value)) in fields.into_iter().enumerate() {
                        if at > 0 {
                            self.text.push(',');
                        }
                        self.text.push('"');
                        escape(&key, &mut self.text);
                        self.text.push_str("\":");
                        self.value(value);
                    }
                    self.text.push('}');
                }
                _ => self.unknown(value),
            },
            Kind::OneOf(_) | Kind::Resource(_) | Kind::Unknown(_) => self.unknown(value),
        }
    }

    fn list(&mut self, seq: &Seq) {
        self.text.push('[');
        match &seq.open {
            // There may be more anywhere among the elements.
            Some(open) => self.piece(Content::Hole(Arc::clone(open))),
            None => {
                for (at, item) in seq.items.iter().enumerate() {
                    if at > 0 {
                        self.text.push(',');
                    }
                    self.value(item);
                }
            }
        }
        self.text.push(']');
    }

    fn unknown(&mut self, value: &Val) {
        let why = || {
            let cause = Cause::Unsupported("the text of this value".into());
            Arc::new(Unknown::new("jsonencode(…)", cause, Some(value.span)))
        };
        let unknown = value.why_unknown().unwrap_or_else(why);
        self.piece(Content::Hole(unknown));
    }
}

/// The fields by their keys, of equal keys the last; `None` if a key is not known.
pub(crate) fn sorted(fields: &[Field]) -> Option<Vec<(Rc<str>, &Val)>> {
    let keyed = fields.iter().map(|f| Some((f.key.known()?, &f.value)));
    let mut keyed = keyed.collect::<Option<Vec<_>>>()?;
    keyed.reverse();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|later, earlier| later.0 == earlier.0);
    Some(keyed)
}

/// The characters of a JSON string; those that HTML minds are escaped too.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
}
