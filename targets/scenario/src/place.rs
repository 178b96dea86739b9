//! Every scalar of a scenario by name: what the mutator changes and the minimiser resets.
//!
//! A [`Place`] names a record, and [`Scenario::fields`] lists its fields with the same [`Domain`]s as every other form. A
//! step's fields are the operands of its trigger; a moment's are those that its kind uses.

use std::fmt;

use crate::Scenario;
use crate::scalar::{Domain, Record};
use crate::step::{Moment, Step, When};

/// One record of a scenario. Indices count from 0; a nested index belongs to the record before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The module parameters.
    Module,
    /// The kernel's profile.
    Kernel,
    /// A device.
    Device(usize),
    /// A port of a device.
    Port(usize, usize),
    /// A LUN of a port of a device.
    Lun(usize, usize, usize),
    /// An answer.
    Answer(usize),
    /// A content of an answer, in the order of the canonical form.
    Content(usize, usize),
    /// A step.
    Step(usize),
    /// The moment of a step.
    Moment(usize),
    /// A choice.
    Choice(usize),
}

impl fmt::Display for Place {
    /// As messages about texts say it: answers, steps and choices count from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Place::Module => write!(f, "module"),
            Place::Kernel => write!(f, "kernel"),
            Place::Device(device) => write!(f, "device {device}"),
            Place::Port(device, port) => write!(f, "device {device}, port {port}"),
            Place::Lun(device, port, lun) => write!(f, "device {device}, port {port}, LUN {lun}"),
            Place::Answer(answer) => write!(f, "answer {}", answer + 1),
            Place::Content(answer, content) => write!(f, "answer {}, content {}", answer + 1, content + 1),
            Place::Step(step) => write!(f, "step {}", step + 1),
            Place::Moment(step) => write!(f, "step {}, when", step + 1),
            Place::Choice(choice) => write!(f, "choice {}", choice + 1),
        }
    }
}

/// A scalar of a scenario, as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// Its name in the text form.
    pub name: &'static str,
    /// The values it can hold.
    pub domain: Domain,
    /// The value of a record that does not mention it.
    pub default: u64,
    /// Its value now.
    pub value: u64,
    /// Whether it says what the record is about, such as an answer's command: another value makes it another record.
    pub key: bool,
}

impl Scenario {
    /// Every record, devices first.
    pub fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::Module, Place::Kernel];
        for (i, device) in self.devices.iter().enumerate() {
            places.push(Place::Device(i));
            for (j, port) in device.ports.iter().enumerate() {
                places.push(Place::Port(i, j));
                places.extend((0..port.luns.len()).map(|k| Place::Lun(i, j, k)));
            }
        }
        for (i, answer) in self.firmware.iter().enumerate() {
            places.push(Place::Answer(i));
            places.extend((0..answer.contents.len()).map(|j| Place::Content(i, j)));
        }
        places.extend((0..self.steps.len()).flat_map(|i| [Place::Step(i), Place::Moment(i)]));
        places.extend((0..self.schedule.len()).map(Place::Choice));
        places
    }

    /// The fields of a record that mean something there; none if there is no such record.
    pub fn fields(&self, place: Place) -> Vec<FieldView> {
        match place {
            Place::Module => views(Some(&self.module), &[]),
            Place::Kernel => views(Some(&self.kernel), &[]),
            Place::Device(i) => views(self.devices.get(i), &[]),
            Place::Port(i, j) => views(self.devices.get(i).and_then(|device| device.ports.get(j)), &[]),
            Place::Lun(i, j, k) => {
                let port = self.devices.get(i).and_then(|device| device.ports.get(j));
                views(port.and_then(|port| port.luns.get(k)), &[])
            }
            Place::Answer(i) => views(self.firmware.get(i), &["command"]),
            Place::Content(i, j) => views(self.firmware.get(i).and_then(|answer| answer.contents.get(j)), &["field"]),
            Place::Step(i) => self.steps.get(i).map_or(Vec::new(), operands),
            Place::Moment(i) => {
                let moment = self.steps.get(i).map(|step| &step.moment);
                let used = moment.map_or(&[][..], |moment| used_fields(moment));
                let mut fields = views(moment, &["when", "command", "point"]);
                fields.retain(|field| used.contains(&field.name));
                fields
            }
            Place::Choice(i) => views(self.schedule.get(i), &["context", "point"]),
        }
    }

    /// Sets a field to a value of its domain. Nothing happens if there is no such field. Repair the scenario afterwards.
    pub fn set_field(&mut self, place: Place, name: &str, raw: u64) {
        match place {
            Place::Module => set(Some(&mut self.module), name, raw),
            Place::Kernel => set(Some(&mut self.kernel), name, raw),
            Place::Device(i) => set(self.devices.get_mut(i), name, raw),
            Place::Port(i, j) => set(self.devices.get_mut(i).and_then(|device| device.ports.get_mut(j)), name, raw),
            Place::Lun(i, j, k) => {
                let port = self.devices.get_mut(i).and_then(|device| device.ports.get_mut(j));
                set(port.and_then(|port| port.luns.get_mut(k)), name, raw);
            }
            Place::Answer(i) => set(self.firmware.get_mut(i), name, raw),
            Place::Content(i, j) => {
                set(self.firmware.get_mut(i).and_then(|answer| answer.contents.get_mut(j)), name, raw);
            }
            Place::Step(i) => {
                let Some(step) = self.steps.get_mut(i) else { return };
                if let Some(operand) = step.trigger.operands().iter().find(|operand| operand.name == name) {
                    step.set_operand(operand.slot, raw);
                }
            }
            Place::Moment(i) => set(self.steps.get_mut(i).map(|step| &mut step.moment), name, raw),
            Place::Choice(i) => set(self.schedule.get_mut(i), name, raw),
        }
    }
}

fn views<R: Record>(record: Option<&R>, keys: &[&str]) -> Vec<FieldView> {
    let Some(record) = record else { return Vec::new() };
    let fields = R::FIELDS.iter().map(|field| FieldView {
        name: field.name,
        domain: field.domain,
        default: (field.default)(),
        value: (field.get)(record),
        key: keys.contains(&field.name),
    });
    fields.collect()
}

fn operands(step: &Step) -> Vec<FieldView> {
    let operands = step.trigger.operands().iter().map(|operand| FieldView {
        name: operand.name,
        domain: operand.domain,
        default: operand.default,
        value: step.operand(operand.slot),
        key: false,
    });
    operands.collect()
}

fn used_fields(moment: &Moment) -> &'static [&'static str] {
    match moment.when {
        When::AtRest => &[],
        When::Outstanding => &["device", "command", "nth"],
        When::AtPoint => &["device", "point", "nth"],
        When::After => &["ms"],
    }
}

fn set<R: Record>(record: Option<&mut R>, name: &str, raw: u64) {
    if let (Some(record), Some(field)) = (record, R::FIELDS.iter().find(|field| field.name == name)) {
        (field.set)(record, raw);
    }
}
