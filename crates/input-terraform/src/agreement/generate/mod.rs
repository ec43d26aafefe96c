//! Expressions at random: every function, operator and form, nested, mostly right and sometimes wrong.
//!
//! The same seed gives the same expressions.

mod collections;
mod scalars;
mod spelled;

use super::dice::Dice;

/// What kind of value an expression should have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Str,
    Number,
    Bool,
    /// A list of strings.
    Strs,
    /// A list of numbers.
    Numbers,
    /// A list of anything.
    Mixed,
    /// A set of strings.
    Set,
    /// A map of strings.
    Map,
    /// An object of anything.
    Object,
    Null,
}

const SORTS: &[&Sort] = &[
    &Sort::Str,
    &Sort::Str,
    &Sort::Number,
    &Sort::Bool,
    &Sort::Strs,
    &Sort::Numbers,
    &Sort::Mixed,
    &Sort::Set,
    &Sort::Map,
    &Sort::Object,
];

/// So many expressions, each on one line.
pub(super) fn expressions(seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let sort = *dice.pick(SORTS);
        let text = Generator { dice: &mut dice, names: Vec::new() }.value(sort, 3);
        // A null without type makes what `format` gives unknown.
        let unsaid = text.contains("null") && text.contains("format");
        if text.len() <= 400 && !unsaid && !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

struct Generator<'d> {
    dice: &'d mut Dice,
    /// Names that `for` bound around the place at hand, with what they hold.
    names: Vec<(&'static str, Sort)>,
}

const STRINGS: &[&str] = &[
    "",
    "a",
    "b",
    "abc",
    "Hello World",
    "arn:aws:iam::123456789012:root",
    "x,y,z",
    "10.0.0.0/16",
    "192.168.1.0/24",
    "true",
    "false",
    "1",
    "42",
    "-3.5",
    "  pad ",
    "a-b_c.d",
    "é",
    "ÄÖü",
    "日本",
    "foo/bar/baz.txt",
    "aGVsbG8=",
    "2020-02-29T23:59:59Z",
    "{\\\"a\\\":[1,2]}",
    "k=v&l=w",
    "line1\\nline2\\n",
    "100%",
    "<&>",
    "\\\"q\\\"",
    "$${x}",
    "%%{y}",
    "tab\\there",
    "ZZ",
    "0x1F",
    "aaa",
    "UPPER lower",
    "sub:repo:acme/app:ref",
    "1e3",
    "\\u00e9",
    "a\\\\b",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "10",
    "-1",
    "-2",
    "0.5",
    "1.25",
    "-3.75",
    "100",
    "255",
    "1e3",
    "1000000",
    "12345678901234567890",
    "0.1",
    "1e-3",
    "3.0",
];
const KEYS: &[&str] = &["a", "b", "c", "key", "Sid", "x1"];

impl Generator<'_> {
    fn value(&mut self, sort: Sort, depth: usize) -> String {
        // A value of another kind now and then: Terraform's refusals count too.
        let sort = if self.dice.chance(4) { *self.dice.pick(SORTS) } else { sort };
        let sort = if self.dice.chance(2) { Sort::Null } else { sort };
        let known: Vec<&'static str> =
            self.names.iter().filter(|(_, s)| *s == sort).map(|(name, _)| *name).collect();
        if !known.is_empty() && self.dice.chance(50) {
            return self.dice.pick(&known).to_owned();
        }
        if depth == 0 || self.dice.chance(15) {
            return self.leaf(sort, depth);
        }
        if self.dice.chance(12) {
            return self.any(sort, depth - 1);
        }
        match sort {
            Sort::Str => self.text(depth - 1),
            Sort::Number => self.number(depth - 1),
            Sort::Bool => self.truth(depth - 1),
            Sort::Strs => self.strings(depth - 1),
            Sort::Numbers => self.numbers(depth - 1),
            Sort::Mixed => self.mixed(depth - 1),
            Sort::Set => self.set(depth - 1),
            Sort::Map => self.map(depth - 1),
            Sort::Object => self.object(depth - 1),
            Sort::Null => "null".to_owned(),
        }
    }

    fn leaf(&mut self, sort: Sort, depth: usize) -> String {
        let below = depth.saturating_sub(1);
        match sort {
            Sort::Str => format!("\"{}\"", self.dice.pick(STRINGS)),
            Sort::Number => self.dice.pick(NUMBERS).to_owned(),
            Sort::Bool => self.dice.pick(&["true", "false"]).to_owned(),
            Sort::Strs => self.list(Sort::Str, below),
            Sort::Numbers => self.list(Sort::Number, below),
            Sort::Mixed => {
                let sorts = [*self.dice.pick(SORTS), *self.dice.pick(SORTS)];
                let items: Vec<String> =
                    (0..self.dice.below(4)).map(|n| self.leaf_below(sorts[n % 2], below)).collect();
                format!("[{}]", items.join(", "))
            }
            Sort::Set => format!("toset({})", self.list(Sort::Str, below)),
            Sort::Map => {
                let fields = self.fields(Sort::Str, below);
                if self.dice.chance(40) { format!("tomap({fields})") } else { fields }
            }
            Sort::Object => {
                let sort = *self.dice.pick(SORTS);
                self.fields(sort, below)
            }
            Sort::Null => "null".to_owned(),
        }
    }

    fn leaf_below(&mut self, sort: Sort, depth: usize) -> String {
        if depth == 0 && !matches!(sort, Sort::Str | Sort::Number | Sort::Bool) {
            return self.dice.pick(&["[]", "{}", "null", "\"s\"", "1", "true"]).to_owned();
        }
        self.value(sort, depth)
    }

    fn list(&mut self, sort: Sort, depth: usize) -> String {
        let items: Vec<String> = (0..self.dice.below(5)).map(|_| self.leaf_below(sort, depth)).collect();
        let list = format!("[{}]", items.join(", "));
        if self.dice.chance(25) { format!("tolist({list})") } else { list }
    }

    fn fields(&mut self, sort: Sort, depth: usize) -> String {
        let mut fields = Vec::new();
        for _ in 0..self.dice.below(4) {
            let key = match self.dice.below(6) {
                0 => format!("\"{}\"", self.dice.pick(&["a b", "x:y", "é", "1", "a"])),
                1 => format!("({})", self.value(Sort::Str, 0)),
                _ => self.dice.pick(KEYS).to_owned(),
            };
            let equals = self.dice.pick(&["=", ":"]);
            fields.push(format!("{key} {equals} {}", self.leaf_below(sort, depth)));
        }
        format!("{{{}}}", fields.join(", "))
    }

    /// Forms that fit any kind of value.
    fn any(&mut self, sort: Sort, depth: usize) -> String {
        let value = self.value(sort, depth);
        match self.dice.below(9) {
            0 => format!("({value})"),
            1 => {
                let test = self.value(Sort::Bool, depth);
                let other = self.value(sort, depth);
                format!("{test} ? {value} : {other}")
            }
            2 => {
                let other = self.value(sort, depth);
                format!("try({value}, {other})")
            }
            3 => {
                let index = self.dice.below(3);
                format!("[{value}, {value}][{index}]")
            }
            4 => {
                let key = self.dice.pick(KEYS);
                let asked = if self.dice.chance(80) { key } else { self.dice.pick(KEYS) };
                match self.dice.below(3) {
                    0 => format!("{{{key} = {value}}}.{asked}"),
                    1 => format!("{{{key} = {value}}}[\"{asked}\"]"),
                    _ => format!("lookup({{{key} = {value}}}, \"{asked}\", {value})"),
                }
            }
            5 => format!("element([{value}], {})", self.value(Sort::Number, 0)),
            6 => format!("one([{value}])"),
            7 => format!("coalesce(null, {value})"),
            _ => format!("jsondecode(jsonencode({value}))"),
        }
    }
}

fn call(generator: &mut Generator<'_>, name: &str, sorts: &[Sort], depth: usize) -> String {
    let arguments: Vec<String> = sorts.iter().map(|sort| generator.value(*sort, depth)).collect();
    format!("{name}({})", arguments.join(", "))
}
