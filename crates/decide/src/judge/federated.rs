//! Callers that an identity provider vouches for.

use model::{Cause, Cloud, Principal, Unknown};

use super::{Adversary, Judge, Reach, story};
use crate::Request;
use crate::adversary::oidc::{Tenant, issuer_claim, issuer_of, issuers_in_keys};
use crate::adversary::provider::Provider;
use crate::evaluate::principal::Caller;
use crate::solve::{Bound, Model, Outcome, search};

impl Judge<'_, '_> {
    pub(super) fn federated(&mut self, index: usize, principal: &Principal) {
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
