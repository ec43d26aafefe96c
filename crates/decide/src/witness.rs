//! The proof of an exposure: a request that the concrete evaluator allows.

use crate::Request;

/// A request that the policy allows, checked by the concrete evaluator when the witness was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    adversary: String,
    request: Request,
    story: String,
}

impl Witness {
    /// Who makes the request: "another tenant of account 210987654321".
    pub fn adversary(&self) -> &str {
        &self.adversary
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The attack in a sentence or two.
    pub fn story(&self) -> &str {
        &self.story
    }
}
