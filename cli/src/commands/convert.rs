//! `regdiff convert`: between the text form and the byte form. Nothing is lost but comments.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use regdiff_scenario::{bytes, text};

use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::{self, Reading};
use crate::new_file;
use crate::output::Out;

const EXAMPLES: &str = "\
Examples:
  regdiff convert fuzz/artifacts/registration/crash-2fd4e1c6 -o crash.toml
  regdiff convert corpus/registration/lp1887124.toml -o seed.bin
  regdiff convert --to text old.toml

An existing file is never overwritten. Comments of a text are not kept.";

/// Arguments of `regdiff convert`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A scenario; - is standard input
    file: PathBuf,
    /// A new file; - is standard output
    #[arg(long, short, value_name = "OUT", default_value = "-")]
    output: PathBuf,
    /// The form to write; the other one than that of FILE unless told otherwise
    #[arg(long, value_enum, value_name = "FORM")]
    to: Option<Form>,
    #[command(flatten)]
    reading: Reading,
}

/// A stored form of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For engines
    Bytes,
}

/// Converts one scenario.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let input = arguments.reading.read(&arguments.file)?;
    let other = if input.is_text { Form::Bytes } else { Form::Text };
    let contents = match arguments.to.unwrap_or(other) {
        Form::Text => text::print(&input.scenario).into_bytes(),
        Form::Bytes if input::is_stdin(&arguments.output) && std::io::stdout().is_terminal() => {
            let problem = "the byte form would spoil the terminal".to_owned();
            return Err(Error::Arguments(problem, "name a file with -o OUT, or write --to text"));
        }
        Form::Bytes => bytes::encode(&input.scenario),
    };
    write(&arguments.output, &contents, out)?;
    Ok(ExitCode::Clean)
}

/// Writes a new file, or standard output for `-`.
fn write(file: &Path, contents: &[u8], out: &mut Out) -> Result<(), Error> {
    if input::is_stdin(file) { out.raw(contents) } else { new_file::create(file, contents) }
}
