//! Roles out of documents and out of what the clouds' command lines print.
//!
//! The shapes: a policy document; a role with its `AssumeRolePolicyDocument` (an object, a JSON string, or one that
//! is percent-encoded too); `{"Role": …}`, `{"Roles": …}`, `{"RoleDetailList": …}` around roles; lists of all these.
//! Anything else holds no role.

use std::collections::BTreeMap;

use model::{
    Breadth, Cause, Cloud, Decoded, Entry, Grant, Located, Lowering, Node, Object, Place, Problem, Role,
    Span, TrustPolicy, Unknown, Value, Variant, ZoneFact, lower,
};
use syntax::SyntaxError;

use crate::{percent, recognise};

/// What a role's own trust policy stands under.
const DOCUMENT: &str = "AssumeRolePolicyDocument";

/// The keys around roles in the answers of the APIs.
const AROUND: [&str; 3] = ["Role", "Roles", "RoleDetailList"];

/// Collects the roles of one file.
pub(crate) struct Reader {
    path: String,
    /// Whether the file speaks of assuming roles.
    mentions_trust: bool,
    pub(crate) roles: Vec<Role>,
    /// The accounts of the roles, each with what showed it first.
    pub(crate) accounts: BTreeMap<Box<str>, ZoneFact>,
    pub(crate) problems: Vec<Problem>,
}

impl Reader {
    pub(crate) fn new(path: String, mentions_trust: bool) -> Self {
        Reader { path, mentions_trust, roles: Vec::new(), accounts: BTreeMap::new(), problems: Vec::new() }
    }

    /// Reads a whole file.
    pub(crate) fn read(&mut self, tree: &Node) {
        let address = self.path.clone();
        self.value(tree, &address);
    }

    /// Reads a value; `address` is what a role without a name of its own is called.
    fn value(&mut self, node: &Node, address: &str) {
        match &node.value {
            Value::List(list) => {
                for (index, item) in list.items.iter().enumerate() {
                    self.value(item, &format!("{address}[{index}]"));
                }
            }
            Value::Object(_) if recognise::is_document(node) => self.document(node, address),
            Value::Object(object) if object.get(DOCUMENT).is_some() => self.role(object, node.span, address),
            Value::Object(object) => {
                for Entry { key, value } in &object.entries {
                    if AROUND.iter().any(|around| key.value.is(around)) {
                        self.value(value, address);
                    }
                }
            }
            _ => {}
        }
    }

    /// A document that stands by itself.
    fn document(&mut self, node: &Node, address: &str) {
        if recognise::is_trust(node) {
            let (cloud, trust) = self.trust(node);
            // Nothing names the role; its document opens here.
            let opening = Span { end: node.span.start + 1, ..node.span };
            self.roles.push(Role::new(cloud, "policy", address, opening, node.span, trust));
        } else if let Some(span) = recognise::hidden(node) {
            self.problems.push(Problem {
                place: Place::Span(span),
                message: "a template fills in these statements; they are not judged".into(),
                relevant: self.mentions_trust,
            });
        }
    }

    fn trust(&mut self, document: &Node) -> (Cloud, Vec<Variant>) {
        let cloud = recognise::cloud(document);
        let Lowering { variants, problems } = lower(document, cloud, true);
        self.problems.extend(problems);
        (cloud, variants)
    }

    /// A role as an API returns it.
    fn role(&mut self, object: &Object, span: Span, address: &str) {
        let Some(node) = object.get(DOCUMENT) else {
            return;
        };
        let text = |key: &str| object.get(key).and_then(Node::scalar);
        let (arn, name) = (text("Arn"), text("RoleName"));
        let named = arn.is_some() || name.is_some();
        let (cloud, trust) = match embedded(node) {
            Ok(document) if named || recognise::is_document(&document) => self.trust(&document),
            // A schema or a program may use the same word; a role has a name or a policy document.
            Ok(_) => return,
            Err(_) if !named => return,
            Err(error) => {
                let message = format!("`{DOCUMENT}` is not valid JSON: {}", error.message);
                self.problems.push(Problem::relevant(Place::Span(error.span), message.clone()));
                let why = Cause::Invalid(message.into());
                let cloud = match &arn {
                    Some(arn) if arn.value.to_string().starts_with("acs:") => Cloud::Alibaba,
                    _ => Cloud::Aws,
                };
                let policy = TrustPolicy::unknown(cloud, Unknown::new(DOCUMENT, why, Some(node.span)));
                (cloud, vec![Variant { assumptions: Vec::new(), policy }])
            }
        };
        if let Some(arn) = &arn {
            let source = format!("the ARN of role `{}`", arn.value);
            if let Some(fact) = ZoneFact::account_in(&arn.value.to_string(), source, arn.span) {
                self.accounts.entry(fact.account.clone()).or_insert(fact);
            }
        }
        let own = arn.as_ref().or(name.as_ref());
        let address = own.map_or_else(|| address.to_owned(), |text| text.value.to_string());
        let opening = Span { end: span.start + 1, ..span };
        let at = name.as_ref().or(arn.as_ref()).map_or(opening, |text| text.span);
        let mut role = Role::new(cloud, "policy", address, at, node.span, trust);
        role.name = name;
        role.path = text("Path").map(|path| path.value);
        role.max_session = text("MaxSessionDuration");
        role.boundary = object
            .get("PermissionsBoundary")
            .and_then(|boundary| boundary.get("PermissionsBoundaryArn"))
            .and_then(Node::scalar);
        role.grants = grants(object);
        self.roles.push(role);
    }
}

/// The permissions that `get-account-authorization-details` lists with a role.
fn grants(object: &Object) -> Vec<Located<Grant>> {
    let managed = items(object, "AttachedManagedPolicies")
        .iter()
        .filter_map(|policy| policy.get("PolicyArn").or_else(|| policy.get("PolicyName")))
        .filter_map(Node::scalar)
        .map(|arn| arn.map(Grant::Managed));
    let inline = items(object, "RolePolicyList")
        .iter()
        .filter_map(|policy| policy.get("PolicyDocument"))
        .map(|document| {
            let breadth = match embedded(document) {
                Ok(document) => Breadth::of(&document),
                Err(error) => {
                    let why = Cause::Invalid(error.message.into());
                    Breadth::Unknown(Unknown::new("PolicyDocument", why, Some(error.span)))
                }
            };
            Located::new(Grant::Document(breadth), document.span)
        });
    managed.chain(inline).collect()
}

fn items<'a>(object: &'a Object, key: &str) -> &'a [Node] {
    match object.get(key).map(|node| &node.value) {
        Some(Value::List(list)) => &list.items,
        _ => &[],
    }
}

/// A document that may be an object or the text of one, percent-encoded or not.
fn embedded(node: &Node) -> Result<Node, SyntaxError> {
    let Some(text) = Decoded::of(node) else {
        return Ok(node.clone());
    };
    let encoded = text.text().trim_start().starts_with('%');
    let plain = if encoded { percent::decode(&text) } else { None };
    syntax::json::parse_decoded(plain.as_ref().unwrap_or(&text))
}
