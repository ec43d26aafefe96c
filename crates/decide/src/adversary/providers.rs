//! The OpenID Connect providers whose issuer many tenants share, one entry each.
//!
//! Subject grammars: each provider's documentation, and subjects seen in public policies. Claims that are keys
//! besides `sub` and `aud`: the service authorization reference. `{slot:kind}` is explained in `provider`.

use crate::adversary::provider::Provider;

/// Every provider that is known.
pub(crate) const PROVIDERS: &[&Provider] =
    &[&GITHUB, &GITLAB, &HCP_TERRAFORM, &BUILDKITE, &VERCEL, &PULUMI, &COGNITO, &GOOGLE, &FACEBOOK, &AMAZON];

/// GitHub Actions. Sources: GitHub's documentation of OpenID Connect (subject formats, the immutable form of
/// 2026-07, `:` written as `%3A`), and the service authorization reference for the claims that are keys.
const GITHUB: Provider = Provider {
    name: "GitHub Actions",
    tenant: "owner",
    issuers: &["token.actions.githubusercontent.com"],
    claims: &[
        ("sub", "repo:{tenant:name}/{project:slug}:ref:refs/heads/{ref:free}"),
        ("sub", "repo:{tenant:name}/{project:slug}:ref:refs/tags/{ref:free}"),
        ("sub", "repo:{tenant:name}/{project:slug}:pull_request"),
        ("sub", "repo:{tenant:name}/{project:slug}:environment:{environment:free}"),
        (
            "sub",
            "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:ref:refs/heads/{ref:free}",
        ),
        (
            "sub",
            "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:ref:refs/tags/{ref:free}",
        ),
        ("sub", "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:pull_request"),
        (
            "sub",
            "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:environment:{environment:free}",
        ),
        ("aud", "{audience:any}"),
        ("actor", "{actor:name}"),
        ("actor_id", "{actor-id:digits}"),
        ("enterprise_id", "{enterprise-id:digits}"),
        ("environment", "{environment:free}"),
        ("job_workflow_ref", "{workflow-owner:name}/{workflow-repo:slug}/.github/workflows/{workflow:free}"),
        ("ref", "refs/heads/{ref:free}"),
        ("ref", "refs/tags/{ref:free}"),
        ("ref", "refs/pull/{ref:free}"),
        ("repository", "{tenant:name}/{project:slug}"),
        ("repository_id", "{project-id:digits}"),
        ("repository_owner_id", "{tenant-id:digits}"),
        ("workflow", "{workflow-name:any}"),
    ],
    issued: &["enterprise_id", "repository_id", "repository_owner_id"],
    stranger: "evil-org",
};

const GITLAB: Provider = Provider {
    name: "GitLab.com",
    tenant: "group",
    issuers: &["gitlab.com"],
    claims: &[
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:branch:ref:{ref:free}"),
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:tag:ref:{ref:free}"),
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:merge_request:ref:{ref:free}"),
        ("sub", "project_id:{project-id:digits}:{rest:any}"),
        ("aud", "{audience:any}"),
        ("namespace_id", "{tenant-id:digits}"),
        ("project_id", "{project-id:digits}"),
        ("pipeline_source", "{source:free}"),
        ("ref_protected", "true"),
        ("ref_protected", "false"),
        ("runner_environment", "{runner:free}"),
        ("user_access_level", "{level:free}"),
        ("user_email", "{email:free}"),
        ("user_id", "{user-id:digits}"),
        ("user_login", "{login:free}"),
    ],
    issued: &["namespace_id", "project_id"],
    stranger: "evil-group",
};

const HCP_TERRAFORM: Provider = Provider {
    name: "HCP Terraform",
    tenant: "organization",
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
    issued: &[],
    stranger: "evil-org",
};

const BUILDKITE: Provider = Provider {
    name: "Buildkite",
    tenant: "organization",
    issuers: &["agent.buildkite.com"],
    claims: &[
        (
            "sub",
            "organization:{tenant:slug}:pipeline:{pipeline:slug}:ref:{ref:free}:commit:{commit:hex}:step:{step:free}",
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
    issued: &["organization_id", "pipeline_id", "cluster_id"],
    stranger: "evil-org",
};

/// The issuer that all teams share; a team's own issuer has the team in its path.
const VERCEL: Provider = Provider {
    name: "Vercel",
    tenant: "team",
    issuers: &["oidc.vercel.com"],
    claims: &[
        ("sub", "owner:{tenant:slug}:project:{project:slug}:environment:{environment:free}"),
        ("aud", "https://vercel.com/{tenant:slug}"),
    ],
    issued: &[],
    stranger: "evil-team",
};

const PULUMI: Provider = Provider {
    name: "Pulumi Cloud",
    tenant: "organization",
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
    issued: &[],
    stranger: "evil-org",
};

/// The tenant is the identity pool, which `aud` names.
const COGNITO: Provider = Provider {
    name: "Amazon Cognito",
    tenant: "identity pool",
    issuers: &["cognito-identity.amazonaws.com"],
    claims: &[
        ("aud", "{tenant:pool}"),
        ("sub", "{identity:pool}"),
        ("amr", "authenticated"),
        ("amr", "unauthenticated"),
        ("amr", "{login:any}"),
    ],
    issued: &["sub"],
    stranger: "us-east-1:00000000-1111-2222-3333-444444444444",
};

/// The tenant is the OAuth client, which `aud` names; a subject is one account in the world.
const GOOGLE: Provider = Provider {
    name: "Google",
    tenant: "client",
    issuers: &["accounts.google.com"],
    claims: &[
        ("aud", "{tenant:free}"),
        ("oaud", "{audience:any}"),
        ("sub", "{account:digits}"),
        ("email", "{email:free}"),
        ("google/organization_number", "{organization:digits}"),
    ],
    issued: &["sub", "email", "google/organization_number"],
    stranger: "evil.apps.googleusercontent.com",
};

const FACEBOOK: Provider = Provider {
    name: "Facebook",
    tenant: "app",
    issuers: &["graph.facebook.com"],
    claims: &[("app_id", "{tenant:digits}"), ("id", "{user:digits}")],
    issued: &["id"],
    stranger: "1234500000000000",
};

const AMAZON: Provider = Provider {
    name: "Login with Amazon",
    tenant: "app",
    issuers: &["www.amazon.com"],
    claims: &[("app_id", "{tenant:free}"), ("user_id", "{user:free}")],
    issued: &["user_id"],
    stranger: "amzn1.application-oa2-client.evil",
};
