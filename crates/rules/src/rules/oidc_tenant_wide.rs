//! `oidc-tenant-wide`: every workload of the user's own tenant at an identity provider can assume the role.

use decide::{Adversary, Reach, Scope};

use super::oidc_any_tenant::claim_key;
use super::{Basis, Rule, Words, can, each_reached, finding};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "oidc-tenant-wide",
    severity: Severity::Medium,
    title: "every workload of a tenant can assume the role",
    page: include_str!("oidc-tenant-wide.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::Oidc { issuer, tenant, workload, scope: Scope::WholeTenant, .. } =
                &reached.what.adversary
            else {
                return None;
            };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let can = can(reached, &basis);
            let message = format!(
                "every {workload} of the trusted {tenant} {can} assume this role with a token of {issuer}"
            );
            let advice = format!(
                "pin the {workload} that needs the role: StringEquals on {}",
                claim_key(judged.role.cloud, issuer, "sub")
            );
            let mark = mark(reached, &GUARDS);
            Some(finding(&META, judged, reached, basis, mark, Words { message, advice }))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &[":sub", ":repository", ":repository_id", ":job_workflow_ref", ":ref", ":project_id"],
    other: Some("does not say which workload it is"),
    none: "signs tokens for every workload of the tenant",
};
