//! Templates of other tools that a resource deploys.
//!
//! Not here: reading them; the binary hands them to the input of their language.

use model::{Decoded, Dialect, Embedded, EmbeddedFile, Located, Node, Problem, Value};

use crate::configuration::Configuration;
use crate::document::overlay;
use crate::resource::{Attribute, Resource, string};

/// The kinds of resources that deploy a template.
const KINDS: [&str; 4] = [
    "alicloud_ros_stack",
    "alicloud_ros_stack_group",
    "aws_cloudformation_stack",
    "aws_cloudformation_stack_set",
];

type Arguments = Vec<(Located<Box<str>>, Node)>;

/// The template of a stack, if the resource is one and its text is known; a template that is not is a problem.
pub(crate) fn template<'a>(
    resource: &Resource<'a>,
    configuration: &Configuration<'a>,
    problems: &mut Vec<Problem>,
) -> Option<Embedded> {
    if !resource.managed || !KINDS.contains(&resource.kind) {
        return None;
    }
    let mut missed = |what: &str| {
        let message = format!("{what}; roles that it makes are not judged");
        problems.push(Problem::warning(resource.span, message));
        None
    };
    let body = match resource.attribute("template_body") {
        Attribute::Known(body) => body,
        Attribute::Unknown(..) if !is_given(resource, "template_url") => {
            return missed("this template is known only after apply");
        }
        Attribute::Unknown(..) | Attribute::Absent => {
            return missed("a template that lies elsewhere is not read");
        }
    };
    let Some(text) = Decoded::of(body) else {
        return missed("this template is no text");
    };
    let values = overlay(resource.values, resource.unknown, &resource.address);
    // Where nobody gives any, the provider tells later that there are none.
    let given = configuration.may_set(resource, "parameters");
    let Some(arguments) = arguments(values.get("parameters").filter(|_| given)) else {
        return missed("which parameters this template gets is known only after apply");
    };
    Some(Embedded {
        dialect: Dialect::Template,
        within: resource.address.as_str().into(),
        span: resource.span,
        files: vec![EmbeddedFile { name: "".into(), text }],
        arguments,
        depth: 0,
    })
}

fn is_given(resource: &Resource<'_>, attribute: &str) -> bool {
    matches!(resource.attribute(attribute), Attribute::Known(_))
}

/// The parameters by name: a map, or on Alibaba Cloud a list of blocks. `None` if it is not known which there are.
fn arguments(parameters: Option<&Node>) -> Option<Arguments> {
    let Some(parameters) = parameters else {
        return Some(Vec::new());
    };
    match &parameters.value {
        Value::Null => Some(Vec::new()),
        Value::Object(object) if object.open.is_none() => {
            let given = object.entries.iter().filter(|entry| !matches!(entry.value.value, Value::Null));
            let named = |e: &model::Entry| Some((named(e.key.value.as_str()?, e.key.span), e.value.clone()));
            given.map(named).collect()
        }
        Value::List(list) if list.open.is_none() => {
            let named = |block: &Node| {
                let key = block.get("parameter_key")?;
                Some((named(string(key)?, key.span), block.get("parameter_value")?.clone()))
            };
            list.items.iter().map(named).collect()
        }
        _ => None,
    }
}

fn named(name: &str, span: model::Span) -> Located<Box<str>> {
    Located::new(name.into(), span)
}
