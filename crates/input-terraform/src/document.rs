//! Policy documents: the data sources that build them, and the way from any policy argument to a located tree.
//!
//! Not here: what the policy means (the model's one lowering knows).

use std::rc::Rc;
use std::sync::Arc;

use model::{Cause, Node, Span, Standing, Unknown, Value};
use syntax::json;

use crate::eval::{Evaluator, Reads, Scope, named, pick};
use crate::grammar::{self, Grammar};
use crate::ir::{Block, Body, Expr, ExprKind};
use crate::merge::{Merged, as_merged, newer};
use crate::value::{Alternative, Choice, Field, Kind, Str, Val, hidden};

/// How many optional blocks of one statement are told apart.
const MAX_SETTLED: usize = 5;
/// How many more are taken as given values and defaults select them.
const MAX_SELECTED: usize = 40;

/// Blocks with the names bound in each, and why there may be more.
pub(crate) type Blocks<'b> = (Vec<(&'b Block, Scope)>, Option<Arc<Unknown>>);
/// Elements, and why there may be more.
type Listed = (Vec<Val>, Option<Arc<Unknown>>);
/// The version and the statements of a document.
type Contents = (Option<Val>, Listed);
/// What is built, or the condition that must be settled first.
type Attempt<T> = Result<T, Rc<Choice>>;

/// The JSON that a policy document data source gives.
pub(crate) fn build(evaluator: &Evaluator<'_>, block: &Block, scope: &Scope) -> Val {
    let grammar = block.label(0).and_then(Grammar::of).unwrap_or(&grammar::AWS);
    let builder = Builder { evaluator, grammar };
    let tree = builder.every_way(block.span, &|| builder.document(block, scope));
    Val::json(tree, block.header)
}

/// The blocks of one kind in the body of a resource, `dynamic` ones expanded, with the names bound in each; and why
/// there may be more.
pub(crate) fn blocks_of<'b>(
    evaluator: &Evaluator<'_>,
    body: &'b Body,
    kind: &str,
    scope: &Scope,
) -> Blocks<'b> {
    match (Builder { evaluator, grammar: &grammar::AWS }).blocks(body, kind, scope) {
        Ok(blocks) => blocks,
        Err(choice) => {
            let why = Cause::Undecided(format!("`{}`", choice.name).into());
            (Vec::new(), Some(Arc::new(Unknown::new(&*choice.name, why, Some(choice.span)))))
        }
    }
}

struct Builder<'e, 'a> {
    evaluator: &'e Evaluator<'a>,
    grammar: &'static Grammar,
}

impl Builder<'_, '_> {
    /// Builds; where a condition decides which blocks exist, builds once for each of its branches.
    fn every_way(&self, span: Span, build: &dyn Fn() -> Attempt<Val>) -> Val {
        let choice = match build() {
            Ok(value) => return value,
            Err(choice) => choice,
        };
        let settled = &self.evaluator.world.settled;
        let built = |index: usize, b: &Alternative| {
            settled.borrow_mut().push((choice.name.clone(), index));
            let value = self.evaluator.in_branch(&choice, b, || self.every_way(span, build));
            settled.borrow_mut().pop();
            value
        };
        if settled.borrow().len() >= MAX_SETTLED {
            let selected = choice.selected().and_then(|index| Some((index, choice.branches.get(index)?)));
            if let Some((index, branch)) = selected
                && settled.borrow().len() < MAX_SELECTED
            {
                self.evaluator.world.note_narrowed();
                return built(index, branch);
            }
            let why = Cause::Undecided(format!("`{}` and other conditions", choice.name).into());
            return Val::unknown(&*choice.name, why, span);
        }
        let branch = |(index, b): (usize, &Alternative)| Alternative { value: built(index, b), ..b.clone() };
        let branches = choice.branches.iter().enumerate().map(branch).collect();
        Val::one_of(choice.with(branches), span)
    }

    fn document(&self, block: &Block, scope: &Scope) -> Attempt<Val> {
        let header = block.header;
        let (blocks, mut open) = self.blocks(block.body(), "statement", scope)?;
        let mut merged = Merged::default();
        for name in ["source_json", "source_policy_documents"] {
            self.merge_documents(block.body(), name, scope, &mut merged)?;
        }
        let sources = merged.statements.len();
        for (statement, scope) in blocks {
            let built = self.every_way(statement.span, &|| self.statement(statement, &scope));
            // Of its own statements none replaces another: the provider refuses two of one `Sid`.
            merged.put(built, sources);
        }
        for name in ["override_json", "override_policy_documents"] {
            self.merge_documents(block.body(), name, scope, &mut merged)?;
        }
        open = open.or(merged.open);
        let (key, version) = match self.given(block.body(), "version", scope) {
            Some((key, value)) => (key, value),
            None => (header, Val::converted(self.grammar.version, header)),
        };
        let version = merged.versions.into_iter().fold(version, newer);
        let statements = Val::list(merged.statements, open, block.span);
        let fields = vec![field("Version", key, version), field("Statement", header, statements)];
        Ok(Val::object(fields, None, block.span))
    }

    /// The statements of other documents, by `Sid` in the place of those they override.
    fn merge_documents(&self, body: &Body, name: &str, scope: &Scope, merged: &mut Merged) -> Attempt<()> {
        let Some((_, value)) = self.given(body, name, scope) else {
            return Ok(());
        };
        if let Kind::OneOf(choice) = &value.kind {
            return Err(Rc::clone(choice));
        }
        let documents = match &value.kind {
            Kind::List(list) => {
                merged.may_hold_more(list.open.clone());
                list.items.clone()
            }
            _ => vec![value],
        };
        for document in documents {
            let empty = document.known_str().is_some_and(|text| text.is_empty());
            if empty || matches!(document.kind, Kind::Null) {
                continue;
            }
            match self.contents_of(&document)? {
                Ok((version, (more, rest))) => {
                    let all = merged.statements.len();
                    more.into_iter().for_each(|statement| merged.put(as_merged(statement), all));
                    merged.may_hold_more(rest);
                    merged.versions.extend(version);
                }
                Err(unknown) => merged.may_hold_more(Some(unknown)),
            }
        }
        Ok(())
    }

    /// The version and the statements of a document, or why they are not known.
    fn contents_of(&self, document: &Val) -> Attempt<Result<Contents, Arc<Unknown>>> {
        let unknown = |why: Cause| {
            Arc::new(Unknown::new(self.evaluator.source(document.span), why, Some(document.span)))
        };
        let document = self.evaluator.settle(document.clone());
        if let Some(name) = &document.sensitive {
            return Ok(Err(Arc::new(hidden(name, document.span))));
        }
        let tree = match &document.kind {
            Kind::Str(text) => match text.tree() {
                Some(tree) => (**tree).clone(),
                None => match json::parse_decoded(&text.decoded()) {
                    Ok(node) => Val::of_node(&node),
                    Err(error) => return Ok(Err(unknown(Cause::Invalid(error.message.into())))),
                },
            },
            Kind::OneOf(choice) => return Err(Rc::clone(choice)),
            _ => {
                return Ok(Err(document.why_unknown().unwrap_or_else(|| {
                    unknown(Cause::Invalid(format!("{} as a policy document", document.sort()).into()))
                })));
            }
        };
        let tree = self.evaluator.settle(tree);
        let version = match &tree.kind {
            Kind::Object(map) => {
                map.fields.iter().rev().find(|f| f.key.is("Version")).map(|f| f.value.clone())
            }
            _ => None,
        };
        let statements = self.evaluator.settle(self.evaluator.attribute(&tree, "Statement", document.span));
        match &statements.kind {
            Kind::List(list) => Ok(Ok((version, (list.items.clone(), list.open.clone())))),
            Kind::Object(_) => Ok(Ok((version, (vec![statements], None)))),
            Kind::OneOf(choice) => Err(Rc::clone(choice)),
            _ => Ok(Err(statements
                .why_unknown()
                .unwrap_or_else(|| unknown(Cause::Invalid("a policy document without statements".into()))))),
        }
    }

    fn statement(&self, block: &Block, scope: &Scope) -> Attempt<Val> {
        let body = &block.body();
        let mut fields = Vec::new();
        match self.given(body, "effect", scope) {
            Some((key, value)) => fields.push(field("Effect", key, value)),
            None => fields.push(field("Effect", block.ident.span, Val::converted("Allow", block.ident.span))),
        }
        for (attribute, element) in self.grammar.elements {
            if let Some((key, value)) = self.given(body, attribute, scope) {
                let value = if attribute.ends_with("resources") { self.unescaped(value) } else { value };
                let empty =
                    matches!(&value.kind, Kind::List(list) if list.items.is_empty() && list.open.is_none());
                if !empty {
                    fields.push(field(element, key, value));
                }
            }
        }
        for (name, element) in self.grammar.principals {
            let (blocks, open) = self.blocks(body, name, scope)?;
            if let Some(value) = self.principals(&blocks, open, block.span) {
                fields.push(field(
                    element,
                    blocks.first().map_or(block.ident.span, |(b, _)| b.ident.span),
                    value,
                ));
            }
        }
        let (blocks, open) = self.blocks(body, "condition", scope)?;
        if !blocks.is_empty() || open.is_some() {
            let key = blocks.first().map_or(block.ident.span, |(b, _)| b.ident.span);
            fields.push(field("Condition", key, self.conditions(&blocks, open, block.span)));
        }
        Ok(Val::object(fields, None, block.span))
    }

    fn principals(
        &self,
        blocks: &[(&Block, Scope)],
        mut open: Option<Arc<Unknown>>,
        span: Span,
    ) -> Option<Val> {
        let mut fields: Vec<Field> = Vec::new();
        for (block, scope) in blocks {
            let kind = self.required(block, self.grammar.principal_kind, scope);
            let ids = self.unescaped(self.required(block, "identifiers", scope));
            // The provider writes the one identifier `*` of type `*` as the bare star; everything else keeps its
            // type as the key, which IAM refuses if it is `*`.
            if let ([_], true, Kind::List(list)) =
                (blocks, kind.known_str().as_deref() == Some("*"), &ids.kind)
                && let ([id], None) = (list.items.as_slice(), &list.open)
                && open.is_none()
                && id.known_str().is_none_or(|id| &*id == "*")
            {
                return Some(id.clone().hide(ids.sensitive.clone()));
            }
            match kind.to_str() {
                Some(key) => add(&mut fields, key, kind.span, ids),
                None => open = open.or_else(|| Some(self.no_name(&kind))),
            }
        }
        let nothing = fields.is_empty() && open.is_none();
        (!nothing).then(|| Val::object(fields, open, span))
    }

    fn conditions(&self, blocks: &[(&Block, Scope)], mut open: Option<Arc<Unknown>>, span: Span) -> Val {
        let mut operators: Vec<Field> = Vec::new();
        for (block, scope) in blocks {
            let operator = self.required(block, self.grammar.operator, scope);
            let variable = self.required(block, "variable", scope);
            let values = self.unescaped(self.required(block, "values", scope));
            let (Some(name), Some(key)) = (operator.to_str(), variable.to_str()) else {
                let culprit = if operator.to_str().is_none() { &operator } else { &variable };
                open = open.or_else(|| Some(self.no_name(culprit)));
                continue;
            };
            let known = name.known();
            let same = operators.iter_mut().find(|f| known.is_some() && f.key.known() == known);
            let mut tests = match &same {
                Some(before) => match &before.value.kind {
                    Kind::Object(map) => map.fields.clone(),
                    _ => Vec::new(),
                },
                None => Vec::new(),
            };
            add(&mut tests, key, variable.span, values);
            let tests = Val::object(tests, None, block.span);
            match same {
                Some(before) => before.value = tests,
                None => operators.push(Field { key: name, key_span: operator.span, value: tests }),
            }
        }
        Val::object(operators, open, span)
    }

    /// Why a value is no name.
    fn no_name(&self, value: &Val) -> Arc<Unknown> {
        value.why_unknown().unwrap_or_else(|| {
            let why = Cause::Invalid(format!("{} where a name is needed", value.sort()).into());
            Arc::new(Unknown::new(self.evaluator.source(value.span), why, Some(value.span)))
        })
    }

    /// The blocks of one kind, `dynamic` ones expanded.
    fn blocks<'b>(&self, body: &'b Body, kind: &str, scope: &Scope) -> Attempt<Blocks<'b>> {
        let mut found = Vec::new();
        let mut open = None;
        for block in &body.blocks {
            if block.is(kind) {
                found.push((block, scope.clone()));
            } else if block.is("dynamic") && block.label(0) == Some(kind) {
                self.expand(block, kind, scope, &mut found, &mut open)?;
            }
        }
        Ok((found, open))
    }

    fn expand<'b>(
        &self,
        block: &'b Block,
        kind: &str,
        scope: &Scope,
        found: &mut Vec<(&'b Block, Scope)>,
        open: &mut Option<Arc<Unknown>>,
    ) -> Attempt<()> {
        let (Some(each), Some(content)) =
            (block.body().attribute("for_each"), block.body().blocks.iter().find(|b| b.is("content")))
        else {
            let why = Cause::Invalid("a dynamic block needs `for_each` and `content`".into());
            *open = open.take().or_else(|| Some(Arc::new(Unknown::new("dynamic", why, Some(block.span)))));
            return Ok(());
        };
        let iterator = match block.body().attribute("iterator").map(|a| &a.value.kind) {
            Some(ExprKind::Name(name)) => name,
            _ => kind,
        };
        let evaluate = || self.evaluator.settle(self.evaluator.eval(&each.value, scope));
        let (collection, reads) = self.evaluator.world.reading(evaluate);
        if let Kind::OneOf(choice) = &collection.kind {
            return Err(Rc::clone(choice));
        }
        let optional = Optional { block, content, iterator, each: &each.value, scope };
        let collection = match self.presence(&optional, collection, &reads, &evaluate)? {
            Some(collection) => collection,
            None => return Ok(()),
        };
        let span = each.value.span;
        let Some((elements, more)) = self.evaluator.elements(&collection) else {
            let source = self.evaluator.source(span);
            let unknown = match collection.why_unknown() {
                Some(unknown) => Arc::new(Unknown::new(source, unknown.why.clone(), Some(span))),
                None => {
                    let why = Cause::Invalid(format!("{} in `for_each`", collection.sort()).into());
                    Arc::new(Unknown::new(source, why, Some(span)))
                }
            };
            *open = open.take().or(Some(unknown));
            return Ok(());
        };
        *open = open.take().or(more);
        let is_set = matches!(collection.kind, Kind::List(_));
        for (key, value) in elements {
            let key = if is_set && value.known_str().is_some() { value.clone() } else { key };
            let element = named(&[("key", key), ("value", value)], span);
            found.push((content, scope.with(iterator, element)));
        }
        Ok(())
    }

    /// What a dynamic block ranges over; `None` for nothing. Whether there is any block at all may rest on inputs:
    /// another value that brings a guard or takes it away is a choice. Which other elements there might be is not
    /// speculated about.
    fn presence(
        &self,
        optional: &Optional<'_>,
        collection: Val,
        reads: &Reads,
        evaluate: &dyn Fn() -> Val,
    ) -> Attempt<Option<Val>> {
        let evaluator = self.evaluator;
        let span = optional.each.span;
        let source = evaluator.source(span);
        let name: Box<str> =
            evaluator.here(&format!("{source} has elements"), optional.each, optional.scope).into();
        let any = || {
            let why = Cause::Undecided("the value that is given instead".into());
            let items = vec![Val::unknown(source.as_str(), why, span)];
            Val::list(items, None, span)
        };
        let decided = evaluator.world.settled.borrow().iter().rfind(|(n, _)| *n == name).map(|(_, i)| *i);
        let count = |value: &Val| Some(evaluator.elements(value)?.0.len());
        match (decided, count(&collection)) {
            (Some(HAS_NONE), _) => return Ok(None),
            (Some(_), Some(1..)) => return Ok(Some(collection)),
            (Some(_), _) => return Ok(Some(any())),
            (None, None) => return Ok(Some(collection)),
            (None, Some(_)) => {}
        }
        if reads.inputs.is_empty() || !optional.matters() {
            return Ok(Some(collection));
        }
        let has = count(&collection).is_some_and(|count| count > 0);
        let other = evaluator.world.changing(&reads.inputs, || match evaluator.elements(&evaluate()) {
            Some((elements, open)) => elements.is_empty() == has || (open.is_some() && !has),
            None => true,
        });
        if other != Some(true) {
            return Ok(Some(collection));
        }
        let (now, another) = (evaluator.as_things_are(&reads.inputs), evaluator.given_another(&reads.inputs));
        let branch =
            |when: String, standing| Alternative { when: when.into(), standing, value: Val::null(span) };
        let selected = branch(now, Standing::Selected);
        let permitted = branch(another, Standing::Permitted);
        let branches = if has { vec![selected, permitted] } else { vec![permitted, selected] };
        Err(Rc::new(Choice { name, span, branches, inputs: Rc::new(reads.inputs.clone()) }))
    }

    /// The value of an attribute that is given and not null, and where its name stands.
    fn given(&self, body: &Body, name: &str, scope: &Scope) -> Option<(Span, Val)> {
        let attribute = body.attribute(name)?;
        let value = self.evaluator.settle(self.evaluator.eval(&attribute.value, scope));
        match value.kind {
            Kind::Null => None,
            _ => Some((attribute.name.span, value)),
        }
    }

    fn required(&self, block: &Block, name: &str, scope: &Scope) -> Val {
        match self.given(block.body(), name, scope) {
            Some((_, value)) => value,
            None => self.evaluator.error(format!("`{name}` is missing"), block.ident.span),
        }
    }

    /// Terraform writes IAM's `${…}` as `&{…}`; the provider changes that in resources, identifiers and values.
    fn unescaped(&self, value: Val) -> Val {
        if !self.grammar.escapes {
            return value;
        }
        match &value.kind {
            Kind::Str(text) if text.tree().is_none() => {
                Val { kind: Kind::Str(text.map_known(|s| s.replace("&{", "${"))), ..value }
            }
            Kind::List(list) => {
                let items = list.items.iter().map(|item| self.unescaped(item.clone())).collect();
                Val { kind: Val::list(items, list.open.clone(), value.span).kind, ..value }
            }
            Kind::OneOf(choice) => {
                let branch =
                    |b: &Alternative| Alternative { value: self.unescaped(b.value.clone()), ..b.clone() };
                let branches = choice.branches.iter().map(branch).collect();
                Val { kind: Val::one_of(choice.with(branches), value.span).kind, ..value }
            }
            _ => value,
        }
    }
}

/// The branch of a dynamic block in which it ranges over nothing.
const HAS_NONE: usize = 1;

/// A dynamic block.
struct Optional<'b> {
    block: &'b Block,
    content: &'b Block,
    iterator: &'b str,
    each: &'b Expr,
    scope: &'b Scope,
}

impl Optional<'_> {
    /// Whether it matters that there is such a block: a condition is a guard; a statement grants something that is
    /// known unless it names those whom it trusts by the elements.
    fn matters(&self) -> bool {
        let principals =
            |b: &&Block| matches!(b.label(0).unwrap_or(&b.ident.text), "principals" | "principal");
        match self.block.label(0) {
            Some("condition") => true,
            Some("statement") => {
                !self.content.body().blocks.iter().filter(principals).any(|b| self.ranges(b))
            }
            _ => false,
        }
    }

    /// Whether something inside a block is taken from the elements.
    fn ranges(&self, block: &Block) -> bool {
        let mut found = false;
        for attribute in &block.body().attributes {
            attribute.value.traversals(&mut |t| {
                found |= matches!(&t.base.kind, ExprKind::Name(name) if **name == *self.iterator);
            });
        }
        found || block.body().blocks.iter().any(|inner| self.ranges(inner))
    }
}

impl Evaluator<'_> {
    /// The value under what is settled at the moment.
    pub(crate) fn settle(&self, mut value: Val) -> Val {
        for (name, index) in self.world.settled.borrow().iter() {
            value = pick(&value, name, *index);
        }
        value
    }
}

fn field(name: &str, key_span: Span, value: Val) -> Field {
    Field { key: Str::converted(name, key_span), key_span, value }
}

/// Adds values under a key; several blocks of one key are one list.
fn add(fields: &mut Vec<Field>, key: Str, key_span: Span, values: Val) {
    let known = key.known();
    let same = fields.iter_mut().find(|f| known.is_some() && f.key.known() == known);
    match same {
        Some(before) => {
            let (mut items, open) = as_list(&before.value);
            let (more, more_open) = as_list(&values);
            items.extend(more);
            before.value = Val::list(items, open.or(more_open), before.value.span);
        }
        None => fields.push(Field { key, key_span, value: values }),
    }
}

fn as_list(value: &Val) -> Listed {
    let secret = || value.sensitive.clone();
    match &value.kind {
        Kind::List(list) => {
            (list.items.iter().map(|v| v.clone().hide(secret())).collect(), list.open.clone())
        }
        Kind::Unknown(unknown) => (Vec::new(), Some(Arc::clone(unknown))),
        Kind::OneOf(_) => (Vec::new(), value.why_unknown()),
        _ => (vec![value.clone()], None),
    }
}

/// A policy argument that is no policy.
#[derive(Clone, Debug)]
pub(crate) struct NotJson {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// The located tree of a policy argument: JSON text from anywhere, or the tree that was encoded.
pub(crate) fn document_node(value: &Val) -> Result<Node, NotJson> {
    if value.sensitive.is_some() {
        return Ok(value.to_node());
    }
    match &value.kind {
        Kind::Str(text) => match text.tree() {
            Some(tree) => Ok(tree.to_node()),
            None => match json::parse_decoded(&text.decoded()) {
                Ok(node) => Ok(node),
                Err(error) => match value.why_unknown() {
                    // What is not known may be more than a value: then the text says nothing for certain.
                    Some(unknown) => Ok(Node::new(Value::Unknown((*unknown).clone()), value.span)),
                    None if text.is("") => {
                        Err(NotJson { span: value.span, message: "the policy is empty".into() })
                    }
                    None => Err(NotJson { span: error.span, message: error.message }),
                },
            },
        },
        Kind::OneOf(choice) => {
            let branch = |v: &Val| match document_node(v) {
                Ok(node) => node,
                Err(error) => Node::unknown("policy", Cause::Invalid(error.message.into()), error.span),
            };
            Ok(Node::new(Value::OneOf(choice.map_to(branch)), value.span))
        }
        Kind::Unknown(_) | Kind::Resource(_) => Ok(value.to_node()),
        _ => Err(NotJson { span: value.span, message: format!("{} is no policy", value.sort()) }),
    }
}
