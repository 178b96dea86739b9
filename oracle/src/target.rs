//! The registry of fuzz targets.

use regdiff_scenario::{Scenario, bytes, text};
use serde::Serialize;

use crate::contract::Allow;
use crate::finding::{self, Finding};
use crate::judge::{Options, judge};

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It must find something that is known; it is done when it has.
    Drill,
    /// It goes on and on; what it finds is new.
    Continuous,
}

/// A fuzz target.
#[derive(Clone, Copy, Debug, Serialize)]
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
        searches: "the crash of Launchpad 1887124: a store through a null prot_sdb in the eager driver",
        ignores: "everything else, known or new: a drill is over when the one crash is found",
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

/// Finds the historical crash again: only what the series changes on purpose is allowed, and only that crash stops it, so
/// that an engine that stops at its first finding stops at the right one.
pub fn rediscovery(data: &[u8]) {
    check(data, Allow::Intended, |finding| finding.signature.as_str() == SEED);
}

/// The signature of the seed's crash.
pub const SEED: &str = "memory/eager/null-write/scsi_queue_rq/prot_sdb";

/// Looks for what is new: everything in the contract is allowed.
pub fn registration(data: &[u8]) {
    check(data, Allow::Open, |_| true);
}

/// Decodes, judges, and panics on the first finding that is meant: at one place for each kind, so that tools that go by the
/// stack agree with signatures as far as they can.
fn check(data: &[u8], allow: Allow, meant: impl Fn(&Finding) -> bool) {
    let scenario = bytes::decode(data);
    let report = judge(&scenario, &Options::allowing(allow));
    let Some(finding) = report.findings.iter().find(|finding| meant(finding)) else { return };
    let message = message(finding, &scenario);
    match finding.kind {
        finding::Kind::Memory => memory_finding(&message),
        finding::Kind::Lifetime => lifetime_finding(&message),
        finding::Kind::Liveness => liveness_finding(&message),
        finding::Kind::Divergence => divergence_finding(&message),
    }
}

/// What a crash says: the signature first, then the sentence, then a scenario to paste into a file.
fn message(finding: &Finding, scenario: &Scenario) -> String {
    format!("{}\n{}\n\n{}", finding.signature, finding.sentence(), text::print(scenario))
}

#[inline(never)]
fn memory_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn lifetime_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn liveness_finding(message: &str) -> ! {
    panic!("{message}")
}

#[inline(never)]
fn divergence_finding(message: &str) -> ! {
    panic!("{message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for (index, target) in TARGETS.iter().enumerate() {
            assert!(TARGETS[..index].iter().all(|other| other.name != target.name));
            assert_eq!(by_name(target.name).map(|found| found.kind), Some(target.kind));
        }
        assert!(by_name("nothing").is_none());
    }

    #[test]
    fn nothing_is_no_finding() {
        TARGETS.iter().for_each(|target| (target.check)(&[]));
    }

    #[test]
    fn the_seed_is_a_finding_of_the_drill_only() {
        let seed = include_bytes!("../../corpus/registration/lp1887124.toml");
        let bytes = bytes::encode(&Scenario::load(seed).expect("the seed can be read"));
        registration(&bytes);
        let panic = std::panic::catch_unwind(|| rediscovery(&bytes)).expect_err("the drill finds it");
        let message = panic.downcast_ref::<String>().expect("a formatted message");
        assert!(
            message.starts_with("memory/eager/null-write/scsi_queue_rq/prot_sdb\neager: scsi_queue_rq stores"),
            "{message}"
        );
        let (_, text) = message.split_once("\n\n").expect("a scenario follows");
        assert_eq!(Scenario::load(text.as_bytes()), Scenario::load(seed));
    }
}
