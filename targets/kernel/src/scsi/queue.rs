//! Request queues: their request objects, and which one carries a command (midlayer.md 6.4, 7).

use std::cell::{Cell, RefCell};

use regdiff_observation::Access;
use regdiff_scenario::{Elevator, ElevatorAttach, FailPoint, Midlayer};

use super::elevator::{scheduler_depth, scheduler_requests};
use super::flush::Flushes;
use super::host::ScsiHost;
use super::limits::queue_limits;
use crate::memory::{HostNow, RequestLayout, RequestPool, SlotIndex};
use crate::{Kernel, MidlayerFault, Sim, WaitQueue};

/// Which object carries a command, and which of its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Driver(SlotIndex),
    Scheduler(SlotIndex),
    Flush(SlotIndex),
}

/// The block layer's queue of one SCSI device.
pub struct RequestQueue {
    /// Segments of a request.
    pub max_segments: u32,
    /// Sectors of a request, as the hardware limits it.
    pub max_hw_sectors: u32,
    /// Integrity segments of a request.
    pub max_integrity_segments: u32,
    /// Requests that may be allocated at once.
    pub nr_requests: Cell<u32>,
    pub(crate) layout: RequestLayout,
    pub(crate) scheduler: RefCell<Option<RequestPool>>,
    flush: RefCell<RequestPool>,
    pub(crate) flushes: Flushes,
    in_use: Cell<u32>,
    frozen: Cell<bool>,
    dead: Cell<bool>,
    /// One of those that share the host's driver tags.
    pub(crate) in_tag_set: Cell<bool>,
    changed: WaitQueue,
}

impl RequestQueue {
    /// scsi_mq_alloc_queue: the queue of a new device (midlayer.md 4.3). None if that fails.
    pub(crate) async fn new(host: &ScsiHost) -> Sim<Option<Self>> {
        let kernel = &host.kernel;
        let profile = &kernel.scenario.kernel;
        // 6.12 brings the limits along; before it they are set on the finished queue.
        let early = if profile.midlayer >= Midlayer::V6_12 { Some(queue_limits(host)?) } else { None };
        let (layout, depth) = match &*host.tag_set.borrow() {
            Some(tags) => (tags.layout, tags.depth),
            None => return Err(kernel.null_access(Access::Read, "blk_mq_tag_set", "ops")),
        };
        let flush_layout = if kernel.slips(MidlayerFault::FlushWithoutProtection) {
            RequestLayout::at_size(layout.profile, layout.midlayer, HostNow { cap: 0, ..host.now() })
        } else {
            layout
        };
        let flush = RequestPool::flush(flush_layout, host.now());
        host.note_pointer(&flush);
        let flush = RefCell::new(flush);
        let mut scheduler = None;
        let mut nr_requests = depth;
        if profile.elevator_attach == ElevatorAttach::AtQueueAlloc && profile.elevator == Elevator::MqDeadline {
            if kernel.fails(host.device, FailPoint::ElevatorAttach) {
                return Ok(None);
            }
            nr_requests = scheduler_depth(depth);
            scheduler = scheduler_requests(host, layout, nr_requests);
        }
        host.join_tag_set().await;
        let limits = early.map_or_else(|| queue_limits(host), Ok)?;
        Ok(Some(Self {
            max_segments: limits.max_segments,
            max_hw_sectors: limits.max_hw_sectors,
            max_integrity_segments: limits.max_integrity_segments,
            nr_requests: Cell::new(nr_requests),
            layout,
            scheduler: RefCell::new(scheduler),
            flush,
            flushes: Flushes::default(),
            in_use: Cell::new(0),
            frozen: Cell::new(false),
            dead: Cell::new(false),
            in_tag_set: Cell::new(true),
            changed: WaitQueue::default(),
        }))
    }

    /// Waits for every request of the queue and keeps new ones out until [`RequestQueue::unfreeze`].
    pub(crate) async fn freeze(&self, kernel: &Kernel) {
        self.changed.wait(kernel, || !self.frozen.get()).await;
        self.frozen.set(true);
        self.drained(kernel).await;
    }

    pub(crate) fn unfreeze(&self, host: &ScsiHost) {
        self.frozen.set(false);
        self.changed.wake_all(&host.kernel);
        host.tags_are_free();
    }

    pub(crate) async fn drained(&self, kernel: &Kernel) {
        self.changed.wait(kernel, || self.in_use.get() == 0).await;
    }

    /// blk_cleanup_queue, blk_mq_destroy_queue: no new requests; waits until every request is finished; scheduler requests
    /// are freed; the queue leaves the tag set.
    pub(crate) async fn destroy(&self, host: &ScsiHost) {
        self.dead.set(true);
        self.changed.wake_all(&host.kernel);
        host.tags_are_free();
        self.drained(&host.kernel).await;
        self.scheduler.take();
        host.leave_tag_set(self).await;
    }

    /// Whether it is destroyed.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.get()
    }

    /// Takes a request object for a command, sleeping while the queue is frozen or none is left. None: the queue is gone.
    pub(crate) async fn allocate(&self, host: &ScsiHost) -> Option<Carrier> {
        let kernel = &host.kernel;
        loop {
            self.changed.wait(kernel, || !self.frozen.get() || self.dead.get()).await;
            if self.dead.get() {
                return None;
            }
            if let Some(carrier) = self.try_allocate(host) {
                self.in_use.set(self.in_use.get() + 1);
                return Some(carrier);
            }
            // Driver tags belong to all queues of the host, so any queue's release may help.
            let before = host.tags_released.get();
            host.tags_changed.wait(kernel, || host.tags_released.get() != before).await;
        }
    }

    /// Takes the flush request. It serves a request that is in the queue already, so nothing holds it up.
    pub(crate) fn allocate_flush(&self) -> Option<Carrier> {
        let carrier = self.flush.borrow_mut().allocate().map(Carrier::Flush);
        self.in_use.set(self.in_use.get() + u32::from(carrier.is_some()));
        carrier
    }

    fn try_allocate(&self, host: &ScsiHost) -> Option<Carrier> {
        if let Some(scheduler) = &mut *self.scheduler.borrow_mut() {
            return scheduler.allocate().map(Carrier::Scheduler);
        }
        host.tag_set.borrow_mut().as_mut()?.pool.allocate().map(Carrier::Driver)
    }

    /// Gives a request object back.
    pub(crate) fn release(&self, host: &ScsiHost, carrier: Carrier) {
        self.with_pool(host, carrier, |pool, slot| pool.release(slot));
        self.in_use.set(self.in_use.get() - 1);
        host.tags_are_free();
        self.changed.wake_all(&host.kernel);
    }

    /// The pool and slot of a carrier; None if they are freed.
    pub(crate) fn with_pool<T>(
        &self,
        host: &ScsiHost,
        carrier: Carrier,
        act: impl FnOnce(&mut RequestPool, SlotIndex) -> T,
    ) -> Option<T> {
        match carrier {
            Carrier::Driver(slot) => host.tag_set.borrow_mut().as_mut().map(|tags| act(&mut tags.pool, slot)),
            Carrier::Scheduler(slot) => self.scheduler.borrow_mut().as_mut().map(|pool| act(pool, slot)),
            Carrier::Flush(slot) => Some(act(&mut self.flush.borrow_mut(), slot)),
        }
    }
}
