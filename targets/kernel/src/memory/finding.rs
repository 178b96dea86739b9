//! What an access to request memory can do wrong.

use regdiff_observation::{Access, MemoryOp, Region, RequestObject, SlotState, TrapKind};

/// One run of bytes outside the payload, in one region, by one operation (midlayer.md 11.2 rules 1 and 3).
///
/// The caller adds who, where and when, and makes a [`regdiff_observation::Violation`] of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawViolation {
    /// Which operation of midlayer.md 8.4.
    pub op: MemoryOp,
    /// Load or store.
    pub access: Access,
    /// On which kind of object.
    pub object: RequestObject,
    /// Index of the slot whose operation it was.
    pub slot: u32,
    /// Offset of the first byte from the start of that slot.
    pub offset: u32,
    /// How many bytes.
    pub bytes: u32,
    /// What lies there.
    pub region: Region,
    /// Names of the neighbour's first members that were hit, in their order; empty past the members that the profile lists.
    pub members: Vec<&'static str>,
    /// State of the neighbour at that moment; `None` outside [`Region::Neighbour`].
    pub victim: Option<SlotState>,
}

/// Where the machine stops: the memory part of a [`regdiff_observation::Trap`].
///
/// Of a null access, `object` and `field` name the pointer that is null, not what it would have pointed at: that is what
/// explains the oops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub kind: TrapKind,
    /// Load or store.
    pub access: Access,
    /// The structure, in kernel terms.
    pub object: &'static str,
    /// Its member; empty if the structure as a whole is meant.
    pub field: &'static str,
    /// The address accessed, where one is known.
    pub address: Option<u64>,
    /// How many bytes.
    pub bytes: u32,
}
