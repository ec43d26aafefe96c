//! Which values parameters may have together: what `AllowedValues`, `AllowedPattern` and the assertions under `Rules`
//! leave.
//!
//! The parameters that some conditions and rules read are tried out, one after the other, each with the values that
//! the template compares it with and with "any other". A try ends where a rule is broken for certain. What cannot be
//! told, or takes too long, counts as permitted.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use model::{Assumption, Node, Span, Standing, Value, Variant};

use super::condition::{Settled, condition_call};
use super::wanted::Wanted;
use super::{Bound, Evaluator};
use crate::template::Resource;
use crate::value::{call, known, reference};

/// How many parameters are tried out together.
const MAX_PARAMETERS: usize = 10;

/// How many values of one parameter are tried.
const MAX_VALUES: usize = 24;

/// How many tries one question may take.
const MAX_TRIES: usize = 500;

/// An entry of `Rules`.
#[derive(Debug)]
pub(super) struct Rule<'n> {
    condition: Option<&'n Node>,
    assertions: Vec<&'n Node>,
    parameters: BTreeSet<String>,
}

impl<'n> Evaluator<'n> {
    /// What must hold for a resource to exist; `None` if nothing that is permitted makes it exist.
    pub(crate) fn existence(&self, resource: &Resource<'_>) -> Option<Vec<Assumption>> {
        let Some(condition) = resource.node.get("Condition") else {
            return Some(Vec::new());
        };
        let Some(name) = known(condition) else {
            return Some(Vec::new());
        };
        let (name, negated) = self.canonical_condition(name.to_owned());
        let settled = self.settle(&name);
        match settled.fixed() {
            Some(holds) if holds == negated => None,
            Some(_) => Some(Vec::new()),
            None => {
                let choice = self.choice(&name, &settled, condition.span);
                let [holds, fails] = choice.cases;
                let (when, standing) = if negated { fails } else { holds };
                Some(vec![Assumption { choice: choice.name, when, standing, span: choice.span }])
            }
        }
    }

    /// Whether the value of an expression depends on what is given to a parameter that may change.
    pub(crate) fn depends_on_input(&self, node: &Node) -> bool {
        let mut read = BTreeSet::new();
        self.parameters_in(node, &mut read);
        let mut open = Vec::new();
        conditions_in(node, &mut open);
        let mut stacks = Vec::new();
        stacks_in(node, &mut stacks);
        let mut seen = HashSet::new();
        // What a template inside of this one says hangs on what it is given.
        while let Some(stack) = stacks.pop() {
            let given = self.template.resource(&stack).and_then(|r| r.property("Parameters"));
            if let Some(given) = given.filter(|_| seen.insert(stack)) {
                self.parameters_in(given, &mut read);
                conditions_in(given, &mut open);
                stacks_in(given, &mut stacks);
            }
        }
        let mut seen = HashSet::new();
        open.into_iter().for_each(|name| self.reads(name, &mut read, &mut seen));
        read.iter().any(|name| self.arguments.is_changeable(name))
    }

    /// The shapes of a policy that can be deployed, each with what must hold besides. Where what the input selects
    /// cannot be deployed, nothing selects among the others.
    pub(crate) fn permitted(&self, shapes: Vec<Variant>, besides: &[Assumption]) -> Vec<Variant> {
        let is_selected =
            |shape: &Variant| shape.assumptions.iter().all(|a| a.standing == Standing::Selected);
        let mut lost = false;
        let mut kept = Vec::with_capacity(shapes.len());
        for mut shape in shapes {
            let selected = is_selected(&shape);
            for assumption in besides {
                if !shape
                    .assumptions
                    .iter()
                    .any(|a| a.choice == assumption.choice && a.when == assumption.when)
                {
                    shape.assumptions.push(assumption.clone());
                }
            }
            let wanted: Vec<Wanted> = shape.assumptions.iter().flat_map(|a| self.wanted(a)).collect();
            if is_contradiction(&shape.assumptions) || !self.possible(&wanted) {
                lost |= selected;
            } else {
                kept.push(shape);
            }
        }
        if lost && !kept.iter().any(is_selected) {
            let weakened = kept.iter_mut().flat_map(|shape| &mut shape.assumptions);
            for assumption in weakened.filter(|a| a.standing == Standing::Permitted) {
                let beside = besides.iter().any(|b| b.choice == assumption.choice);
                if !beside {
                    assumption.standing = Standing::Unsettled;
                }
            }
        }
        kept
    }

    /// What an assumption wants of this template.
    fn wanted(&self, assumption: &Assumption) -> Option<Wanted> {
        let name = assumption.choice.strip_prefix(self.prefix)?;
        if self.template.conditions.contains_key(name) {
            let choice = self.choice(name, &self.settle(name), assumption.span);
            let [(holds, _), _] = choice.cases;
            return Some(Wanted::Condition(name.to_owned(), holds == assumption.when));
        }
        let name = name.strip_prefix("parameter `")?.strip_suffix('`')?;
        let value = assumption.when.strip_prefix(&format!("`{name}` is `"))?.strip_suffix('`')?;
        self.template.parameter(name).map(|_| Wanted::Value(name.to_owned(), value.to_owned()))
    }

    /// Whether some permitted values of the parameters give all that is wanted.
    pub(crate) fn possible(&self, wanted: &[Wanted]) -> bool {
        if self.supposing.get() {
            return true;
        }
        let mut key = wanted.to_vec();
        key.sort_unstable();
        key.dedup();
        if let Some(known) = self.possible.borrow().get(&key) {
            return *known;
        }
        self.budget.swap(&self.asking);
        let bound = self.bound.take();
        let answer = self.ask(&key);
        self.bound.replace(bound);
        self.budget.swap(&self.asking);
        self.possible.borrow_mut().insert(key, answer);
        answer
    }

    fn ask(&self, wanted: &[Wanted]) -> bool {
        let mut read = BTreeSet::new();
        let mut fixed: HashMap<&str, Bound> = HashMap::new();
        let mut conditions = Vec::new();
        for want in wanted {
            let (name, bound) = match want {
                Wanted::Condition(name, value) => {
                    self.reads(name, &mut read, &mut HashSet::new());
                    conditions.push((name.as_str(), *value));
                    continue;
                }
                Wanted::Value(name, value) => (name, Bound::Value(value.clone())),
                Wanted::Other(name) => (name, Bound::Other),
            };
            read.insert(name.clone());
            // One parameter has one value.
            if let Some(Bound::Value(before)) = fixed.get(name.as_str())
                && !matches!(&bound, Bound::Value(now) if now == before)
            {
                return false;
            }
            fixed.insert(name, bound);
        }
        let rules = self.rules_about(&mut read);
        read.retain(|name| self.arguments.is_changeable(name));
        if read.len() > MAX_PARAMETERS {
            return true;
        }
        let domains: Vec<(String, Vec<Bound>)> = read
            .into_iter()
            .map(|name| {
                let domain = match fixed.remove(name.as_str()) {
                    Some(bound) => vec![bound],
                    None => self.domain(&name),
                };
                (name, domain)
            })
            .collect();
        let mut search = Search { evaluator: self, conditions, rules, domains, tries: 0 };
        self.supposing.set(true);
        let settled = self.settled.take();
        self.bound.borrow_mut().extend(search.domains.iter().map(|(name, _)| (name.clone(), Bound::Open)));
        let found = search.below(0);
        self.settled.replace(settled);
        self.supposing.set(false);
        found
    }

    /// The only value that a parameter can have if this is so.
    pub(super) fn only_value(&self, name: &str, wanted: &Wanted) -> Option<String> {
        let mut only = None;
        for bound in self.domain(name) {
            let (value, want) = match bound {
                Bound::Value(value) => (Some(value.clone()), Wanted::Value(name.to_owned(), value)),
                Bound::Other | Bound::Open => (None, Wanted::Other(name.to_owned())),
            };
            if self.possible(&[wanted.clone(), want]) {
                match (value, &only) {
                    (Some(value), None) => only = Some(value),
                    _ => return None,
                }
            }
        }
        only
    }

    /// The values that are tried of a parameter.
    fn domain(&self, name: &str) -> Vec<Bound> {
        let Some(parameter) = self.template.parameter(name) else {
            return vec![Bound::Open];
        };
        if parameter.is_opaque() {
            return vec![Bound::Open];
        }
        if let Some(values) = parameter.values() {
            return values.into_iter().map(|(value, _)| Bound::Value(value)).collect();
        }
        let mut values: Vec<String> = Vec::new();
        let given = self.arguments.get(name).and_then(|a| a.value.scalar());
        let default = parameter.default(Span::nowhere()).scalar();
        for value in [given, default].into_iter().flatten() {
            values.extend(value.value.as_str().map(str::to_owned));
        }
        values.extend(self.compared_with(name).iter().cloned());
        let mut seen = HashSet::new();
        values.retain(|value| parameter.permits(value) != Some(false) && seen.insert(value.clone()));
        if values.len() > MAX_VALUES {
            return vec![Bound::Open];
        }
        values.into_iter().map(Bound::Value).chain([Bound::Other]).collect()
    }

    /// The texts that the template compares a parameter with.
    pub(super) fn compared_with(&self, name: &str) -> &[String] {
        let compared = self.compared.get_or_init(|| {
            let mut all = HashMap::new();
            self.template.conditions.values().for_each(|node| comparisons(node, &mut all));
            self.template.rules.iter().for_each(|(_, node)| comparisons(node, &mut all));
            all
        });
        compared.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The parameters that a condition reads, also through others.
    fn reads<'a>(&'a self, name: &'a str, out: &mut BTreeSet<String>, seen: &mut HashSet<&'a str>) {
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if !seen.insert(name) {
                continue;
            }
            let Some(node) = self.template.conditions.get(name) else {
                continue;
            };
            self.parameters_in(node, out);
            conditions_in(node, &mut open);
        }
    }

    /// The rules about any of these parameters, and about those that they read in turn, which are added.
    fn rules_about(&self, read: &mut BTreeSet<String>) -> Vec<&Rule<'n>> {
        let rules = self.rules.get_or_init(|| self.read_rules());
        let mut about: Vec<&Rule<'n>> = Vec::new();
        let mut rest: Vec<&Rule<'n>> = rules.iter().collect();
        loop {
            let (more, other): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|rule| rule.parameters.iter().any(|p| read.contains(p)));
            if more.is_empty() {
                return about;
            }
            more.iter().for_each(|rule| read.extend(rule.parameters.iter().cloned()));
            about.extend(more);
            rest = other;
        }
    }

    fn read_rules(&self) -> Vec<Rule<'n>> {
        let read = |node: &'n Node| {
            let mut parameters = BTreeSet::new();
            self.parameters_in(node, &mut parameters);
            let assertions = match node.get("Assertions").map(|n| &n.value) {
                Some(Value::List(list)) => list.items.iter().filter_map(|n| n.get("Assert")).collect(),
                _ => Vec::new(),
            };
            Rule { condition: node.get("RuleCondition"), assertions, parameters }
        };
        self.template.rules.iter().map(|(_, node)| read(node)).collect()
    }
}

/// Whether one condition is taken to be both.
fn is_contradiction(assumptions: &[Assumption]) -> bool {
    assumptions.iter().enumerate().any(|(index, one)| {
        assumptions.iter().skip(index + 1).any(|two| one.choice == two.choice && one.when != two.when)
    })
}

/// One question.
struct Search<'e, 'n> {
    evaluator: &'e Evaluator<'n>,
    conditions: Vec<(&'e str, bool)>,
    rules: Vec<&'e Rule<'n>>,
    domains: Vec<(String, Vec<Bound>)>,
    tries: usize,
}

impl Search<'_, '_> {
    /// Whether values of the parameters from this one on break nothing. As deep as there are parameters.
    fn below(&mut self, index: usize) -> bool {
        self.tries += 1;
        if self.tries > MAX_TRIES || !self.evaluator.budget.spend(1) {
            return true;
        }
        if self.is_broken() {
            return false;
        }
        let Some((name, domain)) = self.domains.get_mut(index).map(|(name, d)| (name.clone(), mem::take(d)))
        else {
            return true;
        };
        let mut found = false;
        for bound in &domain {
            self.evaluator.bound.borrow_mut().push((name.clone(), bound.clone()));
            found = self.below(index + 1);
            self.evaluator.bound.borrow_mut().pop();
            if found {
                break;
            }
        }
        if let Some((_, put)) = self.domains.get_mut(index) {
            *put = domain;
        }
        found
    }

    /// Whether what is bound so far breaks a rule or gives a condition the other value, for certain.
    fn is_broken(&self) -> bool {
        let evaluator = self.evaluator;
        evaluator.settled.borrow_mut().clear();
        let value = |node: &Node| -> Option<bool> {
            let Settled { value, .. } = evaluator.decide(node);
            value
        };
        self.conditions.iter().any(|(name, wanted)| evaluator.condition(name).value == Some(!wanted))
            || self.rules.iter().any(|rule| {
                let applies = rule.condition.is_none_or(|condition| value(condition) == Some(true));
                applies && rule.assertions.iter().any(|assertion| value(assertion) == Some(false))
            })
    }
}

/// Adds the texts that each comparison below a node compares parameters with.
fn comparisons(node: &Node, out: &mut HashMap<String, Vec<String>>) {
    if let Some((name, argument)) = call(node)
        && matches!(name, "Fn::Equals" | "Fn::Contains" | "Fn::EachMemberIn" | "Fn::EachMemberEquals")
    {
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        sides(argument, &mut names, &mut texts);
        for name in names {
            let known = out.entry(name).or_default();
            for text in &texts {
                if known.len() <= MAX_VALUES && !known.contains(text) {
                    known.push(text.clone());
                }
            }
        }
        return;
    }
    match &node.value {
        Value::Object(object) => object.entries.iter().for_each(|e| comparisons(&e.value, out)),
        Value::List(list) => list.items.iter().for_each(|n| comparisons(n, out)),
        _ => {}
    }
}

fn sides(node: &Node, names: &mut Vec<String>, texts: &mut Vec<String>) {
    match (&node.value, reference(node)) {
        (_, Some(name)) => names.push(name.to_owned()),
        (Value::List(list), _) => list.items.iter().for_each(|n| sides(n, names, texts)),
        (Value::Object(_), _) => {}
        _ => texts.extend(node.scalar().and_then(|t| t.value.as_str().map(str::to_owned))),
    }
}

/// The resources whose outputs an expression asks for.
fn stacks_in(node: &Node, out: &mut Vec<String>) {
    match &node.value {
        Value::Object(object) => object.entries.iter().for_each(|e| stacks_in(&e.value, out)),
        Value::List(list) => {
            if let [stack, output] = list.items.as_slice()
                && known(output).is_some_and(|output| output.starts_with("Outputs."))
            {
                out.extend(known(stack).map(str::to_owned));
            }
            list.items.iter().for_each(|n| stacks_in(n, out));
        }
        Value::Text(text) => {
            let text = text.as_str().unwrap_or_default();
            for (at, _) in text.match_indices(".Outputs.") {
                let before = text.get(..at).unwrap_or_default();
                let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
                out.extend(name.map(str::to_owned));
            }
        }
        _ => {}
    }
}

/// The names of the conditions that an expression asks for.
fn conditions_in<'a>(node: &'a Node, out: &mut Vec<&'a str>) {
    if let Some(("Condition", target)) = condition_call(node) {
        out.extend(known(target));
    }
    match &node.value {
        Value::Object(object) => object.entries.iter().for_each(|e| conditions_in(&e.value, out)),
        Value::List(list) => {
            // `Fn::If` inside of a condition names another one.
            out.extend(list.items.first().and_then(known));
            list.items.iter().for_each(|n| conditions_in(n, out));
        }
        _ => {}
    }
}
