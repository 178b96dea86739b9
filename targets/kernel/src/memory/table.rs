//! The full table of midlayer.md 11: every profile, elevator policy, history of the protection mask, kind of request object
//! and of command, and place in a block; what is written where.
//!
//! Each row is worked out by running a request through the operations of this module, as a host driver's command would.

use regdiff_observation::{Access, Region, RequestObject};
use regdiff_scenario::{Elevator, ElevatorAttach, Layout, Midlayer};

use super::{Fault, HostNow, Mapped, RequestLayout, RequestPool};

/// Limit of the host: any that holds the inline entries gives the same table.
const SG_TABLESIZE: u32 = 538;
/// Driver tags of zfcp, and requests of a scheduler (midlayer.md 6.2, 6.6).
const DRIVER_TAGS: u32 = 4096;
const SCHEDULER_TAGS: u32 = 256;
/// DIF and DIX of type 1.
const MASK: u32 = 0x11;

/// Which elevator there is, and when it is attached (midlayer.md 9.1). It decides which object carries a command, and when
/// that object's pointer is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// None ever.
    None,
    /// When the queue is made, before any command.
    AtQueueAlloc,
    /// When the disk is added, after the commands that probe it.
    AtAddDisk,
}

impl Policy {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::None, Self::AtQueueAlloc, Self::AtAddDisk];

    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AtQueueAlloc => "at_queue_alloc",
            Self::AtAddDisk => "at_add_disk",
        }
    }

    /// The policy of a scenario's kernel.
    pub fn of(elevator: Elevator, attach: ElevatorAttach) -> Self {
        match (elevator, attach) {
            (Elevator::None, _) => Self::None,
            (Elevator::MqDeadline, ElevatorAttach::AtQueueAlloc) => Self::AtQueueAlloc,
            (Elevator::MqDeadline, ElevatorAttach::AtAddDisk) => Self::AtAddDisk,
        }
    }

    /// The objects that carry commands, each with the commands it can carry.
    fn carriers(self) -> Vec<(RequestObject, &'static [Command])> {
        let mut carriers: Vec<(RequestObject, &'static [Command])> = vec![(RequestObject::Flush, &[Command::NoData])];
        match self {
            Self::None => carriers.push((RequestObject::DriverTag, Command::ALL)),
            Self::AtQueueAlloc => carriers.push((RequestObject::SchedulerTag, Command::ALL)),
            Self::AtAddDisk => {
                carriers.push((RequestObject::DriverTag, &[Command::NoData]));
                carriers.push((RequestObject::SchedulerTag, Command::ALL));
            }
        }
        carriers
    }
}

/// What a command carries, as far as protection memory is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// No integrity data: passthrough, flush, reads and writes of a disk without profile.
    NoData,
    /// One integrity segment.
    OneSegment,
    /// Several.
    ManySegments,
}

impl Command {
    const ALL: &'static [Self] = &[Self::NoData, Self::OneSegment, Self::ManySegments];

    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoData => "no integrity data",
            Self::OneSegment => "one segment",
            Self::ManySegments => "several segments",
        }
    }

    const fn segments(self) -> u32 {
        match self {
            Self::NoData => 0,
            Self::OneSegment => 1,
            Self::ManySegments => 3,
        }
    }
}

/// When the mask is stored relative to the three clocks: whether it is set at SIZE, at POINTER and at TOUCH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// When the host was added.
    pub size: bool,
    /// When the request object was made.
    pub pointer: bool,
    /// When the command is prepared.
    pub touch: bool,
}

impl History {
    /// All eight.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits| Self { size: bits & 4 != 0, pointer: bits & 2 != 0, touch: bits & 1 != 0 })
    }

    /// The stores that make it.
    pub const fn stores(self) -> &'static str {
        match (self.size, self.pointer, self.touch) {
            (false, false, false) => "never",
            (false, false, true) => "set between POINTER and TOUCH",
            (false, true, false) => "set between SIZE and POINTER, cleared before TOUCH",
            (false, true, true) => "set between SIZE and POINTER",
            (true, false, false) => "set before SIZE, cleared before POINTER",
            (true, false, true) => "set before SIZE, cleared before POINTER, set again before TOUCH",
            (true, true, false) => "set before SIZE, cleared between POINTER and TOUCH",
            (true, true, true) => "set before SIZE",
        }
    }
}

/// Where the slot lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Another slot follows in its block.
    BeforeNeighbour,
    /// It is the last one of its block.
    LastOfBlock,
    /// It is a heap object of its own.
    Heap,
}

impl Place {
    /// The name.
    pub const fn text(self) -> &'static str {
        match self {
            Self::BeforeNeighbour => "before a neighbour",
            Self::LastOfBlock => "last of a block",
            Self::Heap => "heap",
        }
    }
}

/// Bytes that are stored outside the payload, in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The region.
    pub region: Region,
    /// Offset of the first byte from the start of the slot.
    pub offset: u32,
    /// How many bytes.
    pub bytes: u32,
    /// Members of the neighbour's struct request that are hit, of those that the profile lists.
    pub members: Vec<&'static str>,
}

/// What a command does to protection memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stores nothing.
    Nothing,
    /// It stores in the room that was made for it.
    InSlot,
    /// The kernel has no header for its integrity data: a warning, and the request fails.
    IoError,
    /// It stores through a null pointer.
    Null {
        /// How many bytes, from address 0.
        bytes: u32,
    },
    /// It stores outside the payload.
    Outside(Vec<Written>),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Structure sizes.
    pub layout: Layout,
    /// Elevator policy.
    pub policy: Policy,
    /// Which object.
    pub object: RequestObject,
    /// When the mask was stored.
    pub history: History,
    /// What the command carries.
    pub command: Command,
    /// Where the object lies.
    pub place: Place,
    /// What happens.
    pub outcome: Outcome,
}

/// The version of the midlayer that a profile belongs to.
pub fn midlayer(layout: Layout) -> Midlayer {
    let version = &layout.profile().kernel_version;
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    match (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) {
        (5, 0..=3) => Midlayer::V5_3,
        (..=5, _) => Midlayer::V5_7,
        (6, ..=6) => Midlayer::V6_1,
        _ => Midlayer::V6_12,
    }
}

/// Every row of one profile. Driver tags are made when the host is added, so that their SIZE and POINTER are one moment.
pub fn rows(layout: Layout) -> Vec<Row> {
    let mut rows = Vec::new();
    for policy in Policy::ALL {
        for (object, commands) in policy.carriers() {
            let places: &[Place] = match object {
                RequestObject::Flush => &[Place::Heap],
                _ => &[Place::BeforeNeighbour, Place::LastOfBlock],
            };
            let possible = |history: &History| object != RequestObject::DriverTag || history.size == history.pointer;
            for history in History::all().filter(possible) {
                for &command in commands {
                    for &place in places {
                        let outcome = outcome(layout, object, history, command, place);
                        rows.push(Row { layout, policy, object, history, command, place, outcome });
                    }
                }
            }
        }
    }
    rows
}

/// Runs one command on one object.
fn outcome(layout: Layout, object: RequestObject, history: History, command: Command, place: Place) -> Outcome {
    let now =
        |set: bool| HostNow { sg_tablesize: SG_TABLESIZE, cap: if set { MASK } else { 0 }, always_reserve: false };
    let size = RequestLayout::at_size(layout.profile(), midlayer(layout), now(history.size));
    let mut pool = match object {
        RequestObject::Flush => RequestPool::flush(size, now(history.pointer)),
        kind => {
            let depth = if kind == RequestObject::DriverTag { DRIVER_TAGS } else { SCHEDULER_TAGS };
            RequestPool::new(size, kind, depth, now(history.pointer), u32::MAX).expect("memory is to be had")
        }
    };
    let mut slot = pool.allocate().expect("all are idle");
    while place == Place::LastOfBlock && pool.surroundings(slot).after > 0 {
        slot = pool.allocate().expect("a block ends before its pool");
    }
    let mut found = Vec::new();
    let mut request = pool.request(slot);
    if let Err(Fault { bytes, .. }) = request.touch(now(history.touch).cap, &mut found) {
        return Outcome::Null { bytes };
    }
    let mapped = (command.segments() > 0).then(|| request.map_integrity(command.segments(), &mut found));
    if mapped == Some(Mapped::NoHeader) {
        return Outcome::IoError;
    }
    if !history.touch && mapped.is_none() {
        return Outcome::Nothing;
    }
    let mut written: Vec<Written> = Vec::new();
    for violation in found.into_iter().filter(|violation| violation.access == Access::Write) {
        let (offset, end) = (violation.offset, violation.offset + violation.bytes);
        match written
            .iter_mut()
            .find(|w| w.region == violation.region && w.offset <= end && offset <= w.offset + w.bytes)
        {
            // Two operations on the same header, told as one.
            Some(same) => {
                let until = end.max(same.offset + same.bytes);
                same.offset = same.offset.min(offset);
                same.bytes = until - same.offset;
                for member in violation.members {
                    if !same.members.contains(&member) {
                        same.members.push(member);
                    }
                }
            }
            None => {
                let (region, bytes, members) = (violation.region, violation.bytes, violation.members);
                written.push(Written { region, offset, bytes, members });
            }
        }
    }
    written.sort_by_key(|w| w.offset);
    if written.is_empty() { Outcome::InSlot } else { Outcome::Outside(written) }
}
