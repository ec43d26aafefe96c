//! Where a value stands while JSON is read: in a text that is all there, or in one that passes by once.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

use model::{Cause, FileId, Node, Pieces, Place, Position, Problem, Span, Stream};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How many resources, instances and modules are kept of one file: those of a hundred thousand roles in a plan's three
/// sections, far more than accounts hold.
const MAX_ITEMS: usize = 300_000;

/// How many bytes are kept of one file: what as many roles say in a few hundred bytes each.
const MAX_KEPT: usize = 256 * 1024 * 1024;

/// What is said of a file that holds more.
pub(super) const TOO_LARGE: &str =
    "more than 256 MiB of it have to do with roles, which is more than is read";

/// What the values stand in.
pub(super) trait Ground {
    /// A value as it is written, and where.
    type Raw<'de>;

    /// Reads a value whole, as it is written.
    fn raw<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Raw<'de>, D::Error>;

    /// The text of such a value.
    fn json<'r>(raw: &'r Self::Raw<'_>) -> &'r str;

    /// Keeps such a value, as a located tree.
    fn node<E: de::Error>(&self, raw: Self::Raw<'_>) -> Result<Node, E>;

    /// The place of the last value that was kept whole.
    fn last(&self) -> Span;

    /// Whether one more element of a list can be kept; the first that cannot is a problem.
    fn admits(&self) -> bool;

    /// How much has been kept.
    fn mark(&self) -> usize;

    /// Lets go of what was kept since.
    fn forget(&self, since: usize);
}

/// What is common to both.
struct Trees {
    file: FileId,
    last: Cell<Span>,
    items: Cell<usize>,
    bytes: Cell<usize>,
    problems: RefCell<Vec<Problem>>,
}

impl Trees {
    fn new(file: FileId) -> Self {
        let start = Span::new(file, 0, 0);
        let (items, bytes) = (Cell::new(0), Cell::new(0));
        Trees { file, last: Cell::new(start), items, bytes, problems: RefCell::default() }
    }

    fn admits(&self) -> bool {
        let before = self.items.get();
        self.items.set(before + 1);
        if before == MAX_ITEMS {
            let message = format!(
                "more than {MAX_ITEMS} resources of this file have to do with roles; those that follow are not judged"
            );
            self.problems.borrow_mut().push(Problem::relevant(Place::File(self.file), message));
        }
        before < MAX_ITEMS
    }

    fn weigh<E: de::Error>(&self, json: &str) -> Result<(), E> {
        self.bytes.set(self.bytes.get().saturating_add(json.len()));
        if self.bytes.get() > MAX_KEPT { Err(E::custom(TOO_LARGE)) } else { Ok(()) }
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
    /// Borrowed, so that its address says where it stands.
    type Raw<'de> = &'de RawValue;

    fn raw<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Raw<'de>, D::Error> {
        Deserialize::deserialize(deserializer)
    }

    fn json<'r>(raw: &'r Self::Raw<'_>) -> &'r str {
        raw.get()
    }

    fn node<E: de::Error>(&self, raw: Self::Raw<'_>) -> Result<Node, E> {
        let json = raw.get();
        self.trees.weigh(json)?;
        Ok(self.trees.node(json, json.as_ptr().addr().saturating_sub(self.base)))
    }

    fn last(&self) -> Span {
        self.trees.last.get()
    }

    fn admits(&self) -> bool {
        self.trees.admits()
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

/// What passes between the reader of a text and those who ask where a value begins.
struct Watch {
    /// Whether the next byte that is neither space nor a colon begins a value whose place is wanted.
    armed: Cell<bool>,
    begun: Cell<Position>,
}

impl<'k> Passing<'k> {
    pub(super) fn new(stream: Stream, file: FileId, kept: &'k RefCell<Pieces>) -> (Self, ByteByByte) {
        let first = Position { line: 1, column: 1 };
        let watch = Rc::new(Watch { armed: Cell::new(false), begun: Cell::new(first) });
        let reader = ByteByByte {
            stream,
            chunk: vec![0; CHUNK].into(),
            at: 0,
            end: 0,
            position: first,
            counted: 0,
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
    type Raw<'de> = (Box<RawValue>, Position);

    fn raw<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Self::Raw<'de>, D::Error> {
        self.watch.armed.set(true);
        let raw = Deserialize::deserialize(deserializer)?;
        Ok((raw, self.watch.begun.get()))
    }

    fn json<'r>((raw, _): &'r Self::Raw<'_>) -> &'r str {
        raw.get()
    }

    fn node<E: de::Error>(&self, (raw, begun): Self::Raw<'_>) -> Result<Node, E> {
        let json = raw.get();
        let mut kept = self.kept.borrow_mut();
        self.trees.weigh(json)?;
        let start = kept.push(json, begun);
        Ok(self.trees.node(json, start))
    }

    fn last(&self) -> Span {
        self.trees.last.get()
    }

    fn admits(&self) -> bool {
        self.trees.admits()
    }

    fn mark(&self) -> usize {
        self.kept.borrow().len()
    }

    fn forget(&self, since: usize) {
        self.kept.borrow_mut().truncate(since);
    }
}

/// A reader that hands out one byte at a time, which is how `serde_json` asks for them. Lines and columns are counted
/// chunk by chunk: most bytes are nobody's place.
pub(super) struct ByteByByte {
    stream: Stream,
    chunk: Box<[u8]>,
    at: usize,
    end: usize,
    /// The place of the byte at `counted`.
    position: Position,
    /// How much of the chunk has been counted.
    counted: usize,
    /// Nothing has been read so far.
    fresh: bool,
    watch: Rc<Watch>,
}

impl ByteByByte {
    #[cold]
    fn fill(&mut self) -> io::Result<()> {
        self.count();
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
        self.counted = self.at;
        Ok(())
    }

    /// Counts what has been handed out.
    fn count(&mut self) {
        let passed = self.chunk.get(self.counted..self.at).unwrap_or_default();
        self.position = self.position.after(passed);
        self.counted = self.at;
    }

    /// Tells where the byte that comes next stands, if it begins a value.
    #[cold]
    fn begin(&mut self, byte: u8) {
        if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b':') {
            self.count();
            self.watch.armed.set(false);
            self.watch.begun.set(self.position);
        }
    }
}

impl Read for ByteByByte {
    #[inline]
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end {
            self.fill()?;
            if self.at == self.end {
                return Ok(0);
            }
        }
        let (Some(byte), Some(out)) = (self.chunk.get(self.at).copied(), out.first_mut()) else {
            return Ok(0);
        };
        if self.watch.armed.get() {
            self.begin(byte);
        }
        *out = byte;
        self.at += 1;
        Ok(1)
    }
}
