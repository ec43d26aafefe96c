//! The evaluator: three-valued, lazy, memoised.
//!
//! What cannot be known becomes `Unknown` with its reason, an unknown condition keeps both branches, an error in
//! the input is told apart from an unknown (`try` needs that). Not here: the functions (see `functions`), what
//! resources and data sources say (see `reference`, `document`).

mod call;
mod collection;
mod input;
mod instance;
mod operator;
mod reference;
mod scope;
mod template;
pub(crate) mod types;
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use model::{Cause, Span, Standing};

pub(crate) use call::{Target, address_key};
pub(crate) use collection::Elements;
pub(crate) use instance::{Instance, any_instance, named};
pub(crate) use operator::equal;
pub(crate) use scope::Scope;
pub(crate) use world::{Reads, World};

use crate::functions;
use crate::ir::{Block, Call, Expr, ExprKind, Step, Traversal};
use crate::module::Module;
use crate::path::relative;
use crate::value::{Alternative, Choice, Field, Inputs, Kind, Resource, Str, Val};

/// How deep expressions and references may nest; each level costs stack.
const MAX_DEPTH: u32 = 160;
/// How many ways alternatives are combined in one value.
const MAX_WAYS: usize = 32;

/// Evaluates the expressions of one instance of a module.
pub(crate) struct Evaluator<'a> {
    pub(crate) world: &'a World<'a>,
    pub(crate) module: &'a Module,
    /// `None` for the root module.
    caller: Option<call::Caller<'a>>,
    me: Weak<Evaluator<'a>>,
    callees: call::Callees<'a>,
    memo: RefCell<BTreeMap<(Key, Inputs), Slot>>,
}

/// What is evaluated once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Variable(Box<str>),
    Local(Box<str>),
    Output(Box<str>),
    /// A policy document by kind, name and instance.
    Document(Box<str>, Box<str>, Box<str>),
}

#[derive(Clone, Debug)]
enum Slot {
    Running,
    Done(Val, Rc<Reads>),
}

impl Evaluator<'_> {
    /// The source text under a span as one short line, for names and messages.
    pub(crate) fn source(&self, span: Span) -> String {
        let text = self.world.sources.snippet(span);
        let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((cut, _)) = line.char_indices().nth(80) {
            line.truncate(cut);
            line.push('…');
        }
        line
    }

    pub(crate) fn unsupported(&self, what: &str, span: Span) -> Val {
        Val::unknown(self.source(span), Cause::Unsupported(what.into()), span)
    }

    pub(crate) fn error(&self, message: impl Into<Box<str>>, span: Span) -> Val {
        Val::error(self.source(span), message, span)
    }

    /// Evaluates once for everybody: nothing that is settled for one user takes part. A value that needs itself is
    /// an error.
    pub(crate) fn once(&self, key: Key, span: Span, evaluate: impl FnOnce() -> Val) -> Val {
        let key = (key, self.world.changed());
        match self.memo.borrow().get(&key) {
            Some(Slot::Done(value, reads)) => {
                self.world.note(reads);
                return value.clone();
            }
            Some(Slot::Running) => return self.error("it is defined in terms of itself", span),
            None => {}
        }
        self.memo.borrow_mut().insert(key.clone(), Slot::Running);
        let (value, reads) = self.world.reading(|| self.world.unsettled(evaluate));
        self.memo.borrow_mut().insert(key, Slot::Done(value.clone(), Rc::new(reads)));
        value
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, expr: &Expr, scope: &Scope) -> Val {
        let depth = self.world.depth.get();
        if depth >= MAX_DEPTH {
            return self.unsupported("expressions or references nest too deeply", expr.span);
        }
        if !self.world.admits_step() {
            return self.unsupported("the module takes too many steps to evaluate", expr.span);
        }
        self.world.depth.set(depth + 1);
        let value = self.eval_kind(expr, scope);
        self.world.depth.set(depth);
        value
    }

    fn eval_kind(&self, expr: &Expr, scope: &Scope) -> Val {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null => Val::null(span),
            ExprKind::Bool(b) => Val::bool(*b, span),
            ExprKind::Number(n) => Val::number(&**n, span),
            ExprKind::Text(text) => Val::string(Str::verbatim(text, span), span),
            ExprKind::Template(parts) => self.template(parts, span, scope),
            ExprKind::List(items) => {
                Val::list(items.iter().map(|item| self.eval(item, scope)).collect(), None, span)
            }
            ExprKind::Object(pairs) => self.object(pairs, span, scope),
            ExprKind::Name(name) => self.bare_name(name, span, scope),
            ExprKind::Traversal(traversal) => self.traversal(traversal, span, scope),
            ExprKind::Conditional(conditional) => self.conditional(conditional, span, scope),
            ExprKind::Call(call) => self.call(call, span, scope),
            ExprKind::Not(inner) => self.not(inner, span, scope),
            ExprKind::Negate(inner) => self.negate(inner, span, scope),
            ExprKind::Binary(binary) => self.binary(binary, span, scope),
            ExprKind::For(f) => self.comprehension(f, span, scope),
        }
    }

    fn bare_name(&self, name: &str, span: Span, scope: &Scope) -> Val {
        match scope.get(name) {
            Some(value) => value.used_at(span),
            None => self.error(format!("`{name}` alone names nothing"), span),
        }
    }

    fn object(&self, pairs: &[(Expr, Expr)], span: Span, scope: &Scope) -> Val {
        let mut fields = Vec::with_capacity(pairs.len());
        let mut open = None;
        for (key, value) in pairs {
            let value = self.eval(value, scope);
            let key = self.eval(key, scope);
            match (key.to_key(key.span), key.why_unknown()) {
                (Some(text), _) => {
                    self.may_replace(&mut fields, Some(&text));
                    fields.push(Field { key: text, key_span: key.span, value });
                }
                (None, Some(unknown)) if !key.is_error() => {
                    self.may_replace(&mut fields, None);
                    open = open.or(Some(unknown));
                }
                (None, _) => return self.error(format!("{} as an object key", key.sort()), key.span),
            }
        }
        Val::object(fields, open, span)
    }

    /// A key that is not known may be one that came before: then what stood there is replaced.
    fn may_replace(&self, fields: &mut [Field], key: Option<&Str>) {
        for field in fields {
            let apart = key.and_then(|key| operator::equal_text(&field.key, key));
            if apart.is_none() {
                let why = Cause::Undecided("a key that is not known".into());
                field.value = Val::unknown(self.source(field.value.span), why, field.value.span);
            }
        }
    }

    /// Applies `f` for each way in which the alternatives among `values` can be settled.
    pub(crate) fn each_way(&self, values: &[Val], span: Span, f: &dyn Fn(&[Val]) -> Val) -> Val {
        self.ways(values, span, f, false, 1)
    }

    /// The same for the alternatives anywhere inside of `values`.
    fn each_way_inside(&self, values: &[Val], span: Span, f: &dyn Fn(&[Val]) -> Val) -> Val {
        self.ways(values, span, f, true, 1)
    }

    fn ways(&self, values: &[Val], span: Span, f: &dyn Fn(&[Val]) -> Val, inside: bool, ways: usize) -> Val {
        let choice = values.iter().find_map(|v| match &v.kind {
            Kind::OneOf(choice) => Some(Rc::clone(choice)),
            _ if inside => v.first_choice(),
            _ => None,
        });
        let Some(choice) = choice else {
            return f(values);
        };
        let one = |v: &Val, index| match inside {
            true => v.settled(&choice.name, index),
            false => pick(v, &choice.name, index),
        };
        let settled = |index| values.iter().map(|v| one(v, index)).collect::<Vec<Val>>();
        let more = ways.saturating_mul(choice.branches.len().max(1));
        if more > MAX_WAYS {
            if let Some(index) = choice.selected() {
                self.world.note_narrowed();
                return self.ways(&settled(index), span, f, inside, ways);
            }
            let why = Cause::Undecided(format!("`{}` and other conditions", choice.name).into());
            return Val::unknown(self.source(span), why, span);
        }
        let branch = |(index, b): (usize, &Alternative)| {
            let value = || self.ways(&settled(index), span, f, inside, more);
            Alternative {
                when: b.when.clone(),
                standing: b.standing,
                value: self.in_branch(&choice, b, value),
            }
        };
        let branches = choice.branches.iter().enumerate().map(branch).collect();
        Val::one_of(choice.with(branches), span)
    }

    /// Evaluates as things are in a branch: in a permitted one the variables that open it have other values.
    pub(crate) fn in_branch<T>(&self, choice: &Choice, branch: &Alternative, evaluate: impl Fn() -> T) -> T {
        if branch.standing != Standing::Permitted {
            return evaluate();
        }
        self.world.changing(&choice.inputs, &evaluate).unwrap_or_else(evaluate)
    }

    /// The error inside a value as the error of what is made of it.
    fn failed(&self, value: &Val, span: Span) -> Val {
        match value.first_unknown() {
            Some(unknown) => self.still_unknown(&unknown, span),
            None => self.error("an error inside", span),
        }
    }

    fn call(&self, call: &Call, span: Span, scope: &Scope) -> Val {
        if scope.is_closed() && matches!(&*call.name, "templatefile" | "templatestring") {
            return self.error("a template that renders another", span);
        }
        let mut arguments: Vec<Val> =
            call.arguments.iter().map(|a| self.expanded(self.eval(a, scope))).collect();
        if call.spread
            && let Some(last) = arguments.pop()
        {
            match &last.kind {
                Kind::List(seq) if seq.open.is_none() => {
                    arguments.extend(seq.items.iter().map(|v| v.clone().hide(last.sensitive.clone())));
                }
                _ => {
                    let unknown = last.why_unknown().map(|u| u.why.clone());
                    let why = unknown.unwrap_or_else(|| Cause::Invalid("`…` after no list".into()));
                    return Val::unknown(self.source(span), why, span);
                }
            }
        }
        let sensitive = arguments.iter().find_map(|a| a.sensitive.clone());
        let value = if functions::keeps_alternatives(&call.name) {
            functions::call(self, &call.name, &arguments, span)
        } else {
            let apply = |args: &[Val]| functions::call(self, &call.name, args, span);
            let value = self.each_way(&arguments, span, &apply);
            // What alternatives inside of a collection make of it is known only for each of them.
            if value.holds_undecided() && arguments.iter().any(|argument| argument.first_choice().is_some()) {
                self.each_way_inside(&arguments, span, &apply)
            } else {
                value
            }
        };
        if functions::reveals(&call.name) { Val { sensitive: None, ..value } } else { value.hide(sensitive) }
    }

    fn traversal(&self, traversal: &Traversal, span: Span, scope: &Scope) -> Val {
        let steps = traversal.steps.as_slice();
        let (value, steps) = match &traversal.base.kind {
            ExprKind::Name(name) => match scope.get(name) {
                Some(value) => (value, steps),
                None if scope.is_closed() => {
                    return self.error(format!("`{name}` is no variable of the template"), span);
                }
                None => self.root(name, steps, span),
            },
            _ => {
                let value = self.eval(&traversal.base, scope);
                // What is built in place is whole or nothing; what is looked up is judged part by part.
                if value.holds_error() {
                    return self.failed(&value, span);
                }
                (value, steps)
            }
        };
        self.steps(value, steps, span, scope).used_at(span)
    }

    /// What the first steps of a reference name, and the steps that are left.
    fn root<'s>(&self, name: &str, steps: &'s [Step], span: Span) -> (Val, &'s [Step]) {
        match (name, steps) {
            ("var", [Step::Attribute(name), rest @ ..]) => (self.variable(name, span), rest),
            ("local", [Step::Attribute(name), rest @ ..]) => (self.local(name, span), rest),
            ("path", [Step::Attribute(name), rest @ ..]) if matches!(&**name, "module" | "root") => {
                match self.directory(name) {
                    Some(path) => (Val::converted(&path, span), rest),
                    None => (self.unsupported("a directory above what is scanned", span), &[]),
                }
            }
            ("path" | "terraform", _) => (Val::unknown(self.source(span), Cause::NoValue, span), &[]),
            ("each" | "count" | "self", _) => {
                (self.unsupported("the instances of this block are not known", span), &[])
            }
            ("module", [Step::Attribute(name), rest @ ..]) => {
                (self.resource(false, reference::MODULE, name, span), rest)
            }
            ("data", [Step::Attribute(kind), Step::Attribute(name), rest @ ..]) => {
                (self.resource(true, kind, name, span), rest)
            }
            (kind, [Step::Attribute(name), rest @ ..]) => (self.resource(false, kind, name, span), rest),
            _ => (self.error(format!("`{name}` names nothing here"), span), &[]),
        }
    }

    fn resource(&self, data: bool, kind: &str, name: &str, span: Span) -> Val {
        let what = self.source(span).into();
        let resource = Resource { data, kind: kind.into(), name: name.into(), instance: None, what };
        Val::new(Kind::Resource(Rc::new(resource)), span)
    }

    /// `path.module` or `path.root`, as seen from the root module.
    fn directory(&self, name: &str) -> Option<String> {
        let directory = if name == "root" { &self.world.root } else { &self.module.directory };
        relative(&self.world.root, directory)
    }

    fn local(&self, name: &str, span: Span) -> Val {
        match self.module.local(name) {
            Some(local) => {
                self.once(Key::Local(name.into()), span, || self.eval(&local.value, &Scope::default()))
            }
            None => {
                let why = Cause::Unresolved(format!("no local `{name}` is declared here").into());
                Val::unknown(format!("local.{name}"), why, span)
            }
        }
    }
}

/// `value` with the named choice settled, if that is what it is.
pub(crate) fn pick(value: &Val, name: &str, index: usize) -> Val {
    match &value.kind {
        Kind::OneOf(choice) if *choice.name == *name => match choice.branches.get(index) {
            Some(branch) => pick(&branch.value, name, index).hide(value.sensitive.clone()),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

fn flag(block: &Block, name: &str) -> bool {
    block.body().attribute(name).is_some_and(|a| matches!(a.value.kind, ExprKind::Bool(true)))
}
