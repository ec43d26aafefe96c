//! Set algebra over globs: is there a string that several unions of globs take and several other globs do not,
//! and if so which is a shortest one?
//!
//! The search walks the product of the globs' position sets breadth first. Two observations keep it small: a
//! union of which no position is live can never accept again, and an excluded glob whose trailing `*` is live
//! rejects everything that follows.

use std::collections::{HashMap, VecDeque};

use crate::string::glob::{Class, Glob};

/// A set of strings: those that every union in `all` takes by one of its globs and no glob in `none` takes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Language {
    /// Each must take the string by at least one of its globs.
    pub(crate) all: Vec<Vec<Glob>>,
    /// None may take it.
    pub(crate) none: Vec<Glob>,
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A member; a shortest one if it had to be searched for.
    Member(String),
    /// There is none.
    Empty,
    /// The budget is spent.
    GaveUp,
}

/// How many product states a search may visit.
const BUDGET: usize = 200_000;

/// Characters tried first, so that members look natural.
const PREFERRED: &str = "x0aeiouXA1-_";

impl Language {
    /// Whether a given string belongs to it.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.all.iter().all(|union| union.iter().any(|g| g.matches(text)))
            && !self.none.iter().any(|g| g.matches(text))
    }

    /// A member.
    pub(crate) fn member(&self) -> Found {
        if self.all.iter().any(Vec::is_empty) {
            return Found::Empty;
        }
        // A union of literals is a finite list: try them all.
        let finite = self.all.iter().find_map(|u| u.iter().map(Glob::as_literal).collect::<Option<Vec<_>>>());
        if let Some(candidates) = finite {
            return match candidates.into_iter().find(|c| self.contains(c)) {
                Some(member) => Found::Member(member),
                None => Found::Empty,
            };
        }
        Search::new(self).run()
    }
}

/// The positions of one union (or of one excluded glob), laid out side by side in a bit set.
struct Component<'a> {
    globs: Vec<(usize, &'a Glob)>,
    width: usize,
    excluded: bool,
}

impl<'a> Component<'a> {
    fn new(globs: impl Iterator<Item = &'a Glob>, excluded: bool) -> Self {
        let mut offset = 0;
        let globs = globs
            .map(|g| {
                let at = offset;
                offset += g.tokens().len() + 1;
                (at, g)
            })
            .collect();
        Component { globs, width: offset, excluded }
    }

    fn words(&self) -> usize {
        self.width.div_ceil(64)
    }

    fn start(&self) -> Vec<u64> {
        let mut bits = vec![0; self.words()];
        for (offset, glob) in &self.globs {
            mark(&mut bits, *offset, 0, glob);
        }
        bits
    }

    fn step(&self, from: &[u64], c: char) -> Vec<u64> {
        let mut bits = vec![0; self.words()];
        for (offset, glob) in &self.globs {
            for (at, token) in glob.tokens().iter().enumerate() {
                if has(from, offset + at) && token.class.contains(c) {
                    mark(&mut bits, *offset, if token.star { at } else { at + 1 }, glob);
                }
            }
            // Behind a live star of everything all earlier positions are redundant: drop them, so that equal
            // futures are equal states.
            let live_star = (0..glob.tokens().len()).rev().find(|at| {
                has(&bits, offset + at)
                    && glob.tokens().get(*at).is_some_and(|t| t.star && t.class == Class::Any)
            });
            if let Some(star) = live_star {
                for at in 0..star {
                    unset(&mut bits, offset + at);
                }
            }
        }
        bits
    }

    fn accepts(&self, bits: &[u64]) -> bool {
        self.globs.iter().any(|(offset, glob)| has(bits, offset + glob.tokens().len()))
    }

    /// Whether no continuation can change for the better: a union without live positions, an excluded glob whose
    /// trailing star of everything is live.
    fn hopeless(&self, bits: &[u64]) -> bool {
        if self.excluded {
            self.globs.iter().any(|(offset, glob)| {
                let tokens = glob.tokens();
                tokens.last().is_some_and(|t| t.star && t.class == Class::Any)
                    && has(bits, offset + tokens.len() - 1)
            })
        } else {
            bits.iter().all(|word| *word == 0)
        }
    }
}

fn has(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn unset(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word &= !(1 << (at % 64));
    }
}

fn mark(bits: &mut [u64], offset: usize, mut at: usize, glob: &Glob) {
    loop {
        set(bits, offset + at);
        match glob.tokens().get(at) {
            Some(token) if token.star => at += 1,
            _ => return,
        }
    }
}

struct Search<'a> {
    components: Vec<Component<'a>>,
    alphabet: Vec<char>,
}

impl<'a> Search<'a> {
    fn new(language: &'a Language) -> Self {
        let unions = language.all.iter().map(|u| Component::new(u.iter(), false));
        let excluded = language.none.iter().map(|g| Component::new(std::iter::once(g), true));
        let components: Vec<_> = unions.chain(excluded).collect();
        let alphabet = alphabet(language);
        Search { components, alphabet }
    }

    fn run(&self) -> Found {
        let start: Vec<Vec<u64>> = self.components.iter().map(Component::start).collect();
        if self.hopeless(&start) {
            return Found::Empty;
        }
        if self.accepts(&start) {
            return Found::Member(String::new());
        }
        // Each state remembers the state and the character that led to it.
        let mut seen: HashMap<Vec<Vec<u64>>, usize> = HashMap::new();
        let mut trail: Vec<(usize, char)> = vec![(0, ' ')];
        let mut queue = VecDeque::from([(start.clone(), 0usize)]);
        seen.insert(start, 0);
        while let Some((state, id)) = queue.pop_front() {
            for c in &self.alphabet {
                let next: Vec<Vec<u64>> = self
                    .components
                    .iter()
                    .zip(&state)
                    .map(|(component, bits)| component.step(bits, *c))
                    .collect();
                if self.hopeless(&next) || seen.contains_key(&next) {
                    continue;
                }
                let next_id = trail.len();
                trail.push((id, *c));
                if self.accepts(&next) {
                    return Found::Member(spell(&trail, next_id));
                }
                if next_id >= BUDGET {
                    return Found::GaveUp;
                }
                seen.insert(next.clone(), next_id);
                queue.push_back((next, next_id));
            }
        }
        Found::Empty
    }

    fn accepts(&self, state: &[Vec<u64>]) -> bool {
        self.components.iter().zip(state).all(|(c, bits)| c.accepts(bits) != c.excluded)
    }

    fn hopeless(&self, state: &[Vec<u64>]) -> bool {
        self.components.iter().zip(state).any(|(c, bits)| c.hopeless(bits))
    }
}

fn spell(trail: &[(usize, char)], mut id: usize) -> String {
    let mut characters = Vec::new();
    while id != 0 {
        let Some((from, c)) = trail.get(id) else { break };
        characters.push(*c);
        id = *from;
    }
    characters.iter().rev().collect()
}

/// One character for each way in which the globs in play can treat a printable character: the characters they
/// name, and a representative of every other equivalence class.
fn alphabet(language: &Language) -> Vec<char> {
    let mut classes: Vec<Class> = Vec::new();
    for token in language.all.iter().flatten().chain(&language.none).flat_map(Glob::tokens) {
        if !classes.contains(&token.class) {
            classes.push(token.class);
        }
    }
    let mut named: Vec<char> = Vec::new();
    for class in &classes {
        match class {
            Class::Char(c) | Class::Not(c) => named.push(*c),
            Class::Folded(c) => {
                named.extend(c.to_lowercase());
                named.extend(c.to_uppercase());
            }
            Class::Any | Class::Ascii(_) => {}
        }
    }
    let printable = || PREFERRED.chars().chain(' '..='~').chain(named.iter().copied());
    let mut seen: Vec<Vec<bool>> = Vec::new();
    let mut out = Vec::new();
    for c in printable() {
        let signature: Vec<bool> = classes.iter().map(|class| class.contains(c)).collect();
        if !seen.contains(&signature) {
            seen.push(signature);
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn like(all: &[&str], none: &[&str]) -> Language {
        Language {
            all: all.iter().map(|p| vec![Glob::like(p)]).collect(),
            none: none.iter().map(|p| Glob::like(p)).collect(),
        }
    }

    #[test]
    fn the_widened_owner_is_open_and_the_pinned_one_is_not() {
        // `repo:acme*/app*:…` admits an owner that merely starts with acme.
        let open = like(&["repo:acme*/app*:environment:prod"], &["repo:acme/*", "repo:acme@*/*"]);
        match open.member() {
            Found::Member(member) => assert!(open.contains(&member), "{member}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(like(&["repo:acme@*/app@*:*"], &["repo:acme/*", "repo:acme@*/*"]).member(), Found::Empty);
    }

    #[test]
    fn members_are_shortest() {
        assert_eq!(like(&["a*b", "*b"], &["ab"]).member(), Found::Member("axb".to_owned()));
        assert_eq!(like(&["*"], &[]).member(), Found::Member(String::new()));
        assert_eq!(like(&["?*"], &["x"]).member(), Found::Member("0".to_owned()));
    }

    #[test]
    fn finite_unions_are_tried_one_by_one() {
        let language = Language {
            all: vec![vec![Glob::literal("one"), Glob::literal("two")], vec![Glob::like("*")]],
            none: vec![Glob::like("o*")],
        };
        assert_eq!(language.member(), Found::Member("two".to_owned()));
    }

    #[test]
    fn a_blow_up_is_proved_or_given_up_within_the_budget() {
        assert_eq!(like(&["*a?????????c"], &["*a?????????*"]).member(), Found::Empty);
        let long = "*".repeat(5_000);
        assert_eq!(like(&[&long], &["*"]).member(), Found::Empty);
    }

    /// Every string up to a length over an alphabet that tells the patterns apart.
    fn brute(language: &Language, length: usize) -> Option<String> {
        let mut level = vec![String::new()];
        for _ in 0..=length {
            if let Some(found) = level.iter().find(|t| language.contains(t)) {
                return Some(found.clone());
            }
            level = level.iter().flat_map(|t| ['a', 'b', ':', 'x'].map(|c| format!("{t}{c}"))).collect();
        }
        None
    }

    proptest! {
        #[test]
        fn the_search_agrees_with_brute_force(
            all in prop::collection::vec("[ab:*?]{0,4}", 1..3),
            none in prop::collection::vec("[ab:*?]{0,4}", 0..3),
        ) {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let none: Vec<&str> = none.iter().map(String::as_str).collect();
            let language = like(&all, &none);
            match (language.member(), brute(&language, 4)) {
                (Found::Member(found), Some(brute)) => {
                    prop_assert!(language.contains(&found));
                    prop_assert_eq!(found.chars().count(), brute.chars().count());
                }
                (Found::Member(found), None) => {
                    prop_assert!(language.contains(&found));
                    prop_assert!(found.chars().count() > 4);
                }
                (Found::Empty, brute) => prop_assert_eq!(brute, None),
                (Found::GaveUp, _) => prop_assert!(false, "gave up on a small query"),
            }
        }
    }
}
