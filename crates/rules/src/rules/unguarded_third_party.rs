//! `unguarded-third-party`: another tenant of a trusted account outside the zone can make that third party assume
//! the role.

use decide::{Adversary, Reach, Zone};

use super::{Basis, Owner, Rule, Words, can, each_reached, finding, owner, party};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "unguarded-third-party",
    severity: Severity::High,
    title: "another tenant of a trusted third party can make it assume the role",
    page: include_str!("unguarded-third-party.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::ThirdParty(account) = &reached.what.adversary else { return None };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let mark = mark(reached, &GUARDS);
            let can = can(reached, &basis);
            let message = match account {
                Some(account) => match owner(judged.zone(), account) {
                    Some(Owner::Aws(purpose)) => format!(
                        "another customer of AWS {can} make its own account for {purpose} ({account}) assume this role"
                    ),
                    Some(Owner::Vendor(_)) | None => {
                        format!(
                            "another tenant of {} {can} make it assume this role",
                            party(judged.zone(), account)
                        )
                    }
                },
                None => {
                    "if the account of this principal is a third party's, another of its tenants can make it \
                         assume this role"
                        .to_owned()
                }
            };
            let words = Words { message, advice: advice(judged.zone(), account.as_deref()) };
            Some(finding(&META, judged, reached, basis, mark, words))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &["sts:externalid", "aws:principalorg", "acs:principalrd"],
    other: Some("is the same whichever of its tenants it works for"),
    none: "no ExternalId tells its customers apart",
};

fn advice(zone: &Zone, account: Option<&str>) -> String {
    let external_id =
        "require the ExternalId that the third party made for you: StringEquals on sts:ExternalId";
    match account.map(|account| (account, owner(zone, account))) {
        Some((_, Some(Owner::Aws(_)))) => {
            "trust the AWS service by its service principal (Service) with a source key of yours, unless its guide \
             asks for this account"
                .to_owned()
        }
        Some((account, None)) => {
            format!("{external_id}; if the account is yours, say so with --own-account {account}")
        }
        Some((_, Some(Owner::Vendor(_)))) | None => external_id.to_owned(),
    }
}
