//! `unbound-session-tags`: an outsider that gets in may set session tags as it likes.

use model::{Effect, Located, Text};

use super::{Basis, Rule, Words, each_reached, finding, outsider};
use crate::estate::{Judged, Reached};
use crate::place::{Mark, definition, principal_mark};
use crate::{Meta, Severity};

static META: Meta = Meta {
    id: "unbound-session-tags",
    severity: Severity::Low,
    title: "an outsider may set session tags freely",
    page: include_str!("unbound-session-tags.md"),
};

pub(crate) static RULE: Rule = Rule {
    meta: &META,
    check: |estate| {
        each_reached(estate, |judged, reached| {
            let proof = reached.what.free_tags.as_ref().filter(|_| reached.is_outsider())?;
            let message = format!(
                "{} may give its session any tags, and with them whatever your policies grant to a tag",
                outsider(judged.zone(), judged.role.cloud, &reached.what.adversary)
            );
            let advice = "take sts:TagSession out of the actions, or restrict the tags: ForAllValues:StringEquals on \
                          aws:TagKeys, and StringEquals on aws:RequestTag/KEY";
            let words = Words { message, advice: advice.to_owned() };
            Some(finding(&META, judged, reached, Basis::from(proof), place(judged, reached), words))
        })
    },
};

/// The action that lets the tags in, in the statement or else in another one; else the principal.
fn place(judged: &Judged, reached: &Reached<'_>) -> Mark {
    let others = judged.role.trust.iter().flat_map(|variant| &variant.policy.statements);
    let action = std::iter::once(reached.statement)
        .chain(others)
        .filter(|s| s.value.effect == Effect::Allow && !s.value.actions.negated)
        .flat_map(|s| &s.value.actions.items)
        .find(|action| admits_tags(action));
    match action {
        Some(action) => Mark {
            span: action.span,
            label: "lets session tags in, whatever they are".to_owned(),
            related: definition(action.defined),
        },
        None => principal_mark(reached, "may set any session tag"),
    }
}

/// Whether an action as written means setting session tags, among others perhaps.
fn admits_tags(action: &Located<Text>) -> bool {
    let text = action.value.to_string().to_ascii_lowercase();
    let known = text.split(['*', '?']).next().unwrap_or_default();
    text == "sts:tagsession" || (known.len() < text.len() && "sts:tagsession".starts_with(known))
}
