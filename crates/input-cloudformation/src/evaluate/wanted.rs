//! What is asked of the values that a template permits; the answers are in [`super::permit`].

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wanted {
    /// A condition has this value.
    Condition(String, bool),
    /// A parameter has this value.
    Value(String, String),
    /// A parameter has none of the values that it is compared with.
    Other(String),
}
