//! The progress line: once a second on a terminal, nothing elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::say;

/// How often the line changes.
const EVERY: Duration = Duration::from_secs(1);

/// The line at the bottom of the terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    changed: Option<Instant>,
}

impl Progress {
    /// An empty line.
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, changed: None }
    }

    /// Shows a message, if it is time for one.
    pub(crate) fn show(&mut self, message: impl FnOnce() -> String) {
        if !self.bar.is_hidden() && self.changed.is_none_or(|changed| changed.elapsed() >= EVERY) {
            self.changed = Some(Instant::now());
            self.bar.set_message(message());
        }
    }

    /// A line that stays, also in a log.
    pub(crate) fn say(&self, line: &str) {
        self.bar.suspend(|| say(format_args!("{line}")));
    }

    /// Takes the line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
