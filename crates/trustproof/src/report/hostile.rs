//! Names, messages and paths that try to be more than text, in every form of the report.
//!
//! What each reader would make of the report is read back with a parser of that format: nothing from outside may
//! have become structure.

use model::{Cause, Place, Problem, SourceMap, Unknown, ZoneFact};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};
use rules::{Certainty, Finding, Meta, Related, Report, Severity, SuppressedBy, Suppression};
use serde_json::Value;

use super::tests::{FACT, finding, rule, sources, span};
use super::{Outcome, github, gitlab, human, json, junit, markdown};

/// What has a meaning to one reader or another.
const PIECES: &[&str] = &[
    "::error file=x::",
    "::stop-commands::t",
    "##[error]",
    "##",
    "[",
    "](1)",
    "[x](https://evil.example)",
    "![x](https://evil.example/i.png)",
    "<img src=x onerror=y>",
    "</details>",
    "<!--",
    "-->",
    "<a@b.c>",
    "https://evil.example/",
    "www.evil.example",
    "@admin",
    "a@evil.example",
    "#1",
    "|",
    "\\|",
    "\\",
    "`",
    "```",
    "``",
    "*x*",
    "__x__",
    "~~x~~",
    "$x$",
    "&lt;",
    "&#64;",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "    ",
    " ",
    "- ",
    "# ",
    "> ",
    "1. ",
    "===",
    "---",
    "]]>",
    "<![CDATA[",
    "\"",
    "'",
    "{0}",
    "%0A",
    "%",
    ",",
    ":",
    "\u{1b}[31m",
    "\u{7}",
    "\u{0}",
    "\u{9b}",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{ffff}",
    "word",
    "ä",
    "\u{1f600}",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// What stands in a finding, a problem and a file.
#[derive(Clone, Debug)]
struct Words {
    path: String,
    address: String,
    message: String,
    other: String,
}

fn words() -> impl Strategy<Value = Words> {
    (text(), text(), text(), text()).prop_map(|(path, address, message, other)| Words {
        path,
        address,
        message,
        other,
    })
}

const GROUPED: &str = "unguarded-service";

fn rules() -> [&'static Meta; 3] {
    [rule("first", Severity::Critical), rule(GROUPED, Severity::Medium), rule("third", Severity::Info)]
}

/// A report in which everything that can be from outside is.
fn outcome(words: &[Words], rules: &[&'static Meta]) -> (Outcome, SourceMap) {
    let name = |index: usize, words: &Words| format!("{index}{}", words.path);
    let files: Vec<(String, String)> = words
        .iter()
        .enumerate()
        .map(|(i, w)| (name(i, w), format!("{}\n{} needle {}\n{}", w.other, w.message, w.other, w.address)))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let sources = sources(&files);
    let mut outcome = Outcome::default();
    for ((index, words), (path, _)) in words.iter().enumerate().zip(&files) {
        let at = span(&sources, path, "needle");
        let certainty = if index % 2 == 0 { FACT } else { Certainty::Possible };
        let mut found = finding(rules[index % rules.len()], certainty, at);
        found.role.address = words.address.clone();
        found.message = words.message.clone();
        found.label = words.other.clone();
        found.advice = words.other.clone();
        found.fingerprint = format!("{index}");
        found.instances = vec![words.other.clone()];
        let why = Cause::Unresolved(words.message.clone().into());
        found.unknowns = vec![Unknown::new(words.other.clone(), why, Some(at))];
        found.related = vec![Related { span: at, message: words.message.clone() }];
        let mut silenced = found.clone();
        silenced.suppressed =
            Some(Suppression { by: SuppressedBy::Config, reason: words.other.clone(), until: None });
        outcome.report.findings.extend([found, silenced]);
        outcome.report.problems.extend([
            Problem::relevant(Place::Path(words.path.clone().into()), words.message.clone()),
            Problem::warning(at, words.other.clone()),
        ]);
        let source = words.message.clone().into();
        outcome.learned.push(ZoneFact { account: words.other.clone().into(), source, span: at });
    }
    (outcome, sources)
}

fn utf8(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    render(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A line of a job's log as the runner takes it (`ActionCommand` in its source): of the newer form if it begins with
/// `::`, of the older wherever `##[` stands.
fn command(line: &str) -> Option<Command<'_>> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (head, _) = rest.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let decoded = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
    };
    let properties = properties.split(',').filter_map(|property| property.split_once('='));
    let properties = properties.map(|(key, value)| (key, decoded(value))).collect();
    Some(Command { name, properties })
}

struct Command<'a> {
    name: &'a str,
    properties: Vec<(&'a str, String)>,
}

fn reported(report: &Report) -> Vec<&Finding> {
    report.reported().collect()
}

proptest! {
    #[test]
    fn the_terminal_obeys_nothing(words in proptest::collection::vec(words(), 1..4)) {
        let (outcome, sources) = outcome(&words, &rules());
        let page = utf8(|out| human::render(&outcome, &sources, false, out));
        prop_assert!(!page.chars().any(|c| super::plain::is_hostile(c) && c != '\n'), "{page:?}");
        for line in page.lines() {
            prop_assert!(command(line).is_none() && !line.contains("##["), "{line:?}");
        }
    }

    #[test]
    fn the_runner_takes_no_other_command(words in proptest::collection::vec(words(), 1..4)) {
        let (outcome, sources) = outcome(&words, &rules());
        let page = utf8(|out| github::render(&outcome.report, &sources, out));
        let expected = outcome.report.problems.len() + reported(&outcome.report).len();
        prop_assert_eq!(page.split(['\n', '\r']).filter(|line| !line.is_empty()).count(), expected.min(10));
        for line in page.lines() {
            let Command { name, properties } = command(line).unwrap();
            prop_assert!(matches!(name, "error" | "warning" | "notice"), "{}", line);
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            prop_assert!(properties.iter().all(|(key, _)| known.contains(key)), "{}", line);
            let title = properties.iter().find(|(key, _)| *key == "title").map(|(_, title)| title.as_str());
            let own = ["critical: first", "medium: unguarded-service", "info: third", "trustproof"];
            prop_assert!(own.iter().any(|own| title.unwrap().replace(" (possible)", "").starts_with(own)), "{}", line);
            prop_assert!(!line.contains("##["), "{}", line);
        }
    }

    #[test]
    fn markdown_has_no_structure_but_its_own(words in proptest::collection::vec(words(), 1..6)) {
        let (outcome, sources) = outcome(&words, &rules());
        let page = utf8(|out| markdown::render(&outcome, &sources, "", out));
        let (mut cells, mut rows, mut links, mut details) = (0, 0, 0, 0);
        for event in Parser::new_ext(&page, Options::all()) {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) => {
                    links += 1;
                    // Relative, below the base, with a line.
                    let (path, line) = dest_url.rsplit_once("#L").unwrap();
                    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b);
                    prop_assert!(path.bytes().all(plain) && line.parse::<u32>().is_ok(), "{dest_url}\n{page}");
                    prop_assert!(path.starts_with(|c: char| c.is_ascii_digit()), "{dest_url}");
                }
                Event::Start(Tag::TableRow) => rows += 1,
                Event::Start(Tag::TableCell) => cells += 1,
                Event::Html(html) => {
                    let html = html.trim();
                    let own = html.starts_with("<details><summary>") && html.ends_with("</summary>");
                    prop_assert!(own || html == "</details>", "{html}");
                    prop_assert_eq!(html.matches('<').count(), html.matches("<code>").count() * 2
                        + if own { 3 } else { 1 }, "{}", html);
                    details += usize::from(own);
                }
                Event::Text(text) => {
                    // What GitHub looks for after parsing: mentions, addresses, references.
                    prop_assert!(!text.contains(['@', '<', '>', '#', '/', '$', '`', '*', '_', '~']), "{text:?}");
                    prop_assert!(!text.contains("www.") && !text.contains('\u{1b}'), "{text:?}");
                }
                Event::Code(_) | Event::SoftBreak | Event::End(_) => {}
                Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::List(None) | Tag::Item | Tag::Strong
                    | Tag::Table(_) | Tag::TableHead | Tag::HtmlBlock) => {}
                other => prop_assert!(false, "{other:?} in\n{page}"),
            }
        }
        let grouped = reported(&outcome.report).iter().filter(|f| f.rule.id == GROUPED).count();
        let single = reported(&outcome.report).len() - grouped;
        prop_assert!(rows >= single && rows <= single + grouped, "{}", page);
        prop_assert_eq!(cells, (rows + 1) * 5, "{}", page);
        prop_assert_eq!(details, rows + 1, "{}", page);
        prop_assert!(links >= rows);
    }

    #[test]
    fn json_formats_say_what_was_said(words in proptest::collection::vec(words(), 1..4)) {
        let rules = rules();
        let (outcome, sources) = outcome(&words, &rules);
        let report = &outcome.report;
        let parse = |page: String| -> Value { serde_json::from_str(&page).unwrap() };

        let page = parse(utf8(|out| json::render(report, &sources, out)));
        for (shown, finding) in page["findings"].as_array().unwrap().iter().zip(&report.findings) {
            prop_assert_eq!(&shown["message"], &finding.message);
            prop_assert_eq!(&shown["role"]["address"], &finding.role.address);
            prop_assert_eq!(&shown["location"]["path"], &sources.path(finding.location.file));
        }

        let page = parse(utf8(|out| gitlab::render(report, &sources, out)));
        let issues = page.as_array().unwrap();
        let unread = report.problems.iter().filter(|p| p.relevant).count();
        prop_assert_eq!(issues.len(), unread + reported(report).len());
        let mut prints: Vec<&str> = issues.iter().map(|i| i["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        prop_assert_eq!(prints.len(), issues.len());

        let options = output_sarif::Options { rules: &rules, category: "trustproof" };
        let page = parse(utf8(|out| output_sarif::render(report, &sources, &options, out)));
        for result in page["runs"][0]["results"].as_array().unwrap() {
            let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
            let text = result["message"]["text"].as_str().unwrap();
            // Every link leads to a related place, and there is one for each.
            let links: Vec<&str> = text.split("](").skip(1).collect();
            prop_assert_eq!(links.len(), related, "{}", text);
            for link in links {
                let (id, _) = link.split_once(')').unwrap();
                prop_assert!(id.parse::<usize>().is_ok_and(|id| (1..=related).contains(&id)), "{}", text);
            }
            prop_assert!(!text.chars().any(|c| super::plain::is_hostile(c) && c != '\n'), "{text:?}");
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            prop_assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{}", uri);
        }
    }

    #[test]
    fn xml_has_no_structure_but_its_own(words in proptest::collection::vec(words(), 1..4)) {
        let (outcome, sources) = outcome(&words, &rules());
        let report = &outcome.report;
        let page = utf8(|out| junit::render(report, &sources, out));
        let document = roxmltree::Document::parse(&page).unwrap();
        let count = |name: &str| document.descendants().filter(|n| n.has_tag_name(name)).count();
        // Each finding here has one other instance, which fails too.
        prop_assert_eq!(count("failure"), reported(report).len() * 2);
        prop_assert_eq!(count("error"), report.problems.iter().filter(|p| p.relevant).count());
        let known = ["testsuites", "testsuite", "testcase", "failure", "error"];
        prop_assert_eq!(
            document.descendants().filter(roxmltree::Node::is_element).count(),
            known.iter().map(|name| count(name)).sum::<usize>()
        );
        for finding in reported(report) {
            let message = model::plain(&finding.message).replace('\u{ffff}', "\\u{ffff}");
            prop_assert!(
                document.descendants().any(|n| n.attribute("message").is_some_and(|m| m.ends_with(&message)))
            );
        }
    }
}
