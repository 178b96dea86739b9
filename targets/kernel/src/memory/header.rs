//! The protection header of a request: the operations of midlayer.md 8.4.
//!
//! | operation | method | kernel |
//! |---|---|---|
//! | W1 | [`Request::touch`] | `scsi_mq_prep_fn`, `scsi_prepare_cmd` |
//! | W2, W3 | [`Request::map_integrity`] | `scsi_init_io`, `scsi_alloc_sgtables` |
//! | R1 | [`Request::count`] | `scsi_prot_sg_count` in `sd_setup_read_write_cmnd` |
//! | R2 | [`Request::send`] | the host driver's queuecommand |
//! | R3 | [`Request::free`] | `scsi_free_sgtables`, `sg_free_table_chained` |
//!
//! Each works on the bytes as they are now: the neighbour may have been allocated over them.

use regdiff_observation::{Access, MemoryOp, SlotState, TrapKind};
use regdiff_scenario::Midlayer;

use super::bytes::Who;
use super::finding::{Fault, RawViolation};
use super::members::{POINTER, encode};
use super::outcome::{Freed, List, Mapped, Sent};
use super::pool::{PoolList, RequestPool};

/// Offset of the list pointer in the header; 8 bytes (midlayer.md 8.4).
const SGL: u32 = 0;
/// Offset of the count; 4 bytes.
const NENTS: u32 = 8;
/// Offset of the original count; 4 bytes.
const ORIG_NENTS: u32 = 12;
/// Bytes of the three above.
const TABLE: u32 = 16;
/// Bytes of the header; the inline entry follows it.
const HEADER: u32 = 24;
/// Bytes of an inline entry.
const ENTRY: usize = 32;
/// Bytes of page, offset and length in an entry; what follows belongs to DMA mapping and zfcp reads none of it.
const ENTRY_READ: usize = 16;
/// Entries in one chunk of the scatterlist pool; a list is freed by chunks.
const CHUNK: u32 = 128;

/// One request object; made by [`RequestPool::request`].
#[derive(Debug)]
pub struct Request<'a> {
    pub(super) pool: &'a mut RequestPool,
    pub(super) slot: u32,
}

impl Request<'_> {
    /// The pool it belongs to.
    pub fn pool(&self) -> &RequestPool {
        self.pool
    }

    /// TOUCH and W1 (midlayer.md 8.2 step 3): if `cap` is not 0 now, clears the header and points it at its inline list.
    ///
    /// # Errors
    ///
    /// The header is null: 24 bytes are stored at address 0 (midlayer.md 11.2 rule 2).
    pub fn touch(&mut self, cap: u32, found: &mut Vec<RawViolation>) -> Result<(), Fault> {
        if cap == 0 {
            return Ok(());
        }
        let Some(header) = self.pool.header else {
            return Err(Fault {
                kind: TrapKind::NullAccess,
                access: Access::Write,
                object: "scsi_cmnd",
                field: "prot_sdb",
                address: Some(0),
                bytes: HEADER,
            });
        };
        let mut bytes = [0; HEADER as usize];
        self.encode(self.inline_list(header), &mut bytes[..POINTER]);
        self.owned_list_is_lost();
        self.pool.store(self.who(MemoryOp::W1), header, &bytes, found);
        Ok(())
    }

    /// Maps the `segments` integrity segments of a request that carries integrity data: W2 for one, W3 for several
    /// (midlayer.md 8.3). If the list pointer is null, one segment takes a list of the pool as well.
    pub fn map_integrity(&mut self, segments: u32, found: &mut Vec<RawViolation>) -> Mapped {
        let Some(header) = self.pool.header else { return Mapped::NoHeader };
        let pointer = self.pool.load::<8>(self.slot, header + SGL);
        let inline = segments == 1 && pointer != 0;
        let who = self.who(if inline { MemoryOp::W2 } else { MemoryOp::W3 });
        self.pool.check(who, Access::Read, header + SGL, POINTER as u32, found);
        if inline {
            Mapped::One(self.map_one(who, header, pointer, found))
        } else {
            self.map_many(who, header, segments, found)
        }
    }

    /// W2. The entry goes where the list pointer leads; only the inline list lies in this pool's memory.
    fn map_one(&mut self, who: Who, header: u32, pointer: u64, found: &mut Vec<RawViolation>) -> List {
        let mut counts = [0; 8];
        self.encode(1, &mut counts[..4]);
        self.encode(1, &mut counts[4..]);
        self.pool.store(who, header + NENTS, &counts, found);
        if pointer == self.inline_list(header) {
            let entry = self.entry();
            // An entry is shorter where nobody needs the length of a DMA mapping.
            let length = ENTRY.min(self.pool.layout.profile.scatterlist_size as usize);
            self.pool.store(who, header + HEADER, &entry[..length], found);
        }
        self.list(header, pointer)
    }

    /// W3: a list from the pool; the inline entry is left alone.
    fn map_many(&mut self, who: Who, header: u32, segments: u32, found: &mut Vec<RawViolation>) -> Mapped {
        self.owned_list_is_lost();
        let address = self.pool.memory() + 0x1000_0000 + (u64::from(self.pool.lists_made) << 12);
        self.pool.lists_made += 1;
        let mut table = [0; TABLE as usize];
        self.encode(address, &mut table[..POINTER]);
        self.encode(u64::from(segments), &mut table[NENTS as usize..ORIG_NENTS as usize]);
        self.encode(u64::from(segments), &mut table[ORIG_NENTS as usize..]);
        self.pool.store(who, header + SGL, &table, found);
        self.pool.slots[self.slot as usize].list = Some(PoolList { address, entries: segments });
        Mapped::Pool
    }

    /// R1: the count, as the disk driver reads it for every read and write, whatever `cap` is (midlayer.md 10.5); 0 without
    /// header. It may be stale (10.6) or part of a neighbour's pointer (11.2 rule 4).
    pub fn count(&mut self, found: &mut Vec<RawViolation>) -> u32 {
        let Some(header) = self.pool.header else { return 0 };
        self.pool.check(self.who(MemoryOp::R1), Access::Read, header + NENTS, 4, found);
        self.pool.load::<4>(self.slot, header + NENTS) as u32
    }

    /// R2: what the host driver reads; to be called only if the operation is not "normal" (midlayer.md 8.4).
    pub fn send(&mut self, found: &mut Vec<RawViolation>) -> Sent {
        let Some(header) = self.pool.header else { return Sent { count: 0, list: List::Null } };
        let who = self.who(MemoryOp::R2);
        self.pool.check(who, Access::Read, header + SGL, ORIG_NENTS, found);
        let count = self.pool.load::<4>(self.slot, header + NENTS) as u32;
        let pointer = self.pool.load::<8>(self.slot, header + SGL);
        let list = self.list(header, pointer);
        if count != 0 && matches!(list, List::Inline { .. }) {
            self.pool.check(who, Access::Read, header + HEADER, ENTRY_READ as u32, found);
        }
        Sent { count, list }
    }

    /// R3: frees the lists at completion or on an error path, whatever `cap` is (midlayer.md 8.4, 10.6).
    ///
    /// # Errors
    ///
    /// The counts and the list pointer make the kernel free memory that the header does not own.
    pub fn free(&mut self, found: &mut Vec<RawViolation>) -> Result<Freed, Fault> {
        let Some(header) = self.pool.header else { return Ok(Freed::Nothing) };
        let who = self.who(MemoryOp::R3);
        let count = self.pool.load::<4>(self.slot, header + NENTS);
        let entries = self.pool.load::<4>(self.slot, header + ORIG_NENTS) as u32;
        let pointer = self.pool.load::<8>(self.slot, header + SGL);
        let (from, until) = match (count, entries) {
            (0, _) => (NENTS, ORIG_NENTS),
            (_, 0 | 1) => (NENTS, TABLE),
            _ => (SGL, TABLE),
        };
        self.pool.check(who, Access::Read, header + from, until - from, found);

        let owned = self.pool.slots[self.slot as usize].list;
        if from != SGL || pointer == 0 {
            return Ok(if owned.is_some() { Freed::LeftBehind } else { Freed::Nothing });
        }
        if owned != Some(PoolList { address: pointer, entries }) {
            return Err(Fault {
                kind: TrapKind::ForeignFree,
                access: Access::Write,
                object: "scatterlist",
                field: "",
                address: Some(pointer),
                bytes: entries.min(CHUNK) * self.pool.layout.profile.scatterlist_size,
            });
        }
        self.pool.slots[self.slot as usize].list = None;
        self.pool.store(who, header + SGL, &[0; POINTER], found);
        if matches!(self.pool.layout.midlayer, Midlayer::V5_3 | Midlayer::V5_7) {
            self.pool.store(who, header + ORIG_NENTS, &[0; 4], found);
        }
        Ok(Freed::PoolList)
    }

    /// The next use of an allocated request by the kernel: insertion, dispatch, completion, time-out.
    ///
    /// # Errors
    ///
    /// A pointer that allocation stored is null now, because the slot before cleared it (midlayer.md 11.2 rule 3).
    pub fn check_use(&self) -> Result<(), Fault> {
        let Some(slot) = self.pool.slots.get(self.slot as usize).filter(|slot| slot.state != SlotState::Idle) else {
            return Ok(());
        };
        let null = |pointer: &[u8]| pointer.iter().all(|byte| *byte == 0);
        for member in self.pool.members.iter().filter(|member| member.followed) {
            let bytes = &slot.bytes[member.offset as usize..][..member.size as usize];
            if bytes.chunks(POINTER).any(null) {
                return Err(Fault {
                    kind: TrapKind::NullAccess,
                    access: Access::Read,
                    object: "request",
                    field: member.name,
                    address: None,
                    bytes: POINTER as u32,
                });
            }
        }
        Ok(())
    }

    /// State of the request.
    pub fn state(&self) -> SlotState {
        self.pool.slots.get(self.slot as usize).map_or(SlotState::Idle, |slot| slot.state)
    }

    /// The bytes of the slot. Bytes after it that belong to nobody are included for the last slot of a block, as far as
    /// protection data reaches.
    pub fn bytes(&mut self) -> &[u8] {
        self.pool.materialise(self.slot);
        &self.pool.slots[self.slot as usize].bytes
    }

    fn who(&self, op: MemoryOp) -> Who {
        Who { op, slot: self.slot }
    }

    fn encode(&self, value: u64, into: &mut [u8]) {
        encode(self.pool.layout.profile.endianness, value, into);
    }

    /// Address of the inline list: the first byte after the header.
    fn inline_list(&self, header: u32) -> u64 {
        self.pool.address(self.slot) + u64::from(header + HEADER)
    }

    /// An entry as mapping leaves it: page and end mark, offset, length of 8 bytes; the rest cleared.
    fn entry(&self) -> [u8; ENTRY] {
        const END: u64 = 2;
        let mut entry = [0; ENTRY];
        let page = self.pool.memory() + 0x0800_0000 + (u64::from(self.slot) << 6);
        self.encode(page | END, &mut entry[..POINTER]);
        self.encode(0x200, &mut entry[8..12]);
        self.encode(8, &mut entry[12..16]);
        entry
    }

    fn list(&mut self, header: u32, pointer: u64) -> List {
        let owned = self.pool.slots[self.slot as usize].list;
        if pointer == 0 {
            List::Null
        } else if pointer == self.inline_list(header) {
            let entry = self.entry();
            let stored = self.pool.load_bytes::<ENTRY_READ>(self.slot, header + HEADER);
            List::Inline { intact: stored == entry[..ENTRY_READ] }
        } else if owned.is_some_and(|list| list.address == pointer) {
            List::Pool
        } else {
            List::Foreign(pointer)
        }
    }

    /// The header's list pointer is about to be stored over.
    fn owned_list_is_lost(&mut self) {
        self.pool.materialise(self.slot);
        self.pool.slots[self.slot as usize].list = None;
    }
}
