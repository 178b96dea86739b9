//! The thread that shrinks findings while the search goes on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;

use regdiff_oracle::shrink::shrink_by;
use regdiff_oracle::{Shrunk, Signature};
use regdiff_scenario::Scenario;

use super::{Message, Settings};
use crate::own_bug;

/// Judgements that one finding's minimisation may take; `regdiff tmin` takes more.
const CAP: u32 = 5_000;

/// What came of a minimisation.
pub(super) struct Result {
    /// Of which finding.
    pub(super) signature: Signature,
    /// The smaller scenario.
    pub(super) shrunk: Shrunk,
}

/// The queue of what is to be shrunk.
pub(super) struct Minimiser {
    work: Sender<(Signature, Scenario)>,
    pending: usize,
    aborted: Arc<AtomicBool>,
}

impl Minimiser {
    /// Starts the thread. It ends with the campaign.
    pub(super) fn start(settings: Settings, results: SyncSender<Message>) -> Self {
        let (work, todo) = channel();
        let aborted = Arc::new(AtomicBool::new(false));
        let abort = aborted.clone();
        thread::spawn(move || shrink_all(&todo, &settings, &abort, &results));
        Self { work, pending: 0, aborted }
    }

    /// Adds a finding.
    pub(super) fn push(&mut self, signature: Signature, scenario: Scenario) {
        self.pending += usize::from(self.work.send((signature, scenario)).is_ok());
    }

    /// One result was taken.
    pub(super) fn took(&mut self) {
        self.pending -= 1;
    }

    /// How many findings are not shrunk yet.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.pending == 0
    }

    /// No candidate is tried any more: what is left comes back as it is.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::Relaxed);
    }
}

fn shrink_all(
    todo: &Receiver<(Signature, Scenario)>,
    settings: &Settings,
    abort: &AtomicBool,
    results: &SyncSender<Message>,
) {
    // Those that wait are taken off the channel, so that the sender never does.
    let mut queue = VecDeque::new();
    loop {
        queue.extend(todo.try_iter());
        let Some((signature, scenario)) = queue.pop_front().or_else(|| todo.recv().ok()) else { return };
        let shows = |candidate: &Scenario| {
            let judged = || settings.judge(candidate).finding(&signature).is_some();
            !abort.load(Ordering::Relaxed) && own_bug::catch(judged).unwrap_or(false)
        };
        let mut shrunk = shrink_by(&scenario, settings.judging.cap(CAP), shows);
        shrunk.finished &= !abort.load(Ordering::Relaxed);
        if results.send(Message::Shrunk(Box::new(Result { signature, shrunk }))).is_err() {
            return;
        }
    }
}
