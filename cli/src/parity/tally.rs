//! Counting comparisons.

use std::collections::BTreeMap;
use std::fmt::Write;

use regdiff_linux::Registration;
use regdiff_linux::parity::{Mismatch, accepted};
use serde::Serialize;
use serde_json::json;

use super::{Compared, Outcome};
use crate::exit_code::ExitCode;
use crate::style::{BAD, GOOD, HEADING, QUIET, UNDECIDED};

/// How many unknown lines and failures are shown.
const SHOWN: usize = 10;

/// A class of mismatches.
#[derive(Clone, Debug, Default, Serialize)]
struct Class {
    /// In how many runs.
    runs: u64,
    /// The first one: where it came from, and what it is.
    example: String,
    registration: &'static str,
    mismatch: Option<Mismatch>,
    /// The entry that accepts it.
    accepted: Option<&'static str>,
    impossible: bool,
}

/// All that was counted.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Tally {
    scenarios: u64,
    /// Scenarios of which all comparisons agree, of those with any.
    scenarios_compared: u64,
    scenarios_agreed: u64,
    compared: u64,
    agreed: u64,
    reached_io: u64,
    skipped: BTreeMap<String, u64>,
    not_expressible: BTreeMap<String, u64>,
    failed: BTreeMap<String, (u64, String)>,
    unknown_lines: BTreeMap<String, u64>,
    classes: BTreeMap<String, Class>,
    /// Runs that reached the kernel. Of the same runs, in seconds: the model's processor time, the kernel's processor time and real
    /// time.
    kernel_runs: u64,
    model_seconds: f64,
    kernel_seconds: f64,
    kernel_real_seconds: f64,
}

impl Tally {
    /// Adds a scenario's comparisons.
    pub(crate) fn add(&mut self, origin: &str, runs: &[Compared]) {
        self.scenarios += 1;
        let agreed: Vec<bool> = runs.iter().filter_map(|run| run.outcome.agrees()).collect();
        self.scenarios_compared += u64::from(!agreed.is_empty());
        self.scenarios_agreed += u64::from(!agreed.is_empty() && agreed.iter().all(|agreed| *agreed));
        for run in runs {
            self.add_run(origin, run);
        }
    }

    fn add_run(&mut self, origin: &str, run: &Compared) {
        if run.kernel_real_seconds > 0.0 {
            self.model_seconds += run.model_seconds;
            self.kernel_seconds += run.kernel_seconds;
            self.kernel_real_seconds += run.kernel_real_seconds;
            self.kernel_runs += 1;
        }
        for line in &run.unknown_lines {
            *self.unknown_lines.entry(without_numbers(line)).or_default() += 1;
        }
        match &run.outcome {
            Outcome::Skipped(what) => *self.skipped.entry(what.clone()).or_default() += 1,
            Outcome::NotExpressible(what) => *self.not_expressible.entry(what.clone()).or_default() += 1,
            Outcome::Failed(why) => {
                self.failed.entry(without_numbers(why)).or_insert_with(|| (0, origin.to_owned())).0 += 1;
            }
            Outcome::Compared(found) => {
                self.compared += 1;
                self.reached_io += u64::from(run.reached_io);
                self.agreed += u64::from(run.outcome.agrees() == Some(true));
                self.add_classes(origin, run.registration, found);
            }
        }
    }

    fn add_classes(&mut self, origin: &str, registration: Registration, found: &[Mismatch]) {
        let mut seen: Vec<&str> = Vec::new();
        for mismatch in found {
            let entry = accepted::covering(mismatch);
            if seen.contains(&mismatch.class.as_str()) {
                continue;
            }
            seen.push(&mismatch.class);
            let class = self.classes.entry(mismatch.class.clone()).or_insert_with(|| Class {
                runs: 0,
                example: origin.to_owned(),
                registration: registration.text(),
                mismatch: Some(mismatch.clone()),
                accepted: entry.map(|entry| entry.id),
                impossible: entry.is_some_and(|entry| entry.impossible),
            });
            class.runs += 1;
        }
    }

    /// How the command ends: with a rate that is enough, mismatches are no findings.
    pub(crate) fn exit_code(&self, at_least: Option<f64>) -> ExitCode {
        let findings = match at_least {
            Some(percent) => self.compared > 0 && Self::rate(self.agreed, self.compared) < percent,
            None => self.classes.values().any(|class| class.accepted.is_none()),
        };
        if findings {
            ExitCode::Findings
        } else if !self.failed.is_empty() || self.compared == 0 {
            ExitCode::Undecided
        } else {
            ExitCode::Clean
        }
    }

    fn rate(part: u64, all: u64) -> f64 {
        if all == 0 { 0.0 } else { part as f64 * 100.0 / all as f64 }
    }

    /// Runs a second: the model's and the kernel's of processor time, the kernel's of real time.
    fn speeds(&self) -> [f64; 3] {
        [self.model_seconds, self.kernel_seconds, self.kernel_real_seconds]
            .map(|seconds| if seconds > 0.0 { self.kernel_runs as f64 / seconds } else { 0.0 })
    }

    /// For programs.
    pub(crate) fn json(&self) -> serde_json::Value {
        let mut value = json!(self);
        value["rate_of_runs"] = json!(Self::rate(self.agreed, self.compared));
        value["rate_of_scenarios"] = json!(Self::rate(self.scenarios_agreed, self.scenarios_compared));
        value
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let Self { scenarios, compared, agreed, .. } = self;
        let rate = Self::rate(*agreed, *compared);
        let style = if agreed == compared { GOOD } else { BAD };
        let _ = writeln!(
            text,
            "{HEADING}parity{HEADING:#} {style}{rate:.1} %{style:#}: {agreed} of {compared} runs agree, from {scenarios} scenarios"
        );
        let both = Self::rate(self.scenarios_agreed, self.scenarios_compared);
        let (one, all) = (self.scenarios_agreed, self.scenarios_compared);
        let _ = writeln!(text, "  {both:.1} % of scenarios agree with every registration ({one} of {all})");
        let io = Self::rate(self.reached_io, *compared);
        let _ = writeln!(text, "  {io:.1} % of compared runs send SCSI commands");
        count(&mut text, "skipped, the model does not have it", &self.skipped);
        count(&mut text, "not expressible in the kernel lane", &self.not_expressible);
        for (why, (runs, origin)) in self.failed.iter().take(SHOWN) {
            let _ = writeln!(text, "  {BAD}failed{BAD:#} {runs} runs ({origin}): {why}");
        }
        self.classes_text(&mut text, "mismatches", |class| class.accepted.is_none());
        self.classes_text(&mut text, "accepted mismatches, which count", |c| c.accepted.is_some() && !c.impossible);
        self.classes_text(&mut text, "impossible in User-Mode Linux, which do not count", |class| class.impossible);
        let mut lines: Vec<_> = self.unknown_lines.iter().collect();
        lines.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        if !lines.is_empty() {
            let total: u64 = self.unknown_lines.values().sum();
            let _ = writeln!(text, "{HEADING}log lines without a name{HEADING:#} ({total}, not compared)");
        }
        for (line, count) in lines.into_iter().take(SHOWN) {
            let _ = writeln!(text, "  {count:>6}  {QUIET}{line}{QUIET:#}");
        }
        let [model, kernel, real] = self.speeds();
        let _ = writeln!(
            text,
            "{HEADING}speed{HEADING:#} of the same {} runs, a second of one core: kernel {kernel:.1}, model {model:.0} ({:.0} times as \
             many); kernel, a second of real time and thread: {real:.1}",
            self.kernel_runs,
            if kernel > 0.0 { model / kernel } else { 0.0 },
        );
        text
    }

    fn classes_text(&self, text: &mut String, heading: &str, fits: impl Fn(&Class) -> bool) {
        let mut classes: Vec<(&String, &Class)> = self.classes.iter().filter(|(_, class)| fits(class)).collect();
        classes.sort_by_key(|(name, class)| (std::cmp::Reverse(class.runs), *name));
        if !classes.is_empty() {
            let _ = writeln!(text, "{HEADING}{heading}{HEADING:#} (runs, class, first seen)");
        }
        for (name, class) in classes {
            let (runs, example, registration) = (class.runs, &class.example, class.registration);
            let _ = writeln!(text, "  {runs:>5}  {name}  {QUIET}{example}, {registration}{QUIET:#}");
            if let Some(Mismatch { place, model, kernel, .. }) = &class.mismatch {
                let _ = writeln!(text, "         {UNDECIDED}{place}{UNDECIDED:#}: model {model}, kernel {kernel}");
            }
            if let Some(id) = class.accepted {
                let why = accepted::ACCEPTED.iter().find(|entry| entry.id == id).map_or("", |entry| entry.why);
                let _ = writeln!(text, "         {id}: {why}");
            }
        }
    }
}

fn count(text: &mut String, heading: &str, counts: &BTreeMap<String, u64>) {
    let total: u64 = counts.values().sum();
    if total > 0 {
        let _ = writeln!(text, "  {heading}: {total} runs");
    }
    for (what, count) in counts {
        let _ = writeln!(text, "    {count:>5}  {what}");
    }
}

/// A line with every number as `#`, so that lines of one kind count as one.
fn without_numbers(line: &str) -> String {
    let mut text = String::new();
    for word in line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let numeric = digits.bytes().any(|byte| byte.is_ascii_digit());
        text.push_str(if numeric { "#" } else { digits });
        text.push_str(&word[digits.len()..]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_is_enough_is_no_finding() {
        let mismatch = || ("command.adisc".to_owned(), Class { runs: 1, ..Class::default() });
        let tally = |compared, agreed| Tally { compared, agreed, classes: [mismatch()].into(), ..Tally::default() };
        assert_eq!(tally(40, 38).exit_code(None), ExitCode::Findings);
        assert_eq!(tally(40, 38).exit_code(Some(95.0)), ExitCode::Clean);
        assert_eq!(tally(40, 37).exit_code(Some(95.0)), ExitCode::Findings);
        assert_eq!(tally(0, 0).exit_code(Some(95.0)), ExitCode::Undecided, "nothing was compared");
        let mut failed = tally(40, 40);
        failed.failed.insert("no kernel".to_owned(), (1, "seed 1".to_owned()));
        assert_eq!(failed.exit_code(Some(95.0)), ExitCode::Undecided);
    }

    #[test]
    fn numbers_do_not_tell_lines_apart() {
        assert_eq!(without_numbers("sd 0:0:1:7: [sda] 0x10 blocks"), "sd #:#:#:#: [sda] # blocks");
    }
}
