//! What a report needs to know of the run around it: what it is called, where its links lead.
#![allow(
    clippy::disallowed_methods,
    reason = "a job of GitHub Actions says in its environment what it scans"
)]

use std::path::PathBuf;

use crate::discover::slashed;

/// What tells a run from others over the same code: a name that was given, else the paths.
pub(crate) fn category(given: Option<&str>, paths: &[PathBuf]) -> String {
    if let Some(given) = given {
        return given.trim_end_matches('/').to_owned();
    }
    let paths: Vec<String> =
        paths.iter().map(|path| slashed(path)).filter(|p| !p.is_empty() && p != ".").collect();
    if paths.is_empty() { "trustproof".to_owned() } else { format!("trustproof/{}", paths.join("+")) }
}

/// What links to files begin with: nothing, or in a job of GitHub Actions the scanned commit, since a job's summary
/// is not shown beside the files.
pub(crate) fn link_base() -> String {
    let variable = |name: &str| std::env::var(name).ok();
    let is_address = |c: char| c.is_ascii_alphanumeric() || "-.:/".contains(c);
    let server = variable("GITHUB_SERVER_URL").filter(|url| url.chars().all(is_address));
    let (Some(server), Some(repository), Some(commit)) =
        (server, variable("GITHUB_REPOSITORY"), variable("GITHUB_SHA"))
    else {
        return String::new();
    };
    let [repository, commit] = [repository, commit].map(|text| model::encode_path(&text));
    format!("{}/{repository}/blob/{commit}/", server.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_a_name_or_the_paths() {
        let of = |paths: &[&str]| category(None, &paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(of(&["."]), "trustproof");
        assert_eq!(of(&["./infra/"]), "trustproof/infra");
        assert_eq!(of(&["infra", "web/x.tf"]), "trustproof/infra+web/x.tf");
        assert_eq!(category(Some("nightly/"), &[]), "nightly");
    }
}
