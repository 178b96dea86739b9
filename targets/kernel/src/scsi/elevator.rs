//! Elevators: attached, switched, resized (midlayer.md 6.6, 6.7, 9).
//!
//! Each set of scheduler requests has the tag set's SIZE and the POINTER of the moment when it is made.

use std::rc::Rc;

use regdiff_observation::{LogId, RequestObject};
use regdiff_scenario::{Elevator, ElevatorAttach, FailPoint, Point};

use super::device::ScsiDevice;
use super::errno::Errno;
use super::host::ScsiHost;
use super::queue::RequestQueue;
use crate::memory::{HostNow, RequestLayout, RequestPool};
use crate::{MidlayerFault, Sim};

/// Requests of a scheduler: twice the smaller of the tag set's depth and this.
const SCHEDULER_TAGS: u32 = 128;
/// Largest nr_requests of a scheduler.
const MAX_NR_REQUESTS: u32 = 2048;
/// Smallest nr_requests; the block layer's attribute raises what is below.
const MIN_NR_REQUESTS: u32 = 4;

/// How many requests a new scheduler has.
pub(crate) fn scheduler_depth(tag_set_depth: u32) -> u32 {
    2 * tag_set_depth.min(SCHEDULER_TAGS)
}

/// blk_mq_sched_alloc_tags, blk_mq_sched_alloc_map_and_rqs.
pub(crate) fn scheduler_requests(host: &ScsiHost, layout: RequestLayout, requests: u32) -> Option<RequestPool> {
    let mut now = host.now();
    if host.kernel.slips(MidlayerFault::SchedulerWithoutPointer) {
        now = HostNow { cap: 0, always_reserve: false, ..now };
    }
    let pool = RequestPool::new(layout, RequestObject::SchedulerTag, requests, now, u32::MAX)?;
    host.note_pointer(&pool);
    Some(pool)
}

impl RequestQueue {
    /// The elevator attached now.
    pub fn elevator(&self) -> Elevator {
        if self.scheduler.borrow().is_some() { Elevator::MqDeadline } else { Elevator::None }
    }

    /// blk_mq_init_sched: false without memory.
    fn attach(&self, host: &ScsiHost) -> bool {
        if host.kernel.fails(host.device, FailPoint::ElevatorAttach) {
            return false;
        }
        let Some(depth) = host.tag_set_depth() else { return false };
        self.attach_with(host, scheduler_depth(depth));
        true
    }

    fn attach_with(&self, host: &ScsiHost, requests: u32) {
        *self.scheduler.borrow_mut() = scheduler_requests(host, self.layout, requests);
        self.nr_requests.set(requests);
    }

    pub(crate) fn detach(&self, host: &ScsiHost) {
        self.scheduler.take();
        self.nr_requests.set(host.tag_set_depth().unwrap_or(0));
    }
}

/// The elevator of a disk that is being published (midlayer.md 9.1 "at add disk"). A failure is a warning.
pub(crate) async fn elevator_init(sdev: &Rc<ScsiDevice>) {
    let kernel = &sdev.host.kernel;
    let profile = &kernel.scenario.kernel;
    if profile.elevator_attach != ElevatorAttach::AtAddDisk || profile.elevator != Elevator::MqDeadline {
        return;
    }
    let _frame = kernel.enter("elevator_init_mq");
    sdev.queue.freeze(kernel).await;
    kernel.point(Point::ElevatorAttach).await;
    if !sdev.queue.attach(&sdev.host) {
        kernel.log(LogId::ElevatorFailed, sdev.host.device, sdev.lun);
    }
    sdev.queue.unfreeze(&sdev.host);
}

/// A write to `queue/scheduler` of a published disk (midlayer.md 9.3). A failure leaves none attached.
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
    kernel.point(Point::ElevatorAttach).await;
    let result = if sdev.queue.is_dead() {
        Err(Errno::ENOENT)
    } else {
        sdev.queue.detach(&sdev.host);
        if to == Elevator::None || sdev.queue.attach(&sdev.host) { Ok(()) } else { Err(Errno::ENOMEM) }
    };
    sdev.queue.unfreeze(&sdev.host);
    Ok(result)
}

/// A write to `queue/nr_requests` (midlayer.md 6.7).
pub async fn update_nr_requests(sdev: &Rc<ScsiDevice>, requests: u32) -> Sim<Result<(), Errno>> {
    let (kernel, queue) = (&sdev.host.kernel, &sdev.queue);
    let _frame = kernel.enter("blk_mq_update_nr_requests");
    let requests = requests.max(MIN_NR_REQUESTS);
    if requests == queue.nr_requests.get() {
        return Ok(Ok(()));
    }
    queue.freeze(kernel).await;
    let result = if queue.is_dead() { Err(Errno::ENOENT) } else { queue.resize(&sdev.host, requests) };
    queue.unfreeze(&sdev.host);
    Ok(result)
}

impl RequestQueue {
    fn resize(&self, host: &ScsiHost, requests: u32) -> Result<(), Errno> {
        let held = self.scheduler.borrow().as_ref().map(RequestPool::depth);
        match held {
            Some(held) if requests <= held => {
                if let Some(scheduler) = &mut *self.scheduler.borrow_mut() {
                    scheduler.limit(requests);
                }
            }
            Some(_) if requests > MAX_NR_REQUESTS => return Err(Errno::EINVAL),
            // More than the set holds: new slots, POINTER now.
            Some(_) => {
                if host.kernel.fails(host.device, FailPoint::ElevatorAttach) {
                    return Err(Errno::ENOMEM);
                }
                self.attach_with(host, requests);
            }
            None => match &mut *host.tag_set.borrow_mut() {
                // The driver tags are the host's: the limit holds for all its queues.
                Some(tags) if requests <= tags.depth => tags.pool.limit(requests),
                _ => return Err(Errno::EINVAL),
            },
        }
        self.nr_requests.set(requests);
        Ok(())
    }
}
