//! One `trustproof.toml` and the directory that it holds for.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use model::{FileId, Span};
use regex::Regex;
use rules::Finding;
use toml::Spanned;
use toml::de::DeTable;

use super::shape::{self, File, RuleOptions};
use super::validate::Validator;
use super::zone;
use crate::report::frame::Fault;

/// A configuration and where it holds.
pub(crate) struct Layer {
    /// The directory in the report's paths; empty is all of them.
    pub(crate) directory: String,
    /// What the file says.
    pub(super) shape: File,
    /// The findings it accepts.
    pub(crate) ignores: Vec<Ignore>,
    /// The keys at the top of the file, and where they stand.
    pub(super) keys: Vec<(String, Span)>,
    exclude: Gitignore,
}

/// A finding that is accepted.
pub(crate) struct Ignore {
    /// Where the entry stands.
    pub(crate) span: Span,
    /// What it says.
    pub(crate) shape: shape::Ignore,
    role: Option<Regex>,
    path: Gitignore,
}

impl Layer {
    /// Reads the text of a file that holds for `directory`.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub(super) fn read(directory: String, file: FileId, text: &str) -> Result<Self, Vec<Fault>> {
        let schema = super::schema();
        let mut validator = Validator::new(text, file, &schema);
        let invalid =
            |error: &toml::de::Error| (error.span().unwrap_or_default(), error.message().to_owned());
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let (span, message) = invalid(&error);
                validator.fault(span, format!("not valid TOML: {message}"), "");
                return Err(validator.faults());
            }
        };
        let table = table.get_ref();
        validator.file(table);
        if let Some(table) = table.get("zone").and_then(|value| value.get_ref().as_table()) {
            zone::check(&mut validator, table);
        }
        let exclude = exclude(&mut validator, table);
        let shape = match toml::from_str::<File>(text) {
            Ok(shape) => shape,
            Err(error) => {
                let mut faults = validator.faults();
                // What the schema says of the same place is better told.
                if faults.is_empty() {
                    let (range, message) = invalid(&error);
                    let span = Span::new(file, range.start, range.end);
                    faults.push(Fault { span, message, hint: String::new() });
                }
                return Err(faults);
            }
        };
        let ignores = ignores(&mut validator, file, &shape);
        let key = |key: &Spanned<_>| Span::new(file, key.span().start, key.span().end);
        let keys = table.iter().map(|(k, _)| (k.get_ref().to_string(), key(k))).collect();
        let faults = validator.faults();
        if faults.is_empty() { Ok(Layer { directory, shape, ignores, keys, exclude }) } else { Err(faults) }
    }

    /// Whether it holds for a path of the report.
    pub(super) fn covers(&self, path: &str) -> bool {
        self.relative(path).is_some()
    }

    fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.directory.is_empty() {
            return Some(path);
        }
        let rest = path.strip_prefix(self.directory.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// Whether a file is not to be looked at.
    pub(super) fn excludes(&self, path: &str) -> bool {
        self.relative(path).is_some_and(|path| matches(&self.exclude, path))
    }

    /// What it says of a rule.
    pub(super) fn rule(&self, id: &str) -> Option<&RuleOptions> {
        self.shape.rules.get(id)
    }

    /// Whether an entry is about a finding at a path of the report.
    pub(crate) fn ignores(&self, ignore: &Ignore, finding: &Finding, path: &str) -> bool {
        let Some(relative) = self.relative(path) else { return false };
        let roles = || std::iter::once(&finding.role.address).chain(&finding.instances);
        ignore.shape.rule.0 == finding.rule.id
            && ignore.role.as_ref().is_none_or(|role| roles().all(|address| role.is_match(address)))
            && (ignore.shape.path.is_none() || matches(&ignore.path, relative))
    }
}

/// Patterns as in a .gitignore match a path that is relative to where they stand.
fn matches(patterns: &Gitignore, path: &str) -> bool {
    // A path that leads out of the directory cannot be matched; the library would panic on it.
    let inside = !path.starts_with('/') && path.split('/').all(|part| part != "..");
    inside && patterns.matched_path_or_any_parents(Path::new(path), false).is_ignore()
}

fn exclude(validator: &mut Validator<'_>, table: &DeTable<'_>) -> Gitignore {
    let patterns = table.get("exclude").and_then(|value| value.get_ref().as_array());
    let mut builder = GitignoreBuilder::new("");
    for pattern in patterns.into_iter().flatten() {
        let text = pattern.get_ref().as_str().unwrap_or_default();
        if let Err(error) = builder.add_line(None, text) {
            validator.fault(validator.inside(pattern), bad_pattern(text, &error), "");
        }
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn bad_pattern(text: &str, error: &ignore::Error) -> String {
    format!("`{text}` is no pattern: {error}")
}

/// The addresses that a text with `*` for anything means.
fn address_pattern(text: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?s:{})$", regex::escape(text).replace(r"\*", ".*")))
}

fn ignores(validator: &mut Validator<'_>, file: FileId, shape: &File) -> Vec<Ignore> {
    let mut out = Vec::new();
    for entry in &shape.ignore {
        let range = entry.span();
        let ignore = entry.get_ref();
        if ignore.role.is_none() && ignore.path.is_none() {
            let hint = "name the role or the file; to switch a rule off everywhere, write `[rules.ID]` with \
                        `enabled = false`";
            validator.fault(range.clone(), "this entry has neither `role` nor `path`".to_owned(), hint);
        }
        let mut builder = GitignoreBuilder::new("");
        if let Some(path) = &ignore.path
            && let Err(error) = builder.add_line(None, &path.0)
        {
            validator.fault(range.clone(), bad_pattern(&path.0, &error), "");
        }
        let role = match ignore.role.as_ref().map(|role| address_pattern(&role.0)).transpose() {
            Ok(role) => role,
            Err(error) => {
                validator.fault(range.clone(), format!("`role` is no pattern that can be used: {error}"), "");
                None
            }
        };
        let path = builder.build().unwrap_or_else(|_| Gitignore::empty());
        let span = Span::new(file, range.start, range.end);
        out.push(Ignore { span, shape: ignore.clone(), role, path });
    }
    out
}
