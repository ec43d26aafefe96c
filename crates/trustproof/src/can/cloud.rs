//! Whose grammar a trust policy follows, as the policy itself tells.

use model::{Cloud, Node, Object, Value};

/// Alibaba Cloud's policies have version 1, or principals of RAM. `None` if nothing in the policy says so.
pub(super) fn told(document: &Node) -> Option<Cloud> {
    let one = || document.get("Version").and_then(Node::scalar).is_some_and(|v| v.value.is("1"));
    (statements(document).any(names_ram) || one()).then_some(Cloud::Alibaba)
}

fn statements(document: &Node) -> impl Iterator<Item = &Object> {
    each(document.get("Statement")).filter_map(|node| match &node.value {
        Value::Object(statement) => Some(statement),
        _ => None,
    })
}

fn names_ram(statement: &Object) -> bool {
    let elements = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.get(key));
    let kinds = elements.filter_map(|node| match &node.value {
        Value::Object(kinds) => Some(&kinds.entries),
        _ => None,
    });
    kinds.flatten().any(|kind| kind.key.value.is("RAM") || each(Some(&kind.value)).any(is_alibaba))
}

fn is_alibaba(principal: &Node) -> bool {
    let Value::Text(text) = &principal.value else {
        return false;
    };
    text.as_str().is_some_and(|id| id.starts_with("acs:") || id.ends_with(".aliyuncs.com"))
}

/// The elements of a list, or the one value that stands instead of a list.
fn each(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let nodes = node.map(|node| match &node.value {
        Value::List(list) => list.items.as_slice(),
        _ => std::slice::from_ref(node),
    });
    nodes.unwrap_or_default().iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Span;

    fn told_by(text: &str) -> Option<Cloud> {
        told(&syntax::json::parse(text, Span::nowhere().file).unwrap())
    }

    #[test]
    fn the_policy_tells() {
        assert_eq!(told_by(r#"{"Version": "1", "Statement": []}"#), Some(Cloud::Alibaba));
        assert_eq!(told_by(r#"{"Statement": {"Principal": {"RAM": "*"}}}"#), Some(Cloud::Alibaba));
        let service = r#"{"Statement": [{}, {"Principal": {"Service": ["ecs.aliyuncs.com"]}}]}"#;
        assert_eq!(told_by(service), Some(Cloud::Alibaba));
        let provider = r#"{"Statement": [{"NotPrincipal": {"Federated": "acs:ram::1:saml-provider/x"}}]}"#;
        assert_eq!(told_by(provider), Some(Cloud::Alibaba));
        assert_eq!(told_by(r#"{"Version": "2012-10-17", "Statement": [{"Principal": "*"}]}"#), None);
        assert_eq!(told_by("[]"), None);
    }
}
