//! Work items and work queues, with their flush and cancel contract (driver.md U6).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use regdiff_scenario::Context;

use crate::task::TimerId;
use crate::{Kernel, Sim, WaitQueue};

type WorkFuture = Pin<Box<dyn Future<Output = Sim<()>>>>;

/// A work item: it is queued at most once, and may be queued again while it runs.
pub struct Work {
    function: Box<dyn Fn() -> WorkFuture>,
    pending: Cell<bool>,
    running: Cell<u32>,
    timer: Cell<Option<TimerId>>,
    /// Where a delayed item will go.
    target: RefCell<Option<Rc<WorkQueue>>>,
    idle: WaitQueue,
}

impl Work {
    /// An item that runs `function`. Let the function hold weak references: items live in what they work on.
    pub fn new<F: Future<Output = Sim<()>> + 'static>(function: impl Fn() -> F + 'static) -> Rc<Self> {
        Rc::new(Self {
            function: Box::new(move || Box::pin(function())),
            pending: Cell::new(false),
            running: Cell::new(0),
            timer: Cell::new(None),
            target: RefCell::default(),
            idle: WaitQueue::default(),
        })
    }

    /// Queued, or waiting for its delay.
    pub fn is_pending(&self) -> bool {
        self.pending.get()
    }

    /// Queued, delayed or running.
    pub fn is_busy(&self) -> bool {
        self.pending.get() || self.running.get() > 0
    }
}

/// A work queue.
pub struct WorkQueue {
    context: Context,
    device: u8,
    ordered: bool,
    items: RefCell<VecDeque<Rc<Work>>>,
    active: Cell<u32>,
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
            active: Cell::new(0),
            destroyed: Cell::new(false),
            idle: WaitQueue::default(),
        })
    }

    /// Whether items are queued or running.
    pub fn is_busy(&self) -> bool {
        self.active.get() > 0 || !self.items.borrow().is_empty()
    }

    /// Whether it was destroyed.
    pub fn is_destroyed(&self) -> bool {
        self.destroyed.get()
    }
}

impl Kernel {
    /// queue_work(): false if the item is pending already.
    pub fn queue_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>) -> bool {
        if work.pending.replace(true) {
            return false;
        }
        self.insert_work(queue, work);
        true
    }

    /// queue_delayed_work(), in ms: false if the item is pending already.
    pub fn queue_delayed_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64) -> bool {
        if ms == 0 {
            return self.queue_work(queue, work);
        }
        if work.pending.replace(true) {
            return false;
        }
        self.delay_work(queue, work, ms, false);
        true
    }

    /// As [`Kernel::queue_delayed_work`], but rest does not wait for it.
    pub fn queue_background_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64) -> bool {
        if work.pending.replace(true) {
            return false;
        }
        self.delay_work(queue, work, ms, true);
        true
    }

    fn delay_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>, ms: u64, background: bool) {
        *work.target.borrow_mut() = Some(queue.clone());
        let item = Rc::downgrade(work);
        let timer = self.timer_us(ms * 1000, background, Context::Timer, queue.device, move |kernel| {
            if let Some(item) = item.upgrade() {
                item.timer.set(None);
                if let Some(queue) = item.target.take() {
                    kernel.insert_work(&queue, &item);
                }
            }
            Ok(())
        });
        work.timer.set(Some(timer));
    }

    fn insert_work(self: &Rc<Self>, queue: &Rc<WorkQueue>, work: &Rc<Work>) {
        queue.items.borrow_mut().push_back(work.clone());
        if !queue.ordered || queue.active.get() == 0 {
            queue.active.set(queue.active.get() + 1);
            let (kernel, queue) = (self.clone(), queue.clone());
            self.spawn(queue.context, queue.device, async move { kernel.work_off(&queue).await });
        }
    }

    async fn work_off(&self, queue: &WorkQueue) -> Sim<()> {
        loop {
            let next = queue.items.borrow_mut().pop_front();
            let Some(work) = next else { break };
            work.pending.set(false);
            work.running.set(work.running.get() + 1);
            (work.function)().await?;
            work.running.set(work.running.get() - 1);
            work.idle.wake_all(self);
        }
        queue.active.set(queue.active.get() - 1);
        queue.idle.wake_all(self);
        Ok(())
    }

    /// flush_delayed_work(): runs a delayed item at once, waits for a queued or running one.
    pub async fn flush_work(self: &Rc<Self>, work: &Rc<Work>) {
        if let Some(timer) = work.timer.take() {
            self.cancel_timer(timer);
            if let Some(queue) = work.target.take() {
                self.insert_work(&queue, work);
            }
        }
        work.idle.wait(self, || !work.is_busy()).await;
    }

    /// cancel_work_sync(): takes a queued or delayed item back, waits for a running one. Tells whether it was pending.
    pub async fn cancel_work_sync(&self, queue: &WorkQueue, work: &Rc<Work>) -> bool {
        let pending = self.cancel_work(queue, work);
        work.idle.wait(self, || work.running.get() == 0).await;
        pending
    }

    /// cancel_work(): takes a queued or delayed item back. Tells whether it was pending.
    pub fn cancel_work(&self, queue: &WorkQueue, work: &Rc<Work>) -> bool {
        if let Some(timer) = work.timer.take() {
            self.cancel_timer(timer);
            work.target.take();
        }
        queue.items.borrow_mut().retain(|w| !Rc::ptr_eq(w, work));
        work.pending.replace(false)
    }

    /// flush_workqueue(): waits until everything queued so far has run.
    pub async fn flush_workqueue(&self, queue: &WorkQueue) {
        queue.idle.wait(self, || !queue.is_busy()).await;
    }

    /// destroy_workqueue(): runs what is still queued, then the queue is gone.
    pub async fn destroy_workqueue(&self, queue: &WorkQueue) {
        self.flush_workqueue(queue).await;
        queue.destroyed.set(true);
    }
}
