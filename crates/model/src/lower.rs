//! The one lowering: a located tree becomes a trust policy.
//!
//! The grammar of AWS and Alibaba Cloud trust policies is written here and nowhere else. What it cannot
//! understand is kept as unknown or `rejected` and named in a [`Problem`]; nothing is dropped in silence.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::node::OneOf;
use crate::{
    ActionSet, Branch, Cause, Cloud, Condition, Effect, Entry, List, Located, Node, Object, Operator,
    OperatorName, Principal, PrincipalKind, PrincipalSet, Problem, Span, Standing, Statement, Text,
    TrustPolicy, Unknown, Value, Values, Variant, Version, branches,
};

/// How many shapes of one policy are told apart before its alternatives count as unknown.
const MAX_VARIANTS: usize = 64;

/// A lowered document.
#[derive(Clone, Debug)]
pub struct Lowering {
    /// The policy in each shape it can take; at least one.
    pub variants: Vec<Variant>,
    /// What was odd about it.
    pub problems: Vec<Problem>,
}

/// Lowers a trust policy document. Of duplicate keys the last wins, as every template engine deploys it; with
/// `every_reading` (raw documents, where nobody knows who will read them) each reading is a shape of its own.
pub fn lower(document: &Node, cloud: Cloud, every_reading: bool) -> Lowering {
    let mut problems = Vec::new();
    let document = if repeats(document) {
        Cow::Owned(dedup(document, every_reading, &mut problems))
    } else {
        Cow::Borrowed(document)
    };
    let mut variants = Vec::new();
    let mut seen = HashSet::new();
    for (assumptions, tree) in branches(&document, MAX_VARIANTS) {
        let mut lowerer = Lowerer { cloud, problems: Vec::new() };
        let policy = lowerer.policy(&tree);
        variants.push(Variant { assumptions, policy });
        problems.extend(lowerer.problems.into_iter().filter(|problem| seen.insert(problem.clone())));
    }
    Lowering { variants, problems }
}

/// Up to how many keys of an object are compared with each other: that is cheaper than any index.
const FEW: usize = 16;

/// Whether some object has two equal keys.
fn repeats(node: &Node) -> bool {
    match &node.value {
        Value::Object(object) => {
            let entries = &object.entries;
            let here = if entries.len() <= FEW {
                entries.iter().enumerate().any(|(index, entry)| {
                    let mut later = entries.iter().skip(index + 1);
                    !entry.key.value.has_unknown() && later.any(|other| other.key == entry.key)
                })
            } else {
                let mut seen = HashSet::with_capacity(entries.len());
                entries.iter().any(|e| identity(&e.key.value).is_some_and(|key| !seen.insert(key)))
            };
            here || entries.iter().any(|e| repeats(&e.value))
        }
        Value::List(list) => list.items.iter().any(repeats),
        Value::OneOf(one) => one.branches.iter().any(|b| repeats(&b.node)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => false,
    }
}

/// Replaces duplicate keys: by the last, or by an alternative in which every reading counts.
fn dedup(node: &Node, every_reading: bool, problems: &mut Vec<Problem>) -> Node {
    let value = match &node.value {
        Value::Object(object) => {
            let mut equal: HashMap<String, Vec<&Entry>> = HashMap::new();
            for entry in &object.entries {
                if let Some(identity) = identity(&entry.key.value) {
                    equal.entry(identity).or_default().push(entry);
                }
            }
            let mut entries: Vec<Entry> = Vec::with_capacity(object.entries.len());
            for entry in &object.entries {
                let values = match identity(&entry.key.value) {
                    None => vec![entry],
                    Some(identity) => match equal.remove(&identity) {
                        Some(values) => values,
                        // Done at the first of the equal keys.
                        None => continue,
                    },
                };
                let (Some(last), true) = (values.last(), values.len() > 1) else {
                    let value = dedup(&entry.value, every_reading, problems);
                    entries.push(Entry { key: entry.key.clone(), value });
                    continue;
                };
                for loser in values.iter().take(values.len() - 1) {
                    let key = &loser.key.value;
                    let message = if every_reading {
                        format!(
                            "`{key}` stands twice in one object; both readings are judged, but most readers keep only the last"
                        )
                    } else {
                        format!(
                            "`{key}` stands twice in one object; this one vanishes when deployed, the last wins"
                        )
                    };
                    problems.push(Problem::warning(loser.key.span, message));
                }
                let key = last.key.clone();
                if every_reading {
                    let reading = |e: &&Entry, problems: &mut Vec<Problem>| Branch {
                        when: format!("the `{}` at this place is the one that counts", e.key.value).into(),
                        standing: Standing::Selected,
                        node: dedup(&e.value, every_reading, problems),
                    };
                    let branches = values.iter().map(|e| reading(e, problems)).collect();
                    let choice = format!("duplicate `{}` at byte {}", key.value, key.span.start).into();
                    let one = OneOf { choice, span: key.span, branches };
                    let value = Node::new(Value::OneOf(one), last.value.span);
                    entries.push(Entry { key, value });
                } else {
                    entries.push(Entry { key, value: dedup(&last.value, every_reading, problems) });
                }
            }
            Value::Object(Object { entries, open: object.open.clone() })
        }
        Value::List(list) => Value::List(List {
            items: list.items.iter().map(|n| dedup(n, every_reading, problems)).collect(),
            open: list.open.clone(),
        }),
        Value::OneOf(one) => Value::OneOf(OneOf {
            choice: one.choice.clone(),
            span: one.span,
            branches: one
                .branches
                .iter()
                .map(|b| Branch {
                    when: b.when.clone(),
                    standing: b.standing,
                    node: dedup(&b.node, every_reading, problems),
                })
                .collect(),
        }),
        other => other.clone(),
    };
    Node { value, span: node.span, defined: node.defined, origin: node.origin.clone() }
}

/// What makes two keys equal; `None` for a key that is not known.
fn identity(key: &Text) -> Option<String> {
    (!key.has_unknown()).then(|| format!("{:?}", key.pieces()))
}

struct Lowerer {
    cloud: Cloud,
    problems: Vec<Problem>,
}

impl Lowerer {
    fn warn(&mut self, span: Span, message: impl Into<Box<str>>) {
        self.problems.push(Problem::warning(span, message));
    }

    fn invalid(&mut self, node: &Node, what: &str, expected: &str) -> Unknown {
        let message = format!("`{what}` is {}, expected {expected}", node.kind());
        self.warn(node.span, message.clone());
        Unknown::new(what, Cause::Invalid(message.into()), Some(node.span))
    }

    fn policy(&mut self, document: &Node) -> TrustPolicy {
        let object = match &document.value {
            Value::Object(object) => object,
            Value::Unknown(unknown) => return TrustPolicy::unknown(self.cloud, unknown.clone()),
            Value::Text(text) if text.has_unknown() => {
                let unknown = text.unknowns().next().map(|u| (**u).clone());
                let unknown = unknown.unwrap_or_else(|| self.invalid(document, "trust policy", "an object"));
                return TrustPolicy::unknown(self.cloud, unknown);
            }
            _ => {
                let unknown = self.invalid(document, "trust policy", "an object");
                return TrustPolicy::unknown(self.cloud, unknown);
            }
        };
        let mut policy = TrustPolicy {
            cloud: self.cloud,
            version: if self.cloud == Cloud::Aws { Version::V2008 } else { Version::Unknown },
            statements: Vec::new(),
            open: object.open.clone(),
        };
        let mut found = false;
        for entry in &object.entries {
            match entry.key.value.as_str() {
                Some("Version") => policy.version = self.version(&entry.value),
                Some("Id") => {}
                Some("Statement") => {
                    found = true;
                    self.statements(&entry.value, &mut policy);
                }
                Some(other) => {
                    self.warn(entry.key.span, format!("`{other}` is no element of a trust policy"))
                }
                None => {
                    let why = Cause::Unsupported("a computed element name".into());
                    let unknown = Unknown::new(entry.key.value.to_string(), why, Some(entry.key.span));
                    policy.open.get_or_insert(unknown);
                }
            }
        }
        if !found && policy.open.is_none() {
            self.warn(document.span, "the trust policy has no `Statement`");
        }
        policy
    }

    fn version(&mut self, node: &Node) -> Version {
        let Some(text) = node.scalar() else {
            self.invalid(node, "Version", "a string");
            return Version::Unknown;
        };
        match (self.cloud, text.value.as_str()) {
            (Cloud::Aws, Some("2012-10-17")) => Version::V2012,
            (Cloud::Aws, Some("2008-10-17")) => Version::V2008,
            (Cloud::Alibaba, Some("1")) => Version::One,
            (_, Some(other)) => {
                self.warn(node.span, format!("`{other}` is no policy version of this cloud"));
                Version::Unknown
            }
            (_, None) => Version::Unknown,
        }
    }

    fn statements(&mut self, node: &Node, policy: &mut TrustPolicy) {
        match &node.value {
            Value::List(list) => {
                if let Some(open) = &list.open {
                    policy.open.get_or_insert(open.clone());
                }
                for item in &list.items {
                    self.statement(item, policy);
                }
            }
            _ => self.statement(node, policy),
        }
    }

    fn statement(&mut self, node: &Node, policy: &mut TrustPolicy) {
        let object = match &node.value {
            Value::Object(object) => object,
            Value::Unknown(unknown) => {
                policy.open.get_or_insert(unknown.clone());
                return;
            }
            _ => {
                let unknown = self.invalid(node, "Statement", "an object");
                policy.open.get_or_insert(unknown);
                return;
            }
        };
        let mut statement = Statement {
            sid: None,
            effect: Effect::Unknown(Unknown::new(
                "Effect",
                Cause::Invalid("the statement has no `Effect`".into()),
                Some(node.span),
            )),
            principals: PrincipalSet { negated: false, items: Vec::new(), open: None },
            actions: ActionSet { negated: false, items: Vec::new(), open: None },
            conditions: Vec::new(),
            conditions_open: None,
            rejected: Vec::new(),
        };
        let (mut effect, mut principal, mut action) = (false, false, false);
        for entry in &object.entries {
            match entry.key.value.as_str() {
                Some("Sid") => statement.sid = entry.value.scalar(),
                Some("Effect") => {
                    effect = true;
                    self.effect(&entry.value, &mut statement);
                }
                Some("Principal") => {
                    principal = true;
                    self.principals(&entry.value, &mut statement);
                }
                Some("NotPrincipal") => {
                    principal = true;
                    statement.principals.negated = true;
                    if self.cloud == Cloud::Alibaba {
                        reject(&mut statement, entry.key.span, "RAM has no `NotPrincipal`");
                    }
                    self.principals(&entry.value, &mut statement);
                }
                Some("Action") => {
                    action = true;
                    self.actions(&entry.value, &mut statement);
                }
                Some("NotAction") => {
                    action = true;
                    statement.actions.negated = true;
                    self.actions(&entry.value, &mut statement);
                }
                Some("Condition") => self.conditions(&entry.value, &mut statement),
                Some(other @ ("Resource" | "NotResource")) => self.warn(
                    entry.key.span,
                    format!(
                        "`{other}` does not belong in a trust policy; it is ignored here, and refused on save"
                    ),
                ),
                Some(other) => {
                    let message = format!("`{other}` is no element of a statement");
                    self.warn(entry.key.span, message.clone());
                    reject(&mut statement, entry.key.span, &message);
                }
                None => {
                    let why = Cause::Unsupported("a computed element name".into());
                    let unknown = Unknown::new(entry.key.value.to_string(), why, Some(entry.key.span));
                    statement.conditions_open.get_or_insert(unknown);
                }
            }
        }
        if let Some(open) = &object.open {
            // Any element that is not listed may be among the unknown ones.
            statement.conditions_open.get_or_insert(open.clone());
            if !principal {
                statement.principals.open = Some(open.clone());
            }
            if !action {
                statement.actions.open = Some(open.clone());
            }
            if !effect {
                statement.effect = Effect::Unknown(open.clone());
            }
        } else {
            for (found, name) in [(effect, "Effect"), (principal, "Principal"), (action, "Action")] {
                if !found {
                    let message = format!("the statement has no `{name}`");
                    self.warn(node.span, message.clone());
                    reject(&mut statement, node.span, &message);
                }
            }
        }
        policy.statements.push(Located { value: statement, span: node.span, defined: node.defined });
    }

    fn effect(&mut self, node: &Node, statement: &mut Statement) {
        statement.effect = match node.scalar().map(|t| t.value) {
            Some(text) if text.is("Allow") => Effect::Allow,
            Some(text) if text.is("Deny") => Effect::Deny,
            Some(text) if text.has_unknown() => {
                let why = Cause::Unsupported("an unknown effect".into());
                let unknown = text.unknowns().next().map(|u| (**u).clone());
                Effect::Unknown(unknown.unwrap_or_else(|| Unknown::new("Effect", why, Some(node.span))))
            }
            other => {
                let written = other.map_or_else(|| node.kind().to_owned(), |t| format!("`{t}`"));
                let message = format!("`Effect` is {written}, only `Allow` and `Deny` exist, spelled so");
                self.warn(node.span, message.clone());
                reject(statement, node.span, &message);
                Effect::Unknown(Unknown::new("Effect", Cause::Invalid(message.into()), Some(node.span)))
            }
        };
    }

    fn principals(&mut self, node: &Node, statement: &mut Statement) {
        match &node.value {
            Value::Object(object) => {
                if let Some(open) = &object.open {
                    statement.principals.open.get_or_insert(open.clone());
                }
                for entry in &object.entries {
                    let Some(kind) = self.principal_kind(&entry.key, statement) else {
                        continue;
                    };
                    let (ids, open) = self.texts(&entry.value, "Principal", statement);
                    if let Some(open) = open {
                        statement.principals.open.get_or_insert(open);
                    }
                    for id in ids {
                        let everyone = id.value.is("*")
                            && matches!(
                                kind,
                                PrincipalKind::Aws | PrincipalKind::Ram | PrincipalKind::Everyone
                            );
                        let kind = if everyone { PrincipalKind::Everyone } else { kind.clone() };
                        statement.principals.items.push(Principal { kind, id });
                    }
                }
            }
            Value::Unknown(unknown) => {
                statement.principals.open.get_or_insert(unknown.clone());
            }
            _ => match node.scalar() {
                Some(id) if id.value.is("*") => {
                    statement.principals.items.push(Principal { kind: PrincipalKind::Everyone, id });
                }
                Some(id) if id.value.has_unknown() => {
                    let unknown = id.value.unknowns().next().map(|u| (**u).clone());
                    statement.principals.open = statement.principals.open.take().or(unknown);
                }
                _ => {
                    let message = "`Principal` is neither `*` nor an object such as `{\"AWS\": …}`";
                    self.warn(node.span, message);
                    reject(statement, node.span, message);
                }
            },
        }
    }

    fn principal_kind(&mut self, key: &Located<Text>, statement: &mut Statement) -> Option<PrincipalKind> {
        let kind = match (self.cloud, key.value.as_str()) {
            (Cloud::Aws, Some("AWS")) => PrincipalKind::Aws,
            (Cloud::Alibaba, Some("RAM")) => PrincipalKind::Ram,
            (_, Some("Service")) => PrincipalKind::Service,
            (_, Some("Federated")) => PrincipalKind::Federated,
            (Cloud::Aws, Some("CanonicalUser")) => PrincipalKind::CanonicalUser,
            // Terraform's policy document writes `type = "*"` so.
            (_, Some("*")) => PrincipalKind::Everyone,
            (_, Some(other)) => {
                let kinds = match self.cloud {
                    Cloud::Aws => "AWS, Service and Federated",
                    Cloud::Alibaba => "RAM, Service and Federated",
                };
                let message = format!("`{other}` is no kind of principal of this cloud; there are {kinds}");
                self.warn(key.span, message.clone());
                reject(statement, key.span, &message);
                return None;
            }
            (_, None) => {
                let why = Cause::Unsupported("a computed kind of principal".into());
                PrincipalKind::Unknown(Unknown::new(key.value.to_string(), why, Some(key.span)))
            }
        };
        Some(kind)
    }

    fn actions(&mut self, node: &Node, statement: &mut Statement) {
        let (items, open) = self.texts(node, "Action", statement);
        for item in &items {
            // All `*` is every action; else IAM refuses actions that are not prefaced by a vendor.
            let plain = |text: &&str| !text.contains(':') && text.bytes().any(|b| b != b'*');
            if let Some(text) = item.value.as_str().filter(plain) {
                let message =
                    format!("`{text}` names no service, as `sts:AssumeRole` does; it is refused on save");
                self.warn(item.span, message);
            }
        }
        statement.actions.items.extend(items);
        statement.actions.open = statement.actions.open.take().or(open);
    }

    /// A scalar or a list of scalars; why there may be more.
    fn texts(
        &mut self,
        node: &Node,
        what: &str,
        statement: &mut Statement,
    ) -> (Vec<Located<Text>>, Option<Unknown>) {
        match &node.value {
            Value::Unknown(unknown) => (Vec::new(), Some(unknown.clone())),
            Value::List(list) => {
                let mut out = Vec::with_capacity(list.items.len());
                for item in &list.items {
                    match item.scalar() {
                        Some(text) => out.push(Located { defined: text.defined.or(node.defined), ..text }),
                        None => self.reject_kind(item, what, statement),
                    }
                }
                (out, list.open.clone())
            }
            _ => match node.scalar() {
                Some(text) => (vec![text], None),
                None => {
                    self.reject_kind(node, what, statement);
                    (Vec::new(), None)
                }
            },
        }
    }

    fn reject_kind(&mut self, node: &Node, what: &str, statement: &mut Statement) {
        self.reject_shape(node, what, "a string or a list of strings", statement);
    }

    fn reject_shape(&mut self, node: &Node, what: &str, expected: &str, statement: &mut Statement) {
        let message = format!("`{what}` holds {}, expected {expected}", node.kind());
        self.warn(node.span, message.clone());
        reject(statement, node.span, &message);
    }

    fn conditions(&mut self, node: &Node, statement: &mut Statement) {
        let object = match &node.value {
            Value::Object(object) => object,
            Value::Unknown(unknown) => {
                statement.conditions_open.get_or_insert(unknown.clone());
                return;
            }
            Value::Null => {
                self.warn(node.span, "`Condition` is null; it is taken as absent");
                return;
            }
            _ => {
                self.reject_shape(node, "Condition", "an object of operators", statement);
                return;
            }
        };
        if let Some(open) = &object.open {
            statement.conditions_open.get_or_insert(open.clone());
        }
        for entry in &object.entries {
            let operator = self.operator(&entry.key, statement);
            match &entry.value.value {
                Value::Object(tests) => {
                    if let Some(open) = &tests.open {
                        statement.conditions_open.get_or_insert(open.clone());
                    }
                    for test in &tests.entries {
                        let tested = test.key.value.to_string();
                        let (items, open) = self.texts(&test.value, &tested, statement);
                        let condition = Condition {
                            operator: operator.clone(),
                            key: test.key.clone(),
                            values: Values { items, open },
                        };
                        let span = test.key.span.to(test.value.span);
                        statement.conditions.push(Located {
                            value: condition,
                            span,
                            defined: test.value.defined,
                        });
                    }
                }
                Value::Unknown(unknown) => {
                    statement.conditions_open.get_or_insert(unknown.clone());
                }
                _ => {
                    let operator = entry.key.value.to_string();
                    self.reject_shape(&entry.value, &operator, "an object of keys", statement);
                }
            }
        }
    }

    fn operator(&mut self, key: &Located<Text>, statement: &mut Statement) -> Located<OperatorName> {
        let value = match key.value.as_str() {
            Some(name) => match Operator::parse(name, self.cloud) {
                Some(operator) => OperatorName::Known(operator),
                None if self.cloud == Cloud::Alibaba && Operator::parse(name, Cloud::Aws).is_some() => {
                    // An operator of AWS: what RAM makes of it is not documented, so it decides nothing.
                    let why = Cause::Unsupported("Alibaba Cloud documents no such operator".into());
                    self.warn(key.span, format!("`{name}` is no documented operator of Alibaba Cloud"));
                    OperatorName::Unknown(Unknown::new(name, why, Some(key.span)))
                }
                None => {
                    let message = format!("`{name}` is no condition operator of this cloud");
                    self.warn(key.span, message.clone());
                    reject(statement, key.span, &message);
                    OperatorName::Unrecognised(key.value.clone())
                }
            },
            None => {
                let why = Cause::Unsupported("a computed operator".into());
                OperatorName::Unknown(Unknown::new(key.value.to_string(), why, Some(key.span)))
            }
        };
        Located { value, span: key.span, defined: key.defined }
    }
}

fn reject(statement: &mut Statement, span: Span, message: &str) {
    statement.rejected.push(Located::new(message.into(), span));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with these keys inside of a list inside of an object.
    fn nested(keys: impl IntoIterator<Item = Text>) -> Node {
        let place = Span::nowhere();
        let entry = |key| Entry { key: Located::new(key, place), value: Node::text("x", place) };
        let object = |entries| Node::new(Value::Object(Object { entries, open: None }), place);
        let inner = object(keys.into_iter().map(entry).collect());
        let list = Node::new(Value::List(List { items: vec![inner], open: None }), place);
        object(vec![Entry { key: Located::new(Text::lit("k"), place), value: list }])
    }

    #[test]
    fn equal_keys_are_found_in_objects_of_any_size() {
        for count in [1, 2, FEW, FEW + 1, 100] {
            let keys = || (0..count).map(|i| Text::lit(&format!("k{i}")));
            assert!(!repeats(&nested(keys())), "{count} keys");
            assert!(repeats(&nested(keys().chain(keys().take(1)))), "{count} keys and the first again");
        }
    }

    #[test]
    fn unknown_keys_are_not_equal() {
        let unknown = || Text::unknown(Unknown::new("var.key", Cause::NoValue, None));
        assert!(!repeats(&nested([unknown(), unknown()])));
    }
}
