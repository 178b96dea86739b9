//! The folder of one signature: read, merged, and written without touching what is somebody's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use regdiff_oracle::{Options, Signature, judge};
use regdiff_scenario::{Scenario, parts, simpler};
use serde::{Deserialize, Serialize};

use super::{Seen, of};
use crate::error::Error;
use crate::input::Reading;
use crate::{new_file, own_bug, strangers};

/// What was written here, by role: `scenario.toml` may have become `scenario-2.toml`.
const MANIFEST: &str = ".triage.json";
const SEEN: &str = "seen.jsonl";
/// What is larger was not written here.
const MAX_BYTES: u64 = 64 << 20;

/// What became of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It was not there before.
    New,
    /// Something was added, or a smaller scenario was found.
    Merged,
    /// Nothing is new.
    Unchanged,
}

/// One file that was written here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Written {
    name: String,
    hash: String,
}

/// What triage remembers of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    files: BTreeMap<String, Written>,
    /// Whether every single part of the scenario was tried, and none can go.
    minimal: bool,
}

impl Manifest {
    /// What is none, or leads out of the folder, is left out: then nothing there counts as written by triage.
    fn parse(text: &str) -> Self {
        let mut manifest: Self = serde_json::from_str(text).unwrap_or_default();
        manifest.files.retain(|role, written| strangers::is_name(role) && strangers::is_name(&written.name));
        manifest
    }
}

/// A folder of one signature.
pub(crate) struct Folder {
    /// Where it is.
    pub(crate) path: PathBuf,
    manifest: Manifest,
    seen: BTreeSet<Seen>,
    existed: bool,
}

impl Folder {
    /// The folder for a signature, as far as it exists.
    ///
    /// # Errors
    ///
    /// Something there cannot be read.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let existed = path.symlink_metadata().is_ok();
        if existed && !strangers::is_folder(&path) {
            let source = io::Error::other("is no folder, or a link to one, which is not followed");
            return Err(Error::Read { file: path, source });
        }
        let read = |name: &str| match strangers::text(&path.join(name), MAX_BYTES) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { file: path.join(name), source }),
        };
        let manifest = read(MANIFEST)?.map(|text| Manifest::parse(&text)).unwrap_or_default();
        let seen = read(SEEN)?.unwrap_or_default();
        let seen = seen.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Self { path, manifest, seen, existed })
    }

    /// Whether it was there before.
    pub(crate) fn existed(&self) -> bool {
        self.existed
    }

    /// The scenario that is kept: the one written here, or anybody's `scenario.toml`, if it still shows the signature.
    pub(crate) fn kept(&self, signature: &Signature, options: &Options) -> Option<(Scenario, bool)> {
        let name = self.manifest.files.get("scenario.toml").map_or("scenario.toml", |written| written.name.as_str());
        let scenario = Reading::default().read_in_folder(&self.path.join(name)).ok()?.scenario;
        let shows = || judge(&scenario, options).finding(signature).is_some();
        own_bug::catch(shows).ok().filter(|shows| *shows)?;
        Some((scenario, self.manifest.minimal))
    }

    /// Where the kept scenario lies.
    pub(crate) fn scenario_file(&self) -> PathBuf {
        let name = self.manifest.files.get("scenario.toml").map_or("scenario.toml", |written| written.name.as_str());
        self.path.join(name)
    }

    /// How often each engine and version saw it.
    pub(crate) fn counts(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for seen in &self.seen {
            *counts.entry((seen.engine.clone(), seen.version.clone())).or_default() += 1;
        }
        counts
    }

    /// Adds what was seen, and files by role. Roles that hold the same already are left alone.
    ///
    /// # Errors
    ///
    /// The folder or a file cannot be written.
    pub(crate) fn merge(
        &mut self,
        seen: impl IntoIterator<Item = Seen>,
        files: &[(&str, String)],
        minimal: bool,
    ) -> Result<State, Error> {
        let known = self.seen.clone();
        for new in seen {
            // A later version of regdiff that judges the same file again is no new sighting.
            if !self.seen.iter().any(|old| old.hash == new.hash) {
                self.seen.insert(new);
            }
        }
        fs::create_dir_all(&self.path).map_err(|error| Error::create(&self.path, error))?;
        let mut changed = false;
        for (role, contents) in files {
            changed |= self.write(role, contents)?;
        }
        if self.seen != known {
            // Lines that cannot be read stay as they are.
            let mut text = strangers::text(&self.path.join(SEEN), MAX_BYTES).unwrap_or_default();
            for new in self.seen.difference(&known) {
                text.push_str(&serde_json::to_string(new).map_err(|error| Error::Stdout(error.into()))?);
                text.push('\n');
            }
            new_file::replace(&self.path.join(SEEN), text.as_bytes())?;
            changed = true;
        }
        if changed || !files.is_empty() && self.manifest.minimal != minimal {
            self.manifest.minimal = minimal;
            let text = serde_json::to_string_pretty(&self.manifest).map_err(|error| Error::Stdout(error.into()))?;
            new_file::replace(&self.path.join(MANIFEST), format!("{text}\n").as_bytes())?;
        }
        Ok(match (self.existed, changed) {
            (false, _) => State::New,
            (true, true) => State::Merged,
            (true, false) => State::Unchanged,
        })
    }

    /// Writes one file where that loses nothing. Whether anything was written.
    fn write(&mut self, role: &str, contents: &str) -> Result<bool, Error> {
        let hash = of(contents.as_bytes());
        let ours = self.manifest.files.get(role).cloned();
        if let Some(written) = &ours {
            let file = self.path.join(&written.name);
            let now = strangers::read(&file, MAX_BYTES).ok().map(|now| of(&now));
            if now.as_deref() == Some(&hash) {
                return Ok(false);
            }
            // Somebody changed it since: then it is theirs. Somebody took it away: then they do not want it back.
            if now.as_deref() == Some(&written.hash) {
                new_file::replace(&file, contents.as_bytes())?;
                self.remember(role, written.name.clone(), hash);
                return Ok(true);
            }
            if written.hash == hash {
                return Ok(false);
            }
        } else if strangers::read(&self.path.join(role), MAX_BYTES).is_ok_and(|now| of(&now) == hash) {
            self.remember(role, role.to_owned(), hash);
            return Ok(false);
        }
        let (stem, extension) =
            role.split_once('.').map_or((role, String::new()), |(stem, end)| (stem, format!(".{end}")));
        let file = new_file::create_free(&self.path, stem, &extension, contents.as_bytes())?;
        let name = file.file_name().map_or_else(|| role.to_owned(), |name| name.to_string_lossy().into_owned());
        self.remember(role, name, hash);
        Ok(true)
    }

    fn remember(&mut self, role: &str, name: String, hash: String) {
        self.manifest.files.insert(role.to_owned(), Written { name, hash });
    }
}

/// Whether triage itself wrote a file, and nobody changed it since: then it is a result, and no evidence.
pub(crate) fn is_result(file: &Path) -> bool {
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return false };
    let Ok(text) = strangers::text(&folder.join(MANIFEST), MAX_BYTES) else { return false };
    let manifest = Manifest::parse(&text);
    let written = manifest.files.values().find(|written| name == written.name.as_str());
    written.is_some_and(|written| strangers::read(file, MAX_BYTES).is_ok_and(|now| of(&now) == written.hash))
}

/// How far a scenario is from what a reader finds simplest; less is better.
pub(crate) fn weight(scenario: &Scenario) -> (usize, u128) {
    (parts::size(scenario), simpler::distance(scenario))
}

/// The folder's name for a signature below `keep`.
pub(crate) fn place(keep: &Path, signature: &Signature) -> PathBuf {
    keep.join(crate::campaign::slug(signature.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(hash: &str) -> Seen {
        Seen { hash: hash.into(), engine: "afl".into(), version: "1".into() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("a folder")
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_second_time_changes_nothing_and_a_persons_file_stays() {
        let keep = tempfile::tempdir().expect("a folder for this test");
        let path = keep.path().join("x");
        let open = || Folder::open(path.clone()).expect("it can be read");
        let files = |text: &str| [("a.txt", text.to_owned())];
        assert_eq!(open().merge([seen("1")], &files("one"), true).expect("written"), State::New);
        assert_eq!(open().merge([seen("1")], &files("one"), true).expect("read"), State::Unchanged);
        assert_eq!(open().merge([seen("1"), seen("2")], &files("two"), true).expect("written"), State::Merged);
        assert_eq!(names(&path), [".triage.json", "a.txt", "seen.jsonl"]);
        fs::write(path.join("a.txt"), "mine").expect("a person writes");
        fs::write(path.join("notes.md"), "mine too").expect("a person writes");
        assert_eq!(open().merge([], &files("two"), true).expect("read"), State::Unchanged);
        assert_eq!(open().merge([], &files("three"), true).expect("written"), State::Merged);
        assert_eq!(fs::read_to_string(path.join("a.txt")).expect("it is there"), "mine");
        assert_eq!(fs::read_to_string(path.join("a-2.txt")).expect("it is there"), "three");
        assert_eq!(open().merge([], &files("three"), true).expect("read"), State::Unchanged);
        assert_eq!(names(&path), [".triage.json", "a-2.txt", "a.txt", "notes.md", "seen.jsonl"]);
        assert_eq!(open().counts().into_values().sum::<usize>(), 2);
    }

    #[test]
    fn a_folder_that_a_person_made_is_added_to() {
        let keep = tempfile::tempdir().expect("a folder for this test");
        fs::write(keep.path().join("a.txt"), "mine").expect("a person writes");
        let mut folder = Folder::open(keep.path().to_owned()).expect("it can be read");
        folder.merge([seen("1")], &[("a.txt", "ours".to_owned())], true).expect("written");
        assert_eq!(fs::read_to_string(keep.path().join("a.txt")).expect("it is there"), "mine");
        assert_eq!(fs::read_to_string(keep.path().join("a-2.txt")).expect("it is there"), "ours");
    }
}
