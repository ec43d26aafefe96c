//! What is given to the parameters of a template: on the command line, in a file, or by the template that holds it.
//!
//! Not here: what a parameter makes of it (`parameter`), and reading any file from the disk (the binary).

use std::collections::BTreeMap;

use model::{Decoded, Node, Span, Unknown, Value};

/// Values for parameters by name, as a person gives them for a deployment. Parameters of other names keep their
/// defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<Box<str>, Box<str>>);

impl Parameters {
    /// No values.
    pub const fn new() -> Self {
        Parameters(BTreeMap::new())
    }

    /// Gives a parameter a value; the last one counts.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.0.insert(name.into(), value.into());
    }

    /// Adds what a parameter file says. Its forms are those of the AWS command line (a list of `ParameterKey` and
    /// `ParameterValue`, or of `NAME=VALUE`), of CodePipeline (an object `Parameters`), and a plain object.
    ///
    /// # Errors
    /// The text is in none of these forms; says why, for a person, in lower case and without a full stop.
    pub fn read_file(&mut self, text: &str) -> Result<(), String> {
        let mut out = syntax::json::parse_decoded(&decoded(text)).map_err(|error| {
            let line = text.get(..error.span.start as usize).unwrap_or_default().matches('\n').count() + 1;
            format!("line {line}: {}", error.message)
        })?;
        if let Value::Object(object) = &out.value
            && let Some(inner @ Node { value: Value::Object(_), .. }) = object.get("Parameters")
        {
            out = inner.clone();
        }
        let pairs = match &out.value {
            Value::Object(object) => {
                object.entries.iter().map(|e| pair(e.key.value.as_str(), Some(&e.value))).collect()
            }
            Value::List(list) => list.items.iter().map(listed).collect(),
            _ => Err(format!("expected an object or a list, found {}", out.kind())),
        };
        let pairs: Vec<(String, String)> = pairs?;
        for (name, value) in pairs {
            self.insert(&name, &value);
        }
        Ok(())
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// The text with offsets of its own as places.
fn decoded(text: &str) -> Decoded {
    let mut builder = model::DecodedBuilder::default();
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    builder.lit(text, Span { end, ..Span::nowhere() });
    builder.build()
}

fn listed(item: &Node) -> Result<(String, String), String> {
    if let Some(text) = item.scalar() {
        let (name, value) = text
            .value
            .as_str()
            .and_then(|text| text.split_once('='))
            .ok_or_else(|| format!("`{}` is not `NAME=VALUE`", text.value))?;
        return Ok((name.to_owned(), value.to_owned()));
    }
    let name = item.get("ParameterKey").and_then(Node::scalar);
    let name = name.as_ref().and_then(|name| name.value.as_str());
    pair(name, item.get("ParameterValue"))
}

fn pair(name: Option<&str>, value: Option<&Node>) -> Result<(String, String), String> {
    let name = name.ok_or("an entry has no `ParameterKey`")?;
    let value = value.and_then(written).ok_or_else(|| format!("`{name}` has no value that is a text"))?;
    Ok((name.to_owned(), value))
}

/// A scalar as text, a list with commas between its elements.
fn written(value: &Node) -> Option<String> {
    match &value.value {
        Value::List(list) => {
            let items: Option<Vec<String>> = list.items.iter().map(written).collect();
            items.map(|items| items.join(","))
        }
        _ => value.scalar()?.value.as_str().map(str::to_owned),
    }
}

/// What one parameter of one template is given.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) value: Node,
    /// Whether somebody else may give another value: not if the template that holds this one says it for good.
    pub(crate) changeable: bool,
}

/// What is given to the parameters of one template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    given: BTreeMap<Box<str>, Argument>,
    /// Only the template that holds this one gives values: what it leaves out has its default for good.
    closed: bool,
    /// Why nobody knows what is given besides.
    open: Option<Unknown>,
}

impl Arguments {
    /// What a person gives for a deployment.
    pub(crate) fn of_deployment(parameters: &Parameters) -> Self {
        let argument = |value: &str| Argument { value: Node::text(value, Span::nowhere()), changeable: true };
        let given = parameters.iter().map(|(name, value)| (name.into(), argument(value))).collect();
        Arguments { given, closed: false, open: None }
    }

    /// What a template or another file gives to a template inside it.
    pub(crate) fn of_holder(given: impl IntoIterator<Item = (Box<str>, Argument)>) -> Self {
        Arguments { given: given.into_iter().collect(), closed: true, open: None }
    }

    /// The same, of which some may not be known.
    pub(crate) fn or_unknown(self, open: Option<Unknown>) -> Self {
        Arguments { open, ..self }
    }

    /// Why it is not known what a parameter is given, if so.
    pub(crate) fn unknown(&self, name: &str) -> Option<&Unknown> {
        self.open.as_ref().filter(|_| self.get(name).is_none())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Argument> {
        self.given.get(name)
    }

    /// Every name with what it is given.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Argument)> {
        self.given.iter().map(|(name, argument)| (&**name, argument))
    }

    /// Whether a parameter may have another value than it has.
    pub(crate) fn is_changeable(&self, name: &str) -> bool {
        self.get(name).map_or(!self.closed || self.open.is_some(), |argument| argument.changeable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let mut parameters = Parameters::default();
        parameters.read_file(text)?;
        Ok(parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn parameter_files_have_four_forms() {
        let expected = vec![("A".to_owned(), "012345678901".to_owned()), ("B".to_owned(), "x,y".to_owned())];
        for text in [
            r#"[{"ParameterKey": "A", "ParameterValue": "012345678901"}, {"ParameterKey": "B", "ParameterValue": "x,y"}]"#,
            r#"["A=012345678901", "B=x,y"]"#,
            r#"{"Parameters": {"A": "012345678901", "B": ["x", "y"]}, "Tags": {"t": "u"}}"#,
            r#"{"A": "012345678901", "B": "x,y"}"#,
        ] {
            assert_eq!(read(text).as_ref(), Ok(&expected), "{text}");
        }
        assert_eq!(read(r#"{"N": 7, "T": true}"#).unwrap()[0].1, "7");
        assert_eq!(read(r#"["A=b=c"]"#).unwrap()[0].1, "b=c");
    }

    #[test]
    fn other_files_are_refused_with_a_reason() {
        assert!(read("{\n\"A\": }").unwrap_err().starts_with("line 2: "));
        for text in
            ["7", r#"["A"]"#, r#"[{"ParameterValue": "x"}]"#, r#"{"A": {"b": "c"}}"#, r#"{"A": null}"#, ""]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
