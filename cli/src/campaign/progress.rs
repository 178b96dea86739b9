//! The progress line: once a second on a terminal, nothing elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Summary;
use crate::say;

/// The line at the bottom of the terminal.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// An empty line.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(1));
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Shows where the campaign is.
    pub(super) fn show(&self, summary: &Summary, elapsed: Duration, minimising: usize) {
        if self.bar.is_hidden() {
            return;
        }
        let (compared, seconds) = (&summary.compared, elapsed.as_secs_f64());
        let engine = summary.executions.map_or_else(String::new, |count| format!(", libFuzzer {count} executions"));
        let busy = if minimising == 0 { String::new() } else { format!(", minimising {minimising}") };
        self.bar.set_message(format!(
            "{seconds:.0} s, {} comparisons, {:.0}/s{engine}; {} signatures{busy}; {}",
            compared.scenarios,
            compared.scenarios as f64 / seconds.max(1e-9),
            summary.signatures(),
            compared.outcome_line(),
        ));
        self.bar.tick();
    }

    /// Shows how much is left after the search.
    pub(super) fn minimising(&self, left: usize) {
        self.bar.set_message(format!("minimising {left} findings"));
        self.bar.tick();
    }

    /// A line that stays, where somebody watches.
    pub(super) fn say(&self, line: &str) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.suspend(|| say(format_args!("{line}")));
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
