//! Cloud services as confused deputies: what a service sends when it acts for somebody else's resource.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::adversary::domain::{
    Domain, Extras, account_id, non_empty, organization_id, organization_path, region,
};
use crate::adversary::setting::Setting;
use crate::adversary::signed::ambient;
use crate::evaluate::principal::is_account;
use crate::string::glob::{Class, Glob};

/// Whether a service sends a source key when it assumes a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sends {
    /// Known not to.
    Never,
    /// Not known.
    Unknown,
    /// Documented or measured that it does.
    Always,
}

/// What is known of a service principal.
#[derive(Clone, Debug)]
struct Row {
    name: &'static str,
    source_arn: Sends,
    source_account: Sends,
    arn_pattern: &'static str,
}

/// One line for each service principal, with the source of the fact. See the file's first line for the columns.
const TABLE: &str = include_str!("../../data/aws-services.tsv");

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let sends = |text: &str| match text {
        "yes" => Sends::Always,
        "no" => Sends::Never,
        _ => Sends::Unknown,
    };
    TABLE
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t');
            Some(Row {
                name: columns.next()?,
                source_arn: sends(columns.next()?),
                source_account: sends(columns.next()?),
                arn_pattern: columns.next()?,
            })
        })
        .collect()
});

/// The principal that means every service.
pub(crate) const EVERY_SERVICE: &str = "*";

/// The service that stands for what a principal means: for every service one that sends the source keys.
pub(crate) fn exemplar(name: &str) -> &str {
    if name == EVERY_SERVICE { "lambda.amazonaws.com" } else { name }
}

/// A service principal that a policy trusts.
pub(crate) struct Service<'a, 'z> {
    setting: &'a Setting<'z>,
    /// As the policy names it.
    name: String,
    row: Option<&'static Row>,
    /// The account for which it acts: one of the adversary; `None` for any.
    account: Option<String>,
    /// Whether that may be the user's own account, and the resource one that the policy names.
    insider: bool,
}

impl<'a, 'z> Service<'a, 'z> {
    pub(crate) fn new(setting: &'a Setting<'z>, name: &str, account: Option<String>) -> Self {
        let name = exemplar(name);
        let canonical = canonical(name);
        let row = ROWS.iter().find(|r| r.name == canonical);
        Service { setting, name: name.to_owned(), row, account, insider: false }
    }

    /// The service acting for anybody, the role's owner included.
    pub(crate) fn for_anybody(setting: &'a Setting<'z>, name: &str) -> Self {
        Service { insider: true, ..Service::new(setting, name, None) }
    }

    /// Whether the service sends any source key at all.
    pub(crate) fn sends(&self) -> Sends {
        self.row.map_or(Sends::Unknown, |r| r.source_arn.max(r.source_account))
    }

    /// The keys that the service always sends, for the witness.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        match (&self.account, self.row.map(|r| r.source_account)) {
            (Some(account), Some(Sends::Always)) => vec![("aws:SourceAccount".to_owned(), account.clone())],
            _ => Vec::new(),
        }
    }

    /// What a key, in lower case, can be.
    pub(crate) fn domain(&self, extras: Extras, key: &str) -> Domain {
        // Pod Identity and Roles Anywhere describe the workload in tags and a source identity.
        if let Some(domain) = extras.domain(key) {
            let tag = key.starts_with("aws:requesttag/");
            return if tag { self.workload(key, domain) } else { domain };
        }
        let (arn, account) =
            self.row.map_or((Sends::Unknown, Sends::Unknown), |r| (r.source_arn, r.source_account));
        let named = self.setting.named_organizations_are_own();
        match key {
            "aws:sourceaccount" => presence(self.account(), account),
            "aws:sourcearn" => presence(self.arn(), arn),
            "aws:sourceorgid" => {
                let own = self.foreclosed();
                let org =
                    Domain::present(vec![organization_id()]).except(own.iter().map(|o| Glob::literal(o)));
                presence(org.unnamed_if(named).optional(), arn.max(account))
            }
            "aws:sourceorgpaths" => {
                let own = self.foreclosed();
                let inside = own.iter().map(|o| Glob::like(&format!("{o}/*")));
                let paths = Domain::present(vec![organization_path()]).except(inside);
                presence(paths.several().unnamed_if(named).optional(), arn.max(account))
            }
            "aws:principalisawsservice" => Domain::fixed(&["true"]),
            "aws:principalservicename" => Domain::fixed(&[&self.name]),
            "aws:principalservicenameslist" => Domain::fixed(&[&self.name]).several(),
            "aws:viaawsservice" => Domain::fixed(&["false"]),
            "sts:externalid" => self.external_id(),
            _ => match key.split_once('/') {
                Some(("aws:resourcetag" | "iam:resourcetag", _)) => Domain::opaque(),
                Some(("aws:principaltag", _)) => self.workload(key, Domain::free()),
                // A service calls from inside: no address, no endpoint.
                _ if key.starts_with("aws:source") || key.starts_with("aws:vpc") => Domain::never(),
                _ => ambient(self.setting, key, false).unwrap_or_else(Domain::never),
            },
        }
    }

    /// What a tag says of the workload for which the service acts. One that the policy names is the user's own.
    fn workload(&self, key: &str, tags: Domain) -> Domain {
        if self.insider {
            return tags;
        }
        let named: Vec<Glob> = self.named(key).map(Glob::literal).collect();
        tags.except(named).unnamed()
    }

    /// The organisations that the resource is not in.
    fn foreclosed(&self) -> BTreeSet<String> {
        if self.insider { BTreeSet::new() } else { self.setting.own_organizations() }
    }

    fn account(&self) -> Domain {
        if self.insider {
            return Domain::present(vec![account_id(12)]);
        }
        let domain = match &self.account {
            Some(account) => Domain::fixed(&[account]),
            None => Domain::present(vec![account_id(12)])
                .except(self.own_accounts().iter().map(|a| Glob::literal(a))),
        };
        domain.unnamed_if(self.setting.named_accounts_are_own())
    }

    /// An account in a source key is taken as the user's own, unless it is known which those are.
    fn own_accounts(&self) -> Vec<String> {
        let mut own: Vec<String> = self.setting.zone.accounts.iter().cloned().collect();
        if own.is_empty() {
            own.extend(self.setting.named.accounts.iter().cloned());
        }
        own.push(self.setting.own_account.clone());
        own
    }

    /// The ARN of a resource of the adversary that makes the service act.
    fn arn(&self) -> Domain {
        let account = match &self.account {
            Some(account) => Glob::literal(account),
            None => account_id(12),
        };
        let mut globs = Vec::new();
        let pattern = self.row.map_or("", |r| r.arn_pattern);
        // The table gives further shapes after a space, for people.
        let pattern = pattern.split([' ', ',']).next().unwrap_or(pattern);
        if !pattern.is_empty() {
            globs.push(self.resource(pattern, &account));
        }
        let mut parts = pattern.split(':').skip(2);
        let service = parts.next().filter(|s| !s.is_empty()).unwrap_or("{service}");
        let owned = format!("arn:{{p}}:{service}:{{r}}:{{a}}:{{resource}}");
        globs.push(self.resource(&owned, &account));
        // A literal ARN names one thing in the world, and that is not the adversary's unless its account is known to
        // be another than the user's own.
        if self.insider {
            // The resource may be any that the policy names, whatever the table says of its shape; but only these
            // two name all of an account's resources with a star. Source: the guides of these services.
            let canonical = canonical(&self.name);
            let starred = matches!(canonical.as_str(), "config.amazonaws.com" | "logs.amazonaws.com");
            let stars = (!starred).then(literal_star);
            return Domain::present(vec![Glob::like("arn:*:*:*:*:*")]).except(stars);
        }
        let named = self.named("aws:SourceArn").filter(|text| !self.is_of_another(text)).map(Glob::literal);
        let own: Vec<Glob> = match &self.account {
            Some(_) => Vec::new(),
            None => self.own_accounts().iter().map(|account| arns_of(account)).collect(),
        };
        Domain::present(globs).except(named.chain(own)).unnamed_if(self.setting.named_accounts_are_own())
    }

    /// The values without a wildcard that conditions on a key name.
    fn named<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s str> {
        let conditions = self.setting.policy.statements.iter().flat_map(|s| &s.value.conditions);
        let about = conditions
            .filter(move |c| c.value.key.value.as_str().is_some_and(|k| k.eq_ignore_ascii_case(key)));
        let values = about.flat_map(|c| &c.value.values.items).filter_map(|v| v.value.as_str());
        values.filter(|text| !text.contains(['*', '?']))
    }

    /// Whether an ARN is in an account that is known not to be the user's own.
    fn is_of_another(&self, arn: &str) -> bool {
        let account = arn.split(':').nth(4).filter(|account| is_account(account));
        account.is_some_and(|a| !self.setting.named_accounts_are_own() && !self.setting.is_own(a))
    }

    fn resource(&self, pattern: &str, account: &Glob) -> Glob {
        let mut glob = Glob::default();
        let mut rest = pattern;
        while let Some(at) = rest.find(['{', '*']) {
            let (before, from) = rest.split_at(at);
            glob.text(before);
            let (slot, after) = match from.split_once('}') {
                Some((slot, after)) if from.starts_with('{') => (slot.trim_start_matches('{'), after),
                _ => ("", from.get(1..).unwrap_or_default()),
            };
            rest = after;
            match slot {
                "p" => glob.text(&self.setting.partition),
                "a" => glob.append(account),
                "r" => glob.append(&region()),
                _ => {
                    glob.one(Class::Not(':'));
                    glob.star(Class::Not(':'));
                }
            }
        }
        glob.text(rest);
        glob
    }

    /// What the services that send an ExternalId put there. Source: the guides of these services.
    fn external_id(&self) -> Domain {
        match canonical(&self.name).as_str() {
            // The account of its customer: a guard as good as SourceAccount.
            "firehose.amazonaws.com" => self.account(),
            "redshift.amazonaws.com" | "cognito-idp.amazonaws.com" if self.insider => {
                Domain::present(vec![non_empty()]).optional()
            }
            "redshift.amazonaws.com" | "cognito-idp.amazonaws.com" => {
                let own = self.setting.named.external_ids.iter().map(|id| Glob::literal(id));
                Domain::present(vec![non_empty()]).except(own).optional().unnamed()
            }
            "elasticbeanstalk.amazonaws.com" => Domain::fixed(&["elasticbeanstalk"]),
            "mediatailor.amazonaws.com" => Domain::fixed(&["Midas"]),
            "vmie.amazonaws.com" => Domain::fixed(&["vmimport"]),
            _ => Domain::never(),
        }
    }
}

fn presence(domain: Domain, sends: Sends) -> Domain {
    match sends {
        Sends::Always => domain,
        Sends::Unknown => domain.optional(),
        Sends::Never => Domain::never(),
    }
}

/// Whatever holds a star.
fn literal_star() -> Glob {
    let mut glob = Glob::any();
    glob.text("*");
    glob.star(Class::Any);
    glob
}

/// Every ARN in an account.
pub(crate) fn arns_of(account: &str) -> Glob {
    let mut glob = Glob::literal("arn");
    for _ in 0..3 {
        glob.text(":");
        glob.star(Class::Not(':'));
    }
    glob.text(&format!(":{account}:"));
    glob.star(Class::Any);
    glob
}

/// The name under which the table knows a service: without region, with the suffix of the `aws` partition.
fn canonical(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".cn").unwrap_or(&name);
    let labels: Vec<&str> = name.split('.').collect();
    let is_region = |label: &&str| {
        let mut parts = label.split('-');
        let (Some(area), Some(number)) = (parts.next(), label.rsplit('-').next()) else { return false };
        label.contains('-')
            && matches!(area, "af" | "ap" | "ca" | "cn" | "eu" | "il" | "me" | "mx" | "sa" | "us")
            && number.bytes().all(|b| b.is_ascii_digit())
    };
    labels.iter().filter(|label| !is_region(label)).copied().collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(ROWS.len(), TABLE.lines().count() - 1);
        assert!(ROWS.iter().all(|r| r.name.ends_with(".amazonaws.com")));
    }

    #[test]
    fn regional_and_chinese_names_are_the_same_service() {
        assert_eq!(canonical("logs.us-east-1.amazonaws.com"), "logs.amazonaws.com");
        assert_eq!(canonical("ec2.amazonaws.com.cn"), "ec2.amazonaws.com");
        assert_eq!(canonical("states.cn-north-1.amazonaws.com.cn"), "states.amazonaws.com");
        assert_eq!(canonical("ecs-tasks.amazonaws.com"), "ecs-tasks.amazonaws.com");
    }
}
