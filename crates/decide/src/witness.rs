//! The proof of an exposure: a request that the concrete evaluator allows.

use model::TrustPolicy;

use crate::{Request, Truth, evaluate};

/// A request that the policy allows, whatever its unknown values are.
///
/// INVARIANT: made only by [`Witness::replay`], which has the concrete evaluator check the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    adversary: String,
    request: Request,
    statement: usize,
    story: String,
}

impl Witness {
    /// The witness, if the evaluator allows the request. `story` tells it given the number of the statement
    /// (from 1) that allows.
    pub(crate) fn replay(
        policy: &TrustPolicy,
        request: Request,
        adversary: String,
        story: impl FnOnce(&Request, usize) -> String,
    ) -> Option<Witness> {
        let decision = evaluate(policy, &request);
        match (decision.allowed, decision.statement) {
            (Truth::True, Some(statement)) => {
                let story = story(&request, statement + 1);
                Some(Witness { adversary, request, statement, story })
            }
            _ => None,
        }
    }

    /// Who makes the request: "another tenant of account 210987654321".
    pub fn adversary(&self) -> &str {
        &self.adversary
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The index of the statement that allows it.
    pub fn statement(&self) -> usize {
        self.statement
    }

    /// The attack in a sentence or two.
    pub fn story(&self) -> &str {
        &self.story
    }
}
