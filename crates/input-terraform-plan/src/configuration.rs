//! The `configuration` of a plan, as far as it says what an expression refers to and which blocks a module has.

use std::collections::HashMap;

use model::{Node, Value};

use crate::address;
use crate::resource::{Resource, string};

/// How many arguments and outputs are followed from module to module.
const MAX_HOPS: usize = 24;

/// The blocks of every module, by the names of the calls that lead to it.
#[derive(Default)]
pub(crate) struct Configuration<'a> {
    /// The expressions of resource blocks by their address in the module.
    blocks: HashMap<(Vec<&'a str>, &'a str), &'a Node>,
    /// The calls of modules by the whole way to them.
    calls: HashMap<Vec<&'a str>, &'a Node>,
}

/// Where a value comes from.
pub(crate) struct Source<'a> {
    /// The address of the module instance that says it.
    pub(crate) module: String,
    /// What `each.key` and `count.index` stand for there, as an address writes it.
    pub(crate) key: String,
    /// What it refers to there, the most precise reference first.
    pub(crate) references: Vec<&'a str>,
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

    /// What an attribute of a resource refers to, followed through the arguments and outputs of modules that pass a value
    /// on as it is. `None` if it refers to nothing.
    pub(crate) fn source(&self, resource: &Resource<'a>, attribute: &str) -> Option<Source<'a>> {
        let mut source = Source {
            module: resource.module.clone(),
            key: resource.key.clone(),
            references: references(self.expressions(resource).and_then(|e| e.get(attribute))),
        };
        for _ in 0..MAX_HOPS {
            source = match passed_on(&source.references)? {
                Passed::Argument(variable) => self.argument(&source, variable)?,
                Passed::Output(step, name) => match self.output(&source, step, name) {
                    Some(inner) => inner,
                    None => return Some(source),
                },
                Passed::Not => return Some(source),
            };
        }
        None
    }

    /// What a call gives to a variable of the module.
    fn argument(&self, inner: &Source<'a>, variable: &str) -> Option<Source<'a>> {
        let steps = address::steps(&inner.module)?;
        let call = self.calls.get(&steps.iter().map(|step| step.name).collect::<Vec<_>>())?;
        let last = steps.last()?;
        Some(Source {
            module: last.outer.to_owned(),
            key: last.key.to_owned(),
            references: references(call.get("expressions").and_then(|e| e.get(variable))),
        })
    }

    /// What an output of a called module says.
    fn output(&self, outer: &Source<'a>, step: &str, name: &str) -> Option<Source<'a>> {
        let dot = if outer.module.is_empty() { "" } else { "." };
        let module = format!("{}{dot}{step}", outer.module);
        let called = self.calls.get(&address::module_names(&module)?)?.get("module")?;
        let references = references(called.get("outputs")?.get(name)?.get("expression"));
        (!references.is_empty()).then_some(Source { module, key: String::new(), references })
    }

    /// Whether the block sets an attribute, as far as is known.
    pub(crate) fn may_set(&self, resource: &Resource<'a>, attribute: &str) -> bool {
        self.expressions(resource).is_none_or(|e| e.get(attribute).is_some())
    }
}

/// Whether what is referred to only passes a value on.
enum Passed<'a> {
    /// The variable of this name.
    Argument(&'a str),
    /// A call as an address writes it (`module.x["a"]`), and its output.
    Output(&'a str, &'a str),
    Not,
}

/// `None` if nothing is referred to.
fn passed_on<'a>(references: &[&'a str]) -> Option<Passed<'a>> {
    let (first, others) = references.split_first()?;
    if let Some(variable) = first.strip_prefix("var.")
        && others.is_empty()
    {
        return Some(Passed::Argument(variable));
    }
    // After `module.x["a"].y` Terraform lists `module.x["a"]` as well.
    let whole =
        others.iter().all(|other| first.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', '['])));
    Some(output_of(first).filter(|_| whole).map_or(Passed::Not, |(step, name)| Passed::Output(step, name)))
}

/// The call and the output of `module.x["a"].y`.
fn output_of(reference: &str) -> Option<(&str, &str)> {
    let call = reference.strip_prefix("module.")?;
    let (_, rest) = call.split_at_checked(call.find(['.', '['])?)?;
    let (_, rest) = address::instance_key(rest)?;
    let name = rest.strip_prefix('.').filter(|name| !name.contains(['.', '[']))?;
    Some((reference.strip_suffix(rest)?, name))
}

fn references(expression: Option<&Node>) -> Vec<&str> {
    match expression.and_then(|e| e.get("references")).map(|r| &r.value) {
        Some(Value::List(list)) => list.items.iter().filter_map(string).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::output_of;

    #[test]
    fn references_lead_to_outputs() {
        assert_eq!(output_of("module.x.y"), Some(("module.x", "y")));
        assert_eq!(output_of(r#"module.x["a.b"].y"#), Some((r#"module.x["a.b"]"#, "y")));
        assert_eq!((output_of("module.x"), output_of("module.x[0]"), output_of("var.x")), (None, None, None));
        assert_eq!(output_of("module.x.y.z"), None);
    }
}
