//! One file a command.

mod check;
mod cmin;
mod completions;
mod confirm;
mod convert;
mod corpus;
mod coverage;
mod doctor;
mod explain;
mod explore;
mod faults;
mod fuzz;
mod generate;
mod kernel;
mod list;
mod parity;
mod report;
mod run;
mod series;
mod show;
mod stats;
mod table;
mod tmin;
mod triage;

use clap::Subcommand;

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;

/// What regdiff can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge scenarios: what differs, what breaks, what the contract allows
    Run(run::Arguments),
    /// Show a scenario and what happens in it, both sides next to each other
    Show(show::Arguments),
    /// Explain a finding: both sides side by side up to the first difference, the memory, the trace
    Explain(explain::Arguments),
    /// List what there is: targets, allowances, fences, triggers, commands, layouts
    List(list::Arguments),
    /// Write generated scenarios
    Gen(generate::Arguments),
    /// Turn a scenario from text to bytes or back
    Convert(convert::Arguments),
    /// Check that the same scenario always gives the same verdict
    Check(check::Arguments),
    /// Take out of a scenario what its finding does not need
    Tmin(tmin::Arguments),
    /// Keep the smallest scenario of each thing that a folder of them does
    Cmin(cmin::Arguments),
    /// Pack, unpack, merge and count folders of scenarios
    Corpus(corpus::Arguments),
    /// Sort crash files of any engine into one folder a signature
    Triage(triage::Arguments),
    /// Write one page about a folder of findings
    Report(report::Arguments),
    /// Judge every scenario up to a depth, over a small alphabet
    Explore(explore::Arguments),
    /// Search for findings
    Fuzz(fuzz::Arguments),
    /// Say which kernels are built for the kernel lane
    Kernel(kernel::Arguments),
    /// Run a finding in the real driver, and say whether it shows there
    Confirm(confirm::Arguments),
    /// Hold the model to the real driver: run both, compare, count
    Parity(parity::Arguments),
    /// Count which lines of the real driver scenarios run
    Coverage(coverage::Arguments),
    /// Judge many generated scenarios and count
    Stats(stats::Arguments),
    /// List the planted faults, or search for them blindly
    Faults(faults::Arguments),
    /// Judge the upstream series patch by patch: all 256 subsets
    Series(series::Arguments),
    /// Print what follows from structure sizes alone: where protection data goes
    Table(table::Arguments),
    /// Say what each engine lacks here, and the cure
    Doctor(doctor::Arguments),
    /// Print the completions of a shell
    Completions(completions::Completions),
    /// Print the manual page, or write those of all commands
    Man(completions::Man),
}

impl Command {
    /// Does it.
    pub(crate) fn perform(&self, out: &mut Out) -> Result<ExitCode, Error> {
        match self {
            Self::Run(arguments) => run::perform(arguments, out),
            Self::Show(arguments) => show::perform(arguments, out),
            Self::Explain(arguments) => explain::perform(arguments, out),
            Self::List(arguments) => list::perform(arguments, out),
            Self::Gen(arguments) => generate::perform(arguments, out),
            Self::Convert(arguments) => convert::perform(arguments, out),
            Self::Check(arguments) => check::perform(arguments, out),
            Self::Tmin(arguments) => tmin::perform(arguments, out),
            Self::Cmin(arguments) => cmin::perform(arguments, out),
            Self::Corpus(arguments) => corpus::perform(arguments, out),
            Self::Triage(arguments) => triage::perform(arguments, out),
            Self::Report(arguments) => report::perform(arguments, out),
            Self::Explore(arguments) => explore::perform(arguments, out),
            Self::Fuzz(arguments) => fuzz::perform(arguments, out),
            Self::Kernel(arguments) => kernel::perform(arguments, out),
            Self::Confirm(arguments) => confirm::perform(arguments, out),
            Self::Parity(arguments) => parity::perform(arguments, out),
            Self::Coverage(arguments) => coverage::perform(arguments, out),
            Self::Doctor(arguments) => doctor::perform(arguments, out),
            Self::Completions(arguments) => completions::completions(arguments, out),
            Self::Man(arguments) => completions::man(arguments, out),
            Self::Stats(arguments) => stats::perform(arguments, out),
            Self::Faults(arguments) => faults::perform(arguments, out),
            Self::Series(arguments) => series::perform(arguments, out),
            Self::Table(arguments) => table::perform(arguments, out),
        }
    }
}
