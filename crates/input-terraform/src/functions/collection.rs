//! Functions on lists, sets and maps. A list that may have more elements stays so.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Span, Unknown};

use super::{Args, Outcome};
use crate::eval::{Evaluator, equal};
use crate::value::{Field, Kind, Str, Val};

pub(super) fn concat(args: &Args<'_, '_>) -> Outcome {
    let mut items = Vec::new();
    let mut open = None;
    for index in 0..args.values.len() {
        let value = args.get(index)?;
        match &value.kind {
            Kind::List(list) => {
                items.extend(list.items.iter().cloned());
                open = open.or_else(|| list.open.clone());
            }
            Kind::Unknown(unknown) if !value.is_error() => open = open.or_else(|| Some(Arc::clone(unknown))),
            _ => return Err(args.refuse(value, "a list")),
        }
    }
    Ok(Val::list(items, open, args.span))
}

pub(super) fn flatten(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let mut items = Vec::new();
    let mut open = list.open.clone();
    for item in &list.items {
        flatten_into(item, &mut items, &mut open);
    }
    Ok(Val::list(items, open, args.span))
}

fn flatten_into(value: &Val, items: &mut Vec<Val>, open: &mut Option<Arc<Unknown>>) {
    match &value.kind {
        Kind::List(list) => {
            if open.is_none() {
                open.clone_from(&list.open);
            }
            list.items.iter().for_each(|item| flatten_into(item, items, open));
        }
        // An unknown may be a list of any length.
        Kind::Unknown(unknown) if open.is_none() => *open = Some(Arc::clone(unknown)),
        _ => items.push(value.clone()),
    }
}

pub(super) fn compact(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let keeps = |v: &&Val| !matches!(v.kind, Kind::Null) && !v.known_str().is_some_and(|s| s.is_empty());
    let items: Vec<Val> = list.items.iter().filter(keeps).cloned().collect();
    // An element that is not known at all may be empty, and then it is not there.
    let mut open = list.open.clone();
    let mut sure = Vec::with_capacity(items.len());
    for item in items {
        match &item.kind {
            Kind::Unknown(unknown) => open = open.or_else(|| Some(Arc::clone(unknown))),
            _ => sure.push(item),
        }
    }
    Ok(Val::list(sure, open, args.span))
}

pub(super) fn distinct(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let mut items: Vec<Val> = Vec::new();
    for item in &list.items {
        if !items.iter().any(|seen| equal(seen, item) == Some(true)) {
            items.push(item.clone());
        }
    }
    Ok(Val::list(items, list.open.clone(), args.span))
}

/// A set: sorted and without duplicates where its elements are known.
pub(crate) fn set_of(evaluator: &Evaluator<'_>, value: &Val, span: Span) -> Val {
    match &value.kind {
        Kind::List(list) => {
            let sort_key = |v: &Val| v.known_str().map(|s| (matches!(v.kind, Kind::Str(_)), s));
            let keys: Option<Vec<_>> = list.items.iter().map(sort_key).collect();
            let items = match keys {
                Some(keys) => {
                    let sorted: BTreeMap<_, _> = keys.into_iter().zip(list.items.iter().cloned()).collect();
                    sorted.into_values().collect()
                }
                None => list.items.clone(),
            };
            Val { kind: Val::list(items, list.open.clone(), span).kind, ..value.clone() }
        }
        Kind::Unknown(unknown) => evaluator.still_unknown(unknown, span),
        _ => evaluator.error(format!("{} as a set", value.sort()), span),
    }
}

pub(super) fn tolist(args: &Args<'_, '_>) -> Outcome {
    args.list(0)?;
    args.first().cloned()
}

pub(super) fn setunion(args: &Args<'_, '_>) -> Outcome {
    let all = concat(args)?;
    Ok(set_of(args.evaluator, &all, args.span))
}

pub(super) fn coalescelist(args: &Args<'_, '_>) -> Outcome {
    for index in 0..args.values.len() {
        let list = args.list(index)?;
        if !list.items.is_empty() {
            return args.get(index).cloned();
        }
        args.closed_list(index)?;
    }
    Err(args.error("every list is empty"))
}

pub(super) fn contains(args: &Args<'_, '_>) -> Outcome {
    let (list, wanted) = (args.list(0)?, args.get(1)?);
    let results: Vec<_> = list.items.iter().map(|item| equal(item, wanted)).collect();
    if results.contains(&Some(true)) {
        return Ok(Val::bool(true, args.span));
    }
    args.closed_list(0)?;
    match list.items.iter().zip(results).find(|(_, r)| r.is_none()) {
        None => Ok(Val::bool(false, args.span)),
        Some((item, _)) if wanted.why_unknown().is_none() => Err(args.refuse(item, "a known value")),
        Some(_) => Err(args.refuse(wanted, "a known value")),
    }
}

pub(super) fn element(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let index = args.known_index(1)?;
    let length = list.items.len();
    match index.checked_rem(length).and_then(|i| list.items.get(i)) {
        Some(item) => Ok(item.clone()),
        None => Err(args.error("the list is empty")),
    }
}

pub(super) fn length(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    let length = match &value.kind {
        Kind::List(list) if list.open.is_none() => list.items.len(),
        Kind::Object(map) if map.open.is_none() => map.fields.len(),
        Kind::Str(text) => match text.known() {
            Some(text) => text.chars().count(),
            None => return Err(args.refuse(value, "a known string")),
        },
        _ => return Err(args.refuse(value, "a collection")),
    };
    Ok(Val::number(length.to_string(), args.span))
}

pub(super) fn lookup(args: &Args<'_, '_>) -> Outcome {
    let (map, key) = (args.map(0)?, args.known_text(1)?);
    if let Some(field) = map.fields.iter().rev().find(|f| f.key.is(&key)) {
        return Ok(field.value.clone());
    }
    if map.open.is_some() || map.fields.iter().any(|f| f.key.known().is_none()) {
        return Err(args.refuse(args.first()?, "a map with known keys"));
    }
    args.get(2).cloned()
}

pub(super) fn merge(args: &Args<'_, '_>) -> Outcome {
    let mut fields: Vec<Field> = Vec::new();
    let mut open: Option<Arc<Unknown>> = None;
    for index in 0..args.values.len() {
        let value = args.get(index)?;
        match &value.kind {
            Kind::Null => {}
            Kind::Object(map) => {
                for field in &map.fields {
                    let key = field.key.known();
                    fields.retain(|f| key.is_none() || f.key.known() != key);
                    fields.push(field.clone());
                }
                // What is not listed may replace what came before.
                if let Some(unknown) = &map.open {
                    fields.iter_mut().for_each(|f| {
                        if !map
                            .fields
                            .iter()
                            .any(|g| g.key.known().is_some() && g.key.known() == f.key.known())
                        {
                            f.value = args.evaluator.still_unknown(unknown, f.value.span);
                        }
                    });
                    open = open.or_else(|| Some(Arc::clone(unknown)));
                }
            }
            Kind::Unknown(unknown) if !value.is_error() => {
                fields.iter_mut().for_each(|f| f.value = args.evaluator.still_unknown(unknown, f.value.span));
                open = open.or_else(|| Some(Arc::clone(unknown)));
            }
            _ => return Err(args.refuse(value, "a map")),
        }
    }
    Ok(Val::object(fields, open, args.span))
}

pub(super) fn keys(args: &Args<'_, '_>) -> Outcome {
    let (elements, open) = sorted(args)?;
    Ok(Val::list(elements.into_iter().map(|(key, _)| key).collect(), open, args.span))
}

pub(super) fn values(args: &Args<'_, '_>) -> Outcome {
    let (elements, open) = sorted(args)?;
    Ok(Val::list(elements.into_iter().map(|(_, value)| value).collect(), open, args.span))
}

fn sorted(args: &Args<'_, '_>) -> Result<crate::eval::Elements, Val> {
    args.map(0)?;
    let value = args.first()?;
    args.evaluator.elements(value).ok_or_else(|| args.refuse(value, "a map with known keys"))
}

pub(super) fn one(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    match list.items.as_slice() {
        [] => Ok(Val::null(args.span)),
        [item] => Ok(item.clone()),
        _ => Err(args.error("the list has more than one element")),
    }
}

pub(super) fn reverse(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    Ok(Val::list(list.items.iter().rev().cloned().collect(), None, args.span))
}

pub(super) fn slice(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let (from, to) = (args.known_index(1)?, args.known_index(2)?);
    match list.items.get(from..to) {
        Some(items) => Ok(Val::list(items.to_vec(), None, args.span)),
        None => Err(args.error("the range leaves the list")),
    }
}

pub(super) fn sort(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let mut keyed = Vec::with_capacity(list.items.len());
    for item in &list.items {
        let key = item.known_str().ok_or_else(|| args.refuse(item, "a known string"))?;
        keyed.push((key, item.clone()));
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Val::list(keyed.into_iter().map(|(_, item)| item).collect(), None, args.span))
}

pub(super) fn zipmap(args: &Args<'_, '_>) -> Outcome {
    let (keys, values) = (args.closed_list(0)?, args.closed_list(1)?);
    if keys.items.len() != values.items.len() {
        return Err(args.error("lists of different lengths"));
    }
    let mut fields = Vec::with_capacity(keys.items.len());
    for (key, value) in keys.items.iter().zip(&values.items) {
        let text: Str = key.to_str().ok_or_else(|| args.refuse(key, "a string"))?;
        fields.push(Field { key: text, key_span: key.span, value: value.clone() });
    }
    Ok(Val::object(fields, None, args.span))
}
