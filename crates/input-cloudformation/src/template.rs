//! The sections of a template, found once. Not here: any evaluation.

use std::collections::{HashMap, HashSet};

use model::{Cloud, Located, Node, Object, Place, Problem, Span, Text, Value};

use crate::claim::ROLES;
use crate::parameter::Parameter;
use crate::strays;

/// A template's sections by name.
#[derive(Debug, Default)]
pub(crate) struct Template<'n> {
    /// Whether it is written for Alibaba's Resource Orchestration Service.
    pub(crate) ros: bool,
    /// Parameters by name.
    parameters: HashMap<&'n str, Parameter<'n>>,
    /// Conditions by name.
    pub(crate) conditions: HashMap<&'n str, &'n Node>,
    /// The `Mappings` section.
    pub(crate) mappings: Option<&'n Node>,
    /// The `Rules` section in source order.
    pub(crate) rules: Vec<(&'n str, &'n Node)>,
    /// Resources in the order of the template; of equal names the last.
    pub(crate) resources: Vec<Resource<'n>>,
    /// Where in `resources` a logical id is.
    by_id: HashMap<&'n str, usize>,
}

/// A resource that the template does not spell out but that is made of it.
#[derive(Clone, Debug)]
pub(crate) struct Implied {
    /// The logical id that it gets; its span is that of the resource that implies it.
    pub(crate) id: Located<Text>,
    /// The resource.
    pub(crate) node: Node,
    /// The type and the logical id of the resource that implies it.
    pub(crate) by: (&'static str, String),
}

/// One resource.
#[derive(Debug)]
pub(crate) struct Resource<'n> {
    /// The logical id; its span is its key.
    pub(crate) id: &'n Located<Text>,
    /// The `Type`; empty if it is missing or no text.
    pub(crate) kind: &'n str,
    /// The type and the logical id that stand in the template, where those are of another resource.
    pub(crate) implied_by: Option<(&'static str, &'n str)>,
    /// The whole resource.
    pub(crate) node: &'n Node,
}

impl<'n> Resource<'n> {
    fn new(id: &'n Located<Text>, node: &'n Node, implied_by: Option<(&'static str, &'n str)>) -> Self {
        let kind = node.get("Type").and_then(crate::value::known).unwrap_or_default();
        Resource { id, kind, implied_by, node }
    }

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
    pub(crate) fn of(
        document: &'n Node,
        implied: &'n [Implied],
        problems: &mut Vec<Problem>,
    ) -> Template<'n> {
        let mut template = Template::default();
        let Value::Object(root) = &document.value else {
            return template;
        };
        template.ros = root.get("ROSTemplateFormatVersion").is_some();
        let ros = template.ros;
        let parameter = |e: &'n model::Entry| {
            let name = e.key.value.as_str()?;
            Some((name, Parameter::new(name, e.key.span, &e.value, ros)))
        };
        template.parameters =
            section(root, "Parameters", problems).into_iter().filter_map(parameter).collect();
        let named = |section: Vec<&'n model::Entry>| -> Vec<(&'n str, &'n Node)> {
            section.into_iter().filter_map(|e| Some((e.key.value.as_str()?, &e.value))).collect()
        };
        template.conditions = named(section(root, "Conditions", problems)).into_iter().collect();
        template.rules = named(section(root, "Rules", problems));
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
        let implied = implied.iter().map(|i| Resource::new(&i.id, &i.node, Some((i.by.0, i.by.1.as_str()))));
        template.resources.extend(implied);
        // What is written counts before what is implied under the same name.
        let ids = template.resources.iter().enumerate().rev();
        template.by_id = ids.filter_map(|(index, r)| Some((r.id.value.as_str()?, index))).collect();
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
            self.resources.push(Resource::new(&entry.key, &entry.value, None));
        }
        self.resources.reverse();
    }

    /// The resource of this logical id.
    pub(crate) fn resource(&self, id: &str) -> Option<&Resource<'n>> {
        self.by_id.get(id).and_then(|index| self.resources.get(*index))
    }

    /// The parameter of this name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Parameter<'n>> {
        self.parameters.get(name)
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

/// The entries of a section.
fn section<'n>(root: &'n Object, name: &str, problems: &mut Vec<Problem>) -> Vec<&'n model::Entry> {
    match root.get(name).map(|node| (node, &node.value)) {
        Some((_, Value::Object(object))) => object.entries.iter().collect(),
        None | Some((_, Value::Null)) => Vec::new(),
        Some((node, _)) => {
            let message = format!("`{name}` is {}, expected an object", node.kind());
            problems.push(Problem::warning(node.span, message));
            Vec::new()
        }
    }
}
