//! Conditions, decided by what the input gives to the parameters they read.
//!
//! A condition that reads only literals is fixed. One that reads parameters has the value that defaults and given
//! values give it, and another one that other values would give it. The rest is not settled. Which values can occur
//! at all is asked in `permit`.

use std::collections::BTreeSet;

use model::{Node, Span, Standing, Text, Value};

use super::wanted::Wanted;
use super::{Bound, Evaluator};
use crate::lift::Choice;
use crate::value::{call, intrinsic, items, reference};

/// How many conditions may be other names of one another before they count as different.
const MAX_ALIASES: usize = 16;

/// What is known of a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Its value for what the input gives.
    pub(super) value: Option<bool>,
    /// The parameters that it reads and that may have other values.
    pub(super) parameters: BTreeSet<String>,
    /// Whether the only one it reads is empty.
    empty: bool,
}

impl Settled {
    fn unknown() -> Self {
        Settled::default()
    }

    fn certain(value: bool) -> Self {
        Settled { value: Some(value), ..Settled::default() }
    }

    /// The value that no input changes.
    pub(super) fn fixed(&self) -> Option<bool> {
        self.value.filter(|_| self.parameters.is_empty())
    }

    fn not(self) -> Self {
        Settled { value: self.value.map(|v| !v), ..self }
    }
}

impl Evaluator<'_> {
    /// Follows conditions that only name or negate another, so that all its names are one choice.
    pub(super) fn canonical_condition(&self, mut name: String) -> (String, bool) {
        let mut negated = false;
        for _ in 0..MAX_ALIASES {
            let Some(node) = self.template.conditions.get(name.as_str()) else {
                break;
            };
            let (target, inverts) = match condition_call(node) {
                Some(("Fn::Not", argument)) => match single(argument).and_then(condition_call) {
                    Some(("Condition", target)) => (target, true),
                    _ => break,
                },
                Some(("Condition", target)) => (target, false),
                _ => break,
            };
            let Some(target) = target.scalar().and_then(|t| t.value.as_str().map(str::to_owned)) else {
                break;
            };
            name = target;
            negated ^= inverts;
        }
        (name, negated)
    }

    /// What is known of the condition of this name, as far as anything can be deployed: a value that no permitted
    /// parameters give is none.
    pub(super) fn settle(&self, name: &str) -> Settled {
        if self.supposing.get() {
            return self.condition(name);
        }
        if let Some(settled) = self.certain.borrow().get(name) {
            return settled.clone();
        }
        let mut settled = self.condition(name);
        if settled.fixed().is_none() {
            let can_be = |value| self.possible(&[Wanted::Condition(name.to_owned(), value)]);
            match (can_be(true), can_be(false)) {
                (true, false) => settled = Settled::certain(true),
                (false, true) => settled = Settled::certain(false),
                // Rules that permit nothing decide nothing.
                (true, true) | (false, false) => {}
            }
        }
        self.certain.borrow_mut().insert(name.to_owned(), settled.clone());
        settled
    }

    /// The choice that a condition is where it is used.
    pub(super) fn choice(&self, name: &str, settled: &Settled, span: Span) -> Choice {
        let list = |word: &str| {
            let names: Vec<String> = settled.parameters.iter().map(|p| format!("`{p}`")).collect();
            names.join(word)
        };
        let given = settled.parameters.iter().any(|p| self.arguments.get(p).is_some());
        let default = match (settled.parameters.len(), given) {
            (1, false) if settled.empty => format!("{} is left at its default, empty", list("")),
            (1, false) => format!("{} is left at its default", list("")),
            (_, false) => format!("{} are left at their defaults", list(" and ")),
            (1, true) => format!("{} has the value that is given", list("")),
            (_, true) => format!("{} have the values that are given", list(" and ")),
        };
        let other = format!("{} is given another value", list(" or "));
        let cases = match settled.value {
            Some(true) => [(default, Standing::Selected), (other, Standing::Permitted)],
            Some(false) => [(other, Standing::Permitted), (default, Standing::Selected)],
            None => [
                (format!("the condition `{name}` holds"), Standing::Unsettled),
                (format!("the condition `{name}` does not hold"), Standing::Unsettled),
            ],
        };
        let name = format!("{}{name}", self.prefix).into();
        Choice { name, span, cases: cases.map(|(when, standing)| (when.into(), standing)) }
    }

    /// What the parameters are where a condition has this value: of those that must have another value than the
    /// input gives, what is known of it.
    pub(super) fn bindings(&self, name: &str, settled: &Settled, value: bool) -> Vec<(String, Bound)> {
        let changed = settled.value.is_some_and(|selected| selected != value);
        if let (1, Some(only)) = (settled.parameters.len(), settled.parameters.first())
            && (changed || settled.value.is_none())
            && !matches!(self.bound(only), Some(Bound::Value(_)))
        {
            let wanted = Wanted::Condition(name.to_owned(), value);
            return match self.only_value(only, &wanted) {
                Some(known) => vec![(only.clone(), Bound::Value(known))],
                None if changed => vec![(only.clone(), Bound::Open)],
                None => Vec::new(),
            };
        }
        match changed {
            true => settled.parameters.iter().map(|p| (p.clone(), Bound::Open)).collect(),
            false => Vec::new(),
        }
    }

    /// What is known of the condition of this name.
    pub(super) fn condition(&self, name: &str) -> Settled {
        if let Some(settled) = self.settled.borrow().get(name) {
            return settled.clone();
        }
        let settled = self
            .template
            .conditions
            .get(name)
            .and_then(|node| {
                self.within(format!("condition {name}"), || self.by_default(|| self.decide(node)))
            })
            .unwrap_or_else(Settled::unknown);
        self.settled.borrow_mut().insert(name.to_owned(), settled.clone());
        settled
    }

    pub(super) fn decide(&self, node: &Node) -> Settled {
        self.deeper(|| self.decide_call(node)).unwrap_or_else(Settled::unknown)
    }

    fn decide_call(&self, node: &Node) -> Settled {
        if let Value::Bool(value) = node.value {
            return Settled::certain(value);
        }
        match condition_call(node) {
            Some(("Condition", target)) => match target.scalar().as_ref().and_then(|t| t.value.as_str()) {
                Some(name) => self.condition(name),
                None => Settled::unknown(),
            },
            Some(("Fn::Not", argument)) => match single(argument) {
                Some(operand) => self.decide(operand).not(),
                None => Settled::unknown(),
            },
            Some(("Fn::And", argument)) => self.all(argument, true),
            Some(("Fn::Or", argument)) => self.all(argument, false),
            Some(("Fn::Equals", argument)) => match items(argument) {
                [left, right] => self.compared(argument, self.equal(left, right), [left, right]),
                _ => Settled::unknown(),
            },
            Some(("Fn::Contains", argument)) => match items(argument) {
                [list, value] => self.compared(argument, self.contains(list, value), [list, value]),
                _ => Settled::unknown(),
            },
            Some(("Fn::EachMemberIn" | "Fn::EachMemberEquals", argument)) => match items(argument) {
                [members, of] => self.compared(argument, self.each_member(members, of), [members, of]),
                _ => Settled::unknown(),
            },
            _ => Settled::unknown(),
        }
    }

    /// `Fn::And` (`neutral` is true) and `Fn::Or`: the first value other than `neutral` decides.
    fn all(&self, argument: &Node, neutral: bool) -> Settled {
        let Value::List(list) = &argument.value else {
            return Settled::unknown();
        };
        let operands: Vec<Settled> = list.items.iter().map(|n| self.decide(n)).collect();
        if let Some(fixed) = operands.iter().find(|s| s.fixed() == Some(!neutral)) {
            return fixed.clone();
        }
        let decides = operands.iter().any(|s| s.value == Some(!neutral));
        let value = if decides {
            Some(!neutral)
        } else {
            operands.iter().all(|s| s.value.is_some()).then_some(neutral)
        };
        let parameters: BTreeSet<String> = operands.iter().flat_map(|s| s.parameters.clone()).collect();
        let empty = parameters.len() == 1 && operands.iter().any(|s| s.empty);
        Settled { value, parameters, empty }
    }

    /// A comparison with what it reads.
    fn compared(&self, argument: &Node, value: Option<bool>, sides: [&Node; 2]) -> Settled {
        let mut parameters = BTreeSet::new();
        self.parameters_in(argument, &mut parameters);
        parameters.retain(|name| self.arguments.is_changeable(name));
        let empty = parameters.len() == 1
            && value == Some(true)
            && sides.iter().filter_map(|side| self.operand(side)).any(|t| t.is(""));
        // Without a value for what is given nothing is selected by it.
        Settled { value, parameters, empty }
    }

    /// Whether two operands are equal, if that is known.
    fn equal(&self, left: &Node, right: &Node) -> Option<bool> {
        for (one, other) in [(left, right), (right, left)] {
            if let Some(name) = reference(one)
                && matches!(self.bound(name), Some(Bound::Other))
            {
                // It is none of the values that the template compares it with.
                let text = self.operand(other)?;
                let text = text.as_str()?;
                let told = self.compared_with(name).iter().any(|known| known == text);
                let permitted = self.template.parameter(name).and_then(|p| p.permits(text));
                return (told || permitted == Some(false)).then_some(false);
            }
        }
        compare(&self.operand(left)?, &self.operand(right)?)
    }

    /// Whether a list has an element, if that is known.
    fn contains(&self, list: &Node, value: &Node) -> Option<bool> {
        let Value::List(list) = self.listed(list)? else {
            return None;
        };
        self.any(list.items.iter().map(|item| self.equal(item, value)))
            .filter(|found| *found || list.open.is_none())
    }

    /// Whether each of some values is among others, if that is known.
    fn each_member(&self, members: &Node, of: &Node) -> Option<bool> {
        let Value::List(members) = self.listed(members)? else {
            return None;
        };
        let all = members.items.iter().map(|member| match &of.value {
            Value::List(_) => self.contains(of, member),
            _ if call(of).is_some() && matches!(self.listed(of), Some(Value::List(_))) => {
                self.contains(of, member)
            }
            _ => self.equal(member, of),
        });
        let outside = self.any(all.map(|inside| inside.map(|inside| !inside)))?;
        (members.open.is_none() || outside).then_some(!outside)
    }

    /// Three-valued "any".
    fn any(&self, values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let mut known = true;
        for value in values {
            match value {
                Some(true) => return Some(true),
                Some(false) => {}
                None => known = false,
            }
        }
        known.then_some(false)
    }

    /// A list as written, or what an expression gives as one.
    fn listed(&self, node: &Node) -> Option<Value> {
        match &node.value {
            Value::List(list) => Some(Value::List(list.clone())),
            Value::Object(_) => Some(self.value(node).value),
            _ => None,
        }
    }

    /// The text that is compared. A hidden value counts: it is compared, never shown.
    fn operand(&self, node: &Node) -> Option<Text> {
        let parameter = reference(node).and_then(|name| self.template.parameter(name));
        let value = match parameter {
            Some(parameter) => self.parameter(parameter, node.span),
            None => self.value(node),
        };
        value.scalar().map(|t| t.value)
    }

    /// The parameters that an expression reads itself. Trees are at most as deep as the parsers allow.
    pub(super) fn parameters_in(&self, node: &Node, out: &mut BTreeSet<String>) {
        let mut add = |name: &str| {
            if self.template.parameter(name).is_some() {
                out.insert(name.to_owned());
            }
        };
        match &node.value {
            Value::Object(object) => {
                if let Some(("Ref" | "Fn::ValueOf", name)) = intrinsic(object)
                    && let Some(name) = name.scalar()
                    && let Some(name) = name.value.as_str()
                {
                    add(name);
                }
                object.entries.iter().for_each(|e| self.parameters_in(&e.value, out));
            }
            Value::List(list) => list.items.iter().for_each(|n| self.parameters_in(n, out)),
            Value::Text(text) => {
                // `${Name}` of a substitution.
                for part in text.as_str().unwrap_or_default().split("${").skip(1) {
                    if let Some((name, _)) = part.split_once('}') {
                        add(name);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The only element of a list, or what stands in its place.
fn single(argument: &Node) -> Option<&Node> {
    match &argument.value {
        Value::List(list) => match list.items.as_slice() {
            [one] => Some(one),
            _ => None,
        },
        _ => Some(argument),
    }
}

/// A call in a condition, where `Condition` is a function too.
pub(super) fn condition_call(node: &Node) -> Option<(&str, &Node)> {
    let Value::Object(object) = &node.value else {
        return None;
    };
    match object.entries.as_slice() {
        [entry] if entry.key.value.is("Condition") => Some(("Condition", &entry.value)),
        _ => intrinsic(object),
    }
}

/// Whether two texts are equal, if that is known: unknown pieces and symbols may be anything.
fn compare(left: &Text, right: &Text) -> Option<bool> {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => Some(left == right),
        _ if left == right && !left.has_unknown() => Some(true),
        _ => None,
    }
}
