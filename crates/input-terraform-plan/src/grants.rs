//! Permission policies that resources of their own attach to a role.
//!
//! An attachment names its role by a string. Where that string is known only after apply, the configuration may say
//! which role it comes from; where not even that, every role that may be meant has unknown permissions.

use std::collections::{BTreeSet, HashMap, HashSet};

use model::{Breadth, Cause, Cloud, Grant, Located, Node, Role, Span, Text, Unknown, Value};

use crate::address;
use crate::configuration::{Configuration, Source};
use crate::resource::{Attribute, Resource, string};
use crate::{policy, role};

/// The roles of a plan, each with the resource it was read from.
pub(crate) type Roles<'r, 'a> = Vec<(&'r Resource<'a>, Role)>;

/// Gives every role the policies that are attached to it.
pub(crate) fn attach<'a>(
    roles: &mut Roles<'_, 'a>,
    resources: &[Resource<'a>],
    configuration: &Configuration<'a>,
) {
    let index = Index::of(roles);
    let policies = Policies::of(resources);
    for resource in resources.iter().filter(|resource| resource.managed) {
        let Some(attachment) = Attachment::of(resource) else {
            continue;
        };
        for target in index.targets(&attachment, configuration) {
            match target {
                Target::None => {}
                Target::Role(at) => {
                    if let Some((_, role)) = roles.get_mut(at) {
                        attachment.give(role, &policies, configuration);
                    }
                }
                Target::OneOf(candidates, why) => {
                    for at in candidates {
                        if let Some((_, role)) = roles.get_mut(at) {
                            role.grants_open.get_or_insert_with(|| why.clone());
                        }
                    }
                }
            }
        }
    }
}

/// The managed policies that are made in the same plan.
struct Policies<'r, 'a> {
    by_name: HashMap<(Cloud, &'r str), &'r Resource<'a>>,
    /// By module, block and instance key.
    blocks: HashMap<(&'r str, String, &'r str), &'r Resource<'a>>,
}

impl<'r, 'a> Policies<'r, 'a> {
    fn of(resources: &'r [Resource<'a>]) -> Self {
        let mut policies = Policies { by_name: HashMap::new(), blocks: HashMap::new() };
        for policy in resources.iter().filter(|resource| resource.managed) {
            let (cloud, names): (_, &[&str]) = match policy.kind {
                "aws_iam_policy" => (Cloud::Aws, &["arn"]),
                "alicloud_ram_policy" => (Cloud::Alibaba, &["policy_name", "name"]),
                _ => continue,
            };
            for name in names {
                if let Attribute::Known(name) = policy.attribute(name) {
                    policies.by_name.extend(string(name).map(|name| ((cloud, name), policy)));
                }
            }
            policies.blocks.insert((&policy.module, policy.block(), &policy.key), policy);
        }
        policies
    }

    /// The policy of a name.
    fn named(&self, cloud: Cloud, name: &Node) -> Option<&'r Resource<'a>> {
        self.by_name.get(&(cloud, string(name)?)).copied()
    }

    /// The policy that an attachment refers to, where its name is known only after apply.
    fn referenced(
        &self,
        attachment: &Attachment<'_, 'a>,
        configuration: &Configuration<'a>,
    ) -> Option<&'r Resource<'a>> {
        let resource = attachment.resource;
        let Source { module, key: own, references } = configuration.source(resource, attachment.policy)?;
        let indexed = references.iter().any(|r| matches!(*r, "each.key" | "count.index"));
        let found = references.iter().find_map(|reference| block_of(reference, is_policy))?;
        let key = if found.1.is_empty() && indexed { own.as_str() } else { found.1 };
        self.blocks.get(&(module.as_str(), found.0, key)).copied()
    }
}

fn is_policy(kind: &str) -> bool {
    matches!(kind, "aws_iam_policy" | "alicloud_ram_policy")
}

fn is_role(kind: &str) -> bool {
    role::cloud(kind).is_some()
}

/// A resource that attaches a policy to a role.
struct Attachment<'r, 'a> {
    resource: &'r Resource<'a>,
    cloud: Cloud,
    /// The attribute that names the role.
    role: &'static str,
    /// The attribute that holds the policy or names it, or several.
    policy: &'static str,
    /// Whether it holds the document itself.
    inline: bool,
}

impl<'r, 'a> Attachment<'r, 'a> {
    fn of(resource: &'r Resource<'a>) -> Option<Self> {
        let (cloud, role, policy, inline) = match resource.kind {
            "aws_iam_role_policy_attachment" => (Cloud::Aws, "role", "policy_arn", false),
            "aws_iam_role_policy_attachments_exclusive" => (Cloud::Aws, "role_name", "policy_arns", false),
            "aws_iam_role_policy" => (Cloud::Aws, "role", "policy", true),
            "awscc_iam_role_policy" => (Cloud::Aws, "role_name", "policy_document", true),
            "aws_iam_policy_attachment" => (Cloud::Aws, "roles", "policy_arn", false),
            "alicloud_ram_role_policy_attachment" => (Cloud::Alibaba, "role_name", "policy_name", false),
            _ => return None,
        };
        Some(Attachment { resource, cloud, role, policy, inline })
    }

    /// One of its attributes is known only after apply.
    fn later(&self, attribute: &str, span: Span) -> Unknown {
        let what = format!("{}.{attribute}", self.resource.address);
        Unknown::new(what, Cause::AfterApply, Some(span))
    }

    /// Gives a role the policy or policies.
    fn give(&self, role: &mut Role, policies: &Policies<'_, 'a>, configuration: &Configuration<'a>) {
        let grant = match self.resource.attribute(self.policy) {
            Attribute::Absent => return,
            Attribute::Known(Node { value: Value::List(names), .. }) if !self.inline => {
                for name in &names.items {
                    match name.value {
                        // An element of which only the place is known.
                        Value::Null => _ = role.grants_open.get_or_insert(self.later(self.policy, name.span)),
                        _ => role.grants.push(self.managed(name, policies.named(self.cloud, name))),
                    }
                }
                return;
            }
            Attribute::Known(document) if self.inline => {
                Located::new(policy::inline(document), document.span)
            }
            Attribute::Unknown(why, span) if self.inline => {
                Located::new(Grant::Document(Breadth::Unknown(why)), span)
            }
            Attribute::Known(name) => self.managed(name, policies.named(self.cloud, name)),
            Attribute::Unknown(why, span) => {
                let known = policies.referenced(self, configuration).and_then(content);
                let grant = known.unwrap_or_else(|| Grant::Managed(Text::unknown(why)));
                Located::new(grant, span)
            }
        };
        role.grants.push(grant);
    }

    /// A managed policy by its name, or by what it says if it is made in the same plan.
    fn managed(&self, name: &Node, made: Option<&Resource<'_>>) -> Located<Grant> {
        match made.and_then(content) {
            Some(document) => Located::new(document, name.span),
            None => self.resource.scalar(self.policy, name).map(Grant::Managed),
        }
    }
}

/// The document of a managed policy, if it is known.
fn content(policy: &Resource<'_>) -> Option<Grant> {
    let attributes = ["policy", "policy_document", "document"].map(|name| policy.attribute(name));
    attributes.into_iter().find_map(|attribute| match attribute {
        Attribute::Known(document) => Some(policy::inline(document)),
        Attribute::Unknown(..) | Attribute::Absent => None,
    })
}

/// The role that an attachment is for.
enum Target {
    /// None of this file.
    None,
    /// This one.
    Role(usize),
    /// One of these; and why it is not known which.
    OneOf(Vec<usize>, Unknown),
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
    /// The instance key of each.
    keys: Vec<String>,
}

impl Index {
    fn of(roles: &Roles<'_, '_>) -> Self {
        let mut index = Index::default();
        for (at, (resource, role)) in roles.iter().enumerate() {
            match role.name.as_ref().and_then(|name| name.value.as_str()) {
                Some(name) => index.named.entry((role.cloud, name.to_owned())).or_default().push(at),
                None => index.unnamed.entry(role.cloud).or_default().push(at),
            }
            index.modules.entry((role.cloud, resource.module.clone())).or_default().push(at);
            index.blocks.entry((resource.module.clone(), resource.block())).or_default().push(at);
            index.keys.push(resource.key.clone());
        }
        index
    }

    fn targets(&self, attachment: &Attachment<'_, '_>, configuration: &Configuration<'_>) -> Vec<Target> {
        match attachment.resource.attribute(attachment.role) {
            Attribute::Known(node) => {
                let names = match &node.value {
                    Value::List(names) => names.items.as_slice(),
                    _ => std::slice::from_ref(node),
                };
                let target = |name| match string(name) {
                    Some(_) => self.named(attachment, name, configuration),
                    // An element of which only the place is known, or none that is a name.
                    None => {
                        self.unknown(attachment, attachment.later(attachment.role, name.span), configuration)
                    }
                };
                names.iter().map(target).collect()
            }
            Attribute::Unknown(why, _) => vec![self.unknown(attachment, why, configuration)],
            Attribute::Absent => Vec::new(),
        }
    }

    /// The role of a known name. Several accounts may each have one; then the configuration may tell them apart.
    fn named(
        &self,
        attachment: &Attachment<'_, '_>,
        name: &Node,
        configuration: &Configuration<'_>,
    ) -> Target {
        let key = (attachment.cloud, string(name).unwrap_or_default().to_owned());
        let named = match self.named.get(&key).map(Vec::as_slice) {
            None | Some([]) => return Target::None,
            Some([one]) => return Target::Role(*one),
            Some(several) => several,
        };
        let (referenced, _) = self.referenced(attachment, configuration);
        let both: Vec<_> = referenced.into_iter().filter(|at| named.binary_search(at).is_ok()).collect();
        if let [one] = both.as_slice() {
            return Target::Role(*one);
        }
        let what = format!("{}.{}", attachment.resource.address, attachment.role);
        let why = Cause::Undecided("which of the roles of this name is meant".into());
        let candidates = if both.is_empty() { named.to_vec() } else { both };
        Target::OneOf(candidates, Unknown::new(what, why, Some(name.span)))
    }

    /// The role whose name is known only after apply: what the configuration refers to, else any of the module.
    fn unknown(
        &self,
        attachment: &Attachment<'_, '_>,
        why: Unknown,
        configuration: &Configuration<'_>,
    ) -> Target {
        match self.referenced(attachment, configuration) {
            (roles, true) if roles.len() == 1 => roles.first().map_or(Target::None, |one| Target::Role(*one)),
            (roles, _) if !roles.is_empty() => Target::OneOf(roles, why),
            _ => {
                let near = self.modules.get(&(attachment.cloud, attachment.resource.module.clone()));
                let all = near.or_else(|| self.unnamed.get(&attachment.cloud));
                Target::OneOf(all.cloned().unwrap_or_default(), why)
            }
        }
    }

    /// The roles that the configuration refers to where the name of the role stands, and whether it refers to
    /// nothing else there.
    fn referenced(
        &self,
        attachment: &Attachment<'_, '_>,
        configuration: &Configuration<'_>,
    ) -> (Vec<usize>, bool) {
        let Some(Source { module, key: own, references }) =
            configuration.source(attachment.resource, attachment.role)
        else {
            return (Vec::new(), false);
        };
        let own_key = |reference: &&str| matches!(*reference, "each.key" | "count.index");
        let indexed = references.iter().any(own_key);
        let blocks: Vec<_> = references.iter().filter_map(|reference| block_of(reference, is_role)).collect();
        let only = references.iter().filter(|r| block_of(r, is_role).is_none()).all(own_key);
        let precise: HashSet<_> = blocks.iter().filter(|(_, key)| !key.is_empty()).map(|(b, _)| b).collect();
        let mut found = BTreeSet::new();
        for (block, key) in &blocks {
            // After `x["a"]` Terraform lists `x` as well.
            let repeats = key.is_empty() && precise.contains(block);
            let Some(all) = self.blocks.get(&(module.clone(), block.clone())).filter(|_| !repeats) else {
                continue;
            };
            let key = if key.is_empty() && indexed { own.as_str() } else { key };
            let has_key = |at: &&usize| key.is_empty() || self.keys.get(**at).is_some_and(|of| of == key);
            match all.iter().filter(has_key).collect::<Vec<_>>().as_slice() {
                // Indexed by something else that is made of the key.
                [] => found.extend(all),
                some => found.extend(some.iter().copied()),
            }
        }
        (found.into_iter().collect(), only)
    }
}

/// The block of a wanted kind that a reference (`aws_iam_role.x["a"].name`) leads to, and the instance key in it.
fn block_of(reference: &str, wanted: fn(&str) -> bool) -> Option<(String, &str)> {
    let (kind, rest) = reference.split_once('.')?;
    if !wanted(kind) {
        return None;
    }
    let (name, rest) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
    let (key, _) = address::instance_key(rest)?;
    Some((format!("{kind}.{name}"), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_blocks_of_roles() {
        let block = |reference| block_of(reference, is_role).map(|(block, key)| (block, key.to_owned()));
        let role = |key: &str| Some(("aws_iam_role.x".to_owned(), key.to_owned()));
        assert_eq!(block("aws_iam_role.x"), role(""));
        assert_eq!(block("aws_iam_role.x.name"), role(""));
        assert_eq!(block("aws_iam_role.x[0].name"), role("[0]"));
        assert_eq!(block("aws_iam_role.x[\"a.b\"].name"), role("[\"a.b\"]"));
        assert_eq!(block("data.aws_iam_role.x.name"), None);
        assert_eq!(block("var.role"), None);
    }
}
