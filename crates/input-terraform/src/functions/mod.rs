//! Terraform's functions: those that trust policies are written with. Every other call is unknown and says so.
//!
//! A function returns `Err` with the value that the call then has: the unknown or the error that kept it from
//! being computed.

mod collection;
mod encoding;
mod file;
mod text;

use std::rc::Rc;

use model::{Cause, Span};

use crate::eval::Evaluator;
use crate::value::{Kind, Map, Seq, Str, Val};

pub(crate) use collection::set_of;

/// What a function gives, or why it gives nothing.
pub(crate) type Outcome = Result<Val, Val>;

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
    name == "nonsensitive"
}

/// The value of a call.
pub(crate) fn call(evaluator: &Evaluator<'_>, name: &str, values: &[Val], span: Span) -> Val {
    let args = Args { evaluator, name: name.strip_prefix("core::").unwrap_or(name), values, span };
    dispatch(&args).unwrap_or_else(|value| value)
}

fn dispatch(args: &Args<'_, '_>) -> Outcome {
    match args.name {
        "abspath" | "timestamp" | "uuid" | "bcrypt" => args.unsupported(),
        "base64decode" => encoding::base64decode(args),
        "basename" => text::basename(args),
        "can" => can(args),
        "chomp" => text::map(args, |s| s.trim_end_matches(['\n', '\r']).to_owned()),
        "coalesce" => coalesce(args),
        "coalescelist" => collection::coalescelist(args),
        "compact" => collection::compact(args),
        "concat" => collection::concat(args),
        "contains" => collection::contains(args),
        "distinct" => collection::distinct(args),
        "element" => collection::element(args),
        "endswith" => text::affix(args, |s, affix| s.ends_with(affix)),
        "file" => file::file(args),
        "flatten" => collection::flatten(args),
        "format" => text::format(args),
        "formatlist" => text::formatlist(args),
        "join" => text::join(args),
        "jsondecode" => encoding::jsondecode(args),
        "jsonencode" => encoding::jsonencode(args),
        "keys" => collection::keys(args),
        "length" => collection::length(args),
        "lookup" => collection::lookup(args),
        "lower" => text::map_pieces(args, str::to_lowercase),
        "merge" => collection::merge(args),
        "nonsensitive" | "sensitive" => args.first().cloned(),
        "one" => collection::one(args),
        "replace" => text::replace(args),
        "reverse" => collection::reverse(args),
        "setunion" => collection::setunion(args),
        "slice" => collection::slice(args),
        "sort" => collection::sort(args),
        "split" => text::split(args),
        "startswith" => text::affix(args, |s, affix| s.starts_with(affix)),
        "templatefile" => file::templatefile(args),
        "title" => text::map(args, text::title),
        "tobool" | "tomap" | "tonumber" => args.first().cloned(),
        "tolist" => collection::tolist(args),
        "toset" => Ok(set_of(args.evaluator, args.first()?, args.span)),
        "tostring" => tostring(args),
        "trim" => text::trim(args),
        "trimprefix" => text::trimprefix(args),
        "trimspace" => text::map(args, |s| s.trim().to_owned()),
        "trimsuffix" => text::trimsuffix(args),
        "try" => first_good(args),
        "upper" => text::map_pieces(args, str::to_uppercase),
        "values" => collection::values(args),
        "zipmap" => collection::zipmap(args),
        _ => args.unsupported(),
    }
}

impl Args<'_, '_> {
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
        match value.why_unknown() {
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

    pub(crate) fn known_index(&self, index: usize) -> Result<usize, Val> {
        let value = self.get(index)?;
        let number = value.known_number().ok_or_else(|| self.refuse(value, "a number"))?;
        // The text of a whole number is the safest conversion there is.
        number.to_string().parse().map_err(|_| self.error("an index that is no whole number"))
    }

    pub(crate) fn converted(&self, text: &str) -> Outcome {
        Ok(Val::converted(text, self.span))
    }
}

/// The first argument that is no error. One that is not known could be an error or a value.
fn first_good(args: &Args<'_, '_>) -> Outcome {
    match args.values.iter().find(|v| !v.holds_error()) {
        Some(value) => Ok(value.clone()),
        None => Err(args.values.last().cloned().unwrap_or_else(|| args.error("no argument"))),
    }
}

fn can(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    match &value.kind {
        _ if value.holds_error() => Ok(Val::bool(false, args.span)),
        Kind::Unknown(unknown) => Err(args.evaluator.still_unknown(unknown, args.span)),
        _ => Ok(Val::bool(true, args.span)),
    }
}

/// The first argument that is neither null nor the empty string; an unknown one may be either.
fn coalesce(args: &Args<'_, '_>) -> Outcome {
    for value in args.values {
        match &value.kind {
            Kind::Null => {}
            Kind::Str(text) if text.is("") => {}
            Kind::Str(text) if text.known().is_none() && text.tree().is_none() => {
                let certain =
                    text.pieces().iter().any(|p| !matches!(p.content, crate::value::Content::Hole(_)));
                return if certain { Ok(value.clone()) } else { Err(args.refuse(value, "a value")) };
            }
            Kind::Unknown(_) => return Err(args.refuse(value, "a value")),
            _ => return Ok(value.clone()),
        }
    }
    Err(args.error("every argument is null or empty"))
}

fn tostring(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    match &value.kind {
        Kind::Null => Ok(value.clone()),
        _ => Ok(Val { kind: Kind::Str(args.text(0)?), ..value.clone() }),
    }
}

/// An unknown of the given cause that stands for a call.
pub(crate) fn unknown(args: &Args<'_, '_>, why: Cause) -> Val {
    Val::unknown(args.evaluator.source(args.span), why, args.span)
}
