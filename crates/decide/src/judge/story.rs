//! Attacks told to people.

use super::Scope;
use crate::adversary::oidc::Tenant;
use crate::adversary::provider::Provider;
use crate::adversary::setting::Setting;
use crate::{Request, Zone, known_account};

/// A third party by name where it has one.
pub(crate) fn vendor_name(zone: &Zone, account: &str) -> Option<String> {
    zone.vendors
        .iter()
        .find(|v| v.accounts.iter().any(|a| a == account))
        .map(|v| v.name.clone())
        .or_else(|| known_account(account).map(|k| k.name.to_owned()))
}

pub(crate) fn stranger(setting: &Setting<'_>, request: &Request, statement: usize) -> String {
    let account = request.context.get("aws:PrincipalAccount").and_then(|v| v.first());
    let who = match account {
        Some(account) if *account != setting.foreign_account() => {
            format!("somebody whose account id happens to fit, such as {account},")
        }
        _ => format!("anybody, for instance {},", request.principal),
    };
    format!("{who} calls {}{}: allowed by statement {statement}", request.action, carrying(request))
}

pub(crate) fn third_party(
    setting: &Setting<'_>,
    account: &str,
    request: &Request,
    statement: usize,
) -> String {
    let vendor = match vendor_name(setting.zone, account) {
        Some(name) => format!("{name} ({account})"),
        None => format!("account {account}"),
    };
    format!(
        "another customer of {vendor} gives it this role's ARN; {vendor} calls {}{}: allowed by \
         statement {statement}",
        request.action,
        carrying(request)
    )
}

pub(crate) fn service(name: &str, request: &Request, statement: usize) -> String {
    let account = request.context.get("aws:SourceAccount").and_then(|v| v.first());
    let whose = account.map_or_else(|| "in another account".to_owned(), |a| format!("in account {a}"));
    format!(
        "somebody has a resource {whose} use this role; {name} calls {}{}: allowed by statement {statement}",
        request.action,
        carrying(request)
    )
}

pub(crate) fn oidc(provider: &Provider, scope: Scope, request: &Request, statement: usize) -> String {
    let who = token_of(provider, scope);
    format!("{who} calls {}{}: allowed by statement {statement}", request.action, carrying(request))
}

/// Whose token it is.
pub(crate) fn token_of(provider: &Provider, scope: Scope) -> String {
    let Provider { name, tenant, workload, .. } = provider;
    match scope {
        Scope::OtherTenant => format!("a workload of another {tenant} of {name}"),
        Scope::WholeTenant if provider.private => format!("any {workload} of {name}"),
        Scope::WholeTenant => format!("any {workload} of your {tenant} at {name}"),
        Scope::AnyRun if provider.private => format!("any run of the {workload} at {name}"),
        Scope::AnyRun => format!("any branch, tag, environment or pull request of the {workload} at {name}"),
    }
}

pub(crate) fn issuer(tenant: &Tenant<'_, '_>) -> String {
    format!("the subjects of {}", tenant.issuer())
}

pub(crate) fn saml(request: &Request, statement: usize) -> String {
    format!(
        "whoever holds an assertion that the provider made for another service calls {}{}: allowed by statement \
         {statement}",
        request.action,
        carrying(request)
    )
}

/// What matters of the context, in words.
fn carrying(request: &Request) -> String {
    let silent = ["aws:PrincipalAccount"];
    let said: Vec<String> = request
        .context
        .iter()
        .filter(|(key, _)| !silent.contains(&key.as_str()))
        .map(|(key, values)| format!("{key} {}", values.join(", ")))
        .collect();
    if said.is_empty() { String::new() } else { format!(" with {}", said.join(" and ")) }
}
