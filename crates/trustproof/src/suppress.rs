//! Findings that somebody decided to keep: in a comment, in metadata, in the configuration.
//!
//! A suppression that does nothing is told, since it is either a slip or a leftover; none of that changes the exit
//! status. Deliberately not here: where directives stand in a format (inputs), the baseline.
#![allow(clippy::disallowed_methods, reason = "a suppression ends on a day, so today matters")]

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::{Directive, DirectiveKind, Problem, SourceMap, Span};
use rules::{Finding, RULES, Report, SuppressedBy, Suppression};

use crate::config::{Configuration, Ignore, Layer, NAME};
use crate::similar::similar;

/// Marks the findings that are suppressed, and tells which suppressions do nothing and why.
pub(crate) fn apply(
    report: &mut Report,
    directives: &[Directive],
    configuration: &Configuration,
    sources: &SourceMap,
) {
    let wishes = directives.iter().map(Wish::Directive);
    let entries = configuration.layers().flat_map(|layer| layer.ignores.iter().map(move |i| (layer, i)));
    let wishes: Vec<Wish<'_>> = wishes.chain(entries.map(|(layer, i)| Wish::Entry(layer, i))).collect();
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut problems = Vec::new();
    for wish in &wishes {
        problems.extend(wish.unknown_rules());
        let fitting: Vec<&mut Finding> =
            report.findings.iter_mut().filter(|finding| wish.fits(finding, sources)).collect();
        match wish.refused(today, configuration.require_reason()) {
            Some(why) if !fitting.is_empty() => problems.push(Problem::warning(wish.span(), why)),
            None if !fitting.is_empty() => {
                let free = fitting.into_iter().filter(|finding| finding.suppressed.is_none());
                free.for_each(|finding| finding.suppressed = Some(wish.suppression()));
            }
            _ => problems.extend(wish.idle(configuration)),
        }
    }
    report.problems.append(&mut problems);
}

/// Something that asks for findings to be suppressed.
enum Wish<'a> {
    /// In the files that are scanned.
    Directive(&'a Directive),
    /// In a configuration.
    Entry(&'a Layer, &'a Ignore),
}

impl Wish<'_> {
    fn span(&self) -> Span {
        match self {
            Wish::Directive(directive) => directive.span,
            Wish::Entry(_, ignore) => ignore.span,
        }
    }

    fn reason(&self) -> &str {
        match self {
            Wish::Directive(directive) => &directive.reason,
            Wish::Entry(_, ignore) => &ignore.shape.reason,
        }
    }

    fn until(&self) -> Option<String> {
        match self {
            Wish::Directive(directive) => directive.until.as_ref().map(|until| until.value.to_string()),
            Wish::Entry(_, ignore) => ignore.shape.until.as_ref().map(ToString::to_string),
        }
    }

    /// Whether it is about a finding.
    fn fits(&self, finding: &Finding, sources: &SourceMap) -> bool {
        match self {
            Wish::Directive(directive) => {
                let named = directive.rules.iter().any(|rule| *rule.value == *finding.rule.id);
                let places = std::iter::once(&finding.location).chain(&finding.role.places);
                named && places.into_iter().any(|place| directive.scope.contains(*place))
            }
            Wish::Entry(layer, ignore) => {
                layer.ignores(ignore, finding, &sources.path(finding.location.file))
            }
        }
    }

    /// Why it suppresses nothing although it is about something.
    fn refused(&self, today: Date, require_reason: bool) -> Option<String> {
        if require_reason && self.reason().trim().is_empty() {
            return Some(
                "this suppression suppresses nothing: it gives no reason, and one is required".to_owned(),
            );
        }
        let until = self.until()?;
        match until.parse::<Date>() {
            Ok(day) if day >= today => None,
            Ok(_) => Some(format!("this suppression ended on {until}; its findings count again")),
            Err(_) => Some(format!(
                "this suppression suppresses nothing: `{until}` is no day; write it as 2027-03-31"
            )),
        }
    }

    fn suppression(&self) -> Suppression {
        let by = match self {
            Wish::Directive(Directive { by: DirectiveKind::Comment, .. }) => SuppressedBy::Comment,
            Wish::Directive(Directive { by: DirectiveKind::Metadata, .. }) => SuppressedBy::Metadata,
            Wish::Entry(..) => SuppressedBy::Config,
        };
        Suppression { by, reason: self.reason().to_owned(), until: self.until() }
    }

    /// The names that are no rule's; those of a configuration are checked when it is read.
    fn unknown_rules(&self) -> Vec<Problem> {
        let Wish::Directive(directive) = self else { return Vec::new() };
        let ids = || RULES.iter().map(|rule| rule.meta.id);
        let meant = |id: &str| match similar(id, ids()) {
            Some(meant) => format!("; did you mean `{meant}`?"),
            None => "; `trustproof explain` lists the rules".to_owned(),
        };
        let tell = |id: &str| format!("`{id}` is no rule, so nothing is suppressed{}", meant(id));
        let unknown = directive.rules.iter().filter(|rule| !known(&rule.value));
        unknown.map(|rule| Problem::warning(rule.span, tell(&rule.value))).collect()
    }

    /// What to say if it is about no finding.
    fn idle(&self, configuration: &Configuration) -> Option<Problem> {
        match self {
            Wish::Directive(directive) => {
                // A name that is no rule is told by itself.
                if directive.rules.iter().any(|rule| !known(&rule.value)) {
                    return None;
                }
                Some(Problem::warning(directive.span, "this suppression matches no finding; take it out"))
            }
            // What it is about may lie outside of what was scanned.
            Wish::Entry(layer, _) if !configuration.scanned(&layer.directory) => None,
            Wish::Entry(_, ignore) => {
                let message = format!("this entry of `{NAME}` matches no finding; take it out");
                Some(Problem::warning(ignore.span, message))
            }
        }
    }
}

fn known(id: &str) -> bool {
    RULES.iter().any(|rule| rule.meta.id == id)
}
