//! Laws of request memory, by proptest: whatever happens to requests, in whatever order.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use regdiff_kernel::memory::{
    HostNow, Mapped, Packing, RawViolation, RequestLayout, RequestPool, SlotIndex, heap_bucket,
};
use regdiff_observation::RequestObject;
use regdiff_scenario::{Layout, Midlayer};

/// What is done with one of the requests that are allocated.
#[derive(Clone, Debug)]
enum Act {
    Allocate,
    Touch(Index),
    Map(Index, u32),
    Send(Index),
    Free(Index),
    Release(Index),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Allocate),
        3 => any::<Index>().prop_map(Act::Touch),
        2 => (any::<Index>(), 1..200u32).prop_map(|(request, segments)| Act::Map(request, segments)),
        1 => any::<Index>().prop_map(Act::Send),
        2 => any::<Index>().prop_map(Act::Free),
        1 => any::<Index>().prop_map(Act::Release),
    ]
}

fn host() -> impl Strategy<Value = HostNow> {
    (1..1200u32, select(vec![0, 1, 16, 17])).prop_map(|(sg_tablesize, cap)| HostNow {
        sg_tablesize,
        cap,
        always_reserve: false,
    })
}

fn layout() -> impl Strategy<Value = (Layout, Midlayer)> {
    (select(Layout::ALL), select(Midlayer::ALL))
}

/// Plays acts on a pool as the midlayer does: what was freed is not freed again, only what was prepared is mapped and sent.
fn play(pool: &mut RequestPool, acts: &[Act], touch: u32) -> Result<Vec<RawViolation>, TestCaseError> {
    let mut found = Vec::new();
    // A request, and whether it is prepared.
    let mut allocated: Vec<(SlotIndex, bool)> = Vec::new();
    for act in acts {
        let fault = |fault| TestCaseError::fail(format!("{fault:?} at {act:?}"));
        match act {
            Act::Allocate => allocated.extend(pool.allocate().map(|slot| (slot, false))),
            _ if allocated.is_empty() => {}
            Act::Touch(request) => {
                let (slot, prepared) = request.get_mut(&mut allocated);
                if !*prepared {
                    pool.request(*slot).touch(touch, &mut found).map_err(fault)?;
                    *prepared = true;
                }
            }
            Act::Map(request, segments) => {
                let (slot, prepared) = *request.get(&allocated);
                if prepared && touch != 0 {
                    let mapped = pool.request(slot).map_integrity(*segments, &mut found);
                    prop_assert!(mapped != Mapped::NoHeader);
                    // One mapping a preparation.
                    pool.request(slot).free(&mut found).map_err(fault)?;
                }
            }
            Act::Send(request) => {
                let (slot, prepared) = *request.get(&allocated);
                if prepared {
                    pool.request(slot).send(&mut found);
                }
            }
            Act::Free(request) | Act::Release(request) => {
                let at = request.index(allocated.len());
                let (slot, prepared) = allocated.swap_remove(at);
                if prepared && touch != 0 {
                    pool.request(slot).free(&mut found).map_err(fault)?;
                }
                pool.release(slot);
            }
        }
        for (slot, _) in &allocated {
            pool.request(*slot).check_use().map_err(|fault| TestCaseError::fail(format!("{fault:?} after {act:?}")))?;
        }
    }
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The three clocks of midlayer.md 1 at one time: the kernel as it was meant.
    #[test]
    fn a_mask_that_never_changes_harms_nobody(
        (layout, midlayer) in layout(), host in host(), depth in 1..40u32, acts in proptest::collection::vec(act(), 0..60),
    ) {
        let size = RequestLayout::at_size(layout.profile(), midlayer, host);
        let pool = RequestPool::new(size, RequestObject::DriverTag, depth, host, u32::MAX);
        let found = play(&mut pool.expect("there is memory"), &acts, host.cap)?;
        prop_assert!(found.is_empty(), "{found:?}");
    }

    /// A mask that only ever loses bits leaves room that nobody uses.
    #[test]
    fn a_mask_that_is_lost_harms_nobody(
        (layout, midlayer) in layout(), host in host(), depth in 1..40u32, acts in proptest::collection::vec(act(), 0..60),
    ) {
        let size = RequestLayout::at_size(layout.profile(), midlayer, HostNow { cap: 1, ..host });
        let pool = RequestPool::new(size, RequestObject::SchedulerTag, depth, HostNow { cap: 1, ..host }, u32::MAX);
        let found = play(&mut pool.expect("there is memory"), &acts, 0)?;
        prop_assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn requests_that_are_allocated_are_different(depth in 1..64u32, releases in proptest::collection::vec(any::<Index>(), 0..64)) {
        let host = HostNow { sg_tablesize: 538, cap: 0, always_reserve: false };
        let layout = RequestLayout::at_size(Layout::ALL[0].profile(), Midlayer::V5_7, host);
        let mut pool = RequestPool::new(layout, RequestObject::DriverTag, depth, host, u32::MAX).expect("there is memory");
        let mut allocated = Vec::new();
        while let Some(slot) = pool.allocate() {
            prop_assert!(!allocated.contains(&slot) && slot.0 < depth);
            allocated.push(slot);
        }
        prop_assert_eq!(allocated.len(), depth as usize);
        for release in releases {
            let slot = *release.get(&allocated);
            pool.release(slot);
            prop_assert_eq!(pool.allocate(), Some(slot));
        }
        prop_assert_eq!(pool.busy(), depth as usize);
    }

    #[test]
    fn blocks_hold_every_request_once((layout, midlayer) in layout(), host in host(), depth in 1..5000u32, order in 0..6u32) {
        let layout = RequestLayout::at_size(layout.profile(), midlayer, host);
        prop_assert!(layout.slot() >= layout.payload() && layout.slot().is_multiple_of(layout.profile.cache_line));
        if let Some(packing) = Packing::new(&layout, depth, order) {
            let mut next = 0;
            for (index, block) in packing.blocks().iter().enumerate() {
                prop_assert_eq!(block.first, next);
                prop_assert!(block.slots * layout.slot() <= block.bytes);
                prop_assert_eq!(packing.block_of(block.first), index);
                prop_assert_eq!(packing.block_of(block.first + block.slots - 1), index);
                next += block.slots;
            }
            prop_assert_eq!(next, depth);
        }
    }

    #[test]
    fn the_heap_never_hands_out_less(size in 1..100_000u32, more in 0..1000u32) {
        prop_assert!(heap_bucket(size) >= size && heap_bucket(size) <= heap_bucket(size + more));
    }
}
