//! Where a variant runs.

use regdiff_scenario::Scenario;

use crate::observation::Observation;

/// How much is recorded of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// Nothing but the end: the baseline of benchmarks.
    Nothing,
    /// Everything that an oracle judges.
    #[default]
    Everything,
    /// Also what no user can see: [notes](crate::Observation::notes) for a reader.
    Closely,
}

/// A place where variants run: the model, or a real kernel.
pub trait Lane {
    /// What tells two variants of this lane apart.
    type Variant;

    /// Runs a scenario and tells what could be seen. The same scenario and variant give the same observation, always.
    fn run(&self, scenario: &Scenario, variant: &Self::Variant, watch: Watch) -> Observation;
}
