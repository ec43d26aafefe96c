//! Paths as relative references of RFC 3986.

use std::fmt::Write;

/// The path, each byte that is neither unreserved nor `/` percent-encoded: `:` too, or `a:b` would have a scheme.
pub fn encode_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_bytes_and_slashes_stay() {
        assert_eq!(encode_path("infra/a-b_c.d~/main.tf"), "infra/a-b_c.d~/main.tf");
        assert_eq!(encode_path("c:x y%{{a}}/ä#?.tf"), "c%3Ax%20y%25%7B%7Ba%7D%7D/%C3%A4%23%3F.tf");
    }
}
