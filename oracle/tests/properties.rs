//! What holds for every scenario of a kind, by proptest: laws of the model that no oracle asks for.
//!
//! Scenarios here are quiet: steps at rest, no schedule, and no failure that anybody injects. What they do in between, users do.

use std::path::Path;

use proptest::prelude::*;
use regdiff_observation::{
    Attribute, End, Event, Lane, Object, Observation, Reading, SentCommand, Stamped, TrapKind, Watch,
};
use regdiff_oracle::{Allow, Fence, Fences, Kind, Model, Options, Variant, judge};
use regdiff_scenario::module::InitDevice;
use regdiff_scenario::{Actor, Moment, Scenario, Slot, Step, Trigger, property, repair, strategy};

/// What breaks a property is kept here.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// Fields of which a trap at protection memory tells.
const PROTECTION: &[&str] = &["prot_sdb", "sg_prot_tablesize"];

/// ZFCP_STATUS_COMMON_OPEN in an adapter's `status` (driver.md 2).
const COMMON_OPEN: u64 = 0x0400_0000;

/// Both registrations.
const BOTH: [Variant; 2] = [Variant::EAGER, Variant::DEFERRED];

fn hold(name: &str, scenarios: impl Strategy<Value = Scenario>, law: impl Fn(&Scenario) -> Result<(), String>) {
    property::hold(name, &Path::new(KEPT).join("properties"), scenarios, law);
}

/// Steps at rest of which nobody is told otherwise, firmware that answers as its hardware is, the plain schedule.
fn quiet() -> impl Strategy<Value = Scenario> {
    strategy::scenario().prop_map(|mut scenario| {
        scenario.firmware.clear();
        scenario.schedule.clear();
        scenario.steps.retain(|step| step.trigger.actor() == Actor::User);
        for step in &mut scenario.steps {
            step.moment = Moment::default();
        }
        repair(&mut scenario);
        scenario
    })
}

/// The same without protection information on the way; no user can switch that on later.
fn unprotected(mut scenario: Scenario) -> Scenario {
    (scenario.module.dif, scenario.module.dix) = (false, false);
    scenario
}

fn run(scenario: &Scenario, variant: Variant) -> Observation {
    Model.run(scenario, &variant, Watch::Everything)
}

/// What a user sees at the end, but for numbers that are given in the order of use, and counters.
fn seen(observation: &Observation) -> Vec<Reading> {
    let passing = |attribute| {
        matches!(attribute, Attribute::HostNo | Attribute::RportNumber | Attribute::ScsiTargetId | Attribute::QueueFull)
    };
    let last = observation.rests.last().map(|rest| rest.readings.clone()).unwrap_or_default();
    last.into_iter().filter(|reading| !passing(reading.attribute)).collect()
}

/// The first attribute in which two lists differ.
fn first_difference(left: &[Reading], right: &[Reading]) -> Option<String> {
    let at = left.iter().zip(right).position(|(left, right)| left != right);
    let at = at.or_else(|| (left.len() != right.len()).then(|| left.len().min(right.len())))?;
    Some(format!("{:?} and {:?}", left.get(at), right.get(at)))
}

fn step(trigger: Trigger, device: usize) -> Step {
    Step { device: device as u8, ..Step::new(trigger) }
}

#[test]
fn offline_and_online_twice_is_the_same_as_once() {
    hold("offline-online-twice", quiet(), |start| {
        for variant in BOTH {
            // Deferred's first open leaves other traces than later ones where the link is down (FINDINGS.md 5): that one is over.
            let cycled = |times: usize| {
                let mut scenario = start.clone();
                let devices = 0..start.devices.len();
                scenario.steps.extend(devices.clone().map(|device| step(Trigger::SetOnline, device)));
                for device in (0..times).flat_map(|_| devices.clone()) {
                    scenario.steps.extend([step(Trigger::SetOffline, device), step(Trigger::SetOnline, device)]);
                }
                run(&scenario, variant)
            };
            let (once, twice) = (cycled(1), cycled(2));
            // An adapter that does not open leaves what its last attempt found, and the one before it.
            let closed = |reading: &Reading| {
                matches!(reading.object, Object::Adapter(_))
                    && reading.attribute == Attribute::Status
                    && reading.value & COMMON_OPEN == 0
            };
            if once.end != End::Rest || seen(&once).iter().any(closed) {
                continue;
            }
            if twice.end != End::Rest {
                return Err(format!("{:?} after twice", twice.end));
            }
            if let Some(difference) = first_difference(&seen(&once), &seen(&twice)) {
                return Err(format!("{:?}: {difference}", variant.fences));
            }
        }
        Ok(())
    });
}

/// Two devices, and for each what its users do and how its firmware answers.
fn two_machines() -> impl Strategy<Value = Scenario> {
    (strategy::scenario(), strategy::device(), strategy::device()).prop_map(|(mut scenario, first, second)| {
        scenario.devices = vec![first, second];
        scenario.schedule.clear();
        // Time is everybody's: it passes while others are busy. Neither a rate of scans nor the age of diagnostic data may matter.
        (scenario.module.port_scan_ratelimit, scenario.module.port_scan_backoff) = (0, 0);
        scenario.module.init_device = InitDevice::Absent;
        // So are parameters.
        scenario.steps.retain(|step| {
            step.trigger.operands().iter().any(|operand| operand.slot == Slot::Device)
                && step.trigger != Trigger::ReadAttribute
                && step.trigger.actor() != Actor::Injection
        });
        for step in &mut scenario.steps {
            step.moment = Moment::default();
            step.device %= 2;
        }
        for device in 0..2 {
            scenario.steps.insert(device, step(Trigger::SetOnline, device));
        }
        repair(&mut scenario);
        scenario
    })
}

/// What the firmware of a device was asked, in order.
fn commands(observation: &Observation, device: u8) -> Vec<SentCommand> {
    let sent = |stamped: &Stamped| match &stamped.event {
        Event::Command(sent) if sent.device == device => Some(*sent),
        _ => None,
    };
    observation.events.iter().filter_map(sent).collect()
}

#[test]
fn the_order_of_steps_on_different_devices_does_not_matter() {
    hold("independent-steps", two_machines(), |scenario| {
        let of = |device: u8| scenario.steps.iter().filter(move |step| step.device == device).cloned();
        let ordered = |first: u8, second: u8| {
            let steps = of(first).chain(of(second)).collect();
            Scenario { steps, ..scenario.clone() }
        };
        for variant in BOTH {
            let (left, right) = (run(&ordered(0, 1), variant), run(&ordered(1, 0), variant));
            // A trap or a limit ends a run, and with it what would have come after.
            match (left.end == End::Rest, right.end == End::Rest) {
                (true, true) => {}
                (false, false) => continue,
                _ => return Err(format!("{:?} and {:?}", left.end, right.end)),
            }
            if let Some(difference) = first_difference(&seen(&left), &seen(&right)) {
                return Err(difference);
            }
            for device in 0..2 {
                if commands(&left, device) != commands(&right, device) {
                    return Err(format!("device {device} is asked something else"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn with_dif_and_dix_off_nobody_touches_protection_memory() {
    // And no driver in between: each fence taken out alone.
    let partial = Fence::ALL.iter().map(|fence| Variant::of(Fences::DEFERRED.without(*fence)));
    let variants: Vec<Variant> = BOTH.into_iter().chain(partial).collect();
    hold("unprotected", strategy::scenario().prop_map(unprotected), |scenario| {
        for variant in variants.iter().copied() {
            let observation = run(scenario, variant);
            if let Some(violation) = observation.violations.first() {
                return Err(format!("{violation:?}"));
            }
            if let End::Trap(trap) = &observation.end
                && (PROTECTION.contains(&&*trap.field) || trap.kind == TrapKind::ForeignFree)
            {
                return Err(format!("{trap:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn when_all_goes_well_both_registrations_look_the_same() {
    // Without a link no answer is good.
    let scenarios = quiet().prop_map(|mut scenario| {
        scenario.devices.iter_mut().for_each(|device| device.link_up = true);
        unprotected(scenario)
    });
    hold("all-goes-well", scenarios, |scenario| {
        let report = judge(scenario, &Options::allowing(Allow::Intended));
        match report.findings.iter().find(|finding| finding.kind == Kind::Divergence) {
            Some(finding) => Err(finding.sentence()),
            None => Ok(()),
        }
    });
}
