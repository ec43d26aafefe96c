//! `unguarded-service-unverified`: as `unguarded-service`, for a service that is not known to send a source key.

use decide::Sends;

use super::unguarded_service::service;
use super::{Rule, each_reached};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "unguarded-service-unverified",
    severity: Severity::Low,
    title: "another account's resource may be able to make the service use the role",
    page: include_str!("unguarded-service-unverified.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| each_reached(estate, |judged, reached| service(&META, Sends::Unknown, judged, reached)),
};
