//! The local link.

/// Error code NO_LIGHT (driver.md 11): a link that was never up.
pub const NO_LIGHT: u32 = 0x4;

/// State of the local link. It outlives the queues: only the cable or the firmware changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Usable.
    Up,
    /// Unusable.
    Down {
        /// Error code (driver.md 11).
        code: u32,
    },
}

impl Link {
    /// Whether it is usable.
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Up)
    }
}
