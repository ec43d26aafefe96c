//! `anyone-can-assume`: a stranger's request is allowed, without knowing anything.

use decide::{Adversary, Reach};
use model::Cloud;

use super::{Basis, Rule, Words, anybody, can, each_reached, finding};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "anyone-can-assume",
    severity: Severity::Critical,
    title: "anybody with an account can assume the role",
    page: include_str!("anyone-can-assume.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            if reached.what.adversary != Adversary::Stranger {
                return None;
            }
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = Basis::from(proof);
            let cloud = judged.role.cloud;
            let mark = mark(reached, &GUARDS);
            let mut message = format!("{} {} assume this role", anybody(cloud), can(reached, &basis));
            if reached.statement.value.principals.negated {
                message.push_str(
                    ": an Allow with NotPrincipal lets everybody else in (the cloud may refuse to save it)",
                );
            }
            let advice = match cloud {
                Cloud::Aws => {
                    "name the accounts or roles that may come in, or require your organization: StringEquals on \
                     aws:PrincipalOrgID"
                }
                Cloud::Alibaba => {
                    "name the accounts that may come in, as acs:ram::ACCOUNT:root, or their users and roles"
                }
            };
            let words = Words { message, advice: advice.to_owned() };
            Some(finding(&META, judged, reached, basis, mark, words))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &["aws:principal", "acs:principal", "sts:externalid"],
    other: None,
    none: "means everybody",
};
