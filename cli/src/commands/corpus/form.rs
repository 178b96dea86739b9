//! `regdiff corpus pack` and `unpack`: the same scenarios in the other form.

use std::path::PathBuf;

use clap::Args;
use regdiff_oracle::{Target, target};

use super::Store;
use crate::distil;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;

const PACK: &str = "\
Examples:
  regdiff corpus pack corpus/registration -o seeds
  regdiff corpus pack corpus -o seeds --target protection

Each file is named by the sum of its bytes. `scripts/seeds` does it for all targets at once.";

const UNPACK: &str = "\
Examples:
  regdiff corpus unpack fuzz/corpus/registration -o readable
  regdiff corpus unpack out/default/queue hfuzz_workspace -o readable

Different bytes may be the same scenario, which is written once. The first line of a text says from which file it came.";

/// Arguments of `regdiff corpus pack`.
#[derive(Debug, Args)]
#[command(after_help = PACK)]
pub(crate) struct Pack {
    /// Scenarios, and folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A folder for the bytes; it is made if it does not exist
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Leave out what is none of this target's inputs
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Arguments of `regdiff corpus unpack`.
#[derive(Debug, Args)]
#[command(after_help = UNPACK)]
pub(crate) struct Unpack {
    /// Files of engines, and folders of them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A folder for the texts; it is made if it does not exist
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Writes the byte form.
pub(crate) fn pack(arguments: &Pack, out: &mut Out) -> Result<ExitCode, Error> {
    let language = match &arguments.target {
        Some(name) => by_name(name)?.language(),
        None => None,
    };
    let mut candidates = distil::read(&arguments.paths, arguments.reading)?;
    candidates.all.retain(|candidate| language.is_none_or(|language| language.admits(&candidate.scenario)));
    let mut store = Store::new(&arguments.output, false);
    store.keep_all(&candidates, arguments.json, out)
}

/// Writes the text form.
pub(crate) fn unpack(arguments: &Unpack, out: &mut Out) -> Result<ExitCode, Error> {
    let candidates = distil::read(&arguments.paths, arguments.reading)?;
    let mut store = Store::new(&arguments.output, true);
    store.keep_all(&candidates, arguments.json, out)
}

fn by_name(name: &str) -> Result<&'static Target, Error> {
    let unknown = || Error::Arguments(format!("{name}: there is no such target"), "regdiff list targets");
    target::by_name(name).ok_or_else(unknown)
}
