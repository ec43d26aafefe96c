//! A module directory: its blocks, found by what they declare.
//!
//! Not here: evaluation, the modules that it calls.

use std::collections::{BTreeMap, BTreeSet};

use model::{Directive, FileId, Place, Problem, SourceMap};

use crate::ir::{Attribute, Block, Body, Fault};
use crate::parse::{Looked, parse_file};
use crate::path::file_name;

/// The files of one directory, read together.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The directory, `""` for the root.
    pub(crate) directory: String,
    pub(crate) blocks: Vec<Block>,
    faults: Vec<Fault>,
    pub(crate) problems: Vec<Problem>,
    /// What comments say to the scanner.
    pub(crate) directives: Vec<Directive>,
    resources: BTreeMap<(bool, Box<str>, Box<str>), usize>,
    variables: BTreeMap<Box<str>, usize>,
    locals: BTreeMap<Box<str>, (usize, usize)>,
    outputs: BTreeMap<Box<str>, usize>,
    calls: BTreeMap<Box<str>, usize>,
}

impl Module {
    /// Reads the files; those that override come last and change what the others declare.
    pub(crate) fn load(directory: &str, files: &[FileId], sources: &SourceMap) -> Module {
        let mut module = Module { directory: directory.to_owned(), ..Module::default() };
        let files: Vec<FileId> = unshadowed(files.to_vec(), sources);
        let overrides = |id: &FileId| is_override(&sources.path(*id));
        for id in files.iter().filter(|id| !overrides(id)) {
            let blocks = module.read(*id, sources);
            module.blocks.extend(blocks);
        }
        for id in files.iter().filter(|id| overrides(id)) {
            for block in module.read(*id, sources) {
                module.apply_override(block);
            }
        }
        module.index();
        module
    }

    /// A module of blocks that are parsed already; those that override are marked.
    pub(crate) fn of_blocks(directory: &str, blocks: Vec<(bool, Block)>, faults: Vec<Fault>) -> Module {
        let mut module = Module { directory: directory.to_owned(), faults, ..Module::default() };
        for (overrides, block) in blocks {
            if overrides {
                module.apply_override(block);
            } else {
                module.blocks.push(block);
            }
        }
        module.index();
        module
    }

    fn read(&mut self, id: FileId, sources: &SourceMap) -> Vec<Block> {
        match sources.text(id) {
            Ok(text) => {
                let looked = sources.derived::<Looked>().take(id);
                let parsed = looked.unwrap_or_else(|| parse_file(&sources.path(id), &text, id));
                self.faults.extend(parsed.faults);
                for directive in parsed.directives {
                    match directive {
                        Ok(directive) => self.directives.push(directive),
                        Err(problem) => self.problems.push(problem),
                    }
                }
                parsed.blocks
            }
            Err(error) => {
                self.problems.push(Problem::relevant(Place::File(id), error.to_string()));
                Vec::new()
            }
        }
    }

    /// An overriding block replaces attributes by name and nested blocks by kind.
    fn apply_override(&mut self, block: Block) {
        let names = |b: &Block| b.labels.iter().map(|l| l.text.clone()).collect::<Vec<_>>();
        let same = |b: &&mut Block| b.ident.text == block.ident.text && names(b) == names(&block);
        let Some(base) = self.blocks.iter_mut().find(same) else {
            self.blocks.push(block);
            return;
        };
        // What is at fault on either side changes nothing; it is told with all that was asked for.
        if let Some(base) = base.body_mut() {
            replace(base, block.body());
        }
        self.faults.extend(block.fault().cloned());
    }

    fn index(&mut self) {
        for (at, block) in self.blocks.iter().enumerate() {
            match (&*block.ident.text, block.label(0), block.label(1)) {
                (word @ ("resource" | "data"), Some(kind), Some(name)) => {
                    self.resources.entry((word == "data", kind.into(), name.into())).or_insert(at);
                }
                ("variable", Some(name), None) => {
                    self.variables.entry(name.into()).or_insert(at);
                }
                ("output", Some(name), None) => {
                    self.outputs.entry(name.into()).or_insert(at);
                }
                ("module", Some(name), None) => {
                    self.calls.entry(name.into()).or_insert(at);
                }
                ("locals", None, None) => {
                    for (inner, attribute) in block.body().attributes.iter().enumerate() {
                        self.locals.entry(attribute.name.text.clone()).or_insert((at, inner));
                    }
                }
                _ => {}
            }
        }
    }

    /// What could not be parsed of all that was asked for.
    pub(crate) fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().chain(self.blocks.iter().filter_map(Block::fault))
    }

    /// Whether it may declare more than what could be read of it.
    pub(crate) fn is_broken(&self) -> bool {
        !self.faults.is_empty() || self.problems.iter().any(|problem| problem.relevant)
    }

    /// The block of a managed resource or, with `data`, of a data source.
    pub(crate) fn resource(&self, data: bool, kind: &str, name: &str) -> Option<&Block> {
        let index = self.resources.get(&(data, kind.into(), name.into()))?;
        self.blocks.get(*index)
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Block> {
        self.variables.get(name).and_then(|index| self.blocks.get(*index))
    }

    pub(crate) fn variable_names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(|name| &**name)
    }

    pub(crate) fn output(&self, name: &str) -> Option<&Block> {
        self.outputs.get(name).and_then(|index| self.blocks.get(*index))
    }

    /// The block that calls a module.
    pub(crate) fn call(&self, name: &str) -> Option<&Block> {
        self.calls.get(name).and_then(|index| self.blocks.get(*index))
    }

    /// All blocks that call modules, also those that share a name.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.is("module"))
    }

    pub(crate) fn local(&self, name: &str) -> Option<&Attribute> {
        let (block, attribute) = self.locals.get(name)?;
        self.blocks.get(*block)?.body().attributes.get(*attribute)
    }

    /// The managed resources of one kind, in source order.
    pub(crate) fn resources_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> + 'a {
        self.blocks
            .iter()
            .filter(move |b| b.is("resource") && b.label(0) == Some(kind) && b.labels.len() == 2)
    }
}

fn replace(base: &mut Body, by: &Body) {
    for attribute in &by.attributes {
        match base.attributes.iter_mut().find(|a| a.name.text == attribute.name.text) {
            Some(old) => *old = attribute.clone(),
            None => base.attributes.push(attribute.clone()),
        }
    }
    let replaces = |old: &Block| by.blocks.iter().any(|new| content_kind(new) == content_kind(old));
    base.blocks.retain(|old| !replaces(old));
    base.blocks.extend(by.blocks.iter().cloned());
}

/// The kind of a nested block; a `dynamic` block is of the kind that it makes.
fn content_kind(block: &Block) -> Option<&str> {
    if block.is("dynamic") { block.label(0) } else { Some(&block.ident.text) }
}

/// The files without those that OpenTofu passes over: beside `a.tofu` there is no `a.tf`.
fn unshadowed(files: Vec<FileId>, sources: &SourceMap) -> Vec<FileId> {
    let paths: BTreeSet<String> = files.iter().map(|id| sources.path(*id)).collect();
    let shadow = |path: &str| match path.strip_suffix(".tf.json") {
        Some(stem) => Some(format!("{stem}.tofu.json")),
        None => path.strip_suffix(".tf").map(|stem| format!("{stem}.tofu")),
    };
    let stays = |id: &FileId| shadow(&sources.path(*id)).is_none_or(|other| !paths.contains(&other));
    files.into_iter().filter(stays).collect()
}

pub(crate) fn is_override(path: &str) -> bool {
    let file = file_name(path);
    let stem = EXTENSIONS.iter().find_map(|extension| file.strip_suffix(extension)).unwrap_or(file);
    stem == "override" || stem.ends_with("_override")
}

const EXTENSIONS: &[&str] = &[".tf", ".tofu", ".tf.json", ".tofu.json"];
