//! A variable's type: what it makes of the default.
//!
//! Only conversions that change what a policy says: optional attributes, sets, the scalar types.

use super::{Evaluator, Scope};
use crate::functions;
use crate::ir::{Call, Expr, ExprKind};
use crate::value::{Field, Kind, Map, Str, Val};

impl Evaluator<'_> {
    /// `value` converted to the type that `kind` spells.
    pub(super) fn convert(&self, value: Val, kind: &Expr) -> Val {
        match (&kind.kind, &value.kind) {
            (_, Kind::Null | Kind::Unknown(_) | Kind::OneOf(_)) => value,
            (ExprKind::Name(name), Kind::Number(_) | Kind::Bool(_)) if &**name == "string" => {
                match value.to_str() {
                    Some(text) => Val { kind: Kind::Str(text), ..value },
                    None => value,
                }
            }
            (ExprKind::Name(name), Kind::Str(text)) => match (&**name, text.known()) {
                ("bool", Some(text)) if matches!(&*text, "true" | "false") => {
                    Val { kind: Kind::Bool(&*text == "true"), ..value }
                }
                ("number", Some(text)) if text.parse::<f64>().is_ok() => {
                    Val { kind: Kind::Number(text), ..value }
                }
                _ => value,
            },
            (ExprKind::Call(call), _) => self.convert_collection(value, call),
            _ => value,
        }
    }

    fn convert_collection(&self, value: Val, call: &Call) -> Val {
        let Some(inner) = call.arguments.first() else {
            return value;
        };
        match (&*call.name, &value.kind) {
            ("list" | "set", Kind::List(seq)) => {
                let items = seq.items.iter().map(|item| self.convert(item.clone(), inner)).collect();
                let list = Val { kind: Val::list(items, seq.open.clone(), value.span).kind, ..value };
                if &*call.name == "set" { functions::set_of(self, &list, list.span) } else { list }
            }
            ("map", Kind::Object(map)) => {
                let field = |f: &Field| Field { value: self.convert(f.value.clone(), inner), ..f.clone() };
                let fields = map.fields.iter().map(field).collect();
                Val { kind: Val::object(fields, map.open.clone(), value.span).kind, ..value }
            }
            ("object", Kind::Object(map)) => match &inner.kind {
                ExprKind::Object(pairs) => Val {
                    kind: Val::object(self.typed_fields(map, pairs), map.open.clone(), value.span).kind,
                    ..value
                },
                _ => value,
            },
            _ => value,
        }
    }

    /// The fields that an object type keeps, absent optional ones filled in.
    fn typed_fields(&self, map: &Map, pairs: &[(Expr, Expr)]) -> Vec<Field> {
        let mut fields = Vec::with_capacity(pairs.len());
        for (key, kind) in pairs {
            let Some(name) = self.eval(key, &Scope::default()).known_str() else {
                continue;
            };
            let optional = match &kind.kind {
                ExprKind::Call(call) if &*call.name == "optional" => Some(call),
                _ => None,
            };
            let kind = optional.and_then(|call| call.arguments.first()).unwrap_or(kind);
            let given = map.fields.iter().rev().find(|f| f.key.is(&name));
            let default = optional.map(|call| match call.arguments.get(1) {
                Some(default) => self.eval(default, &Scope::default()),
                None => Val::null(kind.span),
            });
            let field = match (given, default) {
                (Some(given), Some(default)) if matches!(given.value.kind, Kind::Null) => {
                    Field { value: default, ..given.clone() }
                }
                (Some(given), _) => given.clone(),
                (None, Some(default)) => {
                    Field { key: Str::converted(&name, key.span), key_span: key.span, value: default }
                }
                // A required attribute is missing: Terraform refuses it, and reading it is an error anyway.
                (None, None) => continue,
            };
            fields.push(Field { value: self.convert(field.value, kind), ..field });
        }
        fields
    }
}
