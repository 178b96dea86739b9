//! What one run may take. A guest is not trusted: everything it can spend has an end.

use std::time::Duration;

pub use regdiff_linux_wire::{MAX_LINE, MAX_LINES};

/// Bytes of facts, all lines together.
pub const MAX_FACTS: usize = 64 << 20;
/// Bytes of the console.
pub const MAX_CONSOLE: usize = 4 << 20;
/// Real time of a run unless told otherwise. An idle machine needs a fifth of a second.
pub const REAL_TIME: Duration = Duration::from_secs(60);
/// Virtual time of a run, in ms: as long as the model lets a run take.
pub const VIRTUAL_MS: u64 = 30 * 24 * 3600 * 1000;
/// Memory of the guest, as the kernel's parameter says it.
pub const MEMORY: &str = "128M";
/// Bytes of the sandbox's file system, which holds the guest's memory.
pub const SANDBOX_BYTES: u64 = 192 << 20;
/// How long a killed run may take to vanish.
pub const GRACE: Duration = Duration::from_secs(10);

/// Limits that a user can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Real time of a run.
    pub real: Duration,
    /// Virtual time of a run, in ms.
    pub virtual_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { real: REAL_TIME, virtual_ms: VIRTUAL_MS }
    }
}
