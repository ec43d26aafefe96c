//! Moving what was parsed to where its text really stands: in the strings of another file.
//!
//! Not here: the map from the text to that file (see `model::Origin`).

use model::{PLACEHOLDER, Span};

use crate::ir::{Block, Body, Expr, ExprKind, Name, Part, Step, Traversal};

/// Where the places in a parsed text really lie.
#[derive(Clone, Copy)]
pub(crate) struct Way<'w> {
    pub(crate) of: &'w dyn Fn(Span) -> Span,
    /// A place of the same length holds the same text.
    pub(crate) verbatim: bool,
    /// Each [`PLACEHOLDER`] stands for a value that the text left open.
    pub(crate) gaps: bool,
}

/// Moves a block and all that is in it.
pub(crate) fn block(block: &mut Block, to: Way<'_>) {
    name(&mut block.ident, to);
    block.labels.iter_mut().for_each(|label| name(label, to));
    block.header = (to.of)(block.header);
    block.span = (to.of)(block.span);
    if let Some(inside) = block.body_mut() {
        body(inside, to);
    }
}

fn name(name: &mut Name, to: Way<'_>) {
    name.span = (to.of)(name.span);
}

fn body(body: &mut Body, to: Way<'_>) {
    for attribute in &mut body.attributes {
        name(&mut attribute.name, to);
        expr(&mut attribute.value, to);
    }
    body.blocks.iter_mut().for_each(|inner| block(inner, to));
}

/// Moves an expression.
pub(crate) fn expr(e: &mut Expr, to: Way<'_>) {
    let before = e.span;
    e.span = (to.of)(before);
    match &mut e.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Name(_) => {}
        ExprKind::Text(text) => {
            let part = Part::Literal { text: std::mem::take(text), span: before, verbatim: true };
            e.kind = ExprKind::of_parts(moved(part, to), e.span);
        }
        ExprKind::Template(list) => {
            let list = std::mem::take(list).into_vec();
            e.kind = ExprKind::of_parts(list.into_iter().flat_map(|part| moved(part, to)).collect(), e.span);
        }
        ExprKind::List(items) => items.iter_mut().for_each(|item| expr(item, to)),
        ExprKind::Object(pairs) => pairs.iter_mut().for_each(|(key, value)| {
            expr(key, to);
            expr(value, to);
        }),
        ExprKind::Traversal(traversal) => {
            expr(&mut traversal.base, to);
            for step in &mut traversal.steps {
                if let Step::Index(index) = step {
                    expr(index, to);
                }
            }
        }
        ExprKind::Conditional(c) => {
            [&mut c.test, &mut c.yes, &mut c.no].into_iter().for_each(|e| expr(e, to))
        }
        ExprKind::Call(call) => call.arguments.iter_mut().for_each(|argument| expr(argument, to)),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => expr(inner, to),
        ExprKind::Binary(b) => [&mut b.left, &mut b.right].into_iter().for_each(|e| expr(e, to)),
        ExprKind::For(f) => {
            expr(&mut f.collection, to);
            expr(&mut f.result, to);
            f.result_key.iter_mut().chain(&mut f.test).for_each(|e| expr(e, to));
        }
    }
}

/// Moves the parts of a template.
pub(crate) fn parts(list: &mut Vec<Part>, to: Way<'_>) {
    let moved = std::mem::take(list).into_iter().flat_map(|part| moved(part, to));
    *list = moved.collect();
}

fn moved(part: Part, to: Way<'_>) -> Vec<Part> {
    match part {
        Part::Literal { text, span, verbatim } => {
            let span = (to.of)(span);
            if to.gaps && text.contains(PLACEHOLDER) {
                return with_gaps(&text, span);
            }
            let verbatim = verbatim && to.verbatim && span.len() as usize == text.len();
            vec![Part::Literal { text, span, verbatim }]
        }
        Part::Interpolation { mut value, span } => {
            expr(&mut value, to);
            vec![Part::Interpolation { value, span: (to.of)(span) }]
        }
        Part::If(mut inner) => {
            expr(&mut inner.test, to);
            parts(&mut inner.yes, to);
            parts(&mut inner.no, to);
            inner.span = (to.of)(inner.span);
            vec![Part::If(inner)]
        }
        Part::For(mut inner) => {
            expr(&mut inner.collection, to);
            parts(&mut inner.body, to);
            inner.span = (to.of)(inner.span);
            vec![Part::For(inner)]
        }
    }
}

/// A text in which the file around it leaves gaps: each is a value that this module does not know.
fn with_gaps(text: &str, span: Span) -> Vec<Part> {
    let mut out = Vec::new();
    for (index, known) in text.split(PLACEHOLDER).enumerate() {
        if index > 0 {
            let base = Expr { kind: ExprKind::Name("terraform".into()), span };
            let steps = vec![Step::Attribute("given".into())];
            let kind = ExprKind::Traversal(Box::new(Traversal { base, steps }));
            out.push(Part::Interpolation { value: Box::new(Expr { kind, span }), span });
        }
        if !known.is_empty() {
            out.push(Part::Literal { text: known.into(), span, verbatim: false });
        }
    }
    out
}
