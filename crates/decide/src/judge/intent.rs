//! Statements that cannot do what they say: an Allow that nobody can use, a Deny that never fires, a condition
//! that changes nothing. Whether an Allow is covered by others is asked in `covered`.
//!
//! The question is the same as for adversaries, asked of everybody: the callers here may be the user's own.
//! Each question is put as a policy rewritten for it, so there is one solver and no second reading of conditions.

use model::{
    Cause, Cloud, Effect, Located, Principal, PrincipalKind, PrincipalSet, Statement, Text, TrustPolicy,
    Unknown,
};

use super::account::arn;
use super::accounts_in;
use super::covered::covered;
use super::federated::provider;
use crate::Truth;
use crate::adversary::domain::{self, Domain, Extras};
use crate::adversary::oidc::Tenant;
use crate::adversary::saml::Saml;
use crate::adversary::service::{EVERY_SERVICE, Service, arns_of, exemplar};
use crate::adversary::setting::{COMPANIONS, Setting, account_of};
use crate::adversary::signed::{ExternalId, Signed, ambient, principals_of};
use crate::evaluate::principal::{AccountCaller, Caller, Identity, is_account, is_unique_id};
use crate::evaluate::{acts, keys};
use crate::solve::{Bound, Model, Outcome, search};
use crate::string::glob::{Class, Glob};

/// An Allow, or one principal of it, that no request at all satisfies.
#[derive(Clone, Debug, PartialEq)]
pub struct Dead {
    /// The index of the statement.
    pub statement: usize,
    /// The index of the principal; `None` for all of them.
    pub principal: Option<usize>,
    /// Why, as a clause.
    pub why: String,
    /// Whether the cloud refuses to save the statement.
    pub rejected: bool,
    /// What is not known and could change that.
    pub possible: Vec<Unknown>,
}

/// A statement or a condition without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// The index of the statement.
    pub statement: usize,
    /// The index of the condition; `None` for the whole statement.
    pub condition: Option<usize>,
    /// Why, as a clause.
    pub why: String,
}

/// The actions that open a session.
pub(super) const OPENERS: [&str; 3] =
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

fn opens(statement: &Statement, cloud: Cloud) -> bool {
    OPENERS.iter().any(|action| acts(statement, action, cloud).possible())
}

fn accompanies(statement: &Statement, cloud: Cloud) -> bool {
    COMPANIONS.iter().any(|action| acts(statement, action, cloud).possible())
}

/// A statement that the cloud refuses.
pub(super) fn refused(index: usize, statement: &Statement) -> Option<Dead> {
    let first = statement.rejected.first()?;
    (statement.effect != Effect::Deny).then(|| Dead {
        statement: index,
        principal: None,
        why: first.value.to_string(),
        rejected: true,
        possible: Vec::new(),
    })
}

/// What of an Allow nobody can use; `used` says that somebody surely gets in by it.
pub(super) fn dead(setting: &Setting<'_>, index: usize, statement: &Statement, used: bool) -> Vec<Dead> {
    if !matches!(statement.effect, Effect::Allow) || statement.principals.open.is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (at, principal) in statement.principals.items.iter().enumerate() {
        if let Some(why) = never_a_principal(setting, principal) {
            let rejected = principal.kind != PrincipalKind::Federated;
            out.push(Dead { statement: index, principal: Some(at), why, rejected, possible: Vec::new() });
        }
    }
    let cloud = setting.policy.cloud;
    if used || (accompanies(statement, cloud) && !opens(statement, cloud)) {
        return out;
    }
    if statement.principals.items.is_empty() && !statement.principals.negated {
        let why = "it names no principal".to_owned();
        return vec![Dead { statement: index, principal: None, why, rejected: false, possible: Vec::new() }];
    }
    let rest = || {
        let listed = statement.principals.items.iter().enumerate();
        listed.filter(|(at, _)| !out.iter().any(|d| d.principal == Some(*at)))
    };
    let Some((policy, at)) = apart(setting, index, true) else { return out };
    let usable = statement.principals.negated
        || rest().any(|(_, p)| usable(setting, &policy, at, p) != Outcome::Impossible);
    if !usable && rest().next().is_some() {
        let why = why_unusable(setting, statement, rest().map(|(_, p)| p));
        let everyone = rest().any(|(_, p)| p.kind == PrincipalKind::Everyone);
        let possible = if everyone && unsigned(setting, &policy, at) != Outcome::Impossible {
            let why =
                Cause::Unsupported("whether it also means services and tokens is not documented".into());
            vec![Unknown::new("the principal `*`", why, None)]
        } else {
            Vec::new()
        };
        out.push(Dead { statement: index, principal: None, why, rejected: false, possible });
    }
    out
}

/// Why no caller is ever this principal.
fn never_a_principal(setting: &Setting<'_>, principal: &Principal) -> Option<String> {
    let text = principal.id.value.as_str()?;
    match &principal.kind {
        PrincipalKind::Aws | PrincipalKind::Ram => {
            let wild = text.contains(['*', '?']);
            match principal.kind {
                PrincipalKind::Ram if wild => None,
                PrincipalKind::Aws if wild => {
                    Some(format!("`{text}` holds a wildcard, which is none in a principal"))
                }
                _ if account_of(&principal.id.value).is_some() || is_unique_id(text) => None,
                _ => Some(format!("`{text}` is no principal")),
            }
        }
        PrincipalKind::CanonicalUser => Some("a canonical user is a principal of S3 only".to_owned()),
        PrincipalKind::Federated => {
            let account = text.split(':').find(|part| is_account(part))?;
            let known = setting.zone.accounts.iter().any(|own| own.len() == account.len());
            (known && !setting.is_own(account)).then(|| {
                format!(
                    "the provider belongs to account {account}; a role accepts only those of its own account"
                )
            })
        }
        PrincipalKind::Service => {
            let wild =
                setting.policy.cloud == Cloud::Aws && text != EVERY_SERVICE && text.contains(['*', '?']);
            wild.then(|| format!("`{text}` holds a wildcard, which is none in a principal"))
        }
        PrincipalKind::Everyone | PrincipalKind::Unknown(_) => None,
    }
}

fn why_unusable<'p>(
    setting: &Setting<'_>,
    statement: &Statement,
    mut principals: impl Iterator<Item = &'p Principal>,
) -> String {
    let mismatched =
        principals.all(|p| !acts(statement, action_of(setting, p), setting.policy.cloud).possible());
    let denied = setting.policy.statements.iter().any(|s| s.value.effect == Effect::Deny);
    if mismatched {
        "it does not allow the action that such a principal calls".to_owned()
    } else if denied {
        "no request meets its conditions and passes every Deny".to_owned()
    } else {
        "no request has what its conditions ask for".to_owned()
    }
}

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
fn usable(setting: &Setting<'_>, policy: &TrustPolicy, index: usize, principal: &Principal) -> Outcome {
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
            ask(&Caller::Federated(text.clone()), &text, &|extras, key| tenant.domain(extras, key))
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
    let unnamed = run(&|key, domain| {
        if told(key) { domain.except(named.iter().map(|a| Glob::literal(a))) } else { domain }
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

/// What copying a statement costs.
const COPIED: usize = 50;

/// How many accounts are tried of those that a policy names.
const MOST_ACCOUNTS: usize = 8;

/// Whether a service or a token, if `*` means them, could use an Allow.
fn unsigned(setting: &Setting<'_>, policy: &TrustPolicy, index: usize) -> Outcome {
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

/// A statement with what bears on it: the Allows that let tags and source identities in, and the Denies; `None` if
/// judging the policy has cost too much already.
fn apart(setting: &Setting<'_>, index: usize, denies: bool) -> Option<(TrustPolicy, usize)> {
    let bearing = if denies { setting.denies.as_slice() } else { &[] };
    let mut kept: Vec<usize> = setting.companions.iter().chain(bearing).copied().chain([index]).collect();
    if !setting.work.spend(COPIED * kept.len()) {
        return None;
    }
    kept.sort_unstable();
    kept.dedup();
    let at = kept.binary_search(&index).ok()?;
    let statements = kept.iter().filter_map(|at| setting.policy.statements.get(*at)).cloned().collect();
    let policy = TrustPolicy {
        cloud: setting.policy.cloud,
        version: setting.policy.version,
        statements,
        open: setting.policy.open.clone(),
    };
    Some((policy, at))
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

/// Denies that never fire, Allows that others cover and conditions that change nothing, in statements that somebody can use.
pub(super) fn idle(setting: &Setting<'_>, dead: &[Dead]) -> Vec<Idle> {
    let policy = &setting.policy;
    if policy.open.is_some() {
        return Vec::new();
    }
    let is_dead = |index: usize| dead.iter().any(|d| d.statement == index);
    let mut out = covered(setting, &|index| !is_dead(index));
    for (index, statement) in policy.statements.iter().enumerate() {
        let s = &statement.value;
        if !s.rejected.is_empty() || s.conditions_open.is_some() || is_dead(index) {
            continue;
        }
        match s.effect {
            // A statement that opens no session, or whose callers are everyone else, is not asked.
            Effect::Allow if !opens(s, policy.cloud) || s.principals.negated => {}
            Effect::Allow => {
                for at in 0..s.conditions.len() {
                    if !matters(setting, index, at) {
                        let why = "every caller that this statement admits meets it anyway".to_owned();
                        out.push(Idle { statement: index, condition: Some(at), why });
                    }
                }
            }
            Effect::Deny if opens(s, policy.cloud) && !fires(setting, index) => {
                let why = "no request that is allowed otherwise meets it".to_owned();
                out.push(Idle { statement: index, condition: None, why });
            }
            Effect::Deny if !opens(s, policy.cloud) && !accompanies(s, policy.cloud) => {
                let why = "it denies no action by which a role is assumed".to_owned();
                out.push(Idle { statement: index, condition: None, why });
            }
            Effect::Deny | Effect::Unknown(_) => {}
        }
    }
    out.sort_by_key(|idle| (idle.statement, idle.condition));
    out
}

/// Whether some caller would come in without a condition of an Allow who does not with it.
fn matters(setting: &Setting<'_>, index: usize, condition: usize) -> bool {
    let Some((mut policy, at)) = apart(setting, index, true) else { return true };
    let Some(statement) = policy.statements.get_mut(at) else { return true };
    let removed = statement.value.conditions.remove(condition);
    let span = statement.span;
    let everyone = Principal { kind: PrincipalKind::Everyone, id: Located::new(Text::lit("*"), span) };
    let principals = statement.value.principals.items.clone();
    let items = principals.iter().cloned().chain([everyone]).collect();
    // What the condition lets through is denied: whatever is left, the condition keeps out.
    let deny = Statement {
        sid: None,
        effect: Effect::Deny,
        principals: PrincipalSet { negated: false, items, open: None },
        actions: statement.value.actions.clone(),
        conditions: vec![removed],
        conditions_open: None,
        rejected: Vec::new(),
    };
    policy.statements.push(Located::new(deny, span));
    principals.is_empty() || principals.iter().any(|p| usable(setting, &policy, at, p) != Outcome::Impossible)
}

/// Whether some request that an Allow admits meets all conditions of a Deny.
fn fires(setting: &Setting<'_>, deny: usize) -> bool {
    let Some(statement) = setting.policy.statements.get(deny).map(|s| &s.value) else { return true };
    if statement.principals.negated || statement.principals.open.is_some() {
        return true;
    }
    let allows = setting.policy.statements.iter().enumerate().filter(|(_, s)| s.value.effect != Effect::Deny);
    for (index, allow) in allows {
        if allow.value.principals.negated || allow.value.principals.open.is_some() {
            return true;
        }
        let cloud = setting.policy.cloud;
        let overlap = |action: &&str| {
            acts(&allow.value, action, cloud).and(acts(statement, action, cloud)) != Truth::False
        };
        if !OPENERS.iter().chain(&COMPANIONS).any(overlap) {
            continue;
        }
        let Some((mut policy, at)) = apart(setting, index, false) else { return true };
        if let Some(both) = policy.statements.get_mut(at) {
            both.value.conditions.extend(statement.conditions.iter().cloned());
        }
        let met = |principal: &Principal| {
            may_mean(&statement.principals, principal)
                && usable(setting, &policy, at, principal) != Outcome::Impossible
        };
        if allow.value.principals.items.iter().any(met) {
            return true;
        }
    }
    false
}

/// Whether the principals of a Deny may mean somebody who comes as this principal of an Allow.
fn may_mean(deny: &PrincipalSet, allow: &Principal) -> bool {
    let account = |p: &Principal| account_of(&p.id.value).map(|c| c.account);
    deny.items.iter().any(|denied| match (&denied.kind, &allow.kind) {
        (PrincipalKind::Everyone, _) | (_, PrincipalKind::Everyone) => true,
        (PrincipalKind::Aws | PrincipalKind::Ram, PrincipalKind::Aws | PrincipalKind::Ram) => {
            match (account(denied), account(allow)) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
        }
        (a, b) => {
            a == b
                && (denied.id.value == allow.id.value
                    || denied.id.value.has_unknown()
                    || denied.id.value.is("*"))
        }
    })
}
