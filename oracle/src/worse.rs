//! What a variant does that the deferred driver does not: the measure of planted faults and of partial series.

use regdiff_observation::Lane;
use regdiff_scenario::Scenario;

use crate::finding::Finding;
use crate::judge::{Options, judge_on};
use crate::lane::{Model, Variant};
use crate::pair::Side;
use crate::verdict::Report;

/// Findings of the variant under test (`options.right`) and of the pair that are not there, by signature, when the deferred
/// driver takes its place. What the left variant does wrong alone is left out.
pub fn worse_than_deferred(scenario: &Scenario, options: &Options) -> Vec<Finding> {
    worse_in(&judge_on(&Model, scenario, options), &Model, scenario, options)
}

/// The same of a report that is there already, with the deferred driver in the lane that the report is of.
pub(crate) fn worse_in<L>(report: &Report, lane: &L, scenario: &Scenario, options: &Options) -> Vec<Finding>
where
    L: Lane<Variant = Variant>,
{
    let mut found = report.findings.clone();
    found.retain(|finding| finding.side != Side::Eager);
    if !found.is_empty() {
        let clean = judge_on(lane, scenario, &Options { right: Variant::DEFERRED, ..options.clone() });
        found.retain(|finding| clean.finding(&finding.signature).is_none());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Allow;

    fn seed() -> Scenario {
        Scenario::load(include_bytes!("../../corpus/registration/lp1887124.toml")).expect("the seed can be read")
    }

    #[test]
    fn eager_is_worse_than_deferred_and_deferred_is_not() {
        let worse = |right| {
            let options = Options { right, ..Options::allowing(Allow::Open) };
            let signatures = worse_than_deferred(&seed(), &options).into_iter().map(|f| f.signature.to_string());
            signatures.collect::<Vec<_>>()
        };
        assert_eq!(worse(Variant::EAGER), ["memory/deferred/null-write/scsi_queue_rq/prot_sdb"]);
        assert_eq!(worse(Variant::DEFERRED), [""; 0]);
    }
}
