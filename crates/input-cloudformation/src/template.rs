//! The sections of a template, found once. Not here: any evaluation.

use std::collections::{HashMap, HashSet};

use model::{Cloud, FileId, Located, Node, Object, Place, Problem, Span, Text, Value};
use syntax::SyntaxError;

use crate::{ROLES, strays};

/// A template's sections by name.
#[derive(Debug, Default)]
pub(crate) struct Template<'n> {
    /// Parameters by name.
    pub(crate) parameters: HashMap<&'n str, &'n Node>,
    /// Conditions by name.
    pub(crate) conditions: HashMap<&'n str, &'n Node>,
    /// The `Mappings` section.
    pub(crate) mappings: Option<&'n Node>,
    /// Resources in the order of the template; of equal names the last.
    pub(crate) resources: Vec<Resource<'n>>,
    /// Where in `resources` a logical id is.
    by_id: HashMap<&'n str, usize>,
}

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource<'n> {
    /// The logical id; its span is its key.
    pub(crate) id: &'n Located<Text>,
    /// The `Type`; empty if it is missing or no text.
    pub(crate) kind: &'n str,
    /// The whole resource.
    pub(crate) node: &'n Node,
}

impl<'n> Resource<'n> {
    /// Whose role it is, if it is one.
    pub(crate) fn cloud(&self) -> Option<Cloud> {
        ROLES.iter().find(|(kind, _)| *kind == self.kind).map(|(_, cloud)| *cloud)
    }

    /// The property of this name as written.
    pub(crate) fn property(&self, name: &str) -> Option<&'n Node> {
        self.node.get("Properties").and_then(|p| p.get(name))
    }

    /// The logical id as text.
    pub(crate) fn name(&self) -> String {
        self.id.value.to_string()
    }
}

impl<'n> Template<'n> {
    /// Finds the sections of a document. A document without `Resources` has none.
    pub(crate) fn of(document: &'n Node, problems: &mut Vec<Problem>) -> Template<'n> {
        let mut template = Template::default();
        let Value::Object(root) = &document.value else {
            return template;
        };
        template.parameters = by_name(root, "Parameters", problems);
        template.conditions = by_name(root, "Conditions", problems);
        template.mappings = root.get("Mappings");
        warn_twice(document, "Resources", problems);
        let Some(resources) = root.get("Resources") else {
            return template;
        };
        match &resources.value {
            Value::Object(object) => template.read_resources(object, resources.span, problems),
            _ => {
                let message = format!("`Resources` is {}, expected an object", resources.kind());
                let relevant = matches!(resources.value, Value::Unknown(_)) || strays::holds_role(resources);
                problems.push(Problem { relevant, ..Problem::warning(resources.span, message) });
            }
        }
        template
    }

    fn read_resources(&mut self, object: &'n Object, span: Span, problems: &mut Vec<Problem>) {
        if let Some(open) = &object.open {
            let message = format!("some resources are not read: `{}` {}", open.what, open.why);
            problems.push(Problem::relevant(Place::Span(open.span.unwrap_or(span)), message));
        }
        let mut seen = HashSet::new();
        for entry in object.entries.iter().rev() {
            if let Some(name) = entry.key.value.as_str()
                && !seen.insert(name)
            {
                let message =
                    format!("`{name}` stands twice in `Resources`; this one vanishes when deployed");
                problems.push(Problem::warning(entry.key.span, message));
                continue;
            }
            let kind = match entry.value.get("Type").map(|t| &t.value) {
                Some(Value::Text(text)) => text.as_str().unwrap_or_default(),
                _ => "",
            };
            self.resources.push(Resource { id: &entry.key, kind, node: &entry.value });
        }
        self.resources.reverse();
        let ids = self.resources.iter().enumerate();
        self.by_id = ids.filter_map(|(index, r)| Some((r.id.value.as_str()?, index))).collect();
    }

    /// The resource of this logical id.
    pub(crate) fn resource(&self, id: &str) -> Option<&Resource<'n>> {
        self.by_id.get(id).and_then(|index| self.resources.get(*index))
    }
}

/// Says so where a key stands more than once: what stands there first has no effect.
pub(crate) fn warn_twice(node: &Node, key: &str, problems: &mut Vec<Problem>) {
    let Value::Object(object) = &node.value else {
        return;
    };
    let mut places = object.entries.iter().filter(|e| e.key.value.is(key)).map(|e| e.key.span).rev();
    // The last one counts.
    places.next();
    for span in places {
        let message =
            format!("`{key}` stands twice in one object; this one vanishes when deployed, the last wins");
        problems.push(Problem::warning(span, message));
    }
}

/// The entries of a section by name, the last of equal ones.
fn by_name<'n>(root: &'n Object, section: &str, problems: &mut Vec<Problem>) -> HashMap<&'n str, &'n Node> {
    match root.get(section).map(|node| (node, &node.value)) {
        Some((_, Value::Object(object))) => {
            object.entries.iter().filter_map(|e| Some((e.key.value.as_str()?, &e.value))).collect()
        }
        None | Some((_, Value::Null)) => HashMap::new(),
        Some((node, _)) => {
            let message = format!("`{section}` is {}, expected an object", node.kind());
            problems.push(Problem::warning(node.span, message));
            HashMap::new()
        }
    }
}

/// Parses a template's text: JSON where it looks like it, else YAML.
pub(crate) fn parse(text: &str, file: FileId) -> Result<Vec<Node>, SyntaxError> {
    let Some(inside) = text.trim_start_matches('\u{feff}').trim_start().strip_prefix('{') else {
        return syntax::yaml::parse(text, file, &long_form);
    };
    match syntax::json::parse(text, file) {
        Ok(node) => Ok(vec![node]),
        // YAML's flow style starts alike. Of a text that is neither, the error of what it resembles is shown.
        Err(error) => syntax::yaml::parse(text, file, &long_form)
            .map_err(|other| if inside.trim_start().starts_with('"') { error } else { other }),
    }
}

/// The long form of an intrinsic's tag.
fn long_form(tag: &str) -> Option<String> {
    let intrinsic = tag.chars().next().is_some_and(|c| c.is_ascii_uppercase())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    match tag {
        "Ref" | "Condition" => Some(tag.to_owned()),
        _ if intrinsic => Some(format!("Fn::{tag}")),
        _ => None,
    }
}

/// Whether the text holds the marks of Jinja and its like, which such a tool must render first. Dynamic
/// references (`{{resolve:…}}`) are CloudFormation's own.
pub(crate) fn is_rendered_elsewhere(text: &str) -> bool {
    text.contains("{%")
        || text
            .match_indices("{{")
            .any(|(at, _)| text.get(at + 2..).is_some_and(|rest| !rest.trim_start().starts_with("resolve:")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_long_forms() {
        assert_eq!(long_form("Ref").as_deref(), Some("Ref"));
        assert_eq!(long_form("Condition").as_deref(), Some("Condition"));
        assert_eq!(long_form("GetAtt").as_deref(), Some("Fn::GetAtt"));
        assert_eq!(long_form("vault"), None);
        assert_eq!(long_form("A:b"), None);
    }

    #[test]
    fn dynamic_references_are_no_foreign_template() {
        assert!(is_rendered_elsewhere("a: {{ x }}"));
        assert!(is_rendered_elsewhere("{% if x %}"));
        assert!(!is_rendered_elsewhere("a: '{{resolve:ssm:x}}'"));
    }
}
