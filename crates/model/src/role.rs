//! Roles as rules see them: nothing here says which format they came from.

use crate::{Cloud, Located, Node, Span, Text, Unknown, Value, Variant};

/// Something that is analysed.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A role with its trust policy.
    Role(Box<Role>),
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Whose.
    pub cloud: Cloud,
    /// The kind in the input's own words: `aws_iam_role`, `AWS::IAM::Role`, `policy` for a raw document.
    pub kind: Box<str>,
    /// Its address in the input: a Terraform address with instance keys, a logical id, a path.
    pub address: Box<str>,
    /// The name it will have in the cloud.
    pub name: Option<Located<Text>>,
    /// Its path in the cloud (`/service-role/`).
    pub path: Option<Text>,
    /// The narrowest text that names it in the input.
    pub span: Span,
    /// Where its trust policy stands.
    pub document: Span,
    /// The calls through which its module is reached, the outermost first; empty where nothing calls it.
    pub calls: Vec<Located<Box<str>>>,
    /// The trust policy in each shape it can take; at least one.
    pub trust: Vec<Variant>,
    /// Longest session in seconds, as written; absent means the cloud's default of 3600.
    pub max_session: Option<Located<Text>>,
    /// The permissions boundary.
    pub boundary: Option<Located<Text>>,
    /// What it may do.
    pub grants: Vec<Located<Grant>>,
    /// Why it may have more permissions than listed.
    pub grants_open: Option<Unknown>,
    /// What it was before the change that the input describes.
    pub before: Before,
}

/// What a role was before a change.
#[derive(Clone, Debug, Default)]
pub enum Before {
    /// The input describes no change.
    #[default]
    Untold,
    /// There was no such role.
    Absent,
    /// The change leaves it as it is.
    Same,
    /// Another than it will be; its own `before` is [`Before::Untold`].
    Other(Box<Role>),
}

impl Role {
    /// A role of which only its identity and its trust are known.
    pub fn new(
        cloud: Cloud,
        kind: impl Into<Box<str>>,
        address: impl Into<Box<str>>,
        span: Span,
        document: Span,
        trust: Vec<Variant>,
    ) -> Self {
        Role {
            cloud,
            kind: kind.into(),
            address: address.into(),
            name: None,
            path: None,
            span,
            document,
            calls: Vec::new(),
            trust,
            max_session: None,
            boundary: None,
            grants: Vec::new(),
            grants_open: None,
            before: Before::Untold,
        }
    }
}

/// An address without instance keys: `module.a["x.y"].aws_iam_role.b[0]` is of the block `module.a.aws_iam_role.b`.
pub fn block(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for c in address.chars() {
        match c {
            '"' if depth > 0 && !escaped => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted && depth > 0 => depth -= 1,
            c if depth == 0 => out.push(c),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

/// One permission policy of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A managed policy by ARN or name.
    Managed(Text),
    /// A document whose content was read, and how far it reaches.
    Document(Breadth),
}

/// How far a permission policy reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// Everything, or everything in IAM/RAM (from which everything follows), on every resource, unconditionally.
    Administrator,
    /// Only actions that read.
    ReadOnly,
    /// Something between.
    Other,
    /// Not known.
    Unknown(Unknown),
}

/// Verbs that only read, in AWS and Alibaba Cloud action names.
const READ_VERBS: &[&str] = &[
    "Get", "List", "Describe", "BatchGet", "Head", "Query", "Scan", "Search", "Lookup", "View", "Check",
    "Read", "Select",
];

impl Breadth {
    /// How far a permission policy document reaches.
    pub fn of(document: &Node) -> Breadth {
        let mut worst = Breadth::ReadOnly;
        let statements: Vec<&Node> = match document.get("Statement").map(|n| (n, &n.value)) {
            Some((_, Value::List(list))) => {
                if let Some(unknown) = &list.open {
                    worst = Breadth::Unknown(unknown.clone());
                }
                list.items.iter().collect()
            }
            Some((node, Value::Object(_))) => vec![node],
            Some((_, Value::Unknown(unknown))) => return Breadth::Unknown(unknown.clone()),
            _ => match &document.value {
                Value::Unknown(unknown) => return Breadth::Unknown(unknown.clone()),
                _ => return Breadth::Other,
            },
        };
        for statement in statements {
            match Self::of_statement(statement) {
                Breadth::Administrator => return Breadth::Administrator,
                Breadth::Unknown(unknown) => worst = Breadth::Unknown(unknown),
                Breadth::Other if worst == Breadth::ReadOnly => worst = Breadth::Other,
                Breadth::Other | Breadth::ReadOnly => {}
            }
        }
        worst
    }

    fn of_statement(statement: &Node) -> Breadth {
        if let Value::Unknown(unknown) = &statement.value {
            return Breadth::Unknown(unknown.clone());
        }
        if statement.get("Effect").and_then(Node::scalar).is_some_and(|e| e.value.is("Deny")) {
            return Breadth::ReadOnly;
        }
        let conditional = statement.get("Condition").is_some();
        let everywhere = texts(statement.get("Resource")).iter().any(|r| r.is("*"))
            || statement.get("NotResource").is_some();
        if statement.get("NotAction").is_some() {
            return if everywhere && !conditional { Breadth::Administrator } else { Breadth::Other };
        }
        let actions = texts(statement.get("Action"));
        let all = |a: &Text| {
            a.as_str()
                .is_some_and(|a| matches!(a.to_ascii_lowercase().as_str(), "*" | "*:*" | "iam:*" | "ram:*"))
        };
        if everywhere && !conditional && actions.iter().any(all) {
            return Breadth::Administrator;
        }
        if let Some(unknown) = actions.iter().find_map(|a| a.unknowns().next()) {
            return Breadth::Unknown((**unknown).clone());
        }
        let reads = |a: &Text| {
            let verb = a.as_str().and_then(|a| a.split_once(':')).map(|(_, verb)| verb);
            verb.is_some_and(|verb| {
                READ_VERBS
                    .iter()
                    .any(|read| verb.get(..read.len()).is_some_and(|head| head.eq_ignore_ascii_case(read)))
            })
        };
        if !actions.is_empty() && actions.iter().all(reads) { Breadth::ReadOnly } else { Breadth::Other }
    }
}

fn texts(node: Option<&Node>) -> Vec<Text> {
    match node.map(|n| (n, &n.value)) {
        Some((_, Value::List(list))) => list.items.iter().filter_map(Node::scalar).map(|t| t.value).collect(),
        Some((node, _)) => node.scalar().map(|t| t.value).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::block;

    #[test]
    fn instance_keys_may_hold_anything() {
        assert_eq!(block(r#"module.a["x]\".y"].aws_iam_role.b[0]"#), "module.a.aws_iam_role.b");
        assert_eq!(
            block(r#"module.a["x.module.y]\"]"].module.b[0].aws_iam_role.c["d.e"]"#),
            "module.a.module.b.aws_iam_role.c"
        );
        assert_eq!(block("aws_iam_role.b"), "aws_iam_role.b");
        assert_eq!(block("policies/a.json"), "policies/a.json");
    }
}
