//! References to resources, data sources and modules: which block and which instance is meant.
//!
//! Not here: what the attributes say (see `attribute`, `document`).

use model::{Cause, Span};

use super::instance::Instance;
use super::{Evaluator, Key, Scope};
use crate::attribute::{Attributes, is_generated, symbol};
use crate::document;
use crate::ir::Block;
use crate::value::{Resource, Val};

/// The kind of a reference to a called module.
pub(super) const MODULE: &str = "module";

impl Evaluator<'_> {
    pub(super) fn resource_attribute(&self, resource: &Resource, name: &str, span: Span) -> Val {
        if &*resource.kind == MODULE {
            return self.output(resource, name, span);
        }
        if let Some(symbol) = symbol(resource.data, &resource.kind, name) {
            return Val::symbol(symbol, span);
        }
        let Some(block) = self.module.resource(resource.data, &resource.kind, &resource.name) else {
            return self.undeclared(resource, name, span);
        };
        let scope = match self.instance_scope(block, resource, span) {
            Ok(scope) => scope,
            Err(value) => return value,
        };
        match (resource.data, &*resource.kind, name) {
            (true, "aws_iam_policy_document", "json" | "minified_json")
            | (true, "alicloud_ram_policy_document", "document" | "json") => {
                self.document(resource, block, &scope, span)
            }
            _ => Attributes { evaluator: self, block, scope: &scope, span }.of(
                resource.data,
                &resource.kind,
                name,
            ),
        }
    }

    /// An attribute of a block that is not there.
    fn undeclared(&self, resource: &Resource, name: &str, span: Span) -> Val {
        if is_generated(&resource.kind, name) {
            return Val::unknown(self.source(span), Cause::Generated, span);
        }
        let what = if resource.data { "data source" } else { "resource" };
        let message = format!("no {what} `{}.{}` is declared here", resource.kind, resource.name);
        Val::unknown(self.source(span), Cause::Unresolved(message.into()), span)
    }

    fn document(&self, resource: &Resource, block: &Block, scope: &Scope, span: Span) -> Val {
        let build = || document::build(self, block, scope);
        let instance = match &resource.instance {
            None => Some("".into()),
            Some(key) => key.known_str().map(|key| format!("[{key}]").into()),
        };
        match instance {
            Some(instance) => {
                let key = Key::Document(resource.kind.clone(), resource.name.clone(), instance);
                self.once(key, span, build)
            }
            // For an instance without a known key, the document is nobody else's.
            None => build(),
        }
    }

    /// The names bound in the instance that a reference means.
    fn instance_scope(&self, block: &Block, resource: &Resource, span: Span) -> Result<Scope, Val> {
        self.instance_of(block, resource, span).map(|instance| instance.scope)
    }

    /// The instance that a reference means.
    pub(super) fn instance_of(
        &self,
        block: &Block,
        resource: &Resource,
        span: Span,
    ) -> Result<Instance, Val> {
        let instances = self.instances(block);
        let only = |instances: &[Instance]| instances.first().cloned();
        let Some(key) = &resource.instance else {
            return match instances.list.as_slice() {
                [one] if one.key.is_none() => Ok(one.clone()),
                // Written without index although there are instances: Terraform refuses it, except that old
                // code means the only one.
                [one] => Ok(one.clone()),
                list => {
                    Err(self.error(format!("a reference to {} instances without index", list.len()), span))
                }
            };
        };
        let Some(wanted) = key.known_str() else {
            return match (instances.list.as_slice(), &instances.open) {
                ([one], None) => Ok(one.clone()),
                // The unknown key of an unknown collection: one symbolic instance stands for all.
                ([one], Some(_)) if one.key.is_none() => Ok(one.clone()),
                _ => Err(match key.why_unknown() {
                    Some(unknown) => self.still_unknown(&unknown, span),
                    None => self.error(format!("{} as an index", key.sort()), span),
                }),
            };
        };
        let same = |i: &&Instance| i.key.as_ref().and_then(Val::known_str).is_some_and(|k| k == wanted);
        if let Some(instance) = instances.list.iter().find(same) {
            return Ok(instance.clone());
        }
        match &instances.open {
            Some(_) => only(&instances.list)
                .ok_or_else(|| self.unsupported("the instances of this block are not known", span)),
            None => Err(self.error(format!("there is no instance `{wanted}` of {}", resource.what), span)),
        }
    }
}
