//! What the roles of a plan were before its changes.

use std::collections::HashMap;

use model::{Before, Role};

/// Tells each role what it was.
pub(crate) fn tell(roles: &mut [Role], before: Vec<Role>) {
    let mut before: HashMap<Box<str>, Role> =
        before.into_iter().map(|role| (role.address.clone(), role)).collect();
    for role in roles {
        role.before = match before.remove(&role.address) {
            None => Before::Absent,
            Some(old) if same(&old, role) => Before::Same,
            Some(old) => Before::Other(Box::new(old)),
        };
    }
}

/// Whether nothing differs that is judged.
fn same(a: &Role, b: &Role) -> bool {
    a.kind == b.kind
        && a.name == b.name
        && a.path == b.path
        && a.trust == b.trust
        && a.max_session == b.max_session
        && a.boundary == b.boundary
        && a.grants == b.grants
        && a.grants_open == b.grants_open
}
