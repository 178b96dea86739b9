//! Request queues: limits, elevator, and which request object carries a command (midlayer.md 5, 6.4, 6.6, 6.7, 7, 9).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use regdiff_observation::{LogId, RequestObject, TrapKind};
use regdiff_scenario::{Elevator, ElevatorAttach, FailPoint, Midlayer};

use super::device::ScsiDevice;
use super::errno::Errno;
use super::host::ScsiHost;
use crate::memory::{RequestLayout, RequestPool, SlotIndex};
use crate::{Kernel, Sim, WaitQueue};

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
    layout: RequestLayout,
    pub(crate) scheduler: RefCell<Option<RequestPool>>,
    pub(crate) flush: RefCell<RequestPool>,
    pub(crate) in_use: Cell<u32>,
    frozen: Cell<bool>,
    changed: WaitQueue,
}

/// Segments that the block layer takes at most (midlayer.md 5).
const MAX_SEGMENTS: u32 = 2048;
/// Requests of a scheduler: twice the smaller of the tag set's depth and this (midlayer.md 6.6).
const SCHEDULER_TAGS: u32 = 128;
/// Largest nr_requests (midlayer.md 6.7).
const MAX_NR_REQUESTS: u32 = 2048;
/// A mask with any DIX bit is at least this (midlayer.md 10.1).
pub(crate) const DIX_MASK: u32 = 8;

impl RequestQueue {
    /// Creates the queue of a new device: limits are the host's of this moment, and stay. None if that fails.
    pub(crate) fn new(host: &Rc<ScsiHost>) -> Sim<Option<Self>> {
        let kernel = &host.kernel;
        let _frame = kernel.enter("__scsi_init_queue");
        let mut max_integrity_segments = 0;
        if host.prot_capabilities.get() >= DIX_MASK {
            if host.sg_prot_tablesize.get() == 0 {
                host.sg_prot_tablesize.set(65_535);
            }
            if host.sg_prot_tablesize.get() < host.sg_tablesize.get() {
                return Err(kernel.bug(TrapKind::Bug, "Scsi_Host", "sg_prot_tablesize"));
            }
            max_integrity_segments = host.sg_prot_tablesize.get();
        }
        let (layout, depth) = match &*host.tag_set.borrow() {
            Some(tags) => (tags.layout, tags.depth),
            None => return Err(kernel.null_access(regdiff_observation::Access::Read, "blk_mq_tag_set", "ops")),
        };
        let queue = Self {
            max_segments: host.sg_tablesize.get().min(MAX_SEGMENTS),
            max_hw_sectors: host.max_sectors.get(),
            max_integrity_segments,
            nr_requests: Cell::new(depth),
            layout,
            scheduler: RefCell::default(),
            flush: RefCell::new(RequestPool::flush(layout, host.now())),
            in_use: Cell::new(0),
            frozen: Cell::new(false),
            changed: WaitQueue::default(),
        };
        let profile = &kernel.scenario.kernel;
        if profile.elevator_attach == ElevatorAttach::AtQueueAlloc
            && profile.elevator == Elevator::MqDeadline
            && !queue.attach(host)
        {
            return Ok(None);
        }
        Ok(Some(queue))
    }

    /// The elevator attached now.
    pub fn elevator(&self) -> Elevator {
        if self.scheduler.borrow().is_some() { Elevator::MqDeadline } else { Elevator::None }
    }

    /// blk_mq_init_sched: a second set of requests, of the tag set's SIZE and with POINTER of this moment.
    fn attach(&self, host: &ScsiHost) -> bool {
        if host.kernel.fails(host.device, FailPoint::ElevatorAttach) {
            return false;
        }
        let Some(depth) = host.tag_set.borrow().as_ref().map(|t| t.depth) else { return false };
        self.attach_with(host, 2 * depth.min(SCHEDULER_TAGS));
        true
    }

    fn attach_with(&self, host: &ScsiHost, requests: u32) {
        let pool = RequestPool::new(self.layout, RequestObject::SchedulerTag, requests, host.now(), u32::MAX);
        *self.scheduler.borrow_mut() = pool;
        self.nr_requests.set(requests);
    }

    fn detach(&self, host: &ScsiHost) {
        self.scheduler.take();
        self.nr_requests.set(host.tag_set.borrow().as_ref().map_or(0, |t| t.depth));
    }

    /// Waits for every request of the queue and keeps new ones out until [`RequestQueue::unfreeze`].
    async fn freeze(&self, kernel: &Kernel) {
        self.changed.wait(kernel, || !self.frozen.get()).await;
        self.frozen.set(true);
        self.drained(kernel).await;
    }

    fn unfreeze(&self, kernel: &Kernel) {
        self.frozen.set(false);
        self.changed.wake_all(kernel);
    }

    /// Waits until every request of the queue is finished.
    pub(crate) async fn drained(&self, kernel: &Kernel) {
        self.changed.wait(kernel, || self.in_use.get() == 0).await;
    }

    /// The queue is gone: scheduler requests are freed.
    pub(crate) fn destroy(&self) {
        self.scheduler.take();
    }

    /// Takes a request object for a command, sleeping while the queue is frozen or has none. None: the host's requests are
    /// freed.
    pub(crate) async fn allocate(&self, host: &ScsiHost, flush: bool) -> Option<Carrier> {
        let kernel = &host.kernel;
        loop {
            self.changed.wait(kernel, || !self.frozen.get()).await;
            if let Some(carrier) = self.try_allocate(host, flush) {
                self.in_use.set(self.in_use.get() + 1);
                return Some(carrier);
            }
            if host.tag_set.borrow().is_none() {
                return None;
            }
            let busy = self.in_use.get();
            self.changed.wait(kernel, || self.in_use.get() < busy || busy == 0).await;
            if busy == 0 {
                return None;
            }
        }
    }

    fn try_allocate(&self, host: &ScsiHost, flush: bool) -> Option<Carrier> {
        if flush {
            return self.flush.borrow_mut().allocate().map(Carrier::Flush);
        }
        if let Some(scheduler) = &mut *self.scheduler.borrow_mut() {
            return scheduler.allocate().map(Carrier::Scheduler);
        }
        host.tag_set.borrow_mut().as_mut()?.pool.allocate().map(Carrier::Driver)
    }

    /// Gives a request object back.
    pub(crate) fn release(&self, host: &ScsiHost, carrier: Carrier) {
        self.with_pool(host, carrier, |pool, slot| pool.release(slot));
        self.in_use.set(self.in_use.get() - 1);
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

/// The elevator of a disk that is being published (midlayer.md 9.1 "at add disk").
pub(crate) async fn elevator_init(sdev: &Rc<ScsiDevice>) {
    let kernel = &sdev.host.kernel;
    let profile = &kernel.scenario.kernel;
    if profile.elevator_attach != ElevatorAttach::AtAddDisk || profile.elevator != Elevator::MqDeadline {
        return;
    }
    let _frame = kernel.enter("elevator_init_mq");
    sdev.queue.freeze(kernel).await;
    if !sdev.queue.attach(&sdev.host) {
        kernel.log(LogId::ElevatorFailed, sdev.host.device, sdev.lun);
    }
    sdev.queue.unfreeze(kernel);
}

/// A write to `queue/scheduler` of a published disk (midlayer.md 9.3).
pub async fn elevator_change(sdev: &Rc<ScsiDevice>, to: Elevator) -> Sim<Result<(), Errno>> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("elevator_switch");
    if to == sdev.queue.elevator() {
        return Ok(Ok(()));
    }
    if to == Elevator::MqDeadline && kernel.scenario.kernel.elevator == Elevator::None {
        return Ok(Err(Errno::EINVAL));
    }
    sdev.queue.freeze(kernel).await;
    sdev.queue.detach(&sdev.host);
    let attached = to == Elevator::None || sdev.queue.attach(&sdev.host);
    sdev.queue.unfreeze(kernel);
    Ok(if attached { Ok(()) } else { Err(Errno::ENOMEM) })
}

/// A write to `queue/nr_requests` (midlayer.md 6.7).
pub async fn update_nr_requests(sdev: &Rc<ScsiDevice>, requests: u32) -> Sim<Result<(), Errno>> {
    let kernel = &sdev.host.kernel;
    let _frame = kernel.enter("blk_mq_update_nr_requests");
    // Values below four are raised to it by the block layer's attribute.
    let requests = requests.max(4);
    let (with_elevator, held) = match &*sdev.queue.scheduler.borrow() {
        Some(pool) => (true, pool.depth()),
        None => (false, sdev.host.tag_set.borrow().as_ref().map_or(0, |t| t.depth)),
    };
    if requests > held && (!with_elevator || requests > MAX_NR_REQUESTS) {
        return Ok(Err(Errno::EINVAL));
    }
    sdev.queue.freeze(kernel).await;
    if requests > held {
        sdev.queue.attach_with(&sdev.host, requests);
    } else if let Some(pool) = &mut *sdev.queue.scheduler.borrow_mut() {
        pool.limit(requests);
    }
    sdev.queue.nr_requests.set(requests);
    sdev.queue.unfreeze(kernel);
    Ok(Ok(()))
}

/// Whether integrity segments beyond the queue's limit are a BUG or only an error (midlayer.md 5).
pub(crate) fn integrity_overflow_is_bug(midlayer: Midlayer) -> bool {
    midlayer < Midlayer::V6_12
}
