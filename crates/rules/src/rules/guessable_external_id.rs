//! `guessable-external-id`: the ExternalId that guards a third party can be guessed, or another tenant can have it.

use decide::{Adversary, Key, Reach, Zone};

use super::{Basis, Owner, Rule, Words, can, each_reached, external_ids, finding, owner, party};
use crate::estate::{Judged, Reached};
use crate::place::{Mark, definition, principal_mark};
use crate::{Evidence, Meta, Severity};

static META: Meta = Meta {
    id: "guessable-external-id",
    severity: Severity::Medium,
    title: "the ExternalId can be guessed or produced by another tenant",
    page: include_str!("guessable-external-id.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::ThirdParty(account) = &reached.what.adversary else { return None };
            let Reach::Guarded { keys, .. } = &reached.what.reach else { return None };
            let weakest = keys
                .iter()
                .filter(|key| key.strength.weakness.is_some())
                .min_by(|a, b| a.strength.bits.total_cmp(&b.strength.bits))?;
            let weakness = weakest.strength.weakness.as_deref().unwrap_or_default();
            let guard = Guard { value: &weakest.value, account: account.as_deref(), zone: judged.zone() };
            let basis = Basis::Evidence(Evidence::Request(weakest.witness.clone()));
            let message = format!(
                "any tenant of {} that {} {} make it assume this role, because the ExternalId {weakness}{}",
                guard.party(),
                guard.effort(),
                can(reached, &basis),
                guard.dictated()
            );
            let words = Words { message, advice: guard.advice() };
            Some(finding(&META, judged, reached, basis, place(judged, reached, weakest), words))
        })
    },
};

/// Third parties that dictate a number as ExternalId, and what the number is. Sources: their setup guides.
const DICTATED: &[(&str, &str)] =
    &[("New Relic", "your account number"), ("Sumo Logic", "your deployment and organization number")];

/// A weak ExternalId with the third party against whose tenants it guards.
struct Guard<'a> {
    value: &'a str,
    account: Option<&'a str>,
    zone: &'a Zone,
}

impl Guard<'_> {
    fn party(&self) -> String {
        self.account.map_or_else(|| "the third party".to_owned(), |account| party(self.zone, account))
    }

    /// What a tenant must do to have the value sent for it.
    fn effort(&self) -> &'static str {
        if self.zone.accounts.contains(self.value) {
            "enters the id of your account"
        } else if self.account == Some(self.value) {
            "enters the third party's own account id"
        } else if self.is_number() {
            "is given this number or counts up to it"
        } else {
            "guesses the ExternalId"
        }
    }

    /// Whether it ends in nothing but a number, as ids of tenants do.
    fn is_number(&self) -> bool {
        let last = self.value.rsplit(':').next().unwrap_or_default();
        !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit())
    }

    /// What the number is, where the third party is known to dictate it.
    fn dictated(&self) -> String {
        let name = match self.account.and_then(|account| owner(self.zone, account)) {
            Some(Owner::Vendor(name)) if self.is_number() => name,
            _ => return String::new(),
        };
        let number = DICTATED.iter().find(|(vendor, _)| *vendor == name);
        number.map_or_else(String::new, |(_, what)| format!(" ({name} dictates it: {what})"))
    }

    fn advice(&self) -> String {
        let own = self.zone.accounts.contains(self.value) || self.account == Some(self.value);
        if self.is_number() && !own {
            "if the third party dictates this number, have it confirm that no other tenant can enter it; else use \
             a value that it generated at random, such as a version 4 UUID"
                .to_owned()
        } else {
            "use a value that the third party generated for you at random, such as a version 4 UUID"
                .to_owned()
        }
    }
}

/// Where the value stands: in the statement, else in another one that asks for it.
fn place(judged: &Judged, reached: &Reached<'_>, key: &Key) -> Mark {
    let statements = judged.role.trust.iter().flat_map(|v| &v.policy.statements);
    let written = std::iter::once(reached.statement)
        .chain(statements)
        .flat_map(external_ids)
        .find(|v| v.value.is(&key.value) || v.value.as_str().is_none());
    match written {
        Some(value) => Mark {
            span: value.span,
            label: "another tenant can come to have it".to_owned(),
            related: definition(value.defined),
        },
        None => principal_mark(reached, "guarded by an ExternalId that another tenant can come to have"),
    }
}
