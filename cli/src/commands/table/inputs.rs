//! `regdiff table inputs`: what scenarios tried, and what none of them did.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use regdiff_oracle::Options;
use regdiff_oracle::inputs::{Phase, Table, behaviours, reach};
use regdiff_scenario::Scenario;
use serde_json::json;

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::own_bug::{self, OwnBug};
use crate::style::{HEADING, QUIET};
use crate::{complain, corpus, parallel, say};

const EXAMPLES: &str = "\
Examples:
  regdiff table inputs corpus
  regdiff table inputs corpus --missing
  regdiff table inputs --generated 10000 --json
  regdiff table inputs corpus my-findings --generated 1000

Counts are scenarios. A phase is told from outside: between two rests by the commands that reach the firmware, at a rest by
the adapter's attributes. An answer counts in the phase of its stretch, a trigger in that of its moment.";

/// Arguments of `regdiff table inputs`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios, and folders of them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// As many generated scenarios as well
    #[arg(long, value_name = "N", default_value_t = 0)]
    generated: u64,
    /// The first seed of the generated ones
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only what none of them reached
    #[arg(long)]
    missing: bool,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// The tables and their headings. Those with columns come first.
const TABLES: &[(&str, &str)] = &[
    ("answer", "answers, by phase of the stretch"),
    ("trigger", "triggers, by phase of the moment"),
    ("parameter", "parameters, by outcome"),
    ("log", "log lines"),
    ("tag", "recovery records"),
    ("point", "points"),
    ("allowance", "allowances"),
    ("finding", "findings"),
];

/// Judges the scenarios and prints the table.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if arguments.paths.is_empty() && arguments.generated == 0 {
        let problem = "there is nothing to make a table of".to_owned();
        return Err(Error::Arguments(problem, "name files or folders, or ask for --generated N"));
    }
    let mut code = ExitCode::Clean;
    let mut read: Vec<(String, Scenario)> = Vec::new();
    for file in corpus::files(&arguments.paths)? {
        match arguments.reading.read(&file) {
            Ok(input) => read.push((file.display().to_string(), input.scenario)),
            Err(error) => code = code.and(complain(&error)),
        }
    }
    let (table, panics) = count(arguments, &read);
    for (origin, what) in panics {
        say(format_args!("a bug of regdiff itself, in {origin}: {what}"));
        code = code.and(ExitCode::OwnBug);
    }
    if arguments.json {
        print_json(arguments, &table, out)?
    } else {
        print_text(arguments, &table, out)?
    }
    Ok(code)
}

/// Counts what was read and what is generated; panics of ours with their origins.
fn count(arguments: &Arguments, read: &[(String, Scenario)]) -> (Table, Vec<(String, String)>) {
    let options = Options::allowing(regdiff_oracle::Allow::Open);
    let files = read.len() as u64;
    let work = |index: u64| {
        let generated = || Scenario::generate(arguments.seed.wrapping_add(index - files));
        own_bug::catch(|| match read.get(index as usize) {
            Some((_, scenario)) => behaviours(scenario, &options).1,
            None => behaviours(&generated(), &options).1,
        })
    };
    let (mut table, mut panics) = (Table::default(), Vec::new());
    parallel::in_order(arguments.jobs.number(), files + arguments.generated, work, |index, told| {
        let origin = || match read.get(index as usize) {
            Some((file, _)) => file.clone(),
            None => format!("seed {}", arguments.seed.wrapping_add(index - files)),
        };
        match told {
            Ok(behaviours) => table.add(behaviours, origin),
            Err(OwnBug(what)) => panics.push((origin(), what)),
        }
        ControlFlow::Continue(())
    });
    (table, panics)
}

fn print_json(arguments: &Arguments, table: &Table, out: &mut Out) -> Result<(), Error> {
    if !arguments.missing {
        for (behaviour, sighting) in &table.seen {
            let (row, column) = behaviour.cell();
            out.json(&json!({
                "table": behaviour.table(), "row": row, "column": column,
                "scenarios": sighting.scenarios, "first": sighting.first,
            }))?;
        }
    }
    for goal in reach::missing(table.seen.keys()) {
        let why = reach::exception(&goal).map(|exception| exception.why);
        out.json(&json!({ "table": "missing", "row": goal, "why": why }))?;
    }
    Ok(())
}

fn print_text(arguments: &Arguments, table: &Table, out: &mut Out) -> Result<(), Error> {
    if !arguments.missing {
        out.line(format_args!("{} scenarios", table.scenarios))?;
        for (name, heading) in TABLES {
            out.text(&section(table, name, heading))?;
        }
    }
    let missing = reach::missing(table.seen.keys());
    out.line(format_args!("{HEADING}never reached{HEADING:#} ({} of {})", missing.len(), reach::goals().len()))?;
    for goal in missing {
        let why = reach::exception(&goal)
            .map_or_else(String::new, |exception| format!("  {QUIET}{}{QUIET:#}", exception.why));
        out.line(format_args!("  {goal}{why}"))?;
    }
    Ok(())
}

/// One table as text: rows and columns, or a list.
fn section(table: &Table, name: &str, heading: &str) -> String {
    let cells = table.cells(name);
    let mut text = format!("{HEADING}{heading}{HEADING:#} ({})\n", cells.len());
    let used: BTreeSet<&str> = cells.values().flat_map(|row| row.keys().copied()).collect();
    let phases = Phase::ALL.iter().map(|phase| phase.text()).filter(|phase| used.contains(phase));
    let mut columns: Vec<&str> = phases.collect();
    let others: Vec<&str> = used.iter().copied().filter(|column| !columns.contains(column)).collect();
    columns.extend(others);
    let width = |column: &str| column.len().max(6);
    let first = cells.keys().map(String::len).max().unwrap_or(0);
    if columns.iter().any(|column| !column.is_empty()) {
        let _ = write!(text, "  {:first$}", "");
        for column in &columns {
            let _ = write!(text, "  {column:>0$}", width(column));
        }
        text.push('\n');
    }
    for (row, counts) in cells {
        let _ = write!(text, "  {row:first$}");
        for column in &columns {
            let count = counts.get(column).map_or_else(|| ".".to_owned(), u64::to_string);
            let _ = write!(text, "  {count:>0$}", width(column));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use regdiff_oracle::inputs::Behaviour;

    use super::*;

    #[test]
    fn every_behaviour_has_a_table_that_is_shown() {
        let options = Options::default();
        for seed in 0..50 {
            for behaviour in behaviours(&Scenario::generate(seed), &options).1 {
                assert!(TABLES.iter().any(|(name, _)| *name == behaviour.table()), "{behaviour}");
            }
        }
        let finding = Behaviour::Finding("a/b".to_owned());
        assert!(TABLES.iter().any(|(name, _)| *name == finding.table()));
    }
}
