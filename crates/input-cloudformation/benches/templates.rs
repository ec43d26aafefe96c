//! How fast templates become roles, beside what their bare parsers take: the events of `granit-parser` for YAML, the
//! tree of the span parser for JSON. Reading files is not measured.
//!
//! `TRUSTPROOF_BENCH_DIR=DIR cargo bench -p trustproof-input-cloudformation` takes the templates below a directory;
//! without it, generated ones. Compare within one run only.

#![allow(clippy::disallowed_methods, reason = "a bench reads what it is told to measure")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use granit_parser::Parser;
use model::{Input, LoadError, Loader, SourceMap};
use trustproof_input_cloudformation::CloudFormationInput;

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// The files below a directory that the input reads.
fn below(directory: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            below(&path, out);
        } else if let Ok(bytes) = std::fs::read(&path)
            && CloudFormationInput::default().claims(&name, &bytes)
            && std::str::from_utf8(&bytes).is_ok()
        {
            out.insert(name, bytes);
        }
    }
}

fn generated() -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for file in 0..40 {
        let (mut yaml, mut json) = (String::from("Resources:\n"), String::from("{\"Resources\": {"));
        for role in 0..20 {
            let _ = write!(
                yaml,
                "  # the role of service {role}\n  Role{role}:\n    Type: AWS::IAM::Role\n    Properties:\n      \
                 Path: /service/\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        \
                 Statement:\n          - Effect: Allow\n            Action: sts:AssumeRole\n            \
                 Principal:\n              AWS: !Sub 'arn:aws:iam::${{AWS::AccountId}}:role/r{role}'\n      \
                 Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement:\n              \
                 - Effect: Allow\n                Action: [s3:GetObject, s3:PutObject]\n                \
                 Resource: !GetAtt Bucket.Arn\n  Queue{role}:\n    Type: AWS::SQS::Queue\n    Properties:\n      \
                 QueueName: queue-{role}\n      VisibilityTimeout: 300\n"
            );
            let _ = write!(
                json,
                r#"{}"Role{role}": {{"Type": "AWS::IAM::Role", "Properties": {{"Path": "/service/", "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"Service": "ec2.amazonaws.com"}}}}]}}}}}}, "Queue{role}": {{"Type": "AWS::SQS::Queue", "Properties": {{"QueueName": "queue-{role}"}}}}"#,
                if role > 0 { ", " } else { "" }
            );
        }
        json.push_str("}}");
        out.insert(format!("t{file}.yaml"), yaml.into_bytes());
        out.insert(format!("t{file}.json"), json.into_bytes());
    }
    out
}

fn benches(c: &mut Criterion) {
    let mut files = BTreeMap::new();
    match std::env::var("TRUSTPROOF_BENCH_DIR") {
        Ok(directory) => below(Path::new(&directory), &mut files),
        Err(_) => files = generated(),
    }
    let is_json = |bytes: &[u8]| bytes.trim_ascii_start().starts_with(b"{");
    let (json, yaml): (BTreeMap<_, _>, BTreeMap<_, _>) =
        files.into_iter().partition(|(_, bytes)| is_json(bytes));
    // What does not parse would be measured up to its error only.
    let parses = |text: &str| Parser::new_from_str(text).all(|event| event.is_ok());
    let yaml: BTreeMap<_, _> =
        yaml.into_iter().filter(|(_, bytes)| std::str::from_utf8(bytes).is_ok_and(parses)).collect();
    group(c, "yaml", yaml, &|text, _| Parser::new_from_str(text).map(black_box).count());
    group(c, "json", json, &|text, file| black_box(syntax::json::parse(text, file)).map_or(0, |_| 1));
}

fn group(
    c: &mut Criterion,
    name: &str,
    files: BTreeMap<String, Vec<u8>>,
    bare: &dyn Fn(&str, model::FileId) -> usize,
) {
    let bytes: usize = files.values().map(Vec::len).sum();
    let sources = SourceMap::new(files.keys().cloned().collect(), Box::new(Memory(files)));
    let ids: Vec<_> = sources.ids().collect();
    let input = CloudFormationInput::default();
    let units = input.units(&ids, &sources);
    let texts: Vec<_> = ids.iter().filter_map(|id| Some((*id, sources.text(*id).ok()?))).collect();
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(u64::try_from(bytes).unwrap_or(u64::MAX))).sample_size(10);
    group.bench_function("parser alone", |b| {
        b.iter(|| texts.iter().map(|(id, text)| bare(text, *id)).sum::<usize>());
    });
    group.bench_function("to lowered roles", |b| {
        b.iter(|| units.iter().map(|unit| input.read(unit, &sources).subjects.len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(templates, benches);
criterion_main!(templates);
