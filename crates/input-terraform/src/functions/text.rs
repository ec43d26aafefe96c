//! Functions on strings. Unknown pieces survive where the result still has a place for them.

use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

use super::{Args, Outcome, pattern};
use crate::value::{Content, Kind, MAX_TEXT, Piece, Str, Val};

/// A known string changed as a whole.
fn map(args: &Args<'_, '_>, index: usize, change: impl Fn(&str) -> String) -> Outcome {
    let text = args.known_text(index)?;
    let changed = change(&text);
    if *changed == *text { args.get(index).cloned() } else { args.converted(&changed) }
}

/// A string changed character by character, so that unknown pieces can stay.
fn map_pieces(args: &Args<'_, '_>, change: impl Fn(&str) -> String) -> Outcome {
    let text = args.text(0)?.flat();
    Ok(Val::string(text.map_known(change), args.first()?.span).placed_like(args.first()?))
}

/// The case of a character where that is one character.
fn simple<I: Iterator<Item = char>>(c: char, mut cased: I) -> char {
    match (cased.next(), cased.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

pub(super) fn lower(args: &Args<'_, '_>) -> Outcome {
    map_pieces(args, |s| s.chars().map(|c| simple(c, c.to_lowercase())).collect())
}

pub(super) fn upper(args: &Args<'_, '_>) -> Outcome {
    map_pieces(args, |s| s.chars().map(|c| simple(c, c.to_uppercase())).collect())
}

pub(super) fn title(args: &Args<'_, '_>) -> Outcome {
    map(args, 0, |text| {
        let mut start = true;
        let cased = |c: char| {
            let out = if start { simple(c, c.to_uppercase()) } else { c };
            start = if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { c.is_whitespace() };
            out
        };
        text.chars().map(cased).collect()
    })
}

pub(super) fn basename(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?.flat();
    // What stands before the last slash does not matter.
    if let Some(Piece { content: Content::Lit(last), span, .. }) = text.pieces().last()
        && let Some((_, name)) = last.rsplit_once('/')
        && !name.is_empty()
    {
        return Ok(Val::string(Str::converted(name, *span), args.span));
    }
    map(args, 0, |s| match s.trim_end_matches('/') {
        "" if s.is_empty() => ".".to_owned(),
        "" => "/".to_owned(),
        s => s.rsplit('/').next().unwrap_or_default().to_owned(),
    })
}

pub(super) fn dirname(args: &Args<'_, '_>) -> Outcome {
    map(args, 0, |s| clean_path(s.rfind('/').map_or("", |at| s.get(..=at).unwrap_or_default())))
}

/// A path without `.`, `..` and empty parts, as far as that is possible.
pub(super) fn clean_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !rooted => parts.push(".."),
                _ => {
                    parts.pop();
                }
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A home directory is nothing that the files say.
pub(super) fn pathexpand(args: &Args<'_, '_>) -> Outcome {
    let path = args.known_text(0)?;
    if path.starts_with('~') { args.unsupported() } else { args.first().cloned() }
}

pub(super) fn chomp(args: &Args<'_, '_>) -> Outcome {
    let text = args.text(0)?.flat();
    match text.pieces().last() {
        Some(Piece { content: Content::Lit(last), .. })
            if !last.trim_end_matches(['\n', '\r']).is_empty() =>
        {
            let end = last.trim_end_matches(['\n', '\r']).to_owned();
            Ok(edge(args, &text, End::Last, &end))
        }
        _ => map(args, 0, |s| s.trim_end_matches(['\n', '\r']).to_owned()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// The text with the known characters at one of its ends replaced.
fn edge(args: &Args<'_, '_>, text: &Str, end: End, new: &str) -> Val {
    let mut pieces = text.pieces().to_vec();
    let piece = if end == End::First { pieces.first_mut() } else { pieces.last_mut() };
    if let Some(piece) = piece {
        let same = matches!(&piece.content, Content::Lit(old) if **old == *new);
        if !same {
            *piece = Piece { content: Content::Lit(new.into()), span: piece.span, verbatim: false };
        }
    }
    Val::string(Str::new(pieces), args.span)
}

/// Cuts at both ends; of a partly known string where known characters decide it.
fn trimmed(args: &Args<'_, '_>, cut: impl Fn(char) -> bool + Copy) -> Outcome {
    let text = args.text(0)?.flat();
    if text.known().is_some() {
        return map(args, 0, |s| s.trim_matches(cut).to_owned());
    }
    let mut pieces = text.pieces().to_vec();
    let decided = |piece: Option<&Piece>| match piece.map(|p| &p.content) {
        Some(Content::Lit(text)) => !text.trim_matches(cut).is_empty(),
        Some(Content::Symbol(_)) => !cut('a') && !cut('0'),
        _ => false,
    };
    if !decided(pieces.first()) || !decided(pieces.last()) {
        return Err(args.refuse(args.first()?, "a known string"));
    }
    let lit = |piece: &Piece, text: &str| {
        let same = matches!(&piece.content, Content::Lit(old) if **old == *text);
        if same {
            piece.clone()
        } else {
            Piece { content: Content::Lit(text.into()), span: piece.span, verbatim: false }
        }
    };
    if let Some(first) = pieces.first_mut()
        && let Content::Lit(text) = &first.content
    {
        *first = lit(first, text.trim_start_matches(cut));
    }
    if let Some(last) = pieces.last_mut()
        && let Content::Lit(text) = &last.content
    {
        *last = lit(last, text.trim_end_matches(cut));
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

pub(super) fn trimspace(args: &Args<'_, '_>) -> Outcome {
    trimmed(args, char::is_whitespace)
}

pub(super) fn trim(args: &Args<'_, '_>) -> Outcome {
    let cut = args.known_text(1)?;
    trimmed(args, |c| cut.contains(c))
}

/// Whether the text starts (or ends) with a known affix, if known characters decide that.
fn has_affix(text: &Str, affix: &str, end: End) -> Option<bool> {
    let test =
        |known: &str| if end == End::First { known.starts_with(affix) } else { known.ends_with(affix) };
    if let Some(known) = text.known() {
        return Some(test(&known));
    }
    let piece = if end == End::First { text.pieces().first() } else { text.pieces().last() };
    let Some(Piece { content: Content::Lit(known), .. }) = piece else {
        return affix.is_empty().then_some(true);
    };
    if known.len() >= affix.len() {
        return Some(test(known));
    }
    let partial = if end == End::First { affix.starts_with(&**known) } else { affix.ends_with(&**known) };
    if partial { None } else { Some(false) }
}

fn affix(args: &Args<'_, '_>, end: End) -> Outcome {
    let (text, affix) = (args.text(0)?.flat(), args.known_text(1)?);
    match has_affix(&text, &affix, end) {
        Some(has) => args.bool(has),
        None => Err(args.refuse(args.first()?, "a known string")),
    }
}

pub(super) fn startswith(args: &Args<'_, '_>) -> Outcome {
    affix(args, End::First)
}

pub(super) fn endswith(args: &Args<'_, '_>) -> Outcome {
    affix(args, End::Last)
}

pub(super) fn strcontains(args: &Args<'_, '_>) -> Outcome {
    let (text, part) = (args.text(0)?.flat(), args.known_text(1)?);
    let within = |p: &Piece| matches!(&p.content, Content::Lit(known) if known.contains(&*part));
    match text.known() {
        Some(text) => args.bool(text.contains(&*part)),
        None if text.pieces().iter().any(within) => args.bool(true),
        None => Err(args.refuse(args.first()?, "a known string")),
    }
}

fn without_affix(args: &Args<'_, '_>, end: End) -> Outcome {
    let (text, affix) = (args.text(0)?.flat(), args.known_text(1)?);
    match has_affix(&text, &affix, end) {
        None => Err(args.refuse(args.first()?, "a known string")),
        Some(false) => args.first().cloned(),
        Some(true) => {
            let cut = |known: &str| match end {
                End::First => known.strip_prefix(&*affix).unwrap_or(known).to_owned(),
                End::Last => known.strip_suffix(&*affix).unwrap_or(known).to_owned(),
            };
            if affix.is_empty() {
                return args.first().cloned();
            }
            if text.known().is_some() {
                return map(args, 0, cut);
            }
            let piece = if end == End::First { text.pieces().first() } else { text.pieces().last() };
            match piece.map(|p| &p.content) {
                Some(Content::Lit(known)) => Ok(edge(args, &text, end, &cut(known))),
                _ => args.first().cloned(),
            }
        }
    }
}

pub(super) fn trimprefix(args: &Args<'_, '_>) -> Outcome {
    without_affix(args, End::First)
}

pub(super) fn trimsuffix(args: &Args<'_, '_>) -> Outcome {
    without_affix(args, End::Last)
}

pub(super) fn strrev(args: &Args<'_, '_>) -> Outcome {
    map(args, 0, |s| s.graphemes(true).rev().collect())
}

pub(super) fn substr(args: &Args<'_, '_>) -> Outcome {
    let text = args.known_text(0)?;
    let (offset, length) = (args.whole(1)?, args.whole(2)?);
    let parts: Vec<&str> = text.graphemes(true).collect();
    let total = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (total.saturating_add(offset)).max(0) } else { offset };
    let end = if length < 0 { total } else { start.saturating_add(length).min(total) };
    if start > total || start > end {
        return args.converted("");
    }
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    args.converted(&parts.get(start..end).unwrap_or_default().concat())
}

/// All lines but the first moved to the right.
pub(super) fn indent(args: &Args<'_, '_>) -> Outcome {
    let spaces = args.known_index(0)?;
    let text = args.text(1)?.flat();
    let lines = |p: &Piece| match &p.content {
        Content::Lit(text) => text.matches('\n').count(),
        _ => 0,
    };
    let total: usize = text.pieces().iter().map(lines).sum();
    if spaces.saturating_mul(total) > MAX_TEXT {
        return Err(args.too_large());
    }
    if text.pieces().iter().any(|p| matches!(p.content, Content::Hole(_))) {
        return Err(args.refuse(args.get(1)?, "a known string"));
    }
    let padding = format!("\n{}", " ".repeat(spaces));
    Ok(Val::string(text.map_known(|s| s.replace('\n', &padding)), args.span))
}

/// Between symbols each known run is changed on its own.
pub(super) fn replace(args: &Args<'_, '_>) -> Outcome {
    let (text, wanted) = (args.text(0)?.flat(), args.known_text(1)?);
    // Between slashes it is a regular expression.
    if wanted.len() > 1
        && let Some(inner) = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'))
    {
        return pattern::replace(args, inner);
    }
    let with = args.text(2)?.flat();
    let Some(known_with) = with.known() else {
        return replace_by_pieces(args, &text, &wanted, &with);
    };
    let hits = |s: &str| if wanted.is_empty() { s.chars().count() + 1 } else { s.matches(&*wanted).count() };
    let grown = |p: &Piece| match &p.content {
        Content::Lit(s) => hits(s).saturating_mul(known_with.len()),
        _ => 0,
    };
    if text.pieces().iter().map(grown).fold(0, usize::saturating_add) > MAX_TEXT {
        return Err(args.too_large());
    }
    if let Some(known) = text.known() {
        return match text.pieces() {
            // One piece keeps its place.
            [_] => map_pieces(args, |s| s.replace(&*wanted, &known_with)),
            _ => args.converted(&known.replace(&*wanted, &known_with)),
        };
    }
    let apart = |p: &Piece| match &p.content {
        Content::Lit(_) => true,
        // Account ids, partitions and the like hold neither colons nor slashes.
        Content::Symbol(_) => wanted.contains([':', '/']),
        Content::Hole(_) | Content::Tree(_) => false,
    };
    if text.pieces().iter().all(apart) && !wanted.is_empty() {
        return map_pieces(args, |s| s.replace(&*wanted, &known_with));
    }
    Err(args.refuse(args.first()?, "a known string"))
}

/// A placeholder in a known text replaced by something that is not known as a whole.
fn replace_by_pieces(args: &Args<'_, '_>, text: &Str, wanted: &str, with: &Str) -> Outcome {
    let known = text
        .known()
        .ok_or_else(|| args.refuse(args.values.first().unwrap_or(&Val::null(args.span)), "a known string"))?;
    if wanted.is_empty() {
        return Err(args.refuse(args.get(2)?, "a known string"));
    }
    let span = args.first()?.span;
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, part) in known.split(wanted).enumerate() {
        if pieces.len() > MAX_PIECES {
            return Err(args.too_large());
        }
        if at > 0 {
            pieces.extend(with.pieces().iter().cloned());
        }
        pieces.extend(Str::converted(part, span).pieces().iter().cloned());
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

/// How many pieces a string may get.
const MAX_PIECES: usize = 50_000;

pub(super) fn split(args: &Args<'_, '_>) -> Outcome {
    let separator = args.known_text(0)?;
    let text = args.text(1)?.flat();
    let span = args.get(1)?.span;
    if let Some(text) = text.known() {
        let parts: Vec<&str> = match &*separator {
            "" => text.graphemes(true).collect(),
            separator => text.split(separator).collect(),
        };
        if parts.len() > MAX_PIECES {
            return Err(args.too_large());
        }
        return args.list_of(parts.into_iter().map(|part| Val::converted(part, span)).collect(), None);
    }
    // A symbol holds no separator that has a colon or a slash.
    let apart = |p: &Piece| match &p.content {
        Content::Lit(_) => true,
        Content::Symbol(_) => separator.contains([':', '/', ',']),
        Content::Hole(_) | Content::Tree(_) => false,
    };
    if separator.is_empty() || !text.pieces().iter().all(apart) {
        return Err(args.refuse(args.get(1)?, "a known string"));
    }
    let mut parts: Vec<Vec<Piece>> = vec![Vec::new()];
    for piece in text.pieces() {
        let Content::Lit(known) = &piece.content else {
            if let Some(last) = parts.last_mut() {
                last.push(piece.clone());
            }
            continue;
        };
        for (at, part) in known.split(&*separator).enumerate() {
            if at > 0 {
                parts.push(Vec::new());
            }
            if let Some(last) = parts.last_mut() {
                last.extend(Str::converted(part, piece.span).pieces().iter().cloned());
            }
        }
    }
    args.list_of(parts.into_iter().map(|pieces| Val::string(Str::new(pieces), span)).collect(), None)
}

pub(super) fn join(args: &Args<'_, '_>) -> Outcome {
    let separator = args.text(0)?;
    if args.values.len() < 2 {
        return Err(args.error("too few arguments"));
    }
    // A text alone is itself, encoded JSON with all that is kept of it.
    if args.values.len() == 2
        && let Ok(list) = args.list(1)
        && let ([only @ Val { kind: Kind::Str(_), .. }], None) = (list.items.as_slice(), &list.open)
    {
        return Ok(only.clone());
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut length = 0usize;
    let mut first = true;
    for index in 1..args.values.len() {
        // What is not known may be empty, so the separator behind it is part of what is not known.
        if let Kind::Unknown(unknown) = &args.get(index)?.kind {
            first = true;
            pieces.push(hole(unknown, args));
            continue;
        }
        let list = args.list(index)?;
        // More elements may stand anywhere.
        if let Some(open) = &list.open {
            first = true;
            pieces.push(hole(open, args));
            continue;
        }
        for item in &list.items {
            if matches!(item.kind, Kind::Null) {
                return Err(args.error("null in a list of strings"));
            }
            if !std::mem::take(&mut first) {
                pieces.extend(separator.pieces().iter().cloned());
            }
            let own = own_pieces(item);
            length = length.saturating_add(separator.pieces().iter().chain(&own).map(weight).sum::<usize>());
            pieces.extend(own);
            if length > MAX_TEXT || pieces.len() > MAX_PIECES {
                return Err(args.too_large());
            }
        }
    }
    Ok(Val::string(Str::new(pieces), args.span))
}

fn weight(piece: &Piece) -> usize {
    match &piece.content {
        Content::Lit(text) => text.len(),
        _ => 1,
    }
}

fn hole(unknown: &Arc<model::Unknown>, args: &Args<'_, '_>) -> Piece {
    Piece { content: Content::Hole(Arc::clone(unknown)), span: args.span, verbatim: false }
}

/// The pieces of a value with their own places; a text that is not one becomes a hole.
fn own_pieces(value: &Val) -> Vec<Piece> {
    match &value.kind {
        Kind::Str(text) if value.sensitive.is_none() => text.flat().pieces().to_vec(),
        _ => value.interpolated(value.span),
    }
}
