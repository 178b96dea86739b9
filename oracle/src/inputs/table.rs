//! Counts of behaviours over many scenarios, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::behaviour::Behaviour;

/// How often a behaviour was seen, and where first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// In how many scenarios.
    pub scenarios: u64,
    /// The first file or seed.
    pub first: String,
}

/// What many scenarios made happen.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Scenarios counted.
    pub scenarios: u64,
    /// Every behaviour seen.
    pub seen: BTreeMap<Behaviour, Sighting>,
}

impl Table {
    /// Adds one scenario; `origin` says where it came from.
    pub fn add(&mut self, behaviours: BTreeSet<Behaviour>, origin: impl Fn() -> String) {
        self.scenarios += 1;
        for behaviour in behaviours {
            let sighting = self.seen.entry(behaviour).or_insert_with(|| Sighting { scenarios: 0, first: origin() });
            sighting.scenarios += 1;
        }
    }

    /// The cells of one table: rows in order, each with the scenarios of each column.
    pub fn cells(&self, table: &str) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
        let mut rows: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
        for (behaviour, sighting) in self.seen.iter().filter(|(behaviour, _)| behaviour.table() == table) {
            let (row, column) = behaviour.cell();
            *rows.entry(row).or_default().entry(column).or_default() += sighting.scenarios;
        }
        rows
    }
}
