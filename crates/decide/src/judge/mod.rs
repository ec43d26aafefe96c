//! Every adversary against every Allow of a policy.
//!
//! For each principal that an Allow names the adversaries that could come as it are tried, and what they reach is
//! recorded as an [`Exposure`]. Rules turn exposures into findings; nothing here knows a rule.

use std::collections::BTreeSet;

use model::{Cause, Cloud, Effect, Principal, PrincipalKind, Statement, Text, TrustPolicy, Unknown};

use crate::adversary::service::Sends;
use crate::adversary::setting::{Setting, account_of};
use crate::evaluate::doubts;
use crate::evaluate::pattern::{Pattern, Style};
use crate::evaluate::principal::is_unique_id;
use crate::solve::{Bound, Outcome};
use crate::strength::Strength;
pub use intent::{Dead, Idle};

use crate::{Request, Verdict, Verdicts, Witness, Zone};

mod account;
mod anybody;
mod claims;
mod covered;
mod federated;
mod intent;
mod service;
mod story;
mod tags;

/// Who attacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adversary {
    /// Anybody with an account.
    Stranger,
    /// Another tenant of an account outside the zone; `None` if the account is not known.
    ThirdParty(Option<String>),
    /// A service acting for another account's resource.
    Service {
        /// The service principal.
        name: String,
        /// Whether it sends a source key.
        sends: Sends,
    },
    /// A token of another tenant of a shared identity provider.
    Oidc {
        /// The issuer, without scheme.
        issuer: String,
        /// The provider's name for people.
        provider: &'static str,
        /// What the provider calls a tenant.
        tenant: &'static str,
        /// What it calls a workload of a tenant.
        workload: &'static str,
        /// How wide the circle of accepted tokens is.
        scope: Scope,
    },
    /// Whoever holds an assertion that a SAML provider made for another service.
    Saml {
        /// The provider's ARN.
        provider: String,
    },
    /// A service of another account, on Alibaba Cloud.
    ForeignService {
        /// The account.
        account: String,
        /// The service principal.
        name: String,
    },
    /// A caller of whom nothing can be said: the principal or its provider is not known.
    Unclear,
    /// Nobody: the cloud accepts no such principal in a trust policy (a wildcard inside an ARN, an ARN without
    /// account), so the statement is refused on save.
    Nobody,
}

/// Whose tokens of an identity provider are accepted, the widest circle first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of tenants that are not the user's.
    OtherTenant,
    /// Those of every workload of the user's tenant.
    WholeTenant,
    /// Those of every branch, environment or run of one workload.
    AnyRun,
}

/// What an adversary reaches through one principal of one Allow.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// Who.
    pub adversary: Adversary,
    /// The index of the Allow.
    pub statement: usize,
    /// The index of the principal; `None` for `NotPrincipal` and for a principal that is not known.
    pub principal: Option<usize>,
    /// How far.
    pub reach: Reach,
    /// Whether it may also set a session tag of its own choosing, if it gets in.
    pub free_tags: Option<Proof>,
}

/// How far an adversary gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// In, without knowing anything.
    Open(Proof),
    /// In with an ExternalId: each one that opens the role, and what is not known about further ones.
    Guarded {
        /// Those that stand in the policy.
        keys: Vec<Key>,
        /// Why there may be one that does not stand there.
        unknown: Vec<Unknown>,
    },
    /// Not in, whatever the unknown values are.
    Closed,
    /// The question could not be settled; by what.
    Undecided(Vec<Unknown>),
}

/// How sure an exposure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// This request is allowed.
    Proved(Box<Witness>),
    /// Some filling of these allows a request.
    Possible(Vec<Unknown>),
}

/// An ExternalId that opens a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its value.
    pub value: String,
    /// The request that it opens the role to.
    pub witness: Box<Witness>,
    /// How hard it is to guess.
    pub strength: Strength,
}

/// What is known of one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What each adversary reaches.
    pub exposures: Vec<Exposure>,
    /// The Allows that nobody can use.
    pub dead: Vec<Dead>,
    /// What changes nothing.
    pub idle: Vec<Idle>,
    /// The verdicts that follow.
    pub verdicts: Verdicts,
}

/// Judges one policy for the owner of a zone.
pub fn judge(policy: &TrustPolicy, zone: &Zone) -> Judgement {
    let setting = Setting::new(policy, zone);
    let mut exposures = Vec::new();
    let statements = || setting.policy.statements.iter().map(|s| &s.value).enumerate();
    let may_admit = |s: &Statement| s.effect != Effect::Deny && s.rejected.is_empty();
    for (index, statement) in statements().filter(|(_, s)| may_admit(s)) {
        Judge { setting: &setting, index, statement, out: &mut exposures }.statement();
    }
    // Who gets in is asked first, so that what else is asked takes nothing from the steps for that.
    let mut dead = Vec::new();
    let used = used(&exposures);
    for (index, statement) in statements() {
        if !may_admit(statement) {
            dead.extend(intent::refused(index, statement));
        } else {
            dead.extend(intent::dead(&setting, index, statement, used.contains(&index)));
        }
    }
    let idle = intent::idle(&setting, &dead);
    let verdicts = verdicts(&setting, &exposures);
    first_of_each(&mut exposures);
    Judgement { exposures, dead, idle, verdicts }
}

/// The Allows by which somebody surely gets in.
fn used(exposures: &[Exposure]) -> BTreeSet<usize> {
    let by = |e: &Exposure| match &e.reach {
        Reach::Open(Proof::Proved(witness)) => Some(witness.statement()),
        Reach::Guarded { keys, .. } => keys.first().map(|key| key.witness.statement()),
        Reach::Open(Proof::Possible(_)) | Reach::Closed | Reach::Undecided(_) => None,
    };
    exposures.iter().filter_map(by).collect()
}

fn verdicts(setting: &Setting<'_>, exposures: &[Exposure]) -> Verdicts {
    let open = setting.policy.open.is_some();
    // A provider that is not known keeps only callers with its tokens undetermined.
    let unclear = |e: &Exposure, federated: bool| {
        let kind = principal_of(setting, e).map(|p| &p.kind);
        e.adversary == Adversary::Unclear && (federated || kind != Some(&PrincipalKind::Federated))
    };
    let among = |federated: bool, default: Verdict, concerns: &dyn Fn(&Adversary) -> bool| {
        let start = if open { Verdict::Undetermined } else { default };
        exposures
            .iter()
            .filter(|e| concerns(&e.adversary) || unclear(e, federated))
            .map(|e| verdict(&e.reach, &e.adversary))
            .fold(start, Verdict::max)
    };
    let of = |default: Verdict, concerns: &dyn Fn(&Adversary) -> bool| among(false, default, concerns);
    let of_tokens = |concerns: &dyn Fn(&Adversary) -> bool| among(true, Verdict::NotApplicable, concerns);
    // A principal of which nothing is known may turn out to be everyone.
    let everyone = exposures.iter().any(|e| {
        e.adversary == Adversary::ThirdParty(None)
            && e.reach != Reach::Closed
            && principal_of(setting, e).is_some_and(|p| may_be_everyone(&p.id.value))
    });
    let stranger = of(Verdict::Safe, &|a| *a == Adversary::Stranger);
    Verdicts {
        stranger: if everyone { stranger.max(Verdict::Undetermined) } else { stranger },
        third_party: of(Verdict::NotApplicable, &|a| matches!(a, Adversary::ThirdParty(_))),
        service: of(Verdict::NotApplicable, &|a| {
            matches!(a, Adversary::Service { .. } | Adversary::ForeignService { .. })
        }),
        oidc: of_tokens(&|a| matches!(a, Adversary::Oidc { .. })),
        saml: of_tokens(&|a| matches!(a, Adversary::Saml { .. })),
    }
}

/// The principal that an exposure's adversary comes as.
fn principal_of<'s>(setting: &'s Setting<'_>, exposure: &Exposure) -> Option<&'s Principal> {
    let statement = setting.policy.statements.get(exposure.statement)?;
    statement.value.principals.items.get(exposure.principal?)
}

/// Leaves out third parties where strangers get in as far and as surely.
fn first_of_each(exposures: &mut Vec<Exposure>) {
    let open: Vec<(usize, Option<usize>, bool)> = exposures
        .iter()
        .filter(|e| e.adversary == Adversary::Stranger && e.reach != Reach::Closed)
        .map(|e| (e.statement, e.principal, proved(e)))
        .collect();
    exposures.retain(|e| {
        let covered = |(statement, principal, sure): &(usize, Option<usize>, bool)| {
            (*statement, *principal) == (e.statement, e.principal) && (*sure || !proved(e))
        };
        !matches!(e.adversary, Adversary::ThirdParty(_)) || !open.iter().any(covered)
    });
}

fn proved(exposure: &Exposure) -> bool {
    match &exposure.reach {
        Reach::Open(Proof::Proved(_)) => true,
        Reach::Guarded { keys, .. } => !keys.is_empty(),
        Reach::Open(Proof::Possible(_)) | Reach::Closed | Reach::Undecided(_) => false,
    }
}

/// Whether a principal's identifier, as far as it is known, may be `*`.
fn may_be_everyone(id: &Text) -> bool {
    Pattern::read(id, Style::Literal, None).matches("*").possible()
}

fn verdict(reach: &Reach, adversary: &Adversary) -> Verdict {
    match reach {
        // No stranger can sign an assertion, whatever it is made for; and all of the own tenant is no stranger.
        Reach::Open(_) | Reach::Undecided(_) if matches!(adversary, Adversary::Saml { .. }) => Verdict::Safe,
        Reach::Open(_) if matches!(adversary, Adversary::Oidc { scope: Scope::AnyRun, .. }) => Verdict::Safe,
        Reach::Open(Proof::Proved(_)) => Verdict::Exposed,
        Reach::Open(Proof::Possible(_)) | Reach::Undecided(_) => Verdict::Undetermined,
        // Whoever reads the code can send an ExternalId that stands in it; another tenant cannot make the third
        // party send one that is strong.
        Reach::Guarded { keys, .. } if !keys.is_empty() && *adversary == Adversary::Stranger => {
            Verdict::Exposed
        }
        Reach::Guarded { keys, .. } if keys.iter().any(|k| k.strength.weakness.is_some()) => Verdict::Exposed,
        Reach::Guarded { unknown, .. } if !unknown.is_empty() => Verdict::Undetermined,
        Reach::Guarded { .. } | Reach::Closed => Verdict::Safe,
    }
}

/// Whether a principal's identifier holds a wildcard, which AWS refuses inside one.
fn has_wildcard(id: &Text) -> bool {
    id.as_str().is_some_and(|text| text.contains(['*', '?']))
}

struct Judge<'a, 'z> {
    setting: &'a Setting<'z>,
    index: usize,
    statement: &'a Statement,
    out: &'a mut Vec<Exposure>,
}

impl Judge<'_, '_> {
    fn statement(&mut self) {
        let principals = &self.statement.principals;
        if principals.negated {
            // Everyone but the listed, so strangers too.
            self.stranger(None);
            return;
        }
        for (index, principal) in principals.items.iter().enumerate() {
            self.principal(index, principal);
        }
        if let Some(unknown) = &principals.open {
            self.push(Adversary::Unclear, None, Reach::Undecided(vec![unknown.clone()]));
        }
    }

    fn push(&mut self, adversary: Adversary, principal: Option<usize>, reach: Reach) {
        self.out.push(Exposure { adversary, statement: self.index, principal, reach, free_tags: None });
    }

    /// Takes the certainty from the last exposure: whether its adversary exists is not known.
    fn only_possible(&mut self) {
        let unknown = || {
            let why = Cause::Undecided("which accounts the conditions name".into());
            vec![Unknown::new("the account of the caller", why, None)]
        };
        if let Some(Exposure { reach, .. }) = self.out.last_mut()
            && matches!(reach, Reach::Open(Proof::Proved(_)) | Reach::Guarded { .. })
        {
            *reach = Reach::Open(Proof::Possible(unknown()));
        }
    }

    fn principal(&mut self, index: usize, principal: &Principal) {
        let cloud = self.setting.policy.cloud;
        match &principal.kind {
            PrincipalKind::Everyone => {
                if self.stranger(Some(index)) {
                    return;
                }
                // An account that a condition names is a third party that comes as everyone.
                let named: Vec<String> = self.setting.named.callers.iter().cloned().collect();
                for account in named.iter().filter(|a| !self.setting.is_own(a)) {
                    let caller = self.root(account);
                    self.third_party(index, Some(account.clone()), caller);
                }
                self.exempt(index);
                if self.setting.named.unknown_callers {
                    let caller = self.root(&self.setting.foreign_account());
                    self.third_party(index, None, caller);
                    self.only_possible();
                }
            }
            PrincipalKind::Aws | PrincipalKind::Federated
                if cloud == Cloud::Aws && has_wildcard(&principal.id.value) =>
            {
                self.push(Adversary::Nobody, Some(index), Reach::Closed);
            }
            PrincipalKind::Aws | PrincipalKind::Ram => match account_of(&principal.id.value) {
                Some(caller) if self.setting.is_own(&caller.account) => {}
                Some(caller) => self.third_party(index, Some(caller.account.clone()), caller),
                None => match principal.id.value.as_str() {
                    Some(text) if cloud == Cloud::Alibaba && text.contains('*') => {
                        self.stranger(Some(index));
                    }
                    // The id of a principal that exists no more: nobody comes as it.
                    Some(text) if is_unique_id(text) => {}
                    Some(_) => self.push(Adversary::Nobody, Some(index), Reach::Closed),
                    None => self.somebody(index, principal),
                },
            },
            PrincipalKind::Service => self.service(index, principal),
            PrincipalKind::Federated => self.federated(index, principal),
            PrincipalKind::CanonicalUser => {}
            PrincipalKind::Unknown(unknown) => {
                self.push(Adversary::Unclear, Some(index), Reach::Undecided(vec![unknown.clone()]));
            }
        }
    }

    /// Searches for a possibility, and if there is one for a proof.
    fn settle(
        &self,
        run: &dyn Fn(Bound) -> Outcome,
        story: &dyn Fn(&Request, usize) -> String,
        name: &str,
    ) -> Reach {
        let policy = &self.setting.policy;
        let witness = |request: &Request| Witness::replay(policy, request.clone(), name.to_owned(), story);
        self.setting.work.take_doubt();
        let possible = run(Bound::Possible);
        let proof = match &possible {
            Outcome::Impossible => return Reach::Closed,
            // Nothing unknown came up: for the adversary and against it the search is the same.
            Outcome::Allowed(request) if !self.setting.work.take_doubt() => witness(request),
            Outcome::Allowed(_) | Outcome::GaveUp => match run(Bound::Proved) {
                Outcome::Allowed(request) => witness(&request),
                Outcome::Impossible | Outcome::GaveUp => None,
            },
        };
        match (proof, possible) {
            (Some(witness), _) => Reach::Open(Proof::Proved(Box::new(witness))),
            (None, Outcome::Allowed(request)) => {
                let unknowns = doubts(policy, self.index, &request);
                if unknowns.is_empty() {
                    return Reach::Undecided(vec![self.gave_up()]);
                }
                Reach::Open(Proof::Possible(unknowns))
            }
            (None, Outcome::Impossible | Outcome::GaveUp) => Reach::Undecided(vec![self.gave_up()]),
        }
    }

    fn gave_up(&self) -> Unknown {
        let why = Cause::Unsupported("its conditions hang together in a way that was not settled".into());
        let span = self.setting.policy.statements.get(self.index).map(|s| s.span);
        Unknown::new("the statement", why, span)
    }
}

/// The accounts that a request shows its caller, or the resource behind it, to be in.
fn accounts_in(request: &Request) -> Vec<String> {
    let of = |key: &str| request.context.get(key).and_then(|v| v.first());
    let in_arn = |key: &str| of(key).and_then(|arn| arn.split(':').nth(4)).map(str::to_owned);
    let found = [
        of("aws:PrincipalAccount").cloned(),
        in_arn("aws:PrincipalArn"),
        of("aws:SourceAccount").cloned(),
        in_arn("aws:SourceArn"),
    ];
    let mut out: Vec<String> =
        found.into_iter().flatten().filter(|a| crate::evaluate::principal::is_account(a)).collect();
    out.dedup();
    out
}
