//! The progress line: once a second on a terminal, nothing elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Summary;
use crate::say;

/// How often the line changes.
const EVERY: Duration = Duration::from_secs(1);

/// The line at the bottom of the terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    changed: Option<Instant>,
}

impl Progress {
    /// An empty line.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, changed: None }
    }

    /// Shows where the campaign is.
    pub(super) fn show(&mut self, summary: &Summary, elapsed: Duration, minimising: usize) {
        if !self.is_due() {
            return;
        }
        let (compared, seconds) = (&summary.compared, elapsed.as_secs_f64());
        let engine = summary.executions.map_or_else(String::new, |count| format!(", libFuzzer {count} executions"));
        let busy = if minimising == 0 { String::new() } else { format!(", {minimising} to minimise") };
        // What matters most comes first: a narrow terminal cuts the rest.
        self.bar.set_message(format!(
            "{seconds:.0} s, {} comparisons, {:.0}/s, valid {}, {} signatures{busy}{engine}; {}",
            compared.scenarios,
            compared.scenarios as f64 / seconds.max(1e-9),
            compared.share(compared.valid()),
            summary.signatures(),
            compared.outcome_line(),
        ));
    }

    /// Shows how much is left after the search.
    pub(super) fn minimising(&mut self, left: usize) {
        if self.is_due() {
            self.bar.set_message(format!("{left} findings to minimise"));
        }
    }

    fn is_due(&mut self) -> bool {
        let due = !self.bar.is_hidden() && self.changed.is_none_or(|changed| changed.elapsed() >= EVERY);
        if due {
            self.changed = Some(Instant::now());
        }
        due
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
