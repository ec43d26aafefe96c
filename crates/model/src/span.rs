//! Places: which bytes of which file. Lines and columns exist only in renderers (see [`crate::SourceMap::position`]).

/// A file of the [`crate::SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// A range of bytes in one file; `end` is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`; an inverted range becomes the empty range at `start`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        // Files are at most `SourceMap::MAX_BYTES` long, so the conversion never saturates in practice.
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX).max(start);
        Span { file, start, end }
    }

    /// The place of a text that came from no file: the start of a file without path or content.
    pub fn nowhere() -> Self {
        Span { file: FileId(u32::MAX), start: 0, end: 0 }
    }

    /// Number of bytes.
    pub fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest range that holds both, if they lie in one file; else `self`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies inside `self`.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place it was read from. Equality looks at the value alone, so that two formats can be compared
/// for meaning.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where the policy uses it.
    pub span: Span,
    /// Where it was defined, if that is another place (a local, a variable's default, a parameter).
    pub defined: Option<Span>,
}

impl<T> Located<T> {
    /// A value that stands where it is used.
    pub fn new(value: T, span: Span) -> Self {
        Located { value, span, defined: None }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), span: self.span, defined: self.defined }
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}
