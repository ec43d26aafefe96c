//! All rules over an estate.

use std::collections::HashMap;

use model::block;

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

/// Brings the findings of one block's instances together: the n-th finding of a rule with one fingerprint in
/// each instance is the same fault.
fn by_block(findings: Vec<Finding>) -> Vec<Finding> {
    let mut ordinals: HashMap<(&str, String, String), usize> = HashMap::new();
    let mut places: HashMap<(&str, String, String, usize, Option<bool>), usize> = HashMap::new();
    let mut out: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let base = block(&finding.role.address);
        if base == finding.role.address {
            out.push(finding);
            continue;
        }
        let one = (finding.rule.id, finding.role.address.clone(), finding.fingerprint.clone());
        let ordinal = ordinals.entry(one).and_modify(|n| *n += 1).or_default();
        let all = (finding.rule.id, base, finding.fingerprint.clone(), *ordinal, finding.introduced);
        match places.get(&all).and_then(|index| out.get_mut(*index)) {
            Some(first) => first.instances.push(finding.role.address),
            None => {
                places.insert(all, out.len());
                out.push(finding);
            }
        }
    }
    out
}
