//! Which accounts a plan or a state shows to be the user's own.

use std::collections::BTreeSet;

use model::{Node, Object, Problem, Span, Value, ZoneFact};

use crate::resource::{self, Attribute, Resource, string};
use crate::role;

/// The data sources that give the account of a provider, and the attribute with it.
const IDENTITIES: [(&str, &str); 3] = [
    ("aws_caller_identity", "account_id"),
    ("alicloud_caller_identity", "account_id"),
    ("alicloud_account", "id"),
];

/// The own accounts, each once, with what showed it first.
pub(crate) fn facts(tree: &Node, resources: &[Resource<'_>]) -> Vec<ZoneFact> {
    let mut facts = Facts::default();
    resources.iter().for_each(|resource| facts.resource(resource));
    // What a plan read before it planned stands in the state. That state's oddities are no matter of the plan.
    let mut ignored: Vec<Problem> = Vec::new();
    if let Some(prior) = tree.get("prior_state") {
        resource::all(prior, &mut ignored).iter().for_each(|resource| facts.resource(resource));
    }
    if let Some(Value::Object(providers)) =
        tree.get("configuration").and_then(|c| c.get("provider_config")).map(|node| &node.value)
    {
        facts.providers(providers);
    }
    facts.found
}

#[derive(Default)]
struct Facts {
    found: Vec<ZoneFact>,
    seen: BTreeSet<String>,
}

impl Facts {
    fn add(&mut self, account: &str, source: String, span: Span) {
        let digits = (12..=16).contains(&account.len()) && account.bytes().all(|b| b.is_ascii_digit());
        if digits && self.seen.insert(account.to_owned()) {
            self.found.push(ZoneFact { account: account.into(), source: source.into(), span });
        }
    }

    fn resource(&mut self, resource: &Resource<'_>) {
        let identity = IDENTITIES.iter().find(|(kind, _)| !resource.managed && *kind == resource.kind);
        if let Some((_, attribute)) = identity
            && let Attribute::Known(node) = resource.attribute(attribute)
            && let Some(account) = string(node)
        {
            self.add(account, format!("`{}`", resource.address), node.span);
        }
        if resource.managed
            && role::cloud(resource.kind).is_some()
            && let Attribute::Known(node) = resource.attribute("arn")
            && let Some(account) = string(node).and_then(account_of)
        {
            self.add(account, format!("the ARN of `{}`", resource.address), node.span);
        }
    }

    fn providers(&mut self, providers: &Object) {
        for provider in &providers.entries {
            let name = &provider.key.value;
            let Some(expressions) = provider.value.get("expressions") else {
                continue;
            };
            if let Some(allowed) = constant(expressions, "allowed_account_ids") {
                for (account, span) in strings(allowed) {
                    self.add(account, format!("`allowed_account_ids` of provider `{name}`"), span);
                }
            }
            let Some(Value::List(assumed)) = expressions.get("assume_role").map(|node| &node.value) else {
                continue;
            };
            for role in assumed.items.iter().filter_map(|block| constant(block, "role_arn")) {
                if let Some(account) = string(role).and_then(account_of) {
                    self.add(account, format!("the role that provider `{name}` assumes"), role.span);
                }
            }
        }
    }
}

fn constant<'a>(expressions: &'a Node, attribute: &str) -> Option<&'a Node> {
    expressions.get(attribute).and_then(|expression| expression.get("constant_value"))
}

fn strings(node: &Node) -> Vec<(&str, Span)> {
    match &node.value {
        Value::List(list) => list.items.iter().filter_map(|item| Some((string(item)?, item.span))).collect(),
        _ => Vec::new(),
    }
}

/// The account in an ARN: `arn:aws:iam::111122223333:role/x`, `acs:ram::1234567890123456:role/x`.
fn account_of(arn: &str) -> Option<&str> {
    let mut parts = arn.split(':');
    match parts.next()? {
        "arn" => parts.nth(3),
        "acs" => parts.nth(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_stand_in_arns() {
        assert_eq!(account_of("arn:aws-cn:iam::111122223333:role/x"), Some("111122223333"));
        assert_eq!(account_of("acs:ram::1234567890123456:role/x"), Some("1234567890123456"));
        assert_eq!(account_of("x"), None);
    }
}
