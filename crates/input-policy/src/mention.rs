//! What the bytes of a file mention, before anybody parses them: a cheap look that errs on the safe side.
//!
//! Not here: other encodings than UTF-8, which no input reads; the binary names such files.

use memchr::{memchr2_iter, memmem};

/// Whether a policy document that names principals may be in these bytes.
pub(crate) fn document(bytes: &[u8]) -> bool {
    hides_letters(bytes) || (contains(bytes, b"Statement") && contains(bytes, b"Principal"))
}

/// Whether these bytes speak of assuming roles: a file that cannot be parsed may then hide a trust policy.
pub(crate) fn trust(bytes: &[u8]) -> bool {
    let acts = contains_any_case(bytes, b"assumerole") || contains_any_case(bytes, b"sts:");
    hides_letters(bytes) || (acts && contains(bytes, b"Statement"))
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    memmem::find(bytes, word).is_some()
}

/// Whether `word`, in lower case, stands in the bytes in any letter case.
fn contains_any_case(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else {
        return true;
    };
    memchr2_iter(*first, first.to_ascii_uppercase(), bytes)
        .any(|at| bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word)))
}

/// Whether some ASCII letter is written as an escape (`\u0041`), so that no word can be looked for.
fn hides_letters(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"\\u00").any(|at| {
        let digits = bytes.get(at + 4..at + 6).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_some_and(|code| code.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_spelling() {
        let trust_of = |text: &str| trust(text.as_bytes());
        assert!(trust_of(r#"{"Statement":[{"Action":"STS:assumerole"}]}"#));
        assert!(trust_of(r#"{"Statement":[{"Action":"sts:*"}]}"#));
        assert!(trust_of(r#"{"\u0053tatement":1}"#));
        assert!(!trust_of(r#"{"Statement":"a \u003c b"}"#));
        assert!(!trust_of(r#"{"Action":"sts:AssumeRole"}"#));
        assert!(document(br#"{"Statement":[{"Principal":"*","Action":"*"}]}"#));
        assert!(!document(br#"{"Statement":[{"Action":"*"}]}"#));
        assert!(!trust(&[]));
    }
}
