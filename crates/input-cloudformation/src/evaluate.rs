//! The values of a template, with unknowns kept: `Ref`, `Fn::GetAtt`, `Fn::If`, mappings and lists. Text is put
//! together in [`crate::string`], conditions are decided in [`crate::condition`].
//!
//! Only what a role needs is evaluated, on demand. Not here: which properties those are.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use model::{Cause, Located, Node, Object, Piece, Span, Symbol, Text, Unknown, Value};

use crate::condition::Settled;
use crate::lift::{self, Budget, Outcome};
use crate::string;
use crate::template::{Resource, Template};

/// How much work any template may cause, in steps; and how much more for each value in it, so that a large one is
/// not cut short but none takes more than linear time.
const BUDGET: usize = 500_000;
const BUDGET_PER_VALUE: usize = 10;

/// How deep evaluation may go, through expressions and the names they refer to.
const MAX_DEPTH: usize = 256;

/// Evaluates expressions of one template.
pub(crate) struct Evaluator<'n> {
    pub(crate) template: &'n Template<'n>,
    pub(crate) budget: Budget,
    /// Conditions decided so far.
    pub(crate) settled: RefCell<HashMap<String, Settled>>,
    /// The names that are being looked up, to see cycles.
    chain: RefCell<Vec<String>>,
    depth: Cell<usize>,
    /// Parameters that have another value than their default in the branch being evaluated.
    changed: RefCell<Vec<String>>,
}

impl<'n> Evaluator<'n> {
    /// Evaluates expressions of `template`, which is that of `document`.
    pub(crate) fn new(template: &'n Template<'n>, document: &Node) -> Self {
        let steps = BUDGET.saturating_add(BUDGET_PER_VALUE.saturating_mul(lift::size(document)));
        Evaluator {
            template,
            budget: Budget::new(steps),
            settled: RefCell::default(),
            chain: RefCell::default(),
            depth: Cell::new(0),
            changed: RefCell::default(),
        }
    }

    /// What an expression says.
    pub(crate) fn eval(&self, node: &Node) -> Outcome {
        let within = if self.budget.spend(1) { self.deeper(|| self.eval_value(node)) } else { None };
        within.unwrap_or_else(|| {
            let why = Cause::Unsupported("the template takes too much work".into());
            Outcome::Node(Node::unknown("an expression", why, node.span))
        })
    }

    /// Runs `f` one level deeper; `None` where that is too deep.
    pub(crate) fn deeper<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return None;
        }
        self.depth.set(depth + 1);
        let result = f();
        self.depth.set(depth);
        Some(result)
    }

    fn eval_value(&self, node: &Node) -> Outcome {
        match &node.value {
            Value::Object(object) => match intrinsic(object) {
                Some((name, argument)) => self.intrinsic(name, argument, node.span),
                None => Outcome::Node(self.object(object, node.span)),
            },
            Value::List(list) => {
                let items = list.items.iter().map(|item| self.eval(item)).collect();
                Outcome::Node(lift::list(items, list.open.clone(), node.span, &self.budget))
            }
            Value::Text(text) => {
                self.budget.spend(text.as_str().map_or(1, |t| t.len() / 32));
                Outcome::Node(string::dynamic_references(node))
            }
            _ => Outcome::Node(node.clone()),
        }
    }

    /// What an expression says where there must be a value.
    pub(crate) fn value(&self, node: &Node) -> Node {
        self.eval(node).needed(node.span)
    }

    fn object(&self, object: &Object, span: Span) -> Node {
        let mut open = object.open.clone();
        let mut entries = Vec::with_capacity(object.entries.len());
        for entry in &object.entries {
            match entry.key.value.as_str().filter(|key| is_intrinsic(key)) {
                Some(key) => {
                    let why = Cause::Unsupported(format!("`{key}` beside other keys").into());
                    open = open.or(Some(Unknown::new(key, why, Some(entry.key.span))));
                }
                None => entries.push((entry.key.clone(), self.eval(&entry.value))),
            }
        }
        lift::object(entries, open, span, &self.budget)
    }

    fn intrinsic(&self, name: &str, argument: &Node, span: Span) -> Outcome {
        match name {
            "Ref" => return self.reference(argument),
            "Fn::If" => return self.conditional(argument, span),
            _ => {}
        }
        // The other functions want a value, and of a conditional one they have one result a branch.
        let compute: &dyn Fn(&Node) -> Node = match name {
            "Fn::GetAtt" => &|argument| self.attribute(argument),
            "Fn::Sub" => return Outcome::Node(string::substitute(self, argument, span)),
            "Fn::Join" => &|argument| string::join(argument, &self.budget),
            "Fn::Split" => &string::split,
            "Fn::Select" => &select,
            "Fn::FindInMap" => &|argument| self.find_in_map(argument),
            _ => {
                let why = Cause::Unsupported(format!("the function `{name}`").into());
                let what = format!("`{name}`");
                let text = matches!(name, "Fn::ImportValue" | "Fn::Base64");
                return Outcome::Node(match text {
                    true => unknown_text(what, why, span),
                    false => Node::unknown(what, why, span),
                });
            }
        };
        let argument = self.value(argument);
        Outcome::Node(lift::distribute(&argument, &self.budget, compute))
    }

    /// Runs `f` while `name` is being looked up; `None` if that would go around in a circle.
    pub(crate) fn within<T>(&self, name: String, f: impl FnOnce() -> T) -> Option<T> {
        let mut chain = self.chain.borrow_mut();
        if chain.contains(&name) {
            return None;
        }
        chain.push(name);
        drop(chain);
        let result = f();
        self.chain.borrow_mut().pop();
        Some(result)
    }

    fn reference(&self, argument: &Node) -> Outcome {
        let Some(name) = argument.scalar() else {
            return Outcome::Node(invalid("Ref", "takes a name", argument.span));
        };
        match name.value.as_str() {
            Some("AWS::NoValue" | "ALIYUN::NoValue") => Outcome::Absent,
            Some(known) => Outcome::Node(self.named(known, argument.span)),
            None => Outcome::Node(invalid("Ref", "takes a name that is no expression", argument.span)),
        }
    }

    /// The value that `Ref` gives a name, used at `span`.
    pub(crate) fn named(&self, name: &str, span: Span) -> Node {
        if let Some(pseudo) = pseudo_parameter(name, span) {
            return pseudo;
        }
        if let Some(parameter) = self.template.parameters.get(name) {
            if self.changed.borrow().iter().any(|changed| changed == name) {
                let why = Cause::Undecided("the value that is given instead of its default".into());
                return Kind::of(parameter).unknown(name, why, span);
            }
            return parameter_value(name, parameter, span);
        }
        match self.template.resource(name) {
            Some(resource) => self.resource_reference(resource, span),
            None => {
                let why = Cause::Unresolved(format!("nothing in the template is called `{name}`").into());
                Node::unknown(format!("`{name}`"), why, span)
            }
        }
    }

    /// What `Ref` of a resource gives: for IAM its name or its ARN.
    fn resource_reference(&self, resource: &Resource<'_>, span: Span) -> Node {
        let text = match resource.kind {
            "AWS::IAM::Role" => self.own_text(resource, "RoleName"),
            "AWS::IAM::User" => self.own_text(resource, "UserName"),
            "AWS::IAM::OIDCProvider" | "AWS::IAM::SAMLProvider" | "AWS::IAM::ManagedPolicy" => {
                self.arn(resource)
            }
            _ => None,
        };
        match text {
            Some(text) => Node { defined: Some(resource.id.span), ..Node::new(Value::Text(text), span) },
            None => unknown_text(format!("`{}`", resource.name()), Cause::AfterApply, span),
        }
    }

    fn attribute(&self, argument: &Node) -> Node {
        let path: Option<Vec<Text>> = match &argument.value {
            Value::List(list) => list.items.iter().map(|n| n.scalar().map(|t| t.value)).collect(),
            _ => argument.scalar().and_then(|t| {
                let (resource, attribute) = t.value.as_str()?.split_once('.')?;
                Some(vec![Text::lit(resource), Text::lit(attribute)])
            }),
        };
        let path: Option<Vec<String>> =
            path.and_then(|p| p.iter().map(|t| t.as_str().map(str::to_owned)).collect());
        match path.as_deref() {
            Some([resource, attribute]) => self.attribute_of(resource, attribute, argument.span),
            _ => invalid("Fn::GetAtt", "takes a resource and an attribute", argument.span),
        }
    }

    /// What `Fn::GetAtt` gives for an attribute, used at `span`.
    pub(crate) fn attribute_of(&self, id: &str, attribute: &str, span: Span) -> Node {
        let what = format!("`{id}.{attribute}`");
        let Some(resource) = self.template.resource(id) else {
            let why = Cause::Unresolved(format!("no resource is called `{id}`").into());
            return Node::unknown(what, why, span);
        };
        let text = match (attribute, resource.kind) {
            ("Arn", _) => self.arn(resource),
            ("RoleName", "ALIYUN::RAM::Role") => self.own_text(resource, "RoleName"),
            _ => None,
        };
        match text {
            Some(text) => Node { defined: Some(resource.id.span), ..Node::new(Value::Text(text), span) },
            // A custom resource may answer with anything.
            None if resource.kind.starts_with("Custom::") || resource.kind.ends_with("::CustomResource") => {
                Node::unknown(what, Cause::AfterApply, span)
            }
            None => unknown_text(what, Cause::AfterApply, span),
        }
    }

    /// The ARN of an identity in this template: always in the own account.
    fn arn(&self, resource: &Resource<'_>) -> Option<Text> {
        let (kind, name) = match resource.kind {
            "AWS::IAM::Role" => ("role", "RoleName"),
            "AWS::IAM::User" => ("user", "UserName"),
            "AWS::IAM::ManagedPolicy" => ("policy", "ManagedPolicyName"),
            "AWS::IAM::SAMLProvider" => ("saml-provider", "Name"),
            "AWS::IAM::OIDCProvider" => ("oidc-provider", "Url"),
            "ALIYUN::RAM::Role" => return Some(self.ram_role_arn(resource)),
            _ => return None,
        };
        let mut arn = Text::lit("arn:");
        arn.push(Piece::Symbol(Symbol::Partition));
        arn.push_str(":iam::");
        arn.push(Piece::Symbol(Symbol::OwnAccount));
        arn.push_str(&format!(":{kind}"));
        match (kind, resource.property("Path")) {
            ("role" | "user" | "policy", Some(_)) => {
                arn.append(&self.own_text(resource, "Path").unwrap_or_else(|| Text::lit("/")));
            }
            _ => arn.push_str("/"),
        }
        let name = self.own_text(resource, name).unwrap_or_else(|| {
            let what = format!("the name of `{}`", resource.name());
            Text::unknown(Unknown::new(what, Cause::AfterApply, Some(resource.id.span)))
        });
        match (kind, name.as_str()) {
            ("oidc-provider", Some(url)) => arn.push_str(url.strip_prefix("https://").unwrap_or(url)),
            _ => arn.append(&name),
        }
        Some(arn)
    }

    fn ram_role_arn(&self, resource: &Resource<'_>) -> Text {
        let mut arn = Text::lit("acs:ram::");
        arn.push(Piece::Symbol(Symbol::OwnAccount));
        arn.push_str(":role/");
        match self.own_text(resource, "RoleName") {
            // RAM writes the name in lower case there; of other names the spelling is not known for sure.
            Some(name) if name.as_str().is_some_and(|n| n == n.to_lowercase()) => arn.append(&name),
            _ => {
                let what = format!("the name of `{}`", resource.name());
                arn.push(Piece::Hole(Unknown::new(what, Cause::AfterApply, Some(resource.id.span)).into()));
            }
        }
        arn
    }

    /// A property that is one text, unknown where it depends on a condition or on itself; `None` if it is absent.
    fn own_text(&self, resource: &Resource<'_>, property: &str) -> Option<Text> {
        let node = resource.property(property)?;
        let name = format!("{}.{property}", resource.name());
        let unknown = |why| Text::unknown(Unknown::new(format!("`{name}`"), why, Some(node.span)));
        let Some(outcome) = self.within(name.clone(), || self.eval(node)) else {
            return Some(unknown(Cause::Invalid("it refers to itself".into())));
        };
        match outcome {
            Outcome::Absent => None,
            Outcome::Node(node) => Some(match node.scalar() {
                Some(text) => text.value,
                None => unknown(Cause::Undecided("a condition".into())),
            }),
            Outcome::Either(_) => Some(unknown(Cause::Undecided("a condition".into()))),
        }
    }

    fn conditional(&self, argument: &Node, span: Span) -> Outcome {
        let Value::List(list) = &argument.value else {
            return Outcome::Node(invalid("Fn::If", "takes a list", span));
        };
        let [condition, holds, fails] = list.items.as_slice() else {
            return Outcome::Node(invalid("Fn::If", "takes a condition and two values", span));
        };
        let Some(name) = condition.scalar().and_then(|t| t.value.as_str().map(str::to_owned)) else {
            return Outcome::Node(invalid("Fn::If", "takes the name of a condition", span));
        };
        let (name, negated) = self.canonical_condition(name);
        let (holds, fails) = if negated { (fails, holds) } else { (holds, fails) };
        let settled = self.condition(&name);
        match settled.fixed() {
            Some(true) => self.eval(holds),
            Some(false) => self.eval(fails),
            None => {
                let holds = self.assuming(settled.changed_if(true), || self.eval(holds));
                let fails = self.assuming(settled.changed_if(false), || self.eval(fails));
                settled.choice(&name, condition.span).between(holds, fails, span)
            }
        }
    }

    /// Runs `f` where these parameters do not have their defaults.
    fn assuming<T>(&self, parameters: Vec<String>, f: impl FnOnce() -> T) -> T {
        let before = self.changed.borrow().len();
        self.changed.borrow_mut().extend(parameters);
        let result = f();
        self.changed.borrow_mut().truncate(before);
        result
    }

    /// Runs `f` where every parameter has its default.
    pub(crate) fn by_default<T>(&self, f: impl FnOnce() -> T) -> T {
        let changed = self.changed.take();
        let result = f();
        self.changed.replace(changed);
        result
    }

    fn find_in_map(&self, argument: &Node) -> Node {
        let keys: Option<Vec<Located<Text>>> = match &argument.value {
            Value::List(list) => list.items.iter().take(3).map(Node::scalar).collect(),
            _ => None,
        };
        let Some([map, first, second]) = keys.as_deref() else {
            return invalid("Fn::FindInMap", "takes a map and two keys", argument.span);
        };
        let what = format!("mapping `{}`", map.value);
        let (Some(map), Some(first), Some(second)) =
            (map.value.as_str(), first.value.as_str(), second.value.as_str())
        else {
            let why = Cause::Undecided(format!("`{}` and `{}`", first.value, second.value).into());
            return Node::unknown(what, why, argument.span);
        };
        let found = self.template.mappings.and_then(|m| m.get(map)?.get(first)?.get(second));
        match found {
            Some(node) => node.clone().used_at(argument.span),
            None => {
                let why = Cause::Unresolved(format!("there is no `{first}`, `{second}` in it").into());
                Node::unknown(what, why, argument.span)
            }
        }
    }
}

/// The function and its argument, if the object is a call of one.
pub(crate) fn intrinsic(object: &Object) -> Option<(&str, &Node)> {
    match object.entries.as_slice() {
        [entry] if object.open.is_none() => {
            let name = entry.key.value.as_str().filter(|key| is_intrinsic(key))?;
            Some((name, &entry.value))
        }
        _ => None,
    }
}

fn is_intrinsic(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

/// A value that is one text, of which nothing else is known.
pub(crate) fn unknown_text(what: impl Into<Box<str>>, why: Cause, span: Span) -> Node {
    Node::new(Value::Text(Text::unknown(Unknown::new(what, why, Some(span)))), span)
}

/// A call that the service refuses.
pub(crate) fn invalid(function: &str, expected: &str, span: Span) -> Node {
    Node::unknown(format!("`{function}`"), Cause::Invalid(format!("`{function}` {expected}").into()), span)
}

fn pseudo_parameter(name: &str, span: Span) -> Option<Node> {
    let symbol = match name {
        "AWS::AccountId" | "ALIYUN::TenantId" | "ALIYUN::AccountId" => Symbol::OwnAccount,
        "AWS::Partition" => Symbol::Partition,
        "AWS::Region" | "ALIYUN::Region" => Symbol::Region,
        "AWS::URLSuffix" => Symbol::UrlSuffix,
        _ if name.starts_with("AWS::") || name.starts_with("ALIYUN::") => {
            return Some(match name {
                "AWS::NotificationARNs" => Node::unknown(format!("`{name}`"), Cause::AfterApply, span),
                _ => unknown_text(format!("`{name}`"), Cause::AfterApply, span),
            });
        }
        _ => return None,
    };
    Some(Node::new(Value::Text(Text::symbol(symbol)), span))
}

/// Whether the parameter's value must not be shown.
fn is_hidden(parameter: &Node) -> bool {
    match parameter.get("NoEcho").map(|n| &n.value) {
        Some(Value::Bool(hidden)) => *hidden,
        Some(Value::Text(text)) => text.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true")),
        _ => false,
    }
}

/// What a parameter's type says of its values.
struct Kind {
    /// It is a list.
    list: bool,
    /// It is one text; of other kinds (ROS has objects) that is not sure.
    text: bool,
    /// The default only names the place where the value is kept.
    stored: bool,
}

impl Kind {
    fn of(parameter: &Node) -> Kind {
        let kind =
            parameter.get("Type").and_then(Node::scalar).map(|t| t.value.to_string()).unwrap_or_default();
        let stored = kind.contains("Parameter::Value<") || kind.ends_with("Parameter::Value");
        let list =
            kind == "CommaDelimitedList" || kind.contains("List<") || kind.contains("<CommaDelimitedList");
        let text = !list && (stored || kind == "String" || kind == "Number" || kind.starts_with("AWS::"));
        Kind { list, text, stored }
    }

    fn unknown(&self, name: &str, why: Cause, span: Span) -> Node {
        let what = format!("parameter `{name}`");
        if self.text { unknown_text(what, why, span) } else { Node::unknown(what, why, span) }
    }
}

/// The default of a parameter as `Ref` gives it, whether or not it may be shown.
pub(crate) fn parameter_default(name: &str, parameter: &Node, span: Span) -> Node {
    let kind = Kind::of(parameter);
    let default = match parameter.get("Default") {
        Some(node) if !matches!(node.value, Value::Null) => node,
        _ => return kind.unknown(name, Cause::NoValue, span),
    };
    if kind.stored {
        return kind.unknown(name, Cause::Unresolved("the value is kept in a parameter store".into()), span);
    }
    if kind.list {
        return string::comma_list(default, span);
    }
    default.clone().used_at(span)
}

fn parameter_value(name: &str, parameter: &Node, span: Span) -> Node {
    if is_hidden(parameter) {
        let why = Cause::Unsupported("its default is hidden by `NoEcho`".into());
        return Kind::of(parameter).unknown(name, why, span);
    }
    parameter_default(name, parameter, span)
}

fn select(argument: &Node) -> Node {
    let parts = match &argument.value {
        Value::List(list) => list.items.as_slice(),
        _ => &[],
    };
    let [index, list] = parts else {
        return invalid("Fn::Select", "takes an index and a list", argument.span);
    };
    let index = index.scalar().and_then(|t| t.value.as_str().and_then(|i| i.parse::<usize>().ok()));
    match (index, &list.value) {
        (_, Value::Unknown(unknown)) => Node::new(Value::Unknown(unknown.clone()), argument.span),
        (Some(index), Value::List(list)) => match (list.items.get(index), &list.open) {
            (Some(node), None) => node.clone(),
            (_, Some(unknown)) => Node::new(Value::Unknown(unknown.clone()), argument.span),
            (None, None) => invalid("Fn::Select", "takes an index inside the list", argument.span),
        },
        _ => invalid("Fn::Select", "takes a known index and a list", argument.span),
    }
}
