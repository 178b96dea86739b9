//! Waiting: for rest, for settling, for a moment, for a time; never past the limit of virtual time.
//!
//! Virtual time goes on only when nothing can run. So whoever sleeps, however short, finds all records, log lines and events
//! of before told when it wakes.

use std::thread::sleep;
use std::time::Duration;

use crate::door::BUSY_LOSS_TIMER;
use crate::ioctl;
use crate::machine::Machine;

/// The limit of virtual time was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of virtual time was hit")]
pub(crate) struct TimedOut;

/// The machine is at rest when it was quiet for so long: users in short sleeps of their own are seen by nobody.
const QUIET: Duration = Duration::from_millis(60);
/// First and longest time between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(250));
/// Long enough for everything that can run to run.
const INSTANT: Duration = Duration::from_micros(1);

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Nothing is left to run but device-loss timers.
    Rest,
    /// They have run out as well.
    Settled,
}

impl Until {
    /// Whether a mask of BUSY_* lets the wait end.
    const fn is_quiet(self, mask: u32) -> bool {
        match self {
            Self::Rest => mask & !BUSY_LOSS_TIMER == 0,
            Self::Settled => mask == 0,
        }
    }
}

impl Machine {
    fn check_limit(&self) -> Result<(), TimedOut> {
        if self.teller.now_us() / 1000 > self.order.limit_ms { Err(TimedOut) } else { Ok(()) }
    }

    /// What still has to happen.
    pub(crate) fn busy(&self) -> u32 {
        ioctl::busy(&self.door).unwrap_or(u32::MAX)
    }

    /// Waits for rest; true if the moment of an armed step came first.
    pub(crate) fn wait(&self, until: Until) -> Result<bool, TimedOut> {
        let mut pause = PAUSES.0;
        let mut quiet = Duration::ZERO;
        loop {
            let shared = self.lock();
            let shared = if shared.came { shared } else { self.wait_changed(shared, pause) };
            if shared.came {
                return Ok(true);
            }
            drop(shared);
            self.check_limit()?;
            if until.is_quiet(self.busy()) {
                quiet += pause;
                if quiet >= QUIET {
                    return Ok(false);
                }
                pause = QUIET / 4;
            } else {
                quiet = Duration::ZERO;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }

    /// Sleeps until a time since the start of the scenario.
    pub(crate) fn sleep_until(&self, due_us: u64) -> Result<(), TimedOut> {
        loop {
            self.check_limit()?;
            let left = due_us.saturating_sub(self.teller.now_us());
            if left == 0 {
                return Ok(());
            }
            // In pieces, so that the limit is seen.
            sleep(Duration::from_micros(left).min(Duration::from_secs(60)));
        }
    }

    /// Lets everything run that can run without time passing.
    pub(crate) fn let_run(&self) {
        sleep(INSTANT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_allows_loss_timers_alone() {
        assert!(Until::Rest.is_quiet(BUSY_LOSS_TIMER) && !Until::Settled.is_quiet(BUSY_LOSS_TIMER));
        assert!(!Until::Rest.is_quiet(1) && Until::Settled.is_quiet(0));
    }
}
