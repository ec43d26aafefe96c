//! The `configuration` of a plan, as far as it says what an expression refers to.

use std::collections::HashMap;

use model::{Node, Value};

use crate::address;
use crate::resource::{Resource, string};

/// The expressions of every resource block by its module's names and its address in that module.
pub(crate) struct Configuration<'a>(HashMap<(Vec<&'a str>, &'a str), &'a Node>);

impl<'a> Configuration<'a> {
    /// The configuration of a plan; empty for anything else.
    pub(crate) fn of(tree: &'a Node) -> Self {
        let mut blocks = HashMap::new();
        if let Some(root) = tree.get("configuration").and_then(|c| c.get("root_module")) {
            module(root, &mut Vec::new(), &mut blocks);
        }
        Configuration(blocks)
    }

    /// The expressions of the block that a resource is an instance of.
    fn expressions(&self, resource: &Resource<'a>) -> Option<&'a Node> {
        let names = address::module_names(&resource.module)?;
        let block = resource.block();
        self.0.get(&(names, block.as_str())).copied()
    }

    /// What an attribute of a resource refers to, the most precise reference first.
    pub(crate) fn references(&self, resource: &Resource<'a>, attribute: &str) -> Vec<&'a str> {
        let expression = self.expressions(resource).and_then(|e| e.get(attribute));
        match expression.and_then(|e| e.get("references")).map(|r| &r.value) {
            Some(Value::List(list)) => list.items.iter().filter_map(string).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the block sets an attribute at all.
    pub(crate) fn sets(&self, resource: &Resource<'a>, attribute: &str) -> bool {
        self.expressions(resource).is_some_and(|e| e.get(attribute).is_some())
    }
}

fn module<'a>(
    node: &'a Node,
    path: &mut Vec<&'a str>,
    blocks: &mut HashMap<(Vec<&'a str>, &'a str), &'a Node>,
) {
    if let Some(Value::List(resources)) = node.get("resources").map(|r| &r.value) {
        for resource in &resources.items {
            let address = resource.get("address").and_then(string);
            if let (Some(address), Some(expressions)) = (address, resource.get("expressions")) {
                blocks.insert((path.clone(), address), expressions);
            }
        }
    }
    if let Some(Value::Object(calls)) = node.get("module_calls").map(|c| &c.value) {
        for call in &calls.entries {
            if let (Some(name), Some(called)) = (call.key.value.as_str(), call.value.get("module")) {
                path.push(name);
                module(called, path, blocks);
                path.pop();
            }
        }
    }
}
