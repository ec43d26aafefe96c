//! Whom a trust policy names: accounts, organisations, tenants of shared identity providers.
//!
//! For inventories. Deliberately not here: whether any of them gets in.

use model::{Located, OperatorName, Piece, PrincipalKind, Span, Text, TrustPolicy};

use crate::adversary::provider::{has, issuer_of, slot};
use crate::adversary::providers::of_issuer;

/// Somebody that a policy names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// An account, by its id.
    Account(String),
    /// An organisation, by its id.
    Organization(String),
    /// A tenant of an identity provider that many tenants share.
    Tenant {
        /// The provider's address without scheme.
        issuer: String,
        /// The tenant as the provider names it.
        tenant: String,
    },
}

/// Condition keys whose values name an account, alone or inside an ARN.
const ACCOUNT_KEYS: [&str; 6] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceaccount",
    "aws:sourcearn",
    "acs:principalaccount",
    "acs:sourceaccount",
];

/// Condition keys whose values name an organisation, alone or at the head of a path.
const ORGANIZATION_KEYS: [&str; 4] =
    ["aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"];

/// Whom the policy names, in the order of the text, and where.
pub fn parties(policy: &TrustPolicy) -> Vec<(Party, Span)> {
    let mut out = Vec::new();
    for statement in policy.statements.iter().map(|statement| &statement.value) {
        let mut issuers = Vec::new();
        for principal in &statement.principals.items {
            match principal.kind {
                PrincipalKind::Aws | PrincipalKind::Ram | PrincipalKind::Service => {
                    out.extend(account(&principal.id));
                }
                PrincipalKind::Federated => issuers.extend(issuer_of(&principal.id.value)),
                PrincipalKind::Everyone | PrincipalKind::CanonicalUser | PrincipalKind::Unknown(_) => {}
            }
        }
        for condition in statement.conditions.iter().map(|condition| &condition.value) {
            let OperatorName::Known(_) = condition.operator.value else { continue };
            let Some(key) = condition.key.value.as_str().map(str::to_ascii_lowercase) else { continue };
            for value in &condition.values.items {
                if ACCOUNT_KEYS.contains(&key.as_str()) {
                    out.extend(account(value));
                } else if ORGANIZATION_KEYS.contains(&key.as_str()) {
                    out.extend(organization(value));
                } else {
                    out.extend(issuers.iter().filter_map(|issuer| tenant(issuer, &key, value)));
                }
            }
        }
    }
    out
}

/// The account that a text is, or that stands in it as in an ARN or in `UID@service`.
fn account(text: &Located<Text>) -> Option<(Party, Span)> {
    let written = text.value.as_str()?;
    let parts = || written.split([':', '@']);
    let is_id = |part: &&str| matches!(part.len(), 12 | 16) && part.bytes().all(|b| b.is_ascii_digit());
    let found = parts().find(is_id)?;
    Some((Party::Account(found.to_owned()), text.span))
}

fn organization(text: &Located<Text>) -> Option<(Party, Span)> {
    let Some(Piece::Lit(written)) = text.value.pieces().first() else { return None };
    let (id, rest) = written.split_once('/').unwrap_or((written, ""));
    // A path may go on with what is not known; an id alone may not.
    let whole = text.value.as_str().is_some() || !rest.is_empty() || written.ends_with('/');
    let name = id.strip_prefix("o-")?;
    let is_id = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    (whole && is_id).then(|| (Party::Organization(id.to_owned()), text.span))
}

fn tenant(issuer: &str, key: &str, value: &Located<Text>) -> Option<(Party, Span)> {
    let provider = of_issuer(issuer).filter(|provider| !provider.private)?;
    let claim = key.strip_prefix(&issuer.to_ascii_lowercase())?.strip_prefix(':')?;
    let Some(Piece::Lit(text)) = value.value.pieces().first() else { return None };
    let named = |template| slot(template, "tenant", text);
    let tenant = provider.templates(claim).filter(|t| has(t, "tenant")).find_map(named)?;
    Some((Party::Tenant { issuer: issuer.to_owned(), tenant }, value.span))
}
