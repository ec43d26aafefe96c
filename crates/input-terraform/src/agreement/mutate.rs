//! Texts at random that are almost Terraform: pieces of real files and hard constructs, changed a little.
//!
//! The same seed gives the same texts. Not here: what is made of them.

use super::dice::Dice;

/// Attributes and blocks as they may stand inside a block: what parsers are known to stumble over.
const HARD: &[&str] = &[
    "e = <<EOT\nEOT",
    "e = <<-EOT\n\tEOT",
    "e = <<EOT\n\nEOT",
    "e = <<EOT\nEOTX\n EOT \nEOT",
    "e = <<EOT\nEOT)\nEOT,\nEOT.x\nEOT",
    "e = <<-EOT\n    a\n  b ${c}\n      EOT",
    "e = <<EOT\n${<<IN\nx\nIN\n}\nEOT",
    "e = <<EOT\n%{ if a }\n  x\n%{ else ~}\n  y\n%{~ endif }\nEOT",
    "e = <<E-1_\u{e9}\nE-1_\nE-1_\u{e9}",
    "e = f(<<A\nx\nA\n, <<B\ny\nB\n)",
    "e = [<<A\nA\n, 1]",
    "e = {\n  a = <<A\nA\n  b = 2\n}",
    "e = \"%{ for k, v in m ~} ${k}=${v} %{ endfor }\"",
    "e = \"%{if a}x%{else}y%{endif}\"",
    "e = \"${\"${\"a\"}\"}\"",
    "e = \"$${a} %%{b} $ % {} \\u00e9 \\U0001F600 \\\\\"",
    "e = \"${[for x in y : x]}\"",
    "e = \"${\n  a\n}\"",
    "e = \"${ # c\n  a }\"",
    "e = { a = 1, a = 2 }",
    "e = {\n  a = 1\n  a = 2\n  \"a\" = 3\n}",
    "e = { \"\" = 1, \"\" = 2, (\"\") = 3 }",
    "e = { \"a\\\"b\" = 1, \"a\\\"b\" = 2 }",
    "e = { \"\\\\\" = 1, \"\\\\\" = 2, \"\\\"\" = 3, \"\\\"\" = 4 }",
    "e = { \"${a[\"b\"]}\" = 1, \"${a[\"b\"]}\" = 2 }",
    "e = { \"${a}\" = 1, \"${a}\" = 2 }",
    "e = { 1 = a, 1 = b, true = c, null = d }",
    "e = { a.b = 1 }",
    "e = { (a.b) = 1, (a.b) = 2 }",
    "e = { a : 1, b : 2 }",
    "e = {\n  a = 1,\n  b = 2\n  c = 3,\n}",
    "e = {\n\n  # c\n  a = 1 # d\n\n  /* f */\n}",
    "e = {\n  for k, v in m :\n  k => v...\n  if v != null\n}",
    "e = { for k in m : k => { a = 1\n b = 2 } }",
    "e = { # c\n for k in m : k => k }",
    "e = { /* c */ for k in m : k => k }",
    "e = { for = 1 }",
    "e = { forx = 1 }",
    "e = {\n  for_each = 1\n}",
    "e = [\n  for k in m :\n  k\n  if k\n]",
    "e = [\n\n  1,\n  # c\n  2\n  ,\n]",
    "e = f(\n  1,\n  2 # c\n)",
    "e = f(\n  a...\n)",
    "e = f(a, b,)",
    "e = (\n  a\n  ? b\n  : c\n)",
    "e = a ? b : c ? d : e",
    "e = a.*.b.0.c[*].d[\"e\"][0]",
    "e = a.0.1.b",
    "e = a[*].b.*",
    "e = a [ 0 ] . b",
    "e = a[\n  0\n]",
    "e = !a && -b < c || d == !e",
    "e = a%b",
    "e = - - 1",
    "e = !!a",
    "e = 1.5e+10 + 1E-3 + 0.0",
    "e = provider::a::b(1)",
    "e = a-b - c-1",
    "e = \u{e4}\u{f6}",
    "\u{e4} = \"\u{65e5}\u{672c} \u{1f600} e\u{301}\"",
    "e = \"\u{feff}\"",
    "b \"x\" y { a = 1 }",
    "b {}",
    "b { }",
    "b {\n}",
    "b { # c\n}",
    "b \"x\" { # c\n  a = 1 }",
    "b \"\" \"a b\" {}",
    "b \"\u{65e5}\" {}",
    "b \"a\\\"b\" {}",
    "dynamic \"s\" {\n  for_each = [1]\n  content {}\n}",
    "e = 1 // c",
    "e = 1 /* c */",
    "e = 1 /* c\n*/",
    "e /* c */ = /* d */ 1",
    "/* a */ e = 1",
    "# \u{e4}\u{65e5}\n",
    "//",
    "e = null",
    "e = \"\"",
    "e = []",
    "e = {}",
    "e = f()",
    "e = [[], {}, [{}]]",
    "e = \"a\" == \"b\" ? [] : [1]",
    "e = true ? <<A\nx\nA\n: null",
    "e=1",
    "\te\t=\t1\t",
];

/// What is put between tokens.
const INSERTED: &[&str] = &[
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    " # c\n",
    " // c\n",
    " /* c */ ",
    "/* c\n */",
    "/*/ */",
    "# \u{e4}\n",
    ",",
    "\"",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    ":",
    ".",
    "?",
    "...",
    "${",
    "%{",
    "~",
    "<<EOT\n",
    "\nEOT\n",
    "EOT",
    "\\",
    "for",
    "if",
    "in",
    "null",
    "1",
    "a",
    "-",
    "!",
    "*",
    "\u{e9}",
    "\u{65e5}",
    "\u{1f600}",
    "\u{a0}",
    "\u{feff}",
    "\0",
    "\r",
    "'",
    "`",
    ";",
    "|",
    "&",
    "<<",
    "=>",
    "==",
];

/// Each hard construct alone.
pub(super) fn hard_texts() -> impl Iterator<Item = String> {
    HARD.iter().map(|one| format!("resource \"a\" \"b\" {{\n  {one}\n}}\n"))
}

/// A text made from a part of `sources` and of hard constructs, mostly changed in a few places.
pub(super) fn text(dice: &mut Dice, sources: &[String]) -> String {
    let mut text = if sources.is_empty() || dice.chance(25) { hard(dice) } else { part(dice, sources) };
    if dice.chance(40) {
        text = with_hard(dice, &text);
    }
    let changes = [0, 1, 1, 1, 1, 2][dice.below(6)];
    for _ in 0..changes {
        text = changed(dice, &text);
    }
    if dice.chance(6) {
        text = text.replace('\n', "\r\n");
    }
    if dice.chance(4) {
        text.insert(0, '\u{feff}');
    }
    text
}

fn hard(dice: &mut Dice) -> String {
    let mut text = String::from("resource \"a\" \"b\" {\n");
    for _ in 0..1 + dice.below(3) {
        text.push_str(&format!("  {}\n", dice.pick(HARD)));
    }
    text + "}\n"
}

/// A few top-level blocks of one source.
fn part(dice: &mut Dice, sources: &[String]) -> String {
    let source = &sources[dice.below(sources.len())];
    let blocks: Vec<&str> = source.split_inclusive("\n}\n").collect();
    let first = dice.below(blocks.len());
    let text = blocks.iter().skip(first).take(1 + dice.below(3)).copied().collect();
    if dice.chance(2) { source.clone() } else { text }
}

/// A hard construct behind an opening brace at the end of a line.
fn with_hard(dice: &mut Dice, text: &str) -> String {
    let places: Vec<usize> = text.match_indices("{\n").map(|(at, _)| at + 2).collect();
    match places.get(dice.below(places.len())) {
        Some(at) => {
            let (head, tail) = text.split_at(*at);
            format!("{head}{}\n{tail}", dice.pick(HARD))
        }
        None => text.to_owned(),
    }
}

/// One token taken away, said twice, replaced, or something put before it.
fn changed(dice: &mut Dice, text: &str) -> String {
    let tokens = tokens(text);
    if tokens.is_empty() {
        return dice.pick(INSERTED).to_owned();
    }
    let at = match dice.chance(60) {
        true => inside_brackets(dice, &tokens),
        false => dice.below(tokens.len()),
    };
    let head: String = tokens[..at].concat();
    let token = tokens[at];
    let tail: String = tokens[at + 1..].concat();
    match dice.below(10) {
        0..=1 => format!("{head}{tail}"),
        2 => format!("{head}{token}{token}{tail}"),
        3 => format!("{head}{}{tail}", dice.pick(&tokens)),
        4 if dice.chance(10) => head,
        5 => with_line_twice(dice, text),
        6..=7 => format!("{head}{}{token}{tail}", dice.pick(&INSERTED[..12])),
        _ => format!("{head}{}{token}{tail}", dice.pick(INSERTED)),
    }
}

fn with_line_twice(dice: &mut Dice, text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = dice.below(lines.len());
    lines
        .iter()
        .enumerate()
        .map(|(n, line)| if n == at { line.repeat(2) } else { (*line).to_owned() })
        .collect()
}

/// The place of a token near an opening bracket.
fn inside_brackets(dice: &mut Dice, tokens: &[&str]) -> usize {
    let opens = |token: &&str| matches!(*token, "(" | "[" | "{");
    let places: Vec<usize> = tokens.iter().enumerate().filter(|(_, t)| opens(t)).map(|(at, _)| at).collect();
    match places.get(dice.below(places.len())) {
        Some(at) => (at + 1 + dice.below(6)).min(tokens.len() - 1),
        None => dice.below(tokens.len()),
    }
}

/// Words, runs of blanks, and single characters.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 1,
        ' ' | '\t' => 2,
        _ => 0,
    };
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |c: char| class(first) != 0 && class(c) == class(first);
        let width = rest.find(|c: char| !same(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, tail) = rest.split_at(width);
        out.push(token);
        rest = tail;
    }
    out
}
