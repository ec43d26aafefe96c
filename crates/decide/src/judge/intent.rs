//! Statements that cannot do what they say: an Allow that nobody can use, a Deny that never fires, a condition
//! that changes nothing. Whether an Allow is covered by others is asked in `covered`.
//!
//! The question is the same as for adversaries, asked of everybody: the callers here may be the user's own.
//! Each question is put as a policy rewritten for it, so there is one solver and no second reading of conditions.

use model::{
    Cause, Cloud, Effect, Located, Principal, PrincipalKind, PrincipalSet, Statement, Text, TrustPolicy,
    Unknown,
};

use super::anybody::{OPENERS, action_of, unsigned, usable};
use super::covered::covered;
use crate::Truth;
use crate::adversary::service::EVERY_SERVICE;
use crate::adversary::setting::{COMPANIONS, Setting, account_of};
use crate::evaluate::acts;
use crate::evaluate::principal::{is_account, is_unique_id};
use crate::solve::Outcome;

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
            let wild = principal.id.value.as_str().is_some_and(|id| id.contains(['*', '?']));
            let rejected = principal.kind != PrincipalKind::Federated || wild;
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
        PrincipalKind::Federated if setting.policy.cloud == Cloud::Aws && text.contains(['*', '?']) => {
            Some(format!("`{text}` holds a wildcard, which is none in a principal"))
        }
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

/// What copying a statement costs.
const COPIED: usize = 50;

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

/// Denies that never fire, Allows that others cover and conditions that change nothing, in statements that somebody can use.
pub(super) fn idle(setting: &Setting<'_>, dead: &[Dead]) -> Vec<Idle> {
    let policy = &setting.policy;
    if policy.open.is_some() {
        return Vec::new();
    }
    let is_dead = |index: usize| dead.iter().any(|d| d.statement == index);
    let covered = covered(setting, &|index| !is_dead(index));
    let mut out: Vec<Idle> =
        covered.into_iter().map(|(statement, why)| Idle { statement, condition: None, why }).collect();
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
                    if !confirms(s, at) && !matters(setting, index, at) {
                        let why = "every caller that this statement admits meets it anyway".to_owned();
                        out.push(Idle { statement: index, condition: Some(at), why });
                    }
                }
            }
            Effect::Deny if opens(s, policy.cloud) && !fires(setting, index) => {
                let why = "no request that is allowed otherwise meets it".to_owned();
                out.push(Idle { statement: index, condition: None, why });
            }
            Effect::Deny
                if !opens(s, policy.cloud) && accompanies(s, policy.cloud) && !overlaps(setting, s) =>
            {
                let why = "no statement allows what it denies".to_owned();
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

/// Whether a condition says of the same caller or resource, in other words, what another one says: an account beside
/// the ARN in it, a repository beside the subject that names it. The guides recommend to test both.
fn confirms(statement: &Statement, at: usize) -> bool {
    let key = |at: usize| statement.conditions.get(at)?.value.key.value.as_str().map(str::to_ascii_lowercase);
    let Some(own) = key(at) else { return false };
    let Some(told) = told_of(&own) else { return false };
    let others = (0..statement.conditions.len()).filter(|other| *other != at).filter_map(key);
    others.into_iter().any(|other| other != own && told_of(&other) == Some(told))
}

/// What a key (in lower case) describes, if others describe it too.
fn told_of(key: &str) -> Option<&str> {
    if key.starts_with("aws:source") && !matches!(key, "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce") {
        return Some("the resource");
    }
    match key.rsplit_once(':') {
        Some(("aws", "principalarn" | "principalaccount" | "principalorgid" | "principalorgpaths")) => {
            Some("the caller")
        }
        Some((issuer, _)) if issuer.contains('.') => Some(issuer),
        _ => None,
    }
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

/// Whether two statements may speak of one action.
fn overlap(one: &Statement, other: &Statement, cloud: Cloud) -> bool {
    let both = |action: &&str| acts(one, action, cloud).and(acts(other, action, cloud)) != Truth::False;
    OPENERS.iter().chain(&COMPANIONS).any(both)
}

/// Whether some Allow may speak of an action of this Deny.
fn overlaps(setting: &Setting<'_>, deny: &Statement) -> bool {
    let mut allows = setting.policy.statements.iter().filter(|s| s.value.effect != Effect::Deny);
    allows.any(|allow| overlap(&allow.value, deny, setting.policy.cloud))
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
        if !overlap(&allow.value, statement, setting.policy.cloud) {
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
