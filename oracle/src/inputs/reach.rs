//! What a corpus must reach: every entry of the registries, or an exception says why not.
//!
//! A goal is coarser than a behaviour: it names no phase. The curated corpus must reach every goal but the exceptions; an exception
//! that is reached, or that names no goal, is stale.

mod exceptions;

use std::collections::BTreeSet;
use std::fmt;

use regdiff_observation::{LogId, Tag};
use regdiff_scenario::{Command, Place, Point, ProtocolStatus, Scenario, Trigger};
use serde::{Serialize, Serializer};

pub use exceptions::{EXCEPTIONS, Exception};

use super::answer::{Class, Handler};
use super::behaviour::{Behaviour, classes};

/// Something that a corpus should reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Goal {
    /// A trigger is performed.
    Trigger(Trigger),
    /// A command is answered, or met with silence.
    Command(Command),
    /// A handler meets a class of answers.
    Answer(Handler, Class),
    /// Some command is answered with a protocol status.
    Protocol(ProtocolStatus),
    /// Some command is answered with ADAPTER_STATUS_AVAILABLE and this word, which every command shares.
    Adapter(u8),
    /// A parameter has a value, in a scenario that is judged to its end.
    Parameter(&'static str, &'static str, String),
    /// A line is logged.
    Log(LogId),
    /// A recovery record is written.
    Tag(Tag),
    /// A named point is passed.
    Point(Point),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trigger(trigger) => write!(f, "trigger {}", trigger.text()),
            Self::Command(command) => write!(f, "command {}", command.text()),
            Self::Answer(handler, class) => write!(f, "answer {} {class}", handler.text()),
            Self::Protocol(status) => write!(f, "answer any protocol:{}", status.text()),
            Self::Adapter(word) => write!(f, "answer any adapter_status:{word}"),
            Self::Parameter(place, name, value) => write!(f, "parameter {place}.{name} {value}"),
            Self::Log(id) => write!(f, "log {}", id.text()),
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Point(point) => write!(f, "point {}", point.text()),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Words of ADAPTER_STATUS_AVAILABLE that the common evaluation tells apart (driver.md 8.3); 8 stands for all others.
const WORDS: &[u8] = &[0, 1, 2, 3, 4, 6, 7, 8];

/// Every goal, from the registries.
pub fn goals() -> BTreeSet<Goal> {
    let mut goals = BTreeSet::new();
    goals.extend(Trigger::ALL.iter().copied().map(Goal::Trigger));
    // A posted status read is answered by an event, which is a step.
    let answered = |command: &Command| *command != Command::StatusRead;
    goals.extend(Command::ALL.iter().copied().filter(answered).map(Goal::Command));
    for handler in Handler::ALL {
        goals.extend(handler.classes().into_iter().map(|class| Goal::Answer(*handler, class)));
    }
    let presented = [ProtocolStatus::Good, ProtocolStatus::FsfStatusPresented];
    goals.extend(ProtocolStatus::ALL.iter().copied().filter(|s| !presented.contains(s)).map(Goal::Protocol));
    goals.extend(WORDS.iter().copied().map(Goal::Adapter));
    let scenario = Scenario::default();
    for (place, text) in [(Place::Module, "module"), (Place::Kernel, "kernel")] {
        for field in scenario.fields(place) {
            let values = classes(field.domain).into_iter();
            goals.extend(values.map(|value| Goal::Parameter(text, field.name, value)));
        }
    }
    goals.extend(LogId::ALL.iter().copied().map(Goal::Log));
    goals.extend(crate::lane::TRACE_TAGS.iter().map(|tag| Goal::Tag(Tag::new(tag))));
    goals.extend(Point::ALL.iter().copied().map(Goal::Point));
    goals
}

/// The goals that a behaviour reaches.
pub fn reached(behaviour: &Behaviour) -> Vec<Goal> {
    match behaviour {
        Behaviour::Answer(command, class, _) => {
            let common = match class {
                Class::Protocol(status) => Some(Goal::Protocol(*status)),
                Class::Adapter(word) => Some(Goal::Adapter(*word)),
                _ => None,
            };
            let own = [Goal::Command(*command), Goal::Answer(Handler::of(*command), *class)];
            own.into_iter().chain(common).collect()
        }
        Behaviour::Trigger(trigger, _) => vec![Goal::Trigger(*trigger)],
        Behaviour::Parameter(place, name, value, "agree" | "findings" | "cut_short") => {
            let value = match value.as_str() {
                "lowest" | "highest" => "between",
                value => value,
            };
            vec![Goal::Parameter(place, name, value.to_owned())]
        }
        Behaviour::Log(id) => vec![Goal::Log(*id)],
        Behaviour::Tag(tag) => vec![Goal::Tag(*tag)],
        Behaviour::Point(point) => vec![Goal::Point(*point)],
        Behaviour::Parameter(..) | Behaviour::Allowance(_) | Behaviour::Finding(_) => Vec::new(),
    }
}

/// Goals that none of the behaviours reaches.
pub fn missing<'a>(behaviours: impl IntoIterator<Item = &'a Behaviour>) -> BTreeSet<Goal> {
    let mut goals = goals();
    for goal in behaviours.into_iter().flat_map(reached) {
        goals.remove(&goal);
    }
    goals
}

/// Why a goal need not be reached.
pub fn exception(goal: &Goal) -> Option<&'static Exception> {
    let name = goal.to_string();
    EXCEPTIONS.iter().find(|exception| exception.goal == name)
}
