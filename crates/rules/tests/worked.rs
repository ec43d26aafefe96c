//! Small roles with the rules that must and must not be reported, and why.
//!
//! Files by topic are in `data/`. `zone` adds to the one account that is own in each of them.
//! `a|b` is one of them, `any` some finding of low severity or more, `*` nothing of low severity or more,
//! `id:proved` (not) as a proved finding.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where an example is malformed"
)]

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::{Files, OWN, findings, owner_of};
use decide::{Vendor, Zone};
use serde_json::Value;
use trustproof_rules::{Finding, RULES, Severity};

fn satisfied(expected: &str, found: &[Finding]) -> bool {
    expected.split('|').any(|one| match (one, one.strip_suffix(":proved")) {
        ("any", _) => found.iter().any(|f| f.rule.severity >= Severity::Low),
        (_, Some(id)) => found.iter().any(|f| f.rule.id == id && f.proved()),
        (id, None) => found.iter().any(|f| f.rule.id == id),
    })
}

fn violated(forbidden: &str, found: &[Finding]) -> bool {
    match (forbidden, forbidden.strip_suffix(":proved")) {
        ("*", _) => found.iter().any(|f| f.rule.severity >= Severity::Low),
        (_, Some(id)) => found.iter().any(|f| f.rule.id == id && f.proved()),
        (id, None) => found.iter().any(|f| f.rule.id == id),
    }
}

/// What an example says of its owner beside the account that is one's own in all of them.
fn zone_of(example: &Value) -> Zone {
    let strings = |v: &Value| -> Vec<String> {
        v.as_array().into_iter().flatten().map(|s| s.as_str().unwrap().to_owned()).collect()
    };
    let named = |v: &Value| -> Vec<(String, Vec<String>)> {
        v.as_object().into_iter().flatten().map(|(name, list)| (name.clone(), strings(list))).collect()
    };
    let zone = &example["zone"];
    let mut owner = owner_of(&[if example["cloud"] == "alibaba" { OWN[1] } else { OWN[0] }]);
    owner.accounts.extend(strings(&zone["accounts"]));
    owner.organizations.extend(strings(&zone["organizations"]));
    owner.vendors =
        named(&zone["vendors"]).into_iter().map(|(name, accounts)| Vendor { name, accounts }).collect();
    owner.oidc.extend(named(&zone["oidc"]));
    owner
}

/// What comes out otherwise than the examples say, one line each.
fn wrong(examples: &str) -> Vec<String> {
    let known: BTreeSet<&str> = RULES.iter().map(|r| r.meta.id).collect();
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for line in examples.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        assert!(seen.insert(example["id"].to_string()), "{} stands here twice", example["id"]);
        let files = example["files"].as_object().unwrap();
        let files = files.iter().map(|(p, t)| (p.clone(), t.as_str().unwrap().to_owned())).collect();
        let (found, problems, _) = findings(Files(files), zone_of(&example));
        let names = |key: &str| {
            let list = example[key].as_array().unwrap().iter();
            list.map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for name in names("must_report").iter().chain(&names("must_not_report")) {
            for one in name.split('|') {
                let id = one.strip_suffix(":proved").unwrap_or(one);
                assert!(matches!(id, "any" | "*") || known.contains(id), "unknown rule {id}");
            }
        }
        let missing: Vec<_> = names("must_report").into_iter().filter(|e| !satisfied(e, &found)).collect();
        let extra: Vec<_> = names("must_not_report").into_iter().filter(|e| violated(e, &found)).collect();
        if !missing.is_empty() || !extra.is_empty() {
            let got: Vec<_> = found.iter().map(|f| (f.rule.id, f.proved(), &f.message)).collect();
            wrong.push(format!(
                "{}: missing {missing:?}, forbidden {extra:?}; found {got:?}; problems {problems:?}; {}",
                example["id"], example["why"]
            ));
        }
    }
    wrong
}

fn every_line_of(examples: &str) {
    assert!(!examples.is_empty());
    let wrong = wrong(examples);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// One test for each topic, so that they run side by side and a name tells where to look.
macro_rules! topics {
    ($($test:ident: $file:literal,)*) => {
        $(#[test]
        fn $test() {
            every_line_of(include_str!(concat!("data/", $file)));
        })*

        #[test]
        #[allow(clippy::disallowed_methods, reason = "what lies in a directory is asked of the directory")]
        fn no_file_of_examples_is_left_out() {
            let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
            let files: BTreeSet<_> = std::fs::read_dir(data).unwrap().map(|f| f.unwrap().file_name()).collect();
            let run: BTreeSet<_> = [$($file),*].into_iter().map(std::ffi::OsString::from).collect();
            assert_eq!(files, run);
        }
    };
}

topics! {
    worked_examples: "worked-examples.jsonl",
    combinations_by_the_sentence: "combinations.jsonl",
    deputies_by_the_sentence: "deputies.jsonl",
    external_id_strength_by_the_sentence: "external-id-strength.jsonl",
    forms_by_the_sentence: "forms.jsonl",
    github_by_the_sentence: "github.jsonl",
    identity_providers_by_the_sentence: "identity-providers.jsonl",
    keys_by_the_sentence: "keys.jsonl",
    mixed_by_the_sentence: "mixed.jsonl",
    not_principal_by_the_sentence: "not-principal.jsonl",
    odd_forms_by_the_sentence: "odd-forms.jsonl",
    set_operators_by_the_sentence: "set-operators.jsonl",
    strangers_by_the_sentence: "strangers.jsonl",
    third_parties_by_the_sentence: "third-parties.jsonl",
    further_examples: "more-examples.jsonl",
    adversaries: "adversaries.jsonl",
    operators_and_grammar: "operators.jsonl",
    oidc_providers: "oidc.jsonl",
    saml: "saml.jsonl",
    services: "services.jsonl",
    external_ids: "external-ids.jsonl",
    shared_external_ids: "shared.jsonl",
    alibaba_cloud: "alibaba.jsonl",
    session_tags: "tags.jsonl",
    idle_guards_and_dead_trust: "idle-and-dead.jsonl",
    unknown_values: "unknowns.jsonl",
    policy_documents_of_terraform: "documents.jsonl",
    blast_radius: "blast-radius.jsonl",
    zones: "zones.jsonl",
}
