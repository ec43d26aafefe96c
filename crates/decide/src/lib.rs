//! The law: does a request exist that an adversary can make and a trust policy allows?
//!
//! Knows no file format and no rule. See the crate's modules for the concrete evaluator, the glob algebra, the
//! adversaries and the solver.

mod request;
mod verdict;
mod witness;
mod zone;

pub use request::Request;
pub use verdict::{Verdict, Verdicts};
pub use witness::Witness;
pub use zone::{Vendor, Zone};
