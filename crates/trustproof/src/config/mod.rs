//! The configuration of a run: where `trustproof.toml` is, and what it says together with the command line.
//!
//! Strict: what is not understood ends the run, since a setting that is passed over in silence is a hole in a gate.
#![allow(clippy::disallowed_methods, reason = "the configuration is a file beside what is scanned")]

mod zone;

use std::fs;
use std::path::{Path, PathBuf};

use decide::Zone;
use toml::de::DeTable;

use crate::args::Check;
use crate::complain;
use crate::discover::{STDIN, repository};
use crate::file::{Named, open};
use crate::report::frame::{Fault, tell};

/// The file that is looked for.
const NAME: &str = "trustproof.toml";

/// Who is no stranger, by configuration and command line. `None` if the configuration cannot be used; the reasons
/// are told on standard error.
pub(crate) fn zone(check: &Check) -> Option<Zone> {
    let mut zone = match locate(check) {
        Some(path) => load(&path)?,
        None => Zone::default(),
    };
    zone.accounts.extend(check.own_account.iter().cloned());
    zone.organizations.extend(check.own_org.iter().cloned());
    Some(zone)
}

/// The file to read: the one that was named, else the nearest one at or above the first path, up to the repository
/// root (or the current directory, where there is no repository).
fn locate(check: &Check) -> Option<PathBuf> {
    if check.no_config {
        return None;
    }
    if let Some(named) = &check.config {
        return Some(named.clone());
    }
    let cwd = std::env::current_dir().and_then(fs::canonicalize).ok()?;
    // Standard input, a pipe, a path that does not exist: the run is about where it was started.
    let scanned = check.paths.first().filter(|path| *path != Path::new(STDIN));
    let root = scanned.filter(|path| path.is_dir() || path.is_file());
    let root = root.and_then(|path| fs::canonicalize(path).ok()).unwrap_or_else(|| cwd.clone());
    let top = repository(&root).unwrap_or(&cwd);
    let directories = root.ancestors().skip(usize::from(!root.is_dir()));
    let within =
        directories.enumerate().take_while(|(above, directory)| *above == 0 || directory.starts_with(top));
    let found =
        within.map(|(_, directory)| directory.join(NAME)).find(|path| path.symlink_metadata().is_ok())?;
    // As short as a person would name it.
    Some(found.strip_prefix(&cwd).map_or_else(|_| found.clone(), Path::to_owned))
}

fn load(path: &Path) -> Option<Zone> {
    let Named { sources, file, text } = match open(path) {
        Ok(named) => named,
        Err(message) => {
            complain(message);
            return None;
        }
    };
    let mut reader = zone::Reader::new(&text, file);
    let zone = match DeTable::parse(&text) {
        Ok(table) => reader.configuration(table.get_ref()),
        Err(error) => {
            let span = error.span().unwrap_or_default();
            reader.fault(span, format!("not valid TOML: {}", error.message()), "");
            Zone::default()
        }
    };
    let faults: Vec<Fault> = reader.faults();
    if faults.is_empty() {
        return Some(zone);
    }
    tell(&faults, &sources);
    None
}
