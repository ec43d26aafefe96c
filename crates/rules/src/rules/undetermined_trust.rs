//! `undetermined-trust`: the input does not give what would decide, and no other rule can be named.

use decide::{Adversary, Reach};
use model::{Cause, Unknown};

use super::{Basis, Rule, Words, calls, finding, fingerprint, role_ref};
use crate::estate::{Judged, Reached};
use crate::place::principal_mark;
use crate::{Certainty, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "undetermined-trust",
    severity: Severity::Info,
    title: "who can assume the role cannot be decided from this input",
    page: include_str!("undetermined-trust.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| estate.roles.iter().filter(|judged| judged.is_judged()).flat_map(of_role).collect(),
};

fn of_role(judged: &Judged) -> Vec<Finding> {
    let mut out = Vec::new();
    if let Some((_, unknown)) = judged.open().next() {
        out.push(whole(judged, unknown));
    }
    for reached in judged.reached() {
        let (unknowns, label, message) = match &reached.what.reach {
            Reach::Undecided(unknowns) => (
                unknowns,
                "who may come in here is not known",
                format!("who can assume this role cannot be decided: {}", reasons(unknowns)),
            ),
            // The guard is there, so nothing is known to be wrong; only how strong it is cannot be told.
            Reach::Guarded { keys, unknown }
                if keys.is_empty()
                    && !unknown.is_empty()
                    && is_third_party(&reached)
                    && reached.assumptions().is_empty() =>
            {
                (
                    unknown,
                    "guarded by an ExternalId that is not given here",
                    format!(
                        "whether the ExternalId of this role can be guessed is not known: {}",
                        reasons(unknown)
                    ),
                )
            }
            Reach::Guarded { .. } | Reach::Open(_) | Reach::Closed => continue,
        };
        let mark = principal_mark(&reached, label);
        let words = Words { message, advice: advice(unknowns) };
        out.push(finding(&META, judged, &reached, Basis::Unknowns(unknowns.clone()), mark, words));
    }
    out
}

fn is_third_party(reached: &Reached<'_>) -> bool {
    matches!(reached.what.adversary, Adversary::ThirdParty(_))
}

fn whole(judged: &Judged, unknown: &Unknown) -> Finding {
    let unknowns = vec![unknown.clone()];
    let said = format!("the trust policy of this role is not wholly known: {}", reasons(&unknowns));
    Finding {
        rule: &META,
        certainty: Certainty::Possible,
        role: role_ref(&judged.role),
        instances: Vec::new(),
        message: said,
        location: judged.role.document,
        label: "not wholly known".to_owned(),
        related: calls(&judged.role).collect(),
        steps: Vec::new(),
        advice: advice(&unknowns),
        unknowns,
        fingerprint: fingerprint(&META, &judged.role, None),
        suppressed: None,
        introduced: None,
    }
}

fn reasons(unknowns: &[Unknown]) -> String {
    let all: Vec<String> =
        unknowns.iter().take(3).map(|u| format!("{} {}", quoted(&u.what), u.why)).collect();
    all.join(", ")
}

/// Marked as the user's own words, unless part of them is marked already.
fn quoted(what: &str) -> String {
    if what.contains('`') { what.to_owned() } else { format!("`{what}`") }
}

fn advice(unknowns: &[Unknown]) -> String {
    match unknowns.first().map(|u| (&u.what, &u.why)) {
        Some((what, Cause::NoValue | Cause::AfterApply | Cause::Unresolved(_))) => {
            format!("give the value of {}, or check a plan that knows it", quoted(what))
        }
        Some((what, Cause::Undecided(_))) => {
            format!("settle {}, or check a plan that knows it", quoted(what))
        }
        Some((_, Cause::Generated | Cause::Unsupported(_) | Cause::Invalid(_))) | None => {
            "read the statement yourself, or write it in a plainer form".to_owned()
        }
    }
}
