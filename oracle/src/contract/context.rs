//! What a predicate may ask about the pair.

use regdiff_observation::Observation;
use regdiff_scenario::Scenario;

use crate::pair::Pair;

/// The pair of runs that a finding comes from.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What was run.
    pub scenario: &'a Scenario,
    /// What could be seen.
    pub seen: Pair<&'a Observation>,
    /// Whether both sides ran with protection space always reserved.
    pub masked: bool,
}
