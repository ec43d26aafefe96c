//! Subjects that a tenant composes of claims of its choosing.
//!
//! An adversary composes what the policy asks for: the claims that a pattern names, in its order. Which other subjects
//! there are does not matter, since no pattern takes them.

use std::collections::BTreeSet;

use model::{Piece, Text};

use crate::adversary::provider::{Composition, Provider};

/// How many compositions of one pattern are looked at. A subject says a claim once, and all claims together have fewer
/// forms; a pattern that asks for more names one twice, and no subject is like that.
const MOST: usize = 32;

/// The compositions, as templates with colons between, that these patterns ask for beyond what the provider says
/// of itself.
pub(crate) fn composed<'t>(
    provider: &Provider,
    patterns: impl Iterator<Item = &'t Text>,
) -> BTreeSet<Vec<&'static str>> {
    let Some(composition) = provider.composition else { return BTreeSet::new() };
    let asked = patterns.flat_map(|pattern| asked_for(composition, &written(pattern)));
    let usual = |parts: &Vec<&str>| provider.templates("sub").any(|t| t.concat() == parts.join(":"));
    asked.filter(|parts| !usual(parts)).collect()
}

/// A pattern in which what is not known may be anything.
fn written(pattern: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Lit(text) => text.to_string(),
        Piece::Symbol(_) | Piece::Hole(_) => "*".to_owned(),
    };
    pattern.pieces().iter().map(piece).collect()
}

/// The compositions that one pattern asks for; none if it names something that is no claim.
fn asked_for(composition: &Composition, pattern: &str) -> Vec<Vec<&'static str>> {
    let mut out: Vec<Vec<&'static str>> = vec![Vec::new()];
    let mut words = pattern.split(':').enumerate();
    while let Some((at, word)) = words.next() {
        let mut forms: Vec<&'static str> = of_claim(composition, word).collect();
        if forms.iter().any(|form| form.contains(':')) {
            // What the claim says is up to its form.
            words.next();
        } else if forms.is_empty() && word.contains(['*', '?']) {
            forms.push(if at == 0 { composition.first } else { composition.further });
        }
        out = out.iter().flat_map(|before| forms.iter().map(move |form| with(before, form))).collect();
        out.truncate(MOST);
    }
    out
}

fn of_claim(composition: &Composition, name: &str) -> impl Iterator<Item = &'static str> {
    composition
        .parts
        .iter()
        .copied()
        .filter(move |part| part.split(':').next().is_some_and(|own| own.eq_ignore_ascii_case(name)))
}

fn with(before: &[&'static str], form: &'static str) -> Vec<&'static str> {
    before.iter().copied().chain([form]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adversary::providers::of_issuer;

    fn of_github(pattern: &str) -> Vec<String> {
        let github = of_issuer("token.actions.githubusercontent.com").unwrap();
        let composed = composed(github, std::iter::once(&Text::lit(pattern)));
        composed.iter().map(|parts| parts.join(" ")).collect()
    }

    #[test]
    fn claims_are_composed_in_the_order_of_a_pattern() {
        assert_eq!(
            of_github("environment:prod:repository_owner:acme"),
            ["environment:{environment:free} repository_owner:{tenant:name}"]
        );
        assert_eq!(
            of_github("repository_owner_id:1:*"),
            ["repository_owner_id:{tenant-id:digits} ref:refs/heads/{ref:ref}"]
        );
        assert_eq!(
            of_github("*:repository_owner:acme"),
            ["repo:{tenant:name}/{project:slug} repository_owner:{tenant:name}"]
        );
    }

    #[test]
    fn what_a_provider_says_anyway_is_not_composed() {
        let known = ["repo:acme/app:ref:refs/heads/main", "*:environment:prod", "repo:acme/app:pull_request"];
        for pattern in known {
            assert!(!of_github(pattern).iter().any(|c| !c.contains("refs/pull")), "{pattern}");
        }
    }

    #[test]
    fn words_that_are_no_claims_compose_nothing() {
        for pattern in ["repo:acme/app:branch:main", "repo:acme/app:refs/heads/main", "main"] {
            assert!(of_github(pattern).is_empty(), "{pattern}");
        }
    }
}
