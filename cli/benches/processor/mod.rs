//! Processor time, which a busy machine changes little.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Whether this is `cargo bench`; `cargo test --benches` wants to know that it runs.
pub(crate) fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// How long this thread works on something.
pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let began = so_far();
    work();
    so_far().saturating_sub(began)
}

fn so_far() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
