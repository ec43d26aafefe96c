//! What a misspelled name was meant to be.

/// The one of `known` that is spelled almost as `written`, if any is.
pub(crate) fn similar<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing that is much longer than a name can be one, and the comparison is quadratic.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_ascii_lowercase().replace('-', "_");
    let distances = known.into_iter().map(|name| (strsim::osa_distance(&written, name), name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    // Short names differ in a letter and are other names.
    (distance <= name.len() / 4).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn a_slip_is_told_from_another_name() {
        let known = ["accounts", "organizations", "oidc", "role_arn"];
        assert_eq!(similar("organisations", known), Some("organizations"));
        assert_eq!(similar("account", known), Some("accounts"));
        assert_eq!(similar("Role-ARN", known), Some("role_arn"));
        assert_eq!(similar("odic", known), Some("oidc"));
        assert_eq!(similar("id", known), None);
        assert_eq!(similar("region", known), None);
        assert_eq!(similar(&"a".repeat(1 << 20), known), None);
    }
}
