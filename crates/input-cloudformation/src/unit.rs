//! Which files are read by themselves: all but those that another template names as its nested stack.

use std::collections::{BTreeMap, BTreeSet};

use model::{FileId, SourceMap, Unit};

use crate::claim::may_hold_templates;
use crate::{document, nested};

/// Groups files. One that another template holds is read there, with what it is given, and only there; of templates
/// that hold one another in a circle the first is read by itself.
pub(crate) fn units(claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
    let held: BTreeMap<FileId, Vec<FileId>> = claimed
        .iter()
        .map(|file| (*file, held_by(*file, sources)))
        .filter(|(_, held)| !held.is_empty())
        .collect();
    let inner: BTreeSet<FileId> =
        held.iter().flat_map(|(file, held)| held.iter().filter(move |h| *h != file)).copied().collect();
    let mut reached = BTreeSet::new();
    let mut units = Vec::new();
    let outer = claimed.iter().filter(|file| !inner.contains(file));
    for file in outer.chain(claimed) {
        if reached.contains(file) {
            continue;
        }
        units.push(Unit { files: vec![*file] });
        let mut open = vec![*file];
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(held.get(&next).into_iter().flatten());
            }
        }
    }
    units.sort_by_key(|unit| unit.files.first().copied());
    units
}

fn held_by(file: FileId, sources: &SourceMap) -> Vec<FileId> {
    let Ok(text) = sources.text(file) else {
        return Vec::new();
    };
    if !may_hold_templates(text.as_bytes()) {
        return Vec::new();
    }
    let documents = document::parse(&text, file).unwrap_or_default();
    documents.iter().flat_map(|document| nested::named_files(document, file, sources)).collect()
}
