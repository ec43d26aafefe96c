//! The trust policy: what every format lowers to and the law decides.
//!
//! Places ride along in [`Located`]; equality ignores them, so two formats can be compared for meaning.

use std::fmt::Write as _;

use crate::{Assumption, Located, Text, Unknown};

/// Whose grammar a policy follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cloud {
    /// AWS IAM.
    Aws,
    /// Alibaba Cloud RAM.
    Alibaba,
}

impl Cloud {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Cloud::Aws => "aws",
            Cloud::Alibaba => "alibaba",
        }
    }
}

/// A policy under one way to settle the conditions that shape it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// How the conditions are settled here; empty if the policy has only one shape.
    pub assumptions: Vec<Assumption>,
    /// The policy then.
    pub policy: TrustPolicy,
}

/// The statements that say who may assume a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Whose grammar.
    pub cloud: Cloud,
    /// Decides whether `${…}` in values is a policy variable.
    pub version: Version,
    /// In source order.
    pub statements: Vec<Located<Statement>>,
    /// Why there may be more statements; of a wholly unknown policy nothing else is given.
    pub open: Option<Unknown>,
}

/// The `Version` element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `2012-10-17`: policy variables work.
    V2012,
    /// `2008-10-17`, or absent on AWS: `${…}` is literal text.
    V2008,
    /// `1`, Alibaba Cloud.
    One,
    /// Not known, or not a version of this cloud.
    Unknown,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The statement's own name.
    pub sid: Option<Located<Text>>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Who.
    pub principals: PrincipalSet,
    /// What.
    pub actions: ActionSet,
    /// All of these must hold.
    pub conditions: Vec<Located<Condition>>,
    /// Why there may be more conditions.
    pub conditions_open: Option<Unknown>,
    /// Why the cloud refuses to store this statement. Such a statement never allows anything; as a Deny its
    /// effect is unknown.
    pub rejected: Vec<Located<Box<str>>>,
}

/// The `Effect` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
    /// Not known, or not valid (then the statement is also `rejected`).
    Unknown(Unknown),
}

/// `Principal` or `NotPrincipal`; any listed one suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalSet {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// The listed principals.
    pub items: Vec<Principal>,
    /// Why there may be more.
    pub open: Option<Unknown>,
}

/// One principal as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The key it stands under.
    pub kind: PrincipalKind,
    /// Its identifier.
    pub id: Located<Text>,
}

/// What sort of principal an identifier names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// `*`, bare or under `AWS` / `RAM`.
    Everyone,
    /// Under `AWS`: an account, a role, a user, a session, a unique id.
    Aws,
    /// Under `RAM`: the same for Alibaba Cloud.
    Ram,
    /// Under `Service`.
    Service,
    /// Under `Federated`.
    Federated,
    /// Under `CanonicalUser`: matches no caller of AssumeRole.
    CanonicalUser,
    /// The key itself is not known.
    Unknown(Unknown),
}

/// `Action` or `NotAction`; any listed one suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSet {
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// The listed patterns.
    pub items: Vec<Located<Text>>,
    /// Why there may be more.
    pub open: Option<Unknown>,
}

/// One test of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Located<OperatorName>,
    /// The key as written; keys compare without letter case.
    pub key: Located<Text>,
    /// The values it is tested against.
    pub values: Values,
}

/// The values of a condition; any suffices (for a negated operator: all must differ).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The listed values.
    pub items: Vec<Located<Text>>,
    /// Why there may be more.
    pub open: Option<Unknown>,
}

/// An operator name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorName {
    /// One the cloud documents.
    Known(Operator),
    /// One it does not: the statement is also `rejected`.
    Unrecognised(Text),
    /// Not known.
    Unknown(Unknown),
}

/// A documented operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAnyValue:` or `ForAllValues:`.
    pub set: Option<SetOperator>,
    /// What is compared.
    pub base: BaseOperator,
    /// Whether the name says `Not`.
    pub negated: bool,
    /// Whether it ends in `IfExists`.
    pub if_exists: bool,
}

/// The set operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// Some value of the request.
    ForAnyValue,
    /// Every value of the request; true of none.
    ForAllValues,
}

/// What an operator compares, without its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseOperator {
    /// `StringEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `NumericEquals`.
    NumericEquals,
    /// `NumericLessThan`.
    NumericLessThan,
    /// `NumericLessThanEquals`.
    NumericLessThanEquals,
    /// `NumericGreaterThan`.
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`.
    NumericGreaterThanEquals,
    /// `DateEquals`.
    DateEquals,
    /// `DateLessThan`.
    DateLessThan,
    /// `DateLessThanEquals`.
    DateLessThanEquals,
    /// `DateGreaterThan`.
    DateGreaterThan,
    /// `DateGreaterThanEquals`.
    DateGreaterThanEquals,
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    BinaryEquals,
    /// `IpAddress`.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which mean the same.
    Arn,
    /// `Null`.
    Null,
}

/// Every operator name in lower case: what it compares, whether it is negated, whether Alibaba Cloud has it.
/// Sources: the IAM user guide's operator page; RAM's conditional-operator page of 2025-12.
const OPERATORS: &[(&str, BaseOperator, bool, bool)] = &[
    ("stringequals", BaseOperator::StringEquals, false, true),
    ("stringnotequals", BaseOperator::StringEquals, true, true),
    ("stringequalsignorecase", BaseOperator::StringEqualsIgnoreCase, false, true),
    ("stringnotequalsignorecase", BaseOperator::StringEqualsIgnoreCase, true, true),
    ("stringlike", BaseOperator::StringLike, false, true),
    ("stringnotlike", BaseOperator::StringLike, true, true),
    ("numericequals", BaseOperator::NumericEquals, false, true),
    ("numericnotequals", BaseOperator::NumericEquals, true, true),
    ("numericlessthan", BaseOperator::NumericLessThan, false, true),
    ("numericlessthanequals", BaseOperator::NumericLessThanEquals, false, true),
    ("numericgreaterthan", BaseOperator::NumericGreaterThan, false, true),
    ("numericgreaterthanequals", BaseOperator::NumericGreaterThanEquals, false, true),
    ("dateequals", BaseOperator::DateEquals, false, true),
    ("datenotequals", BaseOperator::DateEquals, true, true),
    ("datelessthan", BaseOperator::DateLessThan, false, true),
    ("datelessthanequals", BaseOperator::DateLessThanEquals, false, true),
    ("dategreaterthan", BaseOperator::DateGreaterThan, false, true),
    ("dategreaterthanequals", BaseOperator::DateGreaterThanEquals, false, true),
    ("bool", BaseOperator::Bool, false, true),
    ("binaryequals", BaseOperator::BinaryEquals, false, false),
    ("ipaddress", BaseOperator::IpAddress, false, true),
    ("notipaddress", BaseOperator::IpAddress, true, true),
    ("arnequals", BaseOperator::Arn, false, false),
    ("arnlike", BaseOperator::Arn, false, false),
    ("arnnotequals", BaseOperator::Arn, true, false),
    ("arnnotlike", BaseOperator::Arn, true, false),
    ("null", BaseOperator::Null, false, false),
];

impl Operator {
    /// Reads an operator name, letter case aside. `None` if this cloud documents no such operator.
    pub fn parse(name: &str, cloud: Cloud) -> Option<Operator> {
        let lower = name.to_ascii_lowercase();
        let (set, rest) = if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Some(SetOperator::ForAnyValue), rest)
        } else if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Some(SetOperator::ForAllValues), rest)
        } else {
            (None, lower.as_str())
        };
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (_, base, negated, alibaba) = OPERATORS.iter().find(|(n, ..)| *n == rest)?;
        if *base == BaseOperator::Null && (if_exists || set.is_some()) {
            return None;
        }
        if cloud == Cloud::Alibaba && (!alibaba || if_exists || set.is_some()) {
            return None;
        }
        Some(Operator { set, base: *base, negated: *negated, if_exists })
    }
}

impl TrustPolicy {
    /// A policy of which nothing is known.
    pub fn unknown(cloud: Cloud, why: Unknown) -> Self {
        TrustPolicy { cloud, version: Version::Unknown, statements: Vec::new(), open: Some(why) }
    }

    /// The meaning of the policy as text: the same for every format and every order of alternatives.
    pub fn canonical(&self) -> String {
        let mut statements: Vec<String> = self.statements.iter().map(|s| s.value.canonical()).collect();
        statements.sort_unstable();
        let mut out = format!("{} {:?}", self.cloud.name(), self.version);
        for statement in statements {
            out.push('\n');
            out.push_str(&statement);
        }
        if self.open.is_some() {
            out.push_str("\n?");
        }
        out
    }

    /// The same policy with every symbol that `value` knows spelled out.
    #[must_use]
    pub fn resolve<'a>(&self, value: &dyn Fn(crate::Symbol) -> Option<&'a str>) -> TrustPolicy {
        let mut policy = self.clone();
        let text = |t: &mut Located<Text>| t.value = t.value.resolve(value);
        for statement in &mut policy.statements {
            let s = &mut statement.value;
            s.principals.items.iter_mut().for_each(|p| text(&mut p.id));
            s.actions.items.iter_mut().for_each(text);
            for condition in &mut s.conditions {
                text(&mut condition.value.key);
                condition.value.values.items.iter_mut().for_each(text);
            }
        }
        policy
    }
}

impl Statement {
    /// The meaning of the statement as one line of text.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        out.push_str(match &self.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
            Effect::Unknown(_) => "?",
        });
        let mut principals: Vec<String> = self
            .principals
            .items
            .iter()
            .map(|p| match &p.kind {
                PrincipalKind::Everyone => "*".to_owned(),
                PrincipalKind::Unknown(_) => "?".to_owned(),
                kind => format!("{kind:?}={}", canonical_text(&p.id.value)),
            })
            .collect();
        list(&mut out, "principal", self.principals.negated, &mut principals, self.principals.open.is_some());
        let mut actions: Vec<String> =
            self.actions.items.iter().map(|a| canonical_text(&a.value).to_ascii_lowercase()).collect();
        list(&mut out, "action", self.actions.negated, &mut actions, self.actions.open.is_some());
        let mut conditions: Vec<String> = self
            .conditions
            .iter()
            .map(|c| {
                let mut values: Vec<String> =
                    c.value.values.items.iter().map(|v| canonical_text(&v.value)).collect();
                let mut one = match &c.value.operator.value {
                    OperatorName::Known(op) => format!("{op:?}"),
                    OperatorName::Unrecognised(text) => canonical_text(text),
                    OperatorName::Unknown(_) => "?".to_owned(),
                };
                let key = canonical_text(&c.value.key.value).to_ascii_lowercase();
                list(&mut one, &key, false, &mut values, c.value.values.open.is_some());
                one
            })
            .collect();
        list(&mut out, "condition", false, &mut conditions, self.conditions_open.is_some());
        if !self.rejected.is_empty() {
            out.push_str(" rejected");
        }
        out
    }
}

fn list(out: &mut String, name: &str, negated: bool, items: &mut Vec<String>, open: bool) {
    items.sort_unstable();
    items.dedup();
    if open {
        items.push("?".to_owned());
    }
    let not = if negated { "not-" } else { "" };
    // Writing to a string cannot fail.
    let _ = write!(out, " {not}{name}[{}]", items.join(", "));
}

/// Known characters quoted, so that no content can pass for structure; unknown pieces as `?`.
fn canonical_text(text: &Text) -> String {
    let mut out = String::new();
    for piece in text.pieces() {
        match piece {
            crate::Piece::Lit(lit) => {
                let _ = write!(out, "{lit:?}");
            }
            crate::Piece::Symbol(symbol) => {
                let _ = write!(out, "<{symbol}>");
            }
            crate::Piece::Hole(_) => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_names_are_read_whatever_their_case() {
        let op = Operator::parse("forallvalues:STRINGLIKEIFEXISTS", Cloud::Aws).unwrap();
        assert_eq!(op.set, Some(SetOperator::ForAllValues));
        assert_eq!(op.base, BaseOperator::StringLike);
        assert!(op.if_exists && !op.negated);
        assert!(Operator::parse("ArnNotEquals", Cloud::Aws).unwrap().negated);
        assert!(Operator::parse("NullIfExists", Cloud::Aws).is_none());
        assert!(Operator::parse("StringMatches", Cloud::Aws).is_none());
    }

    #[test]
    fn alibaba_has_fewer_operators() {
        assert!(Operator::parse("StringEquals", Cloud::Alibaba).is_some());
        for name in ["ArnLike", "Null", "StringEqualsIfExists", "ForAnyValue:StringLike", "BinaryEquals"] {
            assert!(Operator::parse(name, Cloud::Alibaba).is_none(), "{name}");
        }
    }
}
