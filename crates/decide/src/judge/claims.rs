//! Tokens whose claims agree with one another.
//!
//! The solver looks at one key at a time. Where two claims of what it finds say different things of the workload, it is
//! asked again for each thing that could be said.

use std::collections::BTreeSet;

use crate::adversary::oidc::Tenant;
use crate::solve::Outcome;

/// How many disagreements are settled one inside the other.
const MOST_DISAGREEMENTS: usize = 3;
/// How many values are asked for where claims disagree.
const MOST_VALUES: usize = 16;

/// What comes out of a search in which all claims agree.
pub(super) fn consistent<'a, 'z>(
    tenant: &Tenant<'a, 'z>,
    run: &dyn Fn(&Tenant<'a, 'z>) -> Outcome,
) -> Outcome {
    settled(tenant, MOST_DISAGREEMENTS, run)
}

fn settled<'a, 'z>(
    tenant: &Tenant<'a, 'z>,
    left: usize,
    run: &dyn Fn(&Tenant<'a, 'z>) -> Outcome,
) -> Outcome {
    let found = run(tenant);
    let Outcome::Allowed(request) = &found else { return found };
    let Some((slot, said)) = tenant.disagreement(request) else { return found };
    let values: BTreeSet<String> = said.into_iter().chain(tenant.named_in(slot)).collect();
    if left == 0 || values.len() > MOST_VALUES {
        return Outcome::GaveUp;
    }
    let cases = values.iter().map(|value| tenant.with(slot, value));
    let mut gave_up = false;
    for case in cases.chain([tenant.without(slot, &values)]) {
        match settled(&case, left - 1, run) {
            found @ Outcome::Allowed(_) => return found,
            Outcome::Impossible => {}
            Outcome::GaveUp => gave_up = true,
        }
    }
    if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
}
