//! Which directory calls which: what is read together, and from where.
//!
//! Only the blocks that call are parsed, and nothing is kept of them. Not here: the values that calls pass.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;
use model::{FileId, SourceMap, Unit};

use crate::ir::Block;
use crate::parse::{Parsed, parse_calls};
use crate::path::{directory, is_hcl, is_json, is_local_source, resolve};

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

/// How many directories are followed from one root.
pub(crate) const MAX_REACHED: usize = 1_000;

pub(crate) fn mentions_roles(bytes: &[u8]) -> bool {
    TOKENS.iter().any(|token| memmem::find(bytes, token.as_bytes()).is_some())
}

/// Whether a file seems to call a module by a path.
pub(crate) fn calls_local(bytes: &[u8]) -> bool {
    let has = |token: &str| memmem::find(bytes, token.as_bytes()).is_some();
    has("module") && (has("\"./") || has("\"../") || has("\".\"") || has("\"..\""))
}

/// The directory of a local source, if the call has one that says so plainly.
pub(crate) fn local_source(call: &Block, caller: &str) -> Option<String> {
    let source = call.body.attribute("source")?.value.literal()?;
    if is_local_source(&source) { resolve(caller, &source) } else { None }
}

/// One unit for each directory with roles that nobody calls, or that leads to one with roles; with the files of all
/// that it leads to. Of directories that only call each other in a circle, one is the start.
pub(crate) fn units(claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
    let graph = Graph::new(claimed, sources);
    let mut starts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for start in graph.callers_first() {
        if seen.contains(start) {
            continue;
        }
        let reached = graph.reached(start);
        seen.extend(&reached);
        if reached.iter().any(|directory| graph.hot.contains(*directory)) {
            starts.insert(start, reached);
        }
    }
    starts
        .into_iter()
        .map(|(start, mut reached)| {
            reached.remove(start);
            let directories = std::iter::once(start).chain(reached);
            Unit { files: directories.filter_map(|d| graph.files.get(d)).flatten().copied().collect() }
        })
        .collect()
}

struct Graph {
    /// From a directory to those it calls.
    calls: BTreeMap<String, BTreeSet<String>>,
    /// Directories that mention roles.
    hot: BTreeSet<String>,
    /// All that is read of a directory: files without a role in them hold the variables and locals of those that
    /// have one.
    files: BTreeMap<String, Vec<FileId>>,
}

impl Graph {
    fn new(claimed: &[FileId], sources: &SourceMap) -> Self {
        let mut graph =
            Graph { calls: BTreeMap::new(), hot: BTreeSet::new(), files: files(claimed, sources) };
        for id in claimed {
            let path = sources.path(*id);
            let caller = directory(&path);
            let calls = graph.calls.entry(caller.to_owned()).or_default();
            let bytes = sources.bytes(*id).unwrap_or_default();
            let text = std::str::from_utf8(&bytes).ok().filter(|text| !text.is_empty());
            let Some(text) = text else {
                // It may call anything. Reading the unit says why that is not known.
                graph.hot.insert(caller.to_owned());
                continue;
            };
            let found = if calls_local(&bytes) { parse_calls(&path, text, *id) } else { Parsed::default() };
            let called = found.blocks.iter().filter_map(|call| local_source(call, caller));
            calls.extend(called.filter(|called| graph.files.contains_key(called)));
            if mentions_roles(&bytes) || !found.faults.is_empty() {
                graph.hot.insert(caller.to_owned());
            }
        }
        graph
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

/// The claimed files and all HCL files of the scan, by directory.
fn files(claimed: &[FileId], sources: &SourceMap) -> BTreeMap<String, Vec<FileId>> {
    let mut files: BTreeMap<String, Vec<FileId>> = BTreeMap::new();
    let mut add = |path: &str, id: FileId| files.entry(directory(path).to_owned()).or_default().push(id);
    for id in sources.ids() {
        let path = sources.path(id);
        if is_hcl(&path) || is_json(&path) {
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
