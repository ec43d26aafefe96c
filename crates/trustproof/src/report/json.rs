//! The JSON report, version 1: a contract with scripts.
//!
//! The shapes here are written for that contract alone, so that a change of the domain types cannot change it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::{Position, Problem, SourceMap, Span};
use rules::{Finding, Related, Report, RoleReport, Severity, Summary};
use serde::Serialize;

/// Writes the report.
pub(crate) fn render(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: 1,
        tool: Tool { name: "trustproof", version: env!("CARGO_PKG_VERSION") },
        findings: report.findings.iter().map(|f| finding(f, sources)).collect(),
        roles: report.roles.iter().map(|r| role(r, sources)).collect(),
        problems: report.problems.iter().map(|p| problem(p, sources)).collect(),
        summary: summary(&report.summary()),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<FindingOut<'a>>,
    roles: Vec<RoleOut<'a>>,
    problems: Vec<ProblemOut<'a>>,
    summary: SummaryOut,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct FindingOut<'a> {
    rule: &'static str,
    severity: &'static str,
    certainty: &'static str,
    role: RoleRefOut<'a>,
    instances: &'a [String],
    message: &'a str,
    location: Location,
    related: Vec<RelatedOut<'a>>,
    witness: Option<WitnessOut<'a>>,
    unknowns: Vec<UnknownOut<'a>>,
    /// Always null: no fix is proposed.
    fix: Option<()>,
    suppressed: Option<SuppressionOut<'a>>,
    introduced: Option<bool>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct RoleRefOut<'a> {
    cloud: &'static str,
    kind: &'a str,
    address: &'a str,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct RelatedOut<'a> {
    #[serde(flatten)]
    location: Location,
    message: &'a str,
}

#[derive(Serialize)]
struct WitnessOut<'a> {
    adversary: &'a str,
    action: &'a str,
    principal: &'a str,
    context: &'a BTreeMap<String, Vec<String>>,
    story: &'a str,
}

#[derive(Serialize)]
struct UnknownOut<'a> {
    what: &'a str,
    why: String,
    location: Option<Location>,
}

#[derive(Serialize)]
struct SuppressionOut<'a> {
    by: &'static str,
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct RoleOut<'a> {
    cloud: &'static str,
    kind: &'a str,
    address: &'a str,
    location: Location,
    verdicts: VerdictsOut,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct VerdictsOut {
    stranger: &'static str,
    third_party: &'static str,
    service: &'static str,
    oidc: &'static str,
    saml: &'static str,
}

#[derive(Serialize)]
struct ProblemOut<'a> {
    path: String,
    line: Option<u32>,
    column: Option<u32>,
    message: &'a str,
    relevant: bool,
}

#[derive(Serialize)]
struct SummaryOut {
    files: usize,
    roles: usize,
    statements: usize,
    findings: BySeverity,
    possible: usize,
    undetermined: usize,
    suppressed: usize,
    problems: usize,
}

#[derive(Serialize)]
struct BySeverity {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

fn location(span: Span, sources: &SourceMap) -> Location {
    let (start, end) = sources.range(span);
    Location { path: sources.path(span.file), start: point(start), end: point(end) }
}

fn point(position: Position) -> Point {
    Point { line: position.line, column: position.column }
}

fn finding<'a>(finding: &'a Finding, sources: &SourceMap) -> FindingOut<'a> {
    FindingOut {
        rule: finding.rule.id,
        severity: finding.rule.severity.name(),
        certainty: if finding.proved() { "proved" } else { "possible" },
        role: RoleRefOut {
            cloud: finding.role.cloud.name(),
            kind: &finding.role.kind,
            address: &finding.role.address,
            name: finding.role.name.as_deref(),
        },
        instances: &finding.instances,
        message: &finding.message,
        location: location(finding.location, sources),
        related: finding.related.iter().map(|r| related(r, sources)).collect(),
        witness: finding.witness().map(|witness| WitnessOut {
            adversary: witness.adversary(),
            action: &witness.request().action,
            principal: &witness.request().principal,
            context: &witness.request().context,
            story: witness.story(),
        }),
        unknowns: finding
            .unknowns
            .iter()
            .map(|unknown| UnknownOut {
                what: &unknown.what,
                why: unknown.why.to_string(),
                location: unknown.span.map(|span| location(span, sources)),
            })
            .collect(),
        fix: None,
        suppressed: finding.suppressed.as_ref().map(|suppression| SuppressionOut {
            by: suppression.by.name(),
            reason: &suppression.reason,
            until: suppression.until.as_deref(),
        }),
        introduced: finding.introduced,
        fingerprint: &finding.fingerprint,
    }
}

fn related<'a>(related: &'a Related, sources: &SourceMap) -> RelatedOut<'a> {
    RelatedOut { location: location(related.span, sources), message: &related.message }
}

fn role<'a>(role: &'a RoleReport, sources: &SourceMap) -> RoleOut<'a> {
    RoleOut {
        cloud: role.cloud.name(),
        kind: &role.kind,
        address: &role.address,
        location: location(role.location, sources),
        verdicts: VerdictsOut {
            stranger: role.verdicts.stranger.name(),
            third_party: role.verdicts.third_party.name(),
            service: role.verdicts.service.name(),
            oidc: role.verdicts.oidc.name(),
            saml: role.verdicts.saml.name(),
        },
    }
}

fn problem<'a>(problem: &'a Problem, sources: &SourceMap) -> ProblemOut<'a> {
    let (path, position) = super::place(problem, sources);
    ProblemOut {
        path,
        line: position.map(|p| p.line),
        column: position.map(|p| p.column),
        message: &problem.message,
        relevant: problem.relevant,
    }
}

fn summary(summary: &Summary) -> SummaryOut {
    let of = |severity: Severity| {
        Severity::ALL
            .iter()
            .zip(summary.proved)
            .filter(|(s, _)| **s == severity)
            .map(|(_, count)| count)
            .sum()
    };
    SummaryOut {
        files: summary.files,
        roles: summary.roles,
        statements: summary.statements,
        findings: BySeverity {
            critical: of(Severity::Critical),
            high: of(Severity::High),
            medium: of(Severity::Medium),
            low: of(Severity::Low),
            info: of(Severity::Info),
        },
        possible: summary.possible,
        undetermined: summary.undetermined,
        suppressed: summary.suppressed,
        problems: summary.problems,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{FACT, finding, rule, sources, span};
    use rules::{SuppressedBy, Suppression};
    use serde_json::{Value, json};

    #[test]
    fn what_is_suppressed_stays_with_its_reason_and_counts_apart() {
        let sources = sources(&[("a.tf", "x")]);
        let shown = finding(rule("r", Severity::High), FACT, span(&sources, "a.tf", "x"));
        let mut silenced = shown.clone();
        silenced.suppressed = Some(Suppression {
            by: SuppressedBy::Config,
            reason: "moves in Q1".to_owned(),
            until: Some("2027-03-31".to_owned()),
        });
        let report = Report { findings: vec![shown, silenced], ..Report::default() };
        let mut out = Vec::new();
        render(&report, &sources, &mut out).unwrap();
        let out: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(out["findings"][0]["suppressed"], Value::Null);
        let expected = json!({"by": "config", "reason": "moves in Q1", "until": "2027-03-31"});
        assert_eq!(out["findings"][1]["suppressed"], expected);
        assert_eq!(
            (&out["summary"]["findings"]["high"], &out["summary"]["suppressed"]),
            (&json!(1), &json!(1))
        );
    }
}
