//! Resources as roles: the trust policy, the name, what limits it. What a role may do is in [`crate::grants`].
//!
//! A role whose policy cannot be understood is still a role, with the reason; it is never left out.

use model::{
    Assumption, Cause, Cloud, Located, Node, Problem, Role, Span, Text, TrustPolicy, Unknown, Value, Variant,
    lower,
};

use crate::claim::DOCUMENT;
use crate::evaluate::Evaluator;
use crate::grants::{Attachments, Grants};
use crate::policy::document;
use crate::template::{Resource, warn_twice};

/// Reads one role that exists under these assumptions. `None` if they contradict each other in every shape of it.
pub(crate) fn read(
    evaluator: &Evaluator<'_>,
    attachments: &Attachments<'_>,
    resource: &Resource<'_>,
    cloud: Cloud,
    assumptions: &[Assumption],
    problems: &mut Vec<Problem>,
) -> Option<Role> {
    warn_twice(resource.node, "Properties", problems);
    if let Some(properties) = resource.node.get("Properties") {
        warn_twice(properties, DOCUMENT, problems);
    }
    for part in [Some(resource.node), resource.node.get("Properties")].into_iter().flatten() {
        warn_of_macros(part, problems);
    }
    let (document, trust) = trust(evaluator, resource, cloud, problems);
    let trust = evaluator.permitted(trust, assumptions);
    if trust.is_empty() {
        return None;
    }
    let (kind, id) = match resource.implied_by {
        Some((kind, id)) => (kind, id.to_owned()),
        None => (resource.kind, resource.name()),
    };
    let mut role = Role::new(cloud, kind, id, resource.id.span, document, trust);
    let text = |name: &str| resource.property(name).and_then(|node| scalar(evaluator, node));
    role.name = text("RoleName");
    role.path = text("Path").map(|t| t.value);
    role.max_session = text("MaxSessionDuration");
    role.boundary = text("PermissionsBoundary");
    let mut grants = Grants::new(evaluator, open_properties(resource));
    grants.of_role(resource);
    grants.of_others(attachments, resource, role.name.as_ref());
    (role.grants, role.grants_open) = grants.finish();
    Some(role)
}

/// Says where a macro may change what is written beside its call.
fn warn_of_macros(node: &Node, problems: &mut Vec<Problem>) {
    let Value::Object(object) = &node.value else {
        return;
    };
    for entry in object.entries.iter().filter(|e| e.key.value.is("Fn::Transform")) {
        let message = "`Fn::Transform` may change this role; what it makes is not read";
        problems.push(Problem::warning(entry.key.span, message));
    }
}

/// Why a resource may have more properties than written.
fn open_properties(resource: &Resource<'_>) -> Option<Unknown> {
    let properties = resource.node.get("Properties")?;
    match &properties.value {
        Value::Object(object) => object.open.clone().or_else(|| {
            let entry = object.entries.iter().find(|e| e.key.value.is("Fn::Transform"))?;
            let why = Cause::Unsupported("the function `Fn::Transform`".into());
            Some(Unknown::new("`Fn::Transform`", why, Some(entry.key.span)))
        }),
        Value::Unknown(unknown) => Some(unknown.clone()),
        _ => None,
    }
}

/// The trust policy and where it stands.
fn trust(
    evaluator: &Evaluator<'_>,
    resource: &Resource<'_>,
    cloud: Cloud,
    problems: &mut Vec<Problem>,
) -> (Span, Vec<Variant>) {
    let written = resource.property(DOCUMENT);
    let Some((written, tree)) = written.and_then(|node| Some((node, evaluator.document(node)?))) else {
        let unknown = open_properties(resource).unwrap_or_else(|| {
            let message = format!("the role has no `{DOCUMENT}`");
            problems.push(Problem::warning(resource.id.span, message.clone()));
            Unknown::new(DOCUMENT, Cause::Invalid(message.into()), Some(resource.id.span))
        });
        let policy = TrustPolicy::unknown(cloud, unknown);
        return (resource.id.span, vec![Variant { assumptions: Vec::new(), policy }]);
    };
    let lowering = lower(&document(tree, problems), cloud, false);
    problems.extend(lowering.problems);
    (written.span, lowering.variants)
}

/// A property that is one text. Where conditions shape it, what the input selects; unknown if that is not settled.
fn scalar(evaluator: &Evaluator<'_>, node: &Node) -> Option<Located<Text>> {
    let unknown = |unknown| Located::new(Text::unknown(unknown), node.span);
    match evaluator.eval(node).selected() {
        Ok((None, _)) => None,
        Ok((Some(value), _)) => Some(value.scalar().unwrap_or_else(|| {
            let why = Cause::Invalid(format!("it is {}, expected a string", value.kind()).into());
            unknown(Unknown::new("a property", why, Some(node.span)))
        })),
        Err(why) => Some(unknown(why)),
    }
}
