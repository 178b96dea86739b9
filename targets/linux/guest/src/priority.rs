//! Who runs first. There is one processor, and the kernel never takes it from a thread that is in the kernel.
//!
//! In the model a command reaches the firmware in no time, a step whose moment came begins before anybody else runs, and goes on
//! until it first sleeps. Fixed priorities above those of all kernel threads give the same order here.

use nix::unistd::Pid;

use crate::calls;

/// Priorities, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// As the kernel's threads, which the module gives a fixed priority too: whoever is woken first runs first.
    Ordinary = 1,
    /// Those who listen to the kernel, and who waits for moments.
    Script = 2,
    /// The hardware.
    Hardware = 3,
    /// A user or the channel subsystem, beginning a step.
    Beginner = 4,
}

/// Gives a thread a priority; 0 is the caller. A thread that has ended needs none.
pub(crate) fn prefer(thread: Pid, priority: Priority) {
    let _ = calls::set_priority(thread, priority as i32);
}

/// Gives the caller a priority.
pub(crate) fn prefer_me(priority: Priority) {
    prefer(Pid::from_raw(0), priority);
}
