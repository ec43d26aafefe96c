//! Functions on numbers.

use num_bigint::BigInt;

use super::{Args, Outcome};
use crate::eval::types::Type;
use crate::number::{COUNT_BITS, Exact, TEXT_BITS};
use crate::value::{Kind, SeqSort, Val};

/// How many numbers `range` gives at most; Terraform's own limit.
const MAX_RANGE: usize = 1_024;

pub(super) fn abs(args: &Args<'_, '_>) -> Outcome {
    let number = args.exact(0)?;
    args.number(&if number.is_negative() { number.negated() } else { number })
}

pub(super) fn ceil(args: &Args<'_, '_>) -> Outcome {
    args.number(&args.exact(0)?.ceil())
}

pub(super) fn floor(args: &Args<'_, '_>) -> Outcome {
    args.number(&args.exact(0)?.floor())
}

pub(super) fn signum(args: &Args<'_, '_>) -> Outcome {
    let whole = args.whole(0)?;
    args.number(&Exact::whole(whole.signum().into(), COUNT_BITS))
}

pub(super) fn log(args: &Args<'_, '_>) -> Outcome {
    let (number, base) = (args.exact(0)?.to_f64(), args.exact(1)?.to_f64());
    args.float(number.ln() / base.ln())
}

pub(super) fn pow(args: &Args<'_, '_>) -> Outcome {
    let (number, power) = (args.exact(0)?.to_f64(), args.exact(1)?.to_f64());
    args.float(number.powf(power))
}

pub(super) fn max(args: &Args<'_, '_>) -> Outcome {
    best(args, |new, old| new.compare(old).is_gt())
}

pub(super) fn min(args: &Args<'_, '_>) -> Outcome {
    best(args, |new, old| new.compare(old).is_lt())
}

fn best(args: &Args<'_, '_>, better: impl Fn(&Exact, &Exact) -> bool) -> Outcome {
    let mut best: Option<Exact> = None;
    for index in 0..args.values.len() {
        let number = args.exact(index)?;
        if best.as_ref().is_none_or(|old| better(&number, old)) {
            best = Some(number);
        }
    }
    args.number(&best.ok_or_else(|| args.error("too few arguments"))?)
}

pub(super) fn sum(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let mut total: Option<Exact> = None;
    for item in &list.items {
        let number = match &item.kind {
            Kind::Null => return Err(args.error("null in a list of numbers")),
            Kind::Number(_) | Kind::Str(_) => item.exact().ok_or_else(|| args.refuse(item, "a number"))?,
            _ => return Err(args.refuse(item, "a number")),
        };
        total = Some(total.map_or(number.clone(), |total| total.plus(&number)));
    }
    args.number(&total.ok_or_else(|| args.error("the list is empty"))?)
}

/// Digits of the base, after an optional sign.
pub(super) fn parseint(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    let Kind::Str(text) = &value.kind else {
        return Err(args.refuse(value, "a string"));
    };
    let text = text.known().ok_or_else(|| args.refuse(value, "a known string"))?;
    let base = args.whole(1)?;
    let Some(base) = u32::try_from(base).ok().filter(|base| (2..=62).contains(base)) else {
        return Err(args.error("a base outside of 2 to 62"));
    };
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let wrong = || args.error("the text is no whole number of this base");
    if digits.is_empty() {
        return Err(wrong());
    }
    if digits.len() > MAX_DIGITS {
        return Err(args.too_large());
    }
    let mut number = BigInt::ZERO;
    for byte in digits {
        let digit = digit(*byte, base).filter(|digit| *digit < base).ok_or_else(wrong)?;
        number = number * base + digit;
    }
    args.number(&Exact::whole(if negative { -number } else { number }, TEXT_BITS))
}

/// The longest text of digits that is read.
const MAX_DIGITS: usize = 1_024;

/// Up to base 36 letters of both cases are the same digits.
fn digit(byte: u8, base: u32) -> Option<u32> {
    let upper = if base <= 36 { 10 } else { 36 };
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'a'..=b'z' => Some(u32::from(byte - b'a') + 10),
        b'A'..=b'Z' => Some(u32::from(byte - b'A') + upper),
        _ => None,
    }
}

pub(super) fn range(args: &Args<'_, '_>) -> Outcome {
    let one = || Exact::whole(1.into(), COUNT_BITS);
    let zero = || Exact::whole(BigInt::ZERO, COUNT_BITS);
    let down = |from: &Exact, to: &Exact| to.compare(from).is_lt();
    let (from, to, step) = match args.values.len() {
        1 => (zero(), args.exact(0)?, None),
        2 => (args.exact(0)?, args.exact(1)?, None),
        3 => (args.exact(0)?, args.exact(1)?, Some(args.exact(2)?)),
        _ => return Err(args.error("one, two or three arguments are needed")),
    };
    let step = step.unwrap_or_else(|| if down(&from, &to) { one().negated() } else { one() });
    if from.compare(&to).is_eq() {
        return args.typed(SeqSort::List, Vec::new(), None, Type::Number);
    }
    if step.is_zero() {
        return Err(args.error("a step of zero"));
    }
    if down(&from, &to) != step.is_negative() {
        return Err(args.error("a step away from the end"));
    }
    let mut items = Vec::new();
    let mut at = from;
    while if step.is_negative() { to.compare(&at).is_lt() } else { at.compare(&to).is_lt() } {
        if items.len() >= MAX_RANGE {
            return Err(args.error("more than 1024 numbers"));
        }
        items.push(Val::new(Kind::Number(at.number()), args.span));
        at = at.plus(&step);
    }
    args.typed(SeqSort::List, items, None, Type::Number)
}
