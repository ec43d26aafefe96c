//! Expressions that give lists, sets, maps and objects.

use super::{Generator, KEYS, SORTS, Sort, call};

impl Generator<'_> {
    pub(super) fn strings(&mut self, d: usize) -> String {
        match self.dice.below(26) {
            0..=1 => call(self, "concat", &[Sort::Strs, Sort::Strs], d),
            2 => call(self, "split", &[Sort::Str, Sort::Str], d),
            3 => call(self, "compact", &[Sort::Strs], d),
            4 => call(self, "distinct", &[Sort::Strs], d),
            5 => call(self, "sort", &[Sort::Strs], d),
            6 => call(self, "reverse", &[Sort::Strs], d),
            7 => {
                let sort = *self.dice.pick(&[&Sort::Map, &Sort::Object]);
                call(self, "keys", &[sort], d)
            }
            8 => call(self, "values", &[Sort::Map], d),
            9 => call(self, "slice", &[Sort::Strs, Sort::Number, Sort::Number], d),
            10 => call(self, "tolist", &[Sort::Set], d),
            11 => call(self, "coalescelist", &[Sort::Strs, Sort::Strs], d),
            12..=14 => self.comprehension(Sort::Str, d),
            15 => {
                let pattern = self.pattern();
                format!("regexall(\"{pattern}\", {})", self.value(Sort::Str, d))
            }
            16 => {
                let verb = self.dice.pick(&["%s", "a-%s", "%s!", "%v"]);
                format!("formatlist(\"{verb}\", {})", self.value(Sort::Strs, d))
            }
            17 => {
                format!("formatlist(\"%s-%s\", {}, {})", self.value(Sort::Strs, d), self.value(Sort::Str, d))
            }
            18 => call(self, "matchkeys", &[Sort::Strs, Sort::Strs, Sort::Strs], d),
            19 => format!("flatten([{}, {}])", self.value(Sort::Strs, d), self.value(Sort::Mixed, d)),
            20 => {
                let key = self.dice.pick(KEYS);
                let asked = if self.dice.chance(80) { key } else { self.dice.pick(KEYS) };
                let items: Vec<String> = (0..self.dice.below(3))
                    .map(|_| format!("{{{key} = {}}}", self.value(Sort::Str, d)))
                    .collect();
                let splat = self.dice.pick(&["[*]", ".*"]);
                format!("[{}]{splat}.{asked}", items.join(", "))
            }
            21 => format!("{}[*]", self.value(Sort::Str, d)),
            22 => format!(
                "concat({}, [for s in {} : upper(s)])",
                self.value(Sort::Strs, d),
                self.value(Sort::Strs, d)
            ),
            23 => format!("[for k, v in {} : \"${{k}}=${{v}}\"]", self.value(Sort::Map, d)),
            24 => format!("chunklist({}, {})", self.value(Sort::Strs, d), self.value(Sort::Number, 0)),
            _ => format!("split(\",\", {})", self.value(Sort::Str, d)),
        }
    }

    /// `[for …]` over a list; the result is of the given kind.
    pub(super) fn comprehension(&mut self, result: Sort, d: usize) -> String {
        let over = if result == Sort::Number { Sort::Numbers } else { Sort::Strs };
        let list = self.value(over, d);
        let name = ["s", "t", "u"][self.names.len() % 3];
        self.names.push((name, result));
        let value = self.value(result, d);
        let test =
            if self.dice.chance(40) { format!(" if {}", self.value(Sort::Bool, d)) } else { String::new() };
        self.names.pop();
        format!("[for {name} in {list} : {value}{test}]")
    }

    pub(super) fn numbers(&mut self, d: usize) -> String {
        match self.dice.below(10) {
            0..=1 => {
                let mut bounds: Vec<String> = Vec::new();
                for _ in 0..1 + self.dice.below(3) {
                    bounds.push(self.dice.pick(&["0", "1", "3", "5", "-2", "0.5", "10"]).to_owned());
                }
                format!("range({})", bounds.join(", "))
            }
            2..=3 => self.comprehension(Sort::Number, d),
            4 => call(self, "concat", &[Sort::Numbers, Sort::Numbers], d),
            5 => call(self, "distinct", &[Sort::Numbers], d),
            6 => call(self, "reverse", &[Sort::Numbers], d),
            7 => format!("[for i, s in {} : i * 2]", self.value(Sort::Strs, d)),
            8 => format!("toset({})", self.value(Sort::Numbers, d)),
            _ => format!("[for s in {} : length(s)]", self.value(Sort::Strs, d)),
        }
    }

    pub(super) fn mixed(&mut self, d: usize) -> String {
        match self.dice.below(14) {
            0 => call(self, "concat", &[Sort::Mixed, Sort::Strs], d),
            1 => call(self, "flatten", &[Sort::Mixed], d),
            2 => call(self, "distinct", &[Sort::Mixed], d),
            3 => call(self, "tolist", &[Sort::Mixed], d),
            4 => call(self, "values", &[Sort::Object], d),
            5 => call(self, "setproduct", &[Sort::Strs, Sort::Set], d),
            6 => call(self, "setproduct", &[Sort::Set, Sort::Set], d),
            7 => call(self, "toset", &[Sort::Mixed], d),
            8 => format!("[for x in {} : x]", self.value(Sort::Mixed, d)),
            9 => format!("[for k, v in {} : [k, v]]", self.value(Sort::Object, d)),
            10 => format!("jsondecode({})", self.json()),
            11 => format!("{}[*]", self.value(Sort::Mixed, d)),
            12 => call(self, "coalescelist", &[Sort::Mixed, Sort::Mixed], d),
            _ => call(self, "chunklist", &[Sort::Numbers, Sort::Number], d),
        }
    }

    pub(super) fn set(&mut self, d: usize) -> String {
        match self.dice.below(10) {
            0 => call(self, "setunion", &[Sort::Set, Sort::Strs], d),
            1 => call(self, "setintersection", &[Sort::Set, Sort::Strs], d),
            2 => call(self, "setsubtract", &[Sort::Strs, Sort::Set], d),
            3..=5 => call(self, "toset", &[Sort::Strs], d),
            6 => format!("toset([for s in {} : lower(s)])", self.value(Sort::Set, d)),
            7 => format!("toset(keys({}))", self.value(Sort::Map, d)),
            8 => call(self, "setunion", &[Sort::Set], d),
            _ => call(self, "toset", &[Sort::Numbers], d),
        }
    }

    pub(super) fn map(&mut self, d: usize) -> String {
        match self.dice.below(12) {
            0..=1 => call(self, "merge", &[Sort::Map, Sort::Map], d),
            2 => format!("{{for s in {} : s => upper(s)}}", self.value(Sort::Set, d)),
            3 => format!("{{for i, s in {} : i => s}}", self.value(Sort::Strs, d)),
            4 => format!("{{for k, v in {} : v => k...}}", self.value(Sort::Map, d)),
            5 => call(self, "zipmap", &[Sort::Strs, Sort::Strs], d),
            6 => call(self, "tomap", &[Sort::Map], d),
            7 => format!(
                "{{for k, v in {} : upper(k) => v if {}}}",
                self.value(Sort::Map, d),
                self.value(Sort::Bool, d)
            ),
            8 => {
                format!("transpose({{a = {}, b = {}}})", self.value(Sort::Strs, d), self.value(Sort::Strs, d))
            }
            9 => format!("merge({}...)", self.value(Sort::Mixed, d)),
            10 => format!(
                "csvdecode(\"a,b\\n{},{}\\n\")",
                self.dice.pick(&["1", "x y", "\\\"q,\\\"", ""]),
                self.dice.pick(&["2", "é", "\\\"\\\"\\\"\\\""])
            ),
            _ => format!(
                "yamldecode(\"{}\")",
                self.dice.pick(&[
                    "a: 1\\nb: [x, 'y']\\n",
                    "- 1\\n- two\\n",
                    "k: {z: null, t: true}",
                    "just text",
                    "a: \\\"q\\\""
                ])
            ),
        }
    }

    pub(super) fn object(&mut self, d: usize) -> String {
        match self.dice.below(10) {
            0..=2 => call(self, "merge", &[Sort::Object, Sort::Map], d),
            3 => call(self, "zipmap", &[Sort::Strs, Sort::Mixed], d),
            4 => format!("{{for k, v in {} : k => v if v != null}}", self.value(Sort::Object, d)),
            5 => format!("{{for s in {} : s => {{n = length(s)}}}}", self.value(Sort::Set, d)),
            6 => format!("{{for x in {} : substr(x, 0, 1) => x...}}", self.value(Sort::Strs, d)),
            7 => call(self, "tomap", &[Sort::Object], d),
            8 => format!("yamldecode(yamlencode({}))", self.value(Sort::Object, d)),
            _ => {
                let sort = *self.dice.pick(SORTS);
                let other = *self.dice.pick(SORTS);
                format!("{{a = {}, b = {}}}", self.value(sort, d), self.value(other, d))
            }
        }
    }
}
