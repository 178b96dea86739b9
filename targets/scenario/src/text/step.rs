//! One step: its trigger, the trigger's operands, and its moment.

use super::error::{TextError, TextErrorKind};
use super::section::{Entry, Read, Section};
use super::{moment, names};
use crate::Scenario;
use crate::scalar::{Domain, Scalar};
use crate::step::{Slot, Step, Trigger};

/// Reads a step of `scenario`, whose devices are known already.
pub(super) fn read(section: &Section<'_>, scenario: &Scenario) -> Read<Step> {
    let Some(entry) = section.get("do") else {
        let cure = "write `do = \"set_online\"`, or another trigger";
        let problem = "the step does not say what to do";
        return Err(section.source.error(TextErrorKind::MissingKey, &section.span, &section.place, problem, cure));
    };
    let trigger = Trigger::from_raw(section.value(entry, &Domain::Names(Trigger::NAMES))?);
    let mut step = Step::new(trigger);
    for entry in &section.entries {
        match trigger.operands().iter().find(|operand| operand.name == entry.key) {
            Some(operand) => step.set_operand(operand.slot, section.value(entry, &operand.domain)?),
            None if entry.key == "do" => {}
            None if entry.key == "when" => step.moment = moment::read(section, entry, scenario)?,
            None => return Err(not_an_operand(section, entry, trigger)),
        }
    }
    check_indices(section, &step, scenario)?;
    Ok(step)
}

/// A port or LUN may be missing altogether, since a trigger can be about what is not there; a device may not.
fn check_indices(section: &Section<'_>, step: &Step, scenario: &Scenario) -> Read<()> {
    let (device, port) = (usize::from(step.device), usize::from(step.port));
    for operand in step.trigger.operands() {
        match operand.slot {
            Slot::Device => section.check_index("device", step.device, scenario.devices.len(), "device", false)?,
            Slot::Port => {
                section.check_index("port", step.port, scenario.port_count(device), "device.port", true)?;
            }
            Slot::Lun => {
                section.check_index("lun", step.lun, scenario.lun_count(device, port), "device.port.lun", true)?;
            }
            Slot::A | Slot::B => {}
        }
    }
    Ok(())
}

fn not_an_operand(section: &Section<'_>, entry: &Entry<'_>, trigger: Trigger) -> Box<TextError> {
    let taken: Vec<&str> = trigger.operands().iter().map(|operand| operand.name).collect();
    let foreign = Trigger::ALL.iter().any(|other| other.operands().iter().any(|operand| operand.name == entry.key));
    if foreign {
        let problem = format!("\"{}\" does not take \"{}\"", trigger.text(), entry.key);
        let cure = format!("remove it: \"{}\" takes {}", trigger.text(), names::list(&taken));
        return section.key_error(TextErrorKind::ForeignOperand, entry, problem, cure);
    }
    let known: Vec<&str> = taken.into_iter().chain(["do", "when"]).collect();
    section.unknown_key(entry, &known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_are_told_apart_by_name_and_slot() {
        for trigger in Trigger::ALL {
            let operands = trigger.operands();
            for (index, operand) in operands.iter().enumerate() {
                let name = operand.name;
                assert!(!["do", "when"].contains(&name), "{}: {name} is a key of every step", trigger.text());
                assert!(operand.domain.contains(operand.default), "{}: default of {name}", trigger.text());
                let same = |other: &&crate::Operand| other.name == name || other.slot == operand.slot;
                assert_eq!(operands.iter().filter(same).count(), 1, "{}, operand {index}", trigger.text());
            }
        }
    }
}
