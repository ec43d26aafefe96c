//! The list that `terraform init` keeps of the modules it downloaded for a root module.
//!
//! Nothing is ever fetched: a module that is not in the list, or whose directory is gone, is named as missing.

use std::collections::BTreeMap;

use model::{Node, Place, Problem, SourceMap, Value};
use syntax::json;

use crate::path::{join, resolve};

/// Where the list lies below the root module.
const PATH: &str = ".terraform/modules/modules.json";

/// The directories of downloaded modules by the names of the calls that lead to them, joined by dots.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    directories: BTreeMap<Box<str>, Result<String, String>>,
}

impl Manifest {
    /// The list of a root module; empty if there is none.
    pub(crate) fn of(root: &str, sources: &SourceMap, problems: &mut Vec<Problem>) -> Manifest {
        let Some(file) = sources.open(&join(root, PATH)) else {
            return Manifest::default();
        };
        let problem = |message: String| Problem::relevant(Place::File(file), message);
        let text = match sources.text(file) {
            Ok(text) => text,
            Err(error) => {
                problems.push(problem(error.to_string()));
                return Manifest::default();
            }
        };
        match json::parse(&text, file) {
            Ok(list) => Manifest { directories: entries(root, &list) },
            Err(error) => {
                let message = format!("this list of downloaded modules is not valid JSON: {}", error.message);
                problems.push(Problem::relevant(Place::Span(error.span), message));
                Manifest::default()
            }
        }
    }

    /// Where a call leads, or why nothing may be read there; `None` if the list does not know the call.
    pub(crate) fn directory(&self, calls: &str) -> Option<Result<&str, &str>> {
        self.directories.get(calls).map(|found| found.as_deref().map_err(String::as_str))
    }

    /// All directories that may be read.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.values().filter_map(|found| found.as_deref().ok())
    }
}

fn entries(root: &str, list: &Node) -> BTreeMap<Box<str>, Result<String, String>> {
    let Some(Value::List(modules)) = list.get("Modules").map(|node| &node.value) else {
        return BTreeMap::new();
    };
    let text = |module: &Node, key| module.get(key)?.scalar()?.value.as_str().map(str::to_owned);
    let entry = |module: &Node| {
        let (key, written) = (text(module, "Key")?, text(module, "Dir")?);
        // Windows writes its own separators.
        let directory = resolve(root, &written.replace('\\', "/"));
        let outside =
            || format!("`{written}` in the list of downloaded modules lies outside of what is scanned");
        (!key.is_empty()).then(|| (key.into(), directory.ok_or_else(outside)))
    };
    modules.items.iter().filter_map(entry).collect()
}
