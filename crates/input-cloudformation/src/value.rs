//! Small values that every part of the evaluation makes, and how a call of a function is recognised.

use model::{Cause, Node, Object, Span, Text, Unknown, Value};

/// The function and its argument, if the object is a call of one.
pub(crate) fn intrinsic(object: &Object) -> Option<(&str, &Node)> {
    match object.entries.as_slice() {
        [entry] if object.open.is_none() => {
            let name = entry.key.value.as_str().filter(|key| is_intrinsic(key))?;
            Some((name, &entry.value))
        }
        _ => None,
    }
}

/// The function and its argument, if the node is a call of one.
pub(crate) fn call(node: &Node) -> Option<(&str, &Node)> {
    match &node.value {
        Value::Object(object) => intrinsic(object),
        _ => None,
    }
}

/// The logical id or parameter that `Ref` names, if the node is one.
pub(crate) fn reference(node: &Node) -> Option<&str> {
    match call(node)? {
        ("Ref", name) => known(name),
        _ => None,
    }
}

/// The logical id that `Ref` or `Fn::GetAtt` names.
pub(crate) fn referenced(node: &Node) -> Option<&str> {
    match call(node)? {
        ("Ref", name) => known(name),
        ("Fn::GetAtt", argument) => match &argument.value {
            Value::List(list) => known(list.items.first()?),
            _ => Some(known(argument)?.split_once('.')?.0),
        },
        _ => None,
    }
}

/// Whether a key is the name of a function.
pub(crate) fn is_intrinsic(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// The text of a node that is wholly known text.
pub(crate) fn known(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => text.as_str(),
        _ => None,
    }
}

/// A value that is one text, of which nothing else is known.
pub(crate) fn unknown_text(what: impl Into<Box<str>>, why: Cause, span: Span) -> Node {
    Node::new(Value::Text(Text::unknown(Unknown::new(what, why, Some(span)))), span)
}

/// A call that the service refuses.
pub(crate) fn invalid(function: &str, expected: &str, span: Span) -> Node {
    Node::unknown(format!("`{function}`"), Cause::Invalid(format!("`{function}` {expected}").into()), span)
}

/// The elements of a function's arguments.
pub(crate) fn items(argument: &Node) -> &[Node] {
    match &argument.value {
        Value::List(list) => &list.items,
        _ => &[],
    }
}
