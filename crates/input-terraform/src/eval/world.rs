//! What all module instances of a unit share: the sources, the limits, and what is assumed at the moment.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use model::SourceMap;

use crate::ir::Expr;
use crate::library::Library;
use crate::value::Inputs;

/// How many variables may have another value than their default at once.
const MAX_CHANGED: usize = 2;
/// How many branches that defaults do not select are looked into.
const MAX_LOOKS: u32 = 5_000;
/// How many module instances are made in one unit.
const MAX_MODULES: u32 = 1_000;

/// The unit at hand.
pub(crate) struct World<'a> {
    pub(crate) sources: &'a SourceMap,
    pub(crate) library: &'a Library<'a>,
    /// The directory of the root module.
    pub(crate) root: String,
    /// The values that files beside the root module give its variables.
    pub(crate) given: BTreeMap<Box<str>, Expr>,
    pub(super) depth: Cell<u32>,
    pub(super) steps: Cell<u32>,
    looks: Cell<u32>,
    modules: Cell<u32>,
    /// Choices that are settled while one way of a statement is built: name and branch.
    pub(crate) settled: RefCell<Vec<(Box<str>, usize)>>,
    /// Variables of the root module that have another value than their default.
    changed: RefCell<Inputs>,
    /// What the evaluation at hand has rested on so far.
    reads: RefCell<Reads>,
}

/// What a value rests on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Variables of the root module that have their default.
    pub(crate) defaults: BTreeSet<Box<str>>,
    /// Calls of modules that are not in the scan, by the file and offset of the call.
    pub(crate) missing: BTreeSet<model::Span>,
}

impl Reads {
    fn extend(&mut self, other: &Reads) {
        self.defaults.extend(other.defaults.iter().cloned());
        self.missing.extend(&other.missing);
    }
}

impl<'a> World<'a> {
    pub(crate) fn new(
        sources: &'a SourceMap,
        library: &'a Library<'a>,
        root: &str,
        given: BTreeMap<Box<str>, Expr>,
    ) -> Self {
        World {
            sources,
            library,
            root: root.to_owned(),
            given,
            depth: Cell::new(0),
            steps: Cell::new(0),
            looks: Cell::new(0),
            modules: Cell::new(0),
            settled: RefCell::default(),
            changed: RefCell::default(),
            reads: RefCell::default(),
        }
    }

    /// Whether one more module instance may be made.
    pub(super) fn admits_module(&self) -> bool {
        self.modules.set(self.modules.get().saturating_add(1));
        self.modules.get() <= MAX_MODULES
    }

    pub(super) fn note_default(&self, variable: &str) {
        self.reads.borrow_mut().defaults.insert(variable.into());
    }

    pub(super) fn note_missing(&self, call: model::Span) {
        self.reads.borrow_mut().missing.insert(call);
    }

    pub(super) fn note(&self, reads: &Reads) {
        self.reads.borrow_mut().extend(reads);
    }

    /// A result and what it rests on.
    pub(crate) fn reading<T>(&self, evaluate: impl FnOnce() -> T) -> (T, Reads) {
        let outer = self.reads.take();
        let value = evaluate();
        let inner = self.reads.replace(outer);
        self.note(&inner);
        (value, inner)
    }

    /// The variables that have another value than their default at the moment.
    pub(crate) fn changed(&self) -> Inputs {
        Rc::clone(&self.changed.borrow())
    }

    /// A result for other values of variables than their defaults. `None` if too much is assumed already.
    pub(crate) fn changing<T>(&self, inputs: &BTreeSet<Box<str>>, evaluate: impl FnOnce() -> T) -> Option<T> {
        let before = self.changed();
        let changed: BTreeSet<Box<str>> = before.union(inputs).cloned().collect();
        if changed.len() > before.len() {
            let looks = self.looks.get();
            if changed.len() > MAX_CHANGED.max(inputs.len()) || looks >= MAX_LOOKS {
                return None;
            }
            self.looks.set(looks + 1);
        }
        self.changed.replace(Rc::new(changed));
        // What would be read then is nothing that the value rests on as things are.
        let reads = self.reads.take();
        let value = evaluate();
        self.reads.replace(reads);
        self.changed.replace(before);
        Some(value)
    }

    /// A result that nothing settled for somebody else takes part in.
    pub(super) fn unsettled<T>(&self, evaluate: impl FnOnce() -> T) -> T {
        let settled = self.settled.take();
        let value = evaluate();
        self.settled.replace(settled);
        value
    }
}
