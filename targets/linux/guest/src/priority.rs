//! Who runs first. There is one processor, and the kernel never takes it from a thread that is in the kernel.
//!
//! In the model a command reaches the firmware in no time, a step whose moment came begins before anybody else runs, and goes on
//! until it first sleeps. Fixed priorities above those of all kernel threads give the same order here.

use nix::unistd::Pid;

use crate::calls;

/// Priorities, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// As everybody else.
    None = 0,
    /// Those who listen to the kernel, and who waits for moments.
    Script = 1,
    /// The hardware.
    Hardware = 2,
    /// A user or the channel subsystem, beginning a step.
    Beginner = 3,
}

/// Gives a thread a priority; 0 is the caller. A thread that has ended needs none.
pub(crate) fn prefer(thread: Pid, priority: Priority) {
    let _ = calls::set_priority(thread, priority as i32);
}

/// Gives the caller a priority.
pub(crate) fn prefer_me(priority: Priority) {
    prefer(Pid::from_raw(0), priority);
}
