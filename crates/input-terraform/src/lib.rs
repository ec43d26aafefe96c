//! Terraform HCL as an input of trustproof: a module directory becomes roles.
//!
//! text -> `mask` -> `parse` -> `lower` (compact form) -> `eval` (three-valued) -> `document` -> `role`. Not here:
//! calls of other modules (each directory is judged with its own defaults), Terraform's JSON syntax, plans.

mod document;
mod eval;
mod functions;
mod grant;
mod ir;
mod lower;
mod mask;
mod module;
mod parse;
mod role;
mod tree;
mod value;
mod zone;

use std::collections::BTreeMap;

use memchr::memmem;
use model::{FileId, Input, Lowered, Place, Problem, SourceMap, Subject, Unit};

use crate::eval::Evaluator;
use crate::module::Module;
use crate::role::ROLE_KINDS;

/// Reads Terraform modules.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerraformInput;

/// What a file of a module with roles says.
const TOKENS: &[&str] = &[
    "aws_iam_role",
    "awscc_iam_role",
    "alicloud_ram_role",
    "aws_iam_policy_document",
    "alicloud_ram_policy_document",
    "allowed_account_ids",
    "aws_caller_identity",
    "AssumeRole",
    "assume_role",
];

impl Input for TerraformInput {
    fn name(&self) -> &'static str {
        "Terraform"
    }

    fn scannable(&self, path: &str) -> bool {
        is_hcl(path) || is_json(path)
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        self.scannable(path) && mentions_roles(bytes)
    }

    fn units(&self, claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
        let mut directories: BTreeMap<String, Vec<FileId>> = BTreeMap::new();
        for id in claimed {
            directories.entry(directory(&sources.path(*id)).to_owned()).or_default().push(*id);
        }
        let unit = |(directory, claimed): (String, Vec<FileId>)| {
            // Files without a role in them hold the variables and locals of those that have one.
            let mut files: Vec<FileId> =
                sources.list(&directory).into_iter().filter(|id| is_hcl(&sources.path(*id))).collect();
            files.extend(claimed);
            files.sort_unstable();
            files.dedup();
            Unit { files }
        };
        directories.into_iter().map(unit).collect()
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        let Some(first) = unit.files.first() else {
            return Lowered::default();
        };
        let path = sources.path(*first);
        let (hcl, json): (Vec<FileId>, Vec<FileId>) =
            unit.files.iter().partition(|id| is_hcl(&sources.path(**id)));
        let module = Module::load(directory(&path), &hcl, sources);
        let mut lowered = read_module(&module, sources);
        for id in json {
            lowered.problems.push(Problem::relevant(
                Place::File(id),
                "Terraform's JSON syntax is not read; what this file declares about roles is not judged",
            ));
        }
        lowered
    }
}

fn read_module(module: &Module, sources: &SourceMap) -> Lowered {
    let evaluator = Evaluator::new(module, sources);
    let mut lowered = Lowered { problems: module.problems.clone(), ..Lowered::default() };
    for kind in ROLE_KINDS {
        for block in module.resources_of(kind.kind) {
            let role = role::read(&evaluator, kind, block, &mut lowered.problems);
            lowered.subjects.push(Subject::Role(Box::new(role)));
        }
    }
    lowered.zone_facts = zone::facts(&evaluator);
    for fault in &module.faults {
        // A broken block may be a role, or say what one needs.
        let hides = !lowered.subjects.is_empty() || mentions_roles(sources.snippet(fault.lost).as_bytes());
        lowered.problems.push(Problem {
            place: Place::Span(fault.span),
            message: fault.message.as_str().into(),
            relevant: hides,
        });
    }
    lowered
}

fn mentions_roles(bytes: &[u8]) -> bool {
    TOKENS.iter().any(|token| memmem::find(bytes, token.as_bytes()).is_some())
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

fn is_hcl(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".tofu")
}

fn is_json(path: &str) -> bool {
    path.ends_with(".tf.json") || path.ends_with(".tofu.json")
}
