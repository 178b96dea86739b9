//! Differences of what can be read at a rest.

use regdiff_observation::{Object, Reading};

use super::Difference;
use crate::pair::{Pair, Side};

/// Compares two sorted lists of readings. An object that one side lacks is one difference, whatever attributes it has.
pub(super) fn compare(readings: Pair<&[Reading]>, mut found: impl FnMut(Difference)) {
    let Pair { mut eager, mut deferred } = readings;
    if eager == deferred {
        return;
    }
    while let Some(object) = first(eager, deferred) {
        let ours = take(&mut eager, object);
        let theirs = take(&mut deferred, object);
        match (ours.is_empty(), theirs.is_empty()) {
            (false, false) => attributes(object, ours, theirs, &mut found),
            (empty, _) => {
                found(Difference::Object { object, present: if empty { Side::Deferred } else { Side::Eager } });
            }
        }
    }
}

/// The smallest object that is still to be compared.
fn first(eager: &[Reading], deferred: &[Reading]) -> Option<Object> {
    let (eager, deferred) = (eager.first(), deferred.first());
    eager.into_iter().chain(deferred).map(|reading| reading.object).min()
}

/// Splits off the readings of an object.
fn take<'a>(readings: &mut &'a [Reading], object: Object) -> &'a [Reading] {
    let count = readings.iter().take_while(|reading| reading.object == object).count();
    let (taken, rest) = readings.split_at(count);
    *readings = rest;
    taken
}

fn attributes(object: Object, eager: &[Reading], deferred: &[Reading], found: &mut impl FnMut(Difference)) {
    let (mut e, mut d) = (0, 0);
    loop {
        let (ours, theirs) = (eager.get(e), deferred.get(d));
        let lone = |reading: &Reading, present| Difference::Attribute {
            object,
            attribute: reading.attribute,
            present,
            value: reading.value,
        };
        match (ours, theirs) {
            (None, None) => return,
            (Some(a), Some(b)) if a.attribute == b.attribute => {
                if a.value != b.value {
                    let values = Pair { eager: a.value, deferred: b.value };
                    found(Difference::Value { object, attribute: a.attribute, values });
                }
                (e, d) = (e + 1, d + 1);
            }
            (Some(a), theirs) if theirs.is_none_or(|b| a.attribute < b.attribute) => {
                found(lone(a, Side::Eager));
                e += 1;
            }
            (_, Some(b)) => {
                found(lone(b, Side::Deferred));
                d += 1;
            }
            (Some(_), None) => unreachable!("the arm before takes it"),
        }
    }
}
