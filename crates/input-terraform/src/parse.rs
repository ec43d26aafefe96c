//! From the text of a file to its blocks, each parsed on its own: one broken block does not hide its neighbours, and
//! one that nobody refers to costs next to nothing.
//!
//! Not here: what the blocks mean.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use hcl_edit::parser::{parse_body, parse_template};
use hcl_edit::structure::Structure;
use model::{Directive, FileId, Problem, SourceText, Span};

use crate::comment::directives;
use crate::ir::{Attribute, Block, Body, Content, Deferred, Expr, Fault, Name, Part};
use crate::json_syntax;
use crate::lower::Lowerer;
use crate::mask::{mask, mask_template};
use crate::path::is_json;
use crate::recognise;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) blocks: Vec<Block>,
    pub(crate) faults: Vec<Fault>,
    /// What comments say to the scanner.
    pub(crate) directives: Vec<Result<Directive, Problem>>,
}

/// How many duplicate keys of one block are worked around.
const MAX_RETRIES: usize = 64;

/// The files that a first look parsed, kept until their modules are read.
#[derive(Default)]
pub(crate) struct Looked(Mutex<HashMap<FileId, Parsed>>);

impl Looked {
    pub(crate) fn keep(&self, file: FileId, parsed: Parsed) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(file, parsed);
    }

    pub(crate) fn take(&self, file: FileId) -> Option<Parsed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&file)
    }

    pub(crate) fn drop_others(&self, files: &BTreeSet<FileId>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|file, _| files.contains(file));
    }
}

/// Parses a file in the syntax that its name says; blocks that are right beyond doubt only when asked for.
pub(crate) fn parse_file(path: &str, text: &SourceText, file: FileId) -> Parsed {
    if is_json(path) {
        return json_syntax::parse(text, file);
    }
    parse_items(text, file, |masked, item| deferred(text, masked, item, file))
}

/// Parses all of a text in Terraform's own syntax.
pub(crate) fn parse(text: &str, file: FileId) -> Parsed {
    parse_items(text, file, |_, _| None)
}

/// Parses the items of a text that `known` does not know as blocks.
fn parse_items(text: &str, file: FileId, known: impl Fn(&str, &Range<usize>) -> Option<Block>) -> Parsed {
    let mut parsed = Parsed::default();
    let masked = mask(text);
    for item in &masked.items {
        let slice = masked.text.get(item.clone()).unwrap_or_default();
        if let Some(block) = known(slice, item) {
            parsed.blocks.push(block);
        } else if let Err(fault) = parse_item(text, slice, item.clone(), file, &mut parsed.blocks) {
            recover(text, item.clone(), fault, file, &mut parsed);
        }
    }
    parsed.directives = directives(text, file, &masked.comments, &parsed.blocks);
    parsed
}

/// The block that an item is, its body yet to be parsed; `None` if it may be none.
fn deferred(text: &SourceText, masked: &str, item: &Range<usize>, file: FileId) -> Option<Block> {
    let outline = recognise::block(masked)?;
    let place = |range: &Range<usize>| Span::new(file, item.start + range.start, item.start + range.end);
    let name = |range: &Range<usize>| {
        let written = masked.get(range.clone())?;
        let bare = written.trim_matches('"');
        let quote = (written.len() - bare.len()) / 2;
        let span = Span::new(file, item.start + range.start + quote, item.start + range.end - quote);
        Some(Name { text: bare.into(), span })
    };
    let ident = name(&outline.ident)?;
    let labels = outline.labels.iter().map(name).collect::<Option<_>>()?;
    let header = outline.labels.last().map_or(ident.span, |last| ident.span.to(place(last)));
    let body = Deferred { text: SourceText::clone(text), parse: parse_deferred, body: OnceLock::new() };
    let content = Content::Deferred(Box::new(body));
    Some(Block { ident, labels, content, header, span: Span::new(file, item.start, item.end) })
}

/// The body of the one block that stands at a place.
fn parse_deferred(text: &str, block: Span) -> Result<Body, Fault> {
    let item = block.start as usize..block.end as usize;
    let masked = mask(text.get(item.clone()).unwrap_or_default());
    let mut blocks = Vec::new();
    parse_item(text, &masked.text, item.clone(), block.file, &mut blocks)?;
    match (blocks.pop().map(|block| block.content), blocks.is_empty()) {
        (Some(Content::Parsed(body)), true) => Ok(body),
        _ => Err(fault(text, block.file, item.clone(), item.start, "expected one block")),
    }
}

/// The attributes of a file of variable values.
pub(crate) fn parse_values(text: &str, file: FileId) -> (Vec<Attribute>, Vec<Fault>) {
    let mut attributes = Vec::new();
    let mut faults = Vec::new();
    let masked = mask(text);
    for item in &masked.items {
        let slice = masked.text.get(item.clone()).unwrap_or_default();
        let lowerer = Lowerer { source: text, before: 0, base: item.start, file };
        match parse_body(slice).or_else(|error| retry(slice, error)) {
            Ok(body) => {
                attributes.extend(lowerer.body(&body, Span::new(file, item.start, item.end)).attributes);
            }
            Err(error) => {
                let at = item.start + error.location().offset();
                faults.push(fault(text, file, item.clone(), at, error.message()));
            }
        }
    }
    (attributes, faults)
}

/// An expression that stands in no file.
pub(crate) fn parse_expression(text: &str) -> Option<Expr> {
    let nowhere = Span::nowhere();
    match parse_values(&format!("value = {text}\n"), nowhere.file) {
        (mut attributes, faults) if faults.is_empty() && attributes.len() == 1 => {
            attributes.pop().map(|a| a.value)
        }
        _ => None,
    }
}

/// Parses a template that stands byte for byte at `place`, such as all of a file.
pub(crate) fn parse_template_file(text: &str, place: Span) -> Result<Vec<Part>, Fault> {
    let (start, file) = (place.start as usize, place.file);
    let masked = mask_template(text);
    match parse_template(&masked) {
        Ok(template) => {
            Ok(Lowerer { source: text, before: start, base: start, file }.plain_template(&template, place))
        }
        Err(error) => {
            let mut fault = fault(text, file, 0..text.len(), error.location().offset(), error.message());
            for span in [&mut fault.span, &mut fault.lost] {
                span.start += place.start;
                span.end += place.start;
            }
            Err(fault)
        }
    }
}

/// Parses an expression that stands in a text of its own; its places are those in that text.
pub(crate) fn parse_expression_text(text: &str, file: FileId) -> Option<Expr> {
    let expression = hcl_edit::parser::parse_expr(text).ok()?;
    let whole = Span::new(file, 0, text.len());
    Some(Lowerer { source: text, before: 0, base: 0, file }.expr(&expression, whole))
}

/// Parses the masked `slice` that stands at `item` in `text`.
fn parse_item(
    text: &str,
    slice: &str,
    item: Range<usize>,
    file: FileId,
    blocks: &mut Vec<Block>,
) -> Result<(), Fault> {
    let lowerer = Lowerer { source: text, before: 0, base: item.start, file };
    let body = match parse_body(slice) {
        Ok(body) => Ok(body),
        Err(error) => retry(slice, error),
    };
    let body = body.map_err(|error| {
        fault(text, file, item.clone(), item.start + error.location().offset(), error.message())
    })?;
    for structure in &body {
        match structure {
            Structure::Block(block) => {
                blocks.push(lowerer.block(block, Span::new(file, item.start, item.end)))
            }
            Structure::Attribute(_) => {
                return Err(fault(
                    text,
                    file,
                    item.clone(),
                    item.start,
                    "expected a block, not an attribute",
                ));
            }
        }
    }
    Ok(())
}

/// Terraform takes the last of two equal object keys; the parser rejects them. One letter of the second key is
/// changed until the parser is content: the names come from the original text anyway.
fn retry(
    slice: &str,
    mut error: hcl_edit::parser::Error,
) -> Result<hcl_edit::structure::Body, hcl_edit::parser::Error> {
    let mut changed = slice.to_owned();
    for attempt in 0..MAX_RETRIES {
        if !error.message().contains("redefined object key") {
            return Err(error);
        }
        let Some(next) = change_letter(&changed, error.location().offset(), attempt) else {
            return Err(error);
        };
        changed = next;
        match parse_body(&changed) {
            Ok(body) => return Ok(body),
            Err(again) => error = again,
        }
    }
    Err(error)
}

/// Changes the first letter or digit at or after `offset` to another of its sort. In a quoted key without any, or
/// with escapes, all of it becomes letters; an empty one becomes a name (`lower` sees by the quotes what it was).
fn change_letter(text: &str, offset: usize, attempt: usize) -> Option<String> {
    let (head, tail) = text.split_at_checked(offset)?;
    let quote =
        tail.find('"').filter(|at| tail.get(..*at).is_some_and(|s| s.trim_matches(['(', ' ']).is_empty()));
    if let Some(open) = quote {
        let inside = tail.get(open + 1..)?;
        let length = quoted_length(inside)?;
        let inner = inside.get(..length)?;
        if inner.contains('\\') || !inner.contains(|c: char| c.is_ascii_alphanumeric()) {
            let (from, width) = if length == 0 { (open, 2) } else { (open + 1, length) };
            let letters = letters(attempt, width);
            return Some(format!("{head}{}{letters}{}", tail.get(..from)?, tail.get(from + width..)?));
        }
    }
    let (index, old) = tail.char_indices().take(16).find(|(_, c)| c.is_ascii_alphanumeric())?;
    let sorts: &[u8] = if old.is_ascii_digit() { b"123456789" } else { b"abcdefghijklmnopqrstuvwxyz" };
    let new = sorts.iter().cycle().skip(attempt).map(|b| char::from(*b)).find(|c| *c != old)?;
    let mut out = String::with_capacity(text.len());
    out.push_str(head);
    out.push_str(tail.get(..index)?);
    out.push(new);
    out.push_str(tail.get(index + old.len_utf8()..)?);
    Some(out)
}

/// How far it is to the quote that is not escaped.
fn quoted_length(inside: &str) -> Option<usize> {
    let mut escaped = false;
    inside.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })
}

/// So many letters, others at each attempt.
fn letters(attempt: usize, count: usize) -> String {
    let letter = |at: usize| {
        let shift = u32::try_from(at).unwrap_or(0);
        let digit = attempt.checked_div(26usize.saturating_pow(shift)).unwrap_or(0) % 26;
        char::from(b'a' + u8::try_from(digit).unwrap_or(0))
    };
    (0..count).map(letter).collect()
}

/// A brace too few makes one item of all that follows. Blocks that start at the beginning of a line are tried on
/// their own; what still fails is a fault.
fn recover(text: &str, item: Range<usize>, fault: Fault, file: FileId, parsed: &mut Parsed) {
    let starts = block_starts(text, &item);
    if starts.len() < 2 {
        parsed.faults.push(fault);
        return;
    }
    let ends = starts.iter().skip(1).copied().chain([item.end]);
    for (start, end) in starts.iter().copied().zip(ends) {
        let piece = text.get(start..end).unwrap_or_default();
        let masked = mask(piece);
        for inner in &masked.items {
            let place = start + inner.start..start + inner.end;
            let slice = masked.text.get(inner.clone()).unwrap_or_default();
            if let Err(fault) = parse_item(text, slice, place, file, &mut parsed.blocks) {
                parsed.faults.push(fault);
            }
        }
    }
}

/// The words that begin a block at the top level of a Terraform file.
const BLOCK_WORDS: &[&str] = &[
    "check",
    "data",
    "ephemeral",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "terraform",
    "variable",
];

fn block_starts(text: &str, item: &Range<usize>) -> Vec<usize> {
    let mut starts = vec![item.start];
    let mut at = item.start;
    for line in text.get(item.clone()).unwrap_or_default().split_inclusive('\n') {
        let word = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
        if at > item.start && BLOCK_WORDS.contains(&word) && line.contains('{') {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

fn fault(text: &str, file: FileId, lost: Range<usize>, at: usize, message: &str) -> Fault {
    // The parser counts bytes and may stop within a character.
    let at = (0..=at.min(lost.end)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(lost.start);
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Fault {
        span: Span::new(file, at, at + width),
        lost: Span::new(file, lost.start, lost.end),
        message: format!("cannot be parsed as HCL: {message}"),
    }
}
