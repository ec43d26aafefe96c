//! Which directory calls which: what is read together, and from where.
//!
//! Files that may call are parsed for it, and kept for the modules that they belong to. Not here: the values that
//! calls pass.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use model::{FileId, SourceMap, Unit};

use crate::ir::Block;
use crate::manifest::Manifest;
use crate::parse::{Looked, parse_file};
use crate::path::{directory, is_local_source, is_module_file, resolve};

/// What a file of a module with roles says.
const TOKENS: &[&str] = &[
    "aws_iam_role",
    "awscc_iam_role",
    "alicloud_ram_role",
    "aws_iam_policy",
    "alicloud_ram_policy",
    "allowed_account_ids",
    "aws_caller_identity",
    "AssumeRole",
    "assume_role",
    "cloudformation_stack",
    "ros_stack",
];

/// How many directories are followed from one root.
pub(crate) const MAX_REACHED: usize = 1_000;

pub(crate) fn mentions_roles(bytes: &[u8]) -> bool {
    TOKENS.iter().any(|token| memmem::find(bytes, token.as_bytes()).is_some())
}

/// Whether a file seems to call a module.
pub(crate) fn calls(bytes: &[u8]) -> bool {
    let has = |token: &str| memmem::find(bytes, token.as_bytes()).is_some();
    has("module") && has("source")
}

/// One unit for each directory with roles that nobody calls, or that leads to one with roles; with the files of all
/// that it leads to. Of directories that only call each other in a circle, one is the start.
pub(crate) fn units(claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
    let graph = Graph::new(claimed, sources);
    let mut starts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for start in graph.callers_first() {
        if seen.contains(start) || graph.is_downloaded(start) {
            continue;
        }
        let reached = graph.reached(start);
        seen.extend(&reached);
        if reached.iter().any(|directory| graph.hot.contains(*directory)) {
            starts.insert(start, reached);
        }
    }
    let unit = |(start, mut reached): (&str, BTreeSet<&str>)| {
        reached.remove(start);
        let directories = std::iter::once(start).chain(reached);
        Unit { files: directories.filter_map(|d| graph.files.get(d)).flatten().copied().collect() }
    };
    let units: Vec<Unit> = starts.into_iter().map(unit).collect();
    let read = units.iter().flat_map(|unit| &unit.files).copied().collect();
    sources.derived::<Looked>().drop_others(&read);
    units
}

#[derive(Default)]
struct Graph {
    /// From a directory to those it calls.
    calls: BTreeMap<String, BTreeSet<String>>,
    /// Directories that mention roles, or that call what is not there.
    hot: BTreeSet<String>,
    /// All that is read of a directory: files without a role in them hold the variables and locals of those that
    /// have one.
    files: BTreeMap<String, Vec<FileId>>,
    /// Directories for which modules were downloaded.
    initialised: BTreeSet<String>,
}

impl Graph {
    fn new(claimed: &[FileId], sources: &SourceMap) -> Self {
        let mut graph = Graph { files: files(claimed, sources), ..Graph::default() };
        let callers: BTreeSet<String> =
            claimed.iter().map(|id| directory(&sources.path(*id)).to_owned()).collect();
        for caller in callers {
            // What is wrong with the list is said when the unit is read.
            let manifest = Manifest::of(&caller, sources, &mut Vec::new());
            let downloaded: BTreeSet<String> = manifest.directories().map(str::to_owned).collect();
            if downloaded.is_empty() {
                continue;
            }
            for called in &downloaded {
                graph.download(called, sources);
            }
            graph.calls.entry(caller.clone()).or_default().extend(downloaded);
            graph.initialised.insert(caller);
        }
        for id in claimed {
            graph.look(*id, sources);
        }
        graph
    }

    /// Takes in a directory that the walk may have left out.
    fn download(&mut self, directory: &str, sources: &SourceMap) {
        if self.files.contains_key(directory) {
            return;
        }
        let listed = sources.list_all(directory);
        let files: Vec<FileId> = listed.into_iter().filter(|id| is_module_file(&sources.path(*id))).collect();
        if files.is_empty() {
            return;
        }
        self.files.insert(directory.to_owned(), files.clone());
        for id in files {
            self.look(id, sources);
        }
    }

    /// Notes whom a file calls and whether it matters.
    fn look(&mut self, id: FileId, sources: &SourceMap) {
        let path = sources.path(id);
        let caller = directory(&path);
        let called = self.calls.entry(caller.to_owned()).or_default();
        let Some(text) = sources.text(id).ok().filter(|text| !text.is_empty()) else {
            // It may call anything. Reading the unit says why that is not known.
            self.hot.insert(caller.to_owned());
            return;
        };
        let mut hot = mentions_roles(text.as_bytes());
        let found = calls(text.as_bytes()).then(|| parse_file(&path, &text, id));
        hot |= found.as_ref().is_some_and(|found| !found.faults.is_empty());
        for call in found.iter().flat_map(|found| &found.blocks).filter(|block| block.is("module")) {
            match source(call, caller) {
                Source::Directory(directory) if self.files.contains_key(&directory) => {
                    called.insert(directory);
                }
                // Reading the unit names it.
                Source::Directory(_) | Source::Elsewhere => hot = true,
            }
        }
        if hot {
            self.hot.insert(caller.to_owned());
        }
        if let Some(found) = found {
            sources.derived::<Looked>().keep(id, found);
        }
    }

    /// Whether a directory belongs to what was downloaded for another: it is judged through its callers alone.
    fn is_downloaded(&self, directory: &str) -> bool {
        let root = match directory.split_once(".terraform/modules/") {
            Some((root, _)) => root.strip_suffix('/').unwrap_or(root),
            None => return false,
        };
        self.initialised.contains(root)
    }

    /// All directories, each before those it leads to unless they lead back to it.
    fn callers_first(&self) -> Vec<&str> {
        let mut order: Vec<&str> = Vec::new();
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for start in self.calls.keys() {
            if !seen.insert(start) {
                continue;
            }
            let mut path = vec![(start.as_str(), self.called(start))];
            while let Some((directory, rest)) = path.last_mut() {
                match rest.next() {
                    Some(next) if seen.insert(next) => path.push((next, self.called(next))),
                    Some(_) => {}
                    None => {
                        order.push(directory);
                        path.pop();
                    }
                }
            }
        }
        order.reverse();
        order
    }

    fn called<'g>(&'g self, directory: &str) -> Box<dyn Iterator<Item = &'g str> + 'g> {
        Box::new(self.calls.get(directory).into_iter().flatten().map(String::as_str))
    }

    /// A directory and what it leads to.
    fn reached<'g>(&'g self, start: &'g str) -> BTreeSet<&'g str> {
        let mut reached = BTreeSet::from([start]);
        let mut left = vec![start];
        while let Some(directory) = left.pop() {
            for next in self.called(directory) {
                if reached.len() < MAX_REACHED && reached.insert(next) {
                    left.push(next);
                }
            }
        }
        reached
    }
}

/// What a call's source says by itself.
enum Source {
    /// A directory beside the caller.
    Directory(String),
    /// Somewhere else.
    Elsewhere,
}

fn source(call: &Block, caller: &str) -> Source {
    let literal = call.body().attribute("source").and_then(|source| source.value.literal());
    let local = literal.filter(|source| is_local_source(source));
    local.and_then(|source| resolve(caller, &source)).map_or(Source::Elsewhere, Source::Directory)
}

/// The claimed files and all HCL files of the scan, by directory.
fn files(claimed: &[FileId], sources: &SourceMap) -> BTreeMap<String, Vec<FileId>> {
    let mut files: BTreeMap<String, Vec<FileId>> = BTreeMap::new();
    let mut add = |path: &str, id: FileId| files.entry(directory(path).to_owned()).or_default().push(id);
    for id in sources.ids() {
        let path = sources.path(id);
        if is_module_file(&path) {
            add(&path, id);
        }
    }
    claimed.iter().for_each(|id| add(&sources.path(*id), *id));
    for list in files.values_mut() {
        list.sort_unstable();
        list.dedup();
    }
    files
}
