//! Whether anybody at all, the user's own callers included, can make a call that a policy allows.
//!
//! The solver is asked as for adversaries; only what callers can send is wider.

use model::{Cloud, Principal, PrincipalKind, TrustPolicy};

use super::account::arn;
use super::accounts_in;
use super::claims::consistent;
use super::federated::provider;
use crate::adversary::domain::{self, Domain, Extras};
use crate::adversary::oidc::Tenant;
use crate::adversary::saml::Saml;
use crate::adversary::service::{Service, arns_of, exemplar};
use crate::adversary::setting::{Setting, account_of};
use crate::adversary::signed::{ExternalId, Signed, ambient, principals_of};
use crate::evaluate::principal::{AccountCaller, Caller, Identity, is_account};
use crate::evaluate::{acts, keys};
use crate::solve::{Bound, Model, Outcome, search};
use crate::string::glob::{Class, Glob};

/// The actions that open a session.
pub(super) const OPENERS: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// How many accounts are tried of those that a policy names.
const MOST_ACCOUNTS: usize = 8;

/// The action by which a principal opens a session.
pub(super) fn action_of(setting: &Setting<'_>, principal: &Principal) -> &'static str {
    match principal.kind {
        PrincipalKind::Federated if Saml::is_provider(&principal.id.value.to_string()) => {
            Saml::new(setting, true).action()
        }
        PrincipalKind::Federated if setting.policy.cloud == Cloud::Aws => "sts:AssumeRoleWithWebIdentity",
        _ => "sts:AssumeRole",
    }
}

/// Whether anybody can use an Allow of `policy` as this principal.
pub(super) fn usable(
    setting: &Setting<'_>,
    policy: &TrustPolicy,
    index: usize,
    principal: &Principal,
) -> Outcome {
    let action = action_of(setting, principal);
    let speaks =
        policy.statements.get(index).is_some_and(|s| acts(&s.value, action, policy.cloud).possible());
    if !speaks {
        return Outcome::Impossible;
    }
    reaches(setting, policy, index, principal, &|extras| extras.actions(action))
}

/// Whether anybody who comes as this principal may make one of these calls by an Allow of `policy`: `calls` gives the
/// actions of a call with these extras.
pub(super) fn reaches(
    setting: &Setting<'_>,
    policy: &TrustPolicy,
    index: usize,
    principal: &Principal,
    calls: &dyn Fn(Extras) -> Vec<&'static str>,
) -> Outcome {
    let text = principal.id.value.to_string();
    let run = |caller: &Caller, identifier: &str, domain: &dyn Fn(Extras, &str) -> Domain| {
        first_possible(setting.extras().map(|extras| {
            let domain = |key: &str| domain(extras, key);
            let model = Model {
                caller: caller.clone(),
                principal: identifier.to_owned(),
                domain: &domain,
                shown: Vec::new(),
                work: &setting.work,
            };
            search(policy, index, &calls(extras), &model, Bound::Possible)
        }))
    };
    let ask = |caller: &Caller, identifier: &str, domain: &dyn Fn(Extras, &str) -> Domain| {
        one_account(setting, &|within| {
            run(caller, identifier, &|extras, key| within(key, domain(extras, key)))
        })
    };
    match &principal.kind {
        PrincipalKind::Everyone => {
            // Whom a Deny spares matters, so each account that is named is tried.
            let own =
                std::iter::once(setting.own_account.clone()).chain(setting.zone.accounts.iter().cloned());
            let named = setting.named.accounts.iter().take(MOST_ACCOUNTS).cloned();
            let accounts =
                std::iter::once(setting.foreign_account()).chain(own.take(MOST_ACCOUNTS)).chain(named);
            first_possible(accounts.map(|account| {
                let who =
                    AccountCaller { partition: setting.partition.clone(), account, kind: Identity::Root };
                ask(&Caller::Account(who.clone()), &arn(setting, &who), &|extras, key| {
                    everybody(setting, &who, true, extras).domain(key)
                })
            }))
        }
        PrincipalKind::Aws | PrincipalKind::Ram => {
            let Some(who) = account_of(&principal.id.value) else { return Outcome::GaveUp };
            ask(&Caller::Account(who.clone()), &arn(setting, &who), &|extras, key| {
                everybody(setting, &who, false, extras).domain(key)
            })
        }
        PrincipalKind::Service => {
            let service = Service::for_anybody(setting, &text);
            let name = exemplar(&text);
            ask(&Caller::Service(name.to_owned()), name, &|extras, key| match setting.policy.cloud {
                Cloud::Alibaba => ambient(setting, key, true).unwrap_or_else(Domain::opaque),
                Cloud::Aws => service.domain(extras, key),
            })
        }
        PrincipalKind::Federated if Saml::is_provider(&text) => {
            let saml = Saml::new(setting, true);
            ask(&Caller::Federated(text.clone()), &text, &|extras, key| saml.domain(extras, key))
        }
        PrincipalKind::Federated => {
            let Some(named) = provider(setting, principal, policy.statements.get(index)) else {
                return Outcome::GaveUp;
            };
            let tenant = Tenant::new(setting, named.provider, &named.issuer, &named.prefix).insider();
            consistent(&tenant, &|tenant| {
                ask(&Caller::Federated(text.clone()), &text, &|extras, key| tenant.domain(extras, key))
            })
        }
        PrincipalKind::CanonicalUser | PrincipalKind::Unknown(_) => Outcome::GaveUp,
    }
}

/// Narrows what a key can be.
type Narrow<'a> = &'a dyn Fn(&str, Domain) -> Domain;

/// The outcome of a search in which the account of the caller, or of the resource behind it, is the same in the key
/// that tells it and in the ARN beside it.
fn one_account(setting: &Setting<'_>, run: &dyn Fn(Narrow<'_>) -> Outcome) -> Outcome {
    let found = run(&|_, domain| domain);
    let Outcome::Allowed(request) = &found else { return found };
    if accounts_in(request).len() < 2 {
        return found;
    }
    let told = |key: &str| matches!(key, "aws:principalaccount" | "aws:sourceaccount");
    let named: Vec<&String> = setting.named.accounts.iter().take(MOST_ACCOUNTS).collect();
    let unnamed = run(&|key, domain| match key {
        _ if told(key) => domain.except(named.iter().map(|a| Glob::literal(a))),
        "aws:principalarn" | "aws:sourcearn" => domain.except(named.iter().map(|a| arns_of(a))),
        _ => domain,
    });
    if unnamed != Outcome::Impossible {
        return found;
    }
    first_possible(named.iter().map(|account| {
        run(&|key, domain| match key {
            _ if told(key) => domain.within(Glob::literal(account)),
            "aws:principalarn" | "aws:sourcearn" => domain.within(arns_of(account)),
            _ => domain,
        })
    }))
}

/// Whether a service or a token, if `*` means them, could use an Allow.
pub(super) fn unsigned(setting: &Setting<'_>, policy: &TrustPolicy, index: usize) -> Outcome {
    let domain = |key: &str| match key.split_once('/').map_or(key, |(prefix, _)| prefix) {
        "aws:principalarn"
        | "aws:principalaccount"
        | "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:principaltag"
        | "aws:principaltype"
        | "aws:userid"
        | "aws:username" => Domain::never(),
        _ => Domain::free(),
    };
    let actions = ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];
    first_possible(actions.iter().map(|action| {
        let caller = Caller::Service("service.amazonaws.com".to_owned());
        let model = Model {
            caller,
            principal: "service.amazonaws.com".to_owned(),
            domain: &domain,
            shown: Vec::new(),
            work: &setting.work,
        };
        search(policy, index, &[action], &model, Bound::Possible)
    }))
}

/// Whether any call of an action with any context at all is admitted, whoever makes it.
pub(super) fn anything(
    setting: &Setting<'_>,
    policy: &TrustPolicy,
    index: usize,
    action: &'static str,
) -> Outcome {
    let account = setting.foreign_account();
    let who = AccountCaller { partition: setting.partition.clone(), account, kind: Identity::Root };
    let domain = |key: &str| {
        if keys::is_multivalued(key) { Domain::free().several() } else { Domain::free() }
    };
    let principal = arn(setting, &who);
    let model = Model {
        caller: Caller::Account(who),
        principal,
        domain: &domain,
        shown: Vec::new(),
        work: &setting.work,
    };
    search(policy, index, &[action], &model, Bound::Possible)
}

fn first_possible(mut outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.find(|o| *o != Outcome::Impossible).unwrap_or(Outcome::Impossible)
}

/// What IAM ARNs of any partition start with.
fn any_partition() -> Glob {
    let mut prefix = Glob::literal("arn:");
    prefix.star(Class::Not(':'));
    prefix.text(":iam::");
    prefix
}

/// Every caller that comes as `who`, the user's own included.
fn everybody<'a, 'z>(
    setting: &'a Setting<'z>,
    who: &AccountCaller,
    everyone: bool,
    extras: Extras,
) -> Signed<'a, 'z> {
    let mut prefix = Glob::literal(&setting.iam(""));
    if everyone {
        prefix = match setting.policy.cloud {
            Cloud::Aws => any_partition(),
            Cloud::Alibaba => Glob::literal("acs:ram::"),
        };
        prefix.append(&domain::account_id(setting.account_digits()));
        prefix.text(":");
    } else if is_account(&who.account) {
        prefix = Glob::literal(&setting.iam(&who.account));
    }
    let arns = match &who.kind {
        Identity::Role(_) | Identity::User(_) | Identity::FederatedUser(_) => {
            vec![Glob::literal(&arn(setting, who))]
        }
        Identity::Root | Identity::Session { .. } => principals_of(&prefix),
    };
    Signed {
        setting,
        account: (!everyone).then(|| who.account.clone()),
        arns,
        vendor: true,
        insider: true,
        external_id: ExternalId::Any,
        extras,
    }
}
