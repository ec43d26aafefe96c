//! Plans, end to end on the built binary: where findings point, what a change brings in, what is not read.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are scanned")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

mod support;

use support::{Case, Run};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../input-terraform-plan/tests/data").join(path)
}

/// A copy of a recorded plan with its code.
fn recorded(name: &str) -> Case {
    fn copy(from: &Path, to: &Path, case: &Case) {
        for entry in fs::read_dir(from).unwrap().flatten() {
            let name = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &name, case);
            } else {
                case.write(name.to_str().unwrap(), &fs::read(entry.path()).unwrap());
            }
        }
    }
    let case = Case::new(&[]);
    copy(&data(name), Path::new(""), &case);
    case
}

fn run(case: &Case, args: &[&str], stdin: Option<&[u8]>) -> (i32, Value) {
    let mut command = case.command();
    command.args(["check", "--format", "json"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A run that has seen enough closes the pipe.
    let _ = pipe.write_all(stdin.unwrap_or_default());
    drop(pipe);
    let run = Run::new(child.wait_with_output().unwrap());
    (
        run.status,
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {} {}", run.out, run.err)),
    )
}

/// `rule address path:line:column introduced`.
fn findings(report: &Value) -> BTreeSet<String> {
    let of = |f: &Value| {
        let start = &f["location"]["start"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (rule, address, path) =
            (text(&f["rule"]), text(&f["role"]["address"]), text(&f["location"]["path"]));
        format!("{rule} {address} {path}:{}:{} {}", start["line"], start["column"], f["introduced"])
    };
    report["findings"].as_array().unwrap().iter().map(of).collect()
}

fn problems(report: &Value) -> Vec<(String, bool)> {
    let of = |p: &Value| (p["message"].as_str().unwrap().to_owned(), p["relevant"] == true);
    report["problems"].as_array().unwrap().iter().map(of).collect()
}

/// The statement of `created` and its like is on line 21, the guard of `update` on line 10 of the code.
const CHANGES: [&str; 5] = [
    "unguarded-third-party aws_iam_role.created main.tf:21:28 true",
    "unguarded-third-party aws_iam_role.new_name main.tf:21:28 false",
    "unguarded-third-party aws_iam_role.replace main.tf:21:28 false",
    "unguarded-third-party aws_iam_role.same main.tf:21:28 false",
    "unguarded-third-party aws_iam_role.update main.tf:10:66 true",
];

#[test]
fn a_role_is_reported_once_from_the_plan_at_its_code() {
    let case = recorded("changes");
    let (status, report) = run(&case, &["."], None);
    assert_eq!(status, 1);
    // Plan, state and code all tell of these roles.
    assert_eq!(report["roles"].as_array().unwrap().len(), 5);
    assert_eq!(findings(&report), CHANGES.map(str::to_owned).into());
    assert_eq!(report["summary"]["files"], 4);
}

#[test]
fn a_plan_by_standard_input_says_what_the_file_says() {
    let case = recorded("changes");
    let plan = fs::read(data("changes/plan.json")).unwrap();
    let (_, from_file) = run(&case, &["plan.json"], None);
    let (status, from_pipe) = run(&case, &["-"], Some(&plan));
    assert_eq!((status, &from_pipe["findings"]), (1, &from_file["findings"]));
    // From another directory, with and without being told where the code lies.
    let other = Case::new(&[("x.txt", b"")]);
    let source = case.0.path().to_str().unwrap();
    let (_, named) = run(&other, &["-", "--source", source], Some(&plan));
    let rows = |report: &Value| {
        let rows = findings(report);
        rows.iter()
            .map(|row| row.rsplit('/').next().unwrap().split(' ').next().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(rows(&named), ["main.tf:21:28".to_owned(), "main.tf:10:66".to_owned()].into());
    let (_, alone) = run(&other, &["-"], Some(&plan));
    let text = String::from_utf8(plan).unwrap();
    for finding in alone["findings"].as_array().unwrap() {
        let (start, end) = (&finding["location"]["start"], &finding["location"]["end"]);
        assert_eq!((&finding["location"]["path"], &start["line"]), (&"-".into(), &1.into()));
        let column = |place: &Value| usize::try_from(place["column"].as_u64().unwrap()).unwrap() - 1;
        let at: String = text.chars().skip(column(start)).take(column(end) - column(start)).collect();
        let expected = ["arn:aws:iam::210987654321:root", "3f0c5a52-7a34-4d5e-9f0b-0f8f2c1d9a01"];
        assert!(expected.contains(&at.as_str()), "{at}");
    }
}

#[test]
fn only_what_a_plan_brings_in_fails_if_that_is_asked_for() {
    let case = recorded("changes");
    assert_eq!(run(&case, &["plan.json", "--introduced-only"], None).0, 1);
    let old = fs::read_to_string(data("changes/plan.json")).unwrap();
    // Nobody creates or opens a role any more.
    let mut plan: Value = serde_json::from_str(&old).unwrap();
    let changes = plan["resource_changes"].as_array_mut().unwrap();
    changes.retain(|change| !["created", "update"].contains(&change["name"].as_str().unwrap()));
    case.write("plan.json", plan.to_string().as_bytes());
    assert_eq!(run(&case, &["plan.json", "--introduced-only"], None).0, 0);
    assert_eq!(run(&case, &["plan.json"], None).0, 1);
    // Without a plan nothing says what is new.
    let (status, report) = run(&case, &["main.tf", "--introduced-only"], None);
    assert_eq!(status, 2);
    assert!(problems(&report)[0].0.contains("no plan"), "{:?}", problems(&report));
}

#[test]
fn instances_that_share_a_fault_are_one_finding() {
    let (_, report) = run(&recorded("nested"), &["."], None);
    let of = |rule: &str| {
        let mut found = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
        let one = found.next().unwrap().clone();
        assert!(found.next().is_none(), "{rule}");
        one
    };
    let any = of("oidc-any-tenant");
    assert_eq!(any["role"]["address"], r#"module.ci[1].module.role["main"].aws_iam_role.this"#);
    assert_eq!(
        any["instances"],
        serde_json::json!([r#"module.ci[1].module.role["release.x"].aws_iam_role.this"#])
    );
    assert_eq!(any["location"]["path"], "modules/ci/modules/role/main.tf");
    assert_eq!(of("privileged-delegation")["instances"].as_array().unwrap().len(), 2);
}

#[test]
fn a_plan_that_is_cut_anywhere_is_no_pass() {
    let plan = fs::read(data("nested/plan.json")).unwrap();
    let case = Case::new(&[]);
    for end in (1_000..plan.len()).step_by(1_000) {
        let cut = plan.get(..end).unwrap();
        case.write("plan.json", cut);
        for (status, report) in [run(&case, &["plan.json"], None), run(&case, &["-"], Some(cut))] {
            let said = problems(&report);
            assert_eq!(status, 2, "{end}: {said:?}");
            let cut = |(message, relevant): &(String, bool)| message.contains("cut off") && *relevant;
            // In the middle of a character it is no text at all.
            assert!(said.iter().any(|p| cut(p) || p.0.contains("UTF-8")), "{end}: {said:?}");
        }
    }
}

#[test]
fn what_is_no_plan_is_explained() {
    let plan = fs::read_to_string(data("changes/plan.json")).unwrap();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(plan.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let binary = b"PK\x03\x04\x14\0\x08\0tfplan\xff\xfe".to_vec();
    let log = "{\"@level\":\"info\",\"@message\":\"aws_iam_role.x: Plan to create\"}\n";
    let before = format!("Acquiring state lock.\n{plan}");
    let after = format!("{plan}\nReleasing state lock.\n");
    let cases: [(&[u8], &str); 6] = [
        (&utf16, "UTF-16"),
        (&binary, "terraform show -json"),
        (log.as_bytes(), "is the log"),
        (before.as_bytes(), "stands before the plan"),
        (after.as_bytes(), "follows after the end"),
        (format!("{{\"plan\": {plan}}}").leak().as_bytes(), "wrapped"),
    ];
    let case = Case::new(&[]);
    for (bytes, expected) in cases {
        case.write("plan.json", bytes);
        let wrapped = expected == "wrapped";
        for (args, stdin) in [(["plan.json"], None), (["-"], Some(bytes))] {
            let (status, report) = run(&case, &args, stdin);
            let said = problems(&report);
            assert!(
                said.iter().any(|(message, _)| message.contains(expected)),
                "{expected} {args:?}: {said:?}"
            );
            // A file that quotes a plan may be anything; who pipes one means it.
            assert_eq!(status, if wrapped && stdin.is_none() { 0 } else { 2 }, "{expected} {args:?}");
        }
    }
}

#[test]
fn a_source_that_is_no_directory_or_other_code_is_named() {
    let case = recorded("changes");
    assert_eq!(run(&case, &["plan.json", "--source", "nowhere"], None).0, 2);
    case.write("other/main.tf", b"resource \"aws_iam_role\" \"other\" {}\n");
    let (status, report) = run(&case, &["plan.json", "--source", "other"], None);
    assert_eq!(status, 1);
    assert!(problems(&report)[0].0.contains("none of the blocks"), "{:?}", problems(&report));
}

#[test]
fn comments_in_the_code_are_obeyed_where_only_the_plan_is_scanned() {
    let comment = "# trustproof: ignore[unguarded-third-party] until=2999-12-31 known vendor\n";
    let code = fs::read_to_string(data("changes/main.tf")).unwrap();
    let update = "resource \"aws_iam_role\" \"update\"";
    let case = recorded("changes");
    // A comment about something else is no matter of the plan.
    let other = format!("{comment}resource \"aws_s3_bucket\" \"b\" {{}}\n");
    case.write("main.tf", code.replace(update, &format!("{comment}{update}")).as_bytes());
    case.write("other.tf", other.as_bytes());
    let plan = fs::read(data("changes/plan.json")).unwrap();
    for (args, stdin) in [(["plan.json"], None), (["-"], Some(plan.as_slice()))] {
        let (status, report) = run(&case, &args, stdin);
        assert_eq!(status, 1);
        assert_eq!(problems(&report), []);
        for finding in report["findings"].as_array().unwrap() {
            let is_update = finding["role"]["address"] == "aws_iam_role.update";
            assert_eq!(finding["suppressed"]["by"] == "comment", is_update, "{finding}");
        }
    }
    // One that silences nothing is told, as where the code is scanned.
    let idle = comment.replace("unguarded-third-party", "dead-trust");
    case.write("main.tf", code.replace(update, &format!("{idle}{update}")).as_bytes());
    let (_, report) = run(&case, &["plan.json"], None);
    let [(message, false)] = &problems(&report)[..] else { panic!("{:?}", problems(&report)) };
    assert!(message.contains("matches no finding"), "{message}");
    // Said twice, by the plan's reader and the code's, it is one.
    fs::remove_file(case.0.path().join("other.tf")).unwrap();
    let (_, report) = run(&case, &["."], None);
    assert_eq!(problems(&report).len(), 1);
}

#[test]
fn templates_of_a_plan_point_at_its_code_and_are_told_once() {
    let case = recorded("stack");
    let expected = BTreeSet::from([
        "unguarded-third-party aws_cloudformation_stack.s/Scan main.tf:20:35 null".to_owned(),
        "undetermined-trust aws_cloudformation_stack.s/Later main.tf:27:13 null".to_owned(),
    ]);
    for paths in [&["plan.json"][..], &["."]] {
        let (status, report) = run(&case, paths, None);
        assert_eq!(status, 1);
        assert_eq!(findings(&report), expected, "{paths:?}");
        assert_eq!(report["roles"].as_array().unwrap().len(), 2);
        assert_eq!(problems(&report), []);
    }
}
