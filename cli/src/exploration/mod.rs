//! An exploration on several threads: progress, a state that it can go on from, and a result that depends on neither.
//!
//! Units are merged in their order. So what was merged is always the first so many of them, and that number, with what was seen,
//! is all there is to store.

mod state;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use regdiff_oracle::explore::{Explorer, Outcome};

use crate::error::Error;
use crate::own_bug::{self, OwnBug};
use crate::parallel;
use crate::progress::Progress;

pub(crate) use state::Identity;

/// How often the state is written.
const SAVE: Duration = Duration::from_secs(20);

/// How to explore.
pub(crate) struct Settings {
    /// Threads.
    pub(crate) jobs: usize,
    /// The file from which it goes on, and where it says how far it is.
    pub(crate) state: Option<PathBuf>,
    /// Units to walk now, at most.
    pub(crate) units: Option<u64>,
    /// What is explored, so that no other exploration goes on from its state.
    pub(crate) identity: Identity,
}

/// What came of it.
pub(crate) struct Explored {
    /// What was seen.
    pub(crate) outcome: Outcome,
    /// Units that were walked, those before included.
    pub(crate) done: u64,
    /// Units there are.
    pub(crate) units: u64,
    /// How long it took, the time before included.
    pub(crate) time: Duration,
}

impl Explored {
    /// Whether every unit was walked.
    pub(crate) const fn is_complete(&self) -> bool {
        self.done == self.units
    }
}

/// Walks all units that are left. `stop` ends it early.
pub(crate) fn run(explorer: &Explorer, settings: &Settings, stop: &AtomicBool) -> Result<Explored, Error> {
    let before = match &settings.state {
        Some(file) => state::read(file, &settings.identity)?,
        None => None,
    };
    let began = Instant::now();
    let plan = own_bug::catch(|| explorer.plan()).map_err(own_bug)?;
    let units = plan.units.len() as u64;
    let mut explored = match before {
        Some(before) => Explored { units, ..before },
        None => Explored { outcome: plan.outcome, done: 0, units, time: Duration::ZERO },
    };
    let (first, spent) = (explored.done, explored.time);
    let count = (units - first).min(settings.units.unwrap_or(u64::MAX));
    let all = explorer.space().count();
    let (mut progress, mut saved, mut problem) = (Progress::new(), Instant::now(), None);
    let work = |index: u64| own_bug::catch(|| explorer.explore(&plan.units[(first + index) as usize]));
    parallel::in_order(settings.jobs, count, work, |_, outcome| {
        match outcome {
            Ok(outcome) => explored.outcome.merge(outcome),
            Err(bug) => {
                problem = Some(own_bug(bug));
                return ControlFlow::Break(());
            }
        }
        explored.done += 1;
        explored.time = spent + began.elapsed();
        progress.show(|| line(&explored, all));
        if let Some(file) = &settings.state
            && saved.elapsed() > SAVE
        {
            if let Err(error) = state::write(file, &settings.identity, &explored) {
                problem = Some(error);
                return ControlFlow::Break(());
            }
            saved = Instant::now();
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.finish();
    explored.time = spent + began.elapsed();
    if let Some(file) = &settings.state {
        state::write(file, &settings.identity, &explored)?;
    }
    problem.map_or(Ok(explored), Err)
}

fn own_bug(OwnBug(what): OwnBug) -> Error {
    Error::Exploration(what)
}

/// How far it is.
fn line(explored: &Explored, all: u128) -> String {
    let Explored { outcome, done, units, time } = explored;
    let part = outcome.scenarios as f64 / all as f64 * 100.0;
    format!(
        "{part:.1} % of {all} scenarios, unit {done} of {units}, {} judged, {} signatures, {} s",
        outcome.judged,
        outcome.findings.len(),
        time.as_secs()
    )
}
