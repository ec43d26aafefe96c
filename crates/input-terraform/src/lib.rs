//! Terraform HCL as an input of trustproof: a root module, with the modules it calls, becomes roles.
//!
//! text -> `mask` -> `recognise`, `parse` -> `lower` (compact form) -> `eval` (three-valued) -> `document` -> `role`. Which
//! directories are read together is said by `graph`, where downloaded modules lie by `manifest`, what variables are
//! given by `given`. Not here: plans, the network.

#[cfg(test)]
mod agreement;
mod attribute;
mod comment;
mod document;
mod embedded;
mod eval;
mod functions;
mod given;
pub mod grammar;
mod grant;
mod graph;
mod ir;
pub mod join;
mod json_syntax;
mod json_text;
mod library;
mod lower;
mod manifest;
mod mask;
mod merge;
mod module;
mod number;
mod parse;
mod path;
mod read;
mod recognise;
mod relocate;
mod role;
mod shapes;
mod tree;
mod value;
mod zone;

use model::{Dialect, Embedded, FileId, Input, Lowered, SourceMap, Unit};

pub use given::{Given, Undeclared, Variables};

/// Reads Terraform modules.
#[derive(Clone, Debug, Default)]
pub struct TerraformInput {
    /// What the user gives to the variables of root modules.
    pub variables: Variables,
}

impl TerraformInput {
    /// What was given to variables that no root module declares, once all units are read.
    pub fn undeclared(&self, sources: &SourceMap) -> Vec<Undeclared> {
        given::undeclared(&self.variables, sources)
    }
}

impl Input for TerraformInput {
    fn name(&self) -> &'static str {
        "Terraform"
    }

    fn scannable(&self, path: &str) -> bool {
        path::is_hcl(path) || path::is_json(path)
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        // A file that only calls a module may say what makes a role of that module safe or not.
        self.scannable(path) && (graph::mentions_roles(bytes) || graph::calls(bytes))
    }

    fn units(&self, claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
        graph::units(claimed, sources)
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        read::read(unit, &self.variables, sources)
    }

    fn read_embedded(&self, embedded: &Embedded, sources: &SourceMap) -> Option<Lowered> {
        match embedded.dialect {
            Dialect::Terraform => Some(embedded::read(embedded, sources)),
            Dialect::Template => None,
        }
    }
}
