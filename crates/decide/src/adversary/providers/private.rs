//! Providers that give each tenant an issuer of its own.

use crate::adversary::provider::Provider;

/// IAM roles for service accounts: each cluster is an issuer.
pub(super) const EKS: Provider = Provider {
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
pub(super) const KUBERNETES: Provider = Provider { name: "this Kubernetes cluster", issuers: &[], ..EKS };

/// RAM roles for service accounts of Alibaba Cloud's clusters.
pub(super) const RRSA: Provider = Provider {
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

pub(super) const CIRCLECI: Provider = Provider {
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

pub(super) const BITBUCKET: Provider = Provider {
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

pub(super) const VERCEL_TEAM: Provider = Provider {
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

pub(super) const SPACELIFT: Provider = Provider {
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
