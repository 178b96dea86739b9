//! `regdiff stats`: judges many generated scenarios and counts.

use std::ops::ControlFlow;
use std::time::Instant;

use clap::Args;
use regdiff_oracle::{Options, judge};
use regdiff_scenario::Scenario;
use serde_json::json;

use crate::args::{AllowLevel, Jobs, Seeds};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::own_bug::{self, OwnBug};
use crate::tally::Tally;
use crate::{parallel, repeat, say};

const EXAMPLES: &str = "\
Examples:
  regdiff stats --seed 0 --count 100000
  regdiff stats --seed 0 --count 1000 --allow intended
  regdiff stats --seed 0 --count 100000 --json";

/// Arguments of `regdiff stats`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    seeds: Seeds,
    /// Which allowances count
    #[arg(long, value_enum, default_value = "open", value_name = "LEVEL")]
    allow: AllowLevel,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Judges the scenarios and prints the counts.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let (seeds, options) = (arguments.seeds, Options::allowing(arguments.allow.allow()));
    let began = Instant::now();
    let mut tally = Tally::default();
    let mut first_found = None;
    let work = |index| own_bug::catch(|| judge(&Scenario::generate(seeds.nth(index)), &options));
    parallel::in_order(arguments.jobs.number(), seeds.count, work, |index, judged| {
        let origin = || format!("seed {}", seeds.nth(index));
        match judged {
            Ok(report) => {
                if !report.findings.is_empty() {
                    first_found.get_or_insert(seeds.nth(index));
                }
                tally.add(&report, origin);
            }
            Err(OwnBug(what)) => tally.add_own_bug(what, origin),
        }
        ControlFlow::Continue(())
    });
    let code = tally.exit_code();
    if arguments.json {
        let mut value = json!(tally);
        value["first_seed"] = json!(seeds.seed);
        value["allow"] = json!(arguments.allow.text());
        value["exit_code"] = json!(code.code());
        out.json(&value)?;
    } else {
        out.line(format_args!(
            "{} generated scenarios from seed {}, --allow {}, {} runs of a variant",
            tally.scenarios,
            seeds.seed,
            arguments.allow.text(),
            tally.runs
        ))?;
        out.text(&tally.outcomes())?;
        out.text(&tally.sightings())?;
        if let Some(seed) = first_found {
            out.line(format_args!("repeat the first: {}", repeat::seed(seed, arguments.allow)))?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    say(format_args!(
        "{:.1} s on {} threads, {:.0} scenarios a second",
        seconds,
        arguments.jobs.number(),
        tally.scenarios as f64 / seconds.max(1e-9)
    ));
    Ok(code)
}
