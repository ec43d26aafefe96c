//! The report in Markdown, as GitHub shows it in a job's summary: a table, the worst first, with the stories folded.
//!
//! GitHub takes at most 1 MiB of a step. Each part has its share of that, and says what it leaves out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use model::{Problem, SourceMap, encode_path};
use rules::{Finding, Report, Severity};

use super::{Outcome, at, badness, group, place, service, summary_line};

mod inert;

use inert::{code, html_code, words};

/// Bytes that GitHub takes.
const LIMIT: usize = 1024 * 1024;
/// Bytes of what could not be read, and of what could but is odd.
const PROBLEMS: usize = 64 * 1024;
/// Bytes of the table.
const TABLE: usize = 384 * 1024;
/// Bytes of the own accounts.
const LEARNED: usize = 32 * 1024;
/// Bytes of the stories: all the rest, but for the headings and the sentences that say what is left out.
const STORIES: usize = LIMIT - 2 * PROBLEMS - TABLE - LEARNED - 8 * 1024;
/// Unknowns, related places and the like that one story lists.
const LISTED: usize = 50;

/// Writes the report. Links begin with `base`, which is empty or ends in `/`.
pub(crate) fn render(
    outcome: &Outcome,
    sources: &SourceMap,
    base: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { sources, base, text: String::new() };
    page.write(outcome);
    out.write_all(page.text.as_bytes())
}

/// What the table and the stories are about: a finding, or those of one service.
struct Row<'a> {
    first: &'a Finding,
    others: Vec<&'a Finding>,
    /// Who can do what.
    message: String,
}

/// The findings, those of one rule about one service together, worst first.
fn rows<'a>(report: &'a Report, sources: &SourceMap) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut services: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
    for finding in report.reported() {
        match group(finding) {
            Some(rule) => {
                services.entry((badness(finding), rule, service(finding, sources))).or_default().push(finding)
            }
            None => rows.push(Row { first: finding, others: Vec::new(), message: finding.message.clone() }),
        }
    }
    for ((_, _, service), findings) in services {
        if let Some((first, others)) = findings.split_first() {
            let message = if others.is_empty() {
                first.message.clone()
            } else {
                format!("{service}: {}", first.rule.title)
            };
            rows.push(Row { first, others: others.to_vec(), message });
        }
    }
    rows.sort_by_cached_key(|row| {
        let location = row.first.location;
        (badness(row.first), sources.path(location.file), location.start)
    });
    rows
}

struct Page<'a> {
    sources: &'a SourceMap,
    base: &'a str,
    text: String,
}

impl Page<'_> {
    fn write(&mut self, outcome: &Outcome) {
        let report = &outcome.report;
        self.text.push_str("## trustproof\n\n");
        self.text.push_str(&words(&summary_line(report)));
        self.text.push_str("\n\n");
        let (unread, odd): (Vec<&Problem>, Vec<&Problem>) = report.problems.iter().partition(|p| p.relevant);
        if !unread.is_empty() {
            self.text
                .push_str("### Not read\n\nRoles may have been missed here, so this run is not green.\n\n");
            self.part(PROBLEMS, "more could not be read", unread.iter().map(|p| self.problem(p)).collect());
        }
        let rows = rows(report, self.sources);
        if !rows.is_empty() {
            self.text.push_str("### Findings\n\n");
            self.text
                .push_str("| severity | rule | who can do what | role | place |\n|---|---|---|---|---|\n");
            let lines = rows.iter().map(|row| self.row(row)).collect();
            self.part(TABLE, "more are not in this table", lines);
            let stories = rows.iter().map(|row| self.story(row)).collect();
            self.part(STORIES, "more are not told here", stories);
        }
        if !odd.is_empty() {
            let _ = write!(self.text, "<details><summary>Warnings: {}</summary>\n\n", odd.len());
            self.part(
                PROBLEMS,
                "more warnings are not listed",
                odd.iter().map(|p| self.problem(p)).collect(),
            );
            self.text.push_str("</details>\n\n");
        }
        if !outcome.learned.is_empty() {
            self.text.push_str("### Own accounts, as the code shows\n\n");
            let facts = outcome.learned.iter().map(|fact| {
                let at = at(self.sources, fact.span.file, fact.span.start);
                format!("- {}: {} at {}\n", code(&fact.account), words(&fact.source), code(&at))
            });
            let facts = facts.collect();
            self.part(LEARNED, "more accounts are not listed", facts);
        }
    }

    /// As many of the blocks as `most` bytes hold, and how many there are more.
    fn part(&mut self, most: usize, more: &str, blocks: Vec<String>) {
        let end = self.text.len() + most;
        let mut left = blocks.len();
        for block in &blocks {
            if self.text.len() + block.len() > end {
                break;
            }
            self.text.push_str(block);
            left -= 1;
        }
        self.text.push('\n');
        if left > 0 {
            let _ = write!(
                self.text,
                "**{left} {more}: the report is cut, the JSON report has everything.**\n\n"
            );
        }
    }

    fn problem(&self, problem: &Problem) -> String {
        let (path, position) = place(problem, self.sources);
        let place = match position {
            Some(position) => self.link(&path, position.line),
            None => code(&path),
        };
        format!("- {place}: {}\n", words(&problem.message))
    }

    /// A line of the table.
    fn row(&self, row: &Row<'_>) -> String {
        let Row { first, others, message } = row;
        let (role, place) = if others.is_empty() {
            let more = match first.instances.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            (format!("{}{more}", code(&first.role.address)), self.place(first))
        } else {
            (
                format!("{} roles", others.len() + 1),
                format!("{} and {} more", self.place(first), others.len()),
            )
        };
        let rule = first.rule.id;
        format!("| {} | `{rule}` | {} | {role} | {place} |\n", certainty(first), words(message))
    }

    /// What there is to know about a finding, folded.
    fn story(&self, row: &Row<'_>) -> String {
        let first = row.first;
        let about = if row.others.is_empty() {
            let place = at(self.sources, first.location.file, first.location.start);
            format!("{} at {}", html_code(&first.role.address), html_code(&place))
        } else {
            format!("{} in {} roles", html_code(&service(first, self.sources)), row.others.len() + 1)
        };
        let rule = first.rule.id;
        let mut out =
            format!("<details><summary>{}: <code>{rule}</code>: {about}</summary>\n\n", certainty(first));
        let _ = writeln!(out, "- what: {}", words(&row.message));
        if let Some(witness) = first.witness() {
            let _ = writeln!(out, "- attack: {}", words(witness.story()));
        }
        if let Some(change) = first.change() {
            let _ = writeln!(out, "- change: {change}");
        }
        if !first.advice.is_empty() {
            let _ = writeln!(out, "- fix: {}", words(&first.advice));
        }
        for unknown in first.unknowns.iter().take(LISTED) {
            let _ = writeln!(out, "- unknown: {}", words(&format!("`{}` {}", unknown.what, unknown.why)));
        }
        for related in first.related.iter().take(LISTED) {
            let line = self.sources.position(related.span.file, related.span.start).line;
            let place = self.link(&self.sources.path(related.span.file), line);
            let _ = writeln!(out, "- see: {place}: {}", words(&related.message));
        }
        for instance in first.instances.iter().take(LISTED) {
            let _ = writeln!(out, "- also: {}", code(instance));
        }
        if !row.others.is_empty() {
            for finding in std::iter::once(&first).chain(&row.others) {
                let _ = writeln!(out, "- role: {} at {}", code(&finding.role.address), self.place(finding));
            }
        }
        out.push_str("\n</details>\n\n");
        out
    }

    fn place(&self, finding: &Finding) -> String {
        let span = finding.location;
        self.link(&self.sources.path(span.file), self.sources.position(span.file, span.start).line)
    }

    /// A place in a file; a link if the file is one of the repository.
    fn link(&self, path: &str, line: u32) -> String {
        let shown = code(&format!("{path}:{line}"));
        let outside = path.is_empty() || path == "-" || path.starts_with('/') || path.starts_with("..");
        if outside { shown } else { format!("[{shown}]({}{}#L{line})", self.base, encode_path(path)) }
    }
}

fn certainty(finding: &Finding) -> String {
    let possible = if finding.proved() { "" } else { " (possible)" };
    let severity: Severity = finding.rule.severity;
    format!("{}{possible}", severity.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{FACT, finding, rule, sources, span};
    use model::{Place, ZoneFact};

    fn rendered(outcome: &Outcome, sources: &SourceMap, base: &str) -> String {
        let mut out = Vec::new();
        render(outcome, sources, base, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_page_is_a_table_and_folded_stories() {
        let sources = sources(&[("a b.tf", "x\nneedle")]);
        let at = span(&sources, "a b.tf", "needle");
        let mut outcome = Outcome::default();
        outcome.report.findings = vec![finding(rule("some-rule", Severity::High), FACT, at)];
        outcome.report.problems = vec![
            Problem::relevant(Place::Path("no/such".into()), "does not exist"),
            Problem::warning(at, "odd"),
        ];
        let account = "111122223333".into();
        outcome.learned = vec![ZoneFact { account, source: "provider `aws`".into(), span: at }];
        let expected = "\
## trustproof

0 files, 0 roles, 0 statements: 1 proved (1 high), 0 possible, 0 undetermined, 0 suppressed, 1 unread

### Not read

Roles may have been missed here, so this run is not green.

- `no/such`: does not exist

### Findings

| severity | rule | who can do what | role | place |
|---|---|---|---|---|
| high | `some-rule` | message of some-rule | `aws_iam_role.r` | [`a b.tf:2`](https://host/c/a%20b.tf#L2) |

<details><summary>high: <code>some-rule</code>: <code>aws_iam_role.r</code> at <code>a b.tf:2:1</code></summary>

- what: message of some-rule
- fix: do better

</details>


<details><summary>Warnings: 1</summary>

- [`a b.tf:2`](https://host/c/a%20b.tf#L2): odd

</details>

### Own accounts, as the code shows

- `111122223333`: provider `aws` at `a b.tf:2:1`

";
        assert_eq!(rendered(&outcome, &sources, "https://host/c/"), expected);
    }

    #[test]
    fn what_a_change_brings_in_is_said() {
        let sources = sources(&[("a.tf", "needle")]);
        let of = |introduced| {
            let at = span(&sources, "a.tf", "needle");
            let mut outcome = Outcome::default();
            let finding = Finding { introduced, ..finding(rule("r", Severity::High), FACT, at) };
            outcome.report.findings = vec![finding];
            rendered(&outcome, &sources, "")
        };
        assert!(of(Some(true)).contains("\n- change: this plan brings it in\n"));
        assert!(of(Some(false)).contains("\n- change: it was there before\n"));
        assert!(!of(None).contains("change"));
    }

    #[test]
    fn a_page_that_would_be_too_long_says_what_it_leaves_out() {
        let sources = sources(&[("a.tf", "needle")]);
        let at = span(&sources, "a.tf", "needle");
        let some = rule("some-rule", Severity::High);
        let total = 9_000;
        let mut outcome = Outcome::default();
        let problem = |number: usize| Problem::relevant(Place::Path(number.to_string().into()), "is `odd`");
        outcome.report.problems = (0..total).map(problem).collect();
        outcome.report.problems.extend((0..total).map(|_| Problem::warning(at, "odd")));
        let account =
            |number: usize| ZoneFact { account: number.to_string().into(), source: "x".into(), span: at };
        outcome.learned = (0..total).map(account).collect();
        outcome.report.findings = vec![finding(some, FACT, at); total];
        let page = rendered(&outcome, &sources, "");
        assert!(page.len() <= LIMIT && page.len() > LIMIT / 2, "{}", page.len());
        let beginning = |mark: &str| page.lines().filter(|line| line.starts_with(mark)).count();
        let left = |words: &str| {
            let (before, _) = page.split_once(words).unwrap();
            before.rsplit("**").next().unwrap().trim().parse::<usize>().unwrap()
        };
        assert_eq!(beginning("| high ") + left("more are not in this table"), total);
        assert_eq!(beginning("<details><summary>high") + left("more are not told here"), total);
        let listed =
            page.lines().filter(|line| line.starts_with("- `") && line.ends_with("is `odd`")).count();
        assert_eq!(listed + left("more could not be read"), total);
        assert_eq!(beginning("<details>"), beginning("</details>"));
        assert!(left("more warnings are not listed") > 0 && left("more accounts are not listed") > 0);
    }
}
