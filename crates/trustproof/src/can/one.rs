//! `trustproof can` for one request: the policy from a file, the answer for a person.

use std::io::{self, Write};
use std::path::Path;

use decide::{Decision, Truth};
use model::{Located, SourceMap, Statement, TrustPolicy};

use super::doubt::doubts;
use super::policy;
use super::question::Question;
use crate::file::{Named, open};
use crate::report::excerpt::Excerpt;
use crate::report::frame::{Fault, Frames, tell};
use crate::report::plain::plain;
use crate::report::{at, problem_line};
use crate::{Status, complain, written};

/// Puts the question to the policy in a file, and tells the answer.
pub(super) fn run(file: &Path, question: &Question) -> Status {
    let named = match open(file) {
        Ok(named) => named,
        Err(message) => {
            complain(message);
            return Status::Undone;
        }
    };
    let Named { sources, file, text } = &named;
    let fault = match syntax::json::parse(text, *file) {
        Ok(tree) if tree.get("Statement").is_some() => {
            let (policy, problems) = policy(&tree, question.cloud());
            for problem in &problems {
                anstream::eprintln!("warning: {}", problem_line(problem, sources));
            }
            return answer(&policy, question, sources);
        }
        Ok(tree) => Fault {
            span: tree.span,
            message: "no trust policy: it has no `Statement`".to_owned(),
            hint: "expected the policy document itself".to_owned(),
        },
        Err(error) => Fault {
            span: error.span,
            message: format!("not valid JSON: {}", error.message),
            hint: String::new(),
        },
    };
    tell(&[fault], sources);
    Status::Undone
}

fn answer(policy: &TrustPolicy, question: &Question, sources: &SourceMap) -> Status {
    let decision = question.put_to(policy);
    let stdout = io::stdout();
    let color = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
    let mut told = Vec::new();
    let status = show(policy, question, decision, sources, color, &mut told)
        .and_then(|()| anstream::AutoStream::auto(stdout.lock()).write_all(&told));
    let decided = if decision.allowed == Truth::True { Status::Clean } else { Status::Found };
    written(status).max(decided)
}

fn show(
    policy: &TrustPolicy,
    question: &Question,
    decision: Decision,
    sources: &SourceMap,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let statement = decision.statement.and_then(|index| Some((index + 1, policy.statements.get(index)?)));
    let called = statement.map(|(number, statement)| called(number, statement));
    let (says, does) = match (decision.allowed, called) {
        (Truth::True, Some(called)) => (format!("allow: {called} allows it"), "allows it"),
        (Truth::False, Some(called)) => (format!("deny: {called} denies it"), "denies it"),
        (Truth::Unknown, Some(called)) => {
            (format!("deny, undetermined: whether {called} matches is not known"), "may match")
        }
        (Truth::True, None) => ("allow".to_owned(), ""),
        (Truth::False, None) if question.request().is_none() => {
            ("deny: the caller is of another partition than the role".to_owned(), "")
        }
        (Truth::False, None) => ("deny: no statement allows it".to_owned(), ""),
        (Truth::Unknown, None) => ("deny, undetermined: not all statements are known".to_owned(), ""),
    };
    writeln!(out, "{}", plain(&says))?;
    if let Some(excerpt) = statement.and_then(|(_, s)| Excerpt::whole(sources, s.span)) {
        out.write_all(Frames::new(color).draw(excerpt, does)?.as_bytes())?;
    }
    let request = question.request().filter(|_| decision.allowed == Truth::Unknown);
    for (span, why) in request.map(|request| doubts(policy, &request)).unwrap_or_default() {
        let place = span.map(|span| format!("{}: ", at(sources, span.file, span.start)));
        writeln!(out, "  unknown  {}", plain(&format!("{}{why}", place.unwrap_or_default())))?;
    }
    Ok(())
}

/// `statement 2 (Sid `x`)`.
fn called(number: usize, statement: &Located<Statement>) -> String {
    let sid = statement.value.sid.as_ref().map(|sid| format!(" (Sid `{}`)", sid.value));
    format!("statement {number}{}", sid.unwrap_or_default())
}
