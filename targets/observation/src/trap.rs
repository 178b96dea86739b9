//! What would have been an oops.

use std::borrow::Cow;

use regdiff_scenario::Context;
use serde::Serialize;

/// Read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// A load. On s390x a load near address 0 returns lowcore bytes instead of trapping.
    Read,
    /// A store. On s390x a store to the first page traps by low-address protection.
    Write,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrapKind {
    /// An access through a null pointer.
    NullAccess,
    /// An access to an object that was freed.
    UseAfterFree,
    /// An access outside of what was allocated, as the address sanitizer reports it.
    OutOfBounds,
    /// The kernel frees memory that it does not own.
    ForeignFree,
    /// A BUG() of the kernel.
    Bug,
    /// A deliberate panic of the driver.
    Panic,
}

/// The terminal event of a run: the machine runs with panic_on_oops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trap {
    /// What went wrong.
    pub kind: TrapKind,
    /// The kernel function that did it.
    pub function: Cow<'static, str>,
    /// The structure accessed, in kernel terms.
    pub object: Cow<'static, str>,
    /// The field accessed; empty if the object as a whole is meant.
    pub field: Cow<'static, str>,
    /// Load or store.
    pub access: Access,
    /// The address, where one is known.
    pub address: Option<u64>,
    /// How many bytes.
    pub bytes: u32,
    /// Of which FCP device.
    pub device: Option<u8>,
    /// The command being prepared or sent, if any.
    pub command: Option<regdiff_scenario::Command>,
    /// In which context.
    pub context: Context,
    /// Kernel functions from the innermost to the outermost.
    pub trace: Vec<Cow<'static, str>>,
    /// Virtual time, in µs.
    pub time_us: u64,
}
