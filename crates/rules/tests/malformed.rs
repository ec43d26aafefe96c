//! Policies that are not what the grammar asks for: each is told by name and place, and none is taken as safe.
#![allow(clippy::unwrap_used, reason = "a test stops where an example is malformed")]

mod common;

use common::{Files, OWN, findings, owner_of};

/// A statement that trusts another account, with this condition.
fn policy(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"210987654321"}},
        "Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
    )
}

fn found(text: String) -> (Vec<&'static str>, Vec<String>) {
    let (found, problems, _) = findings(Files(vec![("policy.json".to_owned(), text)]), owner_of(&OWN));
    (found.iter().map(|f| f.rule.id).collect(), problems)
}

#[test]
fn a_condition_of_another_shape_is_told_by_the_name_of_what_holds_it() {
    for (condition, told) in [
        ("[]", "`Condition` holds a list, expected an object of operators"),
        (r#""x""#, "`Condition` holds a string, expected an object of operators"),
        (r#"{"StringEquals":"x"}"#, "`StringEquals` holds a string, expected an object of keys"),
        (
            r#"{"StringEquals":{"sts:ExternalId":{"a":1}}}"#,
            "`sts:ExternalId` holds an object, expected a string or a list of strings",
        ),
        (
            r#"{"StringEquals":{"sts:ExternalId":[null]}}"#,
            "`sts:ExternalId` holds null, expected a string or a list of strings",
        ),
    ] {
        let (rules, problems) = found(policy(condition));
        assert_eq!(problems, [told], "{condition}");
        assert_eq!(rules, ["dead-trust"], "{condition}");
    }
}

#[test]
fn a_broken_statement_leaves_its_neighbours_unharmed() {
    let text = r#"{"Version":"2012-10-17","Statement":[{},{"Effect":"Allow","Principal":{"AWS":"210987654321"},
        "Action":"sts:AssumeRole"}]}"#;
    let (mut rules, problems) = found(text.to_owned());
    rules.sort_unstable();
    assert_eq!(rules, ["dead-trust", "unguarded-third-party"]);
    assert_eq!(problems.len(), 3, "{problems:?}");
}
