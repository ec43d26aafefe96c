//! Text for a terminal: harmless, and in lines that are not too long.

use std::borrow::Cow;

pub(super) use model::is_hostile;

/// The text with everything spelled out that a console would obey. A job's log at GitHub is one: the runner takes
/// `##[` for a command wherever it stands.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let plain = model::plain(text);
    if plain.contains("##[") { Cow::Owned(plain.replace("##[", "##\\u{5b}")) } else { plain }
}

/// The text in lines of at most `width` characters, broken between words; a longer word keeps its line. No line
/// begins with `::`, which GitHub's runner takes for a command.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let command = word.strip_prefix("::").map(|rest| format!("\\u{{3a}}:{rest}"));
        let word = command.as_deref().unwrap_or(word);
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
    fn workflow_commands_are_spelled_out() {
        assert_eq!(plain("a##[error]\n"), "a##\\u{5b}error]\\n");
        assert_eq!(wrap("a ::error::b x::y", 4), ["a", "\\u{3a}:error::b", "x::y"]);
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("aaaaaaaaaa b", 4), ["aaaaaaaaaa", "b"]);
        assert!(wrap(" ", 4).is_empty());
    }
}
