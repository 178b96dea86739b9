//! The registry of fuzz targets.

use regdiff_scenario::bytes;

use crate::contract::Allow;
use crate::judge::{Options, judge};

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It must find something that is known; it is done when it has.
    Drill,
    /// It goes on and on; what it finds is new.
    Continuous,
}

/// A fuzz target.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Target {
    /// Its name, also of its folder in the corpus.
    pub name: &'static str,
    /// What it is for.
    pub kind: Kind,
    /// What it searches.
    pub searches: &'static str,
    /// What it ignores.
    pub ignores: &'static str,
    /// Which allowances count.
    pub allow: Allow,
    /// Judges one input in byte form; panics on a finding.
    #[serde(skip)]
    pub check: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "rediscovery",
        kind: Kind::Drill,
        searches: "the historical crash of Launchpad 1887124, and every other defect of the eager driver",
        ignores: "what the series changes on purpose",
        allow: Allow::Intended,
        check: rediscovery,
    },
    Target {
        name: "registration",
        kind: Kind::Continuous,
        searches: "any defect or divergence of eager and deferred registration that the contract does not know",
        ignores: "everything that the contract allows: intended, historical and open",
        allow: Allow::Open,
        check: registration,
    },
];

/// The target of a name.
pub fn by_name(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Finds the historical crash again: only what the series changes on purpose is allowed.
pub fn rediscovery(data: &[u8]) {
    check(data, Allow::Intended);
}

/// Looks for what is new: everything in the contract is allowed.
pub fn registration(data: &[u8]) {
    check(data, Allow::Open);
}

fn check(data: &[u8], allow: Allow) {
    let _ = judge(&bytes::decode(data), &Options { allow, ..Options::default() });
}
