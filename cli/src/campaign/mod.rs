//! A campaign: searches, groups what it finds by signature, shrinks each once, keeps the smallest, and goes on.
//!
//! ```text
//! searcher threads ─┐                       ┌─► tally, progress line
//! engines ──► harvest ──┴─► coordinator ─────┼─► keeper: one folder a signature
//!                              ▲            └─► minimiser thread
//!                              └── smaller scenario ──┘
//! ```
//!
//! Only the coordinator writes files and counts, so that what is printed is what happened.

mod engine;
mod judging;
mod keeper;
mod minimiser;
mod progress;
mod report;
mod resources;
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

pub(crate) use engine::Engine;
pub(crate) use judging::Judging;
use keeper::Keeper;
pub(crate) use keeper::slug;
use minimiser::Minimiser;
pub(crate) use summary::Summary;

/// Judgements that may wait for the coordinator; then the searchers wait.
const WAITING: usize = 1024;
/// How often the coordinator looks at the clock while nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// How often the engines are asked how far they are.
const LOOK: Duration = Duration::from_secs(1);
/// How long minimising may go on when the time for searching is over.
const GRACE: Duration = Duration::from_secs(30);

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What is searched for.
    pub(crate) target: &'static Target,
    /// Where scenarios run.
    pub(crate) judging: Judging,
    /// Who searches next to the generator of this process.
    pub(crate) engines: Vec<Engine>,
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

    /// Who searches, as it is typed.
    pub(crate) fn engine_names(&self) -> String {
        if self.engines.is_empty() {
            return "generate".to_owned();
        }
        self.engines.iter().map(|engine| engine.text()).collect::<Vec<_>>().join(",")
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
    /// A file that an engine kept.
    Engine { engine: Engine, file: String },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Searcher { searcher, number } => write!(f, "searcher {searcher}, comparison {number}"),
            Self::Engine { engine, file } => write!(f, "{}'s {file}", engine.text()),
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
    let engines = settings.engines.iter().map(|engine| engine.build(settings.target)).collect::<Result<Vec<_>, _>>()?;
    let (sender, receiver) = sync_channel(WAITING);
    let minimiser = Minimiser::start(settings.clone(), sender.clone());
    let began = Instant::now();
    let done = Arc::new(AtomicBool::new(false));
    let searching = Searching::start(settings, engines, &done, sender)?;
    let mut coordinator = Coordinator {
        settings,
        summary: Summary::new(settings),
        minimiser,
        progress: Progress::new(),
        searching,
        began,
    };
    let searched = coordinator.search(&receiver, &mut keeper, stop);
    done.store(true, Ordering::Relaxed);
    let settled = searched.and_then(|()| coordinator.settle(&receiver, &mut keeper, stop));
    let Coordinator { mut summary, progress, minimiser, searching, .. } = coordinator;
    progress.finish();
    minimiser.abort();
    if let Err(error) = settled {
        // Nobody takes judgements any more, and no engine may outlive the campaign.
        drop(receiver);
        searching.wait();
        keeper.rescue().iter().for_each(|line| say(format_args!("{line}")));
        return Err(error);
    }
    summary.kept = keeper.into_kept();
    Ok(summary)
}

/// Everything that sends judgements.
struct Searching {
    threads: Vec<std::thread::JoinHandle<()>>,
    engines: Vec<engine::Running>,
}

impl Searching {
    /// Each engine gets an equal share of the jobs, at least one, and the searchers of this process what is left.
    fn start(
        settings: &Settings,
        engines: Vec<engine::Built>,
        done: &Arc<AtomicBool>,
        sender: SyncSender<Message>,
    ) -> Result<Self, Error> {
        let pool = search::Shared::default();
        let common = engine::Common { settings, pool: pool.clone(), done: done.clone(), sender: sender.clone() };
        let processes = settings.jobs.div_ceil(engines.len() + 1);
        let company = engines.len() > 1;
        let mut started = Self { threads: Vec::new(), engines: Vec::new() };
        for (index, engine) in engines.into_iter().enumerate() {
            match engine.start(processes, index * processes, company, &common) {
                Ok(running) => started.engines.push(running),
                Err(error) => {
                    // Those that run already must not outlive the campaign.
                    done.store(true, Ordering::Relaxed);
                    started.wait();
                    return Err(error);
                }
            }
        }
        let searchers = settings.jobs.saturating_sub(processes * started.engines.len());
        let start = |searcher| {
            let quota = settings.comparisons.map(|all| share(all, searchers, searcher));
            search::start(settings, searcher, quota, pool.clone(), done, sender.clone())
        };
        started.threads = (0..searchers).map(start).collect();
        Ok(started)
    }

    /// Whether nobody searches any more.
    fn is_over(&self) -> bool {
        self.threads.iter().all(std::thread::JoinHandle::is_finished)
            && self.engines.iter().all(engine::Running::is_over)
    }

    /// Waits until nobody does, after they were told.
    fn wait(&self) {
        while !self.is_over() {
            std::thread::sleep(TICK);
        }
    }

    /// How many comparisons each engine made.
    fn comparisons(&mut self) -> Vec<(Engine, u64)> {
        self.engines.iter_mut().map(|engine| (engine.engine(), engine.comparisons())).collect()
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
        let mut looked = Instant::now();
        while self.began.elapsed() < self.settings.time && !stop.load(Ordering::Relaxed) {
            match receiver.recv_timeout(TICK) {
                Ok(message) => self.take(message, keeper)?,
                Err(RecvTimeoutError::Timeout) if self.searching.is_over() && self.minimiser.is_idle() => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if looked.elapsed() >= LOOK {
                self.summary.by_engine = self.searching.comparisons();
                keeper.return_to_place()?.iter().for_each(|line| self.progress.say(line));
                looked = Instant::now();
            }
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
        self.summary.by_engine = self.searching.comparisons();
        keeper.complete()?.iter().for_each(|line| self.progress.say(line));
        for engine in &self.searching.engines {
            if let Some(why) = engine.failure() {
                say(format_args!("{} ended before its time: {why}", engine.engine().text()));
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
