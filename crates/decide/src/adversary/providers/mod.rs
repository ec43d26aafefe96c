//! The OpenID Connect providers, one entry each, by whose their issuers are.
//!
//! Subject grammars: each provider's documentation, and subjects seen in public policies. Claims that are keys
//! besides `sub` and `aud`: the service authorization reference. `{slot:kind}` is explained in `provider`.

use std::sync::LazyLock;

use crate::adversary::provider::Provider;
use crate::string::glob::Glob;

mod forges;
mod private;
mod shared;

use forges::{GITHUB, GITHUB_ENTERPRISE, GITLAB, GITLAB_SELF_MANAGED};
use private::{BITBUCKET, CIRCLECI, EKS, KUBERNETES, RRSA, SPACELIFT, VERCEL_TEAM};
use shared::{
    AMAZON, BUILDKITE, CODEFRESH, COGNITO, FACEBOOK, GOOGLE, HCP_TERRAFORM, PULUMI, SENTINEL, VERCEL,
};

/// Every provider that is known.
pub(crate) const PROVIDERS: &[&Provider] = &[
    &GITHUB,
    &GITLAB,
    &HCP_TERRAFORM,
    &BUILDKITE,
    &VERCEL,
    &PULUMI,
    &CODEFRESH,
    &SENTINEL,
    &COGNITO,
    &GOOGLE,
    &FACEBOOK,
    &AMAZON,
    &OPAQUE,
    &EKS,
    &RRSA,
    &CIRCLECI,
    &BITBUCKET,
    &VERCEL_TEAM,
    &SPACELIFT,
    &GITHUB_ENTERPRISE,
];

/// The provider of an issuer (host and path, without scheme); `None` if it is not known.
pub(crate) fn of_issuer(issuer: &str) -> Option<&'static Provider> {
    let issuer = issuer.to_ascii_lowercase();
    ISSUERS.iter().find(|(glob, _)| glob.matches(&issuer)).map(|(_, provider)| *provider)
}

/// The provider behind an issuer that nobody described, told by a subject that a policy asks for.
pub(crate) fn of_subject(pattern: &str) -> Option<&'static Provider> {
    let shapes: [(&str, &'static Provider); 2] =
        [("project_path:", &GITLAB_SELF_MANAGED), ("system:serviceaccount:", &KUBERNETES)];
    shapes.into_iter().find(|(start, _)| pattern.starts_with(start)).map(|(_, provider)| provider)
}

static ISSUERS: LazyLock<Vec<(Glob, &'static Provider)>> = LazyLock::new(|| {
    PROVIDERS.iter().flat_map(|p| p.issuers.iter().map(|issuer| (Glob::like(issuer), *p))).collect()
});

/// Issuers that many tenants share and whose subjects are not described here.
const OPAQUE: Provider = Provider {
    name: "a shared provider",
    tenant: "tenant",
    workload: "",
    private: false,
    opaque: true,
    issuers: &[
        "vstoken.actions.githubusercontent.com",
        "oidc-configuration.audit-log.githubusercontent.com",
        "studio.datachain.ai/api",
        "scalr.io",
        "tokens.cloud.shisho.dev",
        "proidc.upbound.io",
        "sandboxes.cloud",
        "rh-oidc.s3.us-east-1.amazonaws.com/*",
        "oidc.op1.openshiftapps.com/*",
    ],
    claims: ANY_CLAIMS,
    optional: &["amr", "email", "oaud"],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &["sub"],
    stranger: "",
};

/// An issuer that nobody described: its tokens may be anybody's whom it serves.
pub(crate) const UNKNOWN: Provider = Provider {
    name: "this provider",
    tenant: "tenant",
    workload: "workload",
    private: true,
    opaque: true,
    issuers: &[],
    claims: ANY_CLAIMS,
    optional: &["amr", "email", "oaud"],
    composition: None,
    workload_slots: &["subject"],
    run_slots: &[],
    issued: &[],
    stranger: "",
};

/// The claims that AWS makes keys of for every provider.
const ANY_CLAIMS: &[(&str, &str)] = &[
    ("sub", "{subject:any}"),
    ("aud", "{audience:any}"),
    ("amr", "{method:any}"),
    ("email", "{email:any}"),
    ("oaud", "{audience:any}"),
];
