//! The host's tag set: requests preallocated when the host is added (midlayer.md 6.1 to 6.5).

use std::rc::Rc;

use regdiff_observation::{Note, RequestObject};

use super::device::ScsiDevice;
use super::host::ScsiHost;
use super::queue::RequestQueue;
use crate::MidlayerFault;
use crate::memory::{HostNow, RequestLayout, RequestPool};

/// The driver tags of a host.
pub(crate) struct TagSet {
    /// SIZE: how large every request of this host is, for ever.
    pub(crate) layout: RequestLayout,
    /// Driver tags.
    pub(crate) pool: RequestPool,
    /// How many requests.
    pub(crate) depth: u32,
}

/// Driver tags of a crash-dump kernel (midlayer.md 6.2).
const CRASH_DUMP_DEPTH: u32 = 64;
/// More requests than this are refused (midlayer.md 6.2).
const MAX_DEPTH: u32 = 10_240;

impl TagSet {
    /// scsi_mq_setup_tags: SIZE and, for the driver tags, POINTER.
    pub(crate) fn new(host: &ScsiHost) -> Self {
        let kernel = &host.kernel;
        let now = host.now();
        let mask = if kernel.slips(MidlayerFault::SizeWithoutMask) { 0 } else { now.cap };
        let at_size = HostNow { cap: mask, ..now };
        let layout = RequestLayout::at_size(kernel.profile, kernel.scenario.kernel.midlayer, at_size);
        let mut depth = host.can_queue.get().min(MAX_DEPTH);
        if kernel.scenario.kernel.crash_dump {
            depth = depth.min(CRASH_DUMP_DEPTH);
        }
        let pool = RequestPool::new(layout, RequestObject::DriverTag, depth, now, u32::MAX)
            .expect("a whole block of pages is always to be had");
        kernel.note(|| Note::Size {
            device: host.device,
            mask: now.cap,
            payload: layout.payload(),
            slot: layout.slot(),
            requests: depth,
        });
        host.note_pointer(&pool);
        Self { layout, pool, depth }
    }
}

impl ScsiHost {
    /// What the three clocks read: the protection mask and the limit, at this moment.
    pub(crate) fn now(&self) -> HostNow {
        HostNow {
            cap: self.prot_capabilities.get(),
            sg_tablesize: self.sg_tablesize.get(),
            always_reserve: self.kernel.switches.protection_space_always_reserved,
        }
    }

    /// POINTER was evaluated for a pool.
    pub(crate) fn note_pointer(&self, pool: &RequestPool) {
        self.kernel.note(|| Note::Pointer {
            device: self.device,
            object: pool.kind(),
            mask: self.prot_capabilities.get(),
            header: pool.header(),
            payload: pool.layout().payload(),
            slot: pool.layout().slot(),
        });
    }

    /// blk_mq_add_queue_tag_set: a queue is about to be one of those that share the driver tags. The second one makes the first a
    /// sharer too, which takes a freeze: a device that comes waits for every request of the one that is there. midlayer.md 6 has
    /// nothing of that; it leaves out tags that hardware queues share, which is something else.
    pub(crate) async fn join_tag_set(&self) {
        let _guard = self.tag_list_lock.lock(&self.kernel).await;
        let sharers = self.sharers();
        if !sharers.is_empty() && !self.tags_shared.replace(true) {
            self.update_sharers(&sharers).await;
        }
    }

    /// blk_mq_del_queue_tag_set: a destroyed queue is none of the sharers any more. Of two the other one is frozen again.
    pub(crate) async fn leave_tag_set(&self, queue: &RequestQueue) {
        let _guard = self.tag_list_lock.lock(&self.kernel).await;
        queue.in_tag_set.set(false);
        let sharers = self.sharers();
        if sharers.len() == 1 {
            self.tags_shared.set(false);
            self.update_sharers(&sharers).await;
        }
    }

    fn sharers(&self) -> Vec<Rc<ScsiDevice>> {
        self.devices.borrow().iter().filter(|sdev| sdev.queue.in_tag_set.get()).cloned().collect()
    }

    /// blk_mq_update_tag_set_shared.
    async fn update_sharers(&self, sharers: &[Rc<ScsiDevice>]) {
        if !self.kernel.switches.real_turns {
            return;
        }
        let _frame = self.kernel.enter("blk_mq_update_tag_set_shared");
        for sdev in sharers {
            sdev.queue.freeze(&self.kernel).await;
            sdev.queue.unfreeze(self);
        }
    }

    /// Whoever waits for a request object looks again.
    pub(crate) fn tags_are_free(&self) {
        self.tags_released.set(self.tags_released.get() + 1);
        self.tags_changed.wake_all(&self.kernel);
    }

    /// How many driver tags there are; None before the host is added, and after.
    pub(crate) fn tag_set_depth(&self) -> Option<u32> {
        self.tag_set.borrow().as_ref().map(|t| t.depth)
    }

    /// Bytes of a request's driver part, as fixed when the host was added; None before.
    pub fn tag_set_cmd_size(&self) -> Option<u32> {
        self.tag_set.borrow().as_ref().map(|t| t.layout.cmd_size)
    }
}
