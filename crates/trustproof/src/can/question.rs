//! A question: one request, put to one trust policy.
//!
//! Deliberately not here: how it was asked (the command line, a line of JSON) and what the law answers (decide).

use std::borrow::Cow;

use decide::{Decision, Request, Truth, evaluate, evaluate_in};
use model::{Cloud, TrustPolicy};

/// The action that is asked about where none is named.
pub(super) const ACTION: &str = "sts:AssumeRole";

/// The request as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Question {
    request: Request,
    role: Option<RoleArn>,
}

impl Question {
    pub(super) fn new(principal: impl Into<String>, action: impl Into<String>) -> Self {
        let request = Request { principal: principal.into(), action: action.into(), ..Request::default() };
        Question { request, role: None }
    }

    /// Says whose role is asked for.
    pub(super) fn of_role(&mut self, role: RoleArn) {
        self.role = Some(role);
    }

    /// The values of a context key, to be filled in. Keys compare without letter case.
    pub(super) fn values(&mut self, key: &str) -> &mut Vec<String> {
        self.request.context.entry(key.to_ascii_lowercase()).or_default()
    }

    /// Whether something was said of a context key.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.request.context.contains_key(&key.to_ascii_lowercase())
    }

    /// Says that a context key holds several values, however many were given.
    pub(super) fn multivalued(&mut self, key: &str) {
        self.request.multivalued.insert(key.to_ascii_lowercase());
    }

    /// Whose grammar the policy follows if it does not tell by itself.
    pub(super) fn cloud(&self) -> Cloud {
        self.role.as_ref().map_or(Cloud::Aws, |role| role.cloud)
    }

    /// The request as the role's cloud sees it, or `None` if no principal of that cloud can make it.
    pub(super) fn request(&self) -> Option<Cow<'_, Request>> {
        let Some(RoleArn { cloud: Cloud::Aws, partition, .. }) = &self.role else {
            return Some(Cow::Borrowed(&self.request));
        };
        let principal = &self.request.principal;
        match principal.strip_prefix("arn:").and_then(|rest| rest.split_once(':')) {
            // Partitions share no principals, so that no statement can mean this one.
            Some((other, _)) if other != &**partition => None,
            // An account id alone means the account of that id in the role's partition.
            None if principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit()) => {
                let principal = format!("arn:{partition}:iam::{principal}:root");
                Some(Cow::Owned(Request { principal, ..self.request.clone() }))
            }
            Some(_) | None => Some(Cow::Borrowed(&self.request)),
        }
    }

    /// The answer.
    pub(super) fn put_to(&self, policy: &TrustPolicy) -> Decision {
        match self.request() {
            Some(request) => match &self.role {
                Some(role) => evaluate_in(policy, &role.account, &request),
                None => evaluate(policy, &request),
            },
            None => Decision { allowed: Truth::False, statement: None },
        }
    }
}

/// What the ARN of a role tells of its home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn {
    cloud: Cloud,
    /// `aws`, `aws-cn`, …; empty on Alibaba Cloud, which has none.
    partition: Box<str>,
    /// Its account's id.
    account: Box<str>,
}

impl RoleArn {
    /// Reads `arn:aws:iam::111122223333:role/NAME` or `acs:ram::1234567890123456:role/NAME`.
    ///
    /// # Errors
    /// The text is something else.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (cloud, partition) = match next() {
            "arn" => (Cloud::Aws, next()),
            "acs" => (Cloud::Alibaba, ""),
            _ => (Cloud::Aws, ""),
        };
        let (service, region, account, resource) = (next(), next(), next(), next());
        let (named, digits) = match cloud {
            Cloud::Aws => (service == "iam" && !partition.is_empty(), 12),
            Cloud::Alibaba => (service == "ram", 16),
        };
        let is_account = account.len() == digits && account.bytes().all(|b| b.is_ascii_digit());
        if named && region.is_empty() && is_account && resource.starts_with("role/") {
            return Ok(RoleArn { cloud, partition: partition.into(), account: account.into() });
        }
        Err("expected the ARN of a role, such as `arn:aws:iam::111122223333:role/NAME`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(principal: &str, role: &str) -> Option<String> {
        let mut question = Question::new(principal, ACTION);
        question.of_role(RoleArn::parse(role).unwrap());
        question.request().map(|request| request.principal.clone())
    }

    #[test]
    fn a_role_is_told_by_its_arn() {
        let cloud = |text| RoleArn::parse(text).map(|role| role.cloud);
        assert_eq!(cloud("arn:aws-cn:iam::111122223333:role/path/x"), Ok(Cloud::Aws));
        assert_eq!(cloud("acs:ram::1234567890123456:role/x"), Ok(Cloud::Alibaba));
        for text in [
            "",
            "x",
            "arn:aws:iam::111122223333:user/x",
            "arn:aws:iam::1:role/x",
            "arn::iam::111122223333:role/x",
            "arn:aws:sts::111122223333:role/x",
            "acs:ram::111122223333:role/x",
            "arn:aws:iam:us-east-1:111122223333:role/x",
        ] {
            assert!(cloud(text).is_err(), "{text}");
        }
    }

    #[test]
    fn partitions_share_no_principals() {
        let role = "arn:aws-cn:iam::111122223333:role/x";
        let own = "arn:aws-cn:iam::444455556666:root";
        assert_eq!(principal(own, role).as_deref(), Some(own));
        assert_eq!(principal("arn:aws:iam::444455556666:root", role), None);
        assert_eq!(principal("444455556666", role).as_deref(), Some(own));
        assert_eq!(principal("ec2.amazonaws.com.cn", role).as_deref(), Some("ec2.amazonaws.com.cn"));
    }

    #[test]
    fn context_keys_have_no_letter_case() {
        let mut question = Question::new("x", ACTION);
        question.values("aws:SourceIp").push("a".to_owned());
        question.values("AWS:sourceip").push("b".to_owned());
        question.multivalued("aws:SOURCEIP");
        assert!(question.knows("Aws:SourceIP") && !question.knows("aws:SourceVpc"));
        let request = question.request().unwrap();
        assert_eq!(request.context.get("aws:sourceip").unwrap(), &["a", "b"]);
        assert!(request.multivalued.contains("aws:sourceip"));
    }
}
