//! `regdiff`, the command people type.
//!
//! | module | what it holds |
//! |---|---|
//! | [`commands`] | one file a command: arguments, examples, what it does |
//! | [`campaign`] | `fuzz`: engines, progress, the folder of findings, summary |
//! | [`exploration`] | `explore`: threads, progress, a state to go on from |
//! | [`distil`] | of many scenarios those that show something new |
//! | [`input`], [`corpus`], [`new_file`], [`output`], [`style`] | files in, files out, standard output, colours |
//! | [`tally`], [`parallel`], [`progress`], [`own_bug`], [`repeat`] | counting, threads, the progress line, panics of ours, the command that repeats |
//! | [`kernel_lane`], [`parity`] | the real kernel: which one, how it judges; the model beside it |
//! | [`args`], [`error`], [`exit_code`] | shared arguments, typed errors with cures, the promised codes |
//!
//! Results go to standard output, talk goes to standard error.

mod args;
mod campaign;
mod claim;
mod clean;
mod commands;
mod confirmed;
mod corpus;
mod distil;
mod error;
mod exit_code;
mod exploration;
#[cfg(test)]
mod hostile;
mod input;
mod kernel_lane;
mod new_file;
mod output;
mod own_bug;
mod parallel;
mod parity;
mod progress;
mod repeat;
mod report;
mod strangers;
mod style;
mod tally;
mod terminal;
mod triage;

use std::io::Write;

use clap::{CommandFactory, Parser};

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::style::BAD;

/// Compares eager and deferred registration of a Scsi_Host: does a change of when zfcp registers its host break memory,
/// recovery, or anything a user can see?
#[derive(Debug, Parser)]
#[command(name = "regdiff", version, arg_required_else_help = true, max_term_width = 120, after_help = exit_code::help())]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

/// The command line as data.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

fn main() -> ExitCode {
    own_bug::install();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let mut out = Out::new();
    let performed = own_bug::catch(|| cli.command.perform(&mut out).and_then(|code| out.flush().map(|()| code)));
    match performed {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => complain(&error),
        Err(bug) => {
            let words: Vec<String> = std::env::args().collect();
            say(format_args!("{BAD}a bug of regdiff itself:{BAD:#} {}", bug.0));
            say(format_args!("  please report it with this command and its files: {}", repeat::join(&words)));
            ExitCode::OwnBug
        }
    }
}

/// What clap has to say; help and version are no errors.
fn refuse(error: &clap::Error) -> ExitCode {
    // A closed pipe must not turn help into a panic.
    let _ = error.print();
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Clean }
}

/// Tells an error with its cure, and gives the code that goes with it.
pub(crate) fn complain(error: &Error) -> ExitCode {
    say(format_args!("{BAD}error:{BAD:#} {error}"));
    say(format_args!("  cure: {}", error.cure()));
    error.exit_code()
}

/// A line on standard error. Nobody may be listening, and that is no reason to stop.
pub(crate) fn say(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(anstream::stderr(), "{}", clean::text(&line.to_string()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_make_sense() {
        super::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in super::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("regdiff {}", command.get_name())), "{}", command.get_name());
        }
    }
}
