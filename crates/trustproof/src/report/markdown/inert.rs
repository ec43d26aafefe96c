//! Words from outside in Markdown, where they can be no link, mention, image, HTML or table.
//!
//! Escaping by backslashes is not enough: GitHub makes links of bare addresses and mentions of `@name` after it has
//! resolved all escapes, except in code. So whatever is no plain word is shown as code.

use model::plain;

/// Characters of one name, story or piece of advice. Longer ones are hostile or machine-made.
const LONGEST: usize = 2000;

/// Running text: plain words as they are, everything else (names, keys, ARNs) as code.
pub(super) fn words(text: &str) -> String {
    let text = short(text);
    let mut out = String::new();
    for (index, piece) in text.split('`').enumerate() {
        if index % 2 == 1 {
            append(&mut out, &code(piece), false);
            continue;
        }
        let mut apart = index == 0 || piece.starts_with(char::is_whitespace);
        for word in piece.split_whitespace() {
            append(&mut out, &self::word(word), apart);
            apart = true;
        }
        if piece.ends_with(char::is_whitespace) && !out.is_empty() {
            out.push(' ');
        }
    }
    out.trim_end().to_owned()
}

/// Appends a word, after a space if it stands apart. Two pieces of code always do: their marks would run together.
fn append(out: &mut String, word: &str, apart: bool) {
    let marks = out.ends_with('`') && word.starts_with('`');
    if !out.is_empty() && !out.ends_with(' ') && (apart || marks) {
        out.push(' ');
    }
    out.push_str(word);
}

/// A name as code, on one line.
pub(super) fn code(name: &str) -> String {
    let name = short(name);
    // A bar would end the cell of a table even inside of code.
    let pieces: Vec<String> = name.split('|').map(code_span).collect();
    pieces.join("&#124;")
}

/// A name as code inside of raw HTML.
pub(super) fn html_code(name: &str) -> String {
    let mut out = String::from("<code>");
    for c in short(name).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

fn short(text: &str) -> String {
    let mut text = plain(text).into_owned();
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Between more backticks than stand together in the text, with the space that keeps them apart.
fn code_span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let edge = |c: Option<char>| c.is_some_and(|c| c == '`' || c == ' ');
    let space = if edge(text.chars().next()) || edge(text.chars().last()) { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A word: as it is if it holds nothing but letters or is a small number, else as code; signs around it that have no
/// meaning stay outside.
fn word(word: &str) -> String {
    const AFTER: [char; 6] = ['.', ',', ';', ':', ')', '?'];
    let inner = word.strip_prefix('(').unwrap_or(word);
    let before = word.len() - inner.len();
    let inner = inner.trim_end_matches(AFTER);
    let (Some(before), Some(after)) = (word.get(..before), word.get(before + inner.len()..)) else {
        return code(word);
    };
    if after.len() > 2 {
        return code(word);
    }
    if inner.is_empty() && (before.is_empty() || after.is_empty()) {
        return format!("{before}{after}");
    }
    let letter = |c: char| c.is_alphabetic();
    let joined = inner.split(['-', '\'', '’']).all(|part| !part.is_empty() && part.chars().all(letter));
    let number = inner.len() <= 4 && inner.bytes().all(|b| b.is_ascii_digit());
    if joined || number { word.to_owned() } else { format!("{before}{}{after}", code(inner)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_and_words_are_words() {
        assert_eq!(
            words(
                "another tenant of AcmeCSPM (210987654321) can't call sts:AssumeRole: allowed by statement 1"
            ),
            "another tenant of AcmeCSPM (`210987654321`) can't call `sts:AssumeRole`: allowed by statement 1"
        );
        assert_eq!(words("the value of `var.x`, or a  plan"), "the value of `var.x`, or a plan");
        assert_eq!(words("(`a b`), x/y`z` w"), "(`a b`), `x/y` `z` w");
        assert_eq!(words(""), "");
    }

    #[test]
    fn what_could_act_is_code() {
        assert_eq!(words("see www.example.com now"), "see `www.example.com` now");
        assert_eq!(words("@admin *x* <b> [a](b)"), "`@admin` `*x*` `<b>` `[a](b`)");
        assert_eq!(words("odd ` number"), "odd `  number `");
        assert_eq!(code("a`b``"), "``` a`b`` ```");
        assert_eq!(code("a|b"), "`a`&#124;`b`");
        assert_eq!(html_code("<a href='x'>&"), "<code>&lt;a href=&#39;x&#39;&gt;&amp;</code>");
    }
}
