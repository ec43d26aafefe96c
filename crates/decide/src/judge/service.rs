//! Cloud services that act for somebody else.

use model::{Cloud, Principal};

use super::{Adversary, Judge, Reach, accounts_in, has_wildcard, story};
use crate::Request;
use crate::adversary::domain::Domain;
use crate::adversary::service::{EVERY_SERVICE, Sends, Service, exemplar};
use crate::adversary::signed::ambient;
use crate::evaluate::principal::Caller;
use crate::solve::{Bound, Model, Outcome, search};

impl Judge<'_, '_> {
    pub(super) fn service(&mut self, index: usize, principal: &Principal) {
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
        if name != EVERY_SERVICE && has_wildcard(&principal.id.value) {
            self.push(Adversary::Nobody, Some(index), Reach::Closed);
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
        self.any_extra(|extras| {
            let domain = |key: &str| service.domain(extras, key);
            let model = Model {
                caller: Caller::Service(exemplar(name).to_owned()),
                principal: exemplar(name).to_owned(),
                domain: &domain,
                shown: service.shown(),
                work: &self.setting.work,
            };
            search(&self.setting.policy, self.index, &extras.actions("sts:AssumeRole"), &model, bound)
        })
    }

    /// A plain service principal is the service of the role's own account; `UID@service` is that of account UID.
    fn alibaba_service(&mut self, index: usize, name: &str) {
        let Some((account, _)) = name.split_once('@').filter(|(account, _)| !self.setting.is_own(account))
        else {
            let adversary = Adversary::Service { name: name.to_owned(), sends: Sends::Never };
            self.push(adversary, Some(index), Reach::Closed);
            return;
        };
        let run = |bound: Bound| {
            let domain = |key: &str| ambient(self.setting, key, true).unwrap_or_else(Domain::opaque);
            let model = Model {
                caller: Caller::Service(name.to_owned()),
                principal: name.to_owned(),
                domain: &domain,
                shown: Vec::new(),
                work: &self.setting.work,
            };
            search(&self.setting.policy, self.index, &["sts:AssumeRole"], &model, bound)
        };
        let story = |request: &Request, statement: usize| story::service(name, request, statement);
        let reach = self.settle(&run, &story, &format!("{name}, a service of account {account}"));
        let adversary = Adversary::ForeignService { account: account.to_owned(), name: name.to_owned() };
        self.push(adversary, Some(index), reach);
    }
}
