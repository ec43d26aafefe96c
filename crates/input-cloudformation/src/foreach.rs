//! `Fn::ForEach` of the language extensions: its fragments written out once for each element.
//!
//! Done before anything is evaluated, as the service does it. A collection that is not known is written out once,
//! with its element unknown, so that what it makes is judged all the same.

use std::collections::HashMap;

use model::{
    Cause, Decoded, DecodedBuilder, Entry, List, Located, Node, Object, Place, Problem, Span, Text, Value,
};

use crate::argument::Arguments;
use crate::lift::{self, Budget};
use crate::parameter::Parameter;
use crate::text::{copy, insert};
use crate::value::{items, known, reference, unknown_text};

/// How a loop's key begins; its name follows.
pub(crate) const LOOP: &str = "Fn::ForEach::";

/// How many values loops may write out.
const MAX_WRITTEN: usize = 200_000;

/// The document with its loops written out.
pub(crate) fn expand(document: &Node, arguments: &Arguments, problems: &mut Vec<Problem>) -> Node {
    let ros = document.get("ROSTemplateFormatVersion").is_some();
    let expander = Expander { document, arguments, ros, budget: Budget::new(MAX_WRITTEN) };
    let out = expander.node(document, &HashMap::new());
    if !expander.budget.spend(1) {
        let message = format!("its loops write out more than {MAX_WRITTEN} values; the rest is not read");
        problems.push(Problem::relevant(Place::Span(document.span), message));
    }
    out
}

struct Expander<'d> {
    document: &'d Node,
    arguments: &'d Arguments,
    ros: bool,
    budget: Budget,
}

/// The identifier, the collection and the fragment of an entry that is a loop.
fn a_loop(entry: &Entry) -> Option<(&str, &Node, &Object)> {
    entry.key.value.as_str().filter(|key| key.starts_with(LOOP))?;
    match items(&entry.value) {
        [identifier, collection, Node { value: Value::Object(fragment), .. }] => {
            Some((known(identifier)?, collection, fragment))
        }
        _ => None,
    }
}

/// What the identifiers of the loops around a place stand for.
type Elements = HashMap<String, Node>;

impl Expander<'_> {
    /// As deep as the parsers allow.
    fn node(&self, node: &Node, elements: &Elements) -> Node {
        if !elements.is_empty() {
            if !self.budget.spend(1) {
                return Node::unknown(
                    "`Fn::ForEach`",
                    Cause::Unsupported("too many values".into()),
                    node.span,
                );
            }
            if let Some(element) = reference(node).and_then(|name| elements.get(name)) {
                return element.clone().used_at(node.span);
            }
        }
        let value = match &node.value {
            Value::Object(object) => Value::Object(self.object(object, elements)),
            Value::List(list) => Value::List(List {
                items: list.items.iter().map(|n| self.node(n, elements)).collect(),
                open: list.open.clone(),
            }),
            Value::Text(_) => return substituted(node, elements).unwrap_or_else(|| node.clone()),
            other => other.clone(),
        };
        Node { value, ..node.clone() }
    }

    fn object(&self, object: &Object, elements: &Elements) -> Object {
        let mut entries = Vec::with_capacity(object.entries.len());
        for entry in &object.entries {
            match a_loop(entry) {
                Some((identifier, collection, fragment)) => {
                    self.written_out(identifier, collection, fragment, elements, &mut entries);
                }
                // A loop of another form is left to be named where it stands.
                None => entries.push(Entry {
                    key: self.key(&entry.key, elements),
                    value: self.node(&entry.value, elements),
                }),
            }
        }
        Object { entries, open: object.open.clone() }
    }

    fn written_out(
        &self,
        identifier: &str,
        collection: &Node,
        fragment: &Object,
        elements: &Elements,
        entries: &mut Vec<Entry>,
    ) {
        for element in self.collection(collection, elements) {
            if !self.budget.spend(1) {
                return;
            }
            let mut inner = elements.clone();
            inner.insert(identifier.to_owned(), element);
            entries.extend(self.object(fragment, &inner).entries);
        }
    }

    fn key(&self, key: &Located<Text>, elements: &Elements) -> Located<Text> {
        let node = Node::new(Value::Text(key.value.clone()), key.span);
        match substituted(&node, elements).map(|node| node.value) {
            Some(Value::Text(value)) => Located { value, ..key.clone() },
            _ => key.clone(),
        }
    }

    /// The elements that a loop runs over.
    fn collection(&self, node: &Node, elements: &Elements) -> Vec<Node> {
        let unknown = || {
            vec![unknown_text(
                "an element of `Fn::ForEach`",
                Cause::Undecided("a list that is not known".into()),
                node.span,
            )]
        };
        if let Some(name) = reference(node) {
            return match self.parameter(name, node.span).map(|n| n.value) {
                Some(Value::List(List { items, open: None })) => items,
                _ => unknown(),
            };
        }
        let Value::List(list) = &node.value else {
            return unknown();
        };
        let mut out = Vec::new();
        for item in &list.items {
            let value = match reference(item) {
                Some(name) => elements.get(name).cloned().or_else(|| self.parameter(name, item.span)),
                None => item.scalar().map(|_| item.clone()),
            };
            match value.map(|n| (n.clone(), n.value)) {
                Some((_, Value::List(List { items, .. }))) => out.extend(items),
                Some((node, _)) if node.scalar().is_some() => out.push(node),
                _ => out.extend(unknown()),
            }
        }
        out
    }

    fn parameter(&self, name: &str, span: Span) -> Option<Node> {
        let Value::Object(parameters) = &self.document.get("Parameters")?.value else {
            return None;
        };
        let entry = parameters.entries.iter().rev().find(|e| e.key.value.is(name))?;
        let parameter = Parameter::new(entry.key.value.as_str()?, entry.key.span, &entry.value, self.ros);
        Some(match (self.arguments.get(name), self.arguments.unknown(name)) {
            (Some(argument), _) => parameter.given(&argument.value, span),
            (None, Some(unknown)) => parameter.unknown(unknown.why.clone(), span),
            (None, None) => parameter.default(span),
        })
    }
}

/// The text with `${Identifier}` and `&{Identifier}` (without signs that logical ids cannot have) replaced.
fn substituted(node: &Node, elements: &Elements) -> Option<Node> {
    let text = known(node)?;
    if elements.is_empty() || !text.contains("{") {
        return None;
    }
    let mut decoded = None;
    let mut out = DecodedBuilder::default();
    let mut done = 0;
    for (at, _) in text.match_indices('{') {
        let sign = at.checked_sub(1).and_then(|before| text.as_bytes().get(before)).copied();
        let end = text.get(at..).and_then(|rest| rest.find('}')).map(|end| at + end);
        let (Some(sign @ (b'$' | b'&')), Some(end)) = (sign, end) else {
            continue;
        };
        let Some(element) = text.get(at + 1..end).and_then(|name| elements.get(name)) else {
            continue;
        };
        let from = decoded.get_or_insert(Decoded::of(node)?);
        copy(&mut out, from, done..at - 1);
        let span = from.origin().span(at - 1..end + 1).unwrap_or(node.span);
        match (sign, known(element)) {
            (b'&', Some(text)) => {
                let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
                out.converted(&plain, span);
            }
            _ => insert(&mut out, element, span),
        }
        done = end + 1;
    }
    let from = decoded?;
    copy(&mut out, &from, done..text.len());
    let node = out.into_node(node.span);
    (lift::size(&node) <= MAX_WRITTEN).then_some(node)
}
