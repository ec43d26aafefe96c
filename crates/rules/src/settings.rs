//! What the owner of a role sets: who is no stranger, and the limits of rules that have one.

use decide::Zone;

/// The settings that hold for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who is no stranger.
    pub zone: Zone,
    /// The longest session of an outsider, in seconds, that `long-session` says nothing of.
    pub longest_session: u64,
}

impl Default for Settings {
    /// No zone, and the session that the clouds give by default.
    fn default() -> Self {
        Settings { zone: Zone::default(), longest_session: 3600 }
    }
}
