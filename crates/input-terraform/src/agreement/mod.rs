//! The parser and the evaluator against Terraform itself: thousands of generated texts and expressions, values and
//! errors alike.
//!
//! What Terraform answered is kept beside the tests, so that they run without it; where it is installed it is asked
//! again. Not here: modules, resources.

mod dice;
mod generate;
mod hostile;
mod known;
mod mutate;
mod soundness;
mod syntax;
mod terraform;

use model::{LoadError, Loader, SourceMap};

use crate::eval::{Evaluator, Scope, World};
use crate::ir::Block;
use crate::json_text;
use crate::library::Library;
use crate::value::Val;

/// What stands for an error.
const ERROR: &str = "ERROR";

/// One file in memory.
struct Memory(Vec<(String, String)>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let found = self.0.iter().find(|(name, _)| name == path);
        found.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| LoadError("no such file".to_owned()))
    }

    fn admits(&self, path: &str) -> bool {
        self.0.iter().any(|(name, _)| name == path)
    }
}

/// Evaluates the attributes of `locals` blocks and hands each value on.
fn evaluate(text: &str, more: &[(&str, &str)], mut use_value: impl FnMut(usize, Val)) {
    let mut files = vec![("main.tf".to_owned(), text.to_owned())];
    files.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    let paths = files.iter().map(|(name, _)| name.clone()).collect();
    let sources = SourceMap::new(paths, Box::new(Memory(files)));
    let id = sources.open("main.tf").unwrap();
    let library = Library::new(&[id], &sources);
    let module = library.module("").unwrap();
    let lost: Vec<String> =
        module.faults().map(|f| format!("{}: {}", f.message, sources.snippet(f.lost))).collect();
    assert!(lost.is_empty(), "{}", lost.join("\n"));
    let locals: Vec<&Block> = module.blocks.iter().filter(|b| b.is("locals")).collect();
    let mut index = 0;
    for block in locals {
        // A world of its own: what one block costs is not what another may cost.
        let world = World::new(&sources, &library, "", Default::default());
        let evaluator = Evaluator::of_root(&world, module);
        for attribute in &block.body().attributes {
            use_value(index, evaluator.eval(&attribute.value, &Scope::default()));
            index += 1;
        }
    }
}

/// What the evaluator makes of expressions, each on one line: JSON, [`ERROR`], or why it is not known.
fn answers(expressions: &[String]) -> Vec<String> {
    let block = |(index, expression): (usize, &String)| format!("locals {{\n  e{index} = {expression}\n}}\n");
    let text: String = expressions.iter().enumerate().map(block).collect();
    let mut out = vec![String::new(); expressions.len()];
    evaluate(&text, &[], |index, value| out[index] = answer(&value));
    out
}

fn answer(value: &Val) -> String {
    if value.holds_error() {
        return ERROR.to_owned();
    }
    if let Some(unknown) = value.first_unknown() {
        return format!("UNKNOWN {}: {}", unknown.what, unknown.why);
    }
    json_text::known(value).unwrap_or_else(|| "UNKNOWN".to_owned())
}
