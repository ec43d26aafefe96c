//! Functions that read files: inside the scanned roots only, through the source map.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::{Cause, FileId, Span};

use super::encoding::base64;
use super::{Args, Outcome, unknown};
use crate::eval::Scope;
use crate::ir::Part;
use crate::parse::parse_template_file;
use crate::path::resolve;
use crate::relocate::{self, Way};
use crate::value::{Content, Kind, Piece, SeqSort, Str, Val};

/// How many files a pattern is compared with, and how long it may be.
const MAX_LISTED: usize = 20_000;
const MAX_PATTERN: usize = 256;

pub(super) fn file(args: &Args<'_, '_>) -> Outcome {
    let (id, text) = open(args)?;
    let whole = Span::new(id, 0, text.len());
    Ok(Val::string(Str::verbatim(&text, whole), whole).used_at(args.span))
}

pub(super) fn filebase64(args: &Args<'_, '_>) -> Outcome {
    args.converted(&base64(&bytes(args)?))
}

pub(super) fn fileexists(args: &Args<'_, '_>) -> Outcome {
    let full = full_path(args)?;
    args.bool(args.evaluator.world.sources.open(&full).is_some())
}

/// The files below a directory whose paths from there match a pattern.
pub(super) fn fileset(args: &Args<'_, '_>) -> Outcome {
    let directory = full_path(args)?;
    let pattern = args.known_text(1)?;
    if pattern.len() > MAX_PATTERN {
        return Err(args.too_large());
    }
    let below = if directory.is_empty() { String::new() } else { format!("{directory}/") };
    // Of directories that the walk left out, the one that the pattern itself names is looked into.
    let named =
        pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect::<Vec<_>>();
    let named = named.get(..named.len().min(pattern.matches('/').count())).unwrap_or_default().join("/");
    let sources = args.evaluator.world.sources;
    let listed =
        resolve(&directory, &named).map(|directory| sources.list_all(&directory)).unwrap_or_default();
    let mut found = BTreeSet::new();
    for id in sources.ids().chain(listed).take(MAX_LISTED) {
        let path = sources.path(id);
        if let Some(inside) = path.strip_prefix(&below)
            && matches_path(&pattern, inside)
        {
            found.insert(inside.to_owned());
        }
    }
    let items = found.iter().map(|path| Val::converted(path, args.span)).collect();
    Ok(Val::seq(SeqSort::Set, items, None, args.span))
}

/// Whether a path matches: `*` and `?` within a part, `**` any parts, `[…]` one of several characters, `{a,b}`
/// alternatives.
fn matches_path(pattern: &str, path: &str) -> bool {
    let patterns = alternatives(pattern);
    let parts: Vec<&str> = path.split('/').collect();
    patterns.iter().any(|pattern| matches_parts(&pattern.split('/').collect::<Vec<_>>(), &parts))
}

/// The pattern with its first braces taken apart, and so on; few, since each doubles them.
fn alternatives(pattern: &str) -> Vec<String> {
    const MAX_ALTERNATIVES: usize = 64;
    let mut done = Vec::new();
    let mut left = vec![pattern.to_owned()];
    while let Some(next) = left.pop() {
        let braces = next.find('{').and_then(|open| Some((open, next.get(open..)?.find('}')? + open)));
        match braces {
            Some((open, close)) if done.len() + left.len() < MAX_ALTERNATIVES => {
                let (head, tail) =
                    (next.get(..open).unwrap_or_default(), next.get(close + 1..).unwrap_or_default());
                let inside = next.get(open + 1..close).unwrap_or_default();
                left.extend(inside.split(',').map(|part| format!("{head}{part}{tail}")));
            }
            _ => done.push(next),
        }
    }
    done
}

/// One row of a table at a time: which prefixes of the path match the parts of the pattern so far.
fn matches_parts(pattern: &[&str], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for part in pattern {
        let mut next = vec![false; path.len() + 1];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            any |= reached.get(at).copied().unwrap_or(false);
            *slot = match *part {
                "**" => any,
                part => at
                    .checked_sub(1)
                    .and_then(|before| Some(*reached.get(before)? && matches_part(part, path.get(before)?)))
                    .unwrap_or(false),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn matches_part(pattern: &str, part: &str) -> bool {
    let chars: Vec<char> = part.chars().collect();
    let mut reached = vec![false; chars.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let class: Option<&str> = match (c, rest.find(']')) {
            ('[', Some(end)) => {
                let inside = rest.get(..end);
                rest = rest.get(end + 1..).unwrap_or_default();
                inside
            }
            _ => None,
        };
        let fits = |actual: char| match (c, class) {
            (_, Some(class)) => in_class(class, actual),
            ('?', None) => true,
            (c, None) => c == actual,
        };
        let mut next = vec![false; reached.len()];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            any |= reached.get(at).copied().unwrap_or(false);
            let before = at.checked_sub(1);
            *slot = match c {
                '*' if class.is_none() => any,
                _ => before
                    .and_then(|before| Some(*reached.get(before)? && fits(*chars.get(before)?)))
                    .unwrap_or(false),
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or(false)
}

fn in_class(class: &str, actual: char) -> bool {
    let (negated, class) = match class.strip_prefix(['^', '!']) {
        Some(rest) => (true, rest),
        None => (false, class),
    };
    let chars: Vec<char> = class.chars().collect();
    let mut found = false;
    let mut at = 0;
    while let Some(low) = chars.get(at) {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(high)) => {
                found |= (*low..=*high).contains(&actual);
                at += 3;
            }
            _ => {
                found |= *low == actual;
                at += 1;
            }
        }
    }
    found != negated
}

pub(super) fn templatefile(args: &Args<'_, '_>) -> Outcome {
    let (id, text) = open(args)?;
    let whole = Span::new(id, 0, text.len());
    rendered(args, &parsed(args, &text, whole)?, whole)
}

/// Places inside the template are told where it stands byte for byte; elsewhere they are all of it.
pub(super) fn templatestring(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?;
    if let [Piece { content: Content::Lit(text), span, verbatim: true }] = text.pieces() {
        return rendered(args, &parsed(args, text, *span)?, *span);
    }
    let Some(known) = text.known() else {
        return Err(args.refuse(args.first()?, "a known string"));
    };
    let place = args.first()?.span;
    let mut parts = parsed(args, &known, Span::new(place.file, 0, known.len()))?;
    relocate::parts(&mut parts, Way { of: &|_| place, verbatim: false, gaps: false });
    rendered(args, &parts, place)
}

/// The parts of a template that stands at `place`.
fn parsed(args: &Args<'_, '_>, text: &str, place: Span) -> Result<Vec<Part>, Val> {
    parse_template_file(text, place)
        .map_err(|fault| unknown(args, Cause::Invalid(format!("the template {}", fault.message).into())))
}

/// A template at `place`, with the variables of the second argument and nothing else.
fn rendered(args: &Args<'_, '_>, parts: &[Part], place: Span) -> Outcome {
    let variables = args.map(1)?;
    if let Some(open) = &variables.open {
        return Err(args.evaluator.still_unknown(open, args.span));
    }
    let secret = args.get(1)?.sensitive.clone();
    let mut scope = Scope::closed();
    for field in &variables.fields {
        let Some(name) = field.key.known() else {
            return Err(args.refuse(args.get(1)?, "known names"));
        };
        scope = scope.with(&name, field.value.clone().hide(secret.clone()));
    }
    let value = args.evaluator.render(parts, place, &scope);
    match &value.kind {
        Kind::Unknown(_) => Err(value),
        _ => Ok(value.used_at(args.span)),
    }
}

/// The path of the first argument from the root of the scan.
fn full_path(args: &Args<'_, '_>) -> Result<String, Val> {
    let path = args.known_text(0)?;
    // Terraform takes paths from where it runs, which is the root module, and `path.module` leads from there.
    let root = &args.evaluator.world.root;
    let outside = || match &args.first().ok().and_then(|v| v.sensitive.clone()) {
        Some(_) => "a path that is not shown lies outside of what is scanned".to_owned(),
        None => format!("`{path}` lies outside of what is scanned"),
    };
    resolve(root, &path).ok_or_else(|| unknown(args, Cause::Unresolved(outside().into())))
}

fn located(args: &Args<'_, '_>) -> Result<(FileId, String), Val> {
    let full = full_path(args)?;
    let shown = if args.first()?.sensitive.is_some() { "…" } else { &full };
    let missing =
        || unknown(args, Cause::Unresolved(format!("no file `{shown}` is among the scanned ones").into()));
    let id = args.evaluator.world.sources.open(&full).ok_or_else(missing)?;
    Ok((id, shown.to_owned()))
}

fn open(args: &Args<'_, '_>) -> Result<(FileId, Arc<String>), Val> {
    let (id, shown) = located(args)?;
    match args.evaluator.world.sources.text(id) {
        Ok(text) => Ok((id, text)),
        Err(error) => Err(unknown(args, Cause::Unresolved(format!("`{shown}` {error}").into()))),
    }
}

/// The bytes of the file that the first argument names.
pub(super) fn bytes(args: &Args<'_, '_>) -> Result<Vec<u8>, Val> {
    let (id, shown) = located(args)?;
    let bytes = args.evaluator.world.sources.bytes(id);
    bytes.map_err(|error| unknown(args, Cause::Unresolved(format!("`{shown}` {error}").into())))
}

#[cfg(test)]
mod tests {
    use super::matches_path;

    #[test]
    fn patterns_match_paths() {
        for (pattern, path, expected) in [
            ("*.json", "a.json", true),
            ("*.json", "d/a.json", false),
            ("**/*.json", "a.json", true),
            ("**/*.json", "d/e/a.json", true),
            ("d/**", "d/e/a.json", true),
            ("p/{a,b}.json", "p/b.json", true),
            ("p/{a,b}.json", "p/c.json", false),
            ("?[0-9].tf", "x7.tf", true),
            ("?[^0-9].tf", "x7.tf", false),
            ("", "a", false),
        ] {
            assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
        }
    }
}
