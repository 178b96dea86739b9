//! What was taken away while a campaign ran: findings that were announced are written again, and that is said.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use regdiff_oracle::Signature;
use tempfile::Builder;

use super::{Keeper, Kept, free_folder, write_folder};
use crate::campaign::{Settings, report};
use crate::claim::Claim;
use crate::error::Error;
use crate::{new_file, own_bug};

/// The files of a finding, the scenario first.
const FILES: [&str; 3] = ["scenario.toml", "report.txt", "verdict.json"];
/// Their names and contents.
type Files = [(&'static str, String); FILES.len()];

impl Keeper {
    /// Writes a folder; if the one it belongs to has gone, that one first.
    pub(super) fn write(&mut self, folder: &Path, files: &[(&str, String)]) -> Result<(), Error> {
        match write_folder(folder, files) {
            // Somebody removes all of it, perhaps at this moment.
            Err(Error::Write { source, .. }) if source.kind() == ErrorKind::NotFound => {
                self.claim_if_gone()?;
                write_folder(folder, files)
            }
            result => result,
        }
    }

    /// If the folder of findings has gone, or is another one now, all findings go there again. Lines about it.
    pub(in crate::campaign) fn return_to_place(&mut self) -> Result<Vec<String>, Error> {
        self.claim_if_gone()?;
        if self.made_again { self.complete() } else { Ok(Vec::new()) }
    }

    /// Writes what is missing of any finding. Lines about it.
    pub(in crate::campaign) fn complete(&mut self) -> Result<Vec<String>, Error> {
        self.claim_if_gone()?;
        let mut lines = Vec::new();
        if std::mem::take(&mut self.made_again) {
            lines.push(format!("{} was taken away, and is made again", self.settings.keep.display()));
        }
        for (signature, kept) in &mut self.kept {
            if is_whole(kept) {
                continue;
            }
            let Some(files) = files(&self.settings, signature, kept) else { continue };
            lines.push(format!("{} was taken away, and is written again", kept.folder.display()));
            if kept.from_before && kept.folder.symlink_metadata().is_ok() {
                // What is left there is not ours.
                kept.folder = free_folder(&self.settings.keep, signature)?;
            }
            kept.from_before = false;
            if kept.folder.symlink_metadata().is_err() {
                write_folder(&kept.folder, &files)?;
            }
            for (name, contents) in &files {
                let file = kept.folder.join(name);
                if file.symlink_metadata().is_err() {
                    new_file::create(&file, contents.as_bytes())?;
                }
            }
        }
        Ok(lines)
    }

    /// When nothing can be written any more: puts findings that are not in their place into a folder for temporary files.
    /// Lines about it.
    pub(in crate::campaign) fn rescue(&self) -> Vec<String> {
        let missing: Vec<_> = self.kept.iter().filter(|(_, kept)| !is_whole(kept)).collect();
        if missing.is_empty() {
            return Vec::new();
        }
        let rescued = Builder::new().prefix("regdiff-findings-").tempdir().map(tempfile::TempDir::keep);
        let save = |(signature, kept): (&Signature, &Kept)| {
            let (folder, name) = (rescued.as_ref().ok()?, kept.folder.file_name()?);
            write_folder(&folder.join(name), &files(&self.settings, signature, kept)?).ok()
        };
        let tell = |(signature, kept): (&Signature, &Kept)| match (save((signature, kept)), &rescued) {
            (Some(()), Ok(folder)) => {
                format!("{signature} is not where it was kept, and is now in {}", folder.display())
            }
            _ => format!("{signature} is LOST: it is not where it was kept, and cannot be written anywhere"),
        };
        missing.into_iter().map(tell).collect()
    }

    fn claim_if_gone(&mut self) -> Result<(), Error> {
        if !self.claim.is_at(&self.settings.keep) {
            self.claim = Claim::take(&self.settings.keep)?;
            self.made_again = true;
        }
        Ok(())
    }
}

/// Whether a finding is there, with all that this campaign wrote about it.
fn is_whole(kept: &Kept) -> bool {
    let names = if kept.from_before { &FILES[..1] } else { &FILES };
    names.iter().all(|name| fs::metadata(kept.folder.join(name)).is_ok())
}

/// The files of a finding, judged again; none if regdiff fails on it now, which it did not before.
fn files(settings: &Settings, signature: &Signature, kept: &Kept) -> Option<Files> {
    let report = own_bug::catch(|| settings.judge(&kept.scenario)).ok()?;
    Some(report::files(settings, signature, &kept.scenario, &report, &kept.first, kept.minimal))
}
