//! Percent-encoded documents, as the IAM API returns them.

use std::ops::Range;

use model::{Decoded, DecodedBuilder, Span};

/// Takes the percent escapes out of a text. `None` if what they stand for is not UTF-8.
pub(crate) fn decode(encoded: &Decoded) -> Option<Decoded> {
    let text = encoded.text();
    let mut builder = DecodedBuilder::default();
    let mut at = 0;
    while let Some(escapes) = next_escapes(text, at) {
        builder.carried(encoded, at..escapes.start);
        at = escapes.end;
        let bytes: Option<Vec<u8>> =
            escapes.clone().step_by(3).map(|escape| byte(text.as_bytes(), escape)).collect();
        let decoded = String::from_utf8(bytes?).ok()?;
        for (offset, char) in decoded.char_indices() {
            let start = escapes.start + 3 * offset;
            let source = encoded.origin().span(start..start + 3 * char.len_utf8());
            builder.converted(char.encode_utf8(&mut [0; 4]), source.unwrap_or(Span::nowhere()));
        }
    }
    builder.carried(encoded, at..text.len());
    Some(builder.build())
}

/// The next unbroken run of escapes (`%7B%22`) at or after `from`.
fn next_escapes(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = (from..bytes.len()).find(|at| byte(bytes, *at).is_some())?;
    let end = (start..).step_by(3).find(|at| byte(bytes, *at).is_none())?;
    Some(start..end)
}

/// The byte that the escape at `at` stands for, if one is there.
fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    match bytes.get(at..at + 3)? {
        [b'%', high, low] => {
            let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(digit(*high)? * 16 + digit(*low)?)
        }
        _ => None,
    }
}
