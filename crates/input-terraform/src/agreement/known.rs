//! The comparison: recorded answers always, Terraform's own where it is installed.
#![allow(clippy::disallowed_methods, reason = "the answers are recorded in a file beside the tests")]

use super::{answers, generate, terraform};

/// One expression and Terraform's answer a line, a tab between them.
const RECORDED: &str = include_str!("../../tests/data/expressions.tsv");

/// How many generated expressions are compared.
const COUNT: usize = 6_000;

fn recorded() -> Vec<(String, String)> {
    let pair = |line: &str| {
        let (expression, answer) = line.split_once('\t').unwrap();
        (expression.to_owned(), answer.to_owned())
    };
    RECORDED.lines().map(pair).collect()
}

fn differences(expected: &[(String, String)]) -> Vec<String> {
    let expressions: Vec<String> = expected.iter().map(|(e, _)| e.clone()).collect();
    let actual = answers(&expressions);
    let differs = |((e, expected), actual): (&(String, String), &String)| {
        let excused = actual.starts_with("UNKNOWN")
            && (BEYOND.iter().any(|name| e.contains(name)) || actual.ends_with(INFINITE));
        // Terraform itself does not say (a null without type as an argument), or it is known why it says more.
        let unsaid = expected == terraform::UNKNOWN || TYPELESS.iter().any(|part| e.contains(part));
        (expected != actual && !excused && !unsaid)
            .then(|| format!("{e}\n  Terraform: {expected}\n  here:      {actual}"))
    };
    expected.iter().zip(&actual).filter_map(differs).collect()
}

/// Where the evaluator knows less of types than Terraform: values carry none of their own, so an empty list without
/// elements to tell its type by, a null that was converted, or a branch that is an error has any type. Those that other
/// seeds make stand here too.
const TYPELESS: &[&str] = &[
    "tolist(tolist([[[], null], [[], null]][0]))",
    "toset(tolist([])) == toset([]) ? max(1, -3.75, 7) : ",
    "in reverse(toset([])) : s if contains(distinct(tolist([{}, s]))",
    "distinct(toset([])) != range(10, 10)",
    "merge(tolist(distinct([null, null, []]))...)",
    "tomap(toset(try(null, ",
    "toset(null)[*]",
    "distinct(tolist([])) != regexall(",
    "alltrue([]) ? -1 : index(tolist([-2]), 7) < sum(",
    "toset(reverse(try(tolist([]), tolist([\"foo/bar/baz.txt\"])))) == toset(regexall(",
    "format(\" %v%v-%q\", setproduct([\"a\\\\b\", \"2020-02-29T23:59:59Z\"], toset([])) == setproduct([], ",
    "concat(tolist([[], null]), [base64decode(base64encode(\"ZZ\"))",
    "contains(setproduct(-1[*], toset(keys(",
    "merge(distinct([null, {}])...)",
];

/// Functions whose results are not computed on purpose.
const BEYOND: &[&str] = &["base64gzip(", "abspath(", "pathexpand(\"~"];

/// What is left of a division by zero, which Terraform can compute with but not write.
const INFINITE: &str = "an infinite number";

#[test]
fn recorded_answers_agree() {
    let recorded = recorded();
    assert!(recorded.len() >= 5_000, "{} expressions are recorded", recorded.len());
    let differences = differences(&recorded);
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// With `RECORD_EXPRESSIONS` set the answers are recorded anew.
#[test]
fn terraform_agrees() {
    if !terraform::is_present() {
        eprintln!("skipped: terraform is not installed");
        return;
    }
    let seed = std::env::var("EXPRESSION_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let expressions = generate::expressions(seed, COUNT);
    let expected: Vec<(String, String)> =
        expressions.iter().cloned().zip(terraform::answers(&expressions)).collect();
    if std::env::var("RECORD_EXPRESSIONS").is_ok() {
        let said = expected.iter().filter(|(_, answer)| answer != terraform::UNKNOWN);
        let lines: String = said.map(|(e, answer)| format!("{e}\t{answer}\n")).collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/expressions.tsv"), lines).unwrap();
    }
    let differences = differences(&expected);
    assert!(differences.is_empty(), "{} of {} differ:\n{}", differences.len(), COUNT, differences.join("\n"));
}
