//! Session tags and a source identity come only with a call for which they are allowed, whoever calls.

mod common;

use std::collections::BTreeSet;

use model::Cloud;
use trustproof_decide::{Judgement, Verdict, Zone, judge};

const GITHUB: &str =
    r#""Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com""#;
const SAML: &str = r#""Federated":"arn:aws:iam::111122223333:saml-provider/corp""#;
const PODS: &str = r#""Service":"pods.eks.amazonaws.com""#;
const VENDOR: &str = r#""AWS":"210987654321""#;
const TAG: &str = r#""StringEquals":{"aws:RequestTag/kubernetes-namespace":"prod"}"#;
const KEYS: &str = r#""ForAnyValue:StringEquals":{"aws:TagKeys":"team"}"#;
const TRANSITIVE: &str = r#""Null":{"sts:TransitiveTagKeys":"false"}"#;
const IDENTITY: &str = r#""StringLike":{"sts:SourceIdentity":"a*"}"#;

fn judged(principal: &str, actions: &str, conditions: &str) -> Judgement {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{{principal}}},
        "Action":[{actions}],"Condition":{{{conditions}}}}}]}}"#
    );
    let accounts = BTreeSet::from(["111122223333".to_owned()]);
    judge(&common::policy(&text, Cloud::Aws), &Zone { accounts, ..Zone::default() })
}

#[test]
fn a_condition_on_a_tag_is_met_only_where_tags_may_be_passed() {
    for (principal, action) in [
        (GITHUB, r#""sts:AssumeRoleWithWebIdentity""#),
        (SAML, r#""sts:AssumeRoleWithSAML""#),
        (PODS, r#""sts:AssumeRole""#),
        (VENDOR, r#""sts:AssumeRole""#),
    ] {
        for (condition, companion) in [
            (TAG, "sts:TagSession"),
            (KEYS, "sts:TagSession"),
            (TRANSITIVE, "sts:TagSession"),
            (IDENTITY, "sts:SetSourceIdentity"),
        ] {
            let alone = judged(principal, action, condition);
            assert_eq!(alone.dead.len(), 1, "{principal} {condition}");
            let both = judged(principal, &format!(r#"{action},"{companion}""#), condition);
            assert_eq!(both.dead, [], "{principal} {condition}");
        }
    }
}

#[test]
fn a_token_of_another_tenant_carries_tags_if_it_may() {
    let web = r#""sts:AssumeRoleWithWebIdentity""#;
    assert_eq!(judged(GITHUB, web, TAG).verdicts.oidc, Verdict::Safe);
    assert_eq!(judged(GITHUB, &format!(r#"{web},"sts:TagSession""#), TAG).verdicts.oidc, Verdict::Exposed);
    // Without tags it comes in where they are only restricted.
    let restricted = r#""ForAllValues:StringEquals":{"aws:TagKeys":"team"}"#;
    assert_eq!(judged(GITHUB, web, restricted).verdicts.oidc, Verdict::Exposed);
}

#[test]
fn allows_that_may_go_together_are_not_taken_apart() {
    // Seven passes both, but it stands for nothing that the policy names: what is not found is not ruled out.
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"sts:AssumeRole",
            "Condition":{"NumericGreaterThan":{"aws:RequestTag/x":"5"}}},
        {"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"sts:TagSession",
            "Condition":{"StringNotLike":{"aws:RequestTag/x":["5*","6*"]}}}]}"#;
    let judged = judge(&common::policy(text, Cloud::Aws), &Zone::default());
    assert_ne!(judged.verdicts.third_party, Verdict::Safe);
    assert_eq!(judged.dead, []);
}

#[test]
fn nobody_signs_for_a_provider_of_ones_own_whatever_is_decided() {
    // Whether `*` lets an assertion carry tags is not documented; no stranger has one either way.
    for key in ["team", "%1%"] {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[
                {{"Effect":"Allow","Principal":{{{SAML}}},"Action":"sts:AssumeRoleWithSAML",
                    "Condition":{{"ForAnyValue:StringLike":{{"aws:TagKeys":["{key}"]}}}}}},
                {{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":"sts:TagSession"}}]}}"#
        );
        let judged = judge(&common::policy(&text, Cloud::Aws), &Zone::default());
        assert_eq!(judged.verdicts.saml, Verdict::Safe, "{key}");
    }
}
