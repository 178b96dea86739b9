//! What a user could see of a run.

use serde::{Deserialize, Serialize};

use crate::event::Stamped;
use crate::input::{Given, PointSet};
use crate::memory::Violation;
use crate::note::Noted;
use crate::object::{Attribute, Object};
use crate::reached::Reached;
use crate::trap::Trap;

/// The value of one attribute of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    /// Of which object.
    pub object: Object,
    /// Which attribute.
    pub attribute: Attribute,
    /// Its value.
    pub value: u64,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Its moment never came.
    #[default]
    Missed,
    /// It was done; the number is what the system call or callback returned (0, a count, or a negative error number).
    Done(i64),
    /// The user still hangs in it.
    Blocked,
}

/// What can be seen when nothing is left to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rest {
    /// Virtual time, in µs.
    pub time_us: u64,
    /// How many steps had begun; one more at the last rest, when device-loss timers have run out.
    pub steps_begun: u32,
    /// Every attribute of every object, sorted by object and attribute.
    pub readings: Vec<Reading>,
    /// Index into [`Observation::events`] of the first event after this rest.
    pub events_end: usize,
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All steps were tried and the machine is at rest.
    #[default]
    Rest,
    /// A trap.
    Trap(Box<Trap>),
    /// The scenario needs something that this lane does not model; the text names it.
    Unmodelled(&'static str),
    /// A limit was hit before the machine came to rest.
    Limit(Limit),
}

/// A limit of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Turns of tasks.
    Turns,
    /// Virtual time.
    Time,
    /// Events.
    Events,
    /// Real time, in a lane that takes some: a kernel that neither goes on nor stops.
    RealTime,
    /// What a lane may write: lines or bytes.
    Output,
}

/// Something that should have been given back, or done, and was not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Leftover {
    /// Of which FCP device.
    pub device: u8,
    /// What is left over, in kernel terms.
    pub what: &'static str,
    /// The kernel function that should have seen to it.
    pub function: &'static str,
}

/// One lane's run of one scenario with one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Observation {
    /// How it ended.
    pub end: End,
    /// How each step ended.
    pub steps: Vec<StepOutcome>,
    /// After how many rests each step began, if it did: those that wait for a moment begin out of order. Empty if the lane cannot
    /// tell.
    pub begun: Vec<Option<u32>>,
    /// Each rest, in order; the last one is the end of the run unless it was cut short.
    pub rests: Vec<Rest>,
    /// Everything that happened, in order.
    pub events: Vec<Stamped>,
    /// Accesses to protection memory outside what was allocated.
    pub violations: Vec<Violation>,
    /// What was not given back.
    pub leftovers: Vec<Leftover>,
    /// What happened inside, in order, if the run was watched closely and the lane can look inside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Noted>,
    /// Steps, by index, whose injected failure happened, in order.
    pub failures_hit: Vec<u32>,
    /// What the run was given, in order, unless it ran bare. Never compared: for tables of inputs and feedback.
    pub inputs: Vec<Given>,
    /// The named points that it passed, unless it ran bare. Never compared.
    pub points: PointSet,
    /// Which open choices of the scenario it came to. Never compared.
    #[serde(skip)]
    pub reached: Reached,
    /// How many SCSI commands reached the driver.
    pub scsi_commands: u32,
    /// How many hosts were added.
    pub hosts_added: u32,
    /// How often the variant came by what is planted in it: a fault, or a fence that is missing. Never compared; 0 in a lane that
    /// cannot tell.
    pub slips: u32,
    /// Turns of tasks taken.
    pub turns: u64,
}

impl Observation {
    /// Whether two runs went the same way in everything that is recorded, also in what is never compared; only how often they
    /// came by what is planted in them may differ.
    pub fn is_like(&self, other: &Self) -> bool {
        let Self {
            end,
            steps,
            begun,
            rests,
            events,
            violations,
            leftovers,
            notes,
            failures_hit,
            inputs,
            points,
            reached,
            scsi_commands,
            hosts_added,
            slips: _,
            turns,
        } = self;
        // What is soon compared first.
        *turns == other.turns
            && *scsi_commands == other.scsi_commands
            && *hosts_added == other.hosts_added
            && *points == other.points
            && *end == other.end
            && *steps == other.steps
            && *begun == other.begun
            && *failures_hit == other.failures_hit
            && *violations == other.violations
            && *leftovers == other.leftovers
            && *inputs == other.inputs
            && *events == other.events
            && *rests == other.rests
            && *reached == other.reached
            && *notes == other.notes
    }
}

#[cfg(test)]
mod tests {
    use super::Observation;

    #[test]
    fn only_what_is_planted_may_differ() {
        let run = Observation { turns: 3, slips: 1, ..Observation::default() };
        assert!(run.is_like(&Observation { slips: 0, ..run.clone() }));
        assert!(!run.is_like(&Observation { turns: 4, ..run.clone() }));
        assert!(!run.is_like(&Observation { steps: vec![super::StepOutcome::Blocked], ..run.clone() }));
    }
}
