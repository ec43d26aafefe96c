//! Reads a few files as the binary would, and applies every rule.

use std::sync::Arc;

use decide::Zone;
use input_policy::PolicyInput;
use input_terraform::TerraformInput;
use model::{Input, LoadError, Loader, SourceMap, Subject};
use trustproof_rules::{Estate, Finding, Settings, analyze, judge};

/// The accounts that are one's own in every example, on AWS and on Alibaba Cloud.
pub(crate) const OWN: [&str; 2] = ["111122223333", "1111222233334444"];

/// Files by path.
pub(crate) struct Files(pub(crate) Vec<(String, String)>);

impl Loader for Files {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        let file = self.0.iter().find(|(p, _)| p == path);
        file.map(|(_, text)| text.clone().into_bytes()).ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.iter().any(|(p, _)| p == path)
    }
}

/// The zone of somebody who has told of some accounts only.
pub(crate) fn owner_of(accounts: &[&str]) -> Zone {
    Zone { accounts: accounts.iter().map(|a| (*a).to_owned()).collect(), ..Zone::default() }
}

/// The findings of a directory of files and the problems met on the way, for the owner of a zone.
pub(crate) fn findings(files: Files, mut zone: Zone) -> (Vec<Finding>, Vec<String>, SourceMap) {
    let written = files.0.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let paths = files.0.iter().map(|(p, _)| p.clone()).collect();
    let sources = SourceMap::new(paths, Box::new(files));
    let inputs: [&dyn Input; 2] = [&TerraformInput::default(), &PolicyInput];
    let mut roles = Vec::new();
    let mut problems = Vec::new();
    for input in inputs {
        let claimed: Vec<_> = sources
            .ids()
            .filter(|id| input.scannable(&sources.path(*id)))
            .filter(|id| input.claims(&sources.path(*id), &sources.bytes(*id).unwrap_or_default()))
            .collect();
        for unit in input.units(&claimed, &sources) {
            let lowered = input.read(&unit, &sources);
            zone.accounts.extend(lowered.zone_facts.iter().map(|f| f.account.to_string()));
            problems.extend(lowered.problems.iter().map(|p| p.message.to_string()));
            roles.extend(lowered.subjects.into_iter().map(|Subject::Role(role)| *role));
        }
    }
    let settings = Arc::new(Settings { zone, ..Settings::default() });
    let estate = Estate { roles: roles.into_iter().map(|role| judge(&settings, role)).collect() };
    assert!(!estate.roles.is_empty(), "no role was read: {problems:?} in\n{written}");
    (analyze(&estate).findings, problems, sources)
}
