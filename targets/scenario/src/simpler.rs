//! Which of two scenarios with as many parts a reader finds simpler: the minimiser's way to break ties.
//!
//! A value is simpler the nearer it is to its default: one port scan delayed by 1 ms reads better than one delayed by 3,271,804 ms.
//! Of names, the one that stands nearer to the default in its list counts as nearer.

use crate::place::{FieldView, Place};
use crate::scalar::Domain;
use crate::{Scenario, repair};

/// A value that is not at its default and could be nearer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// The record.
    pub place: Place,
    /// The field's name in the text form.
    pub name: &'static str,
    /// How far it is from its default, in steps of its domain; 1 at least.
    pub distance: u64,
    domain: Domain,
    value: u64,
    default: u64,
}

/// How far all values are from their defaults, in steps of their domains. Flags count nothing here: each is a part.
pub fn distance(scenario: &Scenario) -> u128 {
    values(scenario).iter().map(|value| u128::from(value.distance)).sum()
}

/// The values that could be nearer, in the order of the records.
pub fn values(scenario: &Scenario) -> Vec<Value> {
    let places = scenario.places();
    places
        .into_iter()
        .flat_map(|place| scenario.fields(place).into_iter().filter_map(move |f| value(place, f)))
        .collect()
}

fn value(place: Place, field: FieldView) -> Option<Value> {
    let FieldView { name, domain, default, value, key } = field;
    let distance = match domain {
        Domain::Range { .. } | Domain::Optional { .. } => value.abs_diff(default),
        Domain::Names(names) => {
            let index = |raw| names.iter().position(|name| name.value == raw).unwrap_or(0) as u64;
            index(value).abs_diff(index(default))
        }
        Domain::Flag | Domain::Flags(_) => 0,
    };
    (!key && distance > 0).then_some(Value { place, name, distance, domain, value, default })
}

impl Value {
    /// The scenario with this value `distance` steps from its default; `None` if that changes nothing.
    pub fn at(&self, scenario: &Scenario, distance: u64) -> Option<Scenario> {
        let towards = |from: u64, to: u64| if to > from { from + distance } else { from - distance };
        let raw = match self.domain {
            Domain::Range { .. } | Domain::Optional { .. } => towards(self.default, self.value),
            Domain::Names(names) => {
                let index = |raw| names.iter().position(|name| name.value == raw).unwrap_or(0) as u64;
                names.get(towards(index(self.default), index(self.value)) as usize)?.value
            }
            Domain::Flag | Domain::Flags(_) => return None,
        };
        let mut changed = scenario.clone();
        changed.set_field(self.place, self.name, raw);
        repair(&mut changed);
        (changed != *scenario).then_some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Device, Step, Trigger};

    #[test]
    fn a_plain_machine_is_as_simple_as_can_be() {
        let plain = Scenario {
            devices: vec![Device::default()],
            steps: vec![Step::new(Trigger::SetOnline)],
            ..Scenario::default()
        };
        assert_eq!((values(&plain), distance(&plain)), (vec![], 0));
    }

    #[test]
    fn numbers_and_names_come_nearer() {
        let mut scenario = Scenario::default();
        scenario.module.queue_depth = 1000;
        scenario.kernel.midlayer = crate::Midlayer::V6_12;
        assert_eq!(distance(&scenario), 968 + 2);
        let all = values(&scenario);
        assert_eq!(all.iter().map(|value| value.name).collect::<Vec<_>>(), ["queue_depth", "midlayer"]);
        assert_eq!(all[0].at(&scenario, 1).map(|s| s.module.queue_depth), Some(33));
        assert_eq!(all[1].at(&scenario, 1).map(|s| s.kernel.midlayer), Some(crate::Midlayer::V6_1));
        scenario.module.queue_depth = 1;
        assert_eq!(values(&scenario)[0].at(&scenario, 2).map(|s| s.module.queue_depth), Some(30));
    }

    #[test]
    fn every_value_that_is_listed_can_come_nearer() {
        for seed in 0..300 {
            let scenario = Scenario::generate(seed);
            for value in values(&scenario) {
                let half = value.at(&scenario, value.distance / 2).expect("another value");
                assert!(half.is_canonical(), "seed {seed}, {} {}", value.place, value.name);
            }
        }
    }
}
