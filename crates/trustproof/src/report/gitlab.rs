//! GitLab's code quality report, which a merge request shows beside the changed lines.
//!
//! GitLab has no place for what is only possible or for what could not be read, so the descriptions say it.

use std::collections::HashMap;
use std::io::{self, Write};

use model::{Position, Problem, SourceMap, plain};
use rules::{Finding, Report, Severity};
use serde::Serialize;

use super::{badness, place};

/// Writes the report.
pub(crate) fn render(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let mut findings: Vec<&Finding> = report.reported().collect();
    findings.sort_by_key(|finding| badness(finding));
    let mut seen = HashMap::new();
    let mut issues: Vec<Issue> =
        report.problems.iter().filter(|p| p.relevant).map(|p| unread(p, sources)).collect();
    issues.extend(findings.iter().map(|f| issue(f, sources)));
    for issue in &mut issues {
        issue.count(&mut seen);
    }
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn issue(finding: &Finding, sources: &SourceMap) -> Issue {
    let possible = if finding.proved() { "" } else { "possible: " };
    let (start, end) = sources.range(finding.location);
    Issue {
        description: plain(&format!("{possible}{}: {}", finding.role.address, finding.message)).into_owned(),
        check_name: finding.rule.id,
        fingerprint: finding.fingerprint.clone(),
        severity: severity(finding.rule.severity),
        location: location(sources.path(finding.location.file), start, end),
    }
}

/// What could not be read may hide anything.
fn unread(problem: &Problem, sources: &SourceMap) -> Issue {
    let (path, position) = place(problem, sources);
    let position = position.unwrap_or(Position { line: 1, column: 1 });
    Issue {
        description: plain(&format!("unread: {}", problem.message)).into_owned(),
        check_name: "unread",
        fingerprint: format!("unread:{path}:{}", problem.message),
        severity: severity(Severity::High),
        location: location(path, position, position),
    }
}

fn location(path: String, start: Position, end: Position) -> Location {
    Location { path, lines: Lines { begin: start.line, end: end.line } }
}

/// GitLab's words, from `info` to `blocker`.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "minor",
        Severity::Medium => "major",
        Severity::High => "critical",
        Severity::Critical => "blocker",
    }
}

impl Issue {
    /// Tells apart what has one fingerprint, of which GitLab would show one.
    fn count(&mut self, seen: &mut HashMap<String, usize>) {
        let count = seen.entry(self.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            self.fingerprint = format!("{}-{count}", self.fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{FACT, finding, rule, sources, span};
    use model::Place;
    use rules::Certainty;
    use serde_json::{Value, json};

    #[test]
    fn an_issue_is_a_place_a_severity_and_a_fingerprint_of_its_own() {
        let sources = sources(&[("a.tf", "x\n  \"needle\"\ny")]);
        let at = span(&sources, "a.tf", "needle");
        let mut sure = finding(rule("r", Severity::Critical), FACT, at);
        let mut unsure = finding(rule("s", Severity::Low), Certainty::Possible, at);
        (sure.fingerprint, unsure.fingerprint) = ("f".to_owned(), "f".to_owned());
        let report = Report {
            findings: vec![unsure, sure],
            problems: vec![
                Problem::relevant(Place::Path("no/such".into()), "does not exist"),
                Problem::warning(at, "odd"),
            ],
            ..Report::default()
        };
        let mut out = Vec::new();
        render(&report, &sources, &mut out).unwrap();
        let issue =
            |description: &str, check_name: &str, fingerprint: &str, severity: &str, path: &str, line| {
                json!({
                    "description": description, "check_name": check_name, "fingerprint": fingerprint,
                    "severity": severity, "location": {"path": path, "lines": {"begin": line, "end": line}}
                })
            };
        assert_eq!(
            serde_json::from_slice::<Value>(&out).unwrap(),
            json!([
                issue(
                    "unread: does not exist",
                    "unread",
                    "unread:no/such:does not exist",
                    "critical",
                    "no/such",
                    1
                ),
                issue("aws_iam_role.r: message of r", "r", "f", "blocker", "a.tf", 2),
                issue("possible: aws_iam_role.r: message of s", "s", "f-2", "minor", "a.tf", 2),
            ])
        );
    }
}
