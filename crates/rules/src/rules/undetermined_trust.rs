//! `undetermined-trust`: the input does not give what would decide, and no other rule can be named.

use decide::Reach;
use model::Unknown;

use super::{Rule, finding, fingerprint, role_ref};
use crate::estate::Judged;
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
    check: |estate, _| estate.roles.iter().filter(|judged| judged.is_judged()).flat_map(of_role).collect(),
};

fn of_role(judged: &Judged) -> Vec<Finding> {
    let mut out = Vec::new();
    if let Some((_, unknown)) = judged.open().next() {
        out.push(whole(judged, unknown));
    }
    for reached in judged.reached() {
        let Reach::Undecided(unknowns) = &reached.exposure.reach else { continue };
        let mark = principal_mark(&reached, "who may come in here is not known");
        let said = format!("who can assume this role cannot be decided: {}", reasons(unknowns));
        let mut found = finding(&META, judged, &reached, mark, said, advice(unknowns));
        found.unknowns.extend(unknowns.iter().cloned());
        out.push(found);
    }
    out
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
        related: Vec::new(),
        advice: advice(&unknowns),
        unknowns,
        fingerprint: fingerprint(&META, &judged.role, None),
    }
}

fn reasons(unknowns: &[Unknown]) -> String {
    let all: Vec<String> = unknowns.iter().take(3).map(|u| format!("`{}` {}", u.what, u.why)).collect();
    all.join(", ")
}

fn advice(unknowns: &[Unknown]) -> String {
    let what = unknowns.first().map_or_else(String::new, |u| format!(" `{}`", u.what));
    format!("scan a plan (terraform show -json) or give the value of{what}")
}
