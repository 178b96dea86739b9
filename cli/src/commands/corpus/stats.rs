//! `regdiff corpus stats`: what folders of scenarios hold.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use regdiff_oracle::Options;
use regdiff_oracle::inputs::behaviours;
use regdiff_scenario::{Scenario, parts};
use serde::Serialize;

use super::sum;
use crate::args::{AllowLevel, Jobs};
use crate::distil;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::style::HEADING;
use crate::tally::Tally;
use crate::{own_bug, parallel};

const EXAMPLES: &str = "\
Examples:
  regdiff corpus stats corpus/*
  regdiff corpus stats --json fuzz/corpus/registration

A twin is a scenario that another file of the same line holds too, in whatever form. Findings are those that no allowance covers.";

/// Arguments of `regdiff corpus stats`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios, and folders of them: a line each
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "open", value_name = "LEVEL")]
    allow: AllowLevel,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Counts of one path.
#[derive(Serialize)]
struct Line {
    path: PathBuf,
    scenarios: usize,
    twins: usize,
    refused: u64,
    parts_median: usize,
    parts_max: usize,
    steps_median: usize,
    steps_max: usize,
    behaviours: usize,
    agree: u64,
    findings: u64,
    other: u64,
    signatures: usize,
    allowances: usize,
}

/// Counts each path.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let mut code = ExitCode::Clean;
    if !arguments.json {
        out.line(format_args!(
            "{HEADING}{:>9} {:>5} {:>7} {:>12} {:>12} {:>10} {:>6} {:>8} {:>5}{HEADING:#}  path",
            "scenarios", "twins", "refused", "parts (max)", "steps (max)", "behaviours", "agree", "findings", "other"
        ))?;
    }
    for path in &arguments.paths {
        let (line, ended) = arguments.count(path)?;
        code = code.and(ended);
        if arguments.json {
            out.json(&serde_json::json!(line))?;
            continue;
        }
        let most = |median: usize, max: usize| format!("{median} ({max})");
        out.line(format_args!(
            "{:>9} {:>5} {:>7} {:>12} {:>12} {:>10} {:>6} {:>8} {:>5}  {}",
            line.scenarios,
            line.twins,
            line.refused,
            most(line.parts_median, line.parts_max),
            most(line.steps_median, line.steps_max),
            line.behaviours,
            line.agree,
            line.findings,
            line.other,
            line.path.display()
        ))?;
    }
    Ok(code)
}

impl Arguments {
    fn count(&self, path: &PathBuf) -> Result<(Line, ExitCode), Error> {
        let read = distil::read(std::slice::from_ref(path), self.reading)?;
        let options = Options::allowing(self.allow.allow());
        let (mut tally, mut shown) = (Tally::default(), BTreeSet::new());
        let judged = |index: u64| own_bug::catch(|| behaviours(&read.all[index as usize].scenario, &options));
        parallel::in_order(self.jobs.number(), read.all.len() as u64, judged, |index, judged| {
            let origin = || read.all[index as usize].file.display().to_string();
            match judged {
                Ok((report, behaviours)) => {
                    tally.add(&report, origin);
                    shown.extend(behaviours);
                }
                Err(bug) => tally.add_own_bug(bug.0, origin),
            }
            ControlFlow::Continue(())
        });
        let sums: BTreeSet<String> = read.all.iter().map(|one| sum(&one.scenario)).collect();
        let sorted = |of: fn(&Scenario) -> usize| {
            let mut sizes: Vec<usize> = read.all.iter().map(|one| of(&one.scenario)).collect();
            sizes.sort_unstable();
            (sizes.get(sizes.len() / 2).copied().unwrap_or(0), sizes.last().copied().unwrap_or(0))
        };
        let (parts_median, parts_max) = sorted(parts::size);
        let (steps_median, steps_max) = sorted(|scenario| scenario.steps.len());
        let (agree, findings) = (tally.of("agree"), tally.of("findings"));
        let line = Line {
            path: path.clone(),
            scenarios: read.all.len(),
            twins: read.all.len() - sums.len(),
            refused: read.refused,
            parts_median,
            parts_max,
            steps_median,
            steps_max,
            behaviours: shown.len(),
            agree,
            findings,
            other: tally.scenarios - agree - findings,
            signatures: tally.findings.len(),
            allowances: tally.allowed.len(),
        };
        // Findings are counted, not judged: only what is no scenario, or a bug of ours, is a failure.
        let ended = if tally.own_bugs.is_empty() { read.code } else { ExitCode::OwnBug };
        Ok((line, ended))
    }
}
