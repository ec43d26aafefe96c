//! Everything a run has to say.

use decide::{Verdict, Verdicts};
use model::{Cloud, Problem, Span};

use crate::{Finding, Severity};

/// The whole report, in the order in which it is shown.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Findings, in the order of path, place, rule, address.
    pub findings: Vec<Finding>,
    /// Every role that was read, in the order of path, place, address.
    pub roles: Vec<RoleReport>,
    /// What could not be read or understood.
    pub problems: Vec<Problem>,
    /// How many files of a scannable kind were looked at.
    pub files: usize,
    /// How many statements the roles have.
    pub statements: usize,
}

/// One role and what is known of it.
#[derive(Clone, Debug)]
pub struct RoleReport {
    /// Whose.
    pub cloud: Cloud,
    /// `aws_iam_role`, `AWS::IAM::Role`, `policy` …
    pub kind: String,
    /// Its address in the input.
    pub address: String,
    /// Where it is named.
    pub location: Span,
    /// Against each kind of adversary.
    pub verdicts: Verdicts,
}

/// The counts at the end of every report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files looked at.
    pub files: usize,
    /// Roles read.
    pub roles: usize,
    /// Statements read.
    pub statements: usize,
    /// Proved findings that nobody suppressed, by severity, in the order of [`Severity::ALL`].
    pub proved: [usize; Severity::ALL.len()],
    /// Findings that are only possible and that nobody suppressed.
    pub possible: usize,
    /// Verdicts that are undetermined.
    pub undetermined: usize,
    /// Findings that somebody suppressed, proved or not.
    pub suppressed: usize,
    /// Problems.
    pub problems: usize,
}

impl Report {
    /// The findings that nobody suppressed.
    pub fn reported(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.suppressed.is_none())
    }

    /// The counts.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            files: self.files,
            roles: self.roles.len(),
            statements: self.statements,
            problems: self.problems.len(),
            ..Summary::default()
        };
        for finding in &self.findings {
            if finding.suppressed.is_some() {
                summary.suppressed += 1;
            } else if finding.proved() {
                for (count, severity) in summary.proved.iter_mut().zip(Severity::ALL) {
                    *count += usize::from(severity == finding.rule.severity);
                }
            } else {
                summary.possible += 1;
            }
        }
        for role in &self.roles {
            let v = role.verdicts;
            let all = [v.stranger, v.third_party, v.service, v.oidc, v.saml];
            summary.undetermined += all.iter().filter(|v| **v == Verdict::Undetermined).count();
        }
        summary
    }
}
