//! What is known of a role against one kind of adversary.

/// Three-valued, plus "the policy does not speak to this kind of caller".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// No statement concerns this adversary.
    NotApplicable,
    /// No request of this adversary is allowed, whatever the unknown values are.
    Safe,
    /// Depends on values that the input does not give, or on undocumented behaviour.
    Undetermined,
    /// A request of this adversary is allowed, whatever the unknown values are.
    Exposed,
}

impl Verdict {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotApplicable => "not-applicable",
            Verdict::Safe => "safe",
            Verdict::Undetermined => "undetermined",
            Verdict::Exposed => "exposed",
        }
    }
}

/// One verdict for each kind of adversary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Anybody with an account.
    pub stranger: Verdict,
    /// Another tenant of a trusted account outside the zone.
    pub third_party: Verdict,
    /// A cloud service acting for another account.
    pub service: Verdict,
    /// A token of another tenant of an OIDC provider.
    pub oidc: Verdict,
    /// A foreign SAML assertion.
    pub saml: Verdict,
}
