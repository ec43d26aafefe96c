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
    seen: BTreeSet<Box<str>>,
}

impl Facts {
    fn add(&mut self, fact: Option<ZoneFact>) {
        if let Some(fact) = fact
            && self.seen.insert(fact.account.clone())
        {
            self.found.push(fact);
        }
    }

    fn resource(&mut self, resource: &Resource<'_>) {
        let identity = IDENTITIES.iter().find(|(kind, _)| !resource.managed && *kind == resource.kind);
        if let Some((_, attribute)) = identity
            && let Attribute::Known(node) = resource.attribute(attribute)
            && let Some(account) = string(node)
        {
            self.add(ZoneFact::account(account, format!("`{}`", resource.address), node.span));
        }
        if resource.managed
            && role::cloud(resource.kind).is_some()
            && let Attribute::Known(node) = resource.attribute("arn")
            && let Some(arn) = string(node)
        {
            self.add(ZoneFact::account_in(arn, format!("the ARN of `{}`", resource.address), node.span));
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
                    let source = format!("`allowed_account_ids` of provider `{name}`");
                    self.add(ZoneFact::account(account, source, span));
                }
            }
            let Some(Value::List(assumed)) = expressions.get("assume_role").map(|node| &node.value) else {
                continue;
            };
            for role in assumed.items.iter().filter_map(|block| constant(block, "role_arn")) {
                if let Some(arn) = string(role) {
                    let source = format!("the role that provider `{name}` assumes");
                    self.add(ZoneFact::account_in(arn, source, role.span));
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
