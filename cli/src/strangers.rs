//! Files that lie in folders, which may be a stranger's: plain files of a size, no links to elsewhere, no pipes, no devices.
//!
//! A file that a person names is opened as it is: `regdiff run <(command)` is a pipe.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use rustix::fs::OFlags;

/// Opens a plain file of at most this many bytes.
pub(crate) fn open(file: &Path, most: u64) -> Result<File, Error> {
    // A pipe without a writer would be waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let link = |error: Error| {
        let is_link = file.symlink_metadata().is_ok_and(|data| data.is_symlink());
        if is_link { refused("is a link, which is not followed") } else { error }
    };
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(file).map_err(link)?;
    let data: Metadata = opened.metadata()?;
    if !data.is_file() {
        return Err(refused("is no plain file"));
    }
    if data.len() > most {
        return Err(refused("is larger than what regdiff writes"));
    }
    Ok(opened)
}

/// Its bytes.
pub(crate) fn read(file: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    // It may grow meanwhile.
    open(file, most)?.take(most).read_to_end(&mut data)?;
    Ok(data)
}

/// Its text.
pub(crate) fn text(file: &Path, most: u64) -> Result<String, Error> {
    String::from_utf8(read(file, most)?).map_err(|_| Error::new(ErrorKind::InvalidData, "is not UTF-8"))
}

/// Whether a name is that of something in the folder itself.
pub(crate) fn is_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// Whether something is a folder, and not a link to one.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|data| data.is_dir())
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn only_plain_files_of_a_size_are_read() {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("plain"), "12345").expect("a file");
        symlink(at("plain"), at("link")).expect("a link");
        symlink("/dev/zero", at("zero")).expect("a link");
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        let why = |name: &str, most| text(&at(name), most).map_err(|error| error.to_string());
        assert_eq!(why("plain", 5).as_deref(), Ok("12345"));
        assert_eq!(why("plain", 4), Err("is larger than what regdiff writes".to_owned()));
        assert_eq!(why("link", 99), Err("is a link, which is not followed".to_owned()));
        assert_eq!(why("zero", 99), Err("is a link, which is not followed".to_owned()));
        assert_eq!(why("pipe", 99), Err("is no plain file".to_owned()));
        assert_eq!(why(".", 1 << 20), Err("is no plain file".to_owned()));
        assert!(is_folder(folder.path()) && !is_folder(&at("plain")) && !is_folder(&at("none")));
    }

    #[test]
    fn names_lead_nowhere_else() {
        for name in ["a", "scenario-2.toml", ".triage.json", "a b"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", "../a", "/a", "a/b", "a/", "./a", "a/."] {
            assert!(!is_name(name), "{name}");
        }
    }
}
