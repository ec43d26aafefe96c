//! Which findings a change brings in: those that the rules do not make of the roles as they were before it.
//!
//! Not here: where the roles of before come from.

use std::collections::HashMap;

use model::Before;

use crate::{Estate, Finding, Judged, RULES};

/// What makes a finding the same before and after: rule, role, what it rests on.
type Key = (&'static str, String, String);

/// Says of each finding about a role with a known past whether the change brings it in.
pub(crate) fn mark(findings: &mut [Finding], estate: &Estate) {
    let told = |judged: &&Judged| !matches!(judged.role.before, Before::Untold);
    let told: HashMap<&str, &Before> =
        estate.roles.iter().filter(told).map(|judged| (&*judged.role.address, &judged.role.before)).collect();
    if told.is_empty() {
        return;
    }
    // Counted, so that of two equal ones where there was one, none is taken for the old one by mistake.
    let mut balance: HashMap<Key, i64> = HashMap::new();
    if told.values().all(|before| matches!(before, Before::Same)) {
        findings.iter().for_each(|finding| *balance.entry(key(finding)).or_default() -= 1);
    } else {
        let past = past(estate);
        let then = RULES.iter().flat_map(|rule| (rule.check)(&past));
        then.for_each(|finding| *balance.entry(key(&finding)).or_default() -= 1);
    }
    findings.iter().for_each(|finding| *balance.entry(key(finding)).or_default() += 1);
    for finding in findings {
        if told.contains_key(finding.role.address.as_str()) {
            finding.introduced = Some(balance.get(&key(finding)).is_some_and(|more| *more > 0));
        }
    }
}

fn key(finding: &Finding) -> Key {
    (finding.rule.id, finding.role.address.clone(), finding.fingerprint.clone())
}

/// All roles as they were.
fn past(estate: &Estate) -> Estate {
    let then = |judged: &Judged| match &judged.role.before {
        Before::Untold | Before::Same => Some(judged.clone()),
        Before::Absent => None,
        Before::Other(_) => judged.before.as_deref().cloned(),
    };
    Estate { roles: estate.roles.iter().filter_map(then).collect() }
}
