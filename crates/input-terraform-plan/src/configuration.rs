//! The `configuration` of a plan, as far as it says what an expression refers to and which blocks a module has.

use std::collections::HashMap;

use model::{Node, Value};

use crate::address;
use crate::resource::{Resource, string};

/// How many arguments are followed from module to module.
const MAX_HOPS: usize = 24;

/// The blocks of every module, by the names of the calls that lead to it.
#[derive(Default)]
pub(crate) struct Configuration<'a> {
    /// The expressions of resource blocks by their address in the module.
    blocks: HashMap<(Vec<&'a str>, &'a str), &'a Node>,
    /// The calls of modules by the whole way to them.
    calls: HashMap<Vec<&'a str>, &'a Node>,
}

impl<'a> Configuration<'a> {
    /// The configuration of a plan; empty for anything else.
    pub(crate) fn of(tree: &'a Node) -> Self {
        let mut configuration = Configuration::default();
        if let Some(root) = tree.get("configuration").and_then(|c| c.get("root_module")) {
            configuration.module(root, &mut Vec::new());
        }
        configuration
    }

    fn module(&mut self, node: &'a Node, path: &mut Vec<&'a str>) {
        if let Some(Value::List(resources)) = node.get("resources").map(|r| &r.value) {
            for resource in &resources.items {
                let address = resource.get("address").and_then(string);
                if let (Some(address), Some(expressions)) = (address, resource.get("expressions")) {
                    self.blocks.insert((path.clone(), address), expressions);
                }
            }
        }
        if let Some(Value::Object(calls)) = node.get("module_calls").map(|c| &c.value) {
            for call in &calls.entries {
                let Some(name) = call.key.value.as_str() else { continue };
                path.push(name);
                self.calls.insert(path.clone(), &call.value);
                if let Some(called) = call.value.get("module") {
                    self.module(called, path);
                }
                path.pop();
            }
        }
    }

    /// The expressions of the block that a resource is an instance of.
    fn expressions(&self, resource: &Resource<'a>) -> Option<&'a Node> {
        let names = address::module_names(&resource.module)?;
        let block = resource.block();
        self.blocks.get(&(names, block.as_str())).copied()
    }

    /// What an attribute of a resource refers to, the most precise reference first.
    pub(crate) fn references(&self, resource: &Resource<'a>, attribute: &str) -> Vec<&'a str> {
        references(self.expressions(resource).and_then(|e| e.get(attribute)))
    }

    /// The same, followed through the arguments of modules that pass a value on as it is: the address of the module
    /// instance that says it, and what it refers to there. `None` if it refers to nothing.
    pub(crate) fn source<'r>(
        &self,
        resource: &'r Resource<'a>,
        attribute: &str,
    ) -> Option<(&'r str, Vec<&'a str>)> {
        let mut module = resource.module.as_str();
        let mut found = self.references(resource, attribute);
        for _ in 0..MAX_HOPS {
            let variable = match found.as_slice() {
                [] => return None,
                [one] => one.strip_prefix("var."),
                _ => None,
            };
            let Some(variable) = variable else {
                return Some((module, found));
            };
            let call = self.calls.get(&address::module_names(module)?)?;
            found = references(call.get("expressions").and_then(|e| e.get(variable)));
            module = address::parent(module)?;
        }
        None
    }

    /// Whether the block sets an attribute at all.
    pub(crate) fn sets(&self, resource: &Resource<'a>, attribute: &str) -> bool {
        self.expressions(resource).is_some_and(|e| e.get(attribute).is_some())
    }
}

fn references(expression: Option<&Node>) -> Vec<&str> {
    match expression.and_then(|e| e.get("references")).map(|r| &r.value) {
        Some(Value::List(list)) => list.items.iter().filter_map(string).collect(),
        _ => Vec::new(),
    }
}
