//! Workflow commands of GitHub Actions, which show findings beside the changed lines.
//!
//! GitHub shows ten annotations a step, so the worst nine are written and the tenth says how many more there are.

use std::cmp::Reverse;
use std::io::{self, Write};

use model::{Place, Position, Problem, SourceMap, plain};
use rules::{Finding, Report, Severity};

use super::{badness, place};

/// Annotations that GitHub shows.
const SHOWN: usize = 10;
/// Characters of a message that GitHub shows; the rest would be cut away.
const LONGEST: usize = 4000;

/// Writes the report.
pub(crate) fn render(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    // What could not be read comes before all but the critical: it may hide one.
    let mut annotations: Vec<Annotation> = report.problems.iter().map(|p| problem(p, sources)).collect();
    annotations.extend(report.reported().map(|f| finding(f, sources)));
    annotations.sort_by_key(|annotation| annotation.rank);
    let shown = if annotations.len() > SHOWN { SHOWN - 1 } else { annotations.len() };
    for annotation in annotations.iter().take(shown) {
        writeln!(out, "{}", annotation.command())?;
    }
    if annotations.len() > shown {
        let more = annotations.len() - shown;
        writeln!(out, "::notice title=trustproof::{more} more; the whole report is in the other formats")?;
    }
    Ok(())
}

struct Annotation {
    rank: Reverse<(Severity, bool)>,
    level: &'static str,
    path: String,
    range: Option<(Position, Position)>,
    title: String,
    message: String,
}

fn problem(problem: &Problem, sources: &SourceMap) -> Annotation {
    let (level, rank, title) = if problem.relevant {
        ("error", (Severity::High, true), "trustproof: unread")
    } else {
        ("notice", (Severity::Info, false), "trustproof: warning")
    };
    let range = match problem.place {
        Place::Span(span) => Some(sources.range(span)),
        Place::File(_) | Place::Path(_) => None,
    };
    Annotation {
        rank: Reverse(rank),
        level,
        path: place(problem, sources).0,
        range,
        title: title.to_owned(),
        message: problem.message.to_string(),
    }
}

fn finding(finding: &Finding, sources: &SourceMap) -> Annotation {
    let span = finding.location;
    let level = match (finding.proved(), finding.rule.severity) {
        (true, Severity::Critical | Severity::High) => "error",
        (true, Severity::Medium | Severity::Low) => "warning",
        (true, Severity::Info) | (false, _) => "notice",
    };
    let possible = if finding.proved() { "" } else { " (possible)" };
    let mut message = format!("{}: {}", finding.role.address, finding.message);
    if let Some(witness) = finding.witness() {
        message = format!("{message}\nattack: {}", witness.story());
    }
    if let Some(change) = finding.change() {
        message = format!("{message}\nchange: {change}");
    }
    if !finding.advice.is_empty() {
        message = format!("{message}\nfix: {}", finding.advice);
    }
    Annotation {
        rank: badness(finding),
        level,
        path: sources.path(span.file),
        range: Some(sources.range(span)),
        title: format!("{}{possible}: {}", finding.rule.severity.name(), finding.rule.id),
        message,
    }
}

impl Annotation {
    fn command(&self) -> String {
        let mut properties = vec![format!("file={}", property(&self.path))];
        if let Some((start, end)) = self.range {
            properties.push(format!("line={},endLine={}", start.line, end.line));
            // GitHub drops columns of a place of several lines; its end column is inclusive.
            if start.line == end.line {
                let last = end.column.saturating_sub(1).max(start.column);
                properties.push(format!("col={},endColumn={last}", start.column));
            }
        }
        properties.push(format!("title={}", property(&self.title)));
        format!("::{} {}::{}", self.level, properties.join(","), data(&self.message))
    }
}

/// A message as the runner reads it: one line, and nothing in it is a command.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| plain(line).into_owned()).collect();
    let mut text = lines.join("\n");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    // The runner takes `##[` for a command wherever it stands in a line.
    text.replace("##[", "## [").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{finding as found, rule, sources, span};
    use rules::{Certainty, Evidence};

    fn rendered(report: &Report, sources: &SourceMap) -> Vec<String> {
        let mut out = Vec::new();
        render(report, sources, &mut out).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_finding_is_an_annotation_at_its_place() {
        let sources = sources(&[("a,b.tf", "x\n  \"needle\"\ny")]);
        let proved = Certainty::Proved(Evidence::Fact);
        let findings = vec![
            found(rule("r", Severity::Critical), proved, span(&sources, "a,b.tf", "needle")),
            found(rule("s", Severity::Critical), Certainty::Possible, span(&sources, "a,b.tf", "x\n  ")),
        ];
        let report = Report { findings, ..Report::default() };
        assert_eq!(
            rendered(&report, &sources),
            [
                "::error file=a%2Cb.tf,line=2,endLine=2,col=4,endColumn=9,title=critical%3A r\
                 ::aws_iam_role.r: message of r%0Afix: do better",
                "::notice file=a%2Cb.tf,line=1,endLine=2,title=critical (possible)%3A s\
                 ::aws_iam_role.r: message of s%0Afix: do better",
            ]
        );
    }

    #[test]
    fn what_a_change_brings_in_is_said() {
        let sources = sources(&[("a.tf", "x")]);
        let of = |introduced| {
            let at = span(&sources, "a.tf", "x");
            let finding = Finding { introduced, ..found(rule("r", Severity::High), Certainty::Possible, at) };
            rendered(&Report { findings: vec![finding], ..Report::default() }, &sources).remove(0)
        };
        assert!(of(Some(true)).contains("message of r%0Achange: this plan brings it in%0Afix"));
        assert!(of(Some(false)).contains("message of r%0Achange: it was there before%0Afix"));
        assert!(!of(None).contains("change"));
    }

    #[test]
    fn the_worst_nine_and_a_pointer() {
        let sources = sources(&[("a.tf", "x")]);
        let at = span(&sources, "a.tf", "x");
        let low = rule("low", Severity::Low);
        let of = |count| Report {
            findings: vec![found(low, Certainty::Possible, at); count],
            problems: vec![Problem::relevant(Place::Path("dir".into()), "cannot be listed")],
            ..Report::default()
        };
        assert_eq!(rendered(&of(9), &sources).len(), 10);
        let lines = rendered(&of(30), &sources);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "::error file=dir,title=trustproof%3A unread::cannot be listed");
        assert_eq!(lines[9], "::notice title=trustproof::22 more; the whole report is in the other formats");
    }

    #[test]
    fn hostile_text_stays_inside_its_property() {
        assert_eq!(property("a,b::c%\r\nd"), "a%2Cb%3A%3Ac%25\\r%0Ad");
        assert_eq!(data("x ##[error]y\u{1b}[0m"), "x ## [error]y\\u{1b}[0m");
        assert_eq!(data("##[[a"), "## [[a");
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let text = data(&"ä".repeat(5000));
        assert_eq!(text.chars().count(), LONGEST + 1);
    }
}
