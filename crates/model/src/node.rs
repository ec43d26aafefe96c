//! The narrow waist: every format becomes a located tree of known, unknown and alternative values.

use std::borrow::Cow;
use std::sync::Arc;

use crate::{Cause, Located, Origin, Span, Text, Unknown};

/// A value at a place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where the document uses it. For a quoted text: without the quotes.
    pub span: Span,
    /// Where it was defined, if elsewhere.
    pub defined: Option<Span>,
    /// The way back from the characters of a text to the source, where it is not simply the bytes under `span`.
    pub origin: Option<Arc<Origin>>,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number in the spelling of the source (account ids with leading zeros survive).
    Number(Box<str>),
    /// A string.
    Text(Text),
    /// A sequence.
    List(List),
    /// A mapping.
    Object(Object),
    /// One of several values, depending on a condition that is not settled or that an input could change.
    OneOf(OneOf),
    /// Nothing is known of it, not even its type.
    Unknown(Unknown),
}

/// A sequence; `open` says that there may be more elements than those listed.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The known elements in order.
    pub items: Vec<Node>,
    /// Why there may be more.
    pub open: Option<Unknown>,
}

/// A mapping in source order; duplicate keys are kept, `open` says that there may be more entries.
#[derive(Clone, Debug, Default)]
pub struct Object {
    /// The known entries.
    pub entries: Vec<Entry>,
    /// Why there may be more.
    pub open: Option<Unknown>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; its span excludes quotes.
    pub key: Located<Text>,
    /// The value.
    pub value: Node,
}

/// Alternatives under one condition.
#[derive(Clone, Debug)]
pub struct OneOf {
    /// Names the condition. Two alternatives under the same name are taken together: where one takes its n-th
    /// branch, so does the other.
    pub choice: Box<str>,
    /// Where the condition stands.
    pub span: Span,
    /// The alternatives; at least one.
    pub branches: Vec<Branch>,
}

/// One alternative.
#[derive(Clone, Debug)]
pub struct Branch {
    /// When it is taken, as a clause for a message: "`var.external_id` is null".
    pub when: Box<str>,
    /// Whether the input says so.
    pub standing: Standing,
    /// The value then.
    pub node: Node,
}

/// What the input says of a branch. Ordered from the strongest claim to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Given values and defaults select it (or every reading counts, as with duplicate keys).
    Selected,
    /// Nothing selects among the branches; this one may be the one.
    Unsettled,
    /// Another permitted value of an input would select it.
    Permitted,
}

/// One condition resolved in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// The condition's name.
    pub choice: Box<str>,
    /// The clause that holds.
    pub when: Box<str>,
    /// Whether the input says so.
    pub standing: Standing,
    /// Where the condition stands.
    pub span: Span,
}

impl Node {
    /// A value at a place.
    pub fn new(value: Value, span: Span) -> Self {
        Node { value, span, defined: None, origin: None }
    }

    /// A known text.
    pub fn text(text: &str, span: Span) -> Self {
        Node::new(Value::Text(Text::lit(text)), span)
    }

    /// An unknown value.
    pub fn unknown(what: impl Into<Box<str>>, why: Cause, span: Span) -> Self {
        Node::new(Value::Unknown(Unknown::new(what, why, Some(span))), span)
    }

    /// The same value used at `span`; the place it had becomes the definition unless it has one already.
    #[must_use]
    pub fn used_at(mut self, span: Span) -> Self {
        if self.span != span {
            self.defined = Some(self.defined.unwrap_or(self.span));
            self.span = span;
        }
        self
    }

    /// The text of a scalar as policies compare it: booleans and numbers by their spelling. `None` for the rest.
    pub fn scalar(&self) -> Option<Located<Text>> {
        let value = match &self.value {
            Value::Text(text) => text.clone(),
            Value::Bool(b) => Text::lit(if *b { "true" } else { "false" }),
            Value::Number(n) => Text::lit(n),
            Value::Unknown(unknown) => Text::unknown(unknown.clone()),
            Value::Null | Value::List(_) | Value::Object(_) | Value::OneOf(_) => return None,
        };
        Some(Located { value, span: self.span, defined: self.defined })
    }

    /// The last value of a key, as every consumer of JSON takes it. `None` if the node is no mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// What kind of value it is, for a message.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
            Value::OneOf(_) => "one of several values",
            Value::Unknown(_) => "an unknown value",
        }
    }
}

impl Object {
    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries.iter().rev().find(|e| e.key.value.is(key)).map(|e| &e.value)
    }
}

/// A condition, its place, and its outcomes.
type Choice = (Box<str>, Span, Vec<(Box<str>, Standing)>);

/// All ways to settle the conditions inside a tree, each with the tree it leaves: trees without [`Value::OneOf`]. A
/// condition inside a branch that is not taken is left open. A tree without conditions is left as it is.
///
/// More than `limit` ways or conditions are not listed: then the tree is returned once with every alternative unknown.
pub fn branches(node: &Node, limit: usize) -> Vec<(Vec<Assumption>, Cow<'_, Node>)> {
    let mut choices: Vec<Choice> = Vec::new();
    collect(node, limit, &mut choices);
    if choices.is_empty() {
        return vec![(Vec::new(), Cow::Borrowed(node))];
    }
    let mut ways = Ways { node, choices: &choices, limit, found: Vec::new() };
    if choices.len() > limit || !ways.find(&mut vec![None; choices.len()]) {
        return vec![(Vec::new(), Cow::Owned(settle(node, &|_| None)))];
    }
    // The condition that stands first changes fastest.
    let mut found = ways.found;
    found.sort_by(|one, other| one.iter().rev().cmp(other.iter().rev()));
    let way = |picked: Vec<Option<usize>>| {
        let taken = |((choice, span, list), index): (&Choice, &Option<usize>)| {
            let (when, standing) = list.get((*index)?)?;
            let (choice, when) = (choice.clone(), when.clone());
            Some(Assumption { choice, when, standing: *standing, span: *span })
        };
        let assumptions = choices.iter().zip(&picked).filter_map(taken).collect();
        let settled = settle(node, &|name| picked_of(&choices, &picked, name));
        (assumptions, Cow::Owned(settled))
    };
    found.into_iter().map(way).collect()
}

/// The search for all ways to settle the conditions of a tree.
struct Ways<'n> {
    node: &'n Node,
    choices: &'n [Choice],
    limit: usize,
    /// For each way the branch of each condition, where it comes to that.
    found: Vec<Vec<Option<usize>>>,
}

impl Ways<'_> {
    /// Finds the ways that go on from what is picked; false if there are too many. As deep as there are conditions.
    fn find(&mut self, picked: &mut Vec<Option<usize>>) -> bool {
        let open = first_open(self.node, &|name| picked_of(self.choices, picked, name));
        let position = open.and_then(|one| self.choices.iter().position(|(name, ..)| *name == one.choice));
        let Some((position, count)) = position.and_then(|at| Some((at, self.choices.get(at)?.2.len())))
        else {
            self.found.push(picked.clone());
            return self.found.len() <= self.limit;
        };
        for index in 0..count.max(1) {
            if let Some(place) = picked.get_mut(position) {
                *place = Some(index);
            }
            if !self.find(picked) {
                return false;
            }
        }
        if let Some(place) = picked.get_mut(position) {
            *place = None;
        }
        true
    }
}

fn picked_of(choices: &[Choice], picked: &[Option<usize>], name: &str) -> Option<usize> {
    let position = choices.iter().position(|(choice, ..)| **choice == *name)?;
    picked.get(position).copied().flatten()
}

/// The first condition that is not settled, outside of branches that are not taken.
fn first_open<'n>(node: &'n Node, pick: &dyn Fn(&str) -> Option<usize>) -> Option<&'n OneOf> {
    match &node.value {
        Value::OneOf(one) => match pick(&one.choice) {
            Some(index) => one.branches.get(index).and_then(|branch| first_open(&branch.node, pick)),
            None => Some(one),
        },
        Value::List(list) => list.items.iter().find_map(|n| first_open(n, pick)),
        Value::Object(object) => object.entries.iter().find_map(|e| first_open(&e.value, pick)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => None,
    }
}

/// The conditions inside a tree, up to the first that is one too many.
fn collect(node: &Node, limit: usize, choices: &mut Vec<Choice>) {
    if choices.len() > limit {
        return;
    }
    match &node.value {
        Value::OneOf(one) => {
            if !choices.iter().any(|(choice, ..)| *choice == one.choice) {
                let list = one.branches.iter().map(|b| (b.when.clone(), b.standing)).collect();
                choices.push((one.choice.clone(), one.span, list));
            }
            for branch in &one.branches {
                collect(&branch.node, limit, choices);
            }
        }
        Value::List(list) => list.items.iter().for_each(|n| collect(n, limit, choices)),
        Value::Object(object) => object.entries.iter().for_each(|e| collect(&e.value, limit, choices)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
    }
}

fn settle(node: &Node, pick: &dyn Fn(&str) -> Option<usize>) -> Node {
    let value = match &node.value {
        Value::OneOf(one) => {
            return match pick(&one.choice).and_then(|index| one.branches.get(index)) {
                Some(branch) => settle(&branch.node, pick),
                None => {
                    let why = Cause::Undecided(format!("`{}`", one.choice).into());
                    Node::new(
                        Value::Unknown(Unknown::new(one.choice.clone(), why, Some(one.span))),
                        node.span,
                    )
                }
            };
        }
        Value::List(list) => Value::List(List {
            items: list.items.iter().map(|n| settle(n, pick)).collect(),
            open: list.open.clone(),
        }),
        Value::Object(object) => Value::Object(Object {
            entries: object
                .entries
                .iter()
                .map(|e| Entry { key: e.key.clone(), value: settle(&e.value, pick) })
                .collect(),
            open: object.open.clone(),
        }),
        other => other.clone(),
    };
    Node { value, span: node.span, defined: node.defined, origin: node.origin.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    fn at() -> Span {
        Span { file: FileId(0), start: 0, end: 0 }
    }

    fn either(choice: &str, a: &str, b: &str) -> Node {
        let branch =
            |text: &str, standing| Branch { when: text.into(), standing, node: Node::text(text, at()) };
        Node::new(
            Value::OneOf(OneOf {
                choice: choice.into(),
                span: at(),
                branches: vec![branch(a, Standing::Selected), branch(b, Standing::Permitted)],
            }),
            at(),
        )
    }

    fn texts(node: &Node) -> Vec<String> {
        match &node.value {
            Value::List(list) => {
                list.items.iter().filter_map(Node::scalar).map(|t| t.value.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn equal_conditions_are_settled_together() {
        let items = vec![either("c", "a1", "a2"), either("d", "b1", "b2"), either("c", "c1", "c2")];
        let node = Node::new(Value::List(List { items, open: None }), at());
        let ways: Vec<_> = branches(&node, 16).iter().map(|(_, n)| texts(n)).collect();
        assert_eq!(ways, [["a1", "b1", "c1"], ["a2", "b1", "c2"], ["a1", "b2", "c1"], ["a2", "b2", "c2"]]);
    }

    #[test]
    fn what_stands_in_a_branch_is_asked_only_where_it_is_taken() {
        let mut outer = either("c", "", "b");
        let Value::OneOf(one) = &mut outer.value else { panic!("one of two") };
        one.branches[0].node = either("d", "a1", "a2");
        let node = Node::new(Value::List(List { items: vec![outer], open: None }), at());
        let ways: Vec<_> = branches(&node, 16).iter().map(|(a, n)| (a.len(), texts(n).concat())).collect();
        assert_eq!(ways, [(1, "b".to_owned()), (2, "a1".to_owned()), (2, "a2".to_owned())]);
    }

    #[test]
    fn too_many_ways_become_unknown() {
        let items = (0..8).map(|i| either(&format!("c{i}"), "x", "y")).collect();
        let node = Node::new(Value::List(List { items, open: None }), at());
        let ways = branches(&node, 16);
        assert_eq!(ways.len(), 1);
        assert!(texts(&ways[0].1).iter().all(|t| t.starts_with("${c")));
    }
}
