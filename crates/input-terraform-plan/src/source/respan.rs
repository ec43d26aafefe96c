//! Laying a plan's trust policy over the code's: the plan says what, the code says where.
//!
//! A leaf that the code does not say stands where the narrowest thing around it does that the code does say.

use std::collections::HashSet;

use model::{
    Condition, Grant, Located, Piece, PrincipalSet, Role, Span, Standing, Statement, Text, TrustPolicy,
    Unknown, Variant,
};

use super::alike::{admits, counterparts, is_unsure, likeness, may_grant, pairs, same_test, similarity};

/// Points a role of a plan at its code, or at `outside` if that code is not the user's own. Returns the place where the
/// code says something else for certain.
pub(super) fn take_places(role: &mut Role, code: &Role, outside: Option<Span>) -> Option<Span> {
    role.calls = code.calls.clone();
    let at = Ground { block: code.span, document: code.document, outside };
    let mut differs = false;
    if role.trust.iter().all(is_unknown) {
        let decided =
            |variant: &&Variant| !variant.assumptions.iter().any(|a| a.standing == Standing::Permitted);
        let mut trust: Vec<Variant> = code.trust.iter().filter(decided).cloned().collect();
        if trust.is_empty() {
            trust.clone_from(&code.trust);
        }
        // The plan fixes every input: nothing that the code selects is left open by them.
        trust.iter_mut().for_each(|variant| at.move_all(&mut variant.policy));
        role.trust = trust;
    } else {
        for variant in &mut role.trust {
            let exact = at.policy(&mut variant.policy, &code.trust);
            differs |= !exact && !code.trust.iter().any(|v| holds_unknown(&v.policy));
        }
    }
    role.span = at.shown(code.span).span;
    role.document = at.shown(code.document).span;
    at.attribute(&mut role.name, code.name.as_ref());
    at.attribute(&mut role.max_session, code.max_session.as_ref());
    at.attribute(&mut role.boundary, code.boundary.as_ref());
    at.grants(&mut role.grants, &code.grants);
    if let Some(unknown) = &mut role.grants_open {
        unknown.span = Some(at.shown(code.span).span);
    }
    differs.then_some(role.document)
}

/// Points all of a role at one place.
pub(super) fn place_all(role: &mut Role, place: Span) {
    let at = Ground { block: place, document: place, outside: None };
    role.span = place;
    role.document = place;
    role.trust.iter_mut().for_each(|variant| at.move_to_document(&mut variant.policy));
    at.attribute(&mut role.name, None);
    at.attribute(&mut role.max_session, None);
    at.attribute(&mut role.boundary, None);
    role.grants.iter_mut().for_each(|grant| at.put(grant, place, None));
    if let Some(unknown) = &mut role.grants_open {
        unknown.span = Some(place);
    }
}

/// Where a role stands, with all of it that something may be found in, and the calls that lead to it.
pub(super) fn places(role: &Role) -> Vec<Span> {
    let mut places = vec![role.span, role.document];
    places.extend(role.calls.iter().map(|call| call.span));
    places
        .extend([&role.name, &role.max_session, &role.boundary].into_iter().flatten().map(|text| text.span));
    places.extend(role.grants.iter().map(|grant| grant.span));
    for statement in role.trust.iter().flat_map(|variant| &variant.policy.statements) {
        places.push(statement.span);
        let statement = &statement.value;
        places.extend(statement.principals.items.iter().map(|principal| principal.id.span));
        places.extend(statement.actions.items.iter().map(|action| action.span));
        for condition in &statement.conditions {
            places.extend([condition.span, condition.value.operator.span, condition.value.key.span]);
            places.extend(condition.value.values.items.iter().map(|value| value.span));
        }
    }
    places
}

fn is_unknown(variant: &Variant) -> bool {
    variant.policy.open.is_some() && variant.policy.statements.is_empty()
}

/// Where a role's code stands, and where it is shown.
struct Ground {
    block: Span,
    document: Span,
    /// Where all of it is shown, if the code is not the user's own.
    outside: Option<Span>,
}

impl Ground {
    /// The place to show for a place in the code.
    fn shown(&self, code: Span) -> Located<()> {
        match self.outside {
            Some(outside) => Located { value: (), span: outside, defined: Some(code) },
            None => Located::new((), code),
        }
    }

    fn put<T>(&self, what: &mut Located<T>, span: Span, defined: Option<Span>) {
        let shown = self.shown(span);
        what.span = shown.span;
        what.defined = shown.defined.or(defined);
    }

    /// Each where the code says it, or something that is not known there.
    fn grants(&self, plan: &mut [Located<Grant>], code: &[Located<Grant>]) {
        let pairs = counterparts(plan, code, |grant| !is_unsure(&grant.value), |p, c| p == c, may_grant);
        for (grant, pair) in plan.iter_mut().zip(pairs) {
            match pair.and_then(|index| code.get(index)) {
                Some(code) => self.put(grant, code.span, code.defined),
                None => self.put(grant, self.block, None),
            }
        }
    }

    fn attribute(&self, attribute: &mut Option<Located<Text>>, code: Option<&Located<Text>>) {
        if let Some(attribute) = attribute {
            self.leaf(attribute, code, self.block);
        }
    }

    /// A text that stands where the code says it, else at `around`. What the plan does not know of it, the code may.
    fn leaf(&self, plan: &mut Located<Text>, code: Option<&Located<Text>>, around: Span) {
        match code {
            Some(code) => {
                if plan.value.has_unknown() {
                    plan.value = code.value.clone();
                }
                self.put(plan, code.span, code.defined);
            }
            None => {
                self.put(plan, around, None);
                self.unknowns(&mut plan.value, around);
            }
        }
    }

    fn unknowns(&self, text: &mut Text, around: Span) {
        if text.has_unknown() {
            let moved = text.pieces().iter().map(|piece| match piece {
                Piece::Hole(unknown) => {
                    let span = Some(self.shown(around).span);
                    Piece::Hole(std::sync::Arc::new(Unknown { span, ..(**unknown).clone() }))
                }
                Piece::Lit(_) | Piece::Symbol(_) => piece.clone(),
            });
            *text = moved.collect();
        }
    }

    fn open(&self, open: &mut Option<Unknown>, around: Span) {
        if let Some(unknown) = open {
            unknown.span = Some(self.shown(around).span);
        }
    }

    /// Lays a policy over the most similar shape of the code's. Says whether they are the same as far as both know.
    fn policy(&self, plan: &mut TrustPolicy, code: &[Variant]) -> bool {
        let shapes = code.iter().map(|variant| (likeness(plan, &variant.policy), variant));
        let best = shapes.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let Some((_, best)) = best else {
            self.move_to_document(plan);
            return false;
        };
        let mut pairs = pairs(plan, &best.policy);
        let mut exact = plan.open.is_some() || plan.statements.len() == best.policy.statements.len();
        fill(&mut plan.statements, &mut plan.open, (&best.policy.statements, &best.policy.open), &mut pairs);
        for (statement, pair) in plan.statements.iter_mut().zip(&pairs) {
            match pair.and_then(|index| best.policy.statements.get(index)) {
                Some(other) => {
                    exact &= similarity(&statement.value, &other.value).1;
                    self.statement(statement, other);
                }
                None => {
                    exact = false;
                    self.no_statement(statement, self.document);
                }
            }
        }
        self.open(&mut plan.open, self.document);
        exact
    }

    fn statement(&self, plan: &mut Located<Statement>, code: &Located<Statement>) {
        let around = code.span;
        self.put(plan, around, code.defined);
        let statement = &mut plan.value;
        if let Some(sid) = &mut statement.sid {
            self.leaf(sid, code.value.sid.as_ref(), around);
        }
        self.principals(&mut statement.principals, &code.value.principals, around);
        let (mine, other) = (&mut statement.actions, &code.value.actions);
        self.texts((&mut mine.items, &mut mine.open), (&other.items, &other.open), around);
        if statement.conditions_open.is_some() {
            let mine = &statement.conditions;
            let new = |other: &&Located<Condition>| !mine.iter().any(|c| same_test(&c.value, &other.value));
            let more: Vec<_> = code.value.conditions.iter().filter(new).cloned().collect();
            statement.conditions.extend(more);
            statement.conditions_open.clone_from(&code.value.conditions_open);
        }
        for condition in &mut statement.conditions {
            let same = |other: &&Located<Condition>| same_test(&condition.value, &other.value);
            let fits = |other: &&Located<Condition>| {
                let values = &condition.value.values.items;
                values.iter().all(|v| other.value.values.items.iter().any(|o| admits(&o.value, &v.value)))
            };
            let theirs = &code.value.conditions;
            match theirs.iter().find(|o| same(o) && fits(o)).or_else(|| theirs.iter().find(same)) {
                Some(other) => {
                    self.put(condition, other.span, other.defined);
                    let (mine, other) = (&mut condition.value, &other.value);
                    self.put(&mut mine.operator, other.operator.span, other.operator.defined);
                    self.leaf(&mut mine.key, Some(&other.key), around);
                    let (mine, other_values) = (&mut mine.values, &other.values);
                    let values = (&other_values.items, &other_values.open);
                    self.texts((&mut mine.items, &mut mine.open), values, other.key.span);
                }
                None => self.no_condition(condition, around),
            }
        }
        self.open(&mut statement.conditions_open, around);
        statement.rejected.iter_mut().for_each(|why| self.put(why, around, None));
    }

    fn principals(&self, plan: &mut PrincipalSet, code: &PrincipalSet, around: Span) {
        let mut pairs = counterparts(
            &plan.items,
            &code.items,
            |principal| !principal.id.value.has_unknown(),
            |p, c| p.kind == c.kind && p.id.value == c.id.value,
            |p, c| p.kind == c.kind && admits(&c.id.value, &p.id.value),
        );
        fill(&mut plan.items, &mut plan.open, (&code.items, &code.open), &mut pairs);
        let rest = rest(&code.open, around);
        for (principal, pair) in plan.items.iter_mut().zip(pairs) {
            let other = pair.and_then(|index| code.items.get(index));
            self.leaf(&mut principal.id, other.map(|other| &other.id), rest);
        }
        self.open(&mut plan.open, around);
    }

    fn texts(
        &self,
        (plan, plan_open): Open<'_>,
        code: (&Vec<Located<Text>>, &Option<Unknown>),
        around: Span,
    ) {
        let known = |text: &Located<Text>| !text.value.has_unknown();
        let mut pairs = counterparts(plan, code.0, known, |p, c| p == c, |p, c| admits(&c.value, &p.value));
        fill(plan, plan_open, code, &mut pairs);
        let rest = rest(code.1, around);
        for (text, pair) in plan.iter_mut().zip(pairs) {
            self.leaf(text, pair.and_then(|index| code.0.get(index)), rest);
        }
        self.open(plan_open, around);
    }

    fn no_statement(&self, plan: &mut Located<Statement>, around: Span) {
        self.put(plan, around, None);
        let statement = &mut plan.value;
        let sid = statement.sid.iter_mut();
        let ids = statement.principals.items.iter_mut().map(|principal| &mut principal.id);
        let texts = sid.chain(ids).chain(&mut statement.actions.items);
        texts.for_each(|text| self.leaf(text, None, around));
        statement.conditions.iter_mut().for_each(|condition| self.no_condition(condition, around));
        statement.rejected.iter_mut().for_each(|why| self.put(why, around, None));
        self.open(&mut statement.principals.open, around);
        self.open(&mut statement.actions.open, around);
        self.open(&mut statement.conditions_open, around);
    }

    fn no_condition(&self, plan: &mut Located<Condition>, around: Span) {
        self.put(plan, around, None);
        self.put(&mut plan.value.operator, around, None);
        self.leaf(&mut plan.value.key, None, around);
        plan.value.values.items.iter_mut().for_each(|value| self.leaf(value, None, around));
        self.open(&mut plan.value.values.open, around);
    }

    fn move_to_document(&self, policy: &mut TrustPolicy) {
        policy.statements.iter_mut().for_each(|statement| self.no_statement(statement, self.document));
        self.open(&mut policy.open, self.document);
    }

    /// Shows a policy of the code where it is to be shown.
    fn move_all(&self, policy: &mut TrustPolicy) {
        if self.outside.is_some() {
            let code = policy.clone();
            for (statement, other) in policy.statements.iter_mut().zip(&code.statements) {
                self.statement(statement, other);
            }
            self.open(&mut policy.open, self.document);
        }
    }
}

/// Where the code has what it does not tell one by one.
fn rest(open: &Option<Unknown>, around: Span) -> Span {
    open.as_ref().and_then(|unknown| unknown.span).unwrap_or(around)
}

/// Texts, and why there may be more.
type Open<'p> = (&'p mut Vec<Located<Text>>, &'p mut Option<Unknown>);

/// Where the plan knows of a part only that there may be more, the code says what: adds what is nobody's counterpart.
fn fill<T: Clone>(
    plan: &mut Vec<T>,
    open: &mut Option<Unknown>,
    (code, code_open): (&Vec<T>, &Option<Unknown>),
    pairs: &mut Vec<Option<usize>>,
) {
    if open.is_none() {
        return;
    }
    let taken: HashSet<usize> = pairs.iter().flatten().copied().collect();
    for (index, one) in code.iter().enumerate().filter(|(index, _)| !taken.contains(index)) {
        plan.push(one.clone());
        pairs.push(Some(index));
    }
    open.clone_from(code_open);
}

fn holds_unknown(policy: &TrustPolicy) -> bool {
    policy.open.is_some()
        || policy.statements.iter().any(|statement| {
            let statement = &statement.value;
            let ids = statement.principals.items.iter().map(|principal| &principal.id);
            let values = statement.conditions.iter().flat_map(|c| &c.value.values.items);
            let open = statement.principals.open.is_some()
                || statement.actions.open.is_some()
                || statement.conditions_open.is_some();
            open || ids.chain(&statement.actions.items).chain(values).any(|text| text.value.has_unknown())
        })
}
