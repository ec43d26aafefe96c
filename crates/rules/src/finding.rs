//! What a rule reports: self-contained, so that a renderer decides nothing.

use decide::Witness;
use model::{Cloud, Span, Unknown};

/// How bad it is. Belongs to the rule, not to the finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Hardening.
    Low,
    /// Should be fixed.
    Medium,
    /// Must be fixed.
    High,
    /// The account is open.
    Critical,
}

impl Severity {
    /// All, from the least to the worst.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// What is fixed about a rule.
#[derive(Debug)]
pub struct Meta {
    /// The id, a stable name in lower case with hyphens.
    pub id: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// What it says, in one line without a full stop.
    pub title: &'static str,
    /// The rule's page in Markdown: what, why, a bad and a good example, how to fix it, references.
    pub page: &'static str,
}

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Evidence.
    Proved(Evidence),
    /// Some filling of the unknowns, or one reading of undocumented behaviour, would make it so.
    Possible,
}

/// Why a finding is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A request that the policy allows.
    Request(Box<Witness>),
    /// A proof that no request exists.
    NoRequest,
    /// Read from the text.
    Fact,
}

/// The role a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRef {
    /// Whose.
    pub cloud: Cloud,
    /// `aws_iam_role`, `AWS::IAM::Role`, `policy` …
    pub kind: String,
    /// Its address in the input.
    pub address: String,
    /// Its name in the cloud, where known.
    pub name: Option<String>,
    /// What stands for it in the input: the text that names it, and the module calls that lead to it.
    pub places: Vec<Span>,
}

/// Another place that helps to understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What it shows.
    pub message: String,
}

/// One fault at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Meta,
    /// What it rests on.
    pub certainty: Certainty,
    /// The role.
    pub role: RoleRef,
    /// Addresses of the other instances (count, for_each) of the same block that share it.
    pub instances: Vec<String>,
    /// One sentence: who can do what.
    pub message: String,
    /// The narrowest text that carries the fault.
    pub location: Span,
    /// A few words to stand under that text.
    pub label: String,
    /// Other places.
    pub related: Vec<Related>,
    /// The way of the witness's request through the policy: who calls, the guard that lets it pass, the statement that
    /// allows it. Empty unless the evidence is a request.
    pub steps: Vec<Related>,
    /// What the input does not give.
    pub unknowns: Vec<Unknown>,
    /// What to do.
    pub advice: String,
    /// Stable under moved lines and reformatting: rule, address without instance keys, meaning of the statement.
    pub fingerprint: String,
    /// Why it is not to be reported; rules leave it empty, the binary fills it in.
    pub suppressed: Option<Suppression>,
    /// Whether the change that was read brings it in; `None` if no change was read.
    pub introduced: Option<bool>,
}

/// Somebody's decision that a finding is to stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Where the decision stands.
    pub by: SuppressedBy,
    /// Why; may be empty.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`; without one it has no end.
    pub until: Option<String>,
}

/// Where the decision to suppress a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// In a comment.
    Comment,
    /// In the configuration.
    Config,
    /// In a resource's metadata.
    Metadata,
    /// In the baseline.
    Baseline,
}

impl SuppressedBy {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            SuppressedBy::Comment => "comment",
            SuppressedBy::Config => "config",
            SuppressedBy::Metadata => "metadata",
            SuppressedBy::Baseline => "baseline",
        }
    }
}

impl Finding {
    /// Whether it rests on evidence.
    pub fn proved(&self) -> bool {
        matches!(self.certainty, Certainty::Proved(_))
    }

    /// What the change that was read has to do with it, in words; nothing if no change was read.
    pub fn change(&self) -> Option<&'static str> {
        let words = |introduced| if introduced { "this plan brings it in" } else { "it was there before" };
        self.introduced.map(words)
    }

    /// The request that proves it, if that is what it rests on.
    pub fn witness(&self) -> Option<&Witness> {
        match &self.certainty {
            Certainty::Proved(Evidence::Request(witness)) => Some(witness),
            Certainty::Proved(Evidence::NoRequest | Evidence::Fact) | Certainty::Possible => None,
        }
    }
}
