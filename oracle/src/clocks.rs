//! Clocks: what an allowed difference of one FCP device does to the others.
//!
//! FCP devices share time and the numbers of hosts, nothing else. An allowance that reaches onward leaves the sides at different
//! times; timers of the other devices, above all for device loss, are then armed and run out at other moments, with all that follows.
//! Property: after that a divergence of another device is a finding only if it is one, too, in the pair without the steps of the
//! devices that the allowance took out. This costs runs, so that it is asked only when there is something to ask about.

use std::collections::BTreeSet;

use regdiff_observation::Observation;
use regdiff_scenario::Scenario;

use crate::divergence::Difference;
use crate::finding::Finding;
use crate::pair::Pair;
use crate::sorting::{Sorted, Taken};

/// Moves what the clocks explain from the findings to what is allowed. `judge` gives the findings of another scenario on the same
/// lane and terms.
pub(crate) fn split(
    scenario: &Scenario,
    seen: Pair<&Observation>,
    sorted: &mut Sorted,
    mut judge: impl FnMut(&Scenario) -> Vec<Finding>,
) {
    let caused = sorted.findings.iter().filter(|finding| cause(&sorted.taken, seen, finding).is_some());
    let devices: BTreeSet<u8> = caused.filter_map(Finding::device).collect();
    for device in devices {
        let others = sorted.taken.iter().map(|taken| taken.device).filter(|other| *other != device);
        let without = without(scenario, &others.collect());
        // A device without steps did nothing to anybody.
        if without.steps.len() == scenario.steps.len() {
            continue;
        }
        let own = judge(&without);
        let is_own = |finding: &Finding| {
            own.iter().any(|other| other.signature == finding.signature && other.device() == finding.device())
        };
        for finding in std::mem::take(&mut sorted.findings) {
            match cause(&sorted.taken, seen, &finding) {
                Some(taken) if finding.device() == Some(device) && !is_own(&finding) => {
                    let (allowance, status) = (taken.allowance, taken.status);
                    sorted.allow(allowance, status, finding);
                }
                _ => sorted.findings.push(finding),
            }
        }
    }
}

/// The part taken out, of another device, after which the sides came to a rest at different times before a divergence.
fn cause<'a>(taken: &'a [Taken], seen: Pair<&Observation>, finding: &Finding) -> Option<&'a Taken> {
    // What an allowance covers that does not count stays.
    let (located, device) = (finding.difference().filter(|_| finding.known.is_none())?, finding.device()?);
    // An outcome stands where its step began, and the step may have gone on to the end.
    let end = match located.difference {
        Difference::Outcome { .. } => seen.eager.rests.last()?.steps_begun,
        _ => located.steps_begun,
    };
    taken.iter().find(|taken| taken.device != device && (taken.at..=end).any(|at| is_apart(seen, at)))
}

/// Whether the sides came to the last rest with at most `at` steps begun at different times.
fn is_apart(seen: Pair<&Observation>, at: u32) -> bool {
    let time =
        seen.map(|side| side.rests.iter().take_while(|rest| rest.steps_begun <= at).last().map(|rest| rest.time_us));
    time.eager != time.deferred
}

/// The same scenario without the steps of some devices.
fn without(scenario: &Scenario, devices: &BTreeSet<u8>) -> Scenario {
    let mut other = scenario.clone();
    other.steps.retain(|step| !devices.contains(&step.device));
    other
}
