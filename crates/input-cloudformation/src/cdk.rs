//! What the CDK leaves beside the templates that it writes: where in the program a resource was made.

use model::{FileId, Located, Node, SourceMap, Span, Value};

use crate::value::known;

/// Where the CDK notes the construct that a resource belongs to.
const PATH: &str = "aws:cdk:path";

/// How large a manifest may be that is read, in bytes. Those of large applications have a few megabytes.
const MAX_MANIFEST: usize = 32 << 20;

/// How many directories up a program's files are looked for.
const MAX_UP: usize = 8;

/// The construct path of a resource.
pub(crate) fn construct_path(resource: &Node) -> Option<&str> {
    known(resource.get("Metadata")?.get(PATH)?)
}

/// The manifest of the assembly that a template belongs to.
pub(crate) struct Assembly {
    /// The metadata of the artifact that is this template: entries by construct path.
    metadata: Node,
    /// Where the assembly lies.
    directory: String,
}

impl Assembly {
    /// Reads the manifest beside a template, if there is one that knows the template.
    pub(crate) fn of(template: FileId, sources: &SourceMap) -> Option<Assembly> {
        let path = sources.path(template);
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if !name.ends_with(".template.json") {
            return None;
        }
        let manifest = sources.open(&join(directory, "manifest.json"))?;
        let text = sources.text(manifest).ok().filter(|text| text.len() <= MAX_MANIFEST)?;
        let manifest = syntax::json::parse(&text, manifest).ok()?;
        let Value::Object(artifacts) = &manifest.get("artifacts")?.value else {
            return None;
        };
        let this = artifacts.entries.iter().map(|e| &e.value).find(|artifact| {
            let file = artifact.get("properties").and_then(|p| p.get("templateFile")).and_then(known);
            file == Some(name)
        })?;
        let metadata = this.get("metadata").cloned()?;
        Some(Assembly { metadata, directory: directory.to_owned() })
    }

    /// The line of the program that made the construct of this path, if that file is at hand.
    pub(crate) fn made_at(&self, construct: &str, sources: &SourceMap) -> Option<Located<Box<str>>> {
        let Value::List(notes) = &self.metadata.get(&format!("/{construct}"))?.value else {
            return None;
        };
        let note = notes.items.iter().find(|n| n.get("type").and_then(known) == Some("aws:cdk:logicalId"))?;
        let Value::List(trace) = &note.get("trace")?.value else {
            return None;
        };
        let frames = trace.items.iter().filter_map(known).filter(|f| !f.contains("node_modules"));
        let (file, line) =
            frames.filter_map(frame).find_map(|(path, line)| Some((self.locate(path, sources)?, line)))?;
        let text = sources.text(file).ok()?;
        let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let content = text.get(start..)?.lines().next()?;
        let lead = content.len() - content.trim_start().len();
        let span = Span::new(file, start + lead, start + content.trim_end().len());
        Some(Located::new(construct.into(), span))
    }

    /// The file of the program that a trace names by its path on another machine.
    fn locate(&self, path: &str, sources: &SourceMap) -> Option<FileId> {
        let parts: Vec<&str> = path.split(['/', '\\']).filter(|p| !p.is_empty()).collect();
        let mut directory = self.directory.as_str();
        for _ in 0..MAX_UP {
            // From the longest tail to the shortest, so that the file that fits best is taken.
            let found = (0..parts.len())
                .find_map(|from| sources.open(&join(directory, &parts.get(from..)?.join("/"))));
            if found.is_some() {
                return found;
            }
            if directory.is_empty() {
                return None;
            }
            directory = directory.rsplit_once('/').map_or("", |(above, _)| above);
        }
        None
    }
}

/// The path and the line of a frame such as `new Stack (/app/lib/stack.ts:12:5)`.
fn frame(text: &str) -> Option<(&str, usize)> {
    let inside = text.rsplit_once('(').map_or(text, |(_, inside)| inside);
    let inside = inside.trim_end_matches(')').trim();
    let inside = inside.strip_prefix("at ").unwrap_or(inside);
    let (rest, _column) = inside.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    Some((path.strip_prefix("file://").unwrap_or(path), line.parse().ok()?))
}

fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_name_a_file_and_a_line() {
        assert_eq!(frame("new MyStack (/app/lib/my-stack.ts:10:5)"), Some(("/app/lib/my-stack.ts", 10)));
        assert_eq!(frame("at /app/bin/app.js:3:1"), Some(("/app/bin/app.js", 3)));
        assert_eq!(frame("node:internal/main"), None);
        assert_eq!(frame("..."), None);
    }
}
