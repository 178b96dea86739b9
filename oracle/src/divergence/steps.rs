//! Differences of how steps ended, and the step at which the two sides part.

use regdiff_observation::{End, Observation, StepOutcome};
use regdiff_scenario::Scenario;

use super::Difference;
use crate::pair::{Pair, Side};
use crate::verdict::Skip;

/// A step whose moment came on one side only: from there on the sides do different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parting {
    /// For the report.
    pub(super) skip: Skip,
    /// The last rest that can be compared, as steps begun.
    pub(super) rest: u32,
}

/// The first step that only one side got to.
pub(super) fn parting(scenario: &Scenario, seen: Pair<&Observation>) -> Option<Parting> {
    let mut missed_by_both = 0;
    for (step, outcomes) in known(seen).enumerate() {
        let missed = outcomes.map(|outcome| outcome == StepOutcome::Missed);
        if missed.eager != missed.deferred {
            let trigger = scenario.steps.get(step)?.trigger;
            let side = if missed.eager { Side::Eager } else { Side::Deferred };
            let skip = Skip::OneSidedMoment { step, trigger, missed: side };
            // Whether a missed step counts as begun is the lane's affair; this is right for both.
            return Some(Parting { skip, rest: (step - missed_by_both) as u32 });
        }
        missed_by_both += usize::from(missed.eager);
    }
    None
}

/// Steps that ended in two ways, with their indices. A user that hangs is the liveness oracle's.
pub(super) fn outcomes(scenario: &Scenario, seen: Pair<&Observation>, skip: Option<Skip>) -> Vec<(usize, Difference)> {
    let until = match skip {
        Some(Skip::OneSidedMoment { step, .. }) => step,
        _ => usize::MAX,
    };
    let mut found = Vec::new();
    for (index, (outcomes, step)) in known(seen).zip(&scenario.steps).enumerate().take(until) {
        let hangs = [outcomes.eager, outcomes.deferred].contains(&StepOutcome::Blocked);
        if !hangs && outcomes.eager != outcomes.deferred {
            let (trigger, device) = (step.trigger, step.device);
            found.push((index, Difference::Outcome { step: index, trigger, device, outcomes }));
        }
    }
    found
}

/// Outcomes of the steps that both sides are known to have tried.
fn known(seen: Pair<&Observation>) -> impl Iterator<Item = Pair<StepOutcome>> {
    let tried = |seen: &Observation| match seen.end {
        End::Rest => seen.steps.len(),
        // Of a run that ended early, nothing is known about steps after its last rest.
        _ => seen.rests.last().map_or(0, |rest| rest.steps_begun as usize).min(seen.steps.len()),
    };
    let count = tried(seen.eager).min(tried(seen.deferred));
    (0..count).map(move |step| Pair { eager: seen.eager.steps[step], deferred: seen.deferred.steps[step] })
}
