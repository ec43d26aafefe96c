//! Where a finding points, and what stands under the mark.
//!
//! A guard that does not hold is the place; without a guard it is the principal.

use decide::{Proof, Reach, Witness};
use model::{Condition, Located, Span};

use crate::Related;
use crate::estate::Reached;

/// A place with the words that stand under it.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) span: Span,
    pub(crate) label: String,
    pub(crate) related: Vec<Related>,
}

/// The place of an exposure. `guards` are prefixes of the keys (in lower case) that would hold the adversary
/// back; the first condition on one of them is the guard that fails, else any condition is.
pub(crate) fn mark(reached: &Reached<'_>, guards: &[&str], principal: &str) -> Mark {
    let conditions = &reached.statement.value.conditions;
    let key = |c: &Located<Condition>| c.value.key.value.to_string().to_ascii_lowercase();
    let guard = conditions
        .iter()
        .find(|c| guards.iter().any(|g| key(c).starts_with(g) || key(c).ends_with(g)))
        .or_else(|| conditions.first());
    match guard {
        Some(guard) => guard_mark(guard, witness(reached)),
        None => principal_mark(reached, principal),
    }
}

/// The principal as the place.
pub(crate) fn principal_mark(reached: &Reached<'_>, label: &str) -> Mark {
    let (span, defined) = match reached.principal {
        Some(principal) => (principal.id.span, principal.id.defined),
        None => (reached.statement.span, None),
    };
    Mark { span, label: label.to_owned(), related: definition(defined) }
}

fn guard_mark(guard: &Located<Condition>, witness: Option<&Witness>) -> Mark {
    let key = guard.value.key.value.to_string();
    let sent = witness.and_then(|w| {
        let context = &w.request().context;
        context.iter().find(|(k, _)| k.eq_ignore_ascii_case(&key)).map(|(_, values)| values.join(", "))
    });
    let label = match (witness, sent) {
        (None, _) => format!("does not keep others out for certain ({key})"),
        (Some(_), None) => format!("passes when the request has no {key}"),
        (Some(_), Some(value)) => format!("also admits `{value}`"),
    };
    match guard.value.values.items.as_slice() {
        [value] => Mark { span: value.span, label, related: definition(value.defined) },
        _ => Mark { span: guard.value.key.span, label, related: Vec::new() },
    }
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
    match &reached.exposure.reach {
        Reach::Open(Proof::Proved(witness)) => Some(witness),
        Reach::Open(Proof::Possible(_)) | Reach::Guarded { .. } | Reach::Closed | Reach::Undecided(_) => None,
    }
}
