//! Telling the host: one JSON object a line, each line in one write, in the order of happening.

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use nix::time::{ClockId, clock_gettime};
use regdiff_linux_wire::{Fact, Happening, MAX_LINE};
use regdiff_scenario::{Context, Scalar};

/// Virtual time since boot, in µs.
pub(crate) fn boot_us() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC);
    now.map_or(0, |now| now.tv_sec() as u64 * 1_000_000 + now.tv_nsec() as u64 / 1000)
}

/// A kernel context by its number at the door.
pub(crate) fn context(number: u32) -> Option<Context> {
    Context::ALL.iter().copied().find(|context| context.to_raw() == u64::from(number))
}

/// The only one who writes to the host. Times are told from the start of the scenario on.
pub(crate) struct Teller {
    /// None when the end is told.
    out: Mutex<Option<File>>,
    base_us: AtomicU64,
    scsi_commands: AtomicU32,
    told: AtomicU32,
}

impl Teller {
    pub(crate) fn new(out: File) -> Self {
        Self {
            out: Mutex::new(Some(out)),
            base_us: AtomicU64::new(boot_us()),
            scsi_commands: AtomicU32::new(0),
            told: AtomicU32::new(0),
        }
    }

    /// The scenario starts now.
    pub(crate) fn start(&self) {
        self.base_us.store(boot_us(), Ordering::Relaxed);
    }

    /// Time since the start of the scenario, of a time since boot.
    pub(crate) fn since_start(&self, boot_us: u64) -> u64 {
        boot_us.saturating_sub(self.base_us.load(Ordering::Relaxed))
    }

    /// Time since the start of the scenario.
    pub(crate) fn now_us(&self) -> u64 {
        self.since_start(boot_us())
    }

    /// A fact. What does not fit a line is told as far as a log line.
    pub(crate) fn tell(&self, fact: &Fact) {
        self.told.fetch_add(1, Ordering::Relaxed);
        let mut line = serde_json::to_vec(fact).unwrap_or_default();
        if line.is_empty() || line.len() >= MAX_LINE {
            line = br#"{"not_expressible":{"what":"a fact that is longer than a line may be"}}"#.to_vec();
        }
        line.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = out.as_mut() {
            // Without a host there is nobody left to tell.
            let _ = file.write_all(&line);
        }
        // Switching off shuts the driver down, which is not part of the run.
        if matches!(fact, Fact::End { .. }) {
            *out = None;
        }
    }

    /// Something happened, at a time since boot.
    pub(crate) fn happened(&self, boot_us: u64, context: Option<Context>, what: Happening) {
        self.tell(&Fact::Happened { time_us: self.since_start(boot_us), context, what });
    }

    /// A remark of this program, as a line of the log.
    pub(crate) fn remark(&self, text: &str) {
        const DEBUG: u8 = 7;
        self.happened(boot_us(), None, Happening::Log { level: DEBUG, text: format!("regdiff-guest: {text}") });
    }

    /// How many facts were told: as long as it grows, something happens.
    pub(crate) fn told(&self) -> u32 {
        self.told.load(Ordering::Relaxed)
    }

    /// A SCSI command reached the firmware.
    pub(crate) fn count_scsi(&self) {
        self.scsi_commands.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn scsi_commands(&self) -> u32 {
        self.scsi_commands.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::*;

    #[test]
    fn facts_are_lines() {
        let mut file = tempfile::tempfile().unwrap();
        let teller = Teller::new(file.try_clone().unwrap());
        teller.start();
        teller.tell(&Fact::StepDone { step: 1, code: -5 });
        teller.remark("hello");
        teller.tell(&Fact::NotExpressible { what: "x".repeat(MAX_LINE) });
        teller.tell(&Fact::End { time_us: 0, busy: 0, timed_out: false, scsi_commands: 0 });
        teller.remark("too late");
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        let facts: Vec<Fact> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(facts[0], Fact::StepDone { step: 1, code: -5 });
        assert!(
            matches!(&facts[1], Fact::Happened { what: Happening::Log { level: 7, text }, .. } if text.contains("hello"))
        );
        assert!(matches!(&facts[2], Fact::NotExpressible { what } if what.len() < 100));
        assert!(matches!(facts[3], Fact::End { .. }) && facts.len() == 4);
    }

    #[test]
    fn contexts_by_number() {
        assert_eq!(context(1), Some(Context::Erp));
        assert_eq!(context(0), Some(Context::User));
        assert_eq!(context(255), None);
    }
}
