//! What roles may do: inline policies, attachments in any module of the unit, and the documents behind them.
//!
//! Not here: how far a document reaches (the model knows), attachments whose role is not known.

use model::{Breadth, Cause, Cloud, Grant, Located, Role, Span, Subject, Text, Unknown};

use crate::attribute::Attributes;
use crate::document::{blocks_of, document_node};
use crate::eval::{Evaluator, Scope};
use crate::ir::{Block, Expr};
use crate::role::{RoleKind, text_of};
use crate::value::{Kind, Val};

/// A resource kind that gives roles a policy.
struct Attachment {
    kind: &'static str,
    /// The attribute that names the role, or roles.
    role: &'static str,
    /// The attribute that names the policy or policies, or is one.
    policy: &'static str,
    /// Whether `policy` is a document.
    document: bool,
}

const ATTACHMENTS: &[Attachment] = &[
    Attachment {
        kind: "aws_iam_role_policy_attachment",
        role: "role",
        policy: "policy_arn",
        document: false,
    },
    Attachment {
        kind: "aws_iam_role_policy_attachments_exclusive",
        role: "role_name",
        policy: "policy_arns",
        document: false,
    },
    Attachment { kind: "aws_iam_policy_attachment", role: "roles", policy: "policy_arn", document: false },
    Attachment { kind: "aws_iam_role_policy", role: "role", policy: "policy", document: true },
    Attachment {
        kind: "awscc_iam_role_policy",
        role: "role_name",
        policy: "policy_document",
        document: true,
    },
    Attachment {
        kind: "alicloud_ram_role_policy_attachment",
        role: "role_name",
        policy: "policy_name",
        document: false,
    },
];

/// A resource kind that is a policy: the attribute by which attachments name it, and those that hold its document.
const POLICIES: &[(&str, &str, &[&str])] = &[
    ("aws_iam_policy", "arn", &["policy"]),
    ("alicloud_ram_policy", "policy_name", &["policy_document", "document"]),
];

/// The permissions of a role.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) list: Vec<Located<Grant>>,
    /// Why there may be more.
    pub(crate) open: Option<Unknown>,
}

/// What the modules of a unit attach to roles, whichever module has the role.
#[derive(Debug, Default)]
pub(crate) struct Attachments {
    attached: Vec<Attached>,
    policies: Vec<Policy>,
}

/// A policy that is attached.
#[derive(Debug)]
struct Attached {
    to: Vec<Target>,
    grants: Grants,
}

/// The role that an attachment means.
#[derive(Debug)]
enum Target {
    /// By its name; unknown parts of it are the same if they come from the same place.
    Name(Text),
    /// Its name is made up when the change is applied; this is where it is declared.
    Declared(Span),
}

/// A managed policy of the unit's own.
#[derive(Debug)]
struct Policy {
    name: Text,
    declared: Span,
    breadth: Breadth,
}

impl Attachments {
    /// Takes in what one module instance declares.
    pub(crate) fn collect(&mut self, evaluator: &Evaluator<'_>) {
        for (kind, name, documents) in POLICIES {
            for block in evaluator.module.resources_of(kind) {
                for instance in evaluator.instances(block).list {
                    self.policies.extend(policy(evaluator, block, (kind, name), documents, &instance.scope));
                }
            }
        }
        for attachment in ATTACHMENTS {
            for block in evaluator.module.resources_of(attachment.kind) {
                self.collect_attached(evaluator, attachment, block);
            }
        }
    }

    fn collect_attached(&mut self, evaluator: &Evaluator<'_>, attachment: &Attachment, block: &Block) {
        let (Some(to), Some(policy)) =
            (block.body().attribute(attachment.role), block.body().attribute(attachment.policy))
        else {
            return; // Terraform refuses it: both are required.
        };
        let instances = evaluator.instances(block);
        for instance in instances.list {
            let to = targets(evaluator, &to.value, &instance.scope);
            if to.is_empty() {
                continue;
            }
            let mut grants = Grants { open: instances.open.as_deref().cloned(), ..Grants::default() };
            let value = evaluator.eval(&policy.value, &instance.scope);
            if attachment.document {
                grants.document(&value, policy.value.span);
            } else {
                grants.managed(&value.selected());
            }
            self.attached.push(Attached { to, grants });
        }
    }

    /// Gives each role what is attached to it, and each managed policy of the unit's own its content.
    pub(crate) fn grant(&self, subjects: &mut [Subject]) {
        for subject in subjects {
            match subject {
                Subject::Role(role) => self.grant_role(role),
            }
        }
    }

    /// The same for one role.
    pub(crate) fn grant_role(&self, role: &mut Role) {
        let name = role.name.as_ref().map(|n| &n.value);
        let means = |target: &Target| match target {
            Target::Name(wanted) => name.is_some_and(|name| {
                name == wanted && name.unknowns().map(|u| u.span).eq(wanted.unknowns().map(|u| u.span))
            }),
            Target::Declared(place) => *place == role.span,
        };
        let attached: Vec<&Attached> = self.attached.iter().filter(|a| a.to.iter().any(means)).collect();
        for Attached { grants, .. } in attached {
            role.grants.extend(grants.list.iter().cloned());
            if role.grants_open.is_none() {
                role.grants_open.clone_from(&grants.open);
            }
        }
        for grant in &mut role.grants {
            if let Grant::Managed(name) = &grant.value
                && let Some(policy) = self.policies.iter().find(|policy| policy.is(name))
            {
                grant.value = Grant::Document(policy.breadth.clone());
            }
        }
    }
}

impl Policy {
    fn is(&self, name: &Text) -> bool {
        if name.has_unknown() {
            return name.unknowns().any(|unknown| unknown.span == Some(self.declared));
        }
        self.name == *name
    }
}

fn policy(
    evaluator: &Evaluator<'_>,
    block: &Block,
    (kind, name): (&str, &str),
    documents: &[&str],
    scope: &Scope,
) -> Option<Policy> {
    let document = block.body().first(documents)?;
    let name = Attributes { evaluator, block, scope, span: block.header }.of(false, kind, name);
    let name = text_of(&name.selected())?.value;
    let breadth = breadth(&evaluator.eval(&document.value, scope));
    Some(Policy { name, declared: block.header, breadth })
}

/// The roles that an expression means: by name, by where they are declared if the name is made up, and where the
/// value says neither, by the blocks that it refers to.
fn targets(evaluator: &Evaluator<'_>, expr: &Expr, scope: &Scope) -> Vec<Target> {
    let value = evaluator.eval(expr, scope).selected();
    let values = match &value.kind {
        Kind::List(list) => list.items.as_slice(),
        _ => std::slice::from_ref(&value),
    };
    let mut targets = Vec::new();
    let mut certain = !values.is_empty();
    for text in values.iter().filter_map(text_of).map(|text| text.value) {
        certain &= !text.has_unknown();
        targets.extend(text.unknowns().filter_map(|unknown| unknown.span).map(Target::Declared));
        targets.push(Target::Name(text));
    }
    if certain {
        return targets;
    }
    expr.traversals(&mut |traversal| {
        if let Some((kind, name, _)) = traversal.resource()
            && kind.ends_with("_role")
            && let Some(block) = evaluator.module.resource(false, kind, name)
        {
            targets.push(Target::Declared(block.header));
        }
    });
    targets
}

/// What a role's own block grants.
pub(crate) fn of_role(evaluator: &Evaluator<'_>, kind: &RoleKind, block: &Block, scope: &Scope) -> Grants {
    let mut grants = Grants::default();
    if kind.cloud != Cloud::Aws {
        return grants;
    }
    if let Some(managed) = block.body().attribute("managed_policy_arns") {
        grants.managed(&evaluator.eval(&managed.value, scope).selected());
    }
    let (inline, open) = blocks_of(evaluator, block.body(), "inline_policy", scope);
    grants.open = grants.open.take().or_else(|| open.as_deref().cloned());
    for (inline, scope) in inline {
        if let Some(policy) = inline.body().attribute("policy") {
            grants.document(&evaluator.eval(&policy.value, &scope), policy.value.span);
        }
    }
    if let Some(policies) = block.body().attribute("policies") {
        grants.documents(evaluator, &evaluator.eval(&policies.value, scope).selected());
    }
    grants
}

impl Grants {
    /// A managed policy by ARN or name, or a list of them.
    fn managed(&mut self, value: &Val) {
        match &value.kind {
            Kind::List(list) => {
                let secret = || value.sensitive.clone();
                list.items.iter().for_each(|item| self.managed(&item.clone().hide(secret())));
                if let Some(open) = &list.open {
                    self.open.get_or_insert((**open).clone());
                }
            }
            _ => {
                if let Some(text) = text_of(value) {
                    self.list.push(text.map(Grant::Managed));
                }
            }
        }
    }

    /// A list of objects with a document each.
    fn documents(&mut self, evaluator: &Evaluator<'_>, value: &Val) {
        match &value.kind {
            Kind::List(list) => {
                for item in &list.items {
                    let document = evaluator.attribute(item, "policy_document", item.span);
                    self.document(&document, document.span);
                }
                self.open = self.open.take().or_else(|| list.open.as_deref().cloned());
            }
            _ => self.open = self.open.take().or_else(|| value.why_unknown().as_deref().cloned()),
        }
    }

    fn document(&mut self, value: &Val, span: Span) {
        self.list.push(Located::new(Grant::Document(breadth(value)), span));
    }
}

fn breadth(document: &Val) -> Breadth {
    match document_node(&document.selected()) {
        Ok(node) => Breadth::of(&node),
        Err(error) => {
            Breadth::Unknown(Unknown::new("policy", Cause::Invalid(error.message.into()), Some(error.span)))
        }
    }
}
