//! Divergence: is there anything a user could see in which the two sides differ?
//!
//! Property: at each rest that both sides reach, the same objects with the same attributes exist; between two such rests the
//! same things happened, in any order; and every step ended the same way. Which differences are meant is the contract's
//! matter, not this oracle's.
//!
//! Only the order of events within a stretch, their times and contexts are not compared: registration moves them.

mod difference;
mod events;
mod readings;
mod rests;
mod steps;

use regdiff_observation::{End, Observation, TrapKind};
use regdiff_scenario::Scenario;

pub use difference::show;
pub use difference::{Difference, Located};
pub(crate) use difference::{action, event_device, event_name};

use self::rests::stretches;
pub(crate) use self::steps::REGISTRATION;
use crate::lifetime::trap;
use crate::pair::{Pair, Side};
use crate::verdict::Parting;

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Every difference, in the order of the rests.
    pub(crate) differences: Vec<Located>,
    /// Users that hang on one side only: no differences, as they are the liveness oracle's, but the sides part there.
    pub(crate) hangs: Vec<Located>,
    /// How many pairs of rests were compared.
    pub(crate) rests: u32,
    /// Why nothing was compared from some step on.
    pub(crate) parting: Option<Parting>,
}

/// Compares two runs as far as they can be compared.
pub(crate) fn compare(scenario: &Scenario, seen: Pair<&Observation>) -> Comparison {
    let fork = steps::fork(scenario, seen);
    let stretches = stretches(seen, fork.map(|fork| fork.rest));
    let parting = fork.map(|fork| fork.parting);
    let mut found = Comparison { rests: stretches.len() as u32, parting, ..Default::default() };
    let mut sorted = Pair::default();
    let mut outcomes = steps::outcomes(scenario, seen, parting);
    let last = stretches.len().saturating_sub(1);
    for (index, stretch) in stretches.iter().enumerate() {
        let place = |difference| Located {
            steps_begun: stretch.steps_begun,
            time_us: stretch.rests.map(|rest| rest.time_us),
            difference,
        };
        let due = |step: usize| index == last || steps::begun_in(seen, stretch, step);
        let (now, later) = outcomes.into_iter().partition(|(step, _)| due(*step));
        outcomes = later;
        for (_, difference) in now {
            let list = if difference.hangs() { &mut found.hangs } else { &mut found.differences };
            list.push(place(difference));
        }
        events::compare(stretch.events, &mut sorted, |difference| found.differences.push(place(difference)));
        readings::compare(stretch.rests.map(|rest| &rest.readings[..]), |d| found.differences.push(place(d)));
    }
    match panic(scenario, seen, parting) {
        Some(Ok(located)) => found.differences.push(located),
        Some(Err(parting)) => found.parting = found.parting.or(Some(parting)),
        None => {}
    }
    found
}

/// Whether a side that never came to rest did a step alone, or either side one at registration: then the sides are in different
/// situations.
pub(crate) fn parted(scenario: &Scenario, side: Side, tired: &Observation, rested: &Observation) -> bool {
    // What the other side did at registration, this one may never come to, and not because it never rests.
    let at_registration = [tired, rested].into_iter().find_map(|seen| steps::at_registration(scenario, seen));
    at_registration.or_else(|| steps::done_alone(scenario, side, tired, rested)).is_some()
}

/// A panic of the driver is a difference if the other side ran to its end, and did all that the stopped side did.
fn panic(scenario: &Scenario, seen: Pair<&Observation>, parting: Option<Parting>) -> Option<Result<Located, Parting>> {
    let sides = [(Side::Eager, seen.eager, seen.deferred), (Side::Deferred, seen.deferred, seen.eager)];
    let (side, trap, stopped, other) = sides.into_iter().find_map(|(side, stopped, other)| {
        let trap = trap(stopped).filter(|trap| trap.kind == TrapKind::Panic)?;
        (other.end == End::Rest).then_some((side, trap, stopped, other))
    })?;
    let parted = steps::done_alone(scenario, side, stopped, other);
    // A parting after the panic is none of its causes.
    let before = parting.filter(|parting| parting.step() < steps::begun(stopped));
    if let Some(parting) = before.or(parted).or_else(|| steps::at_registration(scenario, stopped)) {
        return Some(Err(parting));
    }
    let steps_begun = stopped.rests.last().map_or(0, |rest| rest.steps_begun);
    let time_us = Pair { eager: trap.time_us, deferred: trap.time_us };
    let function = trap.function.clone();
    Some(Ok(Located { steps_begun, time_us, difference: Difference::Panic { side, function } }))
}

#[cfg(test)]
mod tests;
