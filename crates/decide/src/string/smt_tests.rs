//! The string engine against an independent one, a solver for SMT-LIB's theory of strings: both must agree on
//! whether a language is empty, on the length of its shortest members, and each must accept the other's member.

use aws_smt_strings::character_sets::CharSet;
use aws_smt_strings::regular_expressions::{ReManager, RegLan};
use aws_smt_strings::smt_strings::SmtString;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::string::glob::{Class, Glob};
use crate::string::language::{Found, Language};

/// A pattern as written, and whether its wildcards stop at colons, as inside a part of an ARN.
type Pattern = (String, bool);

fn pattern() -> impl Strategy<Value = Pattern> {
    ("[ab:*?]{0,7}", prop::bool::weighted(0.2))
}

fn wildcard(in_part: bool) -> Class {
    if in_part { Class::Not(':') } else { Class::Any }
}

fn ours((text, in_part): &Pattern) -> Glob {
    let mut glob = Glob::default();
    for c in text.chars() {
        match c {
            '*' => glob.star(wildcard(*in_part)),
            '?' => glob.one(wildcard(*in_part)),
            c => glob.one(Class::Char(c)),
        }
    }
    glob
}

fn theirs((text, in_part): &Pattern, manager: &mut ReManager) -> RegLan {
    let any = manager.all_chars();
    let colon = manager.char_set(CharSet::singleton(u32::from(':')));
    let one = if *in_part { manager.diff(any, colon) } else { any };
    let steps: Vec<RegLan> = text
        .chars()
        .map(|c| match c {
            '*' => manager.star(one),
            '?' => one,
            c => manager.char_set(CharSet::singleton(u32::from(c))),
        })
        .collect();
    manager.concat_list(steps)
}

/// Compares the two engines on one intersection of patterns, less other patterns.
fn compare(all: &[Pattern], none: &[Pattern]) -> Result<(), TestCaseError> {
    let language =
        Language { all: all.iter().map(|p| vec![ours(p)]).collect(), none: none.iter().map(ours).collect() };
    let mut manager = ReManager::new();
    let wanted: Vec<RegLan> = all.iter().map(|p| theirs(p, &mut manager)).collect();
    let excluded: Vec<RegLan> = none.iter().map(|p| theirs(p, &mut manager)).collect();
    let wanted = manager.inter_list(wanted);
    let term = manager.diff_list(wanted, excluded);

    match (language.member(&crate::work::Work::default()), manager.get_string(term)) {
        (Found::Empty, None) => {}
        (Found::Member(own), Some(other)) => {
            let other_text = other.to_unicode_string();
            prop_assert!(manager.str_in_re(&SmtString::from(own.as_str()), term), "{:?} is no member", own);
            prop_assert!(language.contains(&other_text), "{:?} is a member", other_text);
            prop_assert_eq!(
                own.chars().count(),
                other.len(),
                "{:?}, {:?}: one is not shortest",
                own,
                other_text
            );
        }
        (own, other) => prop_assert!(false, "{:?}, but the other engine says {:?}", own, other),
    }
    Ok(())
}

/// The same queries in every run, so that a failure is not a matter of luck.
fn agree_on(queries: u32) {
    let config = Config { cases: queries, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let query = (prop::collection::vec(pattern(), 1..=3), prop::collection::vec(pattern(), 0..=3));
    match runner.run(&query, |(all, none)| compare(&all, &none)) {
        Ok(()) => {}
        Err(TestError::Fail(why, (all, none))) => panic!("{why}\nall of {all:?}, none of {none:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

#[test]
fn the_engines_agree() {
    agree_on(2_000);
}

#[test]
#[ignore = "ten times the above: run it after a change to the engine"]
fn the_engines_agree_on_many_queries() {
    agree_on(20_000);
}
