//! Work items and work queues, with their flush and cancel contract (driver.md U6).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use regdiff_observation::Access;
use regdiff_scenario::Context;

use crate::{Kernel, Sim, TimerId, WaitQueue};

type WorkFuture = Pin<Box<dyn Future<Output = Sim<()>>>>;

/// A work item: it is queued at most once, may be queued again while it runs, and never runs twice at the same time.
pub struct Work {
    function: Box<dyn Fn() -> WorkFuture>,
    pending: Cell<bool>,
    /// Runs begun and ended; they differ by one while it runs.
    begun: Cell<u64>,
    ended: Cell<u64>,
    /// How many wait in cancel_work_sync(); it cannot be queued meanwhile.
    cancelling: Cell<u32>,
    timer: Cell<Option<TimerId>>,
    /// Where a delayed item will go.
    target: RefCell<Option<Rc<WorkQueue>>>,
    changed: WaitQueue,
}

impl Work {
    /// An item that runs `function`. Let the function hold weak references: items live in what they work on.
    pub fn new<F: Future<Output = Sim<()>> + 'static>(function: impl Fn() -> F + 'static) -> Rc<Self> {
        Rc::new(Self {
            function: Box::new(move || Box::pin(function())),
            pending: Cell::new(false),
            begun: Cell::new(0),
            ended: Cell::new(0),
            cancelling: Cell::new(0),
            timer: Cell::new(None),
            target: RefCell::default(),
            changed: WaitQueue::default(),
        })
    }

    /// Queued, or waiting for its delay.
    pub fn is_pending(&self) -> bool {
        self.pending.get()
    }

    fn is_running(&self) -> bool {
        self.begun.get() > self.ended.get()
    }

    /// Queued, delayed or running.
    pub fn is_busy(&self) -> bool {
        self.is_pending() || self.is_running()
    }

    /// Becomes pending; false if it is already, or is being cancelled.
    fn claim(&self) -> bool {
        self.cancelling.get() == 0 && !self.pending.replace(true)
    }

    /// Waits until what is pending or running now has run or was taken back; what is queued later does not count.
    async fn finish(&self, kernel: &Kernel) {
        let last = self.begun.get() + u64::from(self.is_pending());
        self.changed.wait(kernel, || self.ended.get() >= last || !self.is_busy()).await;
    }
}

/// A work queue.
pub struct WorkQueue {
    context: Context,
    device: u8,
    ordered: bool,
    items: RefCell<VecDeque<Rc<Work>>>,
    running: RefCell<Vec<Rc<Work>>>,
    workers: Cell<u32>,
    destroyed: Cell<bool>,
    idle: WaitQueue,
}

impl WorkQueue {
    /// A queue that runs one item at a time, in order.
    pub fn ordered(context: Context, device: u8) -> Rc<Self> {
        Self::new(context, device, true)
    }

    /// A queue that runs its items at the same time.
    pub fn concurrent(context: Context, device: u8) -> Rc<Self> {
        Self::new(context, device, false)
    }

    fn new(context: Context, device: u8, ordered: bool) -> Rc<Self> {
        Rc::new(Self {
            context,
            device,
            ordered,
            items: RefCell::default(),
            running: RefCell::default(),
            workers: Cell::new(0),
            destroyed: Cell::new(false),
            idle: WaitQueue::default(),
        })
    }

    /// Whether items are queued or running.
    pub fn is_busy(&self) -> bool {
        self.workers.get() > 0
    }

    /// Whether its workers are bound to no processor; such queues have one pool of workers.
    fn is_unbound(&self) -> bool {
        matches!(self.context, Context::AdapterWq | Context::ScsiWq | Context::ScsiTmf)
    }

    /// Whether it was destroyed.
    pub fn is_destroyed(&self) -> bool {
        self.destroyed.get()
    }

    /// The queue's memory goes with its owner's.
    pub(crate) fn free(&self) {
        self.destroyed.set(true);
    }
}

impl Kernel {
    /// queue_work(): false if the item is pending already.
    pub fn queue_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>) -> bool {
        let queued = work.claim();
        if queued {
            self.insert_work(queue, work);
        }
        queued
    }

    /// queue_delayed_work(), in ms: false if the item is pending already.
    pub fn queue_delayed_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64) -> bool {
        self.delay_work(queue, work, ms, false)
    }

    /// As [`Kernel::queue_delayed_work`], but rest does not wait for it.
    pub fn queue_background_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64) -> bool {
        self.delay_work(queue, work, ms, true)
    }

    fn delay_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64, background: bool) -> bool {
        if ms == 0 {
            return self.queue_work(queue, work);
        }
        if !work.claim() {
            return false;
        }
        *work.target.borrow_mut() = Some(queue.clone());
        let item = Rc::downgrade(work);
        let expire = move |kernel: &Rc<Self>| {
            if let Some(item) = item.upgrade() {
                kernel.end_delay(&item);
            }
            Ok(())
        };
        let (context, device) = (Context::Timer, queue.device);
        let timer = if self.switches.timer_wheel {
            self.bucket_timer_us(self.timer_ms_in_us(ms), background, context, device, expire)
        } else {
            self.timer_us(ms * 1000, background, context, device, expire)
        };
        work.timer.set(Some(timer));
        true
    }

    /// A delayed item goes to its queue now.
    fn end_delay(self: &Rc<Self>, work: &Rc<Work>) {
        if let Some(timer) = work.timer.take() {
            self.cancel_timer(timer);
        }
        let queue = work.target.take();
        if let Some(queue) = queue {
            self.insert_work(&queue, work);
        }
    }

    fn insert_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>) {
        if queue.is_destroyed() {
            // The end is on record; nothing runs after it.
            self.use_after_free(Access::Write, "workqueue_struct", "pwqs");
            return;
        }
        queue.items.borrow_mut().push_back(work.clone());
        if !queue.ordered || queue.workers.get() == 0 {
            queue.workers.set(queue.workers.get() + 1);
            let (kernel, worked_off) = (self.clone(), queue.clone());
            let work = async move { kernel.work_off(&worked_off).await };
            if queue.is_unbound() {
                self.spawn_worker(queue.context, queue.device, work);
            } else {
                self.spawn(queue.context, queue.device, work);
            }
        }
    }

    /// A worker: takes items until none is left.
    async fn work_off(&self, queue: &WorkQueue) -> Sim<()> {
        loop {
            let next = queue.items.borrow_mut().pop_front();
            let Some(work) = next else { break };
            queue.running.borrow_mut().push(work.clone());
            work.changed.wait(self, || !work.is_running()).await;
            // It may have been taken back while it waited for its own earlier run.
            if work.pending.replace(false) {
                work.begun.set(work.begun.get() + 1);
                (work.function)().await?;
                work.ended.set(work.ended.get() + 1);
                work.changed.wake_all(self);
            }
            {
                let mut running = queue.running.borrow_mut();
                let place = running.iter().position(|w| Rc::ptr_eq(w, &work));
                place.map(|place| running.remove(place));
            }
            if self.switches.real_turns && queue.is_unbound() {
                let more = !queue.items.borrow().is_empty();
                self.next_of_pool(more).await;
            }
        }
        queue.workers.set(queue.workers.get() - 1);
        queue.idle.wake_all(self);
        Ok(())
    }

    /// Starts a worker of the pool that all unbound queues share.
    pub(crate) fn spawn_worker(
        self: &Rc<Self>,
        context: Context,
        device: u8,
        work: impl Future<Output = Sim<()>> + 'static,
    ) {
        let kernel = self.clone();
        let id = self.spawn(context, device, async move {
            let me = kernel.current_task();
            kernel.executor.borrow_mut().fresh_workers.retain(|id| *id != me);
            work.await
        });
        self.executor.borrow_mut().fresh_workers.push_back(id);
    }

    /// A worker that is done with an item takes the oldest one of the pool, without giving up the processor. What else its own queue
    /// has is younger, and is left to whoever was woken for the one that it takes.
    async fn next_of_pool(&self, more: bool) {
        let me = self.current_task();
        let jumped = {
            let mut executor = self.executor.borrow_mut();
            let first = executor.fresh_workers.front().copied();
            first.is_some_and(|first| executor.jump(first, more.then_some(me)))
        };
        if jumped && more {
            self.park().await;
        }
    }

    /// flush_work(), flush_delayed_work(): a delayed item is queued at once; waits until what is queued or running has run.
    pub async fn flush_work(self: &Rc<Self>, work: &Rc<Work>) {
        self.end_delay(work);
        work.finish(self).await;
    }

    /// cancel_work_sync(): takes a queued or delayed item back, waits for a running one. Tells whether it was pending.
    pub async fn cancel_work_sync(&self, queue: &WorkQueue, work: &Rc<Work>) -> bool {
        let pending = self.cancel_work(queue, work);
        work.cancelling.set(work.cancelling.get() + 1);
        work.changed.wait(self, || !work.is_running()).await;
        work.cancelling.set(work.cancelling.get() - 1);
        pending
    }

    /// cancel_work(): takes a queued or delayed item back. Tells whether it was pending.
    pub fn cancel_work(&self, queue: &WorkQueue, work: &Rc<Work>) -> bool {
        if let Some(timer) = work.timer.take() {
            self.cancel_timer(timer);
            work.target.take();
        }
        queue.items.borrow_mut().retain(|w| !Rc::ptr_eq(w, work));
        let pending = work.pending.replace(false);
        work.changed.wake_all(self);
        pending
    }

    /// flush_workqueue(): waits until everything queued so far has run.
    pub async fn flush_workqueue(&self, queue: &WorkQueue) {
        let mut so_far = queue.running.borrow().clone();
        so_far.extend(queue.items.borrow().iter().cloned());
        for work in so_far {
            work.finish(self).await;
        }
    }

    /// destroy_workqueue(): runs what is still queued, and what that queues; then the queue is gone.
    pub async fn destroy_workqueue(&self, queue: &WorkQueue) {
        queue.idle.wait(self, || !queue.is_busy()).await;
        queue.destroyed.set(true);
    }
}
