//! Feedback for engines: what a pair of runs did, beyond the lines of code that an engine sees by itself.
//!
//! The same lines run for every answer, phase and recovery record; what was combined is in the data. Each combination is a
//! number, the same in every run of a build.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use regdiff_observation::{Access, End, Event, Lane, Observation, Region, StepOutcome, Tag, TrapKind, Watch};
use regdiff_scenario::{Scenario, Trigger};
use siphasher::sip::SipHasher13;

use crate::inputs::{Behaviour, observed};
use crate::lane::{Model, Variant};
use crate::verdict::Report;

/// One thing that a comparison did.
#[derive(Hash)]
enum Feature<'a> {
    /// An answer or a trigger with its phase, a log line, a recovery record, a named point; an allowance that was used.
    Behaviour(&'a Behaviour),
    /// A recovery record of a device, and the one after it.
    Turn(Option<Tag>, Tag),
    /// How a trigger ended in the one driver, and in the other.
    Outcomes(Trigger, i64, i64),
    /// A trap: kind, function, structure, field.
    Trap(TrapKind, &'a str, &'a str, &'a str),
    /// A region of protection memory that was touched where it should not be, and from where.
    Region(Region, Access, &'a str),
}

/// The model as a lane that takes notes.
#[derive(Default)]
pub(crate) struct Listening {
    heard: RefCell<Heard>,
}

#[derive(Default)]
struct Heard {
    /// How the steps of the first run ended.
    first: Option<Vec<StepOutcome>>,
    features: BTreeSet<u64>,
}

impl Lane for Listening {
    type Variant = Variant;

    fn run(&self, scenario: &Scenario, variant: &Variant, watch: Watch) -> Observation {
        let seen = Model.run(scenario, variant, watch);
        self.heard.borrow_mut().note(scenario, &seen);
        seen
    }
}

impl Listening {
    /// Everything that was done in the runs of a judgement.
    pub(crate) fn features(self, report: &Report) -> BTreeSet<u64> {
        let mut heard = self.heard.into_inner();
        for allowed in &report.allowed {
            heard.add(&Feature::Behaviour(&Behaviour::Allowance(allowed.id)));
        }
        heard.features
    }
}

impl Heard {
    fn add(&mut self, feature: &Feature<'_>) {
        // The standard hasher has other keys in every process.
        let mut hasher = SipHasher13::new();
        feature.hash(&mut hasher);
        self.features.insert(hasher.finish());
    }

    fn note(&mut self, scenario: &Scenario, seen: &Observation) {
        let mut done = BTreeSet::new();
        observed(scenario, seen, &mut done);
        for behaviour in &done {
            self.add(&Feature::Behaviour(behaviour));
        }
        let mut last = vec![None; scenario.devices.len()];
        for stamped in &seen.events {
            if let Event::Trace(record) = stamped.event
                && let Some(last) = last.get_mut(usize::from(record.device))
            {
                self.add(&Feature::Turn(last.replace(record.tag), record.tag));
            }
        }
        if let End::Trap(trap) = &seen.end {
            self.add(&Feature::Trap(trap.kind, &trap.function, &trap.object, &trap.field));
        }
        for violation in &seen.violations {
            self.add(&Feature::Region(violation.region, violation.access, &violation.function));
        }
        match self.first.take() {
            None => self.first = Some(seen.steps.clone()),
            Some(first) => {
                for ((step, one), other) in scenario.steps.iter().zip(&first).zip(&seen.steps) {
                    self.add(&Feature::Outcomes(step.trigger, class(*one), class(*other)));
                }
                self.first = Some(first);
            }
        }
    }
}

/// Counts are all alike, errors are not.
fn class(outcome: StepOutcome) -> i64 {
    match outcome {
        StepOutcome::Missed => 2,
        StepOutcome::Blocked => 3,
        StepOutcome::Done(code) => code.min(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Allow;
    use crate::judge::{Options, judge, judge_on};

    fn heard(scenario: &Scenario) -> BTreeSet<u64> {
        let listening = Listening::default();
        let report = judge_on(&listening, scenario, &Options::allowing(Allow::Open));
        assert_eq!(report, judge(scenario, &Options::allowing(Allow::Open)), "listening changes nothing");
        listening.features(&report)
    }

    #[test]
    fn the_same_scenario_is_the_same_and_another_is_another() {
        let mut all = BTreeSet::new();
        for seed in 0..50 {
            let scenario = Scenario::generate(seed);
            let features = heard(&scenario);
            assert_eq!(features, heard(&scenario));
            all.extend(features);
        }
        assert!((200..2000).contains(&all.len()), "{} features of 50 scenarios", all.len());
    }

    #[test]
    fn a_crash_has_a_feature_of_its_own() {
        let load = |bytes: &[u8]| Scenario::load(bytes).expect("the corpus can be read");
        let seed = load(include_bytes!("../../corpus/registration/lp1887124.toml"));
        let mut tame = seed.clone();
        (tame.module.dif, tame.module.dix) = (false, false);
        assert!(!heard(&seed).is_subset(&heard(&tame)) && !heard(&tame).is_empty());
    }
}
