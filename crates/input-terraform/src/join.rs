//! A root module read for a plan that was made from it: where the code says what the plan says.
//!
//! Not here: which directory it is, and which of both is believed where they differ (the plan input).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Directive, Embedded, FileId, Lowered, Node, Role, SourceMap, SourceText, Span};

use crate::embedded;
use crate::eval::{Evaluator, Target, World};
use crate::given::{self, Setting, Variables};
use crate::grant::Attachments;
use crate::graph::MAX_REACHED;
use crate::ir::Block;
use crate::library::Library;
use crate::manifest::Manifest;
use crate::parse::parse_file;
use crate::path::{directory, is_local_source, is_module_file, resolve};
use crate::role::{self, ROLE_KINDS};
use crate::value::Val;

/// The code behind a plan.
#[derive(Debug, Default)]
pub struct Source {
    /// Its roles, with the addresses that a plan gives them where the code alone tells the instances apart.
    pub roles: Vec<Role>,
    /// The calls of modules that were met, by the names that lead to them, joined by dots.
    pub calls: HashMap<String, Span>,
    /// The modules that were read, in the same way; the root is the empty name.
    pub modules: BTreeSet<String>,
    /// What its comments say to the scanner.
    pub directives: Vec<Directive>,
    /// The templates that it deploys.
    pub templates: Vec<Embedded>,
}

/// Reads the root module in `root` with the values that a plan's variables had.
pub fn read(root: &str, variables: &[(Box<str>, &Node)], sources: &SourceMap) -> Source {
    // What is wrong with the code is said where the code itself is scanned; a plan was made of it all the same.
    let mut ignored = Vec::new();
    let manifest = Manifest::of(root, sources, &mut ignored);
    let files = reached(root, &manifest, sources);
    let library = Library::new(&files, sources);
    let mut given = given::values(root, &Variables::default(), None, sources, &mut ignored);
    if let Some(module) = library.module(root) {
        for (name, value) in variables {
            if let Some(block) = module.variable(name) {
                // The value stands in the plan; for a reader of the code it is the variable that has it.
                let value = Val::of_node(value).stands_at(block.header);
                given.insert(name.clone(), Setting::Value(value));
            }
        }
    }
    let mut world = World::new(sources, &library, root, given);
    world.manifest = manifest;
    let mut source = Source::default();
    if let Some(module) = library.module(root) {
        let mut attachments = Attachments::default();
        visit(&Evaluator::of_root(&world, module), "", &mut attachments, &mut source);
        source.roles.iter_mut().for_each(|role| attachments.grant_role(role));
    }
    source.directives = library.loaded().flat_map(|module| module.directives.iter().cloned()).collect();
    source
}

/// The files of the root module and of all that it may lead to.
fn reached(root: &str, manifest: &Manifest, sources: &SourceMap) -> Vec<FileId> {
    let mut directories: BTreeMap<String, Vec<FileId>> = BTreeMap::new();
    let downloaded = manifest.directories().map(str::to_owned);
    let mut left: Vec<String> = std::iter::once(root.to_owned()).chain(downloaded).collect();
    while let Some(next) = left.pop() {
        if directories.len() >= MAX_REACHED || directories.contains_key(&next) {
            continue;
        }
        let files = module_files(&next, sources);
        for (id, text) in texts(&files, sources) {
            let calls =
                parse_file(&sources.path(id), &text, id).blocks.into_iter().filter(|b| b.is("module"));
            let local = calls.filter_map(|call| {
                let source = call.body().attribute("source")?.value.literal()?;
                is_local_source(&source).then(|| resolve(&next, &source)).flatten()
            });
            left.extend(local);
        }
        directories.insert(next, files);
    }
    directories.into_values().flatten().collect()
}

fn module_files(directory: &str, sources: &SourceMap) -> Vec<FileId> {
    sources.list_all(directory).into_iter().filter(|id| is_module_file(&sources.path(*id))).collect()
}

fn texts(files: &[FileId], sources: &SourceMap) -> Vec<(FileId, SourceText)> {
    files.iter().filter_map(|id| Some((*id, sources.text(*id).ok()?))).collect()
}

/// The blocks that a directory declares, as a plan addresses them in their module: `kind.name`, `data.kind.name` and
/// `module.name`.
pub fn blocks(directory: &str, sources: &SourceMap) -> BTreeSet<String> {
    let parsed = texts(&module_files(directory, sources), sources);
    let blocks = parsed.iter().flat_map(|(id, text)| parse_file(&sources.path(*id), text, *id).blocks);
    blocks.filter_map(|block| declared(&block)).collect()
}

fn declared(block: &Block) -> Option<String> {
    match (&*block.ident.text, block.label(0)?, block.label(1)) {
        ("resource", kind, Some(name)) => Some(format!("{kind}.{name}")),
        ("data", kind, Some(name)) => Some(format!("data.{kind}.{name}")),
        ("module", name, None) => Some(format!("module.{name}")),
        _ => None,
    }
}

/// The directories of the scan that hold Terraform code.
pub fn directories(sources: &SourceMap) -> BTreeSet<String> {
    let paths = sources.ids().map(|id| sources.path(id));
    paths.filter(|path| is_module_file(path)).map(|path| directory(&path).to_owned()).collect()
}

fn visit(evaluator: &Evaluator<'_>, names: &str, attachments: &mut Attachments, source: &mut Source) {
    source.modules.insert(names.to_owned());
    attachments.collect(evaluator);
    let mut lowered = Lowered::default();
    embedded::templates(evaluator, &mut lowered);
    source.templates.extend(lowered.embedded);
    for kind in ROLE_KINDS {
        for block in evaluator.module.resources_of(kind.kind) {
            source.roles.extend(role::read(evaluator, kind, block, &[], &mut Vec::new()));
        }
    }
    for call in evaluator.module.calls() {
        let name = call.label(0).unwrap_or_default();
        let names = if names.is_empty() { name.to_owned() } else { format!("{names}.{name}") };
        source.calls.insert(names.clone(), call.header);
        let Target::Directory(called) = evaluator.target(call) else {
            continue;
        };
        if !evaluator.world.library.may_hold_roles(&called) {
            continue;
        }
        let instances = evaluator.instances(call);
        // The plan knows which there are, also where the code does not.
        let others = if instances.list.is_empty() {
            evaluator.other_instances(call, &instances.opened_by)
        } else {
            instances.list
        };
        for instance in &others {
            if let Ok(callee) = evaluator.callee(call, instance) {
                visit(&callee, &names, attachments, source);
            }
        }
    }
}
