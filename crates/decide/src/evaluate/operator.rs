//! What each condition operator says of one request value and the values of the policy.
//!
//! Source: the IAM user guide's page on condition operators; where the documentation is silent or contradicts itself
//! the answer is [`Truth::Unknown`].

use std::cmp::Ordering;
use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;
use model::{BaseOperator, Located, Operator, Text, Values};

use crate::Truth;
use crate::evaluate::decimal::Decimal;
use crate::evaluate::pattern::{Pattern, Style, Variables};

/// Whether `value` passes `operator` against `values`, negation included. The key is present.
pub(crate) fn test(operator: Operator, value: &str, values: &Values, variables: Variables<'_>) -> Truth {
    if values.items.is_empty() && values.open.is_none() {
        // An empty list of values never matches, negated or not.
        return Truth::False;
    }
    let listed = Truth::any(values.items.iter().map(|p| matches(operator, value, p, variables)));
    conclude(operator, listed, values)
}

fn conclude(operator: Operator, listed: Truth, values: &Values) -> Truth {
    let matched = if values.open.is_some() { listed.or(Truth::Unknown) } else { listed };
    if operator.negated { !matched } else { matched }
}

/// How many comparisons of patterns one condition may cost; beyond, its outcome counts as unknown. No request that
/// a cloud accepts comes near.
const MOST_COMPARISONS: usize = 2_000_000;

/// The outcome of [`test`] for each of many request values.
pub(crate) fn test_each<'v>(
    operator: Operator,
    requested: &'v [String],
    values: &'v Values,
    variables: Variables<'v>,
) -> impl Iterator<Item = Truth> {
    let text_style = style(operator.base);
    let (plain, rest): (Vec<_>, Vec<_>) = values
        .items
        .iter()
        .partition(|v| text_style.is_some_and(|s| plain(&v.value, s, variables).is_some()));
    let key = move |text: &str| match text_style {
        Some(Style::Folded) => text.chars().flat_map(char::to_lowercase).collect(),
        _ => text.to_owned(),
    };
    let plain: HashSet<String> = plain.into_iter().filter_map(|v| v.value.as_str()).map(key).collect();
    let affordable = rest.len().saturating_mul(requested.len()) <= MOST_COMPARISONS;
    requested.iter().map(move |value| {
        if values.items.is_empty() && values.open.is_none() {
            return Truth::False;
        }
        let listed = if plain.contains(&key(value)) {
            Truth::True
        } else if affordable {
            Truth::any(rest.iter().map(|p| matches(operator, value, p, variables)))
        } else {
            Truth::Unknown
        };
        conclude(operator, listed, values)
    })
}

/// The text of a value that stands for just itself: no wildcard, no variable, nothing unknown.
fn plain<'t>(text: &'t Text, style: Style, variables: Variables<'_>) -> Option<&'t str> {
    let known = text.as_str()?;
    let wild = match style {
        Style::Literal | Style::Folded => false,
        Style::Like => known.contains(['*', '?']),
        // The parts of an ARN are told apart first.
        Style::Arn => true,
    };
    (!wild && (variables.is_none() || !known.contains("${"))).then_some(known)
}

/// How an operator reads its values, if they are patterns over text.
pub(crate) fn style(base: BaseOperator) -> Option<Style> {
    match base {
        BaseOperator::StringEquals => Some(Style::Literal),
        BaseOperator::StringEqualsIgnoreCase => Some(Style::Folded),
        BaseOperator::StringLike => Some(Style::Like),
        BaseOperator::Arn => Some(Style::Arn),
        BaseOperator::NumericEquals
        | BaseOperator::NumericLessThan
        | BaseOperator::NumericLessThanEquals
        | BaseOperator::NumericGreaterThan
        | BaseOperator::NumericGreaterThanEquals
        | BaseOperator::DateEquals
        | BaseOperator::DateLessThan
        | BaseOperator::DateLessThanEquals
        | BaseOperator::DateGreaterThan
        | BaseOperator::DateGreaterThanEquals
        | BaseOperator::Bool
        | BaseOperator::BinaryEquals
        | BaseOperator::IpAddress
        | BaseOperator::Null => None,
    }
}

/// Whether one policy value matches, before negation. A comparison that fails because the request value cannot be
/// read is no match for a positive operator, and undocumented for a negated one.
fn matches(operator: Operator, value: &str, policy: &Located<Text>, variables: Variables<'_>) -> Truth {
    let unreadable = if operator.negated { Truth::Unknown } else { Truth::False };
    if let Some(style) = style(operator.base) {
        if style == Style::Arn && value.splitn(6, ':').count() < 6 {
            // A pattern that is itself not documented stays so.
            return match Pattern::read(&policy.value, style, variables) {
                pattern @ Pattern::Within(_) => pattern.matches(value).or(unreadable),
                Pattern::Exact(_) | Pattern::Never => unreadable,
            };
        }
        return match plain(&policy.value, style, variables) {
            Some(known) if style == Style::Folded => known
                .chars()
                .flat_map(char::to_lowercase)
                .eq(value.chars().flat_map(char::to_lowercase))
                .into(),
            Some(known) => (known == value).into(),
            None => Pattern::read(&policy.value, style, variables).matches(value),
        };
    }
    let Some(policy) = policy.value.as_str() else { return Truth::Unknown };
    match operator.base {
        BaseOperator::NumericEquals => numeric(value, policy, &[Ordering::Equal], unreadable),
        BaseOperator::NumericLessThan => numeric(value, policy, &[Ordering::Less], unreadable),
        BaseOperator::NumericLessThanEquals => {
            numeric(value, policy, &[Ordering::Less, Ordering::Equal], unreadable)
        }
        BaseOperator::NumericGreaterThan => numeric(value, policy, &[Ordering::Greater], unreadable),
        BaseOperator::NumericGreaterThanEquals => {
            numeric(value, policy, &[Ordering::Greater, Ordering::Equal], unreadable)
        }
        BaseOperator::DateEquals => date(value, policy, &[Ordering::Equal], unreadable),
        BaseOperator::DateLessThan => date(value, policy, &[Ordering::Less], unreadable),
        BaseOperator::DateLessThanEquals => {
            date(value, policy, &[Ordering::Less, Ordering::Equal], unreadable)
        }
        BaseOperator::DateGreaterThan => date(value, policy, &[Ordering::Greater], unreadable),
        BaseOperator::DateGreaterThanEquals => {
            date(value, policy, &[Ordering::Greater, Ordering::Equal], unreadable)
        }
        BaseOperator::Bool => boolean(value, policy),
        BaseOperator::BinaryEquals => binary(value, policy),
        BaseOperator::IpAddress => address(value, policy, unreadable),
        // Handled above, or (Null) before a value is looked at.
        BaseOperator::StringEquals
        | BaseOperator::StringEqualsIgnoreCase
        | BaseOperator::StringLike
        | BaseOperator::Arn
        | BaseOperator::Null => Truth::Unknown,
    }
}

/// Compares bytes in base64. Another spelling of the same bytes (padding that is missing, bits that count for
/// nothing) is not base64 as it is documented, so what comes out is open.
fn binary(value: &str, policy: &str) -> Truth {
    match (base64(value), base64(policy)) {
        _ if value == policy => Truth::True,
        (Some(a), Some(b)) if a == b => Truth::Unknown,
        _ => Truth::False,
    }
}

/// The bytes that a text in base64 stands for, whether or not it is padded.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0u32);
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

fn boolean(value: &str, policy: &str) -> Truth {
    let read = |text: &str| match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    match (read(value), read(policy)) {
        (Some(a), Some(b)) => (a == b).into(),
        // A policy value that is no boolean (or a variable, on which two pages of the documentation disagree).
        (_, None) => Truth::Unknown,
        (None, Some(_)) => Truth::False,
    }
}

fn numeric(value: &str, policy: &str, accepted: &[Ordering], unreadable: Truth) -> Truth {
    let outcome = match (Decimal::parse(value), Decimal::parse(policy)) {
        (Some(a), Some(b)) => compare(Some(a.cmp(&b)), accepted),
        _ => unreadable,
    };
    // Numbers are documented as integers or decimals; whether a power of ten is one is open.
    let exponent = [value, policy].iter().any(|text| text.contains(['e', 'E']));
    if exponent && outcome != unreadable { Truth::Unknown } else { outcome }
}

/// Whether [`number`] is this number to the last digit.
pub(crate) fn is_exact(text: &str) -> bool {
    number(text).is_some_and(|near| Decimal::parse(&near.to_string()) == Decimal::parse(text))
}

/// A decimal number as a binary one, which is near it.
pub(crate) fn number(text: &str) -> Option<f64> {
    Decimal::parse(text)?;
    text.parse().ok().filter(|near: &f64| near.is_finite())
}

fn date(value: &str, policy: &str, accepted: &[Ordering], unreadable: Truth) -> Truth {
    let outcome = |four_digits: FourDigits| match (moment(value, four_digits), moment(policy, four_digits)) {
        (Some(a), Some(b)) => compare(Some(a.cmp(&b)), accepted),
        _ => unreadable,
    };
    let (year, seconds) = (outcome(FourDigits::Year), outcome(FourDigits::Seconds));
    if year == seconds { year } else { Truth::Unknown }
}

/// What a date of four digits is; the documentation does not say which.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FourDigits {
    Year,
    /// Since 1970.
    Seconds,
}

/// A point in time, in nanoseconds since 1970.
fn moment(text: &str, four_digits: FourDigits) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let year = digits.len() == 4 && text.len() == 4 && four_digits == FourDigits::Year;
    if number && !year {
        return text.parse::<i64>().ok().map(|seconds| i128::from(seconds) * 1_000_000_000);
    }
    instant(text).map(jiff::Timestamp::as_nanosecond)
}

/// A date of the W3C profile of ISO 8601 (UTC where it names no zone) or seconds since 1970.
pub(crate) fn instant(text: &str) -> Option<jiff::Timestamp> {
    if let Ok(seconds) = text.parse::<i64>()
        && text.len() > 4
    {
        return jiff::Timestamp::from_second(seconds).ok();
    }
    // The profile's seconds end at 59.
    if text.split('T').nth(1).is_some_and(|time| time.get(5..8) == Some(":60")) {
        return None;
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp);
    }
    let utc = |at: jiff::civil::DateTime| jiff::tz::Offset::UTC.to_timestamp(at).ok();
    if let Ok(at) = text.parse::<jiff::civil::DateTime>() {
        return utc(at);
    }
    // The profile also has a year alone, a year and a month, and minutes without seconds.
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    match time {
        Some(time) if time.ends_with('Z') && time.len() == 6 => {
            let minutes = time.trim_end_matches('Z');
            format!("{day}T{minutes}:00Z").parse().ok()
        }
        Some(_) => None,
        None if day.len() == 4 => format!("{day}-01-01T00:00:00Z").parse().ok(),
        None if day.len() == 7 => format!("{day}-01T00:00:00Z").parse().ok(),
        None => None,
    }
}

fn compare(ordering: Option<Ordering>, accepted: &[Ordering]) -> Truth {
    ordering.is_some_and(|o| accepted.contains(&o)).into()
}

fn address(value: &str, policy: &str, unreadable: Truth) -> Truth {
    match (value.parse::<IpAddr>(), network(policy)) {
        (Ok(address), Some(network)) => network.contains(&address).into(),
        _ => unreadable,
    }
}

/// A range in CIDR notation, host bits allowed; an address alone is the range of just it.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}
