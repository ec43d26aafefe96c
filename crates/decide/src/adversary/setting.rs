//! What the models of all adversaries share: the policy, whose it is, and what it names.

use std::collections::BTreeSet;

use ipnet::IpNet;
use model::{
    BaseOperator, Cloud, Condition, Effect, OperatorName, Piece, PrincipalKind, Statement, Symbol, Text,
    TrustPolicy,
};

use crate::Zone;
use crate::adversary::domain::Extras;
use crate::evaluate::principal::{AccountCaller, is_account, is_unique_id};
use crate::evaluate::{acts, localised, operator};
use crate::string::glob::Glob;
use crate::work::Work;

/// Stands for the role's own account where nobody knows it. Not an account that AWS or Alibaba Cloud gives out.
const OWN_AWS: &str = "000000000000";
const OWN_ALIBABA: &str = "0000000000000000";
/// Stands for the role's own organisation where nobody knows it.
const OWN_ORGANIZATION: &str = "o-ownorganization";

/// A policy with everything that its owner fixes spelled out, and whose it is.
pub(crate) struct Setting<'a> {
    /// The policy; no symbol is left in it but the region, which any request may name.
    pub(crate) policy: TrustPolicy,
    /// Who is no stranger.
    pub(crate) zone: &'a Zone,
    /// The role's account, or a stand-in.
    pub(crate) own_account: String,
    /// The role's organisation, or a stand-in.
    pub(crate) own_organization: String,
    /// The partition of the ARNs in the policy.
    pub(crate) partition: String,
    /// What the policy names.
    pub(crate) named: Named,
    /// Whether a condition tests session tags.
    pub(crate) tests_tags: bool,
    /// Whether a condition tests the source identity.
    pub(crate) tests_identity: bool,
    /// The ExternalIds that the policy names, in any letter case.
    pub(crate) foreign_ids: Vec<Glob>,
    /// The indices of the statements that may let session tags, source identities and contexts in.
    pub(crate) companions: Vec<usize>,
    /// The indices of those that deny, or may.
    pub(crate) denies: Vec<usize>,
    /// What judging may still cost.
    pub(crate) work: Work,
}

/// The actions that by themselves open no session.
pub(crate) const COMPANIONS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];

/// Values that stand literally in a policy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// Account ids, wherever they stand.
    pub(crate) accounts: BTreeSet<String>,
    /// Accounts that conditions name as the caller's.
    pub(crate) callers: BTreeSet<String>,
    /// The principals that Denies exempt (`NotPrincipal`).
    pub(crate) exempt: Vec<AccountCaller>,
    /// Whether a condition on the caller's account or ARN may name accounts that are not known.
    pub(crate) unknown_callers: bool,
    /// Organisation ids.
    pub(crate) organizations: BTreeSet<String>,
    /// ExternalIds.
    pub(crate) external_ids: BTreeSet<String>,
    /// Unique ids of IAM principals, as conditions on `aws:userid` name them.
    pub(crate) user_ids: BTreeSet<String>,
    /// Address ranges narrow enough that owning an address in one is not assumed.
    pub(crate) networks: Vec<IpNet>,
    /// Ids of VPCs and endpoints, directories and the like: literal values of keys whose values the cloud gives out.
    pub(crate) issued: BTreeSet<String>,
}

impl<'a> Setting<'a> {
    pub(crate) fn new(policy: &TrustPolicy, zone: &'a Zone) -> Self {
        let own = |digits: usize| zone.accounts.iter().find(|a| a.len() == digits).cloned();
        let own_account = match policy.cloud {
            Cloud::Aws => own(12).unwrap_or_else(|| OWN_AWS.to_owned()),
            Cloud::Alibaba => own(16).unwrap_or_else(|| OWN_ALIBABA.to_owned()),
        };
        let partition = partition(policy);
        let own_organization =
            zone.organizations.first().cloned().unwrap_or_else(|| OWN_ORGANIZATION.to_owned());
        let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        let policy = policy.resolve(&|symbol| match symbol {
            Symbol::OwnAccount => Some(own_account.as_str()),
            Symbol::OwnOrganization => Some(own_organization.as_str()),
            Symbol::Partition => Some(partition.as_str()),
            Symbol::UrlSuffix => Some(suffix),
            Symbol::Region => Some("us-east-1"),
        });
        let policy = own_providers(policy, &own_account, &partition);
        let digits = own_account.len();
        let policy = match zone.accounts.iter().filter(|a| a.len() == digits).count() {
            // Of several accounts nobody knows which is the role's.
            0 | 1 => localised(&policy, &own_account).into_owned(),
            _ => policy,
        };
        let named = Named::of(&policy);
        let tests = |prefixes: &[&str]| {
            policy.statements.iter().flat_map(|s| &s.value.conditions).any(|c| {
                let key = c.value.key.value.to_string().to_ascii_lowercase();
                prefixes.iter().any(|p| key.starts_with(p))
            })
        };
        let tests_tags = tests(&["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
        let tests_identity = tests(&["sts:sourceidentity"]);
        let foreign_ids = named.external_ids.iter().map(|id| Glob::folded(id)).collect();
        let indices = |which: &dyn Fn(&Statement) -> bool| {
            let statements = policy.statements.iter().enumerate();
            statements.filter(|(_, s)| which(&s.value)).map(|(at, _)| at).collect()
        };
        let companions = indices(&|s| {
            s.effect == Effect::Allow
                && COMPANIONS.iter().any(|action| acts(s, action, policy.cloud).possible())
        });
        let denies = indices(&|s| s.effect != Effect::Allow);
        Setting {
            companions,
            denies,
            policy,
            zone,
            own_account,
            own_organization,
            partition,
            named,
            tests_tags,
            tests_identity,
            foreign_ids,
            work: Work::default(),
        }
    }

    /// Whether an account is the user's own.
    pub(crate) fn is_own(&self, account: &str) -> bool {
        account == self.own_account || self.zone.accounts.contains(account)
    }

    /// Whether an account is known not to be the role's own: the user's own accounts are known, and it is none.
    pub(crate) fn is_foreign(&self, account: &str) -> bool {
        self.zone.accounts.iter().any(|own| own.len() == account.len()) && !self.is_own(account)
    }

    /// What requests may ask for besides the role: session tags and a source identity where the policy tests them.
    pub(crate) fn extras(&self) -> impl Iterator<Item = Extras> + use<> {
        let (tags, identity) = (self.tests_tags, self.tests_identity);
        let all = [(false, false), (true, false), (false, true), (true, true)];
        let all = all.map(|(tags, source_identity)| Extras { tags, source_identity });
        all.into_iter().filter(move |e| (tags || !e.tags) && (identity || !e.source_identity))
    }

    /// Whether an account in a source key is taken as the user's own: only while nobody knows which those are.
    pub(crate) fn named_accounts_are_own(&self) -> bool {
        self.zone.accounts.is_empty()
    }

    /// Whether an organisation that the policy names is taken as the user's own.
    pub(crate) fn named_organizations_are_own(&self) -> bool {
        self.zone.organizations.is_empty()
    }

    /// How many digits an account id has.
    pub(crate) fn account_digits(&self) -> usize {
        match self.policy.cloud {
            Cloud::Aws => 12,
            Cloud::Alibaba => 16,
        }
    }

    /// An account that is neither the user's nor named in the policy.
    pub(crate) fn foreign_account(&self) -> String {
        let digits = self.account_digits();
        let candidates = (1..=9u8).rev().map(|d| d.to_string().repeat(digits));
        let taken = |a: &String| self.is_own(a) || self.named.accounts.contains(a);
        candidates.into_iter().find(|a| !taken(a)).unwrap_or_else(|| {
            // All nine repdigits are named: count up from one that is not.
            (0u64..).map(|n| format!("{:0>digits$}", 987_654_321 + n)).find(|a| !taken(a)).unwrap_or_default()
        })
    }

    /// The organisations that no outsider belongs to: the zone's, or if it lists none, those the policy names.
    pub(crate) fn own_organizations(&self) -> BTreeSet<String> {
        let mut own = self.zone.organizations.clone();
        if own.is_empty() {
            own.clone_from(&self.named.organizations);
        }
        own.insert(self.own_organization.clone());
        own
    }

    /// The prefix of IAM ARNs in an account.
    pub(crate) fn iam(&self, account: &str) -> String {
        match self.policy.cloud {
            Cloud::Aws => format!("arn:{}:iam::{account}:", self.partition),
            Cloud::Alibaba => format!("acs:ram::{account}:"),
        }
    }
}

/// A provider's ARN of which only the account is not known: whichever it is, the token comes from that provider.
fn own_providers(mut policy: TrustPolicy, account: &str, partition: &str) -> TrustPolicy {
    for principal in policy.statements.iter_mut().flat_map(|s| &mut s.value.principals.items) {
        if principal.kind == PrincipalKind::Federated
            && principal.id.value.has_unknown()
            && let Some(issuer) = crate::adversary::provider::issuer_of(&principal.id.value)
        {
            let arn = match policy.cloud {
                Cloud::Aws => format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}"),
                Cloud::Alibaba => format!("acs:ram::{account}:oidc-provider/{issuer}"),
            };
            principal.id.value = Text::lit(&arn);
        }
    }
    policy
}

/// The partition of the first ARN in the policy.
fn partition(policy: &TrustPolicy) -> String {
    let ids = policy.statements.iter().flat_map(|s| &s.value.principals.items).map(|p| &p.id);
    let conditions = policy.statements.iter().flat_map(|s| &s.value.conditions);
    let texts = ids.chain(conditions.flat_map(|c| &c.value.values.items)).map(|t| &t.value);
    let first = |text: &Text| {
        match text.pieces().first() {
            Some(Piece::Lit(lit)) => lit.strip_prefix("arn:").and_then(|rest| rest.split_once(':')),
            _ => None,
        }
        .map(|(partition, _)| partition.to_owned())
    };
    let known = |p: &String| p.starts_with("aws") && !p.contains(['*', '?']);
    texts.filter_map(first).find(known).unwrap_or_else(|| "aws".to_owned())
}

impl Named {
    fn of(policy: &TrustPolicy) -> Named {
        let mut named = Named::default();
        let digits = match policy.cloud {
            Cloud::Aws => 12,
            Cloud::Alibaba => 16,
        };
        for statement in &policy.statements {
            let exempts = statement.value.effect == Effect::Deny && statement.value.principals.negated;
            for principal in &statement.value.principals.items {
                named.exempt.extend(exempts.then(|| account_of(&principal.id.value)).flatten());
                accounts(&principal.id.value, digits, &mut named.accounts);
            }
            for condition in &statement.value.conditions {
                named.condition(&condition.value, statement.value.effect == Effect::Deny, digits);
            }
        }
        named
    }

    fn condition(&mut self, condition: &Condition, deny: bool, digits: usize) {
        let key = condition.key.value.to_string().to_ascii_lowercase();
        let (wild, negated) = match &condition.operator.value {
            OperatorName::Known(op) => {
                (matches!(op.base, BaseOperator::StringLike | BaseOperator::Arn), op.negated)
            }
            OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => (false, deny),
        };
        // Whom an Allow asks for, or a Deny spares, is meant to come in.
        let caller = deny == negated
            && matches!(key.as_str(), "aws:principalaccount" | "aws:principalarn" | "acs:principalarn");
        self.unknown_callers |= caller && condition.values.open.is_some();
        for value in &condition.values.items {
            if key != "sts:externalid" {
                accounts(&value.value, digits, &mut self.accounts);
            }
            if caller {
                accounts(&value.value, digits, &mut self.callers);
                self.unknown_callers |= value.value.has_unknown();
            }
            let Some(text) = value.value.as_str() else { continue };
            match key.as_str() {
                "sts:externalid" if !wild || !text.contains(['*', '?']) => {
                    self.external_ids.insert(text.to_owned());
                }
                "aws:principalorgid"
                | "aws:sourceorgid"
                | "aws:vpceorgid"
                | "aws:principalorgpaths"
                | "aws:sourceorgpaths"
                | "aws:vpceorgpaths" => {
                    // What stands before a wildcard is no whole id.
                    let id = text.split('/').next().unwrap_or(text);
                    if !id.contains(['*', '?']) {
                        self.organizations.insert(id.to_ascii_lowercase());
                    }
                }
                "aws:userid" => {
                    let id = text.split([':', '*', '?']).next().unwrap_or(text);
                    // A root user's id is its account's.
                    if is_unique_id(id) || is_account(id) {
                        self.user_ids.insert(id.to_owned());
                    }
                }
                "aws:sourceip" | "acs:sourceip" => {
                    if let Some(net) = operator::network(text).or_else(|| written_range(text))
                        && net.prefix_len() > if net.addr().is_ipv4() { 8 } else { 16 }
                    {
                        self.networks.push(net);
                    }
                }
                "aws:sourcevpc"
                | "aws:sourcevpce"
                | "aws:sourcevpcarn"
                | "acs:sourcevpc"
                | "acs:principalrdid"
                | "acs:principalrdpath"
                    if !wild || !text.contains(['*', '?']) =>
                {
                    self.issued.insert(text.to_owned());
                }
                _ => {}
            }
        }
    }

    /// The literal values of keys whose values the cloud gives out, as exclusions.
    pub(crate) fn issued(&self) -> Vec<Glob> {
        self.issued.iter().map(|t| Glob::literal(t)).collect()
    }
}

/// The range that a pattern over the text of an address names: `203.0.113.*`.
fn written_range(text: &str) -> Option<IpNet> {
    let named = text.strip_suffix(".*")?;
    let missing = 3usize.checked_sub(named.matches('.').count())?;
    let parts = 4 - missing;
    format!("{named}{}/{}", ".0".repeat(missing), parts * 8).parse().ok()
}

/// Every run of exactly `digits` digits.
fn accounts(text: &Text, digits: usize, out: &mut BTreeSet<String>) {
    for piece in text.pieces() {
        if let Piece::Lit(lit) = piece {
            let runs = lit.split(|c: char| !c.is_ascii_digit());
            out.extend(runs.filter(|run| run.len() == digits).map(str::to_owned));
        }
    }
}

/// The account and identity that a principal names, if it names one.
pub(crate) fn account_of(text: &Text) -> Option<AccountCaller> {
    text.as_str().and_then(AccountCaller::parse)
}
