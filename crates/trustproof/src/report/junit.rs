//! JUnit XML, which every build server shows: one test case for each role, failed by what was found.
//!
//! Deliberately not here: which findings fail the run. A build server is shown all of them; the exit status decides.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use model::{SourceMap, Span};
use rules::{Finding, Report};

use super::{at, badness, place, problem_line};

mod xml;

use xml::Writer;

/// Writes the report.
pub(crate) fn render(report: &Report, sources: &SourceMap, out: &mut dyn Write) -> io::Result<()> {
    let cases = cases(report, sources);
    let unread: Vec<_> = report.problems.iter().filter(|p| p.relevant).collect();
    let failed = cases.iter().filter(|case| !case.failures.is_empty()).count();
    let counts = [
        ("name", "trustproof".to_owned()),
        ("tests", (cases.len() + unread.len()).to_string()),
        ("failures", failed.to_string()),
        ("errors", unread.len().to_string()),
    ];
    let mut xml = Writer::new(out)?;
    xml.open("testsuites", &counts)?;
    xml.open("testsuite", &counts)?;
    for case in &cases {
        xml.open("testcase", &case.attributes())?;
        for (finding, text) in &case.failures {
            xml.text("failure", &failure(finding), text)?;
        }
        xml.close("testcase")?;
    }
    for problem in unread {
        let (path, _) = place(problem, sources);
        xml.open("testcase", &[("classname", path.clone()), ("name", "unread".to_owned()), ("file", path)])?;
        let attributes = [("type", "unread".to_owned()), ("message", problem.message.to_string())];
        xml.text("error", &attributes, &problem_line(problem, sources))?;
        xml.close("testcase")?;
    }
    xml.close("testsuite")?;
    xml.close("testsuites")
}

/// A role, and what was found about it.
struct Case<'a> {
    address: &'a str,
    path: String,
    line: u32,
    failures: Vec<(&'a Finding, String)>,
}

impl Case<'_> {
    fn attributes(&self) -> [(&'static str, String); 4] {
        [
            ("classname", self.path.clone()),
            ("name", self.address.to_owned()),
            ("file", self.path.clone()),
            ("line", self.line.to_string()),
        ]
    }
}

/// All roles, and whatever else a finding is about, in the order of places.
fn cases<'a>(report: &'a Report, sources: &SourceMap) -> Vec<Case<'a>> {
    let mut found: HashMap<(&str, Span), Vec<(&Finding, String)>> = HashMap::new();
    for finding in report.reported() {
        let text = text(finding, sources);
        let all = std::iter::once(&finding.role.address).chain(&finding.instances);
        for address in all {
            found.entry((address, named(finding))).or_default().push((finding, text.clone()));
        }
    }
    let mut cases: BTreeMap<(String, u32, &str), Case<'_>> = BTreeMap::new();
    let roles = report.roles.iter().map(|role| (role.address.as_str(), role.location));
    let known: Vec<(&str, Span)> = roles.collect();
    let others: Vec<(&str, Span)> = found.keys().copied().collect();
    for (address, span) in known.into_iter().chain(others) {
        let path = sources.path(span.file);
        let line = sources.position(span.file, span.start).line;
        let case = cases.entry((path.clone(), span.start, address));
        let case = case.or_insert_with(|| Case { address, path, line, failures: Vec::new() });
        case.failures.extend(found.remove(&(address, span)).unwrap_or_default());
        case.failures.sort_by_key(|(finding, _)| badness(finding));
    }
    cases.into_values().collect()
}

/// Where the role of a finding is named.
fn named(finding: &Finding) -> Span {
    finding.role.places.first().copied().unwrap_or(finding.location)
}

fn failure(finding: &Finding) -> [(&'static str, String); 2] {
    let possible = if finding.proved() { "" } else { " (possible)" };
    let message = format!("{}{possible}: {}", finding.rule.severity.name(), finding.message);
    [("type", finding.rule.id.to_owned()), ("message", message)]
}

/// Where it is, how it is attacked, what to do.
fn text(finding: &Finding, sources: &SourceMap) -> String {
    let mut lines = vec![at(sources, finding.location.file, finding.location.start)];
    lines.extend(finding.witness().map(|witness| format!("attack: {}", witness.story())));
    lines.push(format!("fix: {}", finding.advice));
    lines.extend(finding.unknowns.iter().map(|unknown| format!("unknown: {} {}", unknown.what, unknown.why)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{FACT, finding, rule, sources, span};
    use decide::{Verdict, Verdicts};
    use model::{Cloud, Place, Problem};
    use rules::{Certainty, RoleReport, Severity};

    fn role(address: &str, location: Span) -> RoleReport {
        let none = Verdict::NotApplicable;
        let verdicts = Verdicts { stranger: none, third_party: none, service: none, oidc: none, saml: none };
        RoleReport {
            cloud: Cloud::Aws,
            kind: "aws_iam_role".to_owned(),
            address: address.to_owned(),
            location,
            verdicts,
        }
    }

    #[test]
    fn a_role_is_a_test_that_each_finding_fails() {
        let sources = sources(&[("a.tf", "safe r\nneedle"), ("b.tf", "r")]);
        let named = |path, text| span(&sources, path, text);
        let mut first = finding(rule("low", Severity::Low), Certainty::Possible, named("a.tf", "needle"));
        first.role.places = vec![named("a.tf", "r")];
        first.instances = vec!["aws_iam_role.r[1]".to_owned()];
        let mut second = finding(rule("high", Severity::High), FACT, named("a.tf", "needle"));
        second.role.places = vec![named("a.tf", "r")];
        let report = Report {
            findings: vec![first, second],
            roles: vec![
                role("aws_iam_role.safe", named("a.tf", "safe")),
                role("aws_iam_role.r", named("a.tf", "r")),
                role("aws_iam_role.r[1]", named("a.tf", "r")),
                role("aws_iam_role.r", named("b.tf", "r")),
            ],
            problems: vec![Problem::relevant(Place::Path("no/such".into()), "does not exist")],
            ..Report::default()
        };
        let mut out = Vec::new();
        render(&report, &sources, &mut out).unwrap();
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="trustproof" tests="5" failures="2" errors="1">
<testsuite name="trustproof" tests="5" failures="2" errors="1">
<testcase classname="a.tf" name="aws_iam_role.safe" file="a.tf" line="1">
</testcase>
<testcase classname="a.tf" name="aws_iam_role.r" file="a.tf" line="1">
<failure type="high" message="high: message of high">a.tf:2:1
fix: do better</failure>
<failure type="low" message="low (possible): message of low">a.tf:2:1
fix: do better</failure>
</testcase>
<testcase classname="a.tf" name="aws_iam_role.r[1]" file="a.tf" line="1">
<failure type="low" message="low (possible): message of low">a.tf:2:1
fix: do better</failure>
</testcase>
<testcase classname="b.tf" name="aws_iam_role.r" file="b.tf" line="1">
</testcase>
<testcase classname="no/such" name="unread" file="no/such">
<error type="unread" message="does not exist">no/such: does not exist</error>
</testcase>
</testsuite>
</testsuites>
"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
