//! What names stand for: parameters, pseudo parameters, resources and their attributes.
//!
//! Identities of IAM and RAM that the template makes have names in the own account; of other resources nothing is
//! known before they exist.

use model::{Branch, Cause, Decoded, Node, OneOf, Piece, Span, Standing, Symbol, Text, Unknown, Value};

use super::{Bound, Evaluator};
use crate::lift::{self, Outcome};
use crate::parameter::Parameter;
use crate::template::Resource;
use crate::value::{invalid, unknown_text};

/// The type of the CDK's `CfnJson`, whose handler gives back what it is given, as JSON.
const CFN_JSON: &str = "Custom::AWSCDKCfnJson";

/// The type of the CDK's own resource for OIDC providers, whose id is the provider's ARN.
const CDK_PROVIDER: &str = "Custom::AWSCDKOpenIdConnectProvider";

/// How many permitted values of a parameter without a default become alternatives.
const MAX_ALTERNATIVES: usize = 4;

impl Evaluator<'_> {
    /// `Ref`.
    pub(super) fn reference(&self, argument: &Node) -> Outcome {
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
    pub(super) fn named(&self, name: &str, span: Span) -> Node {
        if let ("ALIYUN::Index", Some(index)) = (name, self.index.get()) {
            return Node::new(Value::Number(index.to_string().into()), span);
        }
        if let Some(pseudo) = pseudo_parameter(name, span) {
            return pseudo;
        }
        if let Some(parameter) = self.template.parameter(name) {
            return self.shown(parameter, span);
        }
        match self.template.resource(name) {
            Some(resource) => self.resource_reference(resource, span),
            None => {
                let why = Cause::Unresolved(format!("nothing in the template is called `{name}`").into());
                Node::unknown(format!("`{name}`"), why, span)
            }
        }
    }

    /// The value of a parameter as far as it may be shown.
    fn shown(&self, parameter: &Parameter<'_>, span: Span) -> Node {
        if parameter.is_hidden() {
            let why = match self.arguments.get(parameter.name).is_some() || parameter.has_default() {
                true => Cause::Unsupported("its value is hidden by `NoEcho`".into()),
                false => Cause::NoValue,
            };
            return parameter.unknown(why, span);
        }
        self.parameter(parameter, span)
    }

    /// The value of a parameter, even a hidden one: for comparing, not for showing.
    pub(super) fn parameter(&self, parameter: &Parameter<'_>, span: Span) -> Node {
        match self.bound(parameter.name) {
            Some(Bound::Value(value)) => {
                return parameter.given(&Node::text(&value, parameter.span), span);
            }
            Some(Bound::Other | Bound::Open) => {
                let given = match self.arguments.get(parameter.name).is_some() || !parameter.has_default() {
                    true => "the value that it is given",
                    false => "the value that is given instead of its default",
                };
                return parameter.unknown(Cause::Undecided(given.into()), span);
            }
            None => {}
        }
        if let Some(argument) = self.arguments.get(parameter.name) {
            return parameter.given(&argument.value, span);
        }
        if let Some(unknown) = self.arguments.unknown(parameter.name) {
            return parameter.unknown(unknown.why.clone(), span);
        }
        if parameter.has_default() {
            return parameter.default(span);
        }
        self.alternatives(parameter, span)
    }

    pub(super) fn bound(&self, name: &str) -> Option<Bound> {
        self.bound.borrow().iter().rev().find(|(bound, _)| bound == name).map(|(_, value)| value.clone())
    }

    /// A parameter that nothing gives a value: one of the values that it permits, if they are few.
    fn alternatives(&self, parameter: &Parameter<'_>, span: Span) -> Node {
        let values = parameter.values().unwrap_or_default();
        let branch = |(value, at): &(String, Span)| Branch {
            when: format!("`{}` is `{value}`", parameter.name).into(),
            standing: Standing::Unsettled,
            node: parameter.given(&Node::text(value, *at), span),
        };
        match values.as_slice() {
            [] => parameter.default(span),
            [only] => branch(only).node,
            several if several.len() <= MAX_ALTERNATIVES => {
                let branches = several.iter().map(branch).collect();
                let choice = format!("{}parameter `{}`", self.prefix, parameter.name).into();
                Node::new(Value::OneOf(OneOf { choice, span, branches }), span)
            }
            _ => parameter.default(span),
        }
    }

    /// What `Ref` of a resource gives: for IAM and RAM its name or its ARN.
    fn resource_reference(&self, resource: &Resource<'_>, span: Span) -> Node {
        if let Some(several) = self.several(resource, span) {
            return several;
        }
        let text = match resource.kind {
            "AWS::IAM::Role" | "ALIYUN::RAM::Role" => self.own_text(resource, "RoleName"),
            "AWS::IAM::User" | "ALIYUN::RAM::User" => self.own_text(resource, "UserName"),
            "AWS::IAM::OIDCProvider"
            | CDK_PROVIDER
            | "AWS::IAM::SAMLProvider"
            | "AWS::IAM::ManagedPolicy" => self.arn(resource),
            "ALIYUN::RAM::ManagedPolicy" => self.own_text(resource, "PolicyName"),
            _ => None,
        };
        match text {
            Some(text) => Node { defined: Some(resource.id.span), ..Node::new(Value::Text(text), span) },
            None => unknown_text(format!("`{}`", resource.name()), Cause::AfterApply, span),
        }
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&self, argument: &Node) -> Node {
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
    pub(super) fn attribute_of(&self, id: &str, attribute: &str, span: Span) -> Node {
        let what = format!("`{id}.{attribute}`");
        let Some(resource) = self.template.resource(id) else {
            let why = Cause::Unresolved(format!("no resource is called `{id}`").into());
            return Node::unknown(what, why, span);
        };
        if let Some(output) = attribute.strip_prefix("Outputs.") {
            return self.output(resource, output, span);
        }
        if let Some(several) = self.several(resource, span) {
            return several;
        }
        if (attribute, resource.kind) == ("Value", CFN_JSON) {
            return self.cfn_json(resource, span);
        }
        let text = match (attribute, resource.kind) {
            ("Arn", _) => self.arn(resource),
            ("RoleName", "ALIYUN::RAM::Role") => self.own_text(resource, "RoleName"),
            ("PolicyName", "ALIYUN::RAM::ManagedPolicy") => self.own_text(resource, "PolicyName"),
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

    /// What the CDK's `CfnJson` gives: the value that its text says, in which keys may be computed.
    fn cfn_json(&self, resource: &Resource<'_>, span: Span) -> Node {
        let what = format!("{}.Value", resource.name());
        let invalid = |why: &str| Node::unknown(format!("`{what}`"), Cause::Invalid(why.into()), span);
        let Some(written) = resource.property("Value") else {
            return invalid("it has no `Value`");
        };
        let value = self.within(what.clone(), || self.value(written));
        let Some(value) = value else {
            return invalid("it refers to itself");
        };
        let parse = |value: &Node| match Decoded::of(value).map(|text| syntax::json::parse_decoded(&text)) {
            Some(Ok(tree)) => tree.used_at(span),
            Some(Err(_)) => invalid("its `Value` is no JSON"),
            None => value.clone(),
        };
        lift::distribute(&value, &self.budget, &parse)
    }

    /// What a reference to a resource with `Count` gives: of how many there are one list.
    fn several(&self, resource: &Resource<'_>, span: Span) -> Option<Node> {
        let why = || Cause::Unsupported("a reference to a resource with `Count`".into());
        let counted = self.template.ros && resource.node.get("Count").is_some();
        counted.then(|| Node::unknown(format!("`{}`", resource.name()), why(), span))
    }

    /// What the template that a resource holds says to this one.
    fn output(&self, resource: &Resource<'_>, output: &str, span: Span) -> Node {
        let what = format!("{}.Outputs.{output}", resource.name());
        let value = self
            .within(what.clone(), || self.deeper(|| self.stacks.output(resource, output, self)))
            .map_or_else(
                || Err(Cause::Invalid("it refers to itself".into())),
                |value| {
                    value
                        .unwrap_or_else(|| Err(Cause::Unsupported("the template takes too much work".into())))
                },
            );
        match value {
            Ok(node) => node.used_at(span),
            // Those of CloudFormation are texts.
            Err(why) if self.template.ros => Node::unknown(format!("`{what}`"), why, span),
            Err(why) => unknown_text(format!("`{what}`"), why, span),
        }
    }

    /// The ARN of an identity in this template: always in the own account.
    fn arn(&self, resource: &Resource<'_>) -> Option<Text> {
        let (kind, name) = match resource.kind {
            "AWS::IAM::Role" => ("role", "RoleName"),
            "AWS::IAM::User" => ("user", "UserName"),
            "AWS::IAM::ManagedPolicy" => ("policy", "ManagedPolicyName"),
            "AWS::IAM::SAMLProvider" => ("saml-provider", "Name"),
            "AWS::IAM::OIDCProvider" | CDK_PROVIDER => ("oidc-provider", "Url"),
            "ALIYUN::RAM::Role" => return Some(self.ram_arn(resource, "role", "RoleName")),
            "ALIYUN::RAM::SAMLProvider" => {
                return Some(self.ram_arn(resource, "saml-provider", "SAMLProviderName"));
            }
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

    fn ram_arn(&self, resource: &Resource<'_>, kind: &str, name: &str) -> Text {
        let mut arn = Text::lit("acs:ram::");
        arn.push(Piece::Symbol(Symbol::OwnAccount));
        arn.push_str(&format!(":{kind}/"));
        match self.own_text(resource, name) {
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
}

fn pseudo_parameter(name: &str, span: Span) -> Option<Node> {
    let symbol = match name {
        // Whoever runs a ROS stack belongs to the account that it is made in.
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
