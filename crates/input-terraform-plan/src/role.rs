//! A role out of a resource.

use model::{
    Breadth, Cause, Cloud, Grant, Located, Lowering, Node, Object, Problem, Role, Span, TrustPolicy, Unknown,
    Value, Variant, lower,
};

use crate::configuration::Configuration;
use crate::document::{Deferred, entry, overlay};
use crate::policy::{embedded, inline};
use crate::resource::{Attribute, Resource, string};

/// Whose role a resource type is; `None` if it is no role.
pub(crate) fn cloud(kind: &str) -> Option<Cloud> {
    match kind {
        "aws_iam_role" | "awscc_iam_role" => Some(Cloud::Aws),
        "alicloud_ram_role" => Some(Cloud::Alibaba),
        _ => None,
    }
}

/// The attributes that may hold the trust policy, the one in force first.
pub(crate) fn documents(kind: &str) -> &'static [&'static str] {
    match kind {
        "aws_iam_role" => &["assume_role_policy"],
        "awscc_iam_role" => &["assume_role_policy_document"],
        _ => &["assume_role_policy_document", "document"],
    }
}

/// What a plan says besides the resource itself.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c, 'a> {
    pub(crate) configuration: &'c Configuration<'a>,
    pub(crate) deferred: &'c Deferred<'c, 'a>,
}

/// Reads a role; `None` if the resource is none.
pub(crate) fn read<'a>(
    resource: &Resource<'a>,
    context: Context<'_, 'a>,
    problems: &mut Vec<Problem>,
) -> Option<Role> {
    let cloud = cloud(resource.kind)?;
    let (trust, document) = trust(resource, cloud, context, problems);
    let mut role = Role::new(cloud, resource.kind, resource.address.as_str(), resource.span, document, trust);
    let names = ["name", "role_name"].map(|attribute| resource.text(attribute));
    let known = names.iter().flatten().find(|name| !name.value.has_unknown()).cloned();
    role.name = known.or_else(|| names.into_iter().flatten().next());
    // What is known only after apply although nobody sets it is the cloud's default.
    let set = |attribute: &str| {
        let is_default = matches!(resource.attribute(attribute), Attribute::Unknown(..))
            && !context.configuration.may_set(resource, attribute);
        if is_default { None } else { resource.text(attribute) }
    };
    role.path = set("path").map(|path| path.value);
    role.max_session = set("max_session_duration");
    role.boundary = set("permissions_boundary").filter(|boundary| !boundary.value.is(""));
    own_grants(resource, context.configuration, &mut role);
    Some(role)
}

/// The trust policy, and where it stands.
fn trust<'a>(
    resource: &Resource<'a>,
    cloud: Cloud,
    context: Context<'_, 'a>,
    problems: &mut Vec<Problem>,
) -> (Vec<Variant>, Span) {
    let names = documents(resource.kind);
    let attributes = || names.iter().map(|name| (*name, resource.attribute(name)));
    let known = attributes().find_map(|(_, attribute)| match attribute {
        Attribute::Known(node) => Some(node),
        Attribute::Unknown(..) | Attribute::Absent => None,
    });
    let mut lowered = |document: &Node| {
        let Lowering { variants, problems: odd } = lower(document, cloud, false);
        problems.extend(odd);
        variants
    };
    if let Some(node) = known {
        return match embedded(node) {
            Ok(document) => (lowered(&document), node.span),
            Err(problem) => {
                let why = Cause::Invalid(problem.message.clone());
                problems.push(problem);
                (unknown(cloud, Unknown::new(resource.address.as_str(), why, Some(node.span))), node.span)
            }
        };
    }
    if let Some(document) = legacy(resource) {
        return (lowered(&document), document.span);
    }
    let later = attributes().find_map(|(name, attribute)| match attribute {
        Attribute::Unknown(unknown, span) => Some((name, unknown, span)),
        Attribute::Known(_) | Attribute::Absent => None,
    });
    match later {
        Some((name, why, span)) => match context.deferred.document(resource, name, context.configuration) {
            Some(document) => (lowered(&document), document.span),
            None => (unknown(cloud, why), span),
        },
        None => {
            let why = Cause::Unsupported("the role has no policy document".into());
            (unknown(cloud, Unknown::new(resource.address.as_str(), why, Some(resource.span))), resource.span)
        }
    }
}

fn unknown(cloud: Cloud, why: Unknown) -> Vec<Variant> {
    vec![Variant { assumptions: Vec::new(), policy: TrustPolicy::unknown(cloud, why) }]
}

/// The policy of a role that names who may assume it in the lists of old Alibaba Cloud roles.
fn legacy(resource: &Resource<'_>) -> Option<Node> {
    let values = overlay(resource.values, resource.unknown, &resource.address);
    let mut principals = Vec::new();
    for (attribute, kind) in [("services", "Service"), ("ram_users", "RAM")] {
        match values.get(attribute) {
            None | Some(Node { value: Value::Null, .. }) => {}
            Some(Node { value: Value::List(ids), .. }) if ids.items.is_empty() && ids.open.is_none() => {}
            Some(ids) => principals.push(entry(kind, ids.clone())),
        }
    }
    // Lists of which nothing is known may be what the provider tells of a document.
    let span = principals.iter().find(|list| !matches!(list.value.value, Value::Unknown(_)))?.value.span;
    let object = |entries| Node::new(Value::Object(Object { entries, open: None }), span);
    let text = |text: &str| Node::text(text, span);
    let version = values.get("version").filter(|version| string(version).is_some()).cloned();
    let statement = object(vec![
        entry("Effect", text("Allow")),
        entry("Action", text("sts:AssumeRole")),
        entry("Principal", object(principals)),
    ]);
    Some(object(vec![entry("Version", version.unwrap_or_else(|| text("1"))), entry("Statement", statement)]))
}

/// The permissions that the role's own resource lists. A list that the configuration does not set is filled in by
/// the provider with what is attached elsewhere: that it is known only after apply says nothing.
fn own_grants<'a>(resource: &Resource<'a>, configuration: &Configuration<'a>, role: &mut Role) {
    match resource.attribute("managed_policy_arns") {
        Attribute::Known(Node { value: Value::List(arns), .. }) => {
            // Of an element that is null only the place is known.
            let known = arns.items.iter().filter(|arn| !matches!(arn.value, Value::Null));
            role.grants
                .extend(known.map(|arn| resource.scalar("managed_policy_arns", arn).map(Grant::Managed)));
        }
        Attribute::Unknown(why, _) if configuration.may_set(resource, "managed_policy_arns") => {
            role.grants_open = Some(why);
        }
        Attribute::Known(node) => role.grants_open = Some(no_list(resource, "managed_policy_arns", node)),
        Attribute::Unknown(..) | Attribute::Absent => {}
    }
    if let Some(span) = some_unknown(resource, "managed_policy_arns") {
        role.grants_open = Some(later(resource, "managed_policy_arns", span));
    }
    let (list, document) = match resource.kind {
        "awscc_iam_role" => ("policies", "policy_document"),
        _ => ("inline_policy", "policy"),
    };
    match resource.attribute(list) {
        Attribute::Known(Node { value: Value::List(policies), .. }) => {
            for policy in &policies.items {
                match policy.get(document) {
                    // An `inline_policy {}` without content stands for "none".
                    Some(Node { value: Value::Null, .. }) => {}
                    Some(document) => role.grants.push(Located::new(inline(document), document.span)),
                    None => {
                        let why = later(resource, &format!("{list}.{document}"), policy.span);
                        role.grants.push(Located::new(Grant::Document(Breadth::Unknown(why)), policy.span));
                    }
                }
            }
        }
        Attribute::Unknown(why, _) if configuration.may_set(resource, list) => {
            role.grants_open = Some(why);
        }
        Attribute::Known(node) => role.grants_open = Some(no_list(resource, list, node)),
        Attribute::Unknown(..) | Attribute::Absent => {}
    }
}

fn no_list(resource: &Resource<'_>, name: &str, node: &Node) -> Unknown {
    let why = Cause::Invalid(format!("{} instead of a list", node.kind()).into());
    Unknown::new(format!("{}.{name}", resource.address), why, Some(node.span))
}

/// Where an element of a list is known only after apply.
fn some_unknown(resource: &Resource<'_>, name: &str) -> Option<Span> {
    match resource.unknown.and_then(|unknown| unknown.get(name)).map(|node| &node.value) {
        Some(Value::List(list)) => {
            list.items.iter().find(|item| matches!(item.value, Value::Bool(true))).map(|item| item.span)
        }
        _ => None,
    }
}

fn later(resource: &Resource<'_>, name: &str, span: Span) -> Unknown {
    Unknown::new(format!("{}.{name}", resource.address), Cause::AfterApply, Some(span))
}
