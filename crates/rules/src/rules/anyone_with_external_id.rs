//! `anyone-with-external-id`: a stranger's request is allowed once it carries an ExternalId that stands in the
//! code.

use decide::{Adversary, Reach};

use super::{Rule, each_reached, finding, proved_by};
use crate::place::{definition, principal_mark};
use crate::{Certainty, Meta, Severity};

static META: Meta = Meta {
    id: "anyone-with-external-id",
    severity: Severity::High,
    title: "anybody who has read the code can assume the role",
    page: include_str!("anyone-with-external-id.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, _| {
        each_reached(estate, |judged, reached| {
            if reached.exposure.adversary != Adversary::Stranger {
                return None;
            }
            let Reach::Guarded { keys, unknown } = &reached.exposure.reach else { return None };
            let mut mark = principal_mark(reached, "means everybody; only an ExternalId stands in the way");
            mark.related.extend(reached.statement.value.conditions.iter().flat_map(|c| {
                let secret = c.value.key.value.to_string().eq_ignore_ascii_case("sts:ExternalId");
                let values = c.value.values.items.iter().filter(move |_| secret);
                values.flat_map(|v| definition(v.defined.or(Some(v.span))))
            }));
            let said = "anybody with an account can assume this role by sending the ExternalId that it asks for, \
                        which is no secret";
            let advice = "name the account that should come in as the principal; an ExternalId protects only \
                          together with a principal";
            let mut out = finding(&META, judged, reached, mark, said.to_owned(), advice.to_owned());
            match keys.first() {
                Some(key) => out.certainty = proved_by(&key.witness, &out.unknowns),
                None => {
                    out.unknowns.extend(unknown.iter().cloned());
                    out.certainty = Certainty::Possible;
                }
            }
            Some(out)
        })
    },
};
