//! The resources of a plan or a state, whichever form the file has.
//!
//! Not here: what a resource means.

use model::{Cause, Located, Node, Place, Problem, Span, Text, Unknown, Value};

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
        let unknown = self.unknown.and_then(|unknown| unknown.get(name));
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
            Attribute::Known(node) => Some(node.scalar().unwrap_or_else(|| {
                let why = Cause::Invalid(format!("{} instead of a string", node.kind()).into());
                let what = format!("{}.{name}", self.address);
                Located::new(Text::unknown(Unknown::new(what, why, Some(node.span))), node.span)
            })),
            Attribute::Unknown(unknown, span) => Some(Located::new(Text::unknown(unknown), span)),
            Attribute::Absent => None,
        }
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
    if let Some(changes) = tree.get("resource_changes") {
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
        // What is left of a resource that was replaced before, and only waits to be destroyed.
        if node.get("deposed").is_some_and(|deposed| !matches!(deposed.value, Value::Null)) {
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
                let module = node.get("module_address").and_then(string).unwrap_or_default();
                self.addressed(node, module, values, unknown);
            }
            None => {
                self.problem(node.span, format!("an entry of `resource_changes` has no `change.{side}`"));
            }
        }
    }

    /// The modules of a state or of planned values.
    fn values(&mut self, values: &'a Node) {
        match values.get("root_module") {
            Some(module) => self.module(module, ""),
            // An empty state has `"values": {}` or none.
            None => {
                if !matches!(&values.value, Value::Object(object) if object.entries.is_empty()) {
                    self.problem(values.span, "the values have no `root_module`");
                }
            }
        }
    }

    fn module(&mut self, module: &'a Node, address: &str) {
        if let Some(resources) = module.get("resources") {
            self.list(resources, "resources", |reader, resource| match resource.get("values") {
                Some(values) => reader.addressed(resource, address, values, None),
                None => reader.problem(resource.span, "a resource has no `values`"),
            });
        }
        if let Some(children) = module.get("child_modules") {
            self.list(children, "child_modules", |reader, child| {
                let address = child.get("address").and_then(string).unwrap_or_default();
                reader.module(child, address);
            });
        }
    }

    /// A resource that carries its whole address.
    fn addressed(&mut self, node: &'a Node, module: &str, values: &'a Node, unknown: Option<&'a Node>) {
        let (Some(address), Some(kind), Some(name)) =
            (node.get("address"), node.get("type"), node.get("name"))
        else {
            return self.problem(node.span, "a resource has no `address`, `type` or `name`");
        };
        let (Some(text), Some(kind), Some(name)) = (string(address), string(kind), string(name)) else {
            return self.problem(node.span, "the `address`, `type` or `name` of a resource is no string");
        };
        self.resources.push(Resource {
            address: text.to_owned(),
            span: address.span,
            module: module.to_owned(),
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
            let key = instance.get("index_key").map(key).unwrap_or_default();
            let Some(values) = instance.get("attributes") else {
                return reader.problem(instance.span, "an instance has no `attributes`");
            };
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
