// SPDX-License-Identifier: MIT OR Apache-2.0
//! What every engine's entry point does with an input: the target checks it, and it is counted.
//!
//! Three things reach a target from outside, so that no engine can learn them: `REGDIFF_FAULT`, the name of a planted fault to
//! look for instead; `REGDIFF_COUNT`, a file to which processes append how many inputs they judged, a number a line, and,
//! with a planted fault, the words `reached` and `triggered` at the first input that got so far; and `REGDIFF_FEEDBACK=off`, to
//! measure what the feedback about behaviour is worth.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use regdiff_oracle::fault::{self, Progress};
use regdiff_oracle::target::{Asked, Checked, Planted};
use regdiff_oracle::{Fault, Target};

use crate::feedback;

/// Inputs that a process may have judged without having said so; one that dies takes as many along.
const UNTOLD: u64 = 64;

/// Checks an input; panics on a finding. False for an input that is none of the target's.
pub fn check(target: &Target, data: &[u8]) -> bool {
    let outside = OUTSIDE.get_or_init(Outside::read);
    let feedback: Option<&dyn Fn(u64)> = if outside.feedback { Some(&feedback::show) } else { None };
    check_with(target, data, outside, feedback)
}

/// The same, and the engine sees nothing but code: the drill's baseline.
pub fn check_without_feedback(target: &Target, data: &[u8]) -> bool {
    check_with(target, data, OUTSIDE.get_or_init(Outside::read), None)
}

fn check_with(target: &Target, data: &[u8], outside: &Outside, feedback: Option<&dyn Fn(u64)>) -> bool {
    // Before the check: a finding ends this process.
    let foreign = || target.language().is_some_and(|language| !language.admits(&regdiff_scenario::bytes::decode(data)));
    if outside.count.is_some() && !foreign() {
        outside.tell(Count::add);
    }
    let told = |progress: Progress| outside.tell(|count| count.progress(progress));
    let planted = outside.fault.map(|fault| Planted { fault, told: &told });
    target.check(data, Asked { planted, feedback }) == Checked::Judged
}

static OUTSIDE: OnceLock<Outside> = OnceLock::new();

struct Outside {
    fault: Option<&'static Fault>,
    feedback: bool,
    count: Option<Mutex<Count>>,
}

impl Outside {
    /// What the environment says. A mistake in it ends the process: to search without the fault would prove nothing.
    fn read() -> Self {
        let fault = env::var("REGDIFF_FAULT").ok().map(|name| {
            fault::by_name(&name)
                .unwrap_or_else(|| stop(&format!("REGDIFF_FAULT={name}: no such fault; see `regdiff faults`")))
        });
        let count = env::var_os("REGDIFF_COUNT").map(|path| {
            let open = OpenOptions::new().create(true).append(true).open(&path);
            let file = open.unwrap_or_else(|error| stop(&format!("REGDIFF_COUNT={}: {error}", path.display())));
            Mutex::new(Count { file, untold: 0, began: false, progress: Progress::default() })
        });
        let feedback = match env::var("REGDIFF_FEEDBACK").as_deref() {
            Err(env::VarError::NotPresent) | Ok("on") => true,
            Ok("off") => false,
            _ => stop("REGDIFF_FEEDBACK: neither on nor off"),
        };
        Self { fault, feedback, count }
    }

    /// Writes to the count, if one is kept.
    fn tell(&self, write: impl FnOnce(&mut Count)) {
        if let Some(count) = &self.count {
            write(&mut count.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

fn stop(problem: &str) -> ! {
    eprintln!("{problem}");
    std::process::exit(2)
}

struct Count {
    file: File,
    untold: u64,
    began: bool,
    progress: Progress,
}

impl Count {
    /// One more. The first is told at once, so that a process that finds something at its first input has compared.
    fn add(&mut self) {
        self.untold += 1;
        if self.untold < UNTOLD && self.began {
            return;
        }
        // One write each, which appends as a whole. A full disk must not look like a finding.
        let _ = self.file.write_all(format!("{}\n", self.untold).as_bytes());
        self.began = true;
        self.untold = 0;
    }

    /// Says what was got to for the first time.
    fn progress(&mut self, now: Progress) {
        let words = [
            (now.reached, &mut self.progress.reached, "reached\n"),
            (now.triggered, &mut self.progress.triggered, "triggered\n"),
        ];
        for (is, was, word) in words {
            if is && !*was {
                *was = true;
                let _ = self.file.write_all(word.as_bytes());
            }
        }
    }
}
