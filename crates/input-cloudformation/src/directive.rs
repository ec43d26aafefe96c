//! What authors say to the scanner in a template: in comments, and in the metadata of a resource.

use std::ops::Range;

use model::{
    Decoded, Directive, DirectiveKind, Entry, FileId, Located, Node, Problem, SourceMap, Span, Value,
};

use crate::document::looks_like_yaml;
use crate::value::known;

/// What a file holds if it speaks to the scanner.
const MARK: &str = "trustproof";

/// Collects the directives of a file.
pub(crate) fn collect(
    text: &str,
    file: FileId,
    documents: &[Node],
    directives: &mut Vec<Directive>,
    problems: &mut Vec<Problem>,
) {
    if !text.contains(MARK) {
        return;
    }
    for (range, comment) in marked_comments(text) {
        let span = Span::new(file, range.start, range.end);
        let scope = scope(text, span, documents);
        add(Directive::in_comment(comment, span, scope), directives, problems);
    }
    documents.iter().for_each(|document| in_resources(document, directives, problems));
}

/// Collects the directives of a template that stands in a text of a file.
pub(crate) fn collect_embedded(
    text: &Decoded,
    documents: &[Node],
    sources: &SourceMap,
    directives: &mut Vec<Directive>,
    problems: &mut Vec<Problem>,
) {
    if !text.text().contains(MARK) {
        return;
    }
    for (range, comment) in marked_comments(text.text()) {
        let Some(span) = text.origin().span(range) else {
            continue;
        };
        // Where the text has lines as the file has them, the comment covers what it would cover there.
        let outer = sources.text(span.file).ok();
        let here = outer.as_ref().and_then(|outer| outer.get(span.start as usize..));
        let of_a_line = here.and_then(|rest| rest.strip_prefix(comment)).is_some_and(|rest| {
            rest.trim_start_matches([' ', '\t']).starts_with(['\r', '\n']) || rest.trim().is_empty()
        });
        match outer {
            Some(outer) if of_a_line => {
                let scope = scope(&outer, span, documents);
                add(Directive::in_comment(comment, span, scope), directives, problems);
            }
            _ => {
                let message = "this suppression stands in a text whose lines are not lines of the file, and \
                               silences nothing; write it as `Metadata.trustproof.ignore` of the resource";
                problems.push(Problem::warning(span, message));
            }
        }
    }
    documents.iter().for_each(|document| in_resources(document, directives, problems));
}

fn add(
    said: impl IntoIterator<Item = Result<Directive, Problem>>,
    directives: &mut Vec<Directive>,
    problems: &mut Vec<Problem>,
) {
    for directive in said {
        match directive {
            Ok(directive) => directives.push(directive),
            Err(problem) => problems.push(problem),
        }
    }
}

/// The comments that may speak to the scanner.
fn marked_comments(text: &str) -> Vec<(Range<usize>, &str)> {
    let comments = if looks_like_yaml(text) { syntax::yaml::comments(text) } else { Vec::new() };
    let marked = |range: Range<usize>| {
        let comment = text.get(range.clone()).filter(|comment| comment.contains(MARK))?;
        Some((range, comment))
    };
    comments.into_iter().filter_map(marked).collect()
}

/// Collects what the resources of a template say in their metadata.
pub(crate) fn in_resources(document: &Node, directives: &mut Vec<Directive>, problems: &mut Vec<Problem>) {
    if let Some(Value::Object(resources)) = document.get("Resources").map(|n| &n.value) {
        resources.entries.iter().for_each(|entry| add(in_metadata(entry), directives, problems));
    }
}

/// What a comment covers: its line if something else stands on it, else what begins on the next line that holds
/// more than comments.
fn scope(text: &str, comment: Span, documents: &[Node]) -> Span {
    let start = comment.start as usize;
    let line = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let alone =
        text.get(line..start).is_some_and(|before| before.trim_matches(['\u{feff}', ' ', '\t']).is_empty());
    if !alone {
        let end =
            text.get(start..).and_then(|rest| rest.find(['\r', '\n'])).map_or(text.len(), |at| start + at);
        return Span::new(comment.file, line, end);
    }
    let Some(next) = next_content(text, comment.end as usize) else {
        return comment;
    };
    let mut best = None;
    documents.iter().for_each(|document| first_from(document, &next, &mut best));
    best.unwrap_or(Span::new(comment.file, next.start, next.end))
}

/// The next line that is neither empty nor a comment.
fn next_content(text: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from + text.get(from..)?.find('\n')? + 1;
    for line in text.get(at..)?.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.starts_with('#') {
            return Some(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    None
}

/// The widest entry of a mapping or element of a sequence among those that begin first on a line. As deep as the
/// parsers allow.
fn first_from(node: &Node, line: &Range<usize>, best: &mut Option<Span>) {
    match &node.value {
        Value::Object(object) => {
            for entry in &object.entries {
                offer(whole(entry), line, best);
                first_from(&entry.value, line, best);
            }
        }
        Value::List(list) => {
            for item in &list.items {
                offer(item.span, line, best);
                first_from(item, line, best);
            }
        }
        _ => {}
    }
}

fn offer(span: Span, line: &Range<usize>, best: &mut Option<Span>) {
    let better = |best: &Span| (span.start, best.end) < (best.start, span.end);
    if line.contains(&(span.start as usize)) && best.as_ref().is_none_or(better) {
        *best = Some(span);
    }
}

/// An entry from its key to the end of its value.
fn whole(entry: &Entry) -> Span {
    entry.key.span.to(entry.value.span)
}

/// The directives of one resource: `Metadata: trustproof: ignore: [{rule, reason, until}]`.
fn in_metadata(resource: &Entry) -> Vec<Result<Directive, Problem>> {
    let Some(said) = resource.value.get("Metadata").and_then(|m| m.get(MARK)) else {
        return Vec::new();
    };
    let items = match said.get("ignore").map(|n| (n, &n.value)) {
        Some((_, Value::List(list))) => list.items.iter().collect(),
        Some((node, Value::Object(_))) => vec![node],
        _ => vec![said],
    };
    let scope = whole(resource);
    items.into_iter().map(|item| ignored(item, scope).ok_or_else(|| misunderstood(item))).collect()
}

fn misunderstood(node: &Node) -> Problem {
    let message = "this suppression is not understood and silences nothing; write `ignore: [{rule: rule-id, \
                   until: YYYY-MM-DD, reason: …}]`";
    Problem::warning(node.span, message)
}

fn ignored(item: &Node, scope: Span) -> Option<Directive> {
    let Value::Object(object) = &item.value else {
        return None;
    };
    let understood = |e: &Entry| matches!(e.key.value.as_str(), Some("rule" | "rules" | "until" | "reason"));
    if !object.entries.iter().all(understood) {
        return None;
    }
    let text = |node: &Node| -> Option<Located<Box<str>>> {
        let text = node.scalar()?;
        let known: Box<str> = text.value.as_str().filter(|t| !t.is_empty())?.into();
        Some(Located::new(known, text.span))
    };
    let rule = object.get("rule").or_else(|| object.get("rules"))?;
    let rules: Option<Vec<_>> = match &rule.value {
        Value::List(list) => list.items.iter().map(text).collect(),
        _ => Some(vec![text(rule)?]),
    };
    let until = match object.get("until") {
        Some(node) => Some(text(node)?),
        None => None,
    };
    let reason = object.get("reason").and_then(known).unwrap_or_default();
    Some(Directive {
        span: item.span,
        scope,
        rules: rules.filter(|rules| !rules.is_empty())?,
        until,
        reason: reason.into(),
        by: DirectiveKind::Metadata,
    })
}
