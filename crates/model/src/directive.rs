//! What authors say to the scanner in the files that it reads: a comment
//! `trustproof: ignore[rule] until=2027-03-31 reason`, or the same in a resource's metadata.
//!
//! The comment's grammar is written here once for all formats. Deliberately not here: which rules exist, what day
//! it is, and which findings a directive silences (the binary).

use crate::{Located, Problem, Span};

/// A wish to silence findings of some rules inside a stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Where it stands.
    pub span: Span,
    /// What it covers: the line, the statement, the resource or the module call.
    pub scope: Span,
    /// The rules it names; at least one.
    pub rules: Vec<Located<Box<str>>>,
    /// The last day on which it holds, as written.
    pub until: Option<Located<Box<str>>>,
    /// Why; may be empty.
    pub reason: Box<str>,
    /// How it was written.
    pub by: DirectiveKind,
}

/// How a directive was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectiveKind {
    /// In a comment.
    Comment,
    /// In a resource's metadata.
    Metadata,
}

/// What a comment must hold to be a directive.
const MARK: &str = "trustproof:";

/// What the comment should look like.
const FORM: &str = "write `trustproof: ignore[rule-id] until=YYYY-MM-DD reason`";

impl Directive {
    /// Reads the text of a comment, which stands at `span` byte for byte. `None` if the comment does not speak to
    /// the scanner; a problem if it does and cannot be understood, because then it silences nothing.
    pub fn in_comment(text: &str, span: Span, scope: Span) -> Option<Result<Self, Problem>> {
        let mark = text.find(MARK)?;
        let lead = text.get(..mark)?;
        // Prose that mentions the tool is no directive: only signs of a comment may stand before the mark.
        if !lead.chars().all(|c| c.is_whitespace() || matches!(c, '#' | '/' | '*')) {
            return None;
        }
        let mut words = Words { text, at: mark + MARK.len(), span };
        Some(Self::parse(&mut words, scope).ok_or_else(|| {
            Problem::warning(span, format!("this suppression is not understood and silences nothing; {FORM}"))
        }))
    }

    fn parse(words: &mut Words<'_>, scope: Span) -> Option<Self> {
        words.skip_space();
        words.eat("ignore")?;
        words.skip_space();
        words.eat("[")?;
        let close = words.rest().find(']')?;
        let mut rules = Vec::new();
        let mut from = words.at;
        for rule in words.rest().get(..close)?.split(',') {
            let name = rule.trim();
            if name.is_empty() {
                return None;
            }
            let start = from + (rule.len() - rule.trim_start().len());
            rules.push(Located::new(name.into(), words.span_of(start, name.len())));
            from += rule.len() + 1;
        }
        words.at += close + 1;
        words.skip_space();
        let mut until = None;
        if words.eat("until=").is_some() {
            let day = words.rest().split_whitespace().next().unwrap_or_default();
            let day = day.strip_suffix("*/").unwrap_or(day);
            until = Some(Located::new(day.into(), words.span_of(words.at, day.len())));
            words.at += day.len();
        }
        let reason = words.rest().trim();
        let reason = reason.strip_suffix("*/").unwrap_or(reason).trim_end();
        Some(Directive {
            span: words.span,
            scope,
            rules,
            until,
            reason: reason.into(),
            by: DirectiveKind::Comment,
        })
    }
}

struct Words<'t> {
    text: &'t str,
    at: usize,
    span: Span,
}

impl<'t> Words<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, word: &str) -> Option<()> {
        self.rest().starts_with(word).then(|| self.at += word.len())
    }

    fn span_of(&self, at: usize, len: usize) -> Span {
        let start = self.span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Span { file: self.span.file, start, end: start.saturating_add(u32::try_from(len).unwrap_or(0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    fn read(text: &str) -> Option<Result<Directive, Problem>> {
        let span = Span::new(FileId(0), 10, 10 + text.len());
        Directive::in_comment(text, span, Span::new(FileId(0), 0, 500))
    }

    #[test]
    fn the_full_form_has_rules_an_end_and_a_reason() {
        let text = "# trustproof: ignore[long-session, dead-trust] until=2027-03-31 SEC-12: moves in Q1";
        let directive = read(text).unwrap().unwrap();
        let names: Vec<_> = directive.rules.iter().map(|r| &*r.value).collect();
        assert_eq!(names, ["long-session", "dead-trust"]);
        for part in directive.rules.iter().chain(&directive.until) {
            let range = part.span.start as usize - 10..part.span.end as usize - 10;
            assert_eq!(text.get(range), Some(&*part.value));
        }
        assert_eq!(directive.until.map(|u| u.value).as_deref(), Some("2027-03-31"));
        assert_eq!(&*directive.reason, "SEC-12: moves in Q1");
    }

    #[test]
    fn other_comment_signs_and_no_reason() {
        let directive = read("/* trustproof: ignore[x] */").unwrap().unwrap();
        assert_eq!((&*directive.reason, directive.until), ("", None));
        let directive = read("//trustproof:ignore[x] until=2027-01-01*/").unwrap().unwrap();
        assert_eq!(directive.until.map(|u| u.value).as_deref(), Some("2027-01-01"));
    }

    #[test]
    fn prose_is_no_directive_and_a_broken_one_is_told() {
        assert!(read("# see trustproof: ignore[x] for how").is_none());
        assert!(read("# nothing").is_none());
        for broken in [
            "# trustproof: ignore",
            "# trustproof: ignore[]",
            "# trustproof: skip[x]",
            "# trustproof: ignore[x",
        ] {
            assert!(read(broken).unwrap().is_err(), "{broken}");
        }
    }
}
