//! Modules in memory, read as the binary would read them.

use std::collections::BTreeMap;

use model::{Input, LoadError, Loader, Lowered, Role, SourceMap, Span, Standing, Subject, Variant};
use trustproof_input_terraform::{TerraformInput, Variables};

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
    fn list(&self, dir: &str) -> Vec<String> {
        let inside = |path: &String| path.strip_prefix(dir)?.strip_prefix('/').map(str::to_owned);
        self.0.keys().filter_map(inside).filter(|rest| !rest.contains('/')).collect()
    }
}

/// A scan of files in memory.
pub(crate) struct Scan {
    pub(crate) sources: SourceMap,
    pub(crate) lowered: Lowered,
}

impl Scan {
    /// Reads every unit that the files make.
    pub(crate) fn of(files: &[(&str, &[u8])]) -> Scan {
        Scan::with(files, Variables::default())
    }

    /// Reads every unit that the files make, with values for their variables.
    pub(crate) fn with(files: &[(&str, &[u8])], variables: Variables) -> Scan {
        let walked: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        Scan::read(files, &walked, TerraformInput { variables })
    }

    /// Reads every unit, where the walk lists only some of the files.
    pub(crate) fn walking(files: &[(&str, &[u8])], walked: &[&str]) -> Scan {
        Scan::read(files, walked, TerraformInput::default())
    }

    fn read(files: &[(&str, &[u8])], walked: &[&str], input: TerraformInput) -> Scan {
        let memory = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
        let paths = walked.iter().map(|path| (*path).to_owned()).collect();
        let sources = SourceMap::new(paths, Box::new(Memory(memory)));
        let claimed: Vec<_> = sources
            .ids()
            .filter(|id| sources.bytes(*id).is_ok_and(|bytes| input.claims(&sources.path(*id), &bytes)))
            .collect();
        let mut lowered = Lowered::default();
        for unit in input.units(&claimed, &sources) {
            let one = input.read(&unit, &sources);
            lowered.subjects.extend(one.subjects);
            lowered.zone_facts.extend(one.zone_facts);
            lowered.problems.extend(one.problems);
            lowered.missing.extend(one.missing);
            lowered.embedded.extend(one.embedded);
        }
        Scan { sources, lowered }
    }

    /// Reads a module of one file.
    pub(crate) fn main(text: &str) -> Scan {
        Scan::of(&[("main.tf", text.as_bytes())])
    }

    pub(crate) fn roles(&self) -> Vec<&Role> {
        self.lowered
            .subjects
            .iter()
            .map(|subject| match subject {
                Subject::Role(role) => &**role,
            })
            .collect()
    }

    /// The only role.
    pub(crate) fn role(&self) -> &Role {
        let roles = self.roles();
        assert_eq!(roles.len(), 1, "{:?}", self.lowered.problems);
        roles[0]
    }

    pub(crate) fn snippet(&self, span: Span) -> String {
        self.sources.snippet(span)
    }

    /// The meaning of the only role's trust policy, one entry a variant.
    pub(crate) fn meaning(&self) -> Vec<String> {
        self.role().trust.iter().map(|variant| variant.policy.canonical()).collect()
    }

    /// The shape of a role's policy that given values and defaults select.
    pub(crate) fn selected(role: &Role) -> &Variant {
        let selected = |v: &&Variant| v.assumptions.iter().all(|a| a.standing == Standing::Selected);
        role.trust.iter().find(selected).expect("a selected shape")
    }

    pub(crate) fn messages(&self) -> Vec<&str> {
        self.lowered.problems.iter().map(|p| &*p.message).collect()
    }
}
