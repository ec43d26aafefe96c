//! All forms of the report say the same: what was found, where, how bad it is, and how much of it there is.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests read the reports that the binary writes")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

mod support;

use support::{Case, Run};

/// Rule, path, line, severity, whether it is proved.
type Fact = (String, String, u64, String, bool);

const FORMATS: [&str; 7] = ["human", "json", "sarif", "github", "markdown", "gitlab", "junit"];

/// One run, in every form.
struct Reports(BTreeMap<&'static str, String>);

impl Reports {
    /// Scans `paths` from `directory`.
    fn of(directory: &Path, paths: &[&str]) -> Self {
        let case = Case::new(&[]);
        let file = |format: &str| case.0.path().join(format);
        let mut command = case.command();
        command.current_dir(directory).args(["check", "--no-config", "--fail-on", "never"]).args(paths);
        for format in FORMATS {
            command.arg("--output").arg(format!("{format}={}", file(format).display()));
        }
        let run = Run::new(command.output().unwrap());
        assert!(run.status != 1 && run.err.is_empty(), "{run:?}");
        let reports = FORMATS.map(|format| (format, fs::read_to_string(file(format)).unwrap()));
        let reports = Reports(reports.into());
        assert_eq!(run.out, reports.0["human"]);
        reports
    }

    fn json(&self, format: &str) -> Value {
        serde_json::from_str(&self.0[format]).unwrap()
    }

    /// The findings of the JSON report, against which all others are held.
    fn facts(&self) -> Vec<Fact> {
        let report = self.json("json");
        let findings = report["findings"].as_array().unwrap();
        let unsuppressed = findings.iter().filter(|f| f["suppressed"].is_null());
        sorted(unsuppressed.map(fact).collect())
    }
}

fn fact(finding: &Value) -> Fact {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (
        text(&finding["rule"]),
        text(&finding["location"]["path"]),
        finding["location"]["start"]["line"].as_u64().unwrap(),
        text(&finding["severity"]),
        finding["certainty"] == "proved",
    )
}

fn sorted(mut facts: Vec<Fact>) -> Vec<Fact> {
    facts.sort();
    facts
}

/// `high` or `high (possible)`.
fn certainty(text: &str) -> (String, bool) {
    match text.strip_suffix(" (possible)") {
        Some(severity) => (severity.to_owned(), false),
        None => (text.to_owned(), true),
    }
}

/// `path:line`, where the path may hold colons.
fn path_and_line(text: &str) -> (String, u64) {
    let (path, line) = text.rsplit_once(':').unwrap();
    (path.to_owned(), line.parse().unwrap())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let hex = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn gitlab(reports: &Reports) -> Vec<Fact> {
    let severities = [
        ("blocker", "critical"),
        ("critical", "high"),
        ("major", "medium"),
        ("minor", "low"),
        ("info", "info"),
    ];
    let report = reports.json("gitlab");
    let issues = report.as_array().unwrap().iter().filter(|issue| issue["check_name"] != "unread");
    let facts = issues.map(|issue| {
        let severity = severities.iter().find(|(theirs, _)| issue["severity"] == *theirs).unwrap().1;
        (
            issue["check_name"].as_str().unwrap().to_owned(),
            issue["location"]["path"].as_str().unwrap().to_owned(),
            issue["location"]["lines"]["begin"].as_u64().unwrap(),
            severity.to_owned(),
            !issue["description"].as_str().unwrap().starts_with("possible: "),
        )
    });
    sorted(facts.collect())
}

/// Each failure, and of how many roles it is: those of the instances stand at their own test cases.
fn junit(reports: &Reports) -> Vec<Fact> {
    let document = roxmltree::Document::parse(&reports.0["junit"]).unwrap();
    let failures = document.descendants().filter(|n| n.has_tag_name("failure"));
    let facts = failures.map(|failure| {
        let (severity, proved) = certainty(failure.attribute("message").unwrap().split_once(": ").unwrap().0);
        let place = failure.text().unwrap().lines().next().unwrap();
        let (path, line) = path_and_line(place.rsplit_once(':').unwrap().0);
        (failure.attribute("type").unwrap().to_owned(), path, line, severity, proved)
    });
    sorted(facts.collect())
}

/// The findings as the stories tell them: one each, or one a service with a list of its places.
fn markdown(reports: &Reports) -> Vec<Fact> {
    let (mut facts, mut story, mut place, mut inside) = (Vec::new(), None, String::new(), false);
    let mut listed = Vec::new();
    for event in Parser::new_ext(&reports.0["markdown"], Options::ENABLE_TABLES) {
        match event {
            Event::Html(html) if html.starts_with("<details><summary>Warnings") => story = None,
            Event::Html(html) if html.starts_with("<details>") => {
                let text = html.trim().replace("<details><summary>", "").replace("</summary>", "");
                let (severity, rest) = text.split_once(": <code>").unwrap();
                let (rule, rest) = rest.split_once("</code>: ").unwrap();
                let at =
                    rest.rsplit_once(" at <code>").map(|(_, at)| at.trim_end_matches("</code>").to_owned());
                story = Some((certainty(severity), rule.to_owned(), at));
            }
            Event::Html(html) if html.starts_with("</details>") => {
                if let Some(((severity, proved), rule, at)) = story.take() {
                    let places = match at {
                        Some(at) => vec![path_and_line(at.rsplit_once(':').unwrap().0)],
                        None => std::mem::take(&mut listed),
                    };
                    let fact = |(path, line)| (rule.clone(), path, line, severity.clone(), proved);
                    facts.extend(places.into_iter().map(fact));
                }
                listed.clear();
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let (path, line) = dest_url.rsplit_once("#L").unwrap();
                place = format!("{}:{line}", percent_decoded(path));
                inside = true;
            }
            // The text of a link is the place that it leads to.
            Event::Code(code) if inside => assert_eq!(*code, *place),
            Event::End(TagEnd::Link) => {
                inside = false;
                listed.push(path_and_line(&place));
            }
            _ => {}
        }
    }
    sorted(facts)
}

fn sarif_results(reports: &Reports) -> Vec<(Fact, usize)> {
    let report = reports.json("sarif");
    let run = &report["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let of_score = |score: Option<&str>| match score {
        Some("9.5") => "critical",
        Some("8.0") => "high",
        Some("5.5") => "medium",
        Some("2.5") => "low",
        None => "info",
        Some(other) => panic!("{other}"),
    };
    let results = run["results"].as_array().unwrap().iter();
    let facts = results.map(|result| {
        let rule = rules.iter().find(|rule| rule["id"] == result["ruleId"]).unwrap();
        assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()], *rule);
        let place = &result["locations"][0]["physicalLocation"];
        let fact = (
            result["ruleId"].as_str().unwrap().to_owned(),
            percent_decoded(place["artifactLocation"]["uri"].as_str().unwrap()),
            place["region"]["startLine"].as_u64().unwrap(),
            of_score(rule["properties"]["security-severity"].as_str()).to_owned(),
            result["properties"]["certainty"] == "proved",
        );
        (fact, result["properties"]["fingerprints"].as_array().map_or(1, Vec::len))
    });
    facts.collect()
}

/// The properties of each annotation, decoded.
fn github(reports: &Reports) -> Vec<BTreeMap<String, String>> {
    let line = |line: &str| {
        let (head, _) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (_, properties) = head.split_once(' ').unwrap();
        let decoded = |text: &str| text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), decoded(value))).collect()
    };
    reports.0["github"].lines().map(line).collect()
}

fn annotated(reports: &Reports) -> Vec<Fact> {
    let annotations = github(reports).into_iter().filter(|a| !a["title"].starts_with("trustproof"));
    let facts = annotations.map(|a| {
        let (severity, rule) = a["title"].split_once(": ").unwrap();
        let (severity, proved) = certainty(severity);
        (rule.to_owned(), a["file"].clone(), a["line"].parse().unwrap(), severity, proved)
    });
    facts.collect()
}

/// Holds every form against the JSON report.
fn all_agree(reports: &Reports) {
    let report = reports.json("json");
    let facts = reports.facts();
    assert_eq!(gitlab(reports), facts);
    assert_eq!(markdown(reports), facts);

    // A role's other instances fail with it.
    let findings = report["findings"].as_array().unwrap();
    let with_instances = findings.iter().flat_map(|finding| {
        let instances = finding["instances"].as_array().unwrap().len();
        std::iter::repeat_n(fact(finding), 1 + instances)
    });
    assert_eq!(junit(reports), sorted(with_instances.collect()));

    // Results are merged by rule and line; the surest finding speaks for all.
    let results = sarif_results(reports);
    assert_eq!(results.iter().map(|(_, merged)| merged).sum::<usize>(), facts.len());
    let place = |(rule, path, line, ..): &Fact| (rule.clone(), path.clone(), *line);
    let of_results: Vec<_> = results.iter().map(|(fact, _)| place(fact)).collect();
    let places: BTreeSet<_> = facts.iter().map(place).collect();
    assert_eq!(of_results.len(), places.len(), "one result a place");
    assert_eq!(of_results.into_iter().collect::<BTreeSet<_>>(), places);
    for (result, _) in &results {
        assert!(facts.contains(result), "{result:?}");
        let surest = facts.iter().filter(|fact| place(fact) == place(result)).any(|fact| fact.4);
        assert_eq!(result.4, surest, "{result:?}");
    }

    // Counts.
    let summary = &report["summary"];
    for severity in ["critical", "high", "medium", "low", "info"] {
        let proved = facts.iter().filter(|(_, _, _, s, proved)| s == severity && *proved).count();
        assert_eq!(summary["findings"][severity], proved, "{severity}");
    }
    assert_eq!(summary["possible"], facts.iter().filter(|fact| !fact.4).count());
    assert_eq!(summary["suppressed"], findings.len() - facts.len());
    let unread = report["problems"].as_array().unwrap().iter().filter(|p| p["relevant"] == true).count();
    let roles = report["roles"].as_array().unwrap().len();
    let document = roxmltree::Document::parse(&reports.0["junit"]).unwrap();
    for element in document.root_element().descendants().filter(|n| n.attribute("tests").is_some()) {
        let cases: Vec<_> = document.descendants().filter(|n| n.has_tag_name("testcase")).collect();
        assert_eq!(element.attribute("tests"), Some(cases.len().to_string().as_str()));
        assert_eq!(cases.len(), roles + unread);
        assert_eq!(element.attribute("errors"), Some(unread.to_string().as_str()));
        let failed = cases.iter().filter(|c| c.children().any(|n| n.has_tag_name("failure"))).count();
        assert_eq!(element.attribute("failures"), Some(failed.to_string().as_str()));
    }
    let line = reports.0["human"].lines().last().unwrap().to_owned();
    assert!(reports.0["markdown"].contains(&line), "{line}");
    for (field, word) in
        [("files", " file"), ("roles", " role"), ("statements", " statement"), ("possible", " possible")]
    {
        assert!(line.contains(&format!("{}{word}", summary[field])), "{field}: {line}");
    }
    assert!(line.ends_with(&format!("{} suppressed, {unread} unread", summary["suppressed"])), "{line}");
    let sarif = reports.json("sarif");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), summary["problems"]);
    assert_eq!(invocation["executionSuccessful"], unread == 0);
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn over_many_findings() {
    let reports = Reports::of(root(), &["fixtures"]);
    let facts = reports.facts();
    assert!(facts.len() > 20, "{facts:?}");
    all_agree(&reports);
    // The worst nine, and one that says how many there are more.
    let annotations = github(&reports);
    assert_eq!(annotations.len(), 10);
    let rank = |(_, _, _, severity, proved): &Fact| {
        let order = ["critical", "high", "medium", "low", "info"];
        (order.iter().position(|s| s == severity), !proved)
    };
    let mut ranks: Vec<_> = facts.iter().map(rank).collect();
    ranks.sort_unstable();
    let shown = annotated(&reports);
    assert_eq!(shown.iter().map(rank).collect::<Vec<_>>(), ranks[..shown.len()]);
    assert!(shown.iter().all(|fact| facts.contains(fact)), "{shown:?}");
}

#[test]
fn over_few_findings() {
    let reports = Reports::of(root(), &["fixtures/demo"]);
    all_agree(&reports);
    assert_eq!(sorted(annotated(&reports)), reports.facts());
}

#[test]
fn over_nothing() {
    let case = Case::new(&[("a.json", b"{}")]);
    let reports = Reports::of(case.0.path(), &["."]);
    assert!(reports.facts().is_empty());
    all_agree(&reports);
    assert_eq!(reports.0["github"], "");
}

#[cfg(unix)]
#[test]
fn over_files_with_names_that_want_to_be_more() {
    let policy = |principal: &str, external_id: &str| {
        let text = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal},
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}}
        }]});
        serde_json::to_string_pretty(&text).unwrap()
    };
    let hostile =
        "::error file=x::y ##[error] [a](https://evil.example) <b>@admin</b> |`z`|\n\n# h\u{1b}[31m\u{202e}";
    let stranger = policy("*", hostile);
    let third_party = policy("arn:aws:iam::210987654321:root", "12345");
    let broken = stranger.trim_end_matches(['}', ']', '\n', ' ']);
    let module = format!(
        "resource \"aws_iam_role\" \"r\" {{\n  for_each = toset([\"a\", {key}])\n  assume_role_policy = \
         jsonencode({{\n    Statement = [{{ Effect = \"Allow\", Principal = {{ AWS = \"*\" }}, Action = \
         \"sts:AssumeRole\" }}]\n  }})\n}}\n",
        key = serde_json::to_string("x](y) <b> ::error:: | ` @z").unwrap()
    );
    let case = Case::new(&[
        ("a.json", stranger.as_bytes()),
        ("-rf & [x](y) <b> `c` |d| @e ##[f] %0A ::error::.json", third_party.as_bytes()),
        ("b\n::stop-commands::x\u{1b}[2J.json", stranger.as_bytes()),
        ("broken\r\n]]>.json", broken.as_bytes()),
        ("m/main.tf", module.as_bytes()),
    ]);
    let reports = Reports::of(case.0.path(), &["."]);
    let json = reports.json("json");
    assert!(json["findings"].as_array().unwrap().len() >= 4, "{json}");
    let known: BTreeSet<&str> = BTreeSet::from(["https://github.com/trustproof/trustproof"]);
    // Structure comes from the report alone.
    let links = Parser::new_ext(&reports.0["markdown"], Options::all()).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    });
    for link in links {
        assert!(!link.contains("evil") && !link.contains(':') || known.contains(link.as_str()), "{link}");
    }
    for line in reports.0["github"].lines() {
        assert!(line.starts_with("::") && !line.contains("##["), "{line}");
    }
    assert_eq!(
        github(&reports).len(),
        reports.0["github"].split(['\n', '\r']).filter(|l| !l.is_empty()).count()
    );
    for line in reports.0["human"].lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
    for format in ["human", "github", "markdown", "junit"] {
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!reports.0[format].chars().any(acts), "{format}: {}", reports.0[format]);
    }
    let document = roxmltree::Document::parse(&reports.0["junit"]).unwrap();
    assert!(document.descendants().filter(|n| n.has_tag_name("failure")).count() >= 4);
    let sarif = reports.json("sarif");
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(
            json["findings"]
                .as_array()
                .unwrap()
                .iter()
                .any(|f| f["location"]["path"] == percent_decoded(uri))
        );
    }
}

#[test]
fn the_witness_is_a_flow_through_the_policy() {
    let reports = Reports::of(root(), &["fixtures/demo"]);
    let json = reports.json("json");
    let witnesses = json["findings"].as_array().unwrap().iter().filter(|f| !f["witness"].is_null()).count();
    let sarif = reports.json("sarif");
    let mut flows = 0;
    for result in sarif["runs"][0]["results"].as_array().unwrap() {
        for flow in result["codeFlows"].as_array().into_iter().flatten() {
            flows += 1;
            let steps = flow["threadFlows"][0]["locations"].as_array().unwrap();
            let said = |step: &Value| step["location"]["message"]["text"].as_str().unwrap().to_owned();
            assert!(said(&steps[0]).contains(") calls sts:"), "{steps:?}");
            assert!(said(steps.last().unwrap()).ends_with("allows the request."), "{steps:?}");
            for step in steps {
                let region = &step["location"]["physicalLocation"]["region"];
                assert_eq!(region["startLine"], region["endLine"], "{step}");
                assert!(region["startColumn"].as_u64() < region["endColumn"].as_u64(), "{step}");
            }
            // The place of the result is on the way.
            let place = &result["locations"][0]["physicalLocation"];
            assert!(steps.iter().any(|step| step["location"]["physicalLocation"] == *place), "{steps:?}");
        }
    }
    assert!(flows > 0 && flows == witnesses, "{flows} flows, {witnesses} witnesses");
}
