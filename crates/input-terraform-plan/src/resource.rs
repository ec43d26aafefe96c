//! The resources of a plan or a state, whichever form the file has.
//!
//! Not here: what a resource means.

use model::{Cause, Located, Node, Place, Problem, Span, Text, Unknown, Value};

use crate::address;

/// One instance of a resource after the change.
pub(crate) struct Resource<'a> {
    /// With modules and instance keys.
    pub(crate) address: String,
    /// Where the file names it.
    pub(crate) span: Span,
    /// The address of the module instance that it belongs to; empty for the root.
    pub(crate) module: String,
    /// `aws_iam_role`.
    pub(crate) kind: &'a str,
    /// Its name in the module.
    pub(crate) name: &'a str,
    /// Its instance key as an address writes it (`["a"]`, `[0]`); empty if it has none.
    pub(crate) key: String,
    /// Whether it is no data source.
    pub(crate) managed: bool,
    /// Its attributes.
    pub(crate) values: &'a Node,
    /// Which of them are known only after apply.
    pub(crate) unknown: Option<&'a Node>,
}

/// An attribute of a resource. Terraform writes what is absent as null.
pub(crate) enum Attribute<'a> {
    Known(&'a Node),
    Unknown(Unknown, Span),
    Absent,
}

impl<'a> Resource<'a> {
    pub(crate) fn attribute(&self, name: &str) -> Attribute<'a> {
        let unknown = self.unknown.and_then(|unknown| match unknown.value {
            // Nothing at all is known.
            Value::Bool(true) => Some(unknown),
            _ => unknown.get(name),
        });
        if let Some(Node { value: Value::Bool(true), span, .. }) = unknown {
            let what = format!("{}.{name}", self.address);
            return Attribute::Unknown(Unknown::new(what, Cause::AfterApply, Some(*span)), *span);
        }
        match self.values.get(name) {
            None | Some(Node { value: Value::Null, .. }) => Attribute::Absent,
            Some(node) => Attribute::Known(node),
        }
    }

    /// An attribute that is a string or a number.
    pub(crate) fn text(&self, name: &str) -> Option<Located<Text>> {
        match self.attribute(name) {
            Attribute::Known(node) => Some(self.scalar(name, node)),
            Attribute::Unknown(unknown, span) => Some(Located::new(Text::unknown(unknown), span)),
            Attribute::Absent => None,
        }
    }

    /// A value of an attribute, or one of several, that should be a string or a number.
    pub(crate) fn scalar(&self, name: &str, node: &Node) -> Located<Text> {
        node.scalar().unwrap_or_else(|| {
            let why = Cause::Invalid(format!("{} instead of a string", node.kind()).into());
            let what = format!("{}.{name}", self.address);
            Located::new(Text::unknown(Unknown::new(what, why, Some(node.span))), node.span)
        })
    }

    /// The address of all its instances together inside its module.
    pub(crate) fn block(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }
}

/// Which side of a change is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// Every resource that is there before a plan's changes, with the address that it has afterwards.
pub(crate) fn before(tree: &Node) -> Vec<Resource<'_>> {
    // What is wrong with the file is said of what will be.
    let mut reader = Reader { resources: Vec::new(), moment: Moment::Before, problems: &mut Vec::new() };
    if let Some(changes) = tree.get("resource_changes") {
        reader.list(changes, "resource_changes", Reader::change);
    }
    reader.resources
}

/// Every resource that is there after the change. What has not the shape of a plan or a state becomes a problem.
pub(crate) fn all<'a>(tree: &'a Node, problems: &mut Vec<Problem>) -> Vec<Resource<'a>> {
    let mut reader = Reader { resources: Vec::new(), moment: Moment::After, problems };
    if let Some(Node { value: Value::Bool(true), span, .. }) = tree.get("errored") {
        reader.problem(*span, "planning ended in an error, so roles may be missing from this plan");
    }
    let changes = tree.get("resource_changes").filter(|changes| !matches!(changes.value, Value::Null));
    if let Some(changes) = changes {
        reader.list(changes, "resource_changes", Reader::change);
    } else if let Some(values) = tree.get("values").or_else(|| tree.get("planned_values")) {
        reader.values(values);
    } else if let (Some(resources), Some(_)) = (tree.get("resources"), tree.get("lineage")) {
        reader.list(resources, "resources", Reader::stored);
    }
    reader.resources
}

struct Reader<'a, 'p> {
    resources: Vec<Resource<'a>>,
    moment: Moment,
    problems: &'p mut Vec<Problem>,
}

impl<'a> Reader<'a, '_> {
    fn problem(&mut self, span: Span, message: impl Into<Box<str>>) {
        self.problems.push(Problem::relevant(Place::Span(span), message));
    }

    fn list(&mut self, node: &'a Node, what: &str, mut each: impl FnMut(&mut Self, &'a Node)) {
        match &node.value {
            Value::List(list) => list.items.iter().for_each(|item| each(self, item)),
            Value::Null => {}
            _ => self.problem(node.span, format!("`{what}` is {}, expected a list", node.kind())),
        }
    }

    /// A resource of `resource_changes`.
    fn change(&mut self, node: &'a Node) {
        // What is left of a resource that was replaced before, and is destroyed by this plan.
        if is_deposed(node, "deposed") {
            return;
        }
        let change = node.get("change");
        let side = match self.moment {
            Moment::Before => "before",
            Moment::After => "after",
        };
        match change.and_then(|change| change.get(side)) {
            // It is not there: destroyed or forgotten afterwards, created or read before.
            Some(Node { value: Value::Null, .. }) => {}
            Some(values) => {
                let unknown = change.and_then(|change| change.get("after_unknown"));
                let unknown = unknown.filter(|_| self.moment == Moment::After);
                self.addressed(node, values, unknown);
            }
            None => {
                self.problem(node.span, format!("an entry of `resource_changes` has no `change.{side}`"));
            }
        }
    }

    /// The modules of a state or of planned values.
    fn values(&mut self, values: &'a Node) {
        match values.get("root_module") {
            Some(module) => self.module(module),
            // An empty state has `"values": {}` or none.
            None => {
                if !matches!(&values.value, Value::Object(object) if object.entries.is_empty()) {
                    self.problem(values.span, "the values have no `root_module`");
                }
            }
        }
    }

    fn module(&mut self, module: &'a Node) {
        if !matches!(module.value, Value::Object(_)) {
            return self.problem(module.span, format!("a module is {}, expected an object", module.kind()));
        }
        if let Some(resources) = module.get("resources") {
            self.list(resources, "resources", |reader, resource| match resource.get("values") {
                Some(values) if is_deposed(resource, "deposed_key") => reader.deposed(resource, values.span),
                Some(values) => reader.addressed(resource, values, None),
                None => reader.problem(resource.span, "a resource has no `values`"),
            });
        }
        if let Some(children) = module.get("child_modules") {
            self.list(children, "child_modules", |reader, child| reader.module(child));
        }
    }

    /// What a state has left of a resource that was replaced: the next change destroys it.
    fn deposed(&mut self, node: &'a Node, place: Span) {
        let name = node.get("address").or_else(|| node.get("name")).and_then(string).unwrap_or("a resource");
        let message =
            format!("what is left of `{name}`, which was replaced and waits to be destroyed, is not judged");
        self.problems.push(Problem::warning(place, message));
    }

    /// A resource that carries its whole address.
    fn addressed(&mut self, node: &'a Node, values: &'a Node, unknown: Option<&'a Node>) {
        let (Some(address), Some(kind), Some(name)) =
            (node.get("address"), node.get("type"), node.get("name"))
        else {
            return self.problem(node.span, "a resource has no `address`, `type` or `name`");
        };
        let (Some(text), Some(kind), Some(name)) = (string(address), string(kind), string(name)) else {
            return self.problem(node.span, "the `address`, `type` or `name` of a resource is no string");
        };
        if !matches!(values.value, Value::Object(_)) {
            let message = format!("the values of `{text}` are {}, expected an object", values.kind());
            return self.problem(values.span, message);
        }
        if let Some(marks) = unknown
            && !matches!(marks.value, Value::Object(_) | Value::Bool(_) | Value::Null)
        {
            let message = format!("`after_unknown` of `{text}` is {}, expected an object", marks.kind());
            self.problem(marks.span, message);
        }
        self.resources.push(Resource {
            address: text.to_owned(),
            span: address.span,
            module: address::module_part(text).unwrap_or_default().to_owned(),
            kind,
            name,
            key: node.get("index").map(key).unwrap_or_default(),
            managed: is_managed(node),
            values,
            unknown,
        });
    }

    /// A resource of a state file: one entry for all instances, without addresses.
    fn stored(&mut self, node: &'a Node) {
        let (Some(name_node), Some(kind)) = (node.get("name"), node.get("type").and_then(string)) else {
            return self.problem(node.span, "a resource has no `type` or `name`");
        };
        let Some(name) = string(name_node) else {
            return self.problem(name_node.span, "the `name` of a resource is no string");
        };
        let module = node.get("module").and_then(string).unwrap_or_default();
        let prefix = if module.is_empty() { String::new() } else { format!("{module}.") };
        let managed = is_managed(node);
        let data = if managed { "" } else { "data." };
        let Some(instances) = node.get("instances") else {
            return self.problem(node.span, "a resource has no `instances`");
        };
        self.list(instances, "instances", |reader, instance| {
            if is_deposed(instance, "deposed") {
                return reader.deposed(node, instance.span);
            }
            let key = instance.get("index_key").map(key).unwrap_or_default();
            let Some(values) = instance.get("attributes") else {
                return reader.problem(instance.span, "an instance has no `attributes`");
            };
            if !matches!(values.value, Value::Object(_)) {
                let message =
                    format!("the attributes of `{kind}.{name}` are {}, expected an object", values.kind());
                return reader.problem(values.span, message);
            }
            reader.resources.push(Resource {
                address: format!("{prefix}{data}{kind}.{name}{key}"),
                span: name_node.span,
                module: module.to_owned(),
                kind,
                name,
                key,
                managed,
                values,
                unknown: None,
            });
        });
    }
}

fn is_managed(node: &Node) -> bool {
    node.get("mode").and_then(string) != Some("data")
}

fn is_deposed(node: &Node, mark: &str) -> bool {
    node.get(mark).and_then(string).is_some()
}

/// An instance key as an address writes it.
fn key(node: &Node) -> String {
    match &node.value {
        Value::Number(number) => format!("[{number}]"),
        Value::Text(text) => format!("[{:?}]", text.to_string()),
        _ => String::new(),
    }
}

/// A string of the file.
pub(crate) fn string(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => text.as_str(),
        _ => None,
    }
}
