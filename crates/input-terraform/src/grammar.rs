//! The words of the data sources that build policy documents.
//!
//! They are the same in code and in plans. Not here: building a document out of either.

/// The words of one data source, as its provider documents them.
#[derive(Debug)]
pub struct Grammar {
    /// The data source.
    pub kind: &'static str,
    /// The attributes that give the document.
    pub results: &'static [&'static str],
    /// The version that is written if none is said.
    pub version: &'static str,
    /// Attribute of a statement and the element it becomes.
    pub elements: &'static [(&'static str, &'static str)],
    /// Block of principals and the element it becomes.
    pub principals: &'static [(&'static str, &'static str)],
    /// What the kind of a principal is called.
    pub principal_kind: &'static str,
    /// What the operator of a condition is called.
    pub operator: &'static str,
    /// Whether `&{…}` stands for `${…}`.
    pub escapes: bool,
}

impl Grammar {
    /// That of a data source; `None` if it builds no policy document.
    pub fn of(kind: &str) -> Option<&'static Grammar> {
        [&AWS, &ALIBABA].into_iter().find(|grammar| grammar.kind == kind)
    }
}

/// The AWS provider's.
pub static AWS: Grammar = Grammar {
    kind: "aws_iam_policy_document",
    results: &["json", "minified_json"],
    version: "2012-10-17",
    elements: &[
        ("sid", "Sid"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ],
    principals: &[("principals", "Principal"), ("not_principals", "NotPrincipal")],
    principal_kind: "type",
    operator: "test",
    escapes: true,
};

/// The Alibaba Cloud provider's.
pub static ALIBABA: Grammar = Grammar {
    kind: "alicloud_ram_policy_document",
    results: &["document", "json"],
    version: "1",
    elements: &[("action", "Action"), ("resource", "Resource")],
    principals: &[("principal", "Principal")],
    principal_kind: "entity",
    operator: "operator",
    escapes: false,
};
