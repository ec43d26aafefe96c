//! Policy documents that are read only while a plan is applied, because a part of them is known only then: the plan
//! holds all of the other parts.
//!
//! Not here: documents that were read already, which stand in the attributes of those who use them as JSON; and what a
//! policy means.

use std::collections::HashMap;

use input_terraform::grammar::Grammar;
use model::{Cause, Entry, List, Located, Node, Object, Span, Text, Unknown, Value};

use crate::address;
use crate::configuration::{Configuration, Source};
use crate::policy;
use crate::resource::{Resource, string};

/// The documents of a plan that are still to be read.
pub(crate) struct Deferred<'r, 'a> {
    /// By module, block and instance key.
    documents: HashMap<(&'r str, String), Vec<(&'r str, &'r Resource<'a>)>>,
}

impl<'r, 'a> Deferred<'r, 'a> {
    pub(crate) fn of(resources: &'r [Resource<'a>]) -> Self {
        let mut documents: HashMap<_, Vec<_>> = HashMap::new();
        for resource in resources.iter().filter(|r| !r.managed && Grammar::of(r.kind).is_some()) {
            let block = (resource.module.as_str(), resource.block());
            documents.entry(block).or_default().push((resource.key.as_str(), resource));
        }
        Deferred { documents }
    }

    /// The document that an attribute of a resource takes as it is, as far as the configuration tells.
    pub(crate) fn document(
        &self,
        resource: &Resource<'a>,
        attribute: &str,
        configuration: &Configuration<'a>,
    ) -> Option<Node> {
        if self.documents.is_empty() {
            return None;
        }
        let Source { module, key: own, references } = configuration.source(resource, attribute)?;
        let own_key = |reference: &&str| matches!(*reference, "each.key" | "count.index");
        let indexed = references.iter().any(own_key);
        let mut found: Option<(String, &str)> = None;
        for reference in references.iter().filter(|reference| !own_key(reference)) {
            let (block, key, result) = document_of(reference)?;
            match &found {
                None if result || indexed => found = Some((block, key)),
                // After `x["a"].json` Terraform lists `x["a"]` and `x` as well.
                Some((first, _)) if *first == block => {}
                None | Some(_) => return None,
            }
        }
        let (block, key) = found?;
        let instances = self.documents.get(&(module.as_str(), block))?;
        let key = if key.is_empty() && indexed { own.as_str() } else { key };
        let (_, document) = instances.iter().find(|(of, _)| *of == key)?;
        build(document)
    }
}

/// The block of a document that a reference leads to, the instance key in it, and whether it ends at its text.
fn document_of(reference: &str) -> Option<(String, &str, bool)> {
    let (kind, rest) = reference.strip_prefix("data.")?.split_once('.')?;
    let grammar = Grammar::of(kind)?;
    let (name, rest) = rest.split_at_checked(rest.find(['.', '[']).unwrap_or(rest.len()))?;
    let (key, rest) = address::instance_key(rest)?;
    let result = rest.strip_prefix('.');
    if !rest.is_empty() && !result.is_some_and(|result| grammar.results.contains(&result)) {
        return None;
    }
    Some((format!("{kind}.{name}"), key, result.is_some()))
}

/// The document that a data source will give; `None` if too little is known of it.
fn build(resource: &Resource<'_>) -> Option<Node> {
    let grammar = Grammar::of(resource.kind)?;
    let values = overlay(resource.values, resource.unknown, &resource.address);
    let mut statements = List::default();
    merge_documents(&mut statements, values.get("source_policy_documents"))?;
    let own = values.get("statement");
    let span = own.map_or(resource.span, |own| own.span);
    match own {
        Some(Node { value: Value::List(list), .. }) => {
            let blocks = list.items.iter().map(|block| Builder(grammar).statement(block));
            blocks.for_each(|statement| merge(&mut statements.items, statement));
            statements.open = statements.open.or_else(|| list.open.clone());
        }
        None | Some(Node { value: Value::Null, .. }) => {}
        Some(other) => _ = statements.open.get_or_insert_with(|| odd(other)),
    }
    let overriding = values.get("override_policy_documents");
    if overriding.is_some_and(|documents| !documents_known(documents)) {
        // What is not known may replace any statement that has a name.
        return None;
    }
    merge_documents(&mut statements, overriding)?;
    if statements.items.is_empty() {
        return None;
    }
    let version = match values.get("version").map(|v| &v.value) {
        Some(Value::Text(version)) => version.clone(),
        _ => Text::lit(grammar.version),
    };
    let entries = vec![
        entry("Version", Node::new(Value::Text(version), span)),
        entry("Statement", Node::new(Value::List(statements), span)),
    ];
    Some(Node::new(Value::Object(Object { entries, open: None }), span))
}

fn documents_known(documents: &Node) -> bool {
    match &documents.value {
        Value::List(list) => !list.items.iter().any(|document| matches!(document.value, Value::Unknown(_))),
        Value::Unknown(_) => false,
        _ => true,
    }
}

/// Adds the statements of whole documents. `None` if one is broken.
fn merge_documents(statements: &mut List, documents: Option<&Node>) -> Option<()> {
    let documents = match documents.map(|documents| &documents.value) {
        Some(Value::List(documents)) => &documents.items,
        Some(Value::Unknown(unknown)) => {
            statements.open.get_or_insert_with(|| unknown.clone());
            return Some(());
        }
        None | Some(Value::Null) => return Some(()),
        Some(_) => return None,
    };
    for document in documents {
        if let Value::Unknown(unknown) = &document.value {
            statements.open.get_or_insert_with(|| unknown.clone());
            continue;
        }
        let document = policy::embedded(document).ok()?;
        match document.get("Statement") {
            Some(Node { value: Value::List(list), .. }) => {
                list.items.iter().for_each(|one| merge(&mut statements.items, one.clone()));
            }
            Some(one @ Node { value: Value::Object(_), .. }) => merge(&mut statements.items, one.clone()),
            None => {}
            Some(_) => return None,
        }
    }
    Some(())
}

/// Adds a statement; one of the same name is replaced.
fn merge(statements: &mut Vec<Node>, statement: Node) {
    let sid = |node: &Node| node.get("Sid").and_then(string).filter(|sid| !sid.is_empty()).map(str::to_owned);
    let name = sid(&statement);
    match statements.iter_mut().find(|old| name.is_some() && sid(old) == name) {
        Some(old) => *old = statement,
        None => statements.push(statement),
    }
}

/// Builds a document in the words of its data source.
struct Builder(&'static Grammar);

impl Builder {
    /// What a `statement` block becomes.
    fn statement(&self, block: &Node) -> Node {
        if !matches!(block.value, Value::Object(_)) {
            return Node::new(Value::Unknown(odd(block)), block.span);
        }
        let mut object = Object::default();
        let effect = block.get("effect").filter(|effect| !matches!(effect.value, Value::Null)).cloned();
        object.entries.push(entry("Effect", effect.unwrap_or_else(|| Node::text("Allow", block.span))));
        for (attribute, element) in self.0.elements {
            if let Some(value) = block.get(attribute).filter(|value| is_set(value)) {
                object.entries.push(entry(element, self.unescaped(value.clone())));
            }
        }
        for (blocks, element) in self.0.principals {
            if let Some(principals) = block.get(blocks).filter(|value| is_set(value)) {
                object.entries.push(entry(element, self.principal(principals)));
            }
        }
        if let Some(conditions) = block.get("condition").filter(|value| is_set(value)) {
            object.entries.push(entry("Condition", self.condition(conditions)));
        }
        Node::new(Value::Object(object), block.span)
    }

    fn principal(&self, blocks: &Node) -> Node {
        let Value::List(list) = &blocks.value else {
            return blocks.clone();
        };
        let mut object = Object { entries: Vec::new(), open: list.open.clone() };
        for block in &list.items {
            let (Some(kind), Some(ids)) = (block.get(self.0.principal_kind), block.get("identifiers")) else {
                object.open.get_or_insert_with(|| odd(block));
                continue;
            };
            let everyone = |ids: &Node| matches!(&ids.value, Value::List(ids) if matches!(ids.items.as_slice(), [one] if string(one) == Some("*")));
            if let [_] = list.items.as_slice()
                && string(kind) == Some("*")
                && everyone(ids)
                && let Value::List(ids) = &ids.value
                && let Some(id) = ids.items.first()
            {
                return id.clone();
            }
            add(&mut object, kind, self.unescaped(ids.clone()));
        }
        Node::new(Value::Object(object), blocks.span)
    }

    fn condition(&self, blocks: &Node) -> Node {
        let Value::List(list) = &blocks.value else {
            return blocks.clone();
        };
        let mut operators = Object { entries: Vec::new(), open: list.open.clone() };
        for block in &list.items {
            let parts = (block.get(self.0.operator), block.get("variable"), block.get("values"));
            let (Some(operator), Some(variable), Some(values)) = parts else {
                operators.open.get_or_insert_with(|| odd(block));
                continue;
            };
            let known = string(operator)
                .and_then(|operator| operators.entries.iter_mut().find(|entry| entry.key.value.is(operator)));
            let values = self.unescaped(values.clone());
            match known.map(|entry| &mut entry.value.value) {
                Some(Value::Object(keys)) => add(keys, variable, values),
                _ => {
                    let mut keys = Object::default();
                    add(&mut keys, variable, values);
                    put(&mut operators, operator, Node::new(Value::Object(keys), block.span));
                }
            }
        }
        Node::new(Value::Object(operators), blocks.span)
    }

    fn unescaped(&self, node: Node) -> Node {
        match &node.value {
            Value::Text(text) if self.0.escapes && text.as_str().is_some_and(|t| t.contains("&{")) => {
                let text = text.as_str().unwrap_or_default().replace("&{", "${");
                Node { value: Value::Text(Text::lit(&text)), ..node }
            }
            Value::List(list) => {
                let items = list.items.iter().cloned().map(|item| self.unescaped(item)).collect();
                Node { value: Value::List(List { items, open: list.open.clone() }), ..node }
            }
            _ => node,
        }
    }
}

/// Adds values under a key; those of the same key come together.
fn add(object: &mut Object, key: &Node, values: Node) {
    let known = string(key).and_then(|key| object.entries.iter_mut().find(|entry| entry.key.value.is(key)));
    match (known.map(|entry| &mut entry.value.value), &values.value) {
        (Some(Value::List(have)), Value::List(more)) => {
            have.items.extend(more.items.iter().cloned());
            have.open = have.open.take().or_else(|| more.open.clone());
        }
        _ => put(object, key, values),
    }
}

/// Adds a member; what cannot be its name leaves open which members there are.
fn put(object: &mut Object, key: &Node, value: Node) {
    match key.scalar() {
        Some(key) => object.entries.push(Entry { key, value }),
        None => _ = object.open.get_or_insert_with(|| odd(key)),
    }
}

/// Why a part of a document cannot be told.
fn odd(node: &Node) -> Unknown {
    match &node.value {
        Value::Unknown(unknown) => unknown.clone(),
        _ => {
            let why = Cause::Invalid(format!("{} has no place in a policy document", node.kind()).into());
            Unknown::new("a part of the policy", why, Some(node.span))
        }
    }
}

/// A member whose name the plan does not write.
pub(crate) fn entry(name: &str, value: Node) -> Entry {
    Entry { key: Located::new(Text::lit(name), value.span), value }
}

/// Whether an attribute or a list of blocks says anything.
fn is_set(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::List(list) => !list.items.is_empty() || list.open.is_some(),
        _ => true,
    }
}

/// The values of a resource with what is known only after apply in its place.
pub(crate) fn overlay(values: &Node, unknown: Option<&Node>, what: &str) -> Node {
    let unknown = unknown.filter(|unknown| holds_unknown(unknown));
    let marks = unknown.map(|unknown| &unknown.value);
    match (&values.value, marks) {
        (Value::List(list), None | Some(Value::List(_))) => {
            let marks = match marks {
                Some(Value::List(marks)) => marks.items.as_slice(),
                _ => &[],
            };
            let mut items = Vec::with_capacity(marks.len().max(list.items.len()));
            for (at, item) in list.items.iter().enumerate() {
                items.push(match item.value {
                    // No list holds null: of this element only the place is known.
                    Value::Null => later(what, marks.get(at).map_or(item.span, |mark| mark.span)),
                    _ => overlay(item, marks.get(at), what),
                });
            }
            let beyond = marks.iter().skip(list.items.len()).filter(|mark| holds_unknown(mark));
            items.extend(beyond.map(|mark| later(what, mark.span)));
            Node { value: Value::List(List { items, open: list.open.clone() }), ..values.clone() }
        }
        (Value::Object(object), None | Some(Value::Object(_))) => {
            let mut entries: Vec<Entry> = Vec::with_capacity(object.entries.len());
            for one in &object.entries {
                let inside = one.key.value.as_str().zip(unknown).and_then(|(key, marks)| marks.get(key));
                let what = format!("{what}.{}", one.key.value);
                entries.push(Entry { key: one.key.clone(), value: overlay(&one.value, inside, &what) });
            }
            if let Some(Value::Object(marks)) = marks {
                let missing = |mark: &&Entry| {
                    let have = mark.key.value.as_str().is_some_and(|key| object.get(key).is_some());
                    !have && holds_unknown(&mark.value)
                };
                for mark in marks.entries.iter().filter(missing) {
                    let what = format!("{what}.{}", mark.key.value);
                    entries.push(Entry { key: mark.key.clone(), value: later(&what, mark.value.span) });
                }
            }
            Node { value: Value::Object(Object { entries, open: object.open.clone() }), ..values.clone() }
        }
        _ => unknown.map_or_else(|| values.clone(), |unknown| later(what, unknown.span)),
    }
}

fn later(what: &str, span: Span) -> Node {
    Node::unknown(what, Cause::AfterApply, span)
}

fn holds_unknown(mark: &Node) -> bool {
    match &mark.value {
        Value::Bool(unknown) => *unknown,
        Value::List(list) => list.items.iter().any(holds_unknown),
        Value::Object(object) => object.entries.iter().any(|entry| holds_unknown(&entry.value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_documents() {
        let of = |reference| document_of(reference).map(|(b, key, result)| (b, key.to_owned(), result));
        let block = || "aws_iam_policy_document.x".to_owned();
        assert_eq!(of("data.aws_iam_policy_document.x.json"), Some((block(), String::new(), true)));
        assert_eq!(of("data.aws_iam_policy_document.x[\"a.b\"]"), Some((block(), "[\"a.b\"]".into(), false)));
        assert_eq!(of("data.aws_iam_policy_document.x.id"), None);
        assert_eq!(of("aws_iam_policy_document.x.json"), None);
    }
}
