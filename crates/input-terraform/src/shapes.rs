//! How many shapes of one policy are kept apart.
//!
//! Every condition multiplies the shapes. Beyond a bound, conditions that inputs decide are taken as they are: what is
//! certain must not become unknown because there is so much that other inputs could change.

use std::collections::{BTreeMap, BTreeSet};

use model::{Branch, Entry, List, Node, Object, OneOf, Standing, Value};

/// How many shapes there may be, as the model's lowering bounds them.
const MAX_SHAPES: usize = 64;

/// The tree, with conditions settled as given values and defaults settle them where there are too many; and whether
/// that was so.
pub(crate) fn bounded(node: Node) -> (Node, bool) {
    let mut choices = Choices::default();
    choices.collect(&node);
    let mut shapes = choices.open;
    let mut taken = BTreeSet::new();
    for name in &choices.selectable {
        let branches = choices.branches.get(name).copied().unwrap_or(1);
        let more = shapes.saturating_mul(branches);
        if more > MAX_SHAPES {
            taken.insert(name.clone());
        } else {
            shapes = more;
        }
    }
    if taken.is_empty() {
        return (node, false);
    }
    (settled(node, &|one| if taken.contains(&one.choice) { selected(one) } else { None }), true)
}

#[derive(Debug)]
struct Choices {
    /// How many shapes the conditions make that no input decides.
    open: usize,
    /// The others, in the order in which they stand.
    selectable: Vec<Box<str>>,
    branches: BTreeMap<Box<str>, usize>,
}

impl Default for Choices {
    fn default() -> Self {
        Choices { open: 1, selectable: Vec::new(), branches: BTreeMap::new() }
    }
}

impl Choices {
    fn collect(&mut self, node: &Node) {
        match &node.value {
            Value::OneOf(one) => {
                let count = one.branches.len().max(1);
                if self.branches.insert(one.choice.clone(), count).is_none() {
                    if selected(one).is_some() {
                        self.selectable.push(one.choice.clone());
                    } else {
                        self.open = self.open.saturating_mul(count);
                    }
                }
                one.branches.iter().for_each(|b| self.collect(&b.node));
            }
            Value::List(list) => list.items.iter().for_each(|n| self.collect(n)),
            Value::Object(object) => object.entries.iter().for_each(|e| self.collect(&e.value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {}
        }
    }
}

/// The branch that is selected against permitted ones; several selected ones all count.
fn selected(one: &OneOf) -> Option<usize> {
    let permitted = one.branches.iter().any(|b| b.standing == Standing::Permitted);
    permitted.then(|| one.branches.iter().position(|b| b.standing == Standing::Selected)).flatten()
}

/// The tree with the conditions settled for which `pick` names a branch.
pub(crate) fn settled(node: Node, pick: &dyn Fn(&OneOf) -> Option<usize>) -> Node {
    let value = match node.value {
        Value::OneOf(one) => {
            let index = pick(&one);
            let branch = |b: Branch| Branch { node: settled(b.node, pick), ..b };
            let (choice, span) = (one.choice, one.span);
            let mut branches: Vec<Branch> = one.branches.into_iter().map(branch).collect();
            match index.filter(|index| *index < branches.len()) {
                Some(index) => return branches.swap_remove(index).node,
                None => Value::OneOf(OneOf { choice, span, branches }),
            }
        }
        Value::List(list) => Value::List(List {
            items: list.items.into_iter().map(|n| settled(n, pick)).collect(),
            open: list.open,
        }),
        Value::Object(object) => Value::Object(Object {
            entries: object
                .entries
                .into_iter()
                .map(|e| Entry { key: e.key, value: settled(e.value, pick) })
                .collect(),
            open: object.open,
        }),
        other => other,
    };
    Node { value, ..node }
}
