//! A picture of a terminal from the text with colours that a program writes.

use std::fmt::Write;

/// Width of a character and height of a line, in pixels at 14 px of a monospaced font.
const WIDTH: f64 = 8.43;
const HEIGHT: usize = 19;
const MARGIN: usize = 16;

/// How a run of text looks.
#[derive(Clone, Default, PartialEq, Eq)]
struct Style {
    color: Option<&'static str>,
    bold: bool,
    dim: bool,
}

impl Style {
    /// After a sequence of "select graphic rendition" parameters.
    fn select(&mut self, parameters: &str) {
        for parameter in parameters.split(';') {
            match parameter {
                "" | "0" => *self = Style::default(),
                "1" => self.bold = true,
                "2" => self.dim = true,
                "31" => self.color = Some("#ff7b72"),
                "32" => self.color = Some("#7ee787"),
                "33" => self.color = Some("#e3b341"),
                "34" => self.color = Some("#79c0ff"),
                "35" => self.color = Some("#d2a8ff"),
                "36" => self.color = Some("#76e3ea"),
                _ => {}
            }
        }
    }

    fn attributes(&self) -> String {
        let mut out = self.color.map(|color| format!(" fill=\"{color}\"")).unwrap_or_default();
        if self.bold {
            out += " font-weight=\"bold\"";
        }
        if self.dim {
            out += " opacity=\"0.6\"";
        }
        out
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The picture of `text`, in which colours are escape sequences, under a prompt with `command`.
pub(crate) fn picture(command: &str, text: &str) -> String {
    let text = format!("\u{1b}[1m$ {command}\u{1b}[0m\n{text}");
    let mut body = String::new();
    let (mut lines, mut longest) = (0, 0);
    let mut style = Style::default();
    for line in text.trim_end().lines() {
        lines += 1;
        let y = MARGIN + lines * HEIGHT;
        let _ = write!(body, "<text x=\"{MARGIN}\" y=\"{y}\">");
        let mut length = 0;
        for (n, run) in line.split('\u{1b}').enumerate() {
            let run = match run.strip_prefix('[').and_then(|run| run.split_once('m')).filter(|_| n > 0) {
                Some((parameters, run)) => {
                    style.select(parameters);
                    run
                }
                None => run,
            };
            length += run.chars().count();
            if !run.is_empty() {
                let _ = write!(body, "<tspan{}>{}</tspan>", style.attributes(), escaped(run));
            }
        }
        longest = longest.max(length);
        body.push_str("</text>\n");
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "pixels"
    )]
    let width = (longest as f64 * WIDTH) as usize + 2 * MARGIN;
    let height = lines * HEIGHT + 2 * MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>\n\
         <g fill=\"#e6edf3\" font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n{body}</g>\n</svg>\n"
    )
}
