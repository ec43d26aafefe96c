//! `privileged-delegation`: an outsider's session can do everything.

use model::{Cloud, Grant, Located};

use super::{Rule, calls, fingerprint, outsider, role_ref};
use crate::estate::Judged;
use crate::permissions::administrates;
use crate::{Certainty, Evidence, Finding, Meta, Severity};

static META: Meta = Meta {
    id: "privileged-delegation",
    severity: Severity::Medium,
    title: "an outsider can assume a role with administrator permissions and no boundary",
    page: include_str!("privileged-delegation.md"),
};

pub(crate) static RULE: Rule =
    Rule { meta: &META, check: |estate| estate.roles.iter().filter_map(of_role).collect() };

fn of_role(judged: &Judged) -> Option<Finding> {
    let role = &judged.role;
    let (reached, unknowns) = judged.outsider()?;
    if role.boundary.is_some() {
        return None;
    }
    let grant: &Located<Grant> = role.grants.iter().find(|g| administrates(&g.value))?;
    let certain = unknowns.is_empty();
    Some(Finding {
        rule: &META,
        certainty: if certain { Certainty::Proved(Evidence::Fact) } else { Certainty::Possible },
        role: role_ref(role),
        instances: Vec::new(),
        message: format!(
            "{} {} get this role's permissions, which are those of an administrator and which nothing caps",
            outsider(judged.zone(), role.cloud, &reached.what.adversary),
            if certain { "can" } else { "could" }
        ),
        location: grant.span,
        label: "gives the permissions of an administrator".to_owned(),
        related: crate::place::definition(grant.defined).into_iter().chain(calls(role)).collect(),
        steps: Vec::new(),
        unknowns,
        advice: match role.cloud {
            Cloud::Aws => {
                "grant only what the outsider needs, or cap the role with a permissions boundary".to_owned()
            }
            Cloud::Alibaba => "grant only what the outsider needs".to_owned(),
        },
        fingerprint: fingerprint(&META, role, None),
        suppressed: None,
        introduced: None,
    })
}
