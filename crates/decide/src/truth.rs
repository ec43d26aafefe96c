//! Three-valued truth, after Kleene: unknown stays unknown unless the other side decides.

use std::ops::Not;

/// What is known of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Holds for no filling of the unknowns.
    False,
    /// Depends on the unknowns, or on behaviour that the cloud does not document.
    Unknown,
    /// Holds for every filling.
    True,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        !(!self).and(!other)
    }

    /// All hold; true of none. Asks no further once one does not.
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        !Truth::any(truths.into_iter().map(Truth::not))
    }

    /// Some holds; false of none. Asks no further once one does.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut any = Truth::False;
        for truth in truths {
            any = any.or(truth);
            if any == Truth::True {
                break;
            }
        }
        any
    }

    /// Whether it may hold.
    pub fn possible(self) -> bool {
        self != Truth::False
    }
}

impl Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Truth::True } else { Truth::False }
    }
}
