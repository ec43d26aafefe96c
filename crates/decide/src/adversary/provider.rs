//! What an OpenID Connect provider signs, read from templates.
//!
//! The providers themselves are data, in `providers`. A template describes what a claim can say; `{slot:kind}` is a
//! part that the workload's owner decides, and the slot `tenant` names the owner. Subjects that an owner composes of
//! several templates are in `composed`.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use foldhash::HashMap;

use model::{Piece, Text};

use crate::adversary::domain::{ALPHANUMERIC, DIGITS};
use crate::string::glob::{Class, Glob};

/// The name of the session, by which a provider may tell its tenants apart.
pub(crate) const SESSION_NAME: &str = "sts:rolesessionname";

/// A provider of tokens.
#[derive(Debug)]
pub(crate) struct Provider {
    /// Its name for people.
    pub(crate) name: &'static str,
    /// What it calls a tenant.
    pub(crate) tenant: &'static str,
    /// What it calls the workload of a tenant: a repository, a workspace. Empty where tokens are people's, who are
    /// meant to come in.
    pub(crate) workload: &'static str,
    /// Whether each tenant has an issuer of its own.
    pub(crate) private: bool,
    /// Whether what stands in a subject is not known, so that only its being pinned or not can be told.
    pub(crate) opaque: bool,
    /// Its issuers without scheme; `*` is any run.
    pub(crate) issuers: &'static [&'static str],
    /// What the claims can be. A claim may have several templates; one that is not listed is never in a token.
    pub(crate) claims: &'static [(&'static str, &'static str)],
    /// The claims that not every token has.
    pub(crate) optional: &'static [&'static str],
    /// What a tenant can compose its subjects of instead.
    pub(crate) composition: Option<&'static Composition>,
    /// The slots that tell one workload of a tenant from another.
    pub(crate) workload_slots: &'static [&'static str],
    /// The slots that tell one run of a workload from another: branches, environments, runs.
    pub(crate) run_slots: &'static [&'static str],
    /// Claims whose values the provider gives out, so that a value which a policy names is never another tenant's.
    pub(crate) issued: &'static [&'static str],
    /// A tenant name that fits and that nobody is likely to name.
    pub(crate) stranger: &'static str,
}

/// The parts of which a tenant composes subjects, in an order of its choosing, with colons between.
#[derive(Debug)]
pub(crate) struct Composition {
    /// The part that stands first unless something else is asked for.
    pub(crate) first: &'static str,
    /// A part that can stand anywhere else.
    pub(crate) further: &'static str,
    /// All parts. Up to its first colon a part is the name of a claim; a claim can have several forms.
    pub(crate) parts: &'static [&'static str],
}

/// What a claim can say: templates with colons between, mostly just one.
pub(crate) type Template = [&'static str];

/// Whether a template has a slot.
pub(crate) fn has(template: &Template, slot: &str) -> bool {
    occurrences(template, slot) > 0
}

/// How often a template has a slot.
fn occurrences(template: &Template, slot: &str) -> usize {
    let marks = template.iter().flat_map(|one| one.split('{').skip(1));
    marks.filter(|mark| mark.strip_prefix(slot).is_some_and(|rest| rest.starts_with(':'))).count()
}

/// What a template says with this text, whatever its letter case, in one place or another of a slot.
pub(crate) fn naming(template: &Template, slot: &str, text: &str) -> impl Iterator<Item = Glob> {
    (0..occurrences(template, slot)).map(move |place| {
        let passed = Cell::new(0);
        let here = |name: &str| name == slot && passed.replace(passed.get() + 1) == place;
        glob(template, &|name| here(name).then(|| text.to_owned()), true)
    })
}

impl Provider {
    /// Whether it gives out the values of a slot: that of a claim which it issues.
    pub(crate) fn issues(&self, slot: &str) -> bool {
        let templates = self.issued.iter().flat_map(|claim| self.templates(claim));
        slot != "tenant" && templates.into_iter().any(|template| has(template, slot))
    }

    /// The slots of `names`, each pinned to something that no policy means.
    pub(crate) fn unrelated(&self, names: &[&'static str]) -> BTreeMap<&'static str, String> {
        let kind = |name: &str| {
            let marked = format!("{{{name}:");
            let composed = self.composition.map_or(&[][..], |c| c.parts).iter();
            let mut templates = self.claims.iter().map(|(_, template)| template).chain(composed);
            let (_, after) = templates.find_map(|template| template.split_once(&marked))?;
            after.split('}').next()
        };
        let value = |name: &&'static str| match kind(name) {
            Some("digits") => "907050301",
            Some("hex") => "c0ffee7",
            Some("braced") => "{90705030-1111-2222-3333-444444444444}",
            Some("pool") => "us-east-1:90705030-1111-2222-3333-444444444444",
            _ => "some-unrelated-thing",
        };
        names.iter().map(|name| (*name, value(name).to_owned())).collect()
    }

    /// The templates of a claim.
    pub(crate) fn templates(&self, claim: &str) -> impl Iterator<Item = &'static Template> + use<> {
        let claim = claim.to_ascii_lowercase();
        let claims = self.claims.iter().filter(move |(name, _)| *name == claim);
        claims.map(|(_, template)| std::slice::from_ref(template))
    }
}

/// One part of a template.
#[derive(Clone, Copy)]
enum Part {
    Text(&'static str),
    Slot { name: &'static str, first: Class, rest: Class },
}

fn parts(template: &Template) -> impl Iterator<Item = Part> {
    let between = |at: usize| (at > 0).then_some(Part::Text(":")).into_iter();
    template.iter().enumerate().flat_map(move |(at, one)| between(at).chain(parts_of(one)))
}

fn parts_of(template: &'static str) -> impl Iterator<Item = Part> {
    let mut rest = Some(template);
    let mut slot = None;
    std::iter::from_fn(move || {
        if let Some(slot) = slot.take() {
            return Some(read_slot(slot));
        }
        let text = rest.take()?;
        let Some((before, from)) = text.split_once('{') else { return Some(Part::Text(text)) };
        let (inside, after) = from.split_once('}').unwrap_or((from, ""));
        (slot, rest) = (Some(inside), Some(after));
        Some(Part::Text(before))
    })
}

fn read_slot(slot: &'static str) -> Part {
    let (name, kind) = slot.split_once(':').unwrap_or((slot, "any"));
    let (first, rest) = match kind {
        "name" => (ALPHANUMERIC, NAME),
        "slug" => (SLUG, SLUG),
        "path" => (SLUG, PATH),
        "digits" => (DIGITS, DIGITS),
        "hex" => (HEX, HEX),
        "pool" => (POOL, POOL),
        // A UUID in braces.
        "braced" => (BRACED, BRACED),
        // What git allows in the name of a ref.
        "ref" => (REF, REF),
        // A colon inside a part is written `%3A`.
        "free" => (Class::Not(':'), Class::Not(':')),
        _ => (Class::Any, Class::Any),
    };
    Part::Slot { name, first, rest }
}

const NAME: Class = Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
const PATH: Class = Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./");
const HEX: Class = Class::of("0123456789abcdef");
const BRACED: Class = Class::of("{}0123456789abcdef-");
const REF: Class =
    Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!\"#$%&'()+,-./;<=>@]_`{|}");
const POOL: Class = Class::of("abcdefghijklmnopqrstuvwxyz0123456789-:");
const SLUG: Class = Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

/// What a template can say when some slots are pinned. `fold` reads pinned text without letter case.
pub(crate) fn glob(template: &Template, pinned: &dyn Fn(&str) -> Option<String>, fold: bool) -> Glob {
    let mut glob = Glob::default();
    glob.reserve(template.iter().map(|one| one.len()).sum());
    for part in parts(template) {
        match part {
            Part::Text(text) => glob.text(text),
            Part::Slot { name, first, rest } => match pinned(name) {
                Some(text) if fold => text.chars().for_each(|c| glob.one(Class::Folded(c))),
                Some(text) => glob.text(&text),
                None => {
                    glob.one(first);
                    glob.star(rest);
                }
            },
        }
    }
    glob
}

/// What a template can say when no slot is pinned. Each thread reads those that are data once.
pub(crate) fn free(template: &Template) -> Glob {
    thread_local! {
        static READ: RefCell<HashMap<&'static str, Glob>> = RefCell::default();
    }
    let read = || glob(template, &|_| None, false);
    match template {
        [one] => READ.with_borrow_mut(|known| known.entry(one).or_insert_with(read).clone()),
        _ => read(),
    }
}

/// The text that a pattern of a policy puts into a slot of a template: what stands there up to the slot's end or
/// to a wildcard. `None` if the pattern leaves the template before, or puts nothing there.
pub(crate) fn slot(template: &Template, wanted: &str, pattern: &str) -> Option<String> {
    slots(template, pattern).into_iter().find(|(name, _)| *name == wanted).map(|(_, text)| text)
}

/// The text that a pattern puts into every slot, as far as it follows a template. After a wildcard it goes on where
/// what the template says next stands. Letter case is the pattern's own: it may be compared without.
pub(crate) fn slots(template: &Template, pattern: &str) -> Vec<(&'static str, String)> {
    let wild = ['*', '?'];
    let mut out = Vec::new();
    let (mut rest, mut skipped) = (pattern, false);
    for part in parts(template) {
        skipped |= rest.starts_with(wild);
        match part {
            Part::Text(text) if skipped => {
                let place = rest.to_ascii_lowercase().find(&text.to_ascii_lowercase());
                if let Some(place) = place.filter(|_| !text.is_empty()) {
                    (rest, skipped) = (rest.get(place + text.len()..).unwrap_or_default(), false);
                }
            }
            Part::Text(text) => match rest.split_at_checked(text.len()) {
                Some((written, after)) if written.eq_ignore_ascii_case(text) => rest = after,
                Some(_) | None => break,
            },
            Part::Slot { .. } if skipped => {}
            Part::Slot { name, first, rest: more } => {
                let end = rest
                    .char_indices()
                    .find(|(at, c)| !if *at == 0 { first.contains(*c) } else { more.contains(*c) })
                    .map_or(rest.len(), |(at, _)| at);
                let (text, after) = rest.split_at(end);
                let known = text.split(wild).next().unwrap_or(text);
                if !known.is_empty() {
                    out.push((name, known.to_owned()));
                }
                rest = after;
            }
        }
    }
    out
}

/// The issuer (host and path) in the ARN of an OIDC provider, if it stands there.
pub(crate) fn issuer_of(principal: &Text) -> Option<String> {
    let Some(Piece::Lit(last)) = principal.pieces().last() else { return None };
    let (_, issuer) = last.split_once("oidc-provider/")?;
    Some(issuer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::providers::PROVIDERS;

    #[test]
    fn templates_pin_and_release_slots() {
        let template = &["repo:{tenant:name}/{project:slug}:pull_request"];
        let free = glob(template, &|_| None, false);
        assert!(free.matches("repo:acme/app.js:pull_request"));
        assert!(!free.matches("repo:/app:pull_request") && !free.matches("repo:acme/app:ref:x"));
        let pinned = glob(template, &|slot| (slot == "tenant").then(|| "Acme".to_owned()), true);
        assert!(
            pinned.matches("repo:aCME/x:pull_request") && !pinned.matches("repo:acme-evil/x:pull_request")
        );
    }

    #[test]
    fn patterns_name_tenants() {
        let template = &["repo:{tenant:name}/{project:slug}:pull_request"];
        assert_eq!(slot(template, "tenant", "repo:acme/app:*").as_deref(), Some("acme"));
        assert_eq!(slot(template, "tenant", "repo:acme*/app:*").as_deref(), Some("acme"));
        assert_eq!(slot(template, "tenant", "repo:*"), None);
        assert_eq!(slot(template, "tenant", "*:pull_request"), None);
        assert_eq!(slots(&["a:{x:name}", "b:{y:name}"], "*:b:c*"), [("y", "c".to_owned())]);
        assert_eq!(
            slots(template, "repo:acme/app:pull_request"),
            [("tenant", "acme".to_owned()), ("project", "app".to_owned())]
        );
    }

    #[test]
    fn every_provider_can_say_its_own_stranger() {
        for provider in PROVIDERS {
            for template in provider.templates("sub") {
                let pinned =
                    glob(template, &|s| (s == "tenant").then(|| provider.stranger.to_owned()), false);
                let language =
                    crate::string::language::Language { all: vec![vec![pinned]], none: Vec::new() };
                let crate::string::language::Found::Member(member) =
                    language.member(&crate::work::Work::default())
                else {
                    panic!("{template:?}")
                };
                assert!(glob(template, &|_| None, false).matches(&member), "{template:?}: {member}");
            }
        }
    }
}
