//! What all module instances of a unit share: the sources, the limits, and what is assumed at the moment.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use model::{SourceMap, Span};

use crate::given::Settings;
use crate::library::Library;
use crate::manifest::Manifest;
use crate::value::Inputs;

/// How many variables may have another value at once.
const MAX_CHANGED: usize = 2;
/// How many branches that inputs do not select are looked into.
const MAX_LOOKS: u32 = 5_000;
/// How many module instances are made in one unit.
const MAX_MODULES: u32 = 1_000;
/// How many expressions are evaluated in one unit before everything else counts as unknown.
const MAX_STEPS: u32 = 2_000_000;
/// How many more for each module instance.
const MODULE_STEPS: u32 = 20_000;

/// The unit at hand.
pub(crate) struct World<'a> {
    pub(crate) sources: &'a SourceMap,
    pub(crate) library: &'a Library<'a>,
    /// The directory of the root module.
    pub(crate) root: String,
    /// The values that the root module's variables are given.
    pub(crate) given: Settings,
    /// Where the modules lie that were downloaded for the root module.
    pub(crate) manifest: Manifest,
    /// The address of what holds the root module, if it stands inside other code.
    pub(crate) within: Option<Box<str>>,
    pub(super) depth: Cell<u32>,
    steps: Cell<u32>,
    looks: Cell<u32>,
    modules: Cell<u32>,
    /// Choices that are settled while one way of a statement is built: name and branch.
    pub(crate) settled: RefCell<Vec<(Box<str>, usize)>>,
    /// Variables of the root module that have another value at the moment.
    changed: RefCell<Inputs>,
    /// What the evaluation at hand has rested on so far.
    reads: RefCell<Reads>,
}

/// What a value rests on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    /// Variables of the root module that have the value they are given, or their default.
    pub(crate) inputs: BTreeSet<Box<str>>,
    /// Calls of modules that are not in the scan.
    pub(crate) missing: BTreeSet<Span>,
    /// More inputs than are told apart: of some only the values as things are were looked at.
    pub(crate) narrowed: bool,
}

impl Reads {
    fn extend(&mut self, other: &Reads) {
        self.inputs.extend(other.inputs.iter().cloned());
        self.missing.extend(&other.missing);
        self.narrowed |= other.narrowed;
    }
}

impl<'a> World<'a> {
    pub(crate) fn new(sources: &'a SourceMap, library: &'a Library<'a>, root: &str, given: Settings) -> Self {
        World {
            manifest: Manifest::default(),
            within: None,
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

    /// Counts one more expression; false if there were too many.
    pub(super) fn admits_step(&self) -> bool {
        self.steps.set(self.steps.get().saturating_add(1));
        self.steps.get() <= MAX_STEPS.saturating_add(self.modules.get().saturating_mul(MODULE_STEPS))
    }

    pub(super) fn note_input(&self, variable: &str) {
        self.reads.borrow_mut().inputs.insert(variable.into());
    }

    pub(super) fn note_missing(&self, call: Span) {
        self.reads.borrow_mut().missing.insert(call);
    }

    pub(crate) fn note_narrowed(&self) {
        self.reads.borrow_mut().narrowed = true;
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

    /// A result without what it rests on.
    pub(super) fn unread<T>(&self, evaluate: impl FnOnce() -> T) -> T {
        let outer = self.reads.take();
        let value = evaluate();
        self.reads.replace(outer);
        value
    }

    /// The variables that have another value at the moment.
    pub(crate) fn changed(&self) -> Inputs {
        Rc::clone(&self.changed.borrow())
    }

    /// A result for other values of variables than their inputs. `None` if too much is assumed already.
    pub(crate) fn changing<T>(&self, inputs: &BTreeSet<Box<str>>, evaluate: impl FnOnce() -> T) -> Option<T> {
        let before = self.changed();
        let changed: BTreeSet<Box<str>> = before.union(inputs).cloned().collect();
        if changed.len() > before.len() {
            let looks = self.looks.get();
            if changed.len() > MAX_CHANGED.max(inputs.len()) || looks >= MAX_LOOKS {
                self.note_narrowed();
                return None;
            }
            self.looks.set(looks + 1);
        }
        self.changed.replace(Rc::new(changed));
        // What would be read then is nothing that the value rests on as things are.
        let before_reads = self.reads.take();
        let value = evaluate();
        let Reads { missing, narrowed, .. } = self.reads.replace(before_reads);
        self.note(&Reads { inputs: BTreeSet::new(), missing, narrowed });
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
