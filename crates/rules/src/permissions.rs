//! What a role may do, as far as rules ask.
//!
//! Sources of the policy names: the AWS managed policy reference, and RAM's list of system policies.

use model::{Breadth, Grant, Role};

/// Managed policies that allow everything, or from which everything follows.
const ADMINISTRATOR: &[&str] = &[
    "AdministratorAccess",
    "PowerUserAccess",
    "IAMFullAccess",
    // Alibaba Cloud, which also has an AdministratorAccess.
    "AliyunRAMFullAccess",
];

/// Managed policies that only read, apart from those whose name says so.
const READ_ONLY: &[&str] = &["SecurityAudit", "ViewOnlyAccess", "AWSBillingReadOnlyAccess"];

/// Whether all permissions of a role are shown to read and no more.
pub(crate) fn only_reads(role: &Role) -> bool {
    let reads = |grant: &Grant| match grant {
        Grant::Managed(name) => name.as_str().map(policy_name).is_some_and(|name| {
            READ_ONLY.contains(&name) || name.ends_with("ReadOnlyAccess") || name.ends_with("ReadOnly")
        }),
        Grant::Document(breadth) => *breadth == Breadth::ReadOnly,
    };
    let shown = !role.grants.is_empty() && role.grants_open.is_none();
    shown && role.grants.iter().all(|g| reads(&g.value))
}

/// Whether a permission policy allows everything, or lets its holder allow itself everything.
pub(crate) fn administrates(grant: &Grant) -> bool {
    match grant {
        Grant::Managed(name) => name.as_str().map(policy_name).is_some_and(|n| ADMINISTRATOR.contains(&n)),
        Grant::Document(breadth) => *breadth == Breadth::Administrator,
    }
}

/// The last part of a policy's ARN, or the name itself.
fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
