//! `regdiff corpus`: folders of scenarios, between people and engines.
//!
//! Contract:
//!
//! * A scenario is one file, whatever it was called: its name is the sum of its bytes, so that the same scenario is there once.
//! * No file is changed, overwritten or deleted. Doing the same again adds nothing.
//! * A file that is no scenario is named, and the others are done; the exit code says that there was one.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use regdiff_scenario::{Scenario, bytes, text};
use serde_json::json;

use crate::distil::{Candidate, Candidates};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::output::Out;
use crate::{new_file, triage};

mod form;
mod merge;
mod stats;

const EXAMPLES: &str = "\
Examples:
  regdiff corpus pack corpus/registration -o seeds
  regdiff corpus unpack fuzz/corpus/registration -o readable
  regdiff corpus merge out/default/queue fuzz/corpus/registration --into mine
  regdiff corpus stats corpus/*

Engines keep any bytes under names that are sums; people keep texts. The same scenario is stored once. Nothing is overwritten.";

/// Arguments of `regdiff corpus`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

/// What to do with a corpus.
#[derive(Debug, Subcommand)]
enum Action {
    /// Write the byte form that engines take
    Pack(form::Pack),
    /// Write the text form that people read
    Unpack(form::Unpack),
    /// Add to a folder what shows something that nothing in it shows
    Merge(merge::Arguments),
    /// Count: scenarios, twins, parts, verdicts, behaviours, a line a folder
    Stats(stats::Arguments),
}

/// Does it.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    match &arguments.action {
        Action::Pack(arguments) => form::pack(arguments, out),
        Action::Unpack(arguments) => form::unpack(arguments, out),
        Action::Merge(arguments) => merge::perform(arguments, out),
        Action::Stats(arguments) => stats::perform(arguments, out),
    }
}

/// Hexadecimal digits of a file's name: as many as libFuzzer's, so that every engine and `regdiff` know whose it is.
const DIGITS: usize = 40;

/// The name of a scenario, the same in every folder and form.
fn sum(scenario: &Scenario) -> String {
    let mut sum = triage::of(&bytes::encode(scenario));
    sum.truncate(DIGITS);
    sum
}

/// A folder that gets scenarios of one form.
struct Store {
    folder: PathBuf,
    is_text: bool,
    new: u64,
    there: u64,
}

impl Store {
    /// Makes nothing yet: a folder for nothing would be in the way.
    fn new(folder: &Path, is_text: bool) -> Self {
        Self { folder: folder.to_owned(), is_text, new: 0, there: 0 }
    }

    /// Writes a scenario, unless it is there.
    fn keep(&mut self, candidate: &Candidate) -> Result<(), Error> {
        let Candidate { file, scenario } = candidate;
        fs::create_dir_all(&self.folder).map_err(|source| Error::create(&self.folder, source))?;
        let (ending, contents) = if self.is_text {
            let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().replace(char::is_control, "?");
            (".toml", format!("# from {name}\n{}", text::print(scenario)).into_bytes())
        } else {
            ("", bytes::encode(scenario))
        };
        match new_file::create(&self.folder.join(sum(scenario) + ending), &contents) {
            Ok(()) => self.new += 1,
            // Its name says what it holds.
            Err(Error::Exists(_)) => self.there += 1,
            Err(error) => return Err(error),
        }
        Ok(())
    }
    /// Writes all, and tells the end of a command.
    fn keep_all(&mut self, candidates: &Candidates, is_json: bool, out: &mut Out) -> Result<ExitCode, Error> {
        candidates.all.iter().try_for_each(|candidate| self.keep(candidate))?;
        let Self { folder, new, there, .. } = self;
        let refused = candidates.refused;
        if is_json {
            out.json(&json!({ "folder": folder, "new": new, "there": there, "refused": refused }))?;
        } else {
            out.line(format_args!("{new} new in {}, {there} there already, {refused} refused", folder.display()))?;
        }
        Ok(candidates.code)
    }
}
