//! How fast modules become roles, beside what the bare parser takes for the same files. Reading from disk is not
//! measured.
//!
//! `TRUSTPROOF_BENCH_DIR=DIR cargo bench -p trustproof-input-terraform` takes the modules below a directory; without
//! it, generated ones. Compare within one run only.

#![allow(clippy::disallowed_methods, reason = "a bench reads what it is told to measure")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hcl_edit::parser::parse_body;
use model::{FileId, Input, LoadError, Loader, SourceMap};
use trustproof_input_terraform::TerraformInput;

struct Memory(Arc<BTreeMap<String, Vec<u8>>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// The files below a directory in Terraform's own syntax, by their path from there.
fn below(root: &Path, directory: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            below(root, &path, out);
        } else if name.ends_with(".tf")
            && let Ok(bytes) = std::fs::read(&path)
            && std::str::from_utf8(&bytes).is_ok()
        {
            out.insert(name, bytes);
        }
    }
}

/// The files as a scan meets them: read, and nothing made of them yet.
fn fresh(files: &Arc<BTreeMap<String, Vec<u8>>>) -> SourceMap {
    let sources = SourceMap::new(files.keys().cloned().collect(), Box::new(Memory(Arc::clone(files))));
    sources.ids().for_each(|id| assert!(sources.text(id).is_ok()));
    sources
}

/// Stacks that call a module of roles, among resources that no role needs.
fn generated() -> BTreeMap<String, Vec<u8>> {
    let module = "variable \"name\" {\n  description = \"what the role is called\"\n  type        = string\n}\n\n\
                  variable \"external_id\" {\n  type    = string\n  default = null\n}\n\n\
                  data \"aws_iam_policy_document\" \"trust\" {\n  statement {\n    actions = [\"sts:AssumeRole\"]\n    \
                  principals {\n      type        = \"AWS\"\n      identifiers = [\"arn:aws:iam::111122223333:root\"]\n    }\n    \
                  dynamic \"condition\" {\n      for_each = var.external_id == null ? [] : [var.external_id]\n      \
                  content {\n        test     = \"StringEquals\"\n        variable = \"sts:ExternalId\"\n        \
                  values   = [condition.value]\n      }\n    }\n  }\n}\n\n\
                  resource \"aws_iam_role\" \"this\" {\n  name               = var.name\n  \
                  assume_role_policy = data.aws_iam_policy_document.trust.json\n}\n";
    let mut out = BTreeMap::from([("modules/role/main.tf".to_owned(), module.as_bytes().to_vec())]);
    for stack in 0..40 {
        let mut text =
            String::from("locals {\n  prefix = \"acme\"\n  tags = {\n    team = \"platform\"\n  }\n}\n\n");
        for at in 0..20 {
            let _ = write!(
                text,
                "# the queue and the role of worker {at}\nresource \"aws_sqs_queue\" \"q{at}\" {{\n  name                       = \
                 \"${{local.prefix}}-{at}\"\n  visibility_timeout_seconds = {at} * 30\n  tags                       = \
                 merge(local.tags, {{ worker = \"{at}\" }})\n}}\n\nmodule \"role{at}\" {{\n  source      = \"../../modules/role\"\n  \
                 name        = \"${{local.prefix}}-worker-{at}\"\n  external_id = {at} > 9 ? \"secret-{at}\" : null\n}}\n\n"
            );
        }
        out.insert(format!("stacks/s{stack}/main.tf"), text.into_bytes());
    }
    out
}

fn benches(c: &mut Criterion) {
    let mut files = BTreeMap::new();
    match std::env::var("TRUSTPROOF_BENCH_DIR") {
        Ok(directory) => below(Path::new(&directory), Path::new(&directory), &mut files),
        Err(_) => files = generated(),
    }
    // What does not parse would be measured up to its error only.
    files.retain(|_, bytes| std::str::from_utf8(bytes).is_ok_and(|text| parse_body(text).is_ok()));
    let files = Arc::new(files);
    let sources = fresh(&files);
    let input = TerraformInput::default();
    let claimed: Vec<FileId> = sources
        .ids()
        .filter(|id| sources.bytes(*id).is_ok_and(|bytes| input.claims(&sources.path(*id), &bytes)))
        .collect();
    // What no unit holds is not read, so it does not count on either side.
    let units = input.units(&claimed, &sources);
    let read: BTreeSet<FileId> = units.iter().flat_map(|unit| &unit.files).copied().collect();
    let texts: Vec<_> = read.iter().filter_map(|id| sources.text(*id).ok()).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut group = c.benchmark_group("terraform");
    group.throughput(Throughput::Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))).sample_size(10);
    group.bench_function("parser alone", |b| {
        b.iter(|| texts.iter().filter(|text| black_box(parse_body(text)).is_ok()).count());
    });
    group.bench_function("to lowered roles", |b| {
        // What is kept beside the sources would make a second round faster than the only one of a scan.
        let read = |sources: SourceMap| {
            let units = input.units(&claimed, &sources);
            units.iter().map(|unit| input.read(unit, &sources).subjects.len()).sum::<usize>()
        };
        b.iter_batched(|| fresh(&files), read, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(throughput, benches);
criterion_main!(throughput);
