//! How fast a plan is read, beside the least that it can cost with the same parser: `serde_json` skipping all of it.
//! Slice against slice (a file) and reader against reader (standard input). Reading the disk is not measured.
//!
//! `TRUSTPROOF_BENCH_MB=200 cargo bench -p trustproof-input-terraform-plan` takes a plan of about that size on one
//! line; without it, a small one. Compare within one run only.

#![allow(clippy::disallowed_methods, reason = "a bench is told how much to measure")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufReader, Cursor};
use std::sync::Arc;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model::{FileId, Input, LoadError, Loader, Lowered, SourceMap, Stream, Unit};
use serde::de::IgnoredAny;
use trustproof_input_terraform_plan::PlanInput;

/// The size of the plan if nobody says how large.
const DEFAULT_MB: usize = 4;

/// One resource in so many is a role.
const ROLES: usize = 500;

/// A source that is kept as a whole beforehand, or that passes by.
struct Source {
    stream: Option<Arc<[u8]>>,
}

impl Loader for Source {
    fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
        Err(LoadError("it is kept already".to_owned()))
    }
    fn admits(&self, _: &str) -> bool {
        false
    }
    fn stream(&self, _: &str) -> Option<Stream> {
        self.stream.as_ref().map(|bytes| Box::new(Cursor::new(Arc::clone(bytes))) as Stream)
    }
}

/// What a plan says of a resource, by its number.
fn values(number: usize) -> (&'static str, String) {
    if number.is_multiple_of(ROLES) {
        let principal = format!("arn:aws:iam::{:012}:root", number % 1000);
        let policy = format!(
            r#"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{{\"AWS\":\"{principal}\"}}}}]}}"#
        );
        let values = format!(
            r#"{{"name":"role-{number}","path":"/","max_session_duration":3600,"assume_role_policy":"{policy}","tags":{{}}}}"#
        );
        return ("aws_iam_role", values);
    }
    let mut rules = String::new();
    for rule in 0..6 {
        let comma = if rule == 0 { "" } else { "," };
        let _ = write!(
            rules,
            r#"{comma}{{"id":"r{rule}","enabled":true,"prefix":"x/{rule}/","expiration":[{{"days":{}}}]}}"#,
            30 + rule
        );
    }
    let values = format!(
        r#"{{"bucket":"bucket-{number}","tags":{{"env":"prod","team":"t{}","cost":"c{number}"}},"versioning":[{{"enabled":true,"mfa_delete":false}}],"lifecycle_rule":[{rules}],"policy":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\"],\"Resource\":\"arn:aws:s3:::bucket-{number}/*\"}}]}}"}}"#,
        number % 50
    );
    ("aws_s3_bucket", values)
}

/// A plan on one line, as Terraform writes it: what will be, the changes, what was, and the code's outline.
fn plan(bytes: usize) -> String {
    let (mut planned, mut changes, mut code) = (String::new(), String::new(), String::new());
    let mut number = 0;
    while 2 * planned.len() + changes.len() + code.len() < bytes {
        let (kind, values) = values(number);
        let comma = if number == 0 { "" } else { "," };
        let head = format!(
            r#"{comma}{{"address":"{kind}.r{number}","mode":"managed","type":"{kind}","name":"r{number}""#
        );
        let provider = r#""provider_name":"registry.terraform.io/hashicorp/aws""#;
        let _ = write!(
            planned,
            r#"{head},{provider},"schema_version":0,"values":{values},"sensitive_values":{{}}}}"#
        );
        let _ = write!(
            changes,
            r#"{head},{provider},"change":{{"actions":["update"],"before":{values},"after":{values},"after_unknown":{{"id":true,"arn":true}},"before_sensitive":{{}},"after_sensitive":{{"tags":{{}}}}}}}}"#
        );
        let _ = write!(
            code,
            r#"{head},"provider_config_key":"aws","expressions":{{"bucket":{{"constant_value":"x"}}}},"schema_version":0}}"#
        );
        number += 1;
    }
    let module = format!(r#"{{"root_module":{{"resources":[{planned}]}}}}"#);
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.11.4","planned_values":{module},"resource_changes":[{changes}],"prior_state":{{"format_version":"1.0","terraform_version":"1.11.4","values":{module}}},"configuration":{{"root_module":{{"resources":[{code}]}}}},"complete":true}}"#
    )
}

fn read_file(bytes: Vec<u8>) -> Lowered {
    let input = PlanInput::default();
    let sources = SourceMap::new(vec!["plan.json".to_owned()], Box::new(Source { stream: None }));
    assert!(input.claims("plan.json", &bytes));
    let files: Vec<FileId> = sources.ids().collect();
    if let [file] = *files {
        sources.keep(file, bytes);
    }
    input.read(&Unit { files }, &sources)
}

fn read_stream(bytes: &Arc<[u8]>) -> Lowered {
    let source = Source { stream: Some(Arc::clone(bytes)) };
    let sources = SourceMap::new(vec!["-".to_owned()], Box::new(source));
    PlanInput::default().read(&Unit { files: sources.ids().collect() }, &sources)
}

fn plans(criterion: &mut Criterion) {
    let asked = std::env::var("TRUSTPROOF_BENCH_MB").ok().and_then(|megabytes| megabytes.parse().ok());
    let text = plan(asked.unwrap_or(DEFAULT_MB) * 1_000_000);
    let bytes: Arc<[u8]> = text.as_bytes().into();
    assert!(!read_file(bytes.to_vec()).subjects.is_empty());
    assert_eq!(read_file(bytes.to_vec()).subjects.len(), read_stream(&bytes).subjects.len());

    let mut group = criterion.benchmark_group("plan");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("file: skipped", |b| {
        b.iter(|| serde_json::from_slice::<IgnoredAny>(black_box(&bytes)).is_ok());
    });
    group.bench_function("file: read", |b| {
        b.iter_batched(|| bytes.to_vec(), |bytes| read_file(black_box(bytes)), BatchSize::PerIteration);
    });
    group.bench_function("standard input: skipped", |b| {
        b.iter(|| {
            let reader = BufReader::with_capacity(64 * 1024, Cursor::new(Arc::clone(black_box(&bytes))));
            serde_json::from_reader::<_, IgnoredAny>(reader).is_ok()
        });
    });
    group.bench_function("standard input: read", |b| {
        b.iter(|| read_stream(black_box(&bytes)));
    });
    group.finish();
}

criterion_group!(benches, plans);
criterion_main!(benches);
