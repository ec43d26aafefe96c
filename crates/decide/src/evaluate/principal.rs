//! Who calls, and whether a `Principal` element means that caller.

use model::{Cloud, Located, Principal, PrincipalKind, PrincipalSet, Text};

use crate::Truth;
use crate::evaluate::pattern::{Pattern, Style};

/// A caller as the cloud authenticates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A principal of an account.
    Account(AccountCaller),
    /// A cloud service; on Alibaba Cloud with the account it acts for, if that is another one (`UID@service`).
    Service(String),
    /// An identity provider that vouches for somebody.
    Federated(String),
}

/// A principal of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCaller {
    /// `aws`, `aws-cn`, …; empty on Alibaba Cloud and where only an account id is given.
    pub partition: String,
    /// The account id.
    pub account: String,
    /// What it is there.
    pub kind: Identity,
}

/// What a principal is inside its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The account itself (its root user).
    Root,
    /// A user, with its path.
    User(String),
    /// A role, with its path.
    Role(String),
    /// A session of a role.
    Session {
        /// The role's name, without path.
        role: String,
        /// The session's name.
        session: String,
    },
    /// A federated user.
    FederatedUser(String),
}

impl Caller {
    /// Reads a principal's identifier: an ARN, an account id, a service principal, a provider.
    pub fn parse(text: &str) -> Caller {
        match AccountCaller::parse(text) {
            Some(caller) => Caller::Account(caller),
            None if is_service(text) => Caller::Service(text.to_owned()),
            None => Caller::Federated(text.to_owned()),
        }
    }
}

/// Whether an identifier reads as a service principal. `cognito-identity.amazonaws.com` is an identity provider.
fn is_service(text: &str) -> bool {
    let name = text.rsplit('@').next().unwrap_or(text);
    let suffixes = [".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com", ".amazon.com", ".aws.internal"];
    suffixes.iter().any(|s| name.ends_with(s))
        && !matches!(name, "cognito-identity.amazonaws.com" | "www.amazon.com")
        && !name.contains('/')
}

/// A principal of an account as an identifier names it.
struct Named<'t> {
    partition: &'t str,
    account: &'t str,
    kind: NamedKind<'t>,
}

enum NamedKind<'t> {
    Root,
    User(&'t str),
    Role(&'t str),
    Session { role: &'t str, session: &'t str },
    FederatedUser(&'t str),
}

impl<'t> Named<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        if is_account(text) {
            return Some(Named { partition: "", account: text, kind: NamedKind::Root });
        }
        let (scheme, rest) = text.split_once(':')?;
        let (partition, rest) = match scheme {
            "arn" => rest.split_once(':')?,
            "acs" => ("", rest),
            _ => return None,
        };
        let mut parts = rest.splitn(if scheme == "arn" { 4 } else { 5 }, ':');
        let (service, _region, account, resource) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !is_account(account) {
            return None;
        }
        let kind = match (service, resource.split_once('/')) {
            ("iam" | "ram", None) if resource == "root" => NamedKind::Root,
            ("iam" | "ram", Some(("user", name))) => NamedKind::User(name),
            ("iam" | "ram", Some(("role", name))) => NamedKind::Role(name),
            ("sts" | "ram", Some(("assumed-role", name))) => {
                let (role, session) = name.rsplit_once('/')?;
                NamedKind::Session { role: last_segment(role), session }
            }
            ("sts", Some(("federated-user", name))) => NamedKind::FederatedUser(name),
            _ => return None,
        };
        Some(Named { partition, account, kind })
    }

    /// Whether it is this caller, or holds it as an account holds its principals and a role its sessions.
    fn holds(&self, caller: &AccountCaller) -> Truth {
        if self.account != caller.account
            || !(self.partition == caller.partition
                || self.partition.is_empty()
                || caller.partition.is_empty())
        {
            return Truth::False;
        }
        let same = match (&self.kind, &caller.kind) {
            // A user stands for the federated sessions that it opened; they choose their names, so that of whom a
            // session is the request does not tell. One of the user's own name may well be its own.
            (NamedKind::User(user), Identity::FederatedUser(name)) if last_segment(user) == name => {
                return Truth::Unknown;
            }
            (NamedKind::Root, _) => true,
            (NamedKind::Role(named), Identity::Session { role, .. }) => last_segment(named) == role,
            (NamedKind::User(named), Identity::User(name))
            | (NamedKind::Role(named), Identity::Role(name))
            | (NamedKind::FederatedUser(named), Identity::FederatedUser(name)) => named == name,
            (NamedKind::Session { role, session }, Identity::Session { role: of, session: name }) => {
                role == of && session == name
            }
            _ => false,
        };
        same.into()
    }
}

impl AccountCaller {
    /// Reads the ARN of a principal or an account id.
    pub(crate) fn parse(text: &str) -> Option<AccountCaller> {
        let Named { partition, account, kind } = Named::parse(text)?;
        let kind = match kind {
            NamedKind::Root => Identity::Root,
            NamedKind::User(name) => Identity::User(name.to_owned()),
            NamedKind::Role(name) => Identity::Role(name.to_owned()),
            NamedKind::Session { role, session } => {
                Identity::Session { role: role.to_owned(), session: session.to_owned() }
            }
            NamedKind::FederatedUser(name) => Identity::FederatedUser(name.to_owned()),
        };
        Some(AccountCaller { partition: partition.to_owned(), account: account.to_owned(), kind })
    }
}

/// Whether a caller is, or holds, another, as an account holds its principals and a role its sessions.
pub(crate) fn holds_caller(holder: &AccountCaller, caller: &AccountCaller) -> bool {
    let kind = match &holder.kind {
        Identity::Root => NamedKind::Root,
        Identity::User(name) => NamedKind::User(name),
        Identity::Role(name) => NamedKind::Role(name),
        Identity::Session { role, session } => NamedKind::Session { role, session },
        Identity::FederatedUser(name) => NamedKind::FederatedUser(name),
    };
    let named = Named { partition: &holder.partition, account: &holder.account, kind };
    named.holds(caller) == Truth::True
}

/// Whether a text is an account id: 12 digits on AWS, 16 on Alibaba Cloud.
pub(crate) fn is_account(text: &str) -> bool {
    matches!(text.len(), 12 | 16) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text is the unique id of an IAM principal (`AROA…`, `AIDA…`), which ARNs become on save.
pub(crate) fn is_unique_id(text: &str) -> bool {
    (16..=128).contains(&text.len())
        && text.starts_with('A')
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a `Principal` or `NotPrincipal` element of a statement means this caller. `deny` tells the effect,
/// which matters for `NotPrincipal`.
pub(crate) fn covers(set: &PrincipalSet, caller: &Caller, cloud: Cloud, deny: bool) -> Truth {
    let listed = |caller: &Caller| {
        let known = Truth::any(set.items.iter().map(|p| means(p, caller, cloud)));
        if set.open.is_some() { known.or(Truth::Unknown) } else { known }
    };
    if !set.negated {
        return listed(caller);
    }
    let exempt = match caller {
        // Each level of the caller may be checked against the list of a Deny, so only a caller whose every level
        // is listed is exempt for sure. One of which no level is listed is not.
        Caller::Account(account) if deny => {
            let named = |level: &AccountCaller| Truth::any(set.items.iter().map(|p| names(p, level, cloud)));
            let maybe = |level: Truth| if set.open.is_some() { level.or(Truth::Unknown) } else { level };
            let levels: Vec<Truth> = levels(account).iter().map(|level| maybe(named(level))).collect();
            let all = Truth::all(levels.iter().copied());
            if all == Truth::True { Truth::True } else { Truth::any(levels).and(Truth::Unknown) }
        }
        Caller::Account(_) | Caller::Service(_) | Caller::Federated(_) => listed(caller),
    };
    !exempt
}

/// Whether a list of principals holds a form that AWS refuses on save, a wildcard inside an identifier, and that would
/// mean this caller if it were live.
pub(crate) fn would_mean(set: &PrincipalSet, caller: &Caller, cloud: Cloud) -> bool {
    if set.negated || cloud != Cloud::Aws {
        return false;
    }
    let wild = |p: &&Principal| p.id.value.as_str().is_some_and(|id| id.contains(['*', '?']) && id != "*");
    let like = |p: &Principal, name: &str| same(&p.id.value, name, Style::Like) == Truth::True;
    set.items.iter().filter(wild).any(|p| match (&p.kind, caller) {
        (PrincipalKind::Aws, Caller::Account(caller)) => spellings(caller, cloud).iter().any(|s| like(p, s)),
        (PrincipalKind::Service, Caller::Service(name)) => like(p, name),
        (PrincipalKind::Federated, Caller::Federated(name)) => like(p, name),
        _ => false,
    })
}

/// A service of Alibaba Cloud by the name under which the role's own account knows it: `UID@service` is the service
/// acting for account UID, and for the own account that is just the service. `None` for all others.
pub(crate) fn at_home<'n>(service: &'n str, account: &str) -> Option<&'n str> {
    service.strip_prefix(account)?.strip_prefix('@')
}

/// The caller itself, the role behind a session, and the account.
fn levels(caller: &AccountCaller) -> Vec<AccountCaller> {
    let with = |kind: Identity| AccountCaller { kind, ..caller.clone() };
    let mut out = vec![caller.clone(), with(Identity::Root)];
    if let Identity::Session { role, .. } = &caller.kind {
        out.push(with(Identity::Role(role.clone())));
    }
    out
}

/// Whether one listed principal names just this level: an account's root does not name what is in the account.
fn names(principal: &Principal, level: &AccountCaller, cloud: Cloud) -> Truth {
    let named = principal.id.value.as_str().and_then(AccountCaller::parse);
    match (&named, &level.kind) {
        (Some(AccountCaller { kind: Identity::Root, .. }), kind) if *kind != Identity::Root => Truth::False,
        // A role's path is not known from its session.
        (Some(AccountCaller { kind: Identity::Role(role), .. }), Identity::Role(name))
            if !name.contains('/') =>
        {
            let bare = AccountCaller { kind: Identity::Role(last_segment(role).to_owned()), ..level.clone() };
            let same = named.as_ref().is_some_and(|n| n.account == level.account) && bare.kind == level.kind;
            same.into()
        }
        _ => means(principal, &Caller::Account(level.clone()), cloud),
    }
}

/// Whether one listed principal means this caller.
fn means(principal: &Principal, caller: &Caller, cloud: Cloud) -> Truth {
    match (&principal.kind, caller) {
        (PrincipalKind::Everyone, Caller::Account(_)) => Truth::True,
        // Whether `*` covers services and federated tokens is not documented.
        (PrincipalKind::Everyone, Caller::Service(_) | Caller::Federated(_)) => Truth::Unknown,
        (PrincipalKind::Aws | PrincipalKind::Ram, Caller::Account(caller)) => {
            means_account(&principal.id, caller, cloud)
        }
        // What is not known may turn out to be `*`.
        (PrincipalKind::Aws | PrincipalKind::Ram, Caller::Service(_) | Caller::Federated(_))
            if same(&principal.id.value, "*", Style::Literal).possible() =>
        {
            Truth::Unknown
        }
        (PrincipalKind::Service, Caller::Service(name)) => {
            if principal.id.value.is("*") {
                Truth::True
            } else {
                same(&principal.id.value, name, Style::Literal)
            }
        }
        (PrincipalKind::Federated, Caller::Federated(name)) => {
            same(&principal.id.value, name, Style::Literal)
        }
        (PrincipalKind::Unknown(_), _) => Truth::Unknown,
        (
            PrincipalKind::Aws
            | PrincipalKind::Ram
            | PrincipalKind::Service
            | PrincipalKind::Federated
            | PrincipalKind::CanonicalUser,
            _,
        ) => Truth::False,
    }
}

fn same(text: &Text, value: &str, style: Style) -> Truth {
    Pattern::read(text, style, None).matches(value)
}

fn means_account(id: &Located<Text>, caller: &AccountCaller, cloud: Cloud) -> Truth {
    let Some(text) = id.value.as_str() else {
        // Unknown pieces: may it become any of the spellings that mean this caller?
        let may = spellings(caller, cloud).iter().any(|s| same(&id.value, s, Style::Literal).possible());
        return if may { Truth::Unknown } else { Truth::False };
    };
    if cloud == Cloud::Alibaba && text.contains('*') {
        // A wildcard in a RAM principal is live; an account's root stands for all of the account.
        let all = spellings(caller, cloud);
        return all.iter().any(|s| same(&id.value, s, Style::Like) == Truth::True).into();
    }
    // Most of a long list are of other accounts, which is told without taking them apart.
    if !text.contains(&caller.account) {
        return Truth::False;
    }
    // Else a wildcard (refused on save), a unique id (the principal it names is closed), or no principal at all.
    Named::parse(text).map_or(Truth::False, |named| named.holds(caller))
}

/// Every identifier that means this caller.
fn spellings(caller: &AccountCaller, cloud: Cloud) -> Vec<String> {
    let account = &caller.account;
    let (iam, sts) = match cloud {
        Cloud::Aws => {
            let partition = if caller.partition.is_empty() { "aws" } else { &caller.partition };
            (format!("arn:{partition}:iam::{account}:"), format!("arn:{partition}:sts::{account}:"))
        }
        Cloud::Alibaba => (format!("acs:ram::{account}:"), format!("acs:ram::{account}:")),
    };
    let mut out = vec![account.clone(), format!("{iam}root")];
    match &caller.kind {
        Identity::Root => {}
        Identity::User(name) => out.push(format!("{iam}user/{name}")),
        Identity::Role(name) => out.push(format!("{iam}role/{name}")),
        Identity::Session { role, session } => {
            out.push(format!("{iam}role/{role}"));
            out.push(format!("{sts}assumed-role/{role}/{session}"));
        }
        Identity::FederatedUser(name) => out.push(format!("{sts}federated-user/{name}")),
    }
    out
}
