//! How much memory modules and their roles hold, and how much they need while they are read.
//!
//! `TRUSTPROOF_BENCH_DIR=DIR cargo test -p trustproof-input-terraform --test memory -- --nocapture` measures the
//! modules below a directory too. One test alone: the allocator counts for all of the process.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test that reads what it is told to measure"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use model::{FileId, Input, LoadError, Loader, Lowered, SourceMap};
use peak_alloc::PeakAlloc;
use trustproof_input_terraform::TerraformInput;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

struct Memory(BTreeMap<String, String>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let text = self.0.get(path).ok_or_else(|| LoadError("no such file".to_owned()))?;
        Ok(text.clone().into_bytes())
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// What was counted, in bytes.
#[derive(Debug)]
struct Measured {
    /// Of the files that belong to modules with roles.
    source: usize,
    /// Once all roles are known, with all that is said of them.
    held: usize,
    /// At most, before.
    most: usize,
    roles: usize,
}

fn measure(files: BTreeMap<String, String>) -> Measured {
    let sources = SourceMap::new(files.keys().cloned().collect(), Box::new(Memory(files)));
    // The texts are held by the scan, whoever reads them.
    let length = |id: FileId| sources.text(id).unwrap().len();
    sources.ids().for_each(|id| assert!(length(id) > 0));
    let input = TerraformInput::default();
    let claims = |id: &FileId| input.claims(&sources.path(*id), sources.text(*id).unwrap().as_bytes());
    let claimed: Vec<FileId> = sources.ids().filter(claims).collect();
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let units = input.units(&claimed, &sources);
    let read: Vec<Lowered> = units.iter().map(|unit| input.read(unit, &sources)).collect();
    let (held, most) = (HEAP.current_usage() - before, HEAP.peak_usage() - before);
    let files: BTreeSet<FileId> = units.iter().flat_map(|unit| &unit.files).copied().collect();
    let roles = read.iter().map(|lowered| lowered.subjects.len()).sum();
    Measured { source: files.into_iter().map(length).sum(), held, most, roles }
}

fn below(root: &Path, directory: &Path, out: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            below(root, &path, out);
        } else if name.ends_with(".tf")
            && let Ok(text) = std::fs::read_to_string(&path)
            && !text.is_empty()
        {
            out.insert(name, text);
        }
    }
}

/// Stacks with a role each, among resources that no role needs, and a module that calls another.
fn generated() -> BTreeMap<String, String> {
    let module = include_str!("terraform/plans/calls/mod/main.tf");
    let inner = include_str!("terraform/plans/calls/mod/inner/main.tf");
    let other = |at: usize| {
        format!(
            "resource \"aws_sqs_queue\" \"q{at}\" {{\n  name                       = \"${{local.prefix}}-{at}\"\n  \
             visibility_timeout_seconds = {at} * 30\n  tags = merge(local.tags, {{ worker = \"{at}\" }})\n}}\n\n"
        )
    };
    let stack = |at: usize| {
        let others: String = (0..20).map(other).collect();
        let text = format!(
            "locals {{\n  prefix = \"acme\"\n  tags   = {{ team = \"platform\" }}\n}}\n\n{others}resource \"aws_iam_role\" \"r\" \
             {{\n  name               = \"${{local.prefix}}-{at}\"\n  assume_role_policy = jsonencode({{\n    Statement = [{{\n      \
             Effect    = \"Allow\"\n      Action    = \"sts:AssumeRole\"\n      Principal = {{ Service = \"ec2.amazonaws.com\" }}\n    \
             }}]\n  }})\n}}\n"
        );
        (format!("stacks/s{at}/main.tf"), text)
    };
    let modules = [("modules/m/main.tf", module), ("modules/m/inner/main.tf", inner)];
    let modules = modules.map(|(path, text)| (path.to_owned(), text.to_owned()));
    (0..50).map(stack).chain(modules).collect()
}

#[test]
fn modules_hold_less_than_four_bytes_a_byte() {
    let all = [
        Some(generated()),
        std::env::var("TRUSTPROOF_BENCH_DIR").ok().map(|directory| {
            let mut files = BTreeMap::new();
            below(Path::new(&directory), Path::new(&directory), &mut files);
            files
        }),
    ];
    for files in all.into_iter().flatten() {
        let measured = measure(files);
        eprintln!("{measured:?}");
        assert!(measured.roles >= 50 && measured.source > 100_000, "{measured:?}");
        assert!(measured.held < 4 * measured.source, "{measured:?}");
        assert!(measured.most < 4 * measured.source, "{measured:?}");
    }
}
