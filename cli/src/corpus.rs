//! Folders of scenarios.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::say;

/// Folders in folders in folders; deeper ones are left out.
const MAX_DEPTH: usize = 16;

/// The files that paths name, in order: of a folder all plain files below it, sorted by name. Hidden ones are left out.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { below(path, MAX_DEPTH, &mut files)? } else { files.push(path.clone()) }
    }
    Ok(files)
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { file: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    for path in entries.into_iter().filter(|path| !hidden(path)) {
        let kind = path.symlink_metadata().map_err(failed)?.file_type();
        if kind.is_file() {
            files.push(path);
        } else if kind.is_dir() && depth > 0 {
            below(&path, depth - 1, files)?;
        } else {
            say(format_args!("left out: {}: a link, no plain file, or too deep", path.display()));
        }
    }
    Ok(())
}
