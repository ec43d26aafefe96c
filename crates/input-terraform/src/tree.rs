//! Between values and located trees.
//!
//! Not here: JSON text (see `document` and the syntax crate).

use std::sync::Arc;

use model::{Branch, Cause, Entry, List, Located, Node, Object, OneOf, Text, Unknown, Value};

use crate::value::{Alternative, Choice, Content, Field, Inputs, Kind, Piece, Str, Val, hidden};

impl Val {
    /// The located tree of this value. Sensitive values become unknown: a report must not show them.
    pub(crate) fn to_node(&self) -> Node {
        if let Some(name) = &self.sensitive {
            return self.place(Value::Unknown(hidden(name, self.span)));
        }
        let value = match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number((*n.canonical()).into()),
            Kind::Str(text) => return self.text_node(text),
            Kind::List(seq) => Value::List(List {
                items: seq.items.iter().map(Val::to_node).collect(),
                open: seq.open.as_deref().cloned(),
            }),
            Kind::Object(map) => Value::Object(Object {
                entries: map
                    .fields
                    .iter()
                    .map(|f| Entry {
                        key: Located::new(f.key.to_text(), f.key_span),
                        value: f.value.to_node(),
                    })
                    .collect(),
                open: map.open.as_deref().cloned(),
            }),
            Kind::OneOf(choice) => Value::OneOf(choice.map_to(Val::to_node)),
            Kind::Resource(_) | Kind::Unknown(_) => {
                let unknown = self.why_unknown().map(|u| (*u).clone());
                let why = || Unknown::new("value", Cause::Unsupported("this value".into()), Some(self.span));
                Value::Unknown(unknown.unwrap_or_else(why))
            }
        };
        self.place(value)
    }

    fn place(&self, value: Value) -> Node {
        Node { value, span: self.span, defined: self.defined, origin: None }
    }

    fn text_node(&self, text: &Str) -> Node {
        let mut node = text.builder().into_node(self.span);
        node.defined = self.defined;
        // The bytes under the span are the text itself: no map is needed.
        if let [Piece { verbatim: true, span, .. }] = text.pieces()
            && *span == self.span
        {
            node.origin = None;
        }
        node
    }

    /// The value that a located tree says.
    pub(crate) fn of_node(node: &Node) -> Val {
        let span = node.span;
        let open = |unknown: &Option<Unknown>| unknown.clone().map(Arc::new);
        let mut val = match &node.value {
            Value::Null => Val::null(span),
            Value::Bool(b) => Val::bool(*b, span),
            Value::Number(n) => Val::number(&**n, span),
            Value::Text(text) => Val::string(Str::of_text(node, text), span),
            Value::List(list) => {
                Val::list(list.items.iter().map(Val::of_node).collect(), open(&list.open), span)
            }
            Value::Object(object) => {
                let field = |e: &Entry| Field {
                    key: Str::of_text(&Node::new(Value::Text(e.key.value.clone()), e.key.span), &e.key.value),
                    key_span: e.key.span,
                    value: Val::of_node(&e.value),
                };
                Val::object(object.entries.iter().map(field).collect(), open(&object.open), span)
            }
            Value::OneOf(one) => {
                let branch = |b: &Branch| Alternative {
                    when: b.when.clone(),
                    standing: b.standing,
                    value: Val::of_node(&b.node),
                };
                let branches = one.branches.iter().map(branch).collect();
                Val::one_of(
                    Choice { name: one.choice.clone(), span: one.span, branches, inputs: Inputs::default() },
                    span,
                )
            }
            Value::Unknown(unknown) => Val::new(Kind::Unknown(Arc::new(unknown.clone())), span),
        };
        val.defined = node.defined;
        val
    }
}

impl Str {
    fn of_text(node: &Node, text: &Text) -> Str {
        let whole = text.pieces().len() == 1 && node.origin.is_none();
        let pieces = text.pieces().iter().map(|piece| match piece {
            model::Piece::Lit(lit) => Piece {
                content: Content::Lit((**lit).into()),
                span: node.span,
                verbatim: whole && lit.len() == node.span.len() as usize,
            },
            model::Piece::Symbol(symbol) => {
                Piece { content: Content::Symbol(*symbol), span: node.span, verbatim: false }
            }
            model::Piece::Hole(unknown) => {
                Piece { content: Content::Hole(Arc::clone(unknown)), span: node.span, verbatim: false }
            }
        });
        Str::new(pieces.collect())
    }
}

impl Choice {
    pub(crate) fn map_to(&self, to_node: impl Fn(&Val) -> Node) -> OneOf {
        let branch =
            |b: &Alternative| Branch { when: b.when.clone(), standing: b.standing, node: to_node(&b.value) };
        OneOf {
            choice: self.name.clone(),
            span: self.span,
            branches: self.branches.iter().map(branch).collect(),
        }
    }
}
