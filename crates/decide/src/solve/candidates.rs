//! Values worth trying where a key is not solved as a language: numbers, dates, addresses, booleans.
//!
//! Comparisons of order change their outcome only at the values that the policy names, so a value at, just below
//! and just above each of them stands for all.

use std::net::IpAddr;

use ipnet::IpNet;
use model::{BaseOperator, Condition, OperatorName};

use crate::adversary::domain::{DIGITS, Domain, PRESENT, Values};
use crate::evaluate::operator;
use crate::string::glob::{Class, Glob};
use crate::string::language::{Found, Language};
use crate::work::Work;

/// Addresses of the ranges that are reserved for documentation, which no policy in use names (RFC 5737, RFC 3849).
const ADDRESSES: [&str; 3] = ["198.51.100.7", "203.0.113.7", "2001:db8::7"];

/// The texts that look like an address outside these ranges: of version 4, of version 6.
pub(crate) fn addresses(except: &[IpNet]) -> [Language; 2] {
    let mut four = Glob::default();
    for part in 0..4 {
        if part > 0 {
            four.text(".");
        }
        four.one(DIGITS);
        four.star(DIGITS);
    }
    // Ranges that end between two parts; to leave others in is to look at more texts than there are.
    let named = except.iter().filter_map(|net| match net {
        IpNet::V4(net) if net.prefix_len() % 8 == 0 && net.prefix_len() < 32 => {
            let kept: String = net
                .network()
                .octets()
                .iter()
                .take(usize::from(net.prefix_len()) / 8)
                .map(|o| format!("{o}."))
                .collect();
            Some(Glob::like(&format!("{kept}*")))
        }
        IpNet::V4(_) | IpNet::V6(_) => None,
    });
    let mut six = Glob::default();
    // Only after a colon may it end as one of version 4 does.
    six.star(Class::of("0123456789abcdefABCDEF"));
    six.text(":");
    six.star(Class::of("0123456789abcdefABCDEF:."));
    let of = |glob: Glob, none: Vec<Glob>| Language { all: vec![vec![glob]], none };
    [of(four, named.collect()), of(six, Vec::new())]
}

/// Values of a key, one for each way its conditions can come out; see [`are_all`].
pub(crate) fn of_key<'c>(
    work: &Work,
    domain: &Domain,
    conditions: impl Iterator<Item = &'c Condition>,
) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    match &domain.values {
        Values::Text(language) => match language.member(work) {
            Found::Member(member) => out.push(member),
            Found::Empty | Found::GaveUp => {}
        },
        Values::Address(_) => out.extend(ADDRESSES.map(str::to_owned)),
        Values::Scalar => out.push("0".to_owned()),
        Values::Moment => {
            out.extend(jiff::Timestamp::from_second(PRESENT).ok().map(|at| at.to_string()));
            out.push(PRESENT.to_string());
        }
        Values::Never | Values::Opaque => {}
    }
    out.extend(["true", "false"].map(str::to_owned));
    let (mut numbers, mut moments) = (Vec::new(), Vec::new());
    for condition in conditions {
        let OperatorName::Known(op) = &condition.operator.value else { continue };
        for value in condition.values.items.iter().filter_map(|v| v.value.as_str()) {
            around(op.base, value, &mut out);
            match family(op.base) {
                Family::Number => numbers.extend(operator::number(value)),
                Family::Moment => moments.extend(operator::instant(value).map(|t| t.as_nanosecond())),
                Family::Text | Family::Address | Family::Other => {}
            }
        }
    }
    numbers.sort_by(f64::total_cmp);
    out.extend(numbers.windows(2).filter_map(|pair| match pair {
        [a, b] => Some((a + (b - a) / 2.0).to_string()),
        _ => None,
    }));
    moments.sort_unstable();
    out.extend(moments.windows(2).filter_map(|pair| match pair {
        [a, b] => jiff::Timestamp::from_nanosecond(a + (b - a) / 2).ok().map(|t| t.to_string()),
        _ => None,
    }));
    out
}

/// What an operator compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Moment,
    Address,
    /// Booleans and bytes, of which only those named can be told apart; presence.
    Other,
}

fn family(base: BaseOperator) -> Family {
    match base {
        BaseOperator::StringEquals
        | BaseOperator::StringEqualsIgnoreCase
        | BaseOperator::StringLike
        | BaseOperator::Arn => Family::Text,
        BaseOperator::NumericEquals
        | BaseOperator::NumericLessThan
        | BaseOperator::NumericLessThanEquals
        | BaseOperator::NumericGreaterThan
        | BaseOperator::NumericGreaterThanEquals => Family::Number,
        BaseOperator::DateEquals
        | BaseOperator::DateLessThan
        | BaseOperator::DateLessThanEquals
        | BaseOperator::DateGreaterThan
        | BaseOperator::DateGreaterThanEquals => Family::Moment,
        BaseOperator::IpAddress => Family::Address,
        BaseOperator::Bool | BaseOperator::BinaryEquals | BaseOperator::Null => Family::Other,
    }
}

/// Whether [`of_key`] gives a value for each way the conditions can come out, each wanted to hold or not: they compare
/// one kind of thing, or one of them can hold with a value that it names only.
pub(crate) fn are_all<'c>(clauses: impl Iterator<Item = (&'c Condition, bool)> + Clone) -> bool {
    let operators = clauses.clone().filter_map(|(c, _)| match &c.operator.value {
        OperatorName::Known(op) => Some(family(op.base)),
        OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => None,
    });
    let coarse = |(c, _): (&Condition, bool)| {
        let numeric =
            matches!(&c.operator.value, OperatorName::Known(op) if family(op.base) == Family::Number);
        let exact = |text: &str| operator::number(text).is_none() || operator::is_exact(text);
        numeric && !c.values.items.iter().filter_map(|v| v.value.as_str()).all(exact)
    };
    if clauses.clone().any(coarse) {
        return false;
    }
    let told = |family: &Family| *family != Family::Other;
    let mut families = operators.filter(told);
    let first = families.next();
    if first != Some(Family::Text) && families.all(|f| Some(f) == first) {
        return true;
    }
    let named = |(c, want): (&Condition, bool)| match &c.operator.value {
        OperatorName::Known(op) => {
            let plain = |text: &str| !text.contains(['*', '?']) && !text.contains("${");
            family(op.base) == Family::Text
                && op.negated != want
                && c.values.open.is_none()
                && c.values.items.iter().all(|v| v.value.as_str().is_some_and(plain))
        }
        OperatorName::Unrecognised(_) | OperatorName::Unknown(_) => false,
    };
    clauses.into_iter().any(named)
}

/// The value itself and its neighbours.
fn around(base: BaseOperator, value: &str, out: &mut Vec<String>) {
    match base {
        BaseOperator::IpAddress => {
            let Some(net) = operator::network(value) else { return };
            out.push(net.network().to_string());
            out.push(net.broadcast().to_string());
            out.extend(neighbours(net.network(), net.broadcast()).map(|ip| ip.to_string()));
        }
        BaseOperator::NumericEquals
        | BaseOperator::NumericLessThan
        | BaseOperator::NumericLessThanEquals
        | BaseOperator::NumericGreaterThan
        | BaseOperator::NumericGreaterThanEquals => {
            if let Some(number) = operator::number(value) {
                out.push(value.to_owned());
                out.extend([number, number - 1.0, number + 1.0].map(|n| n.to_string()));
            }
        }
        BaseOperator::DateEquals
        | BaseOperator::DateLessThan
        | BaseOperator::DateLessThanEquals
        | BaseOperator::DateGreaterThan
        | BaseOperator::DateGreaterThanEquals => {
            if let Some(at) = operator::instant(value) {
                let second = jiff::SignedDuration::from_secs(1);
                let shifted = [Some(at), at.checked_sub(second).ok(), at.checked_add(second).ok()];
                out.extend(shifted.into_iter().flatten().map(|t| t.to_string()));
            }
        }
        BaseOperator::StringEquals
        | BaseOperator::StringEqualsIgnoreCase
        | BaseOperator::StringLike
        | BaseOperator::Arn
        | BaseOperator::Bool
        | BaseOperator::BinaryEquals
        | BaseOperator::Null => out.push(value.to_owned()),
    }
}

/// The addresses just outside a range.
fn neighbours(first: IpAddr, last: IpAddr) -> impl Iterator<Item = IpAddr> {
    let below = match first {
        IpAddr::V4(ip) => ip.to_bits().checked_sub(1).map(|b| IpAddr::V4(b.into())),
        IpAddr::V6(ip) => ip.to_bits().checked_sub(1).map(|b| IpAddr::V6(b.into())),
    };
    let above = match last {
        IpAddr::V4(ip) => ip.to_bits().checked_add(1).map(|b| IpAddr::V4(b.into())),
        IpAddr::V6(ip) => ip.to_bits().checked_add(1).map(|b| IpAddr::V6(b.into())),
    };
    [below, above].into_iter().flatten()
}
