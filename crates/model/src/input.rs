//! The seam between the binary and the inputs.

use crate::{Decoded, Directive, FileId, Located, Node, SourceMap, Span, Subject};

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

    /// Whether this input wants to read a source that can be read only once and may be larger than the memory, piece by
    /// piece, by its first bytes. If no input does, all of it is read and offered to [`Input::claims`].
    fn streams(&self, _head: &[u8]) -> bool {
        false
    }

    /// Groups the claimed files into units that are read on their own, in parallel.
    fn units(&self, claimed: &[FileId], sources: &SourceMap) -> Vec<Unit>;

    /// Reads one unit. Never fails: what cannot be read becomes a [`Problem`].
    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered;

    /// Reads code of this input's language that stood in another file's strings. `None` if it is not of this
    /// input's language.
    fn read_embedded(&self, _embedded: &Embedded, _sources: &SourceMap) -> Option<Lowered> {
        None
    }
}

/// Infrastructure code inside another file's strings: a template in a Terraform resource, Terraform in a template.
/// The input that finds it hands it on, so that inputs never depend on each other.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its language.
    pub dialect: Dialect,
    /// The address of the resource that holds it; addresses inside begin with it.
    pub within: Box<str>,
    /// Where that resource is named.
    pub span: Span,
    /// Its files; one, without a name, where the language has no notion of several.
    pub files: Vec<EmbeddedFile>,
    /// What the holder gives to its parameters or variables.
    pub arguments: Vec<(Located<Box<str>>, Node)>,
    /// How deep it stands inside other embedded code; bounded by the binary.
    pub depth: u8,
}

/// A language that occurs inside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// CloudFormation or ROS.
    Template,
    /// Terraform.
    Terraform,
}

/// One file of [`Embedded`] code.
#[derive(Clone, Debug)]
pub struct EmbeddedFile {
    /// Its name in the holder, such as `main.tf`; may be empty.
    pub name: Box<str>,
    /// Its text, with the way back to the holder's bytes.
    pub text: Decoded,
}

/// What is read together: one file, or the directory of a Terraform module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// At least one; first those of the module or file that it starts from, in the order of their paths.
    pub files: Vec<FileId>,
}

/// What reading a unit gave.
#[derive(Clone, Debug, Default)]
pub struct Lowered {
    /// What is analysed.
    pub subjects: Vec<Subject>,
    /// What the input says about who is no stranger.
    pub zone_facts: Vec<ZoneFact>,
    /// Code of other languages that it holds.
    pub embedded: Vec<Embedded>,
    /// What authors say to the scanner.
    pub directives: Vec<Directive>,
    /// What could not be read or understood.
    pub problems: Vec<Problem>,
    /// Code from elsewhere that is called and not there, by its source, with the place of the call. Units that call
    /// the same code each name it; a report says it once.
    pub missing: Vec<Located<Box<str>>>,
    /// Roles of which this input knows more than the one that reads their code: those need not be told again.
    pub told: Vec<Told>,
}

/// A role that is told by a plan, and declared by the code of a Terraform root module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// The directory of the root module, as the report names it; empty is the root of all.
    pub root: Box<str>,
    /// Its address there, without instance keys.
    pub block: Box<str>,
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

impl ZoneFact {
    /// An account by its id: 12 digits on AWS, 16 on Alibaba Cloud. `None` for anything else, such as a placeholder.
    pub fn account(id: &str, source: impl Into<Box<str>>, span: Span) -> Option<Self> {
        let is_id = matches!(id.len(), 12 | 16) && id.bytes().all(|b| b.is_ascii_digit());
        is_id.then(|| ZoneFact { account: id.into(), source: source.into(), span })
    }

    /// The account in a name such as `arn:aws:iam::111122223333:role/x` or `acs:ram::1234567890123456:role/x`.
    pub fn account_in(arn: &str, source: impl Into<Box<str>>, span: Span) -> Option<Self> {
        let mut parts = arn.split(':');
        let id = match parts.next()? {
            "arn" => parts.nth(3)?,
            "acs" => parts.nth(2)?,
            _ => return None,
        };
        Self::account(id, source, span)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_stand_in_arns() {
        let account = |arn| ZoneFact::account_in(arn, "", Span::nowhere()).map(|fact| fact.account);
        assert_eq!(account("arn:aws-cn:iam::111122223333:role/x").as_deref(), Some("111122223333"));
        assert_eq!(account("acs:ram::1234567890123456:role/x").as_deref(), Some("1234567890123456"));
        assert_eq!(account("arn:aws:iam::aws:policy/x"), None);
        assert_eq!(account("arn:aws:iam"), None);
        assert_eq!(account("vpc:a:b:c:111122223333"), None);
    }
}
