//! `unguarded-service`: a service that sends a source key is trusted without a condition on it that binds.

use decide::{Adversary, Proof, Reach, Sends};

use super::{Rule, each_reached, finding};
use crate::estate::{Judged, Reached};
use crate::place::mark;
use crate::{Finding, Meta, Severity};

static META: Meta = Meta {
    id: "unguarded-service",
    severity: Severity::Medium,
    title: "a service acts for any account's resource although it says whose it is",
    page: include_str!("unguarded-service.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, _| each_reached(estate, |judged, reached| service(&META, Sends::Always, judged, reached)),
};

/// A finding of a service that sends source keys as `wanted`.
pub(super) fn service(
    meta: &'static Meta,
    wanted: Sends,
    judged: &Judged,
    reached: &Reached<'_>,
) -> Option<Finding> {
    let Adversary::Service { name, sends } = &reached.exposure.adversary else { return None };
    let Reach::Open(proof) = &reached.exposure.reach else { return None };
    if *sends != wanted {
        return None;
    }
    let guards = ["aws:source", "sts:externalid"];
    let mark = mark(reached, &guards, "acts for whoever's resource makes it act");
    let may = if *sends == Sends::Always && matches!(proof, Proof::Proved(_)) { "can" } else { "may" };
    let said = format!("{name} {may} be made to use this role by a resource in another account");
    let advice = match sends {
        Sends::Always => {
            "require your account: StringEquals on aws:SourceAccount, or ArnLike on aws:SourceArn".to_owned()
        }
        Sends::Unknown | Sends::Never => format!(
            "find out whether {name} sends aws:SourceAccount; if it does, require your account with StringEquals \
             (if it does not, that would break the role)"
        ),
    };
    Some(finding(meta, judged, reached, mark, said, advice))
}
