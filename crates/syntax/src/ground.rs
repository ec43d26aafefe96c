//! Where a text came from: a file, or a string in a file.

use std::ops::Range;

use model::{Decoded, DecodedBuilder, FileId, Node, PLACEHOLDER, Span};

/// Gives the offsets of a text their places.
#[derive(Clone, Copy)]
pub(crate) enum Ground<'a> {
    /// It is the text of a file from this byte on.
    File(FileId, usize),
    /// It was a string in a file.
    Decoded(&'a Decoded),
}

impl<'a> Ground<'a> {
    /// The place of a range of the text.
    pub(crate) fn span(self, range: Range<usize>) -> Span {
        match self {
            Ground::File(file, start) => Span::new(file, start + range.start, start + range.end),
            Ground::Decoded(decoded) => decoded.origin().span(range).unwrap_or(Span::nowhere()),
        }
    }

    /// What stands at an offset instead of the [`PLACEHOLDER`] there.
    pub(crate) fn filling(self, at: usize) -> Option<&'a Node> {
        match self {
            Ground::File(..) => None,
            Ground::Decoded(decoded) => decoded.filling(at),
        }
    }

    /// Appends a part of `text` byte for byte, without what fills it.
    pub(crate) fn carry(self, out: &mut DecodedBuilder, text: &str, range: Range<usize>) {
        match self {
            Ground::File(..) => out.lit(text.get(range.clone()).unwrap_or_default(), self.span(range)),
            Ground::Decoded(decoded) => out.carried(decoded, range),
        }
    }

    /// Appends a part of `text` with what fills it, each filling as `as_text` makes text of it.
    pub(crate) fn copy(
        self,
        out: &mut DecodedBuilder,
        text: &str,
        range: Range<usize>,
        as_text: impl Fn(&Node) -> Node,
    ) {
        let mut done = range.start;
        if let Ground::Decoded(_) = self {
            let part = text.get(range.clone()).unwrap_or_default();
            for (at, _) in part.match_indices(PLACEHOLDER) {
                let at = range.start + at;
                if let Some(filling) = self.filling(at) {
                    self.carry(out, text, done..at);
                    out.filling(as_text(filling));
                    done = at + PLACEHOLDER.len_utf8();
                }
            }
        }
        self.carry(out, text, done..range.end);
    }
}
