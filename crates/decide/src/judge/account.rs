//! Callers that come from an account: strangers, and the third parties that a policy names.

use std::collections::BTreeSet;

use model::{BaseOperator, Cause, Cloud, Condition, OperatorName, Piece, Principal, Statement, Unknown};

use super::{Adversary, Judge, Key, Proof, Reach, accounts_in, may_be_everyone, story};
use crate::Request;
use crate::adversary::domain::{self, Extras};
use crate::adversary::setting::{Setting, account_of};
use crate::adversary::signed::{ExternalId, Signed, principals_of};
use crate::evaluate::pattern::Variable;
use crate::evaluate::principal::{AccountCaller, Caller, Identity, holds_caller, is_account};
use crate::evaluate::{doubts, holds, variables};
use crate::solve::{Bound, Model, Outcome, search};
use crate::strength::{Strength, strength};
use crate::string::glob::Glob;

impl Judge<'_, '_> {
    pub(super) fn root(&self, account: &str) -> AccountCaller {
        AccountCaller {
            partition: if self.setting.policy.cloud == Cloud::Aws {
                self.setting.partition.clone()
            } else {
                String::new()
            },
            account: account.to_owned(),
            kind: Identity::Root,
        }
    }

    /// A principal that is not wholly known: where its account is, it is a principal of that account; else it may
    /// be of any account that the policy names, or of one that nothing names.
    pub(super) fn somebody(&mut self, index: usize, principal: &Principal) {
        let unnamed = self.setting.foreign_account();
        let caller = self.meant(principal, &unnamed);
        if let Some(caller) = &caller
            && caller.account != unnamed
        {
            if !self.setting.is_own(&caller.account) {
                self.third_party(index, Some(caller.account.clone()), caller.clone());
            }
            return;
        }
        let asked: Vec<String> = self.setting.named.accounts.iter().take(MOST_ACCOUNTS).cloned().collect();
        let accounts = std::iter::once(unnamed).chain(asked.into_iter().filter(|a| !self.setting.is_own(a)));
        let before = self.out.len();
        for account in accounts {
            let caller = self.meant(principal, &account).unwrap_or_else(|| self.root(&account));
            self.third_party(index, None, caller);
            // One way in is enough to say of somebody who is not known.
            if self.out.last().is_some_and(|e| e.reach != Reach::Closed) {
                self.out.drain(before..self.out.len() - 1);
                return;
            }
        }
        self.out.truncate(before + 1);
        // It may also be of any other account that fits the conditions, or turn out to be everyone.
        if let Some(last) = self.out.last()
            && last.reach == Reach::Closed
        {
            let reach = match self.fitting(principal) {
                Outcome::Impossible => Reach::Closed,
                Outcome::GaveUp => Reach::Undecided(vec![self.gave_up()]),
                Outcome::Allowed(request) => {
                    Reach::Open(Proof::Possible(doubts(&self.setting.policy, self.index, &request)))
                }
            };
            if let Some(last) = self.out.last_mut() {
                last.reach = reach;
            }
        }
    }

    /// What is possible for a principal whose account is not known.
    fn fitting(&self, principal: &Principal) -> Outcome {
        let unnamed = self.setting.foreign_account();
        let who = self.meant(principal, &unnamed).unwrap_or_else(|| self.root(&unnamed));
        let fitting = self.anywhere(&who, true, &ExternalId::Any, Bound::Possible);
        if fitting == Outcome::Impossible && may_be_everyone(&principal.id.value) {
            return self.stranger_as(&ExternalId::Any, Bound::Possible);
        }
        fitting
    }

    fn meant(&self, principal: &Principal, account: &str) -> Option<AccountCaller> {
        meant(principal, account, &self.setting.iam(account))
    }

    fn signed(&self, caller: &Signed<'_, '_>, who: &AccountCaller, bound: Bound) -> Outcome {
        let actions = caller.extras.actions("sts:AssumeRole");
        let domain = |key: &str| caller.domain(key);
        let shown = match (&caller.account, self.setting.policy.cloud) {
            (Some(account), Cloud::Aws) => vec![("aws:PrincipalAccount".to_owned(), account.clone())],
            _ => Vec::new(),
        };
        let principal = arn(self.setting, who);
        let model = Model {
            caller: Caller::Account(who.clone()),
            principal,
            domain: &domain,
            shown,
            work: &self.setting.work,
        };
        search(&self.setting.policy, self.index, &actions, &model, bound)
    }

    /// The first request that some combination of extras allows.
    pub(super) fn any_extra(&self, run: impl Fn(Extras) -> Outcome) -> Outcome {
        let mut gave_up = false;
        for extras in self.setting.extras() {
            match run(extras) {
                found @ Outcome::Allowed(_) => return found,
                Outcome::Impossible => {}
                Outcome::GaveUp => gave_up = true,
            }
        }
        if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
    }

    /// Whether strangers surely get in.
    pub(super) fn stranger(&mut self, principal: Option<usize>) -> bool {
        let reach = self.reach(
            &|external_id, bound| self.stranger_as(external_id, bound),
            &|request, statement| story::stranger(self.setting, request, statement),
            "anyone with an account",
            None,
        );
        // Where it is sure that strangers get in, nothing is added by whom conditions name.
        let surely = matches!(reach, Reach::Open(Proof::Proved(_)));
        self.push(Adversary::Stranger, principal, reach);
        let account = self.setting.foreign_account();
        let who = self.attacker(&account);
        let prefix = Glob::literal(&self.setting.iam(&account));
        self.account_tags(&who, principals_of(&prefix), false);
        surely
    }

    /// A stranger with a name of its own choosing: one that fits where the policy asks for one.
    fn attacker(&self, account: &str) -> AccountCaller {
        let fits = self.wildcards().find_map(|text| match text.rsplit(':').next()?.split_once('/')? {
            ("user", name) => Some(Identity::User(name.replace('*', "attacker"))),
            ("role", name) => Some(Identity::Role(name.replace('*', "attacker"))),
            _ => None,
        });
        let kind = fits.unwrap_or_else(|| Identity::User("attacker".to_owned()));
        AccountCaller { kind, ..self.root(account) }
    }

    /// An account of a stranger's: one that fits where a principal leaves some of its digits open.
    fn strangers_account(&self) -> String {
        let digits = self.setting.account_digits();
        let open = self.wildcards().find_map(|text| {
            let (before, after) = text.split(':').nth(3)?.split_once('*')?;
            let fill = digits.checked_sub(before.len() + after.len())?;
            let account = format!("{before}{}{after}", "9".repeat(fill));
            (is_account(&account) && !self.setting.is_own(&account)).then_some(account)
        });
        open.unwrap_or_else(|| self.setting.foreign_account())
    }

    /// The principals with a wildcard, which is live on Alibaba Cloud.
    fn wildcards(&self) -> impl Iterator<Item = &str> {
        let live = self.setting.policy.cloud == Cloud::Alibaba;
        let texts = self.statement.principals.items.iter().filter_map(|p| p.id.value.as_str());
        texts.filter(move |text| live && text.starts_with("acs:") && text.contains('*'))
    }

    /// First one concrete account; if the policy wants another, one that fits.
    fn stranger_as(&self, external_id: &ExternalId, bound: Bound) -> Outcome {
        let concrete = |account: &str| {
            self.any_extra(|extras| {
                let prefix = Glob::literal(&self.setting.iam(account));
                let caller = Signed {
                    setting: self.setting,
                    account: Some(account.to_owned()),
                    arns: principals_of(&prefix),
                    vendor: false,
                    insider: false,
                    external_id: external_id.clone(),
                    extras,
                };
                self.signed(&caller, &self.attacker(account), bound)
            })
        };
        let first = concrete(&self.strangers_account());
        if let Outcome::Allowed(_) = first {
            return first;
        }
        // What is sought is an account, not yet a proof: the evaluator sees the account found again below.
        let who = self.root(&self.setting.foreign_account());
        let any = self.anywhere(&who, false, external_id, bound);
        let request = match any {
            Outcome::Allowed(request) => request,
            Outcome::Impossible if first == Outcome::Impossible => return Outcome::Impossible,
            Outcome::Impossible | Outcome::GaveUp => return Outcome::GaveUp,
        };
        for account in accounts_in(&request) {
            let taken = self.setting.is_own(&account) || self.setting.named.accounts.contains(&account);
            if !taken && let found @ Outcome::Allowed(_) = concrete(&account) {
                return found;
            }
        }
        Outcome::GaveUp
    }

    /// A caller of any account that is neither the user's nor named; the evaluator takes it for `who`.
    fn anywhere(&self, who: &AccountCaller, vendor: bool, external_id: &ExternalId, bound: Bound) -> Outcome {
        let (before, after) = match self.setting.policy.cloud {
            Cloud::Aws => (format!("arn:{}:iam::", self.setting.partition), ":"),
            Cloud::Alibaba => ("acs:ram::".to_owned(), ":"),
        };
        let mut prefix = Glob::literal(&before);
        prefix.append(&domain::account_id(self.setting.account_digits()));
        prefix.text(after);
        self.any_extra(|extras| {
            let caller = Signed {
                setting: self.setting,
                account: None,
                arns: principals_of(&prefix),
                vendor,
                insider: false,
                external_id: external_id.clone(),
                extras,
            };
            self.signed(&caller, who, bound)
        })
    }

    pub(super) fn third_party(&mut self, principal: usize, account: Option<String>, who: AccountCaller) {
        let arns = arns_as(self.setting, &who);
        let run = |external_id: &ExternalId, bound: Bound| {
            self.any_extra(|extras| {
                let caller = Signed {
                    setting: self.setting,
                    account: Some(who.account.clone()),
                    arns: arns.clone(),
                    vendor: true,
                    insider: false,
                    external_id: external_id.clone(),
                    extras,
                };
                self.signed(&caller, &who, bound)
            })
        };
        let name = match &account {
            Some(account) => format!("another tenant of account {account}"),
            None => "another tenant of an account that is not known".to_owned(),
        };
        let reach = self.reach(
            &run,
            &|request, statement| story::third_party(self.setting, &who.account, request, statement),
            &name,
            Some(&who.account),
        );
        self.push(Adversary::ThirdParty(account), Some(principal), reach);
        self.account_tags(&who, arns.clone(), true);
    }

    /// Third parties that come as everyone because a Deny exempts them: each as whom the Deny lists and as somebody
    /// else of its account. Of each account what gets furthest counts.
    pub(super) fn exempt(&mut self, principal: usize) {
        let setting = self.setting;
        let mut accounts: Vec<&String> = setting.named.exempt.iter().map(|caller| &caller.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        for account in accounts.into_iter().filter(|a| !setting.is_own(a)).take(MOST_ACCOUNTS) {
            let listed =
                setting.named.exempt.iter().filter(|c| c.account == *account && c.kind != Identity::Root);
            let before = self.out.len();
            for caller in listed.cloned().chain([self.attacker(account)]) {
                self.third_party(principal, Some(account.clone()), caller);
            }
            let rank = |reach: &Reach| match reach {
                Reach::Open(Proof::Proved(_)) => 0,
                Reach::Guarded { keys, .. } if !keys.is_empty() => 1,
                Reach::Open(Proof::Possible(_)) | Reach::Guarded { .. } => 2,
                Reach::Undecided(_) => 3,
                Reach::Closed => 4,
            };
            let mut tried: Vec<_> = self.out.drain(before..).collect();
            tried.sort_by_key(|exposure| rank(&exposure.reach));
            self.out.extend(tried.into_iter().next());
        }
    }

    /// Completes the last exposure for this caller, and for those within it whom a statement lets tag.
    fn account_tags(&mut self, who: &AccountCaller, arns: Vec<Glob>, vendor: bool) {
        self.tags_as(who, arns, vendor);
        let setting = self.setting;
        let companions = setting.companions.iter().filter_map(|at| setting.policy.statements.get(*at));
        let listed =
            companions.flat_map(|s| &s.value.principals.items).filter_map(|p| account_of(&p.id.value));
        for within in listed.filter(|listed| listed != who && holds_caller(who, listed)) {
            if self.out.last().is_some_and(|e| e.free_tags.is_some()) {
                return;
            }
            self.tags_as(&within, arns_as(setting, &within), vendor);
        }
    }

    fn tags_as(&mut self, who: &AccountCaller, arns: Vec<Glob>, vendor: bool) {
        let setting = self.setting;
        let caller = Signed {
            setting,
            account: Some(who.account.clone()),
            arns,
            vendor,
            insider: false,
            external_id: ExternalId::Any,
            extras: Extras { tags: true, source_identity: false },
        };
        self.tags_of(
            &|key| caller.domain(key),
            Caller::Account(who.clone()),
            &arn(setting, who),
            "sts:AssumeRole",
        );
    }

    /// How far a signed caller gets: without an ExternalId that the policy names, else with one.
    fn reach(
        &self,
        run: &dyn Fn(&ExternalId, Bound) -> Outcome,
        story: &dyn Fn(&Request, usize) -> String,
        name: &str,
        vendor: Option<&str>,
    ) -> Reach {
        let unnamed = self.settle(&|bound| run(&ExternalId::Unnamed, bound), story, name);
        if unnamed != Reach::Closed {
            return unnamed;
        }
        let mut keys = Vec::new();
        for (value, strength) in self.external_ids(vendor) {
            let exactly = ExternalId::Exactly(value.clone());
            if let Reach::Open(Proof::Proved(witness)) =
                self.settle(&|bound| run(&exactly, bound), story, name)
            {
                keys.push(Key { value: value.clone(), witness, strength });
            }
        }
        let (admitted, mut unknown) = match run(&ExternalId::Any, Bound::Possible) {
            Outcome::Allowed(request) => (true, doubts(&self.setting.policy, self.index, &request)),
            Outcome::Impossible | Outcome::GaveUp => (false, self.secret_unknowns()),
        };
        if vendor.is_some() {
            // Nobody else's tenant comes to have a value that is drawn at random.
            unknown.retain(|u| u.why != Cause::Generated);
        }
        if keys.is_empty() && unknown.is_empty() && !admitted {
            Reach::Closed
        } else {
            Reach::Guarded { keys, unknown }
        }
    }

    /// The ExternalIds that the policy names and the statement may admit, the weakest first.
    fn external_ids(&self, vendor: Option<&str>) -> Vec<(&String, Strength)> {
        let lookup = |_: &str| Variable::Unknown;
        let variables = variables(self.setting.policy.version, &lookup);
        // Lists of plain values are looked up, not compared one by one.
        let (lists, tests): (Vec<_>, Vec<_>) = secrets(self.statement).partition(|c| listed(c).is_some());
        let lists: Vec<BTreeSet<&str>> = lists.into_iter().filter_map(listed).collect();
        let named = &self.setting.named.external_ids;
        let named: Vec<&String> = match lists.first() {
            Some(list) => list.iter().filter_map(|value| named.get(*value)).collect(),
            None => named.iter().collect(),
        };
        let admitted = |value: &&String| {
            let sent = std::slice::from_ref(*value);
            lists.iter().all(|list| list.contains(value.as_str()))
                && tests.iter().all(|c| holds(c, Some((sent, false)), variables).possible())
        };
        let own = |account: &str| self.setting.is_own(account);
        let named = named.into_iter().filter(admitted);
        let mut rated: Vec<_> = named.map(|value| (value, strength(value, &own, vendor))).collect();
        rated.sort_by(|(_, a), (_, b)| a.bits.total_cmp(&b.bits));
        rated.truncate(MOST_KEYS);
        rated
    }

    /// The unknown ExternalIds of the statement: the guard is there, its value is not.
    fn secret_unknowns(&self) -> Vec<Unknown> {
        secrets(self.statement)
            .flat_map(|c| c.values.items.iter().flat_map(|v| v.value.unknowns()))
            .map(|u| (**u).clone())
            .collect()
    }
}

/// How many of the accounts that a policy names an unknown principal is tried as.
const MOST_ACCOUNTS: usize = 32;

/// How many ExternalIds of one statement are tried, the weakest first.
const MOST_KEYS: usize = 16;

/// The conditions of a statement on the ExternalId.
fn secrets(statement: &Statement) -> impl Iterator<Item = &Condition> {
    let conditions = statement.conditions.iter().map(|c| &c.value);
    conditions.filter(|c| c.key.value.as_str().is_some_and(|key| key.eq_ignore_ascii_case("sts:ExternalId")))
}

/// The values of a condition that holds with just these.
fn listed(condition: &Condition) -> Option<BTreeSet<&str>> {
    let OperatorName::Known(operator) = &condition.operator.value else { return None };
    let exact = operator.base == BaseOperator::StringEquals && !operator.negated && operator.set.is_none();
    if !exact || condition.values.open.is_some() {
        return None;
    }
    condition.values.items.iter().map(|v| v.value.as_str().filter(|text| !text.contains("${"))).collect()
}

/// Whom a partly unknown principal means if this account stands in its first unknown piece: alone, or with as much of
/// an identifier around it as the rest leaves out. `iam` is what the account's identifiers begin with.
fn meant(principal: &Principal, account: &str, iam: &str) -> Option<AccountCaller> {
    let pieces = principal.id.value.pieces();
    let written = |first: &str, rest: &str| {
        let mut holes = 0;
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Lit(text) => out.push_str(text),
                Piece::Symbol(_) | Piece::Hole(_) => {
                    out.push_str(if holes == 0 { first } else { rest });
                    holes += 1;
                }
            }
        }
        AccountCaller::parse(&out)
    };
    let before = match pieces.first() {
        Some(Piece::Lit(text)) => text,
        Some(Piece::Symbol(_) | Piece::Hole(_)) | None => "",
    };
    let around = ["", "role", "role/x", "user/x"].map(|what| format!("{iam}{what}"));
    let with_account = std::iter::once(iam.trim_end_matches(':')).chain(around.iter().map(String::as_str));
    written(account, "x")
        .or_else(|| written(account, account))
        .or_else(|| with_account.filter_map(|whole| whole.strip_prefix(before)).find_map(|w| written(w, "x")))
        .or_else(|| written("x", "x"))
}

/// What `aws:PrincipalArn` can be for a caller.
fn arns_as(setting: &Setting<'_>, who: &AccountCaller) -> Vec<Glob> {
    let prefix = Glob::literal(&setting.iam(&who.account));
    match &who.kind {
        Identity::Root => principals_of(&prefix),
        Identity::Session { role, .. } => {
            let mut with_path = prefix.clone();
            with_path.append(&domain::named("role/"));
            with_path.text(&format!("/{role}"));
            vec![Glob::literal(&format!("{}role/{role}", setting.iam(&who.account))), with_path]
        }
        Identity::User(_) | Identity::Role(_) | Identity::FederatedUser(_) => {
            vec![Glob::literal(&arn(setting, who))]
        }
    }
}

/// The identifier of a caller.
pub(super) fn arn(setting: &Setting<'_>, who: &AccountCaller) -> String {
    let iam = setting.iam(&who.account);
    let sts = iam.replace(":iam:", ":sts:");
    match &who.kind {
        Identity::Root => format!("{iam}root"),
        Identity::User(name) => format!("{iam}user/{name}"),
        Identity::Role(name) => format!("{iam}role/{name}"),
        Identity::Session { role, session } => format!("{sts}assumed-role/{role}/{session}"),
        Identity::FederatedUser(name) => format!("{sts}federated-user/{name}"),
    }
}
