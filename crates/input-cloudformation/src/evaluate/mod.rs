//! The values of a template, with unknowns kept.
//!
//! Here: the walk over expressions and its limits. What names stand for is in `reference`, `Fn::Sub` in
//! `substitute`, the other functions in `function`; conditions are decided in `condition`, `permit` asks which of their
//! values can occur together, and `count` how many copies of a resource there are. Only what a role needs is evaluated, on demand. Not here: which properties
//! those are.

mod condition;
mod count;
mod function;
mod permit;
mod reference;
mod substitute;
mod wanted;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use model::{Cause, Node, Object, Span, Unknown, Value};

use crate::argument::Arguments;
use crate::lift::{self, Budget, Outcome};
use crate::template::{Resource, Template};
use crate::text;
use crate::value::{intrinsic, invalid, is_intrinsic};
use condition::Settled;
use permit::Rule;

/// How much work any template may cause, in steps; and how much more for each value in it, so that a large one is
/// not cut short but none takes more than linear time.
const BUDGET: usize = 500_000;
const BUDGET_PER_VALUE: usize = 10;

/// How deep evaluation may go, through expressions and the names they refer to.
const MAX_DEPTH: usize = 256;

/// What the templates that a template holds say to it.
pub(crate) trait Stacks {
    /// The value of an output of the template that `resource` holds, as that template says it.
    ///
    /// # Errors
    /// It cannot be told; says why.
    fn output(&self, resource: &Resource<'_>, name: &str, within: &Evaluator<'_>) -> Result<Node, Cause>;
}

/// Evaluates expressions of one template.
pub(crate) struct Evaluator<'n> {
    pub(crate) template: &'n Template<'n>,
    arguments: &'n Arguments,
    stacks: &'n dyn Stacks,
    /// What the names of this template's conditions begin with, so that those of another template are others.
    prefix: &'n str,
    pub(crate) budget: Budget,
    /// For asking what is permitted, so that hard questions leave the values alone.
    asking: Budget,
    /// Conditions decided so far.
    settled: RefCell<HashMap<String, Settled>>,
    /// Those that were asked whether each value can occur at all.
    certain: RefCell<HashMap<String, Settled>>,
    /// The names that are being looked up, to see cycles.
    chain: RefCell<Vec<String>>,
    depth: Cell<usize>,
    /// Which of several copies of a resource is being read, and how many there are.
    index: Cell<Option<usize>>,
    /// Parameters that have another value than the input gives them, in the branch being evaluated.
    bound: RefCell<Vec<(String, Bound)>>,
    /// Whether parameters are being tried out: then nothing has its default.
    supposing: Cell<bool>,
    /// Answers of [`permit`] so far.
    possible: RefCell<HashMap<Vec<wanted::Wanted>, bool>>,
    rules: OnceCell<Vec<Rule<'n>>>,
    compared: OnceCell<HashMap<String, Vec<String>>>,
}

/// What a parameter is taken to be.
#[derive(Clone, Debug)]
enum Bound {
    /// This value.
    Value(String),
    /// A permitted value that is none of those it is compared with.
    Other,
    /// Any permitted value.
    Open,
}

impl<'n> Evaluator<'n> {
    /// Evaluates expressions of `template`, which is that of `document`.
    pub(crate) fn new(
        template: &'n Template<'n>,
        arguments: &'n Arguments,
        stacks: &'n dyn Stacks,
        prefix: &'n str,
        document: &Node,
    ) -> Self {
        let steps = BUDGET.saturating_add(BUDGET_PER_VALUE.saturating_mul(lift::size(document)));
        Evaluator {
            template,
            arguments,
            stacks,
            prefix,
            budget: Budget::new(steps),
            asking: Budget::new(steps),
            settled: RefCell::default(),
            certain: RefCell::default(),
            chain: RefCell::default(),
            depth: Cell::new(0),
            index: Cell::new(None),
            bound: RefCell::default(),
            supposing: Cell::new(false),
            possible: RefCell::default(),
            rules: OnceCell::new(),
            compared: OnceCell::new(),
        }
    }

    /// The same, going on as deep as `outer` already is.
    #[must_use]
    pub(crate) fn below(self, outer: &Evaluator<'_>) -> Self {
        self.depth.set(outer.depth.get());
        self
    }

    /// Whether parameters may have other values than the input gives them, in the branch being evaluated.
    pub(crate) fn is_assuming(&self) -> bool {
        self.supposing.get() || !self.bound.borrow().is_empty()
    }

    /// Runs `f` for one of several copies of a resource.
    pub(crate) fn at_index<T>(&self, index: Option<usize>, f: impl FnOnce() -> T) -> T {
        let before = self.index.replace(index);
        let result = f();
        self.index.set(before);
        result
    }

    /// What an expression says.
    pub(crate) fn eval(&self, node: &Node) -> Outcome {
        let within = if self.budget.spend(1) { self.deeper(|| self.eval_value(node)) } else { None };
        within.unwrap_or_else(|| {
            let why = Cause::Unsupported("the template takes too much work".into());
            Outcome::Node(Node::unknown("an expression", why, node.span))
        })
    }

    /// Runs `f` one level deeper; `None` where that is too deep.
    fn deeper<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return None;
        }
        self.depth.set(depth + 1);
        let result = f();
        self.depth.set(depth);
        Some(result)
    }

    /// Runs `f` while `name` is being looked up; `None` if that would go around in a circle.
    fn within<T>(&self, name: String, f: impl FnOnce() -> T) -> Option<T> {
        let mut chain = self.chain.borrow_mut();
        if chain.contains(&name) {
            return None;
        }
        chain.push(name);
        drop(chain);
        let result = f();
        self.chain.borrow_mut().pop();
        Some(result)
    }

    fn eval_value(&self, node: &Node) -> Outcome {
        match &node.value {
            Value::Object(object) => match intrinsic(object) {
                Some((name, argument)) => self.intrinsic(name, argument, node.span),
                None => Outcome::Node(self.object(object, node.span)),
            },
            Value::List(list) => {
                let items = list.items.iter().map(|item| self.eval(item)).collect();
                Outcome::Node(lift::list(items, list.open.clone(), node.span, &self.budget))
            }
            Value::Text(text) => {
                self.budget.spend(text.as_str().map_or(1, |t| t.len() / 32));
                Outcome::Node(text::dynamic_references(node))
            }
            _ => Outcome::Node(node.clone()),
        }
    }

    /// What an expression says where there must be a value.
    pub(crate) fn value(&self, node: &Node) -> Node {
        self.eval(node).needed(node.span)
    }

    /// What a document says, without copying it where nothing in it is an expression. `None` if it is not there in
    /// any case.
    pub(crate) fn document<'a>(&self, node: &'a Node) -> Option<Cow<'a, Node>> {
        if is_plain(node) {
            return Some(Cow::Borrowed(node));
        }
        match self.eval(node) {
            Outcome::Absent => None,
            outcome => Some(Cow::Owned(outcome.needed(node.span))),
        }
    }

    fn object(&self, object: &Object, span: Span) -> Node {
        let mut open = object.open.clone();
        let mut entries = Vec::with_capacity(object.entries.len());
        for entry in &object.entries {
            match entry.key.value.as_str().filter(|key| is_intrinsic(key)) {
                Some(key) => {
                    let why = Cause::Unsupported(format!("`{key}` beside other keys").into());
                    open = open.or(Some(Unknown::new(key, why, Some(entry.key.span))));
                }
                None => entries.push((entry.key.clone(), self.eval(&entry.value))),
            }
        }
        lift::object(entries, open, span, &self.budget)
    }

    fn intrinsic(&self, name: &str, argument: &Node, span: Span) -> Outcome {
        match name {
            "Ref" => self.reference(argument),
            "Fn::If" => self.conditional(argument, span),
            "Fn::Sub" => Outcome::Node(self.substitute(argument, span)),
            _ => Outcome::Node(self.function(name, argument, span)),
        }
    }

    fn conditional(&self, argument: &Node, span: Span) -> Outcome {
        let Value::List(list) = &argument.value else {
            return Outcome::Node(invalid("Fn::If", "takes a list", span));
        };
        let [condition, holds, fails] = list.items.as_slice() else {
            return Outcome::Node(invalid("Fn::If", "takes a condition and two values", span));
        };
        let Some(name) = condition.scalar().and_then(|t| t.value.as_str().map(str::to_owned)) else {
            return Outcome::Node(invalid("Fn::If", "takes the name of a condition", span));
        };
        let (name, negated) = self.canonical_condition(name);
        let (holds, fails) = if negated { (fails, holds) } else { (holds, fails) };
        let settled = self.settle(&name);
        // While values are tried out, each is the only one.
        let decided = if self.supposing.get() { settled.value } else { settled.fixed() };
        match decided {
            Some(true) => self.eval(holds),
            Some(false) => self.eval(fails),
            None => {
                let holds = self.assuming(&name, &settled, true, || self.eval(holds));
                let fails = self.assuming(&name, &settled, false, || self.eval(fails));
                self.choice(&name, &settled, condition.span).between(holds, fails, span)
            }
        }
    }

    /// Runs `f` where a condition has this value, so that the parameters it reads may have other values than the
    /// input gives them.
    fn assuming<T>(&self, name: &str, settled: &Settled, value: bool, f: impl FnOnce() -> T) -> T {
        let before = self.bound.borrow().len();
        let bindings = self.bindings(name, settled, value);
        self.bound.borrow_mut().extend(bindings);
        let result = f();
        self.bound.borrow_mut().truncate(before);
        result
    }

    /// Runs `f` where every parameter has the value that the input gives it.
    fn by_default<T>(&self, f: impl FnOnce() -> T) -> T {
        if self.supposing.get() {
            return f();
        }
        let bound = self.bound.take();
        let result = f();
        self.bound.replace(bound);
        result
    }
}

/// Whether a tree holds nothing to evaluate. As deep as the parsers allow.
fn is_plain(node: &Node) -> bool {
    match &node.value {
        Value::Object(object) => object
            .entries
            .iter()
            .all(|e| !e.key.value.as_str().is_some_and(is_intrinsic) && is_plain(&e.value)),
        Value::List(list) => list.items.iter().all(is_plain),
        Value::Text(_) => !text::has_dynamic_references(node),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::OneOf(_) | Value::Unknown(_) => false,
    }
}
