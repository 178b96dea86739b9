//! Clocks: what an allowed difference of one FCP device does to the others.
//!
//! FCP devices share time and the numbers of hosts, nothing else. An allowance that reaches onward leaves the sides at different
//! times; timers of the other devices, above all for device loss, are then armed and run out at other moments, with all that follows.
//! Property: after that a divergence of another device is a finding only if it also shows in the pair without the steps of the
//! devices that the allowance took out. This costs a pair of runs, so that it is asked only when there is something to ask about.

use std::collections::BTreeSet;

use regdiff_observation::{Lane, Observation};
use regdiff_scenario::Scenario;

use crate::divergence::compare;
use crate::finding::Finding;
use crate::pair::{self, Pair};
use crate::sorting::{Sorted, Taken};

/// Moves what the clocks explain from the findings to what is allowed, and counts the runs it took.
pub(crate) fn split<L: Lane>(
    lane: &L,
    scenario: &Scenario,
    variants: Pair<&L::Variant>,
    seen: Pair<&Observation>,
    sorted: &mut Sorted,
    runs: &mut u32,
) {
    let asked = |sorted: &Sorted| {
        let devices =
            sorted.findings.iter().filter(|f| cause(&sorted.taken, seen, f).is_some()).filter_map(Finding::device);
        devices.collect::<BTreeSet<u8>>()
    };
    for device in asked(sorted) {
        let others = sorted.taken.iter().map(|taken| taken.device).filter(|other| *other != device);
        let without = without(scenario, &others.collect());
        let alone = pair::run(lane, &without, variants);
        *runs += 2;
        let own = compare(&without, alone.as_ref()).differences;
        let is_own = |finding: &Finding| own.iter().any(|other| other.difference.signature() == finding.signature);
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
    taken.iter().find(|taken| taken.device != device && (taken.at..=located.steps_begun).any(|at| is_apart(seen, at)))
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
