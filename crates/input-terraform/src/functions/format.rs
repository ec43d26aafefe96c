//! `format` and `formatlist`, with the verbs of Terraform.

use std::rc::Rc;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};

use super::{Args, Outcome};
use crate::eval::types::{Type, convert};
use crate::json_text;
use crate::number::Exact;
use crate::value::{Content, Kind, MAX_TEXT, Piece, Seq, Str, Val};

/// The widest column and the longest fraction.
const MAX_WIDTH: usize = 4_096;

pub(super) fn format(args: &Args<'_, '_>) -> Outcome {
    let spec = args.known_text(0)?;
    formatted(args, &spec, args.values.get(1..).unwrap_or_default())
}

/// One verb with its flags.
#[derive(Debug, Default)]
struct Verb {
    letter: char,
    plus: bool,
    minus: bool,
    space: bool,
    sharp: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    /// From 1; the next argument if there is none.
    argument: Option<usize>,
}

fn formatted(args: &Args<'_, '_>, spec: &str, values: &[Val]) -> Outcome {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut next = 0;
    let mut highest = 0;
    let mut length = 0usize;
    let mut rest = spec;
    while let Some((before, after)) = rest.split_once('%') {
        push_lit(before, args, &mut pieces);
        if let Some(after) = after.strip_prefix('%') {
            push_lit("%", args, &mut pieces);
            rest = after;
            continue;
        }
        let (verb, after) = verb(after).ok_or_else(|| args.error("a verb that there is not"))?;
        rest = after;
        let index = match verb.argument {
            Some(index) => index.checked_sub(1).ok_or_else(|| args.error("arguments count from 1"))?,
            None => next,
        };
        next = index + 1;
        highest = highest.max(next);
        let value = values.get(index).ok_or_else(|| args.error("too few arguments"))?;
        let own = one(args, &verb, value)?;
        length = length.saturating_add(
            own.iter().map(|p| if let Content::Lit(t) = &p.content { t.len() } else { 1 }).sum(),
        );
        if length > MAX_TEXT {
            return Err(args.too_large());
        }
        pieces.extend(own);
    }
    push_lit(rest, args, &mut pieces);
    if highest < values.len() {
        return Err(args.error("too many arguments"));
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

fn push_lit(text: &str, args: &Args<'_, '_>, pieces: &mut Vec<Piece>) {
    pieces.extend(Str::converted(text, args.span).pieces().iter().cloned());
}

/// The verb at the start of a text, and what follows it.
fn verb(text: &str) -> Option<(Verb, &str)> {
    let mut verb = Verb::default();
    let mut rest = text;
    loop {
        let flag = match rest.chars().next()? {
            '+' => &mut verb.plus,
            '-' => &mut verb.minus,
            ' ' => &mut verb.space,
            '#' => &mut verb.sharp,
            '0' => &mut verb.zero,
            _ => break,
        };
        *flag = true;
        rest = rest.get(1..)?;
    }
    (verb.width, rest) = number(rest).map_or((0, rest), |(n, rest)| (n, rest));
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = number(after).map_or((0, after), |(n, rest)| (n, rest));
        verb.precision = Some(precision);
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('[') {
        let (argument, after) = number(after)?;
        verb.argument = Some(argument);
        rest = after.strip_prefix(']')?;
    }
    if verb.width > MAX_WIDTH || verb.precision.is_some_and(|p| p > MAX_WIDTH) {
        return None;
    }
    verb.letter = rest.chars().next()?;
    let known = matches!(
        verb.letter,
        'v' | 't' | 'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' | 's' | 'q'
    );
    known.then_some((verb, rest.get(1..)?))
}

fn number(text: &str) -> Option<(usize, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

/// The text of one argument.
fn one(args: &Args<'_, '_>, verb: &Verb, value: &Val) -> Result<Vec<Piece>, Val> {
    let hole = value.sensitive.is_some()
        || matches!(value.kind, Kind::Unknown(_) | Kind::Resource(_) | Kind::OneOf(_));
    if hole {
        return Ok(value.interpolated(args.span));
    }
    let fit = |kind: &Type| convert(value, kind).map_err(|mismatch| args.error(&mismatch));
    if matches!(value.kind, Kind::Null) && verb.letter != 'v' {
        return Err(args.error("null where a value is needed"));
    }
    match verb.letter {
        'v' => Ok(as_is(args, verb, value)),
        't' => {
            let value = fit(&Type::Bool)?;
            match value.known_bool() {
                Some(b) => Ok(padded(args, verb, if b { "true" } else { "false" })),
                None => Ok(value.interpolated(args.span)),
            }
        }
        's' | 'q' => {
            let value = fit(&Type::Str)?;
            let text = value.to_str().ok_or_else(|| args.refuse(&value, "a string"))?.flat();
            let plain = verb.letter == 's' && verb.width == 0 && verb.precision.is_none();
            match text.known() {
                Some(known) if !plain => {
                    let cut: String = match verb.precision {
                        Some(precision) => known.chars().take(precision).collect(),
                        None => known.to_string(),
                    };
                    let quoted = if verb.letter == 'q' { quoted(&cut) } else { cut };
                    Ok(padded(args, verb, &quoted))
                }
                _ if plain => Ok(value.interpolated(args.span)),
                _ => Err(args.refuse(&value, "a known string")),
            }
        }
        _ => {
            let value = fit(&Type::Number)?;
            match value.exact() {
                Some(number) => numeric(args, verb, &number),
                None if value.holds_unknown() => Ok(value.interpolated(args.span)),
                None => Err(args.too_large()),
            }
        }
    }
}

/// Strings and numbers as they are, everything else as JSON.
fn as_is(args: &Args<'_, '_>, verb: &Verb, value: &Val) -> Vec<Piece> {
    match &value.kind {
        Kind::Str(text) if !verb.sharp => match text.flat().known() {
            Some(known) if verb.width > 0 => padded(args, verb, &known),
            _ => value.interpolated(args.span),
        },
        Kind::Number(number) if !verb.sharp => match number.exact() {
            Some(exact) => padded(args, verb, &exact.print_general(None)),
            None => padded(args, verb, &number.text),
        },
        _ => match json_text::known(value) {
            Some(text) => padded(args, verb, &text),
            None => json_text::pieces(value, args.span),
        },
    }
}

fn padded(args: &Args<'_, '_>, verb: &Verb, text: &str) -> Vec<Piece> {
    let missing = verb.width.saturating_sub(text.chars().count());
    let fill = " ".repeat(missing);
    let out = match (verb.minus, verb.zero) {
        (true, _) => format!("{text}{fill}"),
        (false, true) => format!("{}{text}", "0".repeat(missing)),
        (false, false) => format!("{fill}{text}"),
    };
    Str::converted(&out, args.span).pieces().to_vec()
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn numeric(args: &Args<'_, '_>, verb: &Verb, number: &Exact) -> Result<Vec<Piece>, Val> {
    let whole = || number.as_whole().ok_or_else(|| args.error("a number that is not whole"));
    let digits = match verb.letter {
        'd' => integer(&whole()?, verb, 10, false),
        'b' => integer(&whole()?, verb, 2, false),
        'o' => integer(&whole()?, verb, 8, false),
        'x' => integer(&whole()?, verb, 16, false),
        'X' => integer(&whole()?, verb, 16, true),
        'f' => number.print_fixed(verb.precision.unwrap_or(6)),
        'e' => number.print_exponent(Some(verb.precision.unwrap_or(6))),
        'E' => number.print_exponent(Some(verb.precision.unwrap_or(6))).to_uppercase(),
        'g' => number.print_general(verb.precision),
        'G' => number.print_general(verb.precision).to_uppercase(),
        _ => return Err(args.error("a verb that there is not")),
    };
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None if verb.plus => ("+", &*digits),
        None if verb.space => (" ", &*digits),
        None => ("", &*digits),
    };
    let missing = verb.width.saturating_sub(sign.len() + digits.chars().count());
    let out = match (verb.minus, verb.zero) {
        (true, _) => format!("{sign}{digits}{}", " ".repeat(missing)),
        (false, true) => format!("{sign}{}{digits}", "0".repeat(missing)),
        (false, false) => format!("{}{sign}{digits}", " ".repeat(missing)),
    };
    Ok(Str::converted(&out, args.span).pieces().to_vec())
}

fn integer(number: &BigInt, verb: &Verb, base: u32, upper: bool) -> String {
    let digits = number.magnitude().to_str_radix(base);
    let digits = if upper { digits.to_uppercase() } else { digits };
    let digits = format!("{digits:0>width$}", width = verb.precision.unwrap_or(0));
    let mark = match (verb.sharp, base, upper) {
        (true, 16, false) => "0x",
        (true, 16, true) => "0X",
        (true, 8, _) => "0",
        (true, 2, _) => "0b",
        _ => "",
    };
    let sign = if number.sign() == Sign::Minus { "-" } else { "" };
    format!("{sign}{mark}{digits}")
}

pub(super) fn formatlist(args: &Args<'_, '_>) -> Outcome {
    let spec = args.known_text(0)?;
    let values = args.values.get(1..).unwrap_or_default();
    let as_list = |v: &Val| match &v.kind {
        Kind::List(list) => Some(Rc::clone(list)),
        _ => None,
    };
    let lists: Vec<Rc<Seq>> = values.iter().filter_map(as_list).collect();
    if let Some(unknown) = values.iter().find(|v| matches!(v.kind, Kind::Unknown(_) | Kind::Resource(_))) {
        // It may be a list of any length.
        return args.list_of(Vec::new(), unknown.why_unknown());
    }
    let open = lists.iter().find_map(|l| l.open.clone());
    let Some(length) = lists.iter().map(|l| l.items.len()).min() else {
        return args.list_of(vec![formatted(args, &spec, values)?], None);
    };
    if lists.iter().any(|l| l.open.is_none() && l.items.len() != length) && open.is_none() {
        return Err(args.error("lists of different lengths"));
    }
    // Which elements stand beside one another is known in one list alone.
    if lists.len() > 1 && open.is_some() {
        return args.list_of(Vec::new(), open);
    }
    let mut items = Vec::with_capacity(length);
    for index in 0..length {
        let row: Vec<Val> = values
            .iter()
            .filter_map(|v| match &v.kind {
                Kind::List(list) => list.items.get(index).cloned().map(|item| item.hide(v.sensitive.clone())),
                _ => Some(v.clone()),
            })
            .collect();
        let each = |row: &[Val]| formatted(args, &spec, row).unwrap_or_else(|value| value);
        items.push(args.evaluator.each_way(&row, args.span, &each));
    }
    args.list_of(items, open.as_ref().map(Arc::clone))
}
