//! The folder of findings, claimed: one process writes there at a time.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::Error;

/// How everything is called that is not finished yet. What a process that was killed left of it belongs to nobody.
pub(crate) const UNFINISHED: &str = ".regdiff-";

/// A folder that nobody else claims, until this is dropped or the process ends, however it does.
#[derive(Debug)]
pub(crate) struct Claim {
    claimed: File,
}

impl Claim {
    /// Makes the folder if it does not exist, claims it, and takes away what was never finished.
    pub(crate) fn take(folder: &Path) -> Result<Self, Error> {
        let failed = |error| Error::create(folder, error);
        fs::create_dir_all(folder).map_err(failed)?;
        let claimed = File::open(folder).map_err(failed)?;
        match claimed.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Claimed(folder.to_owned())),
            // Some network file systems have no locks. Nothing is overwritten there either.
            Err(TryLockError::Error(_)) => return Ok(Self { claimed }),
        }
        for entry in fs::read_dir(folder).map_err(failed)?.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                // It is in nobody's way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(Self { claimed })
    }

    /// Whether the folder of this name is still the one that was claimed.
    pub(crate) fn is_at(&self, folder: &Path) -> bool {
        let (Ok(claimed), Ok(now)) = (self.claimed.metadata(), fs::metadata(folder)) else { return false };
        (claimed.dev(), claimed.ino()) == (now.dev(), now.ino())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_writer_and_keeps_what_is_finished() {
        let folder = tempfile::tempdir().expect("a folder for this test");
        let keep = folder.path().join("findings");
        let first = Claim::take(&keep).expect("nobody is there");
        assert!(matches!(Claim::take(&keep), Err(Error::Claimed(_))));
        drop(first);
        fs::create_dir_all(keep.join(".regdiff-half/deep")).expect("a folder");
        fs::write(keep.join(".regdiff-notes"), "a person's").expect("a file");
        fs::create_dir(keep.join("finding")).expect("a folder");
        let second = Claim::take(&keep).expect("nobody is there any more");
        assert!(second.is_at(&keep) && !second.is_at(folder.path()));
        let mut left: Vec<_> =
            fs::read_dir(&keep).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, [".regdiff-notes", "finding"]);
        fs::rename(&keep, folder.path().join("elsewhere")).expect("moved");
        fs::create_dir(&keep).expect("another folder");
        assert!(!second.is_at(&keep), "another folder of the same name");
    }
}
