//! Who attacks, and what each can put into a request: one model a kind of caller, over one vocabulary of domains.

pub(crate) mod composed;
pub(crate) mod domain;
pub(crate) mod oidc;
pub(crate) mod provider;
pub(crate) mod providers;
pub(crate) mod saml;
pub(crate) mod service;
pub(crate) mod setting;
pub(crate) mod signed;
pub(crate) mod situation;
