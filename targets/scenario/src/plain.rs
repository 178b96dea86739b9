//! The plain baseline: scenarios as `#[derive(Arbitrary)]` makes them of an engine's bytes, without our generator and mutator.
//!
//! Nothing searches with it but the drill, which says how much sooner the rest of this crate finds a planted fault.

use arbitrary::Arbitrary;

use crate::{Answer, Choice, Device, Kernel, Module, Scenario, Step};

/// A scenario whose every part is derived.
#[derive(Arbitrary, Clone, Debug)]
pub struct Plain {
    /// Module parameters.
    pub module: Module,
    /// The kernel's profile.
    pub kernel: Kernel,
    /// FCP devices.
    pub devices: Vec<Device>,
    /// Scripted firmware answers.
    pub firmware: Vec<Answer>,
    /// What happens.
    pub steps: Vec<Step>,
    /// Who runs next.
    pub schedule: Vec<Choice>,
}

impl From<Plain> for Scenario {
    /// Canonical: what is out of range is moved into it, as for every other source of scenarios.
    fn from(plain: Plain) -> Self {
        let Plain { module, kernel, devices, firmware, steps, schedule } = plain;
        let mut scenario = Self { module, kernel, devices, firmware, steps, schedule };
        crate::repair(&mut scenario);
        scenario
    }
}
