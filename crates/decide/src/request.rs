//! One AssumeRole request, as concrete as the cloud would see it.

use std::collections::{BTreeMap, BTreeSet};

/// A request to assume a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The caller as a policy would name it: an ARN, a service principal, a provider.
    pub principal: String,
    /// The action, `sts:AssumeRole` or one of its relatives.
    pub action: String,
    /// The context keys that are present, in the documentation's spelling, with their values.
    pub context: BTreeMap<String, Vec<String>>,
    /// Which of these keys are multivalued, in the same spelling.
    pub multivalued: BTreeSet<String>,
}
