//! The SARIF output against the schema of the standard, and against the files it points into.
#![cfg(test)]

use std::collections::HashMap;

use model::{Cause, Cloud, LoadError, Loader, Place, Problem, SourceMap, Span, Unknown};
use rules::{Certainty, Evidence, Finding, Meta, Related, Report, RoleRef, Severity};
use serde_json::Value;

static OPEN: Meta = Meta {
    id: "open",
    severity: Severity::Critical,
    title: "the role is open",
    page: "# open\n\nAnybody can assume the role.\n\n## Fix\n\nClose it.\n",
};
static WORTH: Meta = Meta { id: "worth-knowing", severity: Severity::Info, title: "worth knowing", page: "" };
const RULES: [&Meta; 2] = [&OPEN, &WORTH];

struct Memory(HashMap<String, String>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).map(|t| t.clone().into_bytes()).ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, _: &str) -> bool {
        false
    }
}

fn sources(files: &[(&str, &str)]) -> SourceMap {
    let files: HashMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    SourceMap::new(files.keys().cloned().collect(), Box::new(Memory(files)))
}

fn span(sources: &SourceMap, path: &str, covered: &str) -> Span {
    let file = sources.open(path).unwrap();
    let start = sources.text(file).unwrap().find(covered).unwrap();
    Span::new(file, start, start + covered.len())
}

fn finding(rule: &'static Meta, certainty: Certainty, location: Span) -> Finding {
    Finding {
        rule,
        certainty,
        role: RoleRef {
            cloud: Cloud::Aws,
            kind: "aws_iam_role".to_owned(),
            address: "aws_iam_role.x[\"ä\"]".to_owned(),
            name: None,
            places: Vec::new(),
        },
        instances: Vec::new(),
        message: "anybody can assume the role".to_owned(),
        location,
        label: "everybody".to_owned(),
        related: Vec::new(),
        steps: Vec::new(),
        unknowns: Vec::new(),
        advice: "name an account".to_owned(),
        fingerprint: "0123abcd".to_owned(),
        suppressed: None,
    }
}

fn rendered(report: &Report, sources: &SourceMap) -> Value {
    let mut out = Vec::new();
    trustproof_output_sarif::render(report, sources, &RULES, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn schema_errors(document: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(include_str!("schema/sarif-schema-2.1.0.json")).unwrap();
    // Two patterns of the schema hold a stray bracket that strict engines refuse; both are about a property that we
    // do not write.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// A report that uses every part of the format that we write.
fn full(sources: &SourceMap) -> Report {
    let mut certain =
        finding(&OPEN, Certainty::Proved(Evidence::Fact), span(sources, "infra/a b:c.tf", "needle"));
    certain.related =
        vec![Related { span: span(sources, "x.json", "{"), message: "defined here".to_owned() }];
    let mut unsure = finding(&WORTH, Certainty::Possible, span(sources, "x.json", "\"k\""));
    unsure.unknowns = vec![Unknown::new("var.x", Cause::NoValue, None)];
    unsure.message = "see [this](https://example.com)".to_owned();
    let file = sources.open("x.json").unwrap();
    Report {
        findings: vec![certain, unsure],
        problems: vec![
            Problem::relevant(Place::Path("no/such dir".into()), "does not exist"),
            Problem::relevant(Place::File(file), "is UTF-16"),
            Problem::warning(span(sources, "x.json", "1"), "odd"),
        ],
        files: 2,
        ..Report::default()
    }
}

fn files() -> SourceMap {
    sources(&[
        ("infra/a b:c.tf", "one\n  ä = \"\u{1f600} needle\"\r\nthree\n"),
        ("x.json", "\u{feff}{\n  \"k\": 1\n}"),
    ])
}

#[test]
fn the_output_is_valid() {
    let sources = files();
    assert_eq!(schema_errors(&rendered(&full(&sources), &sources)), [""; 0]);
    assert_eq!(schema_errors(&rendered(&Report::default(), &sources)), [""; 0]);
}

#[test]
fn the_schema_would_notice() {
    let sources = files();
    let mut document = rendered(&full(&sources), &sources);
    document["runs"][0]["results"][0]["level"] = Value::from("fatal");
    assert_eq!(schema_errors(&document).len(), 1);
}

/// The text under a region, counted as a reader of SARIF counts: lines from 1, columns in code points from 1.
fn under(region: &Value, text: &str) -> String {
    let number = |key: &str| usize::try_from(region[key].as_u64().unwrap()).unwrap();
    assert_eq!(number("startLine"), number("endLine"));
    let line = text.trim_start_matches('\u{feff}').split('\n').nth(number("startLine") - 1).unwrap();
    line.chars().skip(number("startColumn") - 1).take(number("endColumn") - number("startColumn")).collect()
}

#[test]
fn the_text_under_each_region_is_the_text_of_the_span() {
    let sources = files();
    let report = full(&sources);
    let document = rendered(&report, &sources);
    let run = &document["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let mut expected: Vec<Span> = report.findings.iter().map(|f| f.location).collect();
    expected.push(report.findings[0].related[0].span);
    let results = &run["results"];
    let regions =
        [&results[0]["locations"][0], &results[1]["locations"][0], &results[0]["relatedLocations"][0]];
    for (span, place) in expected.into_iter().zip(regions) {
        let text = sources.text(span.file).unwrap();
        let region = &place["physicalLocation"]["region"];
        assert_eq!(under(region, &text), sources.snippet(span));
    }
}

#[test]
fn results_carry_what_code_scanning_needs() {
    let sources = files();
    let document = rendered(&full(&sources), &sources);
    let run = &document["runs"][0];
    let rules = &run["tool"]["driver"]["rules"];
    assert_eq!(rules[0]["id"], "open");
    assert_eq!(rules[0]["properties"]["security-severity"], "9.5");
    assert_eq!(rules[0]["fullDescription"]["text"], "Anybody can assume the role.");
    assert_eq!(rules[0]["defaultConfiguration"]["level"], "error");
    assert_eq!(rules[1]["fullDescription"]["text"], "worth knowing");
    assert!(rules[1]["properties"].get("security-severity").is_none());

    let results = &run["results"];
    let file = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "infra/a%20b%3Ac.tf");
    assert_eq!(file["uriBaseId"], "%SRCROOT%");
    assert_eq!(results[0]["ruleIndex"], 0);
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[0]["properties"]["certainty"], "proved");
    assert_eq!(results[0]["partialFingerprints"]["trustproof/v1"], "0123abcd");
    assert_eq!(results[1]["level"], "note");
    assert_eq!(results[1]["properties"]["certainty"], "possible");
    let text = results[1]["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("possible: see [this] (https://example.com)"), "{text}");
    assert!(text.contains("Unknown: var.x has no default"), "{text}");
}

#[test]
fn a_run_that_missed_something_was_not_successful() {
    let sources = files();
    let mut report = full(&sources);
    let successful = |report: &Report| {
        rendered(report, &sources)["runs"][0]["invocations"][0]["executionSuccessful"].as_bool().unwrap()
    };
    assert!(!successful(&report));
    let document = rendered(&report, &sources);
    let notes = document["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notes.len(), 3);
    assert_eq!(notes[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "no/such%20dir");
    assert_eq!(notes[2]["level"], "warning");
    report.problems.retain(|p| !p.relevant);
    assert!(successful(&report));
}
