//! From the paths on the command line to the files of the run: the walk, the names the report uses, and the
//! [`Loader`] that reads them.
//!
//! Deliberately not here: what a file holds. Every file gets a name and can be opened by an input (a trust policy
//! may stand in a file of any name); which ones are looked at is decided later.
#![allow(clippy::disallowed_methods, reason = "this is where the program touches the disk")]

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ignore::WalkBuilder;
use model::{LoadError, Loader, Place, Problem, SourceMap, Stream};

/// The path that stands for standard input, on the command line and in the report.
pub(crate) const STDIN: &str = "-";

/// How much of a source that can be read only once is looked at to tell what it is.
const HEAD: u64 = 64 * 1024;

/// Directories that hold no source of the user's.
const SKIPPED: [&str; 2] = [".git", "node_modules"];

/// The files of a run.
pub(crate) struct Discovery {
    /// All of them, by the name the report uses.
    pub(crate) sources: SourceMap,
    /// Those to look at, in the order of their names.
    pub(crate) candidates: Vec<Candidate>,
    /// What could not be found or listed.
    pub(crate) problems: Vec<Problem>,
    /// The first path by the report's names; empty is the base.
    pub(crate) start: String,
    /// The directory of the code behind plans, if one was named.
    pub(crate) source: Option<String>,
    /// The current directory, if something comes by standard input or a pipe.
    pub(crate) here: Option<String>,
    /// The names of the files that were asked for beside the walk, or why one cannot be had.
    pub(crate) also: Vec<Result<String, String>>,
}

/// A file to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its name in the report.
    pub(crate) name: String,
    /// The user named this very file, so it is looked at whatever its name.
    pub(crate) explicit: bool,
}

/// Finds the files under `paths`; those of `also` can be opened, but are not looked at. `source` is where the code of
/// plans lies.
pub(crate) fn discover(
    paths: &[PathBuf],
    also: &[PathBuf],
    source: Option<&Path>,
    no_ignore: bool,
) -> Discovery {
    let cwd = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    let mut walk = Walk { no_ignore, ..Walk::default() };
    let mut roots = Vec::new();
    for path in paths {
        if let Some(root) = walk.root(path) {
            roots.push(root);
        }
    }
    let source = source.and_then(|source| walk.source(source));
    let here = (!walk.disk.once.is_empty()).then(|| cwd.clone());
    walk.disk.base = base(&roots, source.iter().chain(&here).map(PathBuf::as_path), &cwd);
    walk.disk.code = code(&roots, source.iter().chain(&here));
    walk.disk.roots = roots.iter().map(Root::directory).collect();
    for root in &roots {
        walk.add(root, &cwd);
    }
    let source = source.map(|source| walk.name_of(&source));
    let here = here.map(|here| walk.name_of(&here));
    let start = roots.first().map(|root| walk.start(root)).unwrap_or_default();
    let also = also.iter().map(|path| walk.also(path)).collect();
    Discovery { start, also, source, here, ..walk.finish() }
}

/// A path on the command line that exists on the disk.
struct Root {
    /// As the user wrote it.
    given: PathBuf,
    /// Absolute, without symbolic links.
    disk: PathBuf,
    is_dir: bool,
}

impl Root {
    /// Inside of which other files may be opened.
    fn directory(&self) -> PathBuf {
        match self.disk.parent() {
            Some(parent) if !self.is_dir => parent.to_owned(),
            Some(_) | None => self.disk.clone(),
        }
    }
}

/// What the report's paths are relative to: the repository of the first path that lies in one, else the current
/// directory.
fn base<'a>(roots: &'a [Root], code: impl Iterator<Item = &'a Path>, cwd: &'a Path) -> PathBuf {
    let mut paths = roots.iter().map(|root| root.disk.as_path()).chain(code);
    paths.find_map(repository).unwrap_or(cwd).to_owned()
}

/// Where the code of plans may be opened although it is not scanned: the repository around a plan that the user names,
/// for its module may call others there; without a repository, the directory itself.
fn code<'a>(roots: &'a [Root], named: impl Iterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    let is_json = |root: &&Root| !root.is_dir && root.disk.extension().is_some_and(|e| e == "json");
    let beside = roots.iter().filter(is_json).filter_map(|root| root.disk.parent());
    let directories = named.map(PathBuf::as_path).chain(beside);
    directories.map(|directory| repository(directory).unwrap_or(directory).to_owned()).collect()
}

/// The root of the repository that a path lies in.
pub(crate) fn repository(path: &Path) -> Option<&Path> {
    path.ancestors().find(|directory| directory.join(".git").exists())
}

#[derive(Default)]
struct Walk {
    no_ignore: bool,
    disk: Disk,
    /// Names by file, so that a file reached twice is one file.
    names: HashMap<PathBuf, String>,
    /// Names of the files to look at, and whether the user named them.
    wanted: BTreeMap<String, bool>,
    links: Vec<Link>,
    problems: Vec<Problem>,
}

impl Walk {
    fn problem(&mut self, path: &str, message: impl Into<Box<str>>) {
        self.problems.push(Problem::relevant(Place::Path(path.into()), message));
    }

    /// Looks at one path of the command line. `None` if there is nothing to walk: a problem, or bytes that were
    /// read on the spot because they can be read only once.
    fn root(&mut self, given: &Path) -> Option<Root> {
        let shown = slashed(given);
        if given == Path::new(STDIN) {
            if !self.disk.once.contains_key(STDIN) {
                self.once(STDIN, io::stdin());
            }
            return None;
        }
        let kind = match fs::metadata(given) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.problem(&shown, "does not exist");
                return None;
            }
            Err(error) => {
                self.problem(&shown, format!("cannot be read: {}", reason(&error)));
                return None;
            }
        };
        if !kind.is_dir() && !kind.is_file() {
            // A pipe: `<(terraform show -json plan.out)`.
            match fs::File::open(given) {
                Ok(file) => self.once(&shown, file),
                Err(error) => self.problem(&shown, format!("cannot be read: {}", reason(&error))),
            }
            return None;
        }
        match fs::canonicalize(given) {
            Ok(disk) => Some(Root { given: given.to_owned(), disk, is_dir: kind.is_dir() }),
            Err(error) => {
                self.problem(&shown, format!("cannot be read: {}", reason(&error)));
                None
            }
        }
    }

    /// The directory that holds the code of plans.
    fn source(&mut self, given: &Path) -> Option<PathBuf> {
        match fs::canonicalize(given) {
            Ok(directory) if directory.is_dir() => return Some(directory),
            Ok(_) => self.problem(&slashed(given), "is no directory"),
            Err(error) => self.problem(&slashed(given), format!("cannot be read: {}", reason(&error))),
        }
        None
    }

    /// What the report calls a directory.
    fn name_of(&mut self, directory: &Path) -> String {
        if let Ok(relative) = directory.strip_prefix(&self.disk.base) {
            return slashed(relative);
        }
        let name = slashed(directory);
        self.disk.outside.push((name.clone(), directory.to_owned()));
        name
    }

    /// A source that can be read only once: only its head is read on the spot.
    fn once(&mut self, name: &str, mut source: impl Read + Send + 'static) {
        let mut head = Vec::new();
        match source.by_ref().take(HEAD).read_to_end(&mut head) {
            Ok(0) => self.problem(name, "nothing to scan: it is empty"),
            Ok(_) => {
                let unread = Once::Unread { head, rest: Box::new(source) };
                self.disk.once.insert(name.to_owned(), Mutex::new(unread));
                self.wanted.insert(name.to_owned(), true);
            }
            Err(error) => self.problem(name, format!("cannot be read: {}", reason(&error))),
        }
    }

    fn add(&mut self, root: &Root, cwd: &Path) {
        let name = self.root_name(root, cwd);
        if root.is_dir {
            self.walk(root, &name);
            return;
        }
        self.want(name.clone(), root.disk.clone(), true);
        // Its neighbours are not looked at, but it may be a part of what they are (a Terraform module).
        let Some(directory) = root.disk.parent() else { return };
        let name = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        if let Err(error) = self.neighbours(directory, name) {
            self.problem(name, format!("cannot be listed: {}", reason(&error)));
        }
    }

    /// The name that a root has in the report.
    fn start(&self, root: &Root) -> String {
        if let Ok(relative) = root.disk.strip_prefix(&self.disk.base) {
            return slashed(relative);
        }
        let named = self.disk.outside.iter().find(|(_, disk)| *disk == root.disk);
        named.map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Lists a file beside the walk.
    fn also(&mut self, given: &Path) -> Result<String, String> {
        let failed = |why: &str| format!("cannot read `{}`: {why}", slashed(given));
        let disk = fs::canonicalize(given).map_err(|error| failed(&reason(&error)))?;
        if disk.is_dir() {
            return Err(failed("it is a directory"));
        }
        let name = disk.strip_prefix(&self.disk.base).map_or_else(|_| slashed(given), slashed);
        self.list(name, disk).ok_or_else(|| failed("another file has a name that reads the same"))
    }

    fn neighbours(&mut self, directory: &Path, name: &str) -> io::Result<()> {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let called = join(name, &slashed(Path::new(&entry.file_name())));
            if kind.is_file() {
                self.list(called, entry.path());
            } else if kind.is_symlink() {
                self.link(called, &entry.path(), false);
            }
        }
        Ok(())
    }

    /// The name of a root: relative to the base if it lies there, else as given.
    fn root_name(&mut self, root: &Root, cwd: &Path) -> String {
        if let Ok(relative) = root.disk.strip_prefix(&self.disk.base) {
            return slashed(relative);
        }
        // Relative to a directory that is not the base, a name could be mistaken for one below the base.
        let relative_to_base = root.given.is_absolute() || cwd == self.disk.base;
        let name = if relative_to_base { slashed(&root.given) } else { slashed(&root.disk) };
        self.disk.outside.push((name.clone(), root.disk.clone()));
        name
    }

    fn walk(&mut self, root: &Root, name: &str) {
        let ignore = !self.no_ignore;
        let walk = WalkBuilder::new(&root.disk)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .git_ignore(ignore)
            .git_exclude(ignore)
            .parents(ignore)
            .require_git(false)
            .sort_by_file_name(OsStr::cmp)
            .filter_entry(|entry| {
                let skipped = SKIPPED.iter().any(|dir| entry.file_name() == OsStr::new(dir));
                entry.depth() == 0 || !skipped
            })
            .build();
        let called = |path: &Path| match path.strip_prefix(&root.disk) {
            Ok(relative) => join(name, &slashed(relative)),
            Err(_) => slashed(path),
        };
        for entry in walk {
            match entry {
                Ok(entry) => {
                    let called = called(entry.path());
                    // Directories are walked; sockets and devices hold no source.
                    let Some(kind) = entry.file_type() else { continue };
                    if kind.is_file() {
                        self.want(called, entry.into_path(), false);
                    } else if kind.is_symlink() {
                        self.link(called, entry.path(), true);
                    }
                }
                Err(error) => {
                    let path = path_of(&error).map(called).unwrap_or_else(|| name.to_owned());
                    let reason = error.io_error().map(reason).unwrap_or_else(|| error.to_string());
                    self.problem(
                        if path.is_empty() { "." } else { &path },
                        format!("cannot be listed: {reason}"),
                    );
                }
            }
        }
    }

    /// Gives a file its name, unless it has one; returns the name it has.
    fn list(&mut self, name: String, disk: PathBuf) -> Option<String> {
        if let Some(known) = self.names.get(&disk) {
            return Some(known.clone());
        }
        if self.disk.files.contains_key(&name) || self.disk.once.contains_key(&name) {
            self.problem(&name, "not read: another file has a name that reads the same");
            return None;
        }
        self.names.insert(disk.clone(), name.clone());
        self.disk.files.insert(name.clone(), disk);
        Some(name)
    }

    /// A file to look at.
    fn want(&mut self, name: String, disk: PathBuf, explicit: bool) {
        if let Some(name) = self.list(name, disk) {
            *self.wanted.entry(name).or_default() |= explicit;
        }
    }

    fn link(&mut self, name: String, path: &Path, wanted: bool) {
        // A link to a directory is not followed: what it leads to inside is walked in its own place. A link that
        // leads nowhere hides nothing.
        if let Ok(target) = fs::canonicalize(path)
            && target.is_file()
            && self.disk.holds(&target)
        {
            self.links.push(Link { name, target, wanted });
        }
    }

    /// Links to files can be opened under their own name (a Terraform module may share a file with another), but
    /// are not looked at by themselves if their target is.
    fn finish(mut self) -> Discovery {
        for Link { name, target, wanted } in std::mem::take(&mut self.links) {
            let known = self.names.get(&target).is_some_and(|target| self.wanted.contains_key(target));
            if wanted && !known {
                self.wanted.entry(name.clone()).or_default();
            }
            self.disk.files.entry(name).or_insert(target);
        }
        let names = self.disk.files.keys().chain(self.disk.once.keys()).cloned().collect();
        let candidates = self.wanted.into_iter().map(|(name, explicit)| Candidate { name, explicit });
        Discovery {
            sources: SourceMap::new(names, Box::new(self.disk)),
            candidates: candidates.collect(),
            problems: self.problems,
            source: None,
            here: None,
            start: String::new(),
            also: Vec::new(),
        }
    }
}

/// A symbolic link to a file inside of the roots.
struct Link {
    name: String,
    target: PathBuf,
    wanted: bool,
}

/// A source that can be read only once.
enum Once {
    Unread {
        head: Vec<u8>,
        rest: Stream,
    },
    /// An input has read it piece by piece.
    Gone,
    /// No input could, so all of it was read.
    Whole(Vec<u8>),
}

impl Once {
    /// The source from its start, if it has not been read.
    fn take(&mut self) -> Option<Stream> {
        match std::mem::replace(self, Once::Gone) {
            Once::Unread { head, rest } => Some(Box::new(io::Cursor::new(head).chain(rest))),
            read => {
                *self = read;
                None
            }
        }
    }

    fn load(&mut self) -> Result<Vec<u8>, LoadError> {
        if let Some(source) = self.take() {
            *self = Once::Whole(all(source, 0)?);
        }
        match self {
            Once::Whole(bytes) => Ok(bytes.clone()),
            Once::Unread { .. } | Once::Gone => Err(LoadError("it can be read only once".to_owned())),
        }
    }
}

/// All bytes of a source, of which `size` are expected.
fn all(source: impl Read, size: usize) -> Result<Vec<u8>, LoadError> {
    // One byte more than is read at most, so that the source map sees that it is too large.
    let most = SourceMap::MAX_BYTES.saturating_add(1);
    let mut bytes = Vec::with_capacity(size.min(most));
    let limited = source.take(u64::try_from(most).unwrap_or(u64::MAX));
    match { limited }.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(LoadError(reason(&error))),
    }
}

/// The disk, seen through the names of the report.
#[derive(Default)]
struct Disk {
    base: PathBuf,
    files: HashMap<String, PathBuf>,
    once: HashMap<String, Mutex<Once>>,
    /// Roots outside of the base, and what they are called.
    outside: Vec<(String, PathBuf)>,
    /// Directories inside of which files may be opened.
    roots: Vec<PathBuf>,
    /// The same, for the code of plans.
    code: Vec<PathBuf>,
}

impl Disk {
    fn holds(&self, canonical: &Path) -> bool {
        self.roots.iter().any(|root| canonical.starts_with(root))
    }

    fn opens(&self, canonical: &Path) -> bool {
        self.holds(canonical) || self.code.iter().any(|root| canonical.starts_with(root))
    }

    fn once(&self, name: &str) -> Option<MutexGuard<'_, Once>> {
        Some(self.once.get(name)?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn locate(&self, name: &str) -> PathBuf {
        if let Some(path) = self.files.get(name) {
            return path.clone();
        }
        let outside = self.outside.iter().find_map(|(root, disk)| {
            let rest = name.strip_prefix(root.as_str())?;
            rest.is_empty()
                .then(|| disk.clone())
                .or_else(|| rest.strip_prefix('/').map(|rest| disk.join(rest)))
        });
        outside.unwrap_or_else(|| self.base.join(name))
    }
}

impl Loader for Disk {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        if let Some(mut once) = self.once(path) {
            return once.load();
        }
        let file = fs::File::open(self.locate(path)).map_err(|error| LoadError(reason(&error)))?;
        // Room for one byte more than the file has, so that its end is seen without asking for more room.
        let size = file.metadata().map_or(0, |metadata| metadata.len().saturating_add(1));
        all(file, usize::try_from(size).unwrap_or(0))
    }

    fn head(&self, path: &str) -> Option<Vec<u8>> {
        match &*self.once(path)? {
            Once::Unread { head, .. } => Some(head.clone()),
            Once::Gone | Once::Whole(_) => None,
        }
    }

    fn stream(&self, path: &str) -> Option<Stream> {
        self.once(path)?.take()
    }

    fn admits(&self, path: &str) -> bool {
        fs::canonicalize(self.locate(path)).is_ok_and(|disk| disk.is_file() && self.opens(&disk))
    }

    fn target(&self, path: &str) -> Option<String> {
        let disk = fs::canonicalize(self.locate(path)).ok().filter(|disk| self.opens(disk))?;
        let below = |(root, directory): &(String, PathBuf)| {
            Some(join(root, &slashed(disk.strip_prefix(directory).ok()?)))
        };
        let target = match self.outside.iter().find_map(below) {
            Some(name) => name,
            None => slashed(disk.strip_prefix(&self.base).ok()?),
        };
        (target != path).then_some(target)
    }

    fn list(&self, dir: &str) -> Vec<String> {
        let inside = fs::canonicalize(self.locate(dir)).is_ok_and(|disk| self.opens(&disk));
        if !inside {
            return Vec::new();
        }
        let entries = fs::read_dir(self.locate(dir)).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.path().is_file())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }
}

/// What the system says, without the number.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// A path with `/`, as reports show it. Bytes that are no text are spelled out as `\xff`.
pub(crate) fn slashed(path: &Path) -> String {
    let mut out = String::new();
    for component in path.components() {
        let part = match component {
            Component::RootDir => {
                out.push('/');
                continue;
            }
            Component::CurDir => continue,
            Component::Prefix(_) | Component::ParentDir | Component::Normal(_) => component.as_os_str(),
        };
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        push_readable(&mut out, part);
    }
    out
}

fn push_readable(out: &mut String, part: &OsStr) {
    for chunk in part.as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
}

fn join(directory: &str, rest: &str) -> String {
    match (directory, rest) {
        ("", rest) => rest.to_owned(),
        (directory, "") => directory.to_owned(),
        (directory, rest) if directory.ends_with('/') => format!("{directory}{rest}"),
        (directory, rest) => format!("{directory}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_use_slashes_and_no_dots() {
        assert_eq!(slashed(Path::new("./infra/./main.tf")), "infra/main.tf");
        assert_eq!(slashed(Path::new("../x/main.tf")), "../x/main.tf");
        assert_eq!(slashed(Path::new("/srv/main.tf")), "/srv/main.tf");
        assert_eq!(slashed(Path::new(".")), "");
        assert_eq!(join("/", "a"), "/a");
        assert_eq!(join("", "a"), "a");
        assert_eq!(join("a", ""), "a");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_can_still_be_told_apart() {
        use std::os::unix::ffi::OsStrExt;
        let shown = |bytes| slashed(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(shown(b"d/a\xff\xc3.tf"), "d/a\\xff\\xc3.tf");
        assert_eq!(shown(b"d/a\xfe.tf"), "d/a\\xfe.tf");
    }
}
