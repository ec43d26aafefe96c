//! The instances of a block: `count` and `for_each`.

use std::sync::Arc;

use model::{Span, Unknown};

use super::{Evaluator, Scope};
use crate::ir::Block;
use crate::value::{Field, Kind, Str, Val};

/// How many instances are told apart; beyond that they are one symbolic instance.
const MAX_INSTANCES: u32 = 16;

/// The instances of a block.
#[derive(Debug)]
pub(crate) struct Instances {
    pub(crate) list: Vec<Instance>,
    /// Why there may be more.
    pub(crate) open: Option<Arc<Unknown>>,
}

/// One instance: its key, and the names that are bound in it.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// `None` without `count` and `for_each`, or if the key is not known.
    pub(crate) key: Option<Val>,
    pub(crate) scope: Scope,
}

impl Evaluator<'_> {
    /// The instances of a block. A number that is not known gives one instance without known key, and `open`.
    pub(crate) fn instances(&self, block: &Block) -> Instances {
        if let Some(count) = block.body.attribute("count") {
            let value = self.settle(self.eval(&count.value, &Scope::default()));
            return self.counted(&value);
        }
        if let Some(each) = block.body.attribute("for_each") {
            let value = self.settle(self.eval(&each.value, &Scope::default()));
            return self.for_each(&value);
        }
        Instances { list: vec![Instance { key: None, scope: Scope::default() }], open: None }
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
            return Instances { list: vec![index(0)], open: value.why_unknown() };
        }
        let Some(number) = value.known_number() else {
            let unknown = value.why_unknown();
            let scope = match &unknown {
                Some(_) => count_scope(value_of_unknown(self, unknown.as_ref(), value.span), value.span),
                None => Scope::default(),
            };
            return Instances { list: vec![Instance { key: None, scope }], open: unknown };
        };
        if number > f64::from(MAX_INSTANCES) {
            let key = self.unsupported("the instances of a large count are not told apart", value.span);
            let open = key.why_unknown();
            return Instances {
                list: vec![Instance { scope: count_scope(key, value.span), key: None }],
                open,
            };
        }
        Instances {
            list: (0..MAX_INSTANCES).take_while(|n| f64::from(*n) < number).map(index).collect(),
            open: None,
        }
    }

    fn for_each(&self, value: &Val) -> Instances {
        let symbolic = |unknown: Option<Arc<Unknown>>| {
            let element = value_of_unknown(self, unknown.as_ref(), value.span);
            let scope = each_scope(element.clone(), element, value.span);
            Instances { list: vec![Instance { key: None, scope }], open: unknown }
        };
        let Some((elements, open)) = self.elements(value) else {
            return symbolic(value.why_unknown());
        };
        if elements.len() > MAX_INSTANCES as usize {
            let many = self.unsupported("the instances of a large collection are not told apart", value.span);
            return symbolic(many.why_unknown());
        }
        let is_set = matches!(value.kind, Kind::List(_));
        let one = |(key, element): (Val, Val)| {
            // In a set the key is the element.
            let key = if is_set { element.clone() } else { key };
            Instance { scope: each_scope(key.clone(), element, value.span), key: Some(key) }
        };
        Instances { list: elements.into_iter().map(one).collect(), open }
    }
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
