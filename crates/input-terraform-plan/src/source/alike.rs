//! Which part of the code's policy each part of a plan's is.
//!
//! What one of both does not know may be anything. Not here: what follows from it for places and unknowns.

use model::{Breadth, Condition, Grant, Located, Piece, Principal, Statement, Text, TrustPolicy, Unknown};

/// How many statements are compared each with each.
const MAX_COMPARED: usize = 64;
/// How many pairs of other parts are: those of two lists of a thousand.
const MAX_PAIRS: usize = 1_000_000;

/// Whether an element of a plan is one of the code.
type Fits<'f, T> = &'f dyn Fn(&T, &T) -> bool;

/// Which element of the code each of the plan is: the same, else one that it may be. Two of the plan are one of the code
/// only if both are known.
pub(super) fn counterparts<T>(
    plan: &[T],
    code: &[T],
    is_known: impl Fn(&T) -> bool,
    same: impl Fn(&T, &T) -> bool,
    may_be: impl Fn(&T, &T) -> bool,
) -> Vec<Option<usize>> {
    if plan.len().saturating_mul(code.len()) > MAX_PAIRS {
        let here = |(index, p)| code.get(index).filter(|c| same(p, c)).map(|_| index);
        return plan.iter().enumerate().map(here).collect();
    }
    let mut pairs: Vec<Option<usize>> = vec![None; plan.len()];
    let mut taken = vec![false; code.len()];
    // What is known has less to choose from, so it chooses first.
    let rounds: [Fits<'_, T>; 3] =
        [&same, &|p, c| is_known(p) && may_be(p, c), &|p, c| !is_known(p) && may_be(p, c)];
    for fits in rounds {
        for (p, pair) in plan.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
            let mut free = code.iter().zip(&mut taken).enumerate().filter(|(_, (_, taken))| !**taken);
            if let Some((index, (_, taken))) = free.find(|(_, (c, _))| fits(p, c)) {
                *taken = true;
                *pair = Some(index);
            }
        }
    }
    for (p, pair) in plan.iter().zip(&mut pairs).filter(|(p, pair)| pair.is_none() && is_known(p)) {
        *pair = code.iter().position(|c| may_be(p, c));
    }
    pairs
}

/// Whether a policy of the code may be that of the plan: one of both does not know all of it.
pub(super) fn may_grant(plan: &Located<Grant>, code: &Located<Grant>) -> bool {
    match (&plan.value, &code.value) {
        (Grant::Managed(plan), Grant::Managed(code)) => admits(code, plan),
        (plan, code) => is_unsure(plan) || is_unsure(code),
    }
}

pub(super) fn is_unsure(grant: &Grant) -> bool {
    match grant {
        Grant::Managed(name) => name.has_unknown(),
        Grant::Document(breadth) => matches!(breadth, Breadth::Unknown(_)),
    }
}

/// Which statement of the code each statement of the plan is.
pub(super) fn pairs(plan: &TrustPolicy, code: &TrustPolicy) -> Vec<Option<usize>> {
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
pub(super) fn likeness(plan: &TrustPolicy, code: &TrustPolicy) -> usize {
    let pairs = pairs(plan, code);
    let scored = plan.statements.iter().zip(pairs).filter_map(|(statement, pair)| {
        let (score, exact) = similarity(&statement.value, &code.statements.get(pair?)?.value);
        Some(score + usize::from(exact))
    });
    scored.sum()
}

/// How many parts of a statement the other says too, and whether that is all there is.
pub(super) fn similarity(plan: &Statement, code: &Statement) -> (usize, bool) {
    if plan.effect != code.effect {
        return (0, false);
    }
    let (a, b) = (&plan.principals, &code.principals);
    let same_principal = |p: &Principal, o: &Principal| p.kind == o.kind && admits(&o.id.value, &p.id.value);
    let principals = shared((&a.items, &a.open), (&b.items, &b.open), same_principal);
    let (c, d) = (&plan.actions, &code.actions);
    let same_text = |x: &Located<Text>, y: &Located<Text>| admits(&y.value, &x.value);
    let actions = shared((&c.items, &c.open), (&d.items, &d.open), same_text);
    let same_condition = |x: &Located<Condition>, y: &Located<Condition>| {
        let (v, w) = (&x.value.values, &y.value.values);
        let values = shared((&v.items, &v.open), (&w.items, &w.open), same_text);
        same_test(&x.value, &y.value) && values.1
    };
    let conditions = shared(
        (&plan.conditions, &plan.conditions_open),
        (&code.conditions, &code.conditions_open),
        same_condition,
    );
    let negated = (a.negated, c.negated) == (b.negated, d.negated);
    let exact = principals.1 && actions.1 && conditions.1 && negated;
    (1 + principals.0 + actions.0 + conditions.0, exact)
}

/// How many have a counterpart, and whether all on both sides do, as far as is known which there are.
fn shared<T>(
    (plan, plan_open): (&[T], &Option<Unknown>),
    (code, code_open): (&[T], &Option<Unknown>),
    same: impl Fn(&T, &T) -> bool,
) -> (usize, bool) {
    if plan.len().saturating_mul(code.len()) > MAX_PAIRS {
        return (0, plan.len() == code.len() || plan_open.is_some() || code_open.is_some());
    }
    let there = plan.iter().filter(|p| code.iter().any(|c| same(p, c))).count();
    let back = code.iter().all(|c| plan.iter().any(|p| same(p, c)));
    (there, (there == plan.len() || code_open.is_some()) && (back || plan_open.is_some()))
}

pub(super) fn same_test(a: &Condition, b: &Condition) -> bool {
    let key = |condition: &Condition| condition.key.value.to_string().to_ascii_lowercase();
    a.operator.value == b.operator.value && key(a) == key(b)
}

/// Whether the text of the code may be that of the plan: what one of both does not know may be anything.
pub(super) fn admits(code: &Text, plan: &Text) -> bool {
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
