//! Terraform as an oracle: `terraform console` over many expressions at once.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::ERROR;

/// The longest line that the console reads, with room to spare.
const MAX_LINE: usize = 40_000;

/// What stands for a value that Terraform itself does not know.
pub(super) const UNKNOWN: &str = "UNKNOWN";

/// Whether Terraform is installed.
pub(super) fn is_present() -> bool {
    let version =
        Command::new("terraform").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// What Terraform makes of expressions: JSON, or [`ERROR`].
pub(super) fn answers(expressions: &[String]) -> Vec<String> {
    let mut out = Vec::with_capacity(expressions.len());
    let mut batch: Vec<&str> = Vec::new();
    let mut length = 0;
    for expression in expressions {
        if length + expression.len() > MAX_LINE {
            out.extend(ask(&batch));
            batch.clear();
            length = 0;
        }
        length += expression.len() + 32;
        batch.push(expression);
    }
    out.extend(ask(&batch));
    assert_eq!(out.len(), expressions.len());
    out
}

/// Asks about one line's worth. The answer comes back in base64, which no quoting touches.
fn ask(expressions: &[&str]) -> Vec<String> {
    let tried: Vec<String> =
        expressions.iter().map(|e| format!("try(jsonencode({e}), \"{ERROR}\")")).collect();
    let line = format!("base64encode(jsonencode([{}]))\n", tried.join(", "));
    let directory = tempfile::tempdir().unwrap();
    let mut console = Command::new("terraform")
        .arg("console")
        .current_dir(directory.path())
        .env("TF_CLI_CONFIG_FILE", "")
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    console.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
    let output = console.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let Some(encoded) = text.trim().strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        // One that is not known hides all others.
        let (left, right) = expressions.split_at(expressions.len() / 2);
        return match right {
            [_] if left.is_empty() => vec![UNKNOWN.to_owned()],
            _ => [ask(left), ask(right)].concat(),
        };
    };
    let decoded = super::answers(&[format!("jsondecode(base64decode(\"{encoded}\"))")]);
    serde_json::from_str(&decoded[0]).unwrap()
}
