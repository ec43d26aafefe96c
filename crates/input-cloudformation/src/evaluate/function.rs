//! The functions that compute a value of values: those of CloudFormation, of its language extensions, and of ROS.
//!
//! What only the service can know (zones, exports, other stacks) is unknown, and so is what macros make.

use model::{Branch, Cause, Decoded, List, Node, Object, OneOf, Span, Standing, Symbol, Text, Value};

use super::Evaluator;
use crate::lift;
use crate::text;
use crate::value::{invalid, is_intrinsic, items, known, unknown_text};

/// How many different values of a mapping become alternatives where its key is not known.
const MAX_ALTERNATIVES: usize = 4;

/// The most blocks that `Fn::Cidr` gives.
const MAX_BLOCKS: u128 = 256;

impl Evaluator<'_> {
    /// What a function gives for its argument as written.
    pub(super) fn function(&self, name: &str, argument: &Node, span: Span) -> Node {
        // Functions want values, and of a conditional one they have one result a branch.
        let compute: &dyn Fn(&Node) -> Node = match name {
            "Fn::GetAtt" => &|argument| self.attribute(argument),
            "Fn::Join" | "Fn::ListJoin" => &|argument| text::join(argument, &self.budget),
            "Fn::Split" => &text::split,
            "Fn::Select" if self.template.ros => &select_ros,
            "Fn::Select" => &select,
            "Fn::FindInMap" => &|argument| self.find_in_map(argument),
            "Fn::Length" => &|argument| length(argument, span),
            "Fn::Cidr" => &|argument| cidr(argument, span),
            "Fn::Base64" | "Fn::Base64Encode" => &|argument| base64_encode(argument, span),
            "Fn::Base64Decode" => &|argument| base64_decode(argument, span),
            // The tree says more than its text would, and whoever wants a policy takes either.
            "Fn::ToJsonString" => &|argument| to_json(argument, span),
            "Fn::Str" => &|argument| match argument.scalar() {
                Some(text) => Node { value: Value::Text(text.value), ..argument.clone() },
                None => to_json(argument, span),
            },
            "Fn::Replace" => &|argument| replace(argument, span),
            "Fn::ListMerge" => &|argument| merge_lists(argument, span),
            "Fn::GetJsonValue" => &|argument| json_value(argument, span),
            "Fn::ImportValue" | "Fn::GetStackOutput" => {
                return unknown_text(format!("`{name}`"), Cause::AfterApply, span);
            }
            "Fn::GetAZs" => return Node::unknown(format!("`{name}`"), Cause::AfterApply, span),
            _ => {
                let why = Cause::Unsupported(format!("the function `{name}`").into());
                return Node::unknown(format!("`{name}`"), why, span);
            }
        };
        let argument = self.value(argument);
        lift::distribute(&argument, &self.budget, compute)
    }

    fn find_in_map(&self, argument: &Node) -> Node {
        let [map, first, second, options @ ..] = items(argument) else {
            return invalid("Fn::FindInMap", "takes a map and two keys", argument.span);
        };
        let keys = [map, first, second].map(|n| n.scalar().map(|t| t.value));
        let [Some(map), Some(first), Some(second)] = keys else {
            return invalid("Fn::FindInMap", "takes the name of a map and two keys", argument.span);
        };
        let default = options.first().and_then(|options| options.get("DefaultValue"));
        let what = format!("mapping `{map}`");
        let Some(table) = map.as_str().and_then(|map| self.template.mappings?.get(map)) else {
            return match (map.as_str(), default) {
                (Some(_), Some(default)) => default.clone(),
                _ => {
                    let why = Cause::Unresolved("there is no such mapping".into());
                    Node::unknown(what, why, argument.span)
                }
            };
        };
        if let (Some(first), Some(second)) = (first.as_str(), second.as_str()) {
            return match (table.get(first).and_then(|row| row.get(second)), default) {
                (Some(node), _) => node.clone().used_at(argument.span),
                (None, Some(default)) => default.clone(),
                (None, None) => {
                    let why = Cause::Unresolved(format!("there is no `{first}`, `{second}` in it").into());
                    Node::unknown(what, why, argument.span)
                }
            };
        }
        self.any_of_map(table, &map, [&first, &second], default, argument.span).unwrap_or_else(|| {
            let why = Cause::Undecided(format!("`{first}` and `{second}`").into());
            Node::unknown(what, why, argument.span)
        })
    }

    /// One of the values that a mapping holds for keys that are not known, or what is said for those that it lacks.
    fn any_of_map(
        &self,
        table: &Node,
        map: &Text,
        [first, second]: [&Text; 2],
        default: Option<&Node>,
        span: Span,
    ) -> Option<Node> {
        let mut values: Vec<(String, Node)> = Vec::new();
        for (first, row) in matching(table, first)? {
            for (second, value) in matching(row, second)? {
                value.scalar()?;
                let same = |(_, known): &(String, Node)| {
                    known.scalar().map(|t| t.value) == value.scalar().map(|t| t.value)
                };
                if !values.iter().any(same) {
                    values.push((format!("`{first}`, `{second}`"), value.clone().used_at(span)));
                }
                if values.len() > MAX_ALTERNATIVES {
                    return None;
                }
            }
        }
        if let Some(default) = default {
            values.push(("others".to_owned(), default.clone()));
        }
        if values.len() < 2 {
            return values.pop().map(|(_, value)| value);
        }
        let choice = format!("{}the keys `{first}`, `{second}` of mapping `{map}`", self.prefix).into();
        let branches = values.into_iter().map(|(keys, node)| Branch {
            when: format!("the keys are {keys}").into(),
            standing: Standing::Unsettled,
            node,
        });
        let one = OneOf { choice, span, branches: branches.collect() };
        Some(Node::new(Value::OneOf(one), span))
    }
}

/// The entries of an object that a key may be.
fn matching<'t>(table: &'t Node, key: &Text) -> Option<Vec<(&'t str, &'t Node)>> {
    let Value::Object(object) = &table.value else {
        return None;
    };
    // What a macro adds is none of those that are written.
    if object.open.is_some() || object.entries.iter().any(|e| e.key.value.as_str().is_none_or(is_intrinsic)) {
        return None;
    }
    let all = object.entries.iter().filter_map(|e| Some((e.key.value.as_str()?, &e.value)));
    Some(match key.as_str() {
        Some(key) => all.filter(|(name, _)| *name == key).collect(),
        // Accounts and regions look like themselves; nothing is known of other keys.
        None if key == &Text::symbol(Symbol::OwnAccount) => all
            .filter(|(name, _)| matches!(name.len(), 12 | 16) && name.bytes().all(|b| b.is_ascii_digit()))
            .collect(),
        None if key == &Text::symbol(Symbol::Region) => all
            .filter(|(name, _)| name.contains('-') && name.starts_with(|c: char| c.is_ascii_lowercase()))
            .collect(),
        None => all.collect(),
    })
}

fn index(node: &Node) -> Option<isize> {
    node.scalar()?.value.as_str()?.parse().ok()
}

fn select(argument: &Node) -> Node {
    let [at, list] = items(argument) else {
        return invalid("Fn::Select", "takes an index and a list", argument.span);
    };
    let at = index(at).and_then(|at| usize::try_from(at).ok());
    match (at, &list.value) {
        (_, Value::Unknown(unknown)) => Node::new(Value::Unknown(unknown.clone()), argument.span),
        (Some(at), Value::List(list)) => match (list.items.get(at), &list.open) {
            (Some(node), None) => node.clone(),
            (_, Some(unknown)) => Node::new(Value::Unknown(unknown.clone()), argument.span),
            (None, None) => invalid("Fn::Select", "takes an index inside the list", argument.span),
        },
        _ => invalid("Fn::Select", "takes a known index and a list", argument.span),
    }
}

/// ROS counts from the end for a negative index, looks keys up in an object, and has a default: an empty text if
/// none is given. Ranges (`start:stop:step`) are not evaluated.
fn select_ros(argument: &Node) -> Node {
    let [key, from, rest @ ..] = items(argument) else {
        return invalid("Fn::Select", "takes an index and a list", argument.span);
    };
    let default = || rest.first().cloned().unwrap_or_else(|| Node::text("", argument.span));
    match &from.value {
        Value::Object(object) if object.open.is_none() => match known(key) {
            Some(key) => object.get(key).cloned().unwrap_or_else(default),
            None => invalid("Fn::Select", "takes a known key", argument.span),
        },
        Value::List(list) if list.open.is_none() => match index(key) {
            Some(at) => {
                let count = list.items.len();
                let at = if at < 0 { count.checked_sub(at.unsigned_abs()) } else { usize::try_from(at).ok() };
                at.and_then(|at| list.items.get(at)).cloned().unwrap_or_else(default)
            }
            None => invalid("Fn::Select", "takes a known index", argument.span),
        },
        Value::Unknown(unknown) => Node::new(Value::Unknown(unknown.clone()), argument.span),
        _ => invalid("Fn::Select", "takes a list or an object", argument.span),
    }
}

fn length(argument: &Node, span: Span) -> Node {
    let count = match &argument.value {
        Value::List(List { items, open: None }) => items.len(),
        Value::Object(Object { entries, open: None }) => entries.len(),
        Value::Text(text) if text.as_str().is_some() => text.to_string().chars().count(),
        Value::Unknown(unknown) => return Node::new(Value::Unknown(unknown.clone()), span),
        _ => return invalid("Fn::Length", "takes a known list", span),
    };
    Node::new(Value::Number(count.to_string().into()), span)
}

fn to_json(argument: &Node, span: Span) -> Node {
    match &argument.value {
        Value::List(_) | Value::Object(_) | Value::Number(_) | Value::Bool(_) => {
            Node { origin: None, ..argument.clone() }
        }
        _ => unknown_text("`Fn::ToJsonString`", Cause::Unsupported("the JSON form of a text".into()), span),
    }
}

fn base64_encode(argument: &Node, span: Span) -> Node {
    use base64::Engine as _;
    match known(argument) {
        Some(text) => Node::text(&base64::engine::general_purpose::STANDARD.encode(text), span),
        None => unknown_text("`Fn::Base64`", Cause::Undecided("a text that is not known".into()), span),
    }
}

fn base64_decode(argument: &Node, span: Span) -> Node {
    use base64::Engine as _;
    let decoded = known(argument)
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded {
        Some(text) => Node::text(&text, span),
        None => {
            let why = Cause::Undecided("a text that is not known or not Base64".into());
            unknown_text("`Fn::Base64Decode`", why, span)
        }
    }
}

/// ROS: `[{old: new, …}, text]`.
fn replace(argument: &Node, span: Span) -> Node {
    let replaced = || {
        let [Node { value: Value::Object(table), .. }, text] = items(argument) else {
            return None;
        };
        let mut out = known(text)?.to_owned();
        for entry in &table.entries {
            let old = entry.key.value.as_str().filter(|old| !old.is_empty())?;
            out = out.replace(old, entry.value.scalar()?.value.as_str()?);
        }
        (out.len() <= MAX_REPLACED).then_some(out)
    };
    match replaced() {
        Some(text) => Node::text(&text, span),
        None => unknown_text("`Fn::Replace`", Cause::Undecided("texts that are not known".into()), span),
    }
}

/// How long a text may become by replacing: longer than any policy is allowed to be.
const MAX_REPLACED: usize = 1 << 20;

/// ROS: the elements of several lists.
fn merge_lists(argument: &Node, span: Span) -> Node {
    let mut all = List::default();
    for part in items(argument) {
        match &part.value {
            Value::List(list) => {
                all.items.extend(list.items.iter().cloned());
                all.open = all.open.or_else(|| list.open.clone());
            }
            Value::Unknown(unknown) => all.open = all.open.or_else(|| Some(unknown.clone())),
            _ => return invalid("Fn::ListMerge", "takes lists", span),
        }
    }
    Node::new(Value::List(all), span)
}

/// ROS: `[key, text]`, a value of an object that is written as JSON.
fn json_value(argument: &Node, span: Span) -> Node {
    let found = || {
        let [key, source] = items(argument) else {
            return None;
        };
        let tree = match &source.value {
            Value::Text(_) => syntax::json::parse_decoded(&Decoded::of(source)?).ok()?,
            _ => source.clone(),
        };
        known(key)?.split('.').try_fold(tree, |tree, key| match &tree.value {
            Value::Object(object) => object.get(key).cloned(),
            Value::List(list) => list.items.get(key.parse::<usize>().ok()?).cloned(),
            _ => None,
        })
    };
    found().unwrap_or_else(|| {
        let why = Cause::Undecided("a text that is not known or has no such key".into());
        Node::unknown("`Fn::GetJsonValue`", why, span)
    })
}

/// `[block, count, bits]`: the first `count` blocks whose hosts have `bits` bits.
fn cidr(argument: &Node, span: Span) -> Node {
    let blocks = || {
        let (block, count, bits) = match items(argument) {
            [block, count] => (block, count, None),
            [block, count, bits] => (block, count, Some(bits)),
            _ => return None,
        };
        let count = u128::try_from(index(count)?).ok().filter(|count| (1..=MAX_BLOCKS).contains(count))?;
        let block: ipnet::IpNet = known(block)?.parse().ok()?;
        let bits = bits.map_or(Some(8), |bits| u8::try_from(index(bits)?).ok())?;
        let prefix = block.max_prefix_len().checked_sub(bits)?;
        let made = block.subnets(prefix).ok()?;
        let made: Vec<_> = made.take(usize::try_from(count).ok()?).collect();
        (made.len() as u128 == count).then_some(made)
    };
    match blocks() {
        Some(blocks) => {
            let items = blocks.iter().map(|block| Node::text(&block.to_string(), span)).collect();
            Node::new(Value::List(List { items, open: None }), span)
        }
        None => {
            let why = Cause::Undecided("arguments that are not known or not valid".into());
            Node::unknown("`Fn::Cidr`", why, span)
        }
    }
}
