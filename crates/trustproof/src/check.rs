//! `trustproof check`: read, judge, show, and the exit status.
#![allow(clippy::disallowed_methods, reason = "reports are written to files that the user names")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use decide::Zone;
use model::{Input, Place, Problem, SourceMap, ZoneFact};
use rayon::ThreadPoolBuilder;
use rules::{Meta, RULES, Report, Settings};

use crate::args::{Check, Format};
use crate::discover::{Discovery, discover};
use crate::progress::Progress;
use crate::read::{Reading, read};
use crate::report::{Outcome, github, human, json, problem_line, summary_line};
use crate::{STACK, Status, complain, config, judge, written};

/// Problems that are repeated on standard error.
const TOLD: usize = 10;

/// The formats, in the order in which they are asked whether a file is theirs.
const INPUTS: [&dyn Input; 4] = [
    &input_terraform::TerraformInput,
    &input_terraform_plan::PlanInput,
    &input_cloudformation::CloudFormationInput,
    &input_policy::PolicyInput,
];

/// Runs the check.
pub(crate) fn run(check: &Check) -> Status {
    let Some(zone) = config::zone(check) else {
        return Status::Undone;
    };
    let threads = check.threads.map_or(0, usize::from);
    let pool = match ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build() {
        Ok(pool) => pool,
        Err(error) => {
            complain(format_args!("cannot start threads: {error}"));
            return Status::Undone;
        }
    };
    let Discovery { sources, candidates, problems } = discover(&check.paths, check.no_ignore);
    let outcome = pool.install(|| {
        let progress = Progress::new();
        let mut reading = read(&INPUTS, &candidates, &sources, &progress);
        reading.problems.extend(problems);
        conclude(check, zone, reading, &sources, &progress)
    });
    let status = status(&outcome.report, check);
    status.max(show(check, &outcome, &sources))
}

/// From what was read to what is reported, in an order that depends on the files alone.
fn conclude(
    check: &Check,
    mut zone: Zone,
    mut reading: Reading,
    sources: &SourceMap,
    progress: &Progress,
) -> Outcome {
    if reading.files == 0 && !reading.problems.iter().any(|problem| problem.relevant) {
        reading.problems.extend(check.paths.iter().map(|path| {
            let place = Place::Path(path.to_string_lossy().into());
            Problem::relevant(
                place,
                "nothing to scan: no Terraform, plan, CloudFormation, ROS or policy file",
            )
        }));
    }
    let learned = learned(&reading, sources);
    zone.accounts.extend(learned.iter().map(|fact| fact.account.to_string()));

    let settings = Arc::new(Settings { zone, ..Settings::default() });
    let mut report = judge::judge(&settings, reading.roles, sources, progress);
    report.files = reading.files;
    report.problems.append(&mut reading.problems);
    sort(&mut report, sources);
    Outcome { report, learned }
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

fn status(report: &Report, check: &Check) -> Status {
    if report.problems.iter().any(|problem| problem.relevant) {
        return Status::Undone;
    }
    let threshold = check.fail_on.threshold();
    let fails = report.reported().any(|finding| {
        threshold.is_some_and(|lowest| finding.rule.severity >= lowest) && (finding.proved() || check.strict)
    });
    if fails { Status::Found } else { Status::Clean }
}

/// Writes every report that was asked for. The others are written even if one fails.
fn show(check: &Check, outcome: &Outcome, sources: &SourceMap) -> Status {
    let mut status = Status::Clean;
    for output in &check.output {
        let write = || {
            let mut file = BufWriter::new(File::create(&output.file)?);
            render(output.format, outcome, sources, false, &mut file)?;
            file.flush()
        };
        if let Err(error) = write() {
            complain(format_args!("cannot write `{}`: {error}", output.file.display()));
            status = Status::Undone;
        }
    }
    status = status.max(written(print(check.format, outcome, sources)));
    if check.format != Format::Human {
        tell(outcome, sources);
    }
    status
}

/// What a person at the console should know although the report is for a machine.
fn tell(outcome: &Outcome, sources: &SourceMap) {
    let mut unread = outcome.report.problems.iter().filter(|problem| problem.relevant);
    for problem in unread.by_ref().take(TOLD) {
        complain(problem_line(problem, sources));
    }
    let more = unread.count();
    if more > 0 {
        complain(format_args!("{more} more like these; the report has them all"));
    }
    anstream::eprintln!("{}", summary_line(&outcome.report));
}

fn print(format: Format, outcome: &Outcome, sources: &SourceMap) -> io::Result<()> {
    let stdout = io::stdout();
    let choice = anstream::AutoStream::choice(&stdout);
    // Only the human report has colours; on an old Windows console they need translation.
    let (color, stdout): (bool, Box<dyn Write>) = match format {
        Format::Human => {
            let stream = anstream::AutoStream::new(stdout.lock(), choice);
            (choice != anstream::ColorChoice::Never, Box::new(stream))
        }
        Format::Json | Format::Sarif | Format::Github => (false, Box::new(stdout.lock())),
    };
    let mut stdout = BufWriter::new(stdout);
    render(format, outcome, sources, color, &mut stdout)?;
    stdout.flush()
}

fn render(
    format: Format,
    outcome: &Outcome,
    sources: &SourceMap,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::render(outcome, sources, color, out),
        Format::Json => json::render(&outcome.report, sources, out),
        Format::Sarif => {
            let metas: Vec<&'static Meta> = RULES.iter().map(|rule| rule.meta).collect();
            output_sarif::render(&outcome.report, sources, &metas, out)
        }
        Format::Github => github::render(&outcome.report, sources, out),
    }
}
