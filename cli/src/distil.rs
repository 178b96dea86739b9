//! Which scenarios show something that others do not: the smallest of each behaviour.
//!
//! Scenarios are asked from the smallest to the largest; one that shows nothing new is left out. The order of files changes nothing.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::PathBuf;

use regdiff_oracle::inputs::{Behaviour, behaviours};
use regdiff_oracle::{Allow, Options};
use regdiff_scenario::{Scenario, bytes, parts};

use crate::args::Jobs;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::input::Reading;
use crate::own_bug::{self, OwnBug};
use crate::{complain, corpus, parallel, say};

/// A scenario and the file that it comes from.
pub(crate) struct Candidate {
    /// The file.
    pub(crate) file: PathBuf,
    /// What it holds.
    pub(crate) scenario: Scenario,
}

/// Scenarios of files and folders; what was none was said.
pub(crate) struct Candidates {
    /// In the order of [`corpus::files`].
    pub(crate) all: Vec<Candidate>,
    /// Files that are no scenarios.
    pub(crate) refused: u64,
    /// How a command ends that goes on without those.
    pub(crate) code: ExitCode,
}

/// Reads every scenario that paths name.
pub(crate) fn read(paths: &[PathBuf], reading: Reading) -> Result<Candidates, Error> {
    let mut candidates = Candidates { all: Vec::new(), refused: 0, code: ExitCode::Clean };
    for file in corpus::files(paths)? {
        match reading.read(&file) {
            Ok(input) => candidates.all.push(Candidate { file, scenario: input.scenario }),
            Err(error) => {
                candidates.code = candidates.code.and(complain(&error));
                candidates.refused += 1;
            }
        }
    }
    Ok(candidates)
}

/// What shows something that neither `known` nor a smaller candidate shows.
pub(crate) struct Distilled<'a> {
    /// The scenarios, each with how many behaviours it shows first.
    pub(crate) kept: Vec<(&'a Candidate, usize)>,
    /// Behaviours that all of them show together, those of `known` among them.
    pub(crate) behaviours: usize,
}

/// Asks every candidate, the smallest first.
pub(crate) fn distil<'a>(
    known: &[Candidate],
    candidates: &'a mut [Candidate],
    jobs: Jobs,
) -> Result<Distilled<'a>, Error> {
    candidates.sort_by_cached_key(|c| (parts::size(&c.scenario), bytes::encode(&c.scenario), c.file.clone()));
    let mut shown: BTreeSet<Behaviour> = BTreeSet::new();
    show(known, jobs, |_, behaviours| shown.extend(behaviours))?;
    let mut kept = Vec::new();
    show(candidates, jobs, |candidate, behaviours| {
        let before = shown.len();
        shown.extend(behaviours);
        if shown.len() > before {
            kept.push((candidate, shown.len() - before));
        }
    })?;
    Ok(Distilled { kept, behaviours: shown.len() })
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
