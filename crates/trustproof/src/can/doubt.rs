//! What keeps an answer open: the parts of statements of which nobody can say whether they mean this request.
//!
//! Each part is put to the law alone, in a statement that is otherwise sure to match. Deliberately not here: why the
//! law cannot say (decide).

use decide::{Request, Truth, evaluate};
use model::{
    ActionSet, Effect, Located, OperatorName, Principal, PrincipalKind, PrincipalSet, Span, Statement, Text,
    TrustPolicy, Unknown,
};

/// A part of the policy, and why it leaves the answer open.
pub(super) type Doubt = (Option<Span>, String);

/// Everything that would have to be known to answer this request.
pub(super) fn doubts(policy: &TrustPolicy, request: &Request) -> Vec<Doubt> {
    let probe = Probe { policy, request };
    let truths: Vec<Truth> = policy.statements.iter().map(|s| probe.matches(s.value.clone())).collect();
    let allows = |s: &Statement, truth: Truth| s.effect == Effect::Allow && truth == Truth::True;
    let allowed = policy.statements.iter().zip(&truths).any(|(s, truth)| allows(&s.value, *truth));
    let mut out: Vec<Doubt> = policy.open.iter().map(unknown).collect();
    for (statement, truth) in policy.statements.iter().zip(truths) {
        // Another Allow adds nothing to one that is sure.
        let idle = allowed && statement.value.effect == Effect::Allow;
        if truth == Truth::Unknown && !idle {
            probe.statement(statement, &mut out);
        }
    }
    out
}

struct Probe<'a> {
    policy: &'a TrustPolicy,
    request: &'a Request,
}

impl Probe<'_> {
    /// A statement that is sure to match the request.
    fn sure(&self) -> Statement {
        let place = Span::nowhere();
        let id = |text: &str| Located::new(Text::lit(text), place);
        let principals = [
            (PrincipalKind::Everyone, "*"),
            (PrincipalKind::Service, "*"),
            (PrincipalKind::Federated, self.request.principal.as_str()),
        ];
        let principals = principals.map(|(kind, text)| Principal { kind, id: id(text) });
        Statement {
            sid: None,
            effect: Effect::Allow,
            principals: PrincipalSet { negated: false, items: principals.into(), open: None },
            actions: ActionSet { negated: false, items: vec![id("*")], open: None },
            conditions: Vec::new(),
            conditions_open: None,
            rejected: Vec::new(),
        }
    }

    /// Whether a statement, all by itself, matches.
    fn matches(&self, statement: Statement) -> Truth {
        let deny = statement.effect == Effect::Deny;
        let mut statements = vec![Located::new(statement, Span::nowhere())];
        if deny {
            statements.push(Located::new(self.sure(), Span::nowhere()));
        }
        let policy = TrustPolicy { statements, open: None, ..*self.policy };
        let allowed = evaluate(&policy, self.request).allowed;
        if deny { !allowed } else { allowed }
    }

    /// The parts of one statement that leave open whether it matches.
    fn statement(&self, statement: &Located<Statement>, out: &mut Vec<Doubt>) {
        let before = out.len();
        let s = &statement.value;
        if let Effect::Unknown(why) = &s.effect {
            out.push(unknown(why));
        }
        out.extend(s.conditions_open.iter().map(unknown));
        if s.effect == Effect::Deny {
            let refused = |why: &Located<Box<str>>| {
                let text =
                    format!("{}: what the cloud makes of such a statement is not documented", why.value);
                (Some(why.span), text)
            };
            out.extend(s.rejected.iter().map(refused));
        }
        let effect = if s.effect == Effect::Deny { Effect::Deny } else { Effect::Allow };
        let who = Statement { principals: s.principals.clone(), effect, ..self.sure() };
        if self.matches(who) == Truth::Unknown {
            let places = s.principals.items.iter().map(|p| p.id.span).reduce(Span::to);
            let name = if s.principals.negated { "NotPrincipal" } else { "Principal" };
            let who = &self.request.principal;
            out.push((places, format!("whether this `{name}` means `{who}` is not documented")));
        }
        let what = Statement { actions: s.actions.clone(), ..self.sure() };
        if self.matches(what) == Truth::Unknown {
            let places = s.actions.items.iter().map(|a| a.span).reduce(Span::to);
            out.push((places, format!("whether this means `{}` is not known", self.request.action)));
        }
        for condition in &s.conditions {
            let alone = Statement { conditions: vec![condition.clone()], ..self.sure() };
            if self.matches(alone) != Truth::Unknown {
                continue;
            }
            out.push(match &condition.value.operator.value {
                OperatorName::Unknown(why) => unknown(why),
                OperatorName::Known(_) | OperatorName::Unrecognised(_) => {
                    let key = &condition.value.key.value;
                    let text =
                        format!("what this condition on `{key}` makes of the request is not documented");
                    (Some(condition.span), text)
                }
            });
        }
        if out.len() == before {
            out.push((Some(statement.span), "whether this statement matches is not known".to_owned()));
        }
    }
}

fn unknown(unknown: &Unknown) -> Doubt {
    (unknown.span, format!("`{}` {}", unknown.what, unknown.why))
}
