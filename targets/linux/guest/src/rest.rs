//! Waiting: for rest, for settling, for a moment, for a time; never past the limit of virtual time.
//!
//! Virtual time goes on only when nothing can run. So whoever sleeps, however short, finds all records, log lines and events
//! of before told when it wakes.

use std::thread::sleep;
use std::time::Duration;

use regdiff_scenario::step::Parameter;
use regdiff_scenario::{Scalar, Scenario, Trigger};

use crate::calls;
use crate::door::{
    BUSY_ADAPTER_WORK, BUSY_ANSWER, BUSY_EH, BUSY_ERP, BUSY_IO, BUSY_LOSS_TIMER, BUSY_REQUEST, BUSY_SCSI_SCAN,
};
use crate::machine::Machine;

/// The limit of virtual time was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit of virtual time was hit")]
pub(crate) struct TimedOut;

/// The machine is at rest when it was quiet for so long: users in short sleeps of their own are seen by nobody.
const QUIET: Duration = Duration::from_millis(60);
/// First and longest time between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(250));
/// What is busy for so long without a fact is stuck: tries again and again in vain, or sleeps for ever. Nothing that waits by
/// itself waits longer, requests and recovery apart.
const STUCK: Duration = Duration::from_secs(45);
/// The same where a request, recovery or the error handler may wait for a timer of its own.
const STUCK_WITH_TIMERS: Duration = Duration::from_secs(130);
/// The same where nothing but commands and who waits for them is left while a port is blocked: they wait for the port. Longer than
/// any pause of the midlayer, and short enough for the loss timer not to run out meanwhile, which rest does not wait for.
const STUCK_AT_A_LOST_PORT: Duration = Duration::from_secs(4);
/// Long enough for everything that can run to run. Reading the clock takes a quarter of a microsecond of virtual time.
const INSTANT: Duration = Duration::from_millis(1);

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

    /// After which time without a fact what is still busy is stuck; none if something is sure to come. `scan` is the longest time
    /// that a port scan waits for.
    fn patience(self, mask: u32, scan: Duration) -> Option<Duration> {
        if mask & BUSY_ANSWER != 0 || (self == Self::Settled && mask & BUSY_LOSS_TIMER != 0) {
            return None;
        }
        if mask & BUSY_LOSS_TIMER != 0 && mask & !(BUSY_LOSS_TIMER | BUSY_IO | BUSY_SCSI_SCAN) == 0 {
            return Some(STUCK_AT_A_LOST_PORT);
        }
        let timers = mask & (BUSY_REQUEST | BUSY_ERP | BUSY_EH) != 0;
        let base = if timers { STUCK_WITH_TIMERS } else { STUCK };
        Some(if mask & BUSY_ADAPTER_WORK != 0 { base + scan } else { base })
    }
}

/// The longest time that a port scan can wait for, by parameters and by steps that write them.
pub(crate) fn longest_scan_delay(scenario: &Scenario) -> Duration {
    let written = |parameter: Parameter| {
        let steps = scenario.steps.iter().filter(|step| step.trigger == Trigger::SetParameter);
        steps.filter(|step| Parameter::from_raw(step.a.into()) == parameter).map(|step| step.b).max().unwrap_or(0)
    };
    let module = &scenario.module;
    let ratelimit = module.port_scan_ratelimit.max(written(Parameter::PortScanRatelimit));
    let backoff = module.port_scan_backoff.max(written(Parameter::PortScanBackoff));
    let exact = u64::from(ratelimit) + u64::from(backoff);
    // A timer waits for the end of its bucket, which is as long as an eighth of the whole.
    Duration::from_millis(exact + exact / 8)
}

impl Machine {
    fn check_limit(&self) -> Result<(), TimedOut> {
        if self.teller.now_us() / 1000 > self.order.limit_ms { Err(TimedOut) } else { Ok(()) }
    }

    /// What still has to happen.
    pub(crate) fn busy(&self) -> u32 {
        calls::busy(&self.door).unwrap_or(u32::MAX)
    }

    /// Waits for rest; true if the moment of an armed step came first.
    pub(crate) fn wait(&self, until: Until) -> Result<bool, TimedOut> {
        let mut pause = PAUSES.0;
        let mut quiet = Duration::ZERO;
        let (mut told, mut since_us) = (self.teller.told(), self.teller.now_us());
        loop {
            let shared = self.lock();
            let mut shared = if shared.came { shared } else { self.wait_changed(shared, pause) };
            if std::mem::take(&mut shared.came) {
                return Ok(true);
            }
            drop(shared);
            self.check_limit()?;
            let mask = self.busy();
            if self.teller.told() != told {
                (told, since_us) = (self.teller.told(), self.teller.now_us());
            }
            let idle = Duration::from_micros(self.teller.now_us() - since_us);
            if until.patience(mask, self.longest_scan_delay).is_some_and(|patience| idle > patience) {
                return Ok(false);
            }
            if until.is_quiet(mask) {
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

    /// Waits for users in sleeps of their own, whom nobody sees, as long as anybody sleeps by itself; true if there were any.
    pub(crate) fn wait_for_users(&self) -> Result<bool, TimedOut> {
        let began_us = self.teller.now_us();
        let mut waited = false;
        while self.lock().users > 0 && Duration::from_micros(self.teller.now_us() - began_us) < STUCK {
            self.check_limit()?;
            sleep(PAUSES.1);
            waited = true;
        }
        Ok(waited)
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
    use regdiff_scenario::Step;

    use super::*;

    #[test]
    fn rest_allows_loss_timers_alone() {
        assert!(Until::Rest.is_quiet(BUSY_LOSS_TIMER) && !Until::Settled.is_quiet(BUSY_LOSS_TIMER));
        assert!(!Until::Rest.is_quiet(1) && Until::Settled.is_quiet(0));
    }

    #[test]
    fn patience_ends_unless_something_is_sure_to_come() {
        let scan = Duration::from_secs(60);
        let io = BUSY_IO;
        assert_eq!(Until::Rest.patience(io, scan), Some(STUCK));
        assert_eq!(Until::Rest.patience(io | BUSY_REQUEST, scan), Some(STUCK_WITH_TIMERS));
        assert_eq!(Until::Rest.patience(BUSY_ADAPTER_WORK, scan), Some(STUCK + scan));
        assert_eq!(Until::Rest.patience(io | BUSY_ANSWER, scan), None);
        assert_eq!(Until::Settled.patience(io | BUSY_LOSS_TIMER, scan), None);
        assert_eq!(Until::Rest.patience(io | BUSY_LOSS_TIMER, scan), Some(STUCK_AT_A_LOST_PORT));
        assert_eq!(Until::Rest.patience(io | BUSY_LOSS_TIMER | BUSY_REQUEST, scan), Some(STUCK_WITH_TIMERS));
    }

    #[test]
    fn scans_wait_as_long_as_parameters_say() {
        let mut scenario = Scenario::default();
        assert_eq!(longest_scan_delay(&scenario), Duration::from_millis(68_062));
        let b = 100_000;
        let step = Step { a: Parameter::PortScanRatelimit as u32, b, ..Step::new(Trigger::SetParameter) };
        scenario.steps.push(step);
        assert_eq!(longest_scan_delay(&scenario), Duration::from_millis(113_062));
    }
}
