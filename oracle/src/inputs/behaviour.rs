//! What a run can be said to have done: the unit of tables and of distilled corpora.

use std::collections::BTreeSet;
use std::fmt;

use regdiff_observation::{Event, Input, LogId, Observation, Tag, Watch};
use regdiff_scenario::scalar::Domain;
use regdiff_scenario::{Command, Place, Point, Scenario, Trigger};
use serde::{Serialize, Serializer};

use super::answer::Class;
use super::phase::{Phase, tell};
use crate::judge::{Options, judge};
use crate::lane::{Maskable, Model, Variant};
use crate::pair::{self, Pair};
use crate::verdict::Report;

/// One thing that a scenario made happen, on whichever side. Coarse on purpose: no device, no address, no count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Behaviour {
    /// A command was answered so, in a stretch that is about this.
    Answer(Command, Class, Phase),
    /// A trigger was performed while this went on.
    Trigger(Trigger, Phase),
    /// A parameter had a value (its place: `module` or `kernel`, name, value), and the judgement ended so.
    Parameter(&'static str, &'static str, String, &'static str),
    /// A line was logged.
    Log(LogId),
    /// A recovery record was written.
    Tag(Tag),
    /// A named point was passed.
    Point(Point),
    /// An allowance of the contract was used.
    Allowance(&'static str),
    /// Something was found: its signature.
    Finding(String),
}

impl Behaviour {
    /// The table it belongs to.
    pub const fn table(&self) -> &'static str {
        match self {
            Self::Answer(..) => "answer",
            Self::Trigger(..) => "trigger",
            Self::Parameter(..) => "parameter",
            Self::Log(_) => "log",
            Self::Tag(_) => "tag",
            Self::Point(_) => "point",
            Self::Allowance(_) => "allowance",
            Self::Finding(_) => "finding",
        }
    }

    /// Its row and its column in that table; lists have one column.
    pub fn cell(&self) -> (String, &'static str) {
        match self {
            Self::Answer(command, class, phase) => (format!("{} {class}", command.text()), phase.text()),
            Self::Trigger(trigger, phase) => (trigger.text().to_owned(), phase.text()),
            Self::Parameter(place, name, value, verdict) => (format!("{place}.{name} {value}"), verdict),
            Self::Log(id) => (id.text().to_owned(), ""),
            Self::Tag(tag) => (tag.text().to_owned(), ""),
            Self::Point(point) => (point.text().to_owned(), ""),
            Self::Allowance(id) => ((*id).to_owned(), ""),
            Self::Finding(signature) => (signature.clone(), ""),
        }
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, column) = self.cell();
        write!(f, "{} {row}{}{column}", self.table(), if column.is_empty() { "" } else { " " })
    }
}

impl Serialize for Behaviour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Judges a scenario and tells everything that it made happen, in both variants, behind a historical crash too.
pub fn behaviours(scenario: &Scenario, options: &Options) -> (Report, BTreeSet<Behaviour>) {
    let report = judge(scenario, options);
    let mut done = BTreeSet::new();
    parameters(scenario, &report, &mut done);
    done.extend(report.allowed.iter().map(|allowed| Behaviour::Allowance(allowed.id)));
    let found = report.findings.iter().chain(&report.schedule_dependent);
    done.extend(found.map(|finding| Behaviour::Finding(finding.signature.to_string())));
    let mut run = |variants: Pair<&Variant>| {
        let seen = pair::watch(&Model, scenario, variants, Watch::Closely);
        observed(scenario, &seen.eager, &mut done);
        observed(scenario, &seen.deferred, &mut done);
    };
    run(Pair { eager: &options.left, deferred: &options.right });
    if let (Some(_), Some(eager), Some(deferred)) = (&report.masked, options.left.masked(), options.right.masked()) {
        run(Pair { eager: &eager, deferred: &deferred });
    }
    (report, done)
}

/// What one run shows.
pub(crate) fn observed(scenario: &Scenario, seen: &Observation, done: &mut BTreeSet<Behaviour>) {
    for stamped in &seen.events {
        match stamped.event {
            Event::Log(line) => done.insert(Behaviour::Log(line.id)),
            Event::Trace(record) => done.insert(Behaviour::Tag(record.tag)),
            Event::Uevent(_) | Event::Command(_) | Event::Fc(_) => continue,
        };
    }
    done.extend(seen.points.iter().map(Behaviour::Point));
    tell(scenario, seen, |input, phase| {
        done.extend(match input {
            Input::Answer { command, protocol, fsf, qualifier, .. } => {
                Some(Behaviour::Answer(command, Class::of(command, protocol, fsf, qualifier), phase))
            }
            Input::Silence { command, .. } => Some(Behaviour::Answer(command, Class::Silence, phase)),
            Input::Step(step) => scenario.steps.get(step as usize).map(|step| Behaviour::Trigger(step.trigger, phase)),
        });
    });
}

/// Module and kernel parameters with the outcome. Of a wide range only its ends and the default are told apart.
fn parameters(scenario: &Scenario, report: &Report, done: &mut BTreeSet<Behaviour>) {
    for (place, text) in [(Place::Module, "module"), (Place::Kernel, "kernel")] {
        for field in scenario.fields(place) {
            for value in values(field.domain, field.default, field.value) {
                done.insert(Behaviour::Parameter(text, field.name, value, report.verdict.text()));
            }
        }
    }
}

/// The classes of a value.
fn values(domain: Domain, default: u64, value: u64) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match domain {
        Domain::Flag => one(if value == 1 { "true" } else { "false" }),
        Domain::Names(names) => names.iter().filter(|name| name.value == value).map(|n| n.text.to_owned()).collect(),
        Domain::Flags(_) if value == 0 => one("none"),
        Domain::Flags(names) => {
            names.iter().filter(|name| name.value & value != 0).map(|n| n.text.to_owned()).collect()
        }
        Domain::Range { .. } | Domain::Optional { .. } if value == default => one("default"),
        Domain::Range { min, .. } if value == min => one("lowest"),
        Domain::Range { max, .. } if value == max => one("highest"),
        Domain::Range { .. } | Domain::Optional { .. } => one("between"),
    }
}

/// Every class of a value that a domain has.
pub(super) fn classes(domain: Domain) -> Vec<String> {
    match domain {
        Domain::Flag => vec!["false".to_owned(), "true".to_owned()],
        Domain::Names(names) => names.iter().map(|name| name.text.to_owned()).collect(),
        Domain::Flags(names) => {
            std::iter::once("none".to_owned()).chain(names.iter().map(|n| n.text.to_owned())).collect()
        }
        Domain::Range { .. } | Domain::Optional { .. } => vec!["default".to_owned(), "between".to_owned()],
    }
}
