//! Steps: a device comes online, then something happens to it.

use super::{Draw, LINK_DOWN_CODES, hardware, moments};
use crate::Scenario;
use crate::language::Language;
use crate::scalar::Scalar;
use crate::step::{Moment, Operand, Slot, Step, Trigger};

/// Steps after the devices came online.
const MOST_STEPS: u64 = 7;

/// The steps of a scenario; devices first come online, nearly always.
pub(super) fn steps(draw: &mut Draw<'_, '_>, scenario: &Scenario, language: &Language) -> Vec<Step> {
    let mut steps = Vec::new();
    if draw.chance(5) {
        // Most allocations happen once, at the first online.
        steps.push(step(draw, scenario, &[(Trigger::Fail, 1)]));
        steps[0].moment = Moment::default();
    }
    if !draw.chance(3) {
        steps.push(Step::new(Trigger::SetOnline));
    }
    for device in 1..scenario.devices.len() as u8 {
        if !draw.chance(20) {
            steps.push(Step { device, ..Step::new(Trigger::SetOnline) });
        }
    }
    let swarm = swarm(draw, language);
    let more = draw.between(0, MOST_STEPS);
    steps.extend((0..more).map(|_| step(draw, scenario, &swarm)));
    steps
}

/// One step, drawn by a table of weights.
pub(super) fn step(draw: &mut Draw<'_, '_>, scenario: &Scenario, weights: &[(Trigger, u32)]) -> Step {
    let device = draw.below(scenario.devices.len().max(1));
    let ports = scenario.port_count(device);
    let port = draw.below(ports.max(1));
    let lun = draw.below(scenario.lun_count(device, port).max(1));
    let mut trigger = draw.weighted(weights);
    // What needs a port mostly gets one, so that few steps are in vain.
    if ports == 0 && trigger.operands().iter().any(|o| o.slot == Slot::Port) && !draw.chance(10) {
        trigger = draw.pick(&[Trigger::SetOnline, Trigger::SetOffline, Trigger::AdapterFailed, Trigger::Notify]);
    }
    let mut step = Step::new(trigger);
    for operand in trigger.operands() {
        let raw = match operand.slot {
            Slot::Device => device as u64,
            Slot::Port => port as u64,
            Slot::Lun => lun as u64,
            Slot::A | Slot::B => own_operand(draw, trigger, operand),
        };
        step.set_operand(operand.slot, raw);
    }
    step.moment = moments::moment(draw, scenario);
    step
}

/// A value for an operand of the trigger's own.
fn own_operand(draw: &mut Draw<'_, '_>, trigger: Trigger, operand: &Operand) -> u64 {
    match operand.name {
        "code" => draw.pick(LINK_DOWN_CODES).into(),
        "features" => hardware::features(draw).to_raw(),
        // Only 0 is accepted.
        "value" if trigger == Trigger::AdapterFailed && !draw.chance(15) => 0,
        "nth" => draw.weighted(&[(1, 70), (2, 20), (3, 10)]),
        "lba" if !draw.chance(25) => 8 * draw.between(0, 16),
        "blocks" if !draw.chance(25) => draw.pick(&[1, 8, 16]),
        _ => draw.value(&operand.domain, operand.default),
    }
}

/// The triggers that this scenario leaves in.
fn swarm(draw: &mut Draw<'_, '_>, language: &Language) -> Vec<(Trigger, u32)> {
    let mut swarm = language.weights();
    if !language.swarms() {
        return swarm;
    }
    let left_out = draw.pick(&[0, 25, 50, 80]);
    swarm.retain(|_| !draw.chance(left_out));
    if swarm.is_empty() {
        swarm.push((Trigger::SetOffline, 1));
    }
    swarm
}
