//! The roles that SAM makes beside those of functions and state machines: for events that start them, for gradual
//! deployments, and for the parts of a GraphQL API.
//!
//! A role of one's own (`RoleArn`, `ServiceRoleArn`) takes the place of each.

use model::{Cause, Entry, Located, Node, Object, Span, Text, Value};

use super::{entry, object, trusts};
use crate::claim::DOCUMENT;
use crate::template::Implied;
use crate::value::known;

/// The events that are given a role: whose, of which type, the service that it trusts, and whether `RoleArn` names
/// another one.
const EVENTS: &[(&str, &str, &str, bool)] = &[
    ("AWS::Serverless::Function", "ScheduleV2", "scheduler.amazonaws.com", true),
    ("AWS::Serverless::StateMachine", "ScheduleV2", "scheduler.amazonaws.com", true),
    ("AWS::Serverless::StateMachine", "Schedule", "events.amazonaws.com", true),
    ("AWS::Serverless::StateMachine", "CloudWatchEvent", "events.amazonaws.com", false),
    ("AWS::Serverless::StateMachine", "EventBridgeRule", "events.amazonaws.com", false),
    ("AWS::Serverless::StateMachine", "Api", "apigateway.amazonaws.com", false),
];

const GRAPH: &str = "AWS::Serverless::GraphQLApi";
const APPSYNC: &str = "appsync.amazonaws.com";

/// Roles beside that of a resource.
pub(super) fn of_resource(kind: &str, id: &str, resource: &Entry) -> Vec<Implied> {
    if kind == GRAPH {
        return of_graph(id, resource);
    }
    let mut made = Vec::new();
    for event in entries(resource.value.get("Properties").and_then(|p| p.get("Events"))) {
        let written = event.value.get("Type").and_then(known);
        let Some((kind, _, service, replaceable)) =
            EVENTS.iter().find(|(of, event, ..)| *of == kind && Some(*event) == written)
        else {
            continue;
        };
        let properties = event.value.get("Properties");
        if *replaceable && is_given(properties, "RoleArn") {
            continue;
        }
        let Some(name) = event.key.value.as_str() else {
            continue;
        };
        let at = event.key.span;
        let mut more = vec![entry("Policies", starts(at), at)];
        let bounded = match written {
            Some("ScheduleV2") => properties,
            _ => resource.value.get("Properties"),
        };
        if let Some(boundary) = bounded.and_then(|p| p.get("PermissionsBoundary")) {
            more.push(entry("PermissionsBoundary", boundary.clone(), at));
        }
        made.push(role(kind, format!("{id}{name}Role"), at, service, more, Some(&resource.value)));
    }
    made
}

/// The roles of a GraphQL API: one that writes logs, and one for each source of data.
fn of_graph(id: &str, resource: &Entry) -> Vec<Implied> {
    let properties = resource.value.get("Properties");
    let at = resource.key.span;
    let mut made = Vec::new();
    let logging = properties.and_then(|p| p.get("Logging"));
    let off = logging.is_some_and(|n| matches!(n.value, Value::Bool(false)));
    if !off && !is_given(logging, "CloudWatchLogsRoleArn") {
        let arn = "arn:aws:iam::aws:policy/service-role/AWSAppSyncPushToCloudWatchLogs";
        let more = vec![entry("ManagedPolicyArns", list(vec![Node::text(arn, at)], at), at)];
        made.push(role(GRAPH, format!("{id}CloudWatchRole"), at, APPSYNC, more, Some(&resource.value)));
    }
    for (section, name) in [("DynamoDb", "DynamoDB"), ("Lambda", "Lambda")] {
        for source in entries(properties.and_then(|p| p.get("DataSources")?.get(section))) {
            let Some(relative) =
                source.key.value.as_str().filter(|_| !is_given(Some(&source.value), "ServiceRoleArn"))
            else {
                continue;
            };
            let at = source.key.span;
            let made_id = format!("{id}{relative}{name}DataSourceRole");
            let more = vec![entry("Policies", list(vec![policy(at, "SAM's connector")], at), at)];
            made.push(role(GRAPH, made_id, at, APPSYNC, more, Some(&resource.value)));
        }
    }
    made
}

/// The one role that all gradual deployments of a template share, unless each has its own. Whether an expression turns
/// a deployment on is not asked: it counts as on.
pub(super) fn of_deployments(document: &Node, resources: &Object) -> Option<Implied> {
    let globals = document.get("Globals").and_then(|g| g.get("Function")?.get("DeploymentPreference"));
    let wants = |entry: &&Entry| {
        let kind = entry.value.get("Type").and_then(known);
        let own = entry.value.get("Properties").and_then(|p| p.get("DeploymentPreference"));
        let said = |name: &str| own.and_then(|n| n.get(name)).or_else(|| globals.and_then(|n| n.get(name)));
        let off = said("Enabled").is_some_and(|n| match &n.value {
            Value::Bool(on) => !on,
            _ => matches!(known(n), Some("false" | "False")),
        });
        kind == Some("AWS::Serverless::Function")
            && (own.is_some() || globals.is_some())
            && !off
            && said("Role").is_none_or(|n| matches!(n.value, Value::Null))
    };
    let first = resources.entries.iter().find(wants)?;
    let at = first.key.span;
    let arn = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda";
    let more = vec![entry("ManagedPolicyArns", list(vec![Node::text(arn, at)], at), at)];
    let service = "codedeploy.amazonaws.com";
    Some(role("AWS::Serverless::Function", "CodeDeployServiceRole".to_owned(), at, service, more, None))
}

/// A role of this logical id that exists whenever `beside` does.
fn role(
    kind: &'static str,
    id: String,
    at: Span,
    service: &str,
    more: Vec<Entry>,
    beside: Option<&Node>,
) -> Implied {
    let mut properties = vec![entry(DOCUMENT, trusts(service, at), at)];
    properties.extend(more);
    let mut entries = vec![
        entry("Type", Node::text("AWS::IAM::Role", at), at),
        entry("Properties", object(properties, at), at),
    ];
    let condition = beside.and_then(|resource| resource.get("Condition"));
    entries.extend(condition.map(|node| entry("Condition", node.clone(), at)));
    Implied { id: Located::new(Text::lit(&id), at), node: object(entries, at), by: (kind, id) }
}

/// The policy of an event's role: it starts what the event is for.
fn starts(at: Span) -> Node {
    list(vec![policy(at, "the call that starts it")], at)
}

/// An inline policy of which only SAM knows what it allows.
fn policy(at: Span, what: &str) -> Node {
    let action = Node::unknown(what, Cause::Unsupported("a policy that SAM writes".into()), at);
    let statement =
        object(vec![entry("Effect", Node::text("Allow", at), at), entry("Action", action, at)], at);
    let document = object(vec![entry("Statement", statement, at)], at);
    object(vec![entry("PolicyName", Node::text("SAM", at), at), entry("PolicyDocument", document, at)], at)
}

fn is_given(node: Option<&Node>, property: &str) -> bool {
    node.and_then(|n| n.get(property)).is_some_and(|n| !matches!(n.value, Value::Null))
}

fn entries(node: Option<&Node>) -> &[Entry] {
    match node.map(|n| &n.value) {
        Some(Value::Object(object)) => &object.entries,
        _ => &[],
    }
}

fn list(items: Vec<Node>, at: Span) -> Node {
    Node::new(Value::List(model::List { items, open: None }), at)
}
