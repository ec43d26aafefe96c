//! Which condition of each Deny is to fail.
//!
//! A Deny that the values found so far keep from firing needs no choice; only the others are branched on, depth first.

use model::Condition;

use super::{Answer, Answers, Clause, Outcome, Search, size};
use crate::Truth;
use crate::evaluate::{holds, variables};

/// In how many Denies a condition is chosen at once. A policy that a cloud accepts has a hundred Denies or so.
const DEEPEST: usize = 400;

/// What is chosen so far.
struct Choice<'p> {
    clauses: Vec<Clause<'p>>,
    /// What the keys in the clauses can be.
    answers: Answers<'p>,
    /// Whether variables without value stand in the clauses.
    tied: bool,
    /// For each Deny whether a condition of it is chosen.
    settled: Vec<bool>,
    /// In how many of them one is.
    depth: usize,
}

impl<'p> Choice<'p> {
    fn settle(&mut self, deny: usize, settled: bool) {
        if let Some(slot) = self.settled.get_mut(deny) {
            *slot = settled;
        }
    }

    /// Takes further answers; gives those that they replace.
    fn answer(&mut self, more: Answers<'p>) -> Vec<(String, Option<(&'p str, Answer)>)> {
        more.into_iter().map(|(key, answer)| (key.clone(), self.answers.insert(key, answer))).collect()
    }

    fn restore(&mut self, replaced: Vec<(String, Option<(&'p str, Answer)>)>) {
        for (key, answer) in replaced {
            match answer {
                Some(answer) => self.answers.insert(key, answer),
                None => self.answers.remove(&key),
            };
        }
    }
}

impl<'p> Search<'_, 'p> {
    /// Keeps the Denies, those with the fewest conditions first, from firing.
    pub(super) fn falsify(&mut self, mut clauses: Vec<Clause<'p>>, denies: &[Vec<&'p Condition>]) -> Outcome {
        // One without conditions always fires; of one with a single condition that one must fail.
        let (forced, denies) = denies.split_at(denies.partition_point(|deny| deny.len() < 2));
        if forced.iter().any(Vec::is_empty) {
            return Outcome::Impossible;
        }
        clauses.extend(forced.iter().flatten().map(|condition| (*condition, false)));
        let tied = !self.untied(&clauses).is_empty();
        match self.solve_as(tied, &clauses) {
            Ok(answers) => {
                let settled = vec![false; denies.len()];
                self.choose(&mut Choice { clauses, answers, tied, settled, depth: 0 }, denies)
            }
            Err(outcome) => outcome,
        }
    }

    /// Branches on the first Deny that is not kept from firing yet. A dead end is one for every further choice too.
    fn choose(&mut self, chosen: &mut Choice<'p>, denies: &[Vec<&'p Condition>]) -> Outcome {
        let Some((at, deny)) = self.unsettled(chosen, denies) else {
            return if chosen.tied { self.finish(&chosen.clauses) } else { self.request(&chosen.answers) };
        };
        if chosen.depth == DEEPEST {
            return Outcome::GaveUp;
        }
        chosen.settle(at, true);
        chosen.depth += 1;
        let mut outcome = Outcome::Impossible;
        for condition in deny {
            match self.fail(chosen, condition, denies) {
                Outcome::Impossible => {}
                Outcome::GaveUp => outcome = Outcome::GaveUp,
                found @ Outcome::Allowed(_) => return found,
            }
        }
        chosen.depth -= 1;
        chosen.settle(at, false);
        outcome
    }

    /// Goes on with the choice that this condition fails, which bears on its own key alone.
    fn fail(
        &mut self,
        chosen: &mut Choice<'p>,
        condition: &'p Condition,
        denies: &[Vec<&'p Condition>],
    ) -> Outcome {
        let same = |(other, _): &&Clause<'p>| match (other.key.value.as_str(), condition.key.value.as_str()) {
            (Some(other), Some(own)) => other.eq_ignore_ascii_case(own),
            _ => std::ptr::eq(*other, condition),
        };
        chosen.clauses.push((condition, false));
        let bearing: Vec<_> = chosen.clauses.iter().filter(same).copied().collect();
        let tied = chosen.tied || !self.untied(&[(condition, false)]).is_empty();
        let outcome = match self.solve_as(tied, &bearing) {
            Ok(more) => {
                let replaced = chosen.answer(more);
                let before = std::mem::replace(&mut chosen.tied, tied);
                let outcome = self.choose(chosen, denies);
                chosen.tied = before;
                chosen.restore(replaced);
                outcome
            }
            Err(outcome) => outcome,
        };
        chosen.clauses.pop();
        outcome
    }

    /// The first Deny that nothing keeps from firing yet. Where variables have no value yet the request will not be
    /// what the answers say, so only choices count.
    fn unsettled<'d>(
        &self,
        chosen: &Choice<'p>,
        denies: &'d [Vec<&'p Condition>],
    ) -> Option<(usize, &'d Vec<&'p Condition>)> {
        let open = denies.iter().enumerate().zip(&chosen.settled).filter(|(_, settled)| !**settled);
        let mut open = open.map(|(deny, _)| deny);
        open.find(|(_, deny)| chosen.tied || !deny.iter().any(|c| self.fails(c, &chosen.answers)))
    }

    /// Whether a condition fails with these answers, whatever the unknown values are.
    fn fails(&self, condition: &Condition, answers: &Answers<'p>) -> bool {
        let Some(key) = condition.key.value.as_str() else { return false };
        let present = match answers.get(&key.to_ascii_lowercase()) {
            Some((_, Answer::Absent)) => None,
            Some((_, Answer::Value(value))) => Some((std::slice::from_ref(value), false)),
            Some((_, Answer::Several(_) | Answer::Somehow | Answer::No | Answer::GaveUp)) | None => {
                return false;
            }
        };
        let lookup = |name: &str| self.variable(name);
        // Without steps left nothing is found to fail, and the choice that follows gives up.
        self.model.work.spend(size(condition) / 2)
            && holds(condition, present, variables(self.policy.version, &lookup)) == Truth::False
    }
}
