//! What sort of file it is, by its bytes alone.
//!
//! Not here: other encodings than UTF-8, which no input reads; the binary names such files.

use memchr::memmem;
use model::{FileId, Node, Place, Problem, Span};

/// How many bytes are looked at first.
const HEAD: usize = 4096;

/// How to get JSON out of a binary plan.
pub(crate) const BINARY: &str = "is a binary plan; run `terraform show -json PLAN > plan.json` and scan that";

/// How to get a plan instead of its log.
pub(crate) const LOG: &str = "is the log of `terraform plan -json`, which holds no policies; run `terraform plan -out PLAN` and \
                              `terraform show -json PLAN > plan.json`";

/// The kinds of resources that are roles, as JSON writes them.
const ROLES: [&str; 3] = ["\"aws_iam_role\"", "\"alicloud_ram_role\"", "\"awscc_iam_role\""];

/// Whether a plan, a state, or what somebody took for one may be in these bytes. Of a file that is `named` by the user
/// alone (standard input), more is explained.
pub(crate) fn claims(bytes: &[u8], named: bool) -> bool {
    // The first bytes nearly always say it: a plan may be hundreds of megabytes.
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    is_binary_plan(bytes)
        || has_sections(head)
        || has_sections(bytes)
        || (is_log(bytes) && (named || has(bytes, "aws_iam_role") || has(bytes, "alicloud_ram_role")))
}

/// Whether a source that begins like this is a plan or a state, read while it passes by.
pub(crate) fn streams(head: &[u8]) -> bool {
    let json = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    json.trim_ascii_start().starts_with(b"{") && !is_log(json) && has_sections(head)
}

fn has_sections(bytes: &[u8]) -> bool {
    has(bytes, "\"resource_changes\"")
        || (has(bytes, "\"format_version\"")
            && (has(bytes, "\"terraform_version\"") || has(bytes, "\"planned_values\"")))
        || (has(bytes, "\"terraform_version\"") && has(bytes, "\"lineage\""))
}

fn has(bytes: &[u8], word: &str) -> bool {
    memmem::find(bytes, word.as_bytes()).is_some()
}

/// Whether it is a zip archive, as saved plans are.
pub(crate) fn is_binary_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether it is the log in JSON lines that `terraform plan -json` prints.
pub(crate) fn is_log(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"@level\"")
}

/// Whether an outline is that of a plan or a state.
pub(crate) fn is_recognised(outline: &Node) -> bool {
    ["resource_changes", "planned_values", "values", "configuration", "lineage", "terraform_version"]
        .iter()
        .any(|section| outline.get(section).is_some())
}

/// What to say of JSON that holds the words of a plan and is none; nothing if it speaks of no role.
pub(crate) fn stranger(text: &str, file: FileId) -> Option<Problem> {
    let role = ROLES.iter().filter_map(|kind| Some((text.find(kind)? + 1, kind.len() - 2))).min()?;
    let span = Span::new(file, role.0, role.0 + role.1);
    Some(Problem { relevant: false, ..wrapped(Place::Span(span)) })
}

/// The same of a source that passed by.
pub(crate) fn wrapped(place: Place) -> Problem {
    let message = "this file speaks of a Terraform plan but is neither a plan nor a state at its top level; its roles are not read. \
                   If a plan is wrapped in it, scan the inner document alone";
    Problem::relevant(place, message)
}
