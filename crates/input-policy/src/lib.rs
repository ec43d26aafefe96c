//! Raw trust policy documents as an input of trustproof.
//!
//! A `.json` or `.policy` file (or standard input) that is a trust policy, or what `aws iam get-role`,
//! `list-roles` or `get-account-authorization-details` and their counterparts of the `aliyun` command print.
//! Deliberately not here: policies that stand in templates (their own inputs read them), and policies that are
//! attached to something else than a role; those are told apart and give no role.

mod dump;
mod mention;
mod percent;
mod recognise;
mod template;

use model::{FileId, Input, Lowered, Node, Place, Problem, SourceMap, Subject, Unit};
use syntax::SyntaxError;

use crate::dump::Reader;

/// Reads raw policy documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyInput;

impl Input for PolicyInput {
    fn name(&self) -> &'static str {
        "policy"
    }

    fn scannable(&self, path: &str) -> bool {
        let extension = path.rsplit_once('.').map(|(_, extension)| extension);
        path == "-"
            || extension.is_some_and(|e| e.eq_ignore_ascii_case("json") || e.eq_ignore_ascii_case("policy"))
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        self.scannable(path) && (mention::document(bytes) || mention::trust(bytes))
    }

    fn units(&self, claimed: &[FileId], _: &SourceMap) -> Vec<Unit> {
        claimed.iter().map(|file| Unit { files: vec![*file] }).collect()
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        let mut lowered = Lowered::default();
        for file in &unit.files {
            read_file(*file, sources, &mut lowered);
        }
        lowered
    }
}

fn read_file(file: FileId, sources: &SourceMap, lowered: &mut Lowered) {
    let text = match sources.text(file) {
        Ok(text) => text,
        Err(error) => {
            lowered.problems.push(Problem::relevant(Place::File(file), error.to_string()));
            return;
        }
    };
    let mentions_trust = mention::trust(text.as_bytes());
    match parse(&text, file) {
        Ok(tree) => {
            let mut reader = Reader::new(sources.path(file), mentions_trust);
            reader.read(&tree);
            lowered.subjects.extend(reader.roles.into_iter().map(|role| Subject::Role(Box::new(role))));
            lowered.zone_facts.extend(reader.accounts.into_values());
            lowered.problems.extend(reader.problems);
        }
        Err(error) => lowered.problems.push(Problem {
            place: Place::Span(error.span),
            message: format!("not valid JSON: {}", error.message).into(),
            relevant: mentions_trust,
        }),
    }
}

/// The tree of a file; placeholders of a template engine in it are unknown.
fn parse(text: &str, file: FileId) -> Result<Node, SyntaxError> {
    match template::decode(text, file) {
        Some(decoded) => syntax::json::parse_decoded(&decoded),
        None => syntax::json::parse(text, file),
    }
}
