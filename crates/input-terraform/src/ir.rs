//! The compact form of a Terraform file: blocks, attributes and expressions with their places.
//!
//! Lowered from the parser's tree (see `lower`), which is then dropped. Not here: comments, layout, values.

use std::sync::OnceLock;

use model::{SourceText, Span};

/// A name and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) span: Span,
}

/// `ident "label" … { body }`.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) ident: Name,
    pub(crate) labels: Vec<Name>,
    pub(crate) content: Content,
    /// The identifier and the labels with their quotes: the narrowest text that names the block.
    pub(crate) header: Span,
    /// From the identifier to the closing brace.
    pub(crate) span: Span,
}

impl Block {
    pub(crate) fn label(&self, index: usize) -> Option<&str> {
        self.labels.get(index).map(|name| &*name.text)
    }

    pub(crate) fn is(&self, ident: &str) -> bool {
        &*self.ident.text == ident
    }

    /// What stands between its braces; nothing if that is at fault.
    pub(crate) fn body(&self) -> &Body {
        const NOTHING: &Body = &Body { attributes: Vec::new(), blocks: Vec::new() };
        match &self.content {
            Content::Parsed(body) => body,
            Content::Deferred(deferred) => deferred.body(self.span).as_ref().unwrap_or(NOTHING),
        }
    }

    /// The body to be changed; `None` if it is at fault.
    pub(crate) fn body_mut(&mut self) -> Option<&mut Body> {
        match &mut self.content {
            Content::Parsed(body) => Some(body),
            Content::Deferred(deferred) => {
                deferred.body(self.span);
                deferred.body.get_mut()?.as_mut().ok()
            }
        }
    }

    /// Why the body could not be parsed when it was asked for.
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match &self.content {
            Content::Parsed(_) => None,
            Content::Deferred(deferred) => deferred.body.get()?.as_ref().err(),
        }
    }
}

/// The body of a block.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Parsed(Body),
    /// Of a block that is certain to be right, parsed when something asks for it.
    Deferred(Box<Deferred>),
}

/// A body that may not be parsed yet.
#[derive(Clone, Debug)]
pub(crate) struct Deferred {
    /// All of the file.
    pub(crate) text: SourceText,
    /// Parses the body of the block at a place.
    pub(crate) parse: fn(&str, Span) -> Result<Body, Fault>,
    pub(crate) body: OnceLock<Result<Body, Fault>>,
}

impl Deferred {
    fn body(&self, block: Span) -> &Result<Body, Fault> {
        self.body.get_or_init(|| (self.parse)(&self.text, block))
    }
}

/// A stretch of a file that could not be parsed.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Where the parser gave up.
    pub(crate) span: Span,
    /// What was lost.
    pub(crate) lost: Span,
    pub(crate) message: String,
}

/// What stands between braces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) blocks: Vec<Block>,
}

impl Body {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name.text == name)
    }

    /// The expression of the first attribute that is present.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&Attribute> {
        names.iter().find_map(|name| self.attribute(name))
    }
}

/// `name = value`.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Name,
    pub(crate) value: Expr,
}

/// An expression at a place.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    /// For a quoted string: without the quotes; for a heredoc: its content.
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// In the spelling of the source.
    Number(Box<str>),
    /// A string whose text stands byte for byte at the place of the expression.
    Text(Box<str>),
    /// Any other string: quoted or heredoc, literal or with sequences inside.
    Template(Box<[Part]>),
    List(Box<[Expr]>),
    Object(Box<[(Expr, Expr)]>),
    Name(Box<str>),
    Traversal(Box<Traversal>),
    Conditional(Box<Conditional>),
    Call(Box<Call>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Box<Binary>),
    For(Box<For>),
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// Text; `verbatim` if the source says it byte for byte (no escape, nothing cut).
    Literal { text: Box<str>, span: Span, verbatim: bool },
    /// `${…}`.
    Interpolation { value: Box<Expr>, span: Span },
    /// `%{ if … }`.
    If(Box<IfParts>),
    /// `%{ for … }`.
    For(Box<ForParts>),
}

#[derive(Clone, Debug)]
pub(crate) struct IfParts {
    pub(crate) test: Expr,
    pub(crate) yes: Vec<Part>,
    pub(crate) no: Vec<Part>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct ForParts {
    pub(crate) key: Option<Box<str>>,
    pub(crate) value: Box<str>,
    pub(crate) collection: Expr,
    pub(crate) body: Vec<Part>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Traversal {
    pub(crate) base: Expr,
    pub(crate) steps: Vec<Step>,
}

/// One step of a traversal.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Attribute(Box<str>),
    Index(Expr),
    /// `.*`: the attribute steps after it apply to each element.
    AttributeSplat,
    /// `[*]`: all steps after it apply to each element.
    FullSplat,
}

#[derive(Clone, Debug)]
pub(crate) struct Conditional {
    pub(crate) test: Expr,
    pub(crate) yes: Expr,
    pub(crate) no: Expr,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: Box<str>,
    pub(crate) arguments: Vec<Expr>,
    /// Whether the last argument is a list of arguments (`…`).
    pub(crate) spread: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Binary {
    pub(crate) operator: Operator,
    pub(crate) left: Expr,
    pub(crate) right: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    And,
    Or,
}

/// `[for k, v in c : x if y]` or `{for k, v in c : k => x... if y}`.
#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) key: Option<Box<str>>,
    pub(crate) value: Box<str>,
    pub(crate) collection: Expr,
    /// Of an object.
    pub(crate) result_key: Option<Expr>,
    pub(crate) result: Expr,
    pub(crate) grouping: bool,
    pub(crate) test: Option<Expr>,
}

impl ExprKind {
    /// The string that consists of parts and stands at `span`.
    pub(crate) fn of_parts(mut parts: Vec<Part>, span: Span) -> ExprKind {
        match parts.as_mut_slice() {
            [Part::Literal { text, span: place, verbatim: true }] if *place == span => {
                ExprKind::Text(std::mem::take(text))
            }
            _ => ExprKind::Template(parts.into()),
        }
    }
}

impl Expr {
    /// The text of a string without sequences.
    pub(crate) fn literal(&self) -> Option<String> {
        let parts = match &self.kind {
            ExprKind::Text(text) => return Some(text.to_string()),
            ExprKind::Template(parts) => parts,
            _ => return None,
        };
        let text = |part: &Part| match part {
            Part::Literal { text, .. } => Some(text.to_string()),
            Part::Interpolation { .. } | Part::If(_) | Part::For(_) => None,
        };
        parts.iter().map(text).collect()
    }

    /// Calls `visit` for every traversal inside, outermost first.
    pub(crate) fn traversals<'a>(&'a self, visit: &mut dyn FnMut(&'a Traversal)) {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Name(_)
            | ExprKind::Text(_) => {}
            ExprKind::Template(parts) => part_traversals(parts, visit),
            ExprKind::List(items) => items.iter().for_each(|e| e.traversals(visit)),
            ExprKind::Object(pairs) => pairs.iter().for_each(|(k, v)| {
                k.traversals(visit);
                v.traversals(visit);
            }),
            ExprKind::Traversal(traversal) => {
                visit(traversal);
                traversal.base.traversals(visit);
                for step in &traversal.steps {
                    if let Step::Index(index) = step {
                        index.traversals(visit);
                    }
                }
            }
            ExprKind::Conditional(c) => {
                [&c.test, &c.yes, &c.no].into_iter().for_each(|e| e.traversals(visit))
            }
            ExprKind::Call(call) => call.arguments.iter().for_each(|e| e.traversals(visit)),
            ExprKind::Not(inner) | ExprKind::Negate(inner) => inner.traversals(visit),
            ExprKind::Binary(b) => [&b.left, &b.right].into_iter().for_each(|e| e.traversals(visit)),
            ExprKind::For(f) => {
                f.collection.traversals(visit);
                f.result.traversals(visit);
                f.result_key.iter().chain(&f.test).for_each(|e| e.traversals(visit));
            }
        }
    }
}

fn part_traversals<'a>(parts: &'a [Part], visit: &mut dyn FnMut(&'a Traversal)) {
    for part in parts {
        match part {
            Part::Literal { .. } => {}
            Part::Interpolation { value, .. } => value.traversals(visit),
            Part::If(parts) => {
                parts.test.traversals(visit);
                part_traversals(&parts.yes, visit);
                part_traversals(&parts.no, visit);
            }
            Part::For(parts) => {
                parts.collection.traversals(visit);
                part_traversals(&parts.body, visit);
            }
        }
    }
}

impl Traversal {
    /// `kind.name` of a reference to a managed resource, with the steps behind it.
    pub(crate) fn resource(&self) -> Option<(&str, &str, &[Step])> {
        let ExprKind::Name(kind) = &self.base.kind else {
            return None;
        };
        let [Step::Attribute(name), rest @ ..] = self.steps.as_slice() else {
            return None;
        };
        Some((kind, name, rest))
    }
}
