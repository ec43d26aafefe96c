//! The configuration of a run: the `trustproof.toml` files that hold for it, and what they say together with the
//! command line.
//!
//! Strict: what is not understood ends the run, since a setting that is passed over in silence is a hole in a gate.
#![allow(clippy::disallowed_methods, reason = "the configuration is a file beside what is scanned")]

mod layer;
mod shape;
mod validate;
mod zone;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use decide::Zone;
use rules::Settings;

pub(crate) use layer::{Ignore, Layer};

use crate::args::{Check, FailOn};
use crate::complain;
use crate::discover::{Discovery, STDIN, repository};
use crate::report::frame::{Fault, tell};

/// The file that is looked for.
pub(crate) const NAME: &str = "trustproof.toml";

/// The keys that a file may have although one further up is locked.
const STILL_OPEN: [&str; 2] = ["zone", "locked"];

/// The schema of the file, for editors.
pub(crate) fn schema() -> serde_json::Value {
    schemars::schema_for!(shape::File).to_value()
}

/// All that is configured.
pub(crate) struct Configuration {
    /// The outer ones before the inner ones.
    layers: Vec<Layer>,
    /// The path where the scan starts.
    start: String,
    /// What the command line adds to every zone.
    own: Zone,
    fail_on: Option<FailOn>,
    strict: bool,
}

/// The files above the scanned paths, or the one that the command line names.
pub(crate) fn locate(check: &Check, paths: &[PathBuf]) -> Vec<PathBuf> {
    if check.no_config {
        return Vec::new();
    }
    if let Some(named) = &check.config {
        return vec![named.clone()];
    }
    let Ok(cwd) = std::env::current_dir().and_then(fs::canonicalize) else { return Vec::new() };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        // Standard input, a pipe, a path that does not exist: the run is about where it was started.
        let real = path != Path::new(STDIN) && (path.is_dir() || path.is_file());
        let root = real.then(|| fs::canonicalize(path).ok()).flatten().unwrap_or_else(|| cwd.clone());
        let top = repository(&root).unwrap_or(&cwd);
        let directories = root.ancestors().skip(usize::from(!root.is_dir())).enumerate();
        let within = directories.take_while(|(above, directory)| *above == 0 || directory.starts_with(top));
        found.extend(
            within.map(|(_, directory)| directory.join(NAME)).filter(|file| file.symlink_metadata().is_ok()),
        );
    }
    found.sort();
    found.dedup();
    // As short as a person would name them.
    found
        .into_iter()
        .map(|path| path.strip_prefix(&cwd).map_or_else(|_| path.clone(), Path::to_owned))
        .collect()
}

/// Reads the files. `None` if one cannot be used; the reasons are told on standard error.
pub(crate) fn load(check: &Check, discovery: &Discovery) -> Option<Configuration> {
    let sources = &discovery.sources;
    let mut layers = Vec::new();
    let mut faults = Vec::new();
    let mut unread = false;
    for message in discovery.also.iter().filter_map(|also| also.as_ref().err()) {
        complain(message);
        unread = true;
    }
    for (name, directory) in files(check, discovery) {
        let Some(file) = sources.open(&name) else {
            complain(format_args!("cannot read `{name}`: no such file"));
            unread = true;
            continue;
        };
        match sources.text(file) {
            Ok(text) => match Layer::read(directory, file, &text) {
                Ok(layer) => layers.push(layer),
                Err(found) => faults.extend(found),
            },
            Err(error) => {
                complain(format_args!("`{name}` {error}"));
                unread = true;
            }
        }
    }
    layers.sort_by(|a: &Layer, b| a.directory.cmp(&b.directory));
    for (index, layer) in layers.iter().enumerate() {
        let above = layers.iter().take(index);
        if above.filter(|above| above.covers(&layer.directory)).any(|above: &Layer| above.shape.locked) {
            faults.extend(refused(layer));
        }
    }
    if unread || !faults.is_empty() {
        tell(&faults, sources);
        return None;
    }
    let own = Zone {
        accounts: check.own_account.iter().cloned().collect(),
        organizations: check.own_org.iter().cloned().collect(),
        ..Zone::default()
    };
    let start = discovery.start.clone();
    Some(Configuration { layers, start, own, fail_on: check.fail_on, strict: check.strict })
}

/// The names of the files, and the directories that they hold for.
fn files(check: &Check, discovery: &Discovery) -> Vec<(String, String)> {
    if check.no_config {
        return Vec::new();
    }
    if check.config.is_some() {
        return discovery.also.iter().flatten().map(|name| (name.clone(), String::new())).collect();
    }
    let sources = &discovery.sources;
    let named = sources.ids().map(|id| sources.path(id));
    named
        .filter_map(|name| match name.rsplit_once('/') {
            Some((directory, NAME)) => Some((name.clone(), directory.to_owned())),
            Some(_) => None,
            None => (name == NAME).then(|| (name.clone(), String::new())),
        })
        .collect()
}

/// What a file must not say because one further up is locked.
fn refused(layer: &Layer) -> impl Iterator<Item = Fault> {
    let keys = layer.keys.iter().filter(|(key, _)| !STILL_OPEN.contains(&key.as_str()));
    keys.map(|(key, span)| {
        let message = format!("`{key}` cannot be set here: a `{NAME}` further up is locked");
        Fault { span: *span, message, hint: "only `zone` can".to_owned() }
    })
}

impl Configuration {
    /// The layers that hold for a path of the report, the outermost first.
    fn above<'a>(&'a self, path: &'a str) -> impl DoubleEndedIterator<Item = &'a Layer> {
        self.layers.iter().filter(move |layer| layer.covers(path))
    }

    fn nearest<'a, T>(&'a self, path: &'a str, of: impl Fn(&'a Layer) -> Option<T>) -> Option<T> {
        self.above(path).rev().find_map(of)
    }

    /// The lowest severity of a proved finding that fails the run.
    pub(crate) fn fail_on(&self) -> FailOn {
        let written = || self.nearest(&self.start, |layer| layer.shape.fail_on);
        self.fail_on.or_else(written).unwrap_or(FailOn::High)
    }

    /// Whether findings that are only possible fail the run too.
    pub(crate) fn strict(&self) -> bool {
        self.strict || self.nearest(&self.start, |layer| layer.shape.strict).unwrap_or(false)
    }

    /// Whether a suppression without a reason is none.
    pub(crate) fn require_reason(&self) -> bool {
        self.nearest(&self.start, |layer| layer.shape.require_reason).unwrap_or(false)
    }

    /// Whether a file is not to be looked at.
    pub(crate) fn excludes(&self, path: &str) -> bool {
        self.above(path).any(|layer| layer.excludes(path))
    }

    /// Whether a rule is applied to what stands in a file.
    pub(crate) fn enabled(&self, rule: &str, path: &str) -> bool {
        self.nearest(path, |layer| layer.rule(rule)).is_none_or(|options| options.enabled)
    }

    /// The layers that may accept findings in a file.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter()
    }

    /// Whether everything below a directory of the report was scanned.
    pub(crate) fn scanned(&self, directory: &str) -> bool {
        let rest = directory.strip_prefix(self.start.as_str());
        self.start.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Settings by path, with accounts that the input shows to be one's own everywhere.
    pub(crate) fn settings(&self, learned: &[String]) -> impl Fn(&str) -> Arc<Settings> + Sync {
        let of = |path: &str| {
            let written = self.nearest(path, |layer| layer.shape.zone.as_ref());
            let mut zone = written.map(zone::zone).unwrap_or_default();
            zone.accounts.extend(self.own.accounts.iter().chain(learned).cloned());
            zone.organizations.extend(self.own.organizations.iter().cloned());
            let longest =
                self.nearest(path, |layer| layer.rule(shape::LONG_SESSION)?.max.as_ref()?.seconds());
            let longest_session = longest.unwrap_or(Settings::default().longest_session);
            Arc::new(Settings { zone, longest_session })
        };
        let everywhere = of("\0");
        let by_layer: Vec<(&Layer, Arc<Settings>)> =
            self.layers.iter().map(|layer| (layer, of(&layer.directory))).collect();
        move |path| {
            let nearest = by_layer.iter().rev().find(|(layer, _)| layer.covers(path));
            Arc::clone(nearest.map_or(&everywhere, |(_, settings)| settings))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `TRUSTPROOF_BLESS=1 cargo test -p trustproof the_committed_schema` writes it anew.
    #[test]
    fn the_committed_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/trustproof.schema.json");
        let fresh = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("TRUSTPROOF_BLESS").is_some() {
            fs::write(path, &fresh).unwrap();
        }
        assert_eq!(fs::read_to_string(path).unwrap(), fresh);
    }
}
