//! What attributes of resources and data sources are known to say without a cloud: symbols of the owner, names and
//! ARNs, files, results that nobody can guess.
//!
//! Sources: the providers' documentation of each resource, and IAM's and RAM's pages on identifiers. Not here: policy
//! documents (see `document`).

use std::sync::Arc;

use model::{Cause, Span, Symbol, Unknown};

use crate::eval::{Evaluator, Scope, named};
use crate::functions;
use crate::ir::{Block, ExprKind};
use crate::value::{Content, Kind, Piece, Str, Val};

/// Attributes that are fixed for the owner: of a data source or not, kind, names, symbol.
const SYMBOLS: &[(bool, &str, &[&str], Symbol)] = &[
    (true, "aws_caller_identity", &["account_id", "id"], Symbol::OwnAccount),
    (true, "alicloud_account", &["id"], Symbol::OwnAccount),
    (true, "alicloud_caller_identity", &["account_id", "id"], Symbol::OwnAccount),
    (true, "aws_partition", &["partition", "id"], Symbol::Partition),
    (true, "aws_partition", &["dns_suffix"], Symbol::UrlSuffix),
    (true, "aws_region", &["name", "region", "id"], Symbol::Region),
    (true, "alicloud_regions", &["id"], Symbol::Region),
    (true, "aws_organizations_organization", &["id"], Symbol::OwnOrganization),
    (false, "aws_organizations_organization", &["id"], Symbol::OwnOrganization),
    (
        true,
        "aws_organizations_organization",
        &["master_account_id", "management_account_id"],
        Symbol::OwnAccount,
    ),
];

/// Kinds of results that nobody can guess.
const GENERATED: &[&str] = &["random_uuid", "random_password", "random_string", "random_id", "random_bytes"];

/// The symbol that an attribute is.
pub(crate) fn symbol(data: bool, kind: &str, name: &str) -> Option<Symbol> {
    let same =
        |(d, k, names, _): &&(bool, &str, &[&str], Symbol)| *d == data && *k == kind && names.contains(&name);
    SYMBOLS.iter().find(same).map(|(.., symbol)| *symbol)
}

/// Whether an attribute is a result that nobody can guess.
pub(crate) fn is_generated(kind: &str, name: &str) -> bool {
    GENERATED.contains(&kind)
        && matches!(name, "result" | "id" | "hex" | "b64_std" | "b64_url" | "dec" | "base64")
}

/// The attributes of one instance of a block, as they are referred to at `span`.
pub(crate) struct Attributes<'r, 'a> {
    pub(crate) evaluator: &'r Evaluator<'a>,
    pub(crate) block: &'r Block,
    pub(crate) scope: &'r Scope,
    pub(crate) span: Span,
}

impl Attributes<'_, '_> {
    /// The value of an attribute.
    pub(crate) fn of(&self, data: bool, kind: &str, name: &str) -> Val {
        if data { self.of_data(kind, name) } else { self.of_managed(kind, name) }
    }

    fn of_managed(&self, kind: &str, name: &str) -> Val {
        if is_generated(kind, name) {
            return Val::unknown(self.evaluator.source(self.span), Cause::Generated, self.span);
        }
        match (kind, name) {
            (
                "aws_iam_role"
                | "aws_iam_user"
                | "aws_iam_policy"
                | "aws_iam_group"
                | "aws_iam_instance_profile",
                "arn",
            ) => {
                let kind = kind.strip_prefix("aws_iam_").unwrap_or_default().replace('_', "-");
                self.iam_arn(&kind, "path", "name")
            }
            ("aws_iam_policy", "id") => self.iam_arn("policy", "path", "name"),
            ("awscc_iam_role", "arn") => self.iam_arn("role", "path", "role_name"),
            ("awscc_iam_role", "id") => self.given_name("role_name"),
            (
                "aws_iam_role"
                | "aws_iam_user"
                | "aws_iam_group"
                | "aws_iam_instance_profile"
                | "aws_iam_policy",
                "name" | "id",
            ) => self.given_name("name"),
            ("aws_iam_service_linked_role", "arn") => {
                let service = self.first_written(&["aws_service_name"]);
                self.joined(
                    own_iam("role/aws-service-role/", self.span),
                    &[service, self.text("/"), self.unknown()],
                )
            }
            ("aws_iam_openid_connect_provider", "arn" | "id") => {
                let url = without_scheme(&self.first_written(&["url"]));
                self.joined(own_iam("oidc-provider/", self.span), &[url])
            }
            ("aws_iam_openid_connect_provider", "url") => without_scheme(&self.first_written(&["url"])),
            ("aws_iam_saml_provider", "arn" | "id") => {
                self.joined(own_iam("saml-provider/", self.span), &[self.first_written(&["name"])])
            }
            ("aws_eks_cluster", "identity") => self.cluster_identity(),
            ("alicloud_ram_role", "arn") => {
                let name = lower(&self.first_written(&["role_name", "name"]));
                self.joined(own_ram("role/", self.span), &[name])
            }
            ("alicloud_ram_role", "name" | "id" | "role_name") => self.first_written(&["role_name", "name"]),
            ("alicloud_ram_policy", "policy_name" | "name" | "id") => {
                self.first_written(&["policy_name", "name"])
            }
            ("alicloud_ram_saml_provider", "arn") => self
                .joined(own_ram("saml-provider/", self.span), &[self.first_written(&["saml_provider_name"])]),
            ("alicloud_ims_oidc_provider", "arn") => self
                .joined(own_ram("oidc-provider/", self.span), &[self.first_written(&["oidc_provider_name"])]),
            ("terraform_data", "output") => self.first_written(&["input"]),
            // What the block itself says is the value, unless the provider computes it.
            _ if name != "id" && name != "arn" => self.first_written(&[name]),
            _ => self.unknown(),
        }
    }

    fn of_data(&self, kind: &str, name: &str) -> Val {
        let from_cloud = || {
            let message = format!("the data source {kind} is read from the cloud");
            Val::unknown(self.evaluator.source(self.span), Cause::Unsupported(message.into()), self.span)
        };
        match (kind, name) {
            ("aws_caller_identity", "arn") => {
                // Of a user, or of a session under `sts`.
                let pieces = vec![
                    lit("arn:", self.span),
                    symbol_piece(Symbol::Partition, self.span),
                    lit(":", self.span),
                ];
                let account = Val::symbol(Symbol::OwnAccount, self.span);
                self.joined(pieces, &[from_cloud(), self.text("::"), account, self.text(":"), from_cloud()])
            }
            ("aws_iam_session_context", "issuer_arn") => self.joined(own_iam("", self.span), &[from_cloud()]),
            ("aws_iam_role", "arn") => self.looked_up("role/", "name", from_cloud()),
            ("aws_iam_user", "arn") => self.looked_up("user/", "user_name", from_cloud()),
            ("aws_iam_role" | "aws_iam_instance_profile", "id") => self.first_written(&["name"]),
            ("aws_iam_openid_connect_provider", "arn" | "id") if self.says("url") => {
                let url = without_scheme(&self.first_written(&["url"]));
                self.joined(own_iam("oidc-provider/", self.span), &[url])
            }
            ("aws_iam_openid_connect_provider", "url") if self.says("url") => {
                without_scheme(&self.first_written(&["url"]))
            }
            ("aws_iam_openid_connect_provider", "url") if self.says("arn") => {
                after_provider(&self.first_written(&["arn"])).unwrap_or_else(from_cloud)
            }
            ("aws_service_principal", "name") => {
                self.joined(Vec::new(), &[self.first_written(&["service_name"]), self.text(".amazonaws.com")])
            }
            ("aws_service_principal", "suffix") => self.text("amazonaws.com"),
            ("aws_eks_cluster", "identity") => self.cluster_identity(),
            ("local_file" | "local_sensitive_file", "content") => {
                functions::call(self.evaluator, "file", &[self.first_written(&["filename"])], self.span)
            }
            ("template_file", "rendered") => self.rendered(),
            ("null_data_source", "outputs") => self.first_written(&["inputs"]),
            _ if self.says(name) => self.first_written(&[name]),
            _ => from_cloud(),
        }
    }

    fn says(&self, name: &str) -> bool {
        self.block.body().attribute(name).is_some()
    }

    /// What the provider makes up when the change is applied; the block that it is about tells it from others.
    fn unknown(&self) -> Val {
        let what = self.evaluator.source(self.span);
        let unknown = Unknown::new(what, Cause::AfterApply, Some(self.block.header));
        Val::new(Kind::Unknown(Arc::new(unknown)), self.span)
    }

    fn text(&self, text: &str) -> Val {
        Val::converted(text, self.span)
    }

    /// What the first of some attributes that is there says; made up when applied if that is nothing or null.
    fn first_written(&self, names: &[&str]) -> Val {
        let Some(attribute) = self.block.body().first(names) else {
            return self.unknown();
        };
        let value = self.evaluator.eval(&attribute.value, self.scope).used_at(self.span);
        self.evaluator.each_way(&[value], self.span, &|values| match values.first() {
            Some(Val { kind: Kind::Null, .. }) | None => self.unknown(),
            Some(value) => value.clone(),
        })
    }

    /// A name, or the start of one that the provider completes.
    fn given_name(&self, name: &str) -> Val {
        let written = self.first_written(&[name]);
        if matches!(written.kind, Kind::Unknown(_)) && !self.says(name) && self.says("name_prefix") {
            return self.joined(Vec::new(), &[self.first_written(&["name_prefix"]), self.unknown()]);
        }
        written
    }

    /// `arn:<partition>:iam::<own account>:<kind><path><name>`.
    fn iam_arn(&self, kind: &str, path: &str, name: &str) -> Val {
        let path = match self.block.body().attribute(path) {
            Some(path) => {
                let value = self.evaluator.eval(&path.value, self.scope);
                if matches!(value.kind, Kind::Null) { self.text("/") } else { value }
            }
            None => self.text("/"),
        };
        self.joined(own_iam(kind, self.span), &[path, self.given_name(name)])
    }

    /// The ARN of something of one's own that stands under a path nobody knows.
    fn looked_up(&self, kind: &str, name: &str, path: Val) -> Val {
        self.joined(own_iam(kind, self.span), &[path, self.first_written(&[name])])
    }

    /// The pieces and values as one text.
    fn joined(&self, pieces: Vec<Piece>, values: &[Val]) -> Val {
        self.evaluator.each_way(values, self.span, &|values| {
            let mut pieces = pieces.clone();
            values.iter().for_each(|value| pieces.extend(value.interpolated(self.span)));
            Val::string(Str::new(pieces), self.span)
        })
    }

    /// `identity[0].oidc[0].issuer` of an EKS cluster: its path is made up, its host is not.
    fn cluster_identity(&self) -> Val {
        let pieces = vec![
            lit("https://oidc.eks.", self.span),
            symbol_piece(Symbol::Region, self.span),
            lit(".amazonaws.com/id/", self.span),
        ];
        let one = |value: Val| Val::list(vec![value], None, self.span);
        let issuer = self.joined(pieces, &[self.unknown()]);
        let oidc = named(&[("issuer", issuer)], self.span);
        one(named(&[("oidc", one(oidc))], self.span))
    }

    /// What the data source `template_file` makes of its template.
    fn rendered(&self) -> Val {
        let template = self.block.body().attribute("template").map(|template| &template.value);
        // A file that is read only to be rendered keeps its places.
        let (function, template) = match template.map(|template| &template.kind) {
            Some(ExprKind::Call(call)) if &*call.name == "file" && call.arguments.len() == 1 => {
                let path = call.arguments.iter().map(|path| self.evaluator.eval(path, self.scope)).next();
                ("templatefile", path.unwrap_or_else(|| self.unknown()))
            }
            _ => ("templatestring", self.first_written(&["template"])),
        };
        let variables = match self.block.body().attribute("vars") {
            Some(vars) => self.evaluator.eval(&vars.value, self.scope),
            None => Val::object(Vec::new(), None, self.span),
        };
        self.evaluator.each_way(&[template, variables], self.span, &|values| {
            functions::call(self.evaluator, function, values, self.span)
        })
    }
}

fn own_iam(kind: &str, span: Span) -> Vec<Piece> {
    vec![
        lit("arn:", span),
        symbol_piece(Symbol::Partition, span),
        lit(":iam::", span),
        symbol_piece(Symbol::OwnAccount, span),
        lit(&format!(":{kind}"), span),
    ]
}

fn own_ram(kind: &str, span: Span) -> Vec<Piece> {
    vec![lit("acs:ram::", span), symbol_piece(Symbol::OwnAccount, span), lit(&format!(":{kind}"), span)]
}

fn lit(text: &str, span: Span) -> Piece {
    Piece { content: Content::Lit(text.into()), span, verbatim: false }
}

fn symbol_piece(symbol: Symbol, span: Span) -> Piece {
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
    cut(value, |text| text.strip_prefix("https://")).unwrap_or_else(|| value.clone())
}

/// The provider's URL in the ARN of an OIDC provider; `None` if that is not known.
fn after_provider(arn: &Val) -> Option<Val> {
    let Kind::Str(text) = &arn.kind else {
        return None;
    };
    // The account before it may be a symbol or unknown.
    let at = text.pieces().iter().position(|piece| match &piece.content {
        Content::Lit(text) => text.contains("oidc-provider/"),
        _ => false,
    })?;
    let rest = Str::new(text.pieces().iter().skip(at).cloned().collect());
    cut(&Val { kind: Kind::Str(rest), ..arn.clone() }, |text| {
        text.split_once("oidc-provider/").map(|(_, url)| url)
    })
}

/// The text with its first known piece cut; `None` if there is nothing to cut.
fn cut(value: &Val, rest: impl Fn(&str) -> Option<&str>) -> Option<Val> {
    let Kind::Str(text) = &value.kind else {
        return None;
    };
    let mut pieces = text.pieces().to_vec();
    let first = pieces.first_mut()?;
    let Content::Lit(known) = &first.content else {
        return None;
    };
    let left = rest(known)?.into();
    *first = Piece { content: Content::Lit(left), span: first.span, verbatim: false };
    Some(Val { kind: Kind::Str(Str::new(pieces)), ..value.clone() })
}
