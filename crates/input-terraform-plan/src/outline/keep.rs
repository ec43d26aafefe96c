//! Which parts of a plan or a state are kept.
//!
//! The formats are those of Terraform's "JSON Output Format" page, 0.1 to 1.2, which OpenTofu shares, and version 4 of
//! state files.

use std::borrow::Cow;

/// What is kept of a value.
pub(super) enum Keep {
    /// All of it.
    Whole,
    /// Of an object the named members.
    Object(&'static [(&'static str, &'static Keep)]),
    /// The same, if its `type` is one that is read; else nothing at all.
    Resource(&'static [(&'static str, &'static Keep)]),
    /// Of an object all members, each of them like this.
    Map(&'static Keep),
    /// Of a list all elements, each of them like this.
    List(&'static Keep),
}

impl Keep {
    /// What is kept of a member of an object, and its key; `None` if nothing.
    pub(super) fn entry(&self, key: &str) -> Option<(Cow<'static, str>, &'static Keep)> {
        match self {
            Keep::Object(entries) | Keep::Resource(entries) => entries
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(name, keep)| (Cow::Borrowed(*name), *keep)),
            Keep::Map(each) => Some((Cow::Owned(key.to_owned()), each)),
            Keep::Whole | Keep::List(_) => None,
        }
    }

    /// Whether the object is still wanted once it is known to have this member, as it is written.
    pub(super) fn wants(&self, key: &str, json: &str) -> bool {
        match self {
            Keep::Resource(_) if key == "type" => plain(json).is_none_or(|kind| KINDS.contains(&kind)),
            Keep::Resource(_) | Keep::Object(_) | Keep::Map(_) | Keep::Whole | Keep::List(_) => true,
        }
    }
}

/// What a string of JSON says, if it is written without escapes.
fn plain(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('\\'))
}

/// The kinds of resources and data sources that are read.
const KINDS: [&str; 20] = [
    "alicloud_account",
    "alicloud_caller_identity",
    "alicloud_ram_policy",
    "alicloud_ram_policy_document",
    "alicloud_ram_role",
    "alicloud_ram_role_policy_attachment",
    "alicloud_ros_stack",
    "alicloud_ros_stack_group",
    "aws_caller_identity",
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_set",
    "aws_iam_policy",
    "aws_iam_policy_attachment",
    "aws_iam_policy_document",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
    "awscc_iam_role",
    "awscc_iam_role_policy",
];

static WHOLE: Keep = Keep::Whole;

/// A plan or a state, in whichever form.
pub(super) static DOCUMENT: Keep = Keep::Object(&[
    ("format_version", &WHOLE),
    ("terraform_version", &WHOLE),
    ("version", &WHOLE),
    ("lineage", &WHOLE),
    ("errored", &WHOLE),
    ("variables", &WHOLE),
    ("planned_values", &VALUES),
    ("resource_changes", &CHANGES),
    ("prior_state", &STATE),
    ("configuration", &CONFIGURATION),
    ("values", &VALUES),
    ("resources", &STORED),
]);

static CHANGES: Keep = Keep::List(&CHANGE);
static CHANGE: Keep = Keep::Resource(&[
    ("address", &WHOLE),
    ("mode", &WHOLE),
    ("type", &WHOLE),
    ("name", &WHOLE),
    ("index", &WHOLE),
    ("deposed", &WHOLE),
    ("change", &FROM_TO),
]);
static FROM_TO: Keep =
    Keep::Object(&[("actions", &WHOLE), ("before", &WHOLE), ("after", &WHOLE), ("after_unknown", &WHOLE)]);

static STATE: Keep = Keep::Object(&[("values", &VALUES)]);
static VALUES: Keep = Keep::Object(&[("root_module", &MODULE)]);
static MODULES: Keep = Keep::List(&MODULE);
static MODULE: Keep = Keep::Object(&[("resources", &RESOURCES), ("child_modules", &MODULES)]);
static RESOURCES: Keep = Keep::List(&RESOURCE);
static RESOURCE: Keep = Keep::Resource(&[
    ("address", &WHOLE),
    ("mode", &WHOLE),
    ("type", &WHOLE),
    ("name", &WHOLE),
    ("index", &WHOLE),
    ("deposed_key", &WHOLE),
    ("values", &WHOLE),
]);

static STORED: Keep = Keep::List(&Keep::Resource(&[
    ("module", &WHOLE),
    ("mode", &WHOLE),
    ("type", &WHOLE),
    ("name", &WHOLE),
    ("instances", &INSTANCES),
]));
static INSTANCES: Keep =
    Keep::List(&Keep::Object(&[("index_key", &WHOLE), ("deposed", &WHOLE), ("attributes", &WHOLE)]));

static CONFIGURATION: Keep = Keep::Object(&[("provider_config", &WHOLE), ("root_module", &CONFIGURED)]);
static CONFIGURED: Keep =
    Keep::Object(&[("outputs", &OUTPUTS), ("resources", &BLOCKS), ("module_calls", &CALLS)]);
static OUTPUTS: Keep = Keep::Map(&Keep::Object(&[("expression", &Keep::Object(&[("references", &WHOLE)]))]));
static BLOCKS: Keep = Keep::List(&Keep::Resource(&[
    ("address", &WHOLE),
    ("mode", &WHOLE),
    ("type", &WHOLE),
    ("name", &WHOLE),
    ("expressions", &WHOLE),
]));
static CALLS: Keep = Keep::Map(&CALL);
static CALL: Keep = Keep::Object(&[("source", &WHOLE), ("expressions", &WHOLE), ("module", &CONFIGURED)]);

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn kinds_are_sorted_and_unique() {
        assert!(KINDS.is_sorted_by(|a, b| a < b));
    }
}
