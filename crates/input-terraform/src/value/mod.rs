//! The values of the evaluator: known, partly known, alternative and unknown, each with its place.
//!
//! A string is a list of pieces, each with its own way back to the source; `jsonencode` keeps its argument as a
//! tree, so that places and unknown leaves survive. Not here: operations on values (see `eval`, `functions`).

mod known;
mod place;
mod text;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Standing, Symbol, Unknown};

pub(crate) use text::{Content, Piece, Str};

use crate::eval::types::Type;
use crate::number::Number;

/// The largest tree that is kept, counted as if nothing were shared; hostile input could double without end.
const MAX_SIZE: usize = 50_000;
/// The longest string that is kept, in bytes.
pub(crate) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// A value at a place.
#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub(crate) kind: Kind,
    /// Where it is used.
    pub(crate) span: Span,
    /// Where it was defined, if elsewhere.
    pub(crate) defined: Option<Span>,
    /// The sensitive variable it came from: usable, never shown.
    pub(crate) sensitive: Option<Rc<str>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Str(Str),
    List(Rc<Seq>),
    Object(Rc<Map>),
    OneOf(Rc<Choice>),
    /// A resource or data source, not yet asked for an attribute.
    Resource(Rc<Resource>),
    Unknown(Arc<Unknown>),
}

/// What Terraform calls a sequence. It tells them apart when it compares and converts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SeqSort {
    /// As written between brackets: each element has its own type.
    #[default]
    Tuple,
    /// All elements have one type.
    List,
    /// Without order and duplicates; kept in the order in which Terraform goes through it.
    Set,
}

/// What Terraform calls a mapping.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MapSort {
    /// As written between braces: each attribute has its own type.
    #[default]
    Object,
    /// All elements have one type.
    Map,
}

/// A sequence; `open` says why there may be more elements, anywhere among those that are listed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seq {
    pub(crate) sort: SeqSort,
    /// The type of the elements of a list or set that has none to tell it by.
    pub(crate) of: Option<Rc<Type>>,
    pub(crate) items: Vec<Val>,
    pub(crate) open: Option<Arc<Unknown>>,
}

/// An object in source order, duplicates kept; `open` says why there may be more entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    pub(crate) sort: MapSort,
    pub(crate) fields: Vec<Field>,
    pub(crate) open: Option<Arc<Unknown>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: Str,
    pub(crate) key_span: Span,
    pub(crate) value: Val,
}

/// Alternatives under one condition, named by its source text.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) name: Box<str>,
    pub(crate) span: Span,
    pub(crate) branches: Vec<Alternative>,
    /// The variables whose values select among the branches; in a permitted branch they have another value.
    pub(crate) inputs: Inputs,
}

/// Names of variables of the root module.
pub(crate) type Inputs = Rc<BTreeSet<Box<str>>>;

impl Choice {
    /// The same choice among other values.
    pub(crate) fn with(&self, branches: Vec<Alternative>) -> Choice {
        Choice { name: self.name.clone(), span: self.span, branches, inputs: Rc::clone(&self.inputs) }
    }

    /// The branch that given values and defaults select.
    pub(crate) fn selected(&self) -> Option<usize> {
        self.branches.iter().position(|b| b.standing == Standing::Selected)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Alternative {
    pub(crate) when: Box<str>,
    pub(crate) standing: Standing,
    pub(crate) value: Val,
}

/// A reference to a block; `instance` is the index behind it.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) data: bool,
    pub(crate) kind: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) instance: Option<Val>,
    /// The reference as written, for messages.
    pub(crate) what: Box<str>,
}

impl Val {
    pub(crate) fn new(kind: Kind, span: Span) -> Self {
        Val { kind, span, defined: None, sensitive: None }
    }

    pub(crate) fn null(span: Span) -> Self {
        Val::new(Kind::Null, span)
    }

    pub(crate) fn bool(value: bool, span: Span) -> Self {
        Val::new(Kind::Bool(value), span)
    }

    /// A number that stands in a text.
    pub(crate) fn number(value: impl Into<Rc<str>>, span: Span) -> Self {
        Val::new(Kind::Number(Number::written(value)), span)
    }

    /// A number of things.
    pub(crate) fn counted(count: usize, span: Span) -> Self {
        Val::new(Kind::Number(Number::counted(count)), span)
    }

    pub(crate) fn string(text: Str, span: Span) -> Self {
        if text.length() > MAX_TEXT {
            let why = format!("a string of more than {} MiB", MAX_TEXT / 1024 / 1024);
            return Val::unknown("a very long string", Cause::Unsupported(why.into()), span);
        }
        Val::new(Kind::Str(text), span)
    }

    /// A known text that the source says in another way.
    pub(crate) fn converted(text: &str, span: Span) -> Self {
        Val::string(Str::converted(text, span), span)
    }

    pub(crate) fn symbol(symbol: Symbol, span: Span) -> Self {
        let piece = Piece { content: Content::Symbol(symbol), span, verbatim: false };
        Val::new(Kind::Str(Str::new(vec![piece])), span)
    }

    /// The JSON text of a value.
    pub(crate) fn json(tree: Val, span: Span) -> Self {
        let piece = Piece { content: Content::Tree(Rc::new(tree)), span, verbatim: false };
        Val::new(Kind::Str(Str::new(vec![piece])), span)
    }

    /// A sequence as written between brackets.
    pub(crate) fn list(items: Vec<Val>, open: Option<Arc<Unknown>>, span: Span) -> Self {
        Val::seq(SeqSort::Tuple, items, open, span)
    }

    pub(crate) fn seq(sort: SeqSort, items: Vec<Val>, open: Option<Arc<Unknown>>, span: Span) -> Self {
        Val::new(Kind::List(Rc::new(Seq { sort, of: None, items, open })), span).bounded()
    }

    /// A mapping as written between braces.
    pub(crate) fn object(fields: Vec<Field>, open: Option<Arc<Unknown>>, span: Span) -> Self {
        Val::mapping(MapSort::Object, fields, open, span)
    }

    pub(crate) fn mapping(sort: MapSort, fields: Vec<Field>, open: Option<Arc<Unknown>>, span: Span) -> Self {
        Val::new(Kind::Object(Rc::new(Map { sort, fields, open })), span).bounded()
    }

    pub(crate) fn one_of(choice: Choice, span: Span) -> Self {
        Val::new(Kind::OneOf(Rc::new(choice)), span).bounded()
    }

    pub(crate) fn unknown(what: impl Into<Box<str>>, why: Cause, span: Span) -> Self {
        Val::new(Kind::Unknown(Arc::new(Unknown::new(what, why, Some(span)))), span)
    }

    /// An error in the input, which `try` and `can` catch.
    pub(crate) fn error(what: impl Into<Box<str>>, message: impl Into<Box<str>>, span: Span) -> Self {
        Val::unknown(what, Cause::Invalid(message.into()), span)
    }

    /// The value itself, or unknown if it grew beyond what is kept.
    fn bounded(self) -> Self {
        let mut left = MAX_SIZE;
        if self.fits(&mut left) {
            return self;
        }
        let why = format!("a value of more than {MAX_SIZE} elements");
        Val::unknown("a very large value", Cause::Unsupported(why.into()), self.span)
    }

    fn fits(&self, left: &mut usize) -> bool {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        match &self.kind {
            Kind::List(seq) => seq.items.iter().all(|v| v.fits(left)),
            Kind::Object(map) => map.fields.iter().all(|f| f.value.fits(left)),
            Kind::OneOf(choice) => choice.branches.iter().all(|b| b.value.fits(left)),
            Kind::Str(text) => match text.tree() {
                Some(tree) => tree.fits(left),
                None => true,
            },
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Resource(_) | Kind::Unknown(_) => true,
        }
    }

    /// Marks the value as coming from a sensitive variable.
    pub(crate) fn hide(mut self, name: Option<Rc<str>>) -> Self {
        if self.sensitive.is_none() {
            self.sensitive = name;
        }
        self
    }

    /// What sort of value it is, for a message.
    pub(crate) fn sort(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Str(_) => "a string",
            Kind::List(_) => "a list",
            Kind::Object(_) => "an object",
            Kind::OneOf(_) => "one of several values",
            Kind::Resource(_) => "a resource",
            Kind::Unknown(_) => "an unknown value",
        }
    }
}

pub(crate) fn hidden(name: &str, span: Span) -> Unknown {
    Unknown::new(
        name,
        Cause::Unsupported("it is marked sensitive, so its value is not shown".into()),
        Some(span),
    )
}
