//! CloudFormation and Alibaba ROS templates as an input of trustproof, with what SAM and the CDK write of them.
//!
//! text -> `document` (trees) -> `foreign`, `foreach`, `sam` (what tools make of a template) -> `template` (its
//! sections) -> `evaluate` (values with unknowns) -> `role`, `grants`. Templates inside of templates are found by
//! `nested` and read by `read`, their outputs by `stacks`; what holds a trust policy and is not read is named by
//! `strays`. Modules use those that stand before them. Not here: what a policy means (the lowering in `model`), JSON and YAML (`syntax`).

mod argument;
mod cdk;
mod claim;
mod directive;
mod document;
mod evaluate;
mod foreach;
mod foreign;
mod grants;
mod lift;
mod nested;
mod parameter;
mod policy;
mod read;
mod role;
mod sam;
mod stacks;
mod strays;
mod template;
mod text;
mod unit;
mod value;

use model::{Dialect, Embedded, FileId, Input, Lowered, SourceMap, Unit};

pub use crate::argument::Parameters;
use crate::read::Reader;

/// CloudFormation and Alibaba ROS templates, in JSON and YAML.
#[derive(Clone, Debug, Default)]
pub struct CloudFormationInput {
    /// What is given to the parameters of the templates that are deployed; those inside of others get what those
    /// give them.
    pub parameters: Parameters,
}

impl CloudFormationInput {
    /// Templates with their defaults.
    pub const fn new() -> Self {
        CloudFormationInput { parameters: Parameters::new() }
    }
}

impl Input for CloudFormationInput {
    fn name(&self) -> &'static str {
        "cloudformation"
    }

    fn scannable(&self, path: &str) -> bool {
        claim::is_scannable(path)
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        claim::is_scannable(path) && claim::may_hold_roles(bytes)
    }

    fn units(&self, claimed: &[FileId], sources: &SourceMap) -> Vec<Unit> {
        unit::units(claimed, sources)
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        let mut reader = Reader::new(sources, &self.parameters);
        unit.files.iter().for_each(|file| reader.file(*file));
        reader.finish()
    }

    fn read_embedded(&self, embedded: &Embedded, sources: &SourceMap) -> Option<Lowered> {
        if embedded.dialect != Dialect::Template {
            return None;
        }
        let mut reader = Reader::new(sources, &self.parameters);
        reader.embedded(embedded);
        Some(reader.finish())
    }
}
