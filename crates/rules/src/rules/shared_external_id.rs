//! `shared-external-id`: one ExternalId guards roles for different third parties.
//!
//! Two accounts of one vendor are one third party, and several roles for one third party may share a value.

use std::collections::{BTreeMap, BTreeSet};

use decide::{Adversary, Reach};
use model::Span;

use super::{Basis, Owner, Rule, Words, external_ids, finding, owner, party};
use crate::estate::{Judged, Reached};
use crate::place::{Mark, definition, principal_mark};
use crate::{Estate, Evidence, Finding, Meta, Related, Severity};

static META: Meta = Meta {
    id: "shared-external-id",
    severity: Severity::Medium,
    title: "one ExternalId guards roles for different third parties",
    page: include_str!("shared-external-id.md"),
};

pub(crate) static RULE: Rule = Rule { meta: &META, check };

/// A third party whose tenants one ExternalId keeps out of a role.
struct Use<'a> {
    judged: &'a Judged,
    reached: Reached<'a>,
    account: &'a str,
    /// Where the value stands in the statement, and where it was defined.
    value: Option<(Span, Option<Span>)>,
}

fn check(estate: &Estate) -> Vec<Finding> {
    let mut by_value: BTreeMap<&str, Vec<Use<'_>>> = BTreeMap::new();
    for judged in &estate.roles {
        for reached in judged.reached() {
            let Adversary::ThirdParty(Some(account)) = &reached.what.adversary else { continue };
            let Reach::Guarded { keys, .. } = &reached.what.reach else { continue };
            for key in keys {
                let written = external_ids(reached.statement).find(|v| v.value.is(&key.value));
                let value = written.map(|v| (v.span, v.defined));
                by_value.entry(&key.value).or_default().push(Use { judged, reached, account, value });
            }
        }
    }
    by_value.into_iter().filter_map(|(value, uses)| shared(value, uses)).collect()
}

/// The finding, if the uses are for different third parties.
fn shared(value: &str, mut uses: Vec<Use<'_>>) -> Option<Finding> {
    uses.sort_by_key(|u| u.reached.assumed.is_some());
    let (first, others) = uses.split_first()?;
    let other = others.iter().find(|u| u.identity() != first.identity())?;
    let mut mark = first.mark("the same value guards a role for another third party");
    mark.related.extend(related(mark.span, others));
    let message = format!(
        "{} and {} have the same ExternalId (`{}`), so each knows the value that keeps the other's tenants out of \
         your role",
        first.party(),
        other.party(),
        masked(value)
    );
    let advice = "have each third party generate an ExternalId of its own for you".to_owned();
    let basis = match other.reached.assumptions() {
        unknowns if unknowns.is_empty() => Basis::Evidence(Evidence::Fact),
        unknowns => Basis::Unknowns(unknowns),
    };
    Some(finding(&META, first.judged, &first.reached, basis, mark, Words { message, advice }))
}

/// Where else the value guards a role. Instances of one block share their place, and stand there once.
fn related(first: Span, others: &[Use<'_>]) -> Vec<Related> {
    let mut shown = BTreeSet::new();
    let mut out = Vec::new();
    for other in others {
        // In the very same statement it is the principal that differs.
        let place = Some(other.mark("").span).filter(|place| *place != first);
        let span = place.unwrap_or_else(|| principal_mark(&other.reached, "").span);
        if shown.insert(span) {
            let message = format!("guards {} for {}", other.judged.role.address, other.party());
            out.push(Related { span, message });
        }
    }
    out
}

impl Use<'_> {
    /// What makes two accounts one third party.
    fn identity(&self) -> &str {
        match owner(self.judged.zone(), self.account) {
            Some(Owner::Vendor(name) | Owner::Aws(name)) => name,
            None => self.account,
        }
    }

    /// The third party, for people.
    fn party(&self) -> String {
        party(self.judged.zone(), self.account)
    }

    fn mark(&self, label: &str) -> Mark {
        match self.value {
            Some((span, defined)) => Mark { span, label: label.to_owned(), related: definition(defined) },
            None => principal_mark(&self.reached, label),
        }
    }
}

/// Enough of the value to recognise it.
fn masked(value: &str) -> String {
    let shown: String = value.chars().take(4).collect();
    if value.chars().count() > 4 { format!("{shown}…") } else { shown }
}
