//! What judging one policy may cost. It is counted in steps and never in time, so that a verdict depends on the
//! policy alone.

use std::cell::Cell;

/// How many steps the searches for one policy may take together, a step being some ten nanoseconds. A policy as people
/// write them takes some thousand; one that a cloud accepts, made to be hard, some million.
const STEPS: usize = 60_000_000;

/// The steps that are left, and whether anything that is not known came up.
#[derive(Debug)]
pub(crate) struct Work {
    left: Cell<usize>,
    doubted: Cell<bool>,
}

impl Default for Work {
    fn default() -> Self {
        Work { left: Cell::new(STEPS), doubted: Cell::new(false) }
    }
}

impl Work {
    /// Takes steps; `false` if none are left after that.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        let left = self.left.get().saturating_sub(steps);
        self.left.set(left);
        left > 0
    }

    /// Notes that an outcome depends on how what is not known is read.
    pub(crate) fn doubt(&self) {
        self.doubted.set(true);
    }

    /// Whether that came up since it was last asked.
    pub(crate) fn take_doubt(&self) -> bool {
        self.doubted.replace(false)
    }
}
