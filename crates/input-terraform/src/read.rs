//! Reading one unit: the root module and every module instance below it that may hold roles.
//!
//! Not here: how a role is read.

use std::collections::HashSet;

use model::{Lowered, Place, Problem, SourceMap, Subject, Unit};

use crate::embedded;
use crate::eval::{Evaluator, Instance, Target, World};
use crate::given::{self, Declared, Variables};
use crate::grant::Attachments;
use crate::graph::{calls, mentions_roles};
use crate::ir::Block;
use crate::library::Library;
use crate::manifest::Manifest;
use crate::path::directory;
use crate::role::{self, Permit, ROLE_KINDS};
use crate::zone;

/// How many roles of one root module are read: instances of modules within instances multiply.
const MAX_ROLES: usize = 10_000;

/// What a unit holds; its first file lies in the root module.
pub(crate) fn read(unit: &Unit, variables: &Variables, sources: &SourceMap) -> Lowered {
    let mut lowered = Lowered::default();
    let Some(first) = unit.files.first() else {
        return lowered;
    };
    let path = sources.path(*first);
    let root = directory(&path);
    let library = Library::new(&unit.files, sources);
    let module = library.module(root);
    if let Some(module) = module {
        sources.derived::<Declared>().add(module);
    }
    let given = given::values(root, variables, module, sources, &mut lowered.problems);
    let manifest = Manifest::of(root, sources, &mut lowered.problems);
    let mut world = World::new(sources, &library, root, given);
    world.manifest = manifest;
    read_world(&world, &mut lowered);
    lowered
}

/// What the root module of a world holds, and what it calls.
pub(crate) fn read_world(world: &World<'_>, lowered: &mut Lowered) {
    if let Some(module) = world.library.module(&world.root) {
        let mut attachments = Attachments::default();
        visit(&Evaluator::of_root(world, module), &[], &mut attachments, lowered);
        attachments.grant(&mut lowered.subjects);
    }
    faults(world.library, world.sources, lowered);
    // What several instances of a module have in common is said once.
    let mut seen = HashSet::new();
    lowered.problems.retain(|problem| seen.insert(problem.clone()));
    let mut seen = HashSet::new();
    lowered.missing.retain(|source| seen.insert(source.value.clone()));
}

/// The roles of a module instance and of those it calls.
fn visit(
    evaluator: &Evaluator<'_>,
    permits: &[Permit],
    attachments: &mut Attachments,
    lowered: &mut Lowered,
) {
    attachments.collect(evaluator);
    for kind in ROLE_KINDS {
        for block in evaluator.module.resources_of(kind.kind) {
            if lowered.subjects.len() >= MAX_ROLES {
                let message = format!("not judged: one root module has more than {MAX_ROLES} roles");
                lowered.problems.push(Problem::relevant(Place::Span(block.header), message));
                continue;
            }
            let roles = role::read(evaluator, kind, block, permits, &mut lowered.problems);
            lowered.subjects.extend(roles.into_iter().map(|role| Subject::Role(Box::new(role))));
        }
    }
    lowered.zone_facts.extend(zone::facts(evaluator));
    embedded::templates(evaluator, lowered);
    for call in evaluator.module.calls() {
        match evaluator.target(call) {
            Target::Directory(called) if evaluator.world.library.may_hold_roles(&called) => {
                visit_call(evaluator, call, permits, attachments, lowered);
            }
            Target::Directory(called) if evaluator.world.library.contains(&called) => {}
            Target::Directory(called) => {
                let why = format!("there is no module at `{called}` in the scanned tree");
                lowered.problems.push(not_read(call, &why));
            }
            Target::Refused(why) => lowered.problems.push(not_read(call, &why)),
            Target::Missing(source) => lowered.missing.push(source),
        }
    }
}

/// A call that leads to nothing that was read: its roles may be anything.
fn not_read(call: &Block, why: &str) -> Problem {
    let place = call.body().attribute("source").map_or(call.header, |source| source.value.span);
    Problem::warning(place, format!("{why}; roles that it makes are not judged"))
}

/// The module instances that a call makes; one that no call makes as things are, if another input would make it.
fn visit_call<'a>(
    evaluator: &Evaluator<'a>,
    call: &'a Block,
    permits: &[Permit],
    attachments: &mut Attachments,
    lowered: &mut Lowered,
) {
    let instances = evaluator.instances(call);
    if !instances.list.is_empty() {
        for instance in &instances.list {
            visit_instance(evaluator, call, instance, permits, attachments, lowered);
        }
        return;
    }
    let Some(number) = call.body().first(&["count", "for_each"]) else {
        return;
    };
    if instances.opened_by.is_empty() && instances.open.is_none() {
        return;
    }
    let address = evaluator.address(&format!("module.{}", call.label(0).unwrap_or_default()));
    let mut permits = permits.to_vec();
    let others = evaluator.other_instances(call, &instances.opened_by);
    permits.push(Permit { inputs: instances.opened_by, address, span: number.value.span });
    for instance in &others {
        visit_instance(evaluator, call, instance, &permits, attachments, lowered);
    }
}

fn visit_instance<'a>(
    evaluator: &Evaluator<'a>,
    call: &'a Block,
    instance: &Instance,
    permits: &[Permit],
    attachments: &mut Attachments,
    lowered: &mut Lowered,
) {
    match evaluator.callee(call, instance) {
        Ok(callee) => visit(&callee, permits, attachments, lowered),
        Err(why) => {
            let message = format!("the roles of this module are not judged: it {why}");
            lowered.problems.push(Problem::relevant(Place::Span(call.header), message));
        }
    }
}

/// What was wrong with the files that were needed.
fn faults(library: &Library<'_>, sources: &SourceMap, lowered: &mut Lowered) {
    for module in library.loaded() {
        lowered.problems.extend(module.problems.iter().cloned());
        lowered.directives.extend(module.directives.iter().cloned());
        for fault in module.faults() {
            // A broken block may be a role, say what one needs, or call the module that makes one.
            let lost = sources.snippet(fault.lost);
            let hides =
                !lowered.subjects.is_empty() || mentions_roles(lost.as_bytes()) || calls(lost.as_bytes());
            lowered.problems.push(Problem {
                place: Place::Span(fault.span),
                message: fault.message.as_str().into(),
                relevant: hides,
            });
        }
    }
}
