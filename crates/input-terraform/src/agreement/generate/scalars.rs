//! Expressions that give strings, numbers and booleans.

use super::{Generator, KEYS, SORTS, STRINGS, Sort, call};

impl Generator<'_> {
    pub(super) fn text(&mut self, depth: usize) -> String {
        let d = depth;
        match self.dice.below(52) {
            0..=5 => self.template(d),
            6 => call(self, "format", &[Sort::Str], d),
            7..=9 => self.format(d),
            10 => call(self, "join", &[Sort::Str, Sort::Strs], d),
            11 => call(self, "lower", &[Sort::Str], d),
            12 => call(self, "upper", &[Sort::Str], d),
            13 => call(self, "title", &[Sort::Str], d),
            14 => call(self, "trimspace", &[Sort::Str], d),
            15 => call(self, "trim", &[Sort::Str, Sort::Str], d),
            16 => call(self, "trimprefix", &[Sort::Str, Sort::Str], d),
            17 => call(self, "trimsuffix", &[Sort::Str, Sort::Str], d),
            18..=19 => call(self, "replace", &[Sort::Str, Sort::Str, Sort::Str], d),
            20 => {
                let text = self.value(Sort::Str, d);
                let pattern = self.pattern();
                let with = self.dice.pick(&["-", "$1", "[$0]", "${1}x", "$$"]).replace("${", "$${");
                format!("replace({text}, \"/{pattern}/\", \"{with}\")")
            }
            21..=22 => {
                let text = self.value(Sort::Str, d);
                let pattern = self.pattern();
                format!("regex(\"{pattern}\", {text})")
            }
            23 => call(self, "substr", &[Sort::Str, Sort::Number, Sort::Number], d),
            24 => call(self, "strrev", &[Sort::Str], d),
            25 => call(self, "chomp", &[Sort::Str], d),
            26 => call(self, "indent", &[Sort::Number, Sort::Str], d),
            27 => call(self, "base64encode", &[Sort::Str], d),
            28 => format!("base64decode(base64encode({}))", self.value(Sort::Str, d)),
            29 => call(self, "base64decode", &[Sort::Str], d),
            30 => call(self, "urlencode", &[Sort::Str], d),
            31 => {
                let name = *self.dice.pick(&[
                    &"md5",
                    &"sha1",
                    &"sha256",
                    &"sha512",
                    &"base64sha256",
                    &"base64sha512",
                ]);
                call(self, name, &[Sort::Str], d)
            }
            32 => {
                let space = self.dice.pick(&[
                    "dns",
                    "url",
                    "oid",
                    "x500",
                    "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                    "no",
                ]);
                format!("uuidv5(\"{space}\", {})", self.value(Sort::Str, d))
            }
            33 => {
                let name = *self.dice.pick(&[&"basename", &"dirname", &"pathexpand"]);
                call(self, name, &[Sort::Str], d)
            }
            34..=35 => self.address(),
            36..=37 => self.date(),
            38 => {
                let sort = *self.dice.pick(SORTS);
                call(self, "jsonencode", &[sort], d)
            }
            39 => {
                let sort = *self.dice.pick(SORTS);
                call(self, "yamlencode", &[sort], d)
            }
            40 => {
                let sort = *self.dice.pick(&[&Sort::Str, &Sort::Number, &Sort::Bool]);
                call(self, "tostring", &[sort], d)
            }
            41 => call(self, "coalesce", &[Sort::Str, Sort::Str], d),
            42 => call(self, "element", &[Sort::Strs, Sort::Number], d),
            43 => call(self, "lookup", &[Sort::Map, Sort::Str, Sort::Str], d),
            44 => format!("{}[{}]", self.value(Sort::Strs, 0), self.value(Sort::Number, 0)),
            45 => {
                let encoding = self.dice.pick(&["UTF-8", "UTF-16LE", "ISO-8859-1", "US-ASCII"]);
                let text = self.value(Sort::Str, d);
                format!("textdecodebase64(textencodebase64({text}, \"{encoding}\"), \"{encoding}\")")
            }
            46 => format!("textencodebase64({}, \"UTF-16LE\")", self.value(Sort::Str, d)),
            47 => format!("nonsensitive(sensitive({}))", self.value(Sort::Str, d)),
            48 => call(self, "nosuchfunction", &[Sort::Str], d),
            49 => {
                // Too many and too few arguments.
                let name =
                    *self.dice.pick(&[&"lower", &"join", &"md5", &"split", &"replace", &"keys", &"format"]);
                let sorts = [Sort::Str, Sort::Str, Sort::Str, Sort::Str];
                let count = self.dice.below(5);
                call(self, name, &sorts[..count], 0)
            }
            50 => format!("core::upper({})", self.value(Sort::Str, d)),
            _ => format!("{}.{}", self.fields(Sort::Str, d), self.dice.pick(KEYS)),
        }
    }

    pub(super) fn template(&mut self, d: usize) -> String {
        let lit = self.dice.pick(STRINGS);
        let sort = *self.dice.pick(&[&Sort::Str, &Sort::Str, &Sort::Number, &Sort::Bool, &Sort::Strs]);
        let value = self.value(sort, d);
        match self.dice.below(6) {
            0 => format!("\"${{{value}}}\""),
            1 => format!("\"{lit} ${{~ {value} ~}} {lit}\""),
            2 => {
                let test = self.value(Sort::Bool, d);
                format!("\"{lit} %{{ if {test} }} yes %{{ else ~}} no %{{ endif }}{lit}\"")
            }
            3 => {
                let list = self.value(Sort::Strs, d);
                format!("\"%{{ for i, s in {list} ~}} ${{i}}=${{s}}; %{{ endfor ~}} {lit}\"")
            }
            _ => format!("\"{lit}${{{value}}}{lit}\""),
        }
    }

    pub(super) fn number(&mut self, d: usize) -> String {
        let operand = |g: &mut Self| {
            let sort = *g.dice.pick(&[&Sort::Number, &Sort::Number, &Sort::Number, &Sort::Str]);
            g.value(sort, d)
        };
        match self.dice.below(26) {
            0..=4 => {
                let operator = self.dice.pick(&["+", "-", "*", "/", "%"]);
                format!("{} {operator} {}", operand(self), operand(self))
            }
            5 => format!("-{}", self.leaf(Sort::Number, 0)),
            6..=7 => {
                let sort = *self.dice.pick(&[
                    &Sort::Str,
                    &Sort::Strs,
                    &Sort::Set,
                    &Sort::Map,
                    &Sort::Object,
                    &Sort::Mixed,
                ]);
                call(self, "length", &[sort], d)
            }
            8 => call(self, "abs", &[Sort::Number], d),
            9 => call(self, "ceil", &[Sort::Number], d),
            10 => call(self, "floor", &[Sort::Number], d),
            11 => call(self, "max", &[Sort::Number, Sort::Number, Sort::Number], d),
            12 => call(self, "min", &[Sort::Number, Sort::Number], d),
            13 => call(self, "signum", &[Sort::Number], d),
            14 => call(self, "sum", &[Sort::Numbers], d),
            15 => call(self, "sum", &[Sort::Mixed], d),
            16 => {
                let text = self.dice.pick(&["100", "FF", "-7", "z", "", "12a", "+4", "11111111", "Zz"]);
                let base = self.dice.pick(&["10", "16", "2", "36", "62", "1", "8"]);
                format!("parseint(\"{text}\", {base})")
            }
            17 => format!(
                "pow({}, {})",
                self.dice.pick(&["2", "10", "0", "-2", "1.5"]),
                self.dice.pick(&["0", "1", "2", "10", "-1"])
            ),
            18 => format!(
                "log({}, {})",
                self.dice.pick(&["1", "8", "100", "16"]),
                self.dice.pick(&["2", "10", "4"])
            ),
            19 => call(self, "tonumber", &[Sort::Str], d),
            20 => call(self, "index", &[Sort::Strs, Sort::Str], d),
            21 => call(self, "index", &[Sort::Numbers, Sort::Number], d),
            22 => format!("max({}...)", self.value(Sort::Numbers, d)),
            23 => format!("{}[{}]", self.value(Sort::Numbers, 0), self.value(Sort::Number, 0)),
            24 => call(self, "coalesce", &[Sort::Number, Sort::Number], d),
            _ => format!("one({})", self.value(Sort::Numbers, d)),
        }
    }

    pub(super) fn truth(&mut self, d: usize) -> String {
        match self.dice.below(26) {
            0..=3 => {
                let sort = *self.dice.pick(SORTS);
                let operator = self.dice.pick(&["==", "!="]);
                let other = if self.dice.chance(80) { sort } else { *self.dice.pick(SORTS) };
                format!("{} {operator} {}", self.value(sort, d), self.value(other, d))
            }
            4..=6 => {
                let operator = self.dice.pick(&["<", "<=", ">", ">="]);
                format!("{} {operator} {}", self.value(Sort::Number, d), self.value(Sort::Number, d))
            }
            7..=8 => {
                // An error on the right of what is settled on the left is none in newer versions: bare values alone.
                let operator = self.dice.pick(&["&&", "||"]);
                format!("{} {operator} {}", self.leaf(Sort::Bool, 0), self.leaf(Sort::Bool, 0))
            }
            9 => format!("!{}", self.leaf(Sort::Bool, 0)),
            10 => call(self, "startswith", &[Sort::Str, Sort::Str], d),
            11 => call(self, "endswith", &[Sort::Str, Sort::Str], d),
            12 => call(self, "strcontains", &[Sort::Str, Sort::Str], d),
            13..=14 => {
                let list = *self.dice.pick(&[&Sort::Strs, &Sort::Numbers, &Sort::Set, &Sort::Mixed]);
                let item = *self.dice.pick(&[&Sort::Str, &Sort::Number, &Sort::Bool]);
                call(self, "contains", &[list, item], d)
            }
            15..=16 => {
                let sort = *self.dice.pick(SORTS);
                call(self, "can", &[sort], d)
            }
            17 => {
                let items: Vec<String> = (0..self.dice.below(4)).map(|_| self.value(Sort::Bool, d)).collect();
                let name = self.dice.pick(&["alltrue", "anytrue"]);
                format!("{name}([{}])", items.join(", "))
            }
            18 => {
                let sort = *self.dice.pick(&[&Sort::Bool, &Sort::Str]);
                call(self, "tobool", &[sort], d)
            }
            19 => format!("issensitive({})", self.value(Sort::Str, d)),
            20 => format!("{} == null", self.value(Sort::Str, d)),
            21 => {
                let pattern = self.pattern();
                format!("can(regex(\"{pattern}\", {}))", self.value(Sort::Str, d))
            }
            22 => format!("length({}) > 0", self.value(Sort::Strs, d)),
            23 => format!("toset({}) == toset({})", self.value(Sort::Strs, d), self.value(Sort::Strs, d)),
            24 => format!("tolist({}) == tolist({})", self.value(Sort::Strs, d), self.value(Sort::Strs, d)),
            _ => format!("!({})", self.value(Sort::Bool, d)),
        }
    }
}
