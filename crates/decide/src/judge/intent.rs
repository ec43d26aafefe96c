//! Statements that cannot do what they say: an Allow that nobody can use, a Deny that never fires, a condition
//! that changes nothing.
//!
//! The question is the same as for adversaries, asked of everybody: the callers here may be the user's own.
//! Each question is put as a policy rewritten for it, so there is one solver and no second reading of conditions.

use model::{Effect, Located, Principal, PrincipalKind, PrincipalSet, Statement, TrustPolicy, Unknown};

use super::Judge;
use super::account::arn;
use crate::Truth;
use crate::adversary::domain::{self, Domain};
use crate::adversary::oidc::Tenant;
use crate::adversary::saml::Saml;
use crate::adversary::service::Service;
use crate::adversary::setting::{Setting, account_of};
use crate::adversary::signed::{ExternalId, Signed, ambient, principals_of};
use crate::evaluate::acts;
use crate::evaluate::principal::{AccountCaller, Caller, Identity, is_account, is_unique_id};
use crate::solve::{Bound, Model, Outcome, search};
use crate::string::glob::Glob;

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

/// A Deny or a condition without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// The index of the statement.
    pub statement: usize,
    /// The index of the condition; `None` for the whole statement.
    pub condition: Option<usize>,
    /// Why, as a clause.
    pub why: String,
}

/// The actions that by themselves open no session.
const COMPANIONS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

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

/// What of an Allow nobody can use.
pub(super) fn dead(setting: &Setting<'_>, index: usize, statement: &Statement) -> Vec<Dead> {
    if !matches!(statement.effect, Effect::Allow) || statement.principals.open.is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (at, principal) in statement.principals.items.iter().enumerate() {
        if let Some(why) = never_a_principal(setting, principal) {
            let rejected = !why.starts_with("belongs");
            out.push(Dead { statement: index, principal: Some(at), why, rejected, possible: Vec::new() });
        }
    }
    let companion = COMPANIONS.iter().any(|action| acts(statement, action).possible());
    let opens = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
    if companion && !opens.iter().any(|action| acts(statement, action).possible()) {
        return out;
    }
    let rest = || {
        let listed = statement.principals.items.iter().enumerate();
        listed.filter(|(at, _)| !out.iter().any(|d| d.principal == Some(*at)))
    };
    let usable = statement.principals.negated
        || rest().any(|(_, p)| usable(setting, &setting.policy, index, p) != Outcome::Impossible);
    if !usable && rest().next().is_some() {
        let why = why_unusable(statement, rest().map(|(_, p)| p));
        out.push(Dead { statement: index, principal: None, why, rejected: false, possible: Vec::new() });
    }
    out
}

/// Why no caller is ever this principal.
fn never_a_principal(setting: &Setting<'_>, principal: &Principal) -> Option<String> {
    let text = principal.id.value.as_str()?;
    match &principal.kind {
        PrincipalKind::Aws | PrincipalKind::Ram => {
            if account_of(&principal.id.value).is_some() || is_unique_id(text) {
                return None;
            }
            if principal.kind == PrincipalKind::Ram && text.contains('*') {
                return None;
            }
            Some(if text.contains(['*', '?']) {
                format!("`{text}` holds a wildcard, which is none in a principal")
            } else {
                format!("`{text}` is no principal")
            })
        }
        PrincipalKind::CanonicalUser => Some("a canonical user is a principal of S3 only".to_owned()),
        PrincipalKind::Federated => {
            let account = text.split(':').find(|part| is_account(part))?;
            let known = setting.zone.accounts.iter().any(|own| own.len() == account.len());
            (known && !setting.is_own(account)).then(|| {
                format!("belongs to account {account}; a role accepts only providers of its own account")
            })
        }
        PrincipalKind::Everyone | PrincipalKind::Service | PrincipalKind::Unknown(_) => None,
    }
}

fn why_unusable<'p>(statement: &Statement, principals: impl Iterator<Item = &'p Principal>) -> String {
    let kinds: Vec<&PrincipalKind> = principals.map(|p| &p.kind).collect();
    let matching = |action: &str| acts(statement, action).possible();
    let federated = kinds.iter().all(|k| **k == PrincipalKind::Federated);
    let others = kinds.iter().all(|k| **k != PrincipalKind::Federated);
    if federated && !matching("sts:AssumeRoleWithWebIdentity") && !matching("sts:AssumeRoleWithSAML") {
        "an identity provider's principals call AssumeRoleWithWebIdentity or AssumeRoleWithSAML, which this \
         statement does not allow"
            .to_owned()
    } else if others && !matching("sts:AssumeRole") {
        "these principals call AssumeRole, which this statement does not allow".to_owned()
    } else {
        "no request has what its conditions ask for".to_owned()
    }
}

/// Whether anybody can use an Allow of `policy` as this principal.
fn usable(setting: &Setting<'_>, policy: &TrustPolicy, index: usize, principal: &Principal) -> Outcome {
    let text = principal.id.value.to_string();
    let as_caller =
        |caller: Caller, identifier: &str, action: &'static str, domain: &dyn Fn(&str) -> Domain| {
            let model = Model { caller, principal: identifier.to_owned(), domain, shown: Vec::new() };
            let extras: [&[&str]; 4] = [&[], &COMPANIONS[..1], &COMPANIONS[1..2], &COMPANIONS[..2]];
            let mut outcome = Outcome::Impossible;
            for extra in extras {
                let actions: Vec<&str> = std::iter::once(action).chain(extra.iter().copied()).collect();
                match search(policy, index, &actions, &model, Bound::Possible) {
                    Outcome::Impossible => {}
                    other => {
                        outcome = other;
                        break;
                    }
                }
            }
            outcome
        };
    match &principal.kind {
        PrincipalKind::Everyone | PrincipalKind::Aws | PrincipalKind::Ram => {
            let named = account_of(&principal.id.value);
            let Some(who) =
                named.or_else(|| (principal.kind == PrincipalKind::Everyone).then(|| anybody(setting)))
            else {
                return Outcome::GaveUp;
            };
            let everyone = principal.kind == PrincipalKind::Everyone;
            let caller = everybody(setting, &who, everyone);
            as_caller(Caller::Account(who.clone()), &arn(setting, &who), "sts:AssumeRole", &|key| {
                caller.domain(key)
            })
        }
        PrincipalKind::Service => {
            let service = Service::for_anybody(setting, &text);
            as_caller(Caller::Service(text.clone()), &text, "sts:AssumeRole", &|key| {
                if setting.policy.cloud == model::Cloud::Alibaba {
                    ambient(setting, key, true).unwrap_or_else(Domain::opaque)
                } else {
                    service.domain(key)
                }
            })
        }
        PrincipalKind::Federated if Saml::is_provider(&text) => {
            let saml = Saml::new(setting, true);
            as_caller(Caller::Federated(text.clone()), &text, saml.action(), &|key| saml.domain(key))
        }
        PrincipalKind::Federated => {
            let statement = setting.policy.statements.get(index).map(|s| &s.value);
            let mut none = Vec::new();
            let judge = statement.map(|statement| Judge { setting, index, statement, out: &mut none });
            let Some(named) = judge.and_then(|j| j.provider(principal)) else { return Outcome::GaveUp };
            let tenant = Tenant::new(setting, named.provider, &named.issuer, &named.prefix).insider();
            as_caller(Caller::Federated(text.clone()), &text, named.action, &|key| tenant.domain(key))
        }
        PrincipalKind::CanonicalUser | PrincipalKind::Unknown(_) => Outcome::GaveUp,
    }
}

/// Some principal of an account that nothing names.
fn anybody(setting: &Setting<'_>) -> AccountCaller {
    AccountCaller {
        partition: setting.partition.clone(),
        account: setting.foreign_account(),
        kind: Identity::Root,
    }
}

/// Every caller that comes as `who`, the user's own included.
fn everybody<'a, 'z>(setting: &'a Setting<'z>, who: &AccountCaller, everyone: bool) -> Signed<'a, 'z> {
    let mut prefix = Glob::literal(&setting.iam(""));
    if everyone {
        prefix = match setting.policy.cloud {
            model::Cloud::Aws => Glob::like("arn:*:iam::"),
            model::Cloud::Alibaba => Glob::literal("acs:ram::"),
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
        tags: true,
        source_identity: true,
    }
}

/// Denies that never fire and conditions that change nothing, in statements that somebody can use.
pub(super) fn idle(setting: &Setting<'_>, dead: &[Dead]) -> Vec<Idle> {
    let policy = &setting.policy;
    if policy.open.is_some() {
        return Vec::new();
    }
    let mut out = Vec::new();
    for (index, statement) in policy.statements.iter().enumerate() {
        let s = &statement.value;
        if !s.rejected.is_empty() || s.conditions_open.is_some() || dead.iter().any(|d| d.statement == index)
        {
            continue;
        }
        match s.effect {
            Effect::Allow => {
                for at in 0..s.conditions.len() {
                    if !matters(setting, index, at) {
                        let why = "every caller that this statement admits meets it anyway".to_owned();
                        out.push(Idle { statement: index, condition: Some(at), why });
                    }
                }
            }
            Effect::Deny if !fires(setting, index) => {
                let why = "no request that is allowed otherwise meets it".to_owned();
                out.push(Idle { statement: index, condition: None, why });
            }
            Effect::Deny | Effect::Unknown(_) => {}
        }
    }
    out
}

/// Whether some caller would come in without a condition of an Allow who does not with it.
fn matters(setting: &Setting<'_>, index: usize, condition: usize) -> bool {
    let mut policy = setting.policy.clone();
    let Some(statement) = policy.statements.get_mut(index) else { return true };
    let removed = statement.value.conditions.remove(condition);
    let span = statement.span;
    let everyone = Principal { kind: PrincipalKind::Everyone, id: Located::new(model::Text::lit("*"), span) };
    let mut items: Vec<Principal> = statement.value.principals.items.clone();
    items.push(everyone);
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
    let principals = statement.value.principals.items.clone();
    policy.statements.push(Located::new(deny, span));
    principals.is_empty()
        || principals.iter().any(|p| usable(setting, &policy, index, p) != Outcome::Impossible)
}

/// Whether some request that an Allow admits meets all conditions of a Deny.
fn fires(setting: &Setting<'_>, deny: usize) -> bool {
    let Some(statement) = setting.policy.statements.get(deny).map(|s| s.value.clone()) else { return true };
    if statement.principals.negated || statement.principals.open.is_some() {
        return true;
    }
    let allows = setting.policy.statements.iter().filter(|s| s.value.effect != Effect::Deny);
    for allow in allows {
        if allow.value.principals.negated || allow.value.principals.open.is_some() {
            return true;
        }
        let overlap =
            |action: &&str| acts(&allow.value, action).and(acts(&statement, action)) != Truth::False;
        let actions = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];
        if !actions.iter().chain(&COMPANIONS).any(overlap) {
            continue;
        }
        let mut policy = setting.policy.clone();
        policy.statements.retain(|s| s.value.effect != Effect::Deny);
        let Some(position) = policy.statements.iter().position(|s| s.span == allow.span) else { return true };
        if let Some(both) = policy.statements.get_mut(position) {
            both.value.conditions.extend(statement.conditions.iter().cloned());
        }
        for principal in &allow.value.principals.items {
            if may_mean(&statement.principals, principal)
                && usable(setting, &policy, position, principal) != Outcome::Impossible
            {
                return true;
            }
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
