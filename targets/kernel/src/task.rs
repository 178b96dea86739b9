//! Tasks, virtual time and timers: one thread, no clock, first in first out.
//!
//! Every kernel context is a task: a future that is polled until it waits. Waiting is registering with a
//! [`crate::WaitQueue`] or a timer, so wakers carry nothing and the ready queue is a plain list that schedules can reorder.
//! That is why this is not a task crate: those hide the ready list, and ask for `Send` to wake.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as PollContext, Poll, Waker};

use regdiff_observation::Limit;
use regdiff_scenario::{Context, Midlayer};

use crate::executor::{Expiry, Next, TaskId, TimerId};
use crate::{Kernel, Sim, wheel};

/// A kernel context's code.
pub type TaskFuture = Pin<Box<dyn Future<Output = Sim<()>>>>;

/// Turns of tasks in one run.
pub const MAX_TURNS: u64 = 10_000;
/// Virtual time of one run, in µs: thirty days.
pub const MAX_TIME_US: u64 = 30 * 24 * 3600 * 1_000_000;
/// A tick of a kernel with HZ=100, as s390 has it, in µs.
const TICK_US: u64 = 10_000;

impl Kernel {
    /// Virtual time, in µs.
    pub fn now_us(&self) -> u64 {
        self.executor.borrow().now_us
    }

    /// Turns taken so far.
    pub fn turns(&self) -> u64 {
        self.executor.borrow().turns
    }

    /// Starts a task at the end of the ready queue.
    pub fn spawn(&self, context: Context, device: u8, future: impl Future<Output = Sim<()>> + 'static) -> TaskId {
        let id = self.executor.borrow_mut().create(context, device, Box::pin(future));
        self.wake(id);
        id
    }

    /// Starts a task that runs next.
    pub fn spawn_next(&self, context: Context, device: u8, future: impl Future<Output = Sim<()>> + 'static) -> TaskId {
        let id = self.executor.borrow_mut().create(context, device, Box::pin(future));
        self.wake_next(id);
        id
    }

    /// Makes a task ready, behind all others; a task that is ready or gone stays as it is.
    pub fn wake(&self, id: TaskId) {
        self.executor.borrow_mut().wake(id, usize::MAX);
    }

    /// Makes a task ready, before all others.
    pub fn wake_next(&self, id: TaskId) {
        self.executor.borrow_mut().wake(id, 0);
    }

    /// Makes a task ready, right behind the one that runs next.
    pub(crate) fn wake_after_next(&self, id: TaskId) {
        self.executor.borrow_mut().wake(id, 1);
    }

    /// Whether a task has not ended.
    pub fn is_live(&self, id: TaskId) -> bool {
        self.executor.borrow().is_live(id)
    }

    /// The task that runs now.
    pub(crate) fn current_task(&self) -> TaskId {
        self.executor.borrow().current.expect("only tasks wait")
    }

    /// Gives up the turn until somebody wakes this task.
    pub(crate) fn park(&self) -> Park {
        Park(false)
    }

    /// Lets all tasks run that are ready now.
    pub async fn yield_turn(&self) {
        let me = self.current_task();
        self.wake(me);
        self.park().await;
    }

    /// devtmpfs_create_node: another thread makes the node in /dev, and is waited for. It comes behind all that are ready now, and
    /// wakes this task behind all that they wake.
    pub(crate) async fn make_node(&self) {
        if self.switches.real_turns {
            self.yield_turn().await;
            self.yield_turn().await;
        }
    }

    /// Lets everything run that can run without time passing.
    pub async fn yield_until_idle(&self) {
        let me = self.current_task();
        self.executor.borrow_mut().idle.push_back(me);
        self.park().await;
    }

    /// Waits until nothing is left to run but background timers. One task at a time may wait for rest.
    pub async fn wait_for_rest(&self) {
        let me = self.current_task();
        self.executor.borrow_mut().rest = Some(me);
        self.park().await;
        self.executor.borrow_mut().rest = None;
    }

    /// Waits until nothing is left to run at all: device-loss timers have run out.
    pub async fn wait_until_settled(&self) {
        self.executor.borrow_mut().settling = true;
        self.wait_for_rest().await;
        self.executor.borrow_mut().settling = false;
    }

    /// Sleeps for so many µs of virtual time.
    pub async fn sleep_us(&self, us: u64) {
        let timer = self.wake_after_us(us);
        self.sleep_with(timer, us).await;
    }

    /// Sleeps for so many ms of virtual time, as a kernel context does: by its timers.
    pub async fn sleep_ms(&self, ms: u64) {
        if !self.switches.timer_wheel || ms == 0 {
            return self.sleep_us(ms * 1000).await;
        }
        let (me, us) = (self.current_task(), self.timer_ms_in_us(ms));
        let timer = self.executor.borrow_mut().arm_first(us, false, Expiry::Wake(me));
        self.sleep_with(timer, us).await;
    }

    async fn sleep_with(&self, timer: TimerId, us: u64) {
        let end = self.now_us().saturating_add(us);
        self.park().await;
        // Somebody else's late wake-up does not shorten the sleep.
        while self.now_us() < end {
            self.park().await;
        }
        self.cancel_timer(timer);
    }

    /// How long a kernel timer of so many ms takes from now on, in µs: with [`crate::Switches::timer_wheel`] to the end of its bucket.
    pub fn timer_ms_in_us(&self, ms: u64) -> u64 {
        if self.switches.timer_wheel && ms > 0 {
            wheel::expiry_us(self.now_us(), ms) - self.now_us()
        } else {
            ms * 1000
        }
    }

    /// A time or a duration in ms as the kernel keeps it: with [`crate::Switches::timer_wheel`] in whole ticks, of which one has begun.
    pub fn jiffies_ms(&self, ms: u64, round_up: bool) -> u64 {
        if self.switches.timer_wheel { wheel::whole_ticks_ms(ms, round_up) } else { ms }
    }

    /// msleep: before 6.12 a tick longer than so many ms at least, since the tick that runs does not count; in any case behind timers
    /// that were set in the same tick. From 6.12 on 0 is no sleep at all.
    pub async fn msleep(&self, ms: u64) {
        let tick = if self.scenario.kernel.midlayer < Midlayer::V6_12 { TICK_US } else { 0 };
        if ms * 1000 + tick == 0 {
            return;
        }
        if self.switches.timer_wheel {
            self.sleep_ms(ms + tick / 1000).await;
        } else {
            self.sleep_us(ms * 1000 + tick + 1).await;
        }
    }

    /// Arms a timer that runs a function in a context of its own. Rest waits for it unless it is a background timer.
    pub fn timer_us(
        &self,
        us: u64,
        background: bool,
        context: Context,
        device: u8,
        function: impl FnOnce(&Rc<Kernel>) -> Sim<()> + 'static,
    ) -> TimerId {
        self.arm(us, background, Expiry::Call { context, device, function: Box::new(function) })
    }

    /// As [`Kernel::timer_us`], for a bucket of the timer wheel: of those that run out together the one that was armed last is first.
    pub(crate) fn bucket_timer_us(
        &self,
        us: u64,
        background: bool,
        context: Context,
        device: u8,
        function: impl FnOnce(&Rc<Kernel>) -> Sim<()> + 'static,
    ) -> TimerId {
        let expiry = Expiry::Call { context, device, function: Box::new(function) };
        self.executor.borrow_mut().arm_first(us, background, expiry)
    }

    /// Wakes the current task after so many µs, unless it is woken or the timer cancelled before.
    pub(crate) fn wake_after_us(&self, us: u64) -> TimerId {
        let me = self.current_task();
        self.arm(us, false, Expiry::Wake(me))
    }

    fn arm(&self, us: u64, background: bool, expiry: Expiry) -> TimerId {
        self.executor.borrow_mut().arm(us, background, expiry)
    }

    /// Disarms a timer; tells whether it was armed. A timer that runs out is not armed any more.
    pub fn cancel_timer(&self, id: TimerId) -> bool {
        self.executor.borrow_mut().cancel(id)
    }

    /// The context that runs now and its device.
    pub fn current(&self) -> (Context, u8) {
        self.running.get()
    }

    /// Runs until the end: rest with nobody waiting for it, a trap, a limit.
    pub fn run(self: &Rc<Self>) {
        while self.end.borrow().is_none() {
            let next = self.executor.borrow_mut().next();
            match next {
                Next::Task(id) => self.turn(id),
                Next::Expired(Expiry::Wake(id)) => self.wake(id),
                Next::Expired(Expiry::Call { context, device, function }) => {
                    let before = self.running.replace((context, device));
                    // The error is on record already; the loop ends with it.
                    let _ = function(self);
                    self.frames.borrow_mut().clear();
                    self.running.set(before);
                }
                Next::Rest => return,
            }
            let (turns, now) = (self.turns(), self.now_us());
            if turns > MAX_TURNS {
                self.limit(Limit::Turns);
            }
            if now > MAX_TIME_US {
                self.limit(Limit::Time);
            }
        }
    }

    fn turn(&self, id: TaskId) {
        let (mut future, mut frames) = {
            let mut executor = self.executor.borrow_mut();
            executor.current = Some(id);
            let task = executor.task(id);
            self.running.set((task.context, task.device));
            let Some(future) = task.future.take() else { return };
            (future, std::mem::take(&mut task.frames))
        };
        std::mem::swap(&mut frames, &mut *self.frames.borrow_mut());
        let polled = future.as_mut().poll(&mut PollContext::from_waker(Waker::noop()));
        match polled {
            Poll::Pending => {
                std::mem::swap(&mut frames, &mut *self.frames.borrow_mut());
                let mut executor = self.executor.borrow_mut();
                let task = executor.task(id);
                task.future = Some(future);
                task.frames = frames;
            }
            Poll::Ready(_) => {
                drop(future);
                self.frames.borrow_mut().clear();
                self.executor.borrow_mut().end(id);
            }
        }
        self.executor.borrow_mut().current = None;
    }

    /// Whether a task of this context and device waits for something that nothing can bring any more. Only true at rest.
    pub fn is_stuck(&self, context: Context, device: u8) -> bool {
        self.executor.borrow().live().any(|t| t.context == context && t.device == device)
    }

    /// As [`Kernel::is_stuck`], for any device.
    pub fn any_stuck(&self, contexts: &[Context]) -> bool {
        self.executor.borrow().live().any(|t| contexts.contains(&t.context))
    }

    /// Whether a timer runs that rest does not wait for.
    pub fn has_background_timers(&self) -> bool {
        self.executor.borrow().has_background_timers()
    }

    /// Ends a run: tasks, timers and hosts hold references to each other, which nobody else would ever break.
    pub fn clear(&self) {
        // What is dropped wakes others and leaves call stacks: the executor must not be borrowed then.
        let all = self.executor.borrow_mut().take_all();
        drop(all);
        self.frames.borrow_mut().clear();
        for host in self.hosts.take() {
            if let Some(host) = host.upgrade() {
                host.dismantle();
            }
        }
    }
}

/// Waits for one wake-up.
pub(crate) struct Park(bool);

impl Future for Park {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut PollContext<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
