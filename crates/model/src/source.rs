//! The files of a run: names first, contents on demand, each read at most once.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use crate::pieces::Places;
use crate::{FileId, Pieces, Span};

/// The text of a file, shared. Not `Arc<str>`, into which a text that was read would have to be copied once more.
pub type SourceText = Arc<String>;

/// What is left of a source that can be read only once.
pub type Stream = Box<dyn Read + Send>;

/// How contents reach the [`SourceMap`]. The binary implements it over the disk and standard input; tests over a map.
pub trait Loader: Send + Sync {
    /// The bytes of the file that the report calls `path`.
    ///
    /// # Errors
    /// What the system says, in words for a person.
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError>;

    /// Whether `path`, which the walk did not list (ignored files, for instance), may be read all the same: it
    /// exists and lies inside the scanned roots.
    fn admits(&self, path: &str) -> bool;

    /// The names of the files directly in directory `dir`, whether the walk listed them or not; empty if `dir` is
    /// none or lies outside the scanned roots.
    fn list(&self, _dir: &str) -> Vec<String> {
        Vec::new()
    }

    /// The path of the file that a symbolic link of this path leads to, as the report would call it; `None` if it is no
    /// link, or leads out of the scanned roots.
    fn target(&self, _path: &str) -> Option<String> {
        None
    }

    /// The first bytes of a source that can be read only once (standard input, a pipe); `None` for all others, and
    /// once it has been read.
    fn head(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }

    /// Such a source from its start, to be read by whoever asks first.
    fn stream(&self, _path: &str) -> Option<Stream> {
        None
    }
}

/// Why bytes could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be read.
    #[error("cannot be read: {0}")]
    Load(#[from] LoadError),
    /// Larger than spans can address.
    #[error("is larger than {} MiB, the most that is read", SourceMap::MAX_BYTES / (1024 * 1024))]
    TooLarge,
    /// Starts with the mark of UTF-16.
    #[error("is UTF-16; save it as UTF-8 (PowerShell: `| Out-File -Encoding utf8`)")]
    Utf16,
    /// Not UTF-8.
    #[error("is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
}

struct Source {
    path: Box<str>,
    text: OnceLock<Result<SourceText, ReadError>>,
    lines: OnceLock<Lines>,
    /// Where the text stood, if it is only pieces of the source.
    places: OnceLock<Places>,
}

impl Source {
    fn new(path: Box<str>) -> Self {
        Source { path, text: OnceLock::new(), lines: OnceLock::new(), places: OnceLock::new() }
    }
}

/// A place for people: both numbers start at 1, columns count Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in Unicode scalar values.
    pub column: u32,
}

impl Position {
    /// The place behind bytes that begin here; bytes that continue a scalar value are no column.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Position {
        let breaks = count(bytes, |byte| byte == b'\n');
        let line = self.line as usize + breaks;
        let column = if breaks == 0 {
            self.column as usize + beginnings(bytes)
        } else {
            1 + bytes.rsplit(|byte| *byte == b'\n').next().map_or(0, beginnings)
        };
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

/// All files of a run by the path the report shows.
///
/// INVARIANT: ids of the files that the walk listed follow the order of their paths, so a report sorted by id is
/// the same for any number of threads. A file opened later ([`SourceMap::open`]) gets a higher id in the order of
/// opening; reports therefore sort by path.
pub struct SourceMap {
    walked: Vec<Arc<Source>>,
    opened: RwLock<Vec<Arc<Source>>>,
    loader: Box<dyn Loader>,
    derived: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl SourceMap {
    /// The largest file that is read, in bytes: a span's offsets are 32 bits.
    pub const MAX_BYTES: usize = 1024 * 1024 * 1024;

    /// A map over `paths` (with `/`, in any order, duplicates dropped).
    pub fn new(mut paths: Vec<String>, loader: Box<dyn Loader>) -> Self {
        paths.sort_unstable();
        paths.dedup();
        let walked = paths.into_iter().map(|p| Arc::new(Source::new(p.into_boxed_str()))).collect();
        SourceMap { walked, opened: RwLock::default(), loader, derived: Mutex::default() }
    }

    /// What a reader makes of the files once and keeps for all units: one value of each type, empty at first. The
    /// texts of a map never change, so nothing that is made of them grows old.
    pub fn derived<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = derived.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(kept).downcast().unwrap_or_default()
    }

    /// The files of the walk in the order of their paths.
    pub fn ids(&self) -> impl Iterator<Item = FileId> + use<> {
        (0..u32::try_from(self.walked.len()).unwrap_or(u32::MAX)).map(FileId)
    }

    fn source(&self, id: FileId) -> Option<Arc<Source>> {
        let index = id.0 as usize;
        match self.walked.get(index) {
            Some(source) => Some(Arc::clone(source)),
            None => match self.opened.read() {
                Ok(opened) => opened.get(index - self.walked.len()).cloned(),
                Err(poisoned) => poisoned.into_inner().get(index - self.walked.len()).cloned(),
            },
        }
    }

    /// The path the report shows.
    pub fn path(&self, id: FileId) -> String {
        self.source(id).map(|s| s.path.to_string()).unwrap_or_default()
    }

    fn walked_index(&self, path: &str) -> Result<usize, usize> {
        self.walked.binary_search_by(|s| (*s.path).cmp(path))
    }

    /// The file of this path, listed by the walk or readable all the same; `None` if there is none.
    pub fn open(&self, path: &str) -> Option<FileId> {
        if let Ok(index) = self.walked_index(path) {
            return u32::try_from(index).ok().map(FileId);
        }
        if !self.loader.admits(path) {
            return None;
        }
        let mut opened = match self.opened.write() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        let index = match opened.iter().position(|s| &*s.path == path) {
            Some(index) => index,
            None => {
                opened.push(Arc::new(Source::new(path.into())));
                opened.len() - 1
            }
        };
        u32::try_from(self.walked.len() + index).ok().map(FileId)
    }

    /// The path of the file that a file leads to, if it is a symbolic link.
    pub fn target(&self, id: FileId) -> Option<String> {
        self.loader.target(&self.path(id))
    }

    /// The walked files that lie directly in directory `dir` (`""` is the root), in the order of their paths.
    pub fn list(&self, dir: &str) -> Vec<FileId> {
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let start = self.walked.partition_point(|s| *s.path < *prefix);
        self.walked
            .iter()
            .enumerate()
            .skip(start)
            .take_while(|(_, s)| s.path.starts_with(&prefix))
            .filter(|(_, s)| s.path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')))
            .filter_map(|(i, _)| u32::try_from(i).ok().map(FileId))
            .collect()
    }

    /// All files that lie directly in directory `dir`, also those that the walk left out, in the order of their
    /// paths: for places that another file names, such as a downloaded module.
    pub fn list_all(&self, dir: &str) -> Vec<FileId> {
        let mut names = self.loader.list(dir);
        names.sort_unstable();
        let path = |name: &String| if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        names.iter().filter_map(|name| self.open(&path(name))).collect()
    }

    /// The bytes of a file, read anew and not kept: for a first look.
    ///
    /// # Errors
    /// The file cannot be read or is too large.
    pub fn bytes(&self, id: FileId) -> Result<Vec<u8>, ReadError> {
        let bytes = self.loader.load(&self.path(id))?;
        if bytes.len() > Self::MAX_BYTES { Err(ReadError::TooLarge) } else { Ok(bytes) }
    }

    /// The text of a file, read once and kept. A byte order mark stays, so that offsets are true.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or is not UTF-8.
    pub fn text(&self, id: FileId) -> Result<SourceText, ReadError> {
        let Some(source) = self.source(id) else {
            return Err(ReadError::Load(LoadError("no such file".to_owned())));
        };
        source.text.get_or_init(|| self.bytes(id).and_then(decode)).clone()
    }

    /// Keeps the bytes of a first look as the file's text, so that they are not read again.
    pub fn keep(&self, id: FileId, bytes: Vec<u8>) {
        if let Some(source) = self.source(id) {
            source.text.get_or_init(|| decode(bytes));
        }
    }

    /// The first bytes of a source that can be read only once, while it has not been read.
    pub fn head(&self, id: FileId) -> Option<Vec<u8>> {
        self.loader.head(&self.path(id))
    }

    /// Such a source from its start, for an input that reads it piece by piece; it then hands what it wants to point
    /// at to [`SourceMap::keep_pieces`].
    pub fn stream(&self, id: FileId) -> Option<Stream> {
        self.loader.stream(&self.path(id))
    }

    /// Keeps pieces of a source as all of its text there is.
    pub fn keep_pieces(&self, id: FileId, pieces: Pieces) {
        if let Some(source) = self.source(id) {
            let (text, places) = pieces.into_parts();
            source.text.get_or_init(|| Ok(SourceText::new(text)));
            source.places.get_or_init(|| places);
        }
    }

    /// The text of a file, unless only pieces of it were kept.
    pub fn whole(&self, id: FileId) -> Option<SourceText> {
        let text = self.text(id).ok()?;
        let places = self.source(id)?;
        places.places.get().is_none().then_some(text)
    }

    /// The stretch of a file's text around an offset in which the bytes are those of the source without a gap.
    pub fn stretch(&self, id: FileId, offset: usize) -> Range<usize> {
        let end = self.text(id).map_or(0, |text| text.len());
        let places = self.source(id);
        let piece = places.as_ref().and_then(|s| s.places.get()).and_then(|p| p.piece(offset, end));
        piece.map_or(0..end, |(piece, _)| piece)
    }

    /// The text under a span; empty if the file cannot be read or the span does not fit.
    pub fn snippet(&self, span: Span) -> String {
        self.text(span.file)
            .ok()
            .and_then(|t| t.get(span.start as usize..span.end as usize).map(str::to_owned))
            .unwrap_or_default()
    }

    /// Line and column of a byte offset; the first place of the file if it cannot be read.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let first = Position { line: 1, column: 1 };
        let (Some(source), Ok(text)) = (self.source(file), self.text(file)) else {
            return first;
        };
        let offset = (offset as usize).min(text.len());
        if let Some(places) = source.places.get() {
            let piece = places.piece(offset, text.len());
            return piece.map_or(first, |(piece, start)| {
                start.after(text.as_bytes().get(piece.start..offset).unwrap_or_default())
            });
        }
        source.lines.get_or_init(|| Lines::of(&text)).position(&text, offset)
    }

    /// First and last place of a span (the last is exclusive).
    pub fn range(&self, span: Span) -> (Position, Position) {
        (self.position(span.file, span.start), self.position(span.file, span.end))
    }
}

/// What it takes to tell the line and column of any offset without reading a whole line: a file may be one line of
/// megabytes with thousands of places in it, or millions of lines.
struct Lines {
    /// The place of each multiple of [`Lines::STEP`].
    steps: Vec<Position>,
}

impl Lines {
    const STEP: usize = 4096;

    fn of(text: &str) -> Self {
        // A byte order mark is no column that an editor shows.
        let mut place = Position { line: 1, column: u32::from(!text.starts_with('\u{feff}')) };
        let mut steps = Vec::with_capacity(text.len() / Self::STEP + 1);
        steps.push(place);
        for chunk in text.as_bytes().chunks_exact(Self::STEP) {
            place = place.after(chunk);
            steps.push(place);
        }
        Lines { steps }
    }

    fn position(&self, text: &str, offset: usize) -> Position {
        let step = offset / Self::STEP;
        let before = self.steps.get(step).copied().unwrap_or(Position { line: 1, column: 1 });
        let place = before.after(text.as_bytes().get(step * Self::STEP..offset).unwrap_or_default());
        Position { column: place.column.max(1), ..place }
    }
}

/// How many scalar values begin in a piece of UTF-8: every byte that continues none.
fn beginnings(bytes: &[u8]) -> usize {
    count(bytes, |byte| byte & 0b1100_0000 != 0b1000_0000)
}

fn count(bytes: &[u8], is_counted: impl Fn(u8) -> bool) -> usize {
    // As many at once as a byte can count, so that a whole register of them is added in one step.
    let of_few =
        |few: &[u8]| few.iter().fold(0_u8, |sum, byte| sum.wrapping_add(u8::from(is_counted(*byte))));
    bytes.chunks(u8::MAX.into()).map(|few| usize::from(of_few(few))).sum()
}

fn decode(bytes: Vec<u8>) -> Result<SourceText, ReadError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::Utf16);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(SourceText::new(text)),
        Err(error) => Err(ReadError::NotUtf8(error.utf8_error().valid_up_to())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Memory(Vec<(&'static str, Vec<u8>)>);

    impl Loader for Memory {
        fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
            self.0
                .iter()
                .find(|(p, _)| *p == path)
                .map(|(_, b)| b.clone())
                .ok_or_else(|| LoadError("no such file".to_owned()))
        }
        fn admits(&self, path: &str) -> bool {
            self.0.iter().any(|(p, _)| *p == path)
        }
    }

    fn map() -> SourceMap {
        let files = vec![
            ("b/x.tf", b"one\nzwei \xc3\xa4 drei\n".to_vec()),
            ("a.json", vec![0xff, 0xfe, b'{', 0]),
            ("b/c/y.tf", vec![b'o', b'k', 0xc3]),
            ("b-z.tf", Vec::new()),
            ("hidden.tf", b"x".to_vec()),
        ];
        let paths = ["b/x.tf", "a.json", "b/c/y.tf", "b-z.tf"].map(String::from).to_vec();
        SourceMap::new(paths, Box::new(Memory(files)))
    }

    #[test]
    fn what_is_derived_is_kept_for_each_type() {
        #[derive(Default)]
        struct Seen(Mutex<Vec<u32>>);
        let map = map();
        map.derived::<Seen>().0.lock().unwrap().push(1);
        map.derived::<Mutex<Vec<u32>>>().lock().unwrap().push(2);
        map.derived::<Seen>().0.lock().unwrap().push(3);
        assert_eq!(*map.derived::<Seen>().0.lock().unwrap(), [1, 3]);
        assert_eq!(*self::map().derived::<Seen>().0.lock().unwrap(), []);
    }

    #[test]
    fn ids_follow_paths_and_lists_are_direct_children() {
        let map = map();
        let paths: Vec<_> = map.ids().map(|id| map.path(id)).collect();
        assert_eq!(paths, ["a.json", "b-z.tf", "b/c/y.tf", "b/x.tf"]);
        let names = |dir| map.list(dir).into_iter().map(|id| map.path(id)).collect::<Vec<_>>();
        assert_eq!(names("b"), ["b/x.tf"]);
        assert_eq!(names(""), ["a.json", "b-z.tf"]);
    }

    #[test]
    fn columns_count_scalars_and_lines_start_at_one() {
        let map = map();
        let id = map.open("b/x.tf").unwrap();
        assert_eq!(map.position(id, 0), Position { line: 1, column: 1 });
        assert_eq!(map.position(id, 4), Position { line: 2, column: 1 });
        // "zwei ä " is seven scalars and eight bytes
        assert_eq!(map.position(id, 12), Position { line: 2, column: 8 });
        assert_eq!(map.snippet(Span::new(id, 9, 11)), "ä");
    }

    #[test]
    fn places_in_a_long_line_are_counted_right() {
        let lines = "é\n".repeat(1500);
        let text = format!("\u{feff}{}\nab{}{lines}", "ä€x".repeat(1500), "\u{1f600}".repeat(1500));
        let files = vec![("long", text.clone().into_bytes())];
        let map = SourceMap::new(vec!["long".to_owned()], Box::new(Memory(files)));
        let id = map.open("long").unwrap();
        let mut expected = Position { line: 1, column: 1 };
        for (offset, c) in text.char_indices() {
            assert_eq!(map.position(id, u32::try_from(offset).unwrap()), expected, "at {offset}");
            match c {
                '\u{feff}' => {}
                '\n' => expected = Position { line: expected.line + 1, column: 1 },
                _ => expected.column += 1,
            }
        }
        assert_eq!(map.position(id, u32::MAX), expected);
    }

    #[test]
    fn unreadable_texts_say_why() {
        let map = map();
        assert_eq!(map.text(map.open("a.json").unwrap()), Err(ReadError::Utf16));
        assert_eq!(map.text(map.open("b/c/y.tf").unwrap()), Err(ReadError::NotUtf8(2)));
        assert!(map.open("nowhere.tf").is_none());
        assert_eq!(*map.text(map.open("hidden.tf").unwrap()).unwrap(), "x");
    }

    #[test]
    fn pieces_keep_the_places_that_they_had() {
        let map = map();
        let id = map.open("b/x.tf").unwrap();
        let mut pieces = Pieces::default();
        assert_eq!(pieces.push("ä\nb", Position { line: 1, column: 9_000_000 }), 0);
        assert_eq!(pieces.push("cd", Position { line: 7, column: 3 }), 4);
        map.keep_pieces(id, pieces);
        assert_eq!(map.position(id, 2), Position { line: 1, column: 9_000_001 });
        assert_eq!(map.position(id, 3), Position { line: 2, column: 1 });
        assert_eq!(map.position(id, 5), Position { line: 7, column: 4 });
        assert_eq!(map.position(id, 6), Position { line: 7, column: 5 });
        assert_eq!((map.stretch(id, 3), map.stretch(id, 4)), (0..4, 4..6));
        assert_eq!(map.snippet(Span::new(id, 5, 6)), "d");
        assert!(map.whole(id).is_none() && map.whole(map.open("hidden.tf").unwrap()).is_some());
    }

    #[test]
    fn bytes_of_a_first_look_are_not_read_again() {
        let map = map();
        let id = map.open("b/x.tf").unwrap();
        map.keep(id, b"seen".to_vec());
        assert_eq!(*map.text(id).unwrap(), "seen");
        assert_eq!(map.stretch(id, 2), 0..4);
    }
}
