//! `regdiff cmin`: distils a folder of scenarios. Of each behaviour the smallest scenario that shows it is kept.
//!
//! Contract:
//!
//! * What is kept shows every behaviour that the folder shows, findings and allowances among them.
//! * Scenarios are asked from the smallest to the largest; one that shows nothing new goes. The order of files changes nothing.
//! * Nothing a user made is lost: the result goes to a new folder. With `--replace` it takes the old one's place, which stays
//!   beside it under another name.

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use regdiff_oracle::inputs::{Behaviour, behaviours};
use regdiff_oracle::{Allow, Options};
use regdiff_scenario::{Scenario, bytes, parts};
use serde_json::json;

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::output::Out;
use crate::own_bug::{self, OwnBug};
use crate::{complain, corpus, new_file, parallel, say};

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

/// A scenario of the folder.
struct Candidate {
    file: PathBuf,
    scenario: Scenario,
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
    let mut code = ExitCode::Clean;
    let mut read = |paths: &[PathBuf], refused: &mut u64| -> Result<Vec<Candidate>, Error> {
        let mut candidates = Vec::new();
        for file in corpus::files(paths)? {
            match arguments.reading.read(&file) {
                Ok(input) => candidates.push(Candidate { file, scenario: input.scenario }),
                Err(error) => {
                    code = code.and(complain(&error));
                    *refused += 1;
                }
            }
        }
        Ok(candidates)
    };
    let mut refused = 0;
    let known = read(&arguments.beyond, &mut 0)?;
    let mut candidates = read(std::slice::from_ref(&arguments.folder), &mut refused)?;
    if arguments.replace && refused > 0 {
        let problem = format!("{refused} files of {} are no scenarios", arguments.folder.display());
        return Err(Error::Arguments(problem, "move them away, or use -o NEW"));
    }
    candidates.sort_by_cached_key(|c| (parts::size(&c.scenario), bytes::encode(&c.scenario), c.file.clone()));
    let mut shown: BTreeSet<Behaviour> = BTreeSet::new();
    show(&known, arguments.jobs, |_, behaviours| shown.extend(behaviours))?;
    let mut kept = Vec::new();
    show(&candidates, arguments.jobs, |candidate, behaviours| {
        let before = shown.len();
        shown.extend(behaviours);
        if shown.len() > before {
            kept.push((candidate, shown.len() - before));
        }
    })?;
    fs::create_dir_all(&place).map_err(|source| Error::create(&place, source))?;
    for (candidate, _) in &kept {
        let name = candidate.file.strip_prefix(&arguments.folder).unwrap_or(&candidate.file);
        copy(&candidate.file, &place.join(name))?;
    }
    let old = if arguments.replace { Some(swap(&arguments.folder, &place)?) } else { None };
    let place = if arguments.replace { &arguments.folder } else { &place };
    if arguments.json {
        out.json(&json!({
            "scenarios": candidates.len(), "kept": kept.len(), "behaviours": shown.len(),
            "folder": place, "old": old, "exit_code": code.code(),
        }))?;
        return Ok(code);
    }
    for (candidate, new) in &kept {
        out.line(format_args!("{:>5} new  {}", new, candidate.file.display()))?;
    }
    out.line(format_args!("kept {} of {} scenarios in {}", kept.len(), candidates.len(), place.display()))?;
    if let Some(old) = old {
        out.line(format_args!("the old folder is {}", old.display()))?;
    }
    Ok(code)
}

/// Asks each scenario for its behaviours, in order.
fn show<'a>(
    candidates: &'a [Candidate],
    jobs: Jobs,
    mut told: impl FnMut(&'a Candidate, BTreeSet<Behaviour>),
) -> Result<(), Error> {
    let options = Options::allowing(Allow::Open);
    let mut failed = None;
    parallel::in_order(
        jobs.number(),
        candidates.len() as u64,
        |index| own_bug::catch(|| behaviours(&candidates[index as usize].scenario, &options).1),
        |index, behaviours| {
            let candidate = &candidates[index as usize];
            match behaviours {
                Ok(behaviours) => told(candidate, behaviours),
                Err(OwnBug(what)) => {
                    say(format_args!("a bug of regdiff itself: {what}"));
                    failed.get_or_insert(candidate.file.clone());
                }
            }
            ControlFlow::Continue(())
        },
    );
    match failed {
        None => Ok(()),
        Some(file) => {
            let problem = format!("{}: cannot be judged", file.display());
            Err(Error::Arguments(problem, "report it, and move the file away"))
        }
    }
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
    renamed(new, folder)?;
    Ok(old)
}

/// A name beside a folder that nobody has.
fn free_name(folder: &Path, what: &str) -> PathBuf {
    let name = folder.file_name().map_or_else(|| "corpus".into(), |name| name.to_string_lossy().into_owned());
    let candidates = (1..).map(|n| folder.with_file_name(format!("{name}.{what}-{n}")));
    // There are more numbers than files.
    candidates.into_iter().find(|path| path.symlink_metadata().is_err()).unwrap_or_default()
}
