//! Conversions between types, and the functions about errors, nulls and secrets.

use std::rc::Rc;

use model::Cause;

use super::{Args, Outcome, unknown};
use crate::eval::types::{Type, convert, type_of, unify};
use crate::value::{Content, Kind, SeqSort};

fn to(args: &Args<'_, '_>, kind: &Type) -> Outcome {
    let value = args.first()?;
    convert(value, kind).map_err(|mismatch| args.error(&mismatch))
}

pub(super) fn tobool(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Bool)
}

pub(super) fn tonumber(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Number)
}

pub(super) fn tostring(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Str)
}

pub(super) fn tolist(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Each(SeqSort::List, Rc::new(Type::Any)))
}

pub(super) fn toset(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Each(SeqSort::Set, Rc::new(Type::Any)))
}

pub(super) fn tomap(args: &Args<'_, '_>) -> Outcome {
    to(args, &Type::Map(Rc::new(Type::Any)))
}

pub(super) fn same(args: &Args<'_, '_>) -> Outcome {
    args.first().cloned()
}

/// Known to Terraform, never shown by it.
pub(super) fn sensitive(args: &Args<'_, '_>) -> Outcome {
    Ok(args.first()?.clone().hide(Some("a value marked sensitive".into())))
}

pub(super) fn issensitive(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    match (&value.sensitive, &value.kind) {
        (Some(_), _) => args.bool(true),
        (None, Kind::Unknown(_)) => Err(args.refuse(value, "a value")),
        (None, _) => args.bool(false),
    }
}

/// Random, and another value on every run.
pub(super) fn generated(args: &Args<'_, '_>) -> Outcome {
    Err(unknown(args, Cause::Generated))
}

/// The first argument that is no error. One that is not known could be an error or a value.
pub(super) fn first_good(args: &Args<'_, '_>) -> Outcome {
    match args.values.iter().find(|v| !v.holds_error()) {
        Some(value) => Ok(value.clone()),
        None => Err(args.values.last().cloned().unwrap_or_else(|| args.error("no argument"))),
    }
}

pub(super) fn can(args: &Args<'_, '_>) -> Outcome {
    if args.values.len() != 1 {
        return Err(args.error("one argument is needed"));
    }
    let value = args.first()?;
    match &value.kind {
        _ if value.holds_error() => args.bool(false),
        Kind::Unknown(unknown) => Err(args.evaluator.still_unknown(unknown, args.span)),
        _ => args.bool(true),
    }
}

/// The first argument that is neither null nor the empty string; an unknown one may be either.
pub(super) fn coalesce(args: &Args<'_, '_>) -> Outcome {
    let types: Vec<Type> = args.values.iter().map(type_of).collect();
    let Some(together) = unify(&types) else {
        return Err(args.error("all arguments must have the same type"));
    };
    for value in args.values {
        let value = convert(value, &together).map_err(|mismatch| args.error(&mismatch))?;
        match &value.kind {
            Kind::Null => {}
            Kind::Str(text) if text.is("") => {}
            Kind::Str(text) => {
                let certain = text.pieces().iter().any(|p| !matches!(p.content, Content::Hole(_)));
                return if certain { Ok(value) } else { Err(args.refuse(&value, "a value")) };
            }
            Kind::Unknown(_) => return Err(args.refuse(&value, "a value")),
            _ => return Ok(value),
        }
    }
    Err(args.error("every argument is null or empty"))
}

/// What files alone do not tell: the time, secret keys, the machine that Terraform runs on.
pub(super) fn unsupported(args: &Args<'_, '_>) -> Outcome {
    args.unsupported()
}
