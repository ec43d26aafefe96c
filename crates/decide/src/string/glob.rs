//! Globs over character classes: one notation for literal values, `StringLike` and `Arn` patterns, and the
//! grammars of account ids, ExternalIds and OIDC subjects.
//!
//! The set algebra over globs (intersection, difference, shortest member) is in `language`.

use std::sync::Arc;

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// Every character.
    Any,
    /// One character.
    Char(char),
    /// One character whatever its letter case; the stored one is in lower case.
    Folded(char),
    /// Every character but this one.
    Not(char),
    /// The ASCII characters whose bits are set, 64 a word.
    Ascii([u64; 2]),
}

impl Class {
    /// The ASCII characters of a string; others are left out.
    pub(crate) const fn of(characters: &str) -> Class {
        let bytes = characters.as_bytes();
        let (mut low, mut high) = (0, 0);
        let mut i = 0;
        while i < bytes.len() {
            // A constant function cannot use `get`; the index is below the length.
            #[allow(clippy::indexing_slicing, reason = "the loop condition bounds the index")]
            let byte = bytes[i];
            if byte < 64 {
                low |= 1 << byte;
            } else if byte < 128 {
                high |= 1 << (byte - 64);
            }
            i += 1;
        }
        Class::Ascii([low, high])
    }

    /// Whether it holds the character.
    pub(crate) fn contains(self, c: char) -> bool {
        match self {
            Class::Any => true,
            Class::Char(own) => own == c,
            Class::Folded(own) if own.is_ascii() && c.is_ascii() => c.eq_ignore_ascii_case(&own),
            Class::Folded(own) => c.to_lowercase().eq(own.to_lowercase()),
            Class::Not(own) => own != c,
            Class::Ascii([low, high]) => match c as u32 {
                at @ 0..64 => low >> at & 1 != 0,
                at @ 64..128 => high >> (at - 64) & 1 != 0,
                _ => false,
            },
        }
    }
}

/// One step of a [`Glob`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token {
    /// The characters it takes.
    pub(crate) class: Class,
    /// Whether it takes any number of them, or exactly one.
    pub(crate) star: bool,
}

/// A sequence of steps that must take a whole string: first some text, then the other steps. Copies share both.
///
/// INVARIANT: the text is as long as it can be, and of two neighbouring stars neither contains the other (`**` is
/// one `*`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Glob(Arc<Steps>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Steps {
    text: String,
    rest: Vec<Token>,
}

impl Glob {
    /// The glob that takes every string.
    pub(crate) fn any() -> Self {
        let mut glob = Glob::default();
        glob.star(Class::Any);
        glob
    }

    /// The glob that takes exactly this string.
    pub(crate) fn literal(text: &str) -> Self {
        Glob(Arc::new(Steps { text: text.to_owned(), rest: Vec::new() }))
    }

    /// The glob that takes this string in any letter case.
    pub(crate) fn folded(text: &str) -> Self {
        let rest = text.chars().map(|c| Token { class: Class::Folded(c), star: false }).collect();
        Glob(Arc::new(Steps { text: String::new(), rest }))
    }

    /// A pattern in which `*` is any run and `?` any one character.
    pub(crate) fn like(pattern: &str) -> Self {
        let wild = pattern.find(['*', '?']).unwrap_or(pattern.len());
        let (text, rest) = pattern.split_at(wild);
        let mut glob = Glob::literal(text);
        glob.reserve(rest.len());
        for c in rest.chars() {
            match c {
                '*' => glob.star(Class::Any),
                '?' => glob.one(Class::Any),
                c => glob.one(Class::Char(c)),
            }
        }
        glob
    }

    /// Makes room for as many steps more.
    pub(crate) fn reserve(&mut self, count: usize) {
        Arc::make_mut(&mut self.0).rest.reserve(count);
    }

    /// Appends one character of a class.
    pub(crate) fn one(&mut self, class: Class) {
        let steps = Arc::make_mut(&mut self.0);
        match class {
            Class::Char(c) if steps.rest.is_empty() => steps.text.push(c),
            class => steps.rest.push(Token { class, star: false }),
        }
    }

    /// Appends `count` characters of a class.
    pub(crate) fn many(&mut self, class: Class, count: usize) {
        for _ in 0..count {
            self.one(class);
        }
    }

    /// Appends any number of characters of a class.
    pub(crate) fn star(&mut self, class: Class) {
        let steps = Arc::make_mut(&mut self.0);
        if let Some(last) = steps.rest.last_mut()
            && last.star
        {
            if last.class == class || last.class == Class::Any {
                return;
            }
            if class == Class::Any {
                last.class = class;
                return;
            }
        }
        steps.rest.push(Token { class, star: true });
    }

    /// Appends literal text.
    pub(crate) fn text(&mut self, text: &str) {
        let steps = Arc::make_mut(&mut self.0);
        if steps.rest.is_empty() {
            steps.text.push_str(text);
        } else {
            steps.rest.extend(text.chars().map(|c| Token { class: Class::Char(c), star: false }));
        }
    }

    /// Appends another glob.
    pub(crate) fn append(&mut self, other: &Glob) {
        self.text(&other.0.text);
        for token in &other.0.rest {
            if token.star { self.star(token.class) } else { self.one(token.class) }
        }
    }

    /// The steps.
    pub(crate) fn tokens(&self) -> impl DoubleEndedIterator<Item = Token> {
        let text = self.0.text.chars().map(|c| Token { class: Class::Char(c), star: false });
        text.chain(self.0.rest.iter().copied())
    }

    /// How many steps there are, or a little more.
    pub(crate) fn size(&self) -> usize {
        self.0.text.len() + self.0.rest.len()
    }

    /// The only string it takes, if there is just one.
    pub(crate) fn as_literal(&self) -> Option<&str> {
        self.0.rest.is_empty().then_some(self.0.text.as_str())
    }

    /// The text that it takes in any letter case, in lower case, if it is such a glob and all of it is ASCII.
    pub(crate) fn as_folded_ascii(&self) -> Option<String> {
        let folded = self.0.rest.iter().map(|t| match t.class {
            Class::Folded(c) if !t.star && c.is_ascii() => Some(c.to_ascii_lowercase()),
            _ => None,
        });
        if self.0.text.is_empty() { folded.collect() } else { None }
    }

    /// Whether the texts that two globs begin with already differ.
    pub(crate) fn begins_apart(&self, other: &Glob) -> bool {
        let (own, other) = (self.0.text.as_bytes(), other.0.text.as_bytes());
        own.iter().zip(other).any(|(a, b)| a != b)
    }

    /// Whether it takes the whole string. Linear memory in the glob, time at most glob × text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(self.0.text.as_str()) else { return false };
        let steps = self.0.rest.as_slice();
        // The classic greedy walk (retry from the last star only) is exact just for stars of every character;
        // with class stars an earlier star may have to give way, so walk the set of live positions instead.
        if steps.iter().all(|t| !t.star || t.class == Class::Any) {
            return matches_greedily(steps, text);
        }
        let mut live = vec![false; steps.len() + 1];
        let mut next = vec![false; steps.len() + 1];
        reach(&mut live, 0, steps);
        for c in text.chars() {
            next.fill(false);
            let mut some = false;
            for ((at, token), live) in steps.iter().enumerate().zip(&live) {
                if *live && token.class.contains(c) {
                    reach(&mut next, if token.star { at } else { at + 1 }, steps);
                    some = true;
                }
            }
            if !some {
                return false;
            }
            std::mem::swap(&mut live, &mut next);
        }
        live.last() == Some(&true)
    }
}

fn matches_greedily(steps: &[Token], text: &str) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let token = steps.get(at);
        if let Some(Token { star: true, .. }) = token {
            at += 1;
            retry = Some((at, rest));
            continue;
        }
        let mut characters = rest.chars();
        match (token, characters.next()) {
            (None, None) => return true,
            (Some(token), Some(c)) if token.class.contains(c) => {
                at += 1;
                rest = characters.as_str();
            }
            _ => {
                // The last star takes one character more.
                let Some((star, from)) = retry else { return false };
                let mut characters = from.chars();
                if characters.next().is_none() {
                    return false;
                }
                rest = characters.as_str();
                at = star;
                retry = Some((star, rest));
            }
        }
    }
}

/// Marks a position and those that skipping stars leads to.
fn reach(live: &mut [bool], mut at: usize, tokens: &[Token]) {
    while let Some(slot) = live.get_mut(at) {
        if *slot {
            return;
        }
        *slot = true;
        match tokens.get(at) {
            Some(token) if token.star => at += 1,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_cross_everything_and_are_anchored() {
        assert!(Glob::like("repo:*:main").matches("repo:a/b:c:main"));
        assert!(!Glob::like("repo:*").matches("xrepo:a"));
        assert!(Glob::like("a*b?c").matches("aXXbbYc"));
        assert!(!Glob::like("a?c").matches("ac"));
        assert!(Glob::like("*").matches(""));
        assert!(Glob::literal("a*").matches("a*") && !Glob::literal("a*").matches("ab"));
    }

    #[test]
    fn classes_hold_what_they_say() {
        let mut digits = Glob::default();
        digits.many(Class::of("0123456789"), 3);
        assert!(digits.matches("042") && !digits.matches("04a") && !digits.matches("0424"));
        let mut part = Glob::default();
        part.star(Class::Not(':'));
        part.text(":x");
        assert!(part.matches("abc:x") && !part.matches("a:b:x"));
        let mut folded = Glob::default();
        folded.one(Class::Folded('ä'));
        assert!(folded.matches("Ä"));
    }

    /// Straightforward recursion: an independent definition of what a glob takes.
    fn naive(tokens: &[Token], text: &[char]) -> bool {
        match tokens.split_first() {
            None => text.is_empty(),
            Some((token, rest)) if token.star => {
                naive(rest, text)
                    || text
                        .split_first()
                        .is_some_and(|(c, tail)| token.class.contains(*c) && naive(tokens, tail))
            }
            Some((token, rest)) => {
                text.split_first().is_some_and(|(c, tail)| token.class.contains(*c) && naive(rest, tail))
            }
        }
    }

    fn token() -> impl Strategy<Value = Token> {
        let class = prop_oneof![
            Just(Class::Any),
            Just(Class::Char('a')),
            Just(Class::Char(':')),
            Just(Class::Not(':')),
            Just(Class::of("ab")),
            Just(Class::Folded('b')),
        ];
        (class, any::<bool>()).prop_map(|(class, star)| Token { class, star })
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(tokens in prop::collection::vec(token(), 0..7), text in "[abAB:]{0,7}") {
            let mut glob = Glob::default();
            for t in &tokens {
                if t.star { glob.star(t.class) } else { glob.one(t.class) }
            }
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(glob.matches(&text), naive(&tokens, &characters));
        }
    }
}
