//! Values that the root module's variables are given: by files beside it, and on the command line.
//!
//! Not here: values from the environment, which a scan must not depend on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use model::{Entry, FileId, Place, Problem, SourceMap, Span, Value};
use syntax::json;

use crate::eval::{Evaluator, Scope};
use crate::ir::{Block, Expr, ExprKind, Name};
use crate::module::Module;
use crate::parse::{parse_expression, parse_values};
use crate::path::file_name;
use crate::value::Val;

/// What a user gives to the variables of root modules, as Terraform's own options do.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// In the order of the command line: of two values of one variable the later wins.
    pub given: Vec<Given>,
}

/// One option of the command line.
#[derive(Clone, Debug)]
pub enum Given {
    /// A variable's name and the text of its value.
    Value(String, String),
    /// A file of values, by the name that the source map knows it by.
    File(String),
}

/// A value that no root module takes.
#[derive(Clone, Debug)]
pub enum Undeclared {
    /// Of the command line: the variable's name.
    Value(String),
    /// Of a file that the command line names: the variable's name and where it stands.
    InFile(String, Span),
}

/// What a variable is given.
#[derive(Clone, Debug)]
pub(crate) enum Setting {
    /// An expression in a file.
    Written(Expr),
    /// A value that is fixed.
    Value(Val),
    /// The text of a value; the variable's type says how it is read.
    Text(Box<str>),
}

/// What variables are given, by their names.
pub(crate) type Settings = BTreeMap<Box<str>, Setting>;

/// The variables that each root module of a scan declares; `None` if it may declare any, being broken.
#[derive(Default)]
pub(crate) struct Declared(Mutex<Vec<Option<BTreeSet<Box<str>>>>>);

impl Declared {
    pub(crate) fn add(&self, module: &Module) {
        let names = || module.variable_names().map(Into::into).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((!module.is_broken()).then(names));
    }

    /// Whether some module declares a variable, or may.
    fn has(&self, name: &str) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.is_empty() || all.iter().any(|names| names.as_ref().is_none_or(|names| names.contains(name)))
    }
}

/// The value of each variable; of several sources the last in Terraform's order wins.
pub(crate) fn values(
    root: &str,
    variables: &Variables,
    module: Option<&Module>,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Settings {
    let mut values = BTreeMap::new();
    for id in files(root, sources) {
        let settings = read(id, sources, problems);
        let declared = |name: &str| module.is_none_or(|m| m.is_broken() || m.variable(name).is_some());
        problems.extend(settings.iter().filter(|(name, _)| !declared(&name.text)).map(|(name, _)| {
            let message = format!(
                "the root module does not declare a variable `{}`: this value is not used",
                name.text
            );
            Problem::warning(name.span, message)
        }));
        values.extend(settings.into_iter().map(|(name, setting)| (name.text, setting)));
    }
    for given in &variables.given {
        match given {
            Given::Value(name, text) => {
                values.insert(name.as_str().into(), Setting::Text(text.as_str().into()));
            }
            Given::File(name) => {
                let settings = sources.open(name).map(|id| read(id, sources, problems)).unwrap_or_default();
                values.extend(settings.into_iter().map(|(name, setting)| (name.text, setting)));
            }
        }
    }
    values
}

/// What of the command line no root module takes that was read; nothing if none was.
pub(crate) fn undeclared(variables: &Variables, sources: &SourceMap) -> Vec<Undeclared> {
    let declared = sources.derived::<Declared>();
    let mut out = Vec::new();
    for given in &variables.given {
        match given {
            Given::Value(name, _) if declared.has(name) => {}
            Given::Value(name, _) => out.push(Undeclared::Value(name.clone())),
            Given::File(name) => {
                // What is wrong with the file is told by the modules that read it.
                let settings = sources.open(name).map(|id| read(id, sources, &mut Vec::new()));
                let unknown = settings.into_iter().flatten().filter(|(name, _)| !declared.has(&name.text));
                out.extend(unknown.map(|(name, _)| Undeclared::InFile(name.text.into(), name.span)));
            }
        }
    }
    out
}

/// What a file of values says.
fn read(id: FileId, sources: &SourceMap, problems: &mut Vec<Problem>) -> Vec<(Name, Setting)> {
    let text = match sources.text(id) {
        Ok(text) => text,
        Err(error) => {
            problems.push(Problem::relevant(Place::File(id), error.to_string()));
            return Vec::new();
        }
    };
    if !sources.path(id).ends_with(".json") {
        let (attributes, faults) = parse_values(&text, id);
        problems.extend(faults.into_iter().map(|f| Problem::relevant(Place::Span(f.span), f.message)));
        return attributes.into_iter().map(|a| (a.name, Setting::Written(a.value))).collect();
    }
    match json::parse(&text, id).map(|node| node.value) {
        Ok(Value::Object(object)) => {
            let setting = |entry: &Entry| {
                let name = Name { text: entry.key.value.as_str()?.into(), span: entry.key.span };
                Some((name, Setting::Value(Val::of_node(&entry.value))))
            };
            return object.entries.iter().filter_map(setting).collect();
        }
        Ok(_) => problems.push(Problem::relevant(Place::File(id), "holds no object of variable values")),
        Err(error) => {
            let message = format!("cannot be parsed as JSON: {}", error.message);
            problems.push(Problem::relevant(Place::Span(error.span), message));
        }
    }
    Vec::new()
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
    pub(crate) fn given_value(&self, given: &Setting, block: &Block) -> Val {
        match given {
            Setting::Written(value) => self.eval(value, &Scope::default()),
            Setting::Value(value) => value.clone(),
            Setting::Text(text) => match block.body().attribute("type") {
                Some(kind) if !is_plain(&kind.value) => match parse_expression(text) {
                    Some(value) => self.eval(&value, &Scope::default()).stands_at(block.header),
                    None => self.error("the value that it is given is no expression", block.header),
                },
                Some(_) | None => Val::converted(text, block.header),
            },
        }
    }

    /// A given value in a few words, for a message.
    pub(crate) fn given_words(&self, given: &Setting) -> String {
        let quoted = |text: &str| format!("\"{text}\"");
        match given {
            Setting::Written(value) => self.source_quoted(value),
            Setting::Text(text) => quoted(text),
            Setting::Value(value) => match value.known_str() {
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
