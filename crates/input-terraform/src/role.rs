//! Roles: their trust policy, their limits, and what they may do.

use model::{
    Branch, Cause, Cloud, Located, Node, OneOf, Place, Problem, Role, Span, Standing, Text, TrustPolicy,
    Unknown, Value, Variant, lower,
};

use crate::document::document_node;
use crate::eval::{Evaluator, Instance, Scope, named};
use crate::grant;
use crate::ir::{Attribute, Block, Expr, ExprKind};
use crate::value::{Field, Kind, Str, Val};

/// A resource kind that is a role.
pub(crate) struct RoleKind {
    pub(crate) kind: &'static str,
    pub(crate) cloud: Cloud,
    /// The trust policy, first match.
    document: &'static [&'static str],
    pub(crate) name: &'static [&'static str],
    max_session: &'static str,
}

pub(crate) const ROLE_KINDS: &[RoleKind] = &[
    RoleKind {
        kind: "aws_iam_role",
        cloud: Cloud::Aws,
        document: &["assume_role_policy"],
        name: &["name"],
        max_session: "max_session_duration",
    },
    RoleKind {
        kind: "awscc_iam_role",
        cloud: Cloud::Aws,
        document: &["assume_role_policy_document"],
        name: &["role_name"],
        max_session: "max_session_duration",
    },
    RoleKind {
        kind: "alicloud_ram_role",
        cloud: Cloud::Alibaba,
        document: &["assume_role_policy_document", "document"],
        name: &["role_name", "name"],
        max_session: "max_session_duration",
    },
];

/// The role that a block declares.
pub(crate) fn read(
    evaluator: &Evaluator<'_>,
    kind: &RoleKind,
    block: &Block,
    problems: &mut Vec<Problem>,
) -> Role {
    let name = block.label(1).unwrap_or_default();
    let argument = block.body.first(kind.document);
    let (node, place) = trust_node(evaluator, kind, block, argument, problems);
    let trust = trust(&node, kind.cloud, problems);
    let address = format!("{}.{name}", kind.kind);
    let mut role = Role::new(kind.cloud, kind.kind, address, block.header, place, trust);
    let scope = match evaluator.instances(block).list.as_slice() {
        [only] => only.scope.clone(),
        _ => any_instance(block.header),
    };
    let text = |names: &[&str]| {
        let attribute = block.body.first(names)?;
        text_of(&evaluator.eval(&attribute.value, &scope))
    };
    role.name = text(kind.name);
    role.path = text(&["path"]).map(|t| t.value);
    role.max_session = text(&[kind.max_session]);
    role.boundary = text(&["permissions_boundary"]);
    let grants = grant::of_role(evaluator, kind, block, &scope, role.name.as_ref().map(|n| &n.value));
    role.grants = grants.list;
    role.grants_open = grants.open;
    role
}

fn trust(node: &Node, cloud: Cloud, problems: &mut Vec<Problem>) -> Vec<Variant> {
    if let Value::Unknown(unknown) = &node.value {
        let policy = TrustPolicy::unknown(cloud, unknown.clone());
        return vec![Variant { assumptions: Vec::new(), policy }];
    }
    let lowering = lower(node, cloud, false);
    problems.extend(lowering.problems);
    lowering.variants
}

/// The trust policy of all instances, and where it stands.
fn trust_node(
    evaluator: &Evaluator<'_>,
    kind: &RoleKind,
    block: &Block,
    argument: Option<&Attribute>,
    problems: &mut Vec<Problem>,
) -> (Node, Span) {
    let Some(argument) = argument else {
        let listed = (kind.cloud == Cloud::Alibaba).then(|| legacy_lists(evaluator, block)).flatten();
        let missing = || {
            let why = Cause::Invalid("the role says no trust policy".into());
            Node::unknown(kind.document.join(" or "), why, block.header)
        };
        return (listed.unwrap_or_else(missing), block.header);
    };
    let place = argument.value.span;
    let instances = evaluator.instances(block);
    let mut one = |instance: &Instance| {
        let value = evaluator.eval(&argument.value, &instance.scope);
        document_node(&value).unwrap_or_else(|error| {
            let message = format!("the policy of this {} is not valid JSON: {}", kind.kind, error.message);
            problems.push(Problem::relevant(Place::Span(error.span), message.as_str()));
            Node::unknown(evaluator.source(place), Cause::Invalid(message.into()), error.span)
        })
    };
    let differ = mentions_instance(&argument.value);
    let node = match instances.list.as_slice() {
        [] => {
            // Not made as the defaults are; another value would make it.
            let scope = any_instance(place);
            return (permitted(one(&Instance { key: None, scope }), evaluator, block), place);
        }
        [first, _, ..] if !differ => one(first),
        [first] => one(first),
        several => {
            let branches = several.iter().map(|i| instance_branch(i, one(i))).collect();
            let choice = format!("instance of {}.{}", kind.kind, block.label(1).unwrap_or_default());
            Node::new(Value::OneOf(OneOf { choice: choice.into(), span: block.header, branches }), place)
        }
    };
    (node, place)
}

fn instance_branch(instance: &Instance, node: Node) -> Branch {
    let key = instance.key.as_ref().and_then(Val::known_str).unwrap_or_default();
    Branch { when: format!("the instance is `{key}`").into(), standing: Standing::Selected, node }
}

/// A role whose `count` or `for_each` gives no instance: what it would be.
fn permitted(node: Node, evaluator: &Evaluator<'_>, block: &Block) -> Node {
    let Some(number) = block.body.first(&["count", "for_each"]) else {
        return node;
    };
    let source = evaluator.source(number.value.span);
    let branch =
        Branch { when: format!("`{source}` gives an instance").into(), standing: Standing::Permitted, node };
    let span = branch.node.span;
    let one = OneOf { choice: source.into(), span: number.value.span, branches: vec![branch] };
    Node::new(Value::OneOf(one), span)
}

/// The names bound in an instance of which the key is not known: one of several, or one that does not exist.
fn any_instance(span: Span) -> Scope {
    let value = |what: &str| Val::unknown(what, Cause::Undecided("which instance it is".into()), span);
    Scope::default()
        .with("count", named(&[("index", value("count.index"))], span))
        .with("each", named(&[("key", value("each.key")), ("value", value("each.value"))], span))
}

fn mentions_instance(expr: &Expr) -> bool {
    let mut found = false;
    expr.traversals(&mut |t| {
        found |= matches!(&t.base.kind, ExprKind::Name(name) if matches!(&**name, "each" | "count"));
    });
    found
}

/// The lists by which old Alibaba Cloud roles named who may assume them.
fn legacy_lists(evaluator: &Evaluator<'_>, block: &Block) -> Option<Node> {
    let mut principals = Vec::new();
    for (attribute, kind) in [("services", "Service"), ("ram_users", "RAM")] {
        if let Some(list) = block.body.attribute(attribute) {
            let value = evaluator.eval(&list.value, &Scope::default());
            principals.push(field(kind, list.name.span, value));
        }
    }
    if principals.is_empty() {
        return None;
    }
    let span = block.header;
    let text = |text: &str| Val::converted(text, span);
    let statement = vec![
        field("Effect", span, text("Allow")),
        field("Action", span, text("sts:AssumeRole")),
        field("Principal", span, Val::object(principals, None, span)),
    ];
    let statements = Val::list(vec![Val::object(statement, None, span)], None, span);
    let version = match block.body.attribute("version") {
        Some(version) => evaluator.eval(&version.value, &Scope::default()),
        None => text("1"),
    };
    let document = vec![field("Version", span, version), field("Statement", span, statements)];
    Some(Val::object(document, None, span).to_node())
}

fn field(name: &str, key_span: Span, value: Val) -> Field {
    Field { key: Str::converted(name, key_span), key_span, value }
}

/// A scalar as text with its place; `None` for null.
pub(crate) fn text_of(value: &Val) -> Option<Located<Text>> {
    match &value.kind {
        Kind::Null => None,
        Kind::OneOf(_) | Kind::Resource(_) | Kind::List(_) | Kind::Object(_) => {
            let unknown = value.why_unknown().map(|u| (*u).clone());
            let wrong = || {
                Unknown::new(value.sort(), Cause::Invalid("a string is needed here".into()), Some(value.span))
            };
            let text = Text::unknown(unknown.unwrap_or_else(wrong));
            Some(Located { value: text, span: value.span, defined: value.defined })
        }
        Kind::Bool(_) | Kind::Number(_) | Kind::Str(_) | Kind::Unknown(_) => value.to_node().scalar(),
    }
}
