//! `foreign-service`: on Alibaba Cloud, a service that acts for another account (`UID@service`).

use decide::{Adversary, Reach};

use super::{Basis, Rule, Words, can, each_reached, finding, party};
use crate::place::principal_mark;
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "foreign-service",
    severity: Severity::Medium,
    title: "a service of another account can assume the role",
    page: include_str!("foreign-service.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::ForeignService { account, name } = &reached.what.adversary else { return None };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let service = name.split_once('@').map_or(name.as_str(), |(_, service)| service);
            let mark = principal_mark(reached, "the account before the `@` is not yours");
            let message = format!(
                "{service} of {} {} assume this role",
                party(judged.zone(), account),
                can(reached, &basis)
            );
            let advice = format!(
                "write {service} without an account, which means the service in your own account; if {account} is \
                 yours, say so with --own-account {account}"
            );
            Some(finding(&META, judged, reached, basis, mark, Words { message, advice }))
        })
    },
};
