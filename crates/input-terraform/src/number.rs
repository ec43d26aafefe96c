//! Numbers as Terraform computes with them: binary, with 512 bits from the text of a file and fewer where a function
//! counts or rounds; printed with the fewest digits that give the same number again.
//!
//! Not here: spellings that only other formats allow (hexadecimal, digit separators).

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::{BigInt, BigUint, Sign};

/// How many bits a number from text has.
pub(crate) const TEXT_BITS: u32 = 512;
/// How many bits a number has that a function counted.
pub(crate) const COUNT_BITS: u32 = 64;
/// How many bits a floating point number has.
const FLOAT_BITS: u32 = 53;
/// The longest spelling that is read, and the largest exponent, so that printing stays short: hostile input could ask
/// for a million digits with seven characters.
const MAX_SPELLING: usize = 2_048;
const MAX_EXPONENT: i64 = 2_000;

/// A number as text, and with how many bits it is meant: together they are exact.
#[derive(Clone, Debug)]
pub(crate) struct Number {
    /// In the spelling of the source, or as Terraform prints it.
    pub(crate) text: Rc<str>,
    bits: u32,
}

impl Number {
    /// A number that stands in a text.
    pub(crate) fn written(text: impl Into<Rc<str>>) -> Self {
        Number { text: text.into(), bits: TEXT_BITS }
    }

    /// A number that was counted.
    pub(crate) fn counted(count: usize) -> Self {
        Number { text: count.to_string().into(), bits: COUNT_BITS }
    }

    /// A number of the machine; `None` for what is no number.
    pub(crate) fn of_f64(number: f64) -> Option<Self> {
        Some(Exact::of_f64(number)?.number())
    }

    /// The exact value; `None` if the spelling is none or is too long to be computed with.
    pub(crate) fn exact(&self) -> Option<Exact> {
        Exact::parse(&self.text, self.bits)
    }

    /// The spelling that Terraform prints; what is too long to be computed with stays as it is.
    pub(crate) fn canonical(&self) -> Rc<str> {
        let text = &*self.text;
        let plain = text.bytes().all(|b| b.is_ascii_digit()) && text.len() <= 15;
        if plain && !text.is_empty() && (text == "0" || !text.starts_with('0')) {
            return Rc::clone(&self.text);
        }
        self.exact().map_or_else(|| Rc::clone(&self.text), |exact| exact.print().into())
    }
}

/// `mantissa * 2^exponent` with so many bits of precision.
#[derive(Clone, Debug)]
pub(crate) struct Exact {
    mantissa: BigInt,
    exponent: i64,
    bits: u32,
    /// Zero has a sign, which shows when it is printed.
    negative_zero: bool,
}

impl Exact {
    /// Reads a decimal spelling, rounded to `bits`.
    pub(crate) fn parse(text: &str, bits: u32) -> Option<Exact> {
        if text.len() > MAX_SPELLING {
            return None;
        }
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (digits, power) = match unsigned.find(['e', 'E']) {
            Some(at) => (unsigned.get(..at)?, exponent_of(unsigned.get(at + 1..)?)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if all.is_empty() || !all.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let power = power - i64::try_from(fraction.len()).ok()?;
        if power.abs() > MAX_EXPONENT {
            return None;
        }
        let digits = BigUint::parse_bytes(&all, 10)?;
        let fives = BigUint::from(5u8).pow(u32::try_from(power.unsigned_abs()).ok()?);
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        if power >= 0 {
            let mantissa = BigInt::from_biguint(sign, digits * fives);
            let number = Exact { exponent: power, ..Exact::zero(bits) }.with(mantissa);
            return Some(Exact { negative_zero: negative && number.is_zero(), ..number });
        }
        Some(Exact::quotient(sign, &digits, &fives, power, bits))
    }

    /// `numerator / denominator * 2^exponent`, rounded to the nearest.
    fn quotient(sign: Sign, numerator: &BigUint, denominator: &BigUint, exponent: i64, bits: u32) -> Exact {
        // Two bits more than are kept, and one that says whether anything is left.
        let wanted = i64::from(bits) + 2 + bit_length(denominator) - bit_length(numerator);
        let shift = wanted.max(0);
        let shifted = numerator << usize::try_from(shift).unwrap_or(0);
        let mut quotient = &shifted / denominator;
        let exact = &quotient * denominator == shifted;
        quotient <<= 1;
        if !exact {
            quotient += 1u8;
        }
        let mantissa = BigInt::from_biguint(sign, quotient);
        Exact { exponent: exponent - shift - 1, ..Exact::zero(bits) }.with(mantissa)
    }

    pub(crate) fn of_f64(number: f64) -> Option<Exact> {
        if !number.is_finite() {
            return None;
        }
        let raw = number.to_bits();
        let biased = i64::try_from((raw >> 52) & 0x7ff).ok()?;
        let fraction = raw & ((1 << 52) - 1);
        let (mantissa, exponent) =
            if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
        let sign = if number.is_sign_negative() { Sign::Minus } else { Sign::Plus };
        let mantissa = BigInt::from_biguint(sign, mantissa.into());
        let number = Exact { exponent, ..Exact::zero(FLOAT_BITS) }.with(mantissa);
        Some(Exact { negative_zero: number.is_zero() && raw >> 63 == 1, ..number })
    }

    /// A whole number with as many bits as it needs, at least so many.
    pub(crate) fn whole(number: BigInt, bits: u32) -> Exact {
        let needed = u32::try_from(bit_length(number.magnitude())).unwrap_or(u32::MAX);
        Exact::zero(bits.max(needed)).with(number)
    }

    fn zero(bits: u32) -> Exact {
        Exact { mantissa: BigInt::ZERO, exponent: 0, bits, negative_zero: false }
    }

    /// The same exponent and precision with another mantissa.
    fn with(self, mantissa: BigInt) -> Exact {
        Exact { mantissa, ..self }.rounded()
    }

    pub(crate) fn number(&self) -> Number {
        Number { text: self.print().into(), bits: self.bits }
    }

    pub(crate) fn to_f64(&self) -> f64 {
        self.print().parse().unwrap_or(f64::NAN)
    }

    /// Whether it has more digits than are worth computing with.
    pub(crate) fn is_extreme(&self) -> bool {
        self.exponent.abs() > MAX_EXPONENT * 8
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.mantissa.sign() == Sign::NoSign
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.mantissa.sign() == Sign::Minus
    }

    fn has_minus(&self) -> bool {
        self.is_negative() || self.negative_zero
    }

    /// Rounded to its precision, halves to even; without trailing zeros.
    fn rounded(mut self) -> Exact {
        let length = bit_length(self.mantissa.magnitude());
        let excess = length - i64::from(self.bits);
        if excess > 0 {
            let cut = u64::try_from(excess).unwrap_or(0);
            let magnitude = self.mantissa.magnitude();
            let half = magnitude.bit(cut - 1);
            let below = magnitude.trailing_zeros().unwrap_or(0) < cut - 1;
            let odd = magnitude.bit(cut);
            let mut kept: BigUint = magnitude >> cut;
            if half && (below || odd) {
                kept += 1u8;
            }
            self.mantissa = BigInt::from_biguint(self.mantissa.sign(), kept);
            self.exponent += excess;
        }
        let zeros = self.mantissa.trailing_zeros().unwrap_or(0);
        self.mantissa >>= zeros;
        self.exponent = if self.is_zero() { 0 } else { self.exponent + i64::try_from(zeros).unwrap_or(0) };
        self
    }

    /// The mantissas under one exponent.
    fn aligned(&self, other: &Exact) -> (BigInt, BigInt, i64) {
        let exponent = self.exponent.min(other.exponent);
        let at = |x: &Exact| &x.mantissa << usize::try_from(x.exponent - exponent).unwrap_or(0);
        (at(self), at(other), exponent)
    }

    pub(crate) fn compare(&self, other: &Exact) -> Ordering {
        let (a, b, _) = self.aligned(other);
        a.cmp(&b)
    }

    pub(crate) fn negated(&self) -> Exact {
        let negative_zero = self.is_zero() && !self.negative_zero;
        Exact { mantissa: -&self.mantissa, negative_zero, ..self.clone() }
    }

    pub(crate) fn plus(&self, other: &Exact) -> Exact {
        let (a, b, exponent) = self.aligned(other);
        let negative_zero = self.negative_zero && other.negative_zero;
        Exact { exponent, negative_zero, ..Exact::zero(self.bits.max(other.bits)) }.with(a + b)
    }

    pub(crate) fn minus(&self, other: &Exact) -> Exact {
        self.plus(&other.negated())
    }

    /// The product with the bits of the factors, or with as many as it needs up to those of text.
    pub(crate) fn times(&self, other: &Exact) -> Exact {
        let mantissa = &self.mantissa * &other.mantissa;
        let product =
            Exact { exponent: self.exponent + other.exponent, ..Exact::zero(TEXT_BITS) }.with(mantissa);
        let needed = u32::try_from(bit_length(product.mantissa.magnitude())).unwrap_or(u32::MAX);
        let negative_zero = product.is_zero() && self.has_minus() != other.has_minus();
        Exact { bits: self.bits.max(other.bits).max(needed), negative_zero, ..product }
    }

    /// `None` for a division by zero.
    pub(crate) fn divided_by(&self, other: &Exact) -> Option<Exact> {
        if other.is_zero() {
            return None;
        }
        let bits = self.bits.max(other.bits);
        let sign = self.mantissa.sign() * other.mantissa.sign();
        if self.is_zero() {
            return Some(Exact { negative_zero: self.has_minus() != other.has_minus(), ..Exact::zero(bits) });
        }
        let exponent = self.exponent - other.exponent;
        Some(Exact::quotient(sign, self.mantissa.magnitude(), other.mantissa.magnitude(), exponent, bits))
    }

    /// What is left of a division whose result is cut to a whole number. By zero Terraform leaves everything.
    pub(crate) fn modulo(&self, other: &Exact) -> Exact {
        let Some(quotient) = self.divided_by(other) else {
            return self.clone();
        };
        let whole = Exact::whole(quotient.truncated(), TEXT_BITS);
        self.minus(&other.times(&whole))
    }

    /// The whole part.
    pub(crate) fn truncated(&self) -> BigInt {
        if self.exponent >= 0 {
            return &self.mantissa << usize::try_from(self.exponent).unwrap_or(0);
        }
        let cut = usize::try_from(-self.exponent).unwrap_or(0);
        BigInt::from_biguint(self.mantissa.sign(), self.mantissa.magnitude() >> cut)
    }

    /// The number itself, if it is whole.
    pub(crate) fn as_whole(&self) -> Option<BigInt> {
        (self.exponent >= 0).then(|| self.truncated())
    }

    /// The next whole number below, or above.
    pub(crate) fn floor(&self) -> Exact {
        self.to_whole(self.is_negative(), -1)
    }

    pub(crate) fn ceil(&self) -> Exact {
        self.to_whole(!self.is_negative(), 1)
    }

    fn to_whole(&self, away: bool, step: i8) -> Exact {
        let mut whole = self.truncated();
        if away && self.exponent < 0 && !self.is_zero() {
            whole += step;
        }
        Exact::zero(self.bits.max(COUNT_BITS)).with(whole)
    }

    /// All decimal digits, and where the point stands in them.
    fn decimal(mantissa: &BigUint, exponent: i64) -> (Vec<u8>, i64) {
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(u32::MAX);
        let (digits, shift) = if exponent >= 0 {
            ((mantissa << power as usize).to_string(), 0)
        } else {
            ((mantissa * BigUint::from(5u8).pow(power)).to_string(), i64::from(power))
        };
        let point = i64::try_from(digits.len()).unwrap_or(i64::MAX) - shift;
        (digits.trim_end_matches('0').bytes().map(|b| b - b'0').collect(), point)
    }

    /// The fewest digits that are read as this number again, and where the point stands.
    pub(crate) fn shortest(&self) -> (Vec<u8>, i64) {
        let magnitude = self.mantissa.magnitude();
        if self.is_zero() {
            return (Vec::new(), 0);
        }
        // A whole number that has bits to spare needs all its digits.
        if self.exponent >= 0 && bit_length(magnitude) + self.exponent < i64::from(self.bits.min(COUNT_BITS))
        {
            return Self::decimal(magnitude, self.exponent);
        }
        // The mantissa with all bits, and one more for the half of a step.
        let missing = i64::from(self.bits) - bit_length(magnitude) + 1;
        let full: BigUint = magnitude << usize::try_from(missing.max(1)).unwrap_or(1);
        let exponent = self.exponent - missing.max(1);
        let (digits, point) = Self::decimal(&full, exponent);
        let (lower, lower_point) = Self::decimal(&(&full - 1u8), exponent);
        let (upper, upper_point) = Self::decimal(&(&full + 1u8), exponent);
        let inclusive = !full.bit(1);
        let pick = |from: &[u8], from_point: i64, at: usize| {
            let shifted = i64::try_from(at).unwrap_or(i64::MAX) - (point - from_point);
            usize::try_from(shifted).ok().and_then(|at| from.get(at)).copied().unwrap_or(0)
        };
        for (at, digit) in digits.iter().copied().enumerate() {
            let (low, high) = (pick(&lower, lower_point, at), pick(&upper, upper_point, at));
            let down = low != digit || (inclusive && at + 1 == lower.len());
            let up = digit != high && (inclusive || digit + 1 < high || at + 1 < upper.len());
            let kept = digits.get(..=at).unwrap_or_default();
            let rest = digits.get(at + 1..).unwrap_or_default();
            if down && up {
                return if rounds_up(digit, rest) { increment(kept, point) } else { trimmed(kept, point) };
            }
            if down {
                return trimmed(kept, point);
            }
            if up {
                return increment(kept, point);
            }
        }
        (digits, point)
    }

    /// As Terraform prints it: never with an exponent.
    pub(crate) fn print(&self) -> String {
        let (digits, point) = self.shortest();
        let sign = if self.has_minus() { "-" } else { "" };
        format!("{sign}{}", plain(&digits, point))
    }

    /// With so many digits behind the point, halves to even.
    pub(crate) fn print_fixed(&self, places: usize) -> String {
        let (digits, point) = Self::decimal(self.mantissa.magnitude(), self.exponent);
        let keep = point + i64::try_from(places).unwrap_or(0);
        let (digits, point) = cut(&digits, point, keep);
        let text = plain(&digits, point);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let sign = if self.has_minus() { "-" } else { "" };
        match places {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction:0<places$}"),
        }
    }

    /// With an exponent and so many digits behind the point; the fewest that are exact if `None`.
    pub(crate) fn print_exponent(&self, places: Option<usize>) -> String {
        let (digits, point) = match places {
            None => self.shortest(),
            Some(places) => {
                let (digits, point) = Self::decimal(self.mantissa.magnitude(), self.exponent);
                cut(&digits, point, i64::try_from(places).unwrap_or(0) + 1)
            }
        };
        let sign = if self.has_minus() { "-" } else { "" };
        let exponent = if digits.is_empty() { 0 } else { point - 1 };
        let text: String = digits.iter().map(|d| char::from(d + b'0')).collect();
        let (first, rest) = text.split_at_checked(1).unwrap_or(("0", ""));
        let width = places.unwrap_or(0);
        let rest = format!("{rest:0<width$}");
        let dot = if rest.is_empty() { "" } else { "." };
        let mark = if exponent < 0 { '-' } else { '+' };
        format!("{sign}{first}{dot}{rest}e{mark}{:02}", exponent.abs())
    }

    /// With an exponent if it is very large or very small for so many digits; else without.
    pub(crate) fn print_general(&self, precision: Option<usize>) -> String {
        let (digits, point) = match precision {
            None => self.shortest(),
            Some(precision) => {
                let (digits, point) = Self::decimal(self.mantissa.magnitude(), self.exponent);
                cut(&digits, point, i64::try_from(precision.max(1)).unwrap_or(1))
            }
        };
        let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let limit = match precision {
            None => 6,
            Some(precision) => {
                let precision = i64::try_from(precision.max(1)).unwrap_or(1);
                if precision > count && count >= point { count } else { precision }
            }
        };
        let exponent = point - 1;
        if !digits.is_empty() && (exponent < -4 || exponent >= limit) {
            return self.print_exponent(precision.map(|_| digits.len() - 1));
        }
        let sign = if self.has_minus() { "-" } else { "" };
        format!("{sign}{}", plain(&digits, point))
    }
}

fn bit_length(number: &BigUint) -> i64 {
    i64::try_from(number.bits()).unwrap_or(i64::MAX)
}

fn exponent_of(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn rounds_up(last: u8, rest: &[u8]) -> bool {
    match rest {
        [] => false,
        [5] => last % 2 == 1,
        [first, ..] => *first >= 5,
    }
}

fn trimmed(digits: &[u8], point: i64) -> (Vec<u8>, i64) {
    let end = digits.iter().rposition(|d| *d != 0).map_or(0, |last| last + 1);
    (digits.get(..end).unwrap_or_default().to_vec(), point)
}

fn increment(digits: &[u8], point: i64) -> (Vec<u8>, i64) {
    let mut out = digits.to_vec();
    while let Some(last) = out.pop() {
        if last < 9 {
            out.push(last + 1);
            return (out, point);
        }
    }
    (vec![1], point + 1)
}

/// The first `keep` digits, rounded.
fn cut(digits: &[u8], point: i64, keep: i64) -> (Vec<u8>, i64) {
    let Ok(keep) = usize::try_from(keep) else {
        return (Vec::new(), 0);
    };
    let (Some(kept), Some(rest)) = (digits.get(..keep), digits.get(keep..)) else {
        return (digits.to_vec(), point);
    };
    let last = kept.last().copied().unwrap_or(0);
    if rounds_up(last, rest) { increment(kept, point) } else { trimmed(kept, point) }
}

fn plain(digits: &[u8], point: i64) -> String {
    let at = |index: i64| {
        let digit = usize::try_from(index).ok().and_then(|i| digits.get(i)).copied().unwrap_or(0);
        char::from(digit + b'0')
    };
    let mut out: String = (0..point.max(0)).map(at).collect();
    if out.is_empty() {
        out.push('0');
    }
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if count > point {
        out.push('.');
        out.extend((point.min(0)..count).skip(usize::try_from(point.max(0)).unwrap_or(0)).map(at));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text, TEXT_BITS).unwrap()
    }

    #[test]
    fn numbers_are_printed_with_the_fewest_digits() {
        for (written, printed) in [
            ("1.0", "1"),
            ("007", "7"),
            ("1e3", "1000"),
            ("-0.50", "-0.5"),
            ("1e-7", "0.0000001"),
            ("0", "0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1e21", "1000000000000000000000"),
        ] {
            assert_eq!(exact(written).print(), printed, "{written}");
        }
        for wrong in ["", "-", "x", "1_0", "0x1", "1e", "1e99999", "Inf", " 1"] {
            assert!(Exact::parse(wrong, TEXT_BITS).is_none(), "{wrong}");
        }
    }

    #[test]
    fn results_are_those_of_512_bits() {
        assert_eq!(exact("0.1").plus(&exact("0.2")).print(), "0.3");
        assert_eq!(exact("-7").modulo(&exact("3")).print(), "-1");
        assert_eq!(exact("7.5").modulo(&exact("2")).print(), "1.5");
        assert_eq!(exact("5").modulo(&exact("0")).print(), "5");
        assert!(exact("5").divided_by(&exact("0")).is_none());
        let third = exact("1").divided_by(&exact("3")).unwrap().print();
        assert_eq!((third.len(), third.ends_with("3335")), (157, true), "{third}");
        let counted = |n| Number::counted(n).exact().unwrap();
        assert_eq!(counted(1).divided_by(&counted(3)).unwrap().print(), "0.33333333333333333334");
        let root = Number::of_f64(2f64.sqrt()).unwrap().exact().unwrap();
        assert_eq!(root.print(), "1.4142135623730951");
        assert_eq!(root.plus(&exact("0")).print(), "1.4142135623730951454746218587388284504413604736328125");
    }

    #[test]
    fn other_forms_are_those_of_go() {
        let number = exact("1234567.891");
        assert_eq!(number.print_fixed(2), "1234567.89");
        assert_eq!(number.print_exponent(Some(3)), "1.235e+06");
        assert_eq!(number.print_general(None), "1.234567891e+06");
        assert_eq!(exact("100000").print_general(None), "100000");
        assert_eq!(exact("0.00001").print_general(None), "1e-05");
        assert_eq!(exact("2.5").print_fixed(0), "2");
        assert_eq!(exact("-2.5").floor().print(), "-3");
        assert_eq!(exact("2.1").ceil().print(), "3");
        assert_eq!(exact("0").print_fixed(3), "0.000");
    }
}
