//! Expressions that would take for ever or all memory: each gives an answer, and soon.

use std::time::Duration;

use super::{answer, evaluate};

/// Each takes less than this, even unoptimised on a busy machine; what is not bounded takes for ever.
const LIMIT: Duration = Duration::from_secs(120);

/// The answers to attributes of one `locals` block that may refer to each other, and to files.
#[allow(clippy::disallowed_methods, reason = "what is tested is that it ends in time")]
fn answers(body: &str, files: &[(&str, &str)]) -> Vec<String> {
    let start = std::time::Instant::now();
    let mut out = Vec::new();
    evaluate(&format!("locals {{\n{body}\n}}\n"), files, |_, value| out.push(answer(&value)));
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    out
}

fn last_is_refused(body: &str) {
    let answers = answers(body, &[]);
    let last = answers.last().unwrap();
    assert!(last.starts_with("UNKNOWN") && last.contains("is not evaluated"), "{:.200}", last);
}

#[test]
fn values_that_double_are_bounded() {
    for (first, next) in [
        ("\"xxxxxxxxxxxxxxxx\"", "\"${local.PREV}${local.PREV}\""),
        ("\"xxxxxxxxxxxxxxxx\"", "join(local.PREV, [local.PREV, local.PREV])"),
        ("\"xxxxxxxxxxxxxxxx\"", "format(\"%s%s\", local.PREV, local.PREV)"),
        ("\"aaaaaaaaaaaaaaaa\"", "replace(local.PREV, \"a\", \"aa\")"),
        ("\"a\\nb\"", "indent(2000, replace(local.PREV, \"\\n\", \"\\n\\n\"))"),
        ("\"aaaaaaaaaaaaaaaa\"", "replace(local.PREV, \"/a/\", \"aa\")"),
        ("[1, 2]", "concat(local.PREV, local.PREV)"),
        ("[1, 2]", "flatten([local.PREV, local.PREV])"),
        ("[1, 2]", "[for x in local.PREV : local.PREV]"),
        ("{ a = 1 }", "{ a = local.PREV, b = local.PREV }"),
    ] {
        let mut body = format!("v0 = {first}\n");
        for n in 1..32 {
            body.push_str(&format!("v{n} = {}\n", next.replace("PREV", &format!("v{}", n - 1))));
        }
        last_is_refused(&body);
    }
}

#[test]
fn one_call_cannot_ask_for_too_much() {
    last_is_refused("a = setproduct(range(100), range(100), range(100), range(100))");
    last_is_refused("a = indent(99999999, \"a\\nb\")");
    let line = "x".repeat(1000);
    last_is_refused(&format!("a = regexall(\"x*\", join(\"\", [for a in range(1000) : \"{line}\"]))"));
    last_is_refused("a = regex(\"((a{1,100}){1,100}){1,100}\", \"a\")");
    last_is_refused(
        "a = tonumber(\"1e1999\")\n b = local.a * local.a * local.a * local.a\n c = local.b * local.b * local.b * local.b",
    );
    assert_eq!(answers("a = range(100000)", &[]), ["ERROR"]);
    assert_eq!(answers("a = format(\"%99999999d\", 1)", &[]), ["ERROR"]);
    assert_eq!(answers("a = pow(10, 400)", &[]), ["ERROR"]);
    let expected = "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"";
    let slow = "a = can(regex(\"^(a+)+$\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\")) ? \"\" : \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"";
    assert_eq!(answers(slow, &[]), [expected]);
}

#[test]
fn ten_thousand_elements_are_nothing_special() {
    let numbers = "flatten([for a in range(100) : [for b in range(100) : a * 100 + b]])";
    assert_eq!(answers(&format!("a = length([for x in {numbers} : x * 2 if x % 2 == 0])"), &[]), ["5000"]);
    let grouped = format!("a = length({{for x in {numbers} : x % 7 => x...}})");
    assert_eq!(answers(&grouped, &[]), ["7"]);
    assert_eq!(
        answers(&format!("a = length(toset([for x in {numbers} : tostring(x % 100)]))"), &[]),
        ["100"]
    );
}

#[test]
fn templates_do_not_render_themselves() {
    let files =
        [("t.tpl", "a${templatefile(\"t.tpl\", {})}"), ("n.tpl", "${local.a} ${x}"), ("x.tpl", "-${x}-")];
    let body = "a = templatefile(\"t.tpl\", {})\n b = templatefile(\"n.tpl\", {x = 1})\n c = templatefile(\"x.tpl\", {x = 1})";
    assert_eq!(answers(body, &files), ["ERROR", "ERROR", "\"-1-\""]);
}

#[test]
fn nesting_and_circles_end() {
    let circle = answers("a = local.b\n b = [local.a]\n c = jsonencode({x = local.c})", &[]);
    assert_eq!(circle, ["ERROR", "ERROR", "ERROR"]);
    // The deepest first, so that nothing is known of the others yet.
    let deep: String = (1..400).rev().map(|n| format!("v{n} = [local.v{}]\n", n - 1)).collect();
    let answers = answers(&format!("{deep}v0 = [1]"), &[]);
    assert!(answers[0].contains("nest too deeply"), "{:.200}", answers[0]);
}

#[test]
fn paths_stay_inside() {
    let body = "a = file(\"../../etc/passwd\")\n b = file(\"/etc/passwd\")\n c = filemd5(\"~/.ssh/id_rsa\")\n d = fileset(\"../..\", \"*\")";
    for answer in answers(body, &[("x.txt", "x")]) {
        assert!(answer.starts_with("UNKNOWN") && answer.contains("outside of what is scanned"), "{answer}");
    }
    assert_eq!(
        answers(
            "a = fileset(\".\", \"*.txt\")\n b = fileexists(\"no\")\n c = filemd5(\"x.txt\")",
            &[("x.txt", "x")]
        ),
        ["[\"x.txt\"]", "false", "\"9dd4e461268c8034f5c8564e155c67a6\""]
    );
}

#[test]
fn secrets_are_not_told() {
    let secret = "hunter2";
    let body = format!(
        "a = jsonencode({{x = sensitive(\"{secret}\")}})\n b = join(\",\", [sensitive(\"{secret}\")])\n \
         c = {{(sensitive(\"{secret}\")) = 1}}\n d = zipmap([sensitive(\"{secret}\")], [1])\n \
         e = {{a = 1}}[sensitive(\"{secret}\")]\n f = file(sensitive(\"{secret}\"))\n \
         g = upper(\"x${{sensitive(\"{secret}\")}}\")\n h = flatten([sensitive([\"{secret}\"])])[0] == 1 ? 1 : tonumber(sensitive(\"{secret}\"))\n \
         i = keys({{for s in sensitive([\"{secret}\"]) : s => 1}})"
    );
    let mut seen = 0;
    evaluate(&format!("locals {{\n{body}\n}}\n"), &[], |_, value| {
        seen += 1;
        let node = format!("{:?}", value.to_node().value);
        // The words of the source are in the file for all to read; values are not in messages of their own.
        let told = node
            .replace(&format!("sensitive(\\\"{secret}"), "")
            .replace(&format!("sensitive([\\\"{secret}"), "");
        assert!(!told.contains(secret), "{told}");
    });
    assert_eq!(seen, 9);
}
