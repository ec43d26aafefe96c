//! Whether somebody who gets in may also set session tags as it likes.

use model::{Effect, Statement, TrustPolicy};

use super::{Judge, Proof, Reach};
use crate::adversary::domain::Domain;
use crate::evaluate::principal::Caller;
use crate::evaluate::{acts, doubts};
use crate::solve::{Bound, Model, Outcome, search};
use crate::{Request, Witness};

/// A tag that no policy names.
const TAG: &str = "some-tag";

/// How many of the tags that a policy asks for go along.
const MOST_KEYS: usize = 16;

impl Judge<'_, '_> {
    /// Completes the last exposure: may its adversary, if it gets in at all, set a tag that nothing names?
    pub(super) fn tags_of(
        &mut self,
        domain: &dyn Fn(&str) -> Domain,
        caller: Caller,
        principal: &str,
        action: &'static str,
    ) {
        let policy = &self.setting.policy;
        let allowing = self.setting.companions.iter().chain(&self.setting.denies);
        let tags =
            |s: &Statement| s.effect != Effect::Deny && acts(s, "sts:TagSession", policy.cloud).possible();
        let tagging = allowing.filter_map(|at| policy.statements.get(*at)).any(|s| tags(&s.value));
        if !tagging || self.out.last().is_none_or(|e| e.reach == Reach::Closed) {
            return;
        }
        let shown = vec![
            (format!("aws:RequestTag/{TAG}"), "any value".to_owned()),
            ("aws:TagKeys".to_owned(), TAG.to_owned()),
        ];
        // A policy may ask for further tags: those go along.
        let named = named_keys(policy);
        let together: Vec<&str> = std::iter::once(TAG).chain(named.iter().map(String::as_str)).collect();
        let with = |keys: &[&str], bound: Bound| {
            let tagged = |key: &str| match key {
                "aws:tagkeys" => Domain::fixed(keys).several(),
                _ if key.strip_prefix("aws:requesttag/") == Some(TAG) => Domain::fixed(&["any value"]),
                _ => domain(key),
            };
            let model = Model {
                caller: caller.clone(),
                principal: principal.to_owned(),
                domain: &tagged,
                shown: shown.clone(),
                work: &self.setting.work,
            };
            search(policy, self.index, &[action, "sts:TagSession"], &model, bound)
        };
        let run = |bound: Bound| match with(&[TAG], bound) {
            Outcome::Impossible if !named.is_empty() => with(&together, bound),
            outcome => outcome,
        };
        let story = |_: &Request, statement: usize| {
            format!("it also passes sts:TagSession a tag of its choosing: allowed by statement {statement}")
        };
        let proof = match run(Bound::Proved) {
            Outcome::Allowed(request) => {
                let witness = Witness::replay(policy, request, "whoever gets in".to_owned(), story);
                witness.map(|w| Proof::Proved(Box::new(w)))
            }
            Outcome::Impossible | Outcome::GaveUp => match run(Bound::Possible) {
                Outcome::Allowed(request) => Some(Proof::Possible(doubts(policy, self.index, &request))),
                Outcome::Impossible | Outcome::GaveUp => None,
            },
        };
        if let Some(last) = self.out.last_mut() {
            last.free_tags = proof;
        }
    }
}

/// The tag keys that conditions name in so many words.
fn named_keys(policy: &TrustPolicy) -> Vec<String> {
    let conditions = policy.statements.iter().flat_map(|s| &s.value.conditions);
    let about = conditions
        .filter(|c| c.value.key.value.as_str().is_some_and(|key| key.eq_ignore_ascii_case("aws:TagKeys")));
    let values = about.flat_map(|c| &c.value.values.items).filter_map(|v| v.value.as_str());
    values.filter(|key| !key.contains(['*', '?', '$'])).take(MOST_KEYS).map(str::to_owned).collect()
}
