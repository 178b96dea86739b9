//! Scenario to bytes.

use super::{VERSION, tag};
use crate::Scenario;
use crate::scalar::Record;

/// The byte form of `scenario`.
///
/// Of a scenario that is not canonical, the bytes decode to what [`crate::repair`] makes of it.
pub fn encode(scenario: &Scenario) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    put(&mut bytes, &scenario.module);
    put(&mut bytes, &scenario.kernel);
    for device in &scenario.devices {
        put_tagged(&mut bytes, tag::DEVICE, device);
        for port in &device.ports {
            put_tagged(&mut bytes, tag::PORT, port);
            for lun in &port.luns {
                put_tagged(&mut bytes, tag::LUN, lun);
            }
        }
    }
    for answer in &scenario.firmware {
        put_tagged(&mut bytes, tag::ANSWER, answer);
        for content in &answer.contents {
            put_tagged(&mut bytes, tag::CONTENT, content);
        }
    }
    for step in &scenario.steps {
        put_tagged(&mut bytes, tag::STEP, step);
        put(&mut bytes, &step.moment);
    }
    for choice in &scenario.schedule {
        put_tagged(&mut bytes, tag::CHOICE, choice);
    }
    bytes
}

fn put_tagged<R: Record>(bytes: &mut Vec<u8>, tag: u8, record: &R) {
    bytes.push(tag);
    put(bytes, record);
}

fn put<R: Record>(bytes: &mut Vec<u8>, record: &R) {
    for field in R::FIELDS {
        let raw = ((field.get)(record) ^ (field.default)()).to_be_bytes();
        bytes.extend_from_slice(&raw[raw.len() - usize::from(field.width)..]);
    }
}
