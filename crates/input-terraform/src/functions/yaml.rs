//! YAML in strings.

use model::{Node, Span, Value};

use super::{Args, Outcome};
use crate::json_text::sorted;
use crate::value::{Content, Field, Kind, MAX_TEXT, Piece, Val};

pub(super) fn yamldecode(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?.flat();
    let known = text.known().ok_or_else(|| match args.first() {
        Ok(value) => args.refuse(value, "known YAML"),
        Err(error) => error,
    })?;
    // Places inside are those of the file if the text is all of it.
    let whole = match text.pieces() {
        [Piece { content: Content::Lit(_), span, verbatim: true }] if span.start == 0 => Some(*span),
        _ => None,
    };
    let file = whole.map_or(args.span.file, |span| span.file);
    let documents = syntax::yaml::parse(&known, file, &|_| None)
        .map_err(|error| args.error(&format!("the text is not YAML: {}", error.message)))?;
    match documents.as_slice() {
        [] => Ok(Val::null(args.span)),
        [document] => {
            if holds_unknown(document) {
                return Err(args.error("a tag that Terraform does not know"));
            }
            let value = Val::of_node(document);
            Ok(if whole.is_some() { value } else { placed(&value, args.span) })
        }
        _ => Err(args.error("more than one document")),
    }
}

fn holds_unknown(node: &Node) -> bool {
    match &node.value {
        Value::Unknown(_) => true,
        Value::List(list) => list.items.iter().any(holds_unknown),
        Value::Object(object) => object.entries.iter().any(|e| holds_unknown(&e.value)),
        _ => false,
    }
}

/// The value with everything in one place.
fn placed(value: &Val, span: Span) -> Val {
    match &value.kind {
        Kind::List(seq) => {
            Val::list(seq.items.iter().map(|v| placed(v, span)).collect(), seq.open.clone(), span)
        }
        Kind::Object(map) => {
            let field = |f: &Field| {
                let key = f.key.known().map(|key| crate::value::Str::converted(&key, span));
                Field {
                    key: key.unwrap_or_else(|| f.key.clone()),
                    key_span: span,
                    value: placed(&f.value, span),
                }
            };
            Val::object(map.fields.iter().map(field).collect(), map.open.clone(), span)
        }
        Kind::Str(text) => match text.known() {
            Some(known) => Val::converted(&known, span),
            None => Val { span, ..value.clone() },
        },
        _ => Val { span, ..value.clone() },
    }
}

/// In the one way in which Terraform writes it: keys and one-line texts in double quotes, block style.
pub(super) fn yamlencode(args: &Args<'_, '_>) -> Outcome {
    let value = args.known(0)?;
    let mut out = String::new();
    match write(value, 0, Place::Top, &mut out) {
        Some(()) => {
            // A bare scalar is told from what may follow it.
            if matches!(value.kind, Kind::Null | Kind::Bool(_) | Kind::Number(_)) {
                out.push_str("...\n");
            }
            args.converted(&out)
        }
        None => args.unsupported(),
    }
}

/// What stands before a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// `key:`
    Key,
    /// `-`
    Dash,
}

/// `None` for what is not written as Terraform writes it.
fn write(value: &Val, indent: usize, place: Place, out: &mut String) -> Option<()> {
    if out.len() > MAX_TEXT {
        return None;
    }
    let gap = if place == Place::Top { "" } else { " " };
    match &value.kind {
        Kind::Null => out.push_str(&format!("{gap}null\n")),
        Kind::Bool(b) => out.push_str(&format!("{gap}{b}\n")),
        Kind::Number(n) => out.push_str(&format!("{gap}{}\n", n.canonical())),
        Kind::Str(text) => {
            out.push_str(gap);
            scalar(&text.known()?, indent, place, out)?;
        }
        Kind::List(seq) if seq.items.is_empty() => out.push_str(&format!("{gap}[]\n")),
        Kind::List(seq) => {
            // A list stands under its key without indent.
            let (start, inner) = match place {
                Place::Dash => (" ", indent),
                Place::Key => ("\n", indent),
                Place::Top => ("", indent),
            };
            out.push_str(start);
            for (at, item) in seq.items.iter().enumerate() {
                if at > 0 || place == Place::Key {
                    out.push_str(&" ".repeat(inner));
                }
                out.push('-');
                write(item, inner + 2, Place::Dash, out)?;
            }
        }
        Kind::Object(map) => {
            let fields = sorted(&map.fields)?;
            if fields.is_empty() {
                out.push_str(&format!("{gap}{{}}\n"));
                return Some(());
            }
            out.push_str(match place {
                Place::Dash => " ",
                Place::Key => "\n",
                Place::Top => "",
            });
            for (at, (key, value)) in fields.into_iter().enumerate() {
                if at > 0 || place == Place::Key {
                    out.push_str(&" ".repeat(indent));
                }
                if key.len() > 120 {
                    return None;
                }
                quoted(&key, out)?;
                out.push(':');
                let inner = if matches!(value.kind, Kind::List(_)) { indent } else { indent + 2 };
                write(value, inner, Place::Key, out)?;
            }
        }
        Kind::OneOf(_) | Kind::Resource(_) | Kind::Unknown(_) => return None,
    }
    Some(())
}

fn scalar(text: &str, indent: usize, place: Place, out: &mut String) -> Option<()> {
    if !text.contains('\n') {
        quoted(text, out)?;
        out.push('\n');
        return Some(());
    }
    // How a block with blanks at its edges is written depends on more than is known here.
    let odd =
        |line: &str| line.starts_with([' ', '\t']) || line.ends_with([' ', '\t']) || line.contains('\r');
    if text.lines().any(odd) || text.starts_with('\n') || !text.chars().all(|c| c == '\n' || is_plain(c)) {
        return None;
    }
    let end = text.len() - text.trim_end_matches('\n').len();
    out.push_str(match end {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    let indent = if place == Place::Top { 2 } else { indent };
    for line in text.lines() {
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
        out.push('\n');
    }
    Some(())
}

fn is_plain(c: char) -> bool {
    (' '..='~').contains(&c) || ('\u{a0}'..='\u{d7ff}').contains(&c)
}

fn quoted(text: &str, out: &mut String) -> Option<()> {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_plain(c) => out.push(c),
            _ => return None,
        }
    }
    out.push('"');
    Some(())
}
