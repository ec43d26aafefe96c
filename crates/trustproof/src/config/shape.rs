//! The shape of `trustproof.toml`, written once: what is read, what the schema says, and what is checked all follow
//! from these types and their comments.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rules::RULES;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Map;
use toml::Spanned;
use toml::value::Datetime;

use crate::args::{ACCOUNT, FailOn, ORGANIZATION};

/// The configuration of trustproof. It holds for the directory that it stands in and all below.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct File {
    /// Lowest severity of a proved finding that fails the run. The command line outranks it.
    #[schemars(with = "FailOn")]
    pub(crate) fail_on: Option<FailOn>,
    /// Whether findings that are only possible fail the run too.
    #[schemars(with = "bool")]
    pub(crate) strict: Option<bool>,
    /// Whether a suppression without a reason is none.
    #[schemars(with = "bool")]
    pub(crate) require_reason: Option<bool>,
    /// Whether configurations further down can neither ease rules nor ignore findings nor exclude paths.
    pub(crate) locked: bool,
    /// Paths that are not looked at: patterns as in a .gitignore, relative to this file.
    pub(crate) exclude: Vec<String>,
    /// Who is no stranger. The nearest file that says so decides.
    #[schemars(with = "Zone")]
    pub(crate) zone: Option<Zone>,
    /// Options of single rules.
    #[schemars(schema_with = "options_of_rules")]
    pub(crate) rules: BTreeMap<String, RuleOptions>,
    /// Findings that are accepted.
    #[schemars(with = "Vec<Ignore>")]
    pub(crate) ignore: Vec<Spanned<Ignore>>,
}

/// Who is no stranger.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Zone {
    /// Your accounts: not third parties.
    pub(crate) accounts: Vec<Account>,
    /// Your organisations.
    pub(crate) organizations: Vec<Organization>,
    /// Known third parties: called by name in reports, and still in need of an ExternalId.
    pub(crate) vendors: Vec<Vendor>,
    /// Your tenants, by the host and path of the identity provider's address.
    pub(crate) oidc: BTreeMap<String, Vec<Tenant>>,
}

/// A known third party.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vendor {
    /// What reports call it.
    pub(crate) name: Name,
    /// The accounts it uses.
    #[schemars(length(min = 1))]
    pub(crate) accounts: Vec<Account>,
}

/// An account id has 12 digits (AWS) or 16 digits (Alibaba Cloud), in quotes
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Account(#[schemars(regex(pattern = ACCOUNT))] pub(crate) String);

/// An organisation id looks like `o-a1b2c3d4e5` (AWS) or `rd-a1b2c3` (Alibaba Cloud)
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Organization(#[schemars(regex(pattern = ORGANIZATION))] pub(crate) String);

/// A tenant is named as the provider names it, without wildcards
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Tenant(#[schemars(regex(pattern = r"^[^*?]+$"))] pub(crate) String);

/// A name that is not empty
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Name(#[schemars(regex(pattern = r"\S"))] pub(crate) String);

/// Options of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleOptions {
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    pub(crate) max: Option<Duration>,
}

fn yes() -> bool {
    true
}

/// A time in whole hours, minutes or seconds, such as `4h`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Duration(#[schemars(regex(pattern = r"^[1-9][0-9]{0,5}[hms]$"))] String);

impl Duration {
    /// In seconds.
    pub(crate) fn seconds(&self) -> Option<u64> {
        let (number, unit) = self.0.split_at_checked(self.0.len().checked_sub(1)?)?;
        let factor = match unit {
            "h" => 3600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(factor)
    }
}

/// The rule whose limit is a time.
pub(crate) const LONG_SESSION: &str = "long-session";

/// The options that each rule has.
fn options_of_rules(generator: &mut SchemaGenerator) -> Schema {
    let enabled = json_schema!({
        "type": "boolean", "default": true, "description": "Whether the rule is applied"
    });
    let of = |id: &str, generator: &mut SchemaGenerator| {
        let mut options = Map::from_iter([("enabled".to_owned(), enabled.clone().into())]);
        if id == LONG_SESSION {
            options.insert("max".to_owned(), generator.subschema_for::<Duration>().into());
        }
        json_schema!({"type": "object", "properties": options, "additionalProperties": false})
    };
    let rules = RULES.iter().map(|rule| (rule.meta.id.to_owned(), of(rule.meta.id, generator).into()));
    let rules: Map<_, _> = rules.collect();
    json_schema!({"type": "object", "properties": rules, "additionalProperties": false})
}

/// A finding that is accepted: of one rule, at one place, for a reason, until a day.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ignore {
    /// The rule.
    pub(crate) rule: RuleId,
    /// The address of the role; `*` stands for anything.
    #[serde(default)]
    #[schemars(with = "Name")]
    pub(crate) role: Option<Name>,
    /// The file: a pattern as in a .gitignore, relative to this file.
    #[serde(default)]
    #[schemars(with = "Name")]
    pub(crate) path: Option<Name>,
    /// Why.
    #[serde(default)]
    pub(crate) reason: String,
    /// The last day on which it holds.
    #[serde(default)]
    #[schemars(with = "String", extend("format" = "date"))]
    pub(crate) until: Option<Datetime>,
}

/// The id of a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct RuleId(pub(crate) String);

impl JsonSchema for RuleId {
    fn schema_name() -> Cow<'static, str> {
        "RuleId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.meta.id).collect();
        json_schema!({"type": "string", "description": "The id of a rule", "enum": ids})
    }
}
