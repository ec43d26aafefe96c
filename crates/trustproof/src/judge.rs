//! From roles to findings: every role judged behind a wall, in parallel, then the rules over all of them.
//!
//! Deliberately not here: what a judgement is (decide) and what it means (rules).

use std::sync::Arc;

use model::{Place, Problem, Role, SourceMap};
use rayon::prelude::*;
use rules::{Estate, Report, Settings};

use crate::guard::guarded;
use crate::progress::Progress;

/// The findings and the roles; the problems are those of judging alone.
pub(crate) fn judge(
    settings: &(impl Fn(&str) -> Arc<Settings> + Sync),
    mut roles: Vec<Role>,
    sources: &SourceMap,
    progress: &Progress,
) -> Report {
    roles.sort_by_cached_key(|role| (sources.path(role.span.file), role.span.start, role.address.clone()));
    progress.stage("judging", roles.len());
    let judged: Vec<_> = roles
        .into_par_iter()
        .map(|role| {
            let place = Place::Span(role.span);
            let judged = guarded(|| rules::judge(&settings(&sources.path(role.span.file)), role));
            progress.step();
            judged.map_err(|message| Problem::relevant(place, internal_error(&message)))
        })
        .collect();
    let mut report = Report::default();
    let mut estate = Estate::default();
    for result in judged {
        match result {
            Ok(judged) => estate.roles.push(judged),
            Err(problem) => report.problems.push(problem),
        }
    }
    match guarded(|| rules::analyze(&estate)) {
        Ok(analysis) => {
            report.findings = analysis.findings;
            report.roles = analysis.roles;
            report.statements = analysis.statements;
        }
        Err(message) => {
            let everywhere = Place::Path(".".into());
            report.problems.push(Problem::relevant(everywhere, internal_error(&message)));
        }
    }
    report
}

fn internal_error(message: &str) -> String {
    format!("internal error while judging: {message}; please report")
}
