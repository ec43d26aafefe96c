//! Providers whose issuer many tenants share.

use crate::adversary::provider::{Provider, SESSION_NAME};

pub(super) const HCP_TERRAFORM: Provider = Provider {
    name: "HCP Terraform",
    tenant: "organization",
    workload: "workspace",
    private: false,
    opaque: false,
    issuers: &["app.terraform.io"],
    claims: &[
        (
            "sub",
            "organization:{tenant:slug}:project:{project:free}:workspace:{workspace:free}:run_phase:plan",
        ),
        (
            "sub",
            "organization:{tenant:slug}:project:{project:free}:workspace:{workspace:free}:run_phase:apply",
        ),
        ("aud", "{audience:any}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project", "workspace"],
    run_slots: &[],
    issued: &[],
    stranger: "evil-org",
};

pub(super) const BUILDKITE: Provider = Provider {
    name: "Buildkite",
    tenant: "organization",
    workload: "pipeline",
    private: false,
    opaque: false,
    issuers: &["agent.buildkite.com"],
    claims: &[
        (
            "sub",
            "organization:{tenant:slug}:pipeline:{pipeline:slug}:ref:{ref:ref}:commit:{commit:hex}:step:{step:free}",
        ),
        ("aud", "{audience:any}"),
        ("organization_id", "{tenant-id:free}"),
        ("organization_slug", "{tenant:slug}"),
        ("pipeline_id", "{pipeline-id:free}"),
        ("pipeline_slug", "{pipeline:slug}"),
        ("cluster_id", "{cluster-id:free}"),
        ("cluster_name", "{cluster:free}"),
        ("build_branch", "{branch:free}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["pipeline", "pipeline-id"],
    run_slots: &["ref", "branch", "step"],
    issued: &["organization_id", "pipeline_id", "cluster_id"],
    stranger: "evil-org",
};

/// The issuer that all teams share; a team's own issuer has the team in its path.
pub(super) const VERCEL: Provider = Provider {
    name: "Vercel",
    tenant: "team",
    workload: "project",
    private: false,
    opaque: false,
    issuers: &["oidc.vercel.com"],
    claims: &[
        ("sub", "owner:{tenant:slug}:project:{project:slug}:environment:{environment:free}"),
        ("aud", "https://vercel.com/{tenant:slug}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project"],
    run_slots: &["environment"],
    issued: &[],
    stranger: "evil-team",
};

pub(super) const PULUMI: Provider = Provider {
    name: "Pulumi Cloud",
    tenant: "organization",
    workload: "project",
    private: false,
    opaque: false,
    issuers: &["api.pulumi.com/oidc"],
    claims: &[
        (
            "sub",
            "pulumi:deploy:org:{tenant:slug}:project:{project:slug}:stack:{stack:slug}:operation:{operation:slug}:scope:write",
        ),
        ("sub", "pulumi:environments:org:{tenant:slug}:env:{environment:path}"),
        ("aud", "{tenant:slug}"),
        ("aud", "aws:{tenant:slug}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project", "stack", "environment"],
    run_slots: &[],
    issued: &[],
    stranger: "evil-org",
};

/// Source: Codefresh's documentation of its OpenID Connect tokens.
pub(super) const CODEFRESH: Provider = Provider {
    name: "Codefresh",
    tenant: "account",
    workload: "pipeline",
    private: false,
    opaque: false,
    issuers: &["oidc.codefresh.io"],
    claims: &[
        ("sub", "account:{tenant:slug}:pipeline:{pipeline:slug}"),
        ("sub", "account:{tenant:slug}:pipeline:{pipeline:slug}:{more:any}"),
        ("aud", "{audience:any}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["pipeline"],
    run_slots: &[],
    issued: &[],
    stranger: "evil-account",
};

/// Microsoft Sentinel's collector: one subject and one audience for all customers, who are told apart by the name of
/// the session that it opens. Source: AWS's list of shared issuers with the claim that each must be tested for.
pub(super) const SENTINEL: Provider = Provider {
    name: "Microsoft Sentinel",
    tenant: "workspace",
    workload: "",
    private: false,
    opaque: false,
    issuers: &["sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"],
    claims: &[
        ("sub", "{subject:any}"),
        ("aud", "{audience:any}"),
        (SESSION_NAME, "MicrosoftSentinel_{tenant:slug}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &[],
    stranger: "evil-workspace",
};

/// The tenant is the identity pool, which `aud` names.
pub(super) const COGNITO: Provider = Provider {
    name: "Amazon Cognito",
    tenant: "identity pool",
    workload: "",
    private: false,
    opaque: false,
    issuers: &["cognito-identity.amazonaws.com"],
    claims: &[
        ("aud", "{tenant:pool}"),
        ("sub", "{identity:pool}"),
        ("amr", "authenticated"),
        ("amr", "unauthenticated"),
        ("amr", "{login:any}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &["sub"],
    stranger: "us-east-1:00000000-1111-2222-3333-444444444444",
};

/// The tenant is the OAuth client, which `aud` names; a subject is one account in the world.
pub(super) const GOOGLE: Provider = Provider {
    name: "Google",
    tenant: "client",
    workload: "",
    private: false,
    opaque: false,
    issuers: &["accounts.google.com"],
    claims: &[
        ("aud", "{tenant:free}"),
        ("oaud", "{audience:any}"),
        ("sub", "{account:digits}"),
        ("email", "{mailbox:slug}@{mail-domain:slug}"),
        ("google/organization_number", "{organization:digits}"),
    ],
    optional: &["oaud", "email", "google/organization_number"],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &["sub", "email", "google/organization_number"],
    stranger: "evil.apps.googleusercontent.com",
};

pub(super) const FACEBOOK: Provider = Provider {
    name: "Facebook",
    tenant: "app",
    workload: "",
    private: false,
    opaque: false,
    issuers: &["graph.facebook.com"],
    claims: &[("app_id", "{tenant:digits}"), ("id", "{user:digits}")],
    optional: &[],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &["id"],
    stranger: "1234500000000000",
};

pub(super) const AMAZON: Provider = Provider {
    name: "Login with Amazon",
    tenant: "app",
    workload: "",
    private: false,
    opaque: false,
    issuers: &["www.amazon.com"],
    claims: &[("app_id", "{tenant:free}"), ("user_id", "{user:free}")],
    optional: &[],
    composition: None,
    workload_slots: &[],
    run_slots: &[],
    issued: &["user_id"],
    stranger: "amzn1.application-oa2-client.evil",
};
