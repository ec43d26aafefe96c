//! The directories of a unit, each parsed when it is first asked for.
//!
//! Not here: which of them are called, and with what.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use model::{FileId, SourceMap};

use crate::graph::{calls, mentions_roles};
use crate::module::Module;
use crate::path::directory;

/// The directories that can be reached.
pub(crate) struct Library<'s> {
    sources: &'s SourceMap,
    directories: BTreeMap<String, Directory>,
}

struct Directory {
    files: Vec<FileId>,
    module: OnceCell<Arc<Module>>,
    /// Other units may lead here too; nobody calls the module that a unit starts from.
    shared: bool,
}

/// The called modules of a scan by their files: each is parsed once, however many units lead to it.
#[derive(Default)]
struct Shared(Mutex<HashMap<Vec<FileId>, Slot>>);

type Slot = Arc<OnceLock<Arc<Module>>>;

impl Shared {
    fn module(&self, files: &[FileId], load: impl FnOnce() -> Module) -> Arc<Module> {
        let mut modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = Arc::clone(modules.entry(files.to_vec()).or_default());
        drop(modules);
        Arc::clone(slot.get_or_init(|| Arc::new(load())))
    }
}

impl<'s> Library<'s> {
    pub(crate) fn new(files: &[FileId], sources: &'s SourceMap) -> Self {
        let mut directories: BTreeMap<String, Directory> = BTreeMap::new();
        let root = files.first().map(|id| sources.path(*id));
        for id in files {
            let path = sources.path(*id);
            let name = directory(&path);
            let shared = root.as_deref().is_some_and(|root| directory(root) != name);
            let new = || Directory { files: Vec::new(), module: OnceCell::new(), shared };
            directories.entry(name.to_owned()).or_insert_with(new).files.push(*id);
        }
        Library { sources, directories }
    }

    /// These modules and nothing else.
    pub(crate) fn of_modules(modules: Vec<Module>, sources: &'s SourceMap) -> Self {
        let directory = |module: Module| {
            let name = module.directory.clone();
            let module = OnceCell::from(Arc::new(module));
            (name, Directory { files: Vec::new(), module, shared: false })
        };
        Library { sources, directories: modules.into_iter().map(directory).collect() }
    }

    /// The module in a directory; `None` if the unit has no such directory.
    pub(crate) fn module(&self, directory: &str) -> Option<&Module> {
        let (name, found) = self.directories.get_key_value(directory)?;
        let load = || Module::load(name, &found.files, self.sources);
        Some(found.module.get_or_init(|| {
            if found.shared {
                self.sources.derived::<Shared>().module(&found.files, load)
            } else {
                Arc::new(load())
            }
        }))
    }

    pub(crate) fn contains(&self, directory: &str) -> bool {
        self.directories.contains_key(directory)
    }

    /// Whether there may be roles in a directory or below it in the tree of calls; parses nothing.
    pub(crate) fn may_hold_roles(&self, directory: &str) -> bool {
        let Some(found) = self.directories.get(directory) else {
            return false;
        };
        // A module that is at hand already has no files.
        found.files.is_empty()
            || found.files.iter().any(|id| match self.sources.text(*id) {
                Ok(text) => mentions_roles(text.as_bytes()) || calls(text.as_bytes()),
                // What cannot be read may hold anything; loading it says so.
                Err(_) => true,
            })
    }

    /// How many directories there are.
    pub(crate) fn len(&self) -> usize {
        self.directories.len()
    }

    /// The modules that were needed.
    pub(crate) fn loaded(&self) -> impl Iterator<Item = &Module> {
        self.directories.values().filter_map(|directory| directory.module.get().map(Arc::as_ref))
    }
}
