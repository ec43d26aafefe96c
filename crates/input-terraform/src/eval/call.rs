//! Calls of other modules: where they lead, what they pass, what comes back.
//!
//! Arguments are evaluated in the caller when the called module asks for them, outputs in the called module when the
//! caller does: modules may feed each other in both directions as long as no value needs itself.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use model::{Cause, Located, Span};

use super::{Evaluator, Instance, Key, Scope, World, flag};
use crate::graph::MAX_REACHED;
use crate::ir::{Block, Expr};
use crate::module::Module;
use crate::path::{is_absolute, is_local_source, resolve};
use crate::value::{Inputs, Kind, Resource, Val};

/// How deep modules may call each other.
const MAX_NESTING: usize = 24;

/// Who called a module.
pub(crate) struct Caller<'a> {
    /// Alive as long as the root module's evaluator.
    evaluator: Weak<Evaluator<'a>>,
    call: &'a Block,
    /// The names bound in this instance of the call.
    scope: Scope,
    /// The address of the module instance.
    pub(super) address: String,
}

impl Caller<'_> {
    fn located(&self) -> Located<Box<str>> {
        Located::new(self.address.as_str().into(), self.call.header)
    }
}

fn dotted(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

/// Where a call leads.
pub(crate) enum Target {
    /// To this directory.
    Directory(String),
    /// To code from elsewhere that is not there.
    Missing(Located<Box<str>>),
    /// Nowhere that may be read; says why.
    Refused(String),
}

/// The called modules by call, instance, and what was assumed.
pub(super) type Callees<'a> = RefCell<BTreeMap<(Span, String, Inputs), Rc<Evaluator<'a>>>>;

impl<'a> Evaluator<'a> {
    /// The evaluator of the root module.
    pub(crate) fn of_root(world: &'a World<'a>, module: &'a Module) -> Rc<Self> {
        Self::of(world, module, None)
    }

    fn of(world: &'a World<'a>, module: &'a Module, caller: Option<Caller<'a>>) -> Rc<Self> {
        Rc::new_cyclic(|me| Evaluator {
            world,
            module,
            caller,
            me: Weak::clone(me),
            callees: RefCell::default(),
            memo: RefCell::default(),
        })
    }

    /// The address of something in this module.
    pub(crate) fn address(&self, inside: &str) -> String {
        match (&self.caller, &self.world.within) {
            (Some(caller), _) => format!("{}.{inside}", caller.address),
            (None, Some(holder)) => format!("{holder}.{inside}"),
            (None, None) => inside.to_owned(),
        }
    }

    /// The calls through which this module is reached, the outermost first.
    pub(crate) fn calls(&self) -> Vec<Located<Box<str>>> {
        let mut calls = Vec::new();
        let mut caller = self.caller.as_ref().map(|c| (Weak::clone(&c.evaluator), c.located()));
        while let Some((evaluator, call)) = caller {
            calls.push(call);
            let outer = evaluator.upgrade();
            caller = outer.and_then(|e| e.caller.as_ref().map(|c| (Weak::clone(&c.evaluator), c.located())));
        }
        calls.reverse();
        calls
    }

    /// The names of those calls, as the list of downloaded modules joins them.
    fn call_path(&self) -> String {
        match &self.caller {
            Some(caller) => {
                let outer = caller.evaluator.upgrade().map(|e| e.call_path()).unwrap_or_default();
                dotted(&outer, caller.call.label(0).unwrap_or_default())
            }
            None => String::new(),
        }
    }

    /// Whether the variable has a value besides its default.
    pub(super) fn is_given(&self, variable: &str) -> bool {
        match &self.caller {
            Some(caller) => caller.call.body().attribute(variable).is_some(),
            None => self.world.given.contains_key(variable),
        }
    }

    /// The value that the call, or the user, gives the variable that a block declares.
    pub(super) fn given(&self, variable: &str, block: &Block) -> Option<Val> {
        let Some(caller) = &self.caller else {
            return Some(self.given_value(self.world.given.get(variable)?, block));
        };
        let argument = caller.call.body().attribute(variable)?;
        let evaluator = caller.evaluator.upgrade()?;
        Some(evaluator.eval(&argument.value, &caller.scope))
    }

    /// The module that one instance of a call makes.
    pub(crate) fn callee(&self, call: &'a Block, instance: &Instance) -> Result<Rc<Self>, Cause> {
        let name = call.label(0).unwrap_or_default();
        let key = instance.key.as_ref().map(address_key).unwrap_or_default();
        let memo = (call.header, key, self.world.changed());
        if let Some(made) = self.callees.borrow().get(&memo) {
            return Ok(Rc::clone(made));
        }
        let module = self.called(call)?;
        let address = self.address(&format!("module.{name}{}", memo.1));
        let (evaluator, scope) = (Weak::clone(&self.me), instance.scope.clone());
        let made = Self::of(self.world, module, Some(Caller { evaluator, call, scope, address }));
        self.callees.borrow_mut().insert(memo, Rc::clone(&made));
        Ok(made)
    }

    /// The module that a call leads to.
    fn called(&self, call: &Block) -> Result<&'a Module, Cause> {
        let missing = |why: String| {
            self.world.note_missing(call.header);
            Err(Cause::Unresolved(why.into()))
        };
        let directory = match self.target(call) {
            Target::Directory(directory) => directory,
            Target::Missing(source) => {
                return missing(format!("module `{}` is not downloaded", source.value));
            }
            Target::Refused(why) => return missing(why),
        };
        if self.is_inside(&directory) {
            return Err(Cause::Invalid("the module calls itself".into()));
        }
        if self.nesting() >= MAX_NESTING || !self.world.admits_module() {
            return Err(Cause::Unsupported("too many modules call one another".into()));
        }
        match self.world.library.module(&directory) {
            Some(module) => Ok(module),
            None if self.world.library.len() >= MAX_REACHED => {
                Err(Cause::Unsupported("too many modules call one another".into()))
            }
            None => missing(format!("module `{directory}` is not in the scanned tree")),
        }
    }

    /// Where a call leads: a path as it is written, anything else by the list of what `terraform init` downloaded.
    pub(crate) fn target(&self, call: &Block) -> Target {
        let Some(source) = call.body().attribute("source").map(|source| &source.value) else {
            return Target::Refused("the call names no source".to_owned());
        };
        let text = self.source(source.span);
        let Some(literal) = self.literal_source(source) else {
            return Target::Refused(format!("the source `{text}` is no fixed text"));
        };
        if is_local_source(&literal) {
            return match resolve(&self.module.directory, &literal) {
                Some(directory) => Target::Directory(directory),
                None => Target::Refused(format!("module `{text}` lies outside of what is scanned")),
            };
        }
        let key = dotted(&self.call_path(), call.label(0).unwrap_or_default());
        match self.world.manifest.directory(&key) {
            Some(Ok(directory)) => Target::Directory(directory.to_owned()),
            Some(Err(why)) => Target::Refused(format!("module `{text}`: {why}")),
            None if is_absolute(&literal) => {
                Target::Refused(format!("module `{text}` lies outside of what is scanned"))
            }
            None => Target::Missing(Located::new(literal.into(), source.span)),
        }
    }

    /// The text of a source. OpenTofu allows variables in it.
    fn literal_source(&self, source: &Expr) -> Option<String> {
        let evaluated = || self.eval(source, &Scope::default()).selected().known_str().map(|s| s.to_string());
        source.literal().or_else(evaluated)
    }

    fn is_inside(&self, directory: &str) -> bool {
        if self.module.directory == directory {
            return true;
        }
        let caller = self.caller.as_ref().and_then(|caller| caller.evaluator.upgrade());
        caller.is_some_and(|caller| caller.is_inside(directory))
    }

    fn nesting(&self) -> usize {
        let caller = self.caller.as_ref().and_then(|caller| caller.evaluator.upgrade());
        caller.map_or(0, |caller| caller.nesting() + 1)
    }

    /// What `module.NAME.OUTPUT` is.
    pub(super) fn output(&self, resource: &Resource, output: &str, span: Span) -> Val {
        let what = || self.source(span);
        let Some(call) = self.module.call(&resource.name) else {
            let why = format!("no module `{}` is called here", resource.name);
            return Val::unknown(what(), Cause::Unresolved(why.into()), span);
        };
        let instance = match self.instance_of(call, resource, span) {
            Ok(instance) => instance,
            Err(value) => return value,
        };
        let callee = match self.callee(call, &instance) {
            Ok(callee) => callee,
            Err(why) => return Val::unknown(what(), why, span),
        };
        let Some(block) = callee.module.output(output) else {
            let why = format!("the module gives no output `{output}`");
            return Val::unknown(what(), Cause::Unresolved(why.into()), span);
        };
        let Some(value) = block.body().attribute("value") else {
            return self.error("an output without a value", block.header);
        };
        let secret = flag(block, "sensitive").then(|| what().into());
        callee
            .once(Key::Output(output.into()), span, || callee.eval(&value.value, &Scope::default()))
            .hide(secret)
    }
}

/// `[0]` or `["eu"]`.
pub(crate) fn address_key(key: &Val) -> String {
    match (&key.kind, key.known_str()) {
        (Kind::Number(_), Some(number)) => format!("[{number}]"),
        (_, Some(name)) => format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\"")),
        (_, None) => String::new(),
    }
}
