//! The context keys of the AssumeRole family: their spelling, and which hold several values.
//!
//! Source: the IAM user guide's pages on global and STS condition keys, and the service authorization reference.

use model::{Piece, Text};

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

/// What the keys of tags begin with.
const TAGS: [&str; 3] = ["aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/"];

/// The documentation's spelling of a key.
pub(crate) fn spelling(key: &str) -> Option<&'static str> {
    SINGLE.iter().chain(MULTIVALUED).find(|k| k.eq_ignore_ascii_case(key)).copied()
}

/// A key in lower case as the documentation spells it, as far as it does.
pub(crate) fn spelled(key: &str) -> String {
    let tag = TAGS.iter().find_map(|prefix| {
        let (own, name) = key.split_at_checked(prefix.len())?;
        own.eq_ignore_ascii_case(prefix).then(|| format!("{prefix}{name}"))
    });
    tag.unwrap_or_else(|| spelling(key).unwrap_or(key).to_owned())
}

/// Whether a key holds several values.
pub(crate) fn is_multivalued(key: &str) -> bool {
    MULTIVALUED.iter().any(|k| k.eq_ignore_ascii_case(key))
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
        assert_eq!(spelled("aws:principaltag/team"), "aws:PrincipalTag/team");
        assert_eq!(spelled("aws:username"), "aws:username");
        assert!(is_multivalued("AWS:tagkeys") && !is_multivalued("aws:SourceArn"));
    }

    #[test]
    fn variables_are_found_and_escapes_are_not() {
        let found: Vec<_> =
            referenced("a-${aws:PrincipalTag/Team}-${*}-${aws:username, 'x'}-${open").collect();
        assert_eq!(found, ["aws:principaltag/team", "aws:username"]);
    }
}
