//! What the scheduler keeps: tasks, the ready list, timers; and what comes next.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use regdiff_scenario::Context;

use crate::task::TaskFuture;
use crate::{Kernel, Sim};

/// Names a task; stale names are harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskId {
    slot: u32,
    generation: u32,
}

/// Names an armed timer: its time and a running number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId {
    at_us: u64,
    number: u64,
}

struct Task {
    generation: u32,
    context: Context,
    device: u8,
    frames: Vec<&'static str>,
    future: Option<TaskFuture>,
    ready: bool,
    live: bool,
}

/// What an expiring timer does.
enum Expiry {
    Wake(TaskId),
    Call { context: Context, device: u8, function: Box<dyn FnOnce(&Rc<Kernel>) -> Sim<()>> },
}

struct Timer {
    /// Rest does not wait for background timers: device loss would hide everything that happens before it.
    background: bool,
    expiry: Expiry,
}

#[derive(Default)]
pub(crate) struct Executor {
    tasks: Vec<Task>,
    free: Vec<u32>,
    ready: VecDeque<TaskId>,
    timers: BTreeMap<TimerId, Timer>,
    foreground: usize,
    numbers: u64,
    now_us: u64,
    current: Option<TaskId>,
    /// Tasks that asked to run only when nothing else can.
    idle: VecDeque<TaskId>,
    /// The task that waits for rest.
    rest: Option<TaskId>,
    /// Rest waits for background timers too.
    settling: bool,
    turns: u64,
}

enum Next {
    Task(TaskId),
    Expired(Expiry),
    Rest,
}

impl Executor {
    fn make_ready(&mut self, id: TaskId) -> bool {
        match self.tasks.get_mut(id.slot as usize) {
            Some(task) if task.live && task.generation == id.generation && !task.ready => {
                task.ready = true;
                true
            }
            _ => false,
        }
    }

    fn next(&mut self) -> Next {
        self.turns += 1;
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
            if self.foreground == 0 && !(self.settling && !self.timers.is_empty()) {
                return match self.rest.take() {
                    Some(id) if self.make_ready(id) => {
                        self.tasks[id.slot as usize].ready = false;
                        Next::Task(id)
                    }
                    _ => Next::Rest,
                };
            }
            let (id, timer) = self.timers.pop_first().expect("a timer is armed");
            self.foreground -= usize::from(!timer.background);
            self.now_us = self.now_us.max(id.at_us);
            return Next::Expired(timer.expiry);
        }
    }
}
