//! `[zone]` of the configuration: whose accounts, organisations and tenants are the user's, and who the vendors are.

use std::borrow::Cow;
use std::ops::Range;

use decide::{Vendor, Zone};
use model::{FileId, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::args::{account, organization};
use crate::report::frame::Fault;
use crate::similar::similar;

/// The keys of the file that this version reads, and those that it will.
const SECTIONS: [&str; 1] = ["zone"];
const LATER: [&str; 2] = ["rules", "ignore"];
/// The keys of `[zone]`, and of a vendor.
const ZONE: [&str; 4] = ["accounts", "organizations", "vendors", "oidc"];
const VENDOR: [&str; 2] = ["name", "accounts"];

/// Reads the tables of one file and keeps what is wrong with them.
pub(super) struct Reader<'a> {
    text: &'a str,
    file: FileId,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, file: FileId) -> Self {
        Reader { text, file, faults: Vec::new() }
    }

    /// What is wrong, in the order of the file.
    pub(super) fn faults(self) -> Vec<Fault> {
        let mut faults = self.faults;
        faults.sort_by_key(|fault| fault.span);
        faults
    }

    pub(super) fn fault(&mut self, range: Range<usize>, message: String, hint: impl Into<String>) {
        let span = Span::new(self.file, range.start, range.end);
        self.faults.push(Fault { span, message, hint: hint.into() });
    }

    /// The whole file.
    pub(super) fn configuration(&mut self, file: &DeTable<'_>) -> Zone {
        let mut zone = Zone::default();
        for (key, value) in file {
            match &**key.get_ref() {
                "zone" => {
                    if let Some(table) = self.table("zone", value) {
                        self.zone(table, &mut zone);
                    }
                }
                later if LATER.contains(&later) => {
                    let message = format!("`{later}` is not read by this version of trustproof");
                    self.fault(key.span(), message, "only `[zone]` is; take this out");
                }
                _ => self.unknown(key, "the configuration", &SECTIONS),
            }
        }
        zone
    }

    fn zone(&mut self, table: &DeTable<'_>, zone: &mut Zone) {
        for (key, value) in table {
            match &**key.get_ref() {
                "accounts" => zone.accounts.extend(self.strings("accounts", value, account)),
                "organizations" => {
                    zone.organizations.extend(self.strings("organizations", value, organization));
                }
                "vendors" => {
                    for vendor in self.list("vendors", value, "a list of tables (`[[zone.vendors]]`)") {
                        if let Some(table) = self.table("vendors", vendor) {
                            zone.vendors.extend(self.vendor(table, vendor.span()));
                        }
                    }
                }
                "oidc" => {
                    for (issuer, tenants) in self.table("oidc", value).into_iter().flatten() {
                        self.issuer(issuer);
                        let tenants = self.strings(issuer.get_ref(), tenants, tenant);
                        zone.oidc.insert(issuer.get_ref().to_string(), tenants);
                    }
                }
                _ => self.unknown(key, "`[zone]`", &ZONE),
            }
        }
        self.contradictions(table, zone);
    }

    fn vendor(&mut self, table: &DeTable<'_>, span: Range<usize>) -> Option<Vendor> {
        let (mut name, mut accounts) = (None, None);
        for (key, value) in table {
            match &**key.get_ref() {
                "name" => name = Some(self.string("name", value, nonempty)),
                "accounts" => {
                    let before = self.faults.len();
                    let listed = self.strings("accounts", value, account);
                    if listed.is_empty() && self.faults.len() == before {
                        let message = "this vendor has no accounts".to_owned();
                        self.fault(value.span(), message, "list the account ids that it uses");
                    }
                    accounts = Some(listed);
                }
                _ => self.unknown(key, "a vendor", &VENDOR),
            }
        }
        for (key, missing) in VENDOR.iter().zip([name.is_none(), accounts.is_none()]) {
            if missing {
                self.fault(
                    span.clone(),
                    format!("this vendor has no `{key}`"),
                    "a vendor has `name` and `accounts`",
                );
            }
        }
        Some(Vendor { name: name??, accounts: accounts? })
    }

    /// An account is the user's or a vendor's, not both: the one needs an ExternalId and the other does not.
    fn contradictions(&mut self, table: &DeTable<'_>, zone: &Zone) {
        let listed = table.get("accounts").and_then(|value| value.get_ref().as_array());
        for value in listed.into_iter().flatten() {
            let owner = zone.vendors.iter().find(|vendor| {
                vendor.accounts.iter().any(|account| value.get_ref().as_str() == Some(account))
            });
            if let Some(Vendor { name, .. }) = owner {
                let message = format!("this account is also one of the vendor `{name}`");
                self.fault(self.inside(value), message, "it is either yours or the vendor's");
            }
        }
    }

    fn issuer(&mut self, key: &Spanned<Cow<'_, str>>) {
        let issuer = key.get_ref();
        let bare = issuer.trim_start_matches("https://").trim_end_matches('/');
        let host = bare.split('/').next().unwrap_or(bare);
        if bare != issuer || bare.is_empty() || host.bytes().any(|b| b.is_ascii_uppercase()) {
            let message = format!("`{issuer}` is no issuer as a provider's ARN names it");
            let meant = bare.replacen(host, &host.to_ascii_lowercase(), 1);
            self.fault(key.span(), message, format!("write it without scheme, in lower case: `{meant}`"));
        }
    }

    fn unknown(&mut self, key: &Spanned<Cow<'_, str>>, table: &str, known: &[&str]) {
        let name = key.get_ref();
        let hint = match similar(name, known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("it has `{}`", known.join("`, `")),
        };
        self.fault(key.span(), format!("`{name}` is no key of {table}"), hint);
    }

    fn table<'v, 'i>(&mut self, name: &str, value: &'v Spanned<DeValue<'i>>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.unfit(name, value, "a table", "");
        }
        table
    }

    fn list<'v, 'i>(
        &mut self,
        name: &str,
        value: &'v Spanned<DeValue<'i>>,
        expected: &str,
    ) -> &'v [Spanned<DeValue<'i>>] {
        match value.get_ref().as_array() {
            Some(list) => list.as_ref(),
            None => {
                let hint = if value.get_ref().is_str() { "put it in brackets" } else { "" };
                self.unfit(name, value, expected, hint);
                &[]
            }
        }
    }

    fn strings(&mut self, name: &str, value: &Spanned<DeValue<'_>>, check: Check) -> Vec<String> {
        let list = self.list(name, value, "a list of strings");
        list.iter().filter_map(|value| self.string(name, value, check)).collect()
    }

    /// A string that passes a check.
    fn string(&mut self, name: &str, value: &Spanned<DeValue<'_>>, check: Check) -> Option<String> {
        let Some(text) = value.get_ref().as_str() else {
            let number = value.get_ref().is_integer();
            let hint = if number { "put it in quotes, so that leading zeros count" } else { "" };
            self.unfit(name, value, "a string", hint);
            return None;
        };
        match check(text) {
            Ok(text) => Some(text),
            Err(expected) => {
                self.fault(self.inside(value), format!("`{text}` does not fit in `{name}`"), expected);
                None
            }
        }
    }

    fn unfit(&mut self, name: &str, value: &Spanned<DeValue<'_>>, expected: &str, hint: &str) {
        let kind = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.fault(self.inside(value), format!("`{name}` holds {kind}, expected {expected}"), hint);
    }

    /// The place of a value; of a string without its quotes.
    fn inside(&self, value: &Spanned<DeValue<'_>>) -> Range<usize> {
        let Range { start, end } = value.span();
        let written = self.text.get(start..end).unwrap_or_default();
        let quotes = |mark: char| written.len() - written.trim_start_matches(mark).len();
        // `"""` opens as many as it closes; an empty string is all quotes.
        let count = quotes('"').max(quotes('\'')).min(written.len() / 2);
        if value.get_ref().is_str() { start + count..end - count } else { start..end }
    }
}

/// What a string must be; gives it back, or says what is expected.
type Check = fn(&str) -> Result<String, String>;

fn nonempty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it is empty".to_owned()) } else { Ok(text.to_owned()) }
}

fn tenant(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['*', '?']) {
        return Err("a tenant is named as the provider names it, without wildcards".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{LoadError, Loader, SourceMap};

    struct Nothing;

    impl Loader for Nothing {
        fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
            Err(LoadError("nothing".to_owned()))
        }
        fn admits(&self, _: &str) -> bool {
            false
        }
    }

    /// The zone, and each fault as the text it stands at, what is wrong and what to do.
    fn read(text: &str) -> (Zone, Vec<(String, String, String)>) {
        let sources = SourceMap::new(vec!["x.toml".to_owned()], Box::new(Nothing));
        let mut reader = Reader::new(text, sources.open("x.toml").unwrap());
        let zone = reader.configuration(DeTable::parse(text).unwrap().get_ref());
        let at = |f: &Fault| text.get(f.span.start as usize..f.span.end as usize).unwrap().to_owned();
        (zone, reader.faults().iter().map(|f| (at(f), f.message.clone(), f.hint.clone())).collect())
    }

    fn fault(text: &str) -> (String, String, String) {
        let (_, mut faults) = read(text);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        faults.remove(0)
    }

    #[test]
    fn a_whole_zone() {
        let (zone, faults) = read(
            r#"
[zone]
accounts = ["111122223333", "0123456789012345"]
organizations = ["o-a1b2c3d4e5", "rd-a1b2c3"]
[[zone.vendors]]
name = "AcmeCSPM"
accounts = ["210987654321"]
[[zone.vendors]]
name = "Other"
accounts = ["310987654321", "410987654321"]
[zone.oidc]
"token.actions.githubusercontent.com" = ["acme", "acme-labs"]
"gitlab.com" = []
"#,
        );
        assert_eq!(faults, []);
        assert_eq!(Vec::from_iter(&zone.accounts), ["0123456789012345", "111122223333"]);
        assert_eq!(Vec::from_iter(&zone.organizations), ["o-a1b2c3d4e5", "rd-a1b2c3"]);
        let vendors: Vec<_> = zone.vendors.iter().map(|v| (v.name.as_str(), v.accounts.len())).collect();
        assert_eq!(vendors, [("AcmeCSPM", 1), ("Other", 2)]);
        assert_eq!(zone.oidc["token.actions.githubusercontent.com"], ["acme", "acme-labs"]);
        assert!(zone.oidc["gitlab.com"].is_empty());
    }

    #[test]
    fn an_empty_file_is_an_empty_zone() {
        assert_eq!(read(""), (Zone::default(), Vec::new()));
        assert_eq!(read("[zone]\n"), (Zone::default(), Vec::new()));
    }

    #[test]
    fn every_key_is_known_or_a_fault() {
        let told = |text: &str| {
            let (at, message, hint) = fault(text);
            format!("{at}: {message}: {hint}")
        };
        assert_eq!(
            told("[zone]\norganisations = []"),
            "organisations: `organisations` is no key of `[zone]`: did you mean `organizations`?"
        );
        assert_eq!(
            told("[zone]\nregions = []"),
            "regions: `regions` is no key of `[zone]`: it has `accounts`, `organizations`, `vendors`, `oidc`"
        );
        assert_eq!(told("[zones]"), "zones: `zones` is no key of the configuration: did you mean `zone`?");
        assert_eq!(
            told("[[zone.vendors]]\nname = \"x\"\naccounts = [\"210987654321\"]\nacounts = []"),
            "acounts: `acounts` is no key of a vendor: did you mean `accounts`?"
        );
        for later in ["[rules.long-session]\nmax = \"4h\"", "[[ignore]]\nrule = \"x\""] {
            assert!(told(later).contains("is not read by this version of trustproof"), "{later}");
        }
    }

    #[test]
    fn every_value_is_what_it_must_be_or_a_fault() {
        for (text, at, message, hint) in [
            ("zone = 1", "1", "`zone` holds an integer, expected a table", ""),
            ("[zone]\naccounts = \"1\"", "1", "holds a string, expected a list", "put it in brackets"),
            ("[zone]\naccounts = [111122223333]", "111122223333", "holds an integer", "in quotes"),
            ("[zone]\naccounts = ['1234']", "1234", "`1234` does not fit in `accounts`", "12 digits"),
            ("[zone]\naccounts = [\"\"]", "", "`` does not fit in `accounts`", "12 digits"),
            ("[zone]\norganizations = [\"acme\"]", "acme", "does not fit", "o-a1b2c3d4e5"),
            ("[zone]\nvendors = {}", "{}", "holds a table, expected a list of tables", ""),
            ("[zone]\nvendors = [\"x\"]", "x", "holds a string, expected a table", ""),
            ("[[zone.vendors]]\nname = \"x\"", "[[zone.vendors]]", "has no `accounts`", "`name` and"),
            ("[[zone.vendors]]\naccounts = ['210987654321']", "[[zone.vendors]]", "has no `name`", ""),
            ("[[zone.vendors]]\nname = \"x\"\naccounts = []", "[]", "has no accounts", "list the"),
            ("[[zone.vendors]]\nname = \" \"\naccounts = ['210987654321']", " ", "in `name`", "empty"),
            ("[zone]\noidc = []", "[]", "`oidc` holds a list, expected a table", ""),
            ("[zone.oidc]\n\"gitlab.com\" = \"x\"", "x", "expected a list of strings", "in brackets"),
            ("[zone.oidc]\n\"gitlab.com\" = [\"ac*\"]", "ac*", "does not fit", "without wildcards"),
            ("[zone.oidc]\n\"https://gitlab.com/\" = []", "", "is no issuer", "`gitlab.com`"),
            ("[zone.oidc]\n\"GitLab.com/A\" = []", "", "is no issuer", "`gitlab.com/A`"),
        ] {
            let (found_at, found, hinted) = fault(text);
            assert!(found.contains(message) && hinted.contains(hint), "{text}: {found}: {hinted}");
            // A key in quotes is shown with them.
            assert!(found_at == at || found_at.starts_with('"'), "{text}: {found_at}");
        }
    }

    #[test]
    fn an_account_is_ones_own_or_a_vendors() {
        let (at, message, _) = fault(
            "[zone]\naccounts = [\"210987654321\"]\n[[zone.vendors]]\nname = \"V\"\naccounts = [\"210987654321\"]",
        );
        assert_eq!(at, "210987654321");
        assert_eq!(message, "this account is also one of the vendor `V`");
    }

    #[test]
    fn faults_come_in_the_order_of_the_file() {
        let (_, faults) = read("[zone]\nb = 1\na = 1\n[x]\n");
        let places: Vec<&str> = faults.iter().map(|(at, ..)| at.as_str()).collect();
        assert_eq!(places, ["b", "a", "x"]);
    }
}
