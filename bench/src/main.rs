//! `regdiff-bench`: a page of plots from what was measured. `scripts/bench` measures and calls it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use regdiff_bench::drill::Drill;
use regdiff_bench::{Error, lines, page};

/// Makes one self-contained page of plots from the lines of scripts/bench and of scripts/drill
#[derive(Debug, Parser)]
#[command(name = "regdiff-bench")]
struct Arguments {
    /// What scripts/bench measured
    #[arg(long, value_name = "FILE")]
    bench: PathBuf,
    /// What scripts/drill tried
    #[arg(long, value_name = "FILE")]
    drill: Option<PathBuf>,
    /// The page, which must not be there yet
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

fn main() -> ExitCode {
    match perform(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("regdiff-bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn perform(arguments: &Arguments) -> Result<(), Error> {
    let measured = lines::read(&arguments.bench)?;
    let drill = arguments.drill.as_deref().map(Drill::read).transpose()?;
    write(&arguments.output, &page::render(&measured, drill.as_ref())?)
}

/// Writes a new file; what somebody has is never overwritten.
fn write(file: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write { file: file.to_owned(), source };
    let mut open = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    open.write_all(text.as_bytes()).map_err(failed)
}
