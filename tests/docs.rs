//! The book and the README: no link is dead, every rule has its page, and what is generated is fresh.

#![cfg(test)]
#![allow(clippy::disallowed_methods, reason = "these tests read the project's own files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rules::RULES;

#[path = "support/terminal.rs"]
mod terminal;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The chapters of the book before and after those of the rules.
const BEFORE: [(&str, &str); 8] = [
    ("Installation", "install.md"),
    ("First run", "first-run.md"),
    ("GitHub Actions", "github.md"),
    ("GitLab and others", "gitlab.md"),
    ("Terraform plans", "plans.md"),
    ("Configuration", "configuration.md"),
    ("Suppressing and baselines", "suppressing.md"),
    ("How a proof works", "proofs.md"),
];

/// What is generated, by its path in the book.
fn generated() -> Vec<(String, String)> {
    let mut summary = "# Summary\n\n[trustproof](introduction.md)\n\n".to_owned();
    for (title, page) in BEFORE {
        summary += &format!("- [{title}]({page})\n");
    }
    summary += "- [Rules](rules/index.md)\n";
    let mut index = "# Rules\n\n| rule | severity | what it says |\n|---|---|---|\n".to_owned();
    let mut out = Vec::new();
    for meta in RULES.iter().map(|rule| rule.meta) {
        let id = meta.id;
        summary += &format!("  - [{id}](rules/{id}.md)\n");
        index += &format!("| [{id}]({id}.md) | {} | {} |\n", meta.severity.name(), meta.title);
        let include = format!("{{{{#include ../../../crates/rules/src/rules/{id}.md}}}}\n");
        out.push((format!("rules/{id}.md"), include));
    }
    summary += "- [Limits](limits.md)\n";
    out.extend([("SUMMARY.md".to_owned(), summary), ("rules/index.md".to_owned(), index)]);
    out
}

/// Compares a page of the book with what it is generated from; `TRUSTPROOF_BLESS=1 cargo test -p trustproof --test
/// docs` writes it anew.
fn fresh(path: &str, text: &str) {
    let path = root().join("docs/src").join(path);
    if std::env::var_os("TRUSTPROOF_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "{}", path.display());
}

#[test]
fn the_chapters_of_rules_are_fresh() {
    generated().iter().for_each(|(path, text)| fresh(path, text));
}

#[test]
fn the_picture_of_a_terminal_shows_what_the_program_says() {
    let args = ["check", "fixtures/demo/templates"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_trustproof"));
    command.args(args).current_dir(root()).env_clear().env("CLICOLOR_FORCE", "1");
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    fresh("terminal.svg", &terminal::picture(&format!("trustproof {}", args.join(" ")), &shown));
}

fn pages(directory: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.push(path);
        }
    }
}

/// The targets of links and inclusions in a page, code left out.
fn targets(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let rest = line.get(at + 2..).unwrap();
            out.extend(rest.split_once(')').map(|(target, _)| target.to_owned()));
        }
        let included = line.strip_prefix("{{#include ").and_then(|rest| rest.strip_suffix("}}"));
        out.extend(included.map(str::to_owned));
    }
    out
}

/// The anchor that a heading has.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn no_link_is_dead() {
    let root = root();
    let mut all =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|p| root.join(p)).to_vec();
    pages(&root.join("docs"), &mut all);
    let mut links = 0;
    for page in all {
        let text = fs::read_to_string(&page).unwrap();
        for target in targets(&text).iter().filter(|target| !target.contains("://")) {
            links += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let linked = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(linked.exists(), "{}: {target}", page.display());
            if !heading.is_empty() {
                let text = fs::read_to_string(&linked).unwrap();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = headings.map(|line| anchor(line.trim_start_matches('#')));
                assert!(anchors.any(|known| known == heading), "{}: {target}", page.display());
            }
        }
    }
    assert!(links > 40, "{links} links were seen");
}
