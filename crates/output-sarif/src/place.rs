//! Places as SARIF writes them.
//!
//! A pull request shows a result only if its whole region is among the changed lines, and a person reads one line
//! best: every region is on one line.

use model::{Place, Position, Problem, SourceMap, Span, encode_path};
use serde_sarif::sarif::{ArtifactLocation, Location, PhysicalLocation, Region};

use crate::text::message;

/// What relative paths are relative to: the root of the repository.
pub(crate) const BASE: &str = "%SRCROOT%";

/// A stretch of one line. The end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// The place, cut to the first of its lines that carries text.
pub(crate) fn one_line(span: Span, sources: &SourceMap) -> Line {
    let (start, end) = sources.range(span);
    if start.line == end.line {
        return Line { start, end };
    }
    let text = sources.snippet(span);
    let mut offset = span.start as usize;
    for line in text.split_inclusive('\n') {
        let carried = line.trim();
        if !carried.is_empty() {
            let from = offset + (line.len() - line.trim_start().len());
            let (start, end) = sources.range(Span::new(span.file, from, from + carried.len()));
            return Line { start, end };
        }
        offset += line.len();
    }
    Line { start, end: start }
}

/// A place in a file.
pub(crate) fn location(span: Span, sources: &SourceMap) -> Location {
    let Line { start, end } = one_line(span, sources);
    let region = Region::builder()
        .start_line(i64::from(start.line))
        .start_column(i64::from(start.column))
        .end_line(i64::from(end.line))
        .end_column(i64::from(end.column))
        .build();
    let file = artifact(&sources.path(span.file));
    let physical = PhysicalLocation::builder().artifact_location(file).region(region).build();
    Location::builder().physical_location(physical).build()
}

/// A place that something is said of.
pub(crate) fn said(span: Span, words: &str, sources: &SourceMap) -> Location {
    let mut place = location(span, sources);
    place.message = Some(message(words));
    place
}

/// The place of a problem, which may be a whole file.
pub(crate) fn of_problem(problem: &Problem, sources: &SourceMap) -> Location {
    let path = match &problem.place {
        Place::Span(span) => return location(*span, sources),
        Place::File(file) => sources.path(*file),
        Place::Path(path) => path.to_string(),
    };
    let physical = PhysicalLocation::builder().artifact_location(artifact(&path)).build();
    Location::builder().physical_location(physical).build()
}

/// A file; one outside of the repository has an absolute address.
fn artifact(path: &str) -> ArtifactLocation {
    let address = encode_path(path);
    if path.starts_with('/') {
        ArtifactLocation::builder().uri(format!("file://{address}")).build()
    } else {
        ArtifactLocation::builder().uri(address).uri_base_id(BASE).build()
    }
}
