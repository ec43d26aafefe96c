//! Regular expressions: Go's syntax, translated to that of the regex crate, which promises linear time too.

use regex::{Captures, Regex, RegexBuilder};

use super::{Args, Outcome};
use crate::eval::types::Type;
use crate::value::{Field, Kind, MAX_TEXT, MapSort, SeqSort, Str, Val};

/// The longest pattern, and the most memory that its machine may take.
const MAX_PATTERN: usize = 8 * 1024;
const MAX_MACHINE: usize = 1024 * 1024;
/// How deep groups may nest.
const MAX_NESTING: u32 = 64;
/// The longest text that is searched, and how often it may match.
const MAX_SEARCHED: usize = 256 * 1024;
const MAX_MATCHES: usize = 10_000;

fn compile(args: &Args<'_, '_>, pattern: &str) -> Result<Regex, Val> {
    if pattern.len() > MAX_PATTERN {
        return Err(args.evaluator.unsupported("a very long regular expression", args.span));
    }
    let translated = translate(pattern).ok_or_else(|| args.error("the pattern is no regular expression"))?;
    RegexBuilder::new(&translated)
        .size_limit(MAX_MACHINE)
        .dfa_size_limit(MAX_MACHINE)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                args.evaluator.unsupported("a regular expression that takes too much memory", args.span)
            }
            _ => args.error("the pattern is no regular expression"),
        })
}

fn searched(args: &Args<'_, '_>, index: usize) -> Result<std::rc::Rc<str>, Val> {
    let text = args.known_text(index)?;
    if text.len() > MAX_SEARCHED { Err(args.too_large()) } else { Ok(text) }
}

/// What Go writes in another way: classes are ASCII, a brace that counts nothing and a bracket inside a class are
/// themselves, `\Q…\E` quotes. `None` for what Go refuses.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    // Whether what came before is a repetition; Go takes no second one.
    let mut repeated = false;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..)?;
        let was_repeated = std::mem::take(&mut repeated);
        match c {
            '\\' => rest = escape(tail, &mut out, false)?,
            '[' => rest = class(tail, &mut out)?,
            '*' | '+' | '?' => {
                if was_repeated {
                    return None;
                }
                out.push(c);
                rest = lazy(tail, &mut out);
                repeated = true;
            }
            '{' => match repetition(tail) {
                Some((counts, after)) if !was_repeated => {
                    out.push('{');
                    out.push_str(counts);
                    rest = lazy(after, &mut out);
                    repeated = true;
                }
                Some(_) => return None,
                None => {
                    out.push_str("\\{");
                    rest = tail;
                }
            },
            '}' => {
                out.push_str("\\}");
                rest = tail;
            }
            _ => {
                out.push(c);
                rest = tail;
            }
        }
    }
    Some(out)
}

fn lazy<'t>(rest: &'t str, out: &mut String) -> &'t str {
    match rest.strip_prefix('?') {
        Some(after) => {
            out.push('?');
            after
        }
        None => rest,
    }
}

/// `n}`, `n,}` or `n,m}` of at most 1000.
fn repetition(text: &str) -> Option<(&str, &str)> {
    let end = text.find('}')?;
    let counts = text.get(..=end)?;
    let inside = text.get(..end)?;
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let number = |s: &str| !s.is_empty() && s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit());
    let valid = number(low) && (high.is_empty() || number(high));
    valid.then_some((counts, text.get(end + 1..)?))
}

/// The escape behind a backslash.
fn escape<'t>(rest: &'t str, out: &mut String, in_class: bool) -> Option<&'t str> {
    let c = rest.chars().next()?;
    let after = rest.get(c.len_utf8()..)?;
    let ascii = match c {
        'd' => Some("0-9"),
        'w' => Some("0-9A-Za-z_"),
        's' => Some("\\t\\n\\x0C\\r "),
        'D' => Some("^0-9"),
        'W' => Some("^0-9A-Za-z_"),
        'S' => Some("^\\t\\n\\x0C\\r "),
        _ => None,
    };
    if let Some(set) = ascii {
        if in_class && !set.starts_with('^') {
            out.push_str(set);
        } else {
            out.push('[');
            out.push_str(set);
            out.push(']');
        }
        return Some(after);
    }
    match c {
        'Q' if !in_class => {
            let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(quoted));
            return Some(after);
        }
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        'B' if !in_class => out.push_str("(?-u:\\B)"),
        'A' | 'z' if !in_class => {
            out.push('\\');
            out.push(c);
        }
        // What Go knows; the digits are octal codes.
        'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => {
            out.push('\\');
            out.push(c);
        }
        '0'..='7' => {
            let digits: String = rest.chars().take(3).take_while(|d| d.is_digit(8)).collect();
            if c != '0' && digits.len() < 2 {
                return None;
            }
            let code = u32::from_str_radix(&digits, 8).ok()?;
            out.push_str(&format!("\\x{{{code:x}}}"));
            return rest.get(digits.len()..);
        }
        c if c.is_ascii_punctuation() => {
            if c == '_' || c == '<' || c == '>' {
                out.push(c);
            } else {
                out.push('\\');
                out.push(c);
            }
        }
        _ => return None,
    }
    Some(after)
}

/// A bracketed class; what the regex crate takes for operations is escaped.
fn class<'t>(text: &'t str, out: &mut String) -> Option<&'t str> {
    out.push('[');
    let mut rest = text;
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let c = rest.chars().next()?;
        let tail = rest.get(c.len_utf8()..)?;
        match c {
            ']' if !first => {
                out.push(']');
                return Some(tail);
            }
            '[' if tail.starts_with(':') => {
                let end = tail.find(":]")?;
                out.push('[');
                out.push_str(tail.get(..end + 2)?);
                rest = tail.get(end + 2..)?;
            }
            '\\' => rest = escape(tail, out, true)?,
            '[' | ']' | '&' | '~' | '^' => {
                out.push('\\');
                out.push(c);
                rest = tail;
            }
            '-' if first || tail.starts_with(']') || tail.starts_with('-') => {
                out.push_str("\\-");
                rest = tail;
            }
            _ => {
                out.push(c);
                rest = tail;
            }
        }
        first = false;
    }
}

/// The matched text, or what the groups matched: a list, or an object if they have names.
fn shape(args: &Args<'_, '_>, regex: &Regex, found: &Captures<'_>) -> Val {
    let span = args.span;
    let group = |index: usize| match found.get(index) {
        Some(text) => Val::converted(text.as_str(), span),
        None => Val::null(span),
    };
    if regex.captures_len() == 1 {
        return group(0);
    }
    if regex.capture_names().flatten().next().is_none() {
        return Val::list((1..regex.captures_len()).map(group).collect(), None, span);
    }
    let named = |(index, name): (usize, Option<&str>)| {
        name.map(|name| Field { key: Str::converted(name, span), key_span: span, value: group(index) })
    };
    let fields = regex.capture_names().enumerate().filter_map(named).collect();
    Val::mapping(MapSort::Object, fields, None, span)
}

fn shape_type(regex: &Regex) -> Type {
    match (regex.captures_len(), regex.capture_names().flatten().next()) {
        (1, _) => Type::Str,
        (count, None) => Type::Tuple(vec![Type::Str; count - 1]),
        // Its attributes are of no consequence where there is none.
        (_, Some(_)) => Type::Object(Vec::new()),
    }
}

/// Groups have names or none has.
fn checked(args: &Args<'_, '_>) -> Result<Regex, Val> {
    let regex = compile(args, &args.known_text(0)?)?;
    let named = regex.capture_names().flatten().count();
    if named > 0 && named + 1 < regex.captures_len() {
        return Err(args.error("groups with and without names"));
    }
    Ok(regex)
}

pub(super) fn regex(args: &Args<'_, '_>) -> Outcome {
    let regex = checked(args)?;
    let text = searched(args, 1)?;
    match regex.captures(&text) {
        Some(found) => Ok(shape(args, &regex, &found)),
        None => Err(args.error("the text does not match")),
    }
}

pub(super) fn regexall(args: &Args<'_, '_>) -> Outcome {
    let regex = checked(args)?;
    let text = searched(args, 1)?;
    let mut items = Vec::new();
    for found in regex.captures_iter(&text) {
        if items.len() >= MAX_MATCHES {
            return Err(args.too_large());
        }
        items.push(shape(args, &regex, &found));
    }
    args.typed(SeqSort::List, items, None, shape_type(&regex))
}

/// `replace` with a pattern; `$name` in the replacement is what a group matched.
pub(super) fn replace(args: &Args<'_, '_>, pattern: &str) -> Outcome {
    let regex = compile(args, pattern)?;
    let with = args.known_text(2)?;
    let text = searched(args, 0)?;
    let mut out = String::new();
    let mut end = 0;
    for (count, found) in regex.captures_iter(&text).enumerate() {
        let Some(whole) = found.get(0) else {
            continue;
        };
        out.push_str(text.get(end..whole.start()).unwrap_or_default());
        found.expand(&with, &mut out);
        end = whole.end();
        if out.len() > MAX_TEXT || count >= MAX_MATCHES {
            return Err(args.too_large());
        }
    }
    out.push_str(text.get(end..).unwrap_or_default());
    let value = args.first()?;
    match &value.kind {
        Kind::Str(old) if old.is(&out) => Ok(value.clone()),
        _ => args.converted(&out),
    }
}
