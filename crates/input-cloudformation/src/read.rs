//! From files to roles: every template of a file, and every template inside of another.
//!
//! Not here: how a role is read (`role`), and which files go together (`unit`).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use model::{
    Assumption, Cause, Decoded, Dialect, Embedded, EmbeddedFile, FileId, Located, Lowered, Node, Piece,
    Place, Problem, Role, SourceMap, Span, Subject, Symbol, Text, Value,
};
use syntax::SyntaxError;

use crate::argument::{Arguments, Parameters};
use crate::cdk::{self, Assembly};
use crate::claim::{ROS_SERVERLESS, TERRAFORM, may_hold_roles, mentions_roles};
use crate::evaluate::Evaluator;
use crate::foreach::{self, LOOP};
use crate::grants::Attachments;
use crate::nested::{self, Source};
use crate::stacks::{self, Held};
use crate::template::{Resource, Template};
use crate::value::known;
use crate::{directive, document, foreign, role, sam, strays};

/// How many templates one unit may hold inside of one another: enough for any application, and no template that
/// holds itself twice can grow past it.
const MAX_NESTED: usize = 256;

/// How many bytes of templates one unit may hold inside of one another, each counted as often as it is held: dozens of
/// the largest that the services take.
const MAX_NESTED_BYTES: usize = 16 << 20;

/// How deep templates may hold one another.
const MAX_DEPTH: usize = 8;

/// Reads the files of one unit.
pub(crate) struct Reader<'s> {
    sources: &'s SourceMap,
    parameters: &'s Parameters,
    lowered: Lowered,
    /// How many more templates may be read inside of others.
    left: usize,
    /// How many more bytes they may have.
    bytes_left: usize,
    /// How many bytes of templates may be read for their outputs.
    outputs_left: Rc<Cell<usize>>,
    /// Files and texts whose directives were collected.
    collected: BTreeSet<Span>,
}

/// One reading of a template: by itself, or inside of another.
#[derive(Clone, Debug, Default)]
struct Instance {
    /// What the addresses of its resources begin with.
    within: String,
    calls: Vec<Located<Box<str>>>,
    arguments: Arguments,
    /// What must hold for it to be deployed at all.
    assumptions: Vec<Assumption>,
    /// The files that hold it, the outermost first.
    chain: Vec<FileId>,
    depth: usize,
}

impl<'s> Reader<'s> {
    pub(crate) fn new(sources: &'s SourceMap, parameters: &'s Parameters) -> Self {
        let collected = BTreeSet::new();
        let outputs_left = Rc::new(Cell::new(stacks::MAX_BYTES));
        Reader {
            sources,
            parameters,
            lowered: Lowered::default(),
            left: MAX_NESTED,
            bytes_left: MAX_NESTED_BYTES,
            outputs_left,
            collected,
        }
    }

    pub(crate) fn finish(self) -> Lowered {
        self.lowered
    }

    /// Reads a file that somebody deploys.
    pub(crate) fn file(&mut self, file: FileId) {
        let arguments = Arguments::of_deployment(self.parameters);
        self.file_as(file, &Instance { arguments, chain: vec![file], ..Instance::default() });
    }

    fn file_as(&mut self, file: FileId, instance: &Instance) {
        let text = match self.sources.text(file) {
            Ok(text) => text,
            Err(error) => {
                self.lowered.problems.push(Problem::relevant(Place::File(file), error.to_string()));
                return;
            }
        };
        match document::parse(&text, file) {
            Ok(documents) => {
                if self.collected.insert(Span::new(file, 0, text.len())) {
                    let Lowered { directives, problems, .. } = &mut self.lowered;
                    directive::collect(&text, file, &documents, directives, problems);
                }
                let assembly = Assembly::of(file, self.sources);
                for document in &documents {
                    self.document(document, &text, assembly.as_ref(), instance);
                }
            }
            Err(error) => self.unparsed(&text, error),
        }
    }

    /// Reads code that stood in another file's strings.
    pub(crate) fn embedded(&mut self, embedded: &Embedded) {
        let given = embedded.arguments.iter().map(|(name, value)| {
            let argument = crate::argument::Argument { value: value.clone(), changeable: false };
            (name.value.clone(), argument)
        });
        let instance = Instance {
            within: embedded.within.to_string(),
            arguments: Arguments::of_holder(given),
            depth: usize::from(embedded.depth),
            ..Instance::default()
        };
        for file in &embedded.files {
            self.text_as(&file.text, &instance);
        }
    }

    fn text_as(&mut self, text: &Decoded, instance: &Instance) {
        match document::parse_decoded(text) {
            Ok(documents) => {
                if text.origin().span(0..text.text().len()).is_some_and(|span| self.collected.insert(span)) {
                    let Lowered { directives, problems, .. } = &mut self.lowered;
                    directive::collect_embedded(text, &documents, self.sources, directives, problems);
                }
                for document in &documents {
                    self.document(document, text.text(), None, instance);
                }
            }
            Err(error) => self.unparsed(text.text(), error),
        }
    }

    fn unparsed(&mut self, text: &str, error: SyntaxError) {
        let elsewhere = foreign::is_rendered_elsewhere(text);
        let message = if elsewhere {
            format!(
                "is a template of another tool (`{{{{ … }}}}` or `{{% … %}}`) and may hold roles: \
                 render it first and scan the result; as it stands, {}",
                error.message
            )
        } else {
            format!("may hold roles and cannot be parsed: {}", error.message)
        };
        // A file that only looked as if something inside of it could be of interest hides nothing.
        let relevant = mentions_roles(text.as_bytes()) || !elsewhere && may_hold_roles(text.as_bytes());
        self.lowered.problems.push(Problem { relevant, ..Problem::warning(error.span, message) });
    }

    fn document(&mut self, document: &Node, text: &str, assembly: Option<&Assembly>, instance: &Instance) {
        for part in foreign::unwrap(document, text, &mut self.lowered.problems) {
            if text.contains(LOOP) {
                let expanded = foreach::expand(&part, &instance.arguments, &mut self.lowered.problems);
                self.template(&expanded, assembly, instance);
            } else {
                self.template(&part, assembly, instance);
            }
        }
    }

    fn template(&mut self, document: &Node, assembly: Option<&Assembly>, instance: &Instance) {
        self.transforms(document, instance);
        let implied = sam::implied(document);
        let template = Template::of(document, &implied, &mut self.lowered.problems);
        let prefix = match instance.within.as_str() {
            "" => String::new(),
            within => format!("{within}/"),
        };
        let depth = MAX_DEPTH.saturating_sub(instance.depth);
        let left = Rc::clone(&self.outputs_left);
        let stacks = Held::new(self.sources, instance.chain.clone(), depth, prefix.clone(), left);
        let evaluator = Evaluator::new(&template, &instance.arguments, &stacks, &prefix, document);
        let attachments = Attachments::of(&template);
        for resource in &template.resources {
            let Some(existence) = evaluator.existence(resource) else {
                // No permitted parameters make it exist.
                continue;
            };
            let copies = evaluator.copies(resource);
            let mut assumptions = [instance.assumptions.clone(), existence].concat();
            assumptions.extend(copies.assumption);
            if copies.left_out > 0 {
                let message = format!(
                    "`{}` has {} copies more than are read; they differ in their index alone",
                    resource.name(),
                    copies.left_out
                );
                self.lowered.problems.push(Problem::warning(resource.id.span, message));
            }
            for index in copies.indices {
                let copy = index.map(|index| format!("[{index}]")).unwrap_or_default();
                evaluator.at_index(index, || match resource.cloud() {
                    Some(cloud) => {
                        let problems = &mut self.lowered.problems;
                        let role =
                            role::read(&evaluator, &attachments, resource, cloud, &assumptions, problems);
                        if let Some(role) = role {
                            self.role(role, resource, &copy, assembly, &prefix, instance);
                        }
                    }
                    None => self.other(resource, &copy, &evaluator, &assumptions, &prefix, instance),
                });
            }
        }
        self.elsewhere(document);
    }

    /// Adds a role with its address and the places that lead to it.
    fn role(
        &mut self,
        mut role: Role,
        resource: &Resource<'_>,
        copy: &str,
        assembly: Option<&Assembly>,
        prefix: &str,
        instance: &Instance,
    ) {
        let construct = cdk::construct_path(resource.node);
        role.address = format!("{prefix}{}{copy}", construct.unwrap_or(&role.address)).into();
        role.calls = instance.calls.clone();
        role.calls.extend(assembly.zip(construct).and_then(|(a, path)| a.made_at(path, self.sources)));
        self.lowered.subjects.push(Subject::Role(Box::new(role)));
    }

    /// What stands outside of the resources.
    fn elsewhere(&mut self, document: &Node) {
        let Value::Object(object) = &document.value else {
            strays::in_tree(document, &mut self.lowered.problems);
            return;
        };
        let embedded = terraform_transform(document).is_some();
        for entry in &object.entries {
            let read = entry.key.value.is("Resources") || embedded && entry.key.value.is("Workspace");
            if !read {
                strays::in_entry(entry, &mut self.lowered.problems);
            }
        }
    }

    /// A resource that is no role, but may hold a template.
    fn other(
        &mut self,
        resource: &Resource<'_>,
        copy: &str,
        evaluator: &Evaluator<'_>,
        assumptions: &[Assumption],
        prefix: &str,
        instance: &Instance,
    ) {
        let Some(source) = nested::source(resource, evaluator, self.sources) else {
            strays::in_resource(resource, &mut self.lowered.problems);
            return;
        };
        let at = resource.id.span;
        let relevant = |message: String| Problem::relevant(Place::Span(at), message);
        let bytes = match &source {
            Source::File(file) => self.sources.text(*file).map_or(0, |text| text.len()),
            Source::Text(text) => text.text().len(),
            Source::Tree(_) | Source::Missing(_) | Source::Elsewhere(_) | Source::Unknown(_) => 0,
        };
        if instance.depth >= MAX_DEPTH || self.left == 0 || self.bytes_left < bytes {
            let message = format!(
                "the template of `{}` is not read: templates hold one another more than {MAX_DEPTH} deep, or \
                 {MAX_NESTED} or {} MB in all",
                resource.name(),
                MAX_NESTED_BYTES >> 20
            );
            self.lowered.problems.push(relevant(message));
            return;
        }
        self.bytes_left -= bytes;
        let inner = || {
            let within = format!("{prefix}{}{copy}", resource.name());
            let mut calls = instance.calls.clone();
            calls.push(Located::new(within.as_str().into(), at));
            let arguments = nested::arguments(resource, evaluator);
            let (chain, depth) = (instance.chain.clone(), instance.depth + 1);
            Instance { within, calls, arguments, assumptions: assumptions.to_vec(), chain, depth }
        };
        match source {
            Source::File(file) if instance.chain.contains(&file) => {
                let message = format!("the template of `{}` holds itself", resource.name());
                self.lowered.problems.push(relevant(message));
            }
            Source::File(file) => {
                self.left -= 1;
                // A file without roles says nothing about trust.
                let bytes = self.sources.text(file);
                if bytes.is_ok_and(|text| !may_hold_roles(text.as_bytes())) {
                    return;
                }
                let mut inner = inner();
                inner.chain.push(file);
                self.file_as(file, &inner);
            }
            Source::Text(text) => {
                self.left -= 1;
                if may_hold_roles(text.text().as_bytes()) {
                    self.text_as(&text, &inner());
                }
            }
            Source::Tree(tree) => {
                self.left -= 1;
                if self.collected.insert(tree.span) {
                    let Lowered { directives, problems, .. } = &mut self.lowered;
                    directive::in_resources(&tree, directives, problems);
                }
                self.document(&tree, "", None, &inner());
            }
            Source::Missing(path) => {
                let message = format!("the template of `{}` is not there: no file `{path}`", resource.name());
                self.lowered.problems.push(relevant(message));
            }
            Source::Elsewhere(place) => {
                let message =
                    format!("the template of `{}` lies elsewhere and is not read: {place}", resource.name());
                self.lowered.problems.push(Problem::warning(at, message));
            }
            Source::Unknown(why) => {
                let message = format!("the template of `{}` is not read: it {why}", resource.name());
                self.lowered.problems.push(Problem::warning(at, message));
            }
        }
    }

    /// Macros and other languages that a template asks for.
    fn transforms(&mut self, document: &Node, instance: &Instance) {
        if let Some(transform) = terraform_transform(document) {
            unread_files(document, &mut self.lowered.problems);
            self.lowered.embedded.extend(workspace(document, transform.span, instance));
            return;
        }
        let Some(written) = document.get("Transform") else {
            return;
        };
        let names = match &written.value {
            Value::List(list) => list.items.iter().collect(),
            _ => vec![written],
        };
        for node in names {
            let name = known(node).or_else(|| node.get("Name").and_then(known)).unwrap_or_default();
            let message = match name {
                "AWS::Serverless-2016-10-31" | "AWS::LanguageExtensions" | "AWS::SecretsManager-2020-07-23"
                | "AWS::SecretsManager-2024-09-16" | "AWS::CodeDeployBlueGreen" => continue,
                _ if name.starts_with(ROS_SERVERLESS) => {
                    "the roles that Aliyun Serverless makes for services without one are not read; they trust \
                     Function Compute of the own account"
                        .to_owned()
                }
                "AWS::Include" => "`AWS::Include` may add resources; they are not read".to_owned(),
                "" => "a macro may change the template; what it makes is not read".to_owned(),
                name => format!("the macro `{name}` may change the template; what it makes is not read"),
            };
            self.lowered.problems.push(Problem::warning(node.span, message));
        }
    }
}

/// The transform that says that a ROS template holds Terraform code.
fn terraform_transform(document: &Node) -> Option<&Node> {
    let transform = document.get("Transform")?;
    known(transform).is_some_and(|name| name.starts_with(TERRAFORM)).then_some(transform)
}

/// Names the files of such a template that are no text.
fn unread_files(document: &Node, problems: &mut Vec<Problem>) {
    let mut name = |what: &str, node: &Node| {
        let message = format!("{what} is {}, expected Terraform code", node.kind());
        problems.push(Problem::relevant(Place::Span(node.span), message));
    };
    match document.get("Workspace").map(|n| (n, &n.value)) {
        Some((_, Value::Object(files))) => {
            for file in files.entries.iter().filter(|f| !matches!(f.value.value, Value::Text(_))) {
                name(&format!("`{}` of `Workspace`", file.key.value), &file.value);
            }
        }
        Some((node, _)) => name("`Workspace`", node),
        None => {}
    }
}

/// The Terraform code of a ROS template. What ROS puts in are variables whose names have two underscores for the
/// colons of pseudo parameters.
fn workspace(document: &Node, at: Span, instance: &Instance) -> Option<Embedded> {
    let Value::Object(workspace) = &document.get("Workspace")?.value else {
        return None;
    };
    let file = |entry: &model::Entry| {
        let text = Decoded::of(&entry.value)?;
        Some(EmbeddedFile { name: entry.key.value.as_str()?.into(), text })
    };
    let symbol = |name: &str, symbol| {
        let text = Text::from_iter([Piece::Symbol(symbol)]);
        (Located::new(Box::from(name), at), Node::new(Value::Text(text), at))
    };
    let mut arguments: Vec<(Located<Box<str>>, Node)> = vec![
        symbol("ALIYUN__TenantId", Symbol::OwnAccount),
        symbol("ALIYUN__AccountId", Symbol::OwnAccount),
        symbol("ALIYUN__Region", Symbol::Region),
    ];
    for name in ["ALIYUN__StackId", "ALIYUN__StackName", "ALIYUN__ResourceGroupId"] {
        let value = crate::value::unknown_text(format!("`{name}`"), Cause::AfterApply, at);
        arguments.push((Located::new(name.into(), at), value));
    }
    let declared = match document.get("Parameters").map(|n| &n.value) {
        Some(Value::Object(parameters)) => parameters.entries.as_slice(),
        _ => &[],
    };
    for entry in declared {
        if let (Some(name), Some(default)) = (entry.key.value.as_str(), entry.value.get("Default")) {
            arguments.push((Located::new(name.into(), entry.key.span), default.clone()));
        }
    }
    for (name, argument) in instance.arguments.iter() {
        arguments.retain(|(known, _)| &*known.value != name);
        let value = match argument.value.span == Span::nowhere() {
            true => Node { span: at, ..argument.value.clone() },
            false => argument.value.clone(),
        };
        arguments.push((Located::new(name.into(), at), value));
    }
    Some(Embedded {
        dialect: Dialect::Terraform,
        within: if instance.within.is_empty() { "Workspace".into() } else { instance.within.as_str().into() },
        span: at,
        files: workspace.entries.iter().filter_map(file).collect(),
        arguments,
        depth: u8::try_from(instance.depth).unwrap_or(u8::MAX),
    })
}
