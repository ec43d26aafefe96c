//! From a plan to the code it was made from: every place of a role that the code says too is taken from there.
//!
//! address -> module calls -> directory -> block -> attribute -> leaf, by the evaluator of Terraform's own input with the
//! plan's variables. What is decided stays what the plan says; only where the plan does not know a policy, the code is
//! asked. Not here: parsing and evaluating the code.

mod alike;
mod respan;
mod root;

use std::collections::HashMap;

use input_terraform::join;
use model::{Directive, Embedded, Node, Problem, Role, SourceMap, Span, Value};

use crate::address;

/// What lies below it was downloaded, and is nobody's to edit in this repository.
const DOWNLOADED: &str = ".terraform/modules/";

/// Where to look for the code of a plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'s> {
    /// The directory that the user names.
    pub(crate) named: Option<&'s str>,
    /// The directory that the plan lies in.
    pub(crate) beside: Option<&'s str>,
}

/// The code that a plan was made from.
pub(crate) struct Code {
    /// The directory of its root module.
    pub(crate) root: String,
    /// What its comments say of the roles of the plan.
    pub(crate) directives: Vec<Directive>,
}

/// Points the roles and templates of a plan at their code, if it is found.
pub(crate) fn point(
    roles: &mut [Role],
    templates: &mut [Embedded],
    tree: &Node,
    search: Search<'_>,
    sources: &SourceMap,
    problems: &mut Vec<Problem>,
) -> Option<Code> {
    if roles.is_empty() && templates.is_empty() {
        return None;
    }
    let directory = match root::find(tree, roles, search, sources) {
        Ok(directory) => directory?,
        Err(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let source = join::read(&directory, &variables(tree), sources);
    let index = Index::of(&source);
    let mut missing = Vec::new();
    let mut places = Vec::new();
    for role in roles {
        match index.role(role) {
            Found::Role(code) => {
                let outside = anchor(code, sources);
                let differs = respan::take_places(role, code, outside);
                if let Some(place) = differs {
                    let message = format!(
                        "the code says another trust policy for `{}` than this plan, which is what is judged; if the \
                         code is newer, make the plan anew",
                        role.address
                    );
                    problems.push(Problem::warning(place, message));
                }
            }
            Found::Call(call) => respan::place_all(role, call),
            Found::Nothing => {
                missing.push(role);
                continue;
            }
        }
        places.extend(respan::places(role));
    }
    problems.extend(not_in_code(&missing, &directory));
    for template in templates {
        take_text(template, &source.templates);
    }
    // What is said of other roles is no matter of this plan.
    let mut directives = source.directives.clone();
    directives.retain(|directive| places.iter().any(|place| directive.scope.contains(*place)));
    Some(Code { root: directory, directives })
}

/// Points a template at the code that holds the same text; what it is given is what the plan says.
fn take_text(template: &mut Embedded, code: &[Embedded]) {
    let texts = |embedded: &Embedded| -> Vec<String> {
        embedded.files.iter().map(|file| file.text.text().to_owned()).collect()
    };
    let block = model::block(&template.within);
    let same = |other: &&Embedded| model::block(&other.within) == block && texts(other) == texts(template);
    if let Some(code) = code.iter().find(same) {
        template.span = code.span;
        template.files.clone_from(&code.files);
    }
}

/// Roles of the plan that the code does not make any more.
fn not_in_code(missing: &[&mut Role], directory: &str) -> Option<Problem> {
    let first = missing.first()?;
    let more = match missing.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more of this plan"),
    };
    let directory = if directory.is_empty() { "." } else { directory };
    let message = format!(
        "no role `{}`{more} is in the code in `{directory}`; if the code is newer, make the plan anew",
        first.address
    );
    Some(Problem::warning(first.span, message))
}

/// The values of the plan's variables.
fn variables(tree: &Node) -> Vec<(Box<str>, &Node)> {
    match tree.get("variables").map(|variables| &variables.value) {
        Some(Value::Object(object)) => {
            let value = |e: &'_ model::Entry| Some(e.key.value.as_str()?.into());
            object.entries.iter().filter_map(|e| Some((value(e)?, e.value.get("value")?))).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a role of code that is not the user's own is shown: the deepest call in the user's own code.
fn anchor(code: &Role, sources: &SourceMap) -> Option<Span> {
    let own = |span: Span| !sources.path(span.file).contains(DOWNLOADED);
    if own(code.span) {
        return None;
    }
    code.calls.iter().rev().map(|call| call.span).find(|span| own(*span))
}

/// What the code has for a role of the plan.
enum Found<'s> {
    Role(&'s Role),
    /// Its module was not read; this is the deepest call on the way to it.
    Call(Span),
    Nothing,
}

struct Index<'s> {
    source: &'s join::Source,
    by_address: HashMap<&'s str, &'s Role>,
    by_block: HashMap<String, &'s Role>,
}

impl<'s> Index<'s> {
    fn of(source: &'s join::Source) -> Self {
        let by_address = source.roles.iter().map(|role| (&*role.address, role)).collect();
        let mut by_block = HashMap::new();
        for role in &source.roles {
            // An instance without a key stands for those that the code cannot tell apart.
            let block = model::block(&role.address);
            if *block == *role.address {
                by_block.insert(block, role);
            } else {
                by_block.entry(block).or_insert(role);
            }
        }
        Index { source, by_address, by_block }
    }

    fn role(&self, role: &Role) -> Found<'s> {
        let exact = self.by_address.get(&*role.address);
        if let Some(code) = exact.or_else(|| self.by_block.get(&model::block(&role.address))) {
            return Found::Role(code);
        }
        let Some(mut names) = address::module_of(&role.address) else {
            return Found::Nothing;
        };
        if self.source.modules.contains(&names.join(".")) {
            return Found::Nothing;
        }
        while !names.is_empty() {
            if let Some(call) = self.source.calls.get(&names.join(".")) {
                return Found::Call(*call);
            }
            names.pop();
        }
        Found::Nothing
    }
}
