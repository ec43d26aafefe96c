//! `trustproof check`, end to end on the built binary: exit statuses, bad input, and that all formats and any number
//! of threads say the same.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

mod support;

use support::{Case, Run};

/// Anybody can assume it: critical.
const OPEN: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
]}"#;
/// Trusts account 210987654321 as a whole: high, unless that account is one's own.
const VENDOR: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "sts:AssumeRole"}
]}"#;

impl Case {
    fn check(&self, args: &[&str]) -> Run {
        Run::new(self.command().arg("check").args(args).output().unwrap())
    }

    /// The JSON report.
    fn report(&self, args: &[&str]) -> (i32, Value) {
        let run = self.check(&[args, &["--format", "json"]].concat());
        (run.status, serde_json::from_str(&run.out).unwrap())
    }
}

/// `rule path:line:column` of each finding.
fn findings(report: &Value) -> BTreeSet<String> {
    let of = |f: &Value| {
        let start = &f["location"]["start"];
        let path = f["location"]["path"].as_str().unwrap();
        format!("{} {path}:{}:{}", f["rule"].as_str().unwrap(), start["line"], start["column"])
    };
    report["findings"].as_array().unwrap().iter().map(of).collect()
}

/// `path: message` of each relevant problem.
fn relevant(report: &Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap().iter();
    problems
        .filter(|p| p["relevant"] == true)
        .map(|p| format!("{}: {}", p["path"].as_str().unwrap(), p["message"].as_str().unwrap()))
        .collect()
}

// Exit status.

#[test]
fn a_clean_tree_is_0_and_says_what_was_looked_at() {
    let case = Case::new(&[("a.json", b"{\"name\": \"a package\"}"), ("README.md", b"hi")]);
    let run = case.check(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.out.contains("1 file, 0 roles, 0 statements"), "{run:?}");
    let run = case.check(&["--format", "json"]);
    assert!(run.err.contains("1 file, 0 roles, 0 statements"), "{run:?}");
}

#[test]
fn a_finding_at_or_above_the_threshold_is_1() {
    let case = Case::new(&[("trust.json", VENDOR.as_bytes())]);
    let (status, report) = case.report(&[]);
    assert_eq!(status, 1);
    // Line 2: the account's ARN is the 45th character, after `{"Effect": "Allow", "Principal": {"AWS": "`.
    assert_eq!(findings(&report), BTreeSet::from(["unguarded-third-party trust.json:2:45".to_owned()]));
    assert_eq!(case.check(&["--fail-on", "medium"]).status, 1);
    assert_eq!(case.check(&["--fail-on", "critical"]).status, 0);
    assert_eq!(case.check(&["--fail-on", "never"]).status, 0);
    assert_eq!(case.check(&["--own-account", "210987654321"]).status, 0);
    assert_eq!(case.check(&["--own-account", "111122223333"]).status, 1);
}

#[test]
fn an_account_that_the_input_shows_to_be_own_is_listed_once() {
    let provider = b"provider \"aws\" {\n  allowed_account_ids = [\"210987654321\"]\n}\n";
    let case =
        Case::new(&[("a/main.tf", provider), ("b/main.tf", provider), ("trust.json", VENDOR.as_bytes())]);
    let run = case.check(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    // Two spaces, 19 letters, ` = [` and the quote stand before the id.
    let listed: Vec<&str> = run.out.lines().filter(|line| line.starts_with("own account")).collect();
    assert_eq!(listed.len(), 1, "{run:?}");
    assert!(listed[0].contains("210987654321") && listed[0].ends_with("(a/main.tf:2:27)"), "{listed:?}");
}

#[test]
fn what_is_only_possible_fails_a_strict_run_alone() {
    let case = Case::new(&[(
        "main.tf",
        br#"variable "who" {}
resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = var.who }, Action = "sts:AssumeRole" }]
  })
}
"#,
    )]);
    let (status, report) = case.report(&["--fail-on", "info"]);
    assert_eq!(status, 0, "{report}");
    assert_ne!(report["summary"]["possible"], 0, "{report}");
    assert_eq!(case.check(&["--fail-on", "info", "--strict"]).status, 1);
    assert_eq!(case.check(&["--fail-on", "never", "--strict"]).status, 0);
}

#[test]
fn bad_usage_is_2() {
    let case = Case::new(&[("trust.json", OPEN.as_bytes())]);
    for args in [
        &["--no-such-flag"][..],
        &["--format", "xml"],
        &["--output", "report.sarif"],
        &["--output", "xml=report"],
        &["--own-account", "1234"],
        &["--own-org", "acme"],
        &["--config"],
        &["--config", "trustproof.toml", "--no-config"],
        &["--threads", "0"],
        &["--fail-on", "urgent"],
    ] {
        let run = case.check(args);
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
        assert!(!run.err.is_empty() && run.out.is_empty(), "{args:?}: {run:?}");
    }
    let run = Run::new(case.command().args(["explain", "no-such-rule"]).output().unwrap());
    assert_eq!(run.status, 2);
    assert!(run.err.contains("no-such-rule"), "{run:?}");
}

#[test]
fn what_is_not_built_does_not_exist() {
    let case = Case::new(&[]);
    for command in ["fix", "who", "revoke", "diff"] {
        let run = Run::new(case.command().arg(command).output().unwrap());
        assert_eq!(run.status, 2, "{command}: {run:?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_is_2() {
    let case = Case::new(&[("a.json", b"{}")]);
    let run = case.check(&["--output", "json=no/such/dir/report.json"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("no/such/dir/report.json"), "{run:?}");
    assert!(run.out.contains("1 file"), "the other report is written: {run:?}");
}

#[test]
fn every_rule_is_explained() {
    let case = Case::new(&[]);
    let list = Run::new(case.command().arg("explain").output().unwrap());
    assert_eq!(list.status, 0);
    assert!(list.out.lines().count() >= 10, "{}", list.out);
    for line in list.out.lines() {
        let id = line.split_whitespace().next().unwrap();
        let page = Run::new(case.command().args(["explain", id]).output().unwrap());
        assert_eq!(page.status, 0, "{id}");
        assert!(page.out.contains(id), "{id}: {}", page.out);
    }
}

#[test]
fn completions_are_printed() {
    let case = Case::new(&[]);
    let run = Run::new(case.command().args(["completions", "bash"]).output().unwrap());
    assert_eq!(run.status, 0);
    assert!(run.out.contains("--fail-on"), "{}", run.out);
}

// Discovery.

#[test]
fn paths_are_relative_to_the_repository() {
    let case =
        Case::new(&[(".git/HEAD", b"ref: refs/heads/main\n"), ("infra/aws/trust.json", OPEN.as_bytes())]);
    let inner = case.0.path().join("infra");
    let mut command = case.command();
    let run = command.current_dir(inner).args(["check", "--format", "json", "aws"]).output().unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["findings"][0]["location"]["path"], "infra/aws/trust.json");
    assert_eq!(report["findings"][0]["role"]["address"], "infra/aws/trust.json");
}

#[test]
fn a_path_outside_of_the_repository_is_shown_as_given() {
    let case =
        Case::new(&[("repo/.git/HEAD", b""), ("repo/a.json", b"{}"), ("other/trust.json", OPEN.as_bytes())]);
    let mut command = case.command();
    let command = command.current_dir(case.0.path().join("repo"));
    let run = command.args(["check", "--format", "json", ".", "../other"]).output().unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["findings"][0]["location"]["path"], "../other/trust.json");
    assert_eq!(report["summary"]["files"], 2);
}

#[test]
fn ignored_files_are_read_if_asked_for() {
    let case = Case::new(&[
        (".gitignore", b"/out\n*.gen.json\n"),
        ("a.json", b"{}"),
        (".hidden/trust.json", OPEN.as_bytes()),
        ("out/trust.json", OPEN.as_bytes()),
        ("x.gen.json", OPEN.as_bytes()),
        ("node_modules/x/trust.json", OPEN.as_bytes()),
        (".git/trust.json", OPEN.as_bytes()),
    ]);
    let paths = |args: &[&str]| -> Vec<String> {
        let (_, report) = case.report(args);
        let findings = report["findings"].as_array().unwrap();
        findings.iter().map(|f| f["location"]["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&[]), [".hidden/trust.json"]);
    assert_eq!(paths(&["--no-ignore"]), [".hidden/trust.json", "out/trust.json", "x.gen.json"]);
    assert_eq!(paths(&["out"]), ["out/trust.json"]);
    assert_eq!(paths(&["x.gen.json"]), ["x.gen.json"]);
    assert_eq!(paths(&["node_modules/x"]), ["node_modules/x/trust.json"]);
}

#[test]
fn a_file_alone_knows_its_module() {
    let role = br#"resource "aws_iam_role" "r" {
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = { AWS = var.who }, Action = "sts:AssumeRole" }]
  })
}
"#;
    let variable = b"variable \"who\" {\n  default = \"*\"\n}\n";
    let case =
        Case::new(&[("m/main.tf", role), ("m/variables.tf", variable), ("m/other.json", OPEN.as_bytes())]);
    let (status, report) = case.report(&["m/main.tf"]);
    assert_eq!(status, 1, "{report}");
    assert_eq!(report["summary"]["files"], 1);
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|f| f["location"]["path"] == "m/main.tf"), "{report}");
    assert_eq!(findings[0]["rule"], "anyone-can-assume");
}

#[test]
fn a_file_reached_twice_is_one_file() {
    let case = Case::new(&[("infra/trust.json", OPEN.as_bytes())]);
    let (_, report) = case.report(&[".", "infra", "infra/trust.json", "./infra/../infra"]);
    assert_eq!(report["summary"]["files"], 1);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn standard_input_is_a_path() {
    let case = Case::new(&[]);
    fs::write(case.0.path().join("in"), OPEN).unwrap();
    let mut command = case.command();
    command.stdin(fs::File::open(case.0.path().join("in")).unwrap());
    let run = Run::new(command.args(["check", "--format", "json", "-"]).output().unwrap());
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.status, &report["findings"][0]["location"]["path"]), (1, &Value::from("-")));
    let run = case.check(&["-"]);
    assert_eq!(run.status, 2, "a pipe that broke is no clean run");
    assert!(run.out.contains("nothing to scan"), "{run:?}");
}

// Bad input: a clear message, status 2, and the findings of all other files.

/// Checks that the neighbour's finding is there and `path` is named as unread, in every format that runs.
fn unread(case: &Case, args: &[&str], path: &str) {
    let (status, report) = case.report(args);
    assert_eq!(status, 2, "{path}: {report}");
    let critical = report["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "critical");
    assert_eq!(critical.count(), 1, "{path}: {report}");
    let problems = relevant(&report);
    assert!(problems.iter().any(|p| p.starts_with(&format!("{path}: "))), "{path}: {problems:?}");
    let human = case.check(args);
    assert_eq!(human.status, 2);
    assert!(human.out.contains("critical: ") && human.out.contains(&format!("unread: {path}")), "{human:?}");
}

#[test]
fn a_path_that_does_not_exist() {
    let case = Case::new(&[("trust.json", OPEN.as_bytes())]);
    unread(&case, &[".", "no/such.tf"], "no/such.tf");
    unread(&case, &[".", "trust.json/below-a-file"], "trust.json/below-a-file");
}

#[test]
fn nothing_to_scan() {
    let case = Case::new(&[("notes.txt", b"hi")]);
    fs::create_dir(case.0.path().join("empty")).unwrap();
    for path in ["empty", ".", "notes.txt"] {
        let run = case.check(&[path]);
        assert_eq!(run.status, 2, "{path}: {run:?}");
        assert!(run.out.contains("nothing to scan"), "{path}: {run:?}");
    }
}

#[test]
fn files_cut_in_the_middle() {
    let terraform = "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({\n    Version = ";
    let template =
        "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {Stat";
    let case = Case::new(&[
        ("ok/trust.json", OPEN.as_bytes()),
        ("cut.json", OPEN.trim_end_matches([']', '}', '\n']).as_bytes()),
        ("cut/main.tf", terraform.as_bytes()),
        ("cut.yaml", template.as_bytes()),
    ]);
    for path in ["cut.json", "cut/main.tf", "cut.yaml"] {
        unread(&case, &[], path);
    }
}

#[test]
fn a_hundred_thousand_brackets() {
    let many = "[".repeat(100_000);
    let case = Case::new(&[
        ("ok.json", OPEN.as_bytes()),
        ("deep.json", format!("{{\"Action\": \"sts:AssumeRole\", \"Statement\": {many}").as_bytes()),
        ("deep.yaml", format!("Resources: {{R: {{Type: 'AWS::IAM::Role', Properties: {many}").as_bytes()),
        (
            "deep/main.tf",
            format!("resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = {many}").as_bytes(),
        ),
        (
            "braces.json",
            format!("{{\"Type\": \"AWS::IAM::Role\", \"a\": {}", "{\"a\":".repeat(100_000)).as_bytes(),
        ),
        ("dashes.yaml", format!("Type: AWS::IAM::Role\nx:\n {}", "- ".repeat(100_000)).as_bytes()),
    ]);
    for path in ["deep.json", "deep.yaml", "deep/main.tf", "braces.json", "dashes.yaml"] {
        unread(&case, &[], path);
    }
}

#[test]
fn one_line_of_four_megabytes() {
    let long = "x".repeat(4_000_000);
    let one_line =
        OPEN.replace('\n', " ").replacen("{\"Effect\"", &format!("{{\"Sid\": \"{long}\", \"Effect\""), 1);
    let case = Case::new(&[
        ("long.json", one_line.as_bytes()),
        ("long.yaml", format!("a: \"{long}\"").as_bytes()),
        ("long/main.tf", format!("locals {{ a = \"{long}\" }}").as_bytes()),
    ]);
    let (status, report) = case.report(&[]);
    assert_eq!((status, relevant(&report)), (1, Vec::new()));
    let column = report["findings"][0]["location"]["start"]["column"].as_u64().unwrap();
    assert!(column > 4_000_000, "{column}");
    let human = case.check(&[]);
    assert!(human.out.contains(&format!("long.json:1:{column}")), "{human:?}");
    assert!(human.out.lines().all(|line| line.chars().count() < 300));
}

#[test]
fn bytes_that_are_no_utf_8() {
    let with = |text: &str, end: &[u8]| [text.as_bytes(), end].concat();
    let utf_16: Vec<u8> =
        [0xfeff].into_iter().chain(OPEN.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let case = Case::new(&[
        ("ok.json", OPEN.as_bytes()),
        ("bad.json", &with(OPEN, b"\xff")),
        ("bad.yaml", &with("Type: AWS::IAM::Role\nDescription: ", b"\xe4")),
        ("bad/main.tf", &with("resource \"aws_iam_role\" \"r\" {}\n# ", b"\xe4")),
        ("wide.json", &utf_16),
        ("other.json", b"{\"a\": \"\xe4\"}"),
    ]);
    for path in ["bad.json", "bad.yaml", "bad/main.tf", "wide.json"] {
        unread(&case, &[], path);
    }
    let (_, report) = case.report(&[]);
    assert!(!relevant(&report).iter().any(|p| p.starts_with("other.json")), "speaks of no role: {report}");
}

#[cfg(unix)]
#[test]
fn symbolic_links() {
    use std::os::unix::fs::symlink;
    let case = Case::new(&[("in/trust.json", OPEN.as_bytes())]);
    let outside = Case::new(&[("trust.json", OPEN.as_bytes())]);
    let at = |path: &str| case.0.path().join(path);
    symlink(at("in"), at("in/loop")).unwrap();
    symlink(at("a.json"), at("b.json")).unwrap();
    symlink(at("b.json"), at("a.json")).unwrap();
    symlink("no-such-file.json", at("dangling.json")).unwrap();
    symlink(outside.0.path().join("trust.json"), at("out.json")).unwrap();
    symlink(outside.0.path(), at("out")).unwrap();
    symlink("in/trust.json", at("same.json")).unwrap();
    let (status, report) = case.report(&[]);
    assert_eq!(status, 1, "{report}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["findings"][0]["location"]["path"], "in/trust.json");
    // A loop that the user names is no file.
    assert_eq!(case.check(&["a.json"]).status, 2);
    // A link that the user names is followed.
    let (status, report) = case.report(&["out.json"]);
    assert_eq!((status, report["findings"].as_array().unwrap().len()), (1, 1));
}

#[cfg(unix)]
#[test]
fn a_linked_template_names_its_nested_stacks_from_where_it_lies() {
    use std::os::unix::fs::symlink;
    let holds = |file: &str| {
        format!(
            "Resources: {{S: {{Type: 'AWS::CloudFormation::Stack', Properties: {{TemplateURL: {file}}}}}}}"
        )
    };
    let role = "Resources: {R: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: \
                {Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: '*'}}}}}";
    let case = Case::new(&[
        ("root.yaml", holds("link.yaml").as_bytes()),
        ("stacks/middle.yaml", holds("inner/role.yaml").as_bytes()),
        ("stacks/inner/role.yaml", role.as_bytes()),
        ("beside.yaml", role.as_bytes()),
        ("other.yaml", holds("aside.yaml").as_bytes()),
        ("stacks/aside.yaml", holds("beside.yaml").as_bytes()),
    ]);
    let at = |path: &str| case.0.path().join(path);
    symlink("stacks/middle.yaml", at("link.yaml")).unwrap();
    // What does not lie beside the target may lie beside the link.
    symlink("stacks/aside.yaml", at("aside.yaml")).unwrap();
    let (_, report) = case.report(&["root.yaml"]);
    assert_eq!(report["roles"][0]["address"], "S/S/R", "{report}");
    assert_eq!(report["findings"][0]["location"]["path"], "stacks/inner/role.yaml");
    let (_, report) = case.report(&["other.yaml"]);
    assert_eq!(report["roles"][0]["address"], "S/S/R", "{report}");
    assert_eq!(report["findings"][0]["location"]["path"], "beside.yaml");
}

#[cfg(unix)]
#[test]
fn a_directory_and_a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let case = Case::new(&[
        ("ok/trust.json", OPEN.as_bytes()),
        ("shut/trust.json", OPEN.as_bytes()),
        ("secret.json", OPEN.as_bytes()),
    ]);
    let forbid = |path: &str, mode| {
        fs::set_permissions(case.0.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    forbid("shut", 0o000);
    forbid("secret.json", 0o000);
    let mut command = case.command();
    // Nothing is forbidden to root, so there another user runs the binary, from where that user can reach it.
    if fs::File::open(case.0.path().join("secret.json")).is_ok() {
        let reachable = case.0.path().join("trustproof");
        let original = env!("CARGO_BIN_EXE_trustproof");
        fs::hard_link(original, &reachable).or_else(|_| fs::copy(original, &reachable).map(drop)).unwrap();
        forbid("", 0o755);
        command = Command::new(reachable);
        command.current_dir(case.0.path()).env_clear().stdin(Stdio::null()).uid(65534).gid(65534);
    }
    let run = Run::new(command.args(["check", "--format", "json"]).output().unwrap());
    forbid("shut", 0o755);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(run.status, 2, "{report}");
    assert_eq!(
        relevant(&report),
        ["secret.json: cannot be read: permission denied", "shut: cannot be listed: permission denied"]
    );
    assert_eq!(report["findings"][0]["location"]["path"], "ok/trust.json");
}

// All formats, and any number of threads, say the same.

/// A few thousand small files of every kind, some of them broken.
fn tree(case: &Case) {
    for i in 0..400 {
        let dir = format!("team-{}/service-{i}", i % 7);
        let account = 200_000_000_000_u64 + i;
        let role = format!(
            "resource \"aws_iam_role\" \"r{i}\" {{\n  assume_role_policy = jsonencode({{\n    Version = \"2012-10-17\"\n    \
             Statement = [{{ Effect = \"Allow\", Principal = {{ AWS = \"arn:aws:iam::{account}:root\" }}, \
             Action = \"sts:AssumeRole\" }}]\n  }})\n}}\n"
        );
        case.write(&format!("{dir}/main.tf"), role.as_bytes());
        case.write(&format!("{dir}/variables.tf"), b"variable \"x\" {\n  default = \"y\"\n}\n");
        let vendor = VENDOR.replace("210987654321", &account.to_string());
        case.write(&format!("{dir}/trust.json"), vendor.as_bytes());
        let template = format!(
            "Resources:\n  R{i}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        \
             Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{AWS: '*'}}\n            \
             Action: sts:AssumeRole\n"
        );
        case.write(&format!("{dir}/template.yaml"), template.as_bytes());
        case.write(&format!("{dir}/package.json"), b"{\"name\": \"x\"}");
        if i % 40 == 0 {
            case.write(&format!("{dir}/broken.json"), OPEN.trim_end_matches('}').as_bytes());
        }
    }
}

#[test]
fn the_report_is_the_same_for_any_number_of_threads() {
    let case = Case::new(&[]);
    tree(&case);
    let reports = |threads: &str| {
        let files = ["human", "sarif", "github"].map(|format| format!("{format}=report.{format}"));
        let mut args = vec!["--format", "json", "--threads", threads];
        args.extend(files.iter().flat_map(|file| ["--output", file]));
        let run = case.check(&args);
        assert_eq!(run.status, 2, "{}", run.err);
        let read = |format| fs::read_to_string(case.0.path().join(format!("report.{format}"))).unwrap();
        [run.out, run.err, read("human"), read("sarif"), read("github")]
    };
    let one = reports("1");
    assert!(one.iter().all(|report| !report.is_empty()));
    // Not `assert_eq!`: nobody wants to read both.
    assert!(one == reports("2"));
    assert!(one == reports("7"));
}

#[test]
fn all_formats_tell_of_the_same_findings() {
    let case = Case::new(&[
        ("a/trust.json", OPEN.as_bytes()),
        ("b/trust.json", VENDOR.as_bytes()),
        ("c/trust.json", VENDOR.replace("210987654321", "310987654321").as_bytes()),
    ]);
    let outputs = ["--output", "sarif=r.sarif", "--output", "github=r.github", "--output", "human=r.txt"];
    let (status, report) = case.report(&outputs);
    assert_eq!(status, 1);
    let expected = findings(&report);
    assert_eq!(expected.len(), report["findings"].as_array().unwrap().len());
    assert!(expected.len() >= 3);
    let read = |name: &str| fs::read_to_string(Path::new(case.0.path()).join(name)).unwrap();

    let sarif: Value = serde_json::from_str(&read("r.sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let of = |r: &Value| {
        let place = &r["locations"][0]["physicalLocation"];
        let (region, path) = (&place["region"], place["artifactLocation"]["uri"].as_str().unwrap());
        format!("{} {path}:{}:{}", r["ruleId"].as_str().unwrap(), region["startLine"], region["startColumn"])
    };
    assert_eq!(results.map(of).collect::<BTreeSet<_>>(), expected);

    let github = read("r.github");
    let of = |line: &str| {
        let property = |name: &str| {
            let rest = line.split_once(&format!("{name}=")).unwrap().1;
            rest.split([',', ':']).next().unwrap().to_owned()
        };
        let rule = property("title").rsplit(' ').next().unwrap().to_owned();
        format!("{rule} {}:{}:{}", property("file"), property("line"), property("col"))
    };
    assert_eq!(github.lines().map(of).collect::<BTreeSet<_>>(), expected);

    let human = read("r.txt");
    let mut told = BTreeSet::new();
    let mut rule = String::new();
    for line in human.lines() {
        if let Some(at) = line.trim_start().strip_prefix("╭─[") {
            told.insert(format!("{rule} {}", at.trim_end_matches(']')));
        } else if let Some(at) = line.strip_suffix(']').and_then(|l| l.rsplit_once('[')) {
            rule = at.1.to_owned();
        }
    }
    assert_eq!(told, expected, "{human}");
}

#[test]
fn the_report_keeps_its_contract() {
    let case = Case::new(&[("trust.json", VENDOR.as_bytes())]);
    let (_, report) = case.report(&[]);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let names = |names: &str| names.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(report["version"], 1);
    assert_eq!(keys(&report), names("version tool findings roles problems summary"));
    let finding = &report["findings"][0];
    assert_eq!(
        keys(finding),
        names(
            "rule severity certainty role instances message location related witness unknowns fix suppressed introduced \
             fingerprint"
        )
    );
    assert_eq!(keys(&finding["role"]), names("cloud kind address name"));
    assert_eq!(keys(&finding["location"]), names("path start end"));
    assert_eq!(keys(&finding["witness"]), names("adversary action principal context story"));
    assert_eq!(keys(&report["roles"][0]), names("cloud kind address location verdicts"));
    assert_eq!(keys(&report["roles"][0]["verdicts"]), names("stranger third-party service oidc saml"));
    assert_eq!(report["roles"][0]["verdicts"]["third-party"], "exposed");
    assert_eq!(
        keys(&report["summary"]),
        names("files roles statements findings possible undetermined suppressed problems")
    );
    assert_eq!(keys(&report["summary"]["findings"]), names("critical high medium low info"));
    let mut counted = String::new();
    let summary = &report["summary"];
    write!(counted, "{} {} {}", summary["files"], summary["roles"], summary["statements"]).unwrap();
    assert_eq!(counted, "1 1 1");
}
