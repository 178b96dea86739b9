//! `regdiff parity`: holds the model to the real driver.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use regdiff_linux::Registration;
use regdiff_scenario::Scenario;
use serde_json::json;

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::kernel_lane::KernelArguments;
use crate::output::Out;
use crate::parity::{self, Compared, Outcome, Tally, columns};
use crate::style::{BAD, GOOD, HEADING, UNDECIDED};
use crate::{complain, parallel};

const EXAMPLES: &str = "\
Examples:
  regdiff parity --seeds 1..200
  regdiff parity --seeds 1..1000 --version 6.12 --json --jobs 4
  regdiff parity --seeds 1..1000 --at-least 95
  regdiff parity --seed 17 -v
  regdiff parity corpus/registration/*.toml

Each scenario is put on the kernel's own profile and plain schedule, and runs in both lanes with both registrations: deferred
beside the model's deferred driver, early beside the model's series that registers when the adapter is enqueued. Observations are compared by kind.

The exit code is 0 if all runs agree, accepted mismatches apart, or, with --at-least, if so many of 100 do; else 1. It is 3 if nothing
was compared, or if the kernel lane failed in a run.";

/// Arguments of `regdiff parity`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios; generated ones if none is named
    #[arg(value_name = "FILE", conflicts_with_all = ["seeds", "seed"])]
    files: Vec<PathBuf>,
    /// Generated scenarios, from seed A to seed B, B included
    #[arg(long, value_name = "A..B", default_value = "1..100")]
    seeds: Range,
    /// One generated scenario
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Only one registration
    #[arg(long, value_name = "early|deferred")]
    registration: Option<Only>,
    /// Succeed if so many of 100 compared runs agree, whatever the others are; mismatches are listed all the same
    #[arg(long, value_name = "PERCENT")]
    at_least: Option<Percent>,
    /// Show every mismatch, and both sides next to each other
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    jobs: Jobs,
    #[command(flatten)]
    kernel: KernelArguments,
    #[command(flatten)]
    reading: Reading,
}

/// Seeds from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range(pub(super) u64, pub(super) u64);

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let range = text.split_once("..").and_then(|(first, last)| Some(Self(first.parse().ok()?, last.parse().ok()?)));
        range
            .filter(|range| range.0 <= range.1)
            .ok_or_else(|| "write A..B with A not above B, for example 1..200".to_owned())
    }
}

/// Of 100: from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Percent(f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (0.0..=100.0).contains(number));
        number.map(Self).ok_or_else(|| "write a number from 0 to 100".to_owned())
    }
}

/// One registration by name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Only(pub(super) Registration);

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Registration::ALL.iter().find(|registration| registration.text() == text);
        found.map(|registration| Self(*registration)).ok_or_else(|| "there are early and deferred".to_owned())
    }
}

/// A scenario and what to call it.
struct Subject {
    origin: String,
    scenario: Scenario,
}

/// Runs both lanes.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    let mut subjects = Vec::new();
    for file in &arguments.files {
        match arguments.reading.read(file) {
            Ok(input) => subjects.push(Subject { origin: file.display().to_string(), scenario: input.scenario }),
            Err(error) => code = code.and(complain(&error)),
        }
    }
    let linux = arguments.kernel.linux()?;
    let Range(first, last) = arguments.seed.map_or(arguments.seeds, |seed| Range(seed, seed));
    let generated = arguments.files.is_empty();
    let count = if generated { last - first + 1 } else { subjects.len() as u64 };
    let registrations: Vec<Registration> = match arguments.registration {
        Some(Only(registration)) => vec![registration],
        None => Registration::ALL.to_vec(),
    };
    let work = |index: u64| {
        let subject = || match subjects.get(index as usize) {
            Some(Subject { origin, scenario }) => (origin.clone(), scenario.clone()),
            None => (format!("seed {}", first + index), Scenario::generate(first + index)),
        };
        let (origin, scenario) = subject();
        let run = |registration: &Registration| parity::run(&linux, &scenario, *registration, arguments.verbose);
        (origin, registrations.iter().map(run).collect::<Vec<Compared>>())
    };
    let mut tally = Tally::default();
    let mut written = Ok(());
    parallel::in_order(arguments.jobs.number(), count, work, |_, (origin, runs)| {
        tally.add(&origin, &runs);
        if arguments.verbose && !arguments.json {
            written = runs.iter().try_for_each(|run| out.text(&in_full(&origin, run)));
        }
        if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    written?;
    let at_least = arguments.at_least.map(|Percent(percent)| percent);
    let code = code.and(tally.exit_code(at_least));
    if arguments.json {
        let mut value = tally.json();
        value["exit_code"] = json!(code.code());
        value["kernel"] = json!(linux.built.manifest);
        out.json(&value)?;
    } else {
        out.line(format_args!("kernel {}", linux.built.manifest.release))?;
        out.text(&tally.text())?;
    }
    Ok(code)
}

/// One comparison with everything that is known.
fn in_full(origin: &str, run: &Compared) -> String {
    let mut text = format!("{HEADING}{origin}, {}{HEADING:#}: ", run.registration.text());
    match &run.outcome {
        Outcome::Compared(found) if found.is_empty() => text.push_str(&format!("{GOOD}agree{GOOD:#}\n")),
        Outcome::Compared(found) => {
            text.push_str(&format!("{BAD}{} mismatches{BAD:#}\n", found.len()));
            for one in found {
                let (class, place) = (&one.class, &one.place);
                text.push_str(&format!("  {class}: {place}: model {}, kernel {}\n", one.model, one.kernel));
            }
        }
        Outcome::Skipped(what) => text.push_str(&format!("{UNDECIDED}skipped{UNDECIDED:#}: the model lacks {what}\n")),
        Outcome::NotExpressible(what) => text.push_str(&format!("{UNDECIDED}not expressible{UNDECIDED:#}: {what}\n")),
        Outcome::Failed(why) => text.push_str(&format!("{BAD}failed{BAD:#}: {why}\n")),
    }
    if let Some(seen) = &run.seen {
        text.push_str(&columns(&seen.0, &seen.1));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_between_0_and_100() {
        assert_eq!("99.5".parse(), Ok(Percent(99.5)));
        for wrong in ["101", "-1", "NaN", "x", "95%"] {
            assert!(wrong.parse::<Percent>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_include_their_end() {
        assert_eq!("1..200".parse(), Ok(Range(1, 200)));
        assert_eq!("5..5".parse(), Ok(Range(5, 5)));
        for wrong in ["5..4", "5", "a..b", "1..=2"] {
            assert!(wrong.parse::<Range>().is_err(), "{wrong}");
        }
    }
}
