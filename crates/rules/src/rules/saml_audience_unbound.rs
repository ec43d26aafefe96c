//! `saml-audience-unbound`: an assertion that the identity provider made for another service is accepted.

use decide::{Adversary, Reach};
use model::Cloud;

use super::{Rule, Words, can, each_reached, fact, finding};
use crate::place::{Guards, mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "saml-audience-unbound",
    severity: Severity::Low,
    title: "a SAML assertion made for another service is accepted",
    page: include_str!("saml-audience-unbound.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let Adversary::Saml { provider } = &reached.what.adversary else { return None };
            let Reach::Open(proof) = &reached.what.reach else { return None };
            let basis = fact(proof);
            let name = provider.rsplit_once('/').map_or(provider.as_str(), |(_, name)| name);
            let message = format!(
                "whoever holds an assertion that `{name}` made for another service {} assume this role",
                can(reached, &basis)
            );
            let (key, value) = match judged.role.cloud {
                Cloud::Aws => ("SAML:aud", "https://signin.aws.amazon.com/saml"),
                Cloud::Alibaba => ("saml:recipient", "https://signin.aliyun.com/saml-role/sso"),
            };
            let advice = format!("require the cloud's own sign-in: StringEquals on {key} with {value}");
            let mark = mark(reached, &GUARDS);
            Some(finding(&META, judged, reached, basis, mark, Words { message, advice }))
        })
    },
};

const GUARDS: Guards = Guards {
    keys: &["saml:aud", "saml:recipient"],
    other: Some("does not say for which service the assertion was made"),
    none: "its assertions for other services are accepted too",
};
