//! `regdiff table`: tables, one file each.

use clap::{Args, Subcommand};

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;

mod inputs;
mod memory;

const EXAMPLES: &str = "\
Examples:
  regdiff table memory
  regdiff table inputs corpus";

/// Arguments of `regdiff table`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    table: Table,
}

/// Which table.
#[derive(Debug, Subcommand)]
enum Table {
    /// Where a command's protection data goes: by layout, elevator policy, moments of the protection mask, request object
    Memory(memory::Arguments),
    /// What scenarios tried, and what none of them did: answers and triggers by phase, parameters by outcome
    Inputs(inputs::Arguments),
}

/// Prints a table.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    match &arguments.table {
        Table::Memory(arguments) => memory::perform(arguments, out),
        Table::Inputs(arguments) => inputs::perform(arguments, out),
    }
}
