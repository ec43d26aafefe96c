//! SAML assertions, which only a provider of the role's own account can sign.

use crate::adversary::domain::{Domain, Extras, non_empty};
use crate::adversary::setting::Setting;
use crate::adversary::signed::ambient;
use crate::string::glob::Glob;
use model::Cloud;

/// An assertion of the provider that a policy names.
pub(crate) struct Saml<'a, 'z> {
    setting: &'a Setting<'z>,
    /// Whether it may be made for the cloud's own sign-in, and not only for some other service.
    insider: bool,
}

/// Where the clouds take assertions themselves, in each partition and region. Sources: the IAM user guide on SAML
/// federation, Alibaba Cloud's on role-based single sign-on.
const SIGN_IN: [&str; 5] = [
    "https://*signin.aws.amazon.com/saml*",
    "https://*signin.amazonaws.cn/saml*",
    "https://*signin.amazonaws-us-gov.com/saml*",
    "https://signin.aliyun.com/saml-role/sso",
    "https://signin.alibabacloud.com/saml-role/sso",
];

impl<'a, 'z> Saml<'a, 'z> {
    /// An assertion made for another service than the policy names, or with `insider` for any.
    pub(crate) fn new(setting: &'a Setting<'z>, insider: bool) -> Self {
        Saml { setting, insider }
    }

    /// Whether a federated principal is a SAML provider.
    pub(crate) fn is_provider(principal: &str) -> bool {
        principal.contains(":saml-provider/")
    }

    /// The action that an assertion is used with.
    pub(crate) fn action(&self) -> &'static str {
        match self.setting.policy.cloud {
            Cloud::Aws => "sts:AssumeRoleWithSAML",
            Cloud::Alibaba => "sts:AssumeRole",
        }
    }

    /// What a key, in lower case, can be.
    pub(crate) fn domain(&self, extras: Extras, key: &str) -> Domain {
        if let Some(domain) = extras.domain(key) {
            return domain;
        }
        match key {
            "saml:aud" | "saml:recipient" if !self.insider => {
                let named = self.setting.policy.statements.iter().flat_map(|s| &s.value.conditions);
                let named = named.flat_map(|c| &c.value.values.items).filter_map(|v| v.value.as_str());
                Domain::present(vec![Glob::like("https://?*")])
                    .except(named.map(Glob::folded).collect::<Vec<_>>())
                    .except(SIGN_IN.map(Glob::like))
                    .unnamed()
            }
            "saml:aud" | "saml:recipient" => Domain::present(vec![non_empty()]),
            // What it says of calls that are not signed.
            "aws:principalaccount" => Domain::fixed(&["anonymous"]),
            "saml:cn" => Domain::free().several(),
            _ if key.starts_with("saml:edu") => Domain::free().several(),
            _ if key.starts_with("saml:") => Domain::free(),
            _ => ambient(self.setting, key, false).unwrap_or_else(Domain::never),
        }
    }
}
