//! Policy variables: values that tie one key to another.
//!
//! At the end of a choice of conditions the variables in them are given values one after the other. The values worth
//! trying come from what the variable's own key can be and from what the keys that are compared with it can be: if
//! `sts:RoleSessionName` must equal `a-${aws:username}`, user names are sought that follow `a-` in a session name.
//! Where the values tried stand for all, failing with each of them is a proof.

use std::collections::BTreeSet;

use model::{BaseOperator, Condition, OperatorName, Text, Version};

use super::key::is_textual;
use super::{Clause, Outcome, Search, candidates};
use crate::adversary::domain::{Domain, Values};
use crate::evaluate::pattern::{Frame, Style, Variable};
use crate::evaluate::{keys, operator};
use crate::string::glob::Glob;
use crate::string::language::{Found, Language};
use crate::work::Work;

/// How many variables in one choice of conditions are given values.
const MAX_VARIABLES: usize = 4;
/// How many ways to satisfy the conditions that compare with one variable are told apart.
const MAX_WAYS: usize = 64;
/// How many values of one variable are tried.
const MAX_VALUES: usize = 64;

/// Values of a variable, and whether failing with each of them shows that every value fails.
struct Candidates {
    values: Vec<Variable>,
    all: bool,
}

/// What a tie allows its variable to be.
enum Narrowed {
    /// Just these.
    Exactly(Language),
    /// These among others.
    Among(Language),
}

impl<'p> Search<'_, 'p> {
    /// Solves a finished choice: gives every variable in it a value, then builds the request.
    pub(super) fn finish(&mut self, clauses: &[Clause<'p>]) -> Outcome {
        let names = self.untied(clauses);
        let Some(name) = names.iter().find(|n| self.is_finite(n)).or_else(|| names.first()) else {
            return match self.solve(clauses) {
                Ok(answers) => self.request(&answers),
                Err(outcome) => outcome,
            };
        };
        if names.len() + self.assigned.len() > MAX_VARIABLES {
            return Outcome::GaveUp;
        }
        let Candidates { values, all } = self.candidates(clauses, name);
        let mut gave_up = !all;
        for value in values {
            self.assigned.insert(name.clone(), value);
            match self.finish(clauses) {
                found @ Outcome::Allowed(_) => return found,
                Outcome::Impossible => {}
                Outcome::GaveUp => gave_up = true,
            }
        }
        self.assigned.remove(name);
        if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
    }

    /// The variables in these clauses that have no value yet.
    pub(super) fn untied(&self, clauses: &[Clause<'_>]) -> BTreeSet<String> {
        if self.policy.version != Version::V2012 {
            return BTreeSet::new();
        }
        let values = clauses.iter().filter(|(c, _)| style_of(c).is_some()).flat_map(|(c, _)| &c.values.items);
        let names = values.flat_map(|v| keys::referenced_by(&v.value));
        names.filter(|name| !self.assigned.contains_key(name)).collect()
    }

    fn is_finite(&self, name: &str) -> bool {
        match &(self.model.domain)(name).values {
            Values::Never | Values::Opaque => true,
            Values::Text(language) => finite(language).is_some(),
            Values::Address(_) | Values::Scalar | Values::Moment => false,
        }
    }

    fn candidates(&self, clauses: &[Clause<'p>], name: &str) -> Candidates {
        let domain = (self.model.domain)(name);
        if domain.multi {
            // What a variable of several values stands for is not documented.
            return Candidates { values: vec![Variable::Unknown], all: false };
        }
        let mut values: Vec<Variable> = domain.absent.then_some(Variable::Absent).into_iter().collect();
        let all = match &domain.values {
            Values::Never => true,
            Values::Opaque => {
                values.push(Variable::Unknown);
                true
            }
            Values::Text(language) => match finite(language) {
                Some(few) => {
                    values.extend(few.into_iter().map(Variable::Is));
                    true
                }
                None => {
                    let (members, all) = self.members(clauses, name, &domain, language);
                    values.extend(members.into_iter().map(Variable::Is));
                    all
                }
            },
            Values::Address(_) | Values::Scalar | Values::Moment => {
                let own = clauses.iter().map(|(c, _)| *c).filter(|c| is_key(c, name));
                let tried = candidates::of_key(self.model.work, &domain, own);
                values.extend(tried.into_iter().filter(|v| domain.contains(v)).map(Variable::Is));
                false
            }
        };
        Candidates { values, all }
    }

    /// Members of what a variable with infinitely many values can be under the clauses, one for each way to satisfy
    /// those that compare with it, and some more so that one is left for those that ask for inequality.
    fn members(
        &self,
        clauses: &[Clause<'p>],
        name: &str,
        domain: &Domain,
        language: &Language,
    ) -> (BTreeSet<String>, bool) {
        let (own, mut all) = self.narrow(clauses, (name, name), domain, language);
        let Some(own) = own else { return (BTreeSet::new(), all) };
        let mut ways = vec![own];
        let mut unequal = 0;
        let mut tied = BTreeSet::new();
        for (condition, want) in clauses {
            let Some((style, negated)) = style_of(condition) else { continue };
            let naming: Vec<&Text> =
                condition.values.items.iter().map(|v| &v.value).filter(|t| names(t, name)).collect();
            let Some(key) = condition.key.value.as_str().filter(|_| !naming.is_empty()) else { continue };
            // Two conditions on one key bear on each other; so does one of a key with itself.
            all &= tied.insert(key.to_ascii_lowercase()) && !key.eq_ignore_ascii_case(name);
            let frames: Vec<_> = naming.iter().map(|t| self.frame(t, style, name)).collect();
            all &= frames.iter().all(Option::is_some);
            let frames = frames.into_iter().flatten();
            if *want == negated {
                unequal += naming.len();
                all &= frames.clone().all(|f| f.literal().is_some());
                continue;
            }
            let mut more = Vec::new();
            for frame in frames {
                for way in &ways {
                    let (narrowed, exact) = self.across(clauses, (key, name), &frame, way);
                    all &= exact;
                    more.extend(narrowed);
                }
            }
            ways.extend(more);
            if ways.len() > MAX_WAYS {
                ways.truncate(MAX_WAYS);
                all = false;
            }
        }
        let mut out = BTreeSet::new();
        for mut way in ways.into_iter().rev() {
            for _ in 0..=unequal {
                match way.member(self.model.work) {
                    Found::Member(member) => {
                        way.none.push(Glob::literal(&member));
                        out.insert(member);
                    }
                    Found::Empty => break,
                    Found::GaveUp => {
                        all = false;
                        break;
                    }
                }
            }
            if out.len() > MAX_VALUES {
                return (out, false);
            }
        }
        (out, all)
    }

    /// What a variable can be if one of its comparisons with a key holds by this value, given what it can be otherwise.
    fn across(
        &self,
        clauses: &[Clause<'p>],
        (key, name): (&str, &str),
        frame: &Frame,
        way: &Language,
    ) -> (Option<Language>, bool) {
        let mut domain = (self.model.domain)(&key.to_ascii_lowercase());
        match self.assigned.get(&key.to_ascii_lowercase()) {
            Some(Variable::Is(value)) => domain.values = Domain::fixed(&[value]).values,
            Some(Variable::Absent) => return (None, true),
            Some(Variable::Unknown) => return (None, false),
            None => {}
        }
        let Values::Text(language) = &domain.values else {
            return (None, matches!(domain.values, Values::Never));
        };
        let (language, exact) = if domain.multi {
            (Some(language.clone()), false)
        } else {
            self.narrow(clauses, (key, name), &domain, language)
        };
        let Some(language) = language else { return (None, exact) };
        match joined(&language, frame, way, self.model.work) {
            Some(Narrowed::Exactly(language)) => (Some(language), exact),
            Some(Narrowed::Among(language)) => (Some(language), false),
            None => (None, !frame.folded),
        }
    }

    /// What a key can be under those of its clauses that compare it with no open variable; whether nothing but the
    /// comparisons with `name` is left to say of it.
    fn narrow(
        &self,
        clauses: &[Clause<'p>],
        (key, name): (&str, &str),
        domain: &Domain,
        language: &Language,
    ) -> (Option<Language>, bool) {
        let mut language = language.clone();
        let mut all = true;
        let lookup = |name: &str| self.variable(name);
        for (condition, want) in clauses.iter().filter(|(c, _)| is_key(c, key)) {
            let untied = self.untied(&[(condition, *want)]);
            if !untied.is_empty() || !is_textual(condition) {
                // What compares the key with this variable is taken into account by itself.
                all &= !untied.is_empty() && untied.iter().all(|n| n == name);
                continue;
            }
            if !self.constrain(&mut language, domain, (condition, *want), Some(&lookup)) {
                return (None, all);
            }
        }
        (Some(language), all)
    }

    fn frame(&self, text: &Text, style: Style, name: &str) -> Option<Frame> {
        Frame::of(text, style, &|key| self.variable(key), name)
    }
}

/// What a variable can be where it stands in a frame and the whole is in a language. `None` if it can be nothing.
fn joined(language: &Language, frame: &Frame, way: &Language, work: &Work) -> Option<Narrowed> {
    if let Some((before, after)) = frame.literal() {
        let mut out = way.clone();
        let cut = |glob: &Glob| glob.between(before, after);
        out.all.extend(language.all.iter().map(|union| union.iter().flat_map(cut).collect()));
        out.none.extend(language.none.iter().flat_map(cut));
        if !frame.colons {
            let mut plain = Glob::default();
            plain.star(crate::string::glob::Class::Not(':'));
            out.all.push(vec![plain]);
        }
        return Some(Narrowed::Exactly(out));
    }
    // Wildcards stand beside it: find one value of the key, and a part of it that fits.
    let mut whole = language.clone();
    whole.all.extend(way.all.iter().map(|union| {
        let framed = |middle: &Glob| {
            let mut glob = frame.before.clone();
            glob.append(middle);
            glob.append(&frame.after);
            glob
        };
        union.iter().map(framed).collect()
    }));
    let member = match whole.member(work) {
        Found::Member(member) => member,
        Found::Empty => return None,
        Found::GaveUp => return Some(Narrowed::Among(way.clone())),
    };
    let characters: Vec<char> = member.chars().collect();
    let text =
        |range: std::ops::Range<usize>| characters.get(range).into_iter().flatten().collect::<String>();
    let length = characters.len();
    let parts = (0..=length).flat_map(|start| (start..=length).map(move |end| (start, end)));
    let fits = parts.filter_map(|(start, end)| {
        let middle = text(start..end);
        let fits = way.contains(&middle)
            && frame.before.matches(&text(0..start))
            && frame.after.matches(&text(end..length));
        fits.then_some(middle)
    });
    let mut out = way.clone();
    out.all.push(fits.take(MAX_VALUES).map(|middle| Glob::literal(&middle)).collect());
    Some(Narrowed::Among(out))
}

/// The members of a language that is given as a list.
fn finite(language: &Language) -> Option<Vec<String>> {
    let [union] = language.all.as_slice() else { return None };
    let few: Option<Vec<String>> = union.iter().map(|g| g.as_literal().map(str::to_owned)).collect();
    few.map(|few| few.into_iter().filter(|text| language.contains(text)).collect())
}

fn style_of(condition: &Condition) -> Option<(Style, bool)> {
    match &condition.operator.value {
        OperatorName::Known(op) if op.base != BaseOperator::Null => {
            operator::style(op.base).map(|style| (style, op.negated))
        }
        OperatorName::Known(_) | OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => None,
    }
}

fn is_key(condition: &Condition, key: &str) -> bool {
    condition.key.value.as_str().is_some_and(|k| k.eq_ignore_ascii_case(key))
}

fn names(text: &Text, name: &str) -> bool {
    keys::referenced_by(text).any(|n| n == name)
}
