//! Parity: one scenario in both lanes, with both registrations.

mod columns;
mod processor;
mod tally;

use regdiff_linux::parity::{Mismatch, accepted, compare};
use regdiff_linux::{Linux, Registration, Run};
use regdiff_observation::{End, Lane, Observation, Watch};
use regdiff_oracle::Model;
use regdiff_scenario::Scenario;

use crate::kernel_lane::model_of;
use crate::own_bug;

pub(crate) use columns::columns;
pub(crate) use tally::Tally;

/// What came of one registration.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Both lanes ran to an end, and were compared.
    Compared(Vec<Mismatch>),
    /// The model does not have what the scenario needs, or hit its limit of turns.
    Skipped(String),
    /// The kernel lane cannot do what the scenario needs.
    NotExpressible(String),
    /// The lane, or regdiff itself, failed.
    Failed(String),
}

impl Outcome {
    /// Whether both lanes agree, impossibilities apart; `None` if they were not compared.
    pub(crate) fn agrees(&self) -> Option<bool> {
        match self {
            Self::Compared(found) => {
                Some(found.iter().all(|one| accepted::covering(one).is_some_and(|a| a.impossible)))
            }
            _ => None,
        }
    }
}

/// A comparison and what it took.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) registration: Registration,
    pub(crate) outcome: Outcome,
    /// Whether a SCSI command reached the driver in the kernel.
    pub(crate) reached_io: bool,
    /// Lines of the kernel's log without a name.
    pub(crate) unknown_lines: Vec<String>,
    /// Processor time of the model's run, in seconds.
    pub(crate) model_seconds: f64,
    /// Processor time and real time of the kernel's run, in seconds; 0 if there was none.
    pub(crate) kernel_seconds: f64,
    pub(crate) kernel_real_seconds: f64,
    /// Both observations, where both are known.
    pub(crate) seen: Option<Box<(Observation, Observation)>>,
}

/// Runs a scenario with a registration in both lanes. Observations are dropped unless they are wanted: they are large.
pub(crate) fn run(linux: &Linux, scenario: &Scenario, registration: Registration, keep: bool) -> Compared {
    let scenario = linux.normalise(scenario);
    let began = processor::of_this_thread();
    let model = own_bug::catch(|| Model.run(&scenario, &model_of(registration), Watch::Everything));
    let model_seconds = processor::of_this_thread() - began;
    let mut compared = Compared {
        registration,
        outcome: Outcome::Failed(String::new()),
        reached_io: false,
        unknown_lines: Vec::new(),
        model_seconds,
        kernel_seconds: 0.0,
        kernel_real_seconds: 0.0,
        seen: None,
    };
    let model = match model {
        Err(bug) => {
            compared.outcome = Outcome::Failed(format!("the model: {}", bug.0));
            return compared;
        }
        Ok(Observation { end: End::Unmodelled(what), .. }) => {
            compared.outcome = Outcome::Skipped(what.to_owned());
            return compared;
        }
        Ok(model) => model,
    };
    match linux.try_run(&scenario, registration) {
        Err(error) => compared.outcome = Outcome::Failed(error.to_string()),
        Ok(Run { seen, beside, seconds, processor_seconds, .. }) => {
            compared.kernel_seconds = processor_seconds;
            compared.kernel_real_seconds = seconds;
            compared.reached_io = seen.scsi_commands > 0;
            compared.unknown_lines = beside.unknown_lines;
            compared.outcome = match beside.not_expressible {
                Some(what) => Outcome::NotExpressible(what),
                None => Outcome::Compared(compare(&scenario, &model, &seen)),
            };
            if keep {
                compared.seen = Some(Box::new((model, seen)));
            }
        }
    }
    compared
}
