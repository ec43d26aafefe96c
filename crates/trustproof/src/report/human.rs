//! The report for people: short and calm; each finding is a place, an attack that can be checked, and what to do.
//!
//! Worst first, grouped by file; services, of which a repository has many, in one line each. Plain words carry the
//! meaning, colour only repeats it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use model::SourceMap;
use rules::{Finding, Severity};

use super::excerpt::Excerpt;
use super::frame::Frames;
use super::plain::{plain, wrap};
use super::{Outcome, WIDTH, at, badness, group, problem_line, service, summary_line};

/// Where the text of a field begins.
const FIELD: usize = 11;
/// How many places a grouped line names.
const PLACES: usize = 3;

/// Writes the report.
pub(crate) fn render(
    outcome: &Outcome,
    sources: &SourceMap,
    color: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { sources, color, frames: Frames::new(color), out };
    let (grouped, single): (Vec<&Finding>, Vec<&Finding>) =
        outcome.report.reported().partition(|f| group(f).is_some());
    for finding in by_file(single, sources) {
        page.finding(finding)?;
    }
    page.services(&grouped)?;
    for problem in &outcome.report.problems {
        let word = if problem.relevant { "unread" } else { "warning" };
        let style = page.style(if problem.relevant { Severity::High } else { Severity::Low });
        writeln!(page.out, "{style}{word}{style:#}: {}", problem_line(problem, sources))?;
    }
    for fact in &outcome.learned {
        let at = at(sources, fact.span.file, fact.span.start);
        let line = format!("own account {}: {} ({at})", fact.account, fact.source);
        writeln!(page.out, "{}", plain(&line))?;
    }
    if !outcome.report.problems.is_empty() || !outcome.learned.is_empty() {
        writeln!(page.out)?;
    }
    writeln!(page.out, "{}", summary_line(&outcome.report))
}

/// Files by their worst finding, and in each file the worst first.
fn by_file<'a>(mut findings: Vec<&'a Finding>, sources: &SourceMap) -> Vec<&'a Finding> {
    let mut worst = BTreeMap::new();
    for finding in &findings {
        let file = worst.entry(finding.location.file).or_insert_with(|| badness(finding));
        *file = badness(finding).min(*file);
    }
    // Stable: findings that are equally bad stay in the order of their places.
    findings.sort_by_cached_key(|finding| {
        let file = finding.location.file;
        (worst.get(&file).copied(), sources.path(file), badness(finding))
    });
    findings
}

struct Page<'a> {
    sources: &'a SourceMap,
    color: bool,
    frames: Frames,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn style(&self, severity: Severity) -> Style {
        if !self.color {
            return Style::new();
        }
        let color = match severity {
            Severity::Critical | Severity::High => AnsiColor::Red,
            Severity::Medium => AnsiColor::Yellow,
            Severity::Low => AnsiColor::Cyan,
            Severity::Info => AnsiColor::Blue,
        };
        Style::new().bold().fg_color(Some(color.into()))
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.header(finding, &finding.message)?;
        self.frame(finding)?;
        let others = match finding.instances.len() {
            0 => String::new(),
            1 => "  (and 1 more instance)".to_owned(),
            more => format!("  (and {more} more instances)"),
        };
        writeln!(self.out, "  role     {}{others}", plain(&finding.role.address))?;
        if let Some(witness) = finding.witness() {
            self.field("attack", witness.story())?;
        }
        if let Some(change) = finding.change() {
            self.field("change", change)?;
        }
        self.field("fix", &finding.advice)?;
        for unknown in &finding.unknowns {
            let at = unknown.span.map(|s| format!(" ({})", at(self.sources, s.file, s.start)));
            self.field("unknown", &format!("{} {}{}", unknown.what, unknown.why, at.unwrap_or_default()))?;
        }
        for related in &finding.related {
            let at = at(self.sources, related.span.file, related.span.start);
            self.field("see", &format!("{at}: {}", related.message))?;
        }
        writeln!(self.out)
    }

    /// `high: who can do what  [rule]`.
    fn header(&mut self, finding: &Finding, message: &str) -> io::Result<()> {
        let severity = finding.rule.severity;
        let style = self.style(severity);
        let possible = if finding.proved() { "" } else { " (possible)" };
        let text = format!("{}{possible}: {} [{}]", severity.name(), plain(message), finding.rule.id);
        let mut lines = wrap(&text, WIDTH).into_iter();
        let first = lines.next().unwrap_or_default();
        let rest = first.strip_prefix(severity.name()).unwrap_or(&first);
        writeln!(self.out, "{style}{}{style:#}{rest}", severity.name())?;
        for line in lines {
            writeln!(self.out, "  {line}")?;
        }
        Ok(())
    }

    /// The place, drawn.
    fn frame(&mut self, finding: &Finding) -> io::Result<()> {
        let Some(excerpt) = Excerpt::new(self.sources, finding.location) else {
            let at = at(self.sources, finding.location.file, finding.location.start);
            return self.field("at", &at);
        };
        let frame = self.frames.draw(excerpt, &finding.label)?;
        self.out.write_all(frame.as_bytes())
    }

    /// A named paragraph under a finding.
    fn field(&mut self, name: &str, text: &str) -> io::Result<()> {
        let mut name = name;
        for line in wrap(&plain(text), WIDTH - FIELD) {
            writeln!(self.out, "  {name:<width$}{line}", width = FIELD - 2)?;
            name = "";
        }
        Ok(())
    }

    /// One paragraph a service.
    fn services(&mut self, findings: &[&Finding]) -> io::Result<()> {
        let mut groups: BTreeMap<_, Vec<&Finding>> = BTreeMap::new();
        for finding in findings {
            groups
                .entry((badness(finding), finding.rule.id, service(finding, self.sources)))
                .or_default()
                .push(finding);
        }
        for ((_, _, service), findings) in &groups {
            let Some(first) = findings.first() else { continue };
            let roles = findings.len();
            let plural = if roles == 1 { "" } else { "s" };
            self.header(first, &format!("{service} in {roles} role{plural}: {}", first.rule.title))?;
            let mut places: Vec<String> = findings
                .iter()
                .take(PLACES)
                .map(|f| at(self.sources, f.location.file, f.location.start))
                .collect();
            if roles > PLACES {
                places.push(format!("and {} more", roles - PLACES));
            }
            self.field("at", &places.join(", "))?;
            if let Some(witness) = first.witness() {
                self.field("attack", witness.story())?;
            }
            self.field("fix", &first.advice)?;
            writeln!(self.out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{FACT, finding, rule, sources, span};
    use model::{Cause, FileId, Place, Problem, Unknown, ZoneFact};
    use rules::{Certainty, Related, Report};

    fn rendered(outcome: &Outcome, sources: &SourceMap, color: bool) -> String {
        let mut out = Vec::new();
        render(outcome, sources, color, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn report(findings: Vec<Finding>) -> Outcome {
        Outcome { report: Report { findings, ..Report::default() }, ..Outcome::default() }
    }

    #[test]
    fn a_finding_is_a_place_a_role_and_what_to_do() {
        let sources = sources(&[("infra/a.tf", "one\ntwo = \"x\"\nthree\n"), ("b.tf", "y")]);
        let mut found = finding(rule("some-rule", Severity::High), FACT, span(&sources, "infra/a.tf", "x"));
        found.instances = vec!["aws_iam_role.r[1]".to_owned()];
        found.unknowns = vec![Unknown::new("var.x", Cause::NoValue, Some(span(&sources, "b.tf", "y")))];
        found.related =
            vec![Related { span: span(&sources, "b.tf", "y"), message: "defined here".to_owned() }];
        let expected = "\
high: message of some-rule [some-rule]
   ╭─[infra/a.tf:2:8]
 1 │ one
 2 │ two = \"x\"
   ·        ┬
   ·        ╰── here
 3 │ three
   ╰────
  role     aws_iam_role.r  (and 1 more instance)
  fix      do better
  unknown  var.x has no default and no value is given (b.tf:1:1)
  see      b.tf:1:1: defined here

0 files, 0 roles, 0 statements: 1 proved (1 high), 0 possible, 0 undetermined, 0 suppressed, 0 unread
";
        assert_eq!(rendered(&report(vec![found]), &sources, false), expected);
    }

    #[test]
    fn the_worst_comes_first_and_files_stay_together() {
        let sources = sources(&[("a.tf", "a1 a2"), ("b.tf", "b1 b2")]);
        let (low, high) = (rule("low", Severity::Low), rule("high", Severity::High));
        let findings = vec![
            finding(low, FACT, span(&sources, "a.tf", "a1")),
            finding(high, Certainty::Possible, span(&sources, "a.tf", "a2")),
            finding(low, FACT, span(&sources, "b.tf", "b1")),
            finding(high, FACT, span(&sources, "b.tf", "b2")),
        ];
        let text = rendered(&report(findings), &sources, false);
        let headers: Vec<&str> = text.lines().filter(|l| l.contains("message of")).collect();
        assert_eq!(
            headers,
            [
                "high: message of high [high]",
                "low: message of low [low]",
                "high (possible): message of high [high]",
                "low: message of low [low]",
            ]
        );
    }

    #[test]
    fn services_take_one_paragraph_each() {
        let text: String = (0..5).map(|i| format!("sns.amazonaws.com{i}\n")).collect();
        let sources = sources(&[("a.tf", &text)]);
        let service = rule("unguarded-service", Severity::Medium);
        let mut findings = Vec::new();
        for i in 0..5 {
            let mut place = span(&sources, "a.tf", &format!("sns.amazonaws.com{i}"));
            place.end -= 1;
            findings.push(finding(service, Certainty::Possible, place));
        }
        let expected = "\
medium (possible): sns.amazonaws.com in 5 roles: what the rule says
  [unguarded-service]
  at       a.tf:1:1, a.tf:2:1, a.tf:3:1, and 2 more
  fix      do better
";
        assert!(rendered(&report(findings), &sources, false).starts_with(expected));
    }

    #[test]
    fn problems_and_learned_accounts_are_listed() {
        let sources = sources(&[("a.tf", "x\ny")]);
        let file: FileId = sources.open("a.tf").unwrap();
        let mut outcome = report(Vec::new());
        outcome.report.problems = vec![
            Problem::relevant(Place::Path("no/such".into()), "does not exist"),
            Problem::relevant(Place::File(file), "is UTF-16"),
            Problem::warning(span(&sources, "a.tf", "y"), "odd"),
        ];
        outcome.learned = vec![ZoneFact {
            account: "111122223333".into(),
            source: "`allowed_account_ids` of provider `aws`".into(),
            span: span(&sources, "a.tf", "y"),
        }];
        let expected = "\
unread: no/such: does not exist
unread: a.tf: is UTF-16
warning: a.tf:2:1: odd
own account 111122223333: `allowed_account_ids` of provider `aws` (a.tf:2:1)

0 files, 0 roles, 0 statements: 0 proved, 0 possible, 0 undetermined, 0 suppressed, 2 unread
";
        assert_eq!(rendered(&outcome, &sources, false), expected);
    }

    #[test]
    fn no_text_from_outside_reaches_the_terminal_as_a_command() {
        let sources = sources(&[("a\u{1b}[2J.tf", "x\u{1b}]0;t\u{7} y\u{9b}31m")]);
        let mut found =
            finding(rule("r", Severity::Low), FACT, span(&sources, "a\u{1b}[2J.tf", "\u{1b}]0;t\u{7}"));
        found.role.address = "r\u{1b}[1m".to_owned();
        found.message = "m\u{1b}[1m".to_owned();
        found.label = "l\u{1b}[1m".to_owned();
        found.advice = "a\u{1b}[1m".to_owned();
        found.related = vec![Related { span: found.location, message: "\u{1b}[1m".to_owned() }];
        let mut outcome = report(vec![found]);
        outcome.report.problems = vec![Problem::relevant(Place::Path("p\u{1b}[1m".into()), "q\u{1b}[1m")];
        let text = rendered(&outcome, &sources, false);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        // With colour, the only escapes are the report's own.
        let colored = rendered(&outcome, &sources, true);
        let styled = |c: &str| c.starts_with('[') && c.find('m').is_some_and(|end| end <= 12);
        assert!(colored.split('\u{1b}').skip(1).all(styled), "{colored:?}");
        assert!(!colored.contains("\u{1b}[1mq") && !colored.contains('\u{7}'));
    }
}
