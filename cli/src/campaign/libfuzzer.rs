//! libFuzzer next to the campaign: processes of its own that look at coverage, and end with it.
//!
//! It runs in fork mode, since a finding ends a process of the engine and must not end the campaign. What it keeps, crashes
//! and inputs with new coverage alike, is judged once more in this process: what is printed was seen here, and the searchers
//! go on from what it found.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use regdiff_oracle::{Options, Target, judge};
use regdiff_scenario::bytes;
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::cargo::{self, unusable};
use super::search::{Shared, is_fertile};
use super::{Judged, Message, Origin, Settings};
use crate::error::Error;
use crate::own_bug;

/// How often new files are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How long a process may take to end before it is ended.
const PATIENCE: Duration = Duration::from_secs(3);
/// libFuzzer ends itself so much later than the campaign, should that be killed.
const BACKSTOP: u64 = 60;

/// An engine that is built.
pub(super) struct LibFuzzer {
    root: PathBuf,
    binary: PathBuf,
}

/// An engine that runs.
pub(super) struct Running {
    executions: Arc<AtomicU64>,
    last_words: Arc<Mutex<Option<String>>>,
    thread: JoinHandle<()>,
}

impl LibFuzzer {
    /// Builds a target.
    pub(super) fn build(target: &Target) -> Result<Self, Error> {
        let root = cargo::root().ok_or_else(|| unusable("there is no fuzz/ here or above".to_owned()))?;
        let binary = cargo::build(&root, target.name)?;
        Ok(Self { root, binary })
    }

    /// Starts it with an own process group, so that all of its processes can be ended together.
    pub(super) fn start(
        self,
        settings: &Settings,
        processes: usize,
        shared: Shared,
        done: &Arc<AtomicBool>,
        sender: SyncSender<Message>,
    ) -> Result<Running, Error> {
        let corpus = self.root.join("fuzz/corpus").join(settings.target.name);
        let io = |error: std::io::Error| unusable(error.to_string());
        fs::create_dir_all(&corpus).map_err(io)?;
        let scratch = tempfile::tempdir().map_err(io)?;
        let crashes = scratch.path().join("crashes");
        fs::create_dir(&crashes).map_err(io)?;
        let mut child = Command::new(&self.binary)
            .arg(format!("-fork={processes}"))
            .args(["-ignore_crashes=1", "-ignore_timeouts=1", "-ignore_ooms=1"])
            .arg(format!("-seed={}", settings.seed as u32))
            .arg(format!("-max_total_time={}", settings.time.as_secs().saturating_add(BACKSTOP)))
            .arg(format!("-artifact_prefix={}/", crashes.display()))
            .arg(&corpus)
            // Its own temporary files go with ours.
            .env("TMPDIR", scratch.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unusable(format!("{}: {error}", self.binary.display())))?;
        let (executions, last_words) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None)));
        if let Some(stderr) = child.stderr.take() {
            let executions = executions.clone();
            thread::spawn(move || listen(stderr, &executions));
        }
        let known = Folder { seen: names(&corpus), path: corpus };
        let harvest = Harvest {
            folders: vec![Folder { path: crashes, seen: BTreeSet::new() }, known],
            options: settings.options(),
            shared,
            sender,
            _scratch: scratch,
        };
        let (done, words) = (done.clone(), last_words.clone());
        let thread = thread::spawn(move || watch(child, harvest, &done, &words));
        Ok(Running { executions, last_words, thread })
    }
}

impl Running {
    /// Executions, as libFuzzer last said.
    pub(super) fn executions(&self) -> u64 {
        self.executions.load(Ordering::Relaxed)
    }

    /// Whether it has ended and everything it kept was judged.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Why it ended before its time, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads what libFuzzer says: `#7614: cov: 7385 ft: 29694 …` is how it counts in fork mode.
fn listen(stderr: ChildStderr, executions: &AtomicU64) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(count) = count(&line) {
            executions.store(count, Ordering::Relaxed);
        }
    }
}

fn count(line: &str) -> Option<u64> {
    line.strip_prefix('#')?.split_once(": cov:")?.0.parse().ok()
}

/// Judges what comes until the campaign is done, and ends the processes.
fn watch(mut child: Child, mut harvest: Harvest, done: &AtomicBool, last_words: &Mutex<Option<String>>) {
    let mut due = Instant::now();
    let early = loop {
        if done.load(Ordering::Relaxed) {
            break None;
        }
        if let Ok(Some(status)) = child.try_wait() {
            break Some(status);
        }
        if due.elapsed() >= LOOK {
            harvest.look();
            due = Instant::now();
        }
        thread::sleep(Duration::from_millis(50));
    };
    match early {
        Some(status) => *last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.to_string()),
        None => end(&mut child),
    }
    harvest.look();
}

/// Asks the group to end, and ends it if it does not.
fn end(child: &mut Child) {
    let Ok(Some(group)) = i32::try_from(child.id()).map(Pid::from_raw) else { return };
    let _ = kill_process_group(group, Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(Duration::from_millis(20));
    }
    // Also for children that outlive their parent.
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait();
}

/// A folder that the engine writes to.
struct Folder {
    path: PathBuf,
    seen: BTreeSet<std::ffi::OsString>,
}

fn names(folder: &Path) -> BTreeSet<std::ffi::OsString> {
    fs::read_dir(folder)
        .map_or_else(|_| BTreeSet::new(), |files| files.flatten().map(|file| file.file_name()).collect())
}

/// Takes in what the engine keeps.
struct Harvest {
    folders: Vec<Folder>,
    options: Options,
    shared: Shared,
    sender: SyncSender<Message>,
    /// Lives as long as the engine.
    _scratch: TempDir,
}

impl Harvest {
    /// Judges every file that is new.
    fn look(&mut self) {
        for folder in &mut self.folders {
            for name in names(&folder.path) {
                if folder.seen.contains(&name) {
                    continue;
                }
                let data = fs::read(folder.path.join(&name));
                let file = name.to_string_lossy().into_owned();
                folder.seen.insert(name);
                let Ok(data) = data else { continue };
                let scenario = bytes::decode(&data);
                let report = own_bug::catch(|| judge(&scenario, &self.options));
                if report.as_ref().is_ok_and(is_fertile) {
                    self.shared.add(scenario.clone());
                }
                let judged = Judged { origin: Origin::Engine { file }, scenario, report };
                if self.sender.send(Message::Judged(Box::new(judged))).is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_lines_of_fork_mode() {
        let line =
            "#7614: cov: 7385 ft: 29694 corp: 1235 exec/s: 0 oom/timeout/crash: 0/0/23 time: 19s job: 24 dft_time: 0";
        assert_eq!(count(line), Some(7614));
        assert_eq!(count("==977== ERROR: libFuzzer: deadly signal"), None);
        assert_eq!(count("#12\tNEW    cov: 12"), None);
    }
}
