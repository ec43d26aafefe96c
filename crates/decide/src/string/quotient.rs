//! What a glob leaves for the middle of a string whose beginning and end are given.

use crate::string::glob::{Glob, Token};

impl Glob {
    /// Globs that together take just the strings which, between `before` and `after`, this glob takes.
    pub(crate) fn between(&self, before: &str, after: &str) -> Vec<Glob> {
        let tokens: Vec<Token> = self.tokens().collect();
        let reversed: Vec<Token> = tokens.iter().rev().copied().collect();
        let starts = positions(&tokens, before.chars());
        let ends = positions(&reversed, after.chars().rev());
        let mut out = Vec::new();
        for start in starts {
            for end in ends.iter().map(|left| tokens.len() - left) {
                if let Some(middle) = tokens.get(start..end) {
                    let mut glob = Glob::default();
                    for token in middle {
                        if token.star { glob.star(token.class) } else { glob.one(token.class) }
                    }
                    out.push(glob);
                }
            }
        }
        out
    }
}

/// Where in the tokens one may be after these characters. A star that may go on stands for what follows it too.
fn positions(tokens: &[Token], text: impl Iterator<Item = char>) -> Vec<usize> {
    let mut live = vec![false; tokens.len() + 1];
    enter(&mut live, 0, tokens);
    for c in text {
        let mut next = vec![false; tokens.len() + 1];
        for (at, token) in tokens.iter().enumerate() {
            if live.get(at) == Some(&true) && token.class.contains(c) {
                enter(&mut next, if token.star { at } else { at + 1 }, tokens);
            }
        }
        live = next;
    }
    let skipped = |at: usize| {
        let before = at.checked_sub(1);
        before.is_some_and(|b| live.get(b) == Some(&true) && tokens.get(b).is_some_and(|t| t.star))
    };
    (0..live.len()).filter(|at| live.get(*at) == Some(&true) && !skipped(*at)).collect()
}

fn enter(live: &mut [bool], mut at: usize, tokens: &[Token]) {
    while let Some(slot) = live.get_mut(at) {
        *slot = true;
        if tokens.get(at).is_none_or(|t| !t.star) {
            return;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_may_give_to_both_ends() {
        assert_eq!(Glob::like("*").between("a", "b"), [Glob::like("*")]);
        assert_eq!(Glob::like("ab*cd").between("a", "d"), [Glob::like("b*c")]);
        assert!(Glob::like("ab").between("x", "").is_empty());
        assert_eq!(Glob::literal("ab").between("a", "b"), [Glob::default()]);
        assert!(Glob::literal("ab").between("ab", "b").is_empty());
    }

    proptest! {
        #[test]
        fn the_middle_is_taken_if_the_whole_is(
            pattern in "[ab*?]{0,6}",
            before in "[ab]{0,3}",
            middle in "[ab]{0,4}",
            after in "[ab]{0,3}",
        ) {
            let whole = Glob::like(&pattern);
            let taken = whole.between(&before, &after).iter().any(|g| g.matches(&middle));
            prop_assert_eq!(taken, whole.matches(&format!("{before}{middle}{after}")));
        }
    }
}
