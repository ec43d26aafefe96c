//! Steps into collections, splats and `for` expressions.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Span, Standing, Unknown};

use super::reference::MODULE;
use super::template::bind;
use super::{Evaluator, Scope};
use crate::ir::{Block, ExprKind, For, Step};
use crate::value::{Alternative, Choice, Field, Inputs, Kind, Map, Resource, Seq, SeqSort, Val};

/// How many elements stand as alternatives for an element under an unknown key.
const MAX_ALTERNATIVES: usize = 8;

/// The elements of a collection as (key, value), and why there may be more.
pub(crate) type Elements = (Vec<(Val, Val)>, Option<Arc<Unknown>>);

/// The instances of a block as references.
struct Found {
    list: Vec<Val>,
    /// Why there may be more.
    open: Option<Arc<Unknown>>,
    /// The condition that decides between these and none.
    when: Option<Rc<Choice>>,
}

/// The elements in those branches of a number of instances that make some, none in the others.
fn some_or_none(number: &Choice, list: &[Val], span: Span) -> Val {
    let branch = |b: &Alternative| {
        let none = b.value.known_number() == Some(0.0);
        let items = if none { Vec::new() } else { list.to_vec() };
        Alternative { value: Val::list(items, None, span), ..b.clone() }
    };
    Val::one_of(number.with(number.branches.iter().map(branch).collect()), span)
}

impl Evaluator<'_> {
    /// Follows the steps of a reference.
    pub(super) fn steps(&self, mut value: Val, steps: &[Step], span: Span, scope: &Scope) -> Val {
        let mut steps = steps.iter();
        while let Some(step) = steps.next() {
            let sensitive = value.sensitive.clone();
            value = match step {
                Step::Attribute(name) => self.attribute(&value, name, span),
                Step::Index(index) => {
                    let index = self.eval(index, scope);
                    self.index(&value, &index, span)
                }
                Step::FullSplat => return self.splat(&value, steps.as_slice(), span, scope).hide(sensitive),
                Step::AttributeSplat => {
                    let rest = steps.as_slice();
                    let attributes = rest.iter().take_while(|s| matches!(s, Step::Attribute(_))).count();
                    let (own, after) = rest.split_at_checked(attributes).unwrap_or((rest, &[]));
                    let value = self.splat(&value, own, span, scope);
                    return self.steps(value, after, span, scope).hide(sensitive);
                }
            }
            .hide(sensitive);
        }
        value
    }

    fn splat(&self, value: &Val, steps: &[Step], span: Span, scope: &Scope) -> Val {
        self.each_way(std::slice::from_ref(value), span, &|values| {
            let Some(value) = values.first() else {
                return self.error("a splat of nothing", span);
            };
            let each = |v: &Val| self.steps(v.clone(), steps, span, scope);
            match &value.kind {
                Kind::Null => Val::list(Vec::new(), None, span),
                Kind::List(seq) => {
                    let sort = if seq.sort == SeqSort::Tuple { SeqSort::Tuple } else { SeqSort::List };
                    Val::seq(sort, seq.items.iter().map(each).collect(), seq.open.clone(), span)
                }
                Kind::Resource(resource) if resource.instance.is_none() => {
                    let Found { list, open, when } = self.instances_of(resource);
                    let list: Vec<Val> = list.iter().map(each).collect();
                    match when {
                        Some(choice) => some_or_none(&choice, &list, span),
                        None => Val::list(list, open, span),
                    }
                }
                Kind::Unknown(unknown) => self.still_unknown(unknown, span),
                _ => Val::list(vec![each(value)], None, span),
            }
        })
    }

    /// The instances of a resource as references.
    fn instances_of(&self, resource: &Resource) -> Found {
        let Some(block) = self.block_of(resource) else {
            let why = Cause::Unresolved("no such block is declared here".into());
            let open = Some(Arc::new(Unknown::new(resource.what.clone(), why, None)));
            return Found { list: Vec::new(), open, when: None };
        };
        let instances = self.instances(block);
        let one = |key: Option<Val>| {
            let resource = Resource { instance: key, ..resource.clone() };
            Val::new(Kind::Resource(Rc::new(resource)), block.header)
        };
        let list = instances.list.into_iter().map(|i| one(i.key)).collect();
        Found { list, open: instances.open, when: instances.when }
    }

    /// The block that a reference leads to.
    fn block_of(&self, resource: &Resource) -> Option<&Block> {
        match &*resource.kind {
            MODULE => self.module.call(&resource.name),
            kind => self.module.resource(resource.data, kind, &resource.name),
        }
    }

    /// The same unknown, named by the whole reference that needs it.
    pub(crate) fn still_unknown(&self, unknown: &Unknown, span: Span) -> Val {
        Val::unknown(self.source(span), unknown.why.clone(), span)
    }

    pub(crate) fn attribute(&self, value: &Val, name: &str, span: Span) -> Val {
        self.each_way(std::slice::from_ref(value), span, &|values| {
            let Some(value) = values.first() else {
                return self.error("an attribute of nothing", span);
            };
            match &value.kind {
                Kind::Object(map) => self.field(map, name, span, false),
                Kind::Resource(resource) => self.resource_attribute(resource, name, span),
                Kind::Unknown(unknown) => self.still_unknown(unknown, span),
                _ => self.error(format!("{} has no attribute `{name}`", value.sort()), span),
            }
        })
    }

    fn field(&self, map: &Map, name: &str, span: Span, secret: bool) -> Val {
        if let Some(field) = map.fields.iter().rev().find(|f| f.key.is(name)) {
            return field.value.clone();
        }
        if let Some(open) = &map.open {
            return self.still_unknown(open, span);
        }
        if map.fields.iter().any(|f| f.key.known().is_none()) {
            return self.unsupported("an object with unknown keys", span);
        }
        if secret {
            return self.error("there is no such attribute in the object", span);
        }
        self.error(format!("there is no `{name}` in the object"), span)
    }

    pub(crate) fn index(&self, value: &Val, index: &Val, span: Span) -> Val {
        self.each_way(&[value.clone(), index.clone()], span, &|values| {
            let [value, index] = values else {
                return self.error("an index of nothing", span);
            };
            match &value.kind {
                Kind::Resource(resource) if resource.instance.is_none() => {
                    let instance = Some(index.clone());
                    Val::new(Kind::Resource(Rc::new(Resource { instance, ..(**resource).clone() })), span)
                }
                Kind::List(seq) if seq.sort == SeqSort::Set => {
                    self.error("a set has no elements by index", span)
                }
                Kind::List(seq) => self.item(seq, index, span),
                Kind::Object(map) => match index.known_str() {
                    Some(name) => self.field(map, &name, span, index.sensitive.is_some()),
                    None => self.any_of(self.elements(value), index, span),
                },
                Kind::Unknown(unknown) => self.still_unknown(unknown, span),
                _ => self.error(format!("{} has no elements", value.sort()), span),
            }
        })
    }

    fn item(&self, seq: &Seq, index: &Val, span: Span) -> Val {
        let Some(number) = index.known_number() else {
            let key = |(n, v): (usize, &Val)| (Val::counted(n, v.span), v.clone());
            let items = seq.items.iter().enumerate().map(key).collect();
            return self.any_of(Some((items, seq.open.clone())), index, span);
        };
        let found = seq.items.iter().zip(0u32..).find(|(_, n)| f64::from(*n) == number);
        match (found, &seq.open) {
            (Some((item, _)), None) => item.clone(),
            // Unknown elements may stand before the known ones.
            (_, Some(open)) => self.still_unknown(open, span),
            (None, None) => {
                self.error(format!("there is no element {number} in a list of {}", seq.items.len()), span)
            }
        }
    }

    /// The element under a key that is not known: one of those there are.
    fn any_of(&self, elements: Option<Elements>, index: &Val, span: Span) -> Val {
        let unknown = || match index.why_unknown() {
            Some(unknown) => self.still_unknown(&unknown, span),
            None => self.error(format!("{} as an index", index.sort()), span),
        };
        let Some((elements, None)) = elements else {
            return unknown();
        };
        let Some(reason) = index.why_unknown() else {
            return unknown();
        };
        if elements.is_empty() || elements.len() > MAX_ALTERNATIVES {
            return unknown();
        }
        let Some(keys) = elements.iter().map(|(k, _)| k.known_str()).collect::<Option<Vec<_>>>() else {
            return unknown();
        };
        let branches = elements
            .into_iter()
            .zip(&keys)
            .map(|((_, value), key)| Alternative {
                when: format!("`{}` is `{key}`", reason.what).into(),
                standing: Standing::Unsettled,
                value,
            })
            .collect();
        let name = format!("{} among {}", reason.what, keys.join(", ")).into();
        Val::one_of(Choice { name, span: index.span, branches, inputs: Inputs::default() }, span)
    }

    /// The elements of a collection in Terraform's order: objects by key. `None` if the value is no collection
    /// that is known.
    pub(crate) fn elements(&self, value: &Val) -> Option<Elements> {
        let secret = |v: &Val| v.clone().hide(value.sensitive.clone());
        match &value.kind {
            Kind::List(seq) => {
                let pair = |(n, v): (usize, &Val)| {
                    // In a set the key is the element.
                    let key = match &seq.open {
                        _ if seq.sort == SeqSort::Set => secret(v),
                        None => Val::counted(n, v.span),
                        // Others may stand before it.
                        Some(open) => unknown_val(Arc::clone(open), v.span),
                    };
                    (key, secret(v))
                };
                Some((seq.items.iter().enumerate().map(pair).collect(), seq.open.clone()))
            }
            Kind::Object(map) => {
                let mut sorted = BTreeMap::new();
                for field in &map.fields {
                    let key = field.key.known()?;
                    let name = Val::new(Kind::Str(field.key.clone()), field.key_span);
                    sorted.insert(key, (name, secret(&field.value)));
                }
                Some((sorted.into_values().collect(), map.open.clone()))
            }
            Kind::Resource(resource) if resource.instance.is_none() => self.keyed_instances(resource),
            _ => None,
        }
    }

    /// The instances of a block with `count` or `for_each` by their keys, if all keys are known.
    fn keyed_instances(&self, resource: &Resource) -> Option<Elements> {
        let Found { list, open, .. } = self.instances_of(resource);
        let keyed = |value: Val| match &value.kind {
            Kind::Resource(one) => one.instance.clone().map(|key| (key, value.clone())),
            _ => None,
        };
        Some((list.into_iter().map(keyed).collect::<Option<Vec<_>>>()?, open))
    }

    /// A block with `count` as the list, and one with `for_each` as the object, that it is for functions.
    pub(super) fn expanded(&self, value: Val) -> Val {
        let Kind::Resource(resource) = &value.kind else {
            return value;
        };
        let each =
            |block: &Block| block.body().first(&["count", "for_each"]).map(|a| &*a.name.text == "count");
        let Some(counted) = self.block_of(resource).filter(|_| resource.instance.is_none()).and_then(each)
        else {
            return value;
        };
        if let Found { list, when: Some(choice), .. } = self.instances_of(resource) {
            return some_or_none(&choice, &list, value.span);
        }
        let Some((elements, open)) = self.keyed_instances(resource) else {
            return value;
        };
        if counted {
            return Val::list(elements.into_iter().map(|(_, v)| v).collect(), open, value.span);
        }
        let field = |(key, value): (Val, Val)| Some(Field { key: key.to_str()?, key_span: key.span, value });
        match elements.into_iter().map(field).collect::<Option<Vec<_>>>() {
            Some(fields) => Val::object(fields, open, value.span),
            None => value,
        }
    }

    pub(super) fn comprehension(&self, f: &For, span: Span, scope: &Scope) -> Val {
        let collection = self.eval(&f.collection, scope);
        if !matches!(f.collection.kind, ExprKind::Traversal(_)) && collection.holds_error() {
            return self.failed(&collection, span);
        }
        self.each_way(&[collection], span, &|values| {
            let Some(collection) = values.first() else {
                return self.error("a `for` over nothing", span);
            };
            let Some((elements, open)) = self.elements(collection) else {
                return match collection.why_unknown() {
                    Some(unknown) => self.still_unknown(&unknown, span),
                    None => self.error(format!("`for` over {}", collection.sort()), span),
                };
            };
            let names = (f.key.as_deref(), &*f.value);
            if let Some(wrong) = self.never_a_condition(f, names, scope) {
                return wrong;
            }
            let scopes: Vec<Scope> = elements.into_iter().map(|(k, v)| bind(scope, names, k, v)).collect();
            let test = |test| scopes.iter().map(|scope| self.eval(test, scope)).collect::<Vec<Val>>();
            // Which elements there are may depend on alternatives.
            self.each_way(&f.test.as_ref().map(test).unwrap_or_default(), span, &|tests| {
                let scopes = scopes.iter().enumerate().map(|(n, scope)| (scope, tests.get(n)));
                match &f.result_key {
                    Some(key) => self.object_comprehension(f, key, scopes, open.clone(), span),
                    None => self.list_comprehension(f, scopes, open.clone(), span),
                }
            })
        })
    }

    /// The error that the condition is whatever the element is; Terraform looks before it starts, so that it finds
    /// one where there are no elements too.
    fn never_a_condition(&self, f: &For, names: (Option<&str>, &str), scope: &Scope) -> Option<Val> {
        let test = f.test.as_ref()?;
        let any = || Val::unknown("an element", Cause::Undecided("the element".into()), test.span);
        let scope = bind(scope, names, any(), any());
        let value = self.world.unread(|| self.eval(test, &scope));
        let fits = value.known_bool().is_some() || (value.first_unknown().is_some() && !value.holds_error());
        let scalar = !matches!(value.kind, Kind::List(_) | Kind::Object(_));
        if fits && scalar {
            return None;
        }
        Some(self.error(format!("{} as a condition", value.sort()), test.span))
    }

    /// Whether the element is kept; else what the result is, if that is an error, or why it is not known.
    fn kept(&self, f: &For, value: Option<&Val>) -> Result<bool, Arc<Unknown>> {
        let (Some(test), Some(value)) = (&f.test, value) else {
            return Ok(true);
        };
        value.known_bool().ok_or_else(|| {
            let source = self.source(test.span);
            let why = match value.first_unknown() {
                Some(unknown) if matches!(unknown.why, Cause::Invalid(_)) => unknown.why.clone(),
                Some(_) => Cause::Undecided(format!("`{source}`").into()),
                None => Cause::Invalid(format!("{} as a condition", value.sort()).into()),
            };
            Arc::new(Unknown::new(source, why, Some(test.span)))
        })
    }

    fn list_comprehension<'s>(
        &self,
        f: &For,
        scopes: impl Iterator<Item = (&'s Scope, Option<&'s Val>)>,
        mut open: Option<Arc<Unknown>>,
        span: Span,
    ) -> Val {
        let mut items = Vec::new();
        for (scope, test) in scopes {
            match self.kept(f, test) {
                Ok(true) => items.push(self.eval(&f.result, scope)),
                Ok(false) => {}
                Err(unknown) if matches!(unknown.why, Cause::Invalid(_)) => {
                    return unknown_val(unknown, span);
                }
                Err(unknown) => open = open.or(Some(unknown)),
            }
        }
        Val::list(items, open, span)
    }

    fn object_comprehension<'s>(
        &self,
        f: &For,
        key: &crate::ir::Expr,
        scopes: impl Iterator<Item = (&'s Scope, Option<&'s Val>)>,
        mut open: Option<Arc<Unknown>>,
        span: Span,
    ) -> Val {
        let mut fields: Vec<Field> = Vec::new();
        let mut groups: Vec<Vec<Val>> = Vec::new();
        let mut places: BTreeMap<Rc<str>, usize> = BTreeMap::new();
        for (scope, test) in scopes {
            match self.kept(f, test) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(unknown) if matches!(unknown.why, Cause::Invalid(_)) => {
                    return unknown_val(unknown, span);
                }
                Err(unknown) => {
                    open = open.or(Some(unknown));
                    continue;
                }
            }
            let value = self.eval(&f.result, scope);
            let name = self.eval(key, scope);
            let Some(text) = name.to_key(name.span) else {
                match name.why_unknown() {
                    Some(unknown) if !name.is_error() => open = open.or(Some(unknown)),
                    _ => return self.error(format!("{} as an object key", name.sort()), name.span),
                }
                continue;
            };
            if let Some(known) = text.known()
                && let Some(place) = places.insert(known, fields.len())
            {
                if !f.grouping {
                    return self.error("two elements have the same key", name.span);
                }
                if let Some(group) = groups.get_mut(place) {
                    group.push(value);
                }
                if let Some(known) = text.known() {
                    places.insert(known, place);
                }
                continue;
            }
            if f.grouping {
                groups.push(vec![value.clone()]);
            }
            fields.push(Field { key: text, key_span: name.span, value });
        }
        for (field, group) in fields.iter_mut().zip(groups) {
            field.value = Val::list(group, None, span);
        }
        Val::object(fields, open, span)
    }
}

fn unknown_val(unknown: Arc<Unknown>, span: Span) -> Val {
    Val::new(Kind::Unknown(unknown), span)
}
