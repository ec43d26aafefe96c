//! Strings as pieces: known characters, symbols, holes, and the JSON text of values.
//!
//! Not here: operations of Terraform on strings (see `functions`).

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Decoded, DecodedBuilder, Node, Span, Symbol, Text, Unknown, Value};

use super::{Kind, Val};
use crate::json_text;

/// What a piece that is no text counts against the longest length.
const PIECE_WEIGHT: usize = 64;

/// A string as pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Str(Rc<Vec<Piece>>);

/// A piece of a string and the source it came from.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) content: Content,
    pub(crate) span: Span,
    /// The source under `span` says it byte for byte.
    pub(crate) verbatim: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Lit(Rc<str>),
    Symbol(Symbol),
    Hole(Arc<Unknown>),
    /// The JSON text of a value.
    Tree(Rc<Val>),
}

impl Str {
    pub(crate) fn new(pieces: Vec<Piece>) -> Self {
        Str(Rc::new(pieces))
    }

    /// Known characters that stand, in some spelling, under `span`.
    pub(crate) fn converted(text: &str, span: Span) -> Self {
        if text.is_empty() {
            return Str::default();
        }
        Str::new(vec![Piece { content: Content::Lit(text.into()), span, verbatim: false }])
    }

    /// Known characters that stand byte for byte under `span`.
    pub(crate) fn verbatim(text: &str, span: Span) -> Self {
        if text.is_empty() {
            return Str::default();
        }
        Str::new(vec![Piece { content: Content::Lit(text.into()), span, verbatim: true }])
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The whole text, if all of it is known.
    pub(crate) fn known(&self) -> Option<Rc<str>> {
        match self.0.as_slice() {
            [] => Some("".into()),
            [Piece { content: Content::Lit(text), .. }] => Some(Rc::clone(text)),
            pieces => {
                let mut out = String::new();
                for piece in pieces {
                    match &piece.content {
                        Content::Lit(text) => out.push_str(text),
                        Content::Tree(tree) => out.push_str(&json_text::known(tree)?),
                        Content::Symbol(_) | Content::Hole(_) => return None,
                    }
                }
                Some(out.into())
            }
        }
    }

    /// The same string with JSON trees spelled out.
    pub(crate) fn flat(&self) -> Str {
        if !self.0.iter().any(|p| matches!(p.content, Content::Tree(_))) {
            return self.clone();
        }
        let mut pieces = Vec::with_capacity(self.0.len());
        for piece in self.0.iter() {
            match &piece.content {
                Content::Tree(tree) => pieces.extend(json_text::pieces(tree, piece.span)),
                _ => pieces.push(piece.clone()),
            }
        }
        Str::new(pieces)
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.known().is_some_and(|known| &*known == text)
    }

    /// The value whose JSON text this string is.
    pub(crate) fn tree(&self) -> Option<&Rc<Val>> {
        match self.0.as_slice() {
            [Piece { content: Content::Tree(tree), .. }] => Some(tree),
            _ => None,
        }
    }

    pub(super) fn length(&self) -> usize {
        let length = |p: &Piece| match &p.content {
            Content::Lit(text) => text.len(),
            Content::Symbol(_) | Content::Hole(_) | Content::Tree(_) => PIECE_WEIGHT,
        };
        self.0.iter().map(length).fold(0, usize::saturating_add)
    }

    /// Each run of known characters changed, places kept as far as the length allows.
    pub(crate) fn map_known(&self, change: impl Fn(&str) -> String) -> Str {
        let piece = |p: &Piece| match &p.content {
            Content::Lit(text) => {
                let text = change(text);
                let verbatim = p.verbatim && text.len() == p.span.len() as usize;
                Piece { content: Content::Lit(text.into()), span: p.span, verbatim }
            }
            _ => p.clone(),
        };
        Str::new(self.0.iter().map(piece).collect())
    }

    pub(crate) fn decoded(&self) -> Decoded {
        self.builder().build()
    }

    pub(crate) fn builder(&self) -> DecodedBuilder {
        let mut builder = DecodedBuilder::default();
        self.build_into(&mut builder);
        builder
    }

    fn build_into(&self, builder: &mut DecodedBuilder) {
        for piece in self.pieces() {
            let span = piece.span;
            match &piece.content {
                Content::Lit(text) if piece.verbatim => builder.lit(text, span),
                Content::Lit(text) => builder.converted(text, span),
                Content::Symbol(symbol) => {
                    builder.filling(Node::new(Value::Text(Text::symbol(*symbol)), span));
                }
                Content::Hole(unknown) => {
                    builder.filling(Node::new(Value::Unknown((**unknown).clone()), span))
                }
                // A text among other text brings its quotes.
                Content::Tree(tree) if matches!(tree.kind, Kind::Str(_)) && tree.sensitive.is_none() => {
                    Str::new(json_text::pieces(tree, span)).build_into(builder);
                }
                Content::Tree(tree) => builder.filling(tree.to_node()),
            }
        }
    }

    pub(crate) fn to_text(&self) -> Text {
        self.pieces().iter().map(Piece::to_text_piece).collect()
    }
}

impl Piece {
    fn to_text_piece(&self) -> model::Piece {
        match &self.content {
            Content::Lit(text) => model::Piece::Lit((**text).into()),
            Content::Symbol(symbol) => model::Piece::Symbol(*symbol),
            Content::Hole(unknown) => model::Piece::Hole(Arc::clone(unknown)),
            Content::Tree(_) => model::Piece::Hole(Arc::new(Unknown::new(
                "JSON inside a string",
                Cause::Unsupported("the text of encoded JSON".into()),
                Some(self.span),
            ))),
        }
    }
}
