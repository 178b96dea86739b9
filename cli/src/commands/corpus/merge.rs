//! `regdiff corpus merge`: what others found, if it shows something new.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::Store;
use crate::args::Jobs;
use crate::distil::{self, Distilled};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;

const EXAMPLES: &str = "\
Examples:
  regdiff corpus merge out/default/queue --into mine
  regdiff corpus merge hfuzz_workspace fuzz/corpus/registration --into fuzz/corpus/lifecycle --bytes

The smallest scenario of each behaviour that nothing in DIR shows is added, as a text unless --bytes is said. A behaviour is what
`regdiff table inputs` counts. Engines merge by their own coverage: libFuzzer with -merge=1, AFL++ with afl-cmin.";

/// Arguments of `regdiff corpus merge`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Scenarios, and folders of them
    #[arg(required = true, value_name = "FROM")]
    from: Vec<PathBuf>,
    /// The folder that gets what is new; it is made if it does not exist
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Write the byte form that engines take
    #[arg(long)]
    bytes: bool,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Merges.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    let known = match arguments.into.symlink_metadata() {
        Ok(_) => distil::read(std::slice::from_ref(&arguments.into), arguments.reading)?,
        Err(_) => distil::read(&[], arguments.reading)?,
    };
    let mut candidates = distil::read(&arguments.from, arguments.reading)?;
    let all = candidates.all.len();
    let Distilled { kept, behaviours } = distil::distil(&known.all, &mut candidates.all, arguments.jobs)?;
    let mut store = Store::new(&arguments.into, !arguments.bytes);
    for (candidate, new) in &kept {
        store.keep(candidate)?;
        if !arguments.json {
            out.line(format_args!("{new:>5} new  {}", candidate.file.display()))?;
        }
    }
    let folder = &arguments.into;
    if arguments.json {
        out.json(&json!({
            "folder": folder, "scenarios": all, "new": store.new, "there": store.there, "behaviours": behaviours,
            "refused": candidates.refused,
        }))?;
    } else {
        let there = known.all.len();
        out.line(format_args!(
            "{} of {all} added to {there} in {}: {behaviours} behaviours",
            kept.len(),
            folder.display()
        ))?;
    }
    Ok(candidates.code.and(known.code))
}
