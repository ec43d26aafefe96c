//! Code inside strings: templates that Terraform resources deploy, and Terraform that stands in other files.
//!
//! Not here: templates themselves (another input reads them).

use std::collections::BTreeMap;

use model::{
    Branch, Decoded, Dialect, Embedded, EmbeddedFile, Located, Lowered, Node, Origin, Problem, SourceMap,
    Span, Value,
};

use crate::document::blocks_of;
use crate::eval::{Evaluator, Scope, World};
use crate::given::Setting;
use crate::ir::{Block, Fault};
use crate::library::Library;
use crate::module::{Module, is_override};
use crate::parse::parse;
use crate::path::{directory, resolve};
use crate::read::read_world;
use crate::relocate::{self, Way};
use crate::value::{Kind, Val};

/// A resource kind that deploys a template.
struct Holder {
    kind: &'static str,
    /// The attributes with the template's text, first match.
    body: &'static [&'static str],
    /// The attribute that says where the template lies instead.
    url: &'static str,
    parameters: Parameters,
}

/// How a resource gives parameters to its template.
enum Parameters {
    /// An attribute with a map.
    Map(&'static str),
    /// Blocks with an attribute for the name and one for the value.
    Blocks(&'static str, &'static str, &'static str),
}

const HOLDERS: &[Holder] = &[
    Holder {
        kind: "aws_cloudformation_stack",
        body: &["template_body"],
        url: "template_url",
        parameters: Parameters::Map("parameters"),
    },
    Holder {
        kind: "aws_cloudformation_stack_set",
        body: &["template_body"],
        url: "template_url",
        parameters: Parameters::Map("parameters"),
    },
    Holder {
        kind: "alicloud_ros_stack",
        body: &["template_body"],
        url: "template_url",
        parameters: Parameters::Blocks("parameters", "parameter_key", "parameter_value"),
    },
    Holder {
        kind: "alicloud_ros_stack_group",
        body: &["template_body"],
        url: "template_url",
        parameters: Parameters::Blocks("parameters", "parameter_key", "parameter_value"),
    },
];

/// The templates that a module's resources deploy.
pub(crate) fn templates(evaluator: &Evaluator<'_>, lowered: &mut Lowered) {
    for holder in HOLDERS {
        for block in evaluator.module.resources_of(holder.kind) {
            // All instances deploy one template; what differs between them are parameters.
            if let Some(instance) = evaluator.instances(block).list.first() {
                template(evaluator, holder, block, &instance.scope, lowered);
            }
        }
    }
}

fn template(evaluator: &Evaluator<'_>, holder: &Holder, block: &Block, scope: &Scope, lowered: &mut Lowered) {
    let address = evaluator.address(&format!("{}.{}", holder.kind, block.label(1).unwrap_or_default()));
    let Some(body) = block.body().first(holder.body) else {
        if let Some(url) = block.body().attribute(holder.url) {
            let message = "a template that lies elsewhere is not read; roles that it makes are not judged";
            lowered.problems.push(Problem::warning(url.value.span, message));
        }
        return;
    };
    let value = evaluator.eval(&body.value, scope).selected();
    let node = value.to_node();
    for text in texts(&node) {
        lowered.embedded.push(Embedded {
            dialect: Dialect::Template,
            within: address.as_str().into(),
            span: block.header,
            files: vec![EmbeddedFile { name: "".into(), text }],
            arguments: parameters(evaluator, &holder.parameters, block, scope),
            depth: 0,
        });
    }
    if !has_text(&value) {
        let message = "this template is not known; roles that it makes are not judged";
        lowered.problems.push(Problem::warning(body.value.span, message));
    }
}

fn has_text(value: &Val) -> bool {
    match &value.kind {
        Kind::Str(_) => value.sensitive.is_none(),
        Kind::OneOf(choice) => choice.branches.iter().all(|b| has_text(&b.value)),
        _ => false,
    }
}

/// The texts that a value can be.
fn texts(node: &Node) -> Vec<Decoded> {
    match &node.value {
        Value::OneOf(one) => one.branches.iter().flat_map(|b: &Branch| texts(&b.node)).collect(),
        _ => Decoded::of(node).into_iter().collect(),
    }
}

fn parameters(
    evaluator: &Evaluator<'_>,
    parameters: &Parameters,
    block: &Block,
    scope: &Scope,
) -> Vec<(Located<Box<str>>, Node)> {
    match *parameters {
        Parameters::Map(name) => {
            let Some(attribute) = block.body().attribute(name) else {
                return Vec::new();
            };
            let value = evaluator.eval(&attribute.value, scope).selected().to_node();
            let Value::Object(object) = value.value else {
                return Vec::new();
            };
            let entry = |e: model::Entry| {
                let name = e.key.value.as_str()?.into();
                Some((Located::new(name, e.key.span), e.value))
            };
            object.entries.into_iter().filter_map(entry).collect()
        }
        Parameters::Blocks(kind, key, value) => {
            let one = |(block, scope): (&Block, Scope)| {
                let name = evaluator.eval(&block.body().attribute(key)?.value, &scope);
                let given =
                    evaluator.eval(&block.body().attribute(value)?.value, &scope).selected().to_node();
                Some((Located::new((*name.known_str()?).into(), name.span), given))
            };
            blocks_of(evaluator, block.body(), kind, scope).0.into_iter().filter_map(one).collect()
        }
    }
}

/// Reads Terraform that stands in another file: its files are the root module and those below it, and its holder
/// gives the variables.
pub(crate) fn read(embedded: &Embedded, sources: &SourceMap) -> Lowered {
    let mut lowered = Lowered::default();
    // No file of the scan belongs to the modules: they are deployed from elsewhere.
    let root = format!("{}#{}", sources.path(embedded.span.file), embedded.within);
    let root = resolve(&root, ".").unwrap_or(root);
    let library = Library::of_modules(modules(embedded, &root), sources);
    let given = embedded
        .arguments
        .iter()
        .map(|(name, node)| (name.value.clone(), Setting::Value(Val::of_node(node))));
    let mut world = World::new(sources, &library, &root, given.collect::<BTreeMap<_, _>>());
    world.within = Some(embedded.within.clone());
    read_world(&world, &mut lowered);
    for inner in &mut lowered.embedded {
        inner.depth = embedded.depth;
    }
    lowered
}

/// What embedded files of one directory hold.
#[derive(Default)]
struct Contents {
    /// Each with whether it overrides others.
    blocks: Vec<(bool, Block)>,
    faults: Vec<Fault>,
}

/// The modules that embedded files are, by the directories in their names; at least the one at `root`.
fn modules(embedded: &Embedded, root: &str) -> Vec<Module> {
    let mut contents = BTreeMap::from([(root.to_owned(), Contents::default())]);
    let mut files: Vec<&EmbeddedFile> = embedded.files.iter().collect();
    files.sort_by_key(|file| (is_override(&file.name), file.name.clone()));
    // A name of no sensible place is one at the root.
    let named = |file: &EmbeddedFile| {
        let named = resolve(root, directory(&file.name)).filter(|named| named.starts_with(root));
        named.unwrap_or_else(|| root.to_owned())
    };
    // Where nothing stands at the root nothing says who calls whom: then all is read as one module.
    let flat = !files.iter().any(|file| named(file) == root);
    for file in files {
        let place = if flat { root.to_owned() } else { named(file) };
        let Contents { blocks, faults } = contents.entry(place).or_default();
        let place = Relocation { origin: file.text.origin(), otherwise: embedded.span };
        let parsed = parse(file.text.text(), place.otherwise.file);
        for mut block in parsed.blocks {
            relocate::block(&mut block, Way { of: &|span| place.of(span), verbatim: true, gaps: true });
            blocks.push((is_override(&file.name), block));
        }
        let moved = |f: Fault| Fault { span: place.of(f.span), lost: place.of(f.lost), ..f };
        faults.extend(parsed.faults.into_iter().map(moved));
    }
    contents.into_iter().map(|(at, found)| Module::of_blocks(&at, found.blocks, found.faults)).collect()
}

/// The way from places in embedded text to the file that holds it.
struct Relocation<'o> {
    origin: &'o Origin,
    otherwise: Span,
}

impl Relocation<'_> {
    fn of(&self, span: Span) -> Span {
        self.origin.span(span.start as usize..span.end as usize).unwrap_or(self.otherwise)
    }
}
