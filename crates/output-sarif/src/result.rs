//! Findings as results.
//!
//! Code scanning shows one alert for all results of one rule on one line, so these are one result that says
//! everything each of them had to say.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{FileId, SourceMap};
use rules::{Finding, Meta, Report};
use serde_json::json;
use serde_sarif::sarif::{
    CodeFlow, Location, LogicalLocation, PropertyBag, Result as SarifResult, ResultLevel, ThreadFlow,
    ThreadFlowLocation,
};

use crate::descriptor::level;
use crate::line_hash::line_hashes;
use crate::place::{location, one_line, said};
use crate::text::{link, message, sentence, tame};

/// The name of our fingerprint; a new way to compute it would be `/v2`.
const FINGERPRINT: &str = "trustproof/v1";
/// The name of GitHub's.
const LINE_HASH: &str = "primaryLocationLineHash";
/// Related places, roles and code flows of one result; code scanning takes 1,000 places of a result and shows 100.
const MOST: usize = 100;
/// Paragraphs of one message. A plan may be one line, with all of its findings on it; code scanning takes 10 MB in all.
const PARAGRAPHS: usize = 400;

/// The findings of one rule on one line, the surest first; at least one.
#[derive(Debug)]
pub(crate) struct Together<'a> {
    first: &'a Finding,
    others: Vec<&'a Finding>,
    line: u32,
}

/// What is reported, brought together, worst first.
pub(crate) fn together<'a>(report: &'a Report, sources: &SourceMap) -> Vec<Together<'a>> {
    let mut groups: BTreeMap<(String, u32, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in report.reported() {
        let line = one_line(finding.location, sources).start.line;
        let place = (sources.path(finding.location.file), line, finding.rule.id);
        groups.entry(place).or_default().push(finding);
    }
    let mut out: Vec<Together<'_>> = groups
        .into_iter()
        .filter_map(|((_, line, _), mut findings)| {
            findings.sort_by_key(|finding| !finding.proved());
            let (first, others) = findings.split_first()?;
            Some(Together { first, others: others.to_vec(), line })
        })
        .collect();
    // Stable: what is equally bad stays in the order of places.
    out.sort_by_key(|group| Reverse((group.first.rule.severity, group.first.proved())));
    out
}

/// The results of these groups.
pub(crate) fn results(groups: &[Together<'_>], sources: &SourceMap, rules: &[&Meta]) -> Vec<SarifResult> {
    let mut lines: BTreeMap<FileId, BTreeSet<u32>> = BTreeMap::new();
    for group in groups {
        lines.entry(group.first.location.file).or_default().insert(group.line);
    }
    let hashes: HashMap<FileId, BTreeMap<u32, String>> = lines
        .into_iter()
        .filter_map(|(file, lines)| Some((file, line_hashes(&sources.whole(file)?, &lines))))
        .collect();
    groups
        .iter()
        .map(|group| {
            let of_file = hashes.get(&group.first.location.file);
            group.result(sources, rules, of_file.and_then(|lines| lines.get(&group.line)))
        })
        .collect()
}

impl<'a> Together<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Finding> + use<'a, '_> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    fn result(&self, sources: &SourceMap, rules: &[&Meta], line_hash: Option<&String>) -> SarifResult {
        let first = self.first;
        let (certainty, level) = if first.proved() {
            ("proved", level(first.rule.severity))
        } else {
            ("possible", ResultLevel::Note)
        };
        let mut place = location(first.location, sources);
        place.logical_locations = Some(self.roles());
        let mut text = Text::default();
        self.all().for_each(|finding| text.add(finding, sources));
        let mut fingerprints = BTreeMap::from([(FINGERPRINT.to_owned(), first.fingerprint.clone())]);
        fingerprints.extend(line_hash.map(|hash| (LINE_HASH.to_owned(), hash.clone())));
        let mut properties = BTreeMap::from([("certainty".to_owned(), json!(certainty))]);
        if !self.others.is_empty() {
            let all: Vec<&str> = self.all().map(|f| f.fingerprint.as_str()).collect();
            properties.insert("fingerprints".to_owned(), json!(all));
        }
        if let Some(introduced) = self.introduced() {
            properties.insert("introduced".to_owned(), json!(introduced));
        }
        let flows: Vec<CodeFlow> = self.all().filter_map(|f| flow(f, sources)).take(MOST).collect();
        let mut out = SarifResult::builder()
            .rule_id(first.rule.id)
            .level(level)
            .message(serde_sarif::sarif::Message::builder().text(text.said()).build())
            .locations(vec![place])
            .partial_fingerprints(fingerprints)
            .properties(PropertyBag::builder().additional_properties(properties).build())
            .build();
        out.rule_index =
            rules.iter().position(|meta| meta.id == first.rule.id).and_then(|i| i64::try_from(i).ok());
        out.related_locations = (!text.related.is_empty()).then_some(text.related);
        out.code_flows = (!flows.is_empty()).then_some(flows);
        out
    }

    /// Whether the change that was read brings any of them in. A property of ours: the standard's `baselineState`
    /// compares with an earlier run, which a plan is not.
    fn introduced(&self) -> Option<bool> {
        self.all().filter_map(|finding| finding.introduced).reduce(|any, one| any || one)
    }

    /// The roles, and the other instances of their blocks.
    fn roles(&self) -> Vec<LogicalLocation> {
        let mut seen = BTreeSet::new();
        let mut out = Vec::new();
        for finding in self.all() {
            let role = &finding.role;
            let named = std::iter::once((&role.address, role.name.clone()));
            let instances = finding.instances.iter().map(|address| (address, None));
            for (address, name) in named.chain(instances) {
                if out.len() < MOST && seen.insert(address) {
                    let mut logical =
                        LogicalLocation::builder().fully_qualified_name(address).kind("resource").build();
                    logical.name = name;
                    out.push(logical);
                }
            }
        }
        out
    }
}

/// The message of a result, and the places that it links to.
#[derive(Default)]
struct Text {
    paragraphs: Vec<String>,
    /// Everything that was said, shown or not.
    said: HashSet<String>,
    related: Vec<Location>,
}

impl Text {
    /// Who can do what to which role, how, what to do, what is not known.
    fn add(&mut self, finding: &Finding, sources: &SourceMap) {
        let possible = if finding.proved() { "" } else { "possible: " };
        // In the same paragraph: of several findings, each is told apart.
        let change = finding.change().map(|change| format!(" Change: {}", sentence(change)));
        self.say(format!("{possible}{}{}", sentence(&finding.message), change.unwrap_or_default()));
        let others = match finding.instances.len() {
            0 => String::new(),
            1 => " (and 1 more instance)".to_owned(),
            more => format!(" (and {more} more instances)"),
        };
        self.say(format!("Role: {}{others}.", tame(&finding.role.address)));
        if let Some(witness) = finding.witness() {
            self.say(format!("Attack: {}", sentence(witness.story())));
        }
        if !finding.advice.is_empty() {
            self.say(format!("Fix: {}", sentence(&finding.advice)));
        }
        for unknown in &finding.unknowns {
            self.say(format!("Unknown: {}", sentence(&format!("{} {}", unknown.what, unknown.why))));
        }
        for related in finding.related.iter().take(MOST.saturating_sub(self.related.len())) {
            let mut place = said(related.span, &related.message, sources);
            if self.related.iter().any(|known| same(known, &place)) {
                continue;
            }
            let id = self.related.len() + 1;
            place.id = i64::try_from(id).ok();
            self.related.push(place);
            self.say(format!("See: {}.", link(&related.message, id)));
        }
    }

    /// Says something once.
    fn say(&mut self, paragraph: String) {
        if self.said.insert(paragraph.clone()) && self.paragraphs.len() < PARAGRAPHS {
            self.paragraphs.push(paragraph);
        }
    }

    fn said(&self) -> String {
        let mut text = self.paragraphs.join("\n\n");
        let more = self.said.len() - self.paragraphs.len();
        if more > 0 {
            text.push_str(&format!(
                "\n\nThere is more like this: {more} paragraphs, which the JSON report has."
            ));
        }
        text
    }
}

/// Whether two places and what is said of them are the same, whatever their numbers.
fn same(known: &Location, place: &Location) -> bool {
    known.physical_location == place.physical_location && known.message == place.message
}

/// The request of the witness on its way through the policy.
fn flow(finding: &Finding, sources: &SourceMap) -> Option<CodeFlow> {
    let story = finding.witness()?.story();
    let steps: Vec<ThreadFlowLocation> = finding
        .steps
        .iter()
        .zip(1..)
        .map(|(step, order)| {
            ThreadFlowLocation::builder()
                .location(said(step.span, &step.message, sources))
                .execution_order(order)
                .importance(json!("essential"))
                .build()
        })
        .collect();
    if steps.is_empty() {
        return None;
    }
    let thread = ThreadFlow::builder().locations(steps).build();
    Some(CodeFlow::builder().message(message(story)).thread_flows(vec![thread]).build())
}
