//! Templates that resources hold: nested stacks, applications, stack sets.
//!
//! Here: where the inner template is and what it is given. Not here: reading it (`read`).

use model::{Cause, Decoded, FileId, Node, SourceMap, Unknown, Value};

use crate::argument::{Argument, Arguments};
use crate::evaluate::Evaluator;
use crate::template::Resource;
use crate::value::{intrinsic, known};

/// Where the template of a resource is.
pub(crate) enum Source {
    /// In another file.
    File(FileId),
    /// In a text of this one.
    Text(Decoded),
    /// Spelled out in this one.
    Tree(Node),
    /// Somewhere else; says where.
    Elsewhere(String),
    /// At a path where no file is.
    Missing(String),
    /// Not known; says why.
    Unknown(Cause),
}

/// The template that a resource holds. `None` if it is of no such kind.
pub(crate) fn source(
    resource: &Resource<'_>,
    evaluator: &Evaluator<'_>,
    sources: &SourceMap,
) -> Option<Source> {
    let (body, url) = match resource.kind {
        "AWS::CloudFormation::Stack" => (None, "TemplateURL"),
        "AWS::Serverless::Application" => (None, "Location"),
        "AWS::CloudFormation::StackSet" | "ALIYUN::ROS::Stack" | "ALIYUN::ROS::StackGroup" => {
            (Some("TemplateBody"), "TemplateURL")
        }
        _ => return None,
    };
    if let Some(body) = body.and_then(|body| resource.property(body)) {
        return Some(match &body.value {
            Value::Object(object) if object.get("Resources").is_some() => Source::Tree(body.clone()),
            _ => {
                let value = evaluator.value(body);
                match (&value.value, Decoded::of(&value)) {
                    (Value::Object(_), _) => Source::Tree(value),
                    (Value::Unknown(unknown), _) => Source::Unknown(unknown.why.clone()),
                    (_, Some(text)) => Source::Text(text),
                    (_, None) => Source::Unknown(Cause::Invalid(format!("it is {}", value.kind()).into())),
                }
            }
        });
    }
    let file = resource.id.span.file;
    // The CDK says beside the address which file it will be.
    if let Some(asset) = resource.node.get("Metadata").and_then(|m| m.get("aws:asset:path")).and_then(known) {
        return Some(local(asset, file, sources));
    }
    let url = resource.property(url)?;
    if url.get("ApplicationId").is_some() {
        return Some(Source::Elsewhere("an application of a repository".to_owned()));
    }
    let url = evaluator.value(url).scalar()?.value;
    Some(match url.as_str() {
        Some(text) if is_local(text) => local(text, file, sources),
        Some(text) => Source::Elsewhere(format!("`{text}`")),
        None => Source::Elsewhere(format!("`{url}`")),
    })
}

/// The files that a document's nested stacks name by path, as far as no expression says it.
pub(crate) fn named_files(document: &Node, file: FileId, sources: &SourceMap) -> Vec<FileId> {
    let Some(Value::Object(resources)) = document.get("Resources").map(|n| &n.value) else {
        return Vec::new();
    };
    let named = |resource: &Node| -> Option<FileId> {
        let kind = resource.get("Type").and_then(known)?;
        let property = match kind {
            "AWS::CloudFormation::Stack" | "AWS::CloudFormation::StackSet" => "TemplateURL",
            "ALIYUN::ROS::Stack" | "ALIYUN::ROS::StackGroup" => "TemplateURL",
            "AWS::Serverless::Application" => "Location",
            _ => return None,
        };
        let asset = resource.get("Metadata").and_then(|m| m.get("aws:asset:path")).and_then(known);
        let path = asset.or_else(|| known(resource.get("Properties")?.get(property)?))?;
        match local(path, file, sources) {
            Source::File(id) if is_local(path) => Some(id),
            _ => None,
        }
    };
    resources.entries.iter().filter_map(|e| named(&e.value)).collect()
}

fn is_local(url: &str) -> bool {
    !url.is_empty() && !url.contains("://") && !url.contains("{{")
}

/// The file at a path that is relative to another file: to the one that a link leads to, as SAM takes it, else to the
/// link, as the AWS command line does.
fn local(path: &str, from: FileId, sources: &SourceMap) -> Source {
    let bases = sources.target(from).into_iter().chain([sources.path(from)]);
    let found = bases.filter_map(|base| sources.open(&beside(&base, path))).next();
    found.map_or_else(|| Source::Missing(path.to_owned()), Source::File)
}

/// A path that is relative to a file, made one like that file's.
fn beside(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// What a resource gives to the parameters of the template that it holds.
pub(crate) fn arguments(resource: &Resource<'_>, evaluator: &Evaluator<'_>) -> Arguments {
    let argument = |written: &Node| {
        let changeable = evaluator.depends_on_input(written);
        Argument { value: evaluator.value(written), changeable }
    };
    let Some(written) = resource.property("Parameters") else {
        return Arguments::of_holder([]);
    };
    let mut open = None;
    let given: Vec<(Box<str>, Argument)> = match &written.value {
        Value::Object(object) if intrinsic(object).is_none() => {
            open = object.open.clone();
            let entry = |e: &model::Entry| Some((e.key.value.as_str()?.into(), argument(&e.value)));
            object.entries.iter().filter_map(entry).collect()
        }
        Value::List(list) => {
            open = list.open.clone();
            let item = |item: &Node| {
                let name = known(item.get("ParameterKey")?)?;
                Some((name.into(), argument(item.get("ParameterValue")?)))
            };
            let given: Vec<_> = list.items.iter().filter_map(item).collect();
            if given.len() < list.items.len() {
                open = open.or_else(|| Some(unknown_arguments(written)));
            }
            given
        }
        Value::Null => Vec::new(),
        // An expression: what it gives to which parameter is not known.
        _ => {
            open = Some(unknown_arguments(written));
            Vec::new()
        }
    };
    Arguments::of_holder(given).or_unknown(open)
}

fn unknown_arguments(written: &Node) -> Unknown {
    let why = Cause::Undecided("an expression that gives the parameters of a template".into());
    Unknown::new("`Parameters`", why, Some(written.span))
}
