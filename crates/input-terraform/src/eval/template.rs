//! Templates: the pieces of a string, each with its place.

use model::Span;

use super::{Evaluator, Scope};
use crate::ir::{Expr, ForParts, IfParts, Part};
use crate::value::{Content, Kind, Piece, Str, Val};

impl Evaluator<'_> {
    /// The value of a template. One interpolation alone is the value itself, not a string.
    pub(super) fn template(&self, parts: &[Part], span: Span, scope: &Scope) -> Val {
        if let [Part::Interpolation { value, .. }] = parts {
            return self.eval(value, scope);
        }
        let mut values = Vec::new();
        for part in parts {
            self.part(part, scope, &mut values);
        }
        self.each_way(&values, span, &|settled| {
            let mut pieces = Vec::with_capacity(settled.len());
            for value in settled {
                match &value.kind {
                    Kind::Str(text) => pieces.extend(text.pieces().iter().cloned()),
                    _ => pieces.extend(value.interpolated(value.span)),
                }
            }
            Val::string(Str::new(pieces), span)
        })
    }

    fn part(&self, part: &Part, scope: &Scope, out: &mut Vec<Val>) {
        match part {
            Part::Literal { text, span, verbatim } => {
                let piece =
                    Piece { content: Content::Lit((**text).into()), span: *span, verbatim: *verbatim };
                out.push(Val::new(Kind::Str(Str::new(vec![piece])), *span));
            }
            Part::Interpolation { value, span } => out.push(self.stand_in(value, *span, scope)),
            Part::If(parts) => {
                let IfParts { test, yes, no, span } = &**parts;
                let branch = |holds| self.template_text(if holds { yes } else { no }, *span, scope);
                out.push(self.choose(test, *span, scope, &branch));
            }
            Part::For(parts) => {
                let ForParts { key, value, collection, body, span } = &**parts;
                let collection = self.eval(collection, scope);
                let names = (key.as_deref(), &**value);
                match self.elements(&collection) {
                    Some((elements, None)) => {
                        for (k, v) in elements {
                            let inner = bind(scope, names, k, v);
                            body.iter().for_each(|part| self.part(part, &inner, out));
                        }
                    }
                    None if collection.why_unknown().is_none() || collection.is_error() => {
                        out.push(
                            self.error(format!("a template directive over {}", collection.sort()), *span),
                        );
                    }
                    _ => out.push(self.unsupported("a template directive over an unknown collection", *span)),
                }
            }
        }
    }

    /// The text of some parts; unlike a whole template, one interpolation is text too.
    fn template_text(&self, parts: &[Part], span: Span, scope: &Scope) -> Val {
        match parts {
            [] => Val::string(Str::default(), span),
            [Part::Interpolation { value, span }] => self.stand_in(value, *span, scope),
            _ => self.template(parts, span, scope),
        }
    }

    /// An interpolated value, placed at its `${…}`.
    fn stand_in(&self, value: &Expr, span: Span, scope: &Scope) -> Val {
        let value = self.eval(value, scope);
        self.each_way(&[value], span, &|values| match values.first() {
            Some(value) => match &value.kind {
                Kind::Null => self.error("null inside a string", span),
                _ => Val::new(Kind::Str(Str::new(value.interpolated(span))), span),
            },
            None => self.error("an empty interpolation", span),
        })
    }

    /// A template file's parts with the given names.
    pub(crate) fn render(&self, parts: &[Part], span: Span, scope: &Scope) -> Val {
        self.template(parts, span, scope)
    }
}

/// The scope with the names of a `for` bound.
pub(super) fn bind(scope: &Scope, names: (Option<&str>, &str), key: Val, value: Val) -> Scope {
    let (key_name, value_name) = names;
    let scope = match key_name {
        Some(name) => scope.with(name, key),
        None => scope.clone(),
    };
    scope.with(value_name, value)
}
