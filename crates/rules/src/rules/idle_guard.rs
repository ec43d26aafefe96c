//! `idle-guard`: a statement or a condition that changes nothing.

use decide::Idle;
use model::Effect;

use super::{Basis, Rule, Words, finding};
use crate::estate::{Judged, Seen};
use crate::place::{condition_mark, principal_mark};
use crate::{Evidence, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "idle-guard",
    severity: Severity::Info,
    title: "a statement or a condition changes nothing",
    page: include_str!("idle-guard.md"),
};

pub(crate) static RULE: Rule =
    Rule { meta: &META, check: |estate| estate.roles.iter().flat_map(of_role).collect() };

fn of_role(judged: &Judged) -> Vec<Finding> {
    let seen = judged.seen(
        |shape| shape.judgement.idle.iter().map(|i| (i.statement, None, i)).collect(),
        |a: &Idle, b| a == b,
    );
    seen.iter().map(|seen| idle(judged, seen)).collect()
}

fn idle(judged: &Judged, seen: &Seen<'_, &Idle>) -> Finding {
    let statement = &seen.statement.value;
    let condition = seen.what.condition.and_then(|index| statement.conditions.get(index));
    let what = match condition {
        Some(condition) => format!("this condition on {}", condition.value.key.value),
        None if statement.effect == Effect::Deny => "this Deny".to_owned(),
        None => "this statement".to_owned(),
    };
    let message = format!("{what} changes nothing: {}", seen.what.why);
    let allow = condition.is_none() && statement.effect == Effect::Allow;
    let advice = match allow {
        true => "take it out, or narrow the statement that admits more than was meant".to_owned(),
        false => "take it out, or write what it was meant to hold back".to_owned(),
    };
    // A Deny as a whole has no place of its own on one line: what it tests stands for it, else whom it means.
    let tested = if allow { None } else { condition.or(statement.conditions.first()) };
    let mark = match tested {
        Some(condition) => condition_mark(condition, "changes nothing".to_owned()),
        None => principal_mark(seen, "changes nothing"),
    };
    finding(&META, judged, seen, Basis::Evidence(Evidence::NoRequest), mark, Words { message, advice })
}
