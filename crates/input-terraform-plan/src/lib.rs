//! Terraform plan JSON as an input of trustproof.
//!
//! What `terraform show -json` prints of a plan or of a state, and state files. Roles point at the code that the plan
//! was made from where it is there, else at that file. Deliberately not here: binary plans and logs (a problem says how
//! to get the JSON), reading the code (`input-terraform`).

mod address;
mod configuration;
mod document;
mod grants;
mod outline;
mod past;
mod policy;
mod resource;
mod role;
mod shape;
mod source;
mod stack;
mod zone;

use model::{FileId, Input, Lowered, Node, Place, Problem, Role, SourceMap, Stream, Subject, Told, Unit};

use crate::configuration::Configuration;
use crate::document::Deferred;
use crate::resource::Resource;
use crate::role::Context;
use crate::source::Search;

/// What the binary calls standard input.
const STDIN: &str = "-";

/// Reads Terraform plans and states.
#[derive(Clone, Debug, Default)]
pub struct PlanInput {
    /// The directory of the root module that the plans were made from, if the user says so.
    pub source: Option<String>,
    /// The directory in which trustproof runs: that of a plan which comes by standard input.
    pub here: Option<String>,
}

impl Input for PlanInput {
    fn name(&self) -> &'static str {
        "terraform plan"
    }

    fn scannable(&self, path: &str) -> bool {
        let extension = path.rsplit_once('.').map(|(_, extension)| extension);
        path == STDIN || extension.is_some_and(|e| e.eq_ignore_ascii_case("json") || e == "tfstate")
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        self.scannable(path) && shape::claims(bytes, path == STDIN)
    }

    fn streams(&self, head: &[u8]) -> bool {
        shape::streams(head)
    }

    fn units(&self, claimed: &[FileId], _: &SourceMap) -> Vec<Unit> {
        claimed.iter().map(|file| Unit { files: vec![*file] }).collect()
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        let mut lowered = Lowered::default();
        for file in &unit.files {
            self.read_file(*file, sources, &mut lowered);
        }
        lowered
    }
}

impl PlanInput {
    fn read_file(&self, file: FileId, sources: &SourceMap, lowered: &mut Lowered) {
        let path = sources.path(file);
        let (read, beside) = match sources.stream(file) {
            Some(stream) => (streamed(stream, file, sources, &mut lowered.problems), self.here.as_deref()),
            None if path == STDIN => (whole(file, sources, &mut lowered.problems), self.here.as_deref()),
            None => {
                let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
                (whole(file, sources, &mut lowered.problems), Some(directory))
            }
        };
        match read {
            Ok(Some(tree)) => {
                let search = Search { named: self.source.as_deref(), beside };
                read_tree(&tree, search, sources, lowered);
            }
            Ok(None) => {}
            Err(problem) => lowered.problems.push(problem),
        }
    }
}

/// What is kept of a source that passes by.
fn streamed(
    stream: Stream,
    file: FileId,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Result<Option<Node>, Problem> {
    let tree = outline::of_stream(stream, file, sources, problems)?;
    if shape::is_recognised(&tree) { Ok(Some(tree)) } else { Err(shape::wrapped(Place::File(file))) }
}

/// What is kept of a file; nothing if it is no plan and speaks of no role.
fn whole(file: FileId, sources: &SourceMap, problems: &mut Vec<Problem>) -> Result<Option<Node>, Problem> {
    let unread = |message: &str| Problem::relevant(Place::File(file), message);
    let text = match sources.text(file) {
        Ok(text) => text,
        Err(_) if sources.bytes(file).is_ok_and(|bytes| shape::is_binary_plan(&bytes)) => {
            return Err(unread(shape::BINARY));
        }
        Err(error) => return Err(unread(&error.to_string())),
    };
    if shape::is_binary_plan(text.as_bytes()) {
        return Err(unread(shape::BINARY));
    }
    if shape::is_log(text.as_bytes()) {
        return Err(unread(shape::LOG));
    }
    let tree = outline::of_text(&text, file, problems)?;
    if shape::is_recognised(&tree) {
        return Ok(Some(tree));
    }
    problems.extend(shape::stranger(&text, file));
    Ok(None)
}

fn read_tree(tree: &Node, search: Search<'_>, sources: &SourceMap, lowered: &mut Lowered) {
    let resources = resource::all(tree, &mut lowered.problems);
    let configuration = Configuration::of(tree);
    let mut roles = roles(&resources, &configuration, &mut lowered.problems);
    if tree.get("resource_changes").is_some() {
        past::tell(&mut roles, self::roles(&resource::before(tree), &configuration, &mut Vec::new()));
    }
    let templates =
        resources.iter().filter_map(|r| stack::template(r, &configuration, &mut lowered.problems));
    let mut templates: Vec<_> = templates.collect();
    let code = source::point(&mut roles, &mut templates, tree, search, sources, &mut lowered.problems);
    if let Some(code) = code {
        let addresses = roles.iter().map(|role| &*role.address).chain(templates.iter().map(|t| &*t.within));
        let told =
            |address: &str| Told { root: code.root.as_str().into(), block: model::block(address).into() };
        lowered.told.extend(addresses.map(told));
        lowered.directives.extend(code.directives);
    }
    lowered.embedded.extend(templates);
    lowered.zone_facts.extend(zone::facts(tree, &resources));
    lowered.subjects.extend(roles.into_iter().map(|role| Subject::Role(Box::new(role))));
}

/// The roles among resources, with what is attached to them.
fn roles<'a>(
    resources: &[Resource<'a>],
    configuration: &Configuration<'a>,
    problems: &mut Vec<Problem>,
) -> Vec<Role> {
    let deferred = Deferred::of(resources);
    let context = Context { configuration, deferred: &deferred };
    let managed = resources.iter().filter(|resource| resource.managed);
    let mut roles: Vec<_> =
        managed.filter_map(|r| role::read(r, context, problems).map(|role| (r, role))).collect();
    grants::attach(&mut roles, resources, configuration);
    roles.into_iter().map(|(_, role)| role).collect()
}
