//! `regdiff cmin`: distils a folder of scenarios. Of each behaviour the smallest scenario that shows it is kept.
//!
//! Contract:
//!
//! * What is kept shows every behaviour that the folder shows, findings and allowances among them.
//! * Scenarios are asked from the smallest to the largest; one that shows nothing new goes. The order of files changes nothing.
//! * Nothing a user made is lost: the result goes to a new folder. With `--replace` it takes the old one's place, which stays
//!   beside it under another name.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::args::Jobs;
use crate::distil::{self, Distilled};
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::new_file;
use crate::output::Out;

const EXAMPLES: &str = "\
Examples:
  regdiff cmin seeds -o distilled
  regdiff cmin seeds --replace
  regdiff gen --seed 0 --count 1000 -o seeds && regdiff cmin seeds -o distilled

A behaviour is what `regdiff table inputs` counts: an answer or a trigger in a phase, a parameter with an outcome, a log line, a
recovery record, a point, an allowance, a finding.";

/// Arguments of `regdiff cmin`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A folder of scenarios
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A folder for what is kept; it must not exist
    #[arg(long, short, value_name = "NEW", required_unless_present = "replace")]
    output: Option<PathBuf>,
    /// Put what is kept in the folder's place; the old folder is renamed, not deleted
    #[arg(long, conflicts_with = "output")]
    replace: bool,
    /// Behaviours that these scenarios show already need no scenario here
    #[arg(long, value_name = "PATH")]
    beyond: Vec<PathBuf>,
    #[command(flatten)]
    jobs: Jobs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reading: Reading,
}

/// Distils the folder.
pub(crate) fn perform(arguments: &Arguments, out: &mut Out) -> Result<ExitCode, Error> {
    if !arguments.folder.is_dir() {
        let problem = format!("{}: is no folder", arguments.folder.display());
        return Err(Error::Arguments(problem, "name a folder of scenarios"));
    }
    let place = match &arguments.output {
        Some(output) => output.clone(),
        None => free_name(&arguments.folder, "new"),
    };
    if place.symlink_metadata().is_ok() {
        return Err(Error::Exists(place));
    }
    let known = distil::read(&arguments.beyond, arguments.reading)?;
    let mut candidates = distil::read(std::slice::from_ref(&arguments.folder), arguments.reading)?;
    let code = known.code.and(candidates.code);
    if arguments.replace && candidates.refused > 0 {
        let problem = format!("{} files of {} are no scenarios", candidates.refused, arguments.folder.display());
        return Err(Error::Arguments(problem, "move them away, or use -o NEW"));
    }
    let all = candidates.all.len();
    let Distilled { kept, behaviours } = distil::distil(&known.all, &mut candidates.all, arguments.jobs)?;
    fs::create_dir_all(&place).map_err(|source| Error::create(&place, source))?;
    for (candidate, _) in &kept {
        let name = candidate.file.strip_prefix(&arguments.folder).unwrap_or(&candidate.file);
        copy(&candidate.file, &place.join(name))?;
    }
    let old = if arguments.replace { Some(swap(&arguments.folder, &place)?) } else { None };
    let place = if arguments.replace { &arguments.folder } else { &place };
    if arguments.json {
        out.json(&json!({
            "scenarios": all, "kept": kept.len(), "behaviours": behaviours,
            "folder": place, "old": old, "exit_code": code.code(),
        }))?;
        return Ok(code);
    }
    for (candidate, new) in &kept {
        out.line(format_args!("{:>5} new  {}", new, candidate.file.display()))?;
    }
    out.line(format_args!("kept {} of {} scenarios in {}", kept.len(), all, place.display()))?;
    if let Some(old) = old {
        out.line(format_args!("the old folder is {}", old.display()))?;
    }
    Ok(code)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|source| Error::create(folder, source))?;
    }
    let contents = fs::read(from).map_err(|source| Error::Read { file: from.to_owned(), source })?;
    new_file::create(to, &contents)
}

/// Puts `new` in the place of `folder`. Returns where the old one is.
fn swap(folder: &Path, new: &Path) -> Result<PathBuf, Error> {
    let old = free_name(folder, "old");
    let renamed = |from: &Path, to: &Path| fs::rename(from, to).map_err(|source| Error::create(to, source));
    renamed(folder, &old)?;
    // A folder that cannot be replaced stays.
    renamed(new, folder).inspect_err(|_| drop(renamed(&old, folder)))?;
    Ok(old)
}

/// A name beside a folder that nobody has.
fn free_name(folder: &Path, what: &str) -> PathBuf {
    let name = folder.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned());
    let candidates = (1..).map(|n| folder.with_file_name(format!("{name}.{what}-{n}")));
    // There are more numbers than files.
    candidates.into_iter().find(|path| path.symlink_metadata().is_err()).unwrap_or_default()
}
