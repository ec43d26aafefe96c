//! Functions that read files: inside the scanned roots only, through the source map.

use model::{Cause, FileId, SourceText};

use super::{Args, Outcome, unknown};
use crate::eval::Scope;
use crate::parse::parse_template_file;
use crate::path::resolve;
use crate::value::{Kind, Str, Val};

pub(super) fn file(args: &Args<'_, '_>) -> Outcome {
    let (id, text) = open(args)?;
    let whole = model::Span::new(id, 0, text.len());
    Ok(Val::string(Str::verbatim(&text, whole), whole).used_at(args.span))
}

pub(super) fn templatefile(args: &Args<'_, '_>) -> Outcome {
    let (id, text) = open(args)?;
    let variables = args.map(1)?;
    if let Some(open) = &variables.open {
        return Err(args.evaluator.still_unknown(open, args.span));
    }
    let mut scope = Scope::default();
    for field in &variables.fields {
        let Some(name) = field.key.known() else {
            return args.unsupported();
        };
        scope = scope.with(&name, field.value.clone());
    }
    let parts = parse_template_file(&text, id)
        .map_err(|fault| unknown(args, Cause::Invalid(format!("the template {}", fault.message).into())))?;
    let whole = model::Span::new(id, 0, text.len());
    let value = args.evaluator.render(&parts, whole, &scope);
    match &value.kind {
        Kind::Unknown(_) => Err(value),
        _ => Ok(value.used_at(args.span)),
    }
}

fn open(args: &Args<'_, '_>) -> Result<(FileId, SourceText), Val> {
    let path = args.known_text(0)?;
    let fail = |why: String| unknown(args, Cause::Unresolved(why.into()));
    // Terraform takes paths from where it runs, which is the root module, and `path.module` leads from there.
    let root = &args.evaluator.world.root;
    let full =
        resolve(root, &path).ok_or_else(|| fail(format!("`{path}` lies outside of what is scanned")))?;
    let sources = args.evaluator.world.sources;
    let id =
        sources.open(&full).ok_or_else(|| fail(format!("no file `{full}` is among the scanned ones")))?;
    match sources.text(id) {
        Ok(text) => Ok((id, text)),
        Err(error) => Err(fail(format!("`{full}` {error}"))),
    }
}
