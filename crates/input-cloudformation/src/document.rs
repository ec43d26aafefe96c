//! The text of a template as trees. Not here: what they mean.

use model::{Decoded, FileId, Node};
use syntax::SyntaxError;

/// Parses a template's text: JSON where it looks like it, else YAML.
pub(crate) fn parse(text: &str, file: FileId) -> Result<Vec<Node>, SyntaxError> {
    either(text, || syntax::json::parse(text, file), || syntax::yaml::parse(text, file, &long_form))
}

/// Parses a template that stands in a string of another file.
pub(crate) fn parse_decoded(text: &Decoded) -> Result<Vec<Node>, SyntaxError> {
    either(
        text.text(),
        || syntax::json::parse_decoded(text),
        || syntax::yaml::parse_decoded(text, &long_form),
    )
}

/// Whether the text is read as YAML if it can be.
pub(crate) fn looks_like_yaml(text: &str) -> bool {
    !text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

fn either(
    text: &str,
    json: impl Fn() -> Result<Node, SyntaxError>,
    yaml: impl Fn() -> Result<Vec<Node>, SyntaxError>,
) -> Result<Vec<Node>, SyntaxError> {
    let Some(inside) = text.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else {
        return yaml();
    };
    match json() {
        Ok(node) => Ok(vec![node]),
        // YAML's flow style starts alike. Of a text that is neither, the error of what it resembles is shown.
        Err(error) => {
            yaml().map_err(|other| if inside.trim_start().starts_with('"') { error } else { other })
        }
    }
}

/// The long form of an intrinsic's tag.
fn long_form(tag: &str) -> Option<String> {
    let intrinsic = tag.chars().next().is_some_and(|c| c.is_ascii_uppercase())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    match tag {
        "Ref" | "Condition" => Some(tag.to_owned()),
        _ if intrinsic => Some(format!("Fn::{tag}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_long_forms() {
        assert_eq!(long_form("Ref").as_deref(), Some("Ref"));
        assert_eq!(long_form("Condition").as_deref(), Some("Condition"));
        assert_eq!(long_form("GetAtt").as_deref(), Some("Fn::GetAtt"));
        assert_eq!(long_form("vault"), None);
        assert_eq!(long_form("A:b"), None);
    }
}
