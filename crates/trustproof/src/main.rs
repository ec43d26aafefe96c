//! The command line of trustproof: what is asked, where it is looked for, how it is shown, and the exit status.
//!
//! Deliberately not here: formats (inputs), judgement (decide, rules). See ARCHITECTURE.md for the map.

mod args;
mod assign;
mod baseline;
mod can;
mod check;
mod config;
mod discover;
mod explain;
mod file;
mod guard;
mod init;
mod judge;
mod parameters;
mod progress;
mod read;
mod report;
mod scan;
mod similar;
mod since;
mod suppress;

use std::io;
use std::process::ExitCode;

use args::{Args, Command};
use clap::{CommandFactory, Parser};

/// Stack of each thread: parsers bound their depth, and this is room for that depth.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    guard::install();
    match Args::parse().command {
        Command::Check(check) => check::run(&check).into(),
        Command::Can(can) => can::run(&can).into(),
        Command::Init(init) => init::run(&init).into(),
        Command::Explain { rule } => explain::run(rule.as_deref()).into(),
        Command::Man => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
            written(rendered.and_then(|()| io::Write::write_all(&mut io::stdout(), &page))).into()
        }
        Command::Completions { shell } => {
            // Into memory first: the generator panics where its output is a closed pipe.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "trustproof", &mut script);
            written(io::Write::write_all(&mut io::stdout(), &script)).into()
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Nothing fails; the request is allowed.
    Clean,
    /// A finding fails the run; the request is not allowed.
    Found,
    /// The job could not be done; outranks findings.
    Undone,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(match status {
            Status::Clean => 0,
            Status::Found => 1,
            Status::Undone => 2,
        })
    }
}

/// Says what went wrong, for people.
fn complain(message: impl std::fmt::Display) {
    anstream::eprintln!("error: {message}");
}

/// The status of having written to standard output. A reader that has seen enough is no failure.
fn written(result: io::Result<()>) -> Status {
    match result {
        Ok(()) => Status::Clean,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Clean,
        Err(error) => {
            complain(format_args!("cannot write to standard output: {error}"));
            Status::Undone
        }
    }
}
