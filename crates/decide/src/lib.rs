//! The law: does a request exist that an adversary can make and a trust policy allows?
//!
//! Knows no file format and no rule. See the crate's modules for the concrete evaluator, the glob algebra, the
//! adversaries and the solver.

mod accounts;
mod candidates;
mod domain;
mod evaluate;
mod glob;
mod judge;
mod keys;
mod language;
mod oidc;
mod operator;
mod pattern;
mod principal;
mod provider;
mod providers;
mod request;
mod service;
mod setting;
mod signed;
mod solve;
mod story;
mod strength;
mod truth;
mod verdict;
mod witness;
mod zone;

pub use accounts::{KnownAccount, known_account};
pub use evaluate::{Decision, evaluate};
pub use judge::{Adversary, Exposure, Judgement, Key, Proof, Reach, judge};
pub use principal::{AccountCaller, Caller, Identity};
pub use request::Request;
pub use service::Sends;
pub use strength::Strength;
pub use truth::Truth;
pub use verdict::{Verdict, Verdicts};
pub use witness::Witness;
pub use zone::{Vendor, Zone};
