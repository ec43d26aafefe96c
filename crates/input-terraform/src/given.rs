//! Values that the root module's variables are given: by files beside it, and on the command line.
//!
//! Not here: values from the environment, which a scan must not depend on.

use std::collections::BTreeMap;

use model::{FileId, Place, Problem, SourceMap, Value};
use syntax::json;

use crate::eval::{Evaluator, Scope};
use crate::ir::{Block, Expr, ExprKind};
use crate::parse::{parse_expression, parse_values};
use crate::path::file_name;
use crate::value::Val;

/// What a user gives to the variables of root modules, as Terraform's own options do.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Files of values, by the names that the source map knows them by; later ones win.
    pub files: Vec<String>,
    /// Names and the text of their values; they win over files, and later ones over earlier.
    pub values: Vec<(String, String)>,
}

/// What a variable is given.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// An expression in a file.
    Written(Expr),
    /// A value that is fixed.
    Value(Val),
    /// The text of a value; the variable's type says how it is read.
    Text(Box<str>),
}

/// The value of each variable; of several sources the last in Terraform's order wins.
pub(crate) fn values(
    root: &str,
    variables: &Variables,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Box<str>, Given> {
    let mut values = BTreeMap::new();
    let named = variables.files.iter().filter_map(|name| sources.open(name));
    for id in files(root, sources).into_iter().chain(named) {
        match sources.text(id) {
            Ok(text) => read(&text, id, sources, &mut values, problems),
            Err(error) => problems.push(Problem::relevant(Place::File(id), error.to_string())),
        }
    }
    let texts =
        variables.values.iter().map(|(name, text)| (name.as_str().into(), Given::Text(text.as_str().into())));
    values.extend(texts);
    values
}

fn read(
    text: &str,
    id: FileId,
    sources: &SourceMap,
    values: &mut BTreeMap<Box<str>, Given>,
    problems: &mut Vec<Problem>,
) {
    if !sources.path(id).ends_with(".json") {
        let (attributes, faults) = parse_values(text, id);
        values.extend(attributes.into_iter().map(|a| (a.name.text, Given::Written(a.value))));
        problems.extend(faults.into_iter().map(|f| Problem::relevant(Place::Span(f.span), f.message)));
        return;
    }
    match json::parse(text, id).map(|node| node.value) {
        Ok(Value::Object(object)) => {
            let known = object.entries.iter().filter_map(|e| Some((e.key.value.as_str()?.into(), &e.value)));
            values.extend(known.map(|(name, node)| (name, Given::Value(Val::of_node(node)))));
        }
        Ok(_) => problems.push(Problem::relevant(Place::File(id), "holds no object of variable values")),
        Err(error) => {
            let message = format!("cannot be parsed as JSON: {}", error.message);
            problems.push(Problem::relevant(Place::Span(error.span), message));
        }
    }
}

/// `terraform.tfvars`, then `terraform.tfvars.json`, then `*.auto.tfvars` and `*.auto.tfvars.json` by name.
fn files(root: &str, sources: &SourceMap) -> Vec<FileId> {
    let mut found: Vec<(u8, String, FileId)> = Vec::new();
    for id in sources.list(root) {
        let path = sources.path(id);
        let name = file_name(&path);
        let rank = match name {
            "terraform.tfvars" => 0,
            "terraform.tfvars.json" => 1,
            _ if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => 2,
            _ => continue,
        };
        found.push((rank, name.to_owned(), id));
    }
    found.sort();
    found.into_iter().map(|(.., id)| id).collect()
}

impl Evaluator<'_> {
    /// The value that the variable of this block is given, spelled out where it is declared if no file says it.
    pub(crate) fn given_value(&self, given: &Given, block: &Block) -> Val {
        match given {
            Given::Written(value) => self.eval(value, &Scope::default()),
            Given::Value(value) => value.clone(),
            Given::Text(text) => match block.body().attribute("type") {
                Some(kind) if !is_plain(&kind.value) => match parse_expression(text) {
                    Some(value) => self.eval(&value, &Scope::default()).stands_at(block.header),
                    None => self.error("the value that it is given is no expression", block.header),
                },
                Some(_) | None => Val::converted(text, block.header),
            },
        }
    }

    /// A given value in a few words, for a message.
    pub(crate) fn given_words(&self, given: &Given) -> String {
        let quoted = |text: &str| format!("\"{text}\"");
        match given {
            Given::Written(value) => self.source_quoted(value),
            Given::Text(text) => quoted(text),
            Given::Value(value) => match value.known_str() {
                Some(text) => quoted(&text),
                None => value.sort().to_owned(),
            },
        }
    }
}

/// Whether the texts given to a variable of this type are taken as they are, and not as expressions.
fn is_plain(kind: &Expr) -> bool {
    match &kind.kind {
        ExprKind::Name(name) => matches!(&**name, "string" | "number" | "bool"),
        // The spelling of old versions: `type = "string"`.
        ExprKind::Text(text) => &**text == "string",
        _ => false,
    }
}
