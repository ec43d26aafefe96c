//! All rules over an estate.

use std::collections::HashMap;

use model::{Span, block};

use crate::{Estate, Finding, RULES, RoleReport, introduced};

/// What the rules say of an estate.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Findings in the order of rules and roles; instances of one block that share a fault are one finding.
    pub findings: Vec<Finding>,
    /// Every role with its verdicts, in the order of the estate.
    pub roles: Vec<RoleReport>,
    /// How many statements the roles have.
    pub statements: usize,
}

/// Applies every rule. Pure: the same estate gives the same analysis.
pub fn analyze(estate: &Estate) -> Analysis {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| (rule.check)(estate)).collect();
    introduced::mark(&mut findings, estate);
    let roles = estate
        .roles
        .iter()
        .map(|judged| RoleReport {
            cloud: judged.role.cloud,
            kind: judged.role.kind.to_string(),
            address: judged.role.address.to_string(),
            location: judged.role.span,
            verdicts: judged.verdicts(),
        })
        .collect();
    let most = |role: &model::Role| role.trust.iter().map(|v| v.policy.statements.len()).max().unwrap_or(0);
    let statements = estate.roles.iter().map(|judged| most(&judged.role)).sum();
    Analysis { findings: by_block(findings), roles, statements }
}

/// Brings the findings of one block's instances together. The n-th finding of a rule with one fingerprint in each
/// instance is the same fault, and so is what stands at one place in the same words.
fn by_block(findings: Vec<Finding>) -> Vec<Finding> {
    let mut ordinals: HashMap<(&str, String, String), usize> = HashMap::new();
    let mut places: HashMap<(&str, String, Same), usize> = HashMap::new();
    let mut out: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let base = block(&finding.role.address);
        if base == finding.role.address {
            out.push(finding);
            continue;
        }
        let one = (finding.rule.id, finding.role.address.clone(), finding.fingerprint.clone());
        let ordinal = ordinals.entry(one).and_modify(|n| *n += 1).or_default();
        let meaning = Same::Meaning(finding.fingerprint.clone(), *ordinal, finding.introduced);
        let place = (finding.proved(), finding.location, finding.message.clone(), finding.introduced);
        let keys = [meaning, Same::Place(place)].map(|same| (finding.rule.id, base.clone(), same));
        let known = keys.iter().find_map(|key| places.get(key)).copied();
        let other =
            known.and_then(|index| out.get_mut(index)).filter(|f| f.role.address != finding.role.address);
        let index = match other {
            Some(first) => {
                if !first.instances.contains(&finding.role.address) {
                    first.instances.push(finding.role.address);
                }
                known
            }
            None => {
                out.push(finding);
                None
            }
        };
        let index = index.unwrap_or(out.len() - 1);
        places.extend(keys.into_iter().map(|key| (key, index)));
    }
    out
}

/// What two instances of a block have in common that makes their findings one.
#[derive(PartialEq, Eq, Hash)]
enum Same {
    Meaning(String, usize, Option<bool>),
    Place((bool, Span, String, Option<bool>)),
}
