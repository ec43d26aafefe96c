//! `oidc-any-tenant`: a token that a shared identity provider signs for another tenant is accepted.

use decide::{Adversary, Reach};

use super::{Rule, each_reached, finding};
use crate::place::mark;
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "oidc-any-tenant",
    severity: Severity::Critical,
    title: "any tenant of a shared identity provider can assume the role",
    page: include_str!("oidc-any-tenant.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, _| {
        each_reached(estate, |judged, reached| {
            let Adversary::Oidc { issuer, provider, tenant } = &reached.exposure.adversary else {
                return None;
            };
            let Reach::Open(_) = &reached.exposure.reach else { return None };
            let guards = [":sub", ":repository", ":repository_owner_id", ":job_workflow_ref", ":ref"];
            let mark = mark(reached, &guards, "signs tokens for every tenant");
            let said = format!("a workload of another {tenant} of {provider} can assume this role");
            let advice = format!(
                "pin your {tenant} and project in the subject: StringLike on {issuer}:sub, with no wildcard before \
                 the {tenant}'s name ends"
            );
            Some(finding(&META, judged, reached, mark, said, advice))
        })
    },
};
