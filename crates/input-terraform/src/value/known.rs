//! What is known of a value: its scalars, its errors, what keeps the rest from being known.
//!
//! Not here: operations on values (see `eval`, `functions`).

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use super::{Alternative, Choice, Content, Field, Kind, Map, Piece, Seq, Str, Val};
use crate::number::{Exact, TEXT_BITS};

impl Val {
    /// What the value is if no input has another value than its default.
    pub(crate) fn selected(&self) -> Val {
        let kind = match &self.kind {
            Kind::OneOf(choice) => match choice.selected().and_then(|index| choice.branches.get(index)) {
                Some(branch) => return branch.value.selected().hide(self.sensitive.clone()),
                None => return self.clone(),
            },
            Kind::List(seq) => {
                let items = seq.items.iter().map(Val::selected).collect();
                Kind::List(Rc::new(Seq { items, open: seq.open.clone(), of: seq.of.clone(), ..**seq }))
            }
            Kind::Object(map) => {
                let field = |f: &Field| Field { value: f.value.selected(), ..f.clone() };
                let fields = map.fields.iter().map(field).collect();
                Kind::Object(Rc::new(Map { sort: map.sort, fields, open: map.open.clone() }))
            }
            Kind::Str(text) => match text.tree() {
                Some(tree) => Val::json(tree.selected(), self.span).kind,
                None => return self.clone(),
            },
            _ => return self.clone(),
        };
        Val { kind, ..self.clone() }
    }

    /// The error that this value is.
    pub(crate) fn is_error(&self) -> bool {
        matches!(&self.kind, Kind::Unknown(u) if matches!(u.why, Cause::Invalid(_)))
    }

    /// Whether an error stands anywhere inside: Terraform refuses the whole value then.
    pub(crate) fn holds_error(&self) -> bool {
        match &self.kind {
            Kind::List(seq) => seq.items.iter().any(Val::holds_error),
            Kind::Object(map) => map.fields.iter().any(|f| f.value.holds_error()),
            Kind::Str(text) => text.pieces().iter().any(|p| match &p.content {
                Content::Tree(tree) => tree.holds_error(),
                Content::Hole(u) => matches!(u.why, Cause::Invalid(_)),
                Content::Lit(_) | Content::Symbol(_) => false,
            }),
            _ => self.is_error(),
        }
    }

    /// What keeps the value from being known, anywhere inside; an error before anything else.
    pub(crate) fn first_unknown(&self) -> Option<Arc<Unknown>> {
        let mut found = None;
        self.collect_unknown(&mut found);
        found
    }

    /// Keeps the first unknown, or the first error in its place.
    fn collect_unknown(&self, found: &mut Option<Arc<Unknown>>) {
        let is_error =
            |u: &Option<Arc<Unknown>>| matches!(u.as_deref(), Some(Unknown { why: Cause::Invalid(_), .. }));
        if is_error(found) {
            return;
        }
        let mut keep = |unknown: Option<Arc<Unknown>>| {
            if found.is_none() || is_error(&unknown) {
                *found = unknown.or_else(|| found.take());
            }
        };
        match &self.kind {
            Kind::List(seq) => {
                keep(seq.open.clone());
                seq.items.iter().for_each(|v| v.collect_unknown(found));
            }
            Kind::Object(map) => {
                keep(map.open.clone());
                for field in &map.fields {
                    keep_key(&field.key, found);
                    field.value.collect_unknown(found);
                }
            }
            Kind::Str(text) => {
                for piece in text.pieces() {
                    match &piece.content {
                        Content::Tree(tree) => tree.collect_unknown(found),
                        Content::Hole(unknown)
                            if found.is_none() || matches!(unknown.why, Cause::Invalid(_)) =>
                        {
                            *found = Some(Arc::clone(unknown));
                        }
                        Content::Symbol(_) if found.is_none() => *found = self.why_unknown(),
                        Content::Lit(_) | Content::Symbol(_) | Content::Hole(_) => {}
                    }
                }
            }
            _ => keep(self.why_unknown()),
        }
    }

    /// Whether anything inside is not known.
    pub(crate) fn holds_unknown(&self) -> bool {
        self.first_unknown().is_some()
    }

    /// Whether anything inside is not known for a choice that nobody made.
    pub(crate) fn holds_undecided(&self) -> bool {
        let undecided = |unknown: &Arc<Unknown>| matches!(unknown.why, Cause::Undecided(_));
        match &self.kind {
            Kind::List(seq) => {
                seq.open.as_ref().is_some_and(undecided) || seq.items.iter().any(Val::holds_undecided)
            }
            Kind::Object(map) => {
                map.open.as_ref().is_some_and(undecided)
                    || map.fields.iter().any(|f| f.value.holds_undecided())
            }
            Kind::Str(text) => text.pieces().iter().any(|p| match &p.content {
                Content::Tree(tree) => tree.holds_undecided(),
                Content::Hole(unknown) => undecided(unknown),
                Content::Lit(_) | Content::Symbol(_) => false,
            }),
            Kind::OneOf(choice) => choice.branches.iter().any(|b| b.value.holds_undecided()),
            Kind::Unknown(unknown) => undecided(unknown),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Resource(_) => false,
        }
    }

    /// The first choice among the parts of the value.
    pub(crate) fn first_choice(&self) -> Option<Rc<Choice>> {
        match &self.kind {
            Kind::OneOf(choice) => Some(Rc::clone(choice)),
            Kind::List(seq) => seq.items.iter().find_map(Val::first_choice),
            Kind::Object(map) => map.fields.iter().find_map(|f| f.value.first_choice()),
            _ => None,
        }
    }

    /// The value with the named choice settled in all its parts.
    pub(crate) fn settled(&self, name: &str, index: usize) -> Val {
        let kind = match &self.kind {
            Kind::OneOf(choice) if *choice.name == *name => {
                return match choice.branches.get(index) {
                    Some(branch) => branch.value.settled(name, index).hide(self.sensitive.clone()),
                    None => self.clone(),
                };
            }
            Kind::OneOf(choice) => {
                let branch =
                    |b: &Alternative| Alternative { value: b.value.settled(name, index), ..b.clone() };
                Kind::OneOf(Rc::new(choice.with(choice.branches.iter().map(branch).collect())))
            }
            Kind::List(seq) => {
                let items = seq.items.iter().map(|item| item.settled(name, index)).collect();
                Kind::List(Rc::new(Seq { items, open: seq.open.clone(), of: seq.of.clone(), ..**seq }))
            }
            Kind::Object(map) => {
                let field = |f: &Field| Field { value: f.value.settled(name, index), ..f.clone() };
                let fields = map.fields.iter().map(field).collect();
                Kind::Object(Rc::new(Map { sort: map.sort, fields, open: map.open.clone() }))
            }
            _ => return self.clone(),
        };
        Val { kind, ..self.clone() }
    }

    pub(crate) fn known_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(b) => Some(*b),
            Kind::Str(text) => match &*text.known()? {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(crate) fn known_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(n) => n.text.parse().ok(),
            Kind::Str(_) => Some(self.exact()?.to_f64()),
            _ => None,
        }
    }

    pub(crate) fn known_str(&self) -> Option<Rc<str>> {
        self.to_str()?.known()
    }

    /// The number that a scalar is, or converts to.
    pub(crate) fn exact(&self) -> Option<Exact> {
        match &self.kind {
            Kind::Number(n) => n.exact(),
            Kind::Str(text) => Exact::parse(&text.known()?, TEXT_BITS),
            _ => None,
        }
    }

    /// The string that a scalar converts to.
    pub(crate) fn to_str(&self) -> Option<Str> {
        match &self.kind {
            Kind::Str(text) => Some(text.clone()),
            Kind::Bool(b) => Some(Str::converted(if *b { "true" } else { "false" }, self.span)),
            Kind::Number(n) => Some(Str::converted(&n.canonical(), self.span)),
            _ => None,
        }
    }

    /// The string that a scalar is as a key; a secret is not told by keys either.
    pub(crate) fn to_key(&self, span: Span) -> Option<Str> {
        let text = self.to_str()?;
        match &self.sensitive {
            Some(_) => Some(Str::new(self.interpolated(span))),
            None => Some(text),
        }
    }

    /// What keeps the value from being known, at its top.
    pub(crate) fn why_unknown(&self) -> Option<Arc<Unknown>> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(Arc::clone(unknown)),
            Kind::OneOf(choice) => Some(Arc::new(Unknown::new(
                choice.name.clone(),
                Cause::Undecided(format!("`{}`", choice.name).into()),
                Some(choice.span),
            ))),
            Kind::Str(text) => text.pieces().iter().find_map(|p| match &p.content {
                Content::Hole(unknown) => Some(Arc::clone(unknown)),
                Content::Symbol(symbol) => Some(Arc::new(Unknown::new(
                    symbol.to_string(),
                    Cause::Unsupported(format!("an operation on the {symbol}").into()),
                    Some(p.span),
                ))),
                Content::Tree(tree) => tree.first_unknown(),
                Content::Lit(_) => None,
            }),
            Kind::List(seq) => seq.open.clone(),
            Kind::Object(map) => map.open.clone(),
            Kind::Resource(resource) => Some(Arc::new(Unknown::new(
                resource.what.clone(),
                Cause::Unsupported("a whole resource as a value".into()),
                Some(self.span),
            ))),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) => None,
        }
    }
}

fn keep_key(key: &Str, found: &mut Option<Arc<Unknown>>) {
    if found.is_none()
        && let Some(Piece { content: Content::Hole(unknown), .. }) =
            key.pieces().iter().find(|p| matches!(p.content, Content::Hole(_)))
    {
        *found = Some(Arc::clone(unknown));
    }
}
