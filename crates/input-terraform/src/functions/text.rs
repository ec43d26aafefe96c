//! Functions on strings. Unknown pieces survive where the result still has a place for them.

use std::sync::Arc;

use super::{Args, Outcome};
use crate::value::{Content, Kind, Piece, Str, Val};

/// A known string changed as a whole.
pub(super) fn map(args: &Args<'_, '_>, change: impl Fn(&str) -> String) -> Outcome {
    let text = args.known_text(0)?;
    let changed = change(&text);
    if *changed == *text { args.first().cloned() } else { args.converted(&changed) }
}

/// A string changed character by character, so that unknown pieces can stay.
pub(super) fn map_pieces(args: &Args<'_, '_>, change: impl Fn(&str) -> String) -> Outcome {
    let text = args.text(0)?;
    if text.tree().is_some() {
        return args.unsupported();
    }
    Ok(Val { kind: Kind::Str(text.map_known(change)), ..args.first()?.clone() })
}

pub(super) fn title(text: &str) -> String {
    let mut start = true;
    let upper = |c: char| {
        let out: String = if start { c.to_uppercase().collect() } else { c.to_string() };
        start = !c.is_alphanumeric();
        out
    };
    text.chars().map(upper).collect()
}

pub(super) fn basename(args: &Args<'_, '_>) -> Outcome {
    map(args, |s| s.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned())
}

pub(super) fn affix(args: &Args<'_, '_>, test: impl Fn(&str, &str) -> bool) -> Outcome {
    let (text, affix) = (args.known_text(0)?, args.known_text(1)?);
    Ok(Val::bool(test(&text, &affix), args.span))
}

pub(super) fn trim(args: &Args<'_, '_>) -> Outcome {
    let cut = args.known_text(1)?;
    map(args, |s| s.trim_matches(|c| cut.contains(c)).to_owned())
}

/// Cut from the first piece where that decides it, so that what follows may be unknown.
pub(super) fn trimprefix(args: &Args<'_, '_>) -> Outcome {
    let (text, prefix) = (args.text(0)?, args.known_text(1)?);
    if let Some(Piece { content: Content::Lit(start), .. }) = text.pieces().first()
        && (start.len() >= prefix.len() || !prefix.starts_with(&**start))
    {
        let Some(rest) = start.strip_prefix(&*prefix) else {
            return args.first().cloned();
        };
        let mut pieces = text.pieces().to_vec();
        if let Some(first) = pieces.first_mut() {
            *first = Piece { content: Content::Lit(rest.into()), span: first.span, verbatim: false };
        }
        return Ok(Val { kind: Kind::Str(Str::new(pieces)), ..args.first()?.clone() });
    }
    map(args, |s| s.strip_prefix(&*prefix).unwrap_or(s).to_owned())
}

pub(super) fn trimsuffix(args: &Args<'_, '_>) -> Outcome {
    let suffix = args.known_text(1)?;
    map(args, |s| s.strip_suffix(&*suffix).unwrap_or(s).to_owned())
}

/// Between symbols each known run is changed on its own.
pub(super) fn replace(args: &Args<'_, '_>) -> Outcome {
    let (text, pattern, with) = (args.text(0)?, args.known_text(1)?, args.known_text(2)?);
    // Between slashes a pattern is a regular expression.
    if pattern.len() > 1 && pattern.starts_with('/') && pattern.ends_with('/') {
        let inner = pattern.trim_matches('/');
        let plain =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | ',' | ' ' | '=' | '"');
        return match inner.chars().all(plain) && !with.contains('$') && !inner.is_empty() {
            true => map(args, |s| s.replace(inner, &with)),
            false => args.unsupported(),
        };
    }
    if pattern.is_empty() {
        return args.unsupported();
    }
    if let Some(known) = text.known() {
        return match text.pieces() {
            // One piece keeps its place.
            [_] => map_pieces(args, |s| s.replace(&*pattern, &with)),
            _ => args.converted(&known.replace(&*pattern, &with)),
        };
    }
    let apart = |p: &Piece| match &p.content {
        Content::Lit(_) => true,
        // Account ids, partitions and the like hold neither colons nor slashes.
        Content::Symbol(_) => pattern.contains([':', '/']),
        Content::Hole(_) | Content::Tree(_) => false,
    };
    if text.pieces().iter().all(apart) {
        return map_pieces(args, |s| s.replace(&*pattern, &with));
    }
    Err(args.refuse(args.first()?, "a known string"))
}

pub(super) fn split(args: &Args<'_, '_>) -> Outcome {
    let (separator, text) = (args.known_text(0)?, args.known_text(1)?);
    let span = args.get(1)?.span;
    if separator.is_empty() {
        let items = text.chars().map(|c| Val::converted(&c.to_string(), span)).collect();
        return Ok(Val::list(items, None, args.span));
    }
    let items = text.split(&*separator).map(|part| Val::converted(part, span)).collect();
    Ok(Val::list(items, None, args.span))
}

pub(super) fn join(args: &Args<'_, '_>) -> Outcome {
    let separator = args.text(0)?;
    let mut pieces: Vec<Piece> = Vec::new();
    let mut first = true;
    for index in 1..args.values.len() {
        let list = args.list(index)?;
        for item in &list.items {
            if !std::mem::take(&mut first) {
                pieces.extend(separator.pieces().iter().cloned());
            }
            pieces.extend(own_pieces(item));
        }
        if let Some(open) = &list.open {
            first = false;
            let content = Content::Hole(Arc::clone(open));
            pieces.push(Piece { content, span: args.span, verbatim: false });
        }
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

/// The pieces of a value with their own places; a text that is not one becomes a hole.
fn own_pieces(value: &Val) -> Vec<Piece> {
    match &value.kind {
        Kind::Str(text) if value.sensitive.is_none() => text.pieces().to_vec(),
        _ => value.interpolated(value.span),
    }
}

pub(super) fn format(args: &Args<'_, '_>) -> Outcome {
    let spec = args.known_text(0)?;
    formatted(args, &spec, args.values.get(1..).unwrap_or_default())
}

fn formatted(args: &Args<'_, '_>, spec: &str, values: &[Val]) -> Outcome {
    let mut pieces = Vec::new();
    let mut values = values.iter();
    let mut rest = spec;
    let lit = |text: &str, pieces: &mut Vec<Piece>| {
        pieces.extend(Str::converted(text, args.span).pieces().iter().cloned());
    };
    while let Some((before, after)) = rest.split_once('%') {
        lit(before, &mut pieces);
        let mut chars = after.chars();
        let verb = chars.next();
        rest = chars.as_str();
        match verb {
            Some('%') => lit("%", &mut pieces),
            Some('s' | 'v') => {
                let value = values.next().ok_or_else(|| args.error("too few arguments"))?;
                if !matches!(value.kind, Kind::Str(_) | Kind::Number(_) | Kind::Bool(_) | Kind::Unknown(_)) {
                    return Err(args.refuse(value, "a string"));
                }
                pieces.extend(value.interpolated(args.span));
            }
            Some('d') => {
                let value = values.next().ok_or_else(|| args.error("too few arguments"))?;
                match value.known_number() {
                    Some(number) => lit(&number.to_string(), &mut pieces),
                    None if value.why_unknown().is_some() => pieces.extend(value.interpolated(args.span)),
                    None => return Err(args.refuse(value, "a number")),
                }
            }
            _ => return args.unsupported(),
        }
    }
    lit(rest, &mut pieces);
    if values.next().is_some() {
        return Err(args.error("too many arguments"));
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

pub(super) fn formatlist(args: &Args<'_, '_>) -> Outcome {
    let spec = args.known_text(0)?;
    let values = args.values.get(1..).unwrap_or_default();
    let lists: Vec<_> = values
        .iter()
        .filter_map(|v| match &v.kind {
            Kind::List(list) => Some(list),
            _ => None,
        })
        .collect();
    let open = lists.iter().find_map(|l| l.open.clone());
    let Some(length) = lists.iter().map(|l| l.items.len()).min() else {
        return match values.iter().find_map(Val::why_unknown) {
            Some(_) => values.first().map_or_else(|| args.unsupported(), |v| Err(args.refuse(v, "a list"))),
            None => Ok(Val::list(vec![formatted(args, &spec, values)?], None, args.span)),
        };
    };
    if open.is_none() && lists.iter().any(|l| l.items.len() != length) {
        return Err(args.error("lists of different lengths"));
    }
    let mut items = Vec::with_capacity(length);
    for index in 0..length {
        let row: Option<Vec<Val>> = values
            .iter()
            .map(|v| match &v.kind {
                Kind::List(list) => list.items.get(index).cloned(),
                _ => Some(v.clone()),
            })
            .collect();
        let Some(row) = row else {
            return args.unsupported();
        };
        let item = args
            .evaluator
            .each_way(&row, args.span, &|row| formatted(args, &spec, row).unwrap_or_else(|value| value));
        items.push(item);
    }
    Ok(Val::list(items, open, args.span))
}
