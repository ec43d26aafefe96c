//! The OpenID Connect providers, one entry each: first those whose issuer many tenants share, then those that give
//! each tenant an issuer of its own.
//!
//! Subject grammars: each provider's documentation, and subjects seen in public policies. Claims that are keys
//! besides `sub` and `aud`: the service authorization reference. `{slot:kind}` is explained in `provider`.

use std::sync::LazyLock;

use crate::adversary::provider::{Composition, Provider, SESSION_NAME};
use crate::string::glob::Glob;

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

/// GitHub Actions. Sources: GitHub's documentation of OpenID Connect (subject formats, the immutable form of
/// 2026-07, `:` written as `%3A`), and the service authorization reference for the claims that are keys.
const GITHUB: Provider = Provider {
    name: "GitHub Actions",
    tenant: "owner",
    workload: "repository",
    private: false,
    opaque: false,
    issuers: &["token.actions.githubusercontent.com"],
    claims: &[
        ("sub", "repo:{tenant:name}/{project:slug}:ref:refs/heads/{ref:ref}"),
        ("sub", "repo:{tenant:name}/{project:slug}:ref:refs/tags/{ref:ref}"),
        ("sub", "repo:{tenant:name}/{project:slug}:pull_request"),
        ("sub", "repo:{tenant:name}/{project:slug}:environment:{environment:free}"),
        (
            "sub",
            "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:ref:refs/heads/{ref:ref}",
        ),
        (
            "sub",
            "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}:ref:refs/tags/{ref:ref}",
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
        ("ref", "refs/heads/{ref:ref}"),
        ("ref", "refs/tags/{ref:ref}"),
        ("ref", "refs/pull/{ref:ref}"),
        ("repository", "{tenant:name}/{project:slug}"),
        ("repository_id", "{project-id:digits}"),
        ("repository_owner_id", "{tenant-id:digits}"),
        ("workflow", "{workflow-name:any}"),
    ],
    optional: &["enterprise_id", "environment"],
    composition: Some(&GITHUB_SUBJECTS),
    workload_slots: &["project", "project-id"],
    run_slots: &["ref", "environment"],
    issued: &["enterprise_id", "repository_id", "repository_owner_id"],
    stranger: "evil-org",
};

/// What an owner or a repository can have its subjects say instead (`include_claim_keys`).
const GITHUB_SUBJECTS: Composition = Composition {
    first: "repo:{tenant:name}/{project:slug}",
    further: "ref:refs/heads/{ref:ref}",
    parts: &[
        "repo:{tenant:name}/{project:slug}",
        "repo:{tenant:name}@{tenant-id:digits}/{project:slug}@{project-id:digits}",
        "repository:{tenant:name}/{project:slug}",
        "repository_id:{project-id:digits}",
        "repository_owner:{tenant:name}",
        "repository_owner_id:{tenant-id:digits}",
        "repository_visibility:{visibility:slug}",
        "environment:{environment:free}",
        "ref:refs/heads/{ref:ref}",
        "ref:refs/tags/{ref:ref}",
        "ref:refs/pull/{ref:ref}",
        "pull_request",
        "ref_type:{ref-type:slug}",
        "ref_protected:true",
        "ref_protected:false",
        "base_ref:{base:ref}",
        "head_ref:{head:ref}",
        "event_name:{event:slug}",
        "actor:{actor:free}",
        "actor_id:{actor-id:digits}",
        "workflow:{workflow-name:free}",
        "workflow_ref:{tenant:name}/{project:slug}/.github/workflows/{own-workflow:free}",
        "workflow_sha:{workflow-commit:hex}",
        "job_workflow_ref:{workflow-owner:name}/{workflow-repo:slug}/.github/workflows/{workflow:free}",
        "job_workflow_sha:{job-commit:hex}",
        "sha:{commit:hex}",
        "runner_environment:{runner:slug}",
        "run_id:{run:digits}",
        "run_number:{run-number:digits}",
        "run_attempt:{attempt:digits}",
        "enterprise:{enterprise:slug}",
        "enterprise_id:{enterprise-id:digits}",
    ],
};

const GITLAB: Provider = Provider {
    name: "GitLab.com",
    tenant: "group",
    workload: "project",
    private: false,
    opaque: false,
    issuers: &["gitlab.com"],
    claims: &[
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:branch:ref:{ref:ref}"),
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:tag:ref:{ref:ref}"),
        ("sub", "project_path:{tenant:slug}/{project:path}:ref_type:merge_request:ref:{ref:ref}"),
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
    optional: &[],
    composition: Some(&GITLAB_SUBJECTS),
    workload_slots: &["project", "project-id"],
    run_slots: &["ref"],
    issued: &["namespace_id", "project_id"],
    stranger: "evil-group",
};

/// What a project can have its subjects say instead (`ci_id_token_sub_claim_components`).
const GITLAB_SUBJECTS: Composition = Composition {
    first: "project_path:{tenant:slug}/{project:path}",
    further: "ref:{ref:ref}",
    parts: &[
        "project_path:{tenant:slug}/{project:path}",
        "project_id:{project-id:digits}",
        "ref_type:{ref-type:slug}",
        "ref:{ref:ref}",
        "environment_protected:{protected:slug}",
        "deployment_tier:{tier:slug}",
    ],
};

/// An installation of GitLab of one's own.
const GITLAB_SELF_MANAGED: Provider = Provider {
    name: "this GitLab",
    tenant: "installation",
    private: true,
    issuers: &[],
    workload_slots: &["tenant", "project", "project-id"],
    ..GITLAB
};

const HCP_TERRAFORM: Provider = Provider {
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

const BUILDKITE: Provider = Provider {
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
const VERCEL: Provider = Provider {
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

const PULUMI: Provider = Provider {
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
const CODEFRESH: Provider = Provider {
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
const SENTINEL: Provider = Provider {
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
const COGNITO: Provider = Provider {
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
const GOOGLE: Provider = Provider {
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

const FACEBOOK: Provider = Provider {
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

const AMAZON: Provider = Provider {
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

/// IAM roles for service accounts: each cluster is an issuer.
const EKS: Provider = Provider {
    name: "this EKS cluster",
    tenant: "cluster",
    workload: "pod",
    private: true,
    opaque: false,
    issuers: &["oidc.eks.*.amazonaws.com/id/*", "oidc.eks.*.amazonaws.com.cn/id/*"],
    claims: SERVICE_ACCOUNTS,
    optional: &[],
    composition: None,
    workload_slots: &["namespace", "service-account"],
    run_slots: &[],
    issued: &[],
    stranger: "",
};

const SERVICE_ACCOUNTS: &[(&str, &str)] =
    &[("sub", "system:serviceaccount:{namespace:slug}:{service-account:slug}"), ("aud", "{audience:any}")];

/// Clusters whose issuer is of their own making.
const KUBERNETES: Provider = Provider { name: "this Kubernetes cluster", issuers: &[], ..EKS };

/// RAM roles for service accounts of Alibaba Cloud's clusters.
const RRSA: Provider = Provider {
    name: "this ACK cluster",
    tenant: "cluster",
    workload: "pod",
    private: true,
    opaque: false,
    issuers: &["oidc-ack-*"],
    claims: SERVICE_ACCOUNTS,
    optional: &[],
    composition: None,
    workload_slots: &["namespace", "service-account"],
    run_slots: &[],
    issued: &[],
    stranger: "",
};

const CIRCLECI: Provider = Provider {
    name: "this CircleCI organization",
    tenant: "organization",
    workload: "project",
    private: true,
    opaque: false,
    issuers: &["oidc.circleci.com/org/*"],
    claims: &[
        ("sub", "org/{organization:slug}/project/{project:slug}/user/{user:slug}"),
        ("sub", "org/{organization:slug}/project/{project:slug}/user/{user:slug}/{more:any}"),
        ("aud", "{organization:slug}"),
        ("oidc.circleci.com/project-id", "{project:slug}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project"],
    run_slots: &[],
    issued: &[],
    stranger: "",
};

const BITBUCKET: Provider = Provider {
    name: "this Bitbucket workspace",
    tenant: "workspace",
    workload: "repository",
    private: true,
    opaque: false,
    issuers: &["api.bitbucket.org/2.0/workspaces/*"],
    claims: &[
        ("sub", "{project:braced}:{step:braced}"),
        ("sub", "{project:braced}:{environment:braced}:{step:braced}"),
        ("aud", "{audience:any}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project"],
    run_slots: &["environment"],
    issued: &[],
    stranger: "",
};

const VERCEL_TEAM: Provider = Provider {
    name: "this Vercel team",
    tenant: "team",
    workload: "project",
    private: true,
    opaque: false,
    issuers: &["oidc.vercel.com/*"],
    claims: &[
        ("sub", "owner:{team:slug}:project:{project:slug}:environment:{environment:free}"),
        ("aud", "https://vercel.com/{team:slug}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["project"],
    run_slots: &["environment"],
    issued: &[],
    stranger: "",
};

const SPACELIFT: Provider = Provider {
    name: "this Spacelift account",
    tenant: "account",
    workload: "stack",
    private: true,
    opaque: false,
    issuers: &["*.app.spacelift.io"],
    claims: &[
        ("sub", "space:{space:slug}:stack:{stack:slug}:run_type:{run:slug}:scope:read"),
        ("sub", "space:{space:slug}:stack:{stack:slug}:run_type:{run:slug}:scope:write"),
        ("sub", "space:{space:slug}:module:{stack:slug}:run_type:{run:slug}:scope:read"),
        ("sub", "space:{space:slug}:module:{stack:slug}:run_type:{run:slug}:scope:write"),
        ("aud", "{audience:any}"),
    ],
    optional: &[],
    composition: None,
    workload_slots: &["space", "stack"],
    run_slots: &[],
    issued: &[],
    stranger: "",
};

/// The issuer of one GitHub enterprise.
const GITHUB_ENTERPRISE: Provider = Provider {
    name: "this GitHub enterprise",
    tenant: "enterprise",
    workload: "repository",
    private: true,
    issuers: &[
        "token.actions.githubusercontent.com/*",
        "token.actions.*.ghe.com",
        "github.com/enterprises/*",
    ],
    workload_slots: &["tenant", "project", "project-id"],
    ..GITHUB
};
