//! Laying a plan's trust policy over the code's: the plan says what, the code says where.
//!
//! A leaf that the code does not say stands where the narrowest thing around it does that the code does say.

use model::{
    Condition, Grant, Located, Piece, Principal, Role, Span, Standing, Statement, Text, TrustPolicy, Unknown,
    Variant,
};

/// How many statements are compared each with each.
const MAX_COMPARED: usize = 64;

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
    for (index, grant) in role.grants.iter_mut().enumerate() {
        let same = |other: &&Located<Grant>| other.value == grant.value;
        let other = code.grants.iter().find(same).or_else(|| code.grants.get(index));
        at.put(grant, other.map_or(code.span, |other| other.span), None);
    }
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
        let pairs = pairs(plan, &best.policy);
        let mut exact = plan.statements.len() == best.policy.statements.len();
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
        let ids: Vec<Option<&Located<Text>>> = {
            let theirs = &code.value.principals.items;
            let same = |p: &Principal, other: &&Principal| {
                p.kind == other.kind && admits(&other.id.value, &p.id.value)
            };
            let mine = statement.principals.items.iter();
            mine.map(|p| exact_or(theirs, |o| same(p, o), |o| o.id.value == p.id.value).map(|o| &o.id))
                .collect()
        };
        for (principal, id) in statement.principals.items.iter_mut().zip(ids) {
            self.leaf(&mut principal.id, id, around);
        }
        self.open(&mut statement.principals.open, around);
        self.texts(&mut statement.actions.items, &code.value.actions.items, around);
        self.open(&mut statement.actions.open, around);
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
                    self.texts(&mut mine.values.items, &other.values.items, other.key.span);
                    self.open(&mut mine.values.open, other.key.span);
                }
                None => self.no_condition(condition, around),
            }
        }
        self.open(&mut statement.conditions_open, around);
        statement.rejected.iter_mut().for_each(|why| self.put(why, around, None));
    }

    fn texts(&self, plan: &mut [Located<Text>], code: &[Located<Text>], around: Span) {
        for text in plan {
            let other = exact_or(code, |o| admits(&o.value, &text.value), |o| o.value == text.value);
            self.leaf(text, other, around);
        }
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

/// The first that is exactly so, else the first that may be.
fn exact_or<'t, T>(
    all: &'t [T],
    may_be: impl Fn(&&'t T) -> bool,
    exact: impl Fn(&&'t T) -> bool,
) -> Option<&'t T> {
    all.iter().find(|one| may_be(one) && exact(one)).or_else(|| all.iter().find(|one| may_be(one)))
}

/// Which statement of the code each statement of the plan is.
fn pairs(plan: &TrustPolicy, code: &TrustPolicy) -> Vec<Option<usize>> {
    let mut taken = vec![false; code.statements.len()];
    let few = plan.statements.len().max(code.statements.len()) <= MAX_COMPARED;
    let mut pairs = Vec::with_capacity(plan.statements.len());
    for (index, statement) in plan.statements.iter().enumerate() {
        let score = |other: usize| code.statements.get(other).map(|o| similarity(&statement.value, &o.value));
        let here = score(index).filter(|_| taken.get(index) == Some(&false));
        let best = match here {
            Some((_, true)) => Some(index),
            _ if few => {
                let free = (0..code.statements.len()).filter(|other| taken.get(*other) == Some(&false));
                let scored =
                    free.filter_map(|other| score(other).map(|(s, exact)| (exact, s, other == index, other)));
                scored.filter(|(_, s, ..)| *s > 0).max().map(|(.., other)| other)
            }
            Some((score, _)) if score > 0 => Some(index),
            _ => None,
        };
        if let Some(taken) = best.and_then(|best| taken.get_mut(best)) {
            *taken = true;
        }
        pairs.push(best);
    }
    pairs
}

/// How much of a policy the other says too.
fn likeness(plan: &TrustPolicy, code: &TrustPolicy) -> usize {
    let pairs = pairs(plan, code);
    let scored = plan.statements.iter().zip(pairs).filter_map(|(statement, pair)| {
        let (score, exact) = similarity(&statement.value, &code.statements.get(pair?)?.value);
        Some(score + usize::from(exact))
    });
    scored.sum()
}

/// How many parts of a statement the other says too, and whether that is all there is.
fn similarity(plan: &Statement, code: &Statement) -> (usize, bool) {
    if plan.effect != code.effect {
        return (0, false);
    }
    let (a, b) = (&plan.principals, &code.principals);
    let same_principal = |p: &Principal, o: &Principal| p.kind == o.kind && admits(&o.id.value, &p.id.value);
    let principals = shared(&a.items, &b.items, same_principal);
    let (c, d) = (&plan.actions, &code.actions);
    let actions = shared(&c.items, &d.items, |x, y| admits(&y.value, &x.value));
    let conditions = shared(&plan.conditions, &code.conditions, |x, y| {
        let values = shared(&x.value.values.items, &y.value.values.items, |v, w| admits(&w.value, &v.value));
        same_test(&x.value, &y.value) && (values.1 || y.value.values.open.is_some())
    });
    let exact = (principals.1 || b.open.is_some())
        && (actions.1 || d.open.is_some())
        && (conditions.1 || code.conditions_open.is_some())
        && (a.negated, c.negated) == (b.negated, d.negated);
    (1 + principals.0 + actions.0 + conditions.0, exact)
}

/// How many have a counterpart, and whether all on both sides do.
fn shared<T>(plan: &[T], code: &[T], same: impl Fn(&T, &T) -> bool) -> (usize, bool) {
    let there = plan.iter().filter(|p| code.iter().any(|c| same(p, c))).count();
    let back = code.iter().all(|c| plan.iter().any(|p| same(p, c)));
    (there, there == plan.len() && back)
}

fn same_test(a: &Condition, b: &Condition) -> bool {
    let key = |condition: &Condition| condition.key.value.to_string().to_ascii_lowercase();
    a.operator.value == b.operator.value && key(a) == key(b)
}

/// Whether the text of the code may be that of the plan: what one of both does not know may be anything.
fn admits(code: &Text, plan: &Text) -> bool {
    let Some(plan) = plan.as_str() else {
        return code == plan || code.has_unknown() || plan.has_unknown();
    };
    let mut rest = plan;
    let pieces = code.pieces();
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Lit(lit) = piece else { continue };
        let last = index + 1 == pieces.len();
        let found = match index {
            0 => rest.strip_prefix(&**lit),
            _ if last => rest.strip_suffix(&**lit).map(|_| ""),
            _ => rest.split_once(&**lit).map(|(_, after)| after),
        };
        match found {
            Some(after) if last && index == 0 => return after.is_empty(),
            Some(after) => rest = after,
            None => return false,
        }
    }
    !pieces.is_empty() || plan.is_empty()
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

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Cause, Symbol};

    fn text(pieces: &[Option<&str>]) -> Text {
        let hole = || Piece::Hole(std::sync::Arc::new(Unknown::new("x", Cause::NoValue, None)));
        pieces.iter().map(|piece| piece.map_or_else(hole, |lit| Piece::Lit(lit.into()))).collect()
    }

    #[test]
    fn unknown_pieces_may_be_anything() {
        assert!(admits(&text(&[Some("a:"), None, Some(":z")]), &Text::lit("a:b:z")));
        assert!(!admits(&text(&[Some("a:"), None, Some(":z")]), &Text::lit("a:b:y")));
        assert!(admits(&text(&[None]), &Text::lit("")));
        assert!(admits(&text(&[None, Some("b"), None]), &Text::lit("abc")));
        assert!(!admits(&text(&[None, Some("b"), None]), &Text::lit("ac")));
        assert!(!admits(&Text::lit("a"), &Text::lit("ab")));
        assert!(!admits(&Text::lit("b"), &Text::lit("ab")));
        assert!(!admits(&Text::default(), &Text::lit("a")));
        assert!(admits(&Text::lit("a"), &text(&[None])));
        assert!(admits(&Text::symbol(Symbol::OwnAccount), &Text::lit("111122223333")));
    }
}
