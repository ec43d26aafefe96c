//! What a role may do: its own policies, and those that other resources of the template attach to it.
//!
//! Where a condition shapes a grant, what the input selects is listed, and the list stays open. An attachment to
//! a role that only an input names is not followed.

use std::borrow::Cow;
use std::collections::HashMap;

use model::{Breadth, Cause, Grant, Located, Node, Standing, Text, Unknown, Value, branches};

use crate::evaluate::Evaluator;
use crate::lift::Outcome;
use crate::policy::document;
use crate::template::{Resource, Template};
use crate::value::{call, referenced};

/// How many shapes of a permission policy are looked at.
const MAX_SHAPES: usize = 16;

/// The policies of a template by the roles that they are attached to.
#[derive(Default)]
pub(crate) struct Attachments<'t> {
    /// By the logical id that they refer to.
    by_id: HashMap<String, Vec<&'t Resource<'t>>>,
    /// By the name that they give.
    by_name: HashMap<String, Vec<&'t Resource<'t>>>,
    /// By a logical id inside an expression, so that it depends on something whether they are attached.
    perhaps: HashMap<String, Vec<&'t Resource<'t>>>,
}

impl<'t> Attachments<'t> {
    /// Finds the policies that name the roles they belong to.
    pub(crate) fn of(template: &'t Template<'t>) -> Self {
        let mut attachments = Attachments::default();
        for policy in &template.resources {
            let property = match policy.kind {
                "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "ALIYUN::RAM::ManagedPolicy" => "Roles",
                "AWS::IAM::RolePolicy" | "ALIYUN::RAM::AttachPolicyToRole" => "RoleName",
                _ => continue,
            };
            let targets = match policy.property(property).map(|node| (node, &node.value)) {
                Some((_, Value::List(list))) => list.items.as_slice(),
                Some((node, _)) => std::slice::from_ref(node),
                None => &[],
            };
            for target in targets {
                if let Some(id) = referenced(target) {
                    attachments.by_id.entry(id.to_owned()).or_default().push(policy);
                } else if let Some(name) = target.scalar().and_then(|t| t.value.as_str().map(str::to_owned)) {
                    attachments.by_name.entry(name).or_default().push(policy);
                } else {
                    let mut ids = Vec::new();
                    references_below(target, &mut ids);
                    for id in ids {
                        attachments.perhaps.entry(id).or_default().push(policy);
                    }
                }
            }
        }
        attachments
    }
}

/// Collects what a role may do.
pub(crate) struct Grants<'e, 'n> {
    evaluator: &'e Evaluator<'n>,
    grants: Vec<Located<Grant>>,
    open: Option<Unknown>,
}

impl<'e, 'n> Grants<'e, 'n> {
    /// Nothing yet; `open` says why there may be more in any case.
    pub(crate) fn new(evaluator: &'e Evaluator<'n>, open: Option<Unknown>) -> Self {
        Grants { evaluator, grants: Vec::new(), open }
    }

    fn open(&mut self, unknown: Unknown) {
        self.open.get_or_insert(unknown);
    }

    /// What the role's own properties grant.
    pub(crate) fn of_role(&mut self, resource: &Resource<'_>) {
        if let Some(arns) = resource.property("ManagedPolicyArns") {
            for item in self.items(arns).iter() {
                self.managed(item);
            }
        }
        if let Some(policies) = resource.property("Policies") {
            for policy in self.items(policies).iter() {
                // A document that is written in its place is evaluated once, and nothing beside it.
                if call(policy).is_none()
                    && let Some(document) = policy.get("PolicyDocument")
                {
                    self.document(document);
                    continue;
                }
                let policy = self.selected(policy);
                match policy.as_ref().map(|p| (p, p.get("PolicyDocument"))) {
                    Some((_, Some(document))) => self.document(document),
                    Some((policy, None)) => self.unreadable(policy, "Policies"),
                    None => {}
                }
            }
        }
        // ROS: managed policies by name, the system's and the account's own.
        for kind in ["System", "Custom"] {
            let names = resource.property("PolicyAttachments").and_then(|a| a.get(kind));
            for item in names.map(|names| self.items(names)).unwrap_or_default().iter() {
                self.managed(item);
            }
        }
    }

    /// The elements of a list as written, so that references in it can still be seen; a conditional list is
    /// evaluated.
    fn items<'a>(&mut self, node: &'a Node) -> Cow<'a, [Node]> {
        if let Value::List(list) = &node.value {
            if let Some(unknown) = &list.open {
                self.open(unknown.clone());
            }
            return Cow::Borrowed(&list.items);
        }
        match self.selected(node) {
            Some(Node { value: Value::List(list), .. }) => {
                if let Some(unknown) = list.open {
                    self.open(unknown);
                }
                Cow::Owned(list.items)
            }
            Some(Node { value: Value::Null, .. }) | None => Cow::default(),
            Some(other) => {
                self.unreadable(&other, "a list of policies");
                Cow::default()
            }
        }
    }

    /// What the input selects of an expression. A condition means that there may be other grants.
    fn selected(&mut self, node: &Node) -> Option<Node> {
        match self.evaluator.eval(node).selected() {
            Ok((value, condition)) => {
                if let Some(condition) = condition {
                    self.open(condition);
                }
                value
            }
            Err(condition) => {
                self.open(condition);
                None
            }
        }
    }

    fn unreadable(&mut self, node: &Node, what: &str) {
        let unknown = match &node.value {
            Value::Unknown(unknown) => unknown.clone(),
            _ => Unknown::new(
                what,
                Cause::Invalid(format!("it holds {}", node.kind()).into()),
                Some(node.span),
            ),
        };
        self.open(unknown);
    }

    /// A managed policy by ARN or name, or a reference to one of this template.
    fn managed(&mut self, item: &Node) {
        if let Some(id) = referenced(item)
            && let Some(policy) = self.evaluator.template.resource(id)
            && let Some(document) = policy.property("PolicyDocument")
        {
            self.document(document);
            return;
        }
        let Some(value) = self.selected(item) else {
            return;
        };
        match value.scalar() {
            Some(text) => {
                self.grants.push(Located {
                    value: Grant::Managed(text.value),
                    span: text.span,
                    defined: text.defined,
                });
            }
            None => self.unreadable(&value, "a managed policy"),
        }
    }

    fn document(&mut self, written: &Node) {
        let absent = || Cow::Owned(Outcome::Absent.needed(written.span));
        let value = self.evaluator.document(written).unwrap_or_else(absent);
        // What is odd in a permission policy hides no trust.
        let tree = document(value, &mut Vec::new());
        let mut breadth = None;
        for (assumptions, tree) in branches(&tree, MAX_SHAPES) {
            let this = Breadth::of(&tree);
            if assumptions.iter().all(|a| a.standing == Standing::Selected) {
                breadth = Some(this);
            } else if let Some(assumption) = assumptions.first() {
                let why = Cause::Undecided(format!("the condition `{}`", assumption.choice).into());
                self.open(Unknown::new("a policy document", why, Some(assumption.span)));
            }
        }
        if let Some(breadth) = breadth {
            self.grants.push(Located::new(Grant::Document(breadth), written.span));
        }
    }

    /// What other resources of the template attach to the role.
    pub(crate) fn of_others(
        &mut self,
        attachments: &Attachments<'_>,
        role: &Resource<'_>,
        name: Option<&Located<Text>>,
    ) {
        let by_id = role.id.value.as_str().and_then(|id| attachments.by_id.get(id));
        let by_name = name.and_then(|n| n.value.as_str()).and_then(|name| attachments.by_name.get(name));
        for policy in by_id.into_iter().chain(by_name).flatten() {
            match (policy.property("PolicyDocument"), policy.property("PolicyName")) {
                (Some(document), _) => self.document(document),
                (None, Some(name)) => self.managed(name),
                (None, None) => self.unreadable(policy.node, "an attached policy"),
            }
        }
        let perhaps = role.id.value.as_str().and_then(|id| attachments.perhaps.get(id));
        for policy in perhaps.into_iter().flatten() {
            let why = Cause::Undecided("an expression that says to which roles it is attached".into());
            self.open(Unknown::new(format!("`{}`", policy.name()), why, Some(policy.id.span)));
        }
    }

    /// What was found, and why there may be more.
    pub(crate) fn finish(self) -> (Vec<Located<Grant>>, Option<Unknown>) {
        (self.grants, self.open)
    }
}

/// The logical ids that an expression refers to.
fn references_below(node: &Node, ids: &mut Vec<String>) {
    ids.extend(referenced(node).map(str::to_owned));
    match &node.value {
        Value::Object(object) => object.entries.iter().for_each(|e| references_below(&e.value, ids)),
        Value::List(list) => list.items.iter().for_each(|n| references_below(n, ids)),
        _ => {}
    }
}
