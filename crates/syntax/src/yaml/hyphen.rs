//! Hyphens that are texts, as in `!Join [-, [a, b]]`: YAML 1.1 allows that, and the clouds read it, YAML 1.2 does not.
//!
//! The parser refuses such a hyphen; then it is asked again, with another letter in its place. Not here: what is made
//! of the events.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// What stands for such a hyphen: a byte that is a text by itself everywhere.
const STAND_IN: &str = "_";

/// How much may be parsed again for their sake, in bytes: dozens of them in a template of usual size, and a fraction of
/// a second in any file.
const MAX_AGAIN: usize = 2 << 20;

/// How many bytes are copied in the time that one takes to parse, or fewer.
const COPIED: usize = 16;

/// The hyphens of a text that are texts.
pub(super) struct Hyphens<'t> {
    text: &'t str,
    places: BTreeSet<usize>,
    again: usize,
}

impl<'t> Hyphens<'t> {
    /// None so far.
    pub(super) const fn of(text: &'t str) -> Self {
        Hyphens { text, places: BTreeSet::new(), again: 0 }
    }

    /// Whether one begins here.
    pub(super) fn stands_at(&self, at: usize) -> bool {
        self.places.contains(&at)
    }

    /// Takes a place that the parser refused for one, so that it can be asked again; false if it is none.
    pub(super) fn allow(&mut self, at: usize) -> bool {
        let mut here = self.text.as_bytes().iter().skip(at);
        let alone = here.next() == Some(&b'-') && matches!(here.next(), Some(b',' | b']' | b'}'));
        self.again = self.again.saturating_add(at).saturating_add(self.text.len() / COPIED);
        alone && self.again <= MAX_AGAIN && self.places.insert(at)
    }

    /// The text as the parser takes it: of the same length, and the same but for these hyphens.
    pub(super) fn readable(&self) -> Cow<'t, str> {
        if self.places.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let mut text = self.text.to_owned();
        self.places.iter().for_each(|at| text.replace_range(*at..*at + STAND_IN.len(), STAND_IN));
        Cow::Owned(text)
    }
}
