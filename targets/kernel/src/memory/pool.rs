//! A set of request objects: slots, their states, their allocation (midlayer.md 6.3 to 6.7, 7).

use regdiff_observation::{Region, RequestObject, SlotState};

use super::geometry::{HostNow, RequestLayout, heap_bucket};
use super::header::Request;
use super::members::FirstMember;
use super::packing::{Block, Packing};
use super::region::Surroundings;

/// A request object of one pool: its index in the order of placement (midlayer.md 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotIndex(pub u32);

/// A list of the scatterlist pool that a header owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolList {
    pub(super) address: u64,
    pub(super) entries: u32,
}

/// One slot. Without bytes it was never touched: all zero but for what its initialisation stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    pub(super) bytes: Box<[u8]>,
    pub(super) state: SlotState,
    pub(super) list: Option<PoolList>,
}

/// The static requests of one tag set or of one scheduler, or the flush request of one queue.
///
/// All of its requests are initialised when it is created (midlayer.md 6.3), so POINTER is evaluated then and once.
/// A slot's bytes come into being when it is first touched; that changes none of them.
#[derive(Clone, Debug)]
pub struct RequestPool {
    pub(super) layout: RequestLayout,
    pub(super) kind: RequestObject,
    pub(super) header: Option<u32>,
    pub(super) members: Vec<FirstMember>,
    pub(super) slots: Vec<Slot>,
    pub(super) lists_made: u32,
    packing: Packing,
    depth: u32,
    limit: u32,
    /// No slot below it is idle.
    lowest: u32,
}

impl RequestPool {
    /// Allocates and initialises `depth` static requests, as `blk_mq_alloc_rqs` does: driver tags when the host is added,
    /// scheduler tags when an elevator is attached or resized. `now` is the POINTER clock. `None` if blocks of an order up to
    /// `max_order_available` do not do (midlayer.md 6.3; `u32::MAX` for plenty of memory).
    pub fn new(
        layout: RequestLayout,
        kind: RequestObject,
        depth: u32,
        now: HostNow,
        max_order_available: u32,
    ) -> Option<Self> {
        Packing::new(&layout, depth, max_order_available).map(|packing| Self::placed(layout, kind, depth, now, packing))
    }

    /// Allocates and initialises the flush request of one queue, as `blk_alloc_flush_queue` does when the queue is created
    /// (midlayer.md 6.4): one heap object, which is slot 0. `now` is the POINTER clock.
    pub fn flush(layout: RequestLayout, now: HostNow) -> Self {
        let packing = Packing::single(Block { first: 0, slots: 1, bytes: heap_bucket(layout.slot()) });
        Self::placed(layout, RequestObject::Flush, 1, now, packing)
    }

    fn placed(layout: RequestLayout, kind: RequestObject, depth: u32, now: HostNow, packing: Packing) -> Self {
        Self {
            layout,
            kind,
            header: layout.header(now),
            members: FirstMember::all(layout.profile, kind),
            slots: Vec::new(),
            lists_made: 0,
            packing,
            depth,
            limit: depth,
            lowest: 0,
        }
    }

    /// What SIZE made of it.
    pub fn layout(&self) -> &RequestLayout {
        &self.layout
    }

    /// Which kind of object it holds.
    pub fn kind(&self) -> RequestObject {
        self.kind
    }

    /// How many requests it holds.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Offset of the protection header in each of its requests, in bytes; `None` if `prot_sdb` is null (midlayer.md 6.5).
    pub fn header(&self) -> Option<u32> {
        self.header
    }

    /// Where its requests lie.
    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// Lets at most the first `limit` requests be allocated from now on: a smaller `nr_requests` (midlayer.md 6.7).
    pub fn limit(&mut self, limit: u32) {
        self.limit = limit.min(self.depth);
    }

    /// Allocates the lowest idle request and writes its first members anew; `None` if there is none. Whatever was stored over
    /// an idle slot's first members is repaired by it (midlayer.md 7, 11.2 rule 5).
    pub fn allocate(&mut self) -> Option<SlotIndex> {
        let idle = |slot: &Slot| slot.state == SlotState::Idle;
        let known = self.slots.get(self.lowest as usize..).unwrap_or_default();
        let skip = known.iter().position(idle).unwrap_or(known.len()) as u32;
        self.lowest += skip;
        let slot = self.lowest;
        if slot >= self.limit {
            return None;
        }
        self.materialise(slot);
        let address = self.address(slot);
        let endianness = self.layout.profile.endianness;
        let Slot { bytes, state, .. } = &mut self.slots[slot as usize];
        *state = SlotState::Allocated;
        for member in &self.members {
            member.rewrite(endianness, slot, address, bytes);
        }
        Some(SlotIndex(slot))
    }

    /// Gives a request back. Its bytes stay as they are, stale counts included (midlayer.md 10.6).
    pub fn release(&mut self, slot: SlotIndex) {
        self.set_state(slot, SlotState::Idle);
        self.lowest = self.lowest.min(slot.0);
    }

    /// The request went to the driver.
    pub fn start(&mut self, slot: SlotIndex) {
        self.set_state(slot, SlotState::InFlight);
    }

    /// The request came back from the driver and waits; it stays allocated, and prepared (midlayer.md 8.1).
    pub fn requeue(&mut self, slot: SlotIndex) {
        self.set_state(slot, SlotState::Allocated);
    }

    fn set_state(&mut self, slot: SlotIndex, state: SlotState) {
        self.materialise(slot.0);
        self.slots[slot.0 as usize].state = state;
    }

    /// State of a request.
    pub fn state(&self, slot: SlotIndex) -> SlotState {
        self.slots.get(slot.0 as usize).map_or(SlotState::Idle, |slot| slot.state)
    }

    /// How many requests are not idle.
    pub fn busy(&self) -> usize {
        self.slots.iter().filter(|slot| slot.state != SlotState::Idle).count()
    }

    /// The request object, for the operations of midlayer.md 8.4.
    ///
    /// # Panics
    ///
    /// If the pool has no such slot: a bug of the caller.
    pub fn request(&mut self, slot: SlotIndex) -> Request<'_> {
        assert!(slot.0 < self.depth, "slot {} of {}", slot.0, self.depth);
        Request { pool: self, slot: slot.0 }
    }

    /// What surrounds a slot.
    pub fn surroundings(&self, slot: SlotIndex) -> Surroundings {
        let block = self.packing.blocks()[self.packing.block_of(slot.0)];
        let size = self.layout.slot();
        Surroundings {
            payload: self.layout.payload(),
            slot: size,
            after: block.first + block.slots - 1 - slot.0,
            rest: block.bytes - block.slots * size,
            rest_region: if self.kind == RequestObject::Flush { Region::BucketRest } else { Region::BlockTail },
        }
    }

    /// Address of a slot, as pointers to it have it. Blocks are independent allocations, 1 MiB apart here.
    pub(super) fn address(&self, slot: u32) -> u64 {
        let block = self.packing.block_of(slot);
        let offset = (slot - self.packing.blocks()[block].first) * self.layout.slot();
        self.memory() + ((block as u64) << 20) + u64::from(offset)
    }
}
