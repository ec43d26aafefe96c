//! Types: what a variable's constraint, a function's parameter or the other branch of a conditional makes of a value.
//!
//! Values carry no types of their own; theirs is what their parts say. Where a part is not known, its type is any.
//! Not here: the words of messages (the caller knows the place).

use std::collections::BTreeSet;
use std::rc::Rc;

use model::Cause;

use super::{Evaluator, Scope, operator::equal};
use crate::ir::{Expr, ExprKind};
use crate::value::{Alternative, Choice, Field, Kind, Map, MapSort, Seq, SeqSort, Str, Val};

/// A type of values.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Any,
    Bool,
    Number,
    Str,
    /// A list or a set.
    Each(SeqSort, Rc<Type>),
    Tuple(Vec<Type>),
    Map(Rc<Type>),
    Object(Vec<Attribute>),
}

/// An attribute of an object type.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    name: Rc<str>,
    kind: Type,
    /// Whether it may be left out, and what it is then.
    optional: Option<Box<Val>>,
}

/// Why a value is not of a type: "a number is required".
pub(crate) type Mismatch = String;

impl Evaluator<'_> {
    /// `value` converted to the type that `kind` spells, or the error that Terraform gives.
    pub(super) fn constrained(&self, value: Val, kind: &Expr) -> Val {
        let kind = self.spelled(kind);
        match convert(&value, &kind) {
            Ok(value) => value,
            Err(mismatch) => {
                let sensitive = value.sensitive.clone();
                self.error(format!("the value does not fit its type: {mismatch}"), value.span).hide(sensitive)
            }
        }
    }

    /// The type that an expression spells; any, if it spells none.
    fn spelled(&self, kind: &Expr) -> Type {
        match &kind.kind {
            ExprKind::Name(name) => match &**name {
                "string" => Type::Str,
                "number" => Type::Number,
                "bool" => Type::Bool,
                "list" => Type::Each(SeqSort::List, Rc::new(Type::Any)),
                "set" => Type::Each(SeqSort::Set, Rc::new(Type::Any)),
                "map" => Type::Map(Rc::new(Type::Any)),
                _ => Type::Any,
            },
            // Old code quotes the names of types.
            ExprKind::Text(_) | ExprKind::Template(_) => match kind.literal().as_deref() {
                Some("string") => Type::Str,
                Some("list") => Type::Each(SeqSort::List, Rc::new(Type::Any)),
                Some("map") => Type::Map(Rc::new(Type::Any)),
                _ => Type::Any,
            },
            ExprKind::Call(call) => match (&*call.name, call.arguments.as_slice()) {
                ("list", [of]) => Type::Each(SeqSort::List, Rc::new(self.spelled(of))),
                ("set", [of]) => Type::Each(SeqSort::Set, Rc::new(self.spelled(of))),
                ("map", [of]) => Type::Map(Rc::new(self.spelled(of))),
                ("tuple", [Expr { kind: ExprKind::List(items), .. }]) => {
                    Type::Tuple(items.iter().map(|item| self.spelled(item)).collect())
                }
                ("object", [Expr { kind: ExprKind::Object(pairs), .. }]) => Type::Object(
                    pairs.iter().filter_map(|(key, kind)| self.attribute_type(key, kind)).collect(),
                ),
                _ => Type::Any,
            },
            _ => Type::Any,
        }
    }

    fn attribute_type(&self, key: &Expr, kind: &Expr) -> Option<Attribute> {
        let name = key.literal()?.into();
        let call = match &kind.kind {
            ExprKind::Call(call) if &*call.name == "optional" => call,
            _ => return Some(Attribute { name, kind: self.spelled(kind), optional: None }),
        };
        let inner = call.arguments.first().map_or(Type::Any, |inner| self.spelled(inner));
        let default = match call.arguments.get(1) {
            Some(default) => self.eval(default, &Scope::default()),
            None => Val::null(kind.span),
        };
        Some(Attribute { name, kind: inner, optional: Some(Box::new(default)) })
    }
}

/// `value` as a value of type `to`. What is not known stays so.
pub(crate) fn convert(value: &Val, to: &Type) -> Result<Val, Mismatch> {
    let kind = match (to, &value.kind) {
        (Type::Any, _) | (_, Kind::Null | Kind::Unknown(_) | Kind::Resource(_)) => return Ok(value.clone()),
        (_, Kind::OneOf(choice)) => converted_choice(choice, to)?,
        (Type::Str, Kind::Str(_)) | (Type::Number, Kind::Number(_)) | (Type::Bool, Kind::Bool(_)) => {
            return Ok(value.clone());
        }
        (Type::Str, Kind::Bool(_) | Kind::Number(_)) => Kind::Str(value.to_str().unwrap_or_default()),
        (Type::Number, Kind::Str(text)) => match (text.flat().known(), value.exact()) {
            (_, Some(number)) => Kind::Number(number.number()),
            (Some(_), None) => return Err("a number is required".to_owned()),
            (None, None) => return Ok(unknown_of(value)),
        },
        (Type::Bool, Kind::Str(text)) => match (text.flat().known(), value.known_bool()) {
            (_, Some(b)) => Kind::Bool(b),
            (Some(_), None) => return Err("a bool is required".to_owned()),
            (None, None) => return Ok(unknown_of(value)),
        },
        (Type::Each(sort, of), Kind::List(seq)) => Kind::List(Rc::new(converted_seq(seq, *sort, of)?)),
        (Type::Tuple(types), Kind::List(seq)) if seq.sort == SeqSort::Tuple => {
            if seq.open.is_none() && seq.items.len() != types.len() {
                return Err(format!("a tuple of {} elements is required", types.len()));
            }
            let items = seq.items.iter().zip(types).map(|(item, kind)| convert(item, kind));
            let items = items.collect::<Result<_, _>>()?;
            Kind::List(Rc::new(Seq { sort: SeqSort::Tuple, of: None, items, open: seq.open.clone() }))
        }
        (Type::Map(of), Kind::Object(map)) => Kind::Object(Rc::new(converted_map(map, of)?)),
        (Type::Object(attributes), Kind::Object(map)) => {
            Kind::Object(Rc::new(converted_object(map, attributes, value)?))
        }
        (to, _) => return Err(format!("{} is required", to.name())),
    };
    Ok(Val { kind, ..value.clone() })
}

fn unknown_of(value: &Val) -> Val {
    let kind = match value.why_unknown() {
        Some(unknown) => Kind::Unknown(unknown),
        None => return value.clone(),
    };
    Val { kind, ..value.clone() }
}

fn converted_choice(choice: &Choice, to: &Type) -> Result<Kind, Mismatch> {
    let mut last = None;
    let mut fits = false;
    let branch = |b: &Alternative| {
        let value = match convert(&b.value, to) {
            Ok(value) => {
                fits = true;
                value
            }
            Err(mismatch) => {
                let value = Val::error(choice.name.clone(), mismatch.as_str(), b.value.span);
                last = Some(mismatch);
                value
            }
        };
        Alternative { value, ..b.clone() }
    };
    let branches = choice.branches.iter().map(branch).collect();
    match last {
        Some(mismatch) if !fits => Err(mismatch),
        _ => Ok(Kind::OneOf(Rc::new(choice.with(branches)))),
    }
}

fn converted_seq(seq: &Seq, sort: SeqSort, of: &Type) -> Result<Seq, Mismatch> {
    let unified;
    let of = match of {
        Type::Any => {
            let types: Vec<Type> = seq.items.iter().map(type_of).collect();
            unified = unify(&types).ok_or("all elements must have the same type")?;
            &unified
        }
        of => of,
    };
    if let Some(own) = seq.of.as_ref().filter(|own| seq.items.is_empty() && !own.converts_to(of)) {
        return Err(format!("{} is required, not {}", of.name(), own.name()));
    }
    let items = seq.items.iter().map(|item| convert(item, of)).collect::<Result<Vec<_>, _>>()?;
    if sort == SeqSort::Set && seq.sort != SeqSort::Set {
        return Ok(Seq { of: own_type(of).or_else(|| seq.of.clone()), ..set_of(items, seq.open.clone()) });
    }
    Ok(Seq { sort, of: own_type(of).or_else(|| seq.of.clone()), items, open: seq.open.clone() })
}

fn own_type(of: &Type) -> Option<Rc<Type>> {
    (!matches!(of, Type::Any)).then(|| Rc::new(of.clone()))
}

fn converted_map(map: &Map, of: &Type) -> Result<Map, Mismatch> {
    let unified;
    // Of equal keys the last counts.
    let later: Vec<Option<Rc<str>>> = map.fields.iter().map(|f| f.key.known()).collect();
    let mut seen: BTreeSet<&Rc<str>> = BTreeSet::new();
    let mut last: Vec<&Field> = Vec::with_capacity(map.fields.len());
    for (field, key) in map.fields.iter().zip(&later).rev() {
        if key.as_ref().is_none_or(|key| seen.insert(key)) {
            last.push(field);
        }
    }
    last.reverse();
    let of = match of {
        Type::Any => {
            let types: Vec<Type> = last.iter().map(|f| type_of(&f.value)).collect();
            unified = unify(&types).ok_or("all elements must have the same type")?;
            &unified
        }
        of => of,
    };
    let field = |f: &&Field| Ok(Field { value: convert(&f.value, of)?, ..(*f).clone() });
    let fields = last.iter().map(field).collect::<Result<_, Mismatch>>()?;
    Ok(Map { sort: MapSort::Map, fields, open: map.open.clone() })
}

/// The attributes that the type names, absent optional ones filled in; others are dropped.
fn converted_object(map: &Map, attributes: &[Attribute], whole: &Val) -> Result<Map, Mismatch> {
    let incomplete = map.open.is_some() || map.fields.iter().any(|f| f.key.known().is_none());
    let mut fields = Vec::with_capacity(attributes.len());
    for attribute in attributes {
        let given = map.fields.iter().rev().find(|f| f.key.is(&attribute.name));
        let field = match (given, &attribute.optional) {
            (Some(given), Some(default)) if matches!(given.value.kind, Kind::Null) => {
                Field { value: (**default).clone(), ..given.clone() }
            }
            (Some(given), _) => given.clone(),
            // It may be among those that are not known.
            (None, _) if incomplete => continue,
            (None, Some(default)) => Field {
                key: Str::converted(&attribute.name, whole.span),
                key_span: whole.span,
                value: (**default).clone(),
            },
            (None, None) => return Err(format!("attribute `{}` is required", attribute.name)),
        };
        let value = convert(&field.value, &attribute.kind)
            .map_err(|mismatch| format!("attribute `{}`: {mismatch}", attribute.name))?;
        fields.push(Field { value, ..field });
    }
    let hidden_keys = map.fields.iter().find(|f| f.key.known().is_none());
    let open = map
        .open
        .clone()
        .or_else(|| hidden_keys.and_then(|f| Val::string(f.key.clone(), f.key_span).why_unknown()));
    Ok(Map { sort: MapSort::Object, fields, open })
}

/// A set of these elements: in Terraform's order and without duplicates. An element that is not known may be equal to
/// another one, so it only says that there may be more.
pub(crate) fn set_of(items: Vec<Val>, mut open: Option<std::sync::Arc<model::Unknown>>) -> Seq {
    let mut known: Vec<(Vec<u8>, Val)> = Vec::with_capacity(items.len());
    let mut unknown: Vec<Val> = Vec::new();
    for item in items {
        match set_key(&item) {
            Some(key) => known.push((key, item)),
            None => unknown.push(item),
        }
    }
    known.sort_by(|(a, x), (b, y)| set_order(x, y).unwrap_or_else(|| a.cmp(b)));
    known.dedup_by(|(later, x), (earlier, y)| later == earlier && equal(x, y) == Some(true));
    let mut items: Vec<Val> = known.into_iter().map(|(_, item)| item).collect();
    if unknown.len() > MAX_COMPARED {
        open = open.or_else(|| unknown.first().and_then(Val::why_unknown));
        unknown.clear();
    }
    for (at, item) in unknown.iter().enumerate() {
        let others = || unknown.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, other)| other);
        let apart = items.iter().chain(others()).all(|other| equal(item, other) == Some(false));
        if !apart {
            open = open.or_else(|| deep_reason(item));
        }
    }
    let all = unknown.clone();
    for (at, item) in unknown.into_iter().enumerate() {
        let others = all.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, other)| other);
        if items.iter().chain(others).all(|other| equal(&item, other) == Some(false)) {
            items.push(item);
        }
    }
    Seq { sort: SeqSort::Set, of: None, items, open }
}

/// How many unknown elements are compared with all others.
const MAX_COMPARED: usize = 64;

fn deep_reason(value: &Val) -> Option<std::sync::Arc<model::Unknown>> {
    value.first_unknown().or_else(|| {
        let why = Cause::Unsupported("a partly known element of a set".into());
        Some(std::sync::Arc::new(model::Unknown::new(value.sort(), why, Some(value.span))))
    })
}

/// The order of the elements of a set that have one.
fn set_order(a: &Val, b: &Val) -> Option<std::cmp::Ordering> {
    match (&a.kind, &b.kind) {
        (Kind::Null, Kind::Null) => Some(std::cmp::Ordering::Equal),
        (Kind::Null, _) => Some(std::cmp::Ordering::Greater),
        (_, Kind::Null) => Some(std::cmp::Ordering::Less),
        (Kind::Str(a), Kind::Str(b)) => Some(a.known()?.cmp(&b.known()?)),
        (Kind::Bool(a), Kind::Bool(b)) => Some(a.cmp(b)),
        (Kind::Number(a), Kind::Number(b)) => Some(a.exact()?.compare(&b.exact()?)),
        _ => None,
    }
}

/// What tells an element from others in a set, and orders those that have no other order; `None` if it is not known.
fn set_key(value: &Val) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    push_set_key(value, &mut out).then_some(out)
}

fn push_set_key(value: &Val, out: &mut Vec<u8>) -> bool {
    match &value.kind {
        Kind::Null => out.push(b'~'),
        Kind::Bool(b) => out.push(if *b { b'T' } else { b'F' }),
        Kind::Number(n) => match n.exact() {
            Some(exact) => out.extend(exact.print_general(Some(10)).bytes()),
            None => return false,
        },
        Kind::Str(text) => match text.known() {
            Some(text) => out.extend(format!("{text:?}").bytes()),
            None => return false,
        },
        Kind::List(seq) => {
            let (open, close) = if seq.sort == SeqSort::Tuple { (b'<', b'>') } else { (b'[', b']') };
            out.push(open);
            for item in &seq.items {
                if !push_set_key(item, out) {
                    return false;
                }
                out.push(b';');
            }
            out.push(close);
            return seq.open.is_none();
        }
        Kind::Object(map) => {
            let Some(fields) = crate::json_text::sorted(&map.fields) else {
                return false;
            };
            let is_map = map.sort == MapSort::Map;
            out.push(if is_map { b'{' } else { b'<' });
            for (key, value) in fields {
                if is_map {
                    out.extend(format!("{key:?}:").bytes());
                }
                if !push_set_key(value, out) {
                    return false;
                }
                out.push(b';');
            }
            out.push(if is_map { b'}' } else { b'>' });
            return map.open.is_none();
        }
        Kind::OneOf(_) | Kind::Resource(_) | Kind::Unknown(_) => return false,
    }
    true
}

/// The type of a value, as far as it is known.
pub(crate) fn type_of(value: &Val) -> Type {
    match &value.kind {
        Kind::Null | Kind::OneOf(_) | Kind::Resource(_) | Kind::Unknown(_) => Type::Any,
        Kind::Bool(_) => Type::Bool,
        Kind::Number(_) => Type::Number,
        Kind::Str(_) => Type::Str,
        Kind::List(seq) => match seq.sort {
            SeqSort::Tuple if seq.open.is_some() => Type::Any,
            SeqSort::Tuple => Type::Tuple(seq.items.iter().map(type_of).collect()),
            sort => match (common(seq.items.iter()), &seq.of) {
                (Type::Any, Some(of)) => Type::Each(sort, Rc::clone(of)),
                (of, _) => Type::Each(sort, Rc::new(of)),
            },
        },
        Kind::Object(map) => match map.sort {
            MapSort::Map => Type::Map(Rc::new(common(map.fields.iter().map(|f| &f.value)))),
            MapSort::Object if map.open.is_some() => Type::Any,
            MapSort::Object => {
                let Some(fields) = crate::json_text::sorted(&map.fields) else {
                    return Type::Any;
                };
                let attribute =
                    |(name, value): (Rc<str>, &Val)| Attribute { name, kind: type_of(value), optional: None };
                Type::Object(fields.into_iter().map(attribute).collect())
            }
        },
    }
}

/// The type of the elements of a collection: that of the first whose type is known.
fn common<'v>(mut values: impl Iterator<Item = &'v Val>) -> Type {
    values.find_map(|v| Some(type_of(v)).filter(|t| !matches!(t, Type::Any))).unwrap_or(Type::Any)
}

impl Type {
    /// Whether both are one type, as far as they are known.
    pub(crate) fn is(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::Bool, Type::Bool) | (Type::Number, Type::Number) | (Type::Str, Type::Str) => true,
            (Type::Each(a, x), Type::Each(b, y)) => a == b && x.is(y),
            (Type::Map(x), Type::Map(y)) => x.is(y),
            (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.is(y)),
            (Type::Object(a), Type::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|x| b.iter().any(|y| x.name == y.name && x.kind.is(&y.kind)))
            }
            _ => false,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Bool => "a bool",
            Type::Number => "a number",
            Type::Str => "a string",
            Type::Each(SeqSort::Set, _) => "a set",
            Type::Each(..) => "a list",
            Type::Tuple(_) => "a tuple",
            Type::Map(_) => "a map",
            Type::Object(_) => "an object",
        }
    }

    /// Whether all of it is known.
    fn is_whole(&self) -> bool {
        match self {
            Type::Any => false,
            Type::Bool | Type::Number | Type::Str => true,
            Type::Each(_, of) | Type::Map(of) => of.is_whole(),
            Type::Tuple(items) => items.iter().all(Type::is_whole),
            Type::Object(attributes) => attributes.iter().all(|a| a.kind.is_whole()),
        }
    }

    fn is_scalar(&self) -> bool {
        matches!(self, Type::Bool | Type::Number | Type::Str)
    }

    /// Whether values of this type can be converted to the other, if their text allows it.
    fn converts_to(&self, to: &Type) -> bool {
        match (self, to) {
            (Type::Any, _) | (_, Type::Any) => true,
            (from, Type::Str) => from.is_scalar(),
            (from, Type::Bool | Type::Number) => matches!(from, Type::Str) || from.is(to),
            (Type::Each(_, from), Type::Each(_, to)) | (Type::Map(from), Type::Map(to)) => {
                from.converts_to(to)
            }
            (Type::Tuple(items), Type::Each(_, to)) => items.iter().all(|from| from.converts_to(to)),
            (Type::Object(attributes), Type::Map(to)) => attributes.iter().all(|a| a.kind.converts_to(to)),
            (Type::Map(from), Type::Object(attributes)) => {
                attributes.iter().all(|a| from.converts_to(&a.kind))
            }
            (Type::Object(from), Type::Object(to)) => to.iter().all(|a| {
                from.iter().any(|b| a.name == b.name && b.kind.converts_to(&a.kind)) || a.optional.is_some()
            }),
            (Type::Tuple(from), Type::Tuple(to)) => {
                from.len() == to.len() && from.iter().zip(to).all(|(from, to)| from.converts_to(to))
            }
            _ => false,
        }
    }
}

/// The type that values of all these types can have together; `None` if there is none.
pub(crate) fn unify(types: &[Type]) -> Option<Type> {
    let types: Vec<&Type> = types.iter().filter(|t| !matches!(t, Type::Any)).collect();
    let Some((first, rest)) = types.split_first() else {
        return Some(Type::Any);
    };
    if rest.iter().all(|t| t.is(first)) && (rest.is_empty() || first.is_whole()) {
        return Some((*first).clone());
    }
    let all = |test: fn(&Type) -> bool| types.iter().all(|t| test(t));
    let any = |test: fn(&Type) -> bool| types.iter().any(|t| test(t));
    let is_map = |t: &Type| matches!(t, Type::Map(_));
    let is_object = |t: &Type| matches!(t, Type::Object(_));
    let is_tuple = |t: &Type| matches!(t, Type::Tuple(_));
    let is_list = |t: &Type| matches!(t, Type::Each(SeqSort::List, _));
    let mapping = || Some(Type::Map(Rc::new(unify(&parts(&types))?)));
    let listing = || Some(Type::Each(SeqSort::List, Rc::new(unify(&parts(&types))?)));
    if all(is_map) {
        return mapping();
    }
    if any(is_map)
        && all(|t| matches!(t, Type::Map(_) | Type::Object(_)))
        && let Some(map) = mapping()
    {
        return Some(map);
    }
    if all(is_list) {
        return listing();
    }
    if any(is_list)
        && all(|t| matches!(t, Type::Each(SeqSort::List, _) | Type::Tuple(_)))
        && let Some(list) = listing()
    {
        return Some(list);
    }
    if all(|t| matches!(t, Type::Each(SeqSort::Set, _))) {
        return Some(Type::Each(SeqSort::Set, Rc::new(unify(&parts(&types))?)));
    }
    if all(is_object) {
        return unify_objects(&types).unwrap_or_else(mapping);
    }
    if all(is_tuple) {
        return unify_tuples(&types).unwrap_or_else(listing);
    }
    if any(is_object) && any(is_tuple) {
        return None;
    }
    let rank = |t: &&&Type| match t {
        Type::Str => 0,
        Type::Each(SeqSort::List, _) | Type::Map(_) => 1,
        Type::Each(..) => 2,
        _ => 3,
    };
    let mut candidates: Vec<&&Type> = types.iter().collect();
    candidates.sort_by_key(rank);
    candidates.into_iter().find(|to| types.iter().all(|from| from.converts_to(to))).map(|t| (*t).clone())
}

/// The types of all elements and attributes.
fn parts(types: &[&Type]) -> Vec<Type> {
    let of = |t: &&Type| match t {
        Type::Each(_, of) | Type::Map(of) => vec![(**of).clone()],
        Type::Tuple(items) => items.clone(),
        Type::Object(attributes) => attributes.iter().map(|a| a.kind.clone()).collect(),
        Type::Any | Type::Bool | Type::Number | Type::Str => Vec::new(),
    };
    types.iter().flat_map(of).collect()
}

/// The common object type of objects with the same attributes: none if one attribute has no type; `None` if the
/// attributes differ.
fn unify_objects(types: &[&Type]) -> Option<Option<Type>> {
    let attributes: Vec<&Vec<Attribute>> = types
        .iter()
        .filter_map(|t| match t {
            Type::Object(attributes) => Some(attributes),
            _ => None,
        })
        .collect();
    let (first, rest) = attributes.split_first()?;
    let same = |other: &&&Vec<Attribute>| {
        other.len() == first.len() && other.iter().all(|a| first.iter().any(|b| a.name == b.name))
    };
    if !rest.iter().all(|other| same(&other)) {
        return None;
    }
    let one = |a: &Attribute| {
        let kinds: Vec<Type> = attributes
            .iter()
            .flat_map(|all| all.iter())
            .filter(|b| b.name == a.name)
            .map(|b| b.kind.clone())
            .collect();
        Some(Attribute { name: Rc::clone(&a.name), kind: unify(&kinds)?, optional: None })
    };
    Some(first.iter().map(one).collect::<Option<Vec<_>>>().map(Type::Object))
}

fn unify_tuples(types: &[&Type]) -> Option<Option<Type>> {
    let tuples: Vec<&Vec<Type>> = types
        .iter()
        .filter_map(|t| match t {
            Type::Tuple(items) => Some(items),
            _ => None,
        })
        .collect();
    let (first, rest) = tuples.split_first()?;
    if rest.iter().any(|t| t.len() != first.len()) {
        return None;
    }
    let one = |at: usize| {
        let kinds: Vec<Type> = tuples.iter().filter_map(|t| t.get(at)).cloned().collect();
        unify(&kinds)
    };
    Some((0..first.len()).map(one).collect::<Option<Vec<_>>>().map(Type::Tuple))
}
