//! Callers that sign their request: a stranger with an account of its own, and the third party that a policy
//! names. They differ in what they can choose; the keys are the same.
//!
//! Source of who controls which key: the IAM user guide's page on global condition keys.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ipnet::IpNet;

use crate::adversary::domain::{
    Domain, Extras, LONGEST_EXTERNAL_ID, account_id, external_id, hex_id, named, non_empty, organization_id,
    organization_path, region, session_name,
};
use crate::adversary::setting::Setting;
use crate::string::glob::{Class, Glob};

/// Who a signed caller is.
pub(crate) struct Signed<'a, 'z> {
    /// The policy and its owner.
    pub(crate) setting: &'a Setting<'z>,
    /// The caller's account; `None` for any account that is neither the user's nor named.
    pub(crate) account: Option<String>,
    /// The ARNs it can call as.
    pub(crate) arns: Vec<Glob>,
    /// Whether it is a third party that meets conditions on its own addresses and endpoints.
    pub(crate) vendor: bool,
    /// Whether it may be of the user's own accounts and organisations too.
    pub(crate) insider: bool,
    /// What it can send as ExternalId.
    pub(crate) external_id: ExternalId,
    /// What it asks for besides the role.
    pub(crate) extras: Extras,
}

/// What a caller can send as ExternalId.
#[derive(Clone, Debug)]
pub(crate) enum ExternalId {
    /// Nothing, or anything that the policy does not name.
    Unnamed,
    /// Exactly this.
    Exactly(String),
    /// Anything: used to find what is possible at all.
    Any,
}

impl Signed<'_, '_> {
    /// What a key, in lower case, can be.
    pub(crate) fn domain(&self, key: &str) -> Domain {
        if key.starts_with("acs:") {
            return self.alibaba(key);
        }
        if let Some(domain) = self.extras.domain(key) {
            return domain;
        }
        let named = self.setting.named_organizations_are_own();
        match key {
            "sts:externalid" => self.external_id(),
            "aws:principalarn" => self.arn(),
            "aws:principalaccount" => self.account(),
            "aws:principalorgid" => {
                let own = self.foreclosed();
                Domain::present(vec![organization_id()])
                    .except(own.iter().map(|o| Glob::literal(o)))
                    .optional()
                    .unnamed_if(named)
            }
            "aws:principalorgpaths" => {
                let own = self.foreclosed();
                let inside = own.iter().map(|o| Glob::like(&format!("{o}/*")));
                Domain::present(vec![organization_path()])
                    .except(inside)
                    .optional()
                    .several()
                    .unnamed_if(named)
            }
            "aws:principaltype" => Domain::fixed(&["AssumedRole", "User", "Account", "FederatedUser"]),
            "aws:userid" => self.user_id(),
            "aws:username" | "aws:federatedprovider" => Domain::free(),
            "aws:principalisawsservice" | "aws:viaawsservice" => Domain::fixed(&["false"]),
            "aws:multifactorauthpresent" => Domain::fixed(&["true", "false"]).optional(),
            "aws:multifactorauthage" | "aws:tokenissuetime" => Domain::scalar().optional(),
            _ => match ambient(self.setting, key, self.vendor) {
                Some(domain) => domain,
                None => self.by_prefix(key),
            },
        }
    }

    /// The organisations that the caller is not in.
    fn foreclosed(&self) -> BTreeSet<String> {
        if self.insider { BTreeSet::new() } else { self.setting.own_organizations() }
    }

    fn by_prefix(&self, key: &str) -> Domain {
        let prefix = key.split_once('/').map_or(key, |(prefix, _)| prefix);
        match prefix {
            "aws:principaltag" => Domain::free(),
            "aws:resourcetag" | "iam:resourcetag" => Domain::opaque(),
            // A caller that is itself a federated session carries what its provider said.
            _ if matches!(key, "saml:sub" | "saml:namequalifier" | "saml:sub_type")
                || key.starts_with("accounts.google.com:")
                || key.starts_with("cognito-identity.amazonaws.com:")
                || key.starts_with("graph.facebook.com:")
                || key.starts_with("www.amazon.com:") =>
            {
                Domain::free()
            }
            // Everything else is in no AssumeRole request.
            _ => Domain::never(),
        }
    }

    fn alibaba(&self, key: &str) -> Domain {
        match key {
            "acs:securetransport" => Domain::fixed(&["true", "false"]),
            "acs:mfapresent" => Domain::fixed(&["true", "false"]).optional(),
            "acs:principalarn" => self.arn(),
            "acs:principalrdid" | "acs:principalrdpath" => issued(self.setting, hex_id("rd-"), self.vendor),
            // Which other keys an AssumeRole request has is not documented.
            _ => ambient(self.setting, key, self.vendor).unwrap_or_else(Domain::opaque),
        }
    }

    fn external_id(&self) -> Domain {
        match &self.external_id {
            ExternalId::Unnamed => {
                // No other tenant has the same value in another letter case either.
                let named = self.setting.foreign_ids.iter().cloned();
                Domain::present(vec![external_id()]).except(named).optional().unnamed()
            }
            ExternalId::Exactly(id) if id.len() <= LONGEST_EXTERNAL_ID && external_id().matches(id) => {
                Domain::fixed(&[id])
            }
            // STS refuses such a value, so nobody can send it.
            ExternalId::Exactly(_) => Domain::present(Vec::new()),
            ExternalId::Any => {
                let named =
                    self.setting.named.external_ids.iter().filter(|id| id.len() > LONGEST_EXTERNAL_ID);
                Domain::present(vec![external_id()]).except(named.map(|id| Glob::literal(id))).optional()
            }
        }
    }

    /// AWS gives the ids out: one that the policy names is nobody else's.
    fn user_id(&self) -> Domain {
        let mut any = named("");
        any.star(Class::Any);
        let ids = Domain::present(vec![any]);
        if self.vendor || self.insider {
            return ids;
        }
        let named = self.setting.named.user_ids.iter().map(|id| Glob::like(&format!("{id}*")));
        ids.except(named).unnamed()
    }

    fn arn(&self) -> Domain {
        let arns = Domain::present(self.arns.clone());
        if self.vendor || self.insider {
            return arns;
        }
        let arns = arns.unnamed();
        if self.account.is_some() {
            return arns;
        }
        arns.except(self.taken().map(|a| Glob::like(&format!("{}*", self.setting.iam(a)))))
    }

    /// Accounts that are somebody else's than a stranger's.
    fn taken(&self) -> impl Iterator<Item = &String> {
        let own = std::iter::once(&self.setting.own_account);
        own.chain(&self.setting.zone.accounts).chain(&self.setting.named.accounts)
    }

    fn account(&self) -> Domain {
        match &self.account {
            Some(account) if self.vendor || self.insider => Domain::fixed(&[account]),
            Some(account) => Domain::fixed(&[account]).unnamed(),
            None if self.insider => Domain::present(vec![account_id(self.setting.account_digits())]),
            None => Domain::present(vec![account_id(self.setting.account_digits())])
                .except(self.taken().map(|a| Glob::literal(a)))
                .unnamed(),
        }
    }
}

/// The ARNs of an account's principals. `account` is the text between the colons, or a glob for it.
pub(crate) fn principals_of(prefix: &Glob) -> Vec<Glob> {
    let with = |rest: &Glob| {
        let mut glob = prefix.clone();
        glob.append(rest);
        glob
    };
    vec![with(&named("user/")), with(&named("role/")), with(&Glob::literal("root"))]
}

/// The ranges that no public address is in, which is what `aws:SourceIp` shows (RFC 1918, RFC 4193).
static PRIVATE: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    let ranges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
    ranges.iter().filter_map(|range| range.parse().ok()).collect()
});

/// Keys that describe the connection and the moment, whoever calls. A third party meets conditions on its own
/// addresses and endpoints; nobody else is assumed to own what a policy names.
pub(crate) fn ambient(setting: &Setting<'_>, key: &str, vendor: bool) -> Option<Domain> {
    let networks = if vendor { Vec::new() } else { setting.named.networks.clone() };
    let domain = match key {
        "aws:sourceip" => {
            Domain::address(networks.into_iter().chain(PRIVATE.iter().copied()).collect()).optional()
        }
        "acs:sourceip" => Domain::address(networks).optional(),
        "aws:vpcsourceip" | "acs:vpcsourceip" => Domain::address(Vec::new()).optional(),
        "aws:sourcevpc" | "acs:sourcevpc" => issued(setting, hex_id("vpc-"), vendor),
        "aws:sourcevpce" => issued(setting, hex_id("vpce-"), vendor),
        "aws:sourcevpcarn" | "aws:vpceaccount" | "aws:vpceorgid" => issued(setting, non_empty(), vendor),
        "aws:vpceorgpaths" => issued(setting, non_empty(), vendor).several(),
        "aws:currenttime" | "aws:epochtime" | "acs:currenttime" => Domain::moment(),
        "aws:securetransport" => Domain::fixed(&["true"]),
        "aws:requestedregion" => Domain::present(vec![region()]),
        "aws:useragent" | "aws:referer" => Domain::free(),
        "aws:resourceaccount" => Domain::fixed(&[&setting.own_account]),
        "aws:resourceorgid" => Domain::fixed(&[&setting.own_organization]).optional(),
        "aws:resourceorgpaths" => Domain::opaque().several(),
        "sts:rolesessionname" => Domain::present(vec![session_name()]),
        _ => return None,
    };
    Some(domain)
}

/// An id that the cloud gives out: never one that the policy names, unless the caller is whom it was made for.
fn issued(setting: &Setting<'_>, ids: Glob, vendor: bool) -> Domain {
    if vendor {
        let named = setting.named.issued.iter().map(|id| Glob::literal(id));
        return Domain::present(std::iter::once(ids).chain(named).collect()).optional();
    }
    Domain::present(vec![ids]).except(setting.named.issued()).optional().unnamed()
}
