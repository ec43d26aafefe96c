//! Functions that read files: inside the scanned roots only, through the source map.

use std::sync::Arc;

use model::{Cause, FileId};

use super::{Args, Outcome, unknown};
use crate::eval::Scope;
use crate::parse::parse_template_file;
use crate::value::{Kind, Str, Val};

pub(super) fn file(args: &Args<'_>) -> Outcome {
    let (id, text) = open(args)?;
    let whole = model::Span::new(id, 0, text.len());
    Ok(Val::string(Str::verbatim(&text, whole), whole).used_at(args.span))
}

pub(super) fn templatefile(args: &Args<'_>) -> Outcome {
    let (id, text) = open(args)?;
    let variables = args.map(1)?;
    if let Some(open) = &variables.open {
        return Err(args.evaluator.still_unknown(open, args.span));
    }
    let mut scope = Scope::default();
    for field in &variables.fields {
        let Some(name) = field.key.known() else {
            return args.unsupported();
        };
        scope = scope.with(&name, field.value.clone());
    }
    let parts = parse_template_file(&text, id)
        .map_err(|fault| unknown(args, Cause::Invalid(format!("the template {}", fault.message).into())))?;
    let whole = model::Span::new(id, 0, text.len());
    let value = args.evaluator.render(&parts, whole, &scope);
    match &value.kind {
        Kind::Unknown(_) => Err(value),
        _ => Ok(value.used_at(args.span)),
    }
}

fn open(args: &Args<'_>) -> Result<(FileId, Arc<str>), Val> {
    let path = args.known_text(0)?;
    let fail = |why: String| unknown(args, Cause::Unresolved(why.into()));
    let module = &args.evaluator.module.directory;
    let full =
        resolve(module, &path).ok_or_else(|| fail(format!("`{path}` lies outside of what is scanned")))?;
    let sources = args.evaluator.sources;
    let id =
        sources.open(&full).ok_or_else(|| fail(format!("no file `{full}` is among the scanned ones")))?;
    match sources.text(id) {
        Ok(text) => Ok((id, text)),
        Err(error) => Err(fail(format!("`{full}` {error}"))),
    }
}

/// `path` as seen from a directory, without `.` and `..`; `None` if it is absolute or leaves the root.
fn resolve(directory: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            // A scan may be of a directory further up (`..` in the report's own paths).
            ".." => match parts.last() {
                Some(&"..") | None if directory.starts_with("..") => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
                None => return None,
            },
            part => parts.push(part),
        }
    }
    let rooted = if directory.starts_with('/') { "/" } else { "" };
    Some(format!("{rooted}{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn paths_are_taken_from_the_module_and_stay_inside() {
        assert_eq!(resolve("a/b", "./x.json").as_deref(), Some("a/b/x.json"));
        assert_eq!(resolve("a/b", "../c/x.json").as_deref(), Some("a/c/x.json"));
        assert_eq!(resolve("", "p/x.json").as_deref(), Some("p/x.json"));
        assert_eq!(resolve("/abs/m", "../x").as_deref(), Some("/abs/x"));
        assert_eq!(resolve("a", "../../x"), None);
        assert_eq!(resolve("a", "/etc/passwd"), None);
        assert_eq!(resolve("../m", "../x").as_deref(), Some("../x"));
    }
}
