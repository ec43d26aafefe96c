//! JSON, base64, CSV, URLs.

use std::collections::BTreeSet;
use std::rc::Rc;

use model::Cause;
use syntax::json;

use super::{Args, Outcome, unknown};
use crate::value::{Alternative, Content, Field, Kind, MAX_TEXT, Map, MapSort, Seq, SeqSort, Str, Val};

/// Keeps the argument as a tree: places and unknown leaves survive.
pub(super) fn jsonencode(args: &Args<'_, '_>) -> Outcome {
    Ok(Val::json(args.first()?.clone(), args.span))
}

pub(super) fn jsondecode(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?;
    if let Some(tree) = text.tree() {
        return Ok(written(tree));
    }
    match json::parse_decoded(&text.decoded()) {
        Ok(node) => Ok(Val::of_node(&node)),
        Err(_) if text.known().is_none() => Err(args.refuse(args.first()?, "known JSON")),
        Err(error) => Err(args.error(&format!("the text is not JSON: {}", error.message))),
    }
}

/// What is read back from the JSON of a value: JSON tells lists from sets no more than maps from objects.
fn written(value: &Val) -> Val {
    let kind = match &value.kind {
        Kind::List(seq) => {
            let items = seq.items.iter().map(written).collect();
            Kind::List(Rc::new(Seq { sort: SeqSort::Tuple, items, ..(**seq).clone() }))
        }
        Kind::Object(map) => {
            let field = |f: &Field| Field { value: written(&f.value), ..f.clone() };
            let fields = map.fields.iter().map(field).collect();
            Kind::Object(Rc::new(Map { sort: MapSort::Object, fields, ..(**map).clone() }))
        }
        Kind::OneOf(choice) => {
            let branch = |b: &Alternative| Alternative { value: written(&b.value), ..b.clone() };
            Kind::OneOf(Rc::new(choice.with(choice.branches.iter().map(branch).collect())))
        }
        kind => kind.clone(),
    };
    Val { kind, ..value.clone() }
}

pub(super) fn base64encode(args: &Args<'_, '_>) -> Outcome {
    args.converted(&base64(args.known_text(0)?.as_bytes()))
}

pub(super) fn base64decode(args: &Args<'_, '_>) -> Outcome {
    let text = args.known_text(0)?;
    match decode(&text).and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(decoded) => {
            let span = args.first()?.span;
            Ok(Val::string(Str::converted(&decoded, span), args.span))
        }
        None => Err(unknown(args, Cause::Invalid("the text is not base64 of UTF-8".into()))),
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes in base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    let digit = |n: u32| char::from(DIGITS.get((n & 63) as usize).copied().unwrap_or(b'='));
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.push(digit(bits >> 18));
        out.push(digit(bits >> 12));
        out.push(if chunk.len() > 1 { digit(bits >> 6) } else { '=' });
        out.push(if chunk.len() > 2 { digit(bits) } else { '=' });
    }
    out
}

fn decode(text: &str) -> Option<Vec<u8>> {
    // Line breaks do not count.
    let text: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |last| last + 1);
    if text.len() - end > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.get(..end)? {
        let value = DIGITS.iter().position(|digit| digit == byte)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

/// An encoding by the name that IANA gives it; others are not computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16 { little: bool },
}

fn encoding(args: &Args<'_, '_>) -> Result<Encoding, Val> {
    let name = args.known_text(1)?.to_ascii_uppercase();
    match name.as_str() {
        "UTF-8" => Ok(Encoding::Utf8),
        "US-ASCII" => Ok(Encoding::Ascii),
        "ISO-8859-1" => Ok(Encoding::Latin1),
        "UTF-16LE" => Ok(Encoding::Utf16 { little: true }),
        "UTF-16BE" => Ok(Encoding::Utf16 { little: false }),
        _ => {
            Err(args.evaluator.unsupported(&format!("the encoding in the function {}", args.name), args.span))
        }
    }
}

pub(super) fn textencodebase64(args: &Args<'_, '_>) -> Outcome {
    let encoding = encoding(args)?;
    let text = args.known_text(0)?;
    let bytes: Option<Vec<u8>> = match encoding {
        Encoding::Utf8 => Some(text.bytes().collect()),
        Encoding::Ascii => text.is_ascii().then(|| text.bytes().collect()),
        Encoding::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Encoding::Utf16 { little } => {
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            Some(text.encode_utf16().flat_map(bytes).collect())
        }
    };
    args.converted(&base64(&bytes.ok_or_else(|| args.error("a character that the encoding does not have"))?))
}

pub(super) fn textdecodebase64(args: &Args<'_, '_>) -> Outcome {
    let encoding = encoding(args)?;
    let bytes = decode(&args.known_text(0)?).ok_or_else(|| args.error("the text is not base64"))?;
    let text = match encoding {
        Encoding::Utf8 | Encoding::Ascii => String::from_utf8(bytes).ok(),
        Encoding::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
        Encoding::Utf16 { little } => {
            let unit = |pair: &[u8]| match (pair, little) {
                ([a, b], true) => u16::from_le_bytes([*a, *b]),
                ([a, b], false) => u16::from_be_bytes([*a, *b]),
                _ => 0xfffd,
            };
            Some(String::from_utf16_lossy(&bytes.chunks(2).map(unit).collect::<Vec<_>>()))
        }
    };
    args.converted(&text.ok_or_else(|| args.error("the bytes are not of this encoding"))?)
}

pub(super) fn urlencode(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?.flat();
    let encode = |known: &str| {
        let mut out = String::with_capacity(known.len());
        for byte in known.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(char::from(byte))
                }
                b' ' => out.push('+'),
                byte => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    if text.pieces().iter().any(|p| matches!(p.content, Content::Hole(_) | Content::Symbol(_))) {
        return Err(args.refuse(args.first()?, "a known string"));
    }
    Ok(Val::string(text.map_known(encode), args.span))
}

/// Rows as objects by the names in the first row.
pub(super) fn csvdecode(args: &Args<'_, '_>) -> Outcome {
    let text = args.known_text(0)?;
    if text.len() > MAX_TEXT {
        return Err(args.too_large());
    }
    let rows = csv(&text).ok_or_else(|| args.error("the text is not CSV"))?;
    let Some((names, rows)) = rows.split_first() else {
        return Err(args.error("the first row is missing"));
    };
    if names.iter().collect::<BTreeSet<_>>().len() != names.len() {
        return Err(args.error("two columns have the same name"));
    }
    if rows.iter().any(|row| row.len() != names.len()) {
        return Err(args.error("a row of another length than the first"));
    }
    let object = |row: &Vec<String>| {
        let field = |(name, text): (&String, &String)| Field {
            key: Str::converted(name, args.span),
            key_span: args.span,
            value: Val::converted(text, args.span),
        };
        Val::mapping(MapSort::Object, names.iter().zip(row).map(field).collect(), None, args.span)
    };
    Ok(Val::seq(SeqSort::List, rows.iter().map(object).collect(), None, args.span))
}

/// The rows of RFC 4180; blank lines are none.
fn csv(text: &str) -> Option<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')) {
            rest = after;
            continue;
        }
        let mut row = Vec::new();
        loop {
            let (field, after) = csv_field(rest)?;
            row.push(field);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None => {
                    rest = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
                    break;
                }
            }
        }
        rows.push(row);
    }
    Some(rows)
}

/// One field and what follows it: a comma, the end of a line or nothing.
fn csv_field(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let end = if text.get(..end)?.ends_with('\r') && !text.get(end..)?.starts_with(',') {
            end - 1
        } else {
            end
        };
        let field = text.get(..end)?;
        // A quote stands at the start or not at all.
        return (!field.contains('"')).then(|| (field.to_owned(), text.get(end..).unwrap_or_default()));
    };
    let mut out = String::new();
    loop {
        let (inside, after) = rest.split_once('"')?;
        out.push_str(&inside.replace("\r\n", "\n"));
        match after.strip_prefix('"') {
            Some(more) => {
                out.push('"');
                rest = more;
            }
            None => {
                let ends = after.is_empty() || after.starts_with([',', '\n']) || after.starts_with("\r\n");
                return ends.then_some((out, after));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
            assert_eq!(decode(encoded).unwrap(), text.as_bytes());
        }
        assert_eq!(decode("Zg==\n").unwrap(), b"f");
        for wrong in ["Zg", "Zg=", "Z===", "====", "Z g=", "=Zg="] {
            assert!(decode(wrong).is_none(), "{wrong}");
        }
    }
}
