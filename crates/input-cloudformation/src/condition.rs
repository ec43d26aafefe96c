//! Conditions, decided by the defaults of the parameters they read.
//!
//! A condition that reads only literals is fixed. One that reads parameters with defaults has the value that the
//! defaults give it, and another one that other values would give it. The rest is not settled.

use std::collections::BTreeSet;

use model::{Node, Span, Standing, Text, Value};

use crate::evaluate::{Evaluator, intrinsic, parameter_default};
use crate::lift::Choice;

/// How many conditions may be other names of one another before they count as different.
const MAX_ALIASES: usize = 16;

/// What is known of a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Its value for the defaults.
    value: Option<bool>,
    /// The parameters that it reads.
    parameters: BTreeSet<String>,
    /// Whether the only one it reads has an empty default.
    empty: bool,
}

impl Settled {
    fn unknown() -> Self {
        Settled::default()
    }

    /// The value that no input changes.
    pub(crate) fn fixed(&self) -> Option<bool> {
        self.value.filter(|_| self.parameters.is_empty())
    }

    /// The parameters that have another value than their default if the condition has this one.
    pub(crate) fn changed_if(&self, value: bool) -> Vec<String> {
        match self.value {
            Some(selected) if selected != value => self.parameters.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The choice that this condition is where it is used.
    pub(crate) fn choice(&self, name: &str, span: Span) -> Choice {
        let list = |word: &str| {
            let names: Vec<String> = self.parameters.iter().map(|p| format!("`{p}`")).collect();
            names.join(word)
        };
        let default = match self.parameters.len() {
            1 if self.empty => format!("{} is left at its default, empty", list("")),
            1 => format!("{} is left at its default", list("")),
            _ => format!("{} are left at their defaults", list(" and ")),
        };
        let other = format!("{} is given another value", list(" or "));
        let cases = match self.value {
            Some(true) => [(default, Standing::Selected), (other, Standing::Permitted)],
            Some(false) => [(other, Standing::Permitted), (default, Standing::Selected)],
            None => [
                (format!("the condition `{name}` holds"), Standing::Unsettled),
                (format!("the condition `{name}` does not hold"), Standing::Unsettled),
            ],
        };
        Choice { name: name.into(), span, cases: cases.map(|(when, standing)| (when.into(), standing)) }
    }

    fn not(self) -> Self {
        Settled { value: self.value.map(|v| !v), ..self }
    }
}

impl Evaluator<'_> {
    /// Follows conditions that only name or negate another, so that all its names are one choice.
    pub(crate) fn canonical_condition(&self, mut name: String) -> (String, bool) {
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

    /// What is known of the condition of this name.
    pub(crate) fn condition(&self, name: &str) -> Settled {
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

    fn decide(&self, node: &Node) -> Settled {
        self.deeper(|| self.decide_call(node)).unwrap_or_else(Settled::unknown)
    }

    fn decide_call(&self, node: &Node) -> Settled {
        if let Value::Bool(value) = node.value {
            return Settled { value: Some(value), ..Settled::default() };
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
            Some(("Fn::Equals", argument)) => self.equals(argument),
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

    fn equals(&self, argument: &Node) -> Settled {
        let Value::List(list) = &argument.value else {
            return Settled::unknown();
        };
        let [left, right] = list.items.as_slice() else {
            return Settled::unknown();
        };
        let mut parameters = BTreeSet::new();
        self.parameters_in(left, &mut parameters);
        self.parameters_in(right, &mut parameters);
        let texts = [self.operand(left), self.operand(right)];
        let value = match &texts {
            [Some(left), Some(right)] => compare(left, right),
            _ => None,
        };
        let empty = parameters.len() == 1 && texts.iter().flatten().any(|t| t.is("")) && value == Some(true);
        // Without a value for the defaults nothing is selected by them.
        Settled { value, parameters, empty }
    }

    /// The text that is compared. A hidden default counts: it is compared, never shown.
    fn operand(&self, node: &Node) -> Option<Text> {
        let reference = match &node.value {
            Value::Object(object) => intrinsic(object).filter(|(name, _)| *name == "Ref"),
            _ => None,
        };
        let parameter = reference.and_then(|(_, name)| {
            let name = name.scalar()?.value.as_str()?.to_owned();
            let parameter = self.template.parameters.get(name.as_str())?;
            Some(parameter_default(&name, parameter, node.span))
        });
        parameter.unwrap_or_else(|| self.value(node)).scalar().map(|t| t.value)
    }

    /// The parameters that an expression reads. Trees are at most as deep as the parsers allow.
    fn parameters_in(&self, node: &Node, out: &mut BTreeSet<String>) {
        let mut add = |name: &str| {
            if self.template.parameters.contains_key(name) {
                out.insert(name.to_owned());
            }
        };
        match &node.value {
            Value::Object(object) => {
                if let Some(("Ref", name)) = intrinsic(object)
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
fn condition_call(node: &Node) -> Option<(&str, &Node)> {
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
