//! The folder of findings: `SIGNATURE/` with `scenario.toml`, `report.txt` and `verdict.json`.
//!
//! * A folder comes into being complete, by a rename.
//! * A folder that was there before belongs to somebody: nothing in it is ever changed. If its scenario still shows the
//!   signature and is as small, it is the one that is kept; if not, the new one goes to `SIGNATURE-2`, and so on.
//! * Of the folders of this campaign, the smallest scenario of each signature stays.
//! * What is taken away while the campaign runs is written again: it was announced.

mod lost;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use regdiff_oracle::{Report, Signature};
use regdiff_scenario::{Scenario, parts, text};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::{Builder, TempDir};

use super::{Origin, Settings, minimiser, report};
use crate::claim::{Claim, UNFINISHED};
use crate::error::Error;
use crate::input::Reading;
use crate::new_file;
use crate::own_bug;

/// How many folders of one signature are looked at.
const MAX_FOLDERS: u32 = 1000;
/// The longest name of a folder.
const MAX_SLUG: usize = 120;

/// One signature of this campaign.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// The smallest scenario's folder.
    pub(crate) folder: PathBuf,
    /// Parts of its scenario.
    pub(crate) parts: usize,
    /// In how many scenarios the signature was seen.
    pub(crate) seen: u64,
    /// Whether the folder was there before this campaign.
    pub(crate) from_before: bool,
    /// Whether every single part was tried, and none can go.
    pub(crate) minimal: bool,
    /// Where the first one came from.
    first: String,
    /// The scenario that this campaign kept or, if the folder was there before, the first one that it saw.
    scenario: Scenario,
}

/// The folder of findings, and what this campaign put there.
pub(super) struct Keeper {
    settings: Settings,
    claim: Claim,
    /// Whether the folder was made again, and what was in it was not written again yet.
    made_again: bool,
    kept: BTreeMap<Signature, Kept>,
}

impl Keeper {
    /// Claims the folder; makes it if it does not exist.
    pub(super) fn new(settings: &Settings) -> Result<Self, Error> {
        let claim = Claim::take(&settings.keep)?;
        Ok(Self { settings: settings.clone(), claim, made_again: false, kept: BTreeMap::new() })
    }

    /// What was kept, by signature.
    pub(super) fn into_kept(self) -> BTreeMap<Signature, Kept> {
        self.kept
    }

    /// Notes a finding; true if it is the first of its signature in this campaign. A smaller one replaces a larger one.
    pub(super) fn see(
        &mut self,
        signature: &Signature,
        scenario: &Scenario,
        report: &Report,
        origin: &Origin,
    ) -> Result<bool, Error> {
        if let Some(kept) = self.kept.get_mut(signature) {
            kept.seen += 1;
            // Most are larger, and what was minimised is seldom beaten.
            if scenario.steps.len() <= kept.parts && parts::size(scenario) < kept.parts {
                self.keep_smaller(signature, scenario, report, false)?;
            }
            return Ok(false);
        }
        let parts = parts::size(scenario);
        let (folder, from_before) = self.place(signature, parts)?;
        let (first, scenario) = (origin.to_string(), scenario.clone());
        let mut kept = Kept { folder, parts, seen: 1, from_before, minimal: false, first, scenario };
        if from_before {
            kept.parts = size_of(&kept.folder).unwrap_or(parts);
        } else {
            let files = report::files(&self.settings, signature, &kept.scenario, report, &kept.first, false);
            self.write(&kept.folder, &files)?;
        }
        self.kept.insert(signature.clone(), kept);
        Ok(true)
    }

    /// Takes what the minimiser made of a finding.
    pub(super) fn shrunk(&mut self, result: &minimiser::Result) -> Result<(), Error> {
        let minimiser::Result { signature, shrunk } = result;
        let Some(kept) = self.kept.get(signature) else { return Ok(()) };
        let size = parts::size(&shrunk.scenario);
        let is_better = size < kept.parts || (size == kept.parts && shrunk.finished && !kept.from_before);
        if !shrunk.confirmed || !is_better {
            return Ok(());
        }
        match own_bug::catch(|| self.settings.judge(&shrunk.scenario)) {
            Ok(report) => self.keep_smaller(signature, &shrunk.scenario, &report, shrunk.finished),
            Err(_) => Ok(()),
        }
    }

    /// Keeps a scenario on which regdiff itself fails.
    pub(super) fn own_bug(&mut self, what: &str, scenario: &Scenario) -> Result<(), Error> {
        let place = what.split(": ").next().unwrap_or(what);
        let folder = self.settings.keep.join(slug(&format!("own-bug/{place}")));
        if folder.symlink_metadata().is_ok() {
            return Ok(());
        }
        let contents = format!("# A bug of regdiff itself: {}\n{}", what.replace('\n', " "), text::print(scenario));
        self.write(&folder, &[("scenario.toml", contents)])
    }

    fn keep_smaller(
        &mut self,
        signature: &Signature,
        scenario: &Scenario,
        report: &Report,
        minimal: bool,
    ) -> Result<(), Error> {
        let Some(kept) = self.kept.get(signature) else { return Ok(()) };
        let files = report::files(&self.settings, signature, scenario, report, &kept.first, minimal);
        let mut folder = kept.folder.clone();
        if kept.from_before {
            folder = free_folder(&self.settings.keep, signature)?;
        }
        match replace_folder(&folder, &files) {
            Err(_) if folder.symlink_metadata().is_err() => self.write(&folder, &files)?,
            result => result?,
        }
        if let Some(kept) = self.kept.get_mut(signature) {
            (kept.folder, kept.from_before) = (folder, false);
            (kept.parts, kept.minimal) = (parts::size(scenario), minimal);
            kept.scenario = scenario.clone();
        }
        Ok(())
    }

    /// The folder for a signature: one from before whose scenario is as good, or a name that is free.
    fn place(&self, signature: &Signature, parts: usize) -> Result<(PathBuf, bool), Error> {
        for number in 1..=MAX_FOLDERS {
            let folder = self.settings.keep.join(new_file::numbered(&slug(signature.as_str()), number));
            // Another signature of this campaign with the same name.
            if self.kept.values().any(|kept| kept.folder == folder) {
                continue;
            }
            if folder.symlink_metadata().is_err() {
                return Ok((folder, false));
            }
            let shows = || {
                let input = Reading::default().read_in_folder(&folder.join("scenario.toml")).ok()?;
                let report = self.settings.judge(&input.scenario);
                Some(report.finding(signature).is_some() && parts::size(&input.scenario) <= parts)
            };
            if own_bug::catch(shows).ok().flatten() == Some(true) {
                return Ok((folder, true));
            }
        }
        Err(Error::Exists(self.settings.keep.join(slug(signature.as_str()))))
    }
}

fn free_folder(keep: &Path, signature: &Signature) -> Result<PathBuf, Error> {
    let names = (1..=MAX_FOLDERS).map(|number| keep.join(new_file::numbered(&slug(signature.as_str()), number)));
    let mut free = names.filter(|folder| folder.symlink_metadata().is_err());
    free.next().ok_or_else(|| Error::Exists(keep.join(slug(signature.as_str()))))
}

fn size_of(folder: &Path) -> Option<usize> {
    let input = Reading::default().read_in_folder(&folder.join("scenario.toml")).ok()?;
    Some(parts::size(&input.scenario))
}

/// Writes all files beside, and renames the folder into place.
fn write_folder(folder: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    let beside = folder_beside(folder, files)?;
    // A folder that came into being meanwhile is not empty, and stays.
    fs::rename(beside.path(), folder).map_err(|error| Error::create(folder, error))?;
    // It is not where it would be removed from; nothing is left to clean up.
    let _ = beside.keep();
    Ok(())
}

/// Replaces a folder that this process wrote, all files at once: half of another scenario's would say what is not so.
fn replace_folder(folder: &Path, files: &[(&str, String)]) -> Result<(), Error> {
    let ours = |entry: &fs::DirEntry| files.iter().any(|(name, _)| entry.file_name() == *name);
    let is_ours = fs::read_dir(folder).is_ok_and(|mut all| all.all(|entry| entry.as_ref().is_ok_and(ours)));
    if is_ours {
        let beside = folder_beside(folder, files)?;
        match renameat_with(CWD, beside.path(), CWD, folder, RenameFlags::EXCHANGE) {
            // What is beside now is the old one, and goes away.
            Ok(()) => return Ok(()),
            // Not every file system can.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(Error::create(folder, error.into())),
        }
    }
    // Somebody put something there, which stays.
    files.iter().try_for_each(|(name, contents)| new_file::replace(&folder.join(name), contents.as_bytes()))
}

/// A finished folder next to where it belongs; it goes away with this value.
fn folder_beside(folder: &Path, files: &[(&str, String)]) -> Result<TempDir, Error> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    let beside = Builder::new()
        .prefix(UNFINISHED)
        .permissions(Permissions::from_mode(0o777))
        .tempdir_in(parent)
        .map_err(|error| Error::create(folder, error))?;
    for (name, contents) in files {
        new_file::create(&beside.path().join(name), contents.as_bytes())?;
    }
    Ok(beside)
}

/// A signature as a file name: signatures have no blanks, and slashes become dashes.
pub(crate) fn slug(signature: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = signature.chars().map(plain).take(MAX_SLUG).collect();
    name.trim_start_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_become_names() {
        assert_eq!(
            slug("memory/eager/null-write/scsi_queue_rq/prot_sdb"),
            "memory-eager-null-write-scsi_queue_rq-prot_sdb"
        );
        assert_eq!(slug("../x y"), "x-y");
        assert!(slug(&"x".repeat(500)).len() <= MAX_SLUG);
    }

    #[test]
    fn a_folder_is_complete_or_not_there() {
        let keep = tempfile::tempdir().expect("a folder for this test");
        let folder = keep.path().join("finding");
        write_folder(&folder, &[("a", "1".to_owned()), ("b", "2".to_owned())]).expect("a new folder");
        assert_eq!(fs::read_to_string(folder.join("b")).expect("the file is there"), "2");
        assert!(write_folder(&folder, &[("a", "3".to_owned())]).is_err(), "it is not replaced");
        assert_eq!(fs::read_to_string(folder.join("a")).expect("the file is there"), "1");
        assert_eq!(fs::read_dir(keep.path()).expect("a folder").count(), 1, "nothing is left beside it");
    }
}
