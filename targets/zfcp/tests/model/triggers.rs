//! Every trigger of the language, at rest on a healthy adapter: it has a result, and never an accident of ours.

use regdiff_observation::{End, StepOutcome, TrapKind};
use regdiff_scenario::{Step, Trigger, text};
use regdiff_zfcp::Fences;

use crate::rig::{of, online};

#[test]
fn every_trigger_has_a_result() {
    for &trigger in Trigger::ALL {
        let mut scenario = text::parse(&online("", "")).unwrap();
        scenario.steps.push(Step::new(trigger));
        for fences in [Fences::EAGER, Fences::DEFERRED] {
            let run = of(&scenario, fences);
            match &run.0.end {
                End::Rest => {
                    assert!(matches!(run.outcome(1), StepOutcome::Done(_)), "{trigger:?}: {:?}", run.outcome(1));
                }
                End::Unmodelled(what) => panic!("{trigger:?}: {what}"),
                End::Trap(trap) => {
                    assert_eq!((trigger, trap.kind), (Trigger::UnknownRequestId, TrapKind::Panic));
                }
                End::Limit(limit) => panic!("{trigger:?}: {limit:?}"),
            }
        }
    }
}

#[test]
fn every_trigger_that_needs_an_adapter_says_so_without_one() {
    for &trigger in Trigger::ALL {
        let mut scenario = text::parse(&online("", "")).unwrap();
        scenario.steps = vec![Step::new(trigger)];
        for fences in [Fences::EAGER, Fences::DEFERRED] {
            assert_eq!(of(&scenario, fences).rested().0.steps.len(), 1, "{trigger:?}");
        }
    }
}
