//! Directories to scan, and runs of the built binary in them.

use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A directory to scan.
pub(crate) struct Case(pub(crate) TempDir);

impl Case {
    /// A directory with these files.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let case = Case(tempfile::tempdir().unwrap());
        for (path, bytes) in files {
            case.write(path, bytes);
        }
        case
    }

    /// Adds a file.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// The binary, in this directory and in no other environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trustproof"));
        command.current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }
}

/// How a run ended and what it said.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// A run that is over.
    pub(crate) fn new(output: Output) -> Self {
        Run {
            status: output.status.code().expect("ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
