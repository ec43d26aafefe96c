//! Terraform modules made up from a seed: every way in which real ones put a trust policy together, at random.
//!
//! The same seed makes the same module everywhere, so that only what Terraform says of it need be recorded.

use std::fmt::Write as _;

/// One root module that calls many made-up ones: its files by path.
pub(crate) fn batch(first: u64, count: u64) -> Vec<(String, String)> {
    let mut root = String::from(
        "data \"aws_caller_identity\" \"root\" {}\nvariable \"common\" {\n  default = \"common-default\"\n}\n",
    );
    let mut tfvars = String::from("common = \"from-file\"\n");
    let mut auto: Vec<String> = Vec::new();
    let mut files = Vec::new();
    for seed in first..first + count {
        let mut module = Module::new(seed);
        module.fill();
        let name = format!("c{seed:03}");
        let _ = write!(root, "module \"{name}\" {{\n  source = \"./{name}\"\n");
        for (index, (variable, value)) in std::mem::take(&mut module.given).into_iter().enumerate() {
            // Some arguments come straight from the call, some through the root's own variables and files.
            let input = format!("{name}_{index}");
            let through = match module.pick(4) {
                0 => {
                    let _ = writeln!(tfvars, "{input} = {value}");
                    true
                }
                1 if value.starts_with('"') && !value.contains('$') => {
                    auto.push(format!("  \"{input}\": {value}"));
                    true
                }
                _ => false,
            };
            if through {
                module.root.push_str(&format!("variable \"{input}\" {{\n  default = null\n}}\n"));
                let _ = writeln!(root, "  {variable} = var.{input}");
            } else {
                let _ = writeln!(root, "  {variable} = {value}");
            }
        }
        root.push_str("}\n");
        root.push_str(&module.root);
        files.extend(module.finish().into_iter().map(|(path, text)| (format!("{name}/{path}"), text)));
    }
    files.push(("main.tf".to_owned(), root));
    files.push(("terraform.tfvars".to_owned(), tfvars));
    files.push(("b.auto.tfvars.json".to_owned(), format!("{{\n{}\n}}\n", auto.join(",\n"))));
    files.sort();
    files
}

/// A module in the making.
struct Module {
    random: u64,
    /// What the root says for it.
    root: String,
    /// The arguments of its call.
    given: Vec<(String, String)>,
    /// Its blocks; in the end in any order.
    blocks: Vec<String>,
    locals: Vec<(String, String)>,
    files: Vec<(String, String)>,
    names: u32,
    documents: u32,
}

struct Statement {
    sid: Option<String>,
    deny: bool,
    not_actions: bool,
    actions: String,
    /// Kind and an expression of a list of strings.
    principals: Vec<(&'static str, String)>,
    /// Operator, key and an expression of a list of strings.
    conditions: Vec<(&'static str, &'static str, String)>,
}

const OPERATORS: [&str; 6] = [
    "StringEquals",
    "StringLike",
    "StringEqualsIfExists",
    "ForAnyValue:StringLike",
    "ArnLike",
    "StringNotEquals",
];
const KEYS: [&str; 5] =
    ["sts:ExternalId", "aws:PrincipalOrgID", "aws:SourceAccount", "aws:PrincipalArn", "aws:SourceArn"];

impl Module {
    fn new(seed: u64) -> Self {
        Module {
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D,
            root: String::new(),
            given: Vec::new(),
            blocks: vec![
                "data \"aws_caller_identity\" \"me\" {}\ndata \"aws_partition\" \"me\" {}\ndata \"aws_region\" \"me\" {}\n".to_owned(),
            ],
            locals: Vec::new(),
            files: Vec::new(),
            names: 0,
            documents: 0,
        }
    }

    /// A number below `below` (splitmix64).
    fn pick(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.pick(n) == 0
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn word(&mut self) -> String {
        let words = ["alpha", "Beta", "gamma-7", "delta_x", "eps.ilon", "zeta/eta", "theta"];
        let index = self.pick(words.len() as u64);
        words.get(usize::try_from(index).expect("small")).copied().unwrap_or("w").to_owned()
    }

    fn variable(&mut self, kind: &str, value: String) -> String {
        let name = self.name("v");
        let typed = if self.one_in(2) { format!("  type = {kind}\n") } else { String::new() };
        match self.pick(3) {
            0 => self.blocks.push(format!("variable \"{name}\" {{\n{typed}  default = {value}\n}}\n")),
            1 => {
                self.blocks.push(format!("variable \"{name}\" {{\n{typed}}}\n"));
                self.given.push((name.clone(), value));
            }
            _ => {
                self.blocks.push(format!("variable \"{name}\" {{\n{typed}  default = null\n}}\n"));
                self.given.push((name.clone(), value));
            }
        }
        format!("var.{name}")
    }

    fn local(&mut self, value: String) -> String {
        let name = self.name("l");
        self.locals.push((name.clone(), value));
        format!("local.{name}")
    }

    /// An expression of a string.
    fn text(&mut self, depth: u32) -> String {
        let word = self.word();
        if depth == 0 {
            return format!("\"{word}\"");
        }
        match self.pick(18) {
            0 | 1 => format!("\"{word}\""),
            2 => self.variable("string", format!("\"{word}\"")),
            3 => {
                let value = self.text(depth - 1);
                self.local(value)
            }
            4 => format!("\"${{{}}}-{word}\"", self.text(depth - 1)),
            5 => format!("format(\"%s/%s\", {}, \"{word}\")", self.text(depth - 1)),
            6 => format!("join(\"-\", {})", self.list(depth - 1)),
            7 => format!("lower({})", self.text(depth - 1)),
            8 => format!("replace({}, \"a\", \"o\")", self.text(depth - 1)),
            9 => {
                let test = self.test(depth - 1);
                let (yes, no) = (self.text(depth - 1), self.text(depth - 1));
                format!("({test} ? {yes} : {no})")
            }
            10 => format!("try(local.nothing.here, {})", self.text(depth - 1)),
            11 => format!("coalesce(null, \"\", {})", self.text(depth - 1)),
            12 => format!("lookup({{ a = {} }}, \"a\", \"none\")", self.text(depth - 1)),
            13 => format!("element({}, 1)", self.list(depth - 1)),
            14 => format!("{{ x = {}, y = \"no\" }}[\"x\"]", self.text(depth - 1)),
            15 => format!("trimsuffix(\"{word}/x\", \"/x\")"),
            16 => format!("tostring({})", self.pick(90) + 10),
            _ => format!("one([{}])", self.text(depth - 1)),
        }
    }

    /// An expression of a list of strings.
    fn list(&mut self, depth: u32) -> String {
        let items: Vec<String> = (0..=self.pick(3)).map(|_| self.text(depth.saturating_sub(1))).collect();
        let plain = format!("[{}]", items.join(", "));
        if depth == 0 {
            return plain;
        }
        match self.pick(13) {
            0..=2 => plain,
            3 => format!("concat({plain}, {})", self.list(depth - 1)),
            4 => format!("[for x in {plain} : \"p-${{x}}\"]"),
            5 => format!("[for i, x in {plain} : \"${{i}}-${{x}}\" if x != \"alpha\" || i == 0]"),
            6 => format!("distinct({plain})"),
            7 => format!("flatten([{plain}, [{}]])", self.list(depth - 1)),
            8 => format!("compact(concat([\"\"], {plain}))"),
            9 => "split(\",\", \"one,two\")".to_owned(),
            10 => format!("keys({{ k2 = 1, k1 = {} }})", self.text(depth - 1)),
            11 => self.variable("list(string)", "[\"given-1\", \"given-2\"]".to_owned()),
            _ => {
                let test = self.test(depth - 1);
                format!("({test} ? {plain} : [\"else\"])")
            }
        }
    }

    /// An expression of a boolean.
    fn test(&mut self, depth: u32) -> String {
        match self.pick(9) {
            0 => "true".to_owned(),
            1 => "false".to_owned(),
            2 => self.variable("bool", "true".to_owned()),
            3 => format!("{} == \"alpha\"", self.text(depth)),
            4 => format!("length({}) > 1", self.list(depth)),
            5 => format!("contains({}, \"theta\")", self.list(depth)),
            6 => format!("!({})", self.text(depth) + " != \"Beta\""),
            7 => format!("can(regex(\"^[a-z]+$\", {}))", self.text(depth)),
            _ => {
                let optional = self.variable("string", "null".to_owned());
                format!("{optional} != null")
            }
        }
    }

    fn account(&mut self) -> String {
        match self.pick(5) {
            0 => "\"arn:${data.aws_partition.me.partition}:iam::${data.aws_caller_identity.me.account_id}:root\"".to_owned(),
            1 => "data.aws_caller_identity.me.account_id".to_owned(),
            2 => format!("\"arn:aws:iam::210987654321:role/${{{}}}\"", self.text(2)),
            3 => "format(\"arn:aws:iam::%s:root\", \"210987654321\")".to_owned(),
            _ => "\"210987654321\"".to_owned(),
        }
    }

    fn principals(&mut self) -> Vec<(&'static str, String)> {
        match self.pick(8) {
            0 => vec![("*", "[\"*\"]".to_owned())],
            1 => vec![("AWS", "[\"*\"]".to_owned())],
            2 => vec![("Service", "[\"ec2.amazonaws.com\", \"lambda.${data.aws_partition.me.dns_suffix}\"]".to_owned())],
            3 => vec![("Federated", "[\"arn:aws:iam::${data.aws_caller_identity.me.account_id}:oidc-provider/token.actions.githubusercontent.com\"]".to_owned())],
            4 => {
                let service = self.text(1);
                vec![("AWS", format!("[{}]", self.account())), ("Service", format!("[\"${{{service}}}.amazonaws.com\"]"))]
            }
            5 => {
                let names = self.list(2);
                vec![("AWS", format!("[for n in {names} : \"arn:aws:iam::210987654321:role/${{n}}\"]"))]
            }
            _ => vec![("AWS", format!("[{}, {}]", self.account(), self.account()))],
        }
    }

    fn statement(&mut self, index: usize) -> Statement {
        let conditions = (0..self.pick(3))
            .map(|n| {
                let operator = OPERATORS.get(usize::try_from(self.pick(6)).expect("small")).copied();
                let key = KEYS.get(usize::try_from((self.pick(2) + 2 * n) % 5).expect("small")).copied();
                (operator.unwrap_or("StringEquals"), key.unwrap_or("aws:SourceArn"), self.list(2))
            })
            .collect();
        Statement {
            sid: self.one_in(2).then(|| format!("S{index}")),
            deny: self.one_in(8),
            not_actions: self.one_in(12),
            actions: if self.one_in(3) {
                "[\"sts:AssumeRole\", \"sts:TagSession\"]".to_owned()
            } else {
                "[\"sts:AssumeRole\"]".to_owned()
            },
            principals: self.principals(),
            conditions,
        }
    }

    fn statements(&mut self) -> Vec<Statement> {
        let count = usize::try_from(1 + self.pick(3)).expect("small");
        (0..count).map(|index| self.statement(index)).collect()
    }

    /// An expression of the JSON text of a policy.
    fn policy(&mut self, depth: u32) -> String {
        match self.pick(10) {
            0..=3 => {
                let name = self.data_document(depth, "", "");
                format!(
                    "data.aws_iam_policy_document.{name}.{}",
                    if self.one_in(4) { "minified_json" } else { "json" }
                )
            }
            4 | 5 => self.encoded(),
            6 => self.heredoc(),
            7 => self.template(),
            8 if depth > 0 => {
                let test = self.test(1);
                format!("({test} ? {} : {})", self.policy(depth - 1), self.policy(depth - 1))
            }
            9 if depth > 0 => {
                let inner = self.policy(depth - 1);
                self.local(inner)
            }
            _ => {
                let name = self.name("static") + ".json";
                let text = "{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Principal\": {\"AWS\": \"210987654321\"}, \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": true}}}}";
                self.files.push((name.clone(), text.to_owned()));
                format!("file(\"${{path.module}}/{name}\")")
            }
        }
    }

    /// A data source with a policy document; its name. `head` stands first in it; `each` goes with every text.
    fn data_document(&mut self, depth: u32, head: &str, suffix: &str) -> String {
        self.documents += 1;
        let name = format!("d{}{suffix}", self.documents);
        let mut body = head.to_owned();
        if depth > 0 && self.one_in(3) {
            let sources: Vec<String> = (0..=self.pick(2)).map(|_| self.source()).collect();
            let _ = writeln!(body, "  source_policy_documents = [{}]", sources.join(", "));
        }
        if depth > 0 && self.one_in(4) {
            let other = self.source();
            let _ = writeln!(body, "  override_policy_documents = [{other}]");
        }
        if self.one_in(8) {
            body.push_str("  version = \"2008-10-17\"\n");
        }
        for statement in self.statements() {
            body.push_str(&self.block(&statement));
        }
        self.blocks.push(format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{body}}}\n"));
        name
    }

    /// A document for merging. Its `Sid`s are its own, or those that every document has.
    fn source(&mut self) -> String {
        if self.one_in(3) {
            let sid = format!("S{}", self.pick(3) + 10 * u64::from(self.names));
            let account = self.account();
            return format!(
                "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Sid = \"{sid}\", Effect = \"Allow\", Action = \"sts:AssumeRole\", \
                 Principal = {{ AWS = {account} }}, Condition = {{ NumericLessThan = {{ \"aws:MultiFactorAuthAge\" = 3600 }}, Bool = {{ \
                 \"aws:MultiFactorAuthPresent\" = true }} }} }}] }})"
            );
        }
        self.documents += 1;
        let name = format!("s{}", self.documents);
        let statement = Statement { sid: self.one_in(2).then(|| "S0".to_owned()), ..self.statement(0) };
        let sid = statement.sid.clone();
        // Two sources with one `Sid` are an error of the provider.
        let statement = Statement { sid: sid.map(|_| format!("S{}x", self.documents)), ..statement };
        let block = self.block(&statement);
        self.blocks.push(format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{block}}}\n"));
        format!("data.aws_iam_policy_document.{name}.json")
    }

    fn block(&mut self, s: &Statement) -> String {
        let mut body = String::new();
        if let Some(sid) = &s.sid {
            let _ = writeln!(body, "      sid = \"{sid}\"");
        }
        if s.deny {
            body.push_str("      effect = \"Deny\"\n");
        }
        let actions = if s.not_actions { "not_actions" } else { "actions" };
        let _ = writeln!(body, "      {actions} = {}", s.actions);
        for (kind, ids) in &s.principals {
            if self.one_in(5) {
                let _ = write!(
                    body,
                    "      dynamic \"principals\" {{\n        for_each = {{ \"{kind}\" = {ids} }}\n        iterator = who\n        content {{\n          \
                     type        = who.key\n          identifiers = who.value\n        }}\n      }}\n"
                );
            } else {
                let _ = write!(
                    body,
                    "      principals {{\n        type        = \"{kind}\"\n        identifiers = {ids}\n      }}\n"
                );
            }
        }
        for (operator, key, values) in &s.conditions {
            if self.one_in(3) {
                let test = self.test(1);
                let _ = write!(
                    body,
                    "      dynamic \"condition\" {{\n        for_each = {test} ? [{values}] : []\n        content {{\n          test     = \
                     \"{operator}\"\n          variable = \"{key}\"\n          values   = condition.value\n        }}\n      }}\n"
                );
            } else {
                let _ = write!(
                    body,
                    "      condition {{\n        test     = \"{operator}\"\n        variable = \"{key}\"\n        values   = {values}\n      }}\n"
                );
            }
        }
        if self.one_in(6) && s.sid.is_none() {
            format!(
                "    dynamic \"statement\" {{\n      for_each = [\"a\", \"b\"]\n      content {{\n{body}      }}\n    }}\n"
            )
        } else {
            format!("    statement {{\n{body}    }}\n")
        }
    }

    /// `jsonencode` of a policy.
    fn encoded(&mut self) -> String {
        let mut out = Vec::new();
        for s in self.statements() {
            let mut fields = vec![format!("Effect = \"{}\"", if s.deny { "Deny" } else { "Allow" })];
            if let Some(sid) = &s.sid {
                fields.push(format!("Sid = \"{sid}\""));
            }
            let actions = if s.not_actions { "NotAction" } else { "Action" };
            fields.push(format!("{actions} = {}", s.actions));
            let principals: Vec<String> = s
                .principals
                .iter()
                .map(|(kind, ids)| format!("\"{}\" = {ids}", if *kind == "*" { "AWS" } else { kind }))
                .collect();
            fields.push(format!("Principal = {{ {} }}", principals.join(", ")));
            if !s.conditions.is_empty() {
                let tests: Vec<String> = s
                    .conditions
                    .iter()
                    .map(|(op, key, values)| format!("{{ \"{op}\" = {{ \"{key}\" = {values} }} }}"))
                    .collect();
                fields.push(format!("Condition = merge({})", tests.join(", ")));
            }
            out.push(format!("{{ {} }}", fields.join(", ")));
        }
        let list = if self.one_in(3) {
            let test = self.test(1);
            format!(
                "concat([{}], {test} ? [{{ Effect = \"Deny\", Action = \"sts:AssumeRole\", Principal = {{ AWS = \"*\" }} }}] : [])",
                out.join(", ")
            )
        } else {
            format!("[{}]", out.join(", "))
        };
        format!("jsonencode({{ Version = \"2012-10-17\", Statement = {list} }})")
    }

    fn heredoc(&mut self) -> String {
        let account = self.account();
        let values = self.list(2);
        let text = self.text(2);
        let policy = format!(
            "<<-EOT\n    {{\n      \"Version\": \"2012-10-17\",\n      \"Statement\": [{{\n        \"Effect\": \"Allow\",\n        \"Action\": \
             \"sts:AssumeRole\",\n        \"Principal\": {{\"AWS\": \"${{{account}}}\"}},\n        \"Condition\": {{\"StringEquals\": \
             {{\"sts:ExternalId\": ${{jsonencode({values})}}, \"aws:PrincipalOrgID\": \"${{{text}}}\"}}}}\n      }}]\n    }}\n  EOT\n"
        );
        let name = self.name("l");
        self.locals.push((name.clone(), policy));
        format!("local.{name}")
    }

    fn template(&mut self) -> String {
        let name = self.name("trust") + ".json.tpl";
        let text = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n%{ for index, who in accounts ~}\n    %{ if index > 0 },%{ endif }{\"Effect\": \
                    \"Allow\", \"Action\": \"sts:AssumeRole\", \"Principal\": {\"AWS\": \"arn:aws:iam::${who}:root\"}%{ if guarded }, \"Condition\": \
                    {\"StringEquals\": {\"sts:ExternalId\": ${jsonencode(id)}}}%{ endif }}\n%{ endfor ~}\n  ]\n}\n";
        self.files.push((name.clone(), text.to_owned()));
        let (test, id) = (self.test(1), self.text(2));
        format!(
            "templatefile(\"${{path.module}}/{name}\", {{ accounts = [\"210987654321\", \"333344445555\"], guarded = {test}, id = {id} }})"
        )
    }

    /// Puts roles into the module.
    fn fill(&mut self) {
        for _ in 0..=self.pick(2) {
            match self.pick(9) {
                0 => self.several(),
                1 => self.nested(),
                2 => self.alibaba(),
                3 => self.unknown(),
                4 => self.indexed(),
                _ => self.plain(),
            }
        }
    }

    fn plain(&mut self) {
        let policy = self.policy(2);
        let name = self.name("r");
        let (kind, argument, called) = if self.one_in(6) {
            ("awscc_iam_role", "assume_role_policy_document", "role_name")
        } else {
            ("aws_iam_role", "assume_role_policy", "name")
        };
        let counted = match self.pick(4) {
            0 => format!("  count = {} ? 1 : 0\n", self.test(1)),
            _ => String::new(),
        };
        self.blocks.push(format!(
            "resource \"{kind}\" \"{name}\" {{\n{counted}  {called} = \"{name}\"\n  {argument} = {policy}\n}}\n"
        ));
    }

    /// Roles by `for_each` or `count`, each with a policy of its own.
    fn several(&mut self) {
        let name = self.name("r");
        let (number, who) = match self.pick(3) {
            0 => ("for_each = { eu = \"111111111111\", us = \"222222222222\" }".to_owned(), "each.value"),
            1 => ("for_each = toset([for x in [\"1\", \"2\"] : \"33333333333${x}\"])".to_owned(), "each.key"),
            _ => ("count = 3".to_owned(), "\"44444444444${count.index}\""),
        };
        let key = if number.starts_with("count") { "count.index" } else { "each.key" };
        if self.one_in(2) {
            let id = self.text(1);
            self.blocks.push(format!(
                "data \"aws_iam_policy_document\" \"{name}\" {{\n  {number}\n  statement {{\n    actions = [\"sts:AssumeRole\"]\n    principals {{\n      type \
                 = \"AWS\"\n      identifiers = [{who}]\n    }}\n    condition {{\n      test = \"StringEquals\"\n      variable = \
                 \"sts:ExternalId\"\n      values = [\"${{{key}}}-${{{id}}}\"]\n    }}\n  }}\n}}\nresource \"aws_iam_role\" \"{name}\" {{\n  {number}\n  name \
                 = \"{name}-${{{key}}}\"\n  assume_role_policy = data.aws_iam_policy_document.{name}[{key}].json\n}}\n"
            ));
        } else {
            self.blocks.push(format!(
                "resource \"aws_iam_role\" \"{name}\" {{\n  {number}\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \
                 \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ AWS = {who} }} }}] }})\n}}\n"
            ));
        }
    }

    /// A module below with a role, given its policy or the parts of it; or one that gives the policy back.
    fn nested(&mut self) {
        let name = self.name("m");
        let call = |arguments: &str, number: &str| {
            format!("module \"{name}\" {{\n  source = \"./{name}\"\n{number}{arguments}}}\n")
        };
        match self.pick(3) {
            0 => {
                let policy = self.policy(1);
                self.blocks.push(call(&format!("  policy = {policy}\n"), ""));
                let inner = "variable \"policy\" {\n  type = string\n}\nresource \"aws_iam_role\" \"r\" {\n  assume_role_policy = var.policy\n}\n";
                self.files.push((format!("{name}/main.tf"), inner.to_owned()));
            }
            1 => {
                let ids = self.list(2);
                self.blocks.push(call(&format!("  ids = {ids}\n"), ""));
                let inner = "variable \"ids\" {\n  type = list(string)\n}\nvariable \"effect\" {\n  default = \"Allow\"\n}\ndata \"aws_iam_policy_document\" \"d\" {\n  \
                             dynamic \"statement\" {\n    for_each = var.ids\n    content {\n      effect = var.effect\n      actions = [\"sts:AssumeRole\"]\n      \
                             principals {\n        type = \"AWS\"\n        identifiers = [\"arn:aws:iam::210987654321:role/${statement.value}\"]\n      }\n    }\n  \
                             }\n}\noutput \"json\" {\n  value = data.aws_iam_policy_document.d.json\n}\n";
                self.files.push((format!("{name}/main.tf"), inner.to_owned()));
                self.blocks.push(format!(
                    "resource \"aws_iam_role\" \"{name}\" {{\n  assume_role_policy = module.{name}.json\n}}\n"
                ));
            }
            _ => {
                let number = if self.one_in(2) {
                    "  for_each = toset([\"x\", \"y\"])\n  key = each.key\n"
                } else {
                    "  count = 2\n  key = \"n${count.index}\"\n"
                };
                self.blocks.push(call("", number));
                let outer = "variable \"key\" {}\nmodule \"inner\" {\n  source = \"./inner\"\n  who = \"role-${var.key}\"\n}\n";
                let inner = "variable \"who\" {}\nvariable \"guard\" {\n  type = object({ id = optional(string, \"dflt\") })\n  default = {}\n}\nlocals {\n  arn = \
                             \"arn:aws:iam::210987654321:role/${var.who}\"\n}\nresource \"aws_iam_role\" \"r\" {\n  assume_role_policy = jsonencode({\n    Version = \
                             \"2012-10-17\"\n    Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS = local.arn }, Condition = { \
                             StringEquals = { \"sts:ExternalId\" = var.guard.id } } }]\n  })\n}\n";
                self.files.push((format!("{name}/main.tf"), outer.to_owned()));
                self.files.push((format!("{name}/inner/main.tf"), inner.to_owned()));
            }
        }
    }

    fn alibaba(&mut self) {
        let name = self.name("a");
        let values = self.list(2);
        let document = if self.one_in(2) {
            self.blocks.push(format!(
                "data \"alicloud_ram_policy_document\" \"{name}\" {{\n  statement {{\n    action = [\"sts:AssumeRole\"]\n    principal {{\n      entity = \
                 \"RAM\"\n      identifiers = [\"acs:ram::5555666677778888:root\", \"acs:ram::${{data.alicloud_account.{name}.id}}:root\"]\n    }}\n    condition \
                 {{\n      operator = \"StringEquals\"\n      variable = \"sts:ExternalId\"\n      values = {values}\n    }}\n  }}\n}}\n"
            ));
            format!("data.alicloud_ram_policy_document.{name}.document")
        } else {
            format!(
                "jsonencode({{ Version = \"1\", Statement = [{{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ RAM = \
                 [\"acs:ram::${{data.alicloud_account.{name}.id}}:root\"] }}, Condition = {{ StringEquals = {{ \"sts:ExternalId\" = {values} }} }} }}] }})"
            )
        };
        let argument = if self.one_in(2) { "document" } else { "assume_role_policy_document" };
        self.blocks.push(format!(
            "data \"alicloud_account\" \"{name}\" {{}}\nresource \"alicloud_ram_role\" \"{name}\" {{\n  role_name = \"{name}\"\n  {argument} = {document}\n}}\n"
        ));
    }

    /// A role whose policy is known only after apply.
    fn unknown(&mut self) {
        let name = self.name("u");
        let (principal, condition) = match self.pick(3) {
            0 => ("aws_iam_role.NAME-other.arn".to_owned(), "\"fixed\"".to_owned()),
            1 => (self.account(), "random_uuid.NAME.result".to_owned()),
            _ => (self.account(), "\"${random_password.NAME.result}-x\"".to_owned()),
        };
        self.blocks.push(
            format!(
                "resource \"random_uuid\" \"NAME\" {{}}\nresource \"random_password\" \"NAME\" {{\n  length = 20\n}}\nresource \"aws_iam_role\" \"NAME-other\" {{\n  \
                 name = \"NAME-other\"\n  path = \"/p/\"\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [] }})\n}}\nresource \
                 \"aws_iam_role\" \"NAME\" {{\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Action = \
                 \"sts:AssumeRole\", Principal = {{ AWS = {principal} }}, Condition = {{ StringEquals = {{ \"sts:ExternalId\" = {condition} }} }} }}] }})\n}}\n"
            )
            .replace("NAME", &name),
        );
    }

    /// A document that exists under the same condition as its role.
    fn indexed(&mut self) {
        let on = self.variable("bool", "true".to_owned());
        let name = self.data_document(1, &format!("  count = {on} ? 1 : 0\n"), "i");
        let reference = match self.pick(4) {
            0 => format!("one(data.aws_iam_policy_document.{name}[*].json)"),
            1 => format!("join(\"\", data.aws_iam_policy_document.{name}[*].json)"),
            2 => format!("try(data.aws_iam_policy_document.{name}[0].json, \"\")"),
            _ => format!("data.aws_iam_policy_document.{name}[0].json"),
        };
        let role = self.name("r");
        self.blocks.push(format!(
            "resource \"aws_iam_role\" \"{role}\" {{\n  count = {on} ? 1 : 0\n  assume_role_policy = {reference}\n}}\n"
        ));
    }

    /// The files, blocks in any order.
    fn finish(mut self) -> Vec<(String, String)> {
        let mut locals = std::mem::take(&mut self.locals);
        locals.reverse();
        let text: String = locals.iter().map(|(name, value)| format!("  {name} = {value}\n")).collect();
        self.blocks.push(format!("locals {{\n  nothing = {{}}\n{text}}}\n"));
        let mut blocks = std::mem::take(&mut self.blocks);
        for index in (1..blocks.len()).rev() {
            let other = self.pick(index as u64 + 1);
            blocks.swap(index, usize::try_from(other).expect("small"));
        }
        let half = blocks.len() / 2;
        let (first, second) = blocks.split_at(half);
        let mut files = std::mem::take(&mut self.files);
        files.push(("main.tf".to_owned(), first.concat()));
        files.push(("more.tf".to_owned(), second.concat()));
        files
    }
}
