//! What is a Terraform file: the parser against `terraform fmt` on texts that are almost right.
//!
//! Rejecting what Terraform accepts would hide roles and is never right. Not here: what the texts mean.
#![allow(clippy::disallowed_methods, reason = "Terraform reads files, and its answers are recorded in one")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use model::{SourceText, Span};
use proptest::prelude::*;

use super::dice::Dice;
use super::{mutate, terraform};
use crate::ir::{Block, Content};
use crate::mask::{mask, mask_template};
use crate::parse::{Parsed, parse, parse_file};

/// A text and whether Terraform accepts it, as a JSON array a line.
const RECORDED: &str = include_str!("../../tests/data/syntax.jsonl");

/// How many texts are compared where Terraform is installed; `SYNTAX_COUNT` asks for more.
const COUNT: usize = 400;

/// Files of this project from which texts are made.
const SOURCES: &[&str] = &[
    include_str!("../../tests/terraform/plans/calls/main.tf"),
    include_str!("../../tests/terraform/plans/calls/mod/main.tf"),
];

/// `terraform fmt` looks at syntax alone; that a file holds blocks only is another rule.
fn accepted(text: &str) -> bool {
    let parsed = parse(text, Span::nowhere().file);
    parsed.faults.iter().all(|fault| fault.message.contains("expected a block, not an attribute"))
}

/// Which texts Terraform accepts.
fn truth(texts: &[String]) -> Vec<bool> {
    let directory = tempfile::tempdir().unwrap();
    let name = |index: usize| format!("t{index}.tf");
    for (index, text) in texts.iter().enumerate() {
        std::fs::write(directory.path().join(name(index)), text).unwrap();
    }
    let output = Command::new("terraform")
        .args(["fmt", "-no-color", "-write=false", "-list=false", "."])
        .current_dir(directory.path())
        .env("TF_CLI_CONFIG_FILE", "")
        .env("CHECKPOINT_DISABLE", "1")
        .stdout(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let named = |line: &str| {
        line.trim_start().strip_prefix("on ")?.split_once(" line ").map(|(name, _)| name.to_owned())
    };
    let refused: BTreeSet<String> = said.lines().filter_map(named).collect();
    assert_eq!(output.status.success(), refused.is_empty(), "{said}");
    (0..texts.len()).map(|index| !refused.contains(&name(index))).collect()
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// The texts of `.tf` files below a directory.
fn below(directory: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            below(&path, out);
        } else if path.extension().is_some_and(|e| e == "tf")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            out.push(text);
        }
    }
}

fn sources() -> Vec<String> {
    let mut sources: Vec<String> = SOURCES.iter().map(|s| (*s).to_owned()).collect();
    if let Ok(directory) = std::env::var("SYNTAX_CORPUS") {
        below(Path::new(&directory), &mut sources);
    }
    sources
}

/// Texts that one side accepts and the other refuses: first those that are wrongly refused.
fn differences(cases: &[(bool, String)]) -> (Vec<&str>, Vec<&str>) {
    let wrong = |accepts: bool| {
        let differs = |case: &&(bool, String)| case.0 == accepts && accepted(&case.1) != accepts;
        cases.iter().filter(differs).map(|(_, text)| text.as_str()).collect()
    };
    (wrong(true), wrong(false))
}

#[test]
fn recorded_texts_agree() {
    let cases: Vec<(bool, String)> =
        RECORDED.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= 300, "{} texts are recorded", cases.len());
    let (refused, passed) = differences(&cases);
    assert!(refused.is_empty(), "wrongly refused:\n{}", refused.join("\n-----\n"));
    // The parser is kinder than Terraform to broken lines inside of strings and the like, but not to all.
    let broken = cases.iter().filter(|(accepts, _)| !*accepts).count();
    assert!(passed.len() * 20 < broken, "{} of {broken} broken texts pass", passed.len());
}

/// With `RECORD_SYNTAX` set the answers are recorded anew.
#[test]
fn terraform_accepts_no_more() {
    if !terraform::is_present() {
        eprintln!("skipped: terraform is not installed");
        return;
    }
    let sources = sources();
    let mut dice = Dice::new(u64::try_from(number("SYNTAX_SEED", 1)).unwrap());
    let changed = (0..number("SYNTAX_COUNT", COUNT)).map(|_| mutate::text(&mut dice, &sources));
    let texts: Vec<String> = mutate::hard_texts().chain(changed).collect();
    let cases: Vec<(bool, String)> =
        texts.chunks(500).flat_map(|c| truth(c).into_iter().zip(c.to_vec())).collect();
    if std::env::var("RECORD_SYNTAX").is_ok() {
        let lines: String = cases.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect();
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/syntax.jsonl"), lines).unwrap();
    }
    let (refused, passed) = differences(&cases);
    let good = cases.iter().filter(|(accepts, _)| *accepts).count();
    eprintln!("{} texts, {good} right, {} wrongly accepted", cases.len(), passed.len());
    if std::env::var("SYNTAX_CORPUS").is_ok() {
        eprintln!("wrongly accepted:\n{}", passed.join("\n-----\n"));
    }
    assert!(refused.is_empty(), "{} wrongly refused:\n{}", refused.len(), refused.join("\n-----\n"));
}

/// Everything that a parse says lies in the text, on borders of characters.
fn check_places(text: &str, parsed: &Parsed) {
    let inside = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    for fault in &parsed.faults {
        assert!(inside(fault.span) && inside(fault.lost), "{fault:?}");
    }
    for block in &parsed.blocks {
        check_block(block, &inside);
    }
}

fn check_block(block: &Block, inside: &dyn Fn(Span) -> bool) {
    assert!(inside(block.span) && inside(block.header) && inside(block.ident.span), "{block:?}");
    for name in &block.labels {
        assert!(inside(name.span), "{name:?}");
    }
    for attribute in &block.body().attributes {
        assert!(inside(attribute.name.span) && inside(attribute.value.span), "{attribute:?}");
        attribute.value.traversals(&mut |t| assert!(inside(t.base.span), "{t:?}"));
    }
    block.body().blocks.iter().for_each(|inner| check_block(inner, inside));
}

fn check(text: &str) {
    let masked = mask(text);
    assert_eq!(masked.text.len(), text.len());
    for range in masked.items.iter().chain(&masked.comments) {
        assert!(text.get(range.clone()).is_some(), "{range:?}");
    }
    assert_eq!(mask_template(text).len(), text.len());
    let parsed = parse(text, Span::nowhere().file);
    check_places(text, &parsed);
    check_deferred(text, &parsed);
}

/// What is parsed when it is asked for is what is parsed at once, and no fault is found late.
fn check_deferred(text: &str, at_once: &Parsed) {
    let parsed = parse_file("main.tf", &SourceText::new(text.to_owned()), Span::nowhere().file);
    let shape = |block: &Block| format!("{:?}", (&block.ident, &block.labels, block.header, block.span));
    let shapes = |parsed: &Parsed| parsed.blocks.iter().map(shape).collect::<Vec<_>>();
    assert_eq!(shapes(&parsed), shapes(at_once), "{text}");
    for (block, other) in parsed.blocks.iter().zip(&at_once.blocks) {
        assert_eq!(format!("{:?}", block.body()), format!("{:?}", other.body()), "{text}");
        assert!(block.fault().is_none(), "{:?} in {text}", block.fault());
    }
    assert_eq!(format!("{:?}", parsed.faults), format!("{:?}", at_once.faults), "{text}");
}

#[test]
fn blocks_parsed_later_are_the_same() {
    let sources = sources();
    let mut dice = Dice::new(u64::try_from(number("SYNTAX_SEED", 1)).unwrap());
    let changed = (0..number("SYNTAX_COUNT", COUNT)).map(|_| mutate::text(&mut dice, &sources));
    let texts = mutate::hard_texts().chain(sources.iter().cloned()).chain(changed);
    let (mut blocks, mut deferred) = (0, 0);
    for text in texts {
        check_deferred(&text, &parse(&text, Span::nowhere().file));
        let parsed = parse_file("main.tf", &SourceText::new(text), Span::nowhere().file).blocks;
        blocks += parsed.len();
        deferred += parsed.iter().filter(|b| matches!(b.content, Content::Deferred(_))).count();
    }
    assert!(deferred * 3 > blocks, "only {deferred} of {blocks} blocks are parsed later");
}

#[test]
fn texts_cut_short_keep_their_places() {
    let text = "\u{e4} \u{1f600} \"\u{65e5}\" \u{e9} {\n  \u{e4} = \"\u{e4}${\u{e4}}\" # \u{e4}\n}\n\u{e4}";
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    for (index, start) in borders.iter().enumerate() {
        borders.iter().skip(index).for_each(|end| check(text.get(*start..*end).unwrap()));
    }
}

proptest! {
    #[test]
    fn changed_texts_keep_their_places(seed in any::<u64>()) {
        let sources: Vec<String> = SOURCES.iter().map(|s| (*s).to_owned()).collect();
        check(&mutate::text(&mut Dice::new(seed), &sources));
    }

    #[test]
    fn bytes_keep_their_places(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn marks_keep_their_places(text in "[a\u{e4}\u{1f600}0-1 \\n\\r\\t\"{}()\\[\\]$%<>~=#/*.,:?!\\\\-]{0,120}") {
        check(&text);
    }
}
