//! Permission policies that resources of their own attach to a role.
//!
//! An attachment names its role by a string. Where that string is known only after apply, the configuration may say
//! which role it comes from; where not even that, every role that may be meant has unknown permissions.

use std::collections::HashMap;

use model::{Breadth, Cloud, Grant, Located, Role, Unknown};

use crate::address;
use crate::configuration::Configuration;
use crate::resource::{Attribute, Resource, string};
use crate::role;

/// The roles of a plan, each with the resource it was read from.
pub(crate) type Roles<'r, 'a> = Vec<(&'r Resource<'a>, Role)>;

/// Gives every role the policies that are attached to it.
pub(crate) fn attach<'a>(
    roles: &mut Roles<'_, 'a>,
    resources: &[Resource<'a>],
    configuration: &Configuration<'a>,
) {
    let index = Index::of(roles);
    for resource in resources.iter().filter(|resource| resource.managed) {
        let Some(attachment) = Attachment::of(resource) else {
            continue;
        };
        match index.targets(&attachment, configuration) {
            Targets::Certain(targets) => {
                let grant = attachment.grant();
                for target in targets {
                    if let (Some((_, role)), Some(grant)) = (roles.get_mut(target), &grant) {
                        role.grants.push(grant.clone());
                    }
                }
            }
            Targets::Possible(targets, why) => {
                for target in targets {
                    if let Some((_, role)) = roles.get_mut(target) {
                        role.grants_open.get_or_insert_with(|| why.clone());
                    }
                }
            }
        }
    }
}

/// A resource that attaches a policy to a role.
struct Attachment<'r, 'a> {
    resource: &'r Resource<'a>,
    cloud: Cloud,
    /// The attribute that names the role.
    role: &'static str,
    /// The attribute that holds the policy or names it.
    policy: &'static str,
    /// Whether it holds the document itself.
    inline: bool,
}

impl<'r, 'a> Attachment<'r, 'a> {
    fn of(resource: &'r Resource<'a>) -> Option<Self> {
        let (cloud, role, policy, inline) = match resource.kind {
            "aws_iam_role_policy_attachment" => (Cloud::Aws, "role", "policy_arn", false),
            "aws_iam_role_policy" => (Cloud::Aws, "role", "policy", true),
            "alicloud_ram_role_policy_attachment" => (Cloud::Alibaba, "role_name", "policy_name", false),
            _ => return None,
        };
        Some(Attachment { resource, cloud, role, policy, inline })
    }

    /// The policy; `None` if the attachment has none.
    fn grant(&self) -> Option<Located<Grant>> {
        if !self.inline {
            return self.resource.text(self.policy).map(|policy| policy.map(Grant::Managed));
        }
        match self.resource.attribute(self.policy) {
            Attribute::Known(document) => Some(Located::new(role::inline(document), document.span)),
            Attribute::Unknown(why, span) => Some(Located::new(Grant::Document(Breadth::Unknown(why)), span)),
            Attribute::Absent => None,
        }
    }
}

/// The roles that an attachment is for.
enum Targets {
    /// These.
    Certain(Vec<usize>),
    /// Some of these; and why it is not known which.
    Possible(Vec<usize>, Unknown),
}

/// The places of the roles in the list of all, by what an attachment may say of them.
#[derive(Default)]
struct Index {
    named: HashMap<(Cloud, String), Vec<usize>>,
    /// Those whose name is known only after apply.
    unnamed: HashMap<Cloud, Vec<usize>>,
    modules: HashMap<(Cloud, String), Vec<usize>>,
    /// By module and block.
    blocks: HashMap<(String, String), Vec<usize>>,
    /// The module and the instance key of each.
    instances: Vec<(String, String)>,
}

impl Index {
    fn of(roles: &Roles<'_, '_>) -> Self {
        let mut index = Index::default();
        for (at, (resource, role)) in roles.iter().enumerate() {
            let module = resource.module.clone();
            match role.name.as_ref().and_then(|name| name.value.as_str()) {
                Some(name) => index.named.entry((role.cloud, name.to_owned())).or_default().push(at),
                None => index.unnamed.entry(role.cloud).or_default().push(at),
            }
            index.modules.entry((role.cloud, module.clone())).or_default().push(at);
            index.blocks.entry((module.clone(), resource.block())).or_default().push(at);
            index.instances.push((module, resource.key.clone()));
        }
        index
    }

    fn targets(&self, attachment: &Attachment<'_, '_>, configuration: &Configuration<'_>) -> Targets {
        match attachment.resource.attribute(attachment.role) {
            Attribute::Known(name) => {
                Targets::Certain(self.called(attachment, string(name).unwrap_or_default()))
            }
            Attribute::Unknown(why, _) => self.referenced(attachment, configuration, why),
            Attribute::Absent => Targets::Certain(Vec::new()),
        }
    }

    /// The roles of this name; where several accounts have one, those of the attachment's own module.
    fn called(&self, attachment: &Attachment<'_, '_>, name: &str) -> Vec<usize> {
        let all = self.named.get(&(attachment.cloud, name.to_owned())).cloned().unwrap_or_default();
        let near = self.keep(&all, |module, _| module == attachment.resource.module);
        if near.is_empty() { all } else { near }
    }

    /// The roles that the configuration refers to where the name of the role stands.
    fn referenced(
        &self,
        attachment: &Attachment<'_, '_>,
        configuration: &Configuration<'_>,
        why: Unknown,
    ) -> Targets {
        let module = &attachment.resource.module;
        let references = configuration.references(attachment.resource, attachment.role);
        for reference in &references {
            let Some((block, key)) = block_of(reference) else {
                continue;
            };
            let Some(all) = self.blocks.get(&(module.clone(), block)) else {
                continue;
            };
            let same_key = references.iter().any(|r| matches!(*r, "each.key" | "count.index"))
                && !references.iter().any(|r| r.starts_with("each.value"));
            let key = match key {
                "" if same_key => attachment.resource.key.as_str(),
                key => key,
            };
            let found = if key.is_empty() { all.clone() } else { self.keep(all, |_, own| own == key) };
            return if found.len() == 1 { Targets::Certain(found) } else { Targets::Possible(found, why) };
        }
        let near = self.modules.get(&(attachment.cloud, module.clone()));
        let all = near.or_else(|| self.unnamed.get(&attachment.cloud)).cloned().unwrap_or_default();
        Targets::Possible(all, why)
    }

    /// Those of `roles` whose module and instance key pass.
    fn keep(&self, roles: &[usize], pass: impl Fn(&str, &str) -> bool) -> Vec<usize> {
        let passes = |at: &usize| self.instances.get(*at).is_some_and(|(module, key)| pass(module, key));
        roles.iter().copied().filter(passes).collect()
    }
}

/// The role block that a reference (`aws_iam_role.x["a"].name`) leads to, and the instance key in it.
fn block_of(reference: &str) -> Option<(String, &str)> {
    let (kind, rest) = reference.split_once('.')?;
    role::cloud(kind)?;
    let (name, rest) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
    let (key, _) = address::instance_key(rest)?;
    Some((format!("{kind}.{name}"), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_blocks_of_roles() {
        let block = |reference| block_of(reference).map(|(block, key)| (block, key.to_owned()));
        let role = |key: &str| Some(("aws_iam_role.x".to_owned(), key.to_owned()));
        assert_eq!(block("aws_iam_role.x"), role(""));
        assert_eq!(block("aws_iam_role.x.name"), role(""));
        assert_eq!(block("aws_iam_role.x[0].name"), role("[0]"));
        assert_eq!(block("aws_iam_role.x[\"a.b\"].name"), role("[\"a.b\"]"));
        assert_eq!(block("data.aws_iam_role.x.name"), None);
        assert_eq!(block("var.role"), None);
    }
}
