//! `oidc-any-ref`: any branch, tag, environment or pull request of one project can assume the role.

use decide::{Adversary, Reach, Scope};

use super::oidc_any_tenant::claim_key;
use super::{Basis, Rule, Words, can, each_reached, finding};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "oidc-any-ref",
    severity: Severity::Low,
    title: "any branch, tag, environment or pull request of a project can assume the role",
    page: include_str!("oidc-any-ref.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::Oidc { issuer, workload, scope: Scope::AnyRun, .. } = &reached.what.adversary
            else {
                return None;
            };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let can = can(reached, &basis);
            let message = format!(
                "whoever may push to the {workload} {can} assume this role with a run of their own and a token of {issuer}"
            );
            let advice = format!(
                "pin the branch or the environment that deploys: StringEquals on {}",
                claim_key(judged.role.cloud, issuer, "sub")
            );
            let mark = mark(reached, &GUARDS);
            Some(finding(&META, judged, reached, basis, mark, Words { message, advice }))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &[":sub", ":ref", ":environment", ":repository", ":repository_id", ":project_id"],
    other: Some("does not say which branch or environment it is"),
    none: "signs tokens for every branch and pull request",
};
