//! Which documents are trust policies, and whose.
//!
//! Told apart by shape: an identity policy and a service control policy have no principal, a resource policy and a
//! resource control policy name a resource. One that allows just what opens sessions is a trust policy with a resource
//! too many. Not here: whether the policy is correct; a wrong `Effect` does not make
//! it another kind of policy.

use model::{Cloud, Located, Node, Object, Span, Text, Value};

/// Whether this document says who may assume a role.
pub(crate) fn is_trust(document: &Node) -> bool {
    statements(document).into_iter().any(admits)
}

/// Whether this is a policy document of any kind.
pub(crate) fn is_document(node: &Node) -> bool {
    matches!(&node.value, Value::Object(object) if has(object, &["Statement"]))
}

/// Where statements of this document are not known, if any are not.
pub(crate) fn hidden(document: &Node) -> Option<Span> {
    let Value::Object(object) = &document.value else {
        return None;
    };
    values(object, "Statement").find_map(|node| match &node.value {
        Value::Unknown(unknown) => Some(unknown.span.unwrap_or(node.span)),
        Value::List(list) => list.open.as_ref().map(|unknown| unknown.span.unwrap_or(node.span)),
        _ => None,
    })
}

/// A statement that lets somebody assume the role, if it means anything at all.
fn admits(statement: &Object) -> bool {
    has(statement, &["Principal", "NotPrincipal"])
        && (!has(statement, &["Resource", "NotResource"]) || opens_sessions_alone(statement))
        && (has(statement, &["NotAction"]) || actions(statement).iter().any(may_be_sts))
        && !(has(statement, &["Effect"]) && values(statement, "Effect").all(is_deny))
}

/// Whether a statement speaks of nothing but assuming roles, as no resource policy does.
fn opens_sessions_alone(statement: &Object) -> bool {
    let opens = |action: &Located<Text>| {
        action.value.as_str().is_some_and(|a| a.to_ascii_lowercase().starts_with("sts:assumerole"))
    };
    let actions = actions(statement);
    !actions.is_empty() && actions.iter().all(opens)
}

fn is_deny(effect: &Node) -> bool {
    let text = effect.scalar();
    text.is_some_and(|t| t.value.as_str().is_some_and(|e| e.eq_ignore_ascii_case("Deny")))
}

/// Whether an action pattern may reach the actions of `sts`.
fn may_be_sts(action: &Located<Text>) -> bool {
    let Some(action) = action.value.as_str() else {
        return true;
    };
    let action = action.to_ascii_lowercase();
    match action.find(['*', '?']).and_then(|end| action.get(..end)) {
        Some(fixed) => fixed.starts_with("sts:") || "sts:".starts_with(fixed),
        None => action.starts_with("sts:"),
    }
}

/// Whose grammar a document follows. Unless something says Alibaba Cloud, it is AWS.
pub(crate) fn cloud(document: &Node) -> Cloud {
    let one = match &document.value {
        Value::Object(object) => values(object, "Version").filter_map(Node::scalar).any(|v| v.value.is("1")),
        _ => false,
    };
    let ram = || {
        let sets = statements(document)
            .into_iter()
            .flat_map(|s| values(s, "Principal").chain(values(s, "NotPrincipal")).collect::<Vec<_>>());
        sets.filter_map(|set| match &set.value {
            Value::Object(object) => Some(object),
            _ => None,
        })
        .any(|kinds| {
            kinds.entries.iter().any(|e| e.key.value.is("RAM") || texts(&e.value).iter().any(is_alibaba))
        })
    };
    if one || ram() { Cloud::Alibaba } else { Cloud::Aws }
}

fn is_alibaba(principal: &Located<Text>) -> bool {
    let written = principal.value.to_string();
    written.starts_with("acs:") || written.ends_with(".aliyuncs.com")
}

/// The statements that are objects, of every `Statement` that the document has.
fn statements(document: &Node) -> Vec<&Object> {
    let Value::Object(object) = &document.value else {
        return Vec::new();
    };
    let nodes = values(object, "Statement").flat_map(|node| match &node.value {
        Value::List(list) => list.items.iter().collect(),
        _ => vec![node],
    });
    nodes
        .filter_map(|node| match &node.value {
            Value::Object(statement) => Some(statement),
            _ => None,
        })
        .collect()
}

fn actions(statement: &Object) -> Vec<Located<Text>> {
    values(statement, "Action").flat_map(texts).collect()
}

/// The scalars of a node: its own, or those of the list that it is.
fn texts(node: &Node) -> Vec<Located<Text>> {
    match &node.value {
        Value::List(list) => list.items.iter().filter_map(Node::scalar).collect(),
        _ => node.scalar().into_iter().collect(),
    }
}

fn has(object: &Object, keys: &[&str]) -> bool {
    object.entries.iter().any(|e| keys.iter().any(|key| e.key.value.is(key)))
}

/// Every value of a key: a document may repeat it.
fn values<'a>(object: &'a Object, key: &'a str) -> impl Iterator<Item = &'a Node> {
    object.entries.iter().filter(move |e| e.key.value.is(key)).map(|e| &e.value)
}
