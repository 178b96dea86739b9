//! A campaign: searches, groups what it finds by signature, shrinks each once, keeps the smallest, and goes on.
//!
//! ```text
//! searcher threads ─┐                       ┌─► tally, progress line
//! libFuzzer ─► harvest ─┴─► coordinator ─────┼─► keeper: one folder a signature
//!                              ▲            └─► minimiser thread
//!                              └── smaller scenario ──┘
//! ```
//!
//! Only the coordinator writes files and counts, so that what is printed is what happened.

mod cargo;
mod judging;
mod keeper;
mod libfuzzer;
mod minimiser;
mod progress;
mod report;
mod search;
mod summary;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use regdiff_oracle::{Options, Report, Target};
use regdiff_scenario::{Language, Scenario};

use crate::error::Error;
use crate::own_bug::OwnBug;
use crate::progress::Progress;
use crate::say;
use crate::tally::Tally;

pub(crate) use judging::Judging;
use keeper::Keeper;
pub(crate) use keeper::slug;
use libfuzzer::LibFuzzer;
use minimiser::Minimiser;
pub(crate) use summary::Summary;

/// Judgements that may wait for the coordinator; then the searchers wait.
const WAITING: usize = 1024;
/// How often the coordinator looks at the clock while nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// How long minimising may go on when the time for searching is over.
const GRACE: Duration = Duration::from_secs(30);

/// Who searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Generated and mutated scenarios, in this process.
    Generate,
    /// The same, next to libFuzzer in processes of its own, which looks at coverage.
    LibFuzzer,
}

impl Engine {
    /// The name, as it is typed.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::LibFuzzer => "libfuzzer",
        }
    }
}

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What is searched for.
    pub(crate) target: &'static Target,
    /// Where scenarios run.
    pub(crate) judging: Judging,
    /// Who searches.
    pub(crate) engine: Engine,
    /// For how long.
    pub(crate) time: Duration,
    /// How many comparisons in this process at most.
    pub(crate) comparisons: Option<u64>,
    /// Where random choices start.
    pub(crate) seed: u64,
    /// Threads and processes that search.
    pub(crate) jobs: usize,
    /// Where findings are kept.
    pub(crate) keep: PathBuf,
}

impl Settings {
    /// How to judge.
    fn options(&self) -> Options {
        Options::allowing(self.target.allow)
    }

    /// The part of the language that is searched.
    fn language(&self) -> &'static Language {
        self.target.language().unwrap_or(&Language::WHOLE)
    }

    /// Judges a scenario where this campaign does.
    fn judge(&self, scenario: &Scenario) -> Report {
        self.judging.judge(scenario, self.target.allow)
    }
}

/// Where a judged scenario came from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// The `number`th scenario of a searcher.
    Searcher { searcher: usize, number: u64 },
    /// A file that libFuzzer kept.
    Engine { file: String },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Searcher { searcher, number } => write!(f, "searcher {searcher}, comparison {number}"),
            Self::Engine { file } => write!(f, "libFuzzer's {file}"),
        }
    }
}

/// A scenario with its judgement.
struct Judged {
    origin: Origin,
    scenario: Scenario,
    report: Result<Report, OwnBug>,
}

/// What reaches the coordinator.
enum Message {
    Judged(Box<Judged>),
    Shrunk(Box<minimiser::Result>),
}

/// Runs a campaign to its end. `stop` ends it early.
pub(crate) fn run(settings: &Settings, stop: &Arc<AtomicBool>) -> Result<Summary, Error> {
    let mut keeper = Keeper::new(settings)?;
    let engine = match settings.engine {
        Engine::LibFuzzer => Some(LibFuzzer::build(settings.target)?),
        Engine::Generate => None,
    };
    let (sender, receiver) = sync_channel(WAITING);
    let minimiser = Minimiser::start(settings.clone(), sender.clone());
    let began = Instant::now();
    let done = Arc::new(AtomicBool::new(false));
    let searching = Searching::start(settings, engine, &done, sender)?;
    let mut coordinator = Coordinator {
        settings,
        summary: Summary::new(settings),
        minimiser,
        progress: Progress::new(),
        searching,
        began,
    };
    coordinator.search(&receiver, &mut keeper, stop)?;
    done.store(true, Ordering::Relaxed);
    coordinator.settle(&receiver, &mut keeper, stop)?;
    let Coordinator { mut summary, progress, minimiser, .. } = coordinator;
    progress.finish();
    minimiser.abort();
    summary.kept = keeper.into_kept();
    Ok(summary)
}

/// Everything that sends judgements.
struct Searching {
    threads: Vec<std::thread::JoinHandle<()>>,
    engine: Option<libfuzzer::Running>,
}

impl Searching {
    fn start(
        settings: &Settings,
        engine: Option<LibFuzzer>,
        done: &Arc<AtomicBool>,
        sender: SyncSender<Message>,
    ) -> Result<Self, Error> {
        let processes = if engine.is_some() { settings.jobs.div_ceil(2) } else { 0 };
        let pool = search::Shared::default();
        let engine = match engine {
            Some(engine) => Some(engine.start(settings, processes, pool.clone(), done, sender.clone())?),
            None => None,
        };
        let searchers = settings.jobs - processes;
        let start = |searcher| {
            let quota = settings.comparisons.map(|all| share(all, searchers, searcher));
            search::start(settings, searcher, quota, pool.clone(), done, sender.clone())
        };
        Ok(Self { threads: (0..searchers).map(start).collect(), engine })
    }

    /// Whether nobody searches any more.
    fn is_over(&self) -> bool {
        self.threads.iter().all(std::thread::JoinHandle::is_finished)
            && self.engine.as_ref().is_none_or(libfuzzer::Running::is_over)
    }
}

/// The `index`th of `parts` nearly equal parts of `all`.
fn share(all: u64, parts: usize, index: usize) -> u64 {
    let (parts, index) = (parts as u64, index as u64);
    all / parts + u64::from(index < all % parts)
}

/// The one who counts, keeps and prints.
struct Coordinator<'a> {
    settings: &'a Settings,
    summary: Summary,
    minimiser: Minimiser,
    progress: Progress,
    searching: Searching,
    began: Instant,
}

impl Coordinator<'_> {
    /// Takes judgements until the time is over, or there are no more.
    fn search(&mut self, receiver: &Receiver<Message>, keeper: &mut Keeper, stop: &AtomicBool) -> Result<(), Error> {
        while self.began.elapsed() < self.settings.time && !stop.load(Ordering::Relaxed) {
            match receiver.recv_timeout(TICK) {
                Ok(message) => self.take(message, keeper)?,
                Err(RecvTimeoutError::Timeout) if self.searching.is_over() && self.minimiser.is_idle() => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.summary.executions = self.searching.engine.as_ref().map(libfuzzer::Running::executions);
            self.summary.sample(self.began.elapsed());
            let (summary, elapsed, minimising) = (&self.summary, self.began.elapsed(), self.minimiser.pending());
            self.progress.show(|| progress::line(summary, elapsed, minimising));
        }
        self.summary.searched = self.began.elapsed();
        self.summary.sample_end();
        Ok(())
    }

    /// Ends the searchers, takes what is still on its way, and lets the minimiser finish.
    fn settle(&mut self, receiver: &Receiver<Message>, keeper: &mut Keeper, stop: &AtomicBool) -> Result<(), Error> {
        let over = Instant::now();
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(message) => self.take(message, keeper)?,
                Err(RecvTimeoutError::Timeout) if self.searching.is_over() && self.minimiser.is_idle() => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if over.elapsed() > GRACE || stop.load(Ordering::Relaxed) {
                self.minimiser.abort();
            }
            let left = self.minimiser.pending();
            self.progress.show(|| format!("{left} findings to minimise"));
        }
        if let Some(engine) = &self.searching.engine {
            self.summary.executions = Some(engine.executions());
            if let Some(why) = engine.failure() {
                say(format_args!("libFuzzer ended before its time: {why}"));
            }
        }
        Ok(())
    }

    fn take(&mut self, message: Message, keeper: &mut Keeper) -> Result<(), Error> {
        match message {
            Message::Judged(judged) => self.judged(*judged, keeper),
            Message::Shrunk(shrunk) => {
                self.summary.minimising += u64::from(shrunk.shrunk.runs);
                self.minimiser.took();
                keeper.shrunk(&shrunk)
            }
        }
    }

    fn judged(&mut self, judged: Judged, keeper: &mut Keeper) -> Result<(), Error> {
        let Judged { origin, scenario, report } = judged;
        let tally: &mut Tally = match origin {
            Origin::Searcher { .. } => &mut self.summary.compared,
            Origin::Engine { .. } => &mut self.summary.harvested,
        };
        let report = match report {
            Ok(report) => report,
            Err(OwnBug(what)) => {
                tally.add_own_bug(what.clone(), || origin.to_string());
                return keeper.own_bug(&what, &scenario);
            }
        };
        tally.add(&report, || origin.to_string());
        for finding in &report.findings {
            if keeper.see(&finding.signature, &scenario, &report, &origin)? {
                self.progress.say(&format!("found {}", finding.signature));
                self.minimiser.push(finding.signature.clone(), scenario.clone());
            }
        }
        Ok(())
    }
}
