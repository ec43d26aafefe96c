//! CloudFormation and Alibaba ROS templates as an input of trustproof.
//!
//! A template becomes a located tree (`template`), the values that a role needs are evaluated with unknowns
//! kept (`evaluate`), and what holds a trust policy becomes a role (`role`). What holds one and is not read is
//! named (`strays`). Not here: what a policy means (the lowering in `model`), JSON and YAML (`syntax`).

mod condition;
mod evaluate;
mod grants;
mod lift;
mod role;
mod strays;
mod string;
mod template;

use memchr::memmem;
use model::{Cloud, FileId, Input, Lowered, Node, Place, Problem, SourceMap, Subject, Unit, Value};

use crate::evaluate::Evaluator;
use crate::grants::Attachments;
use crate::template::Template;

/// The resource types that are roles, and whose.
const ROLES: &[(&str, Cloud)] = &[("AWS::IAM::Role", Cloud::Aws), ("ALIYUN::RAM::Role", Cloud::Alibaba)];

/// The property that holds a role's trust policy in every dialect.
const DOCUMENT: &str = "AssumeRolePolicyDocument";

/// Extensions of templates.
const EXTENSIONS: &[&str] = &[".yaml", ".yml", ".json", ".template", ".ros"];

/// CloudFormation (with what SAM and the CDK write of it) and Alibaba ROS templates, in JSON and YAML.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloudFormationInput;

impl Input for CloudFormationInput {
    fn name(&self) -> &'static str {
        "cloudformation"
    }

    fn scannable(&self, path: &str) -> bool {
        let has = |extension: &&str| {
            path.len()
                .checked_sub(extension.len())
                .and_then(|at| path.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(extension))
        };
        path == "-" || EXTENSIONS.iter().any(has)
    }

    fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        let mentions = |needle: &str| memmem::find(bytes, needle.as_bytes()).is_some();
        self.scannable(path)
            && (ROLES.iter().any(|(kind, _)| mentions(kind))
                || mentions("AWS::Serverless::") && mentions(DOCUMENT)
                || mentions("Aliyun::Terraform") && mentions("alicloud_ram_role")
                // Any letter may be written as an escape; then the tree has to tell.
                || mentions("\\u00") && mentions("Resources"))
    }

    fn units(&self, claimed: &[FileId], _: &SourceMap) -> Vec<Unit> {
        claimed.iter().map(|file| Unit { files: vec![*file] }).collect()
    }

    fn read(&self, unit: &Unit, sources: &SourceMap) -> Lowered {
        let mut lowered = Lowered::default();
        for file in &unit.files {
            read_file(*file, sources, &mut lowered);
        }
        lowered
    }
}

fn read_file(file: FileId, sources: &SourceMap, lowered: &mut Lowered) {
    let text = match sources.text(file) {
        Ok(text) => text,
        Err(error) => {
            lowered.problems.push(Problem::relevant(Place::File(file), error.to_string()));
            return;
        }
    };
    match template::parse(&text, file) {
        Ok(documents) => documents.iter().for_each(|document| read_document(document, lowered)),
        Err(error) => {
            let message = if template::is_rendered_elsewhere(&text) {
                format!(
                    "is a template of another tool (`{{{{ … }}}}` or `{{% … %}}`) and may hold roles: \
                     render it first and scan the result; as it stands, {}",
                    error.message
                )
            } else {
                format!("may hold roles and cannot be parsed: {}", error.message)
            };
            lowered.problems.push(Problem::relevant(Place::Span(error.span), message));
        }
    }
}

fn read_document(document: &Node, lowered: &mut Lowered) {
    let template = Template::of(document, &mut lowered.problems);
    let evaluator = Evaluator::new(&template, document);
    let attachments = Attachments::of(&template);
    for resource in &template.resources {
        match resource.cloud() {
            Some(cloud) => {
                let role = role::read(&evaluator, &attachments, resource, cloud, &mut lowered.problems);
                lowered.subjects.push(Subject::Role(Box::new(role)));
            }
            None => strays::in_resource(resource, &mut lowered.problems),
        }
    }
    if let Value::Object(object) = &document.value {
        for entry in object.entries.iter().filter(|e| !e.key.value.is("Resources")) {
            strays::in_tree(&entry.value, &mut lowered.problems);
        }
    } else {
        strays::in_tree(document, &mut lowered.problems);
    }
}
