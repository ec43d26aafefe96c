//! What must hold of every finding, whichever rule it is of, tried on all examples.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where an example is malformed"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{Files, OWN, findings, owner_of};
use model::{Cloud, Span};
use serde_json::Value;
use trustproof_rules::{Certainty, Finding};

/// Of each group at most one rule is reported for one principal of one statement.
const FIRST_OF: [&[&str]; 2] = [
    &["anyone-can-assume", "anyone-with-external-id", "unguarded-third-party", "guessable-external-id"],
    &["oidc-any-tenant", "oidc-tenant-wide", "oidc-any-ref"],
];

/// What one cloud calls something and the other does not have.
const WORDS: [(Cloud, &[&str]); 2] = [
    (Cloud::Aws, &["acs:", "RAM", "Alibaba", "aliyun"]),
    (Cloud::Alibaba, &["aws:", "AWS", "IAM", "SAML:", "boundary", "SourceAccount"]),
];

struct Example {
    id: String,
    files: Vec<(String, String)>,
    /// What is found, with the text under each place.
    found: Vec<(Finding, String)>,
}

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let texts = [include_str!("data/worked-examples.jsonl"), include_str!("data/more-examples.jsonl")];
    texts.iter().flat_map(|text| text.lines().map(read)).collect()
});

fn read(line: &str) -> Example {
    let example: Value = serde_json::from_str(line).unwrap();
    let files = example["files"].as_object().unwrap().iter();
    let files: Vec<_> = files.map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned())).collect();
    let (found, _, sources) = findings(Files(files.clone()), owner_of(&OWN));
    let under = |span: Span| {
        let bytes = sources.bytes(span.file).unwrap();
        String::from_utf8(bytes[span.start as usize..span.end as usize].to_vec()).unwrap()
    };
    let found = found.into_iter().map(|f| (f.clone(), under(f.location))).collect();
    Example { id: example["id"].as_str().unwrap().to_owned(), files, found }
}

/// Applies a test to every finding of every example and the text under its place.
fn each(mut test: impl FnMut(&str, &Finding, &str)) {
    for example in EXAMPLES.iter() {
        example.found.iter().for_each(|(finding, marked)| test(&example.id, finding, marked));
    }
}

/// Whether the only file is a policy of one statement with one principal.
fn is_simple(example: &Example) -> bool {
    let [(_, text)] = example.files.as_slice() else { return false };
    let Ok(policy) = serde_json::from_str::<Value>(text) else { return false };
    let Some([statement]) = policy["Statement"].as_array().map(Vec::as_slice) else { return false };
    match &statement["Principal"] {
        Value::String(_) => true,
        Value::Object(kinds) => {
            kinds.len() == 1 && kinds.values().all(|v| v.as_array().is_none_or(|l| l.len() == 1))
        }
        _ => false,
    }
}

#[test]
fn words_are_for_people() {
    each(|id, finding, _| {
        for said in [&finding.message, &finding.label, &finding.advice] {
            assert!(!said.is_empty() && !said.ends_with('.') && !said.contains('\n'), "{id}: {said}");
            assert!(!said.contains("Some(") && !said.contains("  "), "{id}: {said}");
            // What the user wrote is quoted, whichever cloud it is of.
            let own: String = said.split('`').step_by(2).collect();
            for (cloud, words) in WORDS {
                let foreign = words.iter().find(|w| finding.role.cloud == cloud && own.contains(**w));
                assert_eq!(foreign, None, "{id} ({}): {said}", finding.rule.id);
            }
        }
    });
}

#[test]
fn places_are_narrow() {
    each(|id, finding, marked| {
        assert!(!marked.is_empty() && !marked.contains(['\n', '"']), "{id} ({}): {marked}", finding.rule.id);
    });
}

#[test]
fn a_possible_finding_says_on_what_it_depends() {
    each(|id, finding, _| match &finding.certainty {
        Certainty::Proved(_) => {}
        Certainty::Possible => assert!(!finding.unknowns.is_empty(), "{id} ({})", finding.rule.id),
    });
}

#[test]
fn a_request_is_told_place_by_place() {
    let mut told = 0;
    for example in EXAMPLES.iter() {
        let [(_, text)] = example.files.as_slice() else { continue };
        let under = |span: Span| text.get(span.start as usize..span.end as usize).unwrap();
        for (finding, _) in &example.found {
            let Some(witness) = finding.witness() else {
                assert!(finding.steps.is_empty(), "{}: {finding:?}", example.id);
                continue;
            };
            told += 1;
            let [first, .., last] = finding.steps.as_slice() else {
                panic!("{}: {:?}", example.id, finding.steps)
            };
            let request = witness.request();
            let says = |word: &str| first.message.contains(word);
            assert!(says(&request.principal) && says(&request.action), "{}: {first:?}", example.id);
            // The places lie inside the statement that allows, and the finding's own is one of them.
            assert!(under(last.span).contains("Allow"), "{}: {}", example.id, under(last.span));
            assert!(last.span.contains(first.span) && last.span != first.span, "{}", example.id);
            assert!(finding.steps.iter().any(|s| s.span == finding.location), "{}", example.id);
        }
    }
    assert!(told > 20);
}

#[test]
fn one_fault_is_one_finding() {
    for example in EXAMPLES.iter() {
        let mut seen = BTreeSet::new();
        for (f, _) in &example.found {
            let fault = (f.rule.id, &f.role.address, f.location, &f.message);
            assert!(seen.insert(fault), "{}: {fault:?}", example.id);
        }
        if is_simple(example) {
            let rules: Vec<_> = example.found.iter().map(|(f, _)| f.rule.id).collect();
            for group in FIRST_OF {
                assert!(
                    rules.iter().filter(|id| group.contains(id)).count() <= 1,
                    "{}: {rules:?}",
                    example.id
                );
            }
            let dead = example.found.iter().any(|(f, _)| f.rule.id == "dead-trust" && f.proved());
            assert!(!dead || rules == ["dead-trust"], "{}: dead, yet {rules:?}", example.id);
        }
    }
}

#[test]
fn a_shared_external_id_is_never_shown() {
    let mut shared = 0;
    each(|id, finding, value| {
        if finding.rule.id == "shared-external-id" {
            shared += 1;
            let beginning: String = value.chars().take(5).collect();
            let said = [&finding.message, &finding.label, &finding.advice].map(String::as_str);
            let related = finding.related.iter().map(|r| r.message.as_str());
            assert!(said.into_iter().chain(related).all(|s| !s.contains(&beginning)), "{id}: {finding:?}");
        }
    });
    assert!(shared > 0);
}
