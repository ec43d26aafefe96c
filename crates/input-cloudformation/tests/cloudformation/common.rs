//! What the tests share: files in memory, and a short way to a role.

use std::collections::BTreeMap;

use model::{Input, LoadError, Loader, Lowered, Position, Role, SourceMap, Span, Subject, Variant};
use trustproof_input_cloudformation::{CloudFormationInput, Parameters};

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// Templates and what was read of them.
pub(crate) struct Read {
    pub(crate) sources: SourceMap,
    pub(crate) lowered: Lowered,
}

/// Reads one file that the input must claim.
pub(crate) fn read_as(path: &str, bytes: &[u8]) -> Read {
    assert!(CloudFormationInput::default().claims(path, bytes), "not claimed");
    read_files(&[(path, bytes)], &[])
}

/// Reads files, of those that the input claims, with these values given to parameters.
pub(crate) fn read_files(files: &[(&str, &[u8])], given: &[(&str, &str)]) -> Read {
    let mut parameters = Parameters::default();
    given.iter().for_each(|(name, value)| parameters.insert(name, value));
    let input = CloudFormationInput { parameters };
    let bytes: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    let paths = bytes.keys().cloned().collect();
    let sources = SourceMap::new(paths, Box::new(Memory(bytes.clone())));
    let claimed: Vec<_> =
        sources.ids().filter(|id| input.claims(&sources.path(*id), &bytes[&sources.path(*id)])).collect();
    let mut all = Lowered::default();
    for unit in input.units(&claimed, &sources) {
        let lowered = input.read(&unit, &sources);
        all.subjects.extend(lowered.subjects);
        all.embedded.extend(lowered.embedded);
        all.directives.extend(lowered.directives);
        all.problems.extend(lowered.problems);
    }
    Read { sources, lowered: all }
}

/// Reads a template.
pub(crate) fn read(text: &str) -> Read {
    read_as("t.yaml", text.as_bytes())
}

/// Reads a template with these values given to its parameters.
pub(crate) fn read_with(text: &str, given: &[(&str, &str)]) -> Read {
    read_files(&[("t.yaml", text.as_bytes())], given)
}

impl Read {
    pub(crate) fn roles(&self) -> Vec<&Role> {
        self.lowered
            .subjects
            .iter()
            .map(|s| match s {
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

    /// The only shape of the only role's policy.
    pub(crate) fn variant(&self) -> &Variant {
        let trust = &self.role().trust;
        assert_eq!(trust.len(), 1, "{trust:#?}");
        &trust[0]
    }

    /// The first value of the first condition, and the text under its span.
    pub(crate) fn condition(&self) -> (String, String) {
        let condition = &self.variant().policy.statements[0].value.conditions[0].value;
        let value = &condition.values.items[0];
        (value.value.to_string(), self.sources.snippet(value.span))
    }

    /// The first principal and the text under its span.
    pub(crate) fn principal(&self) -> (String, String) {
        let id = &self.variant().policy.statements[0].value.principals.items[0].id;
        (id.value.to_string(), self.sources.snippet(id.span))
    }

    pub(crate) fn line(&self, span: Span) -> Position {
        self.sources.position(span.file, span.start)
    }

    /// The role of this address.
    pub(crate) fn role_called(&self, address: &str) -> &Role {
        let known: Vec<_> = self.roles().iter().map(|r| r.address.to_string()).collect();
        self.roles().into_iter().find(|r| &*r.address == address).unwrap_or_else(|| panic!("{known:?}"))
    }

    /// The addresses of all roles.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        self.roles().iter().map(|r| &*r.address).collect()
    }

    /// The messages of all problems.
    pub(crate) fn messages(&self) -> Vec<&str> {
        self.lowered.problems.iter().map(|p| &*p.message).collect()
    }

    /// Messages of the relevant problems.
    pub(crate) fn relevant(&self) -> Vec<&str> {
        self.lowered.problems.iter().filter(|p| p.relevant).map(|p| &*p.message).collect()
    }
}

/// The first principal of a shape.
pub(crate) fn principal_of(variant: &Variant) -> String {
    let principals = &variant.policy.statements[0].value.principals;
    principals.items.first().map_or_else(|| "?".to_owned(), |p| p.id.value.to_string())
}

/// A template with one role that trusts `principal`, one line of YAML, in a template with these other sections.
pub(crate) fn template(sections: &str, principal: &str) -> String {
    format!(
        "{sections}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          \
         - Effect: Allow\n            Action: sts:AssumeRole\n            Principal:\n              AWS: {principal}\n"
    )
}
