//! Values that files beside the root module give its variables.
//!
//! Not here: values from the command line and the environment.

use std::collections::BTreeMap;

use model::{FileId, Place, Problem, SourceMap};

use crate::ir::Expr;
use crate::parse::parse_values;

/// The value of each variable; of several files the last in Terraform's order wins.
pub(crate) fn values(
    root: &str,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Box<str>, Expr> {
    let mut values = BTreeMap::new();
    for id in files(root, sources) {
        let text = match sources.text(id) {
            Ok(text) => text,
            Err(error) => {
                problems.push(Problem::relevant(Place::File(id), error.to_string()));
                continue;
            }
        };
        let (attributes, faults) = parse_values(&text, id);
        values.extend(attributes.into_iter().map(|a| (a.name.text, a.value)));
        problems.extend(faults.into_iter().map(|f| Problem::relevant(Place::Span(f.span), f.message)));
    }
    values
}

/// `terraform.tfvars` first, then `*.auto.tfvars` by name.
fn files(root: &str, sources: &SourceMap) -> Vec<FileId> {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for id in sources.list(root) {
        let path = sources.path(id);
        match path.rsplit('/').next().unwrap_or_default() {
            "terraform.tfvars" => first.push(id),
            name if name.ends_with(".auto.tfvars") => rest.push(id),
            _ => {}
        }
    }
    first.extend(rest);
    first
}
