//! Who is no stranger.

use std::collections::{BTreeMap, BTreeSet};

/// The accounts, organisations and tenants that belong to the user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// The user's own accounts (AWS: 12 digits, Alibaba Cloud: 16 digits).
    pub accounts: BTreeSet<String>,
    /// The user's own organisations (`o-…`).
    pub organizations: BTreeSet<String>,
    /// Known third parties.
    pub vendors: Vec<Vendor>,
    /// Tenants of shared identity providers that are the user's own, by issuer without scheme.
    pub oidc: BTreeMap<String, Vec<String>>,
}

/// A third party known by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Its name.
    pub name: String,
    /// Its accounts.
    pub accounts: Vec<String>,
}
