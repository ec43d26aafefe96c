//! Set algebra over globs: is there a string that several unions of globs take and several other globs do not,
//! and if so which is a shortest one?
//!
//! The search walks the product of the globs' position sets, shortest strings first. Three observations keep it
//! small: a union of which no position is live can never accept again, an excluded glob whose trailing `*` is live
//! rejects everything that follows, and a position tells how many characters are needed at least from there on.
//! The positions are bits, so that one step of all globs is a few operations on words.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use crate::string::glob::{Class, Glob, Token};
use crate::work::Work;

/// A set of strings: those that every union in `all` takes by one of its globs and no glob in `none` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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

/// How many words of bits a search may compute: some 45 ms. 200 subjects with wildcards, which fit into a role's 8,192
/// characters, are decided with less.
const WORK: usize = 3_500_000;

/// A union of more globs than this is searched glob by glob: many small products instead of a large one.
const LONG: usize = 32;

/// So many strings are tried one by one; of more, lists are made first.
const FEW: usize = 4;

/// Characters tried first, so that members look natural.
const PREFERRED: &str = "x0aeiouXA1-_";

/// Questions of at most this many steps are remembered, and at most so many of them a thread.
const SMALL: usize = 2_000;
const MOST_REMEMBERED: usize = 2_000;

thread_local! {
    /// Answers: the same few questions come back in role after role.
    static REMEMBERED: RefCell<HashMap<Language, (Found, usize)>> = RefCell::default();
}

impl Language {
    /// Whether a given string belongs to it.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.all.iter().all(|union| union.iter().any(|g| g.matches(text)))
            && !self.none.iter().any(|g| g.matches(text))
    }

    /// A member.
    pub(crate) fn member(&self, work: &Work) -> Found {
        if self.all.iter().any(Vec::is_empty) {
            return Found::Empty;
        }
        // A union of literals is a finite list: try them all.
        let finite = self.all.iter().find_map(|u| u.iter().map(Glob::as_literal).collect::<Option<Vec<_>>>());
        if let Some(candidates) = finite {
            if !work.spend(self.comparisons(candidates.len())) {
                return Found::GaveUp;
            }
            return match self.first_of(candidates) {
                Some(member) => Found::Member(member.to_owned()),
                None => Found::Empty,
            };
        }
        let size = self.size();
        let known = if size <= SMALL {
            REMEMBERED.with_borrow(|remembered| remembered.get(self).cloned())
        } else {
            None
        };
        // What is remembered costs what it did: what came before must not tell in a verdict.
        let (found, cost) = known.unwrap_or_else(|| {
            let mut cost = size;
            let found = self.search(&mut cost);
            if size <= SMALL {
                REMEMBERED.with_borrow_mut(|remembered| {
                    if remembered.len() >= MOST_REMEMBERED {
                        remembered.clear();
                    }
                    remembered.insert(self.clone(), (found.clone(), cost));
                });
            }
            (found, cost)
        });
        if work.spend(cost) { found } else { Found::GaveUp }
    }

    /// How many steps its globs have.
    fn size(&self) -> usize {
        self.all.iter().flatten().chain(&self.none).map(Glob::size).sum()
    }

    /// How many comparisons finding the first of so many strings takes.
    fn comparisons(&self, candidates: usize) -> usize {
        let globs = || self.all.iter().flatten().chain(&self.none);
        if candidates <= FEW {
            return candidates * globs().count();
        }
        let walked = globs().filter(|g| g.as_literal().is_none() && g.as_folded_ascii().is_none());
        globs().count() + candidates * walked.count()
    }

    fn search(&self, work: &mut usize) -> Found {
        let longest = self.all.iter().enumerate().max_by_key(|(_, union)| union.len());
        match longest {
            Some((at, union)) if union.len() > LONG => self.one_by_one(at, union, work),
            _ => Search::new(self).run(work),
        }
    }

    /// The first of these strings that belongs to it; lists of literals are looked up, not walked.
    fn first_of<'c>(&self, candidates: Vec<&'c str>) -> Option<&'c str> {
        if candidates.len() <= FEW {
            return candidates.into_iter().find(|c| self.contains(c));
        }
        let unions: Vec<Listed<'_>> = self.all.iter().map(|union| Listed::new(union)).collect();
        let barred = Listed::new(&self.none);
        candidates.into_iter().find(|c| unions.iter().all(|u| u.contains(c)) && !barred.contains(c))
    }

    /// A shortest member by way of each glob of a long union.
    fn one_by_one(&self, at: usize, long: &[Glob], work: &mut usize) -> Found {
        let (mut shortest, mut gave_up): (Option<String>, bool) = (None, false);
        let others = self.all.iter().map(Vec::len).sum::<usize>() + self.none.len();
        for glob in long {
            *work += 2 * others;
            if *work > WORK {
                gave_up = true;
                break;
            }
            let near = |globs: &[Glob]| globs.iter().filter(|g| !apart(g, glob)).cloned().collect::<Vec<_>>();
            let mut one =
                Language { all: self.all.iter().map(|u| near(u)).collect(), none: near(&self.none) };
            if let Some(union) = one.all.get_mut(at) {
                *union = vec![glob.clone()];
            }
            if one.all.iter().any(Vec::is_empty) {
                continue;
            }
            match Search::new(&one).run(work) {
                Found::Member(member) => {
                    if shortest.as_ref().is_none_or(|s| member.len() < s.len()) {
                        shortest = Some(member);
                    }
                }
                Found::Empty => {}
                Found::GaveUp => gave_up = true,
            }
        }
        match shortest {
            Some(member) => Found::Member(member),
            None if gave_up => Found::GaveUp,
            None => Found::Empty,
        }
    }
}

/// A union of globs in which those that stand for one string, letter case aside or not, are looked up.
struct Listed<'g> {
    literal: HashSet<&'g str>,
    /// In lower case.
    folded: HashSet<String>,
    rest: Vec<&'g Glob>,
}

impl<'g> Listed<'g> {
    fn new(globs: &'g [Glob]) -> Self {
        let mut listed = Listed { literal: HashSet::new(), folded: HashSet::new(), rest: Vec::new() };
        for glob in globs {
            if let Some(text) = glob.as_literal() {
                listed.literal.insert(text);
            } else if let Some(text) = glob.as_folded_ascii() {
                listed.folded.insert(text);
            } else {
                listed.rest.push(glob);
            }
        }
        listed
    }

    fn contains(&self, text: &str) -> bool {
        // Characters beyond ASCII have relatives within it (the Kelvin sign is a K).
        let folded = || {
            if text.is_ascii() {
                self.folded.contains(&text.to_ascii_lowercase())
            } else {
                self.folded.iter().any(|f| Glob::folded(f).matches(text))
            }
        };
        self.literal.contains(text)
            || (!self.folded.is_empty() && folded())
            || self.rest.iter().any(|g| g.matches(text))
    }
}

/// Whether what two globs begin or end with shows that no string is in both.
fn apart(a: &Glob, b: &Glob) -> bool {
    a.begins_apart(b) || {
        let differ =
            |(x, y): (Token, Token)| matches!((x.class, y.class), (Class::Char(c), Class::Char(d)) if c != d);
        let fixed = |(x, y): &(Token, Token)| !x.star && !y.star;
        a.tokens().zip(b.tokens()).take_while(fixed).any(differ)
            || a.tokens().rev().zip(b.tokens().rev()).take_while(fixed).any(differ)
    }
}

/// Every union, and all excluded globs together, side by side: a bit for each step of each glob, and one behind its
/// last step that means "taken whole".
struct Search {
    /// The words of each union.
    unions: Vec<Range<usize>>,
    /// The words of the excluded globs.
    excluded: Range<usize>,
    /// Each character of the alphabet, with the steps that take it.
    alphabet: Vec<(char, Vec<u64>)>,
    /// The steps that take any number of characters.
    stars: Vec<u64>,
    /// Those of them that take every character.
    open: Vec<u64>,
    /// The bits behind the last steps.
    ends: Vec<u64>,
    /// The stars of every character that end an excluded glob.
    sinks: Vec<u64>,
    /// For each bit the first bit of its glob, and how many characters the rest of the glob takes at least.
    places: Vec<(usize, usize)>,
    start: Vec<u64>,
    /// How many globs there are.
    globs: usize,
}

/// A set of positions.
type State = Rc<[u64]>;

/// How a state was reached: in how many characters, from which one, by which character.
struct Step {
    state: State,
    length: usize,
    from: usize,
    character: char,
}

impl Search {
    fn new(language: &Language) -> Self {
        let mut search = Search {
            unions: Vec::new(),
            excluded: 0..0,
            alphabet: alphabet(language).into_iter().map(|c| (c, Vec::new())).collect(),
            stars: Vec::new(),
            open: Vec::new(),
            ends: Vec::new(),
            sinks: Vec::new(),
            places: Vec::new(),
            start: Vec::new(),
            globs: language.all.iter().map(Vec::len).sum::<usize>() + language.none.len(),
        };
        // Which characters of the alphabet a class holds is asked once for each class.
        let mut held = HashMap::new();
        for union in &language.all {
            let words = search.lay_out(union, &mut held);
            search.unions.push(words);
        }
        search.excluded = search.lay_out(&language.none, &mut held);
        for word in search.excluded.clone() {
            let trailing = bits(&search.open, word)
                & (bits(&search.ends, word) >> 1 | bits(&search.ends, word + 1) << 63);
            if let Some(sinks) = search.sinks.get_mut(word) {
                *sinks = trailing;
            }
        }
        let mut start = std::mem::take(&mut search.start);
        search.close(&mut start);
        search.start = start;
        search
    }

    /// Gives each step of some globs its bit.
    fn lay_out(&mut self, globs: &[Glob], held: &mut HashMap<Class, Vec<usize>>) -> Range<usize> {
        let begin = self.stars.len();
        let width: usize = globs.iter().map(|g| g.size() + 1).sum();
        let end = begin + width.div_ceil(64);
        let own = [&mut self.stars, &mut self.open, &mut self.ends, &mut self.sinks, &mut self.start];
        for bits in own.into_iter().chain(self.alphabet.iter_mut().map(|(_, takes)| takes)) {
            bits.resize(end, 0);
        }
        self.places.resize(begin * 64, (0, 0));
        for glob in globs {
            let first = self.places.len();
            set(&mut self.start, first);
            let mut needs = glob.tokens().filter(|t| !t.star).count();
            for token in glob.tokens() {
                let at = self.places.len();
                self.places.push((first, needs));
                let class = token.class;
                let holding = held.entry(class).or_insert_with(|| {
                    let characters = self.alphabet.iter().enumerate();
                    characters.filter(|(_, (c, _))| class.contains(*c)).map(|(index, _)| index).collect()
                });
                for index in holding {
                    if let Some((_, takes)) = self.alphabet.get_mut(*index) {
                        set(takes, at);
                    }
                }
                if token.star {
                    set(&mut self.stars, at);
                    if class == Class::Any {
                        set(&mut self.open, at);
                    }
                } else {
                    needs -= 1;
                }
            }
            set(&mut self.ends, self.places.len());
            self.places.push((first, 0));
        }
        begin..end
    }

    /// Goes on behind stars without taking a character, and drops what a live star of every character makes
    /// redundant: all earlier positions of its glob. So equal futures are equal states.
    fn close(&self, state: &mut [u64]) {
        loop {
            let (mut carry, mut grown) = (0, false);
            for (word, stars) in state.iter_mut().zip(&self.stars) {
                let passed = *word & stars;
                let next = *word | (passed << 1) | carry;
                carry = passed >> 63;
                grown |= next != *word;
                *word = next;
            }
            if !grown {
                break;
            }
        }
        for index in (0..state.len()).rev() {
            let mut live = bits(state, index) & bits(&self.open, index);
            while let Some(top) = live.checked_ilog2() {
                let at = index * 64 + top as usize;
                let first = self.places.get(at).map_or(at, |(first, _)| *first);
                clear(state, first, at);
                live &= bits(state, index) & !(1 << top);
            }
        }
    }

    /// Whether every union has a live step that takes a character; most characters most globs refuse.
    fn taken(&self, state: &[u64], takes: &[u64]) -> bool {
        self.unions.iter().all(|words| words.clone().any(|w| bits(state, w) & bits(takes, w) != 0))
    }

    fn step(&self, from: &[u64], takes: &[u64], into: &mut Vec<u64>) {
        into.clear();
        let mut carry = 0;
        for ((word, takes), stars) in from.iter().zip(takes).zip(&self.stars) {
            let taken = word & takes;
            let moved = taken & !stars;
            into.push((taken & stars) | (moved << 1) | carry);
            carry = moved >> 63;
        }
        self.close(into);
    }

    fn accepts(&self, state: &[u64]) -> bool {
        let ended = |words: &Range<usize>| words.clone().any(|w| bits(state, w) & bits(&self.ends, w) != 0);
        self.unions.iter().all(ended) && !ended(&self.excluded)
    }

    /// How many characters are needed at least; `None` if no continuation is accepted.
    fn needed(&self, state: &[u64]) -> Option<usize> {
        if self.excluded.clone().any(|w| bits(state, w) & bits(&self.sinks, w) != 0) {
            return None;
        }
        let mut most = 0;
        for words in &self.unions {
            let live = words.clone().flat_map(|w| positions(bits(state, w)).map(move |bit| w * 64 + bit));
            let least = live.filter_map(|at| self.places.get(at)).map(|(_, needs)| *needs).min()?;
            most = most.max(least);
        }
        Some(most)
    }

    /// Walks from state to state, first where the shortest members can be (A* with `needed` as the estimate).
    fn run(&self, work: &mut usize) -> Found {
        let start: State = self.start.as_slice().into();
        let Some(needed) = self.needed(&start) else { return Found::Empty };
        let mut seen: HashMap<State, usize> = HashMap::from_iter([(Rc::clone(&start), 0)]);
        let mut steps = vec![Step { state: start, length: 0, from: 0, character: ' ' }];
        let mut queue: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(needed, vec![0])]);
        let mut next = Vec::new();
        while let Some(mut shortest) = queue.first_entry() {
            let Some(id) = shortest.get_mut().pop() else {
                shortest.remove();
                continue;
            };
            let Some(Step { state, length, .. }) = steps.get(id) else { continue };
            let (state, length) = (Rc::clone(state), length + 1);
            if seen.get(&state).is_some_and(|best| *best < length - 1) {
                continue;
            }
            if self.accepts(&state) {
                return Found::Member(spell(&steps, id));
            }
            // What is pushed last is tried first.
            for (character, takes) in self.alphabet.iter().rev() {
                *work += 2 + state.len() / 4;
                if *work > WORK {
                    return Found::GaveUp;
                }
                if !self.taken(&state, takes) {
                    continue;
                }
                *work += state.len() + self.globs;
                self.step(&state, takes, &mut next);
                let Some(needed) = self.needed(&next) else { continue };
                if seen.get(next.as_slice()).is_some_and(|best| *best <= length) {
                    continue;
                }
                let reached: State = next.as_slice().into();
                seen.insert(Rc::clone(&reached), length);
                queue.entry(length + needed).or_default().push(steps.len());
                steps.push(Step { state: reached, length, from: id, character: *character });
            }
        }
        Found::Empty
    }
}

fn bits(words: &[u64], index: usize) -> u64 {
    words.get(index).copied().unwrap_or(0)
}

fn set(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// Clears the bits from `first` up to but not including `end`.
fn clear(words: &mut [u64], first: usize, end: usize) {
    for index in first / 64..=end / 64 {
        let low = if index == first / 64 { first % 64 } else { 0 };
        let below = if index == end / 64 { (1 << (end % 64)) - 1 } else { u64::MAX };
        if let Some(word) = words.get_mut(index) {
            *word &= !(below & (u64::MAX << low));
        }
    }
}

/// The positions of the bits that are set.
fn positions(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (word != 0).then(|| {
            let lowest = word.trailing_zeros() as usize;
            word &= word - 1;
            lowest
        })
    })
}

fn spell(steps: &[Step], mut id: usize) -> String {
    let mut characters = Vec::new();
    while id != 0 {
        let Some(step) = steps.get(id) else { break };
        characters.push(step.character);
        id = step.from;
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
        match open.member(&Work::default()) {
            Found::Member(member) => assert!(open.contains(&member), "{member}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(
            like(&["repo:acme@*/app@*:*"], &["repo:acme/*", "repo:acme@*/*"]).member(&Work::default()),
            Found::Empty
        );
    }

    #[test]
    fn members_are_shortest() {
        assert_eq!(like(&["a*b", "*b"], &["ab"]).member(&Work::default()), Found::Member("abb".to_owned()));
        assert_eq!(like(&["*"], &[]).member(&Work::default()), Found::Member(String::new()));
        assert_eq!(like(&["?*"], &["x"]).member(&Work::default()), Found::Member("0".to_owned()));
    }

    #[test]
    fn finite_unions_are_tried_one_by_one() {
        let language = Language {
            all: vec![vec![Glob::literal("one"), Glob::literal("two")], vec![Glob::like("*")]],
            none: vec![Glob::like("o*")],
        };
        assert_eq!(language.member(&Work::default()), Found::Member("two".to_owned()));
    }

    #[test]
    fn a_blow_up_is_proved_or_given_up_within_the_budget() {
        assert_eq!(like(&["*a?????????c"], &["*a?????????*"]).member(&Work::default()), Found::Empty);
        let long = "*".repeat(5_000);
        assert_eq!(like(&[&long], &["*"]).member(&Work::default()), Found::Empty);
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
            match (language.member(&Work::default()), brute(&language, 4)) {
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
