//! The lane that is judged by default: the model of the driver.
//!
//! The only file that names a driver. Everything else reads observations.

use regdiff_observation::{End, Observation};

pub(crate) use regdiff_zfcp::TRACE_TAGS;
pub use regdiff_zfcp::{DriverFault, Fence, Fences, MidlayerFault, Model, Switches, Variant};

/// What a lane's variant must offer to be judged.
pub trait Maskable: Clone {
    /// The same variant on a kernel that always reserves protection space, which takes the historical defect out of it;
    /// `None` if the lane has no such switch.
    fn masked(&self) -> Option<Self>;

    /// Whether this masked variant may go another way than the one that it masks, of which this was seen.
    fn mask_matters(&self, _seen: &Observation) -> bool {
        true
    }
}

impl Maskable for Variant {
    fn masked(&self) -> Option<Self> {
        let mut masked = *self;
        masked.switches.protection_space_always_reserved = true;
        Some(masked)
    }

    /// The switch gives each request room for protection data and a pointer to it. Who never stored beyond what it had, nor
    /// through a pointer that it had not, would not notice; a test holds that over generated scenarios.
    fn mask_matters(&self, seen: &Observation) -> bool {
        !seen.violations.is_empty() || seen.end != End::Rest
    }
}

#[cfg(test)]
mod tests {
    use regdiff_observation::{Lane, Watch};
    use regdiff_scenario::Scenario;

    use super::*;

    /// What is not run again is what would have come of it.
    #[test]
    fn where_the_mask_does_not_matter_it_changes_nothing() {
        let (mut alike, mut mattered) = (0, 0);
        for scenario in (0..600).map(Scenario::generate) {
            for variant in [Variant::EAGER, Variant::DEFERRED] {
                let masked = variant.masked().expect("the model has the switch");
                let seen = Model.run(&scenario, &variant, Watch::Everything);
                if masked.mask_matters(&seen) {
                    mattered += 1;
                } else {
                    assert_eq!(Model.run(&scenario, &masked, Watch::Everything), seen, "{variant:?}: {scenario:?}");
                    alike += 1;
                }
            }
        }
        assert!(alike > 600 && mattered > 20, "{alike} alike, {mattered} not");
    }
}
