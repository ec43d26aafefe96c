//! What a role may do: inline policies and attachments of the same module.
//!
//! Not here: attachments in other modules, and attachments whose role is not known.

use model::{Breadth, Cause, Cloud, Grant, Located, Span, Text, Unknown};

use crate::document::document_node;
use crate::eval::{Evaluator, Scope};
use crate::ir::{Attribute, Block, Expr, ExprKind, Step};
use crate::role::{RoleKind, text_of};
use crate::value::{Kind, Val};

/// The permissions of a role.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    pub(crate) list: Vec<Located<Grant>>,
    /// Why there may be more.
    pub(crate) open: Option<Unknown>,
}

/// A resource kind that gives a role a policy.
struct Attachment {
    kind: &'static str,
    /// The attribute that names the role, or roles.
    role: &'static str,
    /// The attribute that names the policy, or is one.
    policy: &'static str,
    /// Whether `policy` is a document.
    document: bool,
}

const AWS: &[Attachment] = &[
    Attachment {
        kind: "aws_iam_role_policy_attachment",
        role: "role",
        policy: "policy_arn",
        document: false,
    },
    Attachment { kind: "aws_iam_policy_attachment", role: "roles", policy: "policy_arn", document: false },
    Attachment { kind: "aws_iam_role_policy", role: "role", policy: "policy", document: true },
];

const ALIBABA: &[Attachment] = &[Attachment {
    kind: "alicloud_ram_role_policy_attachment",
    role: "role_name",
    policy: "policy_name",
    document: false,
}];

/// Everything the module grants to a role.
pub(crate) fn of_role(
    evaluator: &Evaluator<'_>,
    kind: &RoleKind,
    block: &Block,
    scope: &Scope,
    name: Option<&Text>,
) -> Grants {
    let mut grants = Grants::default();
    if let Some(managed) = block.body.attribute("managed_policy_arns") {
        grants.managed(&evaluator.eval(&managed.value, scope).selected());
    }
    for inline in &block.body.blocks {
        if inline.is("inline_policy")
            && let Some(policy) = inline.body.attribute("policy")
        {
            grants.document(&evaluator.eval(&policy.value, scope), policy.value.span);
        } else if inline.is("dynamic") && inline.label(0) == Some("inline_policy") {
            grants.may_hold_more("dynamic inline_policy", inline.span);
        }
    }
    let attachments = match kind.cloud {
        Cloud::Aws => AWS,
        Cloud::Alibaba => ALIBABA,
    };
    let resource = (kind.kind, block.label(1).unwrap_or_default());
    for attachment in attachments {
        for attached in evaluator.module.resources_of(attachment.kind) {
            let (Some(to), Some(policy)) =
                (attached.body.attribute(attachment.role), attached.body.attribute(attachment.policy))
            else {
                continue; // Terraform refuses it: both are required.
            };
            let instances = evaluator.instances(attached);
            for instance in instances.list {
                if names_role(evaluator, &to.value, &instance.scope, resource, name) {
                    grants.attached(evaluator, attachment, &instance.scope, policy);
                    if let Some(open) = &instances.open {
                        grants.open.get_or_insert((**open).clone());
                    }
                }
            }
        }
    }
    grants
}

/// Whether an expression means the role: by a reference to its block, or by its name.
fn names_role(
    evaluator: &Evaluator<'_>,
    expr: &Expr,
    scope: &Scope,
    role: (&str, &str),
    name: Option<&Text>,
) -> bool {
    let mut referenced = false;
    expr.traversals(&mut |t| {
        referenced |= t.resource().is_some_and(|(kind, label, _)| (kind, label) == role)
    });
    if referenced {
        return true;
    }
    let Some(name) = name.and_then(Text::as_str) else {
        return false;
    };
    let value = evaluator.eval(expr, scope).selected();
    match &value.kind {
        Kind::List(list) => list.items.iter().any(|v| v.known_str().is_some_and(|s| &*s == name)),
        _ => value.known_str().is_some_and(|s| &*s == name),
    }
}

impl Grants {
    fn attached(
        &mut self,
        evaluator: &Evaluator<'_>,
        attachment: &Attachment,
        scope: &Scope,
        policy: &Attribute,
    ) {
        if attachment.document {
            self.document(&evaluator.eval(&policy.value, scope), policy.value.span);
        } else if let Some((document, scope)) = own_policy(evaluator, &policy.value) {
            self.document(&evaluator.eval(&document.value, &scope), policy.value.span);
        } else {
            self.managed(&evaluator.eval(&policy.value, scope).selected());
        }
    }

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

    fn document(&mut self, value: &Val, span: Span) {
        let breadth = match document_node(&value.selected()) {
            Ok(node) => Breadth::of(&node),
            Err(error) => {
                let why = Cause::Invalid(error.message.into());
                Breadth::Unknown(Unknown::new("policy", why, Some(error.span)))
            }
        };
        self.list.push(Located::new(Grant::Document(breadth), span));
    }

    fn may_hold_more(&mut self, what: &str, span: Span) {
        let why = Cause::Unsupported("its blocks are not expanded".into());
        self.open.get_or_insert(Unknown::new(what, why, Some(span)));
    }
}

/// The document of the module's own managed policy that an expression refers to.
fn own_policy<'a>(evaluator: &Evaluator<'a>, expr: &Expr) -> Option<(&'a Attribute, Scope)> {
    let ExprKind::Traversal(traversal) = &expr.kind else {
        return None;
    };
    let (kind, name, steps) = traversal.resource()?;
    if !matches!(steps.last(), Some(Step::Attribute(_))) {
        return None;
    }
    let names: &[&str] = match kind {
        "aws_iam_policy" => &["policy"],
        "alicloud_ram_policy" => &["policy_document", "document"],
        _ => return None,
    };
    let block = evaluator.module.resource(false, kind, name)?;
    let scope = evaluator.instances(block).list.into_iter().next().map(|i| i.scope).unwrap_or_default();
    Some((block.body.first(names)?, scope))
}
