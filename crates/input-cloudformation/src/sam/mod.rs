//! The roles that the Serverless Application Model makes of a template without being told.
//!
//! A function or state machine without `Role` gets one that trusts its service; `beside` has the roles of what belongs
//! to them: events, deployments, the parts of a GraphQL API. All of this is as the open source translator does it.

mod beside;

use std::collections::HashSet;

use model::{Cause, Entry, List, Located, Node, Object, Span, Text, Unknown, Value};

use crate::claim::DOCUMENT;
use crate::template::Implied;
use crate::value::{call, intrinsic, known, reference};

/// A kind of resource that gets a role.
struct Kind {
    name: &'static str,
    /// The section of `Globals` with its defaults.
    globals: Option<&'static str>,
    /// Who runs it.
    service: &'static str,
    /// The policy that every such role has.
    basic: Option<&'static str>,
    /// The property that names a role of one's own; with the resource's id before it, the id of the role that is made.
    property: &'static str,
}

const KINDS: &[Kind] = &[
    Kind {
        name: "AWS::Serverless::Function",
        globals: Some("Function"),
        service: "lambda.amazonaws.com",
        basic: Some("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"),
        property: "Role",
    },
    Kind {
        name: "AWS::Serverless::StateMachine",
        globals: None,
        service: "states.amazonaws.com",
        basic: None,
        property: "Role",
    },
    Kind {
        name: "AWS::Serverless::CapacityProvider",
        globals: Some("CapacityProvider"),
        service: "lambda.amazonaws.com",
        basic: Some("arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator"),
        property: "OperatorRole",
    },
];

/// The roles that a document implies.
pub(crate) fn implied(document: &Node) -> Vec<Implied> {
    let Some(Value::Object(resources)) = document.get("Resources").map(|n| &n.value) else {
        return Vec::new();
    };
    let mut made = Vec::new();
    // Of equal names the last counts.
    let mut seen = HashSet::new();
    for entry in resources.entries.iter().rev() {
        let kind = entry.value.get("Type").and_then(known).unwrap_or_default();
        if let Some(id) = entry.key.value.as_str().filter(|id| seen.insert(*id))
            && kind.starts_with("AWS::Serverless::")
        {
            made.push(of_resource(document, kind, id, entry));
        }
    }
    let mut made: Vec<Implied> = made.into_iter().rev().flatten().collect();
    made.extend(beside::of_deployments(document, resources));
    made
}

/// The roles that one resource implies.
fn of_resource(document: &Node, kind: &str, id: &str, entry: &Entry) -> Vec<Implied> {
    let own = entry.value.get("Properties");
    let mut made = Vec::new();
    let beside = beside::of_resource(kind, id, entry);
    if let Some(kind) = KINDS.iter().find(|k| k.name == kind) {
        let globals = kind.globals.and_then(|section| document.get("Globals")?.get(section));
        let given = Given { own, globals };
        if let Some(node) = given.role(kind, id, &entry.key, &entry.value) {
            let role = Located::new(Text::lit(&format!("{id}{}", kind.property)), entry.key.span);
            made.push(Implied { id: role, node, by: (kind.name, id.to_owned()) });
        }
    }
    made.extend(beside);
    made
}

/// The properties of a resource and the defaults for all of its kind.
struct Given<'d> {
    own: Option<&'d Node>,
    globals: Option<&'d Node>,
}

impl Given<'_> {
    fn get(&self, property: &str) -> Option<Node> {
        match (self.globals.and_then(|g| g.get(property)), self.own.and_then(|own| own.get(property))) {
            (Some(global), Some(own)) => Some(merged(global, own)),
            (global, own) => own.or(global).cloned(),
        }
    }

    fn role(&self, kind: &Kind, id: &str, key: &Located<Text>, resource: &Node) -> Option<Node> {
        // A function's role that is there in one case only leaves the other case to SAM.
        let own = self.get(kind.property);
        let is_function = kind.name == "AWS::Serverless::Function";
        let there = |role: Node| !(matches!(role.value, Value::Null) || is_function && may_be_absent(&role));
        if own.is_some_and(there) {
            return None;
        }
        let at = key.span;
        let trust = self.get(DOCUMENT).unwrap_or_else(|| trusts(kind.service, at));
        let mut properties = vec![entry(DOCUMENT, trust, at)];
        for (name, from) in [("PermissionsBoundary", "PermissionsBoundary"), ("Path", "RolePath")] {
            properties.extend(self.get(from).map(|node| entry(name, node, at)));
        }
        let (managed, documents) = self.policies(kind, id, at);
        properties.push(entry("ManagedPolicyArns", managed, at));
        properties.push(entry("Policies", documents, at));
        let mut entries = vec![
            entry("Type", Node::text("AWS::IAM::Role", at), at),
            entry("Properties", object(properties, at), at),
        ];
        for name in ["Condition", "Metadata"] {
            entries.extend(resource.get(name).map(|node| entry(name, node.clone(), at)));
        }
        Some(object(entries, at))
    }

    /// The managed policies and the inline ones.
    fn policies(&self, kind: &Kind, id: &str, at: Span) -> (Node, Node) {
        let mut managed = List::default();
        let mut documents = List::default();
        managed.items.extend(kind.basic.map(|arn| Node::text(arn, at)));
        let written = self.get("Policies");
        let items = match written.as_ref().map(|n| (n, &n.value)) {
            Some((_, Value::List(list))) => {
                managed.open = list.open.clone();
                list.items.clone()
            }
            Some((node, Value::Unknown(unknown))) => {
                let place = unknown.span.or(Some(node.span));
                managed.open = Some(Unknown { span: place, ..unknown.clone() });
                Vec::new()
            }
            Some((_, Value::Null)) | None => Vec::new(),
            Some((node, _)) => vec![node.clone()],
        };
        for item in items {
            match &item.value {
                Value::Object(object) if intrinsic(object).is_none() => {
                    let document = if object.get("Statement").is_some() { item } else { template(&item) };
                    let span = document.span;
                    let name = entry("PolicyName", Node::text(&format!("{id}RolePolicy"), span), span);
                    documents
                        .items
                        .push(self::object(vec![name, entry("PolicyDocument", document, span)], span));
                }
                _ => managed.items.push(item),
            }
        }
        (Node::new(Value::List(managed), at), Node::new(Value::List(documents), at))
    }
}

/// One of SAM's policy templates: never everything, and what exactly is SAM's own.
fn template(item: &Node) -> Node {
    let statement = Object {
        entries: vec![
            entry("Effect", Node::text("Allow", item.span), item.span),
            entry(
                "Action",
                Node::unknown(
                    "a policy template",
                    Cause::Unsupported("SAM's policy templates".into()),
                    item.span,
                ),
                item.span,
            ),
        ],
        open: None,
    };
    let statement = Node::new(Value::Object(statement), item.span);
    object(vec![entry("Statement", statement, item.span)], item.span)
}

/// Whether an expression leaves a property out in some case.
fn may_be_absent(node: &Node) -> bool {
    match call(node) {
        Some(("Ref", _)) => matches!(reference(node), Some("AWS::NoValue")),
        Some(("Fn::If", argument)) => match &argument.value {
            Value::List(list) => list.items.iter().skip(1).any(may_be_absent),
            _ => false,
        },
        _ => matches!(node.value, Value::Null),
    }
}

/// A property of `Globals` with that of a resource laid over it, as SAM does: objects are merged, lists follow one
/// another, anything else is replaced.
fn merged(global: &Node, own: &Node) -> Node {
    match (&global.value, &own.value) {
        (Value::Object(base), Value::Object(over))
            if intrinsic(base).is_none() && intrinsic(over).is_none() =>
        {
            let mut entries: Vec<Entry> = Vec::with_capacity(base.entries.len() + over.entries.len());
            for entry in &base.entries {
                let value = match entry.key.value.as_str().and_then(|key| over.get(key)) {
                    Some(own) => merged(&entry.value, own),
                    None => entry.value.clone(),
                };
                entries.push(Entry { key: entry.key.clone(), value });
            }
            let new = over.entries.iter().filter(|e| !base.entries.iter().any(|b| b.key == e.key));
            entries.extend(new.cloned());
            let open = base.open.clone().or_else(|| over.open.clone());
            Node { value: Value::Object(Object { entries, open }), ..own.clone() }
        }
        (Value::List(base), Value::List(over)) => {
            let items = base.items.iter().chain(&over.items).cloned().collect();
            let open = base.open.clone().or_else(|| over.open.clone());
            Node { value: Value::List(List { items, open }), ..own.clone() }
        }
        _ => own.clone(),
    }
}

/// The trust policy that SAM writes for a service.
fn trusts(service: &str, at: Span) -> Node {
    let text = |text: &str| Node::text(text, at);
    let principal = object(vec![entry("Service", text(service), at)], at);
    let statement = object(
        vec![
            entry("Effect", text("Allow"), at),
            entry("Action", text("sts:AssumeRole"), at),
            entry("Principal", principal, at),
        ],
        at,
    );
    object(vec![entry("Version", text("2012-10-17"), at), entry("Statement", statement, at)], at)
}

fn entry(key: &str, value: Node, at: Span) -> Entry {
    Entry { key: Located::new(Text::lit(key), at), value }
}

fn object(entries: Vec<Entry>, at: Span) -> Node {
    Node::new(Value::Object(Object { entries, open: None }), at)
}
