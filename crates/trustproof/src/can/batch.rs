//! `trustproof can --batch`: lines in, answers out, in the same order and as soon as they are known.
//!
//! Memory is bounded whatever comes in: what was read and is not yet answered is at most one line and one read.
#![allow(clippy::disallowed_methods, reason = "the questions are in a file that the user names")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use memchr::{memchr, memrchr};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::line::{Answer, Reader};
use crate::discover::{STDIN, reason};
use crate::guard::guarded;
use crate::{STACK, Status, complain, written};

/// Bytes asked for at once. A pipe gives what it has, so a program that waits for its answer gets it.
const READ: usize = 1 << 18;
/// Bytes that a thread takes at a time.
const PIECE: usize = 1 << 14;
/// The longest line that is looked at, in bytes. A trust policy has some thousand characters.
const LONGEST: usize = 4 << 20;

/// Answers every line of a file, or of standard input for `-`.
pub(super) fn run(file: &Path) -> Status {
    let pool = match ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool,
        Err(error) => {
            complain(format_args!("cannot start threads: {error}"));
            return Status::Undone;
        }
    };
    let mut batch = Batch { pool, out: io::stdout().lock(), unanswered: 0 };
    let end = if file == Path::new(STDIN) {
        batch.answer(io::stdin().lock())
    } else {
        File::open(file).map_err(Stop::Read).and_then(|input| batch.answer(input))
    };
    let status = match end {
        Ok(()) => Status::Clean,
        Err(Stop::Write(error)) => written(Err(error)),
        Err(Stop::Read(error)) => {
            complain(format_args!("cannot read `{}`: {}", file.display(), reason(&error)));
            Status::Undone
        }
    };
    if batch.unanswered == 0 {
        return status;
    }
    let lines =
        if batch.unanswered == 1 { "1 line was" } else { &format!("{} lines were", batch.unanswered) };
    complain(format_args!("{lines} no question; the answers say why"));
    Status::Undone
}

/// Why a batch ended early.
enum Stop {
    Read(io::Error),
    Write(io::Error),
}

struct Batch<W> {
    pool: ThreadPool,
    out: W,
    /// Lines that were answered with an error.
    unanswered: usize,
}

impl<W: Write> Batch<W> {
    fn answer(&mut self, mut input: impl Read) -> Result<(), Stop> {
        let mut buffer = Buffer::default();
        loop {
            let ended = buffer.read(&mut input).map_err(Stop::Read)?;
            let lines = buffer.lines(ended);
            if !lines.is_empty() {
                self.lines(lines).map_err(Stop::Write)?;
            }
            if ended {
                return Ok(());
            }
            buffer.advance();
        }
    }

    /// Answers whole lines.
    fn lines(&mut self, lines: &[u8]) -> io::Result<()> {
        let pieces = pieces(lines);
        let answers: Vec<(Vec<u8>, usize)> =
            self.pool.install(|| pieces.into_par_iter().map(answers).collect());
        for (text, unanswered) in answers {
            self.out.write_all(&text)?;
            self.unanswered += unanswered;
        }
        self.out.flush()
    }
}

/// What was read and is not yet answered.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    /// How many of them were read; the rest is room.
    filled: usize,
    /// Where the fresh ones begin: those before hold no line end.
    fresh: usize,
    /// How many of them are whole lines.
    whole: usize,
}

impl Buffer {
    /// Appends what one read gives; says whether the input has ended.
    fn read(&mut self, input: &mut impl Read) -> io::Result<bool> {
        self.bytes.resize(self.bytes.len().max(self.filled + READ), 0);
        let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let count = loop {
            match input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.fresh = self.filled;
        self.filled += count;
        Ok(count == 0)
    }

    /// The whole lines; at the end of the input all that is left is one.
    fn lines(&mut self, ended: bool) -> &[u8] {
        let fresh = self.bytes.get(self.fresh..self.filled).unwrap_or_default();
        self.whole =
            if ended { self.filled } else { memrchr(b'\n', fresh).map_or(0, |at| self.fresh + at + 1) };
        self.bytes.get(..self.whole).unwrap_or_default()
    }

    /// Forgets the whole lines, and of a line that is too long all but enough to see that it is.
    fn advance(&mut self) {
        self.bytes.copy_within(self.whole..self.filled, 0);
        self.filled = (self.filled - self.whole).min(LONGEST + 1);
    }
}

/// Cuts whole lines into pieces of whole lines.
fn pieces(lines: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let after = rest.get(PIECE..).and_then(|after| memchr(b'\n', after));
        let (piece, tail) = rest.split_at(after.map_or(rest.len(), |at| PIECE + at + 1));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}

/// The answers to whole lines, and how many of them are errors.
fn answers(lines: &[u8]) -> (Vec<u8>, usize) {
    let (mut out, mut unanswered) = (Vec::new(), 0);
    let mut reader = Reader::default();
    let mut rest = lines;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let answer = answer(&mut reader, rest.get(..end).unwrap_or_default());
        answer.write(&mut out);
        unanswered += usize::from(matches!(answer, Answer::Error { .. }));
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    (out, unanswered)
}

fn answer(reader: &mut Reader, line: &[u8]) -> Answer {
    if line.len() > LONGEST {
        return Answer::Error { error: format!("longer than {} MiB, the most that is read", LONGEST >> 20) };
    }
    guarded(|| reader.answer(line)).unwrap_or_else(|message| Answer::Error {
        error: format!("internal error: {message}; please report"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a slow pipe does.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            let (now, later) = self.0.split_at(count);
            out[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    /// The answers, and how many of them are errors.
    fn answered(input: &[u8], drop: usize) -> (String, usize) {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let mut batch = Batch { pool, out: Vec::new(), unanswered: 0 };
        assert!(batch.answer(Drops(input, drop)).is_ok());
        (String::from_utf8(batch.out).unwrap(), batch.unanswered)
    }

    /// A line whose answer names the statement `index`.
    fn line(index: usize) -> String {
        let other = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"},"#
            .repeat(index);
        format!(
            r#"{{"trust_policy":{{"Statement":[{other}{{"Effect":"Allow","Principal":{{"AWS":"444455556666"}},"Action":"sts:AssumeRole"}}]}},"principal":"444455556666"}}"#
        )
    }

    #[test]
    fn answers_come_in_the_order_of_the_lines_however_they_are_read() {
        let input: String = (0..300).map(|i| line(i % 7) + "\n").collect();
        let expected: String = (0..300)
            .map(|i| format!("{{\"decision\":\"allow\",\"undetermined\":false,\"statement\":{}}}\n", i % 7))
            .collect();
        for drop in [7, 1000, PIECE, READ] {
            assert_eq!(answered(input.as_bytes(), drop), (expected.clone(), 0), "{drop} bytes at a time");
        }
        assert_eq!(answered(input.trim_end().as_bytes(), READ), (expected, 0), "without a last line end");
    }

    #[test]
    fn every_line_has_one_answer() {
        assert_eq!(answered(b"", 9), (String::new(), 0));
        let (out, errors) = answered(b"\n\r\nx\n\xff\n\0\n", 9);
        assert_eq!((out.lines().count(), errors), (5, 5), "{out}");
        assert!(out.lines().all(|answer| answer.starts_with("{\"error\":")), "{out}");
    }

    #[test]
    fn a_line_that_is_too_long_is_no_question_and_its_neighbours_are() {
        let long = line(0).replacen("{\"trust", &format!("{{\"a\":\"{}\",\"trust", "x".repeat(LONGEST)), 1);
        let just = line(0) + &" ".repeat(LONGEST - line(0).len());
        let input = format!("{}\n{long}\n{just}\n{long}", line(0));
        let (out, errors) = answered(input.as_bytes(), 1 << 20);
        let kinds: Vec<bool> = out.lines().map(|answer| answer.contains("longer than 4 MiB")).collect();
        assert_eq!((kinds, errors), (vec![false, true, false, true], 2), "{out}");
    }
}
