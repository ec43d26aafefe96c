//! Whether a file has the shape that the schema describes: every fault with its place and what was meant.
//!
//! It knows as much of JSON Schema as [`super::shape`] uses. Deliberately not here: any key or value by name.

use std::borrow::Cow;
use std::ops::Range;

use model::{FileId, Span};
use regex::Regex;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::report::frame::Fault;
use crate::similar::similar;

/// Walks a file and its schema side by side, and keeps what is wrong.
pub(super) struct Validator<'a> {
    text: &'a str,
    file: FileId,
    schema: &'a Value,
    faults: Vec<Fault>,
}

impl<'a> Validator<'a> {
    pub(super) fn new(text: &'a str, file: FileId, schema: &'a Value) -> Self {
        Validator { text, file, schema, faults: Vec::new() }
    }

    /// What is wrong, in the order of the file.
    pub(super) fn faults(self) -> Vec<Fault> {
        let mut faults = self.faults;
        faults.sort_by_key(|fault| fault.span);
        faults
    }

    pub(super) fn fault(&mut self, range: Range<usize>, message: String, hint: impl Into<String>) {
        let span = Span::new(self.file, range.start, range.end);
        self.faults.push(Fault { span, message, hint: hint.into() });
    }

    /// The whole file.
    pub(super) fn file(&mut self, table: &DeTable<'_>) {
        self.table("the configuration", table, self.schema);
    }

    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        target.and_then(|pointer| self.schema.pointer(pointer)).unwrap_or(schema)
    }

    fn table(&mut self, name: &str, table: &DeTable<'_>, schema: &'a Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        for (key, value) in table {
            let called = key.get_ref();
            match properties.and_then(|known| known.get(&**called)).or(others) {
                Some(schema) => self.value(called, value, self.resolve(schema)),
                None => {
                    let known = properties.into_iter().flat_map(|known| known.keys().map(String::as_str));
                    self.unknown(key, name, &known.collect::<Vec<_>>());
                }
            }
        }
    }

    fn value(&mut self, name: &str, value: &Spanned<DeValue<'_>>, schema: &'a Value) {
        let date = schema.get("format").and_then(Value::as_str) == Some("date");
        match (schema.get("type").and_then(Value::as_str), value.get_ref()) {
            (Some("object"), DeValue::Table(table)) => {
                self.table(&format!("`{name}`"), table, schema);
                self.required(name, table, value.span(), schema);
            }
            (Some("array"), DeValue::Array(items)) => {
                if let Some(of) = schema.get("items").map(|of| self.resolve(of)) {
                    items.iter().for_each(|item| self.value(name, item, of));
                }
                if items.is_empty() && schema.get("minItems").is_some() {
                    self.fault(value.span(), format!("`{name}` is empty"), described(schema));
                }
            }
            (Some("string"), DeValue::Datetime(day)) if date => {
                if day.time.is_some() {
                    let message = format!("`{name}` holds a time, expected a day");
                    self.fault(value.span(), message, "write it as 2027-03-31");
                }
            }
            (Some("string"), DeValue::String(text)) if !date => self.text(name, value, text, schema),
            (Some("boolean"), DeValue::Boolean(_)) => {}
            (expected, found) => {
                let message = format!(
                    "`{name}` holds {}, expected {}",
                    kind(found),
                    if date { "a day" } else { noun(expected, schema) }
                );
                let hint = match (expected, found) {
                    _ if date => "write it without quotes: 2027-03-31",
                    (Some("array"), DeValue::String(_)) => "put it in brackets",
                    (Some("string"), DeValue::Integer(_)) => "put it in quotes, so that leading zeros count",
                    _ => "",
                };
                self.fault(self.inside(value), message, hint);
            }
        }
    }

    fn required(&mut self, name: &str, table: &DeTable<'_>, span: Range<usize>, schema: &Value) {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        for key in required.filter_map(Value::as_str).filter(|key| !table.contains_key(*key)) {
            let message = format!("`{key}` is missing in this entry of `{name}`");
            self.fault(span.clone(), message, "");
        }
    }

    fn text(&mut self, name: &str, value: &Spanned<DeValue<'_>>, text: &str, schema: &Value) {
        if let Some(known) = schema.get("enum").and_then(Value::as_array) {
            let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
            if !known.contains(&text) {
                let message = format!("`{text}` does not fit in `{name}`");
                self.fault(self.inside(value), message, meant(text, &known));
            }
        }
        let pattern = schema.get("pattern").and_then(Value::as_str).and_then(|p| Regex::new(p).ok());
        if pattern.is_some_and(|pattern| !pattern.is_match(text)) {
            let message = format!("`{text}` does not fit in `{name}`");
            self.fault(self.inside(value), message, described(schema));
        }
    }

    fn unknown(&mut self, key: &Spanned<Cow<'_, str>>, table: &str, known: &[&str]) {
        let name = key.get_ref();
        self.fault(key.span(), format!("`{name}` is no key of {table}"), meant(name, known));
    }

    /// The place of a value; of a string without its quotes.
    pub(super) fn inside(&self, value: &Spanned<DeValue<'_>>) -> Range<usize> {
        let Range { start, end } = value.span();
        let written = self.text.get(start..end).unwrap_or_default();
        let quotes = |mark: char| written.len() - written.trim_start_matches(mark).len();
        // `"""` opens as many as it closes; an empty string is all quotes.
        let count = quotes('"').max(quotes('\'')).min(written.len() / 2);
        if value.get_ref().is_str() { start + count..end - count } else { start..end }
    }
}

fn meant(written: &str, known: &[&str]) -> String {
    match similar(written, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are `{}`", known.join("`, `")),
    }
}

fn described(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn noun(expected: Option<&str>, schema: &Value) -> &'static str {
    match expected {
        Some("object") => "a table",
        Some("array") if schema.pointer("/items/type").and_then(Value::as_str) == Some("object") => {
            "a list of tables"
        }
        Some("array") => "a list",
        Some("boolean") => "`true` or `false`",
        _ => "a string",
    }
}
