//! The seam between the binary and the inputs.

use crate::{FileId, SourceMap, Span, Subject};

/// A format that is read.
pub trait Input: Sync {
    /// Its name in messages.
    fn name(&self) -> &'static str;

    /// Whether files of this name can hold this format at all. Such a file counts as scannable even if it turns
    /// out to hold nothing of interest.
    fn scannable(&self, path: &str) -> bool;

    /// Whether this input wants to read the file: a cheap look at the bytes that may claim too much, never too
    /// little. The binary asks the inputs in a fixed order and the first claim wins.
    fn claims(&self, path: &str, bytes: &[u8]) -> bool;

    /// Groups the claimed files into units that are read on their own, in parallel.
    fn units(&self, claimed: &[FileId], sources: &SourceMap) -> Vec<Unit>;

    /// Reads one unit. Never fails: what cannot be read becomes a [`Problem`].
    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered;
}

/// What is read together: one file, or the directory of a Terraform module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The files, in the order of their paths; at least one.
    pub files: Vec<FileId>,
}

/// What reading a unit gave.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// What is analysed.
    pub subjects: Vec<Subject>,
    /// What the input says about who is no stranger.
    pub zone_facts: Vec<ZoneFact>,
    /// What could not be read or understood.
    pub problems: Vec<Problem>,
}

/// An account that the input shows to be the user's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ZoneFact {
    /// The account id.
    pub account: Box<str>,
    /// What shows it, for the report: "`allowed_account_ids` of provider `aws`".
    pub source: Box<str>,
    /// Where.
    pub span: Span,
}

/// Something that could not be read or understood.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and what to do; lower case, no full stop.
    pub message: Box<str>,
    /// Whether a trust policy may have been missed because of it: then the run cannot end green.
    pub relevant: bool,
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At a text.
    Span(Span),
    /// Somewhere in a file.
    File(FileId),
    /// At a path that is no file of the run (a directory, a missing file).
    Path(Box<str>),
}

impl Problem {
    /// A problem that may hide a trust policy.
    pub fn relevant(place: Place, message: impl Into<Box<str>>) -> Self {
        Problem { place, message: message.into(), relevant: true }
    }

    /// A problem that hides nothing: the policy was decided all the same.
    pub fn warning(span: Span, message: impl Into<Box<str>>) -> Self {
        Problem { place: Place::Span(span), message: message.into(), relevant: false }
    }
}
