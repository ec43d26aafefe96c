//! `unguarded-service`: a service that sends a source key is trusted without a condition on it that binds.

use decide::{Adversary, Reach, Sends};

use super::{Basis, Rule, Words, can, each_reached, finding};
use crate::estate::{Judged, Reached};
use crate::place::{Guards, mark};
use crate::{Finding, Meta, Severity};

static META: Meta = Meta {
    id: "unguarded-service",
    severity: Severity::Medium,
    title: "another account's resource can make the service use the role",
    page: include_str!("unguarded-service.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| each_reached(estate, |judged, reached| service(&META, Sends::Always, judged, reached)),
};

const GUARDS: Guards = Guards {
    keys: &["aws:source", "sts:externalid"],
    other: Some("does not say whose resource makes the service act"),
    none: "acts for whoever's resource makes it act",
};

/// A finding of a service that sends source keys as `wanted`.
pub(super) fn service(
    meta: &'static Meta,
    wanted: Sends,
    judged: &Judged,
    reached: &Reached<'_>,
) -> Option<Finding> {
    let Adversary::Service { name, sends } = &reached.what.adversary else { return None };
    let Reach::Open(proof) = &reached.what.reach else { return None };
    let basis = Basis::from(proof);
    if *sends != wanted {
        return None;
    }
    let mark = mark(reached, &GUARDS);
    let can = if *sends == Sends::Always { can(reached, &basis) } else { "could" };
    let who = if name == "*" { "any AWS service" } else { name };
    let message = format!("a resource in another account {can} make {who} use this role");
    let advice = match sends {
        Sends::Always => {
            "require your account: StringEquals on aws:SourceAccount, or ArnLike on aws:SourceArn".to_owned()
        }
        // It tells its customer's account in another key. Source: the Firehose guide.
        Sends::Unknown | Sends::Never if name.starts_with("firehose.") => {
            "require your account: StringEquals on sts:ExternalId, which Firehose sends with the account it acts for"
                .to_owned()
        }
        Sends::Unknown | Sends::Never => format!(
            "find out whether {name} sends aws:SourceAccount; if it does, require your account with StringEquals \
             (if it does not, that would break the role)"
        ),
    };
    Some(finding(meta, judged, reached, basis, mark, Words { message, advice }))
}
