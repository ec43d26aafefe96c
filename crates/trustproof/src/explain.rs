//! `trustproof explain`: the pages of the rules.

use std::io::{self, Write};

use rules::{Meta, RULES};

use crate::{Status, complain, written};

/// Prints the page of a rule, or the list.
pub(crate) fn run(rule: Option<&str>) -> Status {
    let metas = RULES.iter().map(|rule| rule.meta);
    let Some(id) = rule else {
        return written(list(metas, &mut io::stdout().lock()));
    };
    match metas.into_iter().find(|meta| meta.id == id) {
        Some(meta) => written(writeln!(io::stdout().lock(), "{}", meta.page.trim_end())),
        None => {
            complain(format_args!(
                "there is no rule `{}`; `trustproof explain` lists them",
                id.escape_debug()
            ));
            Status::Undone
        }
    }
}

fn list(metas: impl Iterator<Item = &'static Meta> + Clone, out: &mut dyn Write) -> io::Result<()> {
    let width = metas.clone().map(|meta| meta.id.len()).max().unwrap_or_default();
    for meta in metas {
        writeln!(out, "{:<width$}  {:<8}  {}", meta.id, meta.severity.name(), meta.title)?;
    }
    Ok(())
}
