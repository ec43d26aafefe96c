//! `--new-since REV`: the findings of the commit where the work began, read from a temporary worktree.
//!
//! Git is run as a program; nothing of the user's checkout changes.
#![allow(clippy::disallowed_methods, reason = "a worktree is made and taken away again")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::args::Check;
use crate::baseline::{self, Entry};
use crate::discover::{reason, repository};
use crate::progress::Progress;
use crate::scan::{Scan, scan};

/// What was found where the work began.
pub(crate) struct Before {
    pub(crate) entries: Vec<Entry>,
    /// The commit, shortened.
    pub(crate) commit: String,
}

/// Scans the same paths as they were where `revision` and the checkout parted.
///
/// # Errors
/// Why that cannot be done, for a person.
pub(crate) fn before(check: &Check, revision: &str) -> Result<Before, String> {
    let paths: Vec<PathBuf> = check.paths.iter().map(|path| real(path)).collect::<Result<_, _>>()?;
    let root = paths.first().and_then(|path| repository(path));
    let root = root.ok_or("--new-since needs a git repository")?.to_owned();
    let commit = merge_base(&root, revision)?;
    let short: String = commit.chars().take(10).collect();

    let tree = Worktree::new(&root, &commit)?;
    let within = |path: &PathBuf| {
        let relative = path.strip_prefix(&root).map_err(|_| {
            format!("--new-since: `{}` lies in another repository than the first path", path.display())
        })?;
        Ok::<_, String>(tree.path().join(relative))
    };
    let then: Vec<PathBuf> = paths.iter().map(within).collect::<Result<_, _>>()?;
    // A file that is new belongs to a module that may not be.
    let there = |path: &PathBuf| path.ancestors().take(2).find(|path| path.exists()).map(Path::to_owned);
    let then: Vec<PathBuf> = then.iter().filter_map(there).collect();
    if then.is_empty() {
        return Ok(Before { entries: Vec::new(), commit: short });
    }
    let Some(Scan { outcome, sources, .. }) = scan(check, &then, &Progress::new()) else {
        return Err(format!("the configuration of commit {short} cannot be used"));
    };
    Ok(Before { entries: baseline::record(&outcome.report.findings, &sources), commit: short })
}

fn real(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| {
        format!("--new-since: `{}` is no file of a repository: {}", path.display(), reason(&error))
    })
}

fn merge_base(root: &Path, revision: &str) -> Result<String, String> {
    let named = format!("{revision}^{{commit}}");
    let commit = git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", &named])
        .map_err(|_| format!("--new-since: `{revision}` is no commit of this repository; fetch it first"))?;
    git(root, ["merge-base", "HEAD", commit.trim()]).map(|commit| commit.trim().to_owned()).map_err(|_| {
        format!(
            "--new-since: no commit is known that `{revision}` and the checkout have in common; fetch more of \
             the history (actions/checkout: `fetch-depth: 0`)"
        )
    })
}

/// A checkout of a commit beside the user's, taken away when dropped.
struct Worktree {
    root: PathBuf,
    directory: TempDir,
}

impl Worktree {
    fn new(root: &Path, commit: &str) -> Result<Self, String> {
        let directory = tempfile::tempdir()
            .map_err(|error| format!("--new-since: no temporary directory: {}", reason(&error)))?;
        let tree = Worktree { root: root.to_owned(), directory };
        let path = tree.path();
        let add = ["worktree", "add", "--detach", "--force", "--quiet"].map(OsStr::new);
        git(root, add.into_iter().chain([path.as_os_str(), OsStr::new(commit)]))
            .map_err(|error| format!("--new-since: git cannot check out commit {commit}: {error}"))?;
        Ok(tree)
    }

    fn path(&self) -> PathBuf {
        // Canonical, so that what lies inside is recognised as such.
        let directory = fs::canonicalize(self.directory.path());
        directory.unwrap_or_else(|_| self.directory.path().to_owned()).join("tree")
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        let remove = ["worktree", "remove", "--force"].map(OsStr::new);
        // The directory goes in any case; `git worktree prune` finds out about it later.
        let _ = git(&self.root, remove.into_iter().chain([self.path().as_os_str()]));
    }
}

/// Runs git without the repository's hooks and without the contents of large files.
fn git(root: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["-c", "core.hooksPath=/dev/null"])
        .args(args)
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git cannot be run: {}", reason(&error)))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
