//! `wildcard-trust-action`: an Allow of `*` or `sts:*`.
//!
//! Narrower globs such as `sts:Assume*` are no concern of this rule: they say what they let in.

use model::{Cloud, Effect, Located, Text};

use super::{Basis, Rule, Words, finding};
use crate::estate::Judged;
use crate::place::{Mark, definition};
use crate::{Evidence, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "wildcard-trust-action",
    severity: Severity::Low,
    title: "the trust policy allows every action",
    page: include_str!("wildcard-trust-action.md"),
};

pub(crate) static RULE: Rule =
    Rule { meta: &META, check: |estate| estate.roles.iter().flat_map(of_role).collect() };

fn of_role(judged: &Judged) -> Vec<Finding> {
    let seen = judged.seen(
        |shape| {
            let allows = shape.living().filter(|(_, s)| s.value.effect == Effect::Allow);
            let actions = allows.filter(|(_, s)| !s.value.actions.negated).flat_map(|(index, s)| {
                let wild = s.value.actions.items.iter().filter(|a| is_everything(&a.value));
                wild.map(move |action| (index, None, action))
            });
            actions.collect()
        },
        |a: &Located<Text>, b| a.span == b.span,
    );
    let found = seen.iter().map(|seen| {
        let written = seen.what.value.to_string();
        let mark = Mark {
            span: seen.what.span,
            label: "more than assuming the role".to_owned(),
            related: definition(seen.what.defined),
        };
        let message = match judged.role.cloud {
            Cloud::Aws => format!(
                "whoever this statement lets in may also set session tags and a source identity, because it allows \
                 `{written}`"
            ),
            Cloud::Alibaba => {
                format!("whoever this statement lets in may do more than assume the role, because it allows `{written}`")
            }
        };
        let words = Words { message, advice: "allow only the action that is used, such as sts:AssumeRole".to_owned() };
        finding(&META, judged, seen, Basis::Evidence(Evidence::Fact), mark, words)
    });
    found.collect()
}

fn is_everything(action: &Text) -> bool {
    action.as_str().is_some_and(|a| a == "*" || a.eq_ignore_ascii_case("sts:*"))
}
