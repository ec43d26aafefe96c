//! Text put together by a template: `Fn::Sub`, `Fn::Join`, `Fn::Split`, lists in one text, dynamic references.
//!
//! Every piece keeps its way back to the file, so that a policy written as text has true places.

use std::ops::Range;

use model::{
    Cause, Decoded, DecodedBuilder, List, Node, Object, PLACEHOLDER, Piece, Span, Text, Unknown, Value,
};

use crate::evaluate::{Evaluator, invalid};
use crate::lift::{self, Budget};

/// How a dynamic reference starts; the service puts in what it finds elsewhere.
const DYNAMIC: &str = "{{resolve:";

/// Appends a part of a text, with what stands in it.
fn copy(out: &mut DecodedBuilder, from: &Decoded, range: Range<usize>) {
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
fn insert(out: &mut DecodedBuilder, value: &Node, span: Span) {
    match value.scalar() {
        Some(text) => {
            for piece in text.value.pieces() {
                match piece {
                    Piece::Lit(lit) => out.converted(lit, span),
                    other => out.filling(Node::new(Value::Text(Text::from_iter([other.clone()])), span)),
                }
            }
        }
        None => {
            let why = Cause::Invalid(format!("it is {}, expected a string", value.kind()).into());
            out.filling(Node::unknown("a value used as text", why, span));
        }
    }
}

/// `Fn::Sub`: the text of the argument, or of its first element with the variables of the second.
pub(crate) fn substitute(evaluator: &Evaluator<'_>, argument: &Node, span: Span) -> Node {
    let (template, variables) = match &argument.value {
        Value::List(list) => match list.items.as_slice() {
            [template] => (template, None),
            [template, variables] => (template, Some(variables)),
            _ => return invalid("Fn::Sub", "takes a text and an object", span),
        },
        _ => (argument, None),
    };
    // A number or a boolean is text here.
    let Some(text) = Decoded::of(template).or_else(|| scalar_text(template)) else {
        return invalid("Fn::Sub", "takes a text", template.span);
    };
    let variables = match variables.map(|v| (v, &v.value)) {
        None => Object::default(),
        Some((_, Value::Object(object))) => object.clone(),
        Some((node, _)) => return invalid("Fn::Sub", "takes an object of variables", node.span),
    };
    let mut names: Vec<(Range<usize>, Node)> = Vec::new();
    for range in holes(text.text()) {
        let name = text.text().get(range.start + 2..range.end - 1).unwrap_or_default();
        let at = text.origin().span(range.clone()).unwrap_or(template.span);
        names.push((range, variable(evaluator, &variables, name, at)));
    }
    if let [(range, value)] = names.as_slice()
        && *range == (0..text.text().len())
        && value.scalar().is_some()
    {
        // The whole text is one variable: it keeps the place of its definition.
        return Node { span: template.span, ..value.clone() };
    }
    let values = names.iter().map(|(_, value)| value.clone()).collect();
    let values = Node::new(Value::List(List { items: values, open: None }), span);
    lift::distribute(&values, &evaluator.budget, &|values| {
        let values = match &values.value {
            Value::List(list) => list.items.as_slice(),
            _ => &[],
        };
        let mut out = DecodedBuilder::default();
        let mut done = 0;
        for ((range, _), value) in names.iter().zip(values) {
            literal(&mut out, &text, done..range.start);
            insert(&mut out, value, text.origin().span(range.clone()).unwrap_or(template.span));
            done = range.end;
        }
        literal(&mut out, &text, done..text.text().len());
        finish(out, template.span, &evaluator.budget)
    })
}

fn scalar_text(node: &Node) -> Option<Decoded> {
    let text = node.scalar().filter(|_| matches!(node.value, Value::Bool(_) | Value::Number(_)))?;
    Decoded::of(&Node::new(Value::Text(text.value), node.span))
}

/// The places of `${name}` in a text; `${!name}` is none.
fn holes(text: &str) -> Vec<Range<usize>> {
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
fn literal(out: &mut DecodedBuilder, text: &Decoded, range: Range<usize>) {
    let part = text.text().get(range.clone()).unwrap_or_default();
    let mut done = range.start;
    for (at, _) in part.match_indices("${!") {
        let mark = range.start + at + 2;
        out.carried(text, done..mark);
        done = mark + 1;
    }
    out.carried(text, done..range.end);
}

/// What `${name}` stands for.
fn variable(evaluator: &Evaluator<'_>, variables: &Object, name: &str, at: Span) -> Node {
    if let Some(value) = variables.get(name) {
        let value = evaluator.value(value);
        let defined = value.defined.or(Some(value.span));
        return Node { span: at, defined, origin: None, ..value };
    }
    match (name, name.split_once('.')) {
        ("AWS::NoValue" | "ALIYUN::NoValue", _) => invalid("Fn::Sub", "takes no `NoValue`", at),
        (_, Some((resource, attribute))) => evaluator.attribute_of(resource, attribute, at),
        (_, None) => evaluator.named(name, at),
    }
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
fn finish(out: DecodedBuilder, span: Span, budget: &Budget) -> Node {
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

/// The text with each dynamic reference unknown.
pub(crate) fn dynamic_references(node: &Node) -> Node {
    let has = |piece: &Piece| matches!(piece, Piece::Lit(lit) if lit.contains(DYNAMIC));
    let Value::Text(text) = &node.value else {
        return node.clone();
    };
    if !text.pieces().iter().any(has) {
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
