//! Terraform plan JSON as an input of trustproof.
//!
//! What `terraform show -json` prints of a plan or of a state, and state files. Roles are anchored in that file.
//! Deliberately not here: binary plans and logs (a problem says how to get the JSON), the HCL behind a plan.

mod address;
mod configuration;
mod grants;
mod resource;
mod role;
mod shape;
mod zone;

use model::{FileId, Input, Lowered, Node, Place, Problem, SourceMap, Subject, Unit};

use crate::configuration::Configuration;

/// Reads Terraform plans and states.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlanInput;

impl Input for PlanInput {
    fn name(&self) -> &'static str {
        "terraform plan"
    }

    fn scannable(&self, path: &str) -> bool {
        let extension = path.rsplit_once('.').map(|(_, extension)| extension);
        path == "-" || extension.is_some_and(|e| e.eq_ignore_ascii_case("json"))
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        self.scannable(path) && shape::claims(bytes)
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
            let binary = sources.bytes(file).is_ok_and(|bytes| shape::is_binary_plan(&bytes));
            let message = if binary { shape::BINARY.to_owned() } else { error.to_string() };
            lowered.problems.push(Problem::relevant(Place::File(file), message));
            return;
        }
    };
    if shape::is_log(text.as_bytes()) {
        lowered.problems.push(Problem::relevant(Place::File(file), shape::LOG));
        return;
    }
    match syntax::json::parse(&text, file) {
        Ok(tree) => read_tree(&tree, lowered),
        Err(error) => {
            let text = text.trim_end();
            let cut = error.span.end as usize >= text.len() && !text.ends_with('}');
            let what = if cut { "the plan is cut off" } else { "the plan is not valid JSON" };
            let message = format!("{what}: {}", error.message);
            lowered.problems.push(Problem::relevant(Place::Span(error.span), message));
        }
    }
}

fn read_tree(tree: &Node, lowered: &mut Lowered) {
    let resources = resource::all(tree, &mut lowered.problems);
    let configuration = Configuration::of(tree);
    let mut roles = Vec::new();
    for resource in resources.iter().filter(|r| r.managed && role::cloud(r.kind).is_some()) {
        if let Some(role) = role::read(resource, &configuration, &mut lowered.problems) {
            roles.push((resource, role));
        }
    }
    grants::attach(&mut roles, &resources, &configuration);
    lowered.zone_facts.extend(zone::facts(tree, &resources));
    lowered.subjects.extend(roles.into_iter().map(|(_, role)| Subject::Role(Box::new(role))));
}
