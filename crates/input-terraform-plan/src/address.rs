//! Addresses of modules and resources as Terraform writes them: `module.a["x.y"].module.b[0]`.

/// The names of the modules of an address, without instance keys. `None` if it is no module address.
pub(crate) fn module_names(address: &str) -> Option<Vec<&str>> {
    steps(address).map(|steps| steps.into_iter().map(|step| step.name).collect())
}

/// One module instance on the way to another: its name, its key as an address writes it, and the address up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step<'a> {
    pub(crate) name: &'a str,
    pub(crate) key: &'a str,
    pub(crate) outer: &'a str,
}

/// The modules of an address, the outermost first. `None` if it is no module address.
pub(crate) fn steps(address: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    let mut rest = address;
    let mut outer = "";
    while !rest.is_empty() {
        rest = rest.strip_prefix("module.")?;
        let (name, after) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
        let (key, after) = instance_key(after)?;
        steps.push(Step { name, key, outer });
        outer = address.get(..address.len() - after.len())?;
        rest = match after.strip_prefix('.') {
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    Some(steps)
}

/// The names of the modules that a resource lies in. `None` if it is no address of a resource.
pub(crate) fn module_of(address: &str) -> Option<Vec<&str>> {
    module_names(module_part(address)?)
}

/// The address of the module instance that a resource lies in; empty for the root. `None` if it is no address of a
/// resource.
pub(crate) fn module_part(address: &str) -> Option<&str> {
    let mut rest = address;
    let mut module = "";
    while let Some(after) = rest.strip_prefix("module.") {
        let (_, after) = after.split_at_checked(after.find(['.', '[']).unwrap_or(after.len()))?;
        let (_, after) = instance_key(after)?;
        module = address.get(..address.len() - after.len())?;
        rest = after.strip_prefix('.')?;
    }
    rest.contains('.').then_some(module)
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
        let outer = |address| steps(address).and_then(|steps| steps.last().map(|step| step.outer));
        assert_eq!(outer(r#"module.a["x.module.y"].module.b[0]"#), Some(r#"module.a["x.module.y"]"#));
        assert_eq!((outer("module.a"), outer("")), (Some(""), None));
        let odd = r#"module.a["x.module.y]\"]"].module.b[0].aws_iam_role.c["d.e"]"#;
        assert_eq!(module_of(odd), Some(vec!["a", "b"]));
        assert_eq!(module_of("aws_iam_role.c"), Some(vec![]));
        assert_eq!(module_part(odd), Some(r#"module.a["x.module.y]\"]"].module.b[0]"#));
        assert_eq!((module_part("aws_iam_role.c"), module_part("module.a")), (Some(""), None));
        assert_eq!((module_of("module.a"), module_of("module.a[\"x")), (None, None));
        assert_eq!(instance_key("[\"a\"].arn"), Some(("[\"a\"]", ".arn")));
        assert_eq!(instance_key(".arn"), Some(("", ".arn")));
    }
}
