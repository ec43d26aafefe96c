//! The forms of the report, one module each, and the little they share.
//!
//! A renderer decides nothing: it needs the report and the source map, and says what stands there. SARIF is a crate
//! of its own.

pub(crate) mod around;
pub(crate) mod excerpt;
pub(crate) mod frame;
pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod human;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod plain;

use std::cmp::Reverse;

use model::{FileId, Place, Position, Problem, SourceMap, ZoneFact};
use rules::{Finding, Report, Severity};

/// Columns that a report for people takes, unless a name is longer.
const WIDTH: usize = 80;

/// What a run found, and whose accounts it learned on the way.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The findings, the roles, the problems.
    pub(crate) report: Report,
    /// Accounts that the input shows to be the user's own, one fact an account.
    pub(crate) learned: Vec<ZoneFact>,
    /// What tells the run from others over the same code.
    pub(crate) category: String,
}

/// Worst first: by severity, and what is proved before what is possible.
fn badness(finding: &Finding) -> Reverse<(Severity, bool)> {
    Reverse((finding.rule.severity, finding.proved()))
}

/// Rules whose findings are shown together, a service at a time.
const GROUPED: [&str; 2] = ["unguarded-service", "unguarded-service-unverified"];

/// The rule, if findings of one service are shown together.
fn group(finding: &Finding) -> Option<&'static str> {
    GROUPED.contains(&finding.rule.id).then_some(finding.rule.id)
}

/// The service a finding is about: the caller of its request, else what stands at its place.
fn service(finding: &Finding, sources: &SourceMap) -> String {
    match finding.witness() {
        Some(witness) => witness.request().principal.clone(),
        None => sources.snippet(finding.location),
    }
}

/// The path and, where known, the place in it.
fn place(problem: &Problem, sources: &SourceMap) -> (String, Option<Position>) {
    match &problem.place {
        Place::Span(span) => (sources.path(span.file), Some(sources.position(span.file, span.start))),
        Place::File(file) => (sources.path(*file), None),
        Place::Path(path) => (path.to_string(), None),
    }
}

/// `path:line:column`.
pub(crate) fn at(sources: &SourceMap, file: FileId, offset: u32) -> String {
    let Position { line, column } = sources.position(file, offset);
    format!("{}:{line}:{column}", sources.path(file))
}

/// A problem in one line: its place and what it says.
pub(crate) fn problem_line(problem: &Problem, sources: &SourceMap) -> String {
    let (path, position) = place(problem, sources);
    let position = position.map(|p| format!(":{}:{}", p.line, p.column)).unwrap_or_default();
    plain::plain(&format!("{path}{position}: {}", problem.message)).into_owned()
}

/// What was looked at and what came of it, in one line of plain words.
pub(crate) fn summary_line(report: &Report) -> String {
    let summary = report.summary();
    let unread = report.problems.iter().filter(|p| p.relevant).count();
    let proved: usize = summary.proved.iter().sum();
    let by_severity: Vec<String> = Severity::ALL
        .iter()
        .zip(summary.proved)
        .rev()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| format!("{count} {}", severity.name()))
        .collect();
    let proved = if by_severity.is_empty() {
        "0 proved".to_owned()
    } else {
        format!("{proved} proved ({})", by_severity.join(", "))
    };
    format!(
        "{}, {}, {}: {proved}, {} possible, {} undetermined, {} suppressed, {unread} unread",
        count(summary.files, "file"),
        count(summary.roles, "role"),
        count(summary.statements, "statement"),
        summary.possible,
        summary.undetermined,
        summary.suppressed,
    )
}

/// A number of things, in words.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use model::{Cloud, LoadError, Loader, Span};
    use rules::{Certainty, Meta, RoleRef};

    struct Memory(Vec<(String, String)>);

    impl Loader for Memory {
        fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
            let file = self.0.iter().find(|(p, _)| p == path);
            file.map(|(_, text)| text.clone().into_bytes())
                .ok_or_else(|| LoadError("no such file".to_owned()))
        }
        fn admits(&self, _: &str) -> bool {
            false
        }
    }

    /// Files in memory.
    pub(crate) fn sources(files: &[(&str, &str)]) -> SourceMap {
        let files: Vec<(String, String)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        SourceMap::new(files.iter().map(|(path, _)| path.clone()).collect(), Box::new(Memory(files)))
    }

    /// The place of a text in a file.
    pub(crate) fn span(sources: &SourceMap, path: &str, covered: &str) -> Span {
        let file = sources.open(path).unwrap();
        let start = sources.text(file).unwrap().find(covered).unwrap();
        Span::new(file, start, start + covered.len())
    }

    /// What a finding rests on that is read from the text.
    pub(crate) const FACT: Certainty = Certainty::Proved(rules::Evidence::Fact);

    /// A rule of the given severity.
    pub(crate) fn rule(id: &'static str, severity: Severity) -> &'static Meta {
        Box::leak(Box::new(Meta { id, severity, title: "what the rule says", page: "" }))
    }

    /// A finding about role `r` that says little.
    pub(crate) fn finding(rule: &'static Meta, certainty: Certainty, location: Span) -> Finding {
        Finding {
            rule,
            certainty,
            role: RoleRef {
                cloud: Cloud::Aws,
                kind: "aws_iam_role".to_owned(),
                address: "aws_iam_role.r".to_owned(),
                name: None,
                places: Vec::new(),
            },
            instances: Vec::new(),
            message: format!("message of {}", rule.id),
            location,
            label: "here".to_owned(),
            related: Vec::new(),
            steps: Vec::new(),
            unknowns: Vec::new(),
            advice: "do better".to_owned(),
            fingerprint: String::new(),
            suppressed: None,
            introduced: None,
        }
    }

    #[test]
    fn the_summary_line_counts_in_plain_words() {
        let report = Report { files: 1, statements: 2, ..Report::default() };
        assert_eq!(
            summary_line(&report),
            "1 file, 0 roles, 2 statements: 0 proved, 0 possible, 0 undetermined, 0 suppressed, 0 unread"
        );
    }
}
