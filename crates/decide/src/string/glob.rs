//! Globs over character classes: one notation for literal values, `StringLike` and `Arn` patterns, and the
//! grammars of account ids, ExternalIds and OIDC subjects.
//!
//! The set algebra over globs (intersection, difference, shortest member) is in `language`.

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
    /// The ASCII characters whose bits are set.
    Ascii(u128),
}

impl Class {
    /// The ASCII characters of a string; others are left out.
    pub(crate) const fn of(characters: &str) -> Class {
        let bytes = characters.as_bytes();
        let mut bits = 0u128;
        let mut i = 0;
        while i < bytes.len() {
            // A constant function cannot use `get`; the index is below the length.
            #[allow(clippy::indexing_slicing, reason = "the loop condition bounds the index")]
            let byte = bytes[i];
            if byte < 128 {
                bits |= 1u128 << byte;
            }
            i += 1;
        }
        Class::Ascii(bits)
    }

    /// Whether it holds the character.
    pub(crate) fn contains(self, c: char) -> bool {
        match self {
            Class::Any => true,
            Class::Char(own) => own == c,
            Class::Folded(own) => c.to_lowercase().eq(own.to_lowercase()),
            Class::Not(own) => own != c,
            Class::Ascii(bits) => c.is_ascii() && bits & (1u128 << (c as u32)) != 0,
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

/// A sequence of steps that must take a whole string.
///
/// INVARIANT: of two neighbouring stars neither contains the other (`**` is one `*`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Glob(Vec<Token>);

impl Glob {
    /// The glob that takes every string.
    pub(crate) fn any() -> Self {
        let mut glob = Glob::default();
        glob.star(Class::Any);
        glob
    }

    /// The glob that takes exactly this string.
    pub(crate) fn literal(text: &str) -> Self {
        let mut glob = Glob::default();
        glob.text(text);
        glob
    }

    /// The glob that takes this string in any letter case.
    pub(crate) fn folded(text: &str) -> Self {
        let mut glob = Glob::default();
        text.chars().for_each(|c| glob.one(Class::Folded(c)));
        glob
    }

    /// A pattern in which `*` is any run and `?` any one character.
    pub(crate) fn like(pattern: &str) -> Self {
        let mut glob = Glob::default();
        for c in pattern.chars() {
            match c {
                '*' => glob.star(Class::Any),
                '?' => glob.one(Class::Any),
                c => glob.one(Class::Char(c)),
            }
        }
        glob
    }

    /// Appends one character of a class.
    pub(crate) fn one(&mut self, class: Class) {
        self.0.push(Token { class, star: false });
    }

    /// Appends `count` characters of a class.
    pub(crate) fn many(&mut self, class: Class, count: usize) {
        self.0.extend(std::iter::repeat_n(Token { class, star: false }, count));
    }

    /// Appends any number of characters of a class.
    pub(crate) fn star(&mut self, class: Class) {
        if let Some(last) = self.0.last_mut()
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
        self.0.push(Token { class, star: true });
    }

    /// Appends literal text.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.extend(text.chars().map(|c| Token { class: Class::Char(c), star: false }));
    }

    /// Appends another glob.
    pub(crate) fn append(&mut self, other: &Glob) {
        for token in &other.0 {
            if token.star { self.star(token.class) } else { self.0.push(*token) }
        }
    }

    /// The steps.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.0
    }

    /// The only string it takes, if there is just one.
    pub(crate) fn as_literal(&self) -> Option<String> {
        self.0
            .iter()
            .map(|t| match (t.class, t.star) {
                (Class::Char(c), false) => Some(c),
                _ => None,
            })
            .collect()
    }

    /// Whether it takes the whole string. Linear memory in the glob, time at most glob × text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        // The classic greedy walk (retry from the last star only) is exact just for stars of every character;
        // with class stars an earlier star may have to give way, so walk the set of live positions instead.
        if self.0.iter().all(|t| !t.star || t.class == Class::Any) {
            return self.matches_greedily(text);
        }
        let mut live = vec![false; self.0.len() + 1];
        let mut next = vec![false; self.0.len() + 1];
        reach(&mut live, 0, &self.0);
        for c in text.chars() {
            next.fill(false);
            let mut some = false;
            for (at, token) in self.0.iter().enumerate() {
                if live.get(at) == Some(&true) && token.class.contains(c) {
                    reach(&mut next, if token.star { at } else { at + 1 }, &self.0);
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

    fn matches_greedily(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text);
        let mut retry: Option<(usize, &str)> = None;
        loop {
            let token = self.0.get(at);
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
