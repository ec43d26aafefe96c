//! JSON and base64.

use model::Cause;
use syntax::json;

use super::{Args, Outcome, unknown};
use crate::value::{Str, Val};

/// Keeps the argument as a tree: places and unknown leaves survive.
pub(super) fn jsonencode(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    if value.is_error() {
        return Err(value.clone());
    }
    Ok(Val::json(value.clone(), args.span))
}

pub(super) fn jsondecode(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?;
    if let Some(tree) = text.tree() {
        return Ok((**tree).clone());
    }
    match json::parse_decoded(&text.decoded()) {
        Ok(node) => Ok(Val::of_node(&node)),
        Err(_) if text.known().is_none() => Err(args.refuse(args.first()?, "known JSON")),
        Err(error) => Err(args.error(&format!("the text is not JSON: {}", error.message))),
    }
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

fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let digits = text.trim_end_matches('=');
    if text.len() - digits.len() > 2 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in digits.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}
