//! JSON and YAML text to located trees.
//!
//! Both parsers give exact spans of every key and value, keep duplicate keys, and never panic or run away on
//! hostile text. Not here: what the trees mean (inputs and the lowering know that).

mod ground;
pub mod json;
pub mod yaml;

/// A text that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it went wrong.
    pub span: model::Span,
    /// What is wrong, for a person; lower case, no full stop.
    pub message: String,
}
