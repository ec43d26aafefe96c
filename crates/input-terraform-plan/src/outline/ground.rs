//! Where a value stands while JSON is read: in a text that is all there, or in one that passes by once.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use model::{Cause, FileId, Node, Pieces, Place, Position, Problem, SourceMap, Span, Stream};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What the values stand in.
pub(super) trait Ground {
    /// Reads a value whole, as a located tree.
    fn node<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Node, D::Error>;

    /// The place of the last value that was read whole.
    fn last(&self) -> Span;

    /// How much has been kept.
    fn mark(&self) -> usize;

    /// Lets go of what was kept since.
    fn forget(&self, since: usize);
}

/// What is common to both.
struct Trees {
    file: FileId,
    last: Cell<Span>,
    problems: RefCell<Vec<Problem>>,
}

impl Trees {
    fn new(file: FileId) -> Self {
        let start = Span::new(file, 0, 0);
        Trees { file, last: Cell::new(start), problems: RefCell::default() }
    }

    /// The tree of a value that stands at `start`. Strings that are no Unicode and nesting without end are found here.
    fn node(&self, json: &str, start: usize) -> Node {
        let node = syntax::json::parse_piece(json, self.file, start).unwrap_or_else(|error| {
            let message = format!("the plan is not valid JSON: {}", error.message);
            self.problems.borrow_mut().push(Problem::relevant(Place::Span(error.span), message.as_str()));
            Node::unknown("value", Cause::Invalid(message.into()), error.span)
        });
        self.last.set(node.span);
        node
    }
}

/// A text that is all there.
pub(super) struct Whole {
    trees: Trees,
    /// The address of its first byte.
    base: usize,
}

impl Whole {
    pub(super) fn new(text: &str, file: FileId) -> Self {
        Whole { trees: Trees::new(file), base: text.as_ptr().addr() }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.trees.problems.into_inner()
    }
}

impl Ground for Whole {
    fn node<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Node, D::Error> {
        // Borrowed, so that its address says where it stands.
        let json = <&RawValue>::deserialize(deserializer)?.get();
        Ok(self.trees.node(json, json.as_ptr().addr().saturating_sub(self.base)))
    }

    fn last(&self) -> Span {
        self.trees.last.get()
    }

    fn mark(&self) -> usize {
        0
    }

    fn forget(&self, _: usize) {}
}

/// A text that passes by once.
pub(super) struct Passing<'k> {
    trees: Trees,
    kept: &'k RefCell<Pieces>,
    watch: Rc<Watch>,
}

/// How far a text has passed by.
struct Watch {
    line: Cell<u32>,
    column: Cell<u32>,
    /// Whether the next byte that is neither space nor a colon begins a value whose place is wanted.
    armed: Cell<bool>,
    begun: Cell<Position>,
}

impl Watch {
    fn pass(&self, byte: u8) {
        if self.armed.get() && !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b':') {
            self.armed.set(false);
            self.begun.set(Position { line: self.line.get(), column: self.column.get() });
        }
        if byte == b'\n' {
            self.line.set(self.line.get().saturating_add(1));
            self.column.set(1);
        } else if byte & 0b1100_0000 != 0b1000_0000 {
            self.column.set(self.column.get().saturating_add(1));
        }
    }
}

impl<'k> Passing<'k> {
    pub(super) fn new(stream: Stream, file: FileId, kept: &'k RefCell<Pieces>) -> (Self, ByteByByte) {
        let watch = Rc::new(Watch {
            line: Cell::new(1),
            column: Cell::new(1),
            armed: Cell::new(false),
            begun: Cell::new(Position { line: 1, column: 1 }),
        });
        let reader = ByteByByte {
            stream,
            chunk: vec![0; CHUNK].into(),
            at: 0,
            end: 0,
            fresh: true,
            watch: Rc::clone(&watch),
        };
        (Passing { trees: Trees::new(file), kept, watch }, reader)
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.trees.problems.into_inner()
    }
}

impl Ground for Passing<'_> {
    fn node<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Node, D::Error> {
        self.watch.armed.set(true);
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let mut kept = self.kept.borrow_mut();
        if kept.len().saturating_add(json.get().len()) > SourceMap::MAX_BYTES {
            return Err(D::Error::custom("its roles are too large to be read"));
        }
        let start = kept.push(json.get(), self.watch.begun.get());
        Ok(self.trees.node(json.get(), start))
    }

    fn last(&self) -> Span {
        self.trees.last.get()
    }

    fn mark(&self) -> usize {
        self.kept.borrow().len()
    }

    fn forget(&self, since: usize) {
        self.kept.borrow_mut().truncate(since);
    }
}

/// A reader that hands out one byte at a time, which is how `serde_json` asks for them, and watches them pass.
pub(super) struct ByteByByte {
    stream: Stream,
    chunk: Box<[u8]>,
    at: usize,
    end: usize,
    /// Nothing has been read so far.
    fresh: bool,
    watch: Rc<Watch>,
}

impl ByteByByte {
    #[cold]
    fn fill(&mut self) -> io::Result<()> {
        self.at = 0;
        self.end = 0;
        self.end = loop {
            match self.stream.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        // A byte order mark is no part of the JSON, and no column.
        if std::mem::take(&mut self.fresh) && self.chunk.starts_with("\u{feff}".as_bytes()) {
            self.at = '\u{feff}'.len_utf8();
        }
        Ok(())
    }
}

impl Read for ByteByByte {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            self.fill()?;
        }
        let live = self.at < self.end;
        let (Some(byte), Some(out)) = (self.chunk.get(self.at).filter(|_| live), out.first_mut()) else {
            return Ok(0);
        };
        *out = *byte;
        self.at += 1;
        self.watch.pass(*byte);
        Ok(1)
    }
}
