//! What a module says about the accounts that are the user's own.

use model::{Symbol, ZoneFact};

use crate::eval::{Evaluator, Scope};
use crate::ir::Attribute;
use crate::value::{Kind, Val};

/// The accounts that the module's provider blocks show to be the user's own.
pub(crate) fn facts(evaluator: &Evaluator<'_>) -> Vec<ZoneFact> {
    let mut facts = Vec::new();
    for provider in evaluator.module.blocks.iter().filter(|b| b.is("provider")) {
        let name = provider.label(0).unwrap_or_default();
        if let Some(allowed) = provider.body().attribute("allowed_account_ids") {
            let value = evaluator.eval(&allowed.value, &Scope::default()).selected();
            let source = format!("`allowed_account_ids` of provider `{name}`");
            if let Kind::List(list) = &value.kind {
                facts.extend(list.items.iter().filter_map(|item| fact(item, &source)));
            }
        }
        for assume in provider.body().blocks.iter().filter(|b| b.is("assume_role")) {
            if let Some(arn) = assume.body().attribute("role_arn") {
                facts.extend(account_of(evaluator, arn, name));
            }
        }
    }
    facts
}

fn fact(value: &Val, source: &str) -> Option<ZoneFact> {
    let account = value.known_str().filter(|_| value.sensitive.is_none())?;
    ZoneFact::account(&account, source, value.span)
}

/// The account in the ARN of the role that a provider assumes.
fn account_of(evaluator: &Evaluator<'_>, arn: &Attribute, provider: &str) -> Option<ZoneFact> {
    let value = evaluator.eval(&arn.value, &Scope::default()).selected();
    if value.sensitive.is_some() {
        return None;
    }
    let text = value.to_str()?.to_text().resolve(&|symbol| match symbol {
        Symbol::Partition => Some("aws"),
        _ => None,
    });
    let first = text.pieces().first()?;
    let model::Piece::Lit(start) = first else {
        return None;
    };
    ZoneFact::account_in(start, format!("the role that provider `{provider}` assumes"), value.span)
}
