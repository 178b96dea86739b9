//! Request memory: the worked examples of midlayer.md 11.3 and 11.4, overlap, stale counts, repair, allocation.

use regdiff_kernel::memory::{
    Fault, Freed, HostNow, List, Mapped, RawViolation, RequestLayout, RequestPool, SlotIndex,
};
use regdiff_observation::{Access, MemoryOp, Region, RequestObject, SlotState, TrapKind};
use regdiff_scenario::{Layout, Midlayer};

/// A host that says `cap`, with zfcp's list size.
fn host(cap: u32) -> HostNow {
    HostNow { sg_tablesize: 538, cap, always_reserve: false }
}

/// Requests sized with `size` and created with `pointer` as the mask.
fn pool(of: Layout, midlayer: Midlayer, kind: RequestObject, size: u32, pointer: u32) -> RequestPool {
    let layout = RequestLayout::at_size(of.profile(), midlayer, host(size));
    match kind {
        RequestObject::DriverTag => RequestPool::new(layout, kind, 4096, host(pointer), u32::MAX).unwrap(),
        RequestObject::SchedulerTag => RequestPool::new(layout, kind, 256, host(pointer), u32::MAX).unwrap(),
        RequestObject::Flush => RequestPool::flush(layout, host(pointer)),
    }
}

/// Scheduler requests of an eager host: sized with mask 0, created with mask 1.
fn eager(of: Layout, midlayer: Midlayer) -> RequestPool {
    pool(of, midlayer, RequestObject::SchedulerTag, 0, 1)
}

/// Runs as (offset, bytes, region).
fn runs(found: &[RawViolation]) -> Vec<(u32, u32, Region)> {
    found.iter().map(|v| (v.offset, v.bytes, v.region)).collect()
}

const NULL_HEADER: Fault = Fault {
    kind: TrapKind::NullAccess,
    access: Access::Write,
    object: "scsi_cmnd",
    field: "prot_sdb",
    address: Some(0),
    bytes: 24,
};

#[test]
fn example_1_the_seed() {
    let (seed, v) = (Layout::Seed56Rc2DebugS390x, Midlayer::V5_7);
    let mut found = Vec::new();

    let mut driver = pool(seed, v, RequestObject::DriverTag, 0, 0);
    assert_eq!((driver.layout().cmd_size, driver.layout().payload(), driver.layout().slot()), (568, 856, 1024));
    assert!(driver.packing().blocks().iter().all(|b| b.slots == 64 && b.bytes == 64 * 1024));
    let inquiry = driver.allocate().unwrap();
    assert_eq!(driver.request(inquiry).touch(1, &mut found), Err(NULL_HEADER));
    assert!(found.is_empty(), "the oops, and nothing before it");

    let mut scheduler = eager(seed, v);
    assert_eq!(scheduler.header(), Some(856));
    let inquiry = scheduler.allocate().unwrap();
    scheduler.request(inquiry).touch(1, &mut found).unwrap();
    assert_eq!(
        found,
        [RawViolation {
            op: MemoryOp::W1,
            access: Access::Write,
            object: RequestObject::SchedulerTag,
            slot: 0,
            offset: 856,
            bytes: 24,
            region: Region::Slack,
            members: vec![],
            victim: None,
        }]
    );
}

#[test]
fn example_2_a_crossing_store() {
    let (amd64, v) = (Layout::Debian61Amd64, Midlayer::V6_1);
    let mut scheduler = eager(amd64, v);
    assert_eq!((scheduler.layout().cmd_size, scheduler.layout().payload(), scheduler.layout().slot()), (360, 632, 640));
    let mut found = Vec::new();
    let first = scheduler.allocate().unwrap();
    scheduler.request(first).touch(1, &mut found).unwrap();
    assert_eq!(runs(&found), [(632, 8, Region::Slack), (640, 16, Region::Neighbour)]);
    assert_eq!(found[1].members, ["q", "mq_ctx"]);
    assert_eq!(found[1].victim, Some(SlotState::Idle));

    found.clear();
    assert_eq!(scheduler.request(first).map_integrity(1, &mut found), Mapped::One(List::Inline { intact: true }));
    let stores: Vec<_> = found.iter().filter(|v| v.access == Access::Write).cloned().collect();
    assert_eq!(runs(&stores), [(640, 8, Region::Neighbour), (656, 32, Region::Neighbour)]);
    assert_eq!(stores[0].members, ["q"]);
    let reached = ["mq_hctx", "cmd_flags", "rq_flags", "tag", "internal_tag", "timeout", "__data_len"];
    assert_eq!(stores[1].members, reached);
    assert_eq!(stores[1].offset + stores[1].bytes, 688);

    assert_eq!(scheduler.packing().blocks()[0].slots, 102);
    let last = (1..102).map(|_| scheduler.allocate().unwrap()).last().unwrap();
    found.clear();
    scheduler.request(last).touch(1, &mut found).unwrap();
    assert_eq!(runs(&found), [(632, 8, Region::Slack), (640, 16, Region::BlockTail)]);
    assert_eq!(found[1].victim, None);

    let mut roomy = pool(amd64, v, RequestObject::SchedulerTag, 1, 1);
    assert_eq!((roomy.layout().cmd_size, roomy.layout().payload(), roomy.layout().slot()), (416, 688, 704));
    found.clear();
    let slot = roomy.allocate().unwrap();
    roomy.request(slot).touch(1, &mut found).unwrap();
    roomy.request(slot).map_integrity(1, &mut found);
    assert!(found.is_empty());
}

#[test]
fn the_neighbours_pointer_is_read_as_counts() {
    // Both have 8 bytes of slack: the list pointer is spared, the counts are the neighbour's q.
    let cases = [(Layout::Linux5714S390x, Midlayer::V5_7, 0, 768), (Layout::Debian61Amd64, Midlayer::V6_1, 4, 640)];
    for (of, v, low_half_at, slot_size) in cases {
        let mut pool = eager(of, v);
        let mut found = Vec::new();
        let this = pool.allocate().unwrap();
        pool.request(this).touch(1, &mut found).unwrap();
        let neighbour = pool.allocate().unwrap();
        let q: [u8; 8] = pool.request(neighbour).bytes()[..8].try_into().unwrap();

        found.clear();
        let count = pool.request(this).count(&mut found);
        let halves: [u32; 2] = match low_half_at {
            0 => [0, 4].map(|at| u32::from_be_bytes(q[at..at + 4].try_into().unwrap())),
            _ => [0, 4].map(|at| u32::from_le_bytes(q[at..at + 4].try_into().unwrap())),
        };
        assert_eq!(count, halves[0], "big: the high half; little: the low half");
        assert!(halves[0] != 0 && halves[1] > 1);
        assert_eq!(runs(&found), [(slot_size, 4, Region::Neighbour)]);
        assert_eq!((found[0].op, found[0].victim), (MemoryOp::R1, Some(SlotState::Allocated)));

        found.clear();
        let fault = pool.request(this).free(&mut found).unwrap_err();
        assert_eq!((fault.kind, fault.object), (TrapKind::ForeignFree, "scatterlist"));
        assert_eq!(runs(&found), [(slot_size - 8, 8, Region::Slack), (slot_size, 8, Region::Neighbour)]);
    }
}

#[test]
fn an_allocated_neighbour_loses_its_pointer_and_an_idle_one_heals() {
    for (of, v) in [(Layout::Linux5714S390x, Midlayer::V5_7), (Layout::Linux531S390x, Midlayer::V5_3)] {
        let mut pool = eager(of, v);
        let mut found = Vec::new();
        let (this, neighbour) = (pool.allocate().unwrap(), pool.allocate().unwrap());
        pool.start(neighbour);
        pool.request(neighbour).check_use().unwrap();
        pool.request(this).touch(1, &mut found).unwrap();
        assert_eq!(found.last().unwrap().victim, Some(SlotState::InFlight));
        let fault = pool.request(neighbour).check_use().unwrap_err();
        assert_eq!((fault.kind, fault.object, fault.field), (TrapKind::NullAccess, "request", "q"));
        pool.request(this).check_use().unwrap();

        pool.release(neighbour);
        pool.request(neighbour).check_use().unwrap();
        pool.request(this).touch(1, &mut found).unwrap();
        assert_eq!(found.last().unwrap().victim, Some(SlotState::Idle));
        assert_eq!(pool.allocate(), Some(neighbour));
        pool.request(neighbour).check_use().unwrap();
    }
}

#[test]
fn allocation_of_the_neighbour_ruins_an_inline_entry() {
    // 8 bytes of slack: the entry lies in mq_hctx up to the hole after __data_len.
    let mut pool = eager(Layout::Linux5714S390x, Midlayer::V5_7);
    let mut found = Vec::new();
    let this = pool.allocate().unwrap();
    pool.request(this).touch(1, &mut found).unwrap();
    pool.request(this).map_integrity(1, &mut found);
    assert_eq!(found.last().unwrap().members.last(), Some(&"(hole)"));
    assert_eq!(pool.request(this).send(&mut found).list, List::Inline { intact: true });

    let neighbour = SlotIndex(1);
    let before = pool.request(neighbour).bytes().to_vec();
    assert_eq!(before[..8], [0, 0, 0, 1, 0, 0, 0, 1], "q holds the counts");
    assert_eq!(pool.allocate(), Some(neighbour));
    let after = pool.request(neighbour).bytes().to_vec();
    assert!(after[..44].chunks(4).all(|word| word.iter().any(|b| *b != 0)), "all members are written");
    assert_eq!(before[44..48], after[44..48], "the hole is not");
    assert_eq!(pool.request(this).send(&mut found).list, List::Inline { intact: false });
}

#[test]
fn counts_go_stale_when_the_mask_becomes_0() {
    for v in [Midlayer::V5_3, Midlayer::V6_12] {
        let mut pool = pool(Layout::Linux5714S390x, v, RequestObject::DriverTag, 1, 1);
        let mut found = Vec::new();
        let slot = pool.allocate().unwrap();
        pool.request(slot).touch(1, &mut found).unwrap();
        assert_eq!(pool.request(slot).map_integrity(3, &mut found), Mapped::Pool);
        let sent = pool.request(slot).send(&mut found);
        assert_eq!((sent.count, sent.list), (3, List::Pool));
        assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::PoolList));
        pool.release(slot);

        assert_eq!(pool.allocate(), Some(slot));
        pool.request(slot).touch(0, &mut found).unwrap();
        assert_eq!(pool.request(slot).count(&mut found), 3, "of the last command, for ever");
        assert_eq!(pool.request(slot).send(&mut found).list, List::Null);
        assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::Nothing), "not twice");

        pool.request(slot).touch(1, &mut found).unwrap();
        assert_eq!(pool.request(slot).count(&mut found), 0, "TOUCH clears it");
        pool.request(slot).map_integrity(1, &mut found);
        assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::Nothing), "an inline entry is never freed");
        assert_eq!(pool.request(slot).count(&mut found), 1);
        assert!(found.is_empty(), "all of it inside the payload");
    }
}

#[test]
fn without_touch_one_segment_takes_a_list_that_nobody_frees() {
    let mut pool = pool(Layout::Linux5714S390x, Midlayer::V5_7, RequestObject::SchedulerTag, 1, 1);
    let mut found = Vec::new();
    let slot = pool.allocate().unwrap();
    assert_eq!(pool.request(slot).map_integrity(1, &mut found), Mapped::Pool, "the list pointer was null");
    assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::LeftBehind));
    assert_eq!(pool.request(slot).map_integrity(1, &mut found), Mapped::One(List::Pool), "it is used again");
    pool.request(slot).touch(1, &mut found).unwrap();
    assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::Nothing), "the pointer is gone: leaked");
}

#[test]
fn an_object_of_mask_0_keeps_its_null_header() {
    // SIZE made room, POINTER did not: the mask was 0 between.
    let mut pool = pool(Layout::Debian612S390x, Midlayer::V6_12, RequestObject::Flush, 1, 0);
    let mut found = Vec::new();
    let slot = pool.allocate().unwrap();
    assert_eq!(pool.allocate(), None);
    pool.request(slot).touch(0, &mut found).unwrap();
    assert_eq!(pool.request(slot).map_integrity(1, &mut found), Mapped::NoHeader);
    assert_eq!(pool.request(slot).count(&mut found), 0);
    assert_eq!(pool.request(slot).send(&mut found).list, List::Null);
    assert_eq!(pool.request(slot).free(&mut found), Ok(Freed::Nothing));
    assert_eq!(pool.request(slot).touch(1, &mut found), Err(NULL_HEADER));
    assert!(found.is_empty());
}

#[test]
fn the_switch_takes_the_defect_out() {
    for of in Layout::ALL {
        let now = HostNow { always_reserve: true, ..host(0) };
        let layout = RequestLayout::at_size(of.profile(), Midlayer::V5_7, now);
        let mut pool = RequestPool::new(layout, RequestObject::DriverTag, 64, now, u32::MAX).unwrap();
        let mut found = Vec::new();
        let slot = pool.allocate().unwrap();
        pool.request(slot).touch(1, &mut found).unwrap();
        pool.request(slot).map_integrity(1, &mut found);
        assert!(found.is_empty());
    }
}

#[test]
fn the_lowest_idle_slot_is_allocated() {
    let mut pool = pool(Layout::Debian612S390x, Midlayer::V6_12, RequestObject::SchedulerTag, 1, 1);
    let slots: Vec<_> = std::iter::from_fn(|| pool.allocate()).collect();
    assert_eq!(slots.len(), 256);
    assert!(slots.iter().enumerate().all(|(index, slot)| slot.0 as usize == index));
    assert_eq!(pool.busy(), 256);
    pool.release(SlotIndex(200));
    pool.release(SlotIndex(7));
    assert_eq!(pool.allocate(), Some(SlotIndex(7)));
    pool.limit(100);
    assert_eq!(pool.allocate(), None, "nr_requests limits use");
    pool.limit(1000);
    assert_eq!(pool.allocate(), Some(SlotIndex(200)));
    assert_eq!(pool.allocate(), None);
    pool.start(SlotIndex(3));
    assert_eq!(pool.state(SlotIndex(3)), SlotState::InFlight);
    pool.requeue(SlotIndex(3));
    assert_eq!(pool.state(SlotIndex(3)), SlotState::Allocated);
}
