//! Addresses of modules and resources as Terraform writes them: `module.a["x.y"].module.b[0]`.

/// The names of the modules of an address, without instance keys. `None` if it is no module address.
pub(crate) fn module_names(address: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = address;
    while !rest.is_empty() {
        rest = rest.strip_prefix("module.")?;
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        names.push(name);
        let (_, after) = instance_key(after)?;
        rest = match after.strip_prefix('.') {
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(names)
}

/// Splits a leading instance key off (`["a"].name` gives `["a"]` and `.name`); the key is empty if there is none.
/// `None` if a key does not end.
pub(crate) fn instance_key(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('[') {
        return Some(("", text));
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return text.split_at_checked(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_anything() {
        assert_eq!(module_names(""), Some(vec![]));
        assert_eq!(module_names("module.a"), Some(vec!["a"]));
        assert_eq!(module_names(r#"module.a["x.module.y]\"]"].module.b[0]"#), Some(vec!["a", "b"]));
        assert_eq!(module_names("module.a[\"x"), None);
        assert_eq!(module_names("aws_iam_role.x"), None);
        assert_eq!(instance_key("[\"a\"].arn"), Some(("[\"a\"]", ".arn")));
        assert_eq!(instance_key(".arn"), Some(("", ".arn")));
    }
}
