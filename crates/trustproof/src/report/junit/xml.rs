//! As much XML as a report needs: elements, attributes, text, escaped in one place.

use std::io::{self, Write};

use model::plain;

/// Writes elements, one a line.
pub(super) struct Writer<'a>(&'a mut dyn Write);

impl<'a> Writer<'a> {
    /// A document.
    pub(super) fn new(out: &'a mut dyn Write) -> io::Result<Self> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        Ok(Writer(out))
    }

    /// Begins an element. Its name and those of its attributes are not from outside.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
        self.start(name, attributes)?;
        writeln!(self.0)
    }

    /// Ends an element.
    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        writeln!(self.0, "</{name}>")
    }

    /// An element that holds text.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, String)], text: &str) -> io::Result<()> {
        self.start(name, attributes)?;
        let lines: Vec<String> = text.split('\n').map(escape).collect();
        self.0.write_all(lines.join("\n").as_bytes())?;
        self.close(name)
    }

    fn start(&mut self, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
        write!(self.0, "<{name}")?;
        for (key, value) in attributes {
            write!(self.0, " {key}=\"{}\"", escape(value))?;
        }
        write!(self.0, ">")
    }
}

/// The text as character data and as the value of an attribute. Characters that XML cannot hold in any way
/// (controls, U+FFFE, U+FFFF) are spelled out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>(), value in any::<String>()) {
            let mut out = Vec::new();
            let mut writer = Writer::new(&mut out).unwrap();
            writer.text("e", &[("a", value.clone())], &text).unwrap();
            let out = String::from_utf8(out).unwrap();
            let document = roxmltree::Document::parse(&out).unwrap();
            let element = document.root_element();
            let shown = |text: &str| plain(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}");
            let lines: Vec<String> = text.split('\n').map(shown).collect();
            prop_assert_eq!(element.text().unwrap_or_default(), lines.join("\n"));
            prop_assert_eq!(element.attribute("a").unwrap_or_default(), shown(&value));
            prop_assert_eq!(element.children().filter(roxmltree::Node::is_element).count(), 0);
        }
    }
}
