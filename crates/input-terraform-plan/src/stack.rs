//! Templates of other tools that a resource deploys.
//!
//! Not here: reading them; the binary hands them to the input of their language.

use model::{Decoded, Dialect, Embedded, EmbeddedFile, Value};

use crate::resource::{Attribute, Resource};

/// The template of a stack, if the resource is one and its text is known.
pub(crate) fn template(resource: &Resource<'_>) -> Option<Embedded> {
    let kinds = ["aws_cloudformation_stack", "aws_cloudformation_stack_set", "alicloud_ros_stack"];
    if !resource.managed || !kinds.contains(&resource.kind) {
        return None;
    }
    // A body that is known only after apply, or lies at a URL, is not in the plan.
    let Attribute::Known(body) = resource.attribute("template_body") else {
        return None;
    };
    let arguments = match resource.attribute("parameters") {
        Attribute::Known(parameters) => match &parameters.value {
            Value::Object(object) => {
                let named = |key: &str| key.into();
                let known = object.entries.iter().filter(|entry| !matches!(entry.value.value, Value::Null));
                known
                    .filter_map(|e| {
                        let key = e.key.value.as_str().map(named)?;
                        Some((e.key.clone().map(|_| key), e.value.clone()))
                    })
                    .collect()
            }
            _ => Vec::new(),
        },
        Attribute::Unknown(..) | Attribute::Absent => Vec::new(),
    };
    Some(Embedded {
        dialect: Dialect::Template,
        within: resource.address.as_str().into(),
        span: resource.span,
        files: vec![EmbeddedFile { name: "".into(), text: Decoded::of(body)? }],
        arguments,
        depth: 0,
    })
}
