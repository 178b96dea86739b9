//! Accesses to protection memory outside what was allocated for them (midlayer.md 11).

use std::borrow::Cow;

use regdiff_scenario::{Command, Context};
use serde::Serialize;

use crate::trap::Access;

/// The operations on protection memory of midlayer.md 8.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum MemoryOp {
    /// TOUCH: the header is cleared and pointed at its inline list.
    W1,
    /// One integrity segment is mapped.
    W2,
    /// Several integrity segments are mapped.
    W3,
    /// The disk driver reads the count.
    R1,
    /// The host driver reads header and list.
    R2,
    /// The lists are freed.
    R3,
    /// The slot's owner writes its first members anew at allocation.
    Allocation,
}

/// Which kind of request object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestObject {
    /// A driver tag's request, allocated when the host is added.
    DriverTag,
    /// A scheduler's request, allocated when the elevator is attached.
    SchedulerTag,
    /// A queue's flush request.
    Flush,
}

/// State of a request slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Free.
    #[default]
    Idle,
    /// Allocated, not yet at the driver.
    Allocated,
    /// At the driver.
    InFlight,
}

/// What lies at the bytes that were hit (midlayer.md 11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Between the payload's end and the slot's: nobody's bytes.
    Slack,
    /// The next slot of the block.
    Neighbour,
    /// The unused rest of the block.
    BlockTail,
    /// The rest of the heap bucket of a flush request.
    BucketRest,
    /// Memory that belongs to an unknown owner.
    Beyond,
}

/// One run of bytes outside the payload, in one region. The run goes on after it: it is a finding, not a trap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which operation.
    pub op: MemoryOp,
    /// Load or store.
    pub access: Access,
    /// On which kind of object.
    pub object: RequestObject,
    /// Index of the slot.
    pub slot: u32,
    /// Offset of the first byte, from the start of the slot.
    pub offset: u32,
    /// How many bytes.
    pub bytes: u32,
    /// What lies there.
    pub region: Region,
    /// Names of the neighbour's members that were hit.
    pub members: Vec<Cow<'static, str>>,
    /// State of the neighbour.
    pub victim: Option<SlotState>,
    /// The kernel function that did it.
    pub function: Cow<'static, str>,
    /// Of which FCP device.
    pub device: Option<u8>,
    /// The command being prepared or sent, if any.
    pub command: Option<Command>,
    /// In which context.
    pub context: Context,
    /// Kernel functions from the innermost to the outermost.
    pub trace: Vec<Cow<'static, str>>,
    /// Virtual time, in µs.
    pub time_us: u64,
}
