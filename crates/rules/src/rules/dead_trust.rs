//! `dead-trust`: no request at all satisfies an Allow, so nobody can use it as it is written.
//!
//! It replaces every other finding of its statement and principal: see `Judged::reached`.

use decide::{Dead, Zone};
use model::{Cloud, Condition, Effect, Located, Span, Statement, TrustPolicy};

use super::{Basis, Rule, Words, finding};
use crate::estate::{Judged, Seen};
use crate::place::{Mark, condition_mark, principal_mark};
use crate::{Evidence, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "dead-trust",
    severity: Severity::Low,
    title: "nobody can assume the role as it is written",
    page: include_str!("dead-trust.md"),
};

pub(crate) static RULE: Rule =
    Rule { meta: &META, check: |estate| estate.roles.iter().flat_map(of_role).collect() };

/// A dead statement with its policy.
type InPolicy<'a> = (&'a Dead, &'a TrustPolicy);

fn of_role(judged: &Judged) -> Vec<Finding> {
    let seen = judged.seen(
        |shape| {
            let dead = shape.judgement.dead.iter();
            dead.map(|d| (d.statement, d.principal, (d, &shape.variant.policy))).collect()
        },
        |(a, _): InPolicy<'_>, (b, _)| (&a.why, a.rejected) == (&b.why, b.rejected),
    );
    seen.iter().map(|seen| dead(judged, seen)).collect()
}

fn dead(judged: &Judged, seen: &Seen<'_, InPolicy<'_>>) -> Finding {
    let Dead { why, rejected, possible, .. } = seen.what.0;
    let (message, advice) = if *rejected {
        let cloud = match judged.role.cloud {
            Cloud::Aws => "IAM",
            Cloud::Alibaba => "RAM",
        };
        (
            format!("this statement is rejected by {cloud} when it is saved: {why}"),
            "correct it, or take it out",
        )
    } else {
        let what = if seen.principal.is_some() { "principal" } else { "statement" };
        (
            format!("nobody can assume this role through this {what}: {why}"),
            "correct it for the one who should come in, or take it out",
        )
    };
    let basis = if possible.is_empty() {
        Basis::Evidence(Evidence::NoRequest)
    } else {
        Basis::Unknowns(possible.clone())
    };
    let words = Words { message, advice: advice.to_owned() };
    finding(&META, judged, seen, basis, place(judged.zone(), seen), words)
}

/// What the cloud refuses, or the condition that nobody meets; else the principal.
fn place(zone: &Zone, seen: &Seen<'_, InPolicy<'_>>) -> Mark {
    let (dead, policy) = seen.what;
    if dead.rejected {
        // What is missing altogether stands nowhere, and is rejected as the whole statement.
        let narrow = |span: &Span| seen.principal.is_none() && *span != seen.statement.span;
        return match seen.statement.value.rejected.first().map(|r| r.span).filter(narrow) {
            Some(span) => Mark { span, label: "is rejected".to_owned(), related: Vec::new() },
            None => principal_mark(seen, "is rejected"),
        };
    }
    match unmet(zone, policy, dead, seen.statement) {
        Some(condition) => condition_mark(condition, "no request meets this".to_owned()),
        None => principal_mark(seen, "nobody comes in here"),
    }
}

/// In policies and statements of up to so many parts the condition that nobody meets is looked for.
const PARTS: usize = 16;

/// The condition without which somebody could use the statement.
fn unmet<'a>(
    zone: &Zone,
    policy: &TrustPolicy,
    dead: &Dead,
    statement: &'a Located<Statement>,
) -> Option<&'a Located<Condition>> {
    let conditions = &statement.value.conditions;
    if policy.statements.len() > PARTS || conditions.len() > PARTS {
        return None;
    }
    let denies = policy.statements.iter().filter(|s| s.value.effect == Effect::Deny);
    let without = |at: usize| {
        let mut only = statement.clone();
        only.value.conditions.remove(at);
        let statements = std::iter::once(only).chain(denies.clone().cloned()).collect();
        let judgement = decide::judge(&TrustPolicy { statements, ..policy.clone() }, zone);
        !judgement.dead.iter().any(|d| (d.statement, d.principal) == (0, dead.principal))
    };
    let unmet = conditions.iter().enumerate().find(|(at, _)| without(*at));
    unmet.map(|(_, condition)| condition)
}
