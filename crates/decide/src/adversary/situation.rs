//! Keys that a request has together, or one instead of the other.
//!
//! The solver looks at one key at a time. What ties keys to one another is therefore put as situations, one of which
//! every caller is in: its call comes through a VPC endpoint or does not, its account is in this organisation or in
//! none, it is a user or a role. Source: the IAM user guide's page on global condition keys.

use std::collections::BTreeSet;
use std::rc::Rc;

use model::{Cloud, Piece, Text, TrustPolicy};

use crate::adversary::domain::{Domain, Values};
use crate::evaluate::keys;
use crate::string::glob::Glob;
use crate::string::language::Found;
use crate::work::Work;

/// What is settled of a caller. Only what the policy tests in several ways is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Situation {
    route: Option<Route>,
    /// Of the caller.
    organization: Option<Organization>,
    /// Of the resource behind a service.
    source: Option<Organization>,
    identity: Option<Identity>,
}

/// How a call reaches the cloud.
#[derive(Clone, Copy, Debug)]
enum Route {
    Internet,
    /// Through a VPC endpoint. The public address is then not told.
    Endpoint,
}

#[derive(Clone, Debug)]
enum Organization {
    None,
    One(Rc<str>),
    /// One that the policy does not name.
    Another(Rc<BTreeSet<String>>),
}

/// What the caller is in its account.
#[derive(Clone, Copy, Debug)]
enum Identity {
    User,
    Role,
    Root,
    FederatedUser,
}

/// How many organisations a policy may name to be told apart.
const MOST_ORGANIZATIONS: usize = 16;

const ROUTE: [&str; 4] = ["aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"];
const ORGANIZATION: [&str; 2] = ["aws:principalorgid", "aws:principalorgpaths"];
const SOURCE: [&str; 2] = ["aws:sourceorgid", "aws:sourceorgpaths"];
const IDENTITY: [&str; 2] = ["aws:username", "aws:principaltype"];

impl Situation {
    /// The situations that a caller may be in as far as a policy tells them apart; what a key can be is given by
    /// `domain`.
    pub(crate) fn all(
        policy: &TrustPolicy,
        account: bool,
        domain: &dyn Fn(&str) -> Domain,
        work: &Work,
    ) -> Vec<Situation> {
        let mut all = vec![Situation::default()];
        if policy.cloud != Cloud::Aws {
            return all;
        }
        let tested = tested(policy);
        let asks = |keys: &[&str]| keys.iter().filter(|key| tested.contains(*key)).count();
        let mut split = |cases: Vec<Situation>, join: &dyn Fn(&Situation, &Situation) -> Situation| {
            all = all.iter().flat_map(|one| cases.iter().map(move |case| join(one, case))).collect();
        };
        if asks(&ROUTE) > 1 {
            let of = |route| Situation { route: Some(route), ..Situation::default() };
            split(vec![of(Route::Internet), of(Route::Endpoint)], &|one, case| Situation {
                route: case.route,
                ..one.clone()
            });
        }
        if asks(&ORGANIZATION) > 1 {
            let of = |organization| Situation { organization: Some(organization), ..Situation::default() };
            split(organizations(policy, &ORGANIZATION).into_iter().map(of).collect(), &|one, case| {
                Situation { organization: case.organization.clone(), ..one.clone() }
            });
        }
        if asks(&SOURCE) > 1 {
            let of = |source| Situation { source: Some(source), ..Situation::default() };
            split(organizations(policy, &SOURCE).into_iter().map(of).collect(), &|one, case| Situation {
                source: case.source.clone(),
                ..one.clone()
            });
        }
        if account && asks(&IDENTITY) > 0 {
            let kinds = [Identity::User, Identity::Role, Identity::Root, Identity::FederatedUser];
            let may_be = |kind: &Identity| match kind.within(domain("aws:principalarn")).values {
                Values::Text(language) => language.member(work) != Found::Empty,
                Values::Never => false,
                Values::Address(_) | Values::Scalar | Values::Moment | Values::Opaque => true,
            };
            let of = |identity| Situation { identity: Some(identity), ..Situation::default() };
            split(kinds.into_iter().filter(may_be).map(of).collect(), &|one, case| Situation {
                identity: case.identity,
                ..one.clone()
            });
        }
        all
    }

    /// Whether nothing is settled.
    pub(crate) fn is_any(&self) -> bool {
        self.route.is_none()
            && self.organization.is_none()
            && self.source.is_none()
            && self.identity.is_none()
    }

    /// What a key (in lower case) can be in this situation.
    pub(crate) fn narrow(&self, key: &str, domain: &dyn Fn(&str) -> Domain) -> Domain {
        let own = domain(key);
        match key {
            "aws:sourceip" => match self.route {
                Some(Route::Internet) => there(own),
                Some(Route::Endpoint) => gone(own),
                None => own,
            },
            "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpcsourceip" => match self.route {
                Some(Route::Internet) => gone(own),
                Some(Route::Endpoint) => there(own),
                None => own,
            },
            "aws:principalorgid" => id(self.organization.as_ref(), own),
            "aws:principalorgpaths" => paths(self.organization.as_ref(), own),
            "aws:sourceorgid" => id(self.source.as_ref(), own),
            "aws:sourceorgpaths" => paths(self.source.as_ref(), own),
            "aws:principalarn" => match self.identity {
                Some(identity) => identity.within(own),
                None => own,
            },
            "aws:principaltype" => match self.identity {
                Some(identity) => own.within(Glob::literal(identity.kind())),
                None => own,
            },
            "aws:username" => match self.identity {
                Some(Identity::User) => name_in(&domain("aws:principalarn"), own),
                Some(Identity::Role | Identity::Root | Identity::FederatedUser) => gone(own),
                None => own,
            },
            _ => own,
        }
    }
}

impl Identity {
    /// The ARNs of such callers.
    fn within(self, arns: Domain) -> Domain {
        arns.within(Glob::like(match self {
            Identity::User => "arn:*:iam::*:user/*",
            Identity::Role => "arn:*:iam::*:role/*",
            Identity::Root => "arn:*:iam::*:root",
            Identity::FederatedUser => "arn:*:sts::*:federated-user/*",
        }))
    }

    /// What `aws:PrincipalType` calls it.
    fn kind(self) -> &'static str {
        match self {
            Identity::User => "User",
            Identity::Role => "AssumedRole",
            Identity::Root => "Account",
            Identity::FederatedUser => "FederatedUser",
        }
    }
}

/// The key is in the request.
fn there(domain: Domain) -> Domain {
    match domain.values {
        Values::Never => domain,
        _ => Domain { absent: false, ..domain },
    }
}

/// The key is not in the request.
fn gone(domain: Domain) -> Domain {
    Domain { values: Values::Never, ..domain }
}

fn id(organization: Option<&Organization>, own: Domain) -> Domain {
    match organization {
        None => own,
        Some(Organization::None) => gone(own),
        Some(Organization::One(id)) => there(own).within(Glob::literal(id)),
        Some(Organization::Another(named)) => there(own).except(named.iter().map(|id| Glob::literal(id))),
    }
}

fn paths(organization: Option<&Organization>, own: Domain) -> Domain {
    let inside = |id: &str| Glob::like(&format!("{id}/*"));
    match organization {
        None => own,
        Some(Organization::None) => gone(own),
        Some(Organization::One(id)) => there(own).within(inside(id)),
        Some(Organization::Another(named)) => there(own).except(named.iter().map(|id| inside(id))),
    }
}

/// The name of the only user whom these ARNs can be of; any name if there are more.
fn name_in(arns: &Domain, own: Domain) -> Domain {
    let only = match &arns.values {
        Values::Text(language) => match language.all.as_slice() {
            [arns] => match arns.as_slice() {
                [arn] => arn.as_literal(),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    match only.and_then(|arn| arn.rsplit('/').next()) {
        Some(name) => there(own).within(Glob::literal(name)),
        None => there(own),
    }
}

/// The keys, in lower case, that a policy tests or refers to and that tell situations apart.
fn tested(policy: &TrustPolicy) -> BTreeSet<&'static str> {
    let told = || ROUTE.iter().chain(&ORGANIZATION).chain(&SOURCE).chain(&IDENTITY);
    let mut out = BTreeSet::new();
    for condition in policy.statements.iter().flat_map(|s| &s.value.conditions).map(|c| &c.value) {
        let key = condition.key.value.as_str().unwrap_or_default();
        out.extend(told().filter(|told| told.eq_ignore_ascii_case(key)));
        for name in condition.values.items.iter().flat_map(|v| keys::referenced_by(&v.value)) {
            out.extend(told().filter(|told| **told == name));
        }
    }
    out
}

/// The organisations that these keys of a policy tell apart.
fn organizations(policy: &TrustPolicy, keys: &[&str]) -> Vec<Organization> {
    let mut named = BTreeSet::new();
    for condition in policy.statements.iter().flat_map(|s| &s.value.conditions).map(|c| &c.value) {
        let key = condition.key.value.as_str();
        if key.is_some_and(|key| keys.iter().any(|own| own.eq_ignore_ascii_case(key))) {
            named.extend(condition.values.items.iter().filter_map(|value| first_segment(&value.value)));
        }
    }
    if named.len() > MOST_ORGANIZATIONS {
        // Too many to tell apart: in one of them, or in none.
        named.clear();
    }
    let one = |id: &String| Organization::One(id.as_str().into());
    let mut all = vec![Organization::None];
    all.extend(named.iter().map(one));
    all.push(Organization::Another(Rc::new(named)));
    all
}

/// What stands before the first slash, if that is known and no pattern.
fn first_segment(text: &Text) -> Option<String> {
    let Some(Piece::Lit(known)) = text.pieces().first() else { return None };
    let whole = text.as_str().is_some();
    let id = match known.split_once('/') {
        Some((id, _)) => id,
        None if whole => known,
        None => return None,
    };
    (!id.contains(['*', '?', '$'])).then(|| id.to_owned())
}
