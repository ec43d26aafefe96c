//! The rules: what a verdict means to the person who must act.
//!
//! A rule is two files, `<id>.rs` and `<id>.md`, and one entry in [`RULES`]. Renderers need a [`Finding`] and the
//! `SourceMap`, nothing else.

mod finding;
mod report;

pub use finding::{Certainty, Evidence, Finding, Meta, Related, RoleRef, Severity};
pub use report::{Report, RoleReport, Summary};
