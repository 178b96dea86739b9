//! How static requests are packed into blocks of pages: `blk_mq_alloc_rqs` (midlayer.md 6.3).

use super::geometry::RequestLayout;

/// One run of contiguous pages with requests back to back from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Index of its first slot.
    pub first: u32,
    /// How many slots it holds.
    pub slots: u32,
    /// Its size in bytes; what the slots leave is the block tail.
    pub bytes: u32,
}

/// The blocks of one set of static requests, in placement order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    blocks: Vec<Block>,
}

impl Packing {
    /// Places `depth` requests; `None` if the memory cannot be had. Blocks of an order above `max_order_available` fail to be
    /// allocated (`u32::MAX`: all can be had), so that lower orders are tried and tails fall elsewhere.
    pub fn new(layout: &RequestLayout, depth: u32, max_order_available: u32) -> Option<Self> {
        let profile = layout.profile;
        let slot = u64::from(layout.slot());
        let size = |order: u32| u64::from(profile.page_size) << order;
        let mut blocks = Vec::new();
        let (mut placed, mut order) = (0, profile.max_order);
        while placed < depth {
            let remaining = slot * u64::from(depth - placed);
            while order > 0 && remaining < size(order - 1) {
                order -= 1;
            }
            let bytes = size(order.min(max_order_available));
            let slots = u32::try_from(bytes / slot).ok()?.min(depth - placed);
            if slots == 0 {
                return None;
            }
            blocks.push(Block { first: placed, slots, bytes: u32::try_from(bytes).ok()? });
            placed += slots;
        }
        Some(Self { blocks })
    }

    /// One heap object by itself.
    pub(super) fn single(block: Block) -> Self {
        Self { blocks: vec![block] }
    }

    /// The blocks, in placement order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Index of the block that holds `slot`, which must be placed.
    pub fn block_of(&self, slot: u32) -> usize {
        self.blocks.partition_point(|block| block.first <= slot) - 1
    }
}

#[cfg(test)]
mod tests {
    use regdiff_scenario::{Layout, Midlayer};

    use super::*;
    use crate::memory::HostNow;

    fn layout(of: Layout, cap: u32) -> RequestLayout {
        let now = HostNow { sg_tablesize: 538, cap, always_reserve: false };
        RequestLayout::at_size(of.profile(), Midlayer::V6_1, now)
    }

    #[test]
    fn the_seed_fills_its_blocks() {
        let packing = Packing::new(&layout(Layout::Seed56Rc2DebugS390x, 0), 4096, u32::MAX).unwrap();
        assert_eq!(packing.blocks().len(), 64);
        assert!(packing.blocks().iter().all(|b| b.slots == 64 && b.bytes == 65536));
        assert_eq!((packing.block_of(63), packing.block_of(64)), (0, 1));
    }

    #[test]
    fn the_last_blocks_shrink_with_what_is_missing() {
        // 256 slots of 640: 102 and 102 fill two blocks; 52 are missing, 33,280 bytes, more than half of a block; all fit.
        let amd64 = layout(Layout::Debian61Amd64, 0);
        let sizes = |depth| -> Vec<(u32, u32)> {
            Packing::new(&amd64, depth, u32::MAX).unwrap().blocks().iter().map(|b| (b.slots, b.bytes)).collect()
        };
        assert_eq!(sizes(256), [(102, 65536), (102, 65536), (52, 65536)]);
        // 51 missing: 32,640 bytes, less than half: one order lower.
        assert_eq!(sizes(255), [(102, 65536), (102, 65536), (51, 32768)]);
        assert_eq!(sizes(1), [(1, 4096)]);
    }

    #[test]
    fn without_high_orders_there_are_more_tails() {
        let amd64 = layout(Layout::Debian61Amd64, 0);
        let packing = Packing::new(&amd64, 14, 0).unwrap();
        assert_eq!(packing.blocks().iter().map(|b| b.slots).collect::<Vec<_>>(), [6, 6, 2]);
        assert_eq!(packing.blocks().iter().map(|b| b.first).collect::<Vec<_>>(), [0, 6, 12]);
    }

    #[test]
    fn a_slot_larger_than_every_block_cannot_be_placed() {
        let mut huge = layout(Layout::Debian61Amd64, 0);
        huge.cmd_size = 1 << 20;
        assert_eq!(Packing::new(&huge, 1, u32::MAX), None);
        huge.cmd_size = 5000;
        assert_eq!(Packing::new(&huge, 1, 0), None);
        assert!(Packing::new(&huge, 1, 1).is_some());
    }
}
