//! Operators, with Terraform's equality over values that may be partly unknown.

use std::sync::Arc;

use model::{Cause, Span, Unknown};

use super::{Evaluator, Scope};
use crate::ir::{Binary, Expr, Operator};
use crate::value::{Content, Kind, Piece, Str, Val};

impl Evaluator<'_> {
    pub(super) fn not(&self, inner: &Expr, span: Span, scope: &Scope) -> Val {
        let value = self.eval(inner, scope);
        self.each_way(&[value], span, &|values| match values.first() {
            Some(value) => match value.known_bool() {
                Some(b) => Val::bool(!b, span),
                None => self.no_operand(value, span),
            },
            None => self.error("an operator without operand", span),
        })
    }

    pub(super) fn negate(&self, inner: &Expr, span: Span, scope: &Scope) -> Val {
        let value = self.eval(inner, scope);
        self.each_way(&[value], span, &|values| match values.first() {
            Some(value) => match value.known_number() {
                Some(n) => Val::number((-n).to_string(), span),
                None => self.no_operand(value, span),
            },
            None => self.error("an operator without operand", span),
        })
    }

    pub(super) fn binary(&self, binary: &Binary, span: Span, scope: &Scope) -> Val {
        let left = self.eval(&binary.left, scope);
        let right = self.eval(&binary.right, scope);
        self.each_way(&[left, right], span, &|values| match values {
            [left, right] => self.operate(binary.operator, left, right, span),
            _ => self.error("an operator without operands", span),
        })
    }

    fn operate(&self, operator: Operator, left: &Val, right: &Val, span: Span) -> Val {
        match operator {
            Operator::Equal | Operator::NotEqual => match equal(left, right) {
                Some(same) => Val::bool(same == (operator == Operator::Equal), span),
                None => self.no_operands(left, right, span),
            },
            Operator::And | Operator::Or => {
                let decides = operator == Operator::Or;
                match (left.known_bool(), right.known_bool()) {
                    (Some(b), _) | (_, Some(b)) if b == decides => Val::bool(decides, span),
                    (Some(_), Some(_)) => Val::bool(!decides, span),
                    _ => self.no_operands(left, right, span),
                }
            }
            _ => match (left.known_number(), right.known_number()) {
                (Some(l), Some(r)) => self.arithmetic(operator, l, r, span),
                _ => self.no_operands(left, right, span),
            },
        }
    }

    fn arithmetic(&self, operator: Operator, left: f64, right: f64, span: Span) -> Val {
        let number = |n: f64| {
            if n.is_finite() {
                Val::number(n.to_string(), span)
            } else {
                self.error("a number without end", span)
            }
        };
        match operator {
            Operator::Less => Val::bool(left < right, span),
            Operator::LessEqual => Val::bool(left <= right, span),
            Operator::Greater => Val::bool(left > right, span),
            Operator::GreaterEqual => Val::bool(left >= right, span),
            Operator::Add => number(left + right),
            Operator::Subtract => number(left - right),
            Operator::Multiply => number(left * right),
            Operator::Divide => number(left / right),
            Operator::Modulo => number(left % right),
            Operator::Equal | Operator::NotEqual | Operator::And | Operator::Or => {
                self.error("an operator that takes no numbers", span)
            }
        }
    }

    fn no_operand(&self, value: &Val, span: Span) -> Val {
        match value.why_unknown() {
            Some(unknown) => Val::unknown(self.source(span), depends_on(&unknown), span),
            None => self.error(format!("an operator applied to {}", value.sort()), span),
        }
    }

    fn no_operands(&self, left: &Val, right: &Val, span: Span) -> Val {
        let blamed = if left.why_unknown().is_some() { left } else { right };
        self.no_operand(blamed, span)
    }
}

/// The cause that a result inherits from an unknown operand.
fn depends_on(unknown: &Unknown) -> Cause {
    match &unknown.why {
        Cause::Invalid(message) => Cause::Invalid(message.clone()),
        why => Cause::Undecided(format!("`{}`, which {why}", unknown.what).into()),
    }
}

/// Whether two values are equal; `None` if that is not known.
pub(crate) fn equal(left: &Val, right: &Val) -> Option<bool> {
    match (&left.kind, &right.kind) {
        (Kind::Unknown(_) | Kind::Resource(_) | Kind::OneOf(_), _)
        | (_, Kind::Unknown(_) | Kind::Resource(_) | Kind::OneOf(_)) => None,
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a == b),
        (Kind::Number(_), Kind::Number(_)) => Some(left.known_number()? == right.known_number()?),
        (Kind::Str(a), Kind::Str(b)) => equal_text(a, b),
        (Kind::List(a), Kind::List(b)) => {
            if a.open.is_some() || b.open.is_some() {
                return None;
            }
            if a.items.len() != b.items.len() {
                return Some(false);
            }
            all(a.items.iter().zip(&b.items).map(|(x, y)| equal(x, y)))
        }
        (Kind::Object(a), Kind::Object(b)) => {
            if a.open.is_some() || b.open.is_some() {
                return None;
            }
            if a.fields.len() != b.fields.len() {
                return Some(false);
            }
            all(a.fields.iter().map(|f| {
                let key = f.key.known()?;
                match b.fields.iter().find(|g| g.key.is(&key)) {
                    Some(other) => equal(&f.value, &other.value),
                    None if b.fields.iter().all(|g| g.key.known().is_some()) => Some(false),
                    None => None,
                }
            }))
        }
        // Values of different sorts are different.
        _ => Some(false),
    }
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

/// Two texts with unknown pieces differ for certain if what is known at their starts differs.
fn equal_text(a: &Str, b: &Str) -> Option<bool> {
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
    // Something that holds at least one known character is not the empty string.
    let empty = |s: &Str| s.pieces().is_empty();
    let some = |s: &Str| s.pieces().iter().any(|p| !matches!(p.content, Content::Hole(_)));
    if (empty(a) && some(b)) || (empty(b) && some(a)) {
        return Some(false);
    }
    None
}
