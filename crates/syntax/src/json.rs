//! JSON to located trees.
//!
//! Strict JSON (RFC 8259), as strict as `serde_json`, with two things added: a byte order mark is skipped, and in a
//! [`Decoded`] text the pieces that are not known text may stand where the text they stand for could stand. Not
//! here: comments, trailing commas and other dialects; which of two equal keys counts.

use std::ops::Range;

use model::{
    Cause, Decoded, DecodedBuilder, Entry, FileId, List, Located, Node, Object, PLACEHOLDER, Span, Text,
    Unknown, Value,
};

use crate::SyntaxError;
use crate::ground::Ground;

/// How many lists and objects may lie inside one another; the same as in `serde_json`.
pub const MAX_DEPTH: usize = 127;

/// The first byte of [`PLACEHOLDER`].
const PLACEHOLDER_LEAD: u8 = {
    let mut bytes = [0; 4];
    PLACEHOLDER.encode_utf8(&mut bytes);
    bytes[0]
};

/// Parses the text of a JSON file.
///
/// # Errors
/// The text is not JSON.
pub fn parse(text: &str, file: FileId) -> Result<Node, SyntaxError> {
    parse_piece(text, file, 0)
}

/// Parses a value that stands at the byte `start` of a JSON file.
///
/// # Errors
/// The text is not JSON.
pub fn parse_piece(text: &str, file: FileId, start: usize) -> Result<Node, SyntaxError> {
    Parser { text, at: 0, depth: 0, ground: Ground::File(file, start) }.document()
}

/// Parses JSON that was embedded in another file's string; spans point into that file. A filling of the text
/// stands as a bare value or inside a string. An unknown one that stands between the members of an object or the
/// elements of a list makes that object or list `open`: any number of them may come of it.
///
/// # Errors
/// The text is not JSON, whatever the fillings are.
pub fn parse_decoded(decoded: &Decoded) -> Result<Node, SyntaxError> {
    Parser { text: decoded.text(), at: 0, depth: 0, ground: Ground::Decoded(decoded) }.document()
}

/// What may follow inside a list or an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// After the opening bracket: an item or the end.
    First,
    /// After a comma: an item.
    Item,
    /// After an item: a comma or the end.
    Separator,
    /// After an unknown piece, which may have been items, commas, both or nothing.
    Anything,
}

impl Expect {
    fn item(self) -> bool {
        self != Expect::Separator
    }

    fn separator(self) -> bool {
        matches!(self, Expect::Separator | Expect::Anything)
    }

    fn end(self) -> bool {
        self != Expect::Item
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    ground: Ground<'a>,
}

impl<'a> Parser<'a> {
    fn document(mut self) -> Result<Node, SyntaxError> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        self.skip_space();
        let node = self.value()?;
        self.skip_space();
        // After a complete value only space can follow in any filling that leaves the text JSON.
        while self.hole().is_some() {
            self.skip_space();
        }
        if self.at < self.text.len() { Err(self.unexpected("the end")) } else { Ok(node) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text between two places that the parser has stopped at, which are always whole characters apart.
    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> SyntaxError {
        SyntaxError { span: self.ground.span(range), message: message.into() }
    }

    fn unexpected(&self, expected: &str) -> SyntaxError {
        match self.slice(self.at..self.text.len()).chars().next() {
            Some(found) => {
                let written = found.escape_debug();
                self.error(
                    self.at..self.at + found.len_utf8(),
                    format!("expected {expected}, found `{written}`"),
                )
            }
            None => self.error(self.at..self.at, format!("the text ends where {expected} should stand")),
        }
    }

    fn value(&mut self) -> Result<Node, SyntaxError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.bare_filling(),
        }
    }

    fn nested(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Value, SyntaxError>,
    ) -> Result<Node, SyntaxError> {
        let start = self.at;
        if self.depth == MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} lists and objects inside one another");
            return Err(self.error(start..start + 1, message));
        }
        self.depth += 1;
        self.at += 1;
        let value = parse(self)?;
        self.at += 1;
        self.depth -= 1;
        Ok(Node::new(value, self.ground.span(start..self.at)))
    }

    /// The inside of a list; stops at the closing bracket.
    fn list(&mut self) -> Result<Value, SyntaxError> {
        let mut list = List::default();
        let mut expect = Expect::First;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') if expect.end() => return Ok(Value::List(list)),
                Some(b',') if expect.separator() => {
                    self.at += 1;
                    expect = Expect::Item;
                }
                _ => {
                    if let Some((_, unknown)) = self.hole() {
                        list.open.get_or_insert(unknown);
                        expect = Expect::Anything;
                    } else if expect.item() {
                        list.items.push(self.value()?);
                        expect = Expect::Separator;
                    } else {
                        return Err(self.unexpected("`,` or `]`"));
                    }
                }
            }
        }
    }

    /// The inside of an object; stops at the closing brace.
    fn object(&mut self) -> Result<Value, SyntaxError> {
        let mut object = Object::default();
        let mut expect = Expect::First;
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'}') if expect.end() => return Ok(Value::Object(object)),
                Some(b',') if expect.separator() => {
                    self.at += 1;
                    expect = Expect::Item;
                }
                Some(b'"') if expect.item() => {
                    let key = self.key()?;
                    object.entries.push(self.member(key)?);
                    expect = Expect::Separator;
                }
                _ => match self.hole() {
                    Some((span, unknown)) => {
                        self.skip_space();
                        if self.peek() == Some(b':') {
                            let key = Located::new(Text::unknown(unknown), span);
                            object.entries.push(self.member(key)?);
                            expect = Expect::Separator;
                        } else {
                            object.open.get_or_insert(unknown);
                            expect = Expect::Anything;
                        }
                    }
                    None if expect == Expect::Separator => return Err(self.unexpected("`,` or `}`")),
                    None => return Err(self.unexpected("a key in double quotes")),
                },
            }
        }
    }

    fn key(&mut self) -> Result<Located<Text>, SyntaxError> {
        let node = self.string()?;
        match node.value {
            Value::Text(text) => Ok(Located::new(text, node.span)),
            // A string gives a text and nothing else.
            _ => Err(self.unexpected("a key in double quotes")),
        }
    }

    fn member(&mut self, key: Located<Text>) -> Result<Entry, SyntaxError> {
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        self.skip_space();
        Ok(Entry { key, value: self.value()? })
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Node, SyntaxError> {
        let end = self.at + word.len();
        if self.text.get(self.at..end) != Some(word) {
            return Err(self.unexpected("a value"));
        }
        Ok(self.bare(value, end))
    }

    fn number(&mut self) -> Result<Node, SyntaxError> {
        let start = self.at;
        let mut end = start + usize::from(self.peek() == Some(b'-'));
        let whole = self.digits(end)?;
        if whole - end > 1 && self.text.as_bytes().get(end) == Some(&b'0') {
            let message = "a number cannot start with 0; if it is an account id, it needs quotes";
            return Err(self.error(start..whole, message));
        }
        end = whole;
        if self.text.as_bytes().get(end) == Some(&b'.') {
            end = self.digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = self.text.as_bytes().get(end) {
            end += 1;
            if let Some(b'+' | b'-') = self.text.as_bytes().get(end) {
                end += 1;
            }
            end = self.digits(end)?;
        }
        Ok(self.bare(Value::Number(self.slice(start..end).into()), end))
    }

    /// The end of the digits that start at `from`; there must be one at least.
    fn digits(&mut self, from: usize) -> Result<usize, SyntaxError> {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        if count == 0 {
            self.at = from;
            return Err(self.unexpected("a digit"));
        }
        Ok(from + count)
    }

    /// A value without quotes that ends at `end`. An unknown piece directly behind it may go on with it
    /// (`1${x}`): then nothing is known of it.
    fn bare(&mut self, value: Value, end: usize) -> Node {
        let span = self.ground.span(self.at..end);
        self.at = end;
        let value = match self.ground.filling(end).and_then(hole) {
            Some(unknown) => Value::Unknown(unknown),
            None => value,
        };
        Node::new(value, span)
    }

    /// Takes the unknown piece that stands here, if any.
    fn hole(&mut self) -> Option<(Span, Unknown)> {
        let unknown = self.ground.filling(self.at).and_then(hole)?;
        let end = self.at + PLACEHOLDER.len_utf8();
        let span = self.ground.span(self.at..end);
        self.at = end;
        Some((span, unknown))
    }

    /// A filling where a value is expected.
    fn bare_filling(&mut self) -> Result<Node, SyntaxError> {
        let Some(filling) = self.ground.filling(self.at) else {
            return Err(self.unexpected("a value"));
        };
        let end = self.at + PLACEHOLDER.len_utf8();
        let value = match &filling.value {
            // A symbol stands for a number or a name; with known characters beside it, it can be neither.
            Value::Text(text) => match hole(filling) {
                Some(unknown) => Value::Unknown(unknown),
                None if text.pieces().len() == 1 => filling.value.clone(),
                None => return Err(self.error(self.at..end, "this text needs double quotes")),
            },
            _ => filling.value.clone(),
        };
        self.at = end;
        Ok(Node { value, ..filling.clone() })
    }

    fn string(&mut self) -> Result<Node, SyntaxError> {
        self.at += 1;
        let start = self.at;
        let mut builder = None;
        let mut plain = start;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let builder = builder.get_or_insert_with(DecodedBuilder::default);
                    self.carry(builder, plain..self.at);
                    let escape = self.at;
                    let decoded = self.escape()?;
                    let span = self.ground.span(escape..self.at);
                    builder.converted(decoded.encode_utf8(&mut [0; 4]), span);
                    plain = self.at;
                }
                Some(PLACEHOLDER_LEAD) => match self.ground.filling(self.at) {
                    Some(filling) => {
                        let builder = builder.get_or_insert_with(DecodedBuilder::default);
                        self.carry(builder, plain..self.at);
                        builder.filling(as_text(filling));
                        self.at += PLACEHOLDER.len_utf8();
                        plain = self.at;
                    }
                    None => self.at += 1,
                },
                Some(_) => {
                    let message = "a line break or control character inside a string must be escaped";
                    return Err(self.error(self.at..self.at + 1, message));
                }
                None => {
                    return Err(self.error(start - 1..self.at, "the text ends inside this string"));
                }
            }
        }
        let span = self.ground.span(start..self.at);
        let end = self.at;
        self.at += 1;
        match (builder, self.ground) {
            (None, Ground::File(..)) => Ok(Node::text(self.slice(start..end), span)),
            (builder, _) => {
                let mut builder = builder.unwrap_or_default();
                self.carry(&mut builder, plain..end);
                Ok(builder.into_node(span))
            }
        }
    }

    /// Goes on to the next byte of a string that may mean something: the end, an escape, a control character, the
    /// start of a placeholder.
    fn skip_plain(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let special = |b: &u8| matches!(b, b'"' | b'\\' | 0..0x20 | &PLACEHOLDER_LEAD);
        self.at += rest.iter().position(special).unwrap_or(rest.len());
    }

    fn carry(&self, builder: &mut DecodedBuilder, range: Range<usize>) {
        self.ground.carry(builder, self.text, range);
    }

    /// The character that the escape here stands for.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        self.at += 1;
        let simple = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("an escape of JSON (`\\\\`, `\\\"`, `\\n` …)")),
        };
        self.at = start + 2;
        Ok(simple)
    }

    /// `\uXXXX`, or two of them that make one character; stands at the first `u`.
    fn unicode_escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at - 1;
        let first = self.unit()?;
        let code = match first {
            0xd800..0xdc00 if self.slice(self.at..self.text.len()).starts_with("\\u") => {
                self.at += 1;
                match self.unit()? {
                    second @ 0xdc00..0xe000 => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                    _ => first,
                }
            }
            _ => first,
        };
        // Half of a surrogate pair is no character.
        char::from_u32(code).ok_or_else(|| {
            self.error(start..self.at, "half of a character: the other `\\u` escape of the pair is missing")
        })
    }

    /// The four hexadecimal digits behind the `u` here.
    fn unit(&mut self) -> Result<u32, SyntaxError> {
        let digits = self.at + 1..self.at + 5;
        let bytes = self.text.as_bytes().get(digits.clone()).unwrap_or_default();
        let value = bytes.iter().try_fold(0, |sum, b| Some(sum * 16 + char::from(*b).to_digit(16)?));
        match value {
            Some(value) if bytes.len() == 4 => {
                self.at = digits.end;
                Ok(value)
            }
            _ => Err(self.error(self.at - 1..self.at + 1, "`\\u` needs four hexadecimal digits")),
        }
    }
}

/// Why this filling is not known, if its text is not.
fn hole(filling: &Node) -> Option<Unknown> {
    match &filling.value {
        Value::Unknown(unknown) => Some(unknown.clone()),
        Value::Text(text) => text.unknowns().next().map(|unknown| (**unknown).clone()),
        _ => None,
    }
}

/// A filling as a part of a string: scalars by their spelling; an alternative by what it depends on.
pub(crate) fn as_text(filling: &Node) -> Node {
    let text = match (&filling.value, filling.scalar()) {
        (_, Some(text)) => text.value,
        (Value::OneOf(one), None) => {
            let why = Cause::Undecided(format!("`{}`", one.choice).into());
            Text::unknown(Unknown::new(one.choice.clone(), why, Some(filling.span)))
        }
        (_, None) => {
            let why = Cause::Unsupported(format!("{} inside a string", filling.kind()).into());
            Text::unknown(Unknown::new("part of a string", why, Some(filling.span)))
        }
    };
    Node { value: Value::Text(text), ..filling.clone() }
}
