//! Whether a block is Terraform beyond doubt, told without building anything.
//!
//! Most blocks of a repository are about nothing that a role depends on. One that is recognised here need not be
//! parsed until something refers to it, and a broken one is still told: what is not recognised is parsed at once. So
//! this is stricter than the parser (no rare construct, no deep nesting) and never laxer. Works on masked text. Not
//! here: what a block says.

use std::ops::Range;

/// Where the names of a block stand in the text that was recognised.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) ident: Range<usize>,
    /// With their quotes.
    pub(crate) labels: Vec<Range<usize>>,
}

/// How deep blocks and expressions may nest: each level is at most three of the parser's 64.
const MAX_DEPTH: usize = 20;

/// How many operators an attribute may have: the parser takes 128 in a chain.
const MAX_OPERATORS: usize = 100;

/// How many attributes the body of a block may have: each is compared with those before it.
const MAX_ATTRIBUTES: usize = 100;

/// How many digits a number may have: fewer than make an integer too large.
const MAX_DIGITS: usize = 15;

/// The names of the block that `masked` is, if that is all it is.
pub(crate) fn block(masked: &str) -> Option<Outline> {
    let mut reader =
        Reader { text: masked.as_bytes(), at: 0, depth: 0, operators: 0, attributes: Vec::new() };
    let ident = reader.word()?;
    reader.blanks();
    let mut labels = Vec::new();
    while reader.peek() != Some(b'{') {
        labels.push(reader.label()?);
        reader.blanks();
    }
    reader.braces()?;
    (reader.at == masked.len()).then_some(Outline { ident, labels })
}

/// Each reading function is at what it reads and goes behind it; `None` is doubt, and then all is given up.
struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    operators: usize,
    /// The names of the attributes of the bodies at hand.
    attributes: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, token: &[u8]) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn need(&mut self, token: &[u8]) -> Option<()> {
        self.take(token).then_some(())
    }

    fn skip(&mut self, of: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|byte| of(**byte)).count();
        self.at += count;
        count
    }

    fn blanks(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t'));
    }

    /// Blanks and line breaks.
    fn space(&mut self) {
        self.skip(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    }

    fn line_end(&mut self) -> bool {
        self.take(b"\n") || self.take(b"\r\n")
    }

    fn word(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let first = self.peek()?;
        (first.is_ascii_alphabetic() || first == b'_').then_some(())?;
        self.skip(is_word);
        // What follows may be a letter all the same.
        self.peek().is_none_or(|b| b.is_ascii()).then_some(start..self.at)
    }

    fn label(&mut self) -> Option<Range<usize>> {
        if self.peek() != Some(b'"') {
            return self.word();
        }
        let start = self.at;
        self.at += 1;
        self.skip(|b| is_word(b) || matches!(b, b'.' | b'/' | b':' | b' '));
        self.need(b"\"")?;
        Some(start..self.at)
    }

    /// The body of a block, with its braces.
    fn braces(&mut self) -> Option<()> {
        self.need(b"{")?;
        self.deeper()?;
        let outer = self.attributes.len();
        self.blanks();
        if self.line_end() {
            self.space();
            while !self.take(b"}") {
                self.structure(outer)?;
                self.blanks();
                self.line_end().then_some(())?;
                self.space();
            }
        } else {
            if self.peek() != Some(b'}') {
                self.word()?;
                self.blanks();
                self.value()?;
                self.blanks();
            }
            self.need(b"}")?;
        }
        self.attributes.truncate(outer);
        self.depth -= 1;
        Some(())
    }

    fn deeper(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    /// An attribute or a block; the attributes of its body begin at `outer`.
    fn structure(&mut self, outer: usize) -> Option<()> {
        let name = self.word()?;
        self.blanks();
        if self.peek() == Some(b'=') {
            let before = self.attributes.get(outer..)?;
            let word = self.text.get(name.clone());
            let again = before.iter().any(|other| self.text.get(other.clone()) == word);
            (!again && before.len() < MAX_ATTRIBUTES).then_some(())?;
            self.attributes.push(name);
            return self.value();
        }
        while self.peek() != Some(b'{') {
            self.label()?;
            self.blanks();
        }
        self.braces()
    }

    /// `= …` of an attribute.
    fn value(&mut self) -> Option<()> {
        self.need(b"=")?;
        self.blanks();
        self.operators = 0;
        self.expression()
    }

    fn expression(&mut self) -> Option<()> {
        self.deeper()?;
        self.operand()?;
        loop {
            let end = self.at;
            self.blanks();
            if self.operator() {
                self.operators += 1;
                (self.operators <= MAX_OPERATORS).then_some(())?;
                self.blanks();
                self.operand()?;
            } else if self.take(b"?") {
                self.blanks();
                self.expression()?;
                self.blanks();
                self.need(b":")?;
                self.blanks();
                self.expression()?;
                break;
            } else {
                self.at = end;
                break;
            }
        }
        self.depth -= 1;
        Some(())
    }

    fn operator(&mut self) -> bool {
        let width = match self.rest() {
            [b'=' | b'!' | b'<' | b'>', b'=', ..] | [b'&', b'&', ..] | [b'|', b'|', ..] => 2,
            // Two of these are a heredoc or a comment.
            [b'<', b'<', ..] | [b'/', b'/' | b'*', ..] => 0,
            [b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%', ..] => 1,
            _ => 0,
        };
        self.at += width;
        width > 0
    }

    fn operand(&mut self) -> Option<()> {
        if matches!(self.peek()?, b'!' | b'-') {
            self.at += 1;
        }
        match self.peek()? {
            b'"' => return self.quoted(),
            b'<' => return self.heredoc(),
            b'0'..=b'9' => return self.number(),
            b'(' => {
                self.at += 1;
                self.space();
                self.expression()?;
                self.space();
                self.need(b")")?;
            }
            b'[' => self.list()?,
            b'{' => self.object()?,
            _ => {
                self.word()?;
                if self.peek() == Some(b'(') {
                    self.arguments()?;
                }
            }
        }
        self.steps()
    }

    fn number(&mut self) -> Option<()> {
        let mut digits = self.skip(|b| b.is_ascii_digit());
        if let [b'.', b'0'..=b'9', ..] = self.rest() {
            self.at += 1;
            digits += self.skip(|b| b.is_ascii_digit());
        }
        // No exponents.
        (digits <= MAX_DIGITS && !self.peek().is_some_and(|b| is_word(b) || !b.is_ascii())).then_some(())
    }

    /// The attributes, indices and splats behind a value.
    fn steps(&mut self) -> Option<()> {
        loop {
            match self.rest() {
                [b'.', b'.', ..] => return Some(()),
                [b'.', b'*', ..] => self.at += 2,
                [b'.', ..] => {
                    self.at += 1;
                    self.word()?;
                }
                [b'[', ..] => {
                    self.at += 1;
                    self.space();
                    if !self.take(b"*") {
                        self.expression()?;
                    }
                    self.space();
                    self.need(b"]")?;
                }
                _ => return Some(()),
            }
        }
    }

    fn arguments(&mut self) -> Option<()> {
        self.need(b"(")?;
        self.space();
        while !self.take(b")") {
            self.expression()?;
            self.space();
            if self.take(b"...") {
                self.space();
                return self.need(b")");
            }
            self.between(b')')?;
        }
        Some(())
    }

    /// A comma with space around, or the end.
    fn between(&mut self, close: u8) -> Option<()> {
        if self.peek() == Some(close) {
            return Some(());
        }
        self.need(b",")?;
        self.space();
        Some(())
    }

    fn list(&mut self) -> Option<()> {
        self.need(b"[")?;
        self.space();
        if self.at_for() {
            self.for_header()?;
            self.expression()?;
            return self.for_end(b"]");
        }
        while !self.take(b"]") {
            self.expression()?;
            self.space();
            self.between(b']')?;
        }
        Some(())
    }

    fn object(&mut self) -> Option<()> {
        self.need(b"{")?;
        self.space();
        if self.at_for() {
            self.for_header()?;
            self.expression()?;
            self.space();
            self.need(b"=>")?;
            self.space();
            self.expression()?;
            self.space();
            self.take(b"...");
            return self.for_end(b"}");
        }
        while !self.take(b"}") {
            self.key()?;
            self.blanks();
            // An operator would make the key an expression.
            (self.take(b":") || self.take(b"=") && self.peek() != Some(b'=')).then_some(())?;
            self.blanks();
            self.expression()?;
            self.blanks();
            if self.peek() != Some(b'}') {
                (self.take(b",") || self.line_end()).then_some(())?;
                self.space();
            }
        }
        Some(())
    }

    fn key(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.quoted(),
            b'(' => {
                self.at += 1;
                self.space();
                self.expression()?;
                self.space();
                self.need(b")")
            }
            _ => self.word().map(|_| ()),
        }
    }

    /// The word `for` with a blank behind it.
    fn at_for(&self) -> bool {
        matches!(self.rest(), [b'f', b'o', b'r', b' ' | b'\t' | b'\n' | b'\r', ..])
    }

    /// `for k, v in x :` with the space behind it.
    fn for_header(&mut self) -> Option<()> {
        self.at += "for".len();
        self.space();
        self.word()?;
        self.space();
        if self.take(b",") {
            self.space();
            self.word()?;
            self.space();
        }
        self.need(b"in")?;
        let end = self.at;
        self.space();
        (self.at > end).then_some(())?;
        self.expression()?;
        self.space();
        self.need(b":")?;
        self.space();
        Some(())
    }

    /// `if x` and the closing bracket.
    fn for_end(&mut self, close: &[u8]) -> Option<()> {
        self.space();
        if let [b'i', b'f', b' ' | b'\t', ..] = self.rest() {
            self.at += "if".len();
            self.space();
            self.expression()?;
            self.space();
        }
        self.need(close)
    }

    fn quoted(&mut self) -> Option<()> {
        self.need(b"\"")?;
        loop {
            self.skip(|b| !matches!(b, b'"' | b'\\' | b'$' | b'%' | b'\n'));
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', b'n' | b'r' | b't' | b'"' | b'\\', ..] => self.at += 2,
                [b'$' | b'%', ..] => self.sequence()?,
                _ => return None,
            }
        }
    }

    /// At a mark that may begin a sequence.
    fn sequence(&mut self) -> Option<()> {
        match self.rest() {
            [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => self.at += 3,
            [b'%', b'{', ..] => return None,
            [b'$', b'{', ..] => {
                self.at += 2;
                self.take(b"~");
                self.space();
                self.expression()?;
                self.space();
                self.take(b"~");
                self.need(b"}")?;
            }
            _ => self.at += 1,
        }
        Some(())
    }

    fn heredoc(&mut self) -> Option<()> {
        self.need(b"<<")?;
        self.take(b"-");
        let delimiter = self.word()?;
        self.line_end().then_some(())?;
        loop {
            self.blanks();
            let text = self.text;
            let word = text.get(delimiter.clone())?;
            if self.take(word) {
                match self.peek() {
                    None | Some(b' ' | b'\t' | b'\r' | b'\n') => return Some(()),
                    Some(b) if is_word(b) => {}
                    Some(_) => return None,
                }
            }
            loop {
                self.at += memchr::memchr3(b'\n', b'$', b'%', self.rest())?;
                if self.take(b"\n") {
                    break;
                }
                self.sequence()?;
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(inside: &str) -> bool {
        block(&format!("a \"b\" {{\n  {inside}\n}}")).is_some()
    }

    #[test]
    fn names_are_found_with_their_quotes() {
        let text = "data \"aws_x\" y {}";
        assert_eq!(block(text), Some(Outline { ident: 0..4, labels: vec![5..12, 13..14] }));
    }

    #[test]
    fn what_modules_hold_is_recognised() {
        for inside in [
            "a = 1",
            "a = -1.5",
            "a = \"b\\n${c.d[0].e}-${~ f(\"g\") ~}\" # ",
            "a = x.y[*].z[each.key].*",
            "a = !b && c != null ? [1, 2,] : []",
            "a = merge({ b = 1, \"c\" : 2 }, [for k, v in d : k if v]...)",
            "a = { for k in b : k => { c = 1\n d = 2 }... if c }",
            "a = {\n\n  (b) = c\n  d   = {}\n}",
            "a = <<-EOT\n  x ${b} $c\n  EOT",
            "a = f(<<E\nx\nE\n)",
            "dynamic \"x\" {\n    for_each = []\r\n    content {}\n  }\n",
            "x { a = 1 }",
        ] {
            let inside = inside.replace(" # ", "").replace("\nE\n)", "\nE )");
            assert!(recognised(&inside), "{inside}");
        }
    }

    #[test]
    fn what_is_doubtful_is_not() {
        let deep = format!("a = {}1{}", "[".repeat(30), "]".repeat(30));
        let chain = format!("a = 1{}", " + 1".repeat(130));
        for inside in [
            "a = ",
            "a = 1 2",
            "a = \"",
            "a = \"\\q\"",
            "a = \"%{ if b }%{ endif }\"",
            "a = b c",
            "a = [1 2]",
            "a = { b 1 }",
            "a = f(1",
            "a = 99999999999999999999",
            "a = 1\n a = 2",
            "a = 1 b = 2",
            "a = <<E\nx",
            "a = b..c",
            "a",
            "x { a = 1\n }",
            "a = 1 # c",
            &deep,
            &chain,
        ] {
            assert!(!recognised(inside), "{inside}");
        }
        for text in ["", "a", "a {", "a {}}", "a {} b {}", "a = 1", "a {} ", "a\" {}"] {
            assert_eq!(block(text), None, "{text}");
        }
    }
}
