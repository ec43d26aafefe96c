//! What sort of file it is, by its bytes alone.
//!
//! Not here: other encodings than UTF-8, which no input reads; the binary names such files.

use memchr::memmem;

/// How to get JSON out of a binary plan.
pub(crate) const BINARY: &str = "is a binary plan; run `terraform show -json PLAN > plan.json` and scan that";

/// How to get a plan instead of its log.
pub(crate) const LOG: &str = "is the log of `terraform plan -json`, which holds no policies; run `terraform plan -out PLAN` and \
                              `terraform show -json PLAN > plan.json`";

/// Whether a plan, a state, or what somebody took for one may be in these bytes.
pub(crate) fn claims(bytes: &[u8]) -> bool {
    let has = |word: &str| memmem::find(bytes, word.as_bytes()).is_some();
    is_binary_plan(bytes)
        || has("\"resource_changes\"")
        || (has("\"format_version\"") && (has("\"planned_values\"") || has("\"terraform_version\"")))
        || (has("\"terraform_version\"") && has("\"lineage\""))
        || (is_log(bytes) && (has("aws_iam_role") || has("alicloud_ram_role")))
}

/// Whether it is a zip archive, as saved plans are.
pub(crate) fn is_binary_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Whether it is the log in JSON lines that `terraform plan -json` prints.
pub(crate) fn is_log(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{\"@level\"")
}
