//! Text for a terminal: harmless, and in lines that are not too long.

use std::borrow::Cow;

pub(super) use model::is_hostile;

/// The text with each character spelled out that a terminal would obey.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    model::plain(text)
}

/// The text in lines of at most `width` characters, broken between words; a longer word keeps its line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let word_length = word.chars().count();
        if length > 0 && length + 1 + word_length > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word_length;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("aaaaaaaaaa b", 4), ["aaaaaaaaaa", "b"]);
        assert!(wrap(" ", 4).is_empty());
    }
}
