//! The instances of a block: `count` and `for_each`.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use super::{Evaluator, Scope};
use crate::ir::Block;
use crate::value::{Choice, Field, Kind, Str, Val};

/// How many instances are told apart; beyond that they are one symbolic instance.
const MAX_INSTANCES: u32 = 256;

/// The instances of a block.
#[derive(Debug)]
pub(crate) struct Instances {
    pub(crate) list: Vec<Instance>,
    /// Why there may be more.
    pub(crate) open: Option<Arc<Unknown>>,
    /// The condition that decides between the one instance and none, if it is not settled.
    pub(crate) when: Option<Rc<Choice>>,
    /// Where there are none: the variables of which another value would make some.
    pub(crate) opened_by: BTreeSet<Box<str>>,
}

/// One instance: its key, and the names that are bound in it.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// `None` without `count` and `for_each`, or if the key is not known.
    pub(crate) key: Option<Val>,
    pub(crate) scope: Scope,
}

impl Instances {
    /// Whether there may be instances besides those that are listed by their keys.
    pub(crate) fn may_be_more(&self) -> bool {
        let keyed = |i: &Instance| i.key.as_ref().is_some_and(|key| !matches!(key.kind, Kind::Number(_)));
        self.open.is_some() && self.list.iter().all(keyed)
    }
}

impl Evaluator<'_> {
    /// The instances of a block, as given values and defaults make them. A number that is not known gives one instance
    /// without known key, and `open`.
    pub(crate) fn instances(&self, block: &Block) -> Instances {
        let Some(number) = block.body().first(&["count", "for_each"]) else {
            return some(vec![Instance { key: None, scope: Scope::default() }], None);
        };
        let count = &*number.name.text == "count";
        let evaluate = || {
            let mut value = self.settle(self.eval(&number.value, &Scope::default()));
            while let Kind::OneOf(choice) = &value.kind
                && let Some(selected) = choice.selected().and_then(|index| choice.branches.get(index))
            {
                value = selected.value.clone();
            }
            if count { self.counted(&value) } else { self.for_each(&value) }
        };
        let (instances, reads) = self.world.reading(evaluate);
        if !instances.list.is_empty() || instances.open.is_some() || reads.inputs.is_empty() {
            return instances;
        }
        match self.world.changing(&reads.inputs, evaluate) {
            Some(other) if other.list.is_empty() && other.open.is_none() => instances,
            Some(_) | None => Instances { opened_by: reads.inputs, ..instances },
        }
    }

    /// The instances that other values of some inputs make; one that stands for them if these are not known.
    pub(crate) fn other_instances(&self, block: &Block, inputs: &BTreeSet<Box<str>>) -> Vec<Instance> {
        let made = self.world.changing(inputs, || self.instances(block).list);
        made.filter(|list| !list.is_empty()).unwrap_or_else(|| vec![any_instance(block.header)])
    }

    fn counted(&self, value: &Val) -> Instances {
        let index = |n: u32| {
            let key = Val::number(n.to_string(), value.span);
            Instance { scope: count_scope(key.clone(), value.span), key: Some(key) }
        };
        // `cond ? 1 : 0`: where the block exists, it is the one with index 0.
        if let Kind::OneOf(choice) = &value.kind
            && choice.branches.iter().all(|b| b.value.known_number().is_some_and(|n| n == 0.0 || n == 1.0))
        {
            return Instances { when: Some(Rc::clone(choice)), ..some(vec![index(0)], value.why_unknown()) };
        }
        let Some(number) = value.known_number() else {
            let unknown = value.why_unknown();
            let scope = match &unknown {
                Some(_) => count_scope(value_of_unknown(self, unknown.as_ref(), value.span), value.span),
                None => Scope::default(),
            };
            return some(vec![Instance { key: None, scope }], unknown);
        };
        if number > f64::from(MAX_INSTANCES) {
            let key = self.unsupported("the instances of a large count are not told apart", value.span);
            let open = key.why_unknown();
            return some(vec![Instance { scope: count_scope(key, value.span), key: None }], open);
        }
        some((0..MAX_INSTANCES).take_while(|n| f64::from(*n) < number).map(index).collect(), None)
    }

    fn for_each(&self, value: &Val) -> Instances {
        let symbolic = |unknown: Option<Arc<Unknown>>| {
            let element = value_of_unknown(self, unknown.as_ref(), value.span);
            let scope = each_scope(element.clone(), element, value.span);
            some(vec![Instance { key: None, scope }], unknown)
        };
        let Some((elements, open)) = self.elements(value) else {
            return symbolic(value.why_unknown());
        };
        if elements.len() > MAX_INSTANCES as usize {
            let many = self.unsupported("the instances of a large collection are not told apart", value.span);
            return symbolic(many.why_unknown());
        }
        if elements.is_empty() && open.is_some() {
            return symbolic(open);
        }
        let is_set = matches!(value.kind, Kind::List(_));
        let one = |(key, element): (Val, Val)| {
            // In a set the key is the element.
            let key = if is_set { element.clone() } else { key };
            Instance { scope: each_scope(key.clone(), element, value.span), key: Some(key) }
        };
        some(elements.into_iter().map(one).collect(), open)
    }
}

fn some(list: Vec<Instance>, open: Option<Arc<Unknown>>) -> Instances {
    Instances { list, open, when: None, opened_by: BTreeSet::new() }
}

/// An instance of which the key is not known: one of several, or one that does not exist.
pub(crate) fn any_instance(span: Span) -> Instance {
    let value = |what: &str| Val::unknown(what, Cause::Undecided("which instance it is".into()), span);
    let scope = count_scope(value("count.index"), span)
        .with("each", named(&[("key", value("each.key")), ("value", value("each.value"))], span));
    Instance { key: None, scope }
}

fn value_of_unknown(evaluator: &Evaluator<'_>, unknown: Option<&Arc<Unknown>>, span: Span) -> Val {
    match unknown {
        Some(unknown) => evaluator.still_unknown(unknown, span),
        None => evaluator.error("this says no number of instances", span),
    }
}

fn count_scope(index: Val, span: Span) -> Scope {
    Scope::default().with("count", named(&[("index", index)], span))
}

fn each_scope(key: Val, value: Val, span: Span) -> Scope {
    Scope::default().with("each", named(&[("key", key), ("value", value)], span))
}

/// An object of the given fields.
pub(crate) fn named(fields: &[(&str, Val)], span: Span) -> Val {
    let field = |(name, value): &(&str, Val)| Field {
        key: Str::converted(name, span),
        key_span: span,
        value: value.clone(),
    };
    Val::object(fields.iter().map(field).collect(), None, span)
}
