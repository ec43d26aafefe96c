//! Callers that an identity provider vouches for.

use std::collections::BTreeMap;

use model::{Cause, Cloud, Located, Principal, Statement, Unknown};

use super::claims::consistent;
use super::{Adversary, Judge, Proof, Reach, Scope, story};
use crate::Request;
use crate::adversary::domain::{Domain, Extras};
use crate::adversary::oidc::{Tenant, issuer_claim, issuer_in_keys, provider_of};
use crate::adversary::provider::{Provider, issuer_of};
use crate::adversary::saml::Saml;
use crate::adversary::setting::Setting;
use crate::evaluate::principal::Caller;
use crate::solve::{Bound, Model, Outcome, search};

/// An identity provider that a principal names.
pub(super) struct Named {
    pub(super) issuer: String,
    pub(super) provider: &'static Provider,
    /// The prefix of its context keys.
    pub(super) prefix: String,
    /// The action that its tokens are used with.
    pub(super) action: &'static str,
}

impl Judge<'_, '_> {
    pub(super) fn federated(&mut self, index: usize, principal: &Principal) {
        let text = principal.id.value.to_string();
        if Saml::is_provider(&text) {
            self.saml(index, &text);
            return;
        }
        let Some(named) = provider(self.setting, principal, self.setting.policy.statements.get(self.index))
        else {
            let mut unknowns: Vec<Unknown> = principal.id.value.unknowns().map(|u| (**u).clone()).collect();
            if unknowns.is_empty() {
                let why = Cause::Unsupported("which issuer this provider is of is not known".into());
                unknowns.push(Unknown::new(text, why, Some(principal.id.span)));
            }
            self.push(Adversary::Unclear, Some(index), Reach::Undecided(unknowns));
            return;
        };
        let tenant = Tenant::new(self.setting, named.provider, &named.issuer, &named.prefix);
        let (scope, reach) = self.widest(&tenant, &text, named.action);
        let adversary = Adversary::Oidc {
            issuer: named.issuer,
            provider: named.provider.name,
            tenant: named.provider.tenant,
            workload: named.provider.workload,
            scope,
        };
        self.push(adversary, Some(index), reach);
        let tagged = Extras { tags: true, source_identity: false };
        self.tags_of(&|key| tenant.domain(tagged, key), Caller::Federated(text.clone()), &text, named.action);
    }

    /// The widest circle of tokens that is let in: other tenants', else all workloads of the own tenant, else all
    /// runs of one workload.
    fn widest(&self, tenant: &Tenant<'_, '_>, principal: &str, action: &'static str) -> (Scope, Reach) {
        let provider = tenant.provider();
        let settle = |scope: Scope, run: &dyn Fn(Bound) -> Outcome| {
            let story =
                |request: &Request, statement: usize| story::oidc(provider, scope, request, statement);
            self.settle(run, &story, &story::token_of(provider, scope))
        };
        if !provider.private {
            let reach =
                settle(Scope::OtherTenant, &|bound| self.other_tenant(tenant, principal, action, bound));
            if reach != Reach::Closed {
                return (Scope::OtherTenant, reach);
            }
        }
        let mut closed = Reach::Closed;
        let scopes = [(Scope::WholeTenant, provider.workload_slots), (Scope::AnyRun, provider.run_slots)];
        for (scope, slots) in scopes {
            if slots.is_empty() {
                continue;
            }
            let reach = settle(scope, &|bound| self.own_tenant(tenant, slots, principal, action, bound));
            match reach {
                Reach::Closed => {}
                Reach::Open(_) => return (scope, reach),
                Reach::Guarded { .. } | Reach::Undecided(_) => closed = reach,
            }
        }
        if provider.private && provider.opaque {
            // What is not open to every subject may still be open to more than the right one; whether a pattern
            // is depends on a grammar that is not known.
            let any =
                settle(Scope::WholeTenant, &|bound| self.token(&tenant.insider(), principal, action, bound));
            let patterned = matches!(&any, Reach::Open(Proof::Proved(w)) if !self.names(w.request()));
            if closed == Reach::Closed && patterned {
                let why = Cause::Unsupported("what this provider's subjects look like is not known".into());
                closed = Reach::Undecided(vec![Unknown::new(story::issuer(tenant), why, None)]);
            }
        }
        (Scope::WholeTenant, closed)
    }

    /// Whether the subject of a request stands literally in the policy.
    fn names(&self, request: &Request) -> bool {
        let subject =
            request.context.iter().find(|(key, _)| key.ends_with(":sub")).and_then(|(_, v)| v.first());
        let values = self.setting.policy.statements.iter().flat_map(|s| &s.value.conditions);
        subject.is_some_and(|subject| values.flat_map(|c| &c.value.values.items).any(|v| v.value.is(subject)))
    }

    /// First a tenant that nobody names, then any that is not the user's.
    fn other_tenant(
        &self,
        tenant: &Tenant<'_, '_>,
        principal: &str,
        action: &'static str,
        bound: Bound,
    ) -> Outcome {
        let first = if tenant.provider().opaque {
            self.token(
                &tenant.pinned(BTreeMap::from([("subject", "some-unrelated-thing".to_owned())])),
                principal,
                action,
                bound,
            )
        } else {
            self.token(&tenant.pinned(tenant.stranger()), principal, action, bound)
        };
        if let Outcome::Allowed(_) = first {
            return first;
        }
        match self.token(tenant, principal, action, bound) {
            Outcome::Impossible if first == Outcome::Impossible => Outcome::Impossible,
            // Whose a subject of an unknown grammar is nobody can say.
            Outcome::Allowed(_) if tenant.provider().opaque => Outcome::GaveUp,
            found @ Outcome::Allowed(_) => found,
            Outcome::Impossible | Outcome::GaveUp => Outcome::GaveUp,
        }
    }

    /// A token of one of the user's own tenants in which `slots` say something that no policy means.
    fn own_tenant(
        &self,
        tenant: &Tenant<'_, '_>,
        slots: &[&'static str],
        principal: &str,
        action: &'static str,
        bound: Bound,
    ) -> Outcome {
        let mut gave_up = false;
        for own in tenant.own_tenants() {
            let mut pinned = tenant.provider().unrelated(slots);
            if !tenant.provider().private {
                pinned.insert("tenant", own);
            }
            match self.token(&tenant.insider().pinned(pinned), principal, action, bound) {
                found @ Outcome::Allowed(_) => return found,
                Outcome::Impossible => {}
                Outcome::GaveUp => gave_up = true,
            }
        }
        if gave_up { Outcome::GaveUp } else { Outcome::Impossible }
    }

    /// A token of this tenant; what one claim says of it the others must say too.
    fn token(&self, tenant: &Tenant<'_, '_>, principal: &str, action: &'static str, bound: Bound) -> Outcome {
        consistent(tenant, &|tenant| {
            self.presents(&|extras, key| tenant.domain(extras, key), principal, action, bound)
        })
    }

    /// A call with a token or an assertion of this provider.
    fn presents(
        &self,
        domain: &dyn Fn(Extras, &str) -> Domain,
        principal: &str,
        action: &'static str,
        bound: Bound,
    ) -> Outcome {
        self.any_extra(|extras| {
            let domain = |key: &str| domain(extras, key);
            let model = Model {
                caller: Caller::Federated(principal.to_owned()),
                principal: principal.to_owned(),
                domain: &domain,
                shown: Vec::new(),
                work: &self.setting.work,
            };
            search(&self.setting.policy, self.index, &extras.actions(action), &model, bound)
        })
    }

    /// Only the role's own account can register a SAML provider, so no stranger can sign for it; but an assertion
    /// that was made for another service may be accepted.
    fn saml(&mut self, index: usize, text: &str) {
        let saml = Saml::new(self.setting, false);
        let action = saml.action();
        let run = |bound: Bound| self.presents(&|extras, key| saml.domain(extras, key), text, action, bound);
        let reach = self.settle(&run, &story::saml, "whoever holds an assertion made for another service");
        self.push(Adversary::Saml { provider: text.to_owned() }, Some(index), reach);
    }
}

/// The provider that a principal of a statement names, as far as it can be told.
pub(super) fn provider(
    setting: &Setting<'_>,
    principal: &Principal,
    statement: Option<&Located<Statement>>,
) -> Option<Named> {
    let text = &principal.id.value;
    if setting.policy.cloud == Cloud::Alibaba {
        let issuer = issuer_claim(setting)?;
        let prefix = "oidc:".to_owned();
        let provider = provider_of(setting, &issuer, &prefix);
        return Some(Named { issuer, provider, prefix, action: "sts:AssumeRole" });
    }
    let built_in = || text.as_str().filter(|t| !t.contains(':')).map(str::to_owned);
    let unknown = || if text.has_unknown() { statement.and_then(issuer_in_keys) } else { None };
    let issuer = issuer_of(text).or_else(built_in).or_else(unknown)?;
    let prefix = format!("{issuer}:");
    let provider = provider_of(setting, &issuer, &prefix);
    Some(Named { issuer, provider, prefix, action: "sts:AssumeRoleWithWebIdentity" })
}
