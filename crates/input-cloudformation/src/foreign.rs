//! Files that are nearly templates: those of tools that make templates of them.
//!
//! What such a tool would put in is unknown here, and so said; the roles that its files spell out are read all the
//! same.

use std::borrow::Cow;

use model::{Cause, Decoded, DecodedBuilder, Node, Object, Problem, Symbol, Text, Value};

use crate::value::{known, unknown_text};

/// The templates inside of a document, and what is to be said of it.
pub(crate) fn unwrap<'d>(document: &'d Node, text: &str, problems: &mut Vec<Problem>) -> Vec<Cow<'d, Node>> {
    let Value::Object(root) = &document.value else {
        return vec![Cow::Borrowed(document)];
    };
    if is_serverless_framework(root) {
        let message = "a file of the Serverless Framework: roles that the framework makes are not read, only \
                       those under `resources`, and its variables are unknown; `serverless package` writes \
                       the whole template";
        problems.push(Problem::warning(document.span, message));
        let parts = match root.get("resources").map(|n| (n, &n.value)) {
            Some((_, Value::List(list))) => list.items.iter().collect(),
            Some((node, Value::Object(_))) => vec![node],
            _ => Vec::new(),
        };
        return parts.into_iter().map(|part| Cow::Owned(masked(part, &framework_variable))).collect();
    }
    if is_org_formation(root) || FORMATION_CALLS.iter().any(|call| text.contains(call)) {
        let message = "a file of org-formation: its own resources are not read, and what its functions give \
                       is unknown";
        problems.push(Problem::warning(document.span, message));
        return vec![Cow::Owned(masked(document, &org_formation_function))];
    }
    vec![Cow::Borrowed(document)]
}

fn is_serverless_framework(root: &Object) -> bool {
    let provider = root.get("provider");
    let named = provider.is_some_and(|p| p.get("name").is_some() || known(p).is_some());
    root.get("service").is_some() && named
}

fn is_org_formation(root: &Object) -> bool {
    let version = root.get("AWSTemplateFormatVersion").and_then(Node::scalar);
    let organisation = ["OrganizationBindings", "OrganizationBinding", "Organization"];
    version.is_some_and(|v| v.value.is("2010-09-09-OC")) || organisation.iter().any(|k| root.get(k).is_some())
}

/// The tree with what `replaced` finds in its texts put in its place. As deep as the parsers allow.
fn masked(node: &Node, replaced: &dyn Fn(&Node) -> Option<Node>) -> Node {
    let value = match &node.value {
        Value::Text(_) => return replaced(node).unwrap_or_else(|| node.clone()),
        Value::Object(object) => {
            let entries = object.entries.iter().map(|e| {
                let value = masked(&e.value, replaced);
                model::Entry { key: e.key.clone(), value }
            });
            Value::Object(Object { entries: entries.collect(), open: object.open.clone() })
        }
        Value::List(list) => Value::List(model::List {
            items: list.items.iter().map(|n| masked(n, replaced)).collect(),
            open: list.open.clone(),
        }),
        other => other.clone(),
    };
    Node { value, ..node.clone() }
}

/// Sources of variables that the Serverless Framework puts in. What AWS itself puts in begins otherwise.
const VARIABLES: &[&str] = &[
    "self:",
    "opt:",
    "env:",
    "file(",
    "sls:",
    "ssm:",
    "cf:",
    "cf(",
    "s3:",
    "param:",
    "aws:accountId",
    "aws:region",
];

/// A text with variables of the Serverless Framework: each is unknown, but for the account and the region.
fn framework_variable(node: &Node) -> Option<Node> {
    let text = known(node)?;
    let is_variable =
        |at: usize| text.get(at + 2..).is_some_and(|rest| VARIABLES.iter().any(|v| rest.starts_with(v)));
    let starts: Vec<usize> =
        text.match_indices("${").map(|(at, _)| at).filter(|at| is_variable(*at)).collect();
    if starts.is_empty() {
        return None;
    }
    let decoded = Decoded::of(node)?;
    let mut out = DecodedBuilder::default();
    let mut done = 0;
    for start in starts {
        if start < done {
            continue;
        }
        let end = closing(text, start)?;
        out.carried(&decoded, done..start);
        let span = decoded.origin().span(start..end).unwrap_or(node.span);
        let what = text.get(start..end).unwrap_or_default();
        out.filling(match what {
            "${aws:accountId}" => Node::new(Value::Text(Text::symbol(Symbol::OwnAccount)), span),
            "${aws:region}" => Node::new(Value::Text(Text::symbol(Symbol::Region)), span),
            _ => {
                let why = Cause::Unsupported("a variable of the Serverless Framework".into());
                unknown_text(format!("`{what}`"), why, span)
            }
        });
        done = end;
    }
    out.carried(&decoded, done..text.len());
    Some(out.into_node(node.span))
}

/// Behind the brace that closes the one that opens at `start`.
fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.get(start..)?.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(start + at + 1),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Functions of org-formation.
const FORMATION_CALLS: [&str; 4] =
    ["Fn::EnumTargetAccounts", "Fn::EnumTargetRegions", "Fn::TargetCount", "Fn::EnumOtherAccounts"];

/// A call that org-formation writes as text.
fn org_formation_function(node: &Node) -> Option<Node> {
    let text = known(node)?;
    let call = FORMATION_CALLS.iter().find(|call| text.trim_start().starts_with(**call))?;
    let why = Cause::Unsupported("a function of org-formation".into());
    Some(Node::unknown(format!("`{call}`"), why, node.span))
}

/// Whether the text holds the marks of Jinja and its like, which such a tool must render first. Dynamic references
/// (`{{resolve:…}}`) are CloudFormation's own.
pub(crate) fn is_rendered_elsewhere(text: &str) -> bool {
    text.contains("{%")
        || text
            .match_indices("{{")
            .any(|(at, _)| text.get(at + 2..).is_some_and(|rest| !rest.trim_start().starts_with("resolve:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dynamic_references_are_no_foreign_template() {
        assert!(is_rendered_elsewhere("a: {{ x }}"));
        assert!(is_rendered_elsewhere("{% if x %}"));
        assert!(!is_rendered_elsewhere("a: '{{resolve:ssm:x}}'"));
    }
}
