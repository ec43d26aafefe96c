//! The SARIF output against the schema of the standard, and against the files it points into.
#![cfg(test)]

use std::collections::HashMap;

use model::{Cause, Cloud, LoadError, Loader, Place, Problem, SourceMap, Span, Unknown};
use rules::{
    Certainty, Evidence, Finding, Meta, Related, Report, RoleRef, Severity, SuppressedBy, Suppression,
};
use serde_json::Value;
use trustproof_output_sarif::Options;

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
        introduced: None,
    }
}

fn rendered(report: &Report, sources: &SourceMap) -> Value {
    let mut out = Vec::new();
    let options = Options { rules: &RULES, category: "trustproof/infra" };
    trustproof_output_sarif::render(report, sources, &options, &mut out).unwrap();
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
    let mut certain = finding(&OPEN, FACT, span(sources, "infra/a b:c.tf", "needle"));
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
        ("lines.tf", "zero\n{\r\n\n   \t first { line \r\n second }\n"),
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

/// A report of these findings.
fn report(findings: Vec<Finding>) -> Report {
    Report { findings, ..Report::default() }
}

const FACT: Certainty = Certainty::Proved(Evidence::Fact);

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
fn a_region_of_several_lines_is_cut_to_the_first_that_carries_text() {
    let sources = files();
    let text = sources.text(sources.open("lines.tf").unwrap()).unwrap();
    for (covered, shown) in [
        ("{\r\n\n   \t first { line", "{"),
        ("\n\n   \t first { line \r\n second }", "first { line"),
        ("line \r\n second", "line"),
        ("\r\n\n", ""),
    ] {
        let found = finding(&OPEN, FACT, span(&sources, "lines.tf", covered));
        let document = rendered(&report(vec![found]), &sources);
        let place = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(under(&place["region"], &text), shown, "{covered:?}");
    }
}

#[test]
fn a_result_says_whether_a_change_brings_it_in() {
    let sources = files();
    let of = |introduced: &[Option<bool>]| {
        let place = span(&sources, "lines.tf", "first");
        let one = |introduced| Finding { introduced, ..finding(&OPEN, FACT, place) };
        let document = rendered(&report(introduced.iter().copied().map(one).collect()), &sources);
        assert_eq!(schema_errors(&document), [""; 0]);
        let result = &document["runs"][0]["results"][0];
        (result["properties"]["introduced"].clone(), result["message"]["text"].as_str().unwrap().to_owned())
    };
    let (introduced, text) = of(&[Some(true)]);
    assert_eq!(introduced, true);
    assert!(text.starts_with("anybody can assume the role. Change: this plan brings it in.\n\n"), "{text}");
    let (introduced, text) = of(&[Some(false), None]);
    assert_eq!(introduced, false);
    assert!(text.starts_with("anybody can assume the role. Change: it was there before.\n\n"), "{text}");
    // Of several, each says it for itself, and one that is new makes the result new.
    let (introduced, text) = of(&[Some(false), Some(true)]);
    assert_eq!(introduced, true);
    assert_eq!(text.matches("Change: ").count(), 2, "{text}");
    let (introduced, text) = of(&[None]);
    assert_eq!(introduced, Value::Null);
    assert!(!text.contains("Change"), "{text}");
}

#[test]
fn findings_of_one_rule_on_one_line_are_one_result() {
    let sources = files();
    let place = |covered| span(&sources, "lines.tf", covered);
    let mut unsure = finding(&OPEN, Certainty::Possible, place("first"));
    unsure.message = "somebody else could".to_owned();
    unsure.fingerprint = "second".to_owned();
    unsure.related = vec![Related { span: place("zero"), message: "defined [here](9)".to_owned() }];
    let mut sure = finding(&OPEN, FACT, place("line"));
    sure.related = vec![Related { span: place("second"), message: "and here".to_owned() }];
    let other_rule = finding(&WORTH, FACT, place("first"));
    let other_line = finding(&OPEN, FACT, place("second"));
    let document = rendered(&report(vec![unsure, sure, other_rule, other_line]), &sources);
    assert_eq!(schema_errors(&document), [""; 0]);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str, line: u64| {
        let at = |r: &Value| r["locations"][0]["physicalLocation"]["region"]["startLine"] == line;
        results.iter().filter(|r| r["ruleId"] == rule && at(r)).collect::<Vec<_>>()
    };
    assert_eq!((of("open", 5).len(), of("worth-knowing", 4).len(), results.len()), (1, 1, 3));
    let [merged] = of("open", 4)[..] else { panic!("{results:?}") };
    // What is proved comes first and gives the place and the level.
    assert_eq!((&merged["level"], &merged["properties"]["certainty"]), (&"error".into(), &"proved".into()));
    assert_eq!(merged["properties"]["fingerprints"], serde_json::json!(["0123abcd", "second"]));
    assert_eq!(
        merged["message"]["text"],
        "anybody can assume the role.\n\nRole: aws_iam_role.x[\"ä\"].\n\nFix: name an account.\n\n\
         See: [and here](1).\n\npossible: somebody else could.\n\nSee: [defined \\[here\\] (9)](2)."
    );
    let related = merged["relatedLocations"].as_array().unwrap();
    let ids: Vec<u64> = related.iter().map(|r| r["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [1, 2]);
}

#[test]
fn many_findings_on_one_line_are_told_up_to_a_limit() {
    let sources = files();
    let place = span(&sources, "lines.tf", "first");
    let findings = (0..1000).map(|number| {
        let mut found = finding(&OPEN, FACT, place);
        found.role.address = format!("aws_iam_role.x[{number}]");
        found
    });
    let document = rendered(&report(findings.collect()), &sources);
    assert_eq!(schema_errors(&document), [""; 0]);
    let text = document["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
    let told = text.split("\n\n").filter(|p| p.starts_with("Role: ")).count();
    assert!(told > 300, "{told}");
    assert!(text.ends_with(&format!("{} paragraphs, which the JSON report has.", 1000 - told)), "{text}");
}

#[test]
fn the_worst_comes_first_and_what_is_suppressed_does_not_come() {
    let sources = files();
    let place = |covered| span(&sources, "lines.tf", covered);
    let mut silenced = finding(&OPEN, FACT, place("zero"));
    let reason = "a test".to_owned();
    silenced.suppressed = Some(Suppression { by: SuppressedBy::Config, reason, until: None });
    let findings = vec![
        silenced,
        finding(&WORTH, FACT, place("zero")),
        finding(&OPEN, Certainty::Possible, place("first")),
        finding(&OPEN, FACT, place("second")),
    ];
    let document = rendered(&report(findings), &sources);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let levels: Vec<(&str, &str)> =
        results.iter().map(|r| (r["ruleId"].as_str().unwrap(), r["level"].as_str().unwrap())).collect();
    assert_eq!(levels, [("open", "error"), ("open", "note"), ("worth-knowing", "note")]);
}

#[test]
fn results_carry_what_code_scanning_needs() {
    let sources = files();
    let document = rendered(&full(&sources), &sources);
    let run = &document["runs"][0];
    assert_eq!(run["automationDetails"]["id"], "trustproof/infra/");
    let rules = &run["tool"]["driver"]["rules"];
    assert_eq!(rules[0]["id"], "open");
    assert_eq!(rules[0]["properties"]["security-severity"], "9.5");
    assert_eq!(rules[0]["fullDescription"]["text"], "Anybody can assume the role.");
    assert_eq!(rules[0]["defaultConfiguration"]["level"], "error");
    assert_eq!(rules[0]["help"]["markdown"], OPEN.page);
    assert_eq!(rules[0]["help"]["text"], "open\n\nAnybody can assume the role.\n\nFix\n\nClose it.\n");
    assert_eq!(
        rules[0]["properties"]["tags"],
        serde_json::json!(["security", "iam", "external/cwe/cwe-284"])
    );
    assert_eq!(rules[1]["fullDescription"]["text"], "worth knowing.");
    assert!(rules[1]["properties"].get("security-severity").is_none());

    let results = &run["results"];
    let file = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "infra/a%20b%3Ac.tf");
    assert_eq!(file["uriBaseId"], "%SRCROOT%");
    assert_eq!(results[0]["ruleIndex"], 0);
    assert_eq!(results[0]["level"], "error");
    assert_eq!(results[0]["properties"]["certainty"], "proved");
    assert_eq!(results[0]["partialFingerprints"]["trustproof/v1"], "0123abcd");
    // Computed by the algorithm of GitHub's upload action from line 2 of the file on.
    assert_eq!(results[0]["partialFingerprints"]["primaryLocationLineHash"], "7adf7374e8288416:1");
    assert_eq!(results[1]["level"], "note");
    assert_eq!(results[1]["properties"]["certainty"], "possible");
    let text = results[1]["message"]["text"].as_str().unwrap();
    assert!(text.starts_with("possible: see [this] (https://example.com)."), "{text}");
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
