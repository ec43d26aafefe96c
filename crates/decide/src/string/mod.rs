//! Strings as sets: globs over character classes, and the algebra that finds a member of what several of them
//! leave over.

pub(crate) mod glob;
pub(crate) mod language;
mod quotient;

#[cfg(test)]
mod smt_tests;
