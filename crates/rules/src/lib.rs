//! The rules: what a verdict means to the person who must act.
//!
//! A rule is one module and one page under `rules/` and one word in [`RULES`]. Rules look at an [`Estate`] of
//! judged roles and never at a format; renderers need a [`Finding`] and the `SourceMap`, nothing else.

mod analyze;
mod estate;
mod finding;
mod introduced;
mod permissions;
mod place;
mod report;
mod rules;
mod settings;

pub use analyze::{Analysis, analyze};
pub use estate::{Estate, Judged, judge};
pub use finding::{
    Certainty, Evidence, Finding, Meta, Related, RoleRef, Severity, SuppressedBy, Suppression,
};
pub use report::{Report, RoleReport, Summary};
pub use rules::{RULES, Rule};
pub use settings::Settings;
