//! Functions on sets, and those that combine collections.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Args, Outcome};
use crate::eval::equal;
use crate::eval::types::{Type, convert, set_of, type_of, unify};
use crate::value::{Field, Kind, MapSort, Seq, SeqSort, Str, Val};

/// How many elements the product of sets may have.
const MAX_PRODUCT: usize = 10_000;
/// How many elements are compared with all of another collection, the sizes multiplied.
const MAX_COMPARISONS: usize = 4_000_000;

/// A set of the elements of those that are given.
fn set(args: &Args<'_, '_>, seq: Seq, like: &Seq) -> Outcome {
    let first = like.items.first().map(type_of);
    let of = like.of.as_ref().map(|of| (**of).clone()).or(first).unwrap_or(Type::Any);
    args.typed(SeqSort::Set, seq.items, seq.open, of)
}

/// The arguments as sets of one type.
fn sets(args: &Args<'_, '_>) -> Result<Vec<Rc<Seq>>, Val> {
    let types: Vec<_> = args.values.iter().map(type_of).collect();
    let together = unify(&types).ok_or_else(|| args.error("sets of different types"))?;
    let mut out = Vec::with_capacity(args.values.len());
    for value in args.values {
        let value = convert(value, &together).map_err(|mismatch| args.error(&mismatch))?;
        match &value.kind {
            Kind::List(seq) => out.push(Rc::clone(seq)),
            _ => return Err(args.refuse(&value, "a set")),
        }
    }
    Ok(out)
}

pub(super) fn setunion(args: &Args<'_, '_>) -> Outcome {
    let mut items = Vec::new();
    let mut open = None;
    for value in args.values {
        match &value.kind {
            Kind::List(seq) => {
                items.extend(seq.items.iter().cloned());
                open = open.or_else(|| seq.open.clone());
            }
            Kind::Unknown(unknown) => open = open.or_else(|| Some(std::sync::Arc::clone(unknown))),
            _ => return Err(args.refuse(value, "a set")),
        }
    }
    let types: Vec<_> = args.values.iter().map(type_of).collect();
    let Type::Each(_, of) = unify(&types).ok_or_else(|| args.error("sets of different types"))? else {
        return Ok(Val::seq(SeqSort::Set, set_of(items, open.clone()).items, open, args.span));
    };
    let items = items.iter().map(|item| convert(item, &of).map_err(|m| args.error(&m)));
    let seq = set_of(items.collect::<Result<_, _>>()?, open);
    args.typed(SeqSort::Set, seq.items, seq.open, (*of).clone())
}

pub(super) fn setintersection(args: &Args<'_, '_>) -> Outcome {
    let sets = known_sets(args)?;
    let Some((first, rest)) = sets.split_first() else {
        return Err(args.error("too few arguments"));
    };
    let everywhere = |item: &&Val| rest.iter().all(|other| holds(other, item));
    set(args, set_of(first.items.iter().filter(everywhere).cloned().collect(), None), first)
}

pub(super) fn setsubtract(args: &Args<'_, '_>) -> Outcome {
    let sets = known_sets(args)?;
    let [first, second] = sets.as_slice() else {
        return Err(args.error("two arguments are needed"));
    };
    let left = |item: &&Val| !holds(second, item);
    set(args, set_of(first.items.iter().filter(left).cloned().collect(), None), first)
}

fn holds(seq: &Seq, wanted: &Val) -> bool {
    seq.items.iter().any(|item| equal(item, wanted) == Some(true))
}

/// What is in which set must be known to compare them.
fn known_sets(args: &Args<'_, '_>) -> Result<Vec<Rc<Seq>>, Val> {
    for index in 0..args.values.len() {
        args.known(index)?;
    }
    let sets = sets(args)?;
    let work = sets.iter().map(|s| s.items.len().max(1)).fold(1, usize::saturating_mul);
    if work > MAX_COMPARISONS { Err(args.too_large()) } else { Ok(sets) }
}

/// All combinations, the last collection turning fastest.
pub(super) fn setproduct(args: &Args<'_, '_>) -> Outcome {
    if args.values.len() < 2 {
        return Err(args.error("at least two collections are needed"));
    }
    let mut lists = Vec::new();
    for index in 0..args.values.len() {
        lists.push(args.closed_list(index)?);
    }
    let total = lists.iter().map(|list| list.items.len()).fold(1, usize::saturating_mul);
    if total.saturating_mul(lists.len()) > MAX_PRODUCT {
        return Err(args.too_large());
    }
    let is_set = lists.iter().any(|list| list.sort == SeqSort::Set);
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    let mut row = Vec::new();
    for list in &lists {
        let types: Vec<_> = list.items.iter().map(type_of).collect();
        let together = unify(&types).ok_or_else(|| args.error("elements of different types"))?;
        row.push(match (&together, &list.of) {
            (Type::Any, Some(of)) => (**of).clone(),
            (together, _) => together.clone(),
        });
        let items = list.items.iter().map(|item| convert(item, &together).map_err(|m| args.error(&m)));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        let longer = |row: &Vec<Val>| {
            items.iter().map(|item| row.iter().cloned().chain([item.clone()]).collect()).collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(longer).collect();
    }
    let tuples: Vec<Val> = rows.into_iter().map(|row| Val::list(row, None, args.span)).collect();
    let row = Type::Tuple(row);
    match is_set {
        true => {
            let seq = set_of(tuples, None);
            args.typed(SeqSort::Set, seq.items, seq.open, row)
        }
        false => args.typed(SeqSort::List, tuples, None, row),
    }
}

/// The values whose keys are among those that are searched.
pub(super) fn matchkeys(args: &Args<'_, '_>) -> Outcome {
    let (values, keys, wanted) = (args.closed_list(0)?, args.closed_list(1)?, args.closed_list(2)?);
    if values.items.len() != keys.items.len() {
        return Err(args.error("lists of different lengths"));
    }
    let types = [type_of(args.get(1)?), type_of(args.get(2)?)];
    let together = unify(&types).ok_or_else(|| args.error("keys of different types"))?;
    if keys.items.len().saturating_mul(wanted.items.len()) > MAX_COMPARISONS {
        return Err(args.too_large());
    }
    args.known(1)?;
    args.known(2)?;
    let aligned = |index: usize| convert(args.get(index)?, &together).map_err(|m| args.error(&m));
    let (keys, wanted) = (aligned(1)?, aligned(2)?);
    let (Kind::List(keys), Kind::List(wanted)) = (&keys.kind, &wanted.kind) else {
        return Err(args.error("lists are needed"));
    };
    let kept = values.items.iter().zip(&keys.items).filter(|(_, key)| holds(wanted, key));
    args.list_like(0, kept.map(|(value, _)| value.clone()).collect(), None)
}

/// A map from each element to the keys of the lists that hold it.
pub(super) fn transpose(args: &Args<'_, '_>) -> Outcome {
    args.known(0)?;
    let mut turned: BTreeMap<Rc<str>, (Str, Vec<Val>)> = BTreeMap::new();
    let value = args.first()?;
    let (elements, _) = args.evaluator.elements(value).ok_or_else(|| args.refuse(value, "a map"))?;
    for (key, list) in elements {
        let Kind::List(list) = &list.kind else {
            return Err(args.error("null where a list is needed"));
        };
        for item in &list.items {
            let name = item.to_key(args.span).and_then(|name| Some((name.known()?, name)));
            let (known, name) = name.ok_or_else(|| args.refuse(item, "a string"))?;
            turned.entry(known).or_insert_with(|| (name, Vec::new())).1.push(key.clone());
        }
    }
    let field = |(key, keys): (Str, Vec<Val>)| Field {
        key,
        key_span: args.span,
        value: Val::seq(SeqSort::List, keys, None, args.span),
    };
    Ok(Val::mapping(MapSort::Map, turned.into_values().map(field).collect(), None, args.span))
}

pub(super) fn zipmap(args: &Args<'_, '_>) -> Outcome {
    let (keys, values) = (args.closed_list(0)?, args.closed_list(1)?);
    if values.sort == SeqSort::Set {
        return Err(args.error("a set where a list is needed"));
    }
    if keys.items.len() != values.items.len() {
        return Err(args.error("lists of different lengths"));
    }
    let mut fields: Vec<Field> = Vec::with_capacity(keys.items.len());
    let mut places: BTreeMap<Rc<str>, usize> = BTreeMap::new();
    for (key, value) in keys.items.iter().zip(&values.items) {
        let text = key.to_key(args.span).ok_or_else(|| args.refuse(key, "a string"))?;
        let field = Field { key: text.clone(), key_span: key.span, value: value.clone() };
        let known = text.known().ok_or_else(|| args.refuse(key, "a known string"))?;
        match places.get(&known).and_then(|place| fields.get_mut(*place)) {
            Some(before) => *before = field,
            None => {
                places.insert(known, fields.len());
                fields.push(field);
            }
        }
    }
    let sort = if values.sort == SeqSort::List { MapSort::Map } else { MapSort::Object };
    Ok(Val::mapping(sort, fields, None, args.span))
}
