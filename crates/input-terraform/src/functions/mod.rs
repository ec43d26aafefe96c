//! Terraform's functions, all of version 1.11: what can be computed from files alone is, the rest is unknown by name.
//!
//! One table says what each takes; arguments are counted, converted and refused as Terraform does before a function
//! sees them. A function returns `Err` with the value that the call then has: the unknown or the error that kept it
//! from being computed.

mod collection;
mod convert;
mod encoding;
mod file;
mod format;
mod hash;
mod ip;
mod number;
mod pattern;
mod set;
mod table;
mod text;
mod time;
mod yaml;

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Unknown};

use crate::eval::Evaluator;
use crate::eval::types::{self, Type};
use crate::number::{Exact, Number};
use crate::value::{Kind, Map, Seq, SeqSort, Str, Val};

/// What a function gives, or why it gives nothing.
pub(crate) type Outcome = Result<Val, Val>;

/// A function.
struct Builtin {
    name: &'static str,
    parameters: &'static [Parameter],
    /// What all further arguments are, if there may be any.
    rest: Option<Parameter>,
    run: fn(&Args<'_, '_>) -> Outcome,
}

/// What a function takes in one place; null only where it says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameter {
    Any,
    /// Any value or null.
    Nullable,
    Str,
    Number,
    List,
    ListOfStr,
    ListOfBool,
    Set,
    MapOfLists,
}

/// A call at hand.
pub(crate) struct Args<'c, 'a> {
    pub(crate) evaluator: &'c Evaluator<'a>,
    pub(crate) name: &'c str,
    pub(crate) values: &'c [Val],
    pub(crate) span: Span,
}

/// Whether the function takes alternatives as they are, instead of being applied to each.
pub(crate) fn keeps_alternatives(name: &str) -> bool {
    matches!(name, "jsonencode" | "sensitive" | "nonsensitive")
}

/// Whether the function's result is no secret although its argument is.
pub(crate) fn reveals(name: &str) -> bool {
    matches!(name, "nonsensitive" | "issensitive")
}

/// Functions that hand on what they are given, an error inside with the rest: a policy with a broken statement has
/// others that can be judged.
const CARRIES: &[&str] = &["concat", "flatten", "jsonencode", "merge", "values"];
/// Functions that look at errors.
const CATCHES: &[&str] = &["can", "try"];

/// The value of a call.
pub(crate) fn call(evaluator: &Evaluator<'_>, name: &str, values: &[Val], span: Span) -> Val {
    let name = name.strip_prefix("core::").unwrap_or(name);
    let args = Args { evaluator, name, values, span };
    let Some(builtin) = table::find(name) else {
        if name.starts_with("provider::") {
            return evaluator.unsupported(&format!("the function {name} of a provider"), span);
        }
        return evaluator.error(format!("there is no function {name}"), span);
    };
    let outcome = args.taken_by(builtin).and_then(|values| (builtin.run)(&Args { values: &values, ..args }));
    outcome.unwrap_or_else(|value| value)
}

impl Parameter {
    fn kind(self) -> Type {
        let each = |sort, of| Type::Each(sort, Rc::new(of));
        match self {
            Parameter::Any | Parameter::Nullable => Type::Any,
            Parameter::Str => Type::Str,
            Parameter::Number => Type::Number,
            Parameter::List => each(SeqSort::List, Type::Any),
            Parameter::ListOfStr => each(SeqSort::List, Type::Str),
            Parameter::ListOfBool => each(SeqSort::List, Type::Bool),
            Parameter::Set => each(SeqSort::Set, Type::Any),
            Parameter::MapOfLists => Type::Map(Rc::new(each(SeqSort::List, Type::Str))),
        }
    }
}

impl Args<'_, '_> {
    /// The arguments as the function takes them.
    fn taken_by(&self, builtin: &Builtin) -> Result<Vec<Val>, Val> {
        if CATCHES.contains(&builtin.name) {
            return if self.values.is_empty() {
                Err(self.error("too few arguments"))
            } else {
                Ok(self.values.to_vec())
            };
        }
        if self.values.len() < builtin.parameters.len() {
            return Err(self.error("too few arguments"));
        }
        let mut values = Vec::with_capacity(self.values.len());
        for (index, value) in self.values.iter().enumerate() {
            let parameter = builtin.parameters.get(index).copied().or(builtin.rest);
            let parameter = parameter.ok_or_else(|| self.error("too many arguments"))?;
            if value.is_error() || (!CARRIES.contains(&builtin.name) && value.holds_error()) {
                return Err(self.refuse(value, "a value"));
            }
            if matches!(value.kind, Kind::Null) && parameter != Parameter::Nullable {
                return Err(self.error("null where a value is needed"));
            }
            let taken = types::convert(value, &parameter.kind()).map_err(|mismatch| self.error(&mismatch))?;
            values.push(taken);
        }
        Ok(values)
    }

    /// The call is not evaluated.
    pub(crate) fn unsupported(&self) -> Outcome {
        Err(self.evaluator.unsupported(&format!("the function {}", self.name), self.span))
    }

    pub(crate) fn error(&self, message: &str) -> Val {
        self.evaluator.error(format!("{}: {message}", self.name), self.span)
    }

    pub(crate) fn get(&self, index: usize) -> Result<&Val, Val> {
        self.values.get(index).ok_or_else(|| self.error("too few arguments"))
    }

    pub(crate) fn first(&self) -> Result<&Val, Val> {
        self.get(0)
    }

    /// Why `value` is not what the function needs: its own unknown, else an error.
    pub(crate) fn refuse(&self, value: &Val, expected: &str) -> Val {
        match value.first_unknown() {
            Some(unknown) => Val::unknown(self.evaluator.source(self.span), unknown.why.clone(), self.span),
            None => self.error(&format!("{} where {expected} is needed", value.sort())),
        }
    }

    pub(crate) fn list(&self, index: usize) -> Result<Rc<Seq>, Val> {
        let value = self.get(index)?;
        match &value.kind {
            Kind::List(seq) => Ok(Rc::clone(seq)),
            _ => Err(self.refuse(value, "a list")),
        }
    }

    /// A list of which every element is listed.
    pub(crate) fn closed_list(&self, index: usize) -> Result<Rc<Seq>, Val> {
        let seq = self.list(index)?;
        match &seq.open {
            None => Ok(seq),
            Some(_) => Err(self.refuse(self.get(index)?, "a list")),
        }
    }

    pub(crate) fn map(&self, index: usize) -> Result<Rc<Map>, Val> {
        let value = self.get(index)?;
        match &value.kind {
            Kind::Object(map) => Ok(Rc::clone(map)),
            _ => Err(self.refuse(value, "a map")),
        }
    }

    /// A string, perhaps with unknown pieces.
    pub(crate) fn text(&self, index: usize) -> Result<Str, Val> {
        let value = self.get(index)?;
        value.to_str().ok_or_else(|| self.refuse(value, "a string"))
    }

    pub(crate) fn known_text(&self, index: usize) -> Result<Rc<str>, Val> {
        let text = self.text(index)?;
        match text.known() {
            Some(known) => Ok(known),
            None => Err(self.refuse(self.get(index)?, "a known string")),
        }
    }

    pub(crate) fn exact(&self, index: usize) -> Result<Exact, Val> {
        let value = self.get(index)?;
        match (&value.kind, value.exact()) {
            (_, Some(number)) => Ok(number),
            (Kind::Number(_), None) => Err(self.too_large()),
            _ => Err(self.refuse(value, "a number")),
        }
    }

    /// A whole number of the machine's size.
    pub(crate) fn whole(&self, index: usize) -> Result<i64, Val> {
        let whole = self.exact(index)?.as_whole().ok_or_else(|| self.error("a number that is not whole"))?;
        i64::try_from(whole).map_err(|_| self.error("a number that is too large"))
    }

    /// A whole number that is not negative.
    pub(crate) fn known_index(&self, index: usize) -> Result<usize, Val> {
        usize::try_from(self.whole(index)?).map_err(|_| self.error("a negative number"))
    }

    /// The text, the number or the collection would be larger than what is kept.
    pub(crate) fn too_large(&self) -> Val {
        self.evaluator.unsupported("a value that is too large", self.span)
    }

    /// The value of an argument of which everything must be known.
    pub(crate) fn known(&self, index: usize) -> Result<&Val, Val> {
        let value = self.get(index)?;
        if value.holds_unknown() { Err(self.refuse(value, "a known value")) } else { Ok(value) }
    }

    pub(crate) fn number(&self, number: &Exact) -> Outcome {
        Ok(Val::new(Kind::Number(number.number()), self.span))
    }

    pub(crate) fn float(&self, number: f64) -> Outcome {
        match Number::of_f64(number) {
            Some(number) => Ok(Val::new(Kind::Number(number), self.span)),
            None => Err(self.error("no finite number")),
        }
    }

    pub(crate) fn counted(&self, count: usize) -> Outcome {
        Ok(Val::counted(count, self.span))
    }

    pub(crate) fn bool(&self, value: bool) -> Outcome {
        Ok(Val::bool(value, self.span))
    }

    /// A list of strings.
    pub(crate) fn list_of(&self, items: Vec<Val>, open: Option<Arc<Unknown>>) -> Outcome {
        self.typed(SeqSort::List, items, open, Type::Str)
    }

    /// A list or set of elements of one type.
    pub(crate) fn typed(
        &self,
        sort: SeqSort,
        items: Vec<Val>,
        open: Option<Arc<Unknown>>,
        of: Type,
    ) -> Outcome {
        let mut value = Val::seq(sort, items, open, self.span);
        if let Kind::List(seq) = &mut value.kind {
            Rc::make_mut(seq).of = Some(Rc::new(of));
        }
        Ok(value)
    }

    /// A list of elements of the type of those of an argument.
    pub(crate) fn list_like(&self, index: usize, items: Vec<Val>, open: Option<Arc<Unknown>>) -> Outcome {
        let of = match types::type_of(self.get(index)?) {
            Type::Each(_, of) => (*of).clone(),
            _ => Type::Any,
        };
        self.typed(SeqSort::List, items, open, of)
    }

    pub(crate) fn converted(&self, text: &str) -> Outcome {
        Ok(Val::converted(text, self.span))
    }
}

/// An unknown of the given cause that stands for a call.
pub(crate) fn unknown(args: &Args<'_, '_>, why: Cause) -> Val {
    Val::unknown(args.evaluator.source(args.span), why, args.span)
}
