//! Files that a template engine will fill in: `"arn:aws:iam::${account}:root"`, `{{ account }}`.
//!
//! Read as they are, such placeholders would pass for account ids and principals. Deliberately not here: what would
//! be filled in, and directives (`%{ if … }`, `{% if … %}`), which leave the text no JSON.

use std::ops::Range;

use memchr::memmem;
use model::{Cause, Decoded, DecodedBuilder, FileId, Node, Span, Text, Unknown, Value};

/// The text with its placeholders as unknown pieces; `None` if it has none.
pub(crate) fn decode(text: &str, file: FileId) -> Option<Decoded> {
    let mut builder = DecodedBuilder::default();
    let mut at = 0;
    while let Some(placeholder) = next(text, at) {
        lit(&mut builder, text, at..placeholder.start, file);
        let span = Span::new(file, placeholder.start, placeholder.end);
        let written = text.get(placeholder.clone()).unwrap_or_default();
        let what = written.trim_matches(|c: char| "${} ".contains(c));
        let unknown = Unknown::new(what, Cause::NoValue, Some(span));
        builder.filling(Node::new(Value::Text(Text::unknown(unknown)), span));
        at = placeholder.end;
    }
    if at == 0 {
        return None;
    }
    lit(&mut builder, text, at..text.len(), file);
    Some(builder.build())
}

fn lit(builder: &mut DecodedBuilder, text: &str, range: Range<usize>, file: FileId) {
    let span = Span::new(file, range.start, range.end);
    builder.lit(text.get(range).unwrap_or_default(), span);
}

/// The next placeholder at or after `from`.
fn next(text: &str, from: usize) -> Option<Range<usize>> {
    let mut from = from;
    loop {
        let rest = text.as_bytes().get(from..)?;
        let start = from + memmem::find(rest, b"{")?;
        let braces = text.get(start..)?;
        let found = match braces.strip_prefix("{{") {
            Some(inside) => name(inside, "}}").map(|length| start..start + length + 4),
            None if text.get(..start)?.ends_with('$') => {
                let inside = braces.strip_prefix('{')?;
                name(inside, "}").map(|length| start - 1..start + length + 2)
            }
            None => None,
        };
        if found.is_some() {
            return found;
        }
        from = start + 1;
    }
}

/// The length of what stands before `close`, if it can name a variable. A policy variable (`${aws:username}`,
/// `${*}`) cannot.
fn name(inside: &str, close: &str) -> Option<usize> {
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && !" _.-[]'()|,".contains(c))?;
    let name = inside.get(..end)?;
    let named = name.trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (named && inside.get(end..)?.starts_with(close)).then_some(end)
}
