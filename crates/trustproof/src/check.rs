//! `trustproof check`: read, judge, show, and the exit status.
#![allow(clippy::disallowed_methods, reason = "reports are written to files that the user names")]

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use model::{Place, Problem, SourceMap};
use rayon::ThreadPoolBuilder;
use rules::{Meta, RULES, Report};

use crate::args::{Check, Format};
use crate::baseline::Entry;
use crate::config::Configuration;
use crate::discover::{reason, slashed};
use crate::file::Named;
use crate::progress::Progress;
use crate::report::{
    Outcome, around, github, gitlab, human, json, junit, markdown, problem_line, summary_line,
};
use crate::scan::{Scan, scan};
use crate::since::Before;
use crate::{STACK, Status, baseline, complain, file, since, written};

/// Problems that are repeated on standard error.
const TOLD: usize = 10;

/// Runs the check.
pub(crate) fn run(check: &Check) -> Status {
    let threads = check.threads.map_or(0, usize::from);
    let pool = match ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build() {
        Ok(pool) => pool,
        Err(error) => {
            complain(format_args!("cannot start threads: {error}"));
            return Status::Undone;
        }
    };
    let Some(mut scan) = pool.install(|| scan(check, &check.paths, &Progress::new())) else {
        return Status::Undone;
    };
    if let Err(message) = pool.install(|| accept_known(check, &mut scan)) {
        complain(message);
        return Status::Undone;
    }
    let Scan { outcome, sources, configuration } = scan;
    let status = status(check, &outcome.report, &configuration);
    status.max(show(check, &outcome, &sources))
}

/// Leaves out the findings that were there before, as far as that was asked for.
fn accept_known(check: &Check, scan: &mut Scan) -> Result<(), String> {
    let Scan { outcome, sources, configuration } = scan;
    let report = &mut outcome.report;
    if let Some(path) = &check.write_baseline {
        let entries = baseline::record(&report.findings, sources);
        let failed = |error: &dyn std::fmt::Display| format!("cannot write `{}`: {error}", path.display());
        let text = baseline::write(&entries).map_err(|error| failed(&error))?;
        fs::write(path, text).map_err(|error| failed(&reason(&error)))?;
        baseline::compare(&mut report.findings, sources, &entries, "in the baseline");
    }
    if let Some(path) = &check.baseline {
        let Named { text, .. } = file::open(path)?;
        let shown = slashed(path);
        let known = baseline::read(&text)
            .map_err(|(line, error)| format!("`{shown}`, line {line}, is no entry of a baseline: {error}"))?;
        let mut stale = baseline::compare(&mut report.findings, sources, &known, "in the baseline");
        // What lies outside of the scan may be there as ever.
        stale.retain(|entry| configuration.scanned(&entry.path));
        if !stale.is_empty() && check.write_baseline.is_none() {
            report.problems.push(stale_entries(&stale, shown));
        }
    }
    if let Some(revision) = &check.new_since {
        let Before { entries, commit } = since::before(check, revision)?;
        let reason = format!("already there in commit {commit}");
        baseline::compare(&mut report.findings, sources, &entries, &reason);
    }
    Ok(())
}

fn stale_entries(stale: &[Entry], baseline: String) -> Problem {
    let first = stale.first().map(|entry| format!("`{}` of `{}` in {}", entry.rule, entry.role, entry.path));
    let first = first.unwrap_or_default();
    let message = match stale.len() {
        1 => format!("an entry matches no finding any more ({first}); take it out"),
        n => format!("{n} entries match no finding any more (the first: {first}); take them out"),
    };
    Problem { place: Place::Path(baseline.into()), message: message.into(), relevant: false }
}

fn status(check: &Check, report: &Report, configuration: &Configuration) -> Status {
    if report.problems.iter().any(|problem| problem.relevant) {
        return Status::Undone;
    }
    let threshold = configuration.fail_on().threshold();
    let fails = report.reported().any(|finding| {
        threshold.is_some_and(|lowest| finding.rule.severity >= lowest)
            && (finding.proved() || configuration.strict())
            && (!check.introduced_only || finding.introduced == Some(true))
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
        Format::Json | Format::Sarif | Format::Github | Format::Markdown | Format::Gitlab | Format::Junit => {
            (false, Box::new(stdout.lock()))
        }
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
            let options = output_sarif::Options { rules: &metas, category: &outcome.category };
            output_sarif::render(&outcome.report, sources, &options, out)
        }
        Format::Github => github::render(&outcome.report, sources, out),
        Format::Markdown => markdown::render(outcome, sources, &around::link_base(), out),
        Format::Gitlab => gitlab::render(&outcome.report, sources, out),
        Format::Junit => junit::render(&outcome.report, sources, out),
    }
}
