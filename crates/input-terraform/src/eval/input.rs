//! Variables, and conditions that they decide: what another permitted value would make of them.
//!
//! A value that is given, or else the default, is taken as it is. Only where it decides a branch, the other branch is
//! kept too, as one that another value of the variable would open; in there the variable is not known. Called modules
//! have no other values than those that are written in the calls.

use std::collections::BTreeSet;
use std::rc::Rc;

use model::{Cause, Span, Standing};

use super::types::{convert, type_of, unify};
use super::{Evaluator, Key, Scope, flag};
use crate::ir::{Block, Conditional, Expr, ExprKind, Operator};
use crate::value::{Alternative, Choice, Inputs, Kind, Val};

/// The longest default that is quoted in a message, in bytes.
const MAX_QUOTED: usize = 24;

/// How many values name an element that has no key, and in turn their values.
const MAX_LABEL: usize = 8;

/// A condition by the name under which it is settled: `a != b` and `!a` go by that of their opposite.
struct Named {
    name: String,
    holds: String,
    fails: String,
    /// The condition as written is the opposite of the name.
    inverted: bool,
}

impl Evaluator<'_> {
    pub(super) fn variable(&self, name: &str, span: Span) -> Val {
        let Some(block) = self.module.variable(name) else {
            let why = Cause::Unresolved(format!("no variable `{name}` is declared here").into());
            return Val::unknown(format!("var.{name}"), why, span);
        };
        let default = block.body().attribute("default");
        if default.is_none() && !self.is_given(name) {
            let mut value = Val::unknown(format!("var.{name}"), Cause::NoValue, span);
            value.defined = Some(block.header);
            return value;
        }
        self.once(Key::Variable(name.into()), span, || {
            if self.caller.is_none() {
                if self.world.changed().contains(name) {
                    let why = Cause::Undecided("the value that is given instead".into());
                    return Val::unknown(format!("var.{name}"), why, block.header);
                }
                self.world.note_input(name);
            }
            let mut value = self.given(name, block);
            if matches!(&value, Some(Val { kind: Kind::Null, .. })) && is_false(block, "nullable") {
                value = None;
            }
            let value = match (value, default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.eval(&default.value, &Scope::default()),
                (None, None) => self.error("null for a variable that takes none", block.header),
            };
            let value = match block.body().attribute("type") {
                Some(kind) => self.constrained(value, &kind.value),
                None => value,
            };
            let secret = flag(block, "sensitive").then(|| format!("var.{name}").into());
            value.hide(secret)
        })
    }

    pub(super) fn conditional(&self, conditional: &Conditional, span: Span, scope: &Scope) -> Val {
        let branch = |holds| {
            let (taken, other) = match holds {
                true => (&conditional.yes, &conditional.no),
                false => (&conditional.no, &conditional.yes),
            };
            self.like(self.eval(taken, scope), other, holds, scope)
        };
        self.choose(&conditional.test, span, scope, &branch)
    }

    /// The value of a branch in the type that it has together with the other one.
    fn like(&self, value: Val, other: &Expr, first: bool, scope: &Scope) -> Val {
        if matches!(value.kind, Kind::Null | Kind::Unknown(_) | Kind::OneOf(_) | Kind::Resource(_)) {
            return value;
        }
        // Only its type is of interest, so what it rests on is not what the value rests on.
        let other = self.world.unread(|| self.eval(other, scope));
        let types = [type_of(&value), type_of(&other)];
        let together = match types {
            [own, other] if first => unify(&[own, other]),
            [own, other] => unify(&[other, own]),
        };
        let converted = match together {
            Some(together) => convert(&value, &together),
            None => Err(format!("{} and {} in one conditional", value.sort(), other.sort())),
        };
        converted.unwrap_or_else(|mismatch| self.error(mismatch, value.span).hide(value.sensitive.clone()))
    }

    /// What `branch` gives for the truth of a condition: both, if it is not known or another input would change it.
    pub(super) fn choose(&self, test: &Expr, span: Span, scope: &Scope, branch: &dyn Fn(bool) -> Val) -> Val {
        let (value, reads) = self.world.reading(|| self.eval(test, scope));
        // Where the condition rests on another, that one is the choice.
        let own = !matches!(value.kind, Kind::OneOf(_));
        self.each_way(&[value], span, &|values| {
            let Some(value) = values.first() else {
                return self.unsupported("a condition", span);
            };
            match value.known_bool() {
                Some(holds) if own && !reads.inputs.is_empty() => {
                    let choice = self.decided(test, holds, &reads.inputs, scope, branch);
                    choice.map_or_else(|value| value, |choice| Val::one_of(choice, span))
                }
                Some(holds) => branch(holds),
                None if value.is_error() => value.clone(),
                None if value.why_unknown().is_none() => {
                    self.error(format!("{} as a condition", value.sort()), span)
                }
                None => Val::one_of(self.both(test, scope, branch), span),
            }
        })
    }

    /// A condition that inputs decide: the branch they select and the one that another value opens; the value alone
    /// if none does.
    fn decided(
        &self,
        test: &Expr,
        holds: bool,
        inputs: &BTreeSet<Box<str>>,
        scope: &Scope,
        branch: &dyn Fn(bool) -> Val,
    ) -> Result<Choice, Val> {
        let value = branch(holds);
        let other = self.world.changing(inputs, || {
            let other = self.eval(test, scope);
            // Decided the same way by whatever value.
            let fixed = other.is_error() || other.known_bool() == Some(holds);
            (!fixed).then(|| branch(!holds))
        });
        let Some(Some(other)) = other else {
            return Err(value);
        };
        let named = self.named(test, scope);
        let inputs = Rc::new(inputs.clone());
        let selected = alternative(self.as_things_are(&inputs), Standing::Selected, value);
        let permitted = alternative(self.given_another(&inputs), Standing::Permitted, other);
        let branches =
            if holds == named.inverted { vec![permitted, selected] } else { vec![selected, permitted] };
        Ok(Choice { name: named.name.into(), span: test.span, branches, inputs })
    }

    /// Both branches of a condition that is not known.
    fn both(&self, test: &Expr, scope: &Scope, branch: &dyn Fn(bool) -> Val) -> Choice {
        let named = self.named(test, scope);
        let branches = vec![
            alternative(named.holds, Standing::Unsettled, branch(!named.inverted)),
            alternative(named.fails, Standing::Unsettled, branch(named.inverted)),
        ];
        Choice { name: named.name.into(), span: test.span, branches, inputs: Inputs::default() }
    }

    fn named(&self, mut test: &Expr, scope: &Scope) -> Named {
        let mut inverted = false;
        while let ExprKind::Not(inner) = &test.kind {
            inverted = !inverted;
            test = inner;
        }
        let (name, holds, fails) = match &test.kind {
            ExprKind::Binary(b) if matches!(b.operator, Operator::Equal | Operator::NotEqual) => {
                inverted ^= b.operator == Operator::NotEqual;
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
        let here = |text: &str| self.here(text, test, scope);
        Named { name: here(&name), holds: here(&holds), fails: here(&fails), inverted }
    }

    /// A name or clause that is about this instance of the module, and about these values of the names that are bound
    /// where the expression stands: others have conditions that are written alike.
    pub(crate) fn here(&self, text: &str, expr: &Expr, scope: &Scope) -> String {
        let mut out = text.to_owned();
        let source = self.world.sources.snippet(expr.span);
        let words = source.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-'));
        for word in words.collect::<BTreeSet<_>>() {
            if let Some(value) = scope.get(word) {
                out.push_str(&format!(" with {word} {}", label(&value, MAX_LABEL)));
            }
        }
        if let Some(caller) = &self.caller {
            out.push_str(&format!(" in {}", caller.address));
        }
        out
    }

    pub(crate) fn source_quoted(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Text(_) | ExprKind::Template(_) => format!("\"{}\"", self.source(expr.span)),
            _ => self.source(expr.span),
        }
    }

    /// "`var.x` is left at its default, null".
    pub(crate) fn as_things_are(&self, inputs: &BTreeSet<Box<str>>) -> String {
        let names = listed(inputs, " and ");
        let given = inputs.iter().any(|name| self.world.given.contains_key(name));
        let what = match (inputs.len(), given) {
            (1, false) => "is left at its default",
            (1, true) => "keeps the value that it is given",
            (_, false) => "are left at their defaults",
            (_, true) => "keep the values that they are given",
        };
        match self.value_words(inputs) {
            Some(words) => format!("{names} {what}, {words}"),
            None => format!("{names} {what}"),
        }
    }

    /// "`var.x` is set" where it is null as things are, else "`var.x` is given another value".
    pub(crate) fn given_another(&self, inputs: &BTreeSet<Box<str>>) -> String {
        match self.value_words(inputs).as_deref() {
            Some("null") => format!("{} is set", listed(inputs, " or ")),
            _ => format!("{} is given another value", listed(inputs, " or ")),
        }
    }

    /// What the only variable is given, or else its default, if that is short and no secret.
    fn value_words(&self, inputs: &BTreeSet<Box<str>>) -> Option<String> {
        let name = inputs.first().filter(|_| inputs.len() == 1)?;
        let root = self.world.library.module(&self.world.root)?;
        let block = root.variable(name).filter(|block| !flag(block, "sensitive"))?;
        let words = match self.world.given.get(name) {
            Some(given) => self.given_words(given),
            None => self.source_quoted(&block.body().attribute("default")?.value),
        };
        (words.len() <= MAX_QUOTED).then_some(words)
    }
}

fn alternative(when: String, standing: Standing, value: Val) -> Alternative {
    Alternative { when: when.into(), standing, value }
}

/// What tells a bound value from others: the key of an element, else what it holds.
fn label(value: &Val, left: usize) -> String {
    let unknown = || "?".to_owned();
    if value.sensitive.is_some() || left == 0 {
        return unknown();
    }
    let several = |values: &mut dyn Iterator<Item = &Val>| {
        let labels: Vec<String> = values.take(left).map(|value| label(value, left / 2)).collect();
        labels.join(" ")
    };
    match &value.kind {
        Kind::Object(map) => {
            match map.fields.iter().find(|f| f.key.is("key") || f.key.is("index")).map(|f| &f.value) {
                Some(key) => label(key, left / 2),
                None => several(&mut map.fields.iter().map(|f| &f.value)),
            }
        }
        Kind::List(list) => several(&mut list.items.iter()),
        _ => value.known_str().map_or_else(unknown, |text| format!("`{text}`")),
    }
}

fn listed(inputs: &BTreeSet<Box<str>>, word: &str) -> String {
    let names: Vec<String> = inputs.iter().map(|name| format!("`var.{name}`")).collect();
    names.join(word)
}

fn is_false(block: &Block, name: &str) -> bool {
    block.body().attribute(name).is_some_and(|a| matches!(a.value.kind, ExprKind::Bool(false)))
}
