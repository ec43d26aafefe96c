//! Policy documents as templates hold them: trees, or texts of JSON.

use std::borrow::Cow;

use model::{Branch, Cause, Decoded, Node, OneOf, Problem, Value};

/// A policy document: a tree, or JSON text that holds one.
pub(crate) fn document<'n>(node: Cow<'n, Node>, problems: &mut Vec<Problem>) -> Cow<'n, Node> {
    match &node.value {
        Value::OneOf(one) => {
            let inner = |branch: &Branch| Branch {
                node: document(Cow::Borrowed(&branch.node), problems).into_owned(),
                ..branch.clone()
            };
            let branches = one.branches.iter().map(inner).collect();
            let value = Value::OneOf(OneOf { branches, ..one.clone() });
            Cow::Owned(Node { value, ..node.into_owned() })
        }
        Value::Text(_) => match Decoded::of(&node).map(|text| syntax::json::parse_decoded(&text)) {
            Some(Ok(tree)) => Cow::Owned(tree),
            Some(Err(error)) => {
                let message = format!("the policy is a text, but not JSON: {}", error.message);
                problems.push(Problem::warning(error.span, message.clone()));
                let why = Cause::Invalid(message.into());
                Cow::Owned(Node::unknown("a policy document", why, node.span))
            }
            None => node,
        },
        _ => node,
    }
}
