//! What is said, harmless for those who show it.

use model::plain;
use serde_sarif::sarif::Message;

/// Characters of one name, story or piece of advice. Longer ones are hostile or machine-made.
const LONGEST: usize = 4000;

/// A text from outside: short enough, no character in it is obeyed, and it holds no link, which in a message would
/// be written `[text](target)`.
pub(crate) fn tame(text: &str) -> String {
    let mut text = plain(text).replace("](", "] (");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A message that says this text.
pub(crate) fn message(text: &str) -> Message {
    Message::builder().text(sentence(text)).build()
}

/// A text from outside as a sentence with its full stop.
pub(crate) fn sentence(text: &str) -> String {
    let text = tame(text);
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{text}{end}")
}

/// A link to a related place of the same result.
pub(crate) fn link(text: &str, id: usize) -> String {
    let text = tame(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    format!("[{text}]({id})")
}

/// Markdown for those who show plain text alone: without the marks of headings, code and code blocks.
pub(crate) fn without_markup(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        if code {
            out.push_str(line);
        } else {
            out.extend(line.trim_start_matches('#').trim().chars().filter(|c| *c != '`'));
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_link() {
        assert_eq!(tame("[a](1) [b][c]\u{1b}[0m"), "[a] (1) [b][c]\\u{1b}[0m");
        assert_eq!(link("a](2)[\\", 1), "[a\\] (2)\\[\\\\](1)");
    }

    #[test]
    fn a_sentence_has_one_full_stop() {
        assert_eq!(sentence("so it is"), "so it is.");
        assert_eq!(sentence("so it is."), "so it is.");
        assert_eq!(sentence(&"ä".repeat(5000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn plain_text_has_no_marks() {
        let page = "# a-rule\n\nUse `x`.\n\n```hcl\n# `kept`\n```\n\n## Fix\n";
        assert_eq!(without_markup(page), "a-rule\n\nUse x.\n\n# `kept`\n\nFix\n");
    }
}
