//! `trustproof can`: may this caller assume this role? One request against one policy, or a batch of such questions.
//!
//! Deliberately not here: the answer itself (decide).

mod batch;
mod cloud;
mod doubt;
mod line;
mod one;
mod question;

use model::{Cause, Cloud, Lowering, Node, Problem, Span, TrustPolicy, Unknown, Value, lower};

pub(crate) use question::RoleArn;

use self::question::Question;
use crate::args::Can;
use crate::{Status, complain};

/// Answers what was asked on the command line.
pub(crate) fn run(can: &Can) -> Status {
    match (&can.batch, &can.policy, &can.principal) {
        (Some(file), ..) => batch::run(file),
        (None, Some(policy), Some(principal)) => one::run(policy, &question(can, principal)),
        (None, ..) => {
            complain("a policy and a principal are needed, or a batch");
            Status::Undone
        }
    }
}

fn question(can: &Can, principal: &str) -> Question {
    let mut question = Question::new(principal, can.action.as_str());
    if let Some(role) = &can.role_arn {
        question.of_role(role.clone());
    }
    for (key, value) in &can.context {
        question.values(key).push(value.clone());
    }
    for key in &can.multi {
        question.multivalued(key);
    }
    question
}

/// The policy of a document, of `home`'s cloud unless it tells of another. Of equal keys the last counts: a request
/// meets the policy as it is deployed.
fn policy(document: &Node, home: Cloud) -> (TrustPolicy, Vec<Problem>) {
    let cloud = cloud::told(document).unwrap_or(home);
    let Lowering { variants, problems } = lower(document, cloud, false);
    // A document that leaves nothing open has one shape.
    let policy = variants.into_iter().next().map_or_else(
        || {
            let why = Cause::Invalid("it has no shape".into());
            TrustPolicy::unknown(cloud, Unknown::new("trust policy", why, Some(document.span)))
        },
        |variant| variant.policy,
    );
    (policy, problems)
}

/// The tree of a policy's text.
fn parse(text: &str) -> Result<Node, String> {
    let tree = syntax::json::parse(text, Span::nowhere().file).map_err(|error| {
        let before = text.get(..error.span.start as usize).unwrap_or_default();
        format!("is not valid JSON: {} (at its character {})", error.message, before.chars().count() + 1)
    })?;
    match &tree.value {
        Value::Object(_) => Ok(tree),
        _ => Err(format!("is {}, expected an object or its JSON text", tree.kind())),
    }
}
