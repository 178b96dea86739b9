//! Differences of how steps ended, and the step at which the two sides part.

use regdiff_observation::{End, Observation, StepOutcome};
use regdiff_scenario::{Point, Scenario, Step, When};

use super::Difference;
use super::rests::Stretch;
use crate::pair::{Pair, Side};
use crate::verdict::Parting;

/// Points that the two sides pass at different times by design: what a step does there, it does to different machines.
pub(crate) const REGISTRATION: &[Point] = &[
    Point::HostAllocated,
    Point::HostPublished,
    Point::HostAdded,
    Point::RedoConfig,
    Point::RedoPort,
    Point::RedoLinkDown,
    // Before Exchange Port Data in eager, after registration in deferred.
    Point::ErpPtpPort,
];

/// A step that the two sides do not do alike: from there on they are in different situations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fork {
    /// For the report.
    pub(super) parting: Parting,
    /// The last rest that can be compared, as steps begun.
    pub(super) rest: u32,
}

/// The first step that the sides do not do alike.
pub(super) fn fork(scenario: &Scenario, seen: Pair<&Observation>) -> Option<Fork> {
    let moment = by_moment(scenario, seen);
    let failure = by_failure(seen);
    match (moment, failure) {
        (Some(moment), Some(failure)) => Some(if failure.rest < moment.rest { failure } else { moment }),
        (moment, failure) => moment.or(failure),
    }
}

/// The first step whose injected failure happened on one side only, be it that the other side stopped before.
fn by_failure(seen: Pair<&Observation>) -> Option<Fork> {
    let only = |a: &Observation, b: &Observation| {
        a.failures_hit.iter().copied().filter(|step| !b.failures_hit.contains(step)).min()
    };
    let first = [only(seen.eager, seen.deferred), only(seen.deferred, seen.eager)].into_iter().flatten().min()?;
    Some(Fork { parting: Parting::OneSidedFailure { step: first as usize }, rest: first })
}

/// The first step that only one side got to, or that waits for registration itself.
fn by_moment(scenario: &Scenario, seen: Pair<&Observation>) -> Option<Fork> {
    let mut missed_by_both = 0;
    for (step, outcomes) in known(seen).enumerate() {
        let missed = outcomes.map(|outcome| outcome == StepOutcome::Missed);
        if missed.eager != missed.deferred {
            let trigger = scenario.steps.get(step)?.trigger;
            let side = if missed.eager { Side::Eager } else { Side::Deferred };
            let parting = Parting::OneSidedMoment { step, trigger, missed: side };
            // Whether a missed step counts as begun is the lane's affair; this is right for both.
            return Some(Fork { parting, rest: (step - missed_by_both) as u32 });
        }
        if missed.eager {
            missed_by_both += 1;
            continue;
        }
        let Some(Step { trigger, moment, .. }) = scenario.steps.get(step) else { continue };
        if moment.when == When::AtPoint && REGISTRATION.contains(&moment.point) {
            let parting = Parting::RegistrationMoment { step, trigger: *trigger };
            return Some(Fork { parting, rest: (step - missed_by_both) as u32 });
        }
    }
    None
}

/// The first step that one of them did alone: the side that stopped, or the other while the stopped one went on to later steps.
pub(super) fn done_alone(
    scenario: &Scenario,
    side: Side,
    stopped: &Observation,
    other: &Observation,
) -> Option<Parting> {
    let missed = |outcome: &StepOutcome| *outcome == StepOutcome::Missed;
    let mut outcomes = stopped.steps.iter().zip(&other.steps).take(begun(stopped));
    let step = outcomes.position(|(stopped, other)| missed(stopped) != missed(other))?;
    let missed = if missed(&stopped.steps[step]) { side } else { side.other() };
    Some(Parting::OneSidedMoment { step, trigger: scenario.steps.get(step)?.trigger, missed })
}

/// How many steps there are up to the last one that a side began.
pub(super) fn begun(seen: &Observation) -> usize {
    seen.steps.iter().rposition(|outcome| *outcome != StepOutcome::Missed).map_or(0, |last| last + 1)
}

/// Whether both sides began a step before or in a stretch. A lane that cannot tell began its steps in order.
pub(super) fn begun_in(seen: Pair<&Observation>, stretch: &Stretch<'_>, step: usize) -> bool {
    let after = |side: &Observation| side.begun.get(step).copied().flatten();
    match (after(seen.eager), after(seen.deferred)) {
        (Some(eager), Some(deferred)) => {
            eager as usize <= stretch.before.eager && deferred as usize <= stretch.before.deferred
        }
        _ => step < stretch.steps_begun as usize,
    }
}

/// The first step that a side began at registration itself.
pub(super) fn at_registration(scenario: &Scenario, seen: &Observation) -> Option<Parting> {
    let mut begun = scenario.steps.iter().zip(&seen.steps).enumerate();
    begun.find_map(|(index, (step, outcome))| {
        let there = step.moment.when == When::AtPoint && REGISTRATION.contains(&step.moment.point);
        (there && *outcome != StepOutcome::Missed)
            .then_some(Parting::RegistrationMoment { step: index, trigger: step.trigger })
    })
}

/// Steps that ended in two ways, with their indices.
pub(super) fn outcomes(
    scenario: &Scenario,
    seen: Pair<&Observation>,
    parting: Option<Parting>,
) -> Vec<(usize, Difference)> {
    let until = parting.map_or(usize::MAX, Parting::step);
    let mut found = Vec::new();
    for (index, (outcomes, step)) in known(seen).zip(&scenario.steps).enumerate().take(until) {
        if outcomes.eager != outcomes.deferred {
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
