//! What is said of a partly known value holds whatever the rest is: a leaf of an expression is replaced by an unknown,
//! and the value with the leaf in place must be one that the value without it allows.

use model::Cause;

use super::dice::Dice;
use super::generate;
use super::{ERROR, answer, evaluate};
use crate::json_text::sorted;
use crate::value::{Content, Kind, Piece, Val};

/// How many expressions are looked at; each once for every leaf up to [`MAX_LEAVES`].
const COUNT: usize = 1_500;
const MAX_LEAVES: usize = 3;

/// Whether `known` is one of the values that `partial` may be. Scalars count by their spelling, as policies compare them.
fn covers(partial: &Val, known: &Val) -> bool {
    match (&partial.kind, &known.kind) {
        (Kind::Unknown(unknown), _) => !matches!(unknown.why, Cause::Invalid(_)),
        (Kind::OneOf(choice), _) => choice.branches.iter().any(|b| covers(&b.value, known)),
        (Kind::List(a), Kind::List(b)) => match a.open {
            None => a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(x, y)| covers(x, y)),
            Some(_) => a.items.iter().all(|x| b.items.iter().any(|y| covers(x, y))),
        },
        (Kind::Object(a), Kind::Object(b)) => {
            let Some(b) = sorted(&b.fields) else {
                return false;
            };
            let open = a.open.is_some() || a.fields.iter().any(|f| f.key.known().is_none());
            let listed = a.fields.iter().rev().filter_map(|f| Some((f.key.known()?, &f.value)));
            let mut seen = std::collections::BTreeSet::new();
            let mut all = true;
            for (key, value) in listed {
                if seen.insert(key.clone()) {
                    all &= b.iter().find(|(k, _)| *k == key).is_some_and(|(_, other)| covers(value, other));
                }
            }
            all && (open || seen.len() == b.len())
        }
        (Kind::Null, Kind::Null) => true,
        (_, _) => match (partial.to_str(), known.known_str()) {
            (Some(partial), Some(known)) => covers_text(partial.flat().pieces(), &known),
            _ => false,
        },
    }
}

/// Known pieces in their order, anything in the holes between them.
fn covers_text(pieces: &[Piece], known: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return known.is_empty();
    };
    match &first.content {
        Content::Lit(text) => known.strip_prefix(&**text).is_some_and(|tail| covers_text(rest, tail)),
        _ => {
            let ends = known.char_indices().map(|(at, _)| at).chain([known.len()]);
            ends.into_iter().any(|at| covers_text(rest, known.get(at..).unwrap()))
        }
    }
}

/// Where strings without sequences, and numbers behind a blank or bracket, stand in an expression.
fn leaves(expression: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let bytes = expression.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        let mut plain = true;
        while end < bytes.len() && bytes[end] != b'"' {
            plain &= !matches!(bytes[end], b'$' | b'%');
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if !plain {
            // Inside a template quotes nest; such expressions are left alone from here on.
            break;
        }
        let after = expression.get(end + 1..).unwrap().trim_start();
        // A key of an object is no expression, and a pattern is looked into before it is used.
        if !after.starts_with([':', '=']) {
            out.push((at, end + 1));
        }
        at = end + 1;
    }
    out
}

#[test]
fn what_is_said_of_a_part_holds_for_the_whole() {
    let mut dice = Dice::new(7);
    let mut text = String::new();
    let mut cases: Vec<String> = Vec::new();
    for expression in generate::expressions(11, COUNT) {
        let mut leaves = leaves(&expression);
        while leaves.len() > MAX_LEAVES {
            leaves.swap_remove(dice.below(leaves.len()));
        }
        for (start, end) in leaves {
            let (before, after) = (expression.get(..start).unwrap(), expression.get(end..).unwrap());
            let replaced = format!("{before}var.hidden{after}");
            let name = cases.len();
            text.push_str(&format!("locals {{\n a{name} = {expression}\n b{name} = {replaced}\n}}\n"));
            cases.push(replaced);
        }
    }
    text.push_str("variable \"hidden\" {}\n");
    assert!(cases.len() > COUNT, "{}", cases.len());
    let mut values: Vec<Val> = Vec::new();
    evaluate(&text, &[], |_, value| values.push(value));
    let mut wrong = Vec::new();
    for (pair, case) in values.chunks(2).zip(&cases) {
        // An error of the whole may be one that shows only then.
        if answer(&pair[0]) != ERROR && !pair[0].holds_unknown() && !covers(&pair[1], &pair[0]) {
            wrong.push(format!("{case}\n  known: {}\n  here:  {}", answer(&pair[0]), answer(&pair[1])));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
