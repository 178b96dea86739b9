//! The searcher in this process: generates scenarios, changes those that showed something new, judges them all.
//!
//! It knows no coverage. What counts as new is what the judge says: verdict, signatures, allowances used, and how far a
//! scenario came. With the same seed and number of searchers it does the same, unless engines hand it scenarios.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use regdiff_oracle::{Report, Verdict};
use regdiff_scenario::{Language, Random, Scenario};

use super::{Judged, Message, Origin, Settings};
use crate::own_bug;

/// Scenarios that one searcher remembers.
const MAX_POOL: usize = 4096;
/// In so many of a hundred cases a scenario is made from nothing.
const FRESH: usize = 40;
/// In so many of a hundred other cases two scenarios are crossed.
const CROSSED: usize = 10;

/// Scenarios that engines found worth keeping, for every searcher.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Vec<Scenario>>>);

impl Shared {
    /// Adds one; a full pool forgets the oldest.
    pub(super) fn add(&self, scenario: Scenario) {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() >= MAX_POOL {
            pool.remove(0);
        }
        pool.push(scenario);
    }

    fn pick(&self, random: &mut Random) -> Option<Scenario> {
        let pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.is_empty() { None } else { pool.get(random.below(pool.len())).cloned() }
    }
}

/// Starts a searcher, which ends by itself after `quota` scenarios.
pub(super) fn start(
    settings: &Settings,
    searcher: usize,
    quota: Option<u64>,
    shared: Shared,
    done: &Arc<AtomicBool>,
    sender: SyncSender<Message>,
) -> JoinHandle<()> {
    let mut search = Search {
        // Streams that start far from each other, whatever the seed.
        random: Random::new(Random::new(settings.seed.wrapping_add(searcher as u64)).next_u64()),
        pool: Vec::new(),
        seen: BTreeSet::new(),
        shared,
    };
    let (settings, done) = (settings.clone(), done.clone());
    thread::spawn(move || {
        for number in 1..=quota.unwrap_or(u64::MAX) {
            let judged = search.once(&settings, Origin::Searcher { searcher, number });
            if done.load(Ordering::Relaxed) || sender.send(Message::Judged(Box::new(judged))).is_err() {
                break;
            }
        }
    })
}

struct Search {
    random: Random,
    pool: Vec<Scenario>,
    seen: BTreeSet<String>,
    shared: Shared,
}

impl Search {
    fn once(&mut self, settings: &Settings, origin: Origin) -> Judged {
        let scenario = self.next(settings.language());
        let report = own_bug::catch(|| settings.judge(&scenario));
        if let Ok(report) = &report
            && is_fertile(report)
            && self.seen.insert(behaviour(report))
        {
            self.remember(scenario.clone());
        }
        Judged { origin, scenario, report }
    }

    fn next(&mut self, language: &Language) -> Scenario {
        if self.random.chance(FRESH) {
            return language.generate(self.random.next_u64());
        }
        let Some(mut scenario) = self.pick() else { return language.generate(self.random.next_u64()) };
        if self.random.chance(CROSSED)
            && let Some(other) = self.pick()
        {
            return language.crossover(&scenario, &other, &mut self.random);
        }
        language.mutate(&mut scenario, &mut self.random);
        scenario
    }

    fn pick(&mut self) -> Option<Scenario> {
        // Half of the time from the engines, if there are any.
        if self.random.chance(50)
            && let Some(scenario) = self.shared.pick(&mut self.random)
        {
            return Some(scenario);
        }
        if self.pool.is_empty() { None } else { self.pool.get(self.random.below(self.pool.len())).cloned() }
    }

    fn remember(&mut self, scenario: Scenario) {
        if self.pool.len() < MAX_POOL {
            self.pool.push(scenario);
        } else {
            let index = self.random.below(MAX_POOL);
            self.pool[index] = scenario;
        }
    }
}

/// Whether a scenario's children are worth their time: those of one that never rests are slow, and those of one that is not
/// judged to its end mostly are not either.
pub(super) fn is_fertile(report: &Report) -> bool {
    !matches!(report.verdict, Verdict::Skipped { .. } | Verdict::PartlyJudged { .. } | Verdict::LimitHit { .. })
}

/// What a report says, without what differs from scenario to scenario.
fn behaviour(report: &Report) -> String {
    let scsi = |count: u32| count.checked_ilog2().unwrap_or(0);
    let findings: Vec<&str> = report.findings.iter().map(|finding| finding.signature.as_str()).collect();
    let allowed: BTreeSet<&str> = report.allowed.iter().map(|allowed| allowed.id).collect();
    let masked = report.masked.as_ref().map(|verdict| verdict.text());
    format!(
        "{} {masked:?} {findings:?} {allowed:?} {:?} {:?} {}",
        report.verdict.text(),
        report.registered,
        report.scsi_commands.map(scsi),
        report.compared_rests
    )
}
