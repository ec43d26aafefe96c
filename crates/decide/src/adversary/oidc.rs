//! Tokens of another tenant of a shared OpenID Connect provider.

use std::collections::{BTreeMap, BTreeSet};

use model::{Located, Piece, Statement, Text};

use crate::Request;
use crate::adversary::composed::composed;
use crate::adversary::domain::{Domain, Extras};
use crate::adversary::provider::{Provider, SESSION_NAME, Template, free, glob, has, naming, slots};
use crate::adversary::providers::{UNKNOWN, of_issuer, of_subject};
use crate::adversary::setting::Setting;
use crate::adversary::signed::ambient;
use crate::evaluate::keys;
use crate::string::glob::Glob;

/// A tenant that is not the user's, at one provider.
pub(crate) struct Tenant<'a, 'z> {
    setting: &'a Setting<'z>,
    provider: &'static Provider,
    issuer: String,
    /// The prefix of the provider's context keys, in lower case, with the colon.
    prefix: String,
    /// Subjects that a tenant composes as the policy asks for.
    composed: BTreeSet<Vec<&'static str>>,
    /// The user's own tenants there.
    own: BTreeSet<String>,
    /// What the policy names of what the provider gives out, by slot.
    issued: BTreeSet<(&'static str, String)>,
    /// What slots are not in a case that is asked about.
    barred: Vec<(&'static str, String)>,
    /// Slots of the claims whose text is fixed.
    pinned: BTreeMap<&'static str, String>,
    /// Whether a tenant that the policy names is taken as the user's own.
    named_are_own: bool,
    /// Whether the token may be of the user's own tenant too.
    insider: bool,
}

impl<'a, 'z> Tenant<'a, 'z> {
    /// A tenant at the provider whose context keys start with `prefix` (`issuer:`, or `oidc:` on Alibaba Cloud).
    pub(crate) fn new(
        setting: &'a Setting<'z>,
        provider: &'static Provider,
        issuer: &str,
        prefix: &str,
    ) -> Self {
        let prefix = prefix.to_ascii_lowercase();
        let mut own: BTreeSet<String> = match setting.zone.oidc.get(issuer) {
            Some(tenants) => tenants.iter().cloned().collect(),
            None => BTreeSet::new(),
        };
        let named_are_own = own.is_empty();
        let composed = composed(provider, values(setting, &format!("{prefix}sub")));
        let mut tenant = Tenant {
            setting,
            provider,
            issuer: issuer.to_owned(),
            prefix,
            composed,
            own: BTreeSet::new(),
            issued: BTreeSet::new(),
            barred: Vec::new(),
            pinned: BTreeMap::new(),
            named_are_own,
            insider: false,
        };
        for said in tenant.named() {
            // An id beside the name of its tenant is that tenant's.
            let of_somebody = said.iter().any(|(slot, _)| *slot == "tenant");
            for (slot, text) in said {
                if slot == "tenant" && named_are_own {
                    own.insert(text);
                } else if !of_somebody && provider.issues(slot) {
                    tenant.issued.insert((slot, text));
                }
            }
        }
        Tenant { own, ..tenant }
    }

    /// The same with slots pinned: to a tenant that nobody names, or to what another claim says.
    pub(crate) fn pinned(&self, pinned: BTreeMap<&'static str, String>) -> Tenant<'a, 'z> {
        Tenant {
            issuer: self.issuer.clone(),
            prefix: self.prefix.clone(),
            composed: self.composed.clone(),
            own: self.own.clone(),
            issued: self.issued.clone(),
            barred: self.barred.clone(),
            pinned,
            ..*self
        }
    }

    /// Any tenant, the user's own included.
    pub(crate) fn insider(&self) -> Tenant<'a, 'z> {
        Tenant { insider: true, ..self.pinned(self.pinned.clone()) }
    }

    /// The user's own tenants; one that stands for them where none is named.
    pub(crate) fn own_tenants(&self) -> Vec<String> {
        if self.own.is_empty() { vec!["your-own".to_owned()] } else { self.own.iter().cloned().collect() }
    }

    /// A tenant name that is not the user's.
    pub(crate) fn stranger(&self) -> BTreeMap<&'static str, String> {
        let mut name = self.provider.stranger.to_owned();
        while self.own.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            name.push('2');
        }
        BTreeMap::from([("tenant", name)])
    }

    /// What a key, in lower case, can be.
    pub(crate) fn domain(&self, extras: Extras, key: &str) -> Domain {
        if let Some(domain) = extras.domain(key) {
            return domain;
        }
        if key == "oidc:iss" && self.insider && self.pinned.is_empty() {
            return Domain::free();
        }
        if key == "oidc:iss" {
            return Domain::fixed(&[&format!("https://{}", self.issuer)]);
        }
        if let Some(claim) = self.claim_of(key) {
            return self.claim(key, claim);
        }
        match key {
            // What it says of calls that are not signed.
            "aws:principalaccount" => Domain::fixed(&["anonymous"]),
            "sts:roleauthorizedbyidp" => Domain::fixed(&["true", "false"]).optional(),
            // The call is not signed: no key of a caller's account is there, and no ExternalId.
            _ => ambient(self.setting, key, false).unwrap_or_else(Domain::never),
        }
    }

    /// The claim that a key (in lower case) holds.
    fn claim_of<'k>(&self, key: &'k str) -> Option<&'k str> {
        let named = |claim: &str| self.provider.claims.iter().any(|(name, _)| *name == claim);
        key.strip_prefix(&self.prefix).or_else(|| (key == SESSION_NAME && named(key)).then_some(key))
    }

    fn claim(&self, key: &str, claim: &str) -> Domain {
        let pin = |slot: &str| self.pinned.get(slot).cloned();
        let said = |t| if self.pinned.is_empty() { free(t) } else { glob(t, &pin, false) };
        let globs: Vec<Glob> = self.templates(claim).map(said).collect();
        if globs.is_empty() {
            return Domain::never();
        }
        let mut domain = Domain::present(globs);
        domain.absent = self.provider.optional.contains(&claim);
        if keys::is_multivalued(key) {
            domain = domain.several();
        }
        for (slot, text) in &self.barred {
            domain =
                domain.except(self.templates(claim).flat_map(|t| naming(t, slot, text)).collect::<Vec<_>>());
        }
        if self.insider {
            return domain;
        }
        if self.templates(claim).any(|t| has(t, "tenant")) {
            domain = domain.unnamed_if(self.named_are_own);
        }
        let open = |slot: &str| !self.pinned.contains_key(slot);
        let own = self.own.iter().map(|own| ("tenant", own));
        let issued = self.issued.iter().map(|(slot, text)| (*slot, text));
        for (slot, text) in own.chain(issued).filter(|(slot, _)| open(slot)) {
            let of_own = self.templates(claim).flat_map(|t| naming(t, slot, text));
            domain = domain.except(of_own.collect::<Vec<_>>());
        }
        if self.provider.issued.contains(&claim) {
            let literal = values(self.setting, key).filter_map(Text::as_str).map(Glob::literal);
            domain = domain.except(literal.collect::<Vec<_>>()).unnamed();
        }
        domain
    }

    /// The same with what a slot is.
    pub(crate) fn with(&self, slot: &'static str, value: &str) -> Tenant<'a, 'z> {
        let mut pinned = self.pinned.clone();
        pinned.insert(slot, value.to_owned());
        self.pinned(pinned)
    }

    /// The same with what a slot is not.
    pub(crate) fn without(&self, slot: &'static str, values: &BTreeSet<String>) -> Tenant<'a, 'z> {
        let mut tenant = self.pinned(self.pinned.clone());
        tenant.barred.extend(values.iter().map(|value| (slot, value.clone())));
        tenant
    }

    /// What the policy's conditions put into a slot.
    pub(crate) fn named_in(&self, slot: &str) -> impl Iterator<Item = String> {
        self.named().into_iter().flatten().filter(move |(name, _)| *name == slot).map(|(_, text)| text)
    }

    /// A slot of which two claims of a request say different things, and what.
    pub(crate) fn disagreement(&self, request: &Request) -> Option<(&'static str, [String; 2])> {
        let mut known: BTreeMap<&'static str, String> = BTreeMap::new();
        for (key, said) in &request.context {
            let key = key.to_ascii_lowercase();
            let (Some(claim), [value]) = (self.claim_of(&key), said.as_slice()) else { continue };
            // What the user's own workloads ask a token for is theirs to choose.
            if self.insider && claim == "aud" {
                continue;
            }
            let template = self.templates(claim).find(|t| free(t).matches(value));
            for (slot, text) in template.map(|t| slots(t, value)).unwrap_or_default() {
                let before = known.entry(slot).or_insert_with(|| text.clone());
                if *before != text {
                    return Some((slot, [before.clone(), text]));
                }
            }
        }
        None
    }

    /// What a claim can say.
    fn templates<'s>(&'s self, claim: &str) -> impl Iterator<Item = &'s Template> {
        let composed = if claim == "sub" { Some(&self.composed) } else { None };
        let usual = self.provider.templates(claim).map(|t| -> &'s Template { t });
        usual.chain(composed.into_iter().flatten().map(Vec::as_slice))
    }

    /// What the policy's conditions put into slots, each value by itself and for each template.
    fn named(&self) -> Vec<Vec<(&'static str, String)>> {
        let mut out = Vec::new();
        for condition in self.setting.policy.statements.iter().flat_map(|s| &s.value.conditions) {
            let Some(key) = condition.value.key.value.as_str() else { continue };
            let key = key.to_ascii_lowercase();
            let Some(claim) = self.claim_of(&key) else { continue };
            for value in &condition.value.values.items {
                // What stands before an unknown piece is named too, as far as it goes.
                if let Some(Piece::Lit(text)) = value.value.pieces().first() {
                    out.extend(self.templates(claim).map(|template| slots(template, text)));
                }
            }
        }
        out
    }

    /// Its issuer, without scheme.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The provider.
    pub(crate) fn provider(&self) -> &'static Provider {
        self.provider
    }
}

/// The values that the policy tests a key (in lower case) against.
fn values<'s>(setting: &'s Setting<'_>, key: &str) -> impl Iterator<Item = &'s Text> {
    let key = key.to_owned();
    setting
        .policy
        .statements
        .iter()
        .flat_map(|s| &s.value.conditions)
        .filter(move |c| c.value.key.value.as_str().is_some_and(|k| k.eq_ignore_ascii_case(&key)))
        .flat_map(|c| &c.value.values.items)
        .map(|v| &v.value)
}

/// The provider whose tokens a policy reads: known by its issuer, else by the subjects that the policy asks for.
pub(crate) fn provider_of(setting: &Setting<'_>, issuer: &str, prefix: &str) -> &'static Provider {
    let told = |subject: &Text| match subject.pieces().first() {
        Some(Piece::Lit(text)) => of_subject(text),
        Some(Piece::Symbol(_) | Piece::Hole(_)) | None => None,
    };
    let subject = format!("{}sub", prefix.to_ascii_lowercase());
    of_issuer(issuer).or_else(|| values(setting, &subject).find_map(told)).unwrap_or(&UNKNOWN)
}

/// The issuer that the condition keys of a statement name, if they name one: `HOST:sub` and the like.
pub(crate) fn issuer_in_keys(statement: &Located<Statement>) -> Option<String> {
    let issuers: BTreeSet<String> = statement
        .value
        .conditions
        .iter()
        .filter_map(|c| c.value.key.value.as_str())
        .filter_map(|key| key.rsplit_once(':'))
        .filter(|(_, claim)| matches!(*claim, "sub" | "aud" | "amr"))
        .map(|(issuer, _)| issuer.to_ascii_lowercase())
        .filter(|issuer| issuer.contains('.'))
        .collect();
    let mut issuers = issuers.into_iter();
    match (issuers.next(), issuers.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

/// The issuer that an Alibaba Cloud policy pins with `oidc:iss`.
pub(crate) fn issuer_claim(setting: &Setting<'_>) -> Option<String> {
    values(setting, "oidc:iss")
        .find_map(Text::as_str)
        .map(|iss| iss.strip_prefix("https://").unwrap_or(iss).trim_end_matches('/').to_owned())
}
