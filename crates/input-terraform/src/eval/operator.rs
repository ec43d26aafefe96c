//! Operators, with Terraform's equality over values that may be partly unknown.

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use super::types::type_of;
use super::{Evaluator, Scope};
use crate::ir::{Binary, Expr, Operator};
use crate::json_text::sorted;
use crate::number::Exact;
use crate::value::{Content, Kind, Piece, Seq, SeqSort, Str, Val};

impl Evaluator<'_> {
    pub(super) fn not(&self, inner: &Expr, span: Span, scope: &Scope) -> Val {
        let value = self.eval(inner, scope);
        self.each_way(&[value], span, &|values| match values.first() {
            Some(value) => match value.known_bool() {
                Some(b) => Val::bool(!b, span).hide(value.sensitive.clone()),
                None => self.no_operand(value, span),
            },
            None => self.error("an operator without operand", span),
        })
    }

    pub(super) fn negate(&self, inner: &Expr, span: Span, scope: &Scope) -> Val {
        let value = self.eval(inner, scope);
        self.each_way(&[value], span, &|values| match values.first() {
            Some(value) => match value.exact() {
                Some(n) => Val::new(Kind::Number(n.negated().number()), span).hide(value.sensitive.clone()),
                None => self.no_operand(value, span),
            },
            None => self.error("an operator without operand", span),
        })
    }

    pub(super) fn binary(&self, binary: &Binary, span: Span, scope: &Scope) -> Val {
        let left = self.eval(&binary.left, scope);
        let right = self.eval(&binary.right, scope);
        self.each_way(&[left, right], span, &|values| match values {
            [left, right] => {
                let sensitive = left.sensitive.clone().or_else(|| right.sensitive.clone());
                self.operate(binary.operator, left, right, span).hide(sensitive)
            }
            _ => self.error("an operator without operands", span),
        })
    }

    fn operate(&self, operator: Operator, left: &Val, right: &Val, span: Span) -> Val {
        match operator {
            Operator::Equal | Operator::NotEqual => {
                if let Some(wrong) = [left, right].into_iter().find(|v| v.holds_error()) {
                    return self.no_operand(wrong, span);
                }
                match equal(left, right) {
                    Some(same) => Val::bool(same == (operator == Operator::Equal), span),
                    None => self.no_operands(left, right, |_| true, span),
                }
            }
            Operator::And | Operator::Or => {
                let decides = operator == Operator::Or;
                match (left.known_bool(), right.known_bool()) {
                    // As in Terraform 1.12 and later, what stands on the right is not looked at then.
                    (Some(b), _) if b == decides => Val::bool(decides, span),
                    (_, Some(b)) if b == decides && left.why_unknown().is_some() && !left.is_error() => {
                        Val::bool(decides, span)
                    }
                    (Some(_), Some(right)) => Val::bool(right, span),
                    _ => self.no_operands(left, right, |v| v.known_bool().is_some(), span),
                }
            }
            _ => match (left.exact(), right.exact()) {
                (Some(l), Some(r)) => self.arithmetic(operator, &l, &r, span),
                _ => self.no_operands(left, right, |v| v.exact().is_some(), span),
            },
        }
    }

    fn arithmetic(&self, operator: Operator, left: &Exact, right: &Exact, span: Span) -> Val {
        let number = |n: Exact| match n.is_extreme() {
            true => self.unsupported("a number of very many digits", span),
            false => Val::new(Kind::Number(n.number()), span),
        };
        let order = left.compare(right);
        match operator {
            Operator::Less => Val::bool(order.is_lt(), span),
            Operator::LessEqual => Val::bool(order.is_le(), span),
            Operator::Greater => Val::bool(order.is_gt(), span),
            Operator::GreaterEqual => Val::bool(order.is_ge(), span),
            Operator::Add => number(left.plus(right)),
            Operator::Subtract => number(left.minus(right)),
            Operator::Multiply => number(left.times(right)),
            Operator::Divide => match left.divided_by(right) {
                Some(n) => number(n),
                None if left.is_zero() => self.error("zero divided by zero", span),
                // Terraform goes on with infinity.
                None => self.unsupported("an infinite number", span),
            },
            Operator::Modulo => number(left.modulo(right)),
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
                self.error("an operator that takes no numbers", span)
            }
        }
    }

    fn no_operand(&self, value: &Val, span: Span) -> Val {
        match value.first_unknown() {
            Some(unknown) => Val::unknown(self.source(span), depends_on(&unknown), span),
            None if matches!(value.kind, Kind::Number(_)) => {
                self.unsupported("a number of very many digits", span)
            }
            None => self.error(format!("an operator applied to {}", value.sort()), span),
        }
    }

    /// Why an operator gives nothing: the operand that is not `fit` for it.
    fn no_operands(&self, left: &Val, right: &Val, fit: fn(&Val) -> bool, span: Span) -> Val {
        let wrong =
            |v: &Val| v.holds_error() || (v.first_unknown().is_none() && !matches!(v.kind, Kind::Number(_)));
        // An error outranks what is not known.
        let blamed = [left, right].into_iter().find(|v| wrong(v) && !fit(v));
        let unknown = || [left, right].into_iter().find(|v| v.first_unknown().is_some());
        self.no_operand(blamed.or_else(unknown).unwrap_or(right), span)
    }
}

/// The cause that a result inherits from an unknown operand.
fn depends_on(unknown: &Unknown) -> Cause {
    match &unknown.why {
        Cause::Invalid(message) => Cause::Invalid(message.clone()),
        why => Cause::Undecided(format!("`{}`, which {why}", unknown.what).into()),
    }
}

/// Whether two values are equal; `None` if that is not known. Values of different types are different.
pub(crate) fn equal(left: &Val, right: &Val) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Unknown(_) | Kind::Resource(_) | Kind::OneOf(_), _)
        | (_, Kind::Unknown(_) | Kind::Resource(_) | Kind::OneOf(_)) => None,
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(a), Kind::Number(b)) => Some(a.exact()?.compare(&b.exact()?).is_eq()),
        (Kind::Str(a), Kind::Str(b)) => equal_text(a, b),
        (Kind::List(a), Kind::List(b)) => equal_sequences(left, right, a, b),
        (Kind::Object(a), Kind::Object(b)) => {
            let (a, b) = (sorted(&a.fields)?, sorted(&b.fields)?);
            let closed = [left, right].into_iter().all(|v| v.why_unknown().is_none());
            if closed && !type_of(left).is(&type_of(right)) {
                return Some(false);
            }
            let lacks = |from: &[(Rc<str>, &Val)], key: &str| !from.iter().any(|(k, _)| **k == *key);
            if closed && (a.len() != b.len() || a.iter().any(|(key, _)| lacks(&b, key))) {
                return Some(false);
            }
            let same = |(key, value): &(Rc<str>, &Val)| match b.iter().find(|(k, _)| k == key) {
                Some((_, other)) => equal(value, other),
                None => None,
            };
            all(a.iter().map(same)).filter(|same| !same || closed)
        }
        // Values of different sorts are different.
        _ => Some(false),
    }
}

fn equal_sequences(left: &Val, right: &Val, a: &Seq, b: &Seq) -> Option<bool> {
    if a.sort != b.sort {
        return Some(false);
    }
    if a.open.is_some() || b.open.is_some() {
        return None;
    }
    let known = !left.holds_unknown() && !right.holds_unknown();
    if a.sort == SeqSort::Set {
        // Elements that are not known may be equal to others.
        if !known {
            return None;
        }
        let within = |x: &Val, set: &Seq| set.items.iter().any(|y| equal(x, y) == Some(true));
        let same = a.items.iter().all(|x| within(x, b)) && b.items.iter().all(|x| within(x, a));
        return Some(same && type_of(left).is(&type_of(right)));
    }
    if a.items.len() != b.items.len() || (known && !type_of(left).is(&type_of(right))) {
        return Some(false);
    }
    all(a.items.iter().zip(&b.items).map(|(x, y)| equal(x, y)))
}

fn all(mut results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    results
        .try_fold(true, |so_far, one| match one {
            Some(false) => Err(false),
            Some(true) => Ok(so_far),
            None => Ok(false),
        })
        .map_or(Some(false), |known| known.then_some(true))
}

/// Two texts with unknown pieces differ for certain if what is known at their starts or ends differs.
pub(super) fn equal_text(a: &Str, b: &Str) -> Option<bool> {
    let (a, b) = (&a.flat(), &b.flat());
    if let (Some(a), Some(b)) = (a.known(), b.known()) {
        return Some(a == b);
    }
    let start = |s: &Str| match s.pieces().first() {
        Some(Piece { content: Content::Lit(text), .. }) => Some(Arc::<str>::from(&**text)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (start(a), start(b)) {
        let shared = a.len().min(b.len());
        if a.as_bytes().get(..shared) != b.as_bytes().get(..shared) {
            return Some(false);
        }
    }
    let end = |s: &Str| match s.pieces().last() {
        Some(Piece { content: Content::Lit(text), .. }) => Some(Arc::<str>::from(&**text)),
        _ => None,
    };
    if let (Some(a), Some(b)) = (end(a), end(b)) {
        let differ = a.bytes().rev().zip(b.bytes().rev()).any(|(x, y)| x != y);
        if differ {
            return Some(false);
        }
    }
    // Something that holds at least one known character is not the empty string.
    let empty = |s: &Str| s.pieces().is_empty();
    let some = |s: &Str| s.pieces().iter().any(|p| !matches!(p.content, Content::Hole(_)));
    if (empty(a) && some(b)) || (empty(b) && some(a)) {
        return Some(false);
    }
    None
}
