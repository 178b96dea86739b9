//! What holds of every run, by proptest: the same again, in order, complete.

use std::path::Path;

use regdiff_observation::{End, Event, Lane, Observation, StepOutcome, Watch};
use regdiff_scenario::{Scenario, property, strategy};
use regdiff_zfcp::{Fence, Fences, Model, Variant};

fn hold(name: &str, law: impl Fn(&Scenario, Variant) -> Result<(), String>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("properties");
    // Both registrations, and one in between.
    let between = Variant::of(Fences::DEFERRED.without(Fence::NoRegisterAtEnqueue));
    property::hold(name, &folder, strategy::scenario(), |scenario| {
        [Variant::EAGER, Variant::DEFERRED, between].into_iter().try_for_each(|variant| law(scenario, variant))
    });
}

fn run(scenario: &Scenario, variant: Variant, watch: Watch) -> Observation {
    Model.run(scenario, &variant, watch)
}

#[test]
fn a_second_run_is_the_first() {
    hold("second-run", |scenario, variant| {
        let (first, second) = (run(scenario, variant, Watch::Everything), run(scenario, variant, Watch::Everything));
        if first == second { Ok(()) } else { Err(format!("{:?} and {:?}", first.end, second.end)) }
    });
}

#[test]
fn who_looks_on_changes_nothing() {
    hold("looking-on", |scenario, variant| {
        let shape = |seen: &Observation| {
            (seen.end.clone(), seen.steps.clone(), seen.turns, seen.scsi_commands, seen.hosts_added)
        };
        let all = run(scenario, variant, Watch::Everything);
        // What only a close look writes down is no part of what is seen.
        let mut closely = run(scenario, variant, Watch::Closely);
        closely.notes = Vec::new();
        if closely != all {
            return Err("a close look changes the run".to_owned());
        }
        let nothing = run(scenario, variant, Watch::Nothing);
        if shape(&nothing) != shape(&all) {
            return Err(format!("unseen {:?}, seen {:?}", shape(&nothing), shape(&all)));
        }
        Ok(())
    });
}

#[test]
fn an_observation_is_in_order_and_complete() {
    hold("in-order", |scenario, variant| {
        let seen = run(scenario, variant, Watch::Everything);
        let said = |what: &str| Err(format!("{what}: {:?}", seen.end));
        if seen.steps.len() != scenario.steps.len() || seen.begun.len() != scenario.steps.len() {
            return said("an outcome for every step");
        }
        if seen.steps.iter().zip(&seen.begun).any(|(step, begun)| (*step == StepOutcome::Missed) != begun.is_none()) {
            return said("what began was not missed");
        }
        if !seen.events.is_sorted_by_key(|stamped| stamped.time_us) || !seen.rests.is_sorted_by_key(|rest| rest.time_us)
        {
            return said("time runs forward");
        }
        if !seen.rests.is_sorted_by_key(|rest| rest.events_end)
            || seen.rests.last().is_some_and(|rest| rest.events_end > seen.events.len())
        {
            return said("rests lie between events");
        }
        for rest in &seen.rests {
            if !rest
                .readings
                .is_sorted_by(|left, right| (left.object, left.attribute) < (right.object, right.attribute))
            {
                return said("every attribute once, in order");
            }
            if rest.readings.iter().any(|reading| usize::from(reading.object.device()) >= scenario.devices.len()) {
                return said("an object of a device that is there");
            }
        }
        let unknown = |stamped: &&regdiff_observation::Stamped| match &stamped.event {
            Event::Command(sent) => usize::from(sent.device) >= scenario.devices.len(),
            _ => false,
        };
        if seen.events.iter().any(|stamped| unknown(&stamped)) {
            return said("a command of a device that is there");
        }
        if matches!(seen.end, End::Rest) && seen.rests.is_empty() {
            return said("a look at the end");
        }
        Ok(())
    });
}
