//! JSON to located trees.

use model::{Decoded, FileId, Node};

use crate::SyntaxError;

/// Parses the text of a JSON file.
///
/// # Errors
/// The text is not JSON.
pub fn parse(text: &str, file: FileId) -> Result<Node, SyntaxError> {
    let _ = (text, file);
    unimplemented!()
}

/// Parses JSON that was embedded in another file's string; spans point into that file. A filling of the text
/// stands as a bare value or inside a string.
///
/// # Errors
/// The text is not JSON.
pub fn parse_decoded(decoded: &Decoded) -> Result<Node, SyntaxError> {
    let _ = decoded;
    unimplemented!()
}
