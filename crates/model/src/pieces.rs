//! What is kept of a source that can be read only once and may be too large to keep: some pieces of its text, and
//! where each of them stood.
//!
//! Not here: which pieces are worth keeping (inputs), reading (the binary).

use std::ops::Range;

use crate::Position;

/// Pieces of a source in the order of their places. A span in such a source counts the bytes of what was kept.
///
/// INVARIANT: runs are in the order of their offsets, and none is longer than what follows it in `text`.
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

/// The place of the end of `text`, which begins at `start`.
pub(crate) fn advance(start: Position, text: &str) -> Position {
    let (line, column) = match text.rsplit_once('\n') {
        Some((lines, last)) => {
            (start.line as usize + lines.matches('\n').count() + 1, 1 + last.chars().count())
        }
        None => (start.line as usize, start.column as usize + text.chars().count()),
    };
    Position {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_on_by_lines_and_scalars() {
        let start = Position { line: 3, column: 7 };
        assert_eq!(advance(start, ""), start);
        assert_eq!(advance(start, "aé"), Position { line: 3, column: 9 });
        assert_eq!(advance(start, "a\nb\né"), Position { line: 5, column: 2 });
        assert_eq!(advance(start, "a\n"), Position { line: 4, column: 1 });
    }
}
