//! Values worth trying where a key is not solved as a language: numbers, dates, addresses, booleans, and the
//! values of policy variables.
//!
//! Comparisons of order change their outcome only at the values that the policy names, so a value at, just below
//! and just above each of them stands for all.

use std::net::IpAddr;

use model::{BaseOperator, Condition, OperatorName, TrustPolicy};

use crate::adversary::domain::{Domain, Values};
use crate::evaluate::operator;
use crate::evaluate::pattern::Variable;
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

/// Values of a policy variable, and whether they are all it can have.
pub(crate) fn of_variable(policy: &TrustPolicy, name: &str, domain: &Domain) -> (Vec<Variable>, bool) {
    let mut out = Vec::new();
    if domain.absent {
        out.push(Variable::Absent);
    }
    if domain.multi {
        return (vec![Variable::Unknown], false);
    }
    let mut values: Vec<String> = Vec::new();
    let exhaustive = match &domain.values {
        Values::Never => true,
        Values::Opaque => {
            out.push(Variable::Unknown);
            return (out, true);
        }
        Values::Text(language) => {
            let finite: Option<Vec<String>> = match language.all.as_slice() {
                [union] => union.iter().map(crate::string::glob::Glob::as_literal).collect(),
                _ => None,
            };
            let whole = finite.is_some();
            match (finite, language.member()) {
                (Some(all), _) => values.extend(all),
                (None, Found::Member(member)) => values.push(member),
                (None, Found::Empty | Found::GaveUp) => {}
            }
            whole
        }
        Values::Address(_) | Values::Scalar => {
            values.extend(of_key(domain, std::iter::empty()));
            false
        }
    };
    // What the policy compares the key with is worth trying too.
    let tested = policy
        .statements
        .iter()
        .flat_map(|s| &s.value.conditions)
        .filter(|c| c.value.key.value.as_str().is_some_and(|key| key.eq_ignore_ascii_case(name)));
    values.extend(
        tested.flat_map(|c| &c.value.values.items).filter_map(|v| v.value.as_str()).map(str::to_owned),
    );
    values.retain(|v| domain.contains(v));
    values.dedup();
    out.extend(values.into_iter().map(Variable::Is));
    (out, exhaustive)
}
