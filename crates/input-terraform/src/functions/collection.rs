//! Functions on lists, sets and maps. A list that may have more elements stays so.

use std::rc::Rc;
use std::sync::Arc;

use model::Unknown;
use unicode_segmentation::UnicodeSegmentation;

use super::{Args, Outcome};
use crate::eval::equal;
use crate::eval::types::{Type, convert, set_of, type_of, unify};
use crate::json_text::sorted;
use crate::value::{Content, Field, Kind, MapSort, SeqSort, Val};

pub(super) fn concat(args: &Args<'_, '_>) -> Outcome {
    let mut items = Vec::new();
    let mut open = None;
    let mut types = Vec::new();
    for index in 0..args.values.len() {
        let value = args.get(index)?;
        match &value.kind {
            Kind::List(list) if list.sort != SeqSort::Set => {
                items.extend(list.items.iter().cloned());
                open = open.or_else(|| list.open.clone());
                types.push((list.sort, type_of(value)));
            }
            Kind::Unknown(unknown) if !value.is_error() => open = open.or_else(|| Some(Arc::clone(unknown))),
            _ => return Err(args.refuse(value, "a list")),
        }
    }
    if args.values.is_empty() {
        return Err(args.error("too few arguments"));
    }
    let lists = types.iter().all(|(sort, _)| *sort == SeqSort::List);
    let types: Vec<Type> = types.into_iter().map(|(_, kind)| kind).collect();
    let whole = Val::list(items, open, args.span);
    match unify(&types) {
        Some(together) if lists => convert(&whole, &together).map_err(|mismatch| args.error(&mismatch)),
        _ => Ok(whole),
    }
}

pub(super) fn flatten(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let mut items = Vec::new();
    let mut open = list.open.clone();
    for item in &list.items {
        flatten_into(item, None, &mut items, &mut open);
    }
    Ok(Val::list(items, open, args.span))
}

fn flatten_into(
    value: &Val,
    secret: Option<&Rc<str>>,
    items: &mut Vec<Val>,
    open: &mut Option<Arc<Unknown>>,
) {
    let secret = value.sensitive.as_ref().or(secret);
    match &value.kind {
        Kind::List(list) => {
            if open.is_none() {
                open.clone_from(&list.open);
            }
            list.items.iter().for_each(|item| flatten_into(item, secret, items, open));
        }
        // An unknown may be a list of any length.
        Kind::Unknown(unknown) if !value.is_error() => {
            open.get_or_insert_with(|| Arc::clone(unknown));
        }
        Kind::OneOf(_) => *open = open.take().or_else(|| value.why_unknown()),
        _ => items.push(value.clone().hide(secret.cloned())),
    }
}

pub(super) fn compact(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let mut open = list.open.clone();
    let mut sure = Vec::with_capacity(list.items.len());
    for item in &list.items {
        match &item.kind {
            Kind::Null => {}
            Kind::Str(text) if text.is("") => {}
            // Something that holds at least one known character is not empty.
            Kind::Str(text) if !text.pieces().iter().all(|p| matches!(p.content, Content::Hole(_))) => {
                sure.push(item.clone());
            }
            // An element that is not known at all may be empty, and then it is not there.
            _ => open = open.or_else(|| item.first_unknown()),
        }
    }
    args.list_of(sure, open)
}

pub(super) fn distinct(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let known = list.items.iter().all(|item| !item.holds_unknown());
    if !known {
        // Which of two elements stays is not known, but those that are known are there.
        let sure = set_of(list.items.clone(), list.open.clone());
        return args.list_like(0, sure.items, sure.open);
    }
    let mut items: Vec<Val> = Vec::new();
    for item in &list.items {
        if items.len() > MAX_COMPARED {
            return Err(args.too_large());
        }
        if !items.iter().any(|seen| equal(seen, item) == Some(true)) {
            items.push(item.clone());
        }
    }
    args.list_like(0, items, list.open.clone())
}

/// How many different elements are compared with one another.
const MAX_COMPARED: usize = 4_000;

pub(super) fn alltrue(args: &Args<'_, '_>) -> Outcome {
    quantified(args, false)
}

pub(super) fn anytrue(args: &Args<'_, '_>) -> Outcome {
    quantified(args, true)
}

/// Whether one element is `decisive`, in whose absence the answer is the other one; null is false.
fn quantified(args: &Args<'_, '_>, decisive: bool) -> Outcome {
    let list = args.list(0)?;
    let truth = |item: &Val| if matches!(item.kind, Kind::Null) { Some(false) } else { item.known_bool() };
    if list.items.iter().any(|item| truth(item) == Some(decisive)) {
        return args.bool(decisive);
    }
    args.closed_list(0)?;
    match list.items.iter().find(|item| truth(item).is_none()) {
        Some(item) => Err(args.refuse(item, "a known bool")),
        None => args.bool(!decisive),
    }
}

pub(super) fn chunklist(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let size = args.known_index(1)?;
    let inner = type_of(args.first()?);
    if list.items.is_empty() {
        return args.typed(SeqSort::List, Vec::new(), None, inner);
    }
    let size = if size == 0 { list.items.len() } else { size };
    let chunk = |items: &[Val]| Val::seq(SeqSort::List, items.to_vec(), None, args.span);
    args.typed(SeqSort::List, list.items.chunks(size).map(chunk).collect(), None, inner)
}

pub(super) fn coalescelist(args: &Args<'_, '_>) -> Outcome {
    let fits = |v: &&Val| match &v.kind {
        Kind::List(list) => list.sort != SeqSort::Set,
        kind => matches!(kind, Kind::Unknown(_)),
    };
    if let Some(wrong) = args.values.iter().find(|v| !fits(v)) {
        return Err(args.error(&format!("{} where a list is needed", wrong.sort())));
    }
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
        return args.bool(true);
    }
    args.closed_list(0)?;
    match list.items.iter().zip(results).find(|(_, r)| r.is_none()) {
        None => args.bool(false),
        Some((item, _)) if wanted.first_unknown().is_none() => Err(args.refuse(item, "a known value")),
        Some(_) => Err(args.refuse(wanted, "a known value")),
    }
}

pub(super) fn index(args: &Args<'_, '_>) -> Outcome {
    let (list, wanted) = (args.closed_list(0)?, args.get(1)?);
    if list.sort == SeqSort::Set {
        return Err(args.error("a set where a list is needed"));
    }
    for (at, item) in list.items.iter().enumerate() {
        match equal(item, wanted) {
            Some(true) => return args.counted(at),
            Some(false) => {}
            None => {
                return Err(args.refuse(if item.holds_unknown() { item } else { wanted }, "a known value"));
            }
        }
    }
    Err(args.error("the element is not in the list"))
}

pub(super) fn element(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    if list.sort == SeqSort::Set {
        return Err(args.error("a set where a list is needed"));
    }
    let (index, length) = (args.whole(1)?, i64::try_from(list.items.len()).unwrap_or(i64::MAX));
    // In a tuple the remainder of a negative number is negative, and then there is no such element.
    let index = match list.sort {
        SeqSort::Tuple => index.checked_rem(length),
        SeqSort::List | SeqSort::Set => index.checked_rem_euclid(length),
    };
    match index.and_then(|i| usize::try_from(i).ok()).and_then(|i| list.items.get(i)) {
        Some(item) => Ok(item.clone()),
        None => Err(args.error("there is no such element")),
    }
}

pub(super) fn length(args: &Args<'_, '_>) -> Outcome {
    let value = args.first()?;
    let length = match &value.kind {
        Kind::List(list) if list.open.is_none() => list.items.len(),
        Kind::Object(map) if map.open.is_none() => match sorted(&map.fields) {
            Some(fields) => fields.len(),
            None => return Err(args.refuse(value, "a map with known keys")),
        },
        Kind::Str(text) => match text.known() {
            Some(text) => text.graphemes(true).count(),
            None => return Err(args.refuse(value, "a known string")),
        },
        _ => return Err(args.refuse(value, "a collection")),
    };
    args.counted(length)
}

pub(super) fn lookup(args: &Args<'_, '_>) -> Outcome {
    if args.values.len() > 3 {
        return Err(args.error("too many arguments"));
    }
    let (map, key) = (args.map(0)?, args.known_text(1)?);
    if let Some(field) = map.fields.iter().rev().find(|f| f.key.is(&key)) {
        return Ok(field.value.clone());
    }
    if map.open.is_some() || map.fields.iter().any(|f| f.key.known().is_none()) {
        return Err(args.refuse(args.first()?, "a map with known keys"));
    }
    let Some(default) = args.values.get(2) else {
        return Err(args.error("there is no such key, and no default"));
    };
    if map.sort == MapSort::Map {
        let Type::Map(of) = type_of(args.first()?) else {
            return Ok(default.clone());
        };
        return convert(default, &of).map_err(|mismatch| args.error(&mismatch));
    }
    Ok(default.clone())
}

pub(super) fn merge(args: &Args<'_, '_>) -> Outcome {
    let mut fields: Vec<Field> = Vec::new();
    let mut open: Option<Arc<Unknown>> = None;
    let mut after_null = false;
    for index in 0..args.values.len() {
        let value = args.get(index)?;
        match &value.kind {
            Kind::Null => after_null = true,
            // After a null Terraform does not look at the types.
            Kind::List(list) if after_null && list.items.is_empty() && list.open.is_none() => {}
            Kind::Object(map) => {
                for field in &map.fields {
                    let key = field.key.known();
                    let replaced = |f: &&Field| key.is_some() && f.key.known() == key;
                    if let Some(wrong) = fields.iter().filter(replaced).find(|f| f.value.holds_error()) {
                        return Err(args.refuse(&wrong.value, "a value"));
                    }
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
    let objects =
        args.values.iter().any(|v| !matches!(&v.kind, Kind::Object(map) if map.sort == MapSort::Map));
    let merged = Val::object(fields, open, args.span);
    let maps: Vec<Type> = args.values.iter().map(type_of).collect();
    let alike = maps.windows(2).all(|pair| matches!(pair, [a, b] if a.is(b)));
    match maps.first() {
        Some(together @ Type::Map(_)) if !objects && alike => {
            Ok(convert(&merged, together).unwrap_or(merged))
        }
        _ => Ok(merged),
    }
}

pub(super) fn keys(args: &Args<'_, '_>) -> Outcome {
    let (elements, open) = elements(args)?;
    args.list_of(elements.into_iter().map(|(key, _)| key).collect(), open)
}

pub(super) fn values(args: &Args<'_, '_>) -> Outcome {
    let is_map = args.map(0)?.sort == MapSort::Map;
    let (elements, open) = elements(args)?;
    let sort = if is_map { SeqSort::List } else { SeqSort::Tuple };
    Ok(Val::seq(sort, elements.into_iter().map(|(_, value)| value).collect(), open, args.span))
}

fn elements(args: &Args<'_, '_>) -> Result<crate::eval::Elements, Val> {
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

/// A list or tuple backwards; a set becomes a list.
pub(super) fn reverse(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let items = list.items.iter().rev().cloned().collect();
    if list.sort == SeqSort::Tuple {
        return Ok(Val::list(items, None, args.span));
    }
    args.list_like(0, items, None)
}

pub(super) fn slice(args: &Args<'_, '_>) -> Outcome {
    let list = args.closed_list(0)?;
    let (from, to) = (args.known_index(1)?, args.known_index(2)?);
    if list.sort == SeqSort::Set {
        return Err(args.error("a set where a list is needed"));
    }
    match list.items.get(from..to) {
        Some(items) if list.sort == SeqSort::Tuple => Ok(Val::list(items.to_vec(), None, args.span)),
        Some(items) => args.list_like(0, items.to_vec(), None),
        None => Err(args.error("the range leaves the list")),
    }
}

pub(super) fn sort(args: &Args<'_, '_>) -> Outcome {
    let list = args.list(0)?;
    let mut open = list.open.clone();
    let mut keyed = Vec::with_capacity(list.items.len());
    for item in &list.items {
        match item.known_str() {
            Some(key) => keyed.push((key, item.clone())),
            None if matches!(item.kind, Kind::Null) => return Err(args.error("null in a list of strings")),
            None => open = open.or_else(|| item.first_unknown()),
        }
    }
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    args.list_of(keyed.into_iter().map(|(_, item)| item).collect(), open)
}
