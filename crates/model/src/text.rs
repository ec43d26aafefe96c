//! Texts that may hold pieces nobody can know from the input, and the reasons why.

use std::fmt;
use std::sync::Arc;

use crate::Span;

/// A value that the input does not give.
///
/// Two unknowns are equal whatever their reasons: equality asks whether two formats say the same policy, and
/// neither says what this value is.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// What a person would have to supply, in the input's own words: `var.external_id`, `!ImportValue x`.
    pub what: Box<str>,
    /// Why it is not known.
    pub why: Cause,
    /// Where it stands.
    pub span: Option<Span>,
}

impl Unknown {
    /// An unknown with its reason and place.
    pub fn new(what: impl Into<Box<str>>, why: Cause, span: Option<Span>) -> Self {
        Unknown { what: what.into(), why, span }
    }
}

impl PartialEq for Unknown {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Unknown {}

/// Why a value is not known. `Display` completes the sentence "`var.x` …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An input (variable, parameter) without a default, and no value given.
    NoValue,
    /// Computed by the cloud or the provider when the change is applied.
    AfterApply,
    /// Generated at random when applied: not known, and not guessable by anybody else either.
    Generated,
    /// A construct this version does not evaluate; says which.
    Unsupported(Box<str>),
    /// A reference that leads nowhere in the scanned files; says where to.
    Unresolved(Box<str>),
    /// An error in the input itself (a cycle, a wrong type); says which.
    Invalid(Box<str>),
    /// Depends on a condition that is not settled; says which.
    Undecided(Box<str>),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::NoValue => f.write_str("has no default and no value is given"),
            Cause::AfterApply => f.write_str("is known only after apply"),
            Cause::Generated => f.write_str("is generated at random when applied"),
            Cause::Unsupported(what) => write!(f, "is not evaluated: {what}"),
            Cause::Unresolved(what) => write!(f, "leads to nothing that was read: {what}"),
            Cause::Invalid(what) => write!(f, "is not valid: {what}"),
            Cause::Undecided(what) => write!(f, "depends on {what}"),
        }
    }
}

/// A value that is fixed for the role's owner although the text does not spell it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// The account that the role is created in.
    OwnAccount,
    /// The organisation that this account belongs to.
    OwnOrganization,
    /// The cloud partition (`aws`, `aws-cn`, …).
    Partition,
    /// The region of the deployment.
    Region,
    /// The DNS suffix of the partition (`amazonaws.com`, …).
    UrlSuffix,
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Symbol::OwnAccount => "own account",
            Symbol::OwnOrganization => "own organization",
            Symbol::Partition => "partition",
            Symbol::Region => "region",
            Symbol::UrlSuffix => "url suffix",
        })
    }
}

/// One piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Known characters.
    Lit(Box<str>),
    /// A value fixed for the owner.
    Symbol(Symbol),
    /// An unknown run of characters, possibly empty.
    Hole(Arc<Unknown>),
}

/// A string some pieces of which may be unknown.
///
/// INVARIANT: canonical. No literal piece is empty and no two literal pieces are neighbours, so two spellings of
/// one string are equal. The empty string has no pieces.
#[derive(Clone, Default)]
pub struct Text(Pieces);

/// The pieces of a text. Nearly every text of a tree is one piece, which needs no list of its own.
#[derive(Clone, Default)]
enum Pieces {
    #[default]
    None,
    One(Piece),
    Several(Vec<Piece>),
}

impl Text {
    /// A wholly known string.
    pub fn lit(text: &str) -> Self {
        if text.is_empty() { Text::default() } else { Text(Pieces::One(Piece::Lit(text.into()))) }
    }

    /// A string of which nothing is known.
    pub fn unknown(unknown: Unknown) -> Self {
        Text(Pieces::One(Piece::Hole(Arc::new(unknown))))
    }

    /// A string that is one symbol.
    pub fn symbol(symbol: Symbol) -> Self {
        Text(Pieces::One(Piece::Symbol(symbol)))
    }

    /// Appends known characters.
    pub fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let last = match &mut self.0 {
            Pieces::None => None,
            Pieces::One(piece) => Some(piece),
            Pieces::Several(pieces) => pieces.last_mut(),
        };
        if let Some(Piece::Lit(last)) = last {
            let mut joined = std::mem::take(last).into_string();
            joined.push_str(text);
            *last = joined.into_boxed_str();
        } else {
            self.add(Piece::Lit(text.into()));
        }
    }

    /// Appends a piece that the last one does not go on with.
    fn add(&mut self, piece: Piece) {
        self.0 = match std::mem::take(&mut self.0) {
            Pieces::None => Pieces::One(piece),
            Pieces::One(first) => Pieces::Several(vec![first, piece]),
            Pieces::Several(mut pieces) => {
                pieces.push(piece);
                Pieces::Several(pieces)
            }
        };
    }

    /// Appends a piece.
    pub fn push(&mut self, piece: Piece) {
        match piece {
            Piece::Lit(text) => self.push_str(&text),
            other => self.add(other),
        }
    }

    /// Appends another text.
    pub fn append(&mut self, other: &Text) {
        for piece in other.pieces() {
            self.push(piece.clone());
        }
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        match &self.0 {
            Pieces::None => &[],
            Pieces::One(piece) => std::slice::from_ref(piece),
            Pieces::Several(pieces) => pieces,
        }
    }

    /// The string, if all of it is known.
    pub fn as_str(&self) -> Option<&str> {
        match self.pieces() {
            [] => Some(""),
            [Piece::Lit(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether the text is exactly this known string.
    pub fn is(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }

    /// The unknown pieces, in order.
    pub fn unknowns(&self) -> impl Iterator<Item = &Arc<Unknown>> {
        self.pieces().iter().filter_map(|p| match p {
            Piece::Hole(u) => Some(u),
            Piece::Lit(_) | Piece::Symbol(_) => None,
        })
    }

    /// Whether any piece is unknown (symbols are not: they have one value, whoever reads them).
    pub fn has_unknown(&self) -> bool {
        self.unknowns().next().is_some()
    }

    /// The same text with each symbol that `value` knows spelled out.
    #[must_use]
    pub fn resolve<'a>(&self, value: &dyn Fn(Symbol) -> Option<&'a str>) -> Text {
        let mut out = Text::default();
        for piece in self.pieces() {
            match piece {
                Piece::Symbol(s) => match value(*s) {
                    Some(text) => out.push_str(text),
                    None => out.push(piece.clone()),
                },
                Piece::Lit(_) | Piece::Hole(_) => out.push(piece.clone()),
            }
        }
        out
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.pieces() == other.pieces()
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Text").field(&self.pieces()).finish()
    }
}

impl FromIterator<Piece> for Text {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        let mut text = Text::default();
        for piece in pieces {
            text.push(piece);
        }
        text
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text::lit(text)
    }
}

/// Known characters as they are; other pieces as `${what}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.pieces() {
            match piece {
                Piece::Lit(text) => f.write_str(text)?,
                Piece::Symbol(symbol) => write!(f, "${{{symbol}}}")?,
                Piece::Hole(unknown) => write!(f, "${{{}}}", unknown.what)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_string_are_equal() {
        let mut a = Text::lit("arn:");
        a.push_str("");
        a.push_str("aws");
        assert_eq!(a, Text::lit("arn:aws"));
        assert_eq!(a.as_str(), Some("arn:aws"));
        assert_eq!(Text::default().as_str(), Some(""));
    }

    #[test]
    fn symbols_resolve_and_merge_with_their_neighbours() {
        let mut t = Text::lit("arn:aws:iam::");
        t.push(Piece::Symbol(Symbol::OwnAccount));
        t.push_str(":root");
        assert_eq!(t.as_str(), None);
        let resolved = t.resolve(&|s| (s == Symbol::OwnAccount).then_some("111122223333"));
        assert_eq!(resolved.as_str(), Some("arn:aws:iam::111122223333:root"));
    }
}
