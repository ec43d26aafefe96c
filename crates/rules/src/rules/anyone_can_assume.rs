//! `anyone-can-assume`: a stranger's request is allowed, without knowing anything.

use decide::{Adversary, Reach};

use super::{Rule, each_reached, finding};
use crate::place::mark;
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "anyone-can-assume",
    severity: Severity::Critical,
    title: "anybody with an account can assume the role",
    page: include_str!("anyone-can-assume.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, _| {
        each_reached(estate, |judged, reached| {
            if reached.exposure.adversary != Adversary::Stranger {
                return None;
            }
            let Reach::Open(_) = &reached.exposure.reach else { return None };
            let mark =
                mark(reached, &["aws:principal", "acs:principal", "sts:externalid"], "means everybody");
            let mut said = "anybody with an account in this cloud can assume this role".to_owned();
            if reached.statement.value.principals.negated {
                said.push_str(
                    " (an Allow with NotPrincipal means everyone else; the cloud may refuse to save it)",
                );
            }
            let advice = "name the accounts or roles that may come in, or require your organization: \
                          StringEquals on aws:PrincipalOrgID";
            Some(finding(&META, judged, reached, mark, said, advice.to_owned()))
        })
    },
};
