//! Where code is kept and built: GitHub and GitLab, of all tenants and of one's own.

use crate::adversary::provider::{Composition, Provider};

/// GitHub Actions. Sources: GitHub's documentation of OpenID Connect (subject formats, the immutable form of
/// 2026-07, `:` written as `%3A`), and the service authorization reference for the claims that are keys.
pub(super) const GITHUB: Provider = Provider {
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

/// The issuer of one GitHub enterprise.
pub(super) const GITHUB_ENTERPRISE: Provider = Provider {
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

pub(super) const GITLAB: Provider = Provider {
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
pub(super) const GITLAB_SELF_MANAGED: Provider = Provider {
    name: "this GitLab",
    tenant: "installation",
    private: true,
    issuers: &[],
    workload_slots: &["tenant", "project", "project-id"],
    ..GITLAB
};
