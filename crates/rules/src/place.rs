//! Where a finding points, and what stands under the mark.
//!
//! A guard that does not hold is the place; without a guard it is the principal.

use decide::{Proof, Reach, Witness};
use model::{BaseOperator, Condition, Located, OperatorName, Span};

use crate::Related;
use crate::estate::{Reached, Seen};

/// A place with the words that stand under it.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) span: Span,
    pub(crate) label: String,
    pub(crate) related: Vec<Related>,
}

/// What would hold an adversary back, and what to say where it does not.
pub(crate) struct Guards {
    /// Prefixes or suffixes of the keys that would, in lower case.
    pub(crate) keys: &'static [&'static str],
    /// Said of a condition on another key; `None` if any key might have held the adversary back.
    pub(crate) other: Option<&'static str>,
    /// Said of the principal if there is no condition at all.
    pub(crate) none: &'static str,
}

/// The place of an exposure: the first condition on a key that would hold the adversary back is the guard that
/// fails, else any condition is, else the principal.
pub(crate) fn mark(reached: &Reached<'_>, guards: &Guards) -> Mark {
    let conditions = &reached.statement.value.conditions;
    let holds = |c: &&Located<Condition>| {
        let key = c.value.key.value.to_string().to_ascii_lowercase();
        guards.keys.iter().any(|g| key.starts_with(g) || key.ends_with(g))
    };
    match (conditions.iter().find(holds), conditions.first(), guards.other) {
        (Some(guard), ..) | (None, Some(guard), None) => {
            let label = failing(guard, witness(reached));
            condition_mark(guard, label)
        }
        (None, Some(other), Some(said)) => condition_mark(other, said.to_owned()),
        (None, None, _) => principal_mark(reached, guards.none),
    }
}

/// The principal as the place; where the statement as a whole is meant, its first one.
pub(crate) fn principal_mark<T>(seen: &Seen<'_, T>, label: &str) -> Mark {
    let (span, defined) = match seen.principal.or(seen.statement.value.principals.items.first()) {
        Some(principal) => (principal.id.span, principal.id.defined),
        None => (seen.statement.span, None),
    };
    Mark { span, label: label.to_owned(), related: definition(defined) }
}

/// A condition as the place: its value if it has one, else its key.
pub(crate) fn condition_mark(condition: &Located<Condition>, label: String) -> Mark {
    match condition.value.values.items.as_slice() {
        [value] => Mark { span: value.span, label, related: definition(value.defined) },
        _ => Mark { span: condition.value.key.span, label, related: Vec::new() },
    }
}

/// How a guard fails.
fn failing(guard: &Located<Condition>, witness: Option<&Witness>) -> String {
    let key = guard.value.key.value.to_string();
    let sent = witness.and_then(|w| {
        let context = &w.request().context;
        context.iter().find(|(k, _)| k.eq_ignore_ascii_case(&key)).map(|(_, values)| values.join(", "))
    });
    match (witness, sent) {
        (None, _) => format!("does not keep others out for certain ({key})"),
        (Some(_), None) => format!("passes when the request has no {key}"),
        (Some(_), Some(value)) => {
            let written = guard.value.values.items.iter().any(|v| v.value.is(&value));
            let presence =
                matches!(&guard.value.operator.value, OperatorName::Known(o) if o.base == BaseOperator::Null);
            if presence {
                format!("passes with any {key}")
            } else if written {
                "does not hold the request back".to_owned()
            } else {
                format!("also admits `{value}`")
            }
        }
    }
}

/// The way of a request through the policy, place by place.
pub(crate) fn steps<T>(seen: &Seen<'_, T>, witness: &Witness, mark: &Mark) -> Vec<Related> {
    let Some(allows) = seen.policy.statements.get(witness.statement()) else { return Vec::new() };
    let request = witness.request();
    let caller = principal_mark(seen, "").span;
    let mut out = vec![Related {
        span: if allows.span.contains(caller) { caller } else { allows.span },
        message: format!("{} ({}) calls {}", request.principal, witness.adversary(), request.action),
    }];
    if mark.span != caller {
        out.push(Related { span: mark.span, message: mark.label.clone() });
    }
    let message = format!("statement {} allows the request", witness.statement() + 1);
    out.push(Related { span: allows.span, message });
    out
}

/// Where a value was defined, as a related place.
pub(crate) fn definition(defined: Option<Span>) -> Vec<Related> {
    defined
        .map(|span| Related { span, message: "the value is defined here".to_owned() })
        .into_iter()
        .collect()
}

/// The request that proves an exposure.
pub(crate) fn witness<'a>(reached: &Reached<'a>) -> Option<&'a Witness> {
    match &reached.what.reach {
        Reach::Open(Proof::Proved(witness)) => Some(witness),
        Reach::Open(Proof::Possible(_)) | Reach::Guarded { .. } | Reach::Closed | Reach::Undecided(_) => None,
    }
}
