//! The values of the evaluator: known, partly known, alternative and unknown, each with its place.
//!
//! A string is a list of pieces, each with its own way back to the source; `jsonencode` keeps its argument as a
//! tree, so that places and unknown leaves survive. Not here: operations on values (see `eval`, `functions`).

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Decoded, DecodedBuilder, Node, Span, Standing, Symbol, Text, Unknown, Value};

use crate::eval::types::Type;
use crate::json_text;
use crate::number::{Exact, Number, TEXT_BITS};

/// The largest tree that is kept, counted as if nothing were shared; hostile input could double without end.
const MAX_SIZE: usize = 50_000;
/// The longest string that is kept, in bytes.
pub(crate) const MAX_TEXT: usize = 4 * 1024 * 1024;

/// What a piece that is no text counts against that length.
const PIECE_WEIGHT: usize = 64;

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

    fn length(&self) -> usize {
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

    /// Marks the value as coming from a sensitive variable.
    pub(crate) fn hide(mut self, name: Option<Rc<str>>) -> Self {
        if self.sensitive.is_none() {
            self.sensitive = name;
        }
        self
    }

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

    /// The same value with the definition and the secrecy of another.
    pub(crate) fn placed_like(self, other: &Val) -> Val {
        Val { defined: other.defined, ..self }.hide(other.sensitive.clone())
    }

    pub(crate) fn known_str(&self) -> Option<Rc<str>> {
        self.to_str()?.known()
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

fn keep_key(key: &Str, found: &mut Option<Arc<Unknown>>) {
    if found.is_none()
        && let Some(Piece { content: Content::Hole(unknown), .. }) =
            key.pieces().iter().find(|p| matches!(p.content, Content::Hole(_)))
    {
        *found = Some(Arc::clone(unknown));
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

pub(crate) fn hidden(name: &str, span: Span) -> Unknown {
    Unknown::new(
        name,
        Cause::Unsupported("it is marked sensitive, so its value is not shown".into()),
        Some(span),
    )
}
