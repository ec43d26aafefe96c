//! `anyone-with-external-id`: a stranger's request is allowed once it carries an ExternalId that stands in the
//! code.

use decide::{Adversary, Reach};

use super::{Basis, Rule, Words, anybody, can, each_reached, external_ids, finding};
use crate::place::principal_mark;
use crate::{Evidence, Meta, Related, Severity};

static META: Meta = Meta {
    id: "anyone-with-external-id",
    severity: Severity::High,
    title: "anybody who has read the code can assume the role",
    page: include_str!("anyone-with-external-id.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            if reached.what.adversary != Adversary::Stranger {
                return None;
            }
            let Reach::Guarded { keys, unknown } = &reached.what.reach else { return None };
            let mut mark = principal_mark(reached, "means everybody; only an ExternalId stands in the way");
            mark.related.extend(external_ids(reached.statement).map(|value| Related {
                span: value.defined.unwrap_or(value.span),
                message: "the ExternalId stands here".to_owned(),
            }));
            let basis = match keys.first() {
                Some(key) => Basis::Evidence(Evidence::Request(key.witness.clone())),
                None => Basis::Unknowns(unknown.clone()),
            };
            let message = format!(
                "{} who has read the code {} assume this role: the ExternalId that it asks for is no secret",
                anybody(judged.role.cloud),
                can(reached, &basis)
            );
            let advice = "name the account that may come in as the principal, and keep the ExternalId; it \
                          protects only together with a principal";
            let words = Words { message, advice: advice.to_owned() };
            Some(finding(&META, judged, reached, basis, mark, words))
        })
    },
};
