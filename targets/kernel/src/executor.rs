//! What the scheduler keeps: tasks, the ready list, timers; and what comes next.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use regdiff_scenario::Context;

use crate::task::TaskFuture;
use crate::{Kernel, Sim};

/// Names a task; stale names are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskId {
    pub(crate) slot: u32,
    generation: u32,
}

/// Names an armed timer: its time and a running number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId {
    at_us: u64,
    number: u64,
}

impl TimerId {
    /// Those of buckets count down.
    fn is_in_bucket(self) -> bool {
        self.number > u64::MAX / 2
    }
}

/// A kernel context.
pub(crate) struct Task {
    generation: u32,
    pub(crate) context: Context,
    pub(crate) device: u8,
    /// Its call stack while it does not run.
    pub(crate) frames: Vec<&'static str>,
    pub(crate) future: Option<TaskFuture>,
    ready: bool,
    live: bool,
}

/// What a timer calls.
pub(crate) type TimerFunction = Box<dyn FnOnce(&Rc<Kernel>) -> Sim<()>>;

/// What an expiring timer does.
pub(crate) enum Expiry {
    Wake(TaskId),
    Call { context: Context, device: u8, function: TimerFunction },
}

struct Timer {
    /// Rest does not wait for background timers: device loss would hide everything that happens before it.
    background: bool,
    expiry: Expiry,
}

/// The scheduler's state.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: Vec<Task>,
    free: Vec<u32>,
    ready: VecDeque<TaskId>,
    timers: BTreeMap<TimerId, Timer>,
    /// The time of the bucket that runs out: all timers in it expire in one interrupt, before any task runs.
    bucket_us: Option<u64>,
    foreground: usize,
    numbers: u64,
    pub(crate) now_us: u64,
    pub(crate) current: Option<TaskId>,
    /// Tasks that asked to run only when nothing else can.
    pub(crate) idle: VecDeque<TaskId>,
    /// The task that waits for rest.
    pub(crate) rest: Option<TaskId>,
    /// Rest waits for background timers too.
    pub(crate) settling: bool,
    pub(crate) turns: u64,
    /// Workers of unbound queues that have begun nothing yet, in the order of what they are to do.
    pub(crate) fresh_workers: VecDeque<TaskId>,
}

/// What comes next.
pub(crate) enum Next {
    /// This task's turn.
    Task(TaskId),
    /// A timer ran out.
    Expired(Expiry),
    /// Nothing is left to run, and nobody waits for that.
    Rest,
}

impl Executor {
    pub(crate) fn create(&mut self, context: Context, device: u8, future: TaskFuture) -> TaskId {
        let slot = self.free.pop().unwrap_or(self.tasks.len() as u32);
        let generation = self.tasks.get(slot as usize).map_or(0, |t| t.generation);
        let task =
            Task { generation, context, device, frames: Vec::new(), future: Some(future), ready: false, live: true };
        match self.tasks.get_mut(slot as usize) {
            Some(old) => *old = task,
            None => self.tasks.push(task),
        }
        TaskId { slot, generation }
    }

    pub(crate) fn task(&mut self, id: TaskId) -> &mut Task {
        &mut self.tasks[id.slot as usize]
    }

    /// Puts a task on the ready list, `place` places from its head; nothing happens if it is ready or gone.
    pub(crate) fn wake(&mut self, id: TaskId, place: usize) {
        if self.make_ready(id) {
            let place = place.min(self.ready.len());
            self.ready.insert(place, id);
        }
    }

    /// Puts a ready task first, and another one, which is not ready, in its place. Tells whether it did.
    pub(crate) fn jump(&mut self, first: TaskId, instead: Option<TaskId>) -> bool {
        let Some(place) = self.ready.iter().position(|id| *id == first) else { return false };
        self.ready.remove(place);
        if let Some(id) = instead
            && self.make_ready(id)
        {
            self.ready.insert(place, id);
        }
        self.ready.push_front(first);
        true
    }

    /// The task has ended: its name is stale from now on.
    pub(crate) fn end(&mut self, id: TaskId) {
        let task = self.task(id);
        task.live = false;
        task.generation += 1;
        self.free.push(id.slot);
    }

    pub(crate) fn is_live(&self, id: TaskId) -> bool {
        self.tasks.get(id.slot as usize).is_some_and(|t| t.live && t.generation == id.generation)
    }

    /// Tasks that have not ended.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|t| t.live)
    }

    pub(crate) fn arm(&mut self, us: u64, background: bool, expiry: Expiry) -> TimerId {
        self.numbers += 1;
        self.arm_as(self.numbers, us, background, expiry)
    }

    /// As [`Executor::arm`], before all that were armed so for the same time, and behind all others.
    pub(crate) fn arm_first(&mut self, us: u64, background: bool, expiry: Expiry) -> TimerId {
        self.numbers += 1;
        self.arm_as(u64::MAX - self.numbers, us, background, expiry)
    }

    /// Whether the next timer was armed by [`Executor::arm_first`] for the bucket that runs out.
    fn bucket_goes_on(&self) -> bool {
        let next = self.timers.first_key_value().map(|(id, _)| id);
        next.is_some_and(|id| id.is_in_bucket() && self.bucket_us == Some(id.at_us))
    }

    /// Whether a background timer is armed.
    pub(crate) fn has_background_timers(&self) -> bool {
        self.timers.len() > self.foreground
    }

    fn expire(&mut self) -> Option<Expiry> {
        let (id, timer) = self.timers.pop_first()?;
        self.foreground -= usize::from(!timer.background);
        self.now_us = self.now_us.max(id.at_us);
        self.bucket_us = id.is_in_bucket().then_some(id.at_us);
        Some(timer.expiry)
    }

    fn arm_as(&mut self, number: u64, us: u64, background: bool, expiry: Expiry) -> TimerId {
        let id = TimerId { at_us: self.now_us.saturating_add(us), number };
        self.foreground += usize::from(!background);
        self.timers.insert(id, Timer { background, expiry });
        id
    }

    /// Tells whether the timer was armed.
    pub(crate) fn cancel(&mut self, id: TimerId) -> bool {
        let timer = self.timers.remove(&id);
        self.foreground -= usize::from(timer.as_ref().is_some_and(|t| !t.background));
        timer.is_some()
    }

    /// Everything that a run can hold on to: futures and closures hold references to each other and to the kernel.
    pub(crate) fn take_all(&mut self) -> impl Sized + use<> {
        self.ready.clear();
        self.idle.clear();
        self.fresh_workers.clear();
        self.rest = None;
        self.foreground = 0;
        (std::mem::take(&mut self.tasks), std::mem::take(&mut self.timers))
    }

    fn make_ready(&mut self, id: TaskId) -> bool {
        match self.tasks.get_mut(id.slot as usize) {
            Some(task) if task.live && task.generation == id.generation && !task.ready => {
                task.ready = true;
                true
            }
            _ => false,
        }
    }

    /// Whether anything but the current task can run without time passing.
    pub(crate) fn others_can_run(&self) -> bool {
        !self.ready.is_empty() || !self.idle.is_empty() || self.bucket_goes_on()
    }

    /// Takes what comes next: ready tasks in order, then idle ones, then the next timer, then rest.
    pub(crate) fn next(&mut self) -> Next {
        self.turns += 1;
        if self.bucket_goes_on()
            && let Some(expiry) = self.expire()
        {
            return Next::Expired(expiry);
        }
        loop {
            if let Some(id) = self.ready.pop_front() {
                let task = &mut self.tasks[id.slot as usize];
                task.ready = false;
                if task.live && task.generation == id.generation {
                    return Next::Task(id);
                }
                continue;
            }
            if let Some(id) = self.idle.pop_front() {
                if self.make_ready(id) {
                    self.ready.push_back(id);
                }
                continue;
            }
            if self.foreground == 0 && (!self.settling || self.timers.is_empty()) {
                return match self.rest.take() {
                    Some(id) if self.make_ready(id) => {
                        self.tasks[id.slot as usize].ready = false;
                        Next::Task(id)
                    }
                    _ => Next::Rest,
                };
            }
            return Next::Expired(self.expire().expect("a timer is armed"));
        }
    }
}
