//! The law: does a request exist that an adversary can make and a trust policy allows?
//!
//! Knows no file format and no rule. See the crate's modules for the concrete evaluator, the glob algebra, the
//! adversaries and the solver.

mod accounts;
mod adversary;
mod evaluate;
mod judge;
mod parties;
mod request;
mod solve;
mod strength;
mod string;
mod truth;
mod verdict;
mod witness;
mod work;
mod zone;

pub use accounts::{KnownAccount, known_account};
pub use adversary::service::Sends;
pub use evaluate::principal::{AccountCaller, Caller, Identity};
pub use evaluate::{Decision, evaluate, evaluate_in};
pub use judge::{Adversary, Dead, Exposure, Idle, Judgement, Key, Proof, Reach, Scope, judge};
pub use parties::{Party, parties};
pub use request::Request;
pub use strength::Strength;
pub use truth::Truth;
pub use verdict::{Verdict, Verdicts};
pub use witness::Witness;
pub use zone::{Vendor, Zone};
