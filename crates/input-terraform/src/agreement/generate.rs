//! Expressions at random: every function, operator and form, nested, mostly right and sometimes wrong.
//!
//! The same seed gives the same expressions.

/// A sequence of numbers that looks random (SplitMix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(super) fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> &'t T {
        from[self.below(from.len())]
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

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

    fn text(&mut self, depth: usize) -> String {
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

    fn template(&mut self, d: usize) -> String {
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

    fn format(&mut self, d: usize) -> String {
        let mut spec = String::new();
        let mut arguments = Vec::new();
        for _ in 0..1 + self.dice.below(3) {
            let (verb, sort) = *self.dice.pick(&[
                &("%s", Sort::Str),
                &("%s", Sort::Number),
                &("%s", Sort::Bool),
                &("%d", Sort::Number),
                &("%v", Sort::Str),
                &("%v", Sort::Number),
                &("%v", Sort::Bool),
                &("%v", Sort::Mixed),
                &("%v", Sort::Map),
                &("%q", Sort::Str),
                &("%t", Sort::Bool),
                &("%05d", Sort::Number),
                &("%-8s|", Sort::Str),
                &("%8s|", Sort::Str),
                &("%.2f", Sort::Number),
                &("%f", Sort::Number),
                &("%e", Sort::Number),
                &("%g", Sort::Number),
                &("%x", Sort::Number),
                &("%X", Sort::Number),
                &("%b", Sort::Number),
                &("%o", Sort::Number),
                &("%+d", Sort::Number),
                &("%#v", Sort::Str),
                &("%.3s", Sort::Str),
                &("%6.2f|", Sort::Number),
                &("%%", Sort::Null),
                &("%z", Sort::Str),
                &("%[1]s", Sort::Null),
                &("%#x", Sort::Number),
                &("%.3g", Sort::Number),
                &("%.2e", Sort::Number),
                &("% d", Sort::Number),
            ]);
            spec.push_str(self.dice.pick(&["", "-", "a:", " "]));
            spec.push_str(verb);
            if sort != Sort::Null {
                arguments.push(self.value(sort, d));
            }
        }
        if self.dice.chance(5) {
            arguments.push("1".to_owned());
        }
        let arguments: String = arguments.iter().map(|a| format!(", {a}")).collect();
        format!("format(\"{spec}\"{arguments})")
    }

    fn pattern(&mut self) -> &'static str {
        self.dice.pick(&[
            "a",
            "[a-z]+",
            "(\\\\d+)",
            "([a-z]+):([a-z]*)",
            "^(.)(.)?",
            "\\\\w+",
            "[^/]+$",
            "(?P<k>[a-z]+)=(?P<v>\\\\w+)",
            "x*",
            "",
            "(?i)hello",
            "\\\\s",
            "a{2}",
            "a{2,}",
            "{",
            "(",
            "[[:alpha:]]+",
            "\\\\.",
            "a|b",
            "(a)|(b)",
            "[\\\\w-]+",
            "\\\\bW",
            "a**",
            "[[]",
            "\\\\Qa-b\\\\E",
            "\\\\pL+",
            "(?:a)(b)",
            "(?P<n>a)(b)",
            "[&&a]",
            "\\\\D",
            "[\\\\D]",
            "\\\\x41",
            "$",
            "^",
            ".*?l",
        ])
    }

    fn address(&mut self) -> String {
        let prefix = self.dice.pick(&[
            "10.0.0.0/8",
            "10.1.2.3/16",
            "192.168.0.0/24",
            "172.16.0.0/12",
            "0.0.0.0/0",
            "10.0.0.1/32",
            "fd00:fd12:3456:7890::/56",
            "::/0",
            "2001:db8::/32",
            "10.0.0.0",
            "10.0.0.0/33",
            "010.001.000.000/8",
            "x/8",
        ]);
        let number = self.dice.pick(&["0", "1", "2", "5", "-1", "-2", "16", "255", "256", "1.5", "300000"]);
        let bits = self.dice.pick(&["0", "1", "2", "4", "8", "16", "24", "-1", "33"]);
        let more = self.dice.pick(&["1", "2", "4", "8", "3"]);
        // What Terraform gives for negative parts of a range means nothing.
        let (bits, part) = (bits.trim_start_matches('-'), number.trim_start_matches('-'));
        match self.dice.below(4) {
            0 => format!("cidrhost(\"{prefix}\", {number})"),
            1 => format!("cidrnetmask(\"{prefix}\")"),
            2 => format!("cidrsubnet(\"{prefix}\", {bits}, {part})"),
            _ => format!("join(\" \", cidrsubnets(\"{prefix}\", {more}, {bits}, {more}))"),
        }
    }

    fn date(&mut self) -> String {
        let stamps = [
            "2018-01-02T23:12:01Z",
            "2020-02-29T00:00:00Z",
            "1999-12-31T23:59:59.999Z",
            "2024-06-15T12:30:45+02:00",
            "2024-06-15T00:05:09-07:30",
            "1969-07-20T20:17:40Z",
            "2021-02-29T00:00:00Z",
            "2018-01-02",
            "2018-13-01T00:00:00Z",
            "2018-01-02t23:12:01Z",
            "2018-01-02T24:00:00Z",
            "0001-01-01T00:00:00Z",
            "2018-01-02T23:12:01+0200",
        ];
        let (a, b) = (self.dice.pick(&stamps), self.dice.pick(&stamps));
        let spec = self.dice.pick(&[
            "DD MMM YYYY hh:mm ZZZ",
            "EEEE, DD-MMM-YY hh:mm:ss ZZZ",
            "EEE D MMMM YYYY",
            "h:m:s aa",
            "HH 'o''clock' AA",
            "YYYY-MM-DD",
            "M/D/YY",
            "YYYYMMDDhhmmss",
            "ZZZZZ Z ZZZZ",
            "'T'hh''",
            "X",
            "YYY",
            "hhh",
            "'open",
            "é YYYY",
        ]);
        let duration = self.dice.pick(&[
            "10m", "-24h", "1h30m", "1.5h", "300ms", "0", "", "1d", "1h 30m", "+5s", "999999h", "-0.5s",
            "1µs", "5", "2562048h", "s",
        ]);
        match self.dice.below(3) {
            0 => format!("formatdate(\"{spec}\", \"{a}\")"),
            1 => format!("timeadd(\"{a}\", \"{duration}\")"),
            _ => format!("tostring(timecmp(\"{a}\", \"{b}\"))"),
        }
    }

    fn number(&mut self, d: usize) -> String {
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

    fn truth(&mut self, d: usize) -> String {
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

    fn strings(&mut self, d: usize) -> String {
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
    fn comprehension(&mut self, result: Sort, d: usize) -> String {
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

    fn numbers(&mut self, d: usize) -> String {
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

    fn mixed(&mut self, d: usize) -> String {
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

    fn json(&mut self) -> &'static str {
        self.dice.pick(&[
            "\"[1, 2.50, null, true]\"",
            "\"{\\\"a\\\": {\\\"b\\\": [\\\"c\\\"]}}\"",
            "\"[\"",
            "\"\"",
            "\"1e2\"",
            "\"\\\"\\\\u00e9\\\"\"",
            "\"{\\\"a\\\":1,\\\"a\\\":2}\"",
            "\"nul\"",
            "\" 1 \"",
            "\"[1,]\"",
            "\"01\"",
        ])
    }

    fn set(&mut self, d: usize) -> String {
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

    fn map(&mut self, d: usize) -> String {
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

    fn object(&mut self, d: usize) -> String {
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

fn call(generator: &mut Generator<'_>, name: &str, sorts: &[Sort], depth: usize) -> String {
    let arguments: Vec<String> = sorts.iter().map(|sort| generator.value(*sort, depth)).collect();
    format!("{name}({})", arguments.join(", "))
}
