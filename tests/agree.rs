//! One role in every format that can express it is one policy: each directory of `fixtures/agree` is read by every
//! input that has a file there, and all of them must say what `expect.toml` says, and point at the right text.
//!
//! Deliberately not here: what the policies should be told about them (the rules' own tests).

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests read the files that are compared")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use decide::{Verdicts, Zone};
use input_cloudformation::CloudFormationInput;
use input_policy::PolicyInput;
use input_terraform::{TerraformInput, Variables};
use input_terraform_plan::PlanInput;
use model::{
    Cloud, Effect, FileId, Input, LoadError, Loader, Located, Operator, OperatorName, Piece, PrincipalKind,
    Role, SourceMap, Span, Statement, Subject, Symbol, Text, TrustPolicy, Unit, Version,
};
use rules::Settings;
use serde::Deserialize;

/// Every file that a case may have and the input that reads it.
const FORMATS: [(&str, &dyn Input); 5] = [
    ("policy.json", &PolicyInput),
    ("template.yaml", &CloudFormationInput::new()),
    ("template.json", &CloudFormationInput::new()),
    ("plan.json", &PlanInput { source: None, here: None }),
    ("main.tf", &TerraformInput { variables: Variables { given: Vec::new() } }),
];

/// The accounts that the plans were made in.
const OWN_AWS: &str = "111122223333";
const OWN_ALIBABA: &str = "1234567890123456";

/// What a case means, as its author reasoned it out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    version: String,
    /// By adversary; those that the case is about.
    verdicts: BTreeMap<String, String>,
    statement: Vec<ExpectedStatement>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ExpectedStatement {
    effect: String,
    /// `KIND identifier`, or `*`; unknown pieces are `?`.
    principals: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
    #[serde(default)]
    condition: Vec<ExpectedCondition>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct ExpectedCondition {
    test: String,
    key: String,
    values: Vec<String>,
}

impl ExpectedStatement {
    /// Everything whose order means nothing, in order.
    fn sorted(mut self) -> Self {
        self.principals.sort();
        self.actions.sort();
        self.not_actions.sort();
        self.condition.iter_mut().for_each(|c| c.values.sort());
        self.condition.sort();
        self
    }
}

struct Disk(PathBuf);

impl Loader for Disk {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        fs::read(self.0.join(path)).map_err(|error| LoadError(error.to_string()))
    }

    fn admits(&self, _: &str) -> bool {
        false
    }
}

/// A directory of `fixtures/agree`.
struct Case {
    name: String,
    sources: SourceMap,
    files: Vec<(FileId, &'static dyn Input)>,
    expected: Expected,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/agree");
    let mut directories: Vec<PathBuf> = root.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    directories.sort();
    directories.into_iter().map(|directory| Case::open(&directory)).collect()
}

impl Case {
    fn open(directory: &Path) -> Case {
        let name = directory.file_name().unwrap().to_string_lossy().into_owned();
        let mut paths = Vec::new();
        for entry in directory.read_dir().unwrap() {
            let file = entry.unwrap().file_name().to_string_lossy().into_owned();
            if file != "expect.toml" {
                assert!(FORMATS.iter().any(|(known, _)| *known == file), "{name}: nobody reads {file}");
                paths.push(file);
            }
        }
        let sources = SourceMap::new(paths, Box::new(Disk(directory.to_owned())));
        let input = |path: &str| FORMATS.iter().find(|(known, _)| *known == path).unwrap().1;
        let files = sources.ids().map(|id| (id, input(&sources.path(id)))).collect();
        let expected = fs::read_to_string(directory.join("expect.toml")).unwrap();
        let expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        Case { name, sources, files, expected }
    }

    /// The role of each file, by the file's name for messages.
    fn roles(&self) -> Vec<(String, Role)> {
        self.files.iter().map(|(file, input)| self.role(*file, *input)).collect()
    }

    fn role(&self, file: FileId, input: &dyn Input) -> (String, Role) {
        let path = self.sources.path(file);
        let what = format!("{}/{path}", self.name);
        assert!(input.claims(&path, &self.sources.bytes(file).unwrap()), "{what} is not claimed");
        let lowered = input.read(&Unit { files: vec![file] }, &self.sources);
        assert!(lowered.problems.is_empty(), "{what}: {:?}", lowered.problems);
        let mut roles = lowered.subjects.into_iter().map(|Subject::Role(role)| *role);
        let role = roles.next().unwrap_or_else(|| panic!("{what}: no role"));
        assert!(roles.next().is_none(), "{what}: more than one role");
        assert_eq!(role.trust.len(), 1, "{what}: the policy has one shape");
        (what, role)
    }
}

/// The policy as it is deployed: nothing symbolic is left.
fn deployed(role: &Role) -> TrustPolicy {
    let account = match role.cloud {
        Cloud::Aws => OWN_AWS,
        Cloud::Alibaba => OWN_ALIBABA,
    };
    role.trust[0].policy.resolve(&|symbol| match symbol {
        Symbol::OwnAccount => Some(account),
        Symbol::Partition => Some("aws"),
        Symbol::Region => Some("eu-west-1"),
        Symbol::UrlSuffix => Some("amazonaws.com"),
        Symbol::OwnOrganization => None,
    })
}

#[test]
fn there_is_something_to_compare() {
    let cases = cases();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    for case in cases {
        assert!(case.files.len() >= 2, "{} has {} format", case.name, case.files.len());
    }
}

#[test]
fn all_formats_lower_to_one_policy() {
    for case in cases() {
        let mut policies = case.roles().into_iter().map(|(what, role)| (what, deployed(&role).canonical()));
        let (first, policy) = policies.next().unwrap();
        for (other, same) in policies {
            assert_eq!(policy, same, "{first} and {other} disagree");
        }
    }
}

#[test]
fn every_format_means_what_is_expected() {
    for case in cases() {
        let mut statements: Vec<_> =
            case.expected.statement.iter().cloned().map(ExpectedStatement::sorted).collect();
        statements.sort();
        let expected = (case.expected.version.clone(), statements);
        for (what, role) in case.roles() {
            assert_eq!(meaning(&deployed(&role)), expected, "{what}");
        }
    }
}

#[test]
fn every_format_is_judged_alike() {
    let own = [OWN_AWS, OWN_ALIBABA].map(str::to_owned);
    let zone = Zone { accounts: own.into(), ..Zone::default() };
    let settings = Arc::new(Settings { zone, ..Settings::default() });
    for case in cases() {
        for (what, role) in case.roles() {
            let judged = by_name(rules::judge(&settings, role).verdicts());
            for (adversary, verdict) in &case.expected.verdicts {
                assert_eq!(judged.get(adversary.as_str()), Some(&verdict.as_str()), "{what}: {adversary}");
            }
        }
    }
}

fn by_name(verdicts: Verdicts) -> BTreeMap<&'static str, &'static str> {
    let Verdicts { stranger, third_party, service, oidc, saml } = verdicts;
    [
        ("stranger", stranger),
        ("third-party", third_party),
        ("service", service),
        ("oidc", oidc),
        ("saml", saml),
    ]
    .map(|(adversary, verdict)| (adversary, verdict.name()))
    .into()
}

/// The policy in the form of `expect.toml`.
fn meaning(policy: &TrustPolicy) -> (String, Vec<ExpectedStatement>) {
    assert!(policy.open.is_none());
    let version = match policy.version {
        Version::V2012 => "2012-10-17",
        Version::V2008 => "2008-10-17",
        Version::One => "1",
        Version::Unknown => "?",
    };
    let mut statements: Vec<_> = policy.statements.iter().map(|s| of_statement(&s.value).sorted()).collect();
    statements.sort();
    (version.to_owned(), statements)
}

fn of_statement(statement: &Statement) -> ExpectedStatement {
    assert!(statement.rejected.is_empty() && statement.conditions_open.is_none());
    assert!(!statement.principals.negated, "no case has `NotPrincipal`");
    let principals = statement.principals.items.iter().map(|principal| {
        let id = shown(&principal.id.value);
        match &principal.kind {
            PrincipalKind::Everyone => "*".to_owned(),
            PrincipalKind::Aws => format!("AWS {id}"),
            PrincipalKind::Ram => format!("RAM {id}"),
            PrincipalKind::Service => format!("Service {id}"),
            PrincipalKind::Federated => format!("Federated {id}"),
            PrincipalKind::CanonicalUser | PrincipalKind::Unknown(_) => format!("? {id}"),
        }
    });
    let actions: Vec<String> = statement.actions.items.iter().map(|a| action(&a.value)).collect();
    let (actions, not_actions) =
        if statement.actions.negated { (Vec::new(), actions) } else { (actions, Vec::new()) };
    let condition = statement.conditions.iter().map(|condition| ExpectedCondition {
        test: test_name(&condition.value.operator.value),
        key: shown(&condition.value.key.value),
        values: condition.value.values.items.iter().map(|v| shown(&v.value)).collect(),
    });
    ExpectedStatement {
        effect: match &statement.effect {
            Effect::Allow => "Allow".to_owned(),
            Effect::Deny => "Deny".to_owned(),
            Effect::Unknown(_) => "?".to_owned(),
        },
        principals: principals.collect(),
        actions,
        not_actions,
        condition: condition.collect(),
    }
}

/// Known characters as they are, unknown pieces as `?`.
fn shown(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Lit(lit) => lit.to_string(),
        Piece::Symbol(symbol) => format!("<{symbol}>"),
        Piece::Hole(_) => "?".to_owned(),
    };
    text.pieces().iter().map(piece).collect()
}

/// Letter case does not matter in an action.
fn action(text: &Text) -> String {
    let text = shown(text);
    if text.eq_ignore_ascii_case("sts:AssumeRole") { "sts:AssumeRole".to_owned() } else { text }
}

/// The operators that the cases use, by name.
fn test_name(operator: &OperatorName) -> String {
    const USED: [&str; 12] = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringEqualsIfExists",
        "ForAllValues:StringEquals",
        "ArnLike",
        "Bool",
        "NumericLessThan",
        "ForAnyValue:StringLike",
        "Null",
        "NotIpAddress",
        "DateLessThan",
    ];
    let OperatorName::Known(operator) = operator else { return "?".to_owned() };
    let named = |name: &&&str| Operator::parse(name, Cloud::Aws).as_ref() == Some(operator);
    USED.iter().find(named).map_or_else(|| format!("{operator:?}"), |name| (*name).to_owned())
}

#[test]
fn places_show_the_text_that_is_meant() {
    for case in cases() {
        let mut literal = 0;
        for (what, role) in case.roles() {
            let file = case.sources.text(role.span.file).unwrap();
            let policy = &role.trust[0].policy;
            for text in texts(policy) {
                let under = |span: Span| case.sources.snippet(span);
                let used = under(text.span);
                assert!(!used.is_empty(), "{what}: nothing under `{}`", text.value);
                let Some(value) = text.value.as_str() else { continue };
                let defined = text.defined.map(under);
                // A definition may say more than the value: a list in one string.
                let found = readings(&used).iter().any(|reading| reading == value)
                    || defined.iter().any(|place| readings(place).iter().any(|r| r.contains(value)));
                // What was put together from pieces stands nowhere as a whole.
                let written = readings(&file).iter().any(|reading| reading.contains(value));
                assert!(
                    found || !written,
                    "{what}: `{value}` is said to be `{used}` (defined as {defined:?})"
                );
                literal += usize::from(found);
            }
            for statement in &policy.statements {
                for condition in &statement.value.conditions {
                    let operator = &condition.value.operator;
                    let read = |span| Operator::parse(&case.sources.snippet(span), role.cloud);
                    let found = [Some(operator.span), operator.defined].into_iter().flatten().find_map(read);
                    assert_eq!(found.map(OperatorName::Known).as_ref(), Some(&operator.value), "{what}");
                }
            }
        }
        assert!(literal > case.files.len(), "{}: only {literal} texts were compared", case.name);
    }
}

/// Every text of a policy that a finding may point at.
fn texts(policy: &TrustPolicy) -> Vec<&Located<Text>> {
    let mut texts = Vec::new();
    for statement in &policy.statements {
        let statement = &statement.value;
        texts.extend(statement.principals.items.iter().map(|p| &p.id));
        texts.extend(&statement.actions.items);
        for condition in &statement.conditions {
            texts.push(&condition.value.key);
            texts.extend(&condition.value.values.items);
        }
    }
    texts
}

/// What a piece of a file may stand for: itself, the string that it is the inside of, once or twice escaped, and
/// without the escapes that keep a policy variable from Terraform.
fn readings(written: &str) -> Vec<String> {
    let mut out = vec![written.to_owned()];
    for _ in 0..2 {
        let last = out.last().unwrap();
        out.push(unescaped(last));
    }
    let without: Vec<String> =
        out.iter().map(|text| text.replace("$${", "${").replace("${!", "${")).collect();
    out.extend(without);
    out
}

/// JSON's escapes undone; HCL and YAML share those that the cases use.
fn unescaped(written: &str) -> String {
    let mut out = String::new();
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            other => out.extend(other),
        }
    }
    out
}
