//! A place drawn in a frame: its lines, the neighbouring ones, and a few words under it.

use std::fmt;
use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use model::{SourceMap, Span};

use super::excerpt::Excerpt;
use super::plain::{plain, wrap};
use super::{WIDTH, at};

/// Columns that a label under a place takes at least and at most.
const LABEL: (usize, usize) = (20, 70);
/// Columns that the line number, the frame and the hook of the label take.
const EDGE: usize = 13;

/// Draws frames.
pub(crate) struct Frames(GraphicalReportHandler);

impl Frames {
    /// With or without colours.
    pub(crate) fn new(color: bool) -> Self {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .without_syntax_highlighting()
            .with_width(WIDTH);
        Frames(handler)
    }

    /// The excerpt with `label` under its place.
    pub(crate) fn draw(&self, excerpt: Excerpt, label: &str) -> io::Result<String> {
        let room = WIDTH.saturating_sub(EDGE + excerpt.middle()).clamp(LABEL.0, LABEL.1);
        let label = wrap(&plain(label), room).join("\n");
        let label = LabeledSpan::new_primary_with_span((!label.is_empty()).then_some(label), excerpt.label());
        let mut drawn = String::new();
        self.0.render_report(&mut drawn, &Drawing { excerpt, label }).map_err(io::Error::other)?;
        // The first line is the library's own header, which says nothing here.
        Ok(drawn.split_once('\n').map_or_else(String::new, |(_, frame)| frame.to_owned()))
    }
}

/// Something wrong at a place of a file that the user wrote for this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where.
    pub(crate) span: Span,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do; may be empty.
    pub(crate) hint: String,
}

/// Tells faults on standard error.
pub(crate) fn tell(faults: &[Fault], sources: &SourceMap) {
    let stderr = io::stderr();
    let color = anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never;
    // Where standard error cannot be written to, the exit status is all that is left to say.
    let _ = write(faults, sources, color, &mut anstream::AutoStream::auto(stderr.lock()));
}

fn write(faults: &[Fault], sources: &SourceMap, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let frames = Frames::new(color);
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let style = if color { red } else { Style::new() };
    for Fault { span, message, hint } in faults {
        writeln!(out, "{style}error{style:#}: {}", plain(message))?;
        match Excerpt::new(sources, *span) {
            Some(excerpt) => out.write_all(frames.draw(excerpt, hint)?.as_bytes())?,
            None => writeln!(out, "  at {}: {}", at(sources, span.file, span.start), plain(hint))?,
        }
    }
    Ok(())
}

/// What the library draws: one labelled excerpt.
#[derive(Debug)]
struct Drawing {
    excerpt: Excerpt,
    label: LabeledSpan,
}

impl fmt::Display for Drawing {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{sources, span};

    #[test]
    fn a_fault_is_a_place_and_what_to_do() {
        let sources = sources(&[("a.toml", "one = 1\nt\u{1b}o = 2\n")]);
        let fault = Fault {
            span: span(&sources, "a.toml", "t\u{1b}o"),
            message: "`t\u{1b}o` is unknown".to_owned(),
            hint: "did you mean `one`?".to_owned(),
        };
        let mut out = Vec::new();
        write(&[fault], &sources, false, &mut out).unwrap();
        let expected = "\
error: `t\\u{1b}o` is unknown
   ╭─[a.toml:2:1]
 1 │ one = 1
 2 │ t\\u{1b}o = 2
   · ────┬───
   ·     ╰── did you mean `one`?
   ╰────
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
