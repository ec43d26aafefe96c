//! Paths of the scan, spelled as the report spells them.
//!
//! Not here: the disk.

/// The directory that a file lies in, `""` for the root.
pub(crate) fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

pub(crate) fn is_hcl(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".tofu")
}

pub(crate) fn is_json(path: &str) -> bool {
    path.ends_with(".tf.json") || path.ends_with(".tofu.json")
}

/// Whether a file belongs to the module of its directory.
pub(crate) fn is_module_file(path: &str) -> bool {
    is_hcl(path) || is_json(path)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A name in a directory, `""` being the root.
pub(crate) fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory if directory.ends_with('/') => format!("{directory}{name}"),
        directory => format!("{directory}/{name}"),
    }
}

/// Whether a module's source is a directory beside the module that calls it.
pub(crate) fn is_local_source(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || matches!(source, "." | "..")
}

/// Whether a path starts at the root of a disk or at somebody's home.
pub(crate) fn is_absolute(path: &str) -> bool {
    let drive =
        path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    path.starts_with(['/', '~', '\\']) || drive
}

/// `path` as seen from a directory, without `.` and `..`; `None` if it is absolute or leaves the root.
pub(crate) fn resolve(directory: &str, path: &str) -> Option<String> {
    if is_absolute(path) || path.contains('\\') {
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

/// How directory `to` is written from directory `from`, as Terraform writes `path.module`; `None` if that needs the
/// name of a directory above the scan.
pub(crate) fn relative(from: &str, to: &str) -> Option<String> {
    let parts = |path: &'_ str| path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let (from, to): (Vec<String>, Vec<String>) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(shared);
    if up.clone().any(|part| part == "..") {
        return None;
    }
    let steps: Vec<&str> = up.map(|_| "..").chain(to.iter().skip(shared).map(String::as_str)).collect();
    Some(if steps.is_empty() { ".".to_owned() } else { steps.join("/") })
}

#[cfg(test)]
mod tests {
    use super::{relative, resolve};

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

    #[test]
    fn a_directory_is_written_from_another() {
        assert_eq!(relative("a", "a").as_deref(), Some("."));
        assert_eq!(relative("", "m/v").as_deref(), Some("m/v"));
        assert_eq!(relative("envs/dev", "modules/v").as_deref(), Some("../../modules/v"));
        assert_eq!(relative("../a", "../b").as_deref(), Some("../b"));
        assert_eq!(relative("../a", "b"), None);
    }
}
