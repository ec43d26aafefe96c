//! `oidc-any-tenant`: a token that a shared identity provider signs for another tenant is accepted.

use decide::{Adversary, Reach, Scope};
use model::Cloud;

use super::{Basis, Rule, Words, can, each_reached, finding};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "oidc-any-tenant",
    severity: Severity::Critical,
    title: "any tenant of a shared identity provider can assume the role",
    page: include_str!("oidc-any-tenant.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::Oidc { issuer, provider, tenant, workload, scope: Scope::OtherTenant } =
                &reached.what.adversary
            else {
                return None;
            };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let can = can(reached, &basis);
            let message =
                format!("{} of another {tenant} of {provider} {can} assume this role", one_of(workload));
            let cloud = judged.role.cloud;
            let advice = match naming_claim(issuer) {
                Some(claim) => {
                    let key = claim_key(cloud, issuer, claim);
                    format!("require your {tenant}: StringEquals on {key}")
                }
                None => {
                    let key = claim_key(cloud, issuer, "sub");
                    format!(
                        "pin your {tenant} and the project in the subject: StringEquals on {key}, or StringLike with \
                         no wildcard before the {tenant}'s name ends"
                    )
                }
            };
            let mark = mark(reached, &GUARDS);
            Some(finding(&META, judged, reached, basis, mark, Words { message, advice }))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &[":sub", ":repository", ":repository_owner_id", ":job_workflow_ref", ":ref", ":app_id"],
    other: Some("does not say whose workload it is"),
    none: "signs tokens for every tenant",
};

/// A caller of an identity provider, for people: where tokens are not made for workloads they are made for users.
pub(super) fn one_of(workload: &str) -> &'static str {
    if workload.is_empty() { "a user" } else { "a workload" }
}

/// The claim that alone names the tenant, at issuers whose subject does not. Source: the IAM user guide's page on
/// creating a role for web identity federation.
fn naming_claim(issuer: &str) -> Option<&'static str> {
    match issuer {
        "cognito-identity.amazonaws.com" | "accounts.google.com" => Some("aud"),
        "graph.facebook.com" | "www.amazon.com" => Some("app_id"),
        _ => None,
    }
}

/// The condition key of a claim.
pub(super) fn claim_key(cloud: Cloud, issuer: &str, claim: &str) -> String {
    match cloud {
        Cloud::Aws => format!("{issuer}:{claim}"),
        Cloud::Alibaba => format!("oidc:{claim}"),
    }
}
