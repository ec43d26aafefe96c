//! What is kept of a source that can be read only once and may be too large to keep: some pieces of its text, and
//! where each of them stood.
//!
//! Not here: which pieces are worth keeping (inputs), reading (the binary).

use std::ops::Range;

use crate::Position;

/// Pieces of a source in the order of their places. A span in such a source counts the bytes of what was kept.
///
/// INVARIANT: runs are in the order of their offsets, which begin characters of `text`.
#[derive(Debug, Default)]
pub struct Pieces {
    text: String,
    runs: Vec<Run>,
}

/// One piece.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Where it begins in what was kept.
    start: usize,
    /// Where it began in the source.
    position: Position,
}

impl Pieces {
    /// Keeps a piece that stood at `position`; returns its offset among the kept bytes.
    pub fn push(&mut self, piece: &str, position: Position) -> usize {
        let start = self.text.len();
        self.runs.push(Run { start, position });
        self.text.push_str(piece);
        start
    }

    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Lets go of all pieces that begin at this offset or behind it.
    pub fn truncate(&mut self, offset: usize) {
        let left = self.runs.partition_point(|run| run.start < offset);
        if let Some(first) = self.runs.get(left) {
            self.text.truncate(first.start);
            self.runs.truncate(left);
        }
    }

    pub(crate) fn into_parts(self) -> (String, Places) {
        (self.text, Places(self.runs))
    }
}

/// Where the kept pieces stood.
pub(crate) struct Places(Vec<Run>);

impl Places {
    /// The piece that an offset lies in: its range in what was kept, and where it stood. `None` before any piece.
    pub(crate) fn piece(&self, offset: usize, end: usize) -> Option<(Range<usize>, Position)> {
        let next = self.0.partition_point(|run| run.start <= offset);
        let run = self.0.get(next.checked_sub(1)?)?;
        let end = self.0.get(next).map_or(end, |next| next.start);
        Some((run.start..end, run.position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_leaves_the_rest() {
        let start = Position { line: 1, column: 1 };
        let mut pieces = Pieces::default();
        pieces.push("ab", start);
        let mark = pieces.len();
        pieces.push("cd", start);
        pieces.push("ef", start);
        pieces.truncate(mark);
        assert_eq!((pieces.len(), pieces.push("x", start)), (2, 2));
        pieces.truncate(0);
        assert!(pieces.is_empty());
    }

    #[test]
    fn a_place_goes_on_by_lines_and_scalars() {
        let start = Position { line: 3, column: 7 };
        let after = |text: &str| start.after(text.as_bytes());
        assert_eq!(after(""), start);
        assert_eq!(after("aé"), Position { line: 3, column: 9 });
        assert_eq!(after("a\nb\né"), Position { line: 5, column: 2 });
        assert_eq!(after("a\n"), Position { line: 4, column: 1 });
        assert_eq!(after(&"é".repeat(1000)), Position { line: 3, column: 1007 });
    }
}
