//! The pass before the parser: the same text, byte for byte as long, without what the parser stumbles over.
//!
//! The HCL parser rejects some texts that Terraform accepts (a byte order mark, newlines inside a `for` object,
//! comments inside parentheses) and misreads one in silence: an empty heredoc swallows everything up to the next
//! delimiter. All of these are painted over with spaces. Offsets stay true, so names and literals are read from
//! the original text by their spans; the masked text is for the parser's eyes only.
//!
//! Not here: any parsing. Where the text is broken, the mask leaves it for the parser to complain about.

use std::ops::Range;

/// A masked text.
#[derive(Debug)]
pub(crate) struct Masked {
    /// As long as the original, with the same line breaks outside brackets.
    pub(crate) text: String,
    /// Where each top-level attribute or block stands.
    pub(crate) items: Vec<Range<usize>>,
    /// Where each comment stands, its marks included.
    pub(crate) comments: Vec<Range<usize>>,
}

/// Masks the text of a file.
pub(crate) fn mask(source: &str) -> Masked {
    let mut scanner = Scanner {
        source: source.as_bytes(),
        out: source.as_bytes().to_vec(),
        at: 0,
        modes: vec![Mode::Body { value: false }],
        items: Vec::new(),
        comments: Vec::new(),
        item: None,
    };
    scanner.run();
    // Only whole characters are painted over, with ASCII.
    let text = String::from_utf8(scanner.out).unwrap_or_else(|_| source.to_owned());
    Masked { text, items: scanner.items, comments: scanner.comments }
}

/// Masks the text of a template file.
pub(crate) fn mask_template(source: &str) -> String {
    let mut scanner = Scanner {
        source: source.as_bytes(),
        out: source.as_bytes().to_vec(),
        at: 0,
        modes: vec![Mode::Template],
        items: Vec::new(),
        comments: Vec::new(),
        item: None,
    };
    while let Some(byte) = scanner.byte(0) {
        scanner.step(byte);
    }
    String::from_utf8(scanner.out).unwrap_or_else(|_| source.to_owned())
}

/// What surrounds the current byte.
#[derive(Clone, Debug)]
enum Mode {
    /// A body of attributes and blocks; `value` from an `=` to the end of the line.
    Body { value: bool },
    /// Round or square brackets.
    Group { close: u8 },
    /// Braces of an object; `comprehension` for `{for …}`.
    Object { comprehension: bool },
    /// `${…}` or `%{…}`.
    Sequence,
    /// Between double quotes.
    Quoted,
    /// A whole file of template text.
    Template,
    /// Between heredoc delimiters.
    Heredoc { delimiter: Range<usize> },
}

struct Scanner<'a> {
    source: &'a [u8],
    out: Vec<u8>,
    at: usize,
    modes: Vec<Mode>,
    items: Vec<Range<usize>>,
    comments: Vec<Range<usize>>,
    item: Option<usize>,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Scanner<'_> {
    fn run(&mut self) {
        if self.source.starts_with(BYTE_ORDER_MARK) {
            self.blank(0..BYTE_ORDER_MARK.len());
            self.at = BYTE_ORDER_MARK.len();
        }
        while let Some(byte) = self.byte(0) {
            self.step(byte);
        }
        self.end_item(self.source.len());
    }

    fn step(&mut self, byte: u8) {
        match self.modes.last() {
            Some(Mode::Quoted) => self.quoted(byte),
            Some(Mode::Heredoc { .. }) => self.heredoc(byte),
            Some(Mode::Template) => self.template_byte(byte),
            _ => self.code(byte),
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn rest(&self) -> &[u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// Goes past the byte at hand and what follows of its sort.
    fn skip(&mut self, same: impl Fn(u8) -> bool) {
        self.at += 1;
        self.at += self.rest().iter().take_while(|b| same(**b)).count();
    }

    fn blank(&mut self, range: Range<usize>) {
        self.paint(range, b' ');
    }

    fn paint(&mut self, range: Range<usize>, byte: u8) {
        if let Some(bytes) = self.out.get_mut(range) {
            bytes.fill(byte);
        }
    }

    fn end_item(&mut self, end: usize) {
        if let Some(start) = self.item.take() {
            let length = self.source.get(start..end).map_or(0, |item| item.trim_ascii_end().len());
            self.items.push(start..start + length);
        }
    }

    fn quoted(&mut self, byte: u8) {
        match byte {
            b'\\' => self.at += 2,
            b'"' => {
                self.modes.pop();
                self.at += 1;
            }
            // Terraform has no line breaks in quoted strings: this one was never closed.
            b'\n' => {
                self.modes.pop();
            }
            b'$' | b'%' => self.template_byte(byte),
            _ => self.skip(|b| !matches!(b, b'\\' | b'"' | b'\n' | b'$' | b'%')),
        }
    }

    /// A byte of template text that is neither an end nor an escape.
    fn template_byte(&mut self, byte: u8) {
        if matches!(byte, b'$' | b'%') {
            if self.byte(1) == Some(byte) && self.byte(2) == Some(b'{') {
                self.at += 3;
                return;
            }
            if self.byte(1) == Some(b'{') {
                self.modes.push(Mode::Sequence);
                self.at += 2;
                return;
            }
        }
        self.at += 1;
    }

    fn heredoc(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                self.at += 1;
                self.heredoc_line();
            }
            b'$' | b'%' => self.template_byte(byte),
            _ => self.at += memchr::memchr3(b'\n', b'$', b'%', self.rest()).unwrap_or(self.rest().len()),
        }
    }

    /// At the start of a heredoc line: ends the heredoc, or hides a delimiter that does not.
    fn heredoc_line(&mut self) {
        let Some(Mode::Heredoc { delimiter }) = self.modes.last().cloned() else {
            return;
        };
        let Some(word) = self.source.get(delimiter) else {
            return;
        };
        let (line, indent) = line_and_indent(self.rest());
        if line.trim_ascii() == word {
            self.at += indent + word.len();
            self.modes.pop();
            return;
        }
        let content = line.get(indent..).unwrap_or_default();
        let after = content.strip_prefix(word).map(|rest| rest.first().copied());
        if let Some(next) = after
            && !next.is_some_and(is_name_byte)
        {
            // The parser would end the heredoc here; Terraform wants the delimiter alone on its line.
            let start = self.at + indent;
            let width = content.iter().skip(1).take_while(|b| is_continuation(**b)).count() + 1;
            self.paint(start..start + width, b'.');
        }
    }

    fn code(&mut self, byte: u8) {
        if self.modes.len() == 1 && !byte.is_ascii_whitespace() && self.item.is_none() && !self.at_comment() {
            self.item = Some(self.at);
        }
        match byte {
            b'\n' => self.newline(),
            b'\r' if self.newlines_are_space() => {
                self.blank(self.at..self.at + 1);
                self.at += 1;
            }
            b'#' => self.line_comment(),
            b'/' if self.byte(1) == Some(b'/') => self.line_comment(),
            b'/' if self.byte(1) == Some(b'*') => self.block_comment(),
            b'"' => self.enter(Mode::Quoted),
            b'<' if self.byte(1) == Some(b'<') => self.heredoc_start(),
            b'(' => self.enter(Mode::Group { close: b')' }),
            b'[' => self.enter(Mode::Group { close: b']' }),
            b'{' => self.open_brace(),
            b')' | b']' | b'}' => self.close(byte),
            b'=' if self.byte(1) == Some(b'=') => self.at += 2,
            b'=' => {
                if let Some(Mode::Body { value }) = self.modes.last_mut() {
                    *value = true;
                }
                self.at += 1;
            }
            b' ' | b'\t' => self.skip(|b| matches!(b, b' ' | b'\t')),
            _ => self.skip(means_nothing),
        }
    }

    fn enter(&mut self, mode: Mode) {
        self.modes.push(mode);
        self.at += 1;
    }

    fn at_comment(&self) -> bool {
        let rest = self.rest();
        rest.starts_with(b"#") || rest.starts_with(b"//") || rest.starts_with(b"/*")
    }

    fn newlines_are_space(&self) -> bool {
        match self.modes.last() {
            Some(Mode::Group { .. } | Mode::Sequence) => true,
            Some(Mode::Object { comprehension }) => *comprehension,
            Some(Mode::Body { .. } | Mode::Quoted | Mode::Template | Mode::Heredoc { .. }) | None => false,
        }
    }

    fn newline(&mut self) {
        if self.newlines_are_space() {
            self.blank(self.at..self.at + 1);
        } else if let Some(Mode::Body { value }) = self.modes.last_mut() {
            *value = false;
            if self.modes.len() == 1 {
                self.end_item(self.at);
            }
        }
        self.at += 1;
    }

    fn line_comment(&mut self) {
        let length = memchr::memchr(b'\n', self.rest()).unwrap_or(self.rest().len());
        let before_return =
            if self.source.get(self.at + length - 1) == Some(&b'\r') { length - 1 } else { length };
        self.blank(self.at..self.at + before_return);
        self.comments.push(self.at..self.at + before_return);
        self.at += before_return;
    }

    fn block_comment(&mut self) {
        match comment_length(self.rest()) {
            Some(length) => {
                self.blank(self.at..self.at + length);
                self.comments.push(self.at..self.at + length);
                self.at += length;
            }
            // Never closed: left in place, or what it swallows would vanish in silence.
            None => {
                self.item.get_or_insert(self.at);
                self.at = self.source.len();
            }
        }
    }

    fn heredoc_start(&mut self) {
        let start = self.at;
        let dash = usize::from(self.byte(2) == Some(b'-'));
        let word_start = start + 2 + dash;
        let after = self.source.get(word_start..).unwrap_or_default();
        let length = after.iter().take_while(|b| is_name_byte(**b)).count();
        let newline = match after.get(length..) {
            Some([b'\n', ..]) => 1,
            Some([b'\r', b'\n', ..]) => 2,
            _ => 0,
        };
        if length == 0 || newline == 0 {
            self.at += 2;
            return;
        }
        let delimiter = word_start..word_start + length;
        self.at = word_start + length + newline;
        let (line, indent) = line_and_indent(self.rest());
        if self.source.get(delimiter.clone()) == Some(line.trim_ascii()) {
            // Nothing inside: the parser would take the delimiter for content and read on.
            let end = self.at + indent + length;
            self.blank(start..end);
            self.paint(start..start + 2, b'"');
            self.at = end;
            return;
        }
        self.modes.push(Mode::Heredoc { delimiter });
        self.heredoc_line();
    }

    fn open_brace(&mut self) {
        let mode = match self.modes.last() {
            Some(Mode::Body { value: false }) => Mode::Body { value: false },
            _ => Mode::Object { comprehension: self.starts_comprehension() },
        };
        self.enter(mode);
    }

    /// Whether the brace at hand is followed by the word `for`, with blanks and comments between.
    fn starts_comprehension(&self) -> bool {
        let mut at = self.at + 1;
        loop {
            let rest = self.source.get(at..).unwrap_or_default();
            let skip = match rest {
                [b' ' | b'\t' | b'\r' | b'\n', ..] => Some(1),
                [b'#', ..] | [b'/', b'/', ..] => memchr::memchr(b'\n', rest),
                [b'/', b'*', ..] => comment_length(rest),
                _ => None,
            };
            match skip {
                Some(skip) => at += skip,
                None => {
                    let next = rest.strip_prefix(b"for").and_then(<[u8]>::first);
                    return next.is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'#' | b'/'));
                }
            }
        }
    }

    fn close(&mut self, byte: u8) {
        let closes = |mode: &Mode| match mode {
            Mode::Group { close } => *close == byte,
            Mode::Body { .. } | Mode::Object { .. } | Mode::Sequence => byte == b'}',
            Mode::Quoted | Mode::Template | Mode::Heredoc { .. } => false,
        };
        // The outermost body has no brace; a bracket that closes nothing is left for the parser.
        if self.modes.len() > 1 && self.modes.last().is_some_and(closes) {
            self.modes.pop();
        }
        self.at += 1;
    }
}

/// The length of the block comment that `rest` starts with, if it is closed.
fn comment_length(rest: &[u8]) -> Option<usize> {
    let inside = rest.get(2..)?;
    memchr::memmem::find(inside, b"*/").map(|length| length + 4)
}

fn line_and_indent(rest: &[u8]) -> (&[u8], usize) {
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or_default();
    let indent = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    (line, indent)
}

/// Whether a byte inside of code neither opens, closes nor separates anything.
fn means_nothing(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b',' | b' ' | b'\t')
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(source: &str) -> String {
        let masked = mask(source);
        assert_eq!(masked.text.len(), source.len(), "{source:?}");
        masked.text
    }

    fn items(source: &str) -> Vec<&str> {
        mask(source).items.into_iter().map(|range| source.get(range).unwrap()).collect()
    }

    #[test]
    fn comments_and_newlines_in_brackets_become_spaces() {
        assert_eq!(masked("a = [\n  1, # one\r\n  2,\n]\n"), format!("a = [   1,{}2, ]\n", " ".repeat(10)));
        assert_eq!(masked("a = { # x\n  b = 1\n}\n"), "a = {    \n  b = 1\n}\n");
        assert_eq!(masked("a = {\n for k in x :\n k => k\n}\n"), "a = {  for k in x :  k => k }\n");
        assert_eq!(masked("\u{feff}a = 1\n"), "   a = 1\n");
        assert_eq!(masked("a = 1 /*/ x */\n"), format!("a = 1 {}\n", " ".repeat(8)));
        let comments = "/* \u{e4} */ # \u{e4}";
        assert_eq!(masked(&format!("a = 1 {comments}\n")), format!("a = 1 {}\n", " ".repeat(comments.len())));
    }

    #[test]
    fn an_empty_heredoc_becomes_an_empty_string() {
        let blank = |n| " ".repeat(n);
        let (plain, indented) = ("<<EOT\nEOT", "<<-EOT\r\n  EOT");
        assert_eq!(
            masked(&format!("x = {plain}\ny = 1\n")),
            format!("x = \"\"{}\ny = 1\n", blank(plain.len() - 2))
        );
        assert_eq!(
            masked(&format!("x = {indented}\r\ny = 1\n")),
            format!("x = \"\"{}\r\ny = 1\n", blank(indented.len() - 2))
        );
    }

    #[test]
    fn a_delimiter_that_ends_nothing_is_hidden() {
        assert_eq!(masked("x = <<EOT\n EOT)\nEOTX\nEOT\n"), "x = <<EOT\n .OT)\nEOTX\nEOT\n");
    }

    #[test]
    fn hashes_in_strings_and_heredocs_are_no_comments() {
        for same in ["a = \"# ${\"}\"} #\"\n", "a = <<E\n# x // y /* z\n$${ ${ 1 }\nE\n", "a = \"\\\"#\"\n"] {
            assert_eq!(masked(same), same);
        }
    }

    #[test]
    fn items_are_the_top_level_structures() {
        assert_eq!(
            items("# c\na {\n  b = 1\n}\n\nc = <<E\n}\nE\n\nd \"x\" {}"),
            ["a {\n  b = 1\n}", "c = <<E\n}\nE", "d \"x\" {}"]
        );
        assert_eq!(items("}\na {}\n"), ["}", "a {}"]);
    }

    #[test]
    fn an_unclosed_comment_stays_for_the_parser() {
        assert_eq!(masked("a = 1\n/* open"), "a = 1\n/* open");
    }
}
