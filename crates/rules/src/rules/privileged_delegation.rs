//! `privileged-delegation`: an outsider's session can do everything.

use model::{Grant, Located};

use super::{Rule, fingerprint, role_ref};
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
    Rule { meta: &META, check: |estate, _| estate.roles.iter().filter_map(of_role).collect() };

fn of_role(judged: &Judged) -> Option<Finding> {
    let role = &judged.role;
    let certain = judged.admits_outsider()?;
    if role.boundary.is_some() {
        return None;
    }
    let grant: &Located<Grant> = role.grants.iter().find(|g| administrates(&g.value))?;
    Some(Finding {
        rule: &META,
        certainty: if certain { Certainty::Proved(Evidence::Fact) } else { Certainty::Possible },
        role: role_ref(role),
        instances: Vec::new(),
        message: "an outsider can assume this role, which may do everything and has no permissions boundary"
            .to_owned(),
        location: grant.span,
        label: "allows everything".to_owned(),
        related: crate::place::definition(grant.defined),
        unknowns: Vec::new(),
        advice: "grant only what the outsider needs, or cap the role with a permissions boundary".to_owned(),
        fingerprint: fingerprint(&META, role, None),
    })
}
