//! SARIF 2.1.0 as an output of trustproof, as GitHub code scanning and other viewers read it.
//!
//! The only crate that knows SARIF. Deliberately not here: any choice of what to report.

use std::io::{self, Write};

use model::{Problem, SourceMap};
use rules::{Meta, Report};
use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Notification, ResultLevel, Run, RunAutomationDetails, Sarif, Tool, ToolComponent,
};

mod descriptor;
mod line_hash;
mod place;
mod result;
mod text;

/// The schema that the output follows.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Results that code scanning takes of a run; an upload with more is refused.
const MOST_RESULTS: usize = 25_000;
/// Results that code scanning keeps of them: the worst.
const KEPT_RESULTS: usize = 5_000;
/// Problems that are told one by one: an upload may have 10 MB.
const MOST_PROBLEMS: usize = 1_000;

/// What the report does not hold.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// All rules of the tool, whether they found something or not.
    pub rules: &'a [&'static Meta],
    /// What tells this kind of run from others of the same tool over the same code: an upload replaces the results
    /// of the last one of the same category.
    pub category: &'a str,
}

/// Writes the report.
///
/// # Errors
/// What `out` says.
pub fn render(
    report: &Report,
    sources: &SourceMap,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Sarif::builder()
        .schema(SCHEMA)
        .version(json!("2.1.0"))
        .runs(vec![run(report, sources, options)])
        .build();
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn run(report: &Report, sources: &SourceMap, options: &Options<'_>) -> Run {
    let mut groups = result::together(report, sources);
    let mut notifications = problems(report, sources);
    notifications.extend(limits(groups.len()));
    groups.truncate(MOST_RESULTS);
    let invocation = Invocation::builder()
        .execution_successful(!report.problems.iter().any(|problem| problem.relevant))
        .tool_execution_notifications(notifications)
        .build();
    Run::builder()
        .tool(Tool::builder().driver(driver(options.rules)).build())
        .automation_details(RunAutomationDetails::builder().id(format!("{}/", options.category)).build())
        .invocations(vec![invocation])
        .column_kind(json!("unicodeCodePoints"))
        .results(result::results(&groups, sources, options.rules))
        .build()
}

fn driver(rules: &[&'static Meta]) -> ToolComponent {
    let version = env!("CARGO_PKG_VERSION");
    ToolComponent::builder()
        .name("trustproof")
        .full_name(format!("trustproof {version}"))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .version(version)
        .semantic_version(version)
        .rules(rules.iter().map(|meta| descriptor::descriptor(meta)).collect::<Vec<_>>())
        .build()
}

/// What could not be read or understood, that which may hide a finding first.
fn problems(report: &Report, sources: &SourceMap) -> Vec<Notification> {
    let mut problems: Vec<&Problem> = report.problems.iter().collect();
    problems.sort_by_key(|problem| !problem.relevant);
    let told = problems.iter().take(MOST_PROBLEMS).map(|problem| {
        let level = if problem.relevant { ResultLevel::Error } else { ResultLevel::Warning };
        Notification::builder()
            .level(json!(level))
            .locations(vec![place::of_problem(problem, sources)])
            .message(text::message(&problem.message))
            .build()
    });
    let mut notifications: Vec<Notification> = told.collect();
    if problems.len() > MOST_PROBLEMS {
        let more = problems.len() - MOST_PROBLEMS;
        notifications.push(notice(&format!("{more} more problems are in the JSON report")));
    }
    notifications
}

/// What the limits of code scanning do to so many results.
fn limits(results: usize) -> Option<Notification> {
    let text = if results > MOST_RESULTS {
        let less = results - MOST_RESULTS;
        format!(
            "the worst {MOST_RESULTS} results are here and {less} are not: code scanning takes no more, and shows \
             the worst {KEPT_RESULTS} of them; the JSON report has all"
        )
    } else if results > KEPT_RESULTS {
        format!("code scanning shows the worst {KEPT_RESULTS} of these {results} results")
    } else {
        return None;
    };
    Some(notice(&text))
}

fn notice(text: &str) -> Notification {
    Notification::builder().level(json!(ResultLevel::Warning)).message(text::message(text)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told() {
        let told = |results| limits(results).and_then(|n| n.message.text);
        assert_eq!(told(5_000), None);
        assert!(told(5_001).is_some_and(|t| t.contains("worst 5000 of these 5001")));
        assert!(told(25_002).is_some_and(|t| t.contains("worst 25000") && t.contains("and 2 are not")));
    }
}
