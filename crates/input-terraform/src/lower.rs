//! From the parser's tree to the compact form; names and literals are read from the original text.
//!
//! Not here: evaluation. The nesting of a tree is bounded by the parser (64 levels, 128 chained operators), so
//! recursion over it is.

use std::ops::Range;

use hcl_edit::expr::{BinaryOperator, Expression, FuncCall, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{BlockLabel, Body as HclBody, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};
use hcl_edit::{Decorated, Ident, Span as HclSpan};
use model::{FileId, Span};

use crate::ir::{
    Attribute, Binary, Block, Body, Call, Conditional, Content, Expr, ExprKind, For, ForParts, IfParts, Name,
    Operator, Part, Step, Traversal,
};

/// Lowers what was parsed from `source` at offset `base`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lowerer<'a> {
    /// The original text.
    pub(crate) source: &'a str,
    /// Where that text starts in its file.
    pub(crate) before: usize,
    /// Where what was parsed starts in its file.
    pub(crate) base: usize,
    pub(crate) file: FileId,
}

/// How the text between sequences is written.
#[derive(Debug)]
struct Literals {
    /// Backslash escapes count (quoted strings).
    escapes: bool,
    /// Characters to cut from the start of each line (`<<-`).
    indent: usize,
    at_line_start: bool,
    /// The sequence before asked to cut the blanks that follow it (`~}`).
    cut_start: bool,
}

impl Lowerer<'_> {
    fn range(&self, item: &impl HclSpan) -> Option<Range<usize>> {
        item.span().map(|r| r.start + self.base..r.end + self.base)
    }

    /// The place of an item; `outer` for the few that the parser gives none.
    fn span(&self, item: &impl HclSpan, outer: Span) -> Span {
        self.range(item).map_or(outer, |r| Span::new(self.file, r.start, r.end))
    }

    /// The text at a place of the file.
    fn text(&self, range: Range<usize>) -> &str {
        let inside = range.start.checked_sub(self.before).zip(range.end.checked_sub(self.before));
        inside.and_then(|(start, end)| self.source.get(start..end)).unwrap_or_default()
    }

    fn name(&self, ident: &Decorated<Ident>, outer: Span) -> Name {
        match self.range(ident) {
            Some(range) => Name { text: self.text(range).into(), span: self.span(ident, outer) },
            None => Name { text: ident.as_str().into(), span: outer },
        }
    }

    pub(crate) fn block(&self, block: &hcl_edit::structure::Block, outer: Span) -> Block {
        let span = self.span(block, outer);
        let ident = self.name(&block.ident, span);
        let labels = block.labels.iter().map(|label| self.label(label, span)).collect();
        let header =
            block.labels.last().map_or(ident.span, |last| ident.span.to(self.span(last, ident.span)));
        Block { ident, labels, content: Content::Parsed(self.body(&block.body, span)), header, span }
    }

    fn label(&self, label: &BlockLabel, outer: Span) -> Name {
        match label {
            BlockLabel::Ident(ident) => self.name(ident, outer),
            BlockLabel::String(string) => {
                let span = inside_quotes(self.span(string, outer));
                Name { text: self.text(span.start as usize..span.end as usize).into(), span }
            }
        }
    }

    pub(crate) fn body(&self, body: &HclBody, outer: Span) -> Body {
        let mut out = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = self.name(&attribute.key, outer);
                    let value = self.expr(&attribute.value, outer);
                    out.attributes.push(Attribute { name, value });
                }
                Structure::Block(block) => out.blocks.push(self.block(block, outer)),
            }
        }
        out.attributes.shrink_to_fit();
        out.blocks.shrink_to_fit();
        out
    }

    pub(crate) fn expr(&self, expr: &Expression, outer: Span) -> Expr {
        let span = self.span(expr, outer);
        let kind = match expr {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(b) => ExprKind::Bool(*b.value()),
            Expression::Number(_) => {
                ExprKind::Number(self.text(span.start as usize..span.end as usize).into())
            }
            Expression::String(_) => return self.string(span),
            Expression::StringTemplate(template) => {
                let mut literals = Literals::quoted();
                let parts = self.template(template.iter(), &mut literals, span);
                let span = inside_quotes(span);
                return Expr { kind: ExprKind::of_parts(parts, span), span };
            }
            Expression::HeredocTemplate(heredoc) => return self.heredoc(heredoc, span),
            Expression::Parenthesis(inner) => return self.expr(inner.inner(), span),
            Expression::Array(items) => {
                ExprKind::List(items.iter().map(|item| self.expr(item, span)).collect())
            }
            Expression::Object(object) => ExprKind::Object(
                object
                    .iter()
                    .map(|(key, value)| (self.key(key, span), self.expr(value.expr(), span)))
                    .collect(),
            ),
            // An empty string that was hidden from the parser.
            Expression::Variable(_) if self.text(span.start as usize..span.end as usize).starts_with('"') => {
                return self.string(span);
            }
            Expression::Variable(_) => {
                ExprKind::Name(self.text(span.start as usize..span.end as usize).into())
            }
            Expression::Traversal(traversal) => self.traversal(traversal, span),
            Expression::Conditional(c) => ExprKind::Conditional(Box::new(Conditional {
                test: self.expr(&c.cond_expr, span),
                yes: self.expr(&c.true_expr, span),
                no: self.expr(&c.false_expr, span),
            })),
            Expression::FuncCall(call) => self.call(call, span),
            Expression::UnaryOp(op) => {
                let inner = Box::new(self.expr(&op.expr, span));
                match op.operator.value() {
                    UnaryOperator::Not => ExprKind::Not(inner),
                    UnaryOperator::Neg => ExprKind::Negate(inner),
                }
            }
            Expression::BinaryOp(op) => ExprKind::Binary(Box::new(Binary {
                operator: operator(*op.operator.value()),
                left: self.expr(&op.lhs_expr, span),
                right: self.expr(&op.rhs_expr, span),
            })),
            Expression::ForExpr(f) => ExprKind::For(Box::new(For {
                key: f.intro.key_var.as_ref().map(|name| self.name(name, span).text),
                value: self.name(&f.intro.value_var, span).text,
                collection: self.expr(&f.intro.collection_expr, span),
                result_key: f.key_expr.as_ref().map(|e| self.expr(e, span)),
                result: self.expr(&f.value_expr, span),
                grouping: f.grouping,
                test: f.cond.as_ref().map(|c| self.expr(&c.expr, span)),
            })),
        };
        Expr { kind, span }
    }

    /// A quoted string without sequences; the empty one may stand for an empty heredoc.
    fn string(&self, span: Span) -> Expr {
        let span = inside_quotes(span);
        // Most strings are one part, and vectors start with room for four.
        let mut parts = Vec::with_capacity(1);
        self.literal(span, &mut Literals::quoted(), &mut parts);
        Expr { kind: ExprKind::of_parts(parts, span), span }
    }

    fn heredoc(&self, heredoc: &hcl_edit::template::HeredocTemplate, span: Span) -> Expr {
        let mut literals = Literals::plain();
        let header = self.text(span.start as usize..span.end as usize);
        if header.starts_with("<<-") {
            let mut least = None;
            self.least_indent(heredoc.template.iter(), &mut true, &mut least);
            literals.indent = least.unwrap_or(0);
        }
        let parts = self.template(heredoc.template.iter(), &mut literals, span);
        let content =
            heredoc.template.iter().map(|element| self.span(element, span)).reduce(Span::to).unwrap_or(span);
        Expr { kind: ExprKind::of_parts(parts, content), span: content }
    }

    /// A template that is a whole file.
    pub(crate) fn plain_template(&self, template: &Template, outer: Span) -> Vec<Part> {
        self.template(template.iter(), &mut Literals::plain(), outer)
    }

    fn key(&self, key: &ObjectKey, outer: Span) -> Expr {
        match key {
            ObjectKey::Ident(ident) => {
                let name = self.name(ident, outer);
                if name.text.starts_with('"') {
                    return self.string(name.span);
                }
                Expr { kind: ExprKind::Text(name.text), span: name.span }
            }
            ObjectKey::Expression(expr) => self.expr(expr, outer),
        }
    }

    fn traversal(&self, traversal: &hcl_edit::expr::Traversal, span: Span) -> ExprKind {
        let steps = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
                TraversalOperator::FullSplat(_) => Step::FullSplat,
                TraversalOperator::GetAttr(ident) => Step::Attribute(self.step_name(ident, operator)),
                TraversalOperator::Index(index) => Step::Index(self.expr(index, span)),
                TraversalOperator::LegacyIndex(index) => {
                    let place = self.span(index, span);
                    Step::Index(Expr {
                        kind: ExprKind::Number(index.value().to_string().into()),
                        span: place,
                    })
                }
            })
            .collect();
        ExprKind::Traversal(Box::new(Traversal { base: self.expr(&traversal.expr, span), steps }))
    }

    /// The name behind a dot: the operator's own place starts at the dot.
    fn step_name(&self, ident: &Decorated<Ident>, operator: &Decorated<TraversalOperator>) -> Box<str> {
        match self.range(ident).or_else(|| self.range(operator)) {
            Some(range) => self.text(range).trim_start_matches('.').trim().into(),
            None => ident.as_str().into(),
        }
    }

    fn call(&self, call: &FuncCall, span: Span) -> ExprKind {
        let mut name = String::new();
        for scope in &call.name.namespace {
            name.push_str(&self.name(scope, span).text);
            name.push_str("::");
        }
        name.push_str(&self.name(&call.name.name, span).text);
        ExprKind::Call(Box::new(Call {
            name: name.into_boxed_str(),
            arguments: call.args.iter().map(|argument| self.expr(argument, span)).collect(),
            spread: call.args.expand_final(),
        }))
    }

    fn template<'t>(
        &self,
        elements: impl Iterator<Item = &'t Element>,
        literals: &mut Literals,
        outer: Span,
    ) -> Vec<Part> {
        let mut out = Vec::new();
        for element in elements {
            let span = self.span(element, outer);
            match element {
                Element::Literal(_) => self.literal(span, literals, &mut out),
                Element::Interpolation(interpolation) => {
                    literals.sequence(interpolation.strip, &mut out);
                    let value = Box::new(self.expr(&interpolation.expr, span));
                    out.push(Part::Interpolation { value, span });
                }
                Element::Directive(directive) => self.directive(directive, literals, span, &mut out),
            }
        }
        out.shrink_to_fit();
        out
    }

    fn directive(&self, directive: &Directive, literals: &mut Literals, span: Span, out: &mut Vec<Part>) {
        match directive {
            Directive::If(d) => {
                literals.sequence(d.if_expr.strip, out);
                let test = self.expr(&d.if_expr.cond_expr, span);
                let mut yes = self.template(d.if_expr.template.iter(), literals, span);
                let no = match &d.else_expr {
                    Some(other) => {
                        literals.sequence(other.strip, &mut yes);
                        let mut no = self.template(other.template.iter(), literals, span);
                        literals.sequence(d.endif_expr.strip, &mut no);
                        no
                    }
                    None => {
                        literals.sequence(d.endif_expr.strip, &mut yes);
                        Vec::new()
                    }
                };
                out.push(Part::If(Box::new(IfParts { test, yes, no, span })));
            }
            Directive::For(d) => {
                literals.sequence(d.for_expr.strip, out);
                let key = d.for_expr.key_var.as_ref().map(|name| self.name(name, span).text);
                let value = self.name(&d.for_expr.value_var, span).text;
                let collection = self.expr(&d.for_expr.collection_expr, span);
                let mut body = self.template(d.for_expr.template.iter(), literals, span);
                literals.sequence(d.endfor_expr.strip, &mut body);
                out.push(Part::For(Box::new(ForParts { key, value, collection, body, span })));
            }
        }
    }

    /// The text under `span`: split where an escape, a cut indent or cut blanks interrupt what stands there
    /// byte for byte.
    fn literal(&self, span: Span, literals: &mut Literals, out: &mut Vec<Part>) {
        let start = span.start as usize;
        let rest = self.text(start..span.end as usize);
        let mut at = start;
        let before = out.len();
        if rest.is_empty() {
            return;
        }
        if literals.indent == 0 {
            self.escapes(rest, at, literals.escapes, out);
        } else {
            for line in rest.split_inclusive('\n') {
                let blank = line.ends_with('\n') && line.trim().is_empty();
                let cut = if literals.at_line_start && !blank {
                    line.chars().take(literals.indent).map(char::len_utf8).sum()
                } else {
                    0
                };
                literals.at_line_start = line.ends_with('\n');
                self.escapes(line.get(cut..).unwrap_or_default(), at + cut, literals.escapes, out);
                at += line.len();
            }
        }
        literals.at_line_start = rest.ends_with('\n');
        if std::mem::take(&mut literals.cut_start) {
            cut_blanks(before, out);
        }
    }

    fn escapes(&self, text: &str, start: usize, backslashes: bool, out: &mut Vec<Part>) {
        let mut run = 0;
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            let rest = text.get(at..).unwrap_or_default();
            let escape = match c {
                '\\' if backslashes => unescape(rest),
                '$' if rest.starts_with("$${") => Some(("${".to_owned(), 3)),
                '%' if rest.starts_with("%%{") => Some(("%{".to_owned(), 3)),
                _ => None,
            };
            let Some((value, width)) = escape else {
                continue;
            };
            self.push_verbatim(text.get(run..at).unwrap_or_default(), start + run, out);
            let span = Span::new(self.file, start + at, start + at + width);
            out.push(Part::Literal { text: value.into(), span, verbatim: false });
            run = at + width;
            while chars.as_str().len() > text.len() - run {
                chars.next();
            }
        }
        self.push_verbatim(text.get(run..).unwrap_or_default(), start + run, out);
    }

    fn push_verbatim(&self, text: &str, start: usize, out: &mut Vec<Part>) {
        if !text.is_empty() {
            let span = Span::new(self.file, start, start + text.len());
            out.push(Part::Literal { text: text.into(), span, verbatim: true });
        }
    }

    /// The least number of blanks that a line of a heredoc starts with, as Terraform counts: blank lines do not
    /// count, a line that starts with a sequence has none.
    fn least_indent<'t>(
        &self,
        elements: impl Iterator<Item = &'t Element>,
        at_line_start: &mut bool,
        least: &mut Option<usize>,
    ) {
        let mut count = |n: usize| *least = Some(least.map_or(n, |l| l.min(n)));
        for element in elements {
            let Some(range) = self.range(element) else {
                continue;
            };
            let Element::Literal(_) = element else {
                if std::mem::take(at_line_start) {
                    count(0);
                }
                if let Element::Directive(directive) = element {
                    // Text after a directive on the same line is no line start; inside, new lines are.
                    self.least_indent_inside(directive, at_line_start, &mut count);
                }
                continue;
            };
            for line in self.text(range).split_inclusive('\n') {
                let blank = line.ends_with('\n') && line.trim().is_empty();
                if *at_line_start && !blank {
                    count(line.chars().take_while(|c| c.is_whitespace()).count());
                }
                *at_line_start = line.ends_with('\n');
            }
        }
    }

    fn least_indent_inside(
        &self,
        directive: &Directive,
        at_line_start: &mut bool,
        count: &mut dyn FnMut(usize),
    ) {
        let mut inner = None;
        match directive {
            Directive::If(d) => {
                self.least_indent(d.if_expr.template.iter(), at_line_start, &mut inner);
                if let Some(other) = &d.else_expr {
                    self.least_indent(other.template.iter(), at_line_start, &mut inner);
                }
            }
            Directive::For(d) => self.least_indent(d.for_expr.template.iter(), at_line_start, &mut inner),
        }
        if let Some(inner) = inner {
            count(inner);
        }
    }
}

impl Literals {
    fn quoted() -> Self {
        Literals { escapes: true, indent: 0, at_line_start: false, cut_start: false }
    }

    fn plain() -> Self {
        Literals { escapes: false, indent: 0, at_line_start: true, cut_start: false }
    }

    /// A sequence with these strip marks stands between what is in `out` and what follows.
    fn sequence(&mut self, strip: Strip, out: &mut [Part]) {
        self.at_line_start = false;
        self.cut_start = matches!(strip, Strip::End | Strip::Both);
        if matches!(strip, Strip::Start | Strip::Both) {
            for part in out.iter_mut().rev() {
                let Part::Literal { text, span, verbatim } = part else {
                    break;
                };
                let kept = text.trim_end();
                if *verbatim {
                    span.end -= u32::try_from(text.len() - kept.len()).unwrap_or(0);
                }
                *text = kept.into();
                if !text.is_empty() {
                    break;
                }
            }
        }
    }
}

/// Cuts the blanks at the start of the literals from `from` on. Empty ones stay: a template with them is text.
fn cut_blanks(from: usize, out: &mut [Part]) {
    for part in out.iter_mut().skip(from) {
        let Part::Literal { text, span, verbatim } = part else {
            break;
        };
        let kept = text.trim_start();
        if *verbatim {
            span.start += u32::try_from(text.len() - kept.len()).unwrap_or(0);
        }
        *text = kept.into();
        if !text.is_empty() {
            break;
        }
    }
}

/// The value of the backslash escape at the start of `rest`, and its width in bytes.
fn unescape(rest: &str) -> Option<(String, usize)> {
    let mut chars = rest.chars();
    chars.next();
    let simple = |c: &str| Some((c.to_owned(), 2));
    match chars.next()? {
        'n' => simple("\n"),
        'r' => simple("\r"),
        't' => simple("\t"),
        '"' => simple("\""),
        '\\' => simple("\\"),
        marker @ ('u' | 'U') => {
            let width = if marker == 'u' { 4 } else { 8 };
            let code = u32::from_str_radix(rest.get(2..2 + width)?, 16).ok()?;
            Some((char::from_u32(code)?.to_string(), 2 + width))
        }
        // The parser has rejected every other escape.
        _ => None,
    }
}

fn inside_quotes(span: Span) -> Span {
    if span.len() < 2 { span } else { Span { file: span.file, start: span.start + 1, end: span.end - 1 } }
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::LessEq => Operator::LessEqual,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::GreaterEq => Operator::GreaterEqual,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Mul => Operator::Multiply,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Modulo,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
