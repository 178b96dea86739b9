//! Takes in what an engine keeps: judges it once more, and hands it on.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use regdiff_oracle::{Options, judge};
use regdiff_scenario::{Language, bytes};
use sha2::{Digest, Sha256};

use super::group::Group;
use super::{Common, Engine};
use crate::campaign::search::{Shared, is_fertile};
use crate::campaign::{Judged, Message, Origin};
use crate::own_bug;

/// How often new files are looked for.
const LOOK: Duration = Duration::from_millis(500);

/// Judges what comes until the campaign is done, and ends the processes.
pub(super) fn watch(mut group: Group, mut harvest: Harvest, done: &AtomicBool, last_words: &Mutex<Option<String>>) {
    let mut due = Instant::now();
    let early = loop {
        if done.load(Ordering::Relaxed) {
            break None;
        }
        if let Some(status) = group.ended() {
            break Some(status);
        }
        if due.elapsed() >= LOOK {
            harvest.look();
            due = Instant::now();
        }
        thread::sleep(Duration::from_millis(50));
    };
    if let Some(status) = early {
        *last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.to_string());
    }
    group.end();
    harvest.look();
}

/// A folder that the engine writes to.
struct Folder {
    path: PathBuf,
    seen: BTreeSet<OsString>,
}

/// The files of a folder; none of one that is not there yet.
fn names(folder: &Path) -> BTreeSet<OsString> {
    let is_file = |file: &fs::DirEntry| file.file_type().is_ok_and(|kind| kind.is_file());
    fs::read_dir(folder).map_or_else(
        |_| BTreeSet::new(),
        |files| files.flatten().filter(is_file).map(|file| file.file_name()).collect(),
    )
}

/// Whether a file is an input. Engines put notes and logs beside them.
fn is_input(name: &Path) -> bool {
    let text = name.to_string_lossy();
    !text.starts_with('.') && !["README.txt", "HONGGFUZZ.REPORT.TXT"].contains(&text.as_ref())
}

/// Takes in what the engine keeps.
pub(super) struct Harvest {
    engine: Engine,
    folders: Vec<Folder>,
    share: Option<PathBuf>,
    language: &'static Language,
    options: Options,
    pool: Shared,
    sender: SyncSender<Message>,
}

impl Harvest {
    /// What is in the folders already was there before the engine.
    pub(super) fn new(engine: Engine, folders: Vec<PathBuf>, share: Option<PathBuf>, common: &Common<'_>) -> Self {
        let folders = folders.into_iter().map(|path| Folder { seen: names(&path), path }).collect();
        let settings = common.settings;
        let (pool, sender) = (common.pool.clone(), common.sender.clone());
        Self { engine, folders, share, language: settings.language(), options: settings.options(), pool, sender }
    }

    /// Judges every file that is new.
    fn look(&mut self) {
        for folder in &mut self.folders {
            for name in names(&folder.path) {
                if folder.seen.contains(&name) || !is_input(Path::new(&name)) {
                    continue;
                }
                let data = fs::read(folder.path.join(&name));
                let file = name.to_string_lossy().into_owned();
                folder.seen.insert(name);
                let Ok(data) = data else { continue };
                let scenario = bytes::decode(&data);
                if !self.language.admits(&scenario) {
                    continue;
                }
                let report = own_bug::catch(|| judge(&scenario, &self.options));
                if report.as_ref().is_ok_and(is_fertile) {
                    self.pool.add(scenario.clone());
                    if let Some(share) = &self.share {
                        // A corpus that cannot be written to is of use to nobody else, and no finding is lost with it.
                        let _ = put(share, &data);
                    }
                }
                let origin = Origin::Engine { engine: self.engine, file };
                let judged = Judged { origin, scenario, report };
                if self.sender.send(Message::Judged(Box::new(judged))).is_err() {
                    return;
                }
            }
        }
    }
}

/// Adds an input to a corpus under a name like those of libFuzzer: forty hexadecimal digits.
fn put(corpus: &Path, data: &[u8]) -> std::io::Result<()> {
    let mut name = String::new();
    for byte in &Sha256::digest(data)[..20] {
        let _ = write!(name, "{byte:02x}");
    }
    let path = corpus.join(&name);
    if path.exists() {
        return Ok(());
    }
    // Renamed into place: nobody reads half of it.
    let file = tempfile::Builder::new().prefix(".").tempfile_in(corpus)?;
    fs::write(file.path(), data)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_takes_an_input_once() {
        let folder = tempfile::tempdir().expect("a folder");
        for data in [b"one", b"one", b"two"] {
            put(folder.path(), data).expect("it can be written");
        }
        let kept = names(folder.path());
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|name| name.len() == 40));
    }

    #[test]
    fn notes_of_engines_are_no_inputs() {
        for name in ["README.txt", "HONGGFUZZ.REPORT.TXT", ".state"] {
            assert!(!is_input(Path::new(name)), "{name}");
        }
        assert!(is_input(Path::new("id:000000,time:0,execs:0,orig:a")) && is_input(Path::new("SIGABRT.PC.1.fuzz")));
    }
}
