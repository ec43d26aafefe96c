//! What an adversary can put into one context key.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::evaluate::operator;
use crate::string::glob::{Class, Glob};
use crate::string::language::Language;

/// What a key can be in the requests of an adversary.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    /// Whether the key may be missing.
    pub(crate) absent: bool,
    /// What it may be when present.
    pub(crate) values: Values,
    /// Whether it holds several values at once.
    pub(crate) multi: bool,
    /// Whether what the policy names is by convention somebody else's: a value that the input does not give but
    /// that the policy compares byte for byte is then never the adversary's.
    pub(crate) unnamed: bool,
}

/// What a call asks for besides the role. Each is authorised by an action of its own, whoever calls (the user guide's
/// pages on session tags and source identity), and its keys are in no other call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extras {
    /// Session tags, given by the caller or by its identity provider.
    pub(crate) tags: bool,
    /// A source identity.
    pub(crate) source_identity: bool,
}

impl Extras {
    /// The actions of the call that `action` opens a session with.
    pub(crate) fn actions(self, action: &'static str) -> Vec<&'static str> {
        let mut actions = vec![action];
        actions.extend(self.tags.then_some("sts:TagSession"));
        actions.extend(self.source_identity.then_some("sts:SetSourceIdentity"));
        actions
    }

    /// What a key (in lower case) that belongs to one of them can be.
    pub(crate) fn domain(self, key: &str) -> Option<Domain> {
        let domain = match key {
            "sts:sourceidentity" if self.source_identity => Domain::present(vec![session_name()]),
            "aws:tagkeys" | "sts:transitivetagkeys" if self.tags => Domain::free().several(),
            _ if self.tags && key.starts_with("aws:requesttag/") => Domain::free(),
            "sts:sourceidentity" | "aws:tagkeys" | "sts:transitivetagkeys" => Domain::never(),
            _ if key.starts_with("aws:requesttag/") => Domain::never(),
            _ => return None,
        };
        Some(domain)
    }
}

/// The values a present key can have.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// It is never present.
    Never,
    /// These texts.
    Text(Language),
    /// Every address outside these ranges.
    Address(Vec<IpNet>),
    /// Every number and every date.
    Scalar,
    /// Every moment from [`PRESENT`] on, as a date or in seconds since 1970.
    Moment,
    /// One fixed value that is nobody's choice and not known here.
    Opaque,
}

impl Domain {
    /// The key is never in the request.
    pub(crate) fn never() -> Self {
        Domain { absent: true, values: Values::Never, multi: false, unnamed: false }
    }

    /// The key is there with one of these texts.
    pub(crate) fn present(globs: Vec<Glob>) -> Self {
        Domain {
            absent: false,
            values: Values::Text(Language { all: vec![globs], none: Vec::new() }),
            multi: false,
            unnamed: false,
        }
    }

    /// The key is there with exactly one of these texts.
    pub(crate) fn fixed(texts: &[&str]) -> Self {
        Domain::present(texts.iter().map(|t| Glob::literal(t)).collect())
    }

    /// Any text at all, or no key.
    pub(crate) fn free() -> Self {
        Domain::present(vec![non_empty()]).optional()
    }

    /// The key has one value that is not known.
    pub(crate) fn opaque() -> Self {
        Domain { absent: true, values: Values::Opaque, multi: false, unnamed: false }
    }

    /// A number or a date.
    pub(crate) fn scalar() -> Self {
        Domain { absent: false, values: Values::Scalar, multi: false, unnamed: false }
    }

    /// The time of a request.
    pub(crate) fn moment() -> Self {
        Domain { absent: false, values: Values::Moment, multi: false, unnamed: false }
    }

    /// An address outside these ranges.
    pub(crate) fn address(except: Vec<IpNet>) -> Self {
        Domain { absent: false, values: Values::Address(except), multi: false, unnamed: false }
    }

    /// The key may also be missing.
    #[must_use]
    pub(crate) fn optional(mut self) -> Self {
        self.absent = true;
        self
    }

    /// The key holds several values.
    #[must_use]
    pub(crate) fn several(mut self) -> Self {
        self.multi = true;
        self
    }

    /// What the policy names, known here or not, is somebody else's.
    #[must_use]
    pub(crate) fn unnamed(self) -> Self {
        self.unnamed_if(true)
    }

    /// The same where the convention holds.
    #[must_use]
    pub(crate) fn unnamed_if(mut self, holds: bool) -> Self {
        self.unnamed = holds;
        self
    }

    /// None of these texts.
    #[must_use]
    pub(crate) fn except(mut self, globs: impl IntoIterator<Item = Glob>) -> Self {
        if let Values::Text(language) = &mut self.values {
            language.none.extend(globs);
        }
        self
    }

    /// Only texts of this shape.
    #[must_use]
    pub(crate) fn within(mut self, glob: Glob) -> Self {
        if let Values::Text(language) = &mut self.values {
            language.all.push(vec![glob]);
        }
        self
    }

    /// Whether the key can have this value.
    pub(crate) fn contains(&self, value: &str) -> bool {
        match &self.values {
            Values::Never | Values::Opaque => false,
            Values::Text(language) => language.contains(value),
            Values::Address(except) => {
                value.parse::<IpAddr>().is_ok_and(|ip| !except.iter().any(|net| net.contains(&ip)))
            }
            Values::Scalar => operator::number(value).is_some() || operator::instant(value).is_some(),
            Values::Moment => operator::instant(value).is_some_and(|at| at.as_second() >= PRESENT),
        }
    }
}

/// No request comes from the past: the first of January 2026, in seconds since 1970. A constant and not the clock, so
/// that a report says the same on every day.
pub(crate) const PRESENT: i64 = 1_767_225_600;

pub(crate) const DIGITS: Class = Class::of("0123456789");
pub(crate) const LOWER_ALPHANUMERIC: Class = Class::of("abcdefghijklmnopqrstuvwxyz0123456789");
pub(crate) const ALPHANUMERIC: Class =
    Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
const EXTERNAL_ID: Class =
    Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@:/-");
const NAME: Class = Class::of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-");
const PATH: Class = Class::Ascii([0xFFFF_FFFE_0000_0000, 0x7FFF_FFFF_FFFF_FFFF]);

/// Any text but the empty one.
pub(crate) fn non_empty() -> Glob {
    let mut glob = Glob::default();
    glob.one(Class::Any);
    glob.star(Class::Any);
    glob
}

/// `count` characters of a class and any number more.
fn at_least(prefix: &str, class: Class, count: usize) -> Glob {
    let mut glob = Glob::literal(prefix);
    glob.many(class, count);
    glob.star(class);
    glob
}

/// How long an ExternalId can be (API reference of AssumeRole).
pub(crate) const LONGEST_EXTERNAL_ID: usize = 1_224;

/// An ExternalId: at least two of the characters that STS accepts (API reference of AssumeRole).
pub(crate) fn external_id() -> Glob {
    at_least("", EXTERNAL_ID, 2)
}

/// A role session name or source identity: 2 to 64 characters.
pub(crate) fn session_name() -> Glob {
    at_least("", NAME, 2)
}

/// An account id of `digits` digits.
pub(crate) fn account_id(digits: usize) -> Glob {
    let mut glob = Glob::default();
    glob.many(DIGITS, digits);
    glob
}

/// An organisation id.
pub(crate) fn organization_id() -> Glob {
    at_least("o-", LOWER_ALPHANUMERIC, 10)
}

/// The path of an organisation's account: `o-…/r-…/…`.
pub(crate) fn organization_path() -> Glob {
    let mut glob = organization_id();
    glob.text("/r-");
    glob.many(LOWER_ALPHANUMERIC, 4);
    glob.text("/");
    glob.star(Class::of("abcdefghijklmnopqrstuvwxyz0123456789-/"));
    glob
}

/// What follows `prefix` is a name with a path, which may hold every printable character (API reference of
/// CreateRole).
pub(crate) fn named(prefix: &str) -> Glob {
    let mut glob = Glob::literal(prefix);
    glob.star(PATH);
    glob.one(NAME);
    glob
}

/// An id such as `vpc-0a1b…`.
pub(crate) fn hex_id(prefix: &str) -> Glob {
    at_least(prefix, Class::of("0123456789abcdef"), 8)
}

/// A region's name.
pub(crate) fn region() -> Glob {
    let mut glob = Glob::default();
    glob.many(Class::of("abcdefghijklmnopqrstuvwxyz"), 2);
    glob.text("-");
    glob.star(Class::of("abcdefghijklmnopqrstuvwxyz0123456789-"));
    glob.one(DIGITS);
    glob
}
