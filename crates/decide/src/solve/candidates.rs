//! Values worth trying where a key is not solved as a language: numbers, dates, addresses, booleans.
//!
//! Comparisons of order change their outcome only at the values that the policy names, so a value at, just below
//! and just above each of them stands for all.

use std::net::IpAddr;

use model::{BaseOperator, Condition, OperatorName};

use crate::adversary::domain::{Domain, Values};
use crate::evaluate::operator;
use crate::string::language::Found;

/// Addresses of the ranges that are reserved for documentation, which no policy in use names (RFC 5737, RFC 3849).
const ADDRESSES: [&str; 3] = ["198.51.100.7", "203.0.113.7", "2001:db8::7"];

/// Values of a key, one for each way its conditions can come out.
pub(crate) fn of_key<'c>(domain: &Domain, conditions: impl Iterator<Item = &'c Condition>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    match &domain.values {
        Values::Text(language) => match language.member() {
            Found::Member(member) => out.push(member),
            Found::Empty | Found::GaveUp => {}
        },
        Values::Address(_) => out.extend(ADDRESSES.map(str::to_owned)),
        Values::Scalar => out.push("0".to_owned()),
        Values::Never | Values::Opaque => {}
    }
    out.extend(["true", "false"].map(str::to_owned));
    for condition in conditions {
        let OperatorName::Known(op) = &condition.operator.value else { continue };
        for value in condition.values.items.iter().filter_map(|v| v.value.as_str()) {
            around(op.base, value, &mut out);
        }
    }
    out
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
