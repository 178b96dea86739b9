//! `regdiff show`: a scenario as text, and what happens in it on both sides.

use std::path::PathBuf;

use clap::Args;
use regdiff_oracle::{Options, explain, pair};
use regdiff_scenario::{Scenario, parts, text};
use serde_json::json;

use crate::args::AllowLevel;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::style::HEADING;

const EXAMPLES: &str = "\
Examples:
  regdiff show corpus/registration/lp1887124.toml
  regdiff show --allow open fuzz/artifacts/registration/crash-*
  regdiff show --no-timelines fuzz/artifacts/registration/crash-*
  regdiff show --json FILE

The text can be saved and edited; `regdiff run` takes it.";

/// Arguments of `regdiff show`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A scenario; - is standard input
    file: PathBuf,
    /// Show the scenario only, and run nothing
    #[arg(long)]
    no_timelines: bool,
    /// Which allowances count: the timelines end where something shows that none covers
    #[arg(long, value_enum, value_name = "LEVEL", default_value = "intended", conflicts_with = "no_timelines")]
    allow: AllowLevel,
    /// Print one JSON object: the scenario, its text, and the observations of both sides
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Shows one scenario.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let input = arguments.reading.read(&arguments.file)?;
    let (scenario, options) = (&input.scenario, Options::allowing(arguments.allow.allow()));
    if arguments.json {
        let mut value = json!({
            "file": input.file.display().to_string(),
            "parts": parts::size(scenario),
            "text": text::print(scenario),
            "scenario": scenario,
        });
        if !arguments.no_timelines {
            let variants = pair::Pair { eager: &options.left, deferred: &options.right };
            value["observations"] = json!(pair::run(&regdiff_oracle::Model, scenario, variants));
        }
        out.json(&value)?;
        return Ok(ExitCode::Clean);
    }
    out.line(format_args!("{HEADING}# {}{HEADING:#}", input.file.display()))?;
    out.line(format_args!("# {}", summary(scenario)))?;
    out.line("")?;
    out.text(&text::print(scenario))?;
    if !arguments.no_timelines {
        out.line("")?;
        out.text(&explain::timelines(scenario, &options))?;
    }
    Ok(ExitCode::Clean)
}

/// A scenario in a line.
pub(crate) fn summary(scenario: &Scenario) -> String {
    let ports = scenario.devices.iter().flat_map(|device| &device.ports);
    let luns = ports.clone().map(|port| port.luns.len()).sum();
    let counted = [
        counted(scenario.devices.len(), "FCP device"),
        counted(ports.count(), "port"),
        counted(luns, "LUN"),
        counted(scenario.firmware.len(), "scripted answer"),
        counted(scenario.steps.len(), "step"),
        counted(scenario.schedule.len(), "choice"),
        counted(parts::size(scenario), "part"),
    ];
    let layout = scenario.kernel.layout.text();
    format!("{}; {layout}", counted.join(", "))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
