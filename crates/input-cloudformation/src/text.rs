//! Text put together by a template: `Fn::Join`, `Fn::Split`, the pieces of `Fn::Sub`, lists in one text, dynamic
//! references.
//!
//! Every piece keeps its way back to the file, so that a policy written as text has true places. Not here: what the
//! names in a text stand for.

use std::ops::Range;

use memchr::memmem;
use model::{Cause, Decoded, DecodedBuilder, List, Node, PLACEHOLDER, Piece, Span, Text, Unknown, Value};

use crate::lift::{self, Budget};
use crate::value::invalid;

/// How a dynamic reference starts; the service puts in what it finds elsewhere.
const DYNAMIC: &str = "{{resolve:";

/// Appends a part of a text, with what stands in it.
pub(crate) fn copy(out: &mut DecodedBuilder, from: &Decoded, range: Range<usize>) {
    let part = from.text().get(range.clone()).unwrap_or_default();
    let mut done = range.start;
    for (at, _) in part.match_indices(PLACEHOLDER) {
        let at = range.start + at;
        if let Some(filling) = from.filling(at) {
            out.carried(from, done..at);
            out.filling(filling.clone());
            done = at + PLACEHOLDER.len_utf8();
        }
    }
    out.carried(from, done..range.end);
}

/// Appends a value used as text at `span`, each piece for itself so that the way back is kept.
pub(crate) fn insert(out: &mut DecodedBuilder, value: &Node, span: Span) {
    match value.scalar() {
        Some(text) => {
            for piece in text.value.pieces() {
                match piece {
                    Piece::Lit(lit) => out.converted(lit, span),
                    other => out.filling(Node::new(Value::Text(Text::from_iter([other.clone()])), span)),
                }
            }
        }
        // `Fn::ToJsonString` leaves its value a tree, which a policy written as text can hold as it is.
        None if matches!(value.value, Value::List(_) | Value::Object(_)) => {
            out.filling(Node { span, ..value.clone() });
        }
        None => {
            let why = Cause::Invalid(format!("it is {}, expected a string", value.kind()).into());
            out.filling(Node::unknown("a value used as text", why, span));
        }
    }
}

/// The places of `${name}` in a text; `${!name}` is none.
pub(crate) fn holes(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("${")).map(|at| from + at) {
        let Some(end) = text.get(start..).and_then(|rest| rest.find('}')).map(|at| start + at + 1) else {
            break;
        };
        if !text.get(start..).is_some_and(|rest| rest.starts_with("${!")) {
            out.push(start..end);
        }
        from = end;
    }
    out
}

/// Appends text between variables, in which `${!` stands for `${`.
pub(crate) fn literal(out: &mut DecodedBuilder, text: &Decoded, range: Range<usize>) {
    let part = text.text().get(range.clone()).unwrap_or_default();
    let mut done = range.start;
    for (at, _) in part.match_indices("${!") {
        let mark = range.start + at + 2;
        copy(out, text, done..mark);
        done = mark + 1;
    }
    copy(out, text, done..range.end);
}

/// A number or a boolean as the text it is written as.
pub(crate) fn scalar_text(node: &Node) -> Option<Decoded> {
    let text = node.scalar().filter(|_| matches!(node.value, Value::Bool(_) | Value::Number(_)))?;
    Decoded::of(&Node::new(Value::Text(text.value), node.span))
}

/// `Fn::Join` of evaluated arguments.
pub(crate) fn join(argument: &Node, budget: &Budget) -> Node {
    let parts = match &argument.value {
        Value::List(list) => list.items.as_slice(),
        _ => &[],
    };
    let [delimiter, list] = parts else {
        return invalid("Fn::Join", "takes a delimiter and a list", argument.span);
    };
    let items = match &list.value {
        Value::List(items) => items,
        Value::Unknown(unknown) => return Node::new(Value::Unknown(unknown.clone()), argument.span),
        _ => return invalid("Fn::Join", "takes a list", list.span),
    };
    if let Some(open) = &items.open {
        return Node::new(Value::Unknown(open.clone()), argument.span);
    }
    let mut out = DecodedBuilder::default();
    for (index, item) in items.items.iter().enumerate() {
        if index > 0 {
            insert(&mut out, delimiter, delimiter.span);
        }
        match Decoded::of(item) {
            // A text of this place in the file; one that was defined elsewhere is used where the item stands.
            Some(text) if item.defined.is_none() => copy(&mut out, &text, 0..text.text().len()),
            _ => insert(&mut out, item, item.span),
        }
    }
    finish(out, list.span, budget)
}

/// The text as a node, unless the template has already made too much of it.
pub(crate) fn finish(out: DecodedBuilder, span: Span, budget: &Budget) -> Node {
    let node = out.into_node(span);
    if budget.spend(lift::size(&node)) {
        return dynamic_references(&node);
    }
    Node::unknown("a text", Cause::Unsupported("the template takes too much work".into()), span)
}

/// `Fn::Split` of evaluated arguments.
pub(crate) fn split(argument: &Node) -> Node {
    let parts = match &argument.value {
        Value::List(list) => list.items.as_slice(),
        _ => &[],
    };
    let [delimiter, node] = parts else {
        return invalid("Fn::Split", "takes a delimiter and a text", argument.span);
    };
    let delimiter = delimiter.scalar().and_then(|t| t.value.as_str().map(str::to_owned));
    let Some(delimiter) = delimiter.filter(|d| !d.is_empty()) else {
        return invalid("Fn::Split", "takes a known delimiter", argument.span);
    };
    let Some(text) = node.scalar() else {
        return invalid("Fn::Split", "takes a text", argument.span);
    };
    if let Some(unknown) = text.value.unknowns().next() {
        return Node::new(Value::Unknown((**unknown).clone()), argument.span);
    }
    let symbolic = text.value.pieces().iter().any(|p| matches!(p, Piece::Symbol(_)));
    if symbolic && !matches!(delimiter.as_str(), ":" | "/" | ",") {
        let why = Cause::Unsupported(format!("`{}` may hold `{delimiter}`", text.value).into());
        return Node::unknown("`Fn::Split`", why, argument.span);
    }
    let mut items = vec![Text::default()];
    for piece in text.value.pieces() {
        let literal = match piece {
            Piece::Lit(literal) => literal,
            other => {
                if let Some(last) = items.last_mut() {
                    last.push(other.clone());
                }
                continue;
            }
        };
        for (index, part) in literal.split(delimiter.as_str()).enumerate() {
            if index > 0 {
                items.push(Text::default());
            }
            if let Some(last) = items.last_mut() {
                last.push_str(part);
            }
        }
    }
    let node = |text| Node { defined: node.defined, ..Node::new(Value::Text(text), node.span) };
    let items = items.into_iter().map(node).collect();
    Node::new(Value::List(List { items, open: None }), argument.span)
}

/// The elements of a list that is written as one text, used at `span`.
pub(crate) fn comma_list(default: &Node, span: Span) -> Node {
    let Some(text) = default.scalar() else {
        return default.clone().used_at(span);
    };
    let Some(text) = text.value.as_str() else {
        let unknown = text.value.unknowns().next().map(|u| (**u).clone());
        let why = Cause::Invalid("a default is no expression".into());
        let unknown = unknown.unwrap_or_else(|| Unknown::new("a default", why, Some(default.span)));
        return Node::new(Value::Unknown(unknown), span);
    };
    let item = |part: &str| Node { defined: Some(default.span), ..Node::text(part.trim(), span) };
    let items = if text.is_empty() { Vec::new() } else { text.split(',').map(item).collect() };
    Node { defined: Some(default.span), ..Node::new(Value::List(List { items, open: None }), span) }
}

/// Whether a text holds what may be a dynamic reference.
pub(crate) fn has_dynamic_references(node: &Node) -> bool {
    let has = |piece: &Piece| match piece {
        Piece::Lit(lit) => {
            lit.len() > DYNAMIC.len() && memmem::find(lit.as_bytes(), DYNAMIC.as_bytes()).is_some()
        }
        Piece::Symbol(_) | Piece::Hole(_) => false,
    };
    matches!(&node.value, Value::Text(text) if text.pieces().iter().any(has))
}

/// The text with each dynamic reference unknown.
pub(crate) fn dynamic_references(node: &Node) -> Node {
    if !has_dynamic_references(node) {
        return node.clone();
    }
    let Some(text) = Decoded::of(node) else {
        return node.clone();
    };
    let mut out = DecodedBuilder::default();
    let mut done = 0;
    while let Some(start) = text.text().get(done..).and_then(|rest| rest.find(DYNAMIC)).map(|at| done + at) {
        let Some(end) = text.text().get(start..).and_then(|rest| rest.find("}}")).map(|at| start + at + 2)
        else {
            break;
        };
        copy(&mut out, &text, done..start);
        let what = text.text().get(start..end).unwrap_or_default().replace(PLACEHOLDER, "…");
        let span = text.origin().span(start..end).unwrap_or(node.span);
        out.filling(Node::unknown(what, Cause::AfterApply, span));
        done = end;
    }
    copy(&mut out, &text, done..text.text().len());
    Node { defined: node.defined, ..out.into_node(node.span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_and_escapes_are_not() {
        let names = |text: &'static str| -> Vec<&str> {
            holes(text).into_iter().filter_map(|r| text.get(r)).collect()
        };
        assert_eq!(names("a${B}c${D.E}"), ["${B}", "${D.E}"]);
        assert_eq!(names("${!aws:username}${B}"), ["${B}"]);
        assert_eq!(names("${open"), [""; 0]);
        assert_eq!(names("$${B}"), ["${B}"]);
    }
}
