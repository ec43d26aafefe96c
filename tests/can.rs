//! `trustproof can`, end to end on the built binary: one request with its answer for a person, and batches of them.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests make the files that are asked about")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

mod support;

use support::{Case, Run};

/// A vendor with its ExternalId, and a Deny for all but one address range.
const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Vendor",
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
      "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": "7Qd2-Kx91"}}
    },
    {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
  ]
}
"#;
const VENDOR: &str = "arn:aws:iam::210987654321:role/scanner";
const GUARD: &str = "sts:ExternalId=7Qd2-Kx91";
const ADDRESS: &str = "aws:SourceIp=203.0.113.7";

impl Case {
    fn can(&self, args: &[&str]) -> Run {
        Run::new(self.command().arg("can").args(args).output().unwrap())
    }

    /// Asks one request of the policy.
    fn ask(&self, principal: &str, args: &[&str]) -> Run {
        self.can(&[&["--policy", "trust.json", "--principal", principal], args].concat())
    }

    /// The answers to lines.
    fn batch(&self, lines: &[u8]) -> (i32, Vec<Value>) {
        self.write("in.jsonl", lines);
        let run = self.can(&["--batch", "in.jsonl"]);
        let answers = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (run.status, answers)
    }
}

fn case(policy: &str) -> Case {
    Case::new(&[("trust.json", policy.as_bytes())])
}

// One request.

#[test]
fn an_allowed_request_names_the_statement_and_is_0() {
    let run = case(POLICY).ask(VENDOR, &["--context", GUARD, "--context", ADDRESS]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.out.starts_with("allow: statement 1 (Sid `Vendor`) allows it\n"), "{}", run.out);
    // The statement opens on line 4, behind four spaces, and is shown as a whole.
    assert!(run.out.contains("[trust.json:4:5]"), "{}", run.out);
    assert!(run.out.contains(r#""sts:ExternalId": "7Qd2-Kx91""#), "{}", run.out);
    assert!(run.err.is_empty(), "{}", run.err);
}

#[test]
fn a_denied_request_is_1() {
    let case = case(POLICY);
    // No statement matches.
    let run = case.ask(VENDOR, &["--context", ADDRESS]);
    assert_eq!((run.status, run.out.as_str()), (1, "deny: no statement allows it\n"));
    // The second one, on line 11, denies; also where the first would allow.
    for context in [&["--context", GUARD][..], &[]] {
        let run = case.ask(VENDOR, &[context, &["--context", "aws:SourceIp=198.51.100.1"]].concat());
        assert_eq!(run.status, 1);
        assert!(run.out.starts_with("deny: statement 2 denies it\n"), "{}", run.out);
        assert!(run.out.contains("[trust.json:11:5]"), "{}", run.out);
    }
    // Another action than the one that is asked for by default.
    let run = case.ask(VENDOR, &["--action", "sts:TagSession", "--context", GUARD, "--context", ADDRESS]);
    assert_eq!((run.status, run.out.as_str()), (1, "deny: no statement allows it\n"));
}

#[test]
fn an_undetermined_request_is_1_and_says_what_is_unknown() {
    // `aws:TagKeys` holds several values here, and the condition has no set operator: undocumented.
    let policy = POLICY.replace(
        r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#,
        r#""StringEquals": {"aws:TagKeys": "x"}"#,
    );
    let tags = ["--context", "aws:TagKeys=x", "--context", "aws:tagkeys=y"];
    let run = case(&policy).ask(VENDOR, &[&["--context", GUARD][..], &tags].concat());
    assert_eq!(run.status, 1, "{run:?}");
    assert!(
        run.out.starts_with("deny, undetermined: whether statement 2 matches is not known\n"),
        "{}",
        run.out
    );
    // The key stands behind `{"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringEquals": {"`
    // and four spaces: 4 + 88 characters.
    let unknown = "  unknown  trust.json:11:93: what this condition on `aws:TagKeys` makes of the request";
    assert!(run.out.contains(unknown), "{}", run.out);
    // `--multi` says the same of a key with one value.
    let one = ["--context", GUARD, "--context", "aws:TagKeys=z", "--multi", "AWS:TagKeys"];
    assert_eq!(case(&policy).ask(VENDOR, &one[..4]).status, 0);
    assert_eq!(case(&policy).ask(VENDOR, &one).status, 1);
}

#[test]
fn what_leaves_a_request_open_is_named() {
    for (statement, principal, unknown) in [
        (
            r#"{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}"#,
            "ec2.amazonaws.com",
            "`Principal`",
        ),
        (
            r#"{"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "sts:AssumeRole"},
               {"Effect": "Deny", "NotPrincipal": {"AWS": "210987654321"}, "Action": "sts:*"}"#,
            VENDOR,
            "`NotPrincipal`",
        ),
        (
            r#"{"Effect": "Allow", "Principal": {"AWS": "210987654321"}, "Action": "sts:AssumeRole"},
               {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Colour": 1}"#,
            VENDOR,
            "`Colour` is no element of a statement",
        ),
        (r#"5"#, VENDOR, "is not valid: `Statement` is a number"),
    ] {
        let policy = format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#);
        let run = case(&policy).ask(principal, &[]);
        assert_eq!(run.status, 1, "{policy}: {run:?}");
        assert!(run.out.starts_with("deny, undetermined: "), "{policy}: {}", run.out);
        let named = run.out.lines().filter(|line| line.starts_with("  unknown  trust.json:"));
        assert!(named.clone().any(|line| line.contains(unknown)), "{policy}: {}", run.out);
        assert_eq!(named.count(), 1, "{policy}: {}", run.out);
    }
}

#[test]
fn a_principal_of_another_partition_is_never_allowed() {
    let context = ["--context", GUARD, "--context", ADDRESS];
    let role = |partition: &str| format!("arn:{partition}:iam::111122223333:role/x");
    let ask = |policy: &str, principal: &str, partition: &str| {
        case(policy).ask(principal, &[&["--role-arn", &role(partition)][..], &context].concat()).status
    };
    assert_eq!(ask(POLICY, VENDOR, "aws"), 0);
    assert_eq!(ask(POLICY, VENDOR, "aws-cn"), 1);
    assert_eq!(ask(POLICY, &VENDOR.replace("aws", "aws-cn"), "aws-cn"), 1);
    // An account id alone means the account of that id in the role's partition, on either side.
    let account = POLICY.replace("arn:aws:iam::210987654321:root", "210987654321");
    assert_eq!(ask(&account, "210987654321", "aws-cn"), 0);
    assert_eq!(ask(&account, VENDOR, "aws-cn"), 1);
    assert_eq!(ask(POLICY, "210987654321", "aws-cn"), 1);
    assert_eq!(ask(POLICY, "210987654321", "aws"), 0);
    // Everyone is everyone of the partition.
    let everyone = POLICY.replace("arn:aws:iam::210987654321:root", "*");
    assert_eq!(ask(&everyone, VENDOR, "aws"), 0);
    assert_eq!(ask(&everyone, VENDOR, "aws-us-gov"), 1);
}

#[test]
fn alibaba_cloud_is_told_by_the_policy() {
    let ram = r#"{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}}]}"#;
    assert_eq!(case(ram).ask("acs:ram::1234567890123456:user/x", &[]).status, 0);
    assert_eq!(case(ram).ask("acs:ram::6543210987654321:user/x", &[]).status, 1);
    // Without a version and with principals that AWS does not have.
    let ram = ram.replace(r#""Version": "1", "#, "");
    assert_eq!(case(&ram).ask("1234567890123456", &[]).status, 0);
}

#[test]
fn a_service_of_the_roles_own_account_has_two_names() {
    let policy = |service: &str| {
        json!({"Version": "1", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": [service]}, "Action": "sts:AssumeRole"}]})
    };
    let ask = |named: &str, caller: &str, role: Option<&str>| {
        let question = json!({"trust_policy": policy(named), "principal": caller, "role_arn": role});
        let (_, answers) = case(POLICY).batch(question.to_string().as_bytes());
        answers[0]["decision"] == "allow"
    };
    let (plain, own, other) =
        ("ecs.aliyuncs.com", "1234567890123456@ecs.aliyuncs.com", "6543210987654321@ecs.aliyuncs.com");
    let role = Some("acs:ram::1234567890123456:role/x");
    for (named, caller, allowed) in [
        (plain, plain, true),
        (own, plain, true),
        (plain, own, true),
        (own, own, true),
        (plain, other, false),
        (own, other, false),
        (other, plain, false),
        (other, own, false),
        (other, other, true),
    ] {
        assert_eq!(ask(named, caller, role), allowed, "{named} {caller}");
        // Without the role nobody knows whose account it is.
        assert_eq!(ask(named, caller, None), named == caller, "{named} {caller}");
    }
}

#[test]
fn of_equal_keys_the_last_counts_and_a_warning_names_the_other() {
    let twice = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "*"}, "Principal": {"AWS": "111122223333"}}]}"#;
    let run = case(twice).ask("210987654321", &[]);
    assert_eq!((run.status, run.out.as_str()), (1, "deny: no statement allows it\n"));
    assert!(run.err.starts_with("warning: trust.json:2:10: `Principal` stands twice"), "{}", run.err);
    assert_eq!(case(twice).ask("111122223333", &[]).status, 0);
}

#[test]
fn a_policy_that_cannot_be_read_is_2() {
    for (policy, message) in [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("[]", "no trust policy: it has no `Statement`"),
        (r#"{"Role": {"AssumeRolePolicyDocument": {}}}"#, "no trust policy: it has no `Statement`"),
        (&"[".repeat(100_000), "more than 127 lists and objects inside one another"),
    ] {
        let run = case(policy).ask(VENDOR, &[]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.err.contains(message) && run.out.is_empty(), "{run:?}");
    }
    let case = Case::new(&[("trust.json", b"{\"Statement\": \"\xff\"}")]);
    let run = case.ask(VENDOR, &[]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("`trust.json` is not UTF-8 from byte 15 on"), "{run:?}");
    let run = case.can(&["--policy", "no/such.json", "--principal", VENDOR]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("cannot read `no/such.json`: no such file"), "{run:?}");
}

#[test]
fn standard_input_can_be_the_policy() {
    let case = case(POLICY);
    let mut command = case.command();
    command.args(["can", "--policy", "-", "--principal", VENDOR, "--context", GUARD, "--context", ADDRESS]);
    let run =
        Run::new(command.stdin(File::open(case.0.path().join("trust.json")).unwrap()).output().unwrap());
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.out.contains("[-:4:5]"), "{}", run.out);
}

#[test]
fn bad_usage_is_2() {
    let case = case(POLICY);
    for args in [
        &[][..],
        &["--policy", "trust.json"],
        &["--principal", VENDOR],
        &["--policy", "trust.json", "--principal", ""],
        &["--policy", "trust.json", "--principal", VENDOR, "--context", "no-value"],
        &["--policy", "trust.json", "--principal", VENDOR, "--context", "=no-key"],
        &["--policy", "trust.json", "--principal", VENDOR, "--role-arn", "x"],
        &["--batch", "--principal", VENDOR],
        &["--batch", "--context", GUARD],
        &["--batch", "no/such.jsonl"],
    ] {
        let run = case.can(args);
        assert_eq!(run.status, 2, "{args:?}: {run:?}");
        assert!(!run.err.is_empty() && run.out.is_empty(), "{args:?}: {run:?}");
    }
}

#[test]
fn nothing_in_a_policy_reaches_the_terminal_as_a_command() {
    let policy = POLICY.replace("Vendor", "V\\u001b[2J").replace("7Qd2-Kx91", "\u{202e}");
    let run = case(&policy).ask(VENDOR, &["--context", "sts:ExternalId=\u{202e}", "--context", ADDRESS]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.out.contains("Sid `V\\u{1b}[2J`"), "{}", run.out);
    let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!run.out.contains(hostile), "{:?}", run.out);
}

// Batches.

/// The question that the policy allows, changed by `change`.
fn line(change: impl FnOnce(&mut Value)) -> String {
    let mut line = json!({
        "trust_policy": serde_json::from_str::<Value>(POLICY).unwrap(),
        "role_arn": "arn:aws:iam::111122223333:role/x",
        "principal": VENDOR,
        "action": "sts:AssumeRole",
        "context": {"sts:ExternalId": ["7Qd2-Kx91"], "aws:SourceIp": "203.0.113.7"},
        "multi": [],
    });
    change(&mut line);
    line.to_string()
}

fn answer(decision: &str, undetermined: bool, statement: Option<usize>) -> Value {
    json!({"decision": decision, "undetermined": undetermined, "statement": statement})
}

#[test]
fn every_line_is_answered_in_order() {
    let statements = r#"[
        {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Condition": {"StringEquals": {"aws:TagKeys": "x"}}}
    ]"#;
    let tagged =
        json!({"Version": "2012-10-17", "Statement": serde_json::from_str::<Value>(statements).unwrap()});
    let lines = [
        (line(|_| {}), answer("allow", false, Some(0))),
        (line(|l| l["trust_policy"] = POLICY.into()), answer("allow", false, Some(0))),
        (line(|l| l["context"]["sts:ExternalId"] = "other".into()), answer("deny", false, None)),
        (line(|l| l["context"]["aws:SourceIp"] = json!(["198.51.100.1"])), answer("deny", false, Some(1))),
        (line(|l| l["role_arn"] = "arn:aws-cn:iam::111122223333:role/x".into()), answer("deny", false, None)),
        // An empty list of values is an absent key.
        (line(|l| l["context"]["sts:ExternalId"] = json!([])), answer("deny", false, None)),
        // The second statement allows; of the third nobody knows.
        (
            line(|l| {
                l["trust_policy"] = tagged;
                l["context"] = json!({"aws:TagKeys": "x"});
                l["multi"] = json!(["aws:tagkeys"]);
            }),
            answer("deny", true, Some(2)),
        ),
        // Nothing but the policy and the caller, and something of the asker's own.
        (
            format!(
                r#"{{"id": 7, "principal": "x.amazonaws.com", "trust_policy": {{"Statement": {statements}}}, "role_arn": null}}"#
            )
            .replace('\n', " "),
            answer("allow", false, Some(0)),
        ),
    ];
    let input: String = lines.iter().map(|(line, _)| format!("{line}\r\n")).collect();
    let expected: Vec<Value> = lines.iter().map(|(_, answer)| answer.clone()).collect();
    let (status, answers) = case(POLICY).batch(input.as_bytes());
    assert_eq!(answers, expected);
    assert_eq!(status, 0);
}

#[test]
fn an_answer_has_its_fields_in_order() {
    let case = Case::new(&[("in.jsonl", line(|_| {}).as_bytes())]);
    let run = case.can(&["--batch", "in.jsonl"]);
    assert_eq!(run.out, "{\"decision\":\"allow\",\"undetermined\":false,\"statement\":0}\n");
}

#[test]
fn a_line_that_is_no_question_says_why_and_the_rest_goes_on() {
    let deep = "[".repeat(100_000);
    let lines: [(Vec<u8>, &str); 22] = [
        (b"".into(), "EOF"),
        (b"   ".into(), "EOF"),
        (b"x".into(), "expected value"),
        (b"[]".into(), "expected an object"),
        (b"{}{}".into(), "missing field `principal`"),
        (b"{\"principal\": \"\xff\"}".into(), "not UTF-8 from byte 15 on"),
        (b"{\"principal\": \"\0\"}".into(), "control character"),
        (deep.clone().into(), "expected an object"),
        (format!("{{\"trust_policy\": {deep}").into(), "EOF"),
        (
            format!("{{\"principal\": \"x\", \"trust_policy\": {deep}{}}}", "]".repeat(100_000)).into(),
            "more than 127 lists and objects inside one another",
        ),
        (line(|l| drop(l.as_object_mut().unwrap().remove("principal"))).into(), "missing field `principal`"),
        (
            line(|l| drop(l.as_object_mut().unwrap().remove("trust_policy"))).into(),
            "missing field `trust_policy`",
        ),
        (line(|l| l["principal"] = "".into()).into(), "`principal` is empty"),
        (line(|l| l["principal"] = 5.into()).into(), "invalid type: integer `5`, expected a string"),
        (line(|l| l["trust_policy"] = "{".into()).into(), "`trust_policy` is not valid JSON"),
        (line(|l| l["trust_policy"] = 5.into()).into(), "`trust_policy` is a number"),
        (line(|l| l["role_arn"] = "x".into()).into(), "`role_arn`: expected the ARN of a role"),
        (line(|l| l["context"] = json!([])).into(), "expected an object of context keys"),
        (line(|l| l["context"]["a"] = json!({})).into(), "expected a string or a list of strings"),
        (line(|l| l["context"]["AWS:sourceip"] = "x".into()).into(), "twice, letter case aside"),
        (line(|l| l["contxt"] = json!({})).into(), "unknown field `contxt`; did you mean `context`?"),
        (line(|_| {}).replacen("{", "{\"principal\":\"x\",", 1).into(), "duplicate field `principal`"),
    ];
    let good = line(|_| {});
    let mut input = Vec::new();
    for (bad, _) in &lines {
        input.extend([bad, b"\n".as_slice(), good.as_bytes(), b"\n"].concat());
    }
    let (status, answers) = case(POLICY).batch(&input);
    assert_eq!(answers.len(), 2 * lines.len());
    assert_eq!(status, 2);
    for (pair, (bad, message)) in answers.chunks(2).zip(&lines) {
        let shown = String::from_utf8_lossy(&bad[..bad.len().min(200)]);
        let error = pair[0]["error"].as_str().unwrap_or_else(|| panic!("{shown}: {}", pair[0]));
        assert!(error.contains(message), "{shown}: {error}");
        assert_eq!(pair[1], answer("allow", false, Some(0)), "after {shown}");
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_no_question() {
    let case = case(POLICY);
    let mut file = File::create(case.0.path().join("in.jsonl")).unwrap();
    writeln!(file, "{}", line(|_| {})).unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    (0..100).for_each(|_| file.write_all(&megabyte).unwrap());
    write!(file, "\n{}", line(|_| {})).unwrap();
    drop(file);
    let run = case.can(&["--batch", "in.jsonl"]);
    assert_eq!(run.status, 2);
    let answers: Vec<&str> = run.out.lines().collect();
    let allowed = r#"{"decision":"allow","undetermined":false,"statement":0}"#;
    assert_eq!(answers, [allowed, r#"{"error":"longer than 4 MiB, the most that is read"}"#, allowed]);
    assert!(run.err.contains("1 line was no question"), "{}", run.err);
}

#[test]
fn an_answer_does_not_wait_for_the_next_question() {
    let case = case(POLICY);
    for args in [&["can", "--batch"][..], &["can", "--batch", "-"]] {
        let mut child =
            case.command().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut questions = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        for _ in 0..3 {
            writeln!(questions, "{}", line(|_| {})).unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            assert_eq!(answer, "{\"decision\":\"allow\",\"undetermined\":false,\"statement\":0}\n");
        }
        drop(questions);
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_batch_and_a_single_request_agree() {
    let case = case(POLICY);
    for (principal, external_id, address) in [
        (VENDOR, "7Qd2-Kx91", "203.0.113.7"),
        (VENDOR, "7Qd2-Kx91", "198.51.100.1"),
        (VENDOR, "x", "203.0.113.7"),
        ("ec2.amazonaws.com", "7Qd2-Kx91", "203.0.113.7"),
        ("ec2.amazonaws.com", "7Qd2-Kx91", "198.51.100.1"),
        ("210987654321", "7Qd2-Kx91", "203.0.113.7"),
    ] {
        let question = line(|l| {
            l["principal"] = principal.into();
            l["context"] = json!({"sts:ExternalId": external_id, "aws:SourceIp": address});
        });
        let (_, answers) = case.batch(question.as_bytes());
        let (id, ip) = (format!("sts:ExternalId={external_id}"), format!("aws:SourceIp={address}"));
        let run = case.ask(principal, &["--context", &id, "--context", &ip]);
        assert_eq!(run.status == 0, answers[0]["decision"] == "allow", "{question}: {run:?}");
        assert_eq!(
            run.out.contains("undetermined"),
            answers[0]["undetermined"] == true,
            "{question}: {run:?}"
        );
        let statement = answers[0]["statement"].as_u64().map(|index| format!("statement {}", index + 1));
        assert!(run.out.contains(&statement.unwrap_or("no statement".to_owned())), "{question}: {run:?}");
    }
}
