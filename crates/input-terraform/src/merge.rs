//! Policy documents inside others: how the AWS provider puts `source_policy_documents`, a data source's own
//! statements and `override_policy_documents` together.
//!
//! Source: `policy_model.go` and `policy_document_data_source.go` of the provider, version 6. Not here: where the
//! documents come from.

use std::rc::Rc;
use std::sync::Arc;

use model::Unknown;

use crate::value::{Field, Kind, Map, Val};

/// Statements of several documents, in the order in which the provider writes them.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) statements: Vec<Val>,
    /// The `Version` of each document that was merged in.
    pub(crate) versions: Vec<Val>,
    /// Why there may be more statements.
    pub(crate) open: Option<Arc<Unknown>>,
}

impl Merged {
    /// Appends a statement, or puts it in the place of one of the first `replaceable` with its `Sid`.
    pub(crate) fn put(&mut self, statement: Val, replaceable: usize) {
        let wanted = sid(&statement).filter(|sid| !sid.is_empty());
        let same = |s: &&mut Val| wanted.is_some() && sid(s) == wanted;
        match self.statements.iter_mut().take(replaceable).find(same) {
            Some(before) => *before = statement,
            None => self.statements.push(statement),
        }
    }

    pub(crate) fn may_hold_more(&mut self, why: Option<Arc<Unknown>>) {
        self.open = self.open.take().or(why);
    }
}

fn sid(statement: &Val) -> Option<Rc<str>> {
    match &statement.kind {
        Kind::Object(map) => map.fields.iter().rev().find(|f| f.key.is("Sid"))?.value.known_str(),
        _ => None,
    }
}

/// The newer of two versions, as the provider compares them: by their text. One that is not known may be newer.
pub(crate) fn newer(version: Val, other: Val) -> Val {
    match (version.known_str(), other.known_str()) {
        (Some(one), Some(two)) if two > one => other,
        (Some(_), None) if other.why_unknown().is_some() => other,
        _ => version,
    }
}

/// A statement of another document after the provider has read and written it. Two things are lost on the way: a
/// principal that is a string becomes everybody, and a condition on a number vanishes.
pub(crate) fn as_merged(statement: Val) -> Val {
    change_fields(statement, &|field| match (&*field.key.known()?, &field.value.kind) {
        ("Principal" | "NotPrincipal", Kind::Str(text)) if text.known().is_some() => {
            let value = Val::converted("*", field.value.span);
            Some(Field { value: Val { defined: field.value.defined, ..value }, ..field.clone() })
        }
        ("Condition", Kind::Object(_)) => {
            Some(Field { value: without_numbers(field.value.clone()), ..field.clone() })
        }
        _ => Some(field.clone()),
    })
}

fn without_numbers(conditions: Val) -> Val {
    change_fields(conditions, &|operator| {
        let value = change_fields(operator.value.clone(), &|test| {
            (!matches!(test.value.kind, Kind::Number(_))).then(|| test.clone())
        });
        let vanished = matches!((&value.kind, &operator.value.kind),
            (Kind::Object(now), Kind::Object(before)) if now.fields.is_empty() && !before.fields.is_empty());
        (!vanished).then(|| Field { value, ..operator.clone() })
    })
}

/// The object with each field changed or left out; a field without a known name stays. Anything else as it is.
fn change_fields(value: Val, change: &dyn Fn(&Field) -> Option<Field>) -> Val {
    let Kind::Object(map) = &value.kind else {
        return value;
    };
    let changed = |f: &Field| if f.key.known().is_some() { change(f) } else { Some(f.clone()) };
    let fields = map.fields.iter().filter_map(changed).collect();
    let kind = Kind::Object(Rc::new(Map { fields, ..(**map).clone() }));
    Val { kind, ..value }
}
