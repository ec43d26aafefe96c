//! Which files may hold roles: a cheap look at names and bytes that claims too much rather than too little.

use memchr::memmem;
use model::Cloud;

/// The resource types that are roles, and whose.
pub(crate) const ROLES: &[(&str, Cloud)] =
    &[("AWS::IAM::Role", Cloud::Aws), ("ALIYUN::RAM::Role", Cloud::Alibaba)];

/// The property that holds a role's trust policy in every dialect.
pub(crate) const DOCUMENT: &str = "AssumeRolePolicyDocument";

/// What begins the `Transform` of a ROS template that holds Terraform code.
pub(crate) const TERRAFORM: &str = "Aliyun::Terraform";

/// What begins the `Transform` of a ROS template of functions.
pub(crate) const ROS_SERVERLESS: &str = "Aliyun::Serverless";

/// Types of resources that imply roles.
const IMPLYING: &[&str] = &[
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
    "AWS::Serverless::GraphQLApi",
    "AWS::Serverless::CapacityProvider",
    ROS_SERVERLESS,
];

/// Types of resources that hold other templates.
const HOLDING: &[&str] =
    &["AWS::CloudFormation::Stack", "AWS::Serverless::Application", "ALIYUN::ROS::Stack"];

/// Extensions of templates.
const EXTENSIONS: &[&str] = &[".yaml", ".yml", ".json", ".template", ".ros"];

/// Whether a file of this name can be a template.
pub(crate) fn is_scannable(path: &str) -> bool {
    let has = |extension: &&str| {
        path.len()
            .checked_sub(extension.len())
            .and_then(|at| path.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(extension))
    };
    path == "-" || EXTENSIONS.iter().any(has)
}

/// Whether bytes may be those of a template with roles, or of one that says what such a template is given.
pub(crate) fn may_hold_roles(bytes: &[u8]) -> bool {
    mentions_roles(bytes)
        || IMPLYING.iter().any(|kind| mentions(bytes, kind))
        || may_hold_templates(bytes)
        // Any letter may be written as an escape; then the tree has to tell.
        || mentions(bytes, "\\u00") && mentions(bytes, "Resources")
}

/// Whether bytes speak of roles by name.
pub(crate) fn mentions_roles(bytes: &[u8]) -> bool {
    ROLES.iter().any(|(kind, _)| mentions(bytes, kind))
        || mentions(bytes, DOCUMENT)
        || mentions(bytes, TERRAFORM)
            && ["ram_role", "ram-role", "iam_role"].iter().any(|t| mentions(bytes, t))
}

/// Whether bytes may be those of a template that holds others.
pub(crate) fn may_hold_templates(bytes: &[u8]) -> bool {
    HOLDING.iter().any(|kind| mentions(bytes, kind))
}

fn mentions(bytes: &[u8], needle: &str) -> bool {
    memmem::find(bytes, needle.as_bytes()).is_some()
}
