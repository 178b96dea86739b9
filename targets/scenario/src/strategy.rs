//! proptest strategies for scenarios and their records, built from the same field lists as every other form.
//!
//! They draw less cleverly than the generator ([`crate::generate`]) but shrink by structure: fewer records, then defaults,
//! then smaller numbers. Every scenario is canonical.

use std::fmt::Debug;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::firmware::{Answer, Content};
use crate::scalar::{Domain, Record};
use crate::step::{Moment, Operand, Step, Trigger};
use crate::{Choice, Device, Kernel, Lun, Module, Port, Scenario};

/// Canonical scenarios: small machines, all triggers, all moments.
pub fn scenario() -> impl Strategy<Value = Scenario> {
    let lists = (vec(device(), 0..3), vec(answer(), 0..5), vec(step(), 0..9), vec(record::<Choice>(), 0..4));
    (record::<Module>(), record::<Kernel>(), lists).prop_map(|(module, kernel, lists)| {
        let (devices, firmware, steps, schedule) = lists;
        let mut scenario = Scenario { module, kernel, devices, firmware, steps, schedule };
        crate::repair(&mut scenario);
        scenario
    })
}

/// Devices with up to three ports of up to three LUNs.
pub fn device() -> impl Strategy<Value = Device> {
    let port = (record::<Port>(), vec(record::<Lun>(), 0..4)).prop_map(|(port, luns)| Port { luns, ..port });
    (record::<Device>(), vec(port, 0..4)).prop_map(|(device, ports)| Device { ports, ..device })
}

/// Answers; their indices may name what a scenario does not have until it is repaired.
pub fn answer() -> impl Strategy<Value = Answer> {
    (record::<Answer>(), vec(record::<Content>(), 0..4)).prop_map(|(answer, contents)| Answer { contents, ..answer })
}

/// Steps; their indices may name what a scenario does not have until it is repaired.
pub fn step() -> impl Strategy<Value = Step> {
    let moment = prop_oneof![3 => Just(Moment::default()), 2 => record::<Moment>()];
    (select(Trigger::ALL), moment).prop_flat_map(|(trigger, moment)| {
        let operands = trigger.operands();
        let values: Vec<_> = operands.iter().map(|Operand { domain, default, .. }| value(*domain, *default)).collect();
        values.prop_map(move |values| {
            let mut step = Step { moment: moment.clone(), ..Step::new(trigger) };
            for (operand, raw) in operands.iter().zip(values) {
                step.set_operand(operand.slot, raw);
            }
            step
        })
    })
}

/// Records of any kind, field by field; parts that are not scalar are empty.
pub fn record<R: Record + Debug>() -> impl Strategy<Value = R> {
    let values: Vec<_> = R::FIELDS.iter().map(|field| value(field.domain, (field.default)())).collect();
    values.prop_map(|values| {
        let mut record = R::default();
        for (field, raw) in R::FIELDS.iter().zip(values) {
            (field.set)(&mut record, raw);
        }
        record
    })
}

/// Raw values of a domain: the default mostly, which is also what they shrink to.
pub fn value(domain: Domain, default: u64) -> BoxedStrategy<u64> {
    let other = match domain {
        Domain::Flag => (0..=1u64).boxed(),
        Domain::Optional { max } => (0..=max + 1).boxed(),
        Domain::Names(names) => select(names).prop_map(|name| name.value).boxed(),
        Domain::Flags(names) => any::<u64>().prop_map(move |raw| Domain::Flags(names).clamp(raw, 0)).boxed(),
        Domain::Range { min, max, .. } => prop_oneof![min..=max, Just(min), Just(max)].boxed(),
    };
    prop_oneof![2 => Just(default), 1 => other].boxed()
}
