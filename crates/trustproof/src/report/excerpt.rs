//! The few lines around a place, made small and harmless before they are drawn.
//!
//! Files may be one line of megabytes and full of escape sequences, so what is drawn is a copy of the neighbourhood
//! alone: lines are cut to a window, and every hostile character is spelled out.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use model::{Position, SourceMap, Span};

use super::plain::{is_hostile, plain};

/// Characters shown of a line: what 80 columns leave beside its number.
const LINE: usize = 72;
/// Characters shown of what the label covers, on a line that is too long.
const LABEL: usize = 48;
/// Bytes after a place that are looked at for lines to show: several lines of the longest kind.
const NEAR: usize = 64 * 1024;
/// Lines shown of a place that is shown as a whole.
const LINES: usize = 24;
/// Stands for what was cut away.
const CUT: char = '…';
const TAB: &str = "    ";

/// A place with its line and the neighbouring ones.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    name: String,
    position: Position,
    /// Number of the first line, from 0.
    first_line: usize,
    text: String,
    /// What the place covers in `text`.
    label: Range<usize>,
}

impl Excerpt {
    /// The neighbourhood of a span; `None` if the file cannot be read or the span does not fit.
    pub(crate) fn new(sources: &SourceMap, span: Span) -> Option<Self> {
        let text = sources.text(span.file).ok()?;
        let (start, end) = (span.start as usize, span.end as usize);
        let around = sources.stretch(span.file, start);
        let (before, rest) = (text.get(around.start..start)?, near(text.get(start..around.end)?));
        let (covered, after) = (text.get(start..end)?, near(text.get(end..around.end)?));
        let position = sources.position(span.file, span.start);
        let mut out = Excerpt {
            name: plain(&sources.path(span.file)).into_owned(),
            position,
            first_line: (position.line as usize).saturating_sub(1),
            text: String::new(),
            label: 0..0,
        };

        let window = Window::new(before, covered, after);
        let mut head: Vec<char> =
            before.chars().rev().take_while(|c| *c != '\n').take(window.before + 1).collect();
        let long = head.len() > window.before;
        if long {
            head.pop();
            head.push(CUT);
        } else if let Some((above, _)) = before.rsplit_once('\n') {
            // The line above helps to recognise the place.
            out.first_line = out.first_line.saturating_sub(1);
            out.push_most(above.rsplit('\n').next().unwrap_or_default().trim_end_matches('\r'), LINE);
            out.text.push('\n');
        }
        for c in head.into_iter().rev() {
            out.push(c);
        }
        out.label.start = out.text.len();
        let cut = out.push_most(line(covered), window.covered);
        out.label.end = out.text.len();
        if !covered.contains('\n') && !cut {
            out.push_most(line(after), window.after);
        }
        if !long && let Some((_, below)) = rest.split_once('\n') {
            out.text.push('\n');
            out.push_most(line(below), LINE);
        }
        Some(out)
    }

    /// All lines of a span, up to a number of them.
    pub(crate) fn whole(sources: &SourceMap, span: Span) -> Option<Self> {
        let mut out = Self::new(sources, span)?;
        let text = sources.text(span.file).ok()?;
        let (start, end) = (span.start as usize, span.end as usize);
        let around = sources.stretch(span.file, start);
        let (before, covered) = (text.get(around.start..start)?, text.get(start..end)?);
        let after = near(text.get(end..around.end)?);
        if !covered.contains('\n') {
            return Some(out);
        }
        out.first_line = (out.position.line as usize).saturating_sub(1);
        out.text.clear();
        let indent = before.rsplit('\n').next().unwrap_or_default();
        if indent.chars().all(char::is_whitespace) {
            out.push_most(indent, LINE);
        }
        out.label.start = out.text.len();
        let mut lines = covered.split('\n');
        for (index, line) in lines.by_ref().take(LINES).enumerate() {
            if index > 0 {
                out.text.push('\n');
            }
            out.push_most(line.trim_end_matches('\r'), LINE);
        }
        match lines.next() {
            Some(_) => {
                out.text.extend(['\n', CUT]);
                out.label.end = out.text.len();
            }
            None => {
                out.label.end = out.text.len();
                out.push_most(line(after), LINE);
            }
        }
        Some(out)
    }

    /// The column, from 0, under whose character the words of the label begin.
    pub(super) fn middle(&self) -> usize {
        let before = self.text.get(..self.label.start).unwrap_or_default();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        column + self.text.get(self.label.clone()).unwrap_or_default().chars().count() / 2
    }

    /// What to draw the label under.
    pub(super) fn label(&self) -> SourceSpan {
        (self.label.start, self.label.len()).into()
    }

    /// Appends at most `most` characters; says whether some were cut away.
    fn push_most(&mut self, text: &str, most: usize) -> bool {
        let mut chars = text.chars();
        for c in chars.by_ref().take(most) {
            self.push(c);
        }
        let cut = chars.next().is_some();
        if cut {
            self.text.push(CUT);
        }
        cut
    }

    fn push(&mut self, c: char) {
        match c {
            '\t' => self.text.push_str(TAB),
            '\u{feff}' => {}
            // A command to GitHub's runner.
            '[' if self.text.ends_with("##") => self.text.extend(c.escape_unicode()),
            c if is_hostile(c) => self.text.extend(c.escape_default()),
            c => self.text.push(c),
        }
    }
}

/// The beginning of a text, long enough for what is shown of it: the next line break of a plan may be megabytes away.
fn near(text: &str) -> &str {
    let most = NEAR.min(text.len());
    let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// How much of a line is shown, in characters.
struct Window {
    before: usize,
    covered: usize,
    after: usize,
}

impl Window {
    /// All of the line where it fits, else the label with as much as there is room for around it.
    fn new(before: &str, covered: &str, after: &str) -> Self {
        // One more than there is room for says enough of an endless line.
        let most = LINE + 1;
        let before = before.chars().rev().take_while(|c| *c != '\n').take(most).count();
        let covered_all = line(covered).chars().take(most).count();
        let after = if covered.contains('\n') { 0 } else { line(after).chars().take(most).count() };
        if before + covered_all + after <= LINE {
            return Window { before, covered: covered_all, after };
        }
        let covered = covered_all.min(LABEL);
        let room = LINE - covered;
        let shown = before.min((room / 2).max(room.saturating_sub(after)));
        Window { before: shown, covered, after: room - shown }
    }
}

/// The first line of a text, without its end.
fn line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default().trim_end_matches('\r')
}

impl SourceCode for Excerpt {
    /// The whole excerpt, whatever the number of lines asked for; without any, the place alone (from which the
    /// frame takes the line and column it shows).
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let data = self.text.as_bytes();
        let (range, line, column) = if lines_before == 0 && lines_after == 0 {
            let position = self.position;
            (
                span.offset()..span.offset() + span.len(),
                position.line as usize - 1,
                position.column as usize - 1,
            )
        } else {
            (0..data.len(), self.first_line, 0)
        };
        let shown = data.get(range.clone()).ok_or(MietteError::OutOfBounds)?;
        let lines = shown.iter().filter(|b| **b == b'\n').count() + 1;
        let at = SourceSpan::from((range.start, range.len()));
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), shown, at, line, column, lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::sources;

    fn excerpt(text: &str, covered: &str) -> Excerpt {
        let sources = sources(&[("a.tf", text)]);
        let start = text.find(covered).unwrap();
        let file = sources.open("a.tf").unwrap();
        Excerpt::new(&sources, Span::new(file, start, start + covered.len())).unwrap()
    }

    #[test]
    fn the_label_lies_under_the_text_and_neighbours_are_shown() {
        let e = excerpt("one\r\ntwo \"x\" three\r\nfour\r\nfive", "x");
        assert_eq!(e.text, "one\ntwo \"x\" three\nfour");
        assert_eq!(e.text.get(e.label.clone()), Some("x"));
        assert_eq!(e.first_line, 0);
        assert_eq!(e.position, Position { line: 2, column: 6 });
    }

    #[test]
    fn an_endless_line_is_cut_to_a_window() {
        let text = format!("top\n{}needle{}", "ä".repeat(100_000), "b".repeat(100_000));
        let e = excerpt(&text, "needle");
        assert_eq!(e.text, format!("…{}needle{}…", "ä".repeat(33), "b".repeat(33)));
        assert_eq!(e.text.get(e.label.clone()), Some("needle"));
        assert_eq!(e.first_line, 1);
        assert_eq!(e.position.column, 100_001);
    }

    #[test]
    fn a_long_line_gives_its_room_to_what_is_there() {
        let text = format!("{}needle b", "a".repeat(100));
        assert_eq!(excerpt(&text, "needle").text, format!("…{}needle b", "a".repeat(64)));
        let text = format!("a needle{}", "b".repeat(100));
        assert_eq!(excerpt(&text, "needle").text, format!("a needle{}…", "b".repeat(64)));
        let text = "n".repeat(100);
        assert_eq!(excerpt(&text, &text).text, format!("{}…", "n".repeat(LABEL)));
        // What fits is shown as it is.
        let text = format!("{}needle{}", "a".repeat(60), "b".repeat(6));
        assert_eq!(excerpt(&text, "needle").text, text);
        assert_eq!(excerpt(&text, "needle").middle(), 63);
    }

    #[test]
    fn a_place_of_several_lines_is_shown_by_its_first() {
        let e = excerpt("a\nb {\n  c\n}\nd", "{\n  c\n}");
        assert_eq!(e.text, "a\nb {\n  c");
        assert_eq!(e.text.get(e.label.clone()), Some("{"));
    }

    #[test]
    fn a_place_of_several_lines_can_be_shown_as_a_whole() {
        let whole = |text: &str, covered: &str| {
            let sources = sources(&[("a.tf", text)]);
            let start = text.find(covered).unwrap();
            let file = sources.open("a.tf").unwrap();
            Excerpt::whole(&sources, Span::new(file, start, start + covered.len())).unwrap()
        };
        let e = whole("a\n  {\r\n\tb\n  }, c\nd", "{\r\n\tb\n  }");
        assert_eq!(e.text, "  {\n    b\n  }, c");
        assert_eq!(e.text.get(e.label.clone()), Some("{\n    b\n  }"));
        assert_eq!(e.first_line, 1);
        let e = whole(&format!("{{{}}}", "\nx".repeat(100)), &format!("{{{}}}", "\nx".repeat(100)));
        assert_eq!(e.text, format!("{{{}\n…", "\nx".repeat(LINES - 1)));
        assert_eq!(whole("one {b} line", "{b}"), excerpt("one {b} line", "{b}"));
    }

    #[test]
    fn hostile_characters_are_spelled_out_under_a_true_label() {
        let e = excerpt("\u{feff}\tx\u{1b}[0m\u{202e}needle\u{7}", "needle");
        assert_eq!(e.text, "    x\\u{1b}[0m\\u{202e}needle\\u{7}");
        assert_eq!(e.text.get(e.label.clone()), Some("needle"));
    }

    #[test]
    fn an_empty_place_at_the_end_of_the_file_fits() {
        let sources = sources(&[("a.tf", "x\n")]);
        let file = sources.open("a.tf").unwrap();
        let e = Excerpt::new(&sources, Span::new(file, 2, 2)).unwrap();
        assert_eq!((e.text.as_str(), e.label.clone()), ("x\n", 2..2));
        assert_eq!(Excerpt::new(&sources, Span::new(file, 2, 9)), None);
    }
}
