//! The evaluator: three-valued, lazy, memoised.
//!
//! What cannot be known becomes `Unknown` with its reason, an unknown condition keeps both branches, an error in
//! the input is told apart from an unknown (`try` needs that). Not here: the functions (see `functions`), what
//! resources and data sources say (see `reference`, `document`).

mod collection;
mod instance;
mod operator;
mod reference;
mod scope;
mod template;
mod types;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use model::{Cause, SourceMap, Span, Standing};

pub(crate) use collection::Elements;
pub(crate) use instance::{Instance, named};
pub(crate) use operator::equal;
pub(crate) use scope::Scope;

use crate::functions;
use crate::ir::{Block, Call, Conditional, Expr, ExprKind, Operator, Step, Traversal};
use crate::module::Module;
use crate::value::{Alternative, Choice, Field, Kind, Resource, Val};

/// How deep expressions and references may nest; each level costs stack.
const MAX_DEPTH: u32 = 160;
/// How many expressions are evaluated in one module before everything else counts as unknown.
const MAX_STEPS: u32 = 2_000_000;
/// How many ways alternatives are combined in one value.
const MAX_WAYS: usize = 32;

/// Evaluates the expressions of one module.
pub(crate) struct Evaluator<'a> {
    pub(crate) module: &'a Module,
    pub(crate) sources: &'a SourceMap,
    memo: RefCell<BTreeMap<Key, Slot>>,
    depth: Cell<u32>,
    steps: Cell<u32>,
    /// Choices that are settled while one way of a statement is built: name and branch.
    pub(crate) settled: RefCell<Vec<(Box<str>, usize)>>,
}

/// What is evaluated once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Variable(Box<str>),
    Local(Box<str>),
    /// A policy document by kind, name and instance.
    Document(Box<str>, Box<str>, Box<str>),
}

#[derive(Clone, Debug)]
enum Slot {
    Running,
    Done(Val),
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(module: &'a Module, sources: &'a SourceMap) -> Self {
        Evaluator {
            module,
            sources,
            memo: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(0),
            settled: RefCell::default(),
        }
    }

    /// The source text under a span as one short line, for names and messages.
    pub(crate) fn source(&self, span: Span) -> String {
        let text = self.sources.snippet(span);
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

    /// Evaluates once; a value that needs itself is an error.
    pub(crate) fn once(&self, key: Key, span: Span, evaluate: impl FnOnce() -> Val) -> Val {
        match self.memo.borrow().get(&key) {
            Some(Slot::Done(value)) => return value.clone(),
            Some(Slot::Running) => return self.error("it is defined in terms of itself", span),
            None => {}
        }
        self.memo.borrow_mut().insert(key.clone(), Slot::Running);
        let value = evaluate();
        self.memo.borrow_mut().insert(key, Slot::Done(value.clone()));
        value
    }

    /// The value of an expression.
    pub(crate) fn eval(&self, expr: &Expr, scope: &Scope) -> Val {
        let (depth, steps) = (self.depth.get(), self.steps.get());
        if depth >= MAX_DEPTH {
            return self.unsupported("expressions or references nest too deeply", expr.span);
        }
        if steps >= MAX_STEPS {
            return self.unsupported("the module takes too many steps to evaluate", expr.span);
        }
        self.steps.set(steps + 1);
        self.depth.set(depth + 1);
        let value = self.eval_kind(expr, scope);
        self.depth.set(depth);
        value
    }

    fn eval_kind(&self, expr: &Expr, scope: &Scope) -> Val {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Null => Val::null(span),
            ExprKind::Bool(b) => Val::bool(*b, span),
            ExprKind::Number(n) => Val::number(&**n, span),
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
            match key.to_str() {
                Some(text) => fields.push(Field { key: text, key_span: key.span, value }),
                None => {
                    let unknown = key.why_unknown();
                    let why =
                        || self.error(format!("{} as an object key", key.sort()), key.span).why_unknown();
                    open = open.or(unknown).or_else(why);
                }
            }
        }
        Val::object(fields, open, span)
    }

    fn conditional(&self, conditional: &Conditional, span: Span, scope: &Scope) -> Val {
        let test = self.eval(&conditional.test, scope);
        let branch = |test: &[Val]| {
            let Some(test) = test.first() else {
                return self.unsupported("a condition", span);
            };
            match test.known_bool() {
                Some(true) => self.eval(&conditional.yes, scope),
                Some(false) => self.eval(&conditional.no, scope),
                None if test.is_error() => test.clone(),
                None => self.both(conditional, span, scope),
            }
        };
        self.each_way(&[test], span, &branch)
    }

    /// Both branches of a condition that is not known. `a != b` and `!a` go by the name of their opposite, so
    /// that they are settled together with it.
    fn both(&self, conditional: &Conditional, span: Span, scope: &Scope) -> Val {
        let mut test = &conditional.test;
        let mut yes = self.eval(&conditional.yes, scope);
        let mut no = self.eval(&conditional.no, scope);
        while let ExprKind::Not(inner) = &test.kind {
            std::mem::swap(&mut yes, &mut no);
            test = inner;
        }
        let (name, holds, fails) = match &test.kind {
            ExprKind::Binary(b) if matches!(b.operator, Operator::Equal | Operator::NotEqual) => {
                if b.operator == Operator::NotEqual {
                    std::mem::swap(&mut yes, &mut no);
                }
                let (left, right) = (self.source(b.left.span), self.source_quoted(&b.right));
                (
                    format!("{left} == {right}"),
                    format!("`{left}` is {right}"),
                    format!("`{left}` is not {right}"),
                )
            }
            _ => {
                let source = self.source(test.span);
                (source.clone(), format!("`{source}` is true"), format!("`{source}` is false"))
            }
        };
        let branch =
            |when: String, value| Alternative { when: when.into(), standing: Standing::Unsettled, value };
        let branches = vec![branch(holds, yes), branch(fails, no)];
        Val::one_of(Choice { name: name.into(), span: test.span, branches }, span)
    }

    fn source_quoted(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Template(_) => format!("\"{}\"", self.source(expr.span)),
            _ => self.source(expr.span),
        }
    }

    /// Applies `f` for each way in which the alternatives among `values` can be settled.
    pub(crate) fn each_way(&self, values: &[Val], span: Span, f: &dyn Fn(&[Val]) -> Val) -> Val {
        self.ways(values, span, f, 1)
    }

    fn ways(&self, values: &[Val], span: Span, f: &dyn Fn(&[Val]) -> Val, ways: usize) -> Val {
        let choice = values.iter().find_map(|v| match &v.kind {
            Kind::OneOf(choice) => Some(Rc::clone(choice)),
            _ => None,
        });
        let Some(choice) = choice else {
            return f(values);
        };
        let ways = ways.saturating_mul(choice.branches.len().max(1));
        if ways > MAX_WAYS {
            let why = Cause::Undecided(format!("`{}` and other conditions", choice.name).into());
            return Val::unknown(self.source(span), why, span);
        }
        let branch = |(index, b): (usize, &Alternative)| {
            let settled: Vec<Val> = values.iter().map(|v| pick(v, &choice.name, index)).collect();
            Alternative {
                when: b.when.clone(),
                standing: b.standing,
                value: self.ways(&settled, span, f, ways),
            }
        };
        let branches = choice.branches.iter().enumerate().map(branch).collect();
        Val::one_of(Choice { name: choice.name.clone(), span: choice.span, branches }, span)
    }

    fn call(&self, call: &Call, span: Span, scope: &Scope) -> Val {
        let mut arguments: Vec<Val> = call.arguments.iter().map(|a| self.eval(a, scope)).collect();
        if call.spread
            && let Some(last) = arguments.pop()
        {
            match &last.kind {
                Kind::List(seq) if seq.open.is_none() => arguments.extend(seq.items.iter().cloned()),
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
            self.each_way(&arguments, span, &|args| functions::call(self, &call.name, args, span))
        };
        if functions::reveals(&call.name) { Val { sensitive: None, ..value } } else { value.hide(sensitive) }
    }

    fn traversal(&self, traversal: &Traversal, span: Span, scope: &Scope) -> Val {
        let steps = traversal.steps.as_slice();
        let (value, steps) = match &traversal.base.kind {
            ExprKind::Name(name) => match scope.get(name) {
                Some(value) => (value, steps),
                None => self.root(name, steps, span),
            },
            _ => (self.eval(&traversal.base, scope), steps),
        };
        self.steps(value, steps, span, scope).used_at(span)
    }

    /// What the first steps of a reference name, and the steps that are left.
    fn root<'s>(&self, name: &str, steps: &'s [Step], span: Span) -> (Val, &'s [Step]) {
        match (name, steps) {
            ("var", [Step::Attribute(name), rest @ ..]) => (self.variable(name, span), rest),
            ("local", [Step::Attribute(name), rest @ ..]) => (self.local(name, span), rest),
            ("path", [Step::Attribute(name), rest @ ..]) if matches!(&**name, "module" | "root") => {
                (Val::converted(".", span), rest)
            }
            ("path" | "terraform", _) => (Val::unknown(self.source(span), Cause::NoValue, span), &[]),
            ("each" | "count" | "self", _) => {
                (self.unsupported("the instances of this block are not known", span), &[])
            }
            ("module", _) => (self.unsupported("module outputs are not followed", span), &[]),
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

    fn variable(&self, name: &str, span: Span) -> Val {
        let Some(block) = self.module.variable(name) else {
            let why = Cause::Unresolved(format!("no variable `{name}` is declared here").into());
            return Val::unknown(format!("var.{name}"), why, span);
        };
        let Some(default) = block.body.attribute("default") else {
            let mut value = Val::unknown(format!("var.{name}"), Cause::NoValue, span);
            value.defined = Some(block.header);
            return value;
        };
        self.once(Key::Variable(name.into()), span, || {
            let value = self.eval(&default.value, &Scope::default());
            let value = match block.body.attribute("type") {
                Some(kind) => self.convert(value, &kind.value),
                None => value,
            };
            let secret = flag(block, "sensitive").then(|| format!("var.{name}").into());
            value.hide(secret)
        })
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
    block.body.attribute(name).is_some_and(|a| matches!(a.value.kind, ExprKind::Bool(true)))
}
