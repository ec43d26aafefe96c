//! Expressions around texts with a grammar of their own: formats, patterns, addresses, dates, JSON.

use super::{Generator, Sort};

impl Generator<'_> {
    pub(super) fn format(&mut self, d: usize) -> String {
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

    pub(super) fn pattern(&mut self) -> &'static str {
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

    pub(super) fn address(&mut self) -> String {
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

    pub(super) fn date(&mut self) -> String {
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

    pub(super) fn json(&mut self) -> &'static str {
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
}
