//! Makes any scenario valid and canonical.
//!
//! The byte decoder, the generator and the mutator may build whatever they like; this step is the only place that knows
//! what a valid scenario is. Two scenarios that mean the same have one canonical form wherever that can be told from the
//! scenario alone: what nothing reads holds its default.
//!
//! Rules, in this order:
//!
//! 1. Lists are cut to [`crate::limits`]; every field is clamped to its domain.
//! 2. Contents of an answer are sorted by field; of two for one field the last wins.
//! 3. A device index beyond the last device becomes the last device. Without any device, answers, choices and the steps
//!    that take a device go away; steps that take none (`set_parameter`) stay.
//! 4. A port or LUN index beyond the last becomes the last. Where there is none at all it becomes 0: a step may name the
//!    first port of a device without ports, which is how "there is no such port" is said.
//! 5. Operands that a step's trigger does not take are 0; fields that its kind of moment does not use hold their defaults.

use crate::device::Device;
use crate::firmware::Answer;
use crate::limits;
use crate::module::Module;
use crate::scalar::{Record, Selector};
use crate::step::{Moment, Slot, Step, When};
use crate::{Scenario, scalar::Scalar};

/// Makes `scenario` canonical. Doing it twice is the same as doing it once.
pub fn repair(scenario: &mut Scenario) {
    let Scenario { module, kernel, devices, firmware, steps, schedule } = scenario;
    clamp(kernel);
    devices.truncate(limits::MAX_DEVICES);
    devices.iter_mut().for_each(repair_device);
    repair_module(module, devices);
    if devices.is_empty() {
        firmware.clear();
        schedule.clear();
        steps.retain(|step| !takes_device(step));
    }
    firmware.truncate(limits::MAX_ANSWERS);
    firmware.iter_mut().for_each(|answer| repair_answer(answer, devices));
    steps.truncate(limits::MAX_STEPS);
    steps.iter_mut().for_each(|step| repair_step(step, devices));
    schedule.truncate(limits::MAX_CHOICES);
    for choice in schedule {
        clamp(choice);
        choice.device = existing(choice.device, devices.len());
    }
}

impl Scenario {
    /// Whether [`repair`] would change nothing.
    pub fn is_canonical(&self) -> bool {
        let mut repaired = self.clone();
        repair(&mut repaired);
        repaired == *self
    }

    /// How many LUNs a port has; 0 if there is no such port.
    pub fn lun_count(&self, device: usize, port: usize) -> usize {
        lun_count(&self.devices, device, port)
    }

    /// How many ports a device has; 0 if there is no such device.
    pub fn port_count(&self, device: usize) -> usize {
        self.devices.get(device).map_or(0, |device| device.ports.len())
    }
}

/// Whether a step's trigger names a device.
pub(crate) fn takes_device(step: &Step) -> bool {
    step.trigger.operands().iter().any(|operand| operand.slot == Slot::Device)
}

/// The largest number of LUNs that a port selector can mean.
pub(crate) fn selectable_luns(device: &Device, port: Selector) -> usize {
    let ports = device.ports.iter().enumerate().filter(|(index, _)| port.selects(*index));
    ports.map(|(_, port)| port.luns.len()).max().unwrap_or(0)
}

fn clamp<R: Record>(record: &mut R) {
    for field in R::FIELDS {
        let raw = (field.get)(record);
        if !field.domain.contains(raw) {
            (field.set)(record, field.domain.clamp(raw, (field.default)()));
        }
    }
}

fn existing(index: u8, count: usize) -> u8 {
    index.min(count.saturating_sub(1) as u8)
}

fn existing_selector(selector: Selector, count: usize) -> Selector {
    Selector(selector.0.map(|index| existing(index, count)))
}

fn lun_count(devices: &[Device], device: usize, port: usize) -> usize {
    devices.get(device).and_then(|device| device.ports.get(port)).map_or(0, |port| port.luns.len())
}

fn repair_device(device: &mut Device) {
    clamp(device);
    device.ports.truncate(limits::MAX_PORTS);
    for port in &mut device.ports {
        clamp(port);
        port.luns.truncate(limits::MAX_LUNS);
        port.luns.iter_mut().for_each(clamp);
    }
}

fn repair_module(module: &mut Module, devices: &[Device]) {
    clamp(module);
    module.init_device_index = existing(module.init_device_index, devices.len());
    let device = usize::from(module.init_device_index);
    module.init_port_index = existing(module.init_port_index, devices.get(device).map_or(0, |d| d.ports.len()));
    module.init_lun_index =
        existing(module.init_lun_index, lun_count(devices, device, usize::from(module.init_port_index)));
}

fn repair_answer(answer: &mut Answer, devices: &[Device]) {
    clamp(answer);
    answer.device = existing(answer.device, devices.len());
    let device = &devices[usize::from(answer.device)];
    answer.port = existing_selector(answer.port, device.ports.len());
    answer.lun = existing_selector(answer.lun, selectable_luns(device, answer.port));
    // Newest first, then a stable sort: the first of each field is the last that was written.
    answer.contents.reverse();
    answer.contents.sort_by_key(|content| content.field.to_raw());
    answer.contents.dedup_by_key(|content| content.field);
    answer.contents.truncate(limits::MAX_CONTENTS);
}

fn repair_step(step: &mut Step, devices: &[Device]) {
    let operands = step.trigger.operands();
    for slot in [Slot::Device, Slot::Port, Slot::Lun, Slot::A, Slot::B] {
        let raw = step.operand(slot);
        let valid =
            operands.iter().find(|o| o.slot == slot).map_or(0, |operand| operand.domain.clamp(raw, operand.default));
        step.set_operand(slot, valid);
    }
    step.device = existing(step.device, devices.len());
    let device = usize::from(step.device);
    step.port = existing(step.port, devices.get(device).map_or(0, |d| d.ports.len()));
    step.lun = existing(step.lun, lun_count(devices, device, usize::from(step.port)));
    repair_moment(&mut step.moment, devices);
}

fn repair_moment(moment: &mut Moment, devices: &[Device]) {
    clamp(moment);
    let plain = Moment { when: moment.when, ..Moment::default() };
    let device = existing(moment.device, devices.len());
    *moment = match moment.when {
        When::After => Moment { ms: moment.ms, ..plain },
        // The other kinds wait for something that a device does.
        _ if devices.is_empty() => Moment::default(),
        When::AtRest => plain,
        When::Outstanding => Moment { device, command: moment.command, nth: moment.nth, ..plain },
        When::AtPoint => Moment { device, point: moment.point, nth: moment.nth, ..plain },
    };
}
