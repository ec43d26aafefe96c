//! What the tests share: files in memory, and a short way to a role.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;

use model::{Input, LoadError, Loader, Lowered, Position, Role, SourceMap, Span, Subject, Variant};
use trustproof_input_cloudformation::CloudFormationInput;

struct Memory(BTreeMap<String, Vec<u8>>);

impl Loader for Memory {
    fn load(&self, path: &str) -> Result<Vec<u8>, LoadError> {
        self.0.get(path).cloned().ok_or_else(|| LoadError("no such file".to_owned()))
    }
    fn admits(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// A template and what was read of it.
pub(crate) struct Read {
    pub(crate) sources: SourceMap,
    pub(crate) lowered: Lowered,
}

/// Reads one file that the input must claim.
pub(crate) fn read_as(path: &str, bytes: &[u8]) -> Read {
    assert!(CloudFormationInput.claims(path, bytes), "not claimed");
    let files = BTreeMap::from([(path.to_owned(), bytes.to_vec())]);
    let sources = SourceMap::new(vec![path.to_owned()], Box::new(Memory(files)));
    let claimed: Vec<_> = sources.ids().collect();
    let units = CloudFormationInput.units(&claimed, &sources);
    let lowered = CloudFormationInput.read(units.first().unwrap(), &sources);
    Read { sources, lowered }
}

/// Reads a template.
pub(crate) fn read(text: &str) -> Read {
    read_as("t.yaml", text.as_bytes())
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

    /// Messages of the relevant problems.
    pub(crate) fn relevant(&self) -> Vec<&str> {
        self.lowered.problems.iter().filter(|p| p.relevant).map(|p| &*p.message).collect()
    }
}

/// A template with one role that trusts `principal`, one line of YAML, in a template with these other sections.
pub(crate) fn template(sections: &str, principal: &str) -> String {
    format!(
        "{sections}\nResources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          \
         - Effect: Allow\n            Action: sts:AssumeRole\n            Principal:\n              AWS: {principal}\n"
    )
}
