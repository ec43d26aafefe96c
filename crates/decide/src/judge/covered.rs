//! Allows that change nothing because other Allows admit every request that they admit.
//!
//! The question is put to the solver as a policy in which the other Allows are turned into Denies: whatever is still
//! admitted is admitted by nobody else. It is asked action by action, so what comes out holds of every call.

use std::collections::BTreeSet;

use model::{Cloud, Effect, Located, Principal, PrincipalKind, Statement, TrustPolicy};

use super::anybody::{OPENERS, action_of, anything, reaches};
use crate::Truth;
use crate::adversary::setting::{COMPANIONS, Setting, account_of};
use crate::evaluate::acts;
use crate::solve::Outcome;

/// How many Allows are asked about. No policy that a cloud accepts has as many.
const MOST_ALLOWS: usize = 64;
/// How many ways there may be to keep all other Allows from admitting a request: each has one for each of its
/// conditions, and the solver may have to try them all.
const MOST_WAYS: usize = 64;
/// How many questions are put to the solver for one policy.
const MOST_QUESTIONS: usize = 500;

/// The Allows without which the policy admits the same, with the reason as a clause. Of equal ones the first stays.
pub(super) fn covered(setting: &Setting<'_>, asked: &dyn Fn(usize) -> bool) -> Vec<(usize, String)> {
    let statements = &setting.policy.statements;
    let allows: Vec<usize> =
        (0..statements.len()).filter(|at| statements.get(*at).is_some_and(|s| may_cover(&s.value))).collect();
    if allows.len() < 2 || allows.len() > MOST_ALLOWS {
        return Vec::new();
    }
    let mut question = Question { setting, left: MOST_QUESTIONS };
    let mut needless: BTreeSet<usize> = BTreeSet::new();
    let mut out = Vec::new();
    for index in allows.iter().rev().copied().filter(|at| asked(*at)) {
        let others: Vec<usize> =
            allows.iter().copied().filter(|k| *k != index && !needless.contains(k)).collect();
        let alone = others.iter().find(|k| question.covers(index, &[**k]));
        let why = match alone {
            Some(other) => format!("statement {} admits every request that it admits", other + 1),
            None if others.len() > 1 && question.covers(index, &others) => {
                "other statements together admit every request that it admits".to_owned()
            }
            None => continue,
        };
        needless.insert(index);
        out.push((index, why));
    }
    out.reverse();
    out
}

/// Whether a statement surely admits what it says.
fn may_cover(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && statement.rejected.is_empty()
        && statement.conditions_open.is_none()
        && !statement.principals.negated
        && statement.principals.open.is_none()
}

struct Question<'a, 'z> {
    setting: &'a Setting<'z>,
    /// How many more may be put.
    left: usize,
}

impl Question<'_, '_> {
    /// Whether the others admit whatever an Allow admits.
    fn covers(&mut self, index: usize, others: &[usize]) -> bool {
        let Some(statement) = self.setting.policy.statements.get(index).map(|s| &s.value) else {
            return false;
        };
        let cloud = self.setting.policy.cloud;
        let principals = &statement.principals.items;
        !principals.is_empty()
            && principals.iter().all(|principal| {
                let actions = actions(self.setting, principal);
                let actions: Vec<_> = actions.filter(|a| acts(statement, a, cloud).possible()).collect();
                !actions.is_empty() && actions.iter().all(|a| self.none_left(index, others, principal, a))
            })
    }

    /// Whether no call of this action by this principal is left that only the Allow at `index` admits.
    fn none_left(
        &mut self,
        index: usize,
        others: &[usize],
        principal: &Principal,
        action: &'static str,
    ) -> bool {
        let setting = self.setting;
        let statements = &setting.policy.statements;
        let mut policy = TrustPolicy { statements: Vec::new(), ..setting.policy.clone() };
        policy.statements.extend(statements.get(index).cloned());
        let mut ways = 1usize;
        for other in others.iter().filter_map(|k| statements.get(*k)) {
            let Some(deny) = turned(setting, other, principal, action) else { continue };
            ways = ways.saturating_mul(deny.value.conditions.len());
            policy.statements.push(deny);
        }
        let covered = policy.statements.len() > 1;
        if !covered || ways > MOST_WAYS || self.left == 0 {
            return false;
        }
        self.left -= 1;
        policy.statements.extend(statements.iter().filter(|s| s.value.effect == Effect::Deny).cloned());
        let everyone = principal.kind == PrincipalKind::Everyone;
        reaches(setting, &policy, 0, principal, &|_| vec![action]) == Outcome::Impossible
            && (!everyone || anything(setting, &policy, 0, action) == Outcome::Impossible)
    }
}

/// The actions that a principal may call.
fn actions(setting: &Setting<'_>, principal: &Principal) -> impl Iterator<Item = &'static str> + use<> {
    let everyone = principal.kind == PrincipalKind::Everyone;
    let own = action_of(setting, principal);
    OPENERS.into_iter().filter(move |a| everyone || *a == own).chain(COMPANIONS)
}

/// An Allow as the Deny that takes away just what it admits of this principal; `None` if that is nothing for sure.
fn turned(
    setting: &Setting<'_>,
    allow: &Located<Statement>,
    principal: &Principal,
    action: &str,
) -> Option<Located<Statement>> {
    if acts(&allow.value, action, setting.policy.cloud) != Truth::True {
        return None;
    }
    let mut deny = allow.clone();
    deny.value.effect = Effect::Deny;
    deny.value.principals.items.retain(|listed| stands_for(setting, listed, principal));
    (!deny.value.principals.items.is_empty()).then_some(deny)
}

/// Whether a principal that an Allow lists grants no less than another one would to whoever comes as that.
fn stands_for(setting: &Setting<'_>, listed: &Principal, other: &Principal) -> bool {
    let caller = account_of(&other.id.value);
    match (&listed.kind, &other.kind) {
        // Whether everyone includes services and federated callers is not documented.
        (PrincipalKind::Everyone, kind) => {
            matches!(kind, PrincipalKind::Everyone | PrincipalKind::Aws | PrincipalKind::Ram)
        }
        (PrincipalKind::Aws | PrincipalKind::Ram, PrincipalKind::Aws | PrincipalKind::Ram) => {
            let listed = account_of(&listed.id.value);
            let (Some(listed), Some(caller)) = (listed, caller) else { return false };
            let same = listed.account == caller.account && listed.kind == caller.kind;
            // In the role's own account a principal that is named needs no permission of its own, while all others
            // of the account do.
            same || setting.policy.cloud == Cloud::Alibaba || setting.is_foreign(&caller.account)
        }
        (a, b) => a == b && listed.id.value.as_str().is_some() && listed.id.value == other.id.value,
    }
}
