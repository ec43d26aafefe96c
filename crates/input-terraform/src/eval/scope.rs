//! Names that are bound inside an expression: `for` variables, iterators of dynamic blocks, `each` and `count`.

use std::rc::Rc;

use model::Span;

use crate::value::Val;

/// The bound names, innermost first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope(Option<Rc<Binding>>);

#[derive(Debug)]
struct Binding {
    name: Box<str>,
    value: Val,
    outer: Scope,
}

impl Scope {
    /// A scope beyond which nothing is seen: that of a template in a file.
    pub(crate) fn closed() -> Scope {
        Scope(Some(Rc::new(Binding {
            name: "".into(),
            value: Val::null(Span::nowhere()),
            outer: Scope::default(),
        })))
    }

    /// Whether only the bound names are seen.
    pub(crate) fn is_closed(&self) -> bool {
        let mut scope = self;
        while let Some(binding) = &scope.0 {
            if binding.name.is_empty() {
                return true;
            }
            scope = &binding.outer;
        }
        false
    }

    /// This scope with one more name.
    pub(crate) fn with(&self, name: &str, value: Val) -> Scope {
        Scope(Some(Rc::new(Binding { name: name.into(), value, outer: self.clone() })))
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Val> {
        let mut scope = self;
        while let Some(binding) = &scope.0 {
            if *binding.name == *name {
                return Some(binding.value.clone());
            }
            scope = &binding.outer;
        }
        None
    }
}
