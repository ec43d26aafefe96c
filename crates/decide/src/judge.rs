//! Every adversary against every Allow of a policy.
//!
//! For each principal that an Allow names the adversaries that could come as it are tried, and what they reach is
//! recorded as an [`Exposure`]. Rules turn exposures into findings; nothing here knows a rule.

use model::{Cause, Cloud, Effect, Principal, PrincipalKind, Statement, TrustPolicy, Unknown};

use crate::evaluate::doubts;
use crate::oidc::{Tenant, issuer_claim, issuer_of, issuers_in_keys};
use crate::principal::{AccountCaller, Caller, Identity};
use crate::provider::Provider;
use crate::service::{Sends, Service};
use crate::setting::{Setting, account_of};
use crate::signed::{ExternalId, Signed, principals_of};
use crate::solve::{Bound, Model, Outcome, search};
use crate::strength::{Strength, strength};
use crate::{Request, Verdict, Verdicts, Witness, Zone, story};
use crate::{domain, glob::Glob};

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
    },
    /// A caller of whom nothing can be said: the principal or its provider is not known.
    Unclear,
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
    /// The verdicts that follow.
    pub verdicts: Verdicts,
}

/// Judges one policy for the owner of a zone.
pub fn judge(policy: &TrustPolicy, zone: &Zone) -> Judgement {
    let setting = Setting::new(policy, zone);
    let mut exposures = Vec::new();
    for (index, statement) in setting.policy.statements.iter().enumerate() {
        let statement = &statement.value;
        if statement.effect == Effect::Deny || !statement.rejected.is_empty() {
            continue;
        }
        Judge { setting: &setting, index, statement, out: &mut exposures }.statement();
    }
    let verdicts = verdicts(&setting, &exposures);
    Judgement { exposures, verdicts }
}

fn verdicts(setting: &Setting<'_>, exposures: &[Exposure]) -> Verdicts {
    let open = setting.policy.open.is_some();
    let of = |default: Verdict, concerns: &dyn Fn(&Adversary) -> bool| {
        let start = if open { Verdict::Undetermined } else { default };
        exposures
            .iter()
            .filter(|e| concerns(&e.adversary) || e.adversary == Adversary::Unclear)
            .map(|e| verdict(&e.reach, &e.adversary))
            .fold(start, Verdict::max)
    };
    Verdicts {
        stranger: of(Verdict::Safe, &|a| *a == Adversary::Stranger),
        third_party: of(Verdict::NotApplicable, &|a| matches!(a, Adversary::ThirdParty(_))),
        service: of(Verdict::NotApplicable, &|a| matches!(a, Adversary::Service { .. })),
        oidc: of(Verdict::NotApplicable, &|a| matches!(a, Adversary::Oidc { .. })),
        saml: of(Verdict::NotApplicable, &|_| false),
    }
}

fn verdict(reach: &Reach, adversary: &Adversary) -> Verdict {
    match reach {
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
        self.out.push(Exposure { adversary, statement: self.index, principal, reach });
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
            }
            PrincipalKind::Aws | PrincipalKind::Ram => match account_of(&principal.id.value) {
                Some(caller) if self.setting.is_own(&caller.account) => {}
                Some(caller) => self.third_party(index, Some(caller.account.clone()), caller),
                None => match principal.id.value.as_str() {
                    Some(text) if cloud == Cloud::Alibaba && text.contains('*') => {
                        self.stranger(Some(index));
                    }
                    // Refused on save, or the id of a principal that exists no more: nobody comes as it.
                    Some(_) => {}
                    None => {
                        let caller = self.somebody(principal);
                        self.third_party(index, None, caller);
                    }
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

    fn root(&self, account: &str) -> AccountCaller {
        AccountCaller {
            partition: if self.setting.policy.cloud == Cloud::Aws {
                self.setting.partition.clone()
            } else {
                String::new()
            },
            account: account.to_owned(),
            kind: Identity::Root,
        }
    }

    /// Somebody whom a partly unknown principal may mean, of an account that nothing names.
    fn somebody(&self, principal: &Principal) -> AccountCaller {
        let account = self.setting.foreign_account();
        let written = |first: &str, rest: &str| {
            let mut holes = 0;
            let mut out = String::new();
            for piece in principal.id.value.pieces() {
                match piece {
                    model::Piece::Lit(text) => out.push_str(text),
                    model::Piece::Symbol(_) | model::Piece::Hole(_) => {
                        out.push_str(if holes == 0 { first } else { rest });
                        holes += 1;
                    }
                }
            }
            AccountCaller::parse(&out)
        };
        let known = [written(&account, "x"), written(&account, &account), written("x", "x")];
        known.into_iter().flatten().next().unwrap_or_else(|| self.root(&account))
    }

    /// What the requests may ask for besides the role: session tags and a source identity where the policy tests
    /// them.
    fn extras(&self) -> Vec<(bool, bool)> {
        let tests = |prefixes: &[&str]| {
            self.setting.policy.statements.iter().flat_map(|s| &s.value.conditions).any(|c| {
                let key = c.value.key.value.to_string().to_ascii_lowercase();
                prefixes.iter().any(|p| key.starts_with(p))
            })
        };
        let tags = tests(&["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"]);
        let identity = tests(&["sts:sourceidentity"]);
        let mut out = vec![(false, false)];
        if tags {
            out.push((true, false));
        }
        if identity {
            out.push((false, true));
        }
        if tags && identity {
            out.push((true, true));
        }
        out
    }

    fn signed(&self, caller: &Signed<'_, '_>, who: &AccountCaller, bound: Bound) -> Outcome {
        let mut actions = vec!["sts:AssumeRole"];
        if caller.tags {
            actions.push("sts:TagSession");
        }
        if caller.source_identity {
            actions.push("sts:SetSourceIdentity");
        }
        let domain = |key: &str| caller.domain(key);
        let shown = match (&caller.account, self.setting.policy.cloud) {
            (Some(account), Cloud::Aws) => vec![("aws:PrincipalAccount".to_owned(), account.clone())],
            _ => Vec::new(),
        };
        let principal = arn(self.setting, who);
        let model = Model { caller: Caller::Account(who.clone()), principal, domain: &domain, shown };
        search(&self.setting.policy, self.index, &actions, &model, bound)
    }

    /// The first request that some combination of extras allows.
    fn any_extra(&self, run: impl Fn(bool, bool) -> Outcome) -> Outcome {
        let mut gave_up = false;
        for (tags, identity) in self.extras() {
            match run(tags, identity) {
                found @ Outcome::Allowed(_) => return found,
                Outcome::Impossible => {}
                Outcome::GaveUp => gave_up = true,
            }
        }
        if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
    }

    /// Whether strangers get anywhere.
    fn stranger(&mut self, principal: Option<usize>) -> bool {
        let reach = self.reach(
            &|external_id, bound| self.stranger_as(external_id, bound),
            &|request, statement| story::stranger(self.setting, request, statement),
            "anyone with an account",
            None,
        );
        let somewhere = reach != Reach::Closed;
        self.push(Adversary::Stranger, principal, reach);
        somewhere
    }

    /// First one concrete account; if the policy wants another, one that fits.
    fn stranger_as(&self, external_id: &ExternalId, bound: Bound) -> Outcome {
        let concrete = |account: &str| {
            self.any_extra(|tags, source_identity| {
                let prefix = Glob::literal(&self.setting.iam(account));
                let caller = Signed {
                    setting: self.setting,
                    account: Some(account.to_owned()),
                    arns: principals_of(&prefix),
                    vendor: false,
                    external_id: external_id.clone(),
                    tags,
                    source_identity,
                };
                let who = AccountCaller { kind: Identity::User("attacker".to_owned()), ..self.root(account) };
                self.signed(&caller, &who, bound)
            })
        };
        let first = concrete(&self.setting.foreign_account());
        if let Outcome::Allowed(_) = first {
            return first;
        }
        let any = self.any_extra(|tags, source_identity| {
            let (before, after) = match self.setting.policy.cloud {
                Cloud::Aws => (format!("arn:{}:iam::", self.setting.partition), ":"),
                Cloud::Alibaba => ("acs:ram::".to_owned(), ":"),
            };
            let mut prefix = Glob::literal(&before);
            prefix.append(&domain::account_id(self.setting.account_digits()));
            prefix.text(after);
            let caller = Signed {
                setting: self.setting,
                account: None,
                arns: principals_of(&prefix),
                vendor: false,
                external_id: external_id.clone(),
                tags,
                source_identity,
            };
            let who = self.root(&self.setting.foreign_account());
            // What is sought is an account, not yet a proof: the evaluator sees the account found again below.
            self.signed(&caller, &who, bound)
        });
        let request = match any {
            Outcome::Allowed(request) => request,
            Outcome::Impossible if first == Outcome::Impossible => return Outcome::Impossible,
            Outcome::Impossible | Outcome::GaveUp => return Outcome::GaveUp,
        };
        for account in accounts_in(&request) {
            let taken = self.setting.is_own(&account) || self.setting.named.accounts.contains(&account);
            if !taken && let found @ Outcome::Allowed(_) = concrete(&account) {
                return found;
            }
        }
        Outcome::GaveUp
    }

    fn third_party(&mut self, principal: usize, account: Option<String>, who: AccountCaller) {
        let prefix = Glob::literal(&self.setting.iam(&who.account));
        let arns = match &who.kind {
            Identity::Root => principals_of(&prefix),
            Identity::Session { role, .. } => {
                let mut with_path = prefix.clone();
                with_path.append(&domain::named("role/"));
                with_path.text(&format!("/{role}"));
                vec![Glob::literal(&format!("{}role/{role}", self.setting.iam(&who.account))), with_path]
            }
            Identity::User(_) | Identity::Role(_) | Identity::FederatedUser(_) => {
                vec![Glob::literal(&arn(self.setting, &who))]
            }
        };
        let run = |external_id: &ExternalId, bound: Bound| {
            self.any_extra(|tags, source_identity| {
                let caller = Signed {
                    setting: self.setting,
                    account: Some(who.account.clone()),
                    arns: arns.clone(),
                    vendor: true,
                    external_id: external_id.clone(),
                    tags,
                    source_identity,
                };
                self.signed(&caller, &who, bound)
            })
        };
        let name = match &account {
            Some(account) => format!("another tenant of account {account}"),
            None => "another tenant of an account that is not known".to_owned(),
        };
        let reach = self.reach(
            &run,
            &|request, statement| story::third_party(self.setting, &who.account, request, statement),
            &name,
            Some(&who.account),
        );
        self.push(Adversary::ThirdParty(account), Some(principal), reach);
    }

    /// How far a signed caller gets: without an ExternalId that the policy names, else with one.
    fn reach(
        &self,
        run: &dyn Fn(&ExternalId, Bound) -> Outcome,
        story: &dyn Fn(&Request, usize) -> String,
        name: &str,
        vendor: Option<&str>,
    ) -> Reach {
        let unnamed = self.settle(&|bound| run(&ExternalId::Unnamed, bound), story, name);
        if unnamed != Reach::Closed {
            return unnamed;
        }
        let mut keys = Vec::new();
        for value in &self.setting.named.external_ids {
            let exactly = ExternalId::Exactly(value.clone());
            if let Reach::Open(Proof::Proved(witness)) =
                self.settle(&|bound| run(&exactly, bound), story, name)
            {
                let strength = strength(value, &|a| self.setting.is_own(a), vendor);
                keys.push(Key { value: value.clone(), witness, strength });
            }
        }
        let unknown = match run(&ExternalId::Any, Bound::Possible) {
            Outcome::Allowed(request) => doubts(&self.setting.policy, self.index, &request),
            Outcome::Impossible | Outcome::GaveUp => self.secret_unknowns(),
        };
        if keys.is_empty() && unknown.is_empty() { Reach::Closed } else { Reach::Guarded { keys, unknown } }
    }

    /// The unknown ExternalIds of the statement: the guard is there, its value is not.
    fn secret_unknowns(&self) -> Vec<Unknown> {
        self.statement
            .conditions
            .iter()
            .filter(|c| c.value.key.value.to_string().eq_ignore_ascii_case("sts:ExternalId"))
            .flat_map(|c| c.value.values.items.iter().flat_map(|v| v.value.unknowns()))
            .filter(|u| u.why != Cause::Generated)
            .map(|u| (**u).clone())
            .collect()
    }

    /// Searches for a proof, then for a possibility.
    fn settle(
        &self,
        run: &dyn Fn(Bound) -> Outcome,
        story: &dyn Fn(&Request, usize) -> String,
        name: &str,
    ) -> Reach {
        let policy = &self.setting.policy;
        let proved = run(Bound::Proved);
        if let Outcome::Allowed(request) = &proved
            && let Some(witness) = Witness::replay(policy, request.clone(), name.to_owned(), story)
        {
            return Reach::Open(Proof::Proved(Box::new(witness)));
        }
        match run(Bound::Possible) {
            Outcome::Allowed(request) => {
                let unknowns = doubts(policy, self.index, &request);
                if unknowns.is_empty() {
                    return Reach::Undecided(vec![self.gave_up()]);
                }
                Reach::Open(Proof::Possible(unknowns))
            }
            Outcome::Impossible => Reach::Closed,
            Outcome::GaveUp => Reach::Undecided(vec![self.gave_up()]),
        }
    }

    fn gave_up(&self) -> Unknown {
        let why = Cause::Unsupported("the conditions hang together in a way that was not settled".into());
        let span = self.setting.policy.statements.get(self.index).map(|s| s.span);
        Unknown::new("the conditions of the statement", why, span)
    }

    fn service(&mut self, index: usize, principal: &Principal) {
        let Some(name) = principal.id.value.as_str() else {
            let unknowns = principal.id.value.unknowns().map(|u| (**u).clone()).collect();
            let adversary =
                Adversary::Service { name: principal.id.value.to_string(), sends: Sends::Unknown };
            self.push(adversary, Some(index), Reach::Undecided(unknowns));
            return;
        };
        if self.setting.policy.cloud == Cloud::Alibaba {
            self.alibaba_service(index, name);
            return;
        }
        let sends = Service::new(self.setting, name, None).sends();
        let adversary = Adversary::Service { name: name.to_owned(), sends };
        if sends == Sends::Never {
            // A guard would break the role, and the service itself checks who hands it a role.
            self.push(adversary, Some(index), Reach::Closed);
            return;
        }
        let run = |bound: Bound| {
            let concrete = |account: &str| self.service_as(name, Some(account.to_owned()), bound);
            let first = concrete(&self.setting.foreign_account());
            if let Outcome::Allowed(_) = first {
                return first;
            }
            match self.service_as(name, None, bound) {
                Outcome::Allowed(request) => accounts_in(&request)
                    .into_iter()
                    .filter(|a| !self.setting.is_own(a))
                    .map(|a| concrete(&a))
                    .find(|o| matches!(o, Outcome::Allowed(_)))
                    .unwrap_or(Outcome::GaveUp),
                Outcome::Impossible if first == Outcome::Impossible => Outcome::Impossible,
                Outcome::Impossible | Outcome::GaveUp => Outcome::GaveUp,
            }
        };
        let story = |request: &Request, statement: usize| story::service(name, request, statement);
        let reach = self.settle(&run, &story, &format!("{name} acting for another account"));
        self.push(adversary, Some(index), reach);
    }

    fn service_as(&self, name: &str, account: Option<String>, bound: Bound) -> Outcome {
        let service = Service::new(self.setting, name, account);
        let domain = |key: &str| service.domain(key);
        let model = Model {
            caller: Caller::Service(name.to_owned()),
            principal: name.to_owned(),
            domain: &domain,
            shown: service.shown(),
        };
        search(&self.setting.policy, self.index, &["sts:AssumeRole"], &model, bound)
    }

    /// A plain service principal is the service of the role's own account; `UID@service` is that of account UID.
    fn alibaba_service(&mut self, index: usize, name: &str) {
        let adversary = Adversary::Service { name: name.to_owned(), sends: Sends::Never };
        let reach = match name.split_once('@') {
            Some((account, _)) if !self.setting.is_own(account) => {
                let why = Cause::Unsupported("services of other accounts are not judged".into());
                Reach::Undecided(vec![Unknown::new(name, why, None)])
            }
            _ => Reach::Closed,
        };
        self.push(adversary, Some(index), reach);
    }

    fn federated(&mut self, index: usize, principal: &Principal) {
        let text = principal.id.value.to_string();
        if text.contains(":saml-provider/") {
            // Only the role's own account can register the provider, so no stranger can sign for it.
            return;
        }
        let aws = self.setting.policy.cloud == Cloud::Aws;
        let issuer = if aws {
            issuer_of(&principal.id.value).or_else(|| match principal.id.value.as_str() {
                Some(built_in) => Some(built_in.to_owned()),
                None => issuers_in_keys(self.setting, self.index).into_iter().next(),
            })
        } else {
            issuer_claim(self.setting)
        };
        let provider = issuer.as_deref().and_then(Provider::of_issuer);
        let (Some(issuer), Some(provider)) = (issuer.clone(), provider) else {
            let mut unknowns: Vec<Unknown> = principal.id.value.unknowns().map(|u| (**u).clone()).collect();
            if unknowns.is_empty() {
                let what = issuer.unwrap_or(text);
                let why = Cause::Unsupported("which subjects this provider signs is not known".into());
                unknowns.push(Unknown::new(what, why, Some(principal.id.span)));
            }
            self.push(Adversary::Unclear, Some(index), Reach::Undecided(unknowns));
            return;
        };
        let (prefix, action) = if aws {
            (format!("{issuer}:"), "sts:AssumeRoleWithWebIdentity")
        } else {
            ("oidc:".to_owned(), "sts:AssumeRole")
        };
        let tenant = Tenant::new(self.setting, provider, &issuer, &prefix);
        let run = |bound: Bound| self.tenant(&tenant, &text, action, bound);
        let story = |request: &Request, statement: usize| story::oidc(&tenant, request, statement);
        let name = format!("another {} of {}", provider.tenant, provider.name);
        let reach = self.settle(&run, &story, &name);
        let adversary = Adversary::Oidc { issuer, provider: provider.name, tenant: provider.tenant };
        self.push(adversary, Some(index), reach);
    }

    /// First a tenant that nobody names, then any that is not the user's; what one claim says of the token the
    /// others must say too.
    fn tenant(&self, tenant: &Tenant<'_, '_>, principal: &str, action: &str, bound: Bound) -> Outcome {
        let once = |tenant: &Tenant<'_, '_>| {
            let domain = |key: &str| tenant.domain(key);
            let model = Model {
                caller: Caller::Federated(principal.to_owned()),
                principal: principal.to_owned(),
                domain: &domain,
                shown: Vec::new(),
            };
            search(&self.setting.policy, self.index, &[action], &model, bound)
        };
        let consistent = |tenant: &Tenant<'_, '_>| {
            let found = once(tenant);
            let Outcome::Allowed(request) = &found else { return found };
            match tenant.coupled(request) {
                Ok(()) => found,
                Err(slots) => match once(&tenant.pinned(slots)) {
                    Outcome::Allowed(request) if tenant.coupled(&request).is_ok() => {
                        Outcome::Allowed(request)
                    }
                    Outcome::Allowed(_) | Outcome::Impossible | Outcome::GaveUp => Outcome::GaveUp,
                },
            }
        };
        let first = consistent(&tenant.pinned(tenant.stranger()));
        if let Outcome::Allowed(_) = first {
            return first;
        }
        match consistent(tenant) {
            Outcome::Impossible if first == Outcome::Impossible => Outcome::Impossible,
            found @ Outcome::Allowed(_) => found,
            Outcome::Impossible | Outcome::GaveUp => Outcome::GaveUp,
        }
    }
}

/// The identifier of a caller.
fn arn(setting: &Setting<'_>, who: &AccountCaller) -> String {
    let iam = setting.iam(&who.account);
    let sts = iam.replace(":iam:", ":sts:");
    match &who.kind {
        Identity::Root => format!("{iam}root"),
        Identity::User(name) => format!("{iam}user/{name}"),
        Identity::Role(name) => format!("{iam}role/{name}"),
        Identity::Session { role, session } => format!("{sts}assumed-role/{role}/{session}"),
        Identity::FederatedUser(name) => format!("{sts}federated-user/{name}"),
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
        found.into_iter().flatten().filter(|a| crate::principal::is_account(a)).collect();
    out.dedup();
    out
}
