//! Request memory: a slot's bytes come into being when it is first touched, and that changes none of them. A random walk
//! over two pools, one of them materialised from the start.

use regdiff_kernel::memory::{HostNow, RawViolation, RequestLayout, RequestPool, SlotIndex};
use regdiff_observation::RequestObject;
use regdiff_scenario::{Layout, Midlayer};

/// Slots that the walk may name; more are reached by allocation.
const NAMED: u32 = 8;

/// Scheduler requests of an eager host.
fn pool(of: Layout) -> RequestPool {
    let host = |cap| HostNow { sg_tablesize: 538, cap, always_reserve: false };
    let layout = RequestLayout::at_size(of.profile(), Midlayer::V5_7, host(0));
    RequestPool::new(layout, RequestObject::SchedulerTag, 256, host(1), u32::MAX).unwrap()
}

/// One step; what it said and what it found.
fn step(pool: &mut RequestPool, random: u32) -> (String, Vec<RawViolation>) {
    let (slot, cap) = (SlotIndex((random >> 20) % NAMED), random >> 19 & 1);
    let mut found = Vec::new();
    let said = match random >> 28 {
        0..=3 => format!("{:?}", pool.allocate()),
        4..=5 => format!("{:?}", pool.release(slot)),
        6 => format!("{:?}", pool.start(slot)),
        7..=8 => format!("{:?}", pool.request(slot).touch(cap, &mut found)),
        9..=10 => format!("{:?}", pool.request(slot).map_integrity(1 + cap * 2, &mut found)),
        11 => format!("{:?}", pool.request(slot).count(&mut found)),
        12 => format!("{:?}", pool.request(slot).send(&mut found)),
        13 => format!("{:?}", pool.request(slot).check_use()),
        _ => format!("{:?}", pool.request(slot).free(&mut found)),
    };
    (said, found)
}

#[test]
fn laziness_changes_no_byte() {
    for of in Layout::ALL.iter().copied() {
        let (mut lazy, mut ready) = (pool(of), pool(of));
        for slot in 0..256 {
            ready.request(SlotIndex(slot)).bytes();
        }
        let (mut random, mut foreign, mut null) = (0x9e37_79b9_u32, false, false);
        for _ in 0..2000 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (one, other) = (step(&mut lazy, random), step(&mut ready, random));
            assert_eq!(one, other);
            foreign |= one.0.contains("ForeignFree");
            null |= one.0.contains("NullAccess");
        }
        for slot in 0..256 {
            let slot = SlotIndex(slot);
            assert_eq!(lazy.request(slot).bytes(), ready.request(slot).bytes(), "{slot:?}");
        }
        let slack = lazy.layout().slot() - lazy.layout().payload();
        assert_eq!(foreign, slack < 16, "{of:?}: only counts over a neighbour's pointer are nonsense");
        assert_eq!(null, slack < 48, "{of:?}: only a store that reaches a pointer of the neighbour clears it");
    }
}
