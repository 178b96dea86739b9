//! Processor time, in seconds: what a run costs a core, however busy the machine is.

use rustix::time::{ClockId, clock_gettime};

/// What this thread took until now.
pub(crate) fn of_this_thread() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let before = of_this_thread();
        while of_this_thread() == before {
            std::hint::spin_loop();
        }
    }
}
