//! `guessable-external-id`: the ExternalId that guards a third party can be guessed, or another tenant can have it.

use decide::{Adversary, Key, Reach};
use model::{Located, Statement, Text};

use super::{Rule, each_reached, finding, party, proved_by};
use crate::place::{Mark, definition, principal_mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "guessable-external-id",
    severity: Severity::Medium,
    title: "the ExternalId can be guessed or produced by another tenant",
    page: include_str!("guessable-external-id.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate, zone| {
        each_reached(estate, |judged, reached| {
            let Adversary::ThirdParty(account) = &reached.exposure.adversary else { return None };
            let Reach::Guarded { keys, .. } = &reached.exposure.reach else { return None };
            let weakest = keys
                .iter()
                .filter(|key| key.strength.weakness.is_some())
                .min_by(|a, b| a.strength.bits.total_cmp(&b.strength.bits))?;
            let why = weakest.strength.weakness.as_deref().unwrap_or_default();
            let policies = judged.role.trust.iter().flat_map(|v| &v.policy.statements);
            let mark = match place(reached.statement, weakest)
                .or_else(|| policies.clone().find_map(|s| place(s, weakest)))
            {
                Some(value) => Mark {
                    span: value.span,
                    label: "another tenant can come to have it".to_owned(),
                    related: definition(value.defined),
                },
                None => {
                    principal_mark(reached, "guarded by an ExternalId that another tenant can come to have")
                }
            };
            let who = account.as_ref().map_or_else(|| "the third party".to_owned(), |a| party(zone, a));
            let said = format!("the ExternalId that guards this role against other tenants of {who} {why}");
            let advice =
                "use a value that the third party generated for you at random, such as a version 4 UUID";
            let mut out = finding(&META, judged, reached, mark, said, advice.to_owned());
            out.certainty = proved_by(&weakest.witness, &out.unknowns);
            Some(out)
        })
    },
};

/// Where the value stands in a statement.
fn place<'a>(statement: &'a Located<Statement>, key: &Key) -> Option<&'a Located<Text>> {
    statement
        .value
        .conditions
        .iter()
        .filter(|c| c.value.key.value.to_string().eq_ignore_ascii_case("sts:ExternalId"))
        .flat_map(|c| &c.value.values.items)
        .find(|v| v.value.is(&key.value) || v.value.as_str().is_none())
}
