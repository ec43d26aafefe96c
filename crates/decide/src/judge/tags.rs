//! Whether somebody who gets in may also set session tags as it likes.

use super::{Judge, Proof, Reach};
use crate::adversary::domain::Domain;
use crate::evaluate::principal::Caller;
use crate::evaluate::{acts, doubts};
use crate::solve::{Bound, Model, Outcome, search};
use crate::{Request, Witness};

/// A tag that no policy names.
const TAG: &str = "some-tag";

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
        let tagging = policy.statements.iter().any(|s| acts(&s.value, "sts:TagSession").possible());
        if !tagging || self.out.last().is_none_or(|e| e.reach == Reach::Closed) {
            return;
        }
        let tagged = |key: &str| match key {
            "aws:tagkeys" => Domain::fixed(&[TAG]).several(),
            _ if key.strip_prefix("aws:requesttag/") == Some(TAG) => Domain::fixed(&["any value"]),
            _ => domain(key),
        };
        let shown = vec![
            (format!("aws:RequestTag/{TAG}"), "any value".to_owned()),
            ("aws:TagKeys".to_owned(), TAG.to_owned()),
        ];
        let model = Model {
            caller,
            principal: principal.to_owned(),
            domain: &tagged,
            shown,
            work: &self.setting.work,
        };
        let run = |bound: Bound| search(policy, self.index, &[action, "sts:TagSession"], &model, bound);
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
