//! The concrete evaluator: one request against one policy, step by step as the cloud does it.
//!
//! It searches for nothing and knows no adversary: every witness that the solver finds is replayed here before
//! anybody sees it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{
    Cause, Cloud, Condition, Effect, OperatorName, Piece, Principal, PrincipalKind, SetOperator, Span,
    Statement, Text, TrustPolicy, Unknown, Version,
};

use crate::evaluate::pattern::{Pattern, Style, Variable, Variables};
use crate::evaluate::principal::{Caller, at_home, covers};
use crate::string::glob::Glob;
use crate::{Request, Truth};

mod decimal;
pub(crate) mod keys;
pub(crate) mod operator;
pub(crate) mod pattern;
pub(crate) mod principal;

/// What a policy makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: Truth,
    /// The statement that decided: the first matching Deny, else the first matching Allow; if the outcome is
    /// unknown, the first statement of which it is unknown whether it matches. `None` for an implicit deny.
    pub statement: Option<usize>,
}

/// Decides one request. The caller is assumed to have every identity permission.
pub fn evaluate(policy: &TrustPolicy, request: &Request) -> Decision {
    let context = Context::new(request);
    let caller = Caller::parse(&request.principal);
    let (mut denied, mut allowed) = ((Truth::False, None), (Truth::False, None));
    let mut unknown = None;
    let note = |side: &mut (Truth, Option<usize>), truth: Truth, index: usize| {
        if truth == Truth::True && side.0 != Truth::True {
            side.1 = Some(index);
        }
        side.0 = side.0.or(truth);
    };
    for (index, statement) in policy.statements.iter().enumerate() {
        let truth = matches(&statement.value, policy, &caller, &request.action, &context);
        let unsure = truth == Truth::Unknown || matches!(statement.value.effect, Effect::Unknown(_));
        if unsure && truth.possible() {
            unknown = unknown.or(Some(index));
        }
        match statement.value.effect {
            Effect::Allow => note(&mut allowed, truth, index),
            Effect::Deny => note(&mut denied, truth, index),
            Effect::Unknown(_) => {
                let maybe = truth.and(Truth::Unknown);
                note(&mut allowed, maybe, index);
                note(&mut denied, maybe, index);
            }
        }
    }
    if policy.open.is_some() {
        denied.0 = denied.0.or(Truth::Unknown);
        allowed.0 = allowed.0.or(Truth::Unknown);
    }
    let truth = allowed.0.and(!denied.0);
    let statement = match truth {
        Truth::True => allowed.1,
        Truth::False if denied.0 == Truth::True => denied.1,
        Truth::False => None,
        Truth::Unknown => unknown,
    };
    Decision { allowed: truth, statement }
}

/// Decides one request for a role of this account, which matters on Alibaba Cloud: `UID@service` with the role's own
/// account and the plain service are one principal there.
pub fn evaluate_in(policy: &TrustPolicy, account: &str, request: &Request) -> Decision {
    let policy = localised(policy, account);
    match at_home(&request.principal, account) {
        Some(service) if policy.cloud == Cloud::Alibaba => {
            evaluate(&policy, &Request { principal: service.to_owned(), ..request.clone() })
        }
        Some(_) | None => evaluate(&policy, request),
    }
}

/// The policy with the services of the role's own account by their plain names.
pub(crate) fn localised<'p>(policy: &'p TrustPolicy, account: &str) -> Cow<'p, TrustPolicy> {
    let named = |p: &Principal| {
        let service = policy.cloud == Cloud::Alibaba && p.kind == PrincipalKind::Service;
        p.id.value.as_str().filter(|_| service).and_then(|id| at_home(id, account)).map(Text::lit)
    };
    let mut principals = policy.statements.iter().flat_map(|s| &s.value.principals.items);
    if !principals.any(|p| named(p).is_some()) {
        return Cow::Borrowed(policy);
    }
    let mut out = policy.clone();
    for principal in out.statements.iter_mut().flat_map(|s| &mut s.value.principals.items) {
        if let Some(plain) = named(principal) {
            principal.id.value = plain;
        }
    }
    Cow::Owned(out)
}

/// What keeps the outcome of a request from being certain: the unknown values, and the undocumented behaviour,
/// in statement `allow` and in every Deny.
pub(crate) fn doubts(policy: &TrustPolicy, allow: usize, request: &Request) -> Vec<Unknown> {
    let context = Context::new(request);
    let caller = Caller::parse(&request.principal);
    let mut out: Vec<Unknown> = policy.open.iter().cloned().collect();
    for (index, statement) in policy.statements.iter().enumerate() {
        let s = &statement.value;
        if index != allow && s.effect == Effect::Allow {
            continue;
        }
        let matched = matches(s, policy, &caller, &request.action, &context);
        if matched != Truth::Unknown {
            continue;
        }
        if let Effect::Unknown(unknown) = &s.effect {
            out.push(unknown.clone());
        }
        out.extend(s.conditions_open.iter().cloned());
        if covers(&s.principals, &caller, policy.cloud, s.effect == Effect::Deny) == Truth::Unknown {
            let ids = s.principals.items.iter().flat_map(|p| p.id.value.unknowns()).map(|u| (**u).clone());
            out.extend(ids.chain(s.principals.open.iter().cloned()));
        }
        if acts(s, &request.action, policy.cloud) == Truth::Unknown {
            let actions = s.actions.items.iter().flat_map(|a| a.value.unknowns()).map(|u| (**u).clone());
            out.extend(actions.chain(s.actions.open.iter().cloned()));
        }
        for c in &s.conditions {
            if condition(&c.value, policy.version, &context) == Truth::Unknown {
                doubts_of(&c.value, c.span, &mut out);
            }
        }
        if out.is_empty() {
            let why =
                Cause::Unsupported("the documentation does not say whether this statement matches".into());
            out.push(Unknown::new("the statement", why, Some(statement.span)));
        }
    }
    out
}

fn doubts_of(c: &Condition, span: Span, out: &mut Vec<Unknown>) {
    let before = out.len();
    if let OperatorName::Unknown(unknown) = &c.operator.value {
        out.push(unknown.clone());
    }
    out.extend(c.key.value.unknowns().map(|u| (**u).clone()));
    out.extend(c.values.items.iter().flat_map(|v| v.value.unknowns()).map(|u| (**u).clone()));
    out.extend(c.values.open.iter().cloned());
    if out.len() == before {
        let why = Cause::Unsupported("the documentation does not say what this condition does here".into());
        out.push(Unknown::new(format!("the condition on `{}`", c.key.value), why, Some(span)));
    }
}

/// The context of a request by key in lower case.
struct Context<'a> {
    keys: BTreeMap<String, (&'a [String], bool)>,
}

impl<'a> Context<'a> {
    fn new(request: &'a Request) -> Self {
        let keys = request
            .context
            .iter()
            .map(|(key, values)| {
                let multi = values.len() > 1 || request.multivalued.contains(key);
                (key.to_ascii_lowercase(), (values.as_slice(), multi))
            })
            .collect();
        Context { keys }
    }

    /// The values of a key; `None` if it is absent.
    fn get(&self, key: &str) -> Option<(&'a [String], bool)> {
        self.keys.get(&key.to_ascii_lowercase()).filter(|(values, _)| !values.is_empty()).copied()
    }

    fn variable(&self, key: &str) -> Variable {
        match self.get(key) {
            None => Variable::Absent,
            // Only single-valued keys can be variables; what happens with others is not documented.
            Some((_, true)) => Variable::Unknown,
            Some((values, false)) => values.first().cloned().map_or(Variable::Absent, Variable::Is),
        }
    }
}

/// Whether a statement speaks of this request.
fn matches(
    statement: &Statement,
    policy: &TrustPolicy,
    caller: &Caller,
    action: &str,
    context: &Context<'_>,
) -> Truth {
    let deny = statement.effect == Effect::Deny;
    let who = covers(&statement.principals, caller, policy.cloud, deny);
    let what = acts(statement, action, policy.cloud);
    if who.and(what) == Truth::False {
        return Truth::False;
    }
    let conditions =
        Truth::all(statement.conditions.iter().map(|c| condition(&c.value, policy.version, context)));
    let open = if statement.conditions_open.is_some() { Truth::Unknown } else { Truth::True };
    let truth = who.and(what).and(conditions).and(open);
    if statement.rejected.is_empty() {
        truth
    } else if deny {
        // The cloud refuses to store it; whether the rest is then stored without it nobody can say.
        truth.and(Truth::Unknown)
    } else {
        Truth::False
    }
}

/// Whether a statement's `Action` or `NotAction` means this action.
pub(crate) fn acts(statement: &Statement, action: &str, cloud: Cloud) -> Truth {
    let set = &statement.actions;
    let listed = Truth::any(set.items.iter().map(|item| match item.value.as_str() {
        Some("*") => Truth::True,
        Some(known) if !known.contains(['*', '?']) => known.eq_ignore_ascii_case(action).into(),
        known => {
            let action = action.to_ascii_lowercase();
            let matched = match known {
                Some(known) => Glob::like(&known.to_ascii_lowercase()).matches(&action).into(),
                None => {
                    let lower = item.value.pieces().iter().map(|piece| match piece {
                        Piece::Lit(lit) => Piece::Lit(lit.to_ascii_lowercase().into()),
                        other => other.clone(),
                    });
                    Pattern::read(&Text::from_iter(lower), Style::Like, None).matches(&action)
                }
            };
            known.map_or(matched, |pattern| matched.and(names_a_service(pattern, cloud)))
        }
    }));
    let listed = if set.open.is_some() { listed.or(Truth::Unknown) } else { listed };
    if set.negated { !listed } else { listed }
}

/// Whether a pattern of actions can mean anything, going by its service.
///
/// The documentation has wildcards in an action's name, and alone for all actions. IAM refuses others on save: action
/// vendors must not contain wildcards, and actions must be prefaced by a vendor. What RAM makes of them is not
/// documented.
fn names_a_service(pattern: &str, cloud: Cloud) -> Truth {
    match pattern.split_once(':') {
        None if pattern.bytes().all(|b| b == b'*') => Truth::True,
        Some((service, _)) if !service.contains(['*', '?']) => Truth::True,
        // Said to be accepted for `*`.
        Some(("*", "*")) => Truth::Unknown,
        Some(_) | None if cloud == Cloud::Aws => Truth::False,
        Some(_) | None => Truth::Unknown,
    }
}

/// Whether one condition holds in this context.
fn condition(condition: &Condition, version: Version, context: &Context<'_>) -> Truth {
    let lookup = |key: &str| context.variable(key);
    let present = condition.key.value.as_str().and_then(|key| context.get(key));
    holds(condition, present, variables(version, &lookup))
}

/// The lookup of policy variables under a version: only 2012-10-17 has them, an unknown version may.
pub(crate) fn variables(version: Version, lookup: &dyn Fn(&str) -> Variable) -> Variables<'_> {
    match version {
        Version::V2012 => Some(lookup),
        Version::V2008 | Version::One => None,
        Version::Unknown => Some(&|_: &str| Variable::Unknown),
    }
}

/// Whether a condition holds where its key has these values (and is multivalued or not), or is absent.
pub(crate) fn holds(
    condition: &Condition,
    present: Option<(&[String], bool)>,
    variables: Variables<'_>,
) -> Truth {
    let OperatorName::Known(operator) = &condition.operator.value else { return Truth::Unknown };
    if condition.key.value.as_str().is_none() {
        return Truth::Unknown;
    }
    let values = &condition.values;
    if operator.base == model::BaseOperator::Null {
        let listed = Truth::any(values.items.iter().map(|v| match v.value.as_str() {
            Some(text) if text.eq_ignore_ascii_case("true") => present.is_none().into(),
            Some(text) if text.eq_ignore_ascii_case("false") => present.is_some().into(),
            Some(_) | None => Truth::Unknown,
        }));
        return if values.open.is_some() { listed.or(Truth::Unknown) } else { listed };
    }
    let Some((requested, multi)) = present else {
        return match operator.set {
            Some(SetOperator::ForAllValues) => Truth::True,
            Some(SetOperator::ForAnyValue) => Truth::False,
            None if operator.if_exists => Truth::True,
            // An empty list of values never matches, negated or not.
            None if operator.negated && values.items.is_empty() => match values.open {
                Some(_) => Truth::Unknown,
                None => Truth::False,
            },
            None => operator.negated.into(),
        };
    };
    let each = || operator::test_each(*operator, requested, values, variables);
    match operator.set {
        Some(SetOperator::ForAnyValue) => Truth::any(each()),
        Some(SetOperator::ForAllValues) => Truth::all(each().zip(requested).map(|(truth, value)| {
            // An empty string may count as no value at all, of which everything is true.
            if value.is_empty() { truth.or(Truth::Unknown) } else { truth }
        })),
        // A multivalued key without a set operator: undocumented.
        None if multi => Truth::Unknown,
        None => requested
            .first()
            .map_or(Truth::False, |value| operator::test(*operator, value, values, variables)),
    }
}
