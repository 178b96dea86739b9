//! The model, watched: what all runs of one judgement came to.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use regdiff_observation::{End, Event, Lane, Observation, Watch};
use regdiff_scenario::module::Toggle;
use regdiff_scenario::{Context, Point, Scenario};
use siphasher::sip::SipHasher13;

use super::alphabet::{Alphabet, KeyKind};
use crate::lane::{Model, Variant};

/// Where each choice of an alphabet is found.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    /// By command: the choice of each occurrence, from 1.
    answers: Vec<Vec<Option<u8>>>,
    /// By context and point.
    preemptions: Vec<Option<u8>>,
    settings: u128,
}

/// One more than the largest tag of a command, and of a point.
const TAGS: usize = 128;

const fn place(context: Context, point: Point) -> usize {
    context as usize * TAGS + point as usize
}

impl Tables {
    pub(super) fn new(alphabet: &Alphabet) -> Self {
        let mut tables =
            Self { answers: vec![Vec::new(); TAGS], preemptions: vec![None; Context::ALL.len() * TAGS], settings: 0 };
        for (index, key) in alphabet.keys.iter().enumerate() {
            match key.kind {
                KeyKind::Setting => tables.settings |= 1 << index,
                KeyKind::Answer { command, nth } => {
                    let row = &mut tables.answers[command as usize];
                    row.resize(row.len().max(usize::from(nth)), None);
                    row[usize::from(nth) - 1] = Some(index as u8);
                }
                KeyKind::Preemption { context, point } => {
                    tables.preemptions[place(context, point)] = Some(index as u8);
                }
            }
        }
        tables
    }
}

/// What runs came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Boolean parameters that were read.
    pub(super) toggles: Vec<Toggle>,
    /// Open choices that were come to, by bit.
    pub(super) keys: u128,
    /// At least one run came to rest behind the last step, where another one could follow.
    pub(super) rest: bool,
    /// The last step changed something in some run.
    pub(super) effect: bool,
    /// What could be seen of the first pair of runs, as a number.
    pub(super) state: u64,
    /// Runs.
    pub(super) runs: u32,
    /// Where others could have run, and no choice of the alphabet is about it.
    pub(super) strays: BTreeSet<(Context, Point)>,
}

/// The model as a lane that takes notes.
pub(super) struct Watcher<'a> {
    pub(super) tables: &'a Tables,
    /// Steps of the scenario that is judged.
    pub(super) steps: u32,
    pub(super) seen: RefCell<Seen>,
}

impl Lane for Watcher<'_> {
    type Variant = Variant;

    fn run(&self, scenario: &Scenario, variant: &Variant, watch: Watch) -> Observation {
        let observation = Model.run(scenario, variant, watch);
        self.note(&observation);
        observation
    }
}

impl Watcher<'_> {
    fn note(&self, observation: &Observation) {
        let mut seen = self.seen.borrow_mut();
        let seen = &mut *seen;
        for toggle in Toggle::ALL {
            if observation.reached.has_read(toggle) && !seen.toggles.contains(&toggle) {
                seen.toggles.push(toggle);
            }
        }
        if observation.reached.adapter {
            seen.keys |= self.tables.settings;
        }
        let mut sent = [0_u16; TAGS];
        for event in &observation.events {
            if let Event::Command(command) = event.event
                && command.device == 0
            {
                let nth = &mut sent[command.command as usize];
                if let Some(Some(key)) = self.tables.answers[command.command as usize].get(usize::from(*nth)) {
                    seen.keys |= 1 << key;
                }
                *nth = nth.saturating_add(1);
            }
        }
        let mut passed = [0_u128; Context::ALL.len()];
        for pass in observation.reached.passes.iter().filter(|pass| pass.device == 0) {
            let (row, bit) = (&mut passed[pass.context as usize], 1 << pass.point as u8);
            // Only the first pass of each can be a choice.
            if *row & bit == 0 && !pass.alone {
                match self.tables.preemptions[place(pass.context, pass.point)] {
                    Some(key) => seen.keys |= 1 << key,
                    None => {
                        seen.strays.insert((pass.context, pass.point));
                    }
                }
            }
            *row |= bit;
        }
        seen.rest |= observation.rests.iter().any(|rest| rest.steps_begun >= self.steps);
        let last = self.steps.saturating_sub(1);
        let begun = observation.begun.get(last as usize).is_some_and(Option::is_some);
        seen.effect |= begun && !observation.reached.without_effect.contains(&last);
        if seen.runs < 2 {
            seen.state = state(seen.state, observation);
        }
        seen.runs += 1;
    }
}

/// What could be seen of a run, as a number that goes on from another one.
fn state(before: u64, observation: &Observation) -> u64 {
    // With the same keys in every build, as the standard hasher's are not.
    let mut hasher = SipHasher13::new_with_keys(before, 0);
    match &observation.end {
        End::Rest => 0.hash(&mut hasher),
        End::Trap(trap) => (trap.kind, &trap.function, &trap.object, &trap.field).hash(&mut hasher),
        End::Unmodelled(what) => what.hash(&mut hasher),
        End::Limit(limit) => limit.hash(&mut hasher),
    }
    for outcome in &observation.steps {
        let number = match outcome {
            regdiff_observation::StepOutcome::Missed => i64::MIN,
            regdiff_observation::StepOutcome::Blocked => i64::MAX,
            regdiff_observation::StepOutcome::Done(code) => *code,
        };
        number.hash(&mut hasher);
    }
    for rest in &observation.rests {
        (rest.time_us, rest.steps_begun).hash(&mut hasher);
        for reading in &rest.readings {
            (reading.object, reading.attribute, reading.value).hash(&mut hasher);
        }
    }
    for event in &observation.events {
        (event.time_us, event.event).hash(&mut hasher);
    }
    hasher.finish()
}
