//! Roles: their trust policy, their limits, and what they may do.

use std::collections::BTreeSet;
use std::rc::Rc;

use model::{
    Branch, Cause, Cloud, Located, Node, OneOf, Place, Problem, Role, Span, Standing, Text, TrustPolicy,
    Unknown, Value, Variant, lower,
};

use crate::document::document_node;
use crate::eval::{Evaluator, Instance, Scope, address_key, any_instance};
use crate::grant;
use crate::ir::{Attribute, Block, Expr, ExprKind};
use crate::shapes::{bounded, settled};
use crate::value::{Alternative, Choice, Field, Kind, Str, Val};

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

/// What another value of some variables would make: a role, or a module with roles.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    pub(crate) inputs: BTreeSet<Box<str>>,
    /// The address of what is then made.
    pub(crate) address: String,
    pub(crate) span: Span,
}

/// The roles that a block declares, one for each known instance; none if it makes none whatever the inputs are.
pub(crate) fn read(
    evaluator: &Evaluator<'_>,
    kind: &RoleKind,
    block: &Block,
    permits: &[Permit],
    problems: &mut Vec<Problem>,
) -> Vec<Role> {
    let address = evaluator.address(&format!("{}.{}", kind.kind, block.label(1).unwrap_or_default()));
    let mut instances = evaluator.instances(block);
    let mut permits = permits.to_vec();
    if instances.list.is_empty() {
        let inputs = instances.opened_by.clone();
        let Some(number) = block.body().first(&["count", "for_each"]) else {
            return Vec::new();
        };
        if inputs.is_empty() && instances.open.is_none() {
            return Vec::new();
        }
        instances.list = evaluator.other_instances(block, &inputs);
        permits.push(Permit { inputs, address: address.clone(), span: number.value.span });
    } else if instances.may_be_more() {
        instances.list.push(any_instance(block.header));
    }
    let when = made_when(evaluator, block, &permits);
    let inputs = permits.iter().flat_map(|p| p.inputs.clone()).collect();
    let reader =
        Reader { evaluator, kind, block, address: &address, permits: &permits, when: when.as_deref() };
    let mut read = || reader.instances(&instances.list, problems);
    match evaluator.world.changing(&inputs, &mut read) {
        Some(roles) => roles,
        None => read(),
    }
}

/// A block that declares roles.
struct Reader<'r, 'a> {
    evaluator: &'r Evaluator<'a>,
    kind: &'r RoleKind,
    block: &'r Block,
    /// Of the block.
    address: &'r str,
    permits: &'r [Permit],
    /// The condition under which the block makes a role at all.
    when: Option<&'r Choice>,
}

impl Reader<'_, '_> {
    fn instances(&self, instances: &[Instance], problems: &mut Vec<Problem>) -> Vec<Role> {
        let argument = self.block.body().first(self.kind.document);
        let apart = argument.is_some_and(|argument| mentions_instance(&argument.value));
        let mut common: Option<Vec<Variant>> = None;
        let mut roles = Vec::with_capacity(instances.len());
        for instance in instances {
            let trust = match common.take() {
                Some(trust) if !apart => trust,
                Some(_) | None => self.trust(argument, instance, problems),
            };
            if !apart {
                common = Some(trust.clone());
            }
            roles.push(self.role(argument, instance, trust));
        }
        roles
    }

    fn place(&self, argument: Option<&Attribute>) -> Span {
        argument.map_or(self.block.header, |argument| argument.value.span)
    }

    fn role(&self, argument: Option<&Attribute>, instance: &Instance, trust: Vec<Variant>) -> Role {
        let Reader { evaluator, kind, block, .. } = *self;
        let key = instance.key.as_ref().map(address_key).unwrap_or_default();
        let address = format!("{}{key}", self.address);
        let mut role = Role::new(kind.cloud, kind.kind, address, block.header, self.place(argument), trust);
        role.calls = evaluator.calls();
        let scope = &instance.scope;
        let text = |names: &[&str]| {
            let attribute = block.body().first(names)?;
            text_of(&evaluator.eval(&attribute.value, scope).selected())
        };
        role.name = text(kind.name);
        role.path = text(&["path"]).map(|t| t.value);
        role.max_session = text(&[kind.max_session]);
        role.boundary = text(&["permissions_boundary"]);
        let grants = grant::of_role(evaluator, kind, block, scope);
        role.grants = grants.list;
        role.grants_open = grants.open;
        role
    }

    /// The trust policy of an instance in each of its shapes.
    fn trust(
        &self,
        argument: Option<&Attribute>,
        instance: &Instance,
        problems: &mut Vec<Problem>,
    ) -> Vec<Variant> {
        let evaluator = self.evaluator;
        let (node, reads) = evaluator.world.reading(|| match argument {
            Some(argument) => self.document(argument, instance, problems),
            None => legacy(evaluator, self.kind, self.block, &instance.scope),
        });
        problems.extend(reads.missing.iter().map(|call| not_scanned(evaluator, *call)));
        let node = match self.when {
            Some(number) => where_made(node, number),
            None => node,
        };
        let node = self.permits.iter().rev().fold(node, |node, permit| permitted(node, evaluator, permit));
        let (node, narrowed) = bounded(node);
        if narrowed || reads.narrowed {
            let message = "this trust policy rests on more inputs than are told apart; of some only the values that they have are judged";
            problems.push(Problem::warning(self.place(argument), message));
        }
        trust(&node, self.kind.cloud, problems)
    }

    fn document(&self, argument: &Attribute, instance: &Instance, problems: &mut Vec<Problem>) -> Node {
        let value = self.evaluator.eval(&argument.value, &instance.scope);
        document_node(&value).unwrap_or_else(|error| {
            let message =
                format!("the policy of this {} is not valid JSON: {}", self.kind.kind, error.message);
            problems.push(Problem::relevant(Place::Span(error.span), message.as_str()));
            Node::unknown(
                format!("{}.{}", self.address, argument.name.text),
                Cause::Invalid(message.into()),
                error.span,
            )
        })
    }
}

/// A trust policy rests on a module that cannot be followed.
fn not_scanned(evaluator: &Evaluator<'_>, call: Span) -> Problem {
    let call_text = evaluator.source(call);
    let message = format!(
        "the source of `{call_text}` is not in the scanned tree; what trust policies take from it is not known"
    );
    Problem::warning(call, message)
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

/// The trust policy of a role without a document.
fn legacy(evaluator: &Evaluator<'_>, kind: &RoleKind, block: &Block, scope: &Scope) -> Node {
    let listed = (kind.cloud == Cloud::Alibaba).then(|| legacy_lists(evaluator, block, scope)).flatten();
    listed.unwrap_or_else(|| {
        let why = Cause::Invalid("the role says no trust policy".into());
        Node::unknown(kind.document.join(" or "), why, block.header)
    })
}

/// What only another value of an input makes.
fn permitted(node: Node, evaluator: &Evaluator<'_>, permit: &Permit) -> Node {
    let when = if permit.inputs.is_empty() {
        format!("`{}` gives an instance", evaluator.source(permit.span))
    } else {
        evaluator.given_another(&permit.inputs)
    };
    let branch = Branch { when: when.into(), standing: Standing::Permitted, node };
    let span = branch.node.span;
    let choice = format!("whether {} is made", permit.address).into();
    Node::new(Value::OneOf(OneOf { choice, span: permit.span, branches: vec![branch] }), span)
}

/// The condition on which the existence of a role rests, as it reads where the role is looked at.
fn made_when(evaluator: &Evaluator<'_>, block: &Block, permits: &[Permit]) -> Option<Rc<Choice>> {
    let inputs = permits.iter().flat_map(|p| p.inputs.clone()).collect();
    let when = || evaluator.instances(block).when;
    evaluator.world.changing(&inputs, when).unwrap_or_else(when)
}

/// A policy where the number of instances is not none.
fn where_made(node: Node, number: &Choice) -> Node {
    let makes = |b: &Alternative| b.value.known_number().is_some_and(|n| n != 0.0);
    let mut making = number.branches.iter().enumerate().filter(|(_, b)| makes(b)).map(|(index, _)| index);
    match (making.next(), making.next()) {
        (Some(only), None) => settled(node, &|one| (one.choice == number.name).then_some(only)),
        _ => node,
    }
}

fn mentions_instance(expr: &Expr) -> bool {
    let mut found = false;
    expr.traversals(&mut |t| {
        found |= matches!(&t.base.kind, ExprKind::Name(name) if matches!(&**name, "each" | "count"));
    });
    found
}

/// The lists by which old Alibaba Cloud roles named who may assume them.
fn legacy_lists(evaluator: &Evaluator<'_>, block: &Block, scope: &Scope) -> Option<Node> {
    let mut principals = Vec::new();
    for (attribute, kind) in [("services", "Service"), ("ram_users", "RAM")] {
        if let Some(list) = block.body().attribute(attribute) {
            let value = evaluator.eval(&list.value, scope);
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
    let version = match block.body().attribute("version") {
        Some(version) => evaluator.eval(&version.value, scope),
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
