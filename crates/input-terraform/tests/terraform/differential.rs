//! Made-up modules against real plans: the policy of each role is that of the plan.
//!
//! `plans/generated.jsonl` holds what plans said, a line a role: `[address, policy]`, the policy `null` where it is known
//! only after apply. `TRUSTPROOF_TERRAFORM=1` plans a sample anew (that from `TRUSTPROOF_SEED` on),
//! `TRUSTPROOF_TERRAFORM=record` all of it and writes the file; both need terraform and what `support/terraform/plan`
//! names.
#![allow(clippy::disallowed_methods, reason = "recording runs terraform and writes files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use model::{Cloud, FileId, Node, Role, Standing, Symbol, Value, lower};
use syntax::json;

use crate::generate::batch;
use crate::support::Scan;

/// How many modules are made, and how many of them are planned at once.
const MODULES: u64 = 400;
const BATCH: u64 = 50;

const RECORDED: &str = include_str!("plans/generated.jsonl");
const FORMS: &str = include_str!("plans/forms.jsonl");

/// Policies by address: `None` if known only after apply.
type Policies = BTreeMap<String, Option<String>>;

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

fn symbol(symbol: Symbol) -> Option<&'static str> {
    Some(match symbol {
        Symbol::OwnAccount => "111122223333",
        Symbol::OwnOrganization => "o-plan000000",
        Symbol::Partition => "aws",
        Symbol::Region => "eu-west-1",
        Symbol::UrlSuffix => "amazonaws.com",
    })
}

/// Alibaba Cloud's accounts have numbers of their own.
fn resolved(role: &Role, policy: &model::TrustPolicy) -> String {
    let of_cloud = |s: Symbol| match (s, role.cloud) {
        (Symbol::OwnAccount, Cloud::Alibaba) => Some("1234567890123456"),
        _ => symbol(s),
    };
    policy.resolve(&of_cloud).canonical()
}

fn meaning(address: &str, policy: &str, file: FileId) -> String {
    let cloud = if address.contains("alicloud_") { Cloud::Alibaba } else { Cloud::Aws };
    let node = json::parse(policy, file).unwrap_or_else(|e| panic!("{address}: {}", e.message));
    let lowering = lower(&node, cloud, false);
    assert_eq!(lowering.variants.len(), 1, "{address}");
    lowering.variants[0].policy.canonical()
}

/// The differences between what is read of a batch and what its plan says.
fn differences(files: &[(String, String)], planned: &Policies) -> Vec<String> {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let scan = Scan::of(&files);
    let file = scan.sources.ids().next().expect("a file");
    let mut out: Vec<String> = scan.messages().iter().map(|message| format!("problem: {message}")).collect();
    let made = |role: &&&Role| {
        role.trust.iter().any(|v| v.assumptions.iter().all(|a| a.standing == Standing::Selected))
    };
    let roles = scan.roles();
    let read: BTreeMap<String, &Role> =
        roles.iter().filter(made).map(|role| (role.address.to_string(), *role)).collect();
    for address in planned.keys().filter(|address| !read.contains_key(*address)) {
        out.push(format!("{address}: in the plan, and not read"));
    }
    for (address, role) in &read {
        let selected = Scan::selected(role);
        let ours = resolved(role, &selected.policy);
        match planned.get(address) {
            None => out.push(format!("{address}: read, and not in the plan")),
            Some(Some(policy)) => {
                let theirs = meaning(address, policy, file);
                if ours != theirs {
                    out.push(format!("{address}:\n  read    {ours}\n  planned {theirs}"));
                }
            }
            // What is made up when applied is unknown on both sides, unless it is an ARN of one's own.
            Some(None) if selected.policy.canonical().contains(['?', '<']) => {}
            Some(None) => out.push(format!("{address}: known only after apply, and read as {ours}")),
        }
    }
    out
}

fn text(node: &Node) -> Option<String> {
    node.scalar()?.value.as_str().map(str::to_owned)
}

fn recorded(lines: &str) -> Policies {
    let file = model::Span::nowhere().file;
    let line = |line: &str| {
        let node = json::parse(line, file).expect("valid JSON");
        let Value::List(list) = &node.value else { panic!("no pair") };
        (text(&list.items[0]).expect("an address"), text(&list.items[1]))
    };
    lines.lines().map(line).collect()
}

fn of_batch(all: &Policies, first: u64) -> Policies {
    let modules: Vec<String> = (first..first + BATCH).map(|n| format!("module.c{n:03}.")).collect();
    let inside = |address: &&String| modules.iter().any(|module| address.starts_with(module));
    all.iter().filter(|(address, _)| inside(address)).map(|(a, p)| (a.clone(), p.clone())).collect()
}

#[test]
fn generated_modules_mean_what_their_recorded_plans_say() {
    let all = recorded(RECORDED);
    assert!(all.len() >= 400, "{} roles are recorded", all.len());
    let batches = (0..MODULES).step_by(usize::try_from(BATCH).expect("small"));
    let found: Vec<String> =
        batches.flat_map(|first| differences(&batch(first, BATCH), &of_batch(&all, first))).collect();
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// What a real plan says of a batch.
fn plan(files: &[(String, String)]) -> Policies {
    let directory = std::env::temp_dir().join(format!("trustproof-plan-{}", std::process::id()));
    for (path, text) in files {
        let path = directory.join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let policies = plan_of(&directory);
    std::fs::remove_dir_all(&directory).expect("removed");
    policies
}

fn plan_of(directory: &Path) -> Policies {
    let output =
        Command::new(here("support/terraform/plan")).arg(directory).output().expect("the plan script");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text_of_plan = String::from_utf8(output.stdout).expect("UTF-8");
    let plan = json::parse(&text_of_plan, model::Span::nowhere().file).expect("a plan");
    let Some(Value::List(changes)) = plan.get("resource_changes").map(|n| &n.value) else {
        panic!("no changes")
    };
    let mut policies = Policies::new();
    for change in &changes.items {
        let kind = change.get("type").and_then(text).unwrap_or_default();
        if !kind.ends_with("_role") || change.get("mode").and_then(text).as_deref() != Some("managed") {
            continue;
        }
        let after = change.get("change").and_then(|c| c.get("after"));
        let names = ["assume_role_policy", "assume_role_policy_document", "document"];
        let policy = names.iter().find_map(|name| after?.get(name).and_then(text));
        policies.insert(change.get("address").and_then(text).expect("an address"), policy);
    }
    policies
}

fn line(address: &str, policy: Option<&str>) -> String {
    let quoted = |text: &str| {
        let escape = |c: char| match c {
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            c => c.to_string(),
        };
        format!("\"{}\"", text.chars().map(escape).collect::<String>())
    };
    format!("[{},{}]\n", quoted(address), policy.map_or("null".to_owned(), quoted))
}

/// JSON without the white space that a data source writes between its parts.
fn minified(policy: &str) -> String {
    policy.lines().map(str::trim_start).collect::<Vec<_>>().join("")
}

#[test]
fn generated_modules_mean_what_a_plan_says_now() {
    let record = match std::env::var("TRUSTPROOF_TERRAFORM").as_deref() {
        Ok("record") => true,
        Ok("1") => false,
        _ => {
            eprintln!("skipped: TRUSTPROOF_TERRAFORM is not set, so no plan is made");
            return;
        }
    };
    let mut lines = String::new();
    let mut found = Vec::new();
    let seed = std::env::var("TRUSTPROOF_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let seeds = if record { 0..MODULES } else { seed..seed + BATCH };
    for first in seeds.step_by(usize::try_from(BATCH).expect("small")) {
        let files = batch(first, BATCH);
        let planned = plan(&files);
        found.extend(differences(&files, &planned));
        lines.extend(
            planned.iter().map(|(address, policy)| line(address, policy.as_deref().map(minified).as_deref())),
        );
    }
    if record {
        std::fs::write(here("terraform/plans/generated.jsonl"), lines).expect("written");
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// The files below a directory, by their path from there.
fn below(root: &Path, directory: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        if path.is_dir() {
            below(root, &path, out);
        } else {
            out.push((name, std::fs::read_to_string(&path).expect("text")));
        }
    }
}

/// Modules written by hand, in the ways of real ones: `plans/forms.jsonl` holds what their plan said. With
/// `TRUSTPROOF_TERRAFORM` it is asked anew; `TRUSTPROOF_FORMS` names other modules to ask about.
#[test]
fn forms_mean_what_their_plan_says() {
    let other = std::env::var("TRUSTPROOF_FORMS").map(PathBuf::from);
    let directory = other.as_ref().map_or_else(|_| here("terraform/plans/forms"), Clone::clone);
    let mut files = Vec::new();
    below(&directory, &directory, &mut files);
    files.sort();
    let planned = match std::env::var("TRUSTPROOF_TERRAFORM") {
        Ok(_) => plan_of(&directory),
        Err(_) => recorded(FORMS),
    };
    let found = differences(&files, &planned);
    if std::env::var("TRUSTPROOF_TERRAFORM").is_ok_and(|how| how == "record") && other.is_err() {
        let of = |(address, policy): (&String, &Option<String>)| {
            line(address, policy.as_deref().map(minified).as_deref())
        };
        std::fs::write(here("terraform/plans/forms.jsonl"), planned.iter().map(of).collect::<String>())
            .expect("written");
    }
    assert!(planned.len() >= 20 || other.is_ok(), "{} roles are planned", planned.len());
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}
