//! What the report says of the rules, whether they found something or not.

use std::collections::{BTreeMap, BTreeSet};

use rules::{Meta, Severity};
use serde_json::json;
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel,
};

use crate::text::without_markup;

/// What every rule is about: improper access control.
const ACCESS_CONTROL: u32 = 284;
/// Where a rule's page names the weakness that it is about.
const CWE: &str = "https://cwe.mitre.org/data/definitions/";

/// A rule.
pub(crate) fn descriptor(meta: &Meta) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    let page =
        MultiformatMessageString::builder().text(without_markup(meta.page)).markdown(meta.page).build();
    // Everything that is reported without a reservation is proved.
    let mut properties = BTreeMap::from([("precision".to_owned(), json!("high"))]);
    // Code scanning derives its own severity from this number; a rule without one is shown by its level.
    if let Some(score) = security_severity(meta.severity) {
        properties.insert("security-severity".to_owned(), json!(score));
    }
    let level = json!(level(meta.severity));
    ReportingDescriptor::builder()
        .id(meta.id)
        .name(name(meta.id))
        .short_description(text(&format!("{}.", meta.title)))
        .full_description(text(&first_paragraph(meta)))
        .help(page)
        .default_configuration(ReportingConfiguration::builder().level(level).build())
        .properties(PropertyBag::builder().tags(tags(meta)).additional_properties(properties).build())
        .build()
}

/// How bad a result of this severity is.
pub(crate) fn level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.5"),
        Severity::Info => None,
    }
}

/// The rule's id in the form that the standard asks of names: `dead-trust` is `DeadTrust`.
fn name(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    id.split('-').map(capital).collect()
}

/// The first paragraph of a rule's page that is no heading; the title of an empty page.
fn first_paragraph(meta: &Meta) -> String {
    let mut paragraphs = meta.page.split("\n\n").map(str::trim);
    let first = paragraphs.find(|p| !p.is_empty() && !p.starts_with('#'));
    first.map_or_else(|| format!("{}.", meta.title), |p| without_markup(p).trim_end().to_owned())
}

/// What code scanning can filter by.
fn tags(meta: &Meta) -> Vec<String> {
    let named = meta.page.split(CWE).skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    let weaknesses: BTreeSet<u32> = named.chain([ACCESS_CONTROL]).collect();
    let mut tags = vec!["security".to_owned(), "iam".to_owned()];
    tags.extend(weaknesses.iter().map(|number| format!("external/cwe/cwe-{number}")));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    static META: Meta = Meta {
        id: "a-rule",
        severity: Severity::High,
        title: "a rule",
        page: "# a-rule\n\nIt *says* `x`.\n\n## References\n\n- https://cwe.mitre.org/data/definitions/441.html\n",
    };

    #[test]
    fn weaknesses_are_those_that_the_page_names() {
        assert_eq!(tags(&META), ["security", "iam", "external/cwe/cwe-284", "external/cwe/cwe-441"]);
    }

    #[test]
    fn a_name_has_no_hyphen() {
        assert_eq!(name("anyone-with-external-id"), "AnyoneWithExternalId");
        assert_eq!(first_paragraph(&META), "It *says* x.");
    }
}
