//! AWS accounts that are publicly known: vendors' and AWS's own.
//!
//! The table is converted from fwdcloudsec/known_aws_accounts (Apache-2.0); its first line says which commit.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../data/known-aws-accounts.tsv");

/// A publicly known account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownAccount {
    /// Whose it is.
    pub name: &'static str,
    /// Whether it is one of AWS's own.
    pub aws: bool,
}

static ACCOUNTS: LazyLock<HashMap<&'static str, KnownAccount>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (account, name, kind) = (columns.next()?, columns.next()?, columns.next()?);
            Some((account, KnownAccount { name, aws: kind == "aws" }))
        })
        .collect()
});

/// Whose account this is, if that is publicly known.
pub fn known_account(account: &str) -> Option<KnownAccount> {
    ACCOUNTS.get(account).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_and_aws_are_told_apart() {
        assert!(ACCOUNTS.len() > 450);
        assert!(ACCOUNTS.keys().all(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit())));
        assert!(ACCOUNTS.values().any(|k| k.aws) && ACCOUNTS.values().any(|k| !k.aws));
        assert_eq!(known_account("000000000000"), None);
    }
}
