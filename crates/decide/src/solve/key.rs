//! What one key can be under the conditions on it.

use std::collections::BTreeSet;

use foldhash::{HashSet, HashSetExt};
use model::{BaseOperator, Condition, OperatorName, SetOperator, Text};

use super::{Answer, Bound, Clause, Search, candidates};
use crate::adversary::domain::{Domain, Values};
use crate::evaluate::pattern::{Pattern, Style, Variable, Variables};
use crate::evaluate::{holds, keys, operator, variables};
use crate::string::glob::Glob;
use crate::string::language::{Found, Language};

impl<'p> Search<'_, 'p> {
    /// Solves one key, unless that was done before: from choice to choice, and from one value of a variable to the
    /// next, most keys are asked the same.
    pub(super) fn key_once(&mut self, key: &str, clauses: &[Clause<'p>]) -> Answer {
        let varies = |(condition, _): &Clause<'p>| {
            condition.values.items.iter().any(|v| keys::referenced_by(&v.value).next().is_some())
        };
        if self.assigned.contains_key(key) || clauses.iter().any(varies) {
            return self.key(key, clauses);
        }
        let conditions = clauses.iter().map(|(c, want)| (std::ptr::from_ref(*c).addr(), *want)).collect();
        let asked = (self.bound, conditions);
        if let Some(answer) = self.solved.get(&asked) {
            return answer.clone();
        }
        let answer = self.key(key, clauses);
        self.solved.insert(asked, answer.clone());
        answer
    }

    /// Solves one key.
    fn key(&self, key: &str, clauses: &[Clause<'p>]) -> Answer {
        let mut domain = (self.model.domain)(key);
        if let Some(pinned) = self.assigned.get(key) {
            match pinned {
                Variable::Absent => domain.values = Values::Never,
                Variable::Is(value) if domain.contains(value) => {
                    domain.absent = false;
                    domain.values = Domain::fixed(&[value]).values;
                }
                Variable::Is(_) => return Answer::No,
                Variable::Unknown => {}
            }
        }
        let lookup = |name: &str| self.variable(name);
        let variables = variables(self.policy.version, &lookup);
        let passes = |values: Option<(&[String], bool)>| {
            clauses.iter().all(|(c, want)| self.accepts(holds(c, values, variables), *want))
        };
        if domain.absent && passes(None) {
            return Answer::Absent;
        }
        match &domain.values {
            Values::Never => Answer::No,
            Values::Opaque if self.bound == Bound::Possible => {
                self.model.work.doubt();
                Answer::Somehow
            }
            Values::Opaque => Answer::No,
            _ if domain.multi => self.several(&domain, clauses, variables),
            Values::Text(language) if clauses.iter().all(|(c, _)| is_textual(c)) => {
                let mut language = language.clone();
                let mut narrow =
                    |(c, want): &Clause<'p>| self.constrain(&mut language, &domain, (c, *want), variables);
                if clauses.iter().all(&mut narrow) {
                    found(language.member(self.model.work))
                } else {
                    Answer::No
                }
            }
            Values::Text(_) | Values::Address(_) | Values::Scalar | Values::Moment => {
                self.tried(&domain, clauses, variables)
            }
        }
    }

    /// Solves a key by trying values that stand for all.
    fn tried(&self, domain: &Domain, clauses: &[Clause<'p>], variables: Variables<'_>) -> Answer {
        let mut values = candidates::of_key(self.model.work, domain, clauses.iter().map(|(c, _)| *c));
        if let Values::Address(except) = &domain.values
            && clauses.iter().all(|(c, _)| is_textual(c))
        {
            // Patterns over the text of an address.
            let members = candidates::addresses(except).map(|mut language| {
                let mut narrow = |c: &Clause<'p>| self.constrain(&mut language, domain, *c, variables);
                if clauses.iter().all(&mut narrow) { language.member(self.model.work) } else { Found::Empty }
            });
            if members == [Found::Empty, Found::Empty] {
                return Answer::No;
            }
            values.extend(members.into_iter().filter_map(|found| match found {
                Found::Member(member) => Some(member),
                Found::Empty | Found::GaveUp => None,
            }));
        }
        let named: usize = clauses.iter().map(|(c, _)| c.values.items.len()).sum();
        let barred = if let Values::Address(except) = &domain.values { except.len() } else { 0 };
        let mut seen = HashSet::new();
        values.retain(|value| seen.insert(value.clone()));
        if !self.model.work.spend(values.len() * (10 * named + barred)) {
            return Answer::GaveUp;
        }
        let passing = |v: &String| {
            let present = Some((std::slice::from_ref(v), false));
            let holds = |(c, want): &Clause<'p>| self.accepts(holds(c, present, variables), *want);
            domain.contains(v) && clauses.iter().all(holds)
        };
        match values.into_iter().find(passing) {
            Some(value) => Answer::Value(value),
            None if candidates::are_all(clauses.iter().copied()) => Answer::No,
            None => Answer::GaveUp,
        }
    }

    /// Solves a key that holds several values: one value for each clause that asks for some, all of them within
    /// the clauses that speak of all.
    fn several(&self, domain: &Domain, clauses: &[Clause<'p>], variables: Variables<'_>) -> Answer {
        let Values::Text(base) = &domain.values else { return Answer::GaveUp };
        let mut all = base.clone();
        let mut some: Vec<Clause<'p>> = Vec::new();
        for (condition, want) in clauses {
            let set = match &condition.operator.value {
                OperatorName::Known(operator) if operator.base == BaseOperator::Null => {
                    let present = holds(condition, Some((&[String::new()], true)), variables);
                    if self.accepts(present, *want) {
                        continue;
                    }
                    return Answer::No;
                }
                OperatorName::Known(operator) => operator.set,
                OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => None,
            };
            match (set, want) {
                (Some(SetOperator::ForAllValues), true) | (Some(SetOperator::ForAnyValue), false) => {
                    if !self.constrain(&mut all, domain, (condition, *want), variables) {
                        return Answer::No;
                    }
                }
                (Some(_), _) => some.push((condition, *want)),
                // Undocumented without a set operator: for the adversary it may hold, against it it does not.
                (None, _) if self.bound == Bound::Proved => return Answer::No,
                (None, _) => self.model.work.doubt(),
            }
        }
        let mut members = BTreeSet::new();
        let languages: Vec<Language> = if some.is_empty() {
            vec![all]
        } else {
            let mut out = Vec::new();
            for (condition, want) in some {
                let mut one = all.clone();
                if !self.constrain(&mut one, domain, (condition, want), variables) {
                    return Answer::No;
                }
                out.push(one);
            }
            out
        };
        for language in languages {
            match language.member(self.model.work) {
                Found::Member(member) => {
                    members.insert(member);
                }
                Found::Empty => return Answer::No,
                Found::GaveUp => return Answer::GaveUp,
            }
        }
        Answer::Several(members.into_iter().collect())
    }

    /// Narrows the language of a present value by one clause; `false` if no value can satisfy it.
    pub(super) fn constrain(
        &self,
        language: &mut Language,
        domain: &Domain,
        (condition, want): (&Condition, bool),
        variables: Variables<'_>,
    ) -> bool {
        let bound = self.bound;
        let OperatorName::Known(operator) = &condition.operator.value else {
            self.model.work.doubt();
            return bound == Bound::Possible;
        };
        let Some(style) = operator::style(operator.base) else {
            let present = holds(condition, Some((&[String::new()], false)), variables);
            return operator.base != BaseOperator::Null || self.accepts(present, want);
        };
        let values = &condition.values;
        if values.items.is_empty() && values.open.is_none() {
            // Never matches, negated or not.
            return !want;
        }
        // Whatever the input gives where a value is compared byte for byte, the policy then names it.
        let naming =
            domain.unnamed && bound == Bound::Possible && matches!(style, Style::Literal | Style::Folded);
        let named = |text: &Text| naming && text.has_unknown() && keys::referenced_by(text).next().is_none();
        let (mut exact, mut within): (Vec<Glob>, Vec<Glob>) = (Vec::new(), Vec::new());
        for value in &values.items {
            match Pattern::read(&value.value, style, variables) {
                Pattern::Never => {}
                Pattern::Exact(glob) => exact.push(glob),
                Pattern::Within(_) if named(&value.value) => {}
                Pattern::Within(glob) => within.push(glob),
            }
        }
        if exact.len() < values.items.len() || values.open.is_some() {
            self.model.work.doubt();
        }
        let open = values.open.is_some() && !naming;
        match (want != operator.negated, bound) {
            (true, Bound::Proved) => language.all.push(exact),
            (true, Bound::Possible) if open => {}
            (true, Bound::Possible) => {
                exact.append(&mut within);
                language.all.push(exact);
            }
            (false, Bound::Proved) if open => return false,
            (false, Bound::Proved) => {
                language.none.append(&mut exact);
                language.none.append(&mut within);
            }
            (false, Bound::Possible) => language.none.append(&mut exact),
        }
        true
    }
}

fn found(found: Found) -> Answer {
    match found {
        Found::Member(member) => Answer::Value(member),
        Found::Empty => Answer::No,
        Found::GaveUp => Answer::GaveUp,
    }
}

/// Whether a condition speaks of its key's text, or not of its value at all.
pub(super) fn is_textual(condition: &Condition) -> bool {
    match &condition.operator.value {
        OperatorName::Known(operator) => {
            operator.base == BaseOperator::Null || operator::style(operator.base).is_some()
        }
        OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => true,
    }
}
