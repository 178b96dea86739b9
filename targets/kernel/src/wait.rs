//! Wait queues, completions and sleeping locks.

use std::cell::{Cell, RefCell};

use crate::{Kernel, TaskId};

/// Tasks that wait for a condition; woken first in, first out (driver.md U3).
#[derive(Default)]
pub struct WaitQueue(RefCell<Vec<TaskId>>);

impl WaitQueue {
    /// Wakes every waiter; each looks at its condition again.
    pub fn wake_all(&self, kernel: &Kernel) {
        for id in self.0.borrow_mut().drain(..) {
            kernel.wake(id);
        }
    }

    /// Waits until `condition` holds.
    pub async fn wait(&self, kernel: &Kernel, mut condition: impl FnMut() -> bool) {
        while !condition() {
            self.sleep(kernel).await;
        }
    }

    /// Sleeps until somebody wakes this task.
    async fn sleep(&self, kernel: &Kernel) {
        let me = kernel.current_task();
        self.0.borrow_mut().push(me);
        kernel.park().await;
        // A name left behind would wake this task out of its next sleep.
        self.0.borrow_mut().retain(|id| *id != me);
    }

    /// Waits until `condition` holds, for at most so many ms; tells whether it holds.
    pub async fn wait_timeout(&self, kernel: &Kernel, ms: u64, mut condition: impl FnMut() -> bool) -> bool {
        let end = kernel.now_us() + kernel.timer_ms_in_us(ms);
        while !condition() {
            let now = kernel.now_us();
            if now >= end {
                return false;
            }
            let timer = kernel.wake_after_us(end - now);
            self.sleep(kernel).await;
            kernel.cancel_timer(timer);
        }
        true
    }
}

/// Something that is done once.
#[derive(Default)]
pub struct Completion {
    done: Cell<bool>,
    waiters: WaitQueue,
}

impl Completion {
    /// It is done.
    pub fn complete(&self, kernel: &Kernel) {
        self.done.set(true);
        self.waiters.wake_all(kernel);
    }

    /// It is to be done again.
    pub fn reset(&self) {
        self.done.set(false);
    }

    /// Whether it is done.
    pub fn is_done(&self) -> bool {
        self.done.get()
    }

    /// Waits until it is done.
    pub async fn wait(&self, kernel: &Kernel) {
        self.waiters.wait(kernel, || self.done.get()).await;
    }
}

/// A sleeping lock.
#[derive(Default)]
pub struct Mutex {
    locked: Cell<bool>,
    waiters: WaitQueue,
}

/// Holds a [`Mutex`] until it is dropped.
#[must_use]
pub struct MutexGuard<'a>(&'a Mutex, &'a Kernel);

impl Drop for MutexGuard<'_> {
    fn drop(&mut self) {
        self.0.locked.set(false);
        self.0.waiters.wake_all(self.1);
    }
}

impl Mutex {
    /// Takes the lock, sleeping while somebody else holds it.
    pub async fn lock<'a>(&'a self, kernel: &'a Kernel) -> MutexGuard<'a> {
        self.waiters.wait(kernel, || !self.locked.get()).await;
        self.locked.set(true);
        MutexGuard(self, kernel)
    }

    /// Whether somebody holds it.
    pub fn is_locked(&self) -> bool {
        self.locked.get()
    }
}
