//! Trust policies in places that are not read: each is named, so that none is missed in silence.

use memchr::memmem;
use model::{Entry, Node, Place, Problem, Value};

use crate::claim::{DOCUMENT, ROLES};
use crate::foreach::LOOP;
use crate::template::Resource;
use crate::value::{call, known};

/// No text that is shorter holds code with a role.
const SHORTEST: usize = 28;

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

/// Names every role in an entry of a document.
pub(crate) fn in_entry(entry: &Entry, problems: &mut Vec<Problem>) {
    walk(&entry.value, deploys(entry), &mut |stray| problems.push(stray.problem()));
}

/// Names every role below a node.
pub(crate) fn in_tree(node: &Node, problems: &mut Vec<Problem>) {
    walk(node, false, &mut |stray| problems.push(stray.problem()));
}

/// Whether a role stands below a node.
pub(crate) fn holds_role(node: &Node) -> bool {
    let mut found = false;
    walk(node, false, &mut |stray| found |= stray.relevant);
    found
}

/// A role in a place that is not read.
struct Stray<'n> {
    node: &'n Node,
    message: &'static str,
    /// Whether anything deploys it. A text that only speaks of roles is documentation, a test, or an example.
    relevant: bool,
}

impl Stray<'_> {
    fn problem(&self) -> Problem {
        Problem { relevant: self.relevant, ..Problem::warning(self.node.span, self.message) }
    }
}

/// Whether code in the texts of an entry is deployed: `TemplateBody` in every spelling, and the files of a ROS
/// template in another language.
fn deploys(entry: &Entry) -> bool {
    let Some(key) = entry.key.value.as_str() else {
        return false;
    };
    let ends = |name: &str| {
        let mut letters = key.bytes().rev().filter(u8::is_ascii_alphabetic);
        name.bytes().rev().all(|n| letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&n)))
    };
    key.len() >= "Workspace".len() && ["TemplateBody", "TemplateContent", "Workspace"].into_iter().any(ends)
}

fn has(text: &str, part: &str) -> bool {
    memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// Trees are at most as deep as the parsers allow, so this may recurse.
fn walk<'n>(node: &'n Node, deployed: bool, found: &mut dyn FnMut(Stray<'n>)) {
    match &node.value {
        Value::Object(object) => {
            let kind = object.get("Type").and_then(known);
            let is_role = kind.is_some_and(|k| ROLES.iter().any(|(role, _)| k == *role));
            // Without properties the type is only spoken of.
            if is_role && object.get("Properties").is_some() {
                let message = "a role outside the template's own `Resources` is not read";
                found(Stray { node, message, relevant: true });
                return;
            }
            object.entries.iter().for_each(|e| walk(&e.value, deployed || deploys(e), found));
        }
        Value::List(list) => list.items.iter().for_each(|n| walk(n, deployed, found)),
        Value::Text(text) => match text.as_str() {
            Some(text) if text.len() < SHORTEST => {}
            Some(text) if has(text, DOCUMENT) && ROLES.iter().any(|(role, _)| has(text, role)) => {
                let message = "a template with roles inside a text is not read";
                found(Stray { node, message, relevant: deployed });
            }
            Some(text) if has(text, "\"alicloud_ram_role\"") && has(text, "resource") => {
                let message = "Terraform code with roles inside a template is not read";
                found(Stray { node, message, relevant: deployed });
            }
            _ => {}
        },
        Value::OneOf(one) => one.branches.iter().for_each(|b| walk(&b.node, deployed, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Unknown(_) => {}
    }
}
