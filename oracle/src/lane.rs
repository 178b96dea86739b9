//! The lane that is judged by default: the model of the driver.
//!
//! The only file that names a driver. Everything else reads observations.

use regdiff_observation::{End, Lane, Observation, Watch};
use regdiff_scenario::Scenario;

/// What a lane's variant must offer to be judged.
pub trait Maskable: Clone {
    /// The same variant on a kernel that always reserves protection space, which takes the historical defect out of it;
    /// `None` if the lane has no such switch.
    fn masked(&self) -> Option<Self>;
}

/// Registration as a set of fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fences(bool);

/// Kernel switches of a variant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Requests always have room and a pointer for protection data.
    pub protection_space_always_reserved: bool,
}

/// One implementation of registration on one kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Which fences stand.
    pub fences: Fences,
    /// Kernel switches.
    pub switches: Switches,
}

impl Variant {
    /// The driver before the series.
    pub const EAGER: Self =
        Self { fences: Fences(false), switches: Switches { protection_space_always_reserved: false } };
    /// The driver after the series.
    pub const DEFERRED: Self =
        Self { fences: Fences(true), switches: Switches { protection_space_always_reserved: false } };
}

impl Maskable for Variant {
    fn masked(&self) -> Option<Self> {
        let switches = Switches { protection_space_always_reserved: true };
        Some(Self { switches, ..*self })
    }
}

/// The model of the driver.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model;

impl Lane for Model {
    type Variant = Variant;

    fn run(&self, _: &Scenario, _: &Variant, _: Watch) -> Observation {
        Observation { end: End::Unmodelled("the driver"), ..Observation::default() }
    }
}
