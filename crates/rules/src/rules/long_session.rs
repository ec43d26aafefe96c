//! `long-session`: a session of an outsider lives long, and nothing shows that it can do little.

use model::{Cause, Cloud, Unknown};

use super::{Rule, calls, fingerprint, outsider, role_ref};
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

pub(crate) static RULE: Rule =
    Rule { meta: &META, check: |estate| estate.roles.iter().filter_map(of_role).collect() };

fn of_role(judged: &Judged) -> Option<Finding> {
    let role = &judged.role;
    let (reached, mut unknowns) = judged.outsider()?;
    let session = role.max_session.as_ref()?;
    if role.boundary.is_some() || only_reads(role) {
        return None;
    }
    let limit = judged.settings.longest_session;
    let seconds: Option<u64> = session.value.as_str().and_then(|text| text.parse().ok());
    let (long, label) = match seconds {
        Some(seconds) if seconds <= limit => return None,
        Some(seconds) => (hours(seconds), format!("longer than {}", hours(limit))),
        None => ("a time that is not known".to_owned(), format!("may be longer than {}", hours(limit))),
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
            outsider(judged.zone(), role.cloud, &reached.what.adversary),
            if certain { "can" } else { "could" }
        ),
        location: session.span,
        label,
        related: definition(session.defined).into_iter().chain(calls(role)).collect(),
        steps: Vec::new(),
        unknowns,
        advice: match role.cloud {
            Cloud::Aws => {
                format!(
                    "keep the session within {}, or cap the role with a permissions boundary",
                    hours(limit)
                )
            }
            Cloud::Alibaba => format!("keep the session within {}", hours(limit)),
        },
        fingerprint: fingerprint(&META, role, None),
        suppressed: None,
        introduced: None,
    })
}

/// Seconds as hours with at most one decimal.
fn hours(seconds: u64) -> String {
    let tenths = seconds / 360;
    let (whole, rest) = (tenths / 10, tenths % 10);
    match (whole, rest) {
        (1, 0) => "1 hour".to_owned(),
        (whole, 0) => format!("{whole} hours"),
        (whole, rest) => format!("{whole}.{rest} hours"),
    }
}
