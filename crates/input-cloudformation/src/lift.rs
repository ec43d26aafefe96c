//! Values that depend on a condition, moved to where they can be said.
//!
//! `AWS::NoValue` in one branch removes an entry of the object (or an element of the list) around it, so the
//! object itself has two shapes. Text built of a conditional piece is one of several texts. Both moves copy what
//! is around the condition and are therefore bounded.

use std::cell::Cell;

use model::{Branch, Cause, Entry, List, Located, Node, Object, OneOf, Span, Standing, Text, Unknown, Value};

/// How many conditions may shape one object, list or text: sixteen shapes at most.
const MAX_CHOICES: usize = 4;

/// What evaluating an expression gave.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// `AWS::NoValue`: the entry or element is not there.
    Absent,
    /// A value, perhaps one of several.
    Node(Node),
    /// Absent in at least one case.
    Either(Box<Either>),
}

/// The outcome under either truth of a condition.
#[derive(Clone, Debug)]
pub(crate) struct Either {
    choice: Choice,
    /// First if the condition holds, then if not.
    cases: [Outcome; 2],
    span: Span,
}

/// A condition that is not fixed.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Its name.
    pub(crate) name: Box<str>,
    /// Where it is used.
    pub(crate) span: Span,
    /// What is said of it holding and of it not holding.
    pub(crate) cases: [(Box<str>, Standing); 2],
}

/// How much work one template may cause.
#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Budget {
    /// A budget of `steps`, each about one small value.
    pub(crate) fn new(steps: usize) -> Self {
        Budget(Cell::new(steps))
    }

    /// Exchanges two budgets.
    pub(crate) fn swap(&self, other: &Budget) {
        self.0.swap(&other.0);
    }

    /// Takes `steps`; false once there are not enough.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

impl Choice {
    /// The outcome that depends on this choice; `holds` is what it is if the condition holds.
    pub(crate) fn between(self, holds: Outcome, fails: Outcome, span: Span) -> Outcome {
        match (holds, fails) {
            (Outcome::Absent, Outcome::Absent) => Outcome::Absent,
            (Outcome::Node(holds), Outcome::Node(fails)) => Outcome::Node(self.node([holds, fails], span)),
            (holds, fails) => Outcome::Either(Box::new(Either { choice: self, cases: [holds, fails], span })),
        }
    }

    fn node(self, nodes: [Node; 2], span: Span) -> Node {
        let branches = self
            .cases
            .into_iter()
            .zip(nodes)
            .map(|((when, standing), node)| Branch { when, standing, node })
            .collect();
        Node::new(Value::OneOf(OneOf { choice: self.name, span: self.span, branches }), span)
    }

    fn unknown(&self) -> Unknown {
        let why = Cause::Undecided(format!("the condition `{}`", self.name).into());
        Unknown::new(format!("condition `{}`", self.name), why, Some(self.span))
    }
}

impl Outcome {
    /// The outcome where a value is needed: an absent one is unknown, since the service refuses it.
    pub(crate) fn needed(self, span: Span) -> Node {
        match self {
            Outcome::Node(node) => node,
            Outcome::Absent => {
                let why = Cause::Invalid("`NoValue` stands where a value is needed".into());
                Node::unknown("NoValue", why, span)
            }
            Outcome::Either(either) => {
                let [holds, fails] = either.cases;
                either.choice.node([holds.needed(span), fails.needed(span)], either.span)
            }
        }
    }

    /// The outcome that the input selects, and the first condition that it took for that. `None` if a condition
    /// is not settled.
    pub(crate) fn selected(self) -> Result<(Option<Node>, Option<Unknown>), Unknown> {
        match self {
            Outcome::Absent => Ok((None, None)),
            Outcome::Node(node) => {
                let Value::OneOf(one) = node.value else {
                    return Ok((Some(node), None));
                };
                let why = Cause::Undecided(format!("the condition `{}`", one.choice).into());
                let unknown = Unknown::new(format!("condition `{}`", one.choice), why, Some(one.span));
                match one.branches.into_iter().find(|b| b.standing == Standing::Selected) {
                    Some(branch) => {
                        let (node, _) = Outcome::Node(branch.node).selected()?;
                        Ok((node, Some(unknown)))
                    }
                    None => Err(unknown),
                }
            }
            Outcome::Either(either) => {
                let unknown = either.choice.unknown();
                let index = either.choice.cases.iter().position(|(_, s)| *s == Standing::Selected);
                match index.and_then(|index| either.cases.into_iter().nth(index)) {
                    Some(case) => Ok((case.selected()?.0, Some(unknown))),
                    None => Err(unknown),
                }
            }
        }
    }

    fn choice(&self) -> Option<&Choice> {
        match self {
            Outcome::Either(either) => Some(&either.choice),
            Outcome::Absent | Outcome::Node(_) => None,
        }
    }

    /// The outcome once the condition `name` is settled.
    fn assume(&self, name: &str, index: usize) -> Outcome {
        match self {
            Outcome::Absent => Outcome::Absent,
            Outcome::Node(node) => Outcome::Node(assume(node, name, index)),
            Outcome::Either(either) if *either.choice.name == *name => match either.cases.get(index) {
                Some(case) => case.assume(name, index),
                None => Outcome::Absent,
            },
            Outcome::Either(either) => {
                let [holds, fails] = &either.cases;
                let choice = either.choice.clone();
                choice.between(holds.assume(name, index), fails.assume(name, index), either.span)
            }
        }
    }

    fn size(&self) -> usize {
        match self {
            Outcome::Absent => 1,
            Outcome::Node(node) => size(node),
            Outcome::Either(either) => either.cases.iter().map(Outcome::size).sum(),
        }
    }
}

/// An object of evaluated entries, in each shape that their conditions give it.
pub(crate) fn object(
    entries: Vec<(Located<Text>, Outcome)>,
    open: Option<Unknown>,
    span: Span,
    budget: &Budget,
) -> Node {
    lift(entries, budget, 0, &|entries, more| {
        let entries = entries.into_iter().map(|(key, value)| Entry { key, value }).collect();
        Node::new(Value::Object(Object { entries, open: open.clone().or(more) }), span)
    })
}

/// A list of evaluated elements, in each shape that their conditions give it.
pub(crate) fn list(items: Vec<Outcome>, open: Option<Unknown>, span: Span, budget: &Budget) -> Node {
    let items = items.into_iter().map(|item| ((), item)).collect();
    lift(items, budget, 0, &|items, more| {
        let items = items.into_iter().map(|((), node)| node).collect();
        Node::new(Value::List(List { items, open: open.clone().or(more) }), span)
    })
}

fn lift<K: Clone>(
    items: Vec<(K, Outcome)>,
    budget: &Budget,
    depth: usize,
    build: &dyn Fn(Vec<(K, Node)>, Option<Unknown>) -> Node,
) -> Node {
    let choice = items.iter().find_map(|(_, item)| item.choice()).cloned();
    let may_copy = || depth < MAX_CHOICES && budget.spend(items.iter().map(|(_, i)| i.size()).sum());
    match choice {
        Some(choice) if may_copy() => {
            let settled = |index| {
                let items = items.iter().map(|(k, i)| (k.clone(), i.assume(&choice.name, index))).collect();
                lift(items, budget, depth + 1, build)
            };
            let nodes = [settled(0), settled(1)];
            let span = nodes.first().map_or(choice.span, |n| n.span);
            choice.node(nodes, span)
        }
        // What may or may not be there is then not listed: the object is open instead.
        choice => {
            let more = choice.map(|c| c.unknown());
            let present = items.into_iter().filter_map(|(key, item)| match item {
                Outcome::Node(node) => Some((key, node)),
                Outcome::Absent | Outcome::Either(_) => None,
            });
            build(present.collect(), more)
        }
    }
}

/// Computes a value of arguments that may be alternatives: one of several results, one for each way to settle
/// them.
pub(crate) fn distribute(arguments: &Node, budget: &Budget, f: &dyn Fn(&Node) -> Node) -> Node {
    distribute_below(arguments, budget, 0, f)
}

fn distribute_below(arguments: &Node, budget: &Budget, depth: usize, f: &dyn Fn(&Node) -> Node) -> Node {
    let Some(one) = first_choice(arguments) else {
        return f(arguments);
    };
    if depth >= MAX_CHOICES || !budget.spend(size(arguments)) {
        let why = Cause::Undecided(format!("the condition `{}`", one.choice).into());
        return Node::unknown(format!("condition `{}`", one.choice), why, arguments.span);
    }
    let branches = one.branches.iter().enumerate().map(|(index, branch)| Branch {
        when: branch.when.clone(),
        standing: branch.standing,
        node: distribute_below(&assume(arguments, &one.choice, index), budget, depth + 1, f),
    });
    let span = arguments.span;
    Node::new(
        Value::OneOf(OneOf { choice: one.choice.clone(), span: one.span, branches: branches.collect() }),
        span,
    )
}

fn first_choice(node: &Node) -> Option<&OneOf> {
    match &node.value {
        Value::OneOf(one) => Some(one),
        Value::List(list) => list.items.iter().find_map(first_choice),
        Value::Object(object) => object.entries.iter().find_map(|e| first_choice(&e.value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => None,
    }
}

/// The tree once the condition `name` is settled.
fn assume(node: &Node, name: &str, index: usize) -> Node {
    let value = match &node.value {
        Value::OneOf(one) if *one.choice == *name => {
            return match one.branches.get(index) {
                Some(branch) => assume(&branch.node, name, index),
                None => node.clone(),
            };
        }
        Value::OneOf(one) => {
            let branch = |b: &Branch| Branch {
                when: b.when.clone(),
                standing: b.standing,
                node: assume(&b.node, name, index),
            };
            let branches = one.branches.iter().map(branch).collect();
            Value::OneOf(OneOf { choice: one.choice.clone(), span: one.span, branches })
        }
        Value::List(list) => {
            let items = list.items.iter().map(|n| assume(n, name, index)).collect();
            Value::List(List { items, open: list.open.clone() })
        }
        Value::Object(object) => {
            let entry = |e: &Entry| Entry { key: e.key.clone(), value: assume(&e.value, name, index) };
            let entries = object.entries.iter().map(entry).collect();
            Value::Object(Object { entries, open: object.open.clone() })
        }
        other => other.clone(),
    };
    Node { value, span: node.span, defined: node.defined, origin: node.origin.clone() }
}

/// How much copying a tree costs.
pub(crate) fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::OneOf(one) => one.branches.iter().map(|b| size(&b.node)).sum(),
        Value::List(list) => list.items.iter().map(size).sum(),
        Value::Object(object) => object.entries.iter().map(|e| 1 + size(&e.value)).sum(),
        Value::Text(text) => text.as_str().map_or(text.pieces().len(), |t| t.len() / 32),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => 0,
    }
}
