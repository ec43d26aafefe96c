//! Whom a policy names.

mod common;

use model::Cloud;
use trustproof_decide::{Party, parties};

fn named(statements: &str) -> Vec<Party> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    parties(&common::policy(&text, Cloud::Aws)).into_iter().map(|(party, _)| party).collect()
}

fn account(id: &str) -> Party {
    Party::Account(id.to_owned())
}

#[test]
fn accounts_stand_in_principals_and_conditions() {
    let found = named(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":
            ["111122223333","arn:aws-cn:iam::210987654321:role/x","*","AIDAEXAMPLE","%1%"]},
            "Condition":{"StringNotEquals":{"aws:PrincipalAccount":["310987654321","12345678901"]},
            "ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"},"StringEquals":{"sts:ExternalId":"410987654321"}}}"#,
    );
    assert_eq!(found, [account("111122223333"), account("210987654321"), account("310987654321")]);
}

#[test]
fn organisations_stand_alone_or_at_the_head_of_a_path() {
    let found = named(
        r#"{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*","Condition":{
            "StringNotEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","*"]},
            "ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-b1b2c3d4e5/r-x/%1%","o-c1%2%"]}}}"#,
    );
    let organization = |id: &str| Party::Organization(id.to_owned());
    assert_eq!(found, [organization("o-a1b2c3d4e5"), organization("o-b1b2c3d4e5")]);
}

#[test]
fn tenants_stand_in_the_claims_of_shared_providers() {
    let federated = |issuer: &str, claim: &str, value: &str| {
        named(&format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity",
                "Principal":{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{issuer}"}},
                "Condition":{{"StringLike":{{"{issuer}:{claim}":"{value}"}}}}}}"#
        ))
    };
    let github = "token.actions.githubusercontent.com";
    let acme = Party::Tenant { issuer: github.to_owned(), tenant: "acme".to_owned() };
    assert_eq!(federated(github, "sub", "repo:acme/app:*"), [acme]);
    assert_eq!(federated(github, "sub", "repo:*"), []);
    assert_eq!(federated(github, "aud", "sts.amazonaws.com"), []);
    // Nobody else has tokens of a cluster's own issuer.
    let eks = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    assert_eq!(federated(eks, "sub", "system:serviceaccount:a:b"), []);
}
