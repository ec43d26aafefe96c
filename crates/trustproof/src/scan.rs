//! From paths to a report: the files, their configuration, what is read, judged and suppressed.
//!
//! Deliberately not here: what the report is compared with (baseline), how it is shown, the exit status (check).

use std::collections::BTreeMap;
use std::path::PathBuf;

use input_cloudformation::CloudFormationInput;
use input_policy::PolicyInput;
use input_terraform::{Given, TerraformInput, Undeclared, Variables};
use input_terraform_plan::PlanInput;
use model::{Input, Place, Problem, SourceMap, ZoneFact};
use rules::Report;

use crate::args::Check;
use crate::assign::Assignment;
use crate::config::{self, Configuration};
use crate::discover::{Discovery, discover};
use crate::progress::Progress;
use crate::read::{Reading, read};
use crate::report::Outcome;
use crate::report::around::category;
use crate::{complain, judge, parameters, suppress};

/// The formats, in the order in which they are asked whether a file is theirs.
fn inputs<'a>(
    terraform: &'a TerraformInput,
    plans: &'a PlanInput,
    templates: &'a CloudFormationInput,
) -> [&'a dyn Input; 4] {
    [terraform, plans, templates, &PolicyInput]
}

/// What is said where there is nothing to look at.
pub(crate) const NOTHING: &str = "nothing to scan: no Terraform, plan, CloudFormation, ROS or policy file";

/// What a scan gives.
pub(crate) struct Scan {
    pub(crate) outcome: Outcome,
    pub(crate) sources: SourceMap,
    pub(crate) configuration: Configuration,
}

/// Scans paths. `None` if the configuration cannot be used; the reasons are told on standard error.
pub(crate) fn scan(check: &Check, paths: &[PathBuf], progress: &Progress) -> Option<Scan> {
    let mut asked = config::locate(check, paths);
    let configured = asked.len();
    asked.extend(check.assignments.files().cloned());
    let mut discovery = discover(paths, &asked, check.source.as_deref(), check.no_ignore);
    let terraform = TerraformInput { variables: variables(check, discovery.also.split_off(configured))? };
    let templates = CloudFormationInput { parameters: parameters::given(check)? };
    let plans = PlanInput { source: discovery.source.take(), here: discovery.here.take() };
    let configuration = config::load(check, &discovery)?;
    let Discovery { sources, mut candidates, problems, .. } = discovery;
    candidates.retain(|candidate| candidate.explicit || !configuration.excludes(&candidate.name));
    let mut reading = read(&inputs(&terraform, &plans, &templates), &candidates, &sources, progress);
    reading.problems.extend(problems);
    reading.problems.extend(undeclared(&terraform, paths, &sources));
    if check.introduced_only && !reading.inputs.contains(plans.name()) {
        let message =
            "--introduced-only: no plan is among what is scanned, so nothing tells what a change brings in";
        reading.problems.extend(paths.iter().map(|path| {
            let place = Place::Path(path.to_string_lossy().into());
            Problem::relevant(place, message)
        }));
    }
    let mut outcome = conclude(paths, &configuration, reading, &sources, progress);
    outcome.category = category(check.sarif_category.as_deref(), paths);
    Some(Scan { outcome, sources, configuration })
}

/// What is given to variables of Terraform modules; told on standard error if a file cannot be had. `files` are the
/// names of the files among it, in their order.
fn variables(check: &Check, files: Vec<Result<String, String>>) -> Option<Variables> {
    let mut files = files.into_iter();
    let given = check.assignments.0.iter().filter_map(|assignment| match assignment {
        Assignment::Value(name, text) => Some(Ok(Given::Value(name.clone(), text.clone()))),
        Assignment::File(_) => files.next().map(|file| file.map(Given::File)),
    });
    match given.collect() {
        Ok(given) => Some(Variables { given }),
        Err(why) => {
            complain(why);
            None
        }
    }
}

/// Values that no module takes. Terraform refuses one on the command line and warns of one in a file.
fn undeclared(terraform: &TerraformInput, paths: &[PathBuf], sources: &SourceMap) -> Vec<Problem> {
    let problem = |undeclared: Undeclared| match undeclared {
        Undeclared::Value(name) => {
            let message = format!("no root module here declares the variable `{name}` that `--var` sets");
            let start = paths.first().map(|path| path.to_string_lossy()).unwrap_or_default();
            Problem::relevant(Place::Path((*start).into()), message)
        }
        Undeclared::InFile(name, span) => {
            let message =
                format!("no root module here declares the variable `{name}`: its value is not used");
            Problem::warning(span, message)
        }
    };
    terraform.undeclared(sources).into_iter().map(problem).collect()
}

/// What is read without any configuration.
pub(crate) struct Gathered {
    pub(crate) reading: Reading,
    /// Accounts that the input shows to be the user's own.
    pub(crate) learned: Vec<ZoneFact>,
    pub(crate) sources: SourceMap,
}

/// Reads paths and judges nothing.
pub(crate) fn gather(paths: &[PathBuf], no_ignore: bool, progress: &Progress) -> Gathered {
    let Discovery { sources, candidates, problems, here, .. } = discover(paths, &[], None, no_ignore);
    let plans = PlanInput { source: None, here };
    let terraform = TerraformInput::default();
    let templates = CloudFormationInput::new();
    let mut reading = read(&inputs(&terraform, &plans, &templates), &candidates, &sources, progress);
    reading.problems.extend(problems);
    let learned = learned(&reading, &sources);
    Gathered { reading, learned, sources }
}

/// From what was read to what is reported, in an order that depends on the files alone.
fn conclude(
    paths: &[PathBuf],
    configuration: &Configuration,
    mut reading: Reading,
    sources: &SourceMap,
    progress: &Progress,
) -> Outcome {
    if reading.files == 0 && !reading.problems.iter().any(|problem| problem.relevant) {
        reading.problems.extend(paths.iter().map(|path| {
            let place = Place::Path(path.to_string_lossy().into());
            Problem::relevant(place, NOTHING)
        }));
    }
    let learned = learned(&reading, sources);
    let accounts: Vec<String> = learned.iter().map(|fact| fact.account.to_string()).collect();

    let mut report = judge::judge(&configuration.settings(&accounts), reading.roles, sources, progress);
    report.findings.retain(|f| configuration.enabled(f.rule.id, &sources.path(f.location.file)));
    report.files = reading.files;
    report.problems.append(&mut reading.problems);
    suppress::apply(&mut report, &reading.directives, configuration, sources);
    sort(&mut report, sources);
    Outcome { report, learned, ..Outcome::default() }
}

/// The first fact of each account.
fn learned(reading: &Reading, sources: &SourceMap) -> Vec<ZoneFact> {
    let mut first: BTreeMap<(&str, String, u32), &ZoneFact> = BTreeMap::new();
    for fact in &reading.zone_facts {
        first.insert((&fact.account, sources.path(fact.span.file), fact.span.start), fact);
    }
    let mut facts: Vec<ZoneFact> = first.into_values().cloned().collect();
    facts.dedup_by(|later, earlier| later.account == earlier.account);
    facts
}

fn sort(report: &mut Report, sources: &SourceMap) {
    report.findings.sort_by_cached_key(|f| {
        let place = (sources.path(f.location.file), f.location.start, f.location.end);
        (place, f.rule.id, f.role.address.clone(), f.message.clone())
    });
    report.roles.sort_by_cached_key(|r| (sources.path(r.location.file), r.location.start, r.address.clone()));
    report.problems.sort_by_cached_key(|p| {
        let (path, start) = match &p.place {
            Place::Span(span) => (sources.path(span.file), span.start),
            Place::File(file) => (sources.path(*file), 0),
            Place::Path(path) => (path.to_string(), 0),
        };
        (path, start, p.message.clone(), !p.relevant)
    });
    report
        .problems
        .dedup_by(|later, earlier| later.place == earlier.place && later.message == earlier.message);
}
