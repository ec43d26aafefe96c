//! Parameters as they are declared: their type, their default, the values that they permit.
//!
//! Not here: what is given to them (`argument`), and what `Rules` permit together (`evaluate::permit`).

use std::cell::OnceCell;

use model::{Cause, Node, Span, Value};
use regex::{Regex, RegexBuilder, bytes};

use crate::text;
use crate::value::{known, unknown_text};

/// How much memory a pattern may take, in bytes: that of any sensible one, a thousandth of what repetition of
/// repetitions could want.
const PATTERN_BYTES: usize = 1 << 20;

/// How long a value may be that a pattern is tried on.
const MAX_TRIED: usize = 4096;

/// How many permitted values of a parameter are told apart.
const MAX_VALUES: usize = 32;

/// A declared parameter.
#[derive(Debug)]
pub(crate) struct Parameter<'n> {
    pub(crate) name: &'n str,
    /// Where its name stands.
    pub(crate) span: Span,
    node: &'n Node,
    /// Whether the pattern must match the whole value (CloudFormation) or need not (ROS does not say).
    whole: bool,
    /// `AllowedPattern`, once a value was tried on it: it costs more than the rest of a template. Without it where
    /// it is not understood.
    pattern: OnceCell<Option<Pattern>>,
}

impl<'n> Parameter<'n> {
    pub(crate) const fn new(name: &'n str, span: Span, node: &'n Node, ros: bool) -> Self {
        Parameter { name, span, node, whole: !ros, pattern: OnceCell::new() }
    }

    /// Whether its value must not be shown.
    pub(crate) fn is_hidden(&self) -> bool {
        match self.node.get("NoEcho").map(|n| &n.value) {
            Some(Value::Bool(hidden)) => *hidden,
            Some(Value::Text(text)) => text.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true")),
            _ => false,
        }
    }

    fn kind(&self) -> Kind {
        Kind::of(self.node)
    }

    /// An unknown value of its type.
    pub(crate) fn unknown(&self, why: Cause, span: Span) -> Node {
        let what = format!("parameter `{}`", self.name);
        if self.kind().text { unknown_text(what, why, span) } else { Node::unknown(what, why, span) }
    }

    /// The value that `Ref` gives if it is given `value`, used at `span`.
    pub(crate) fn given(&self, value: &Node, span: Span) -> Node {
        let value = match value.span == Span::nowhere() {
            // Given by somebody from outside: what is known of its place is where it is asked for.
            true => Node { span: self.span, ..value.clone() },
            false => value.clone(),
        };
        let kind = self.kind();
        if kind.stored {
            return self.stored(span);
        }
        if kind.list && value.scalar().is_some() {
            return text::comma_list(&value, span);
        }
        value.used_at(span)
    }

    fn stored(&self, span: Span) -> Node {
        self.unknown(Cause::Unresolved("the value is kept in a parameter store".into()), span)
    }

    /// Its default as `Ref` gives it, whether or not it may be shown, used at `span`. A default that the
    /// declaration itself forbids is none: the service refuses to deploy with it.
    pub(crate) fn default(&self, span: Span) -> Node {
        let default = match self.node.get("Default") {
            Some(node) if !matches!(node.value, Value::Null) => node,
            _ => return self.unknown(Cause::NoValue, span),
        };
        let known = default.scalar().and_then(|t| t.value.as_str().map(str::to_owned));
        if let Some(known) = known
            && !self.kind().list
            && !self.kind().stored
            && self.permits(&known) == Some(false)
        {
            let why = Cause::Invalid("its default is not among the values that it permits".into());
            return self.unknown(why, span);
        }
        self.given(default, span)
    }

    /// Whether it has a default.
    pub(crate) fn has_default(&self) -> bool {
        self.node.get("Default").is_some_and(|node| !matches!(node.value, Value::Null))
    }

    /// The only values that it permits, with their places; `None` if there may be others. Of lists and of values
    /// that are kept elsewhere nothing is said.
    pub(crate) fn values(&self) -> Option<Vec<(String, Span)>> {
        let kind = self.kind();
        if kind.list || kind.stored {
            return None;
        }
        if let Some(Value::List(list)) = self.node.get("AllowedValues").map(|n| &n.value) {
            if list.open.is_some() || list.items.len() > MAX_VALUES {
                return None;
            }
            let text = |n: &Node| n.scalar().and_then(|t| Some((t.value.as_str()?.to_owned(), n.span)));
            return list.items.iter().map(text).collect();
        }
        if let Some(pattern) = self.node.get("AllowedPattern").and_then(Node::scalar)
            && let Some(words) = pattern.value.as_str().and_then(words)
        {
            return Some(words.into_iter().map(|word| (word, pattern.span)).collect());
        }
        let boolean = self.node.get("Type").and_then(Node::scalar).is_some_and(|t| t.value.is("Boolean"));
        boolean.then(|| ["true", "false"].map(|v| (v.to_owned(), self.span)).to_vec())
    }

    /// Whether its values cannot be compared with texts: lists, and what is kept elsewhere.
    pub(crate) fn is_opaque(&self) -> bool {
        let kind = self.kind();
        kind.list || kind.stored
    }

    /// Whether it permits a value, as far as that can be told.
    pub(crate) fn permits(&self, value: &str) -> Option<bool> {
        let kind = self.kind();
        if kind.list || kind.stored {
            return None;
        }
        if let Some(values) = self.values() {
            return Some(values.iter().any(|(v, _)| v == value));
        }
        let length = value.chars().count();
        let bound = |name: &str| {
            let text = self.node.get(name).and_then(Node::scalar)?;
            text.value.as_str()?.parse::<usize>().ok()
        };
        if bound("MinLength").is_some_and(|least| length < least)
            || bound("MaxLength").is_some_and(|most| length > most)
        {
            return Some(false);
        }
        let Some(pattern) = self.node.get("AllowedPattern") else {
            return Some(true);
        };
        let compiled = || Pattern::new(known(pattern)?, self.whole);
        if value.len() > MAX_TRIED {
            return None;
        }
        self.pattern.get_or_init(compiled).as_ref()?.matches(value)
    }
}

/// The words of a pattern that only lists words, such as `^(true|false)$`.
fn words(pattern: &str) -> Option<Vec<String>> {
    let inside = pattern.strip_prefix('^')?.strip_suffix('$')?;
    let inside = inside.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(inside);
    let words: Vec<String> = inside.split('|').map(str::to_owned).collect();
    let plain =
        |word: &String| word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b' '));
    // Without its group the anchors of `^a|b$` belong to one word each.
    let grouped = inside.len() + 4 == pattern.len() || words.len() == 1;
    (grouped && words.len() <= MAX_VALUES && words.iter().all(plain)).then_some(words)
}

/// A pattern as it is tried on values.
#[derive(Debug)]
struct Pattern {
    written: String,
    /// For values of ASCII alone, which nearly all are: it says the same of them, and its tables of characters are a
    /// hundredth as large.
    ascii: Option<bytes::Regex>,
    any: OnceCell<Option<Regex>>,
}

impl Pattern {
    /// `None` for what only the services' own engines understand.
    fn new(pattern: &str, whole: bool) -> Option<Pattern> {
        let written = if whole { format!("^(?:{pattern})$") } else { pattern.to_owned() };
        let ascii = bytes::RegexBuilder::new(&written).unicode(false).size_limit(PATTERN_BYTES).build().ok();
        let pattern = Pattern { written, ascii, any: OnceCell::new() };
        (pattern.ascii.is_some() || pattern.any().is_some()).then_some(pattern)
    }

    fn any(&self) -> Option<&Regex> {
        let compiled = || RegexBuilder::new(&self.written).size_limit(PATTERN_BYTES).build().ok();
        self.any.get_or_init(compiled).as_ref()
    }

    fn matches(&self, value: &str) -> Option<bool> {
        match &self.ascii {
            Some(ascii) if value.is_ascii() => Some(ascii.is_match(value.as_bytes())),
            _ => Some(self.any()?.is_match(value)),
        }
    }
}

/// What a parameter's type says of its values.
struct Kind {
    /// It is a list.
    list: bool,
    /// It is one text; of other kinds (ROS has objects) that is not sure.
    text: bool,
    /// What is given only names the place where the value is kept.
    stored: bool,
}

impl Kind {
    fn of(parameter: &Node) -> Kind {
        let kind = parameter.get("Type").and_then(known).unwrap_or_default();
        let stored = kind.contains("Parameter::Value<") || kind.ends_with("Parameter::Value");
        let list =
            kind == "CommaDelimitedList" || kind.contains("List<") || kind.contains("<CommaDelimitedList");
        let scalar = matches!(kind, "String" | "Number" | "Boolean");
        let text = !list && (stored || scalar || kind.starts_with("AWS::"));
        Kind { list, text, stored }
    }
}
