//! One YAML scalar as a value: its type, the span of its content, and the way back from its characters to the
//! source.
//!
//! The parser has decoded the scalar already. What is done here is only to align the decoded characters with the
//! bytes they came from; where the two cannot be aligned the whole text maps to the whole scalar.

use std::ops::Range;

use granit_parser::ScalarStyle;
use model::{Cause, DecodedBuilder, Node, PLACEHOLDER, Value};

use crate::ground::Ground;
use crate::json::as_text;

/// What the standard tags start with (`!!str` is `tag:yaml.org,2002:str`).
pub(super) const STANDARD: &str = "tag:yaml.org,2002:";

/// The scalar as a text node whose span is its content: no quotes, no line breaks after a block. And where that
/// content stands in the text.
pub(super) fn text(
    source: &str,
    ground: Ground<'_>,
    value: &str,
    style: ScalarStyle,
    range: Range<usize>,
) -> (Node, Range<usize>) {
    let raw = source.get(range.clone()).unwrap_or_default();
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) && raw.len() >= 2;
    let (start, end) = if quoted { (range.start + 1, range.end - 1) } else { (range.start, range.end) };
    let raw = source.get(start..end).unwrap_or_default();
    let content = match style {
        ScalarStyle::Literal | ScalarStyle::Folded => raw.trim_end_matches(['\n', '\r', ' ', '\t']),
        _ => raw,
    };
    let range = start..start + content.len();
    let span = ground.span(range.clone());
    if let Some(node) = filling(ground, value, range.start) {
        return (node, range);
    }
    // An absent plain scalar is reported as `~`; it is no text of the source.
    if content == value || raw.is_empty() && style == ScalarStyle::Plain {
        let node = match ground {
            Ground::File(..) => Node::text(value, span),
            Ground::Decoded(_) if content != value => Node::text(value, span),
            Ground::Decoded(_) => {
                let mut out = DecodedBuilder::default();
                ground.copy(&mut out, source, range.clone(), as_text);
                out.into_node(span)
            }
        };
        return (node, range);
    }
    let mut aligner = Aligner { source, raw, start, ground, value, at: 0, out: DecodedBuilder::default() };
    let aligned = match style {
        ScalarStyle::Literal | ScalarStyle::Folded => {
            // The first line is read from behind its indentation, which the other lines share.
            let before = source.get(..start).unwrap_or_default();
            aligner.block(style, before.len() - before.trim_end_matches(' ').len())
        }
        _ => aligner.flow(style),
    };
    let node = match aligned {
        Some(()) => aligner.out.into_node(span),
        None => {
            let mut whole = DecodedBuilder::default();
            whole.converted(value, span);
            whole.into_node(span)
        }
    };
    (node, range)
}

/// What stands in the place of a scalar that is one filling and not a text.
fn filling(ground: Ground<'_>, value: &str, at: usize) -> Option<Node> {
    let mut chars = value.chars();
    let lone = chars.next() == Some(PLACEHOLDER) && chars.next().is_none();
    ground.filling(at).filter(|filling| lone && !matches!(filling.value, Value::Text(_))).cloned()
}

/// The value of a plain scalar without a tag, where its spelling makes it no text. Numbers keep theirs, so that account
/// ids with leading zeros survive; dates, base-60 and hexadecimal spellings stay text.
pub(super) fn typed(value: &str) -> Option<Value> {
    let Some(first) = value.bytes().next() else {
        return Some(Value::Null);
    };
    match first {
        b'0'..=b'9' | b'-' | b'+' => is_decimal(value).then(|| Value::Number(value.into())),
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => match value {
            "~" | "null" | "Null" | "NULL" => Some(Value::Null),
            // `yes` and `on` are booleans in YAML 1.1, which the template services follow.
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Value::Bool(true)),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
                Some(Value::Bool(false))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A scalar with a standard tag.
pub(super) fn standard(kind: &str, value: &str, node: Node) -> Node {
    let value = match kind {
        "str" | "timestamp" => return node,
        "int" | "float" => Value::Number(value.into()),
        "bool" | "null" => match typed(value) {
            Some(value) => value,
            None => return node,
        },
        other => {
            let why = Cause::Unsupported(format!("the tag `!!{other}`").into());
            return Node::unknown(format!("!!{other}"), why, node.span);
        }
    };
    Node { value, origin: None, ..node }
}

/// Digits with an optional sign, fraction and exponent.
fn is_decimal(text: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let exponent = exponent.map(|e| e.strip_prefix(['-', '+']).unwrap_or(e));
    let mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(digits)
}

/// Walks the lines of a scalar's source beside its decoded text.
struct Aligner<'a> {
    source: &'a str,
    raw: &'a str,
    /// Where `raw` starts in `source`.
    start: usize,
    ground: Ground<'a>,
    value: &'a str,
    /// How much of `value` is done.
    at: usize,
    out: DecodedBuilder,
}

/// One source line of a scalar.
struct Line {
    /// Its content in `raw`, without indentation, break, and the blanks that folding drops.
    content: Range<usize>,
    /// Where the line ends, its break included.
    end: usize,
    /// Whether a backslash at its end joins it to the next.
    joined: bool,
}

impl Aligner<'_> {
    fn block(&mut self, style: ScalarStyle, indent: usize) -> Option<()> {
        // Blank lines before the first text are part of the value but not of the parser's range.
        if !self.raw.starts_with(['\n', '\r']) {
            self.take(self.newlines(), 0..0);
        }
        let (_, between) = self.lines(style, indent)?;
        // What is left are the line breaks that the block's chomping keeps.
        self.take(self.newlines(), between);
        self.done()
    }

    fn flow(&mut self, style: ScalarStyle) -> Option<()> {
        let (breaks, between) = self.lines(style, 0)?;
        // The last line has no break; blanks and empty lines before the quote fold like any other.
        self.separator(style, breaks.saturating_sub(1), between)?;
        self.done()
    }

    fn done(&self) -> Option<()> {
        self.rest().is_empty().then_some(())
    }

    /// Aligns every line that has content; the breaks after the last one and where they stand.
    fn lines(&mut self, style: ScalarStyle, indent: usize) -> Option<(usize, Range<usize>)> {
        let mut breaks = 0;
        let mut between = 0..0;
        let mut from = 0;
        while from < self.raw.len() {
            let line = self.line(from, style, indent);
            if !line.content.is_empty() || line.joined {
                self.separator(style, breaks, between)?;
                self.content(style, line.content.clone())?;
                breaks = 0;
                between = line.content.end..line.content.end;
            }
            breaks += usize::from(!line.joined);
            between.end = line.end;
            from = line.end;
        }
        Some((breaks, between))
    }

    /// How many line breaks the value goes on with.
    fn newlines(&self) -> usize {
        self.rest().len() - self.rest().trim_start_matches('\n').len()
    }

    fn rest(&self) -> &str {
        self.value.get(self.at..).unwrap_or_default()
    }

    /// Where a part of `raw` stands in the text.
    fn place(&self, range: Range<usize>) -> Range<usize> {
        self.start + range.start..self.start + range.end
    }

    /// Takes `len` bytes of the value as said by `source`.
    fn take(&mut self, len: usize, source: Range<usize>) {
        let piece = self.value.get(self.at..self.at + len).unwrap_or_default();
        self.out.converted(piece, self.ground.span(self.place(source)));
        self.at += piece.len();
    }

    fn line(&self, from: usize, style: ScalarStyle, indent: usize) -> Line {
        let rest = self.raw.get(from..).unwrap_or_default();
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let text = rest.get(..len).unwrap_or_default();
        let broken = rest.get(len..).unwrap_or_default();
        let end = from + len + if broken.starts_with("\r\n") { 2 } else { usize::from(!broken.is_empty()) };
        let last = broken.is_empty();
        let blank = |c: char| c == ' ' || c == '\t';
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let lead = match (from, block) {
            (0, _) => 0,
            (_, true) => text.bytes().take(indent).take_while(|b| *b == b' ').count(),
            (_, false) => text.len() - text.trim_start_matches(blank).len(),
        };
        let mut stop = len;
        let mut joined = false;
        if !block && !last {
            joined = style == ScalarStyle::DoubleQuoted && ends_in_backslash(text);
            stop = if joined { len - 1 } else { text.trim_end_matches(blank).len() };
            // An escaped blank is content.
            if !joined
                && stop < len
                && style == ScalarStyle::DoubleQuoted
                && ends_in_backslash(text.get(..stop).unwrap_or_default())
            {
                stop += 1;
            }
        }
        Line { content: from + lead..from + stop.max(lead), end, joined }
    }

    /// What folding made of the line breaks before a line.
    fn separator(&mut self, style: ScalarStyle, breaks: usize, source: Range<usize>) -> Option<()> {
        if breaks == 0 {
            return Some(());
        }
        let newlines = self.newlines();
        let len = match style {
            ScalarStyle::Literal => breaks,
            // More indented lines keep their breaks, the others lose one.
            ScalarStyle::Folded => newlines.max(1),
            _ if breaks == 1 => 1,
            _ => breaks - 1,
        };
        let expected = if newlines == 0 { ' ' } else { '\n' };
        let piece = self.rest().get(..len)?;
        if !piece.chars().all(|c| c == expected) {
            return None;
        }
        self.take(len, source);
        Some(())
    }

    fn content(&mut self, style: ScalarStyle, range: Range<usize>) -> Option<()> {
        let raw = self.raw.get(range.clone())?;
        let mut from = 0;
        while from < raw.len() {
            let rest = raw.get(from..)?;
            let special = match style {
                ScalarStyle::SingleQuoted => rest.find('\''),
                ScalarStyle::DoubleQuoted => rest.find('\\'),
                _ => None,
            };
            let same = rest.get(..special.unwrap_or(rest.len()))?;
            if !self.rest().starts_with(same) {
                return None;
            }
            let at = range.start + from;
            let place = self.place(at..at + same.len());
            self.ground.copy(&mut self.out, self.source, place, as_text);
            self.at += same.len();
            from += same.len();
            if special.is_some() {
                let escape = raw.get(from..)?;
                let len = if style == ScalarStyle::SingleQuoted { 2 } else { escape_len(escape)? };
                let said = self.rest().chars().next()?.len_utf8();
                let at = range.start + from;
                self.take(said, at..at + len);
                from += len;
            }
        }
        Some(())
    }
}

/// Whether a line ends in a backslash that is not itself escaped.
fn ends_in_backslash(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) % 2 == 1
}

/// How many bytes the escape at the start of `text` takes.
fn escape_len(text: &str) -> Option<usize> {
    let mut chars = text.chars().skip(1);
    let len = match chars.next()? {
        'x' => 4,
        'u' => {
            // A surrogate pair is two escapes for one character.
            let high = text.get(2..4).is_some_and(|h| {
                matches!(h.as_bytes(), [b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B'])
            });
            if high { 12 } else { 6 }
        }
        'U' => 10,
        other => 1 + other.len_utf8(),
    };
    (len <= text.len()).then_some(len)
}
