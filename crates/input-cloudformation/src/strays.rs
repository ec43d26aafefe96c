//! Trust policies in places that are not read: each is named, so that none is missed in silence.

use model::{Node, Place, Problem, Value};

use crate::claim::{DOCUMENT, ROLES};
use crate::foreach::LOOP;
use crate::template::Resource;
use crate::value::call;

/// Looks through a resource that is no role.
pub(crate) fn in_resource(resource: &Resource<'_>, problems: &mut Vec<Problem>) {
    let node = resource.node;
    if resource.id.value.is("Fn::Transform") {
        let message = "`Fn::Transform` may add resources; they are not read";
        problems.push(Problem::warning(resource.id.span, message));
        return;
    }
    if resource.name().starts_with(LOOP) {
        let message = format!("`{}` is no loop that can be written out", resource.name());
        problems.push(Problem { relevant: holds_role(node), ..Problem::warning(resource.id.span, message) });
        return;
    }
    match &node.value {
        Value::Object(_) => {
            if let Some((function, _)) = call(node) {
                let message = format!(
                    "the resource `{}` may be a role: `{function}` is not evaluated",
                    resource.name()
                );
                problems.push(Problem::relevant(Place::Span(node.span), message));
                return;
            }
        }
        Value::Unknown(unknown) => {
            let message = format!("the resource `{}` may be a role: it {}", resource.name(), unknown.why);
            problems.push(Problem::relevant(Place::Span(node.span), message));
            return;
        }
        _ => {
            let message =
                format!("the resource `{}` is {}, expected an object", resource.name(), node.kind());
            problems.push(Problem { relevant: holds_role(node), ..Problem::warning(node.span, message) });
            return;
        }
    }
    // What SAM makes of such a property has been read.
    if let Some(document) =
        resource.property(DOCUMENT).filter(|_| !resource.kind.starts_with("AWS::Serverless::"))
    {
        let message = match resource.kind {
            "" => format!("`{}` has an `{DOCUMENT}` but no `Type`", resource.name()),
            kind => format!("the `{DOCUMENT}` of a `{kind}` is not read"),
        };
        problems.push(Problem::relevant(Place::Span(document.span), message));
    }
    in_tree(node, problems);
}

/// Names every role below a node.
pub(crate) fn in_tree(node: &Node, problems: &mut Vec<Problem>) {
    walk(node, &mut |node, what| {
        problems.push(Problem::relevant(Place::Span(node.span), what));
    });
}

/// Whether a role stands below a node.
pub(crate) fn holds_role(node: &Node) -> bool {
    let mut found = false;
    walk(node, &mut |_, _| found = true);
    found
}

/// Trees are at most as deep as the parsers allow, so this may recurse.
fn walk(node: &Node, found: &mut dyn FnMut(&Node, &str)) {
    match &node.value {
        Value::Object(object) => {
            let kind = object.get("Type").and_then(Node::scalar);
            let is_role = kind.is_some_and(|k| ROLES.iter().any(|(role, _)| k.value.is(role)));
            // Without properties the type is only spoken of.
            if is_role && object.get("Properties").is_some() {
                found(node, "a role outside the template's own `Resources` is not read");
                return;
            }
            object.entries.iter().for_each(|e| walk(&e.value, found));
        }
        Value::List(list) => list.items.iter().for_each(|n| walk(n, found)),
        Value::Text(text) => match text.as_str() {
            Some(text) if text.contains(DOCUMENT) && ROLES.iter().any(|(role, _)| text.contains(role)) => {
                found(node, "a template with roles inside a text is not read");
            }
            Some(text) if text.contains("resource") && text.contains("\"alicloud_ram_role\"") => {
                found(node, "Terraform code with roles inside a template is not read");
            }
            _ => {}
        },
        Value::OneOf(one) => one.branches.iter().for_each(|b| walk(&b.node, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => {}
    }
}
