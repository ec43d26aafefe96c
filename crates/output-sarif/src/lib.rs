//! SARIF 2.1.0 as an output of trustproof, as GitHub code scanning and other viewers read it.
//!
//! The only crate that knows SARIF. Deliberately not here: any choice of what to report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::{Place, Problem, SourceMap, Span};
use rules::{Finding, Meta, Report, RoleRef, Severity};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location, LogicalLocation, Message, MultiformatMessageString, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingConfiguration, ReportingDescriptor,
    Result as SarifResult, ResultLevel, Run, Sarif, Tool, ToolComponent,
};

mod uri;

/// The schema that the output follows.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative paths are relative to: the root of the repository.
const BASE: &str = "%SRCROOT%";
/// The name of our fingerprint; a new way to compute it would be `/v2`.
const FINGERPRINT: &str = "trustproof/v1";

/// Writes the report. `rules` are all rules of the tool, whether they found something or not.
///
/// # Errors
/// What `out` says.
pub fn render(
    report: &Report,
    sources: &SourceMap,
    rules: &[&'static Meta],
    out: &mut dyn Write,
) -> io::Result<()> {
    let driver = ToolComponent::builder()
        .name("trustproof")
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.iter().map(|meta| descriptor(meta)).collect::<Vec<_>>())
        .build();
    let notifications: Vec<Notification> = report.problems.iter().map(|p| notification(p, sources)).collect();
    let invocation = Invocation::builder()
        .execution_successful(!report.problems.iter().any(|problem| problem.relevant))
        .tool_execution_notifications(notifications)
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        .column_kind(json!("unicodeCodePoints"))
        .results(report.reported().map(|f| result(f, sources, rules)).collect::<Vec<_>>())
        .build();
    let document = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn descriptor(meta: &Meta) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let page = MultiformatMessageString::builder().text(meta.page).markdown(meta.page).build();
    let mut properties = BTreeMap::from([("precision".to_owned(), json!("high"))]);
    // Code scanning derives its own severity from this number; a rule without one is shown by its level.
    if let Some(score) = security_severity(meta.severity) {
        properties.insert("security-severity".to_owned(), json!(score));
    }
    let level = json!(level(meta.severity));
    ReportingDescriptor::builder()
        .id(meta.id)
        .short_description(text(meta.title))
        .full_description(text(first_paragraph(meta)))
        .help(page)
        .default_configuration(ReportingConfiguration::builder().level(level).build())
        .properties(bag(&["security", "iam"], properties))
        .build()
}

/// The first paragraph of a rule's page that is no heading; the title of an empty page.
fn first_paragraph(meta: &Meta) -> &str {
    let paragraphs = meta.page.split("\n\n").map(str::trim);
    paragraphs.into_iter().find(|p| !p.is_empty() && !p.starts_with('#')).unwrap_or(meta.title)
}

fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.5"),
        Severity::Info => None,
    }
}

fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

fn bag(tags: &[&str], properties: BTreeMap<String, Value>) -> PropertyBag {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    PropertyBag::builder().tags(tags).additional_properties(properties).build()
}

fn result(finding: &Finding, sources: &SourceMap, rules: &[&'static Meta]) -> SarifResult {
    let certainty = if finding.proved() { "proved" } else { "possible" };
    let level = if finding.proved() { level(finding.rule.severity) } else { ResultLevel::Note };
    let properties = PropertyBag::builder()
        .additional_properties(BTreeMap::from([("certainty".to_owned(), json!(certainty))]))
        .build();
    let mut place = location(finding.location, sources);
    place.logical_locations = Some(vec![logical(&finding.role)]);
    let related: Vec<Location> = finding
        .related
        .iter()
        .map(|related| {
            let mut place = location(related.span, sources);
            place.message = Some(message(&related.message));
            place
        })
        .collect();
    let mut out = SarifResult::builder()
        .rule_id(finding.rule.id)
        .level(level)
        .message(message(&text(finding)))
        .locations(vec![place])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), finding.fingerprint.clone())]))
        .properties(properties)
        .build();
    out.rule_index = rules.iter().position(|meta| meta.id == finding.rule.id).map(number);
    out.related_locations = (!related.is_empty()).then_some(related);
    out
}

/// What a reader of the result sees: who can do what, how, what to do, what is not known.
fn text(finding: &Finding) -> String {
    let possible = if finding.proved() { "" } else { "possible: " };
    let mut out = format!("{possible}{}", finding.message);
    if let Some(witness) = finding.witness() {
        out = format!("{out}\n\nAttack: {}", witness.story());
    }
    if !finding.advice.is_empty() {
        out = format!("{out}\n\nFix: {}", finding.advice);
    }
    for unknown in &finding.unknowns {
        out = format!("{out}\n\nUnknown: {} {}", unknown.what, unknown.why);
    }
    out
}

/// A text that holds no link: `[text](target)` in a message would be one, and names come from strangers.
fn message(text: &str) -> Message {
    Message::builder().text(text.replace("](", "] (")).build()
}

fn logical(role: &RoleRef) -> LogicalLocation {
    let mut out =
        LogicalLocation::builder().fully_qualified_name(role.address.as_str()).kind("resource").build();
    out.name = role.name.clone();
    out
}

fn location(span: Span, sources: &SourceMap) -> Location {
    let (start, end) = sources.range(span);
    let region = Region::builder()
        .start_line(i64::from(start.line))
        .start_column(i64::from(start.column))
        .end_line(i64::from(end.line))
        .end_column(i64::from(end.column))
        .build();
    let file = artifact(&sources.path(span.file));
    let physical = PhysicalLocation::builder().artifact_location(file).region(region).build();
    Location::builder().physical_location(physical).build()
}

/// A file; one outside of the repository has an absolute address.
fn artifact(path: &str) -> ArtifactLocation {
    let address = uri::encode(path);
    if path.starts_with('/') {
        ArtifactLocation::builder().uri(format!("file://{address}")).build()
    } else {
        ArtifactLocation::builder().uri(address).uri_base_id(BASE).build()
    }
}

fn notification(problem: &Problem, sources: &SourceMap) -> Notification {
    let whole = |path: &str| {
        let physical = PhysicalLocation::builder().artifact_location(artifact(path)).build();
        Location::builder().physical_location(physical).build()
    };
    let place = match &problem.place {
        Place::Span(span) => location(*span, sources),
        Place::File(file) => whole(&sources.path(*file)),
        Place::Path(path) => whole(path),
    };
    let level = if problem.relevant { ResultLevel::Error } else { ResultLevel::Warning };
    Notification::builder()
        .level(json!(level))
        .locations(vec![place])
        .message(message(&problem.message))
        .build()
}

fn number(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
