//! What resources and data sources are known to say: symbols of the owner, names and ARNs, policy documents.

use model::{Cause, Span, Symbol};

use super::instance::Instance;
use super::{Evaluator, Key, Scope};
use crate::document;
use crate::ir::Block;
use crate::value::{Content, Kind, Piece, Resource, Str, Val};

/// Attributes of data sources that are fixed for the owner.
const SYMBOLS: &[(&str, &[&str], Symbol)] = &[
    ("aws_caller_identity", &["account_id", "id"], Symbol::OwnAccount),
    ("alicloud_account", &["id"], Symbol::OwnAccount),
    ("alicloud_caller_identity", &["account_id", "id"], Symbol::OwnAccount),
    ("aws_partition", &["partition", "id"], Symbol::Partition),
    ("aws_partition", &["dns_suffix"], Symbol::UrlSuffix),
    ("aws_region", &["name", "region", "id"], Symbol::Region),
    ("alicloud_regions", &["id"], Symbol::Region),
    ("aws_organizations_organization", &["id"], Symbol::OwnOrganization),
    ("aws_organizations_organization", &["master_account_id", "management_account_id"], Symbol::OwnAccount),
];

/// The kind of a reference to a called module.
pub(super) const MODULE: &str = "module";

/// Results that nobody can guess.
const GENERATED: &[&str] = &["random_uuid", "random_password", "random_string", "random_id", "random_bytes"];

impl Evaluator<'_> {
    pub(super) fn resource_attribute(&self, resource: &Resource, name: &str, span: Span) -> Val {
        if &*resource.kind == MODULE {
            return self.output(resource, name, span);
        }
        if resource.data {
            return self.data_attribute(resource, name, span);
        }
        let after_apply = || Val::unknown(self.source(span), Cause::AfterApply, span);
        if GENERATED.contains(&&*resource.kind)
            && matches!(name, "result" | "id" | "hex" | "b64_std" | "b64_url" | "dec" | "base64")
        {
            return Val::unknown(self.source(span), Cause::Generated, span);
        }
        let Some(block) = self.module.resource(false, &resource.kind, &resource.name) else {
            let message = format!("no resource `{}.{}` is declared here", resource.kind, resource.name);
            return Val::unknown(self.source(span), Cause::Unresolved(message.into()), span);
        };
        let scope = match self.instance_scope(block, resource, span) {
            Ok(scope) => scope,
            Err(value) => return value,
        };
        match (&*resource.kind, name) {
            (
                "aws_iam_role"
                | "aws_iam_user"
                | "aws_iam_policy"
                | "aws_iam_group"
                | "aws_iam_instance_profile",
                "arn",
            ) => {
                let kind = resource.kind.strip_prefix("aws_iam_").unwrap_or_default().replace('_', "-");
                self.iam_arn(&kind, block, &scope, span)
            }
            ("aws_iam_policy", "id") => self.iam_arn("policy", block, &scope, span),
            ("aws_iam_role" | "aws_iam_user" | "aws_iam_group" | "aws_iam_instance_profile", "id") => {
                self.written(block, "name", &scope, span)
            }
            ("aws_iam_openid_connect_provider", "arn" | "id") => {
                let url = self.written(block, "url", &scope, span);
                self.provider_arn("oidc-provider", &without_scheme(&url), span)
            }
            ("aws_iam_openid_connect_provider", "url") => {
                without_scheme(&self.written(block, "url", &scope, span))
            }
            ("aws_iam_saml_provider", "arn" | "id") => {
                self.provider_arn("saml-provider", &self.written(block, "name", &scope, span), span)
            }
            ("alicloud_ram_role", "arn") => {
                let name = self.first_written(block, &["role_name", "name"], &scope, span);
                let pieces =
                    vec![lit("acs:ram::", span), symbol(Symbol::OwnAccount, span), lit(":role/", span)];
                joined(pieces, &lower(&name), span)
            }
            ("alicloud_ram_role", "name" | "id" | "role_name") => {
                self.first_written(block, &["role_name", "name"], &scope, span)
            }
            // What the block itself says is the value, unless the provider computes it.
            _ if block.body.attribute(name).is_some() && name != "id" && name != "arn" => {
                self.written(block, name, &scope, span)
            }
            _ => after_apply(),
        }
    }

    fn data_attribute(&self, resource: &Resource, name: &str, span: Span) -> Val {
        if let Some((.., symbol)) =
            SYMBOLS.iter().find(|(kind, names, _)| *kind == &*resource.kind && names.contains(&name))
        {
            return Val::symbol(*symbol, span);
        }
        let is_document = matches!(
            (&*resource.kind, name),
            ("aws_iam_policy_document", "json" | "minified_json")
                | ("alicloud_ram_policy_document", "document" | "json")
        );
        if !is_document {
            let message = format!("the data source {} is read from the cloud", resource.kind);
            return Val::unknown(self.source(span), Cause::Unsupported(message.into()), span);
        }
        let Some(block) = self.module.resource(true, &resource.kind, &resource.name) else {
            let message = format!("no data source `{}.{}` is declared here", resource.kind, resource.name);
            return Val::unknown(self.source(span), Cause::Unresolved(message.into()), span);
        };
        let scope = match self.instance_scope(block, resource, span) {
            Ok(scope) => scope,
            Err(value) => return value,
        };
        let build = || document::build(self, block, &scope);
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

    /// What an attribute of a block says; known only after apply if it says nothing.
    fn written(&self, block: &Block, name: &str, scope: &Scope, span: Span) -> Val {
        self.first_written(block, &[name], scope, span)
    }

    fn first_written(&self, block: &Block, names: &[&str], scope: &Scope, span: Span) -> Val {
        match block.body.first(names) {
            Some(attribute) => self.eval(&attribute.value, scope).used_at(span),
            None => Val::unknown(self.source(span), Cause::AfterApply, span),
        }
    }

    /// `arn:<partition>:iam::<own account>:<kind><path><name>`.
    fn iam_arn(&self, kind: &str, block: &Block, scope: &Scope, span: Span) -> Val {
        let path = match block.body.attribute("path") {
            Some(path) => self.eval(&path.value, scope),
            None => Val::converted("/", span),
        };
        let name = self.written(block, "name", scope, span);
        self.each_way(&[path, name], span, &|values| {
            let mut pieces = iam_prefix(kind, span);
            for value in values {
                pieces.extend(value.interpolated(span));
            }
            Val::string(Str::new(pieces), span)
        })
    }

    fn provider_arn(&self, kind: &str, name: &Val, span: Span) -> Val {
        let mut pieces = iam_prefix(kind, span);
        pieces.push(lit("/", span));
        self.each_way(std::slice::from_ref(name), span, &|values| match values.first() {
            Some(name) => joined(pieces.clone(), name, span),
            None => self.error("an ARN without a name", span),
        })
    }
}

fn iam_prefix(kind: &str, span: Span) -> Vec<Piece> {
    vec![
        lit("arn:", span),
        symbol(Symbol::Partition, span),
        lit(":iam::", span),
        symbol(Symbol::OwnAccount, span),
        lit(":", span),
        lit(kind, span),
    ]
}

fn joined(mut pieces: Vec<Piece>, last: &Val, span: Span) -> Val {
    pieces.extend(last.interpolated(span));
    Val::string(Str::new(pieces), span)
}

fn lit(text: &str, span: Span) -> Piece {
    Piece { content: Content::Lit(text.into()), span, verbatim: false }
}

fn symbol(symbol: Symbol, span: Span) -> Piece {
    Piece { content: Content::Symbol(symbol), span, verbatim: false }
}

/// Role names in ARNs of Alibaba Cloud are in lower case.
fn lower(value: &Val) -> Val {
    match &value.kind {
        Kind::Str(text) => Val { kind: Kind::Str(text.map_known(str::to_ascii_lowercase)), ..value.clone() },
        _ => value.clone(),
    }
}

/// The provider URL as ARNs and condition keys say it.
fn without_scheme(value: &Val) -> Val {
    let Kind::Str(text) = &value.kind else {
        return value.clone();
    };
    let mut pieces = text.pieces().to_vec();
    if let Some(Piece { content: Content::Lit(text), verbatim, .. }) = pieces.first_mut()
        && let Some(rest) = text.strip_prefix("https://")
    {
        *text = rest.into();
        *verbatim = false;
    }
    Val { kind: Kind::Str(Str::new(pieces)), ..value.clone() }
}
