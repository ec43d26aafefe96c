//! Decimal numbers as a policy writes them, compared digit by digit: a binary number has no place for all digits of an
//! id with twenty.

use std::cmp::Ordering;

/// A decimal number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: Vec<u8>,
    /// How many of the digits stand before the point; negative if zeros follow it first.
    point: i64,
}

impl Decimal {
    /// Reads digits with an optional sign, point and power of ten.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, exponent(power)?),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let written: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if written.is_empty() || !written.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let Some(first) = written.iter().position(|digit| *digit != b'0') else {
            return Some(Decimal { negative: false, digits: Vec::new(), point: 0 });
        };
        let last = written.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
        let digits = written.get(first..=last).unwrap_or_default().to_vec();
        let before = i64::try_from(whole.len()).ok()? - i64::try_from(first).ok()?;
        Some(Decimal { negative, digits, point: before.saturating_add(power) })
    }

    fn magnitude(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits)),
            (one, two) => two.cmp(&one),
        }
    }
}

/// A power of ten. One beyond all that is written is as good as any other.
fn exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if text.starts_with('-') { -size } else { size })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (one, two) => two.cmp(&one),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn spellings_of_a_number_are_equal() {
        for same in [
            &["5", "+5", "05", "5.", "5.0", "0.5e1", "50e-1"][..],
            &["0", "-0", "0.00", "0e9"],
            &[".5", "0.50"],
        ] {
            for (a, b) in same.iter().zip(same.iter().skip(1)) {
                assert_eq!(read(a), read(b), "{a} {b}");
            }
        }
        for none in ["", "-", ".", "e5", "5e", "1_000", "0x10", " 5", "five", "1e5.0", "--1", "inf", "NaN"] {
            assert_eq!(Decimal::parse(none), None, "{none}");
        }
    }

    #[test]
    fn no_digit_is_lost() {
        assert!(read("9007199254740993") > read("9007199254740992"));
        assert!(read("1e400") > read("1e399") && read("-1e400") < read("-1e399"));
        assert!(read("0.1") < read("0.10000000000000000000001"));
        assert!(read("1e99999999999999999999") > read("1e400"));
    }

    proptest! {
        #[test]
        fn integers_are_ordered_as_integers(a in any::<i64>(), b in -1_000_i64..1_000) {
            prop_assert_eq!(read(&a.to_string()).cmp(&read(&b.to_string())), a.cmp(&b));
            prop_assert_eq!(read(&format!("{a}.25")).cmp(&read(&format!("{b}.25"))), a.cmp(&b));
        }
    }
}
