//! The context keys of the AssumeRole family: their spelling, and which hold several values.
//!
//! Source: the IAM user guide's pages on global and STS condition keys, and the service authorization reference.

use std::collections::BTreeSet;

use model::{OperatorName, Piece, Text, TrustPolicy, Version};

use crate::evaluate::operator;

/// Every single-valued key whose spelling does not depend on a tag name.
const SINGLE: &[&str] = &[
    "acs:CurrentTime",
    "acs:MFAPresent",
    "acs:PrincipalARN",
    "acs:PrincipalRDId",
    "acs:PrincipalRDPath",
    "acs:SecureTransport",
    "acs:SourceIp",
    "acs:SourceVpc",
    "acs:VpcSourceIp",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalServiceName",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:userid",
    "aws:username",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
];

/// Every multivalued key.
const MULTIVALUED: &[&str] = &[
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "aws:VpceOrgPaths",
    "cognito-identity.amazonaws.com:amr",
    "sts:RequestContextProviders",
    "sts:TransitiveTagKeys",
];

/// The documentation's spelling of a key.
pub(crate) fn spelling(key: &str) -> Option<&'static str> {
    SINGLE.iter().chain(MULTIVALUED).find(|k| k.eq_ignore_ascii_case(key)).copied()
}

/// Whether a key holds several values.
pub(crate) fn is_multivalued(key: &str) -> bool {
    MULTIVALUED.iter().any(|k| k.eq_ignore_ascii_case(key))
}

/// The keys, in lower case, that the policy's values refer to as variables.
pub(crate) fn variables(policy: &TrustPolicy) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    if !matches!(policy.version, Version::V2012 | Version::Unknown) {
        return out;
    }
    for condition in policy.statements.iter().flat_map(|s| &s.value.conditions) {
        let OperatorName::Known(operator) = &condition.value.operator.value else { continue };
        if operator::style(operator.base).is_none() {
            continue;
        }
        for value in &condition.value.values.items {
            out.extend(referenced_by(&value.value));
        }
    }
    out
}

/// The keys, in lower case, that a value refers to as variables.
pub(crate) fn referenced_by(text: &Text) -> impl Iterator<Item = String> {
    let literal = text.pieces().iter().filter_map(|piece| match piece {
        Piece::Lit(text) => Some(text),
        Piece::Symbol(_) | Piece::Hole(_) => None,
    });
    literal.flat_map(|text| referenced(text))
}

fn referenced(text: &str) -> impl Iterator<Item = String> {
    text.split("${").skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once('}')?;
        let name = inside.split(',').next().unwrap_or(inside).trim();
        (!matches!(name, "*" | "?" | "$" | "")).then(|| name.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_compare_without_letter_case() {
        assert_eq!(spelling("STS:externalid"), Some("sts:ExternalId"));
        assert!(is_multivalued("AWS:tagkeys") && !is_multivalued("aws:SourceArn"));
    }

    #[test]
    fn variables_are_found_and_escapes_are_not() {
        let found: Vec<_> =
            referenced("a-${aws:PrincipalTag/Team}-${*}-${aws:username, 'x'}-${open").collect();
        assert_eq!(found, ["aws:principaltag/team", "aws:username"]);
    }
}
