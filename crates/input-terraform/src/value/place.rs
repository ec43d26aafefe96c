//! Where a value stands: used here, defined there.
//!
//! Not here: where a value comes from first (the parser's spans).

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use super::{Content, Field, Kind, Map, Piece, Seq, Str, Val, hidden};

impl Val {
    /// The same value used at `span`; where it stood before is its definition. Scalar elements of a list move
    /// along: they stand nowhere else in the policy that uses the list.
    pub(crate) fn used_at(mut self, span: Span) -> Self {
        if let Kind::List(seq) = &self.kind
            && seq.items.iter().any(Val::is_scalar)
        {
            let items =
                seq.items.iter().map(|v| if v.is_scalar() { v.clone().used_at(span) } else { v.clone() });
            let seq = Seq { items: items.collect(), open: seq.open.clone(), of: seq.of.clone(), ..**seq };
            self.kind = Kind::List(Rc::new(seq));
        }
        if self.span != span {
            self.defined = Some(self.defined.unwrap_or(self.span));
            self.span = span;
        }
        self
    }

    /// The same value with everything in it standing at one place: what it came from is in no file.
    pub(crate) fn stands_at(&self, span: Span) -> Self {
        let kind = match &self.kind {
            Kind::List(seq) => {
                let items = seq.items.iter().map(|v| v.stands_at(span)).collect();
                Kind::List(Rc::new(Seq { items, ..(**seq).clone() }))
            }
            Kind::Object(map) => {
                let field = |f: &Field| Field {
                    key: Str::new(placed(f.key.pieces(), span)),
                    key_span: span,
                    value: f.value.stands_at(span),
                };
                Kind::Object(Rc::new(Map {
                    fields: map.fields.iter().map(field).collect(),
                    ..(**map).clone()
                }))
            }
            Kind::Str(text) => Kind::Str(Str::new(placed(text.pieces(), span))),
            kind => kind.clone(),
        };
        Val { kind, span, defined: None, sensitive: self.sensitive.clone() }
    }

    fn is_scalar(&self) -> bool {
        match &self.kind {
            Kind::Bool(_) | Kind::Number(_) => true,
            Kind::Str(text) => text.tree().is_none(),
            _ => false,
        }
    }

    /// The same value with the definition and the secrecy of another.
    pub(crate) fn placed_like(self, other: &Val) -> Val {
        Val { defined: other.defined, ..self }.hide(other.sensitive.clone())
    }

    /// The pieces that stand for this value inside a template at `span`.
    pub(crate) fn interpolated(&self, span: Span) -> Vec<Piece> {
        let hole =
            |unknown: Arc<Unknown>| vec![Piece { content: Content::Hole(unknown), span, verbatim: false }];
        if let Some(name) = &self.sensitive {
            return hole(Arc::new(hidden(name, span)));
        }
        match self.to_str() {
            Some(text) => placed(text.pieces(), span),
            None => hole(self.why_unknown().unwrap_or_else(|| {
                let why = format!("{} used as text", self.sort());
                Arc::new(Unknown::new(self.sort(), Cause::Invalid(why.into()), Some(span)))
            })),
        }
    }
}

/// The pieces as they stand under one span: neighbouring known texts are one.
fn placed(pieces: &[Piece], span: Span) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, out: &mut Vec<Piece>| {
        if !text.is_empty() {
            let content = Content::Lit(std::mem::take(text).into());
            out.push(Piece { content, span, verbatim: false });
        }
    };
    for piece in pieces {
        match &piece.content {
            Content::Lit(lit) => text.push_str(lit),
            content => {
                flush(&mut text, &mut out);
                out.push(Piece { content: content.clone(), span, verbatim: false });
            }
        }
    }
    flush(&mut text, &mut out);
    out
}
