//! Modules whose plan Terraform itself made: each planned role must be read, with the policy of the plan.
//!
//! `planned.json` holds the trust policies of the plan by address. Roles that only another input would make are in no
//! plan.

use std::collections::BTreeMap;

use model::{Cloud, Standing, Value, lower};
use syntax::json;

use crate::support::Scan;

const CALLS: &[(&str, &str)] = &[
    ("main.tf", include_str!("plans/calls/main.tf")),
    ("ids/main.tf", include_str!("plans/calls/ids/main.tf")),
    ("mod/main.tf", include_str!("plans/calls/mod/main.tf")),
    ("mod/inner/main.tf", include_str!("plans/calls/mod/inner/main.tf")),
];

fn agree(files: &[(&str, &str)], planned: &str) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let scan = Scan::of(&files);
    assert_eq!(scan.messages(), Vec::<&str>::new());
    let made = |role: &&&model::Role| {
        role.trust.iter().any(|v| v.assumptions.iter().all(|a| a.standing == Standing::Selected))
    };
    let read: BTreeMap<String, String> = scan
        .roles()
        .iter()
        .filter(made)
        .map(|role| (role.address.to_string(), Scan::selected(role).policy.canonical()))
        .collect();
    let file = scan.sources.ids().next().expect("a file");
    let planned = json::parse(planned, file).expect("valid JSON");
    let Value::Object(planned) = planned.value else { panic!("no object") };
    let policy = |entry: &model::Entry| {
        let [variant] = &lower(&entry.value, Cloud::Aws, false).variants[..] else { panic!("one policy") };
        (entry.key.value.to_string(), variant.policy.canonical())
    };
    assert_eq!(read, planned.entries.iter().map(policy).collect());
}

#[test]
fn modules_that_are_called() {
    agree(CALLS, include_str!("plans/calls/planned.json"));
}
