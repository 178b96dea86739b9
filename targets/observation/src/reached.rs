//! Which of a scenario's open choices a run came to: what it never came to cannot have mattered.
//!
//! Two scenarios that differ only in what a run did not reach give the same run. That is what an exhaustive exploration cuts by.
//! Never compared.

use regdiff_scenario::module::Toggle;
use regdiff_scenario::{Context, Point};

/// A context at a named point where another one could have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Of which device.
    pub device: u8,
    /// Which context.
    pub context: Context,
    /// At which point.
    pub point: Point,
    /// Nothing else could run without time passing: waiting for the others would have changed nothing.
    pub alone: bool,
}

/// What a run came to. Empty if nothing of the run was recorded, or if the lane cannot tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Bits of the boolean module parameters that were read.
    toggles: u8,
    /// An adapter was to be set up: what hardware and kernel are like mattered from then on.
    pub adapter: bool,
    /// Every pass of a named point, in order.
    pub passes: Vec<Pass>,
    /// Steps that found nothing to work on and left everything as it was, by index, in order.
    pub without_effect: Vec<u32>,
}

impl Reached {
    /// A boolean module parameter was read.
    pub const fn read(&mut self, toggle: Toggle) {
        self.toggles |= 1 << toggle as u8;
    }

    /// Whether a boolean module parameter was read.
    pub const fn has_read(&self, toggle: Toggle) -> bool {
        self.toggles >> toggle as u8 & 1 == 1
    }
}
