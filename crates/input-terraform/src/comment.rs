//! What comments say to the scanner, and what it covers.
//!
//! A comment alone on its line is about what begins below it; one behind something is about what begins on its line.
//! Not here: the grammar of these comments (the model), which findings they silence (the binary).

use std::ops::Range;

use memchr::memmem;
use model::{Directive, FileId, Problem, Span};

use crate::ir::{Attribute, Block, Expr, ExprKind};

/// The directives among the comments of a file; one that is not understood is a problem.
pub(crate) fn directives(
    text: &str,
    file: FileId,
    comments: &[Range<usize>],
    blocks: &[Block],
) -> Vec<Result<Directive, Problem>> {
    let addresses = memmem::Finder::new(b"trustproof:");
    if addresses.find(text.as_bytes()).is_none() {
        return Vec::new();
    }
    let speaks = |range: &&Range<usize>| {
        text.get((*range).clone()).is_some_and(|comment| addresses.find(comment.as_bytes()).is_some())
    };
    let mut spoken = comments.iter().filter(speaks).peekable();
    if spoken.peek().is_none() {
        return Vec::new();
    }
    let mut items = Vec::new();
    blocks.iter().for_each(|block| block_items(block, &mut items));
    let read = |range: &Range<usize>| {
        let span = Span::new(file, range.start, range.end);
        let scope = scope(text, span, comments, &items);
        Directive::in_comment(text.get(range.clone())?, span, scope)
    };
    spoken.filter_map(read).collect()
}

fn block_items(block: &Block, items: &mut Vec<Span>) {
    items.push(block.span);
    block.body().attributes.iter().for_each(|attribute| attribute_items(attribute, items));
    block.body().blocks.iter().for_each(|inner| block_items(inner, items));
}

fn attribute_items(attribute: &Attribute, items: &mut Vec<Span>) {
    items.push(attribute.name.span.to(attribute.value.span));
    expr_items(&attribute.value, items);
}

/// The elements of lists and objects as written, also in the arguments of functions.
fn expr_items(expr: &Expr, items: &mut Vec<Span>) {
    match &expr.kind {
        ExprKind::List(elements) => elements.iter().for_each(|element| {
            items.push(element.span);
            expr_items(element, items);
        }),
        ExprKind::Object(pairs) => pairs.iter().for_each(|(key, value)| {
            items.push(key.span.to(value.span));
            expr_items(value, items);
        }),
        ExprKind::Call(call) => call.arguments.iter().for_each(|argument| expr_items(argument, items)),
        ExprKind::Conditional(c) => [&c.yes, &c.no].into_iter().for_each(|e| expr_items(e, items)),
        _ => {}
    }
}

fn scope(text: &str, comment: Span, comments: &[Range<usize>], items: &[Span]) -> Span {
    let (start, end) = (comment.start as usize, comment.end as usize);
    let line_start = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = text.get(end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| end + at);
    let line = Span::new(comment.file, line_start, line_end);
    let blank = |range: Range<usize>| text.get(range).is_some_and(|between| between.trim().is_empty());
    let outermost = |test: &dyn Fn(&Span) -> bool| {
        items
            .iter()
            .filter(|item| test(item))
            .max_by_key(|item| (item.len(), std::cmp::Reverse(item.start)))
            .copied()
    };
    if !blank(line_start..start) {
        let begins = |item: &Span| line.start <= item.start && item.start < comment.start;
        let ends = |item: &Span| line.start < item.end && item.end <= comment.start;
        return outermost(&begins).or_else(|| outermost(&ends)).map_or(line, |item| item.to(line));
    }
    // The next item, if nothing but blanks and comments stands before it. Quotes are no part of a text's place.
    let next = items.iter().map(|item| item.start).filter(|at| *at >= comment.end).min();
    let Some(next) = next.filter(|next| only_comments(text, end..*next as usize, comments)) else {
        return line;
    };
    outermost(&|item: &Span| item.start == next).map_or(line, |item| comment.to(item))
}

fn only_comments(text: &str, between: Range<usize>, comments: &[Range<usize>]) -> bool {
    let mut at = between.start;
    for comment in comments.iter().filter(|c| between.start <= c.start && c.end <= between.end) {
        if !text.get(at..comment.start).is_some_and(|gap| gap.trim().is_empty()) {
            return false;
        }
        at = comment.end;
    }
    text.get(at..between.end).is_some_and(|gap| gap.trim_matches(['"', '(']).trim().is_empty())
}

#[cfg(test)]
mod tests {
    use model::{LoadError, Loader, SourceMap};

    use crate::parse::parse;

    struct One(String);

    impl Loader for One {
        fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
            Ok(self.0.clone().into_bytes())
        }

        fn admits(&self, _: &str) -> bool {
            true
        }
    }

    /// What each comment covers, cut short.
    fn scopes(text: &str) -> Vec<String> {
        let sources = SourceMap::new(vec!["main.tf".to_owned()], Box::new(One(text.to_owned())));
        let id = sources.open("main.tf").unwrap();
        let parsed = parse(text, id);
        assert!(parsed.faults.is_empty(), "{:?}", parsed.faults);
        parsed.directives.iter().map(|d| sources.snippet(d.as_ref().unwrap().scope)).collect()
    }

    const C: &str = "# trustproof: ignore[long-session] why";

    #[test]
    fn a_comment_above_covers_what_begins_below() {
        for item in [
            "resource \"a\" \"b\" {\n  x = 1\n}",
            "data \"a\" \"b\" {}",
            "module \"m\" {\n  source = \"./m\"\n}",
        ] {
            assert_eq!(scopes(&format!("{C}\n{item}\nlocals {{}}\n")), [format!("{C}\n{item}")]);
            assert_eq!(scopes(&format!("{C}\n# more\n\n{item}\r\n")), [format!("{C}\n# more\n\n{item}")]);
        }
        let statement = "statement {\n    actions = [\"a\"]\n  }";
        let text = format!("data \"a\" \"b\" {{\n  {C}\n  {statement}\n  x = 1\n}}\n");
        assert_eq!(scopes(&text), [format!("{C}\n  {statement}")]);
        let text = format!("data \"a\" \"b\" {{\n  {C}\n  x = [\n    1\n  ]\n  y = 2\n}}\n");
        assert_eq!(scopes(&text), [format!("{C}\n  x = [\n    1\n  ]")]);
    }

    #[test]
    fn a_comment_behind_covers_what_begins_on_its_line() {
        assert_eq!(scopes(&format!("locals {{\n  a = 1 {C}\n  b = 2\n}}\n")), [format!("  a = 1 {C}")]);
        let block = format!("data \"a\" \"b\" {{ {C}\n  x = 1\n}}");
        assert_eq!(scopes(&format!("{block}\nlocals {{}}\n")), std::slice::from_ref(&block));
        let block = format!("data \"a\" \"b\" {{\n  x = 1\n}} {C}");
        assert_eq!(scopes(&format!("{block}\nlocals {{}}\n")), std::slice::from_ref(&block));
    }

    #[test]
    fn statements_inside_of_expressions_are_items() {
        let statement = "{\n      Effect = \"Allow\"\n    }";
        let text = format!(
            "locals {{\n  p = jsonencode({{\n    Statement = [\n    {C}\n    {statement},\n    {{ Effect = \"Deny\" }}]\n  }})\n}}\n"
        );
        assert_eq!(scopes(&text), [format!("{C}\n    {statement}")]);
    }

    #[test]
    fn a_comment_before_nothing_covers_its_line() {
        assert_eq!(scopes(&format!("locals {{\n  a = 1\n  {C}\n}}\nlocals {{}}\n")), [format!("  {C}")]);
        assert_eq!(scopes(&format!("locals {{ a = \"{C}\" }}\n")), Vec::<String>::new());
    }
}
