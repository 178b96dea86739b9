//! The host's tag set: requests preallocated when the host is added (midlayer.md 6.1 to 6.5).

use regdiff_observation::{Note, RequestObject};

use super::host::ScsiHost;
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
