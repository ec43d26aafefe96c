//! One file that the user names, outside of any walk: a policy to ask, a configuration.
#![allow(clippy::disallowed_methods, reason = "the user names the file on the command line")]

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use model::{FileId, LoadError, Loader, SourceMap, SourceText};

use crate::discover::{STDIN, reason, slashed};

/// A file with its text, in a source map of its own.
pub(crate) struct Named {
    pub(crate) sources: SourceMap,
    pub(crate) file: FileId,
    pub(crate) text: SourceText,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// What went wrong, with the path, for a person.
pub(crate) fn open(path: &Path) -> Result<Named, String> {
    let name = if path == Path::new(STDIN) { STDIN.to_owned() } else { slashed(path) };
    let bytes =
        if path == Path::new(STDIN) { bytes(io::stdin().lock()) } else { File::open(path).and_then(bytes) };
    let bytes = bytes.map_err(|error| format!("cannot read `{name}`: {}", reason(&error)))?;
    let sources = SourceMap::new(vec![name.clone()], Box::new(Memory(bytes)));
    let file = sources.open(&name).ok_or_else(|| format!("cannot read `{name}`"))?;
    let text = sources.text(file).map_err(|error| format!("`{name}` {error}"))?;
    Ok(Named { sources, file, text })
}

fn bytes(source: impl Read) -> io::Result<Vec<u8>> {
    // One byte more than is read at most, so that the source map sees that it is too large.
    let most = u64::try_from(SourceMap::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    source.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

struct Memory(Vec<u8>);

impl Loader for Memory {
    fn load(&self, _: &str) -> Result<Vec<u8>, LoadError> {
        Ok(self.0.clone())
    }

    fn admits(&self, _: &str) -> bool {
        false
    }
}
