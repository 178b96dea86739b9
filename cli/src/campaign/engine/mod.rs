//! The engines next to a campaign: processes of their own that look at coverage, and end with it.
//!
//! What an engine keeps, crashes and inputs with new coverage alike, is judged once more in this process: what is printed was
//! seen here, and the searchers go on from what it found. What is worth it goes into `fuzz/corpus/TARGET`, from which all
//! engines start and which they read again, so that each goes on from what the others found, and a campaign from the one before.

mod build;
mod group;
mod harvest;
mod launch;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use clap::ValueEnum;
use regdiff_oracle::Target;

use super::search::Shared;
use super::{Message, Settings};
use crate::error::Error;
use launch::Place;

/// An engine of its own process. Scripts and the fuzz crate know the same three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Engine {
    /// libFuzzer, built by plain cargo
    #[value(name = "libfuzzer")]
    LibFuzzer,
    /// AFL++, with our mutator
    Afl,
    /// honggfuzz
    Honggfuzz,
}

impl Engine {
    /// Every engine, in the order in which they are started.
    pub(crate) const ALL: &'static [Self] = &[Self::LibFuzzer, Self::Afl, Self::Honggfuzz];

    /// The name, as it is typed.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::LibFuzzer => "libfuzzer",
            Self::Afl => "afl",
            Self::Honggfuzz => "honggfuzz",
        }
    }

    /// Builds a target for it.
    pub(super) fn build(self, target: &Target) -> Result<Built, Error> {
        let root = build::root().ok_or_else(|| self.unusable("there is no fuzz/ here or above".to_owned()))?;
        let binary = build::build(self, &root, target.name)?;
        Ok(Built { engine: self, root, binary })
    }

    /// The error of an engine that cannot be used.
    fn unusable(self, why: String) -> Error {
        Error::Engine { engine: self.text(), why }
    }
}

/// An engine that is built.
pub(super) struct Built {
    engine: Engine,
    root: PathBuf,
    binary: PathBuf,
}

/// An engine that runs.
pub(super) struct Running {
    engine: Engine,
    count: PathBuf,
    told: u64,
    last_words: Arc<Mutex<Option<String>>>,
    thread: JoinHandle<()>,
    /// What the engine writes, gone with the campaign.
    _scratch: tempfile::TempDir,
}

/// What the engines share with the rest of a campaign.
pub(super) struct Common<'a> {
    pub(super) settings: &'a Settings,
    pub(super) pool: Shared,
    pub(super) done: Arc<AtomicBool>,
    pub(super) sender: SyncSender<Message>,
}

impl Built {
    /// Starts it, in as many processes; the first is pinned to a core of this number, the next to the next. With company,
    /// what others find is read again now and then.
    pub(super) fn start(
        self,
        processes: usize,
        core: usize,
        company: bool,
        common: &Common<'_>,
    ) -> Result<Running, Error> {
        let io = |error: std::io::Error| self.engine.unusable(error.to_string());
        let scratch = tempfile::tempdir().map_err(io)?;
        let place = Place::new(&self.root, &self.binary, scratch.path(), common.settings).map_err(io)?;
        let (launch, count) = (launch::of(self.engine, place, processes, core, company), scratch.path().join("count"));
        // First what is there already, then the engine.
        let harvest = harvest::Harvest::new(self.engine, launch.folders, launch.share, common);
        let group = group::Group::start(launch.processes)
            .map_err(|error| self.engine.unusable(format!("{}: {error}", self.binary.display())))?;
        let last_words = Arc::default();
        let (done, words) = (common.done.clone(), Arc::clone(&last_words));
        let thread = thread::spawn(move || harvest::watch(group, harvest, &done, &words));
        Ok(Running { engine: self.engine, count, told: 0, last_words, thread, _scratch: scratch })
    }
}

impl Running {
    /// Which one it is.
    pub(super) const fn engine(&self) -> Engine {
        self.engine
    }

    /// Comparisons that its processes made so far, as they said; each may have made a few more.
    pub(super) fn comparisons(&mut self) -> u64 {
        let said = std::fs::read_to_string(&self.count).unwrap_or_default();
        self.told = said.lines().filter_map(|line| line.parse::<u64>().ok()).sum::<u64>().max(self.told);
        self.told
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
