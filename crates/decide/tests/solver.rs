//! Requests that exist only because a Deny can be kept from firing, or a value kept out of what is not known.

mod common;

use model::Cloud;
use trustproof_decide::{Verdict, Zone, judge};

fn stranger(statements: &str) -> Verdict {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    judge(&common::policy(&text, Cloud::Aws), &Zone::default()).verdicts.stranger
}

const EVERYONE: &str = r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;

#[test]
fn a_deny_with_an_unknown_condition_counts_until_a_known_one_fails() {
    let allow = format!(r#"{{"Effect":"Allow",{EVERYONE}}}"#);
    let deny = |condition: &str| format!(r#"{{"Effect":"Deny",{EVERYONE},"Condition":{{{condition}}}}}"#);
    // With the tag x=1 the first condition fails, whatever the second is.
    let known = r#""StringNotEquals":{"aws:PrincipalTag/x":"1"},"StringEquals":{"aws:PrincipalTag/y":"%1%"}"#;
    assert_eq!(stranger(&format!("{allow},{}", deny(known))), Verdict::Exposed);
    // Nothing is known of the only condition: it may always hold.
    assert_eq!(
        stranger(&format!("{allow},{}", deny(r#""%1%":{"aws:username":"x"}"#))),
        Verdict::Undetermined
    );
}

#[test]
fn a_value_can_be_kept_out_of_a_pattern_that_is_partly_unknown() {
    // Any tag that does not start with x.
    let conditions = r#""Condition":{"StringNotLike":{"aws:PrincipalTag/x":"x%1%"},"Null":{"aws:PrincipalTag/x":"false"}}"#;
    assert_eq!(stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},{conditions}}}"#)), Verdict::Exposed);
}

#[test]
fn a_name_that_anybody_picks_is_no_guard() {
    let conditions = r#""Condition":{"StringEquals":{"aws:PrincipalTag/team":"${aws:username}"}}"#;
    assert_eq!(stranger(&format!(r#"{{"Effect":"Allow",{EVERYONE},{conditions}}}"#)), Verdict::Exposed);
}
