//! Every rule's page, executed: on a bad example the rule reports, on a good one nothing as bad is reported.
//! And the list of rules as a whole.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where a page is not what it should be, and looks at the files beside it"
)]

mod common;

use std::collections::BTreeSet;

use common::{Files, OWN, findings, owner_of};
use trustproof_rules::{Finding, Meta, RULES, Severity};

/// The rules with their severities, as the documentation promises them.
const PROMISED: &[(&str, Severity)] = &[
    ("anyone-can-assume", Severity::Critical),
    ("anyone-with-external-id", Severity::High),
    ("dead-trust", Severity::Low),
    ("foreign-service", Severity::Medium),
    ("guessable-external-id", Severity::Medium),
    ("idle-guard", Severity::Info),
    ("long-session", Severity::Low),
    ("oidc-any-ref", Severity::Low),
    ("oidc-any-tenant", Severity::Critical),
    ("oidc-tenant-wide", Severity::Medium),
    ("privileged-delegation", Severity::Medium),
    ("saml-audience-unbound", Severity::Low),
    ("shared-external-id", Severity::Medium),
    ("unbound-session-tags", Severity::Low),
    ("undetermined-trust", Severity::Info),
    ("unguarded-service", Severity::Medium),
    ("unguarded-service-unverified", Severity::Low),
    ("unguarded-third-party", Severity::High),
    ("wildcard-trust-action", Severity::Low),
];

const SECTIONS: [&str; 5] = ["Why it matters", "Bad", "Good", "Fix", "References"];

/// The text of a section, up to the next heading of its rank.
fn section<'a>(page: &'a str, name: &str) -> &'a str {
    let heading = format!("\n## {name}\n");
    let (_, rest) = page.split_once(heading.as_str()).unwrap_or_else(|| panic!("no section {name}"));
    rest.split_once("\n## ").map_or(rest, |(text, _)| text)
}

/// The fenced examples of a section: a file name for its language, and its text.
fn examples(section: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut rest = section;
    while let Some((_, from)) = rest.split_once("```") {
        let (language, from) = from.split_once('\n').unwrap();
        let (text, after) = from.split_once("\n```").expect("a fence is closed");
        let path = match language {
            "json" => "policy.json",
            "hcl" => "main.tf",
            other => panic!("an example in {other}"),
        };
        out.push((path.to_owned(), text.to_owned()));
        rest = after;
    }
    out
}

fn reported(meta: &Meta, example: &(String, String)) -> Vec<Finding> {
    let (found, problems, sources) = findings(Files(vec![example.clone()]), owner_of(&OWN));
    // A refused form is a problem too; every other example is flawless.
    assert!(problems.is_empty() || meta.id == "dead-trust", "{}: {problems:?}", meta.id);
    for finding in &found {
        let text = sources.bytes(finding.location.file).unwrap();
        let (start, end) = (finding.location.start as usize, finding.location.end as usize);
        let marked = std::str::from_utf8(&text[start..end]).unwrap();
        assert!(!marked.is_empty() && !marked.contains('"'), "{}: marks {marked}", finding.rule.id);
    }
    found
}

#[test]
fn pages_say_what_they_must() {
    for rule in RULES {
        let Meta { id, page, severity, .. } = rule.meta;
        assert!(page.starts_with(&format!("# {id}\n")), "{id} has its name as title");
        let stated = format!("Severity: {}", severity.name());
        let introduction = page.split("\n## ").next().unwrap();
        assert!(introduction.contains(&stated), "{id} states its severity in the introduction");
        let headings: Vec<&str> = page.lines().filter_map(|l| l.strip_prefix("## ")).collect();
        assert_eq!(headings, SECTIONS, "{id}");
        assert!(section(page, "Why it matters").contains("```text\ncaller "), "{id} shows the request");
        for line in section(page, "References").lines().filter(|l| !l.is_empty()) {
            assert!(line.starts_with("- https://"), "{id}: {line}");
        }
    }
}

#[test]
fn bad_examples_are_reported() {
    for rule in RULES {
        let id = rule.meta.id;
        let bad = examples(section(rule.meta.page, "Bad"));
        assert!(!bad.is_empty(), "{id} has a bad example");
        for example in bad {
            let found = reported(rule.meta, &example);
            let of_rule: Vec<_> = found.iter().filter(|f| f.rule.id == id).collect();
            assert!(!of_rule.is_empty(), "{id} is silent on:\n{}\n{found:#?}", example.1);
            let proved = id != "undetermined-trust";
            assert!(of_rule.iter().all(|f| f.proved() == proved), "{id}: {of_rule:#?}");
        }
    }
}

#[test]
fn good_examples_are_clean() {
    for rule in RULES {
        let Meta { id, severity, .. } = rule.meta;
        let good = examples(section(rule.meta.page, "Good"));
        assert!(!good.is_empty(), "{id} has a good example");
        for example in good {
            let found = reported(rule.meta, &example);
            let worse: Vec<_> =
                found.iter().filter(|f| f.rule.id == *id || f.rule.severity >= *severity).collect();
            assert!(worse.is_empty(), "{id}, on:\n{}\n{worse:#?}", example.1);
        }
    }
}

#[test]
fn rules_are_those_that_are_promised() {
    let rules: Vec<(&str, Severity)> = RULES.iter().map(|r| (r.meta.id, r.meta.severity)).collect();
    assert_eq!(rules, PROMISED);
    assert!(rules.is_sorted_by(|a, b| a.0 < b.0), "in the order of ids, each once");
    for rule in RULES {
        let title = rule.meta.title;
        assert!(!title.is_empty() && !title.ends_with('.') && !title.contains('\n'), "{title}");
    }
}

#[test]
fn every_module_has_a_page_and_a_place_in_the_list() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let (mut modules, mut pages) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        match name.rsplit_once('.') {
            Some(("mod", "rs")) => {}
            Some((module, "rs")) => assert!(modules.insert(module.replace('_', "-")), "{module}"),
            Some((page, "md")) => assert!(pages.insert(page.to_owned()), "{page}"),
            _ => panic!("{name} is neither a rule nor a page"),
        }
    }
    let listed: BTreeSet<String> = RULES.iter().map(|r| r.meta.id.to_owned()).collect();
    assert_eq!(modules, listed);
    assert_eq!(pages, listed);
}
