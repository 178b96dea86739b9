//! The comparison of two observations of one scenario: the model's and the kernel's.

use std::collections::BTreeMap;

use regdiff_observation::{Attribute, End, Limit, Object, Observation, Reading, Rest, StepOutcome};
use regdiff_scenario::Scenario;
use serde::Serialize;

use super::{events, traps};

/// Something in which model and kernel differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Mismatch {
    /// What makes it the same as others: kind and attribute, tag or command; no device, no number.
    pub class: String,
    /// To what, and at which rest.
    pub place: String,
    /// What the model has.
    pub model: String,
    /// What the kernel has.
    pub kernel: String,
}

impl Mismatch {
    pub(super) fn new(
        class: impl Into<String>,
        place: impl ToString,
        model: impl ToString,
        kernel: impl ToString,
    ) -> Self {
        Self { class: class.into(), place: place.to_string(), model: model.to_string(), kernel: kernel.to_string() }
    }
}

/// What stands for nothing.
pub(super) const NOTHING: &str = "-";

/// Everything in which two observations differ, in the order of kinds above.
pub fn compare(scenario: &Scenario, model: &Observation, kernel: &Observation) -> Vec<Mismatch> {
    let mut found = Vec::new();
    traps::compare(model, kernel, &mut found);
    let cut = [model, kernel].iter().any(|seen| seen.end != End::Rest);
    steps(scenario, model, kernel, &mut found);
    let last = rests(model, kernel, &mut found);
    // Of runs that were cut short, only what happened before the last common rest can be compared.
    let until = |seen: &Observation, rest: Option<usize>| {
        if cut { rest.map_or(0, |rest| seen.rests[rest].events_end) } else { seen.events.len() }
    };
    let (ours, theirs) = (until(model, last.map(|l| l.0)), until(kernel, last.map(|l| l.1)));
    events::compare(&model.events[..ours], &kernel.events[..theirs], &mut found);
    found
}

/// The name of an end, as in classes.
pub(super) fn end(end: &End) -> &'static str {
    match end {
        End::Rest => "rest",
        End::Trap(_) => "trap",
        End::Unmodelled(_) => "unmodelled",
        End::Limit(Limit::Turns) => "limit-turns",
        End::Limit(Limit::Time) => "limit-time",
        End::Limit(Limit::Events) => "limit-events",
        End::Limit(Limit::RealTime) => "limit-real-time",
        End::Limit(Limit::Output) => "limit-output",
    }
}

fn steps(scenario: &Scenario, model: &Observation, kernel: &Observation, found: &mut Vec<Mismatch>) {
    // Of a run that was cut short nothing is known of the steps after its last rest.
    let known = |seen: &Observation| match seen.end {
        End::Rest => seen.steps.len(),
        _ => seen.rests.last().map_or(0, |rest| rest.steps_begun as usize).min(seen.steps.len()),
    };
    let count = known(model).min(known(kernel));
    for (index, step) in scenario.steps.iter().enumerate().take(count) {
        let (ours, theirs) = (model.steps[index], kernel.steps[index]);
        if ours != theirs {
            let class = format!("step.{}", step.trigger.text());
            found.push(Mismatch::new(class, format!("step {}", index + 1), outcome(ours), outcome(theirs)));
        }
    }
}

fn outcome(outcome: StepOutcome) -> String {
    match outcome {
        StepOutcome::Missed => "missed".to_owned(),
        StepOutcome::Done(code) => code.to_string(),
        StepOutcome::Blocked => "hangs".to_owned(),
    }
}

/// Compares rests with the same number of steps begun, of several the last. Returns the last pair.
fn rests(model: &Observation, kernel: &Observation, found: &mut Vec<Mismatch>) -> Option<(usize, usize)> {
    let (ours, theirs) = (by_steps(&model.rests), by_steps(&kernel.rests));
    let mut last = None;
    for (steps, index) in &ours {
        let Some(other) = theirs.get(steps) else { continue };
        last = Some((*index, *other));
        readings(*steps, &model.rests[*index], &kernel.rests[*other], found);
    }
    if matches!((&model.end, &kernel.end), (End::Rest, End::Rest)) && !ours.keys().eq(theirs.keys()) {
        let list = |rests: &BTreeMap<u32, usize>| format!("{:?}", rests.keys().collect::<Vec<_>>());
        found.push(Mismatch::new("rests", "steps begun at rests", list(&ours), list(&theirs)));
    }
    last
}

fn by_steps(rests: &[Rest]) -> BTreeMap<u32, usize> {
    rests.iter().enumerate().map(|(index, rest)| (rest.steps_begun, index)).collect()
}

fn readings(steps: u32, model: &Rest, kernel: &Rest, found: &mut Vec<Mismatch>) {
    type Values = BTreeMap<Object, BTreeMap<Attribute, u64>>;
    let values = |readings: &[Reading]| {
        let mut values = Values::new();
        for Reading { object, attribute, value } in readings {
            values.entry(*object).or_default().insert(*attribute, *value);
        }
        values
    };
    let (ours, theirs) = (values(&model.readings), values(&kernel.readings));
    for object in union(ours.keys(), theirs.keys()) {
        let place = format!("{object}, {steps} steps begun");
        let kind = object.kind();
        match (ours.get(&object), theirs.get(&object)) {
            (Some(ours), Some(theirs)) => {
                for attribute in union(ours.keys(), theirs.keys()) {
                    let (a, b) = (ours.get(&attribute), theirs.get(&attribute));
                    if a != b {
                        let show = |value: Option<&u64>| {
                            value.map_or(NOTHING.to_owned(), |value| attribute.format().show(*value))
                        };
                        let class = format!("reading.{kind}.{}", attribute.text());
                        found.push(Mismatch::new(class, &place, show(a), show(b)));
                    }
                }
            }
            (Some(_), None) => found.push(Mismatch::new(format!("object.{kind}"), place, "exists", NOTHING)),
            _ => found.push(Mismatch::new(format!("object.{kind}"), place, NOTHING, "exists")),
        }
    }
}

/// What either has, each once, in order.
pub(super) fn union<'a, T: Ord + Copy + 'a>(
    ours: impl Iterator<Item = &'a T>,
    theirs: impl Iterator<Item = &'a T>,
) -> std::collections::BTreeSet<T> {
    ours.chain(theirs).copied().collect()
}
