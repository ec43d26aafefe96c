//! Policies in the strings of a plan.
//!
//! Not here: policies that are put together from structured statements (`document`).

use model::{Breadth, Cause, Decoded, Grant, Node, Place, Problem, Unknown, Value};

fn no_policy(node: &Node) -> Problem {
    let message = format!("the policy is {}, expected JSON in a string", node.kind());
    Problem::relevant(Place::Span(node.span), message)
}

/// The document in a JSON string of the plan.
pub(crate) fn embedded(node: &Node) -> Result<Node, Problem> {
    let Some(text) = Decoded::of(node) else {
        // Some tools unfold the policies of a plan before they hand it on.
        let unfolded = matches!(node.value, Value::Unknown(_)) || node.get("Statement").is_some();
        return if unfolded { Ok(node.clone()) } else { Err(no_policy(node)) };
    };
    syntax::json::parse_decoded(&text).map_err(|error| {
        let message = format!("the policy is not valid JSON: {}", error.message);
        Problem::relevant(Place::Span(error.span), message)
    })
}

/// The reach of a permission policy in a JSON string.
pub(crate) fn inline(document: &Node) -> Grant {
    Grant::Document(match embedded(document) {
        Ok(document) if matches!(document.value, Value::Object(_)) => Breadth::of(&document),
        Ok(Node { value: Value::Unknown(unknown), .. }) => Breadth::Unknown(unknown),
        Ok(other) => {
            let why = Cause::Invalid(format!("{} instead of a policy", other.kind()).into());
            Breadth::Unknown(Unknown::new("policy", why, Some(document.span)))
        }
        Err(problem) => {
            let why = Cause::Invalid(problem.message);
            Breadth::Unknown(Unknown::new("policy", why, Some(document.span)))
        }
    })
}
