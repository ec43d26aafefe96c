//! `trustproof init`: a first configuration from what a scan finds, for its owner to sort.
//!
//! It guesses nothing: what the input shows to be the user's own and what the public list knows is written out;
//! everything else stands in comments.
#![allow(clippy::disallowed_methods, reason = "it writes a file that the user asks for")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use decide::{Party, known_account, parties};
use model::{Role, SourceMap, ZoneFact};
use rayon::ThreadPoolBuilder;

use crate::args::Init;
use crate::config::NAME;
use crate::discover::reason;
use crate::progress::Progress;
use crate::report::plain::plain;
use crate::report::{at, count, problem_line};
use crate::scan::{Gathered, NOTHING, gather};
use crate::{STACK, Status, complain, written};

/// Scans and writes.
pub(crate) fn run(init: &Init) -> Status {
    let pool = match ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool,
        Err(error) => {
            complain(format_args!("cannot start threads: {error}"));
            return Status::Undone;
        }
    };
    let path = std::slice::from_ref(&init.path);
    let Gathered { reading, learned, sources } =
        pool.install(|| gather(path, init.no_ignore, &Progress::new()));
    let unread: Vec<_> = reading.problems.iter().filter(|problem| problem.relevant).collect();
    if !unread.is_empty() {
        unread.iter().for_each(|problem| complain(problem_line(problem, &sources)));
    }
    if reading.files == 0 {
        complain(format_args!("{}: {NOTHING}", init.path.display()));
        return Status::Undone;
    }
    let found = Found::of(&reading.roles, &learned, &sources);
    let text = found.file(reading.files, reading.roles.len());
    if init.stdout {
        return written(io::stdout().write_all(text.as_bytes()));
    }
    let file = match init.path.as_path() {
        path if path == Path::new(".") || !path.is_dir() => PathBuf::from(NAME),
        path => path.join(NAME),
    };
    if let Err(error) = create(&file, init.force, &text) {
        complain(format_args!("cannot write `{}`: {error}", file.display()));
        return Status::Undone;
    }
    anstream::eprintln!("wrote `{}`: {}", file.display(), found.summary());
    if unread.is_empty() { Status::Clean } else { Status::Undone }
}

fn create(path: &Path, force: bool, text: &str) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true);
    let options = if force { options.create(true).truncate(true) } else { options.create_new(true) };
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => "it is there already; --force writes it anew".to_owned(),
        _ => reason(&error),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| reason(&error))
}

/// Who is named in the roles, each with the places that name it.
#[derive(Default)]
struct Found {
    /// Accounts that the input shows to be the user's own, with what shows it.
    own: BTreeMap<String, String>,
    accounts: BTreeMap<String, Named>,
    organizations: BTreeMap<String, Named>,
    /// Accounts of known vendors.
    vendors: BTreeMap<&'static str, BTreeMap<String, Named>>,
    /// AWS's own accounts.
    aws: BTreeMap<String, (&'static str, Named)>,
    /// Tenants by issuer.
    tenants: BTreeMap<String, BTreeMap<String, Named>>,
}

/// Where somebody is named.
#[derive(Default)]
struct Named {
    /// The first place, in words.
    first: String,
    roles: BTreeSet<String>,
}

impl Named {
    fn add(&mut self, role: &Role, place: String) {
        if self.roles.is_empty() {
            self.first = format!("{} ({place})", plain(&role.address));
        }
        self.roles.insert(role.address.to_string());
    }

    /// In words, on one line.
    fn words(&self) -> String {
        match self.roles.len() {
            0 | 1 => format!("trusted by {}", self.first),
            2 => format!("trusted by {} and 1 other role", self.first),
            n => format!("trusted by {} and {} other roles", self.first, n - 1),
        }
    }
}

impl Found {
    fn of(roles: &[Role], learned: &[ZoneFact], sources: &SourceMap) -> Self {
        let mut found = Found::default();
        for fact in learned {
            let place = at(sources, fact.span.file, fact.span.start);
            found.own.insert(fact.account.to_string(), format!("{} ({place})", plain(&fact.source)));
        }
        for role in roles {
            for (party, span) in role.trust.iter().flat_map(|variant| parties(&variant.policy)) {
                found.add(role, party, at(sources, span.file, span.start));
            }
        }
        found
    }

    fn add(&mut self, role: &Role, party: Party, place: String) {
        let named = match party {
            Party::Account(id) if self.own.contains_key(&id) => return,
            Party::Account(id) => match known_account(&id) {
                Some(known) if known.aws => {
                    &mut self.aws.entry(id).or_insert((known.name, Named::default())).1
                }
                Some(known) => self.vendors.entry(known.name).or_default().entry(id).or_default(),
                None => self.accounts.entry(id).or_default(),
            },
            Party::Organization(id) => self.organizations.entry(id).or_default(),
            Party::Tenant { issuer, tenant } => {
                self.tenants.entry(issuer).or_default().entry(tenant).or_default()
            }
        };
        named.add(role, place);
    }

    fn summary(&self) -> String {
        let open = self.accounts.len() + self.organizations.len();
        let tenants: usize = self.tenants.values().map(BTreeMap::len).sum();
        format!(
            "{} of yours, {}; for you to sort: {}",
            count(self.own.len(), "account"),
            count(self.vendors.len(), "known vendor"),
            count(open + tenants, "name")
        )
    }

    /// The whole file.
    fn file(&self, files: usize, roles: usize) -> String {
        let mut out = format!(
            "# Who is no stranger to the roles below this directory.\n\
             # A first version by `trustproof init`, from {} with {}. Lines in comments are for you \
             to sort:\n# take the `#` from what is yours, delete the rest.\n\n[zone]\n# Your accounts: not third parties.\n",
            count(files, "file"),
            count(roles, "role")
        );
        out.push_str("accounts = [\n");
        for (id, source) in &self.own {
            line(&mut out, &format!("    {},", quoted(id)), source);
        }
        commented(&mut out, &self.accounts);
        out.push_str(
            "]\n# Your organisations. Once one is listed, all others are foreign.\norganizations = [\n",
        );
        commented(&mut out, &self.organizations);
        out.push_str("]\n");
        self.known(&mut out);
        out.push_str(
            "\n# Your tenants of identity providers that others use too. Once one is listed, the provider's other \
             tenants are\n# foreign.\n[zone.oidc]\n",
        );
        for (issuer, tenants) in &self.tenants {
            let names: Vec<String> = tenants.keys().map(|name| quoted(name)).collect();
            let words = tenants.values().next().map(Named::words).unwrap_or_default();
            line(&mut out, &format!("# {} = [{}]", quoted(issuer), names.join(", ")), &words);
        }
        out
    }

    fn known(&self, out: &mut String) {
        if !self.vendors.is_empty() {
            out.push_str(
                "\n# Known third parties (github.com/fwdcloudsec/known_aws_accounts): called by name, and still in need of \
                 an\n# ExternalId.\n",
            );
        }
        for (name, accounts) in &self.vendors {
            let ids: Vec<String> = accounts.keys().map(|id| quoted(id)).collect();
            let _ =
                writeln!(out, "[[zone.vendors]]\nname = {}\naccounts = [{}]", quoted(name), ids.join(", "));
        }
        if !self.aws.is_empty() {
            out.push_str("\n# Accounts of AWS itself; nothing to do.\n");
        }
        for (id, (name, named)) in &self.aws {
            let _ = writeln!(out, "# {id}: {name}, {}", named.words());
        }
    }
}

fn commented(out: &mut String, named: &BTreeMap<String, Named>) {
    for (id, named) in named {
        line(out, &format!("    # {},", quoted(id)), &named.words());
    }
}

/// A line with a remark, which is one line whatever it holds.
fn line(out: &mut String, text: &str, remark: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text} # {}", remark.replace(['\n', '\r'], " "));
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
