//! `unguarded-third-party`: another tenant of a trusted account outside the zone can make that third party assume
//! the role.

use decide::{Adversary, Reach};

use super::{Rule, each_reached, finding, party};
use crate::place::mark;
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "unguarded-third-party",
    severity: Severity::High,
    title: "another tenant of a trusted third party can make it assume the role",
    page: include_str!("unguarded-third-party.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, zone| {
        each_reached(estate, |judged, reached| {
            let Adversary::ThirdParty(account) = &reached.exposure.adversary else { return None };
            let Reach::Open(_) = &reached.exposure.reach else { return None };
            let mark = mark(reached, &["sts:externalid"], "nothing tells one of its tenants from another");
            let (said, own) = match account {
                Some(account) => (
                    format!("another tenant of {} can make it assume this role", party(zone, account)),
                    format!("; if the account is yours, say so with --own-account {account}"),
                ),
                None => (
                    "if the account of this principal is a third party's, another of its tenants can make it \
                     assume this role"
                        .to_owned(),
                    String::new(),
                ),
            };
            let advice = format!(
                "require the ExternalId that the third party made for you: StringEquals on sts:ExternalId{own}"
            );
            Some(finding(&META, judged, reached, mark, said, advice))
        })
    },
};
