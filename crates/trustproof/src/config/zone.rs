//! From `[zone]` to whom the law takes for no stranger, and what no schema can say of it.

use std::borrow::Cow;
use std::collections::HashMap;

use decide::{Vendor, Zone};
use toml::Spanned;
use toml::de::DeTable;

use super::shape;
use super::validate::Validator;

/// What the law needs to know.
pub(super) fn zone(shape: &shape::Zone) -> Zone {
    let accounts = |accounts: &[shape::Account]| accounts.iter().map(|a| a.0.clone()).collect();
    let vendor = |v: &shape::Vendor| Vendor { name: v.name.0.clone(), accounts: accounts(&v.accounts) };
    let tenants = |tenants: &[shape::Tenant]| tenants.iter().map(|t| t.0.clone()).collect();
    Zone {
        accounts: shape.accounts.iter().map(|a| a.0.clone()).collect(),
        organizations: shape.organizations.iter().map(|o| o.0.clone()).collect(),
        vendors: shape.vendors.iter().map(vendor).collect(),
        oidc: shape.oidc.iter().map(|(issuer, names)| (issuer.clone(), tenants(names))).collect(),
    }
}

/// Checks a `[zone]` that has the right shape.
pub(super) fn check(validator: &mut Validator<'_>, table: &DeTable<'_>) {
    issuers(validator, table);
    contradictions(validator, table);
}

fn issuers(validator: &mut Validator<'_>, zone: &DeTable<'_>) {
    let oidc = zone.get("oidc").and_then(|value| value.get_ref().as_table());
    for (key, _) in oidc.into_iter().flatten() {
        issuer(validator, key);
    }
}

fn issuer(validator: &mut Validator<'_>, key: &Spanned<Cow<'_, str>>) {
    let issuer = key.get_ref();
    let bare = issuer.trim_start_matches("https://").trim_end_matches('/');
    let host = bare.split('/').next().unwrap_or(bare);
    if bare != issuer || bare.is_empty() || host.bytes().any(|b| b.is_ascii_uppercase()) {
        let message = format!("`{issuer}` is no issuer as a provider's ARN names it");
        let meant = bare.replacen(host, &host.to_ascii_lowercase(), 1);
        validator.fault(key.span(), message, format!("write it without scheme, in lower case: `{meant}`"));
    }
}

/// An account is the user's or a vendor's, not both: the one needs no ExternalId and the other does.
fn contradictions(validator: &mut Validator<'_>, zone: &DeTable<'_>) {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    let vendors = zone.get("vendors").and_then(|value| value.get_ref().as_array());
    for vendor in vendors.into_iter().flatten().filter_map(|vendor| vendor.get_ref().as_table()) {
        let name = vendor.get("name").and_then(|name| name.get_ref().as_str()).unwrap_or_default();
        let accounts = vendor.get("accounts").and_then(|accounts| accounts.get_ref().as_array());
        let accounts = accounts.into_iter().flatten().filter_map(|account| account.get_ref().as_str());
        owners.extend(accounts.map(|account| (account, name)));
    }
    let own = zone.get("accounts").and_then(|value| value.get_ref().as_array());
    for account in own.into_iter().flatten() {
        if let Some(vendor) = account.get_ref().as_str().and_then(|account| owners.get(account)) {
            let message = format!("this account is also one of the vendor `{vendor}`");
            validator.fault(validator.inside(account), message, "it is either yours or the vendor's");
        }
    }
}
