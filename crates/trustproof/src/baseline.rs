//! Findings that were there before: what a baseline file holds, and which findings are the same.
//!
//! A finding is known by its fingerprint, which no line number is part of, and by its file. An entry whose file
//! holds no such finding any more also stands for one in another file, so that moving a file brings nothing back;
//! but each entry stands for one finding, so that a copy of a fault is new. Deliberately not here: when to compare.

use std::collections::BTreeMap;

use model::SourceMap;
use rules::{Finding, SuppressedBy, Suppression};
use serde::{Deserialize, Serialize};

/// What is known of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// The file it was in.
    pub(crate) path: String,
    /// The role it was about; for people.
    pub(crate) role: String,
    /// Its rule; for people.
    pub(crate) rule: String,
    /// What stays of it when lines move.
    pub(crate) fingerprint: String,
}

impl Entry {
    fn of(finding: &Finding, sources: &SourceMap) -> Self {
        Entry {
            path: sources.path(finding.location.file),
            role: finding.role.address.clone(),
            rule: finding.rule.id.to_owned(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// The findings that are not suppressed, in the order of a file.
pub(crate) fn record(findings: &[Finding], sources: &SourceMap) -> Vec<Entry> {
    let live = findings.iter().filter(|finding| finding.suppressed.is_none());
    let mut entries: Vec<Entry> = live.map(|finding| Entry::of(finding, sources)).collect();
    entries.sort();
    entries
}

/// The text of a file: an entry a line.
///
/// # Errors
/// Never for entries of this program.
pub(crate) fn write(entries: &[Entry]) -> serde_json::Result<String> {
    let mut out = String::new();
    for entry in entries {
        out.push_str(&serde_json::to_string(entry)?);
        out.push('\n');
    }
    Ok(out)
}

/// The entries of a file.
///
/// # Errors
/// The number of the first line that is no entry, from 1, and what is wrong with it.
pub(crate) fn read(text: &str) -> Result<Vec<Entry>, (usize, String)> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let entry = |line| serde_json::from_str(line).map_err(|error: serde_json::Error| error.to_string());
    lines.map(|(line, number)| entry(line).map_err(|error| (number, error))).collect()
}

/// Marks the findings that the entries stand for; gives back the entries that stand for none.
pub(crate) fn compare(
    findings: &mut [Finding],
    sources: &SourceMap,
    known: &[Entry],
    reason: &str,
) -> Vec<Entry> {
    let mut left: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in known {
        left.entry(&entry.fingerprint).or_default().push(entry);
    }
    let mut take = |finding: &Finding, same: &dyn Fn(&Entry) -> bool| {
        let entries = left.get_mut(finding.fingerprint.as_str())?;
        let index = entries.iter().position(|entry| same(entry))?;
        Some(entries.remove(index))
    };
    let mut mark = |same_file: bool| {
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            let path = sources.path(finding.location.file);
            if take(finding, &|entry| !same_file || entry.path == path).is_some() {
                let reason = reason.to_owned();
                finding.suppressed = Some(Suppression { by: SuppressedBy::Baseline, reason, until: None });
            }
        }
    };
    mark(true);
    mark(false);
    left.into_values().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{finding, rule, sources, span};
    use rules::{Certainty, Severity};

    fn found(files: &[(&str, &str)]) -> (SourceMap, Vec<Finding>) {
        let sources = sources(files);
        let rule = rule("r", Severity::High);
        let of = |(path, text): &(&str, &str)| finding(rule, Certainty::Possible, span(&sources, path, text));
        let findings = files.iter().map(of).collect();
        (sources, findings)
    }

    fn new(before: &[(&str, &str)], after: &[(&str, &str)]) -> (Vec<String>, usize) {
        let (sources, findings) = found(before);
        let text = write(&record(&findings, &sources)).unwrap();
        let (sources, mut findings) = found(after);
        let stale = compare(&mut findings, &sources, &read(&text).unwrap(), "known");
        let new = findings.iter().filter(|f| f.suppressed.is_none());
        (new.map(|f| sources.path(f.location.file)).collect(), stale.len())
    }

    #[test]
    fn what_was_there_is_known_and_what_was_not_is_new() {
        assert_eq!(new(&[("a", "x"), ("b", "x")], &[("a", "x"), ("b", "x")]), (vec![], 0));
        // Moved, copied, gone.
        assert_eq!(new(&[("a", "x")], &[("c", "x")]), (vec![], 0));
        assert_eq!(new(&[("b", "x")], &[("a", "x"), ("b", "x")]), (vec!["a".to_owned()], 0));
        assert_eq!(new(&[("a", "x"), ("b", "x")], &[("b", "x")]), (vec![], 1));
    }

    #[test]
    fn a_line_that_is_no_entry_is_told() {
        assert_eq!(read("\n{\"path\": 1}").map_err(|(line, _)| line), Err(2));
        assert_eq!(read("[]").map_err(|(line, _)| line), Err(1));
        assert_eq!(read(""), Ok(Vec::new()));
    }
}
