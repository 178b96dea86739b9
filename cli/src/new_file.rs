//! Files that come into being: complete or not at all, and never over another one.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::Error;

/// How many names are tried before a folder counts as full.
const MAX_NAMES: u32 = 100_000;

/// Writes a file that does not exist yet.
pub(crate) fn create(file: &Path, contents: &[u8]) -> Result<(), Error> {
    // Asked first only for the better message; what counts is the rename below.
    if file.symlink_metadata().is_ok() {
        return Err(Error::Exists(file.to_owned()));
    }
    let beside = beside(file, contents).map_err(|source| Error::create(file, source))?;
    beside.persist_noclobber(file).map_err(|error| Error::create(file, error.error))?;
    Ok(())
}

/// Writes a file whether or not it exists. Only for files that this very process wrote.
pub(crate) fn replace(file: &Path, contents: &[u8]) -> Result<(), Error> {
    let beside = beside(file, contents).map_err(|source| Error::create(file, source))?;
    beside.persist(file).map_err(|error| Error::create(file, error.error))?;
    Ok(())
}

/// Writes `stem.extension`, or `stem-2.extension` and so on if there is such a file; returns its name.
pub(crate) fn create_free(folder: &Path, stem: &str, extension: &str, contents: &[u8]) -> Result<PathBuf, Error> {
    for number in 1..=MAX_NAMES {
        let file = folder.join(format!("{}{extension}", numbered(stem, number)));
        match create(&file, contents) {
            Err(Error::Exists(_)) => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(file),
        }
    }
    Err(Error::Exists(folder.join(format!("{stem}{extension}"))))
}

/// Makes a folder that does not exist yet.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir(folder).map_err(|error| Error::create(folder, error))
}

/// Makes the folder `name`, or `name-2` and so on if there is such a thing; returns its path.
pub(crate) fn create_free_folder(parent: &Path, name: &str) -> Result<PathBuf, Error> {
    for number in 1..=MAX_NAMES {
        let folder = parent.join(numbered(name, number));
        match create_folder(&folder) {
            Err(Error::Exists(_)) => {}
            result => return result.map(|()| folder),
        }
    }
    Err(Error::Exists(parent.join(name)))
}

/// The `number`th name from `stem`, counted from 1.
pub(crate) fn numbered(stem: &str, number: u32) -> String {
    if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") }
}

/// A finished file next to where it belongs, so that a rename can put it there.
fn beside(file: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // Like any other file: the umask decides.
    let mut beside =
        Builder::new().prefix(".regdiff-").permissions(std::fs::Permissions::from_mode(0o666)).tempfile_in(folder)?;
    beside.write_all(contents)?;
    Ok(beside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder for this test")
    }

    #[test]
    fn a_file_is_never_overwritten() {
        let folder = folder();
        let file = folder.path().join("a.toml");
        create(&file, b"one").expect("a new file");
        assert!(matches!(create(&file, b"two"), Err(Error::Exists(_))));
        assert_eq!(fs::read(&file).expect("the file is there"), b"one");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_dangling_link_is_a_file_too() {
        let folder = folder();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &link).expect("a link");
        assert!(matches!(create(&link, b"one"), Err(Error::Exists(_))));
    }

    #[test]
    fn free_names_are_counted_up() {
        let folder = folder();
        let names = (0..3).map(|_| create_free(folder.path(), "x", ".toml", b"").expect("a free name"));
        let names: Vec<PathBuf> = names.map(|file| file.file_name().expect("a name").into()).collect();
        assert_eq!(names, ["x.toml", "x-2.toml", "x-3.toml"].map(PathBuf::from));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = folder();
        assert!(matches!(create(&folder.path().join("no/such"), b""), Err(Error::Write { .. })));
    }
}
