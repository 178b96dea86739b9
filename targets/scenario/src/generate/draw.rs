//! Draws from entropy that never fail: without entropy, the first or plainest choice.

use arbitrary::Unstructured;

use crate::scalar::{Domain, Field, Record};

/// A source of choices.
pub(crate) struct Draw<'a, 'b> {
    entropy: &'a mut Unstructured<'b>,
}

impl<'a, 'b> Draw<'a, 'b> {
    pub(crate) fn new(entropy: &'a mut Unstructured<'b>) -> Self {
        Self { entropy }
    }

    /// A number from `min` to `max`, both included.
    pub(crate) fn between(&mut self, min: u64, max: u64) -> u64 {
        self.entropy.int_in_range(min..=max).unwrap_or(min)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.entropy.int_in_range(0..=bound.saturating_sub(1)).unwrap_or(0)
    }

    /// True in `percent` of all cases, and never without entropy.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) + percent >= 100
    }

    /// One of `items`, which are not empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// One of `items`, each as often as its weight says; they are not empty.
    pub(crate) fn weighted<T: Copy>(&mut self, items: &[(T, u32)]) -> T {
        let sum: u32 = items.iter().map(|item| item.1).sum();
        let mut ticket = self.below(sum as usize) as u32;
        for (item, weight) in items {
            if ticket < *weight {
                return *item;
            }
            ticket -= weight;
        }
        items[0].0
    }

    /// A value of a domain, with a liking for boundaries.
    pub(crate) fn value(&mut self, domain: &Domain, default: u64) -> u64 {
        match domain {
            Domain::Flag => self.below(2) as u64,
            Domain::Optional { max } => self.between(0, *max + 1),
            Domain::Names(names) => names[self.below(names.len())].value,
            Domain::Flags(names) => {
                let all = names.iter().fold(0, |bits, name| bits | name.value);
                match self.below(4) {
                    0 => default ^ names[self.below(names.len())].value,
                    1 => all,
                    2 => 0,
                    _ => self.between(0, all) & all,
                }
            }
            Domain::Range { min, max, .. } => {
                let raw = match self.below(8) {
                    0 => default,
                    1 => *min,
                    2 => *max,
                    3 => min.saturating_add(1),
                    4 => max.saturating_sub(1),
                    5 | 6 => 1 << self.below(64 - max.leading_zeros() as usize),
                    _ => self.between(*min, *max),
                };
                raw.clamp(*min, *max)
            }
        }
    }

    /// Gives the named fields of `record` new values, each in `percent` of all cases.
    pub(crate) fn disturb<R: Record>(&mut self, record: &mut R, fields: &[&str], percent: usize) {
        for Field { name, domain, default, set, .. } in R::FIELDS {
            if fields.contains(name) && self.chance(percent) {
                set(record, self.value(domain, default()));
            }
        }
    }
}
