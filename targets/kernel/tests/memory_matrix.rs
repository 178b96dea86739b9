//! Request memory: every profile, mask at SIZE, POINTER and TOUCH, kind of command, kind of object and position, against
//! a second computation that labels single bytes and knows nothing of the library's arithmetic.

use std::collections::BTreeSet;

use regdiff_kernel::memory::{Freed, HostNow, List, Mapped, RawViolation, RequestLayout, RequestPool, SlotIndex};
use regdiff_observation::{Access, MemoryOp, Region, RequestObject, SlotState};
use regdiff_scenario::{Layout, Midlayer, Profile};

/// Which midlayer the kernel of a profile has.
fn midlayer(profile: &Profile) -> Midlayer {
    match profile.kernel_version.get(..3) {
        Some("5.3") => Midlayer::V5_3,
        Some("6.1") if profile.name.contains("6.12") => Midlayer::V6_12,
        Some("6.1") => Midlayer::V6_1,
        _ => Midlayer::V5_7,
    }
}

/// One point of the matrix.
#[derive(Clone, Copy, Debug)]
struct Case {
    of: Layout,
    size: u32,
    pointer: u32,
    touch: u32,
    /// Integrity segments; 0: passthrough.
    segments: u32,
    object: RequestObject,
    last: bool,
}

impl Case {
    fn all() -> Vec<Case> {
        let objects = [
            (RequestObject::DriverTag, false),
            (RequestObject::DriverTag, true),
            (RequestObject::SchedulerTag, false),
            (RequestObject::SchedulerTag, true),
            (RequestObject::Flush, true),
        ];
        let mut all = Vec::new();
        for of in Layout::ALL.iter().copied() {
            for bits in 0..8 {
                for segments in [0, 1, 3] {
                    for (object, last) in objects {
                        let [size, pointer, touch] = [bits & 1, bits >> 1 & 1, bits >> 2];
                        all.push(Case { of, size, pointer, touch, segments, object, last });
                    }
                }
            }
        }
        all
    }

    fn pool(&self) -> RequestPool {
        let host = |cap| HostNow { sg_tablesize: 538, cap, always_reserve: false };
        let profile = self.of.profile();
        let layout = RequestLayout::at_size(profile, midlayer(profile), host(self.size));
        match self.object {
            RequestObject::Flush => RequestPool::flush(layout, host(self.pointer)),
            kind => {
                let depth = if kind == RequestObject::DriverTag { 4096 } else { 256 };
                RequestPool::new(layout, kind, depth, host(self.pointer), u32::MAX).unwrap()
            }
        }
    }
}

/// A byte outside the payload that an operation accesses.
type Byte = (MemoryOp, Access, u32, Region);

/// The second computation.
struct Naive {
    payload: u32,
    slot: u32,
    block: u32,
    per_block: u32,
    index: u32,
    header: u32,
}

/// Bytes of an entry of a scatterlist. User-Mode Linux maps nothing for DMA, and needs no length for that.
fn entry(profile: &Profile) -> u32 {
    if profile.arch == "um-x86_64" { 24 } else { 32 }
}

impl Naive {
    fn new(case: &Case) -> Self {
        let p = case.of.profile();
        let header = p.request_size + p.scsi_cmnd_size + 2 * entry(p);
        let payload = if case.size != 0 { header + 24 + entry(p) } else { header };
        let mut slot = payload;
        while slot % p.cache_line != 0 {
            slot += 1;
        }
        let (block, per_block) = match case.object {
            RequestObject::Flush => ([512, 1024, 2048].into_iter().find(|bucket| *bucket >= slot).unwrap(), 1),
            _ => (65536, 65536 / slot),
        };
        Self { payload, slot, block, per_block, index: if case.last { per_block - 1 } else { 0 }, header }
    }

    /// Labels one byte, by its place in the block.
    fn label(&self, offset: u32, rest: Region) -> Option<Region> {
        let place = self.index * self.slot + offset;
        match () {
            () if offset < self.payload => None,
            () if offset < self.slot => Some(Region::Slack),
            () if place < self.per_block * self.slot => Some(Region::Neighbour),
            () if place < self.block => Some(rest),
            () => Some(Region::Beyond),
        }
    }

    /// All bytes outside the payload, from the table of midlayer.md 8.4.
    fn expected(&self, case: &Case) -> BTreeSet<Byte> {
        use Access::{Read, Write};
        use MemoryOp::{R1, R2, R3, W1, W2, W3};
        let old = matches!(midlayer(case.of.profile()), Midlayer::V5_3 | Midlayer::V5_7);
        let mut table = Vec::new();
        if case.touch != 0 {
            table.push((W1, Write, 0..24));
        }
        match (case.segments, case.touch) {
            (0, _) => {}
            (1, 1) => {
                table.extend([(W2, Read, 0..8), (W2, Write, 8..16), (W2, Write, 24..24 + entry(case.of.profile()))])
            }
            _ => table.extend([(W3, Read, 0..8), (W3, Write, 0..16)]),
        }
        if case.segments > 0 {
            table.extend([(R1, Read, 8..12), (R2, Read, 8..12), (R2, Read, 0..8)]);
            if (case.segments, case.touch) == (1, 1) {
                table.push((R2, Read, 24..40));
            }
        }
        table.push((R3, Read, 8..12));
        if case.segments > 0 {
            table.push((R3, Read, 12..16));
        }
        if case.segments > 1 {
            table.extend([(R3, Read, 0..8), (R3, Write, 0..8)]);
            if old {
                table.push((R3, Write, 12..16));
            }
        }
        let rest = if case.object == RequestObject::Flush { Region::BucketRest } else { Region::BlockTail };
        let mut bytes = BTreeSet::new();
        for (op, access, range) in table {
            for at in range {
                let offset = self.header + at;
                if let Some(region) = self.label(offset, rest) {
                    bytes.insert((op, access, offset, region));
                }
            }
        }
        bytes
    }
}

/// The violations byte by byte; none may be named twice, and no run may be two.
fn bytes_of(found: &[RawViolation]) -> BTreeSet<Byte> {
    let mut bytes = BTreeSet::new();
    for v in found {
        for offset in v.offset..v.offset + v.bytes {
            assert!(bytes.insert((v.op, v.access, offset, v.region)), "byte {offset} twice in {found:?}");
        }
        let continues =
            |w: &RawViolation| (w.op, w.access, w.region, w.offset) == (v.op, v.access, v.region, v.offset + v.bytes);
        assert!(!found.iter().any(continues), "a run in two pieces: {found:?}");
    }
    bytes
}

/// Runs one command through the operations; the slot and what was found.
fn run(case: &Case, pool: &mut RequestPool, slot: SlotIndex) -> Vec<RawViolation> {
    let mut found = Vec::new();
    let mut request = pool.request(slot);
    request.touch(case.touch, &mut found).unwrap();
    if case.segments > 0 {
        let inline = case.segments == 1 && case.touch != 0;
        let (mapped, list) = if inline {
            (Mapped::One(List::Inline { intact: true }), List::Inline { intact: true })
        } else {
            (Mapped::Pool, List::Pool)
        };
        assert_eq!(request.map_integrity(case.segments, &mut found), mapped);
        assert_eq!(request.count(&mut found), case.segments);
        let sent = request.send(&mut found);
        assert_eq!((sent.count, sent.list), (case.segments, list));
    }
    let freed = match (case.segments, case.touch) {
        (3, _) => Freed::PoolList,
        (1, 0) => Freed::LeftBehind,
        _ => Freed::Nothing,
    };
    assert_eq!(request.free(&mut found), Ok(freed));
    found
}

#[test]
fn every_case_agrees_with_the_second_computation() {
    let (mut clean, mut dirty, mut null) = (0, 0, 0);
    for case in Case::all() {
        let naive = Naive::new(&case);
        let mut pool = case.pool();
        assert_eq!((pool.layout().payload(), pool.layout().slot()), (naive.payload, naive.slot), "{case:?}");
        assert_eq!(pool.header(), (case.pointer != 0).then_some(naive.header));
        let slot = (0..=naive.index).map(|_| pool.allocate().unwrap()).last().unwrap();
        assert_eq!(slot.0, naive.index);

        if case.pointer == 0 {
            let mut found = Vec::new();
            let touched = pool.request(slot).touch(case.touch, &mut found);
            assert_eq!(touched.is_err(), case.touch != 0, "{case:?}");
            let mut request = pool.request(slot);
            assert_eq!(request.map_integrity(case.segments, &mut found), Mapped::NoHeader);
            assert_eq!((request.count(&mut found), request.free(&mut found)), (0, Ok(Freed::Nothing)));
            assert!(found.is_empty());
            null += 1;
            continue;
        }
        let found = run(&case, &mut pool, slot);
        assert_eq!(bytes_of(&found), naive.expected(&case), "{case:?}");
        assert!(found.iter().all(|v| v.slot == slot.0 && v.object == case.object));
        assert!(found.iter().all(|v| (v.region == Region::Neighbour) == (v.victim == Some(SlotState::Idle))));
        if case.size != 0 {
            assert!(found.is_empty(), "{case:?}");
            clean += 1;
        } else {
            assert!(!found.is_empty(), "the whole header lies outside: {case:?}");
            dirty += 1;
        }
    }
    assert_eq!((clean, dirty, null), (390, 390, 780));
}

#[test]
fn stores_change_what_they_say_and_nothing_else() {
    for case in Case::all().into_iter().filter(|c| c.pointer != 0 && c.touch != 0 && !c.last) {
        let (naive, profile) = (Naive::new(&case), case.of.profile());
        let mut pool = case.pool();
        let (slot, neighbour) = (pool.allocate().unwrap(), pool.allocate().unwrap());
        let image = |pool: &mut RequestPool| {
            let mut image = pool.request(slot).bytes().to_vec();
            image.extend_from_slice(pool.request(neighbour).bytes());
            image
        };
        let number = |bytes: &[u8]| match profile.arch.as_str() {
            "s390x" => u64::from_be_bytes(bytes.try_into().unwrap()),
            _ => u64::from_le_bytes(bytes.try_into().unwrap()),
        };
        let before = image(&mut pool);
        let mut found = Vec::new();
        pool.request(slot).touch(1, &mut found).unwrap();
        if case.segments > 0 {
            pool.request(slot).map_integrity(case.segments, &mut found);
        }
        let after = image(&mut pool);
        let header = naive.header as usize;
        let end = header + if case.segments == 1 { 24 + entry(profile) as usize } else { 24 };
        for at in 0..before.len() {
            assert!((header..end).contains(&at) || before[at] == after[at], "byte {at} of {case:?}");
        }
        let prot_sdb = (profile.request_size + profile.prot_sdb_offset) as usize;
        let own = number(&after[prot_sdb..prot_sdb + 8]);
        let list = number(&after[header..header + 8]);
        assert_eq!(list == own + 24, case.segments != 3, "the list is the first byte after the header");
        assert_eq!(after[header + 16..header + 24], [0; 8]);
        let counts = number(&after[header + 8..header + 16]);
        assert_eq!(counts, u64::from(case.segments) << 32 | u64::from(case.segments));
    }
}

#[test]
fn the_header_is_as_the_specification_says_in_every_profile() {
    for of in Layout::ALL {
        let p = of.profile();
        let member = |name: &str| {
            let m = p.scsi_data_buffer_members.iter().find(|m| m.name == name).unwrap();
            (m.offset, m.size)
        };
        assert_eq!([member("table.sgl"), member("table.nents"), member("table.orig_nents")], [(0, 8), (8, 4), (12, 4)]);
        assert_eq!((p.scsi_data_buffer_size, p.scatterlist_size, p.inline_prot_sg_count), (24, entry(p), 1));
        for name in ["q", "mq_ctx", "mq_hctx", "queuelist"] {
            let found = p.next_request_first_members.iter().find(|m| m.name == name);
            assert!(found.is_some_and(|m| m.size % 8 == 0), "{name} is a pointer or a list head");
        }
    }
}
