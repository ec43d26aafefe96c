//! One module and one page for each rule.

use decide::{Adversary, Proof, Scope, Zone};
use model::{Cloud, Located, Role, Statement, Text, Unknown, block};
use sha2::{Digest, Sha256};

use crate::estate::{Judged, Meaning, Reached, Seen};
use crate::place::{Mark, steps};
use crate::{Certainty, Estate, Evidence, Finding, Meta, Related, RoleRef};

mod anyone_can_assume;
mod anyone_with_external_id;
mod dead_trust;
mod foreign_service;
mod guessable_external_id;
mod idle_guard;
mod long_session;
mod oidc_any_ref;
mod oidc_any_tenant;
mod oidc_tenant_wide;
mod privileged_delegation;
mod saml_audience_unbound;
mod shared_external_id;
mod unbound_session_tags;
mod undetermined_trust;
mod unguarded_service;
mod unguarded_service_unverified;
mod unguarded_third_party;
mod wildcard_trust_action;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// What is fixed about it.
    pub meta: &'static Meta,
    /// Finds what it is about.
    pub check: fn(&Estate) -> Vec<Finding>,
}

/// Every rule, in the order of ids.
pub static RULES: &[&Rule] = &[
    &anyone_can_assume::RULE,
    &anyone_with_external_id::RULE,
    &dead_trust::RULE,
    &foreign_service::RULE,
    &guessable_external_id::RULE,
    &idle_guard::RULE,
    &long_session::RULE,
    &oidc_any_ref::RULE,
    &oidc_any_tenant::RULE,
    &oidc_tenant_wide::RULE,
    &privileged_delegation::RULE,
    &saml_audience_unbound::RULE,
    &shared_external_id::RULE,
    &unbound_session_tags::RULE,
    &undetermined_trust::RULE,
    &unguarded_service::RULE,
    &unguarded_service_unverified::RULE,
    &unguarded_third_party::RULE,
    &wildcard_trust_action::RULE,
];

/// Applies a check to everything that an adversary reaches in any role.
fn each_reached(estate: &Estate, check: impl Fn(&Judged, &Reached<'_>) -> Option<Finding>) -> Vec<Finding> {
    let of_role = |judged: &Judged| {
        let reached = judged.reached();
        reached.iter().filter_map(|r| check(judged, r)).collect::<Vec<_>>()
    };
    estate.roles.iter().flat_map(of_role).collect()
}

/// What a finding rests on, before it is known whether the shape of the policy is settled.
enum Basis {
    /// This.
    Evidence(Evidence),
    /// Some filling of these.
    Unknowns(Vec<Unknown>),
}

impl From<&Proof> for Basis {
    fn from(proof: &Proof) -> Basis {
        match proof {
            Proof::Proved(witness) => Basis::Evidence(Evidence::Request(witness.clone())),
            Proof::Possible(unknowns) => Basis::Unknowns(unknowns.clone()),
        }
    }
}

/// A fact that is read from the text, or would be but for these unknowns.
fn fact(proof: &Proof) -> Basis {
    match proof {
        Proof::Proved(_) => Basis::Evidence(Evidence::Fact),
        Proof::Possible(unknowns) => Basis::Unknowns(unknowns.clone()),
    }
}

/// What a finding says to people.
struct Words {
    /// Who can do what.
    message: String,
    /// What to do.
    advice: String,
}

/// A finding of something in a role's policy: proved if what it rests on is evidence and the shape of the policy is
/// settled.
fn finding<T>(
    rule: &'static Meta,
    judged: &Judged,
    seen: &Seen<'_, T>,
    basis: Basis,
    mark: Mark,
    words: Words,
) -> Finding {
    let mut unknowns = seen.assumptions();
    let certainty = match basis {
        Basis::Evidence(evidence) if unknowns.is_empty() => Certainty::Proved(evidence),
        Basis::Evidence(_) => Certainty::Possible,
        Basis::Unknowns(more) => {
            unknowns.extend(more);
            Certainty::Possible
        }
    };
    let steps = match &certainty {
        Certainty::Proved(Evidence::Request(witness)) => steps(seen, witness, &mark),
        Certainty::Proved(Evidence::NoRequest | Evidence::Fact) | Certainty::Possible => Vec::new(),
    };
    Finding {
        rule,
        certainty,
        role: role_ref(&judged.role),
        instances: Vec::new(),
        message: words.message,
        location: mark.span,
        label: mark.label,
        related: mark.related.into_iter().chain(calls(&judged.role)).collect(),
        steps,
        unknowns,
        advice: words.advice,
        fingerprint: fingerprint(rule, &judged.role, Some(seen.meaning)),
        suppressed: None,
        introduced: None,
    }
}

/// The places from which the code that declares a role is called, the outermost first.
fn calls(role: &Role) -> impl Iterator<Item = Related> + '_ {
    let related = |call: &Located<Box<str>>| Related {
        span: call.span,
        message: format!("called here as `{}`", call.value),
    };
    role.calls.iter().map(related)
}

/// Whether it is certain, as a verb.
fn can<T>(seen: &Seen<'_, T>, basis: &Basis) -> &'static str {
    match basis {
        Basis::Evidence(_) if seen.assumed.is_none() => "can",
        Basis::Evidence(_) | Basis::Unknowns(_) => "could",
    }
}

fn role_ref(role: &Role) -> RoleRef {
    RoleRef {
        cloud: role.cloud,
        kind: role.kind.to_string(),
        address: role.address.to_string(),
        name: role.name.as_ref().and_then(|n| n.value.as_str()).map(str::to_owned),
        places: std::iter::once(role.span).chain(role.calls.iter().map(|call| call.span)).collect(),
    }
}

/// Rule, block and meaning of the statement: what stays when lines move and text is reformatted.
fn fingerprint(rule: &Meta, role: &Role, statement: Option<&Meaning>) -> String {
    let mut hash = Sha256::new();
    for part in [rule.id, &block(&role.address)] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(statement.map_or(&[][..], |meaning| meaning));
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Everybody, for people.
fn anybody(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Aws => "anybody with an AWS account",
        Cloud::Alibaba => "anybody with an Alibaba Cloud account",
    }
}

/// A third party for people: by name where it has one.
fn party(zone: &Zone, account: &str) -> String {
    match owner(zone, account) {
        Some(Owner::Vendor(name)) => format!("{name} ({account})"),
        Some(Owner::Aws(name)) => format!("{name} ({account}, an account of AWS itself)"),
        None => format!("account {account}"),
    }
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner<'a> {
    /// A third party's, by name.
    Vendor(&'a str),
    /// One of AWS's own, by purpose.
    Aws(&'a str),
}

/// Whose account this is, as far as the zone or the public list says.
fn owner<'a>(zone: &'a Zone, account: &str) -> Option<Owner<'a>> {
    let vendor = zone.vendors.iter().find(|v| v.accounts.iter().any(|a| a == account));
    match (vendor, decide::known_account(account)) {
        (Some(vendor), _) => Some(Owner::Vendor(&vendor.name)),
        (None, Some(known)) if known.aws => Some(Owner::Aws(known.name)),
        (None, Some(known)) => Some(Owner::Vendor(known.name)),
        (None, None) => None,
    }
}

/// The ExternalIds that a statement asks for.
fn external_ids(statement: &Located<Statement>) -> impl Iterator<Item = &Located<Text>> {
    let conditions = statement.value.conditions.iter();
    conditions
        .filter(|c| c.value.key.value.to_string().eq_ignore_ascii_case("sts:ExternalId"))
        .flat_map(|c| &c.value.values.items)
}

/// A caller outside the zone, for people.
fn outsider(zone: &Zone, cloud: Cloud, adversary: &Adversary) -> String {
    match adversary {
        Adversary::Stranger => anybody(cloud).to_owned(),
        Adversary::ThirdParty(Some(account)) => party(zone, account),
        Adversary::ForeignService { account, name } => {
            let service = name.split_once('@').map_or(name.as_str(), |(_, service)| service);
            format!("{service} of {}", party(zone, account))
        }
        Adversary::Oidc { provider, tenant, workload, scope: Scope::OtherTenant, .. } => {
            format!("{} of another {tenant} of {provider}", oidc_any_tenant::one_of(workload))
        }
        Adversary::Oidc { .. }
        | Adversary::Saml { .. }
        | Adversary::ThirdParty(None)
        | Adversary::Service { .. }
        | Adversary::Unclear
        | Adversary::Nobody => "an outsider".to_owned(),
    }
}
