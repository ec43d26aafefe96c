//! `long-session`: a session of an outsider lives long, and nothing shows that it can do little.

use decide::Zone;
use model::{Cause, Cloud, Unknown};

use super::{Rule, fingerprint, outsider, role_ref};
use crate::estate::Judged;
use crate::permissions::only_reads;
use crate::place::definition;
use crate::{Certainty, Evidence, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "long-session",
    severity: Severity::Low,
    title: "an outsider's session outlives the limit",
    page: include_str!("long-session.md"),
};

/// The longest session, in seconds, that is not worth a word.
const LIMIT: u64 = 3600;

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, zone| estate.roles.iter().filter_map(|judged| of_role(judged, zone)).collect(),
};

fn of_role(judged: &Judged, zone: &Zone) -> Option<Finding> {
    let role = &judged.role;
    let (reached, mut unknowns) = judged.outsider()?;
    let session = role.max_session.as_ref()?;
    if role.boundary.is_some() || only_reads(role) {
        return None;
    }
    let seconds: Option<u64> = session.value.as_str().and_then(|text| text.parse().ok());
    let (long, label) = match seconds {
        Some(seconds) if seconds <= LIMIT => return None,
        Some(seconds) => (format!("{} hours", human_hours(seconds)), "longer than 1 hour"),
        None => ("a time that is not known".to_owned(), "may be longer than 1 hour"),
    };
    unknowns.extend(session.value.unknowns().map(|u| (**u).clone()));
    if let (None, Some(text)) = (seconds, session.value.as_str()) {
        let why = Cause::Invalid("not a number of seconds".into());
        unknowns.push(Unknown::new(text, why, Some(session.span)));
    }
    let certain = unknowns.is_empty();
    Some(Finding {
        rule: &META,
        certainty: if certain { Certainty::Proved(Evidence::Fact) } else { Certainty::Possible },
        role: role_ref(role),
        instances: Vec::new(),
        message: format!(
            "a session that {} opens {} be used for {long} by whoever gets hold of its credentials",
            outsider(zone, role.cloud, &reached.what.adversary),
            if certain { "can" } else { "could" }
        ),
        location: session.span,
        label: label.to_owned(),
        related: definition(session.defined),
        unknowns,
        advice: match role.cloud {
            Cloud::Aws => {
                "leave the session at 1 hour, or cap the role with a permissions boundary".to_owned()
            }
            Cloud::Alibaba => "leave the session at 1 hour".to_owned(),
        },
        fingerprint: fingerprint(&META, role, None),
        suppressed: None,
    })
}

/// Hours with at most one decimal.
fn human_hours(seconds: u64) -> String {
    let tenths = seconds / 360;
    if tenths.is_multiple_of(10) {
        format!("{}", tenths / 10)
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}
