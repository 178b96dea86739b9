//! Loads and stores on the bytes of a pool, checked byte by byte (midlayer.md 11.2 rules 1, 3 and 4).

use regdiff_observation::{Access, MemoryOp, Region, RequestObject};
use regdiff_scenario::layout::Endianness;

use super::finding::RawViolation;
use super::members::{decode, encode};
use super::pool::{RequestPool, Slot, SlotIndex};
use super::region::Run;

/// Who accesses: an operation on a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who {
    pub(super) op: MemoryOp,
    pub(super) slot: u32,
}

impl RequestPool {
    /// Start of the memory from which this kind of object comes; as high as in the seed's oops (midlayer.md 12.1).
    pub(super) fn memory(&self) -> u64 {
        let base = match self.layout.profile.endianness {
            Endianness::Big => 0x1_0000_0000,
            Endianness::Little => 0xffff_8880_0000_0000,
        };
        base + match self.kind {
            RequestObject::DriverTag => 0x8715_0000,
            RequestObject::SchedulerTag => 0xa230_0000,
            RequestObject::Flush => 0xb044_0000,
        }
    }

    /// Gives a slot its bytes, if it has none yet: zero, but for `prot_sdb` (midlayer.md 6.5). The last slot of a block also
    /// keeps what its own protection data reaches after it.
    pub(super) fn materialise(&mut self, slot: u32) {
        let index = slot as usize;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, Slot::default);
        } else if !self.slots[index].bytes.is_empty() {
            return;
        }
        let profile = self.layout.profile;
        let size = self.layout.slot();
        let reach = self.header.map_or(0, |h| h + profile.scsi_data_buffer_size + profile.scatterlist_size);
        let last = self.surroundings(SlotIndex(slot)).after == 0;
        let mut bytes = vec![0; if last { size.max(reach) } else { size } as usize].into_boxed_slice();
        if let Some(header) = self.header {
            let at = (profile.request_size + profile.prot_sdb_offset) as usize;
            encode(profile.endianness, self.address(slot) + u64::from(header), &mut bytes[at..at + 8]);
        }
        self.slots[index].bytes = bytes;
    }

    /// Loads a number of `N` bytes at `offset` from the slot's start.
    pub(super) fn load<const N: usize>(&mut self, slot: u32, offset: u32) -> u64 {
        decode(self.layout.profile.endianness, &self.load_bytes::<N>(slot, offset))
    }

    /// Loads `N` bytes at `offset` from the slot's start.
    pub(super) fn load_bytes<const N: usize>(&mut self, slot: u32, offset: u32) -> [u8; N] {
        let mut bytes = [0; N];
        let mut done = 0;
        while done < N {
            let here = self.piece(slot, offset + done as u32, N - done);
            bytes[done..done + here.len()].copy_from_slice(here);
            done += here.len();
        }
        bytes
    }

    /// Stores `bytes` at `offset` from the slot's start, and records what lies outside the payload.
    pub(super) fn store(&mut self, who: Who, offset: u32, bytes: &[u8], found: &mut Vec<RawViolation>) {
        self.check(who, Access::Write, offset, bytes.len() as u32, found);
        let mut done = 0;
        while done < bytes.len() {
            let here = self.piece(who.slot, offset + done as u32, bytes.len() - done);
            let size = here.len();
            here.copy_from_slice(&bytes[done..done + size]);
            done += size;
        }
    }

    /// The bytes at `offset` from the start of `slot`, wherever they lie, up to `limit` and to the end of their slot.
    fn piece(&mut self, slot: u32, offset: u32, limit: usize) -> &mut [u8] {
        let size = self.layout.slot();
        let on = (offset / size).min(self.surroundings(SlotIndex(slot)).after);
        self.materialise(slot + on);
        let rest = &mut self.slots[(slot + on) as usize].bytes[(offset - on * size) as usize..];
        assert!(!rest.is_empty(), "protection data reaches no further than materialise() provides for");
        let limit = limit.min(rest.len());
        &mut rest[..limit]
    }

    /// Records the runs of [`offset`, `offset + bytes`) outside the payload.
    pub(super) fn check(&self, who: Who, access: Access, offset: u32, bytes: u32, found: &mut Vec<RawViolation>) {
        if offset + bytes <= self.layout.payload() {
            return;
        }
        for run in self.surroundings(SlotIndex(who.slot)).runs(offset, bytes) {
            let Some(region) = run.region else { continue };
            let hit = region == Region::Neighbour;
            found.push(RawViolation {
                op: who.op,
                access,
                object: self.kind,
                slot: who.slot,
                offset: run.offset,
                bytes: run.bytes,
                region,
                members: if hit { self.members_in(run) } else { Vec::new() },
                victim: hit.then(|| self.state(SlotIndex(who.slot + run.offset / self.layout.slot()))),
            });
        }
    }

    /// Names of the first members of struct request that a run in a neighbour overlaps.
    fn members_in(&self, run: Run) -> Vec<&'static str> {
        let start = run.offset % self.layout.slot();
        let hit = |at: u32, size: u32| at < start + run.bytes && start < at + size;
        self.members.iter().filter(|m| hit(m.offset, m.size)).map(|m| m.name).collect()
    }
}
