//! One module and one page for each rule.

use decide::{Proof, Reach, Witness, Zone};
use model::{Located, Role, Statement, Unknown};
use sha2::{Digest, Sha256};

use crate::analyze::block;
use crate::estate::{Judged, Reached};
use crate::place::Mark;
use crate::{Certainty, Estate, Evidence, Finding, Meta, RoleRef};

mod anyone_can_assume;
mod anyone_with_external_id;
mod guessable_external_id;
mod long_session;
mod oidc_any_tenant;
mod privileged_delegation;
mod undetermined_trust;
mod unguarded_service;
mod unguarded_service_unverified;
mod unguarded_third_party;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// What is fixed about it.
    pub meta: &'static Meta,
    /// Finds what it is about.
    pub check: fn(&Estate, &Zone) -> Vec<Finding>,
}

/// Every rule, in the order of ids.
pub static RULES: &[&Rule] = &[
    &anyone_can_assume::RULE,
    &anyone_with_external_id::RULE,
    &guessable_external_id::RULE,
    &long_session::RULE,
    &oidc_any_tenant::RULE,
    &privileged_delegation::RULE,
    &undetermined_trust::RULE,
    &unguarded_service::RULE,
    &unguarded_service_unverified::RULE,
    &unguarded_third_party::RULE,
];

/// Applies a check to everything that an adversary reaches in any role.
fn each_reached(estate: &Estate, check: impl Fn(&Judged, &Reached<'_>) -> Option<Finding>) -> Vec<Finding> {
    let of_role = |judged: &Judged| {
        let reached = judged.reached();
        reached.iter().filter_map(|r| check(judged, r)).collect::<Vec<_>>()
    };
    estate.roles.iter().flat_map(of_role).collect()
}

/// A finding of something that an adversary reaches; `said` and `advice` are for people.
fn finding(
    rule: &'static Meta,
    judged: &Judged,
    reached: &Reached<'_>,
    mark: Mark,
    said: String,
    advice: String,
) -> Finding {
    let mut unknowns = reached.assumptions();
    let certainty = match &reached.exposure.reach {
        Reach::Open(Proof::Proved(witness)) => proved_by(witness, &unknowns),
        Reach::Open(Proof::Possible(more)) => {
            unknowns.extend(more.iter().cloned());
            Certainty::Possible
        }
        Reach::Guarded { .. } | Reach::Closed | Reach::Undecided(_) => Certainty::Possible,
    };
    Finding {
        rule,
        certainty,
        role: role_ref(&judged.role),
        instances: Vec::new(),
        message: said,
        location: mark.span,
        label: mark.label,
        related: mark.related,
        unknowns,
        advice,
        fingerprint: fingerprint(rule, &judged.role, Some(reached.statement)),
    }
}

/// Proved by a request, unless the shape of the policy that allows it is not settled.
fn proved_by(witness: &Witness, unsettled: &[Unknown]) -> Certainty {
    if unsettled.is_empty() {
        Certainty::Proved(Evidence::Request(Box::new(witness.clone())))
    } else {
        Certainty::Possible
    }
}

fn role_ref(role: &Role) -> RoleRef {
    RoleRef {
        cloud: role.cloud,
        kind: role.kind.to_string(),
        address: role.address.to_string(),
        name: role.name.as_ref().and_then(|n| n.value.as_str()).map(str::to_owned),
    }
}

/// Rule, block and meaning of the statement: what stays when lines move and text is reformatted.
fn fingerprint(rule: &Meta, role: &Role, statement: Option<&Located<Statement>>) -> String {
    let mut hash = Sha256::new();
    for part in [rule.id, &block(&role.address), &statement.map(|s| s.value.canonical()).unwrap_or_default()]
    {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// A third party for people: by name where it has one.
fn party(zone: &Zone, account: &str) -> String {
    let vendor = zone.vendors.iter().find(|v| v.accounts.iter().any(|a| a == account));
    match (vendor, decide::known_account(account)) {
        (Some(vendor), _) => format!("{} ({account})", vendor.name),
        (None, Some(known)) if known.aws => format!("{} ({account}, an account of AWS itself)", known.name),
        (None, Some(known)) => format!("{} ({account})", known.name),
        (None, None) => format!("account {account}"),
    }
}
