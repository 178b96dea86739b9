//! One difference between the two sides, as data.

use std::borrow::Cow;
use std::fmt;

use regdiff_observation::{Attribute, Event, Object, StepOutcome, UeventAction};
use regdiff_scenario::Trigger;
use serde::Serialize;

use crate::pair::{Pair, Side};
use crate::signature::Signature;

/// A difference that a user can see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// An object exists on one side only.
    Object {
        /// Which object.
        object: Object,
        /// Where it exists.
        present: Side,
    },
    /// An attribute of an object that both sides have exists on one side only.
    Attribute {
        /// Of which object.
        object: Object,
        /// Which attribute.
        attribute: Attribute,
        /// Where it exists.
        present: Side,
        /// Its value there.
        value: u64,
    },
    /// An attribute has two values.
    Value {
        /// Of which object.
        object: Object,
        /// Which attribute.
        attribute: Attribute,
        /// The two values.
        values: Pair<u64>,
    },
    /// A step ended in two ways.
    Outcome {
        /// Index of the step, from 0.
        step: usize,
        /// What it does.
        trigger: Trigger,
        /// Of which FCP device.
        device: u8,
        /// How it ended.
        outcomes: Pair<StepOutcome>,
    },
    /// Something happened more often on one side since the rest before.
    Event {
        /// What happened.
        event: Event,
        /// How often.
        counts: Pair<u32>,
    },
    /// The driver stopped the machine on one side only.
    Panic {
        /// Where.
        side: Side,
        /// The kernel function that did it.
        function: Cow<'static, str>,
    },
}

/// A difference and the rest at which it shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// How many steps had begun at that rest.
    pub steps_begun: u32,
    /// Virtual time of that rest, in µs.
    pub time_us: Pair<u64>,
    /// What differs.
    pub difference: Difference,
}

impl Difference {
    /// What makes it the same as others.
    pub fn signature(&self) -> Signature {
        let absent = |present: Side| present.other();
        Signature::divergence(&match self {
            Self::Object { object, present } => format!("{}/absent-in-{}", object.kind(), absent(*present)),
            Self::Attribute { object, attribute, present, .. } => {
                format!("{}.{}/absent-in-{}", object.kind(), attribute.text(), absent(*present))
            }
            Self::Value { object, attribute, .. } => format!("{}.{}", object.kind(), attribute.text()),
            Self::Outcome { trigger, .. } => format!("step.{}", trigger.text()),
            Self::Event { event, .. } => format!("event.{}", event_name(event)),
            Self::Panic { side, function } => format!("panic/{side}/{function}"),
        })
    }

    /// The FCP device it is about.
    pub fn device(&self) -> Option<u8> {
        match self {
            Self::Object { object, .. } | Self::Attribute { object, .. } | Self::Value { object, .. } => {
                Some(object.device())
            }
            Self::Outcome { device, .. } => Some(*device),
            Self::Event { event, .. } => event_device(event),
            Self::Panic { .. } => None,
        }
    }

    /// Whether it is a step in which a user hangs.
    pub(super) fn hangs(&self) -> bool {
        matches!(self, Self::Outcome { outcomes, .. }
            if [outcomes.eager, outcomes.deferred].contains(&StepOutcome::Blocked))
    }

    /// What each side shows; empty where it shows nothing.
    pub fn sides(&self) -> Pair<String> {
        let only = |side: Side, text: String| match side {
            Side::Eager => Pair { eager: text, deferred: String::new() },
            _ => Pair { eager: String::new(), deferred: text },
        };
        match self {
            Self::Object { object, present } => only(*present, format!("{object} exists")),
            Self::Attribute { object, attribute, present, value } => {
                only(*present, format!("{object}.{} = {}", attribute.text(), attribute.format().show(*value)))
            }
            Self::Value { object, attribute, values } => {
                values.map(|value| format!("{object}.{} = {}", attribute.text(), attribute.format().show(value)))
            }
            Self::Outcome { step, trigger, outcomes, .. } => {
                outcomes.map(|ended| format!("step {}, {}: {}", step + 1, trigger.text(), outcome(ended)))
            }
            Self::Event { event, counts } => counts.map(|count| format!("{count} times {}", show(event))),
            Self::Panic { side, function } => only(*side, format!("{function} stops the machine")),
        }
    }

    /// The event, if it is about one that one side has more often; with that side.
    pub fn surplus(&self) -> Option<(Side, &Event)> {
        match self {
            Self::Event { event, counts } => {
                Some((if counts.eager > counts.deferred { Side::Eager } else { Side::Deferred }, event))
            }
            _ => None,
        }
    }
}

/// The FCP device of an event.
pub(crate) fn event_device(event: &Event) -> Option<u8> {
    match event {
        Event::Log(line) => line.device,
        Event::Uevent(uevent) => Some(uevent.object.device()),
        Event::Command(sent) => Some(sent.device),
        Event::Trace(record) => Some(record.device),
        Event::Fc(event) => Some(event.device),
    }
}

/// An event without what a signature must not hold.
pub(crate) fn event_name(event: &Event) -> String {
    match event {
        Event::Log(line) => format!("log.{}", line.id.text()),
        Event::Uevent(uevent) => format!("uevent.{}.{}", action(uevent.action), uevent.object.kind()),
        Event::Command(sent) => format!("command.{}", sent.command.text()),
        Event::Trace(record) => format!("trace.{}", record.tag),
        Event::Fc(event) => match event.code {
            2 => "fc.linkup".to_owned(),
            3 => "fc.linkdown".to_owned(),
            5 => "fc.rscn".to_owned(),
            code => format!("fc.{code}"),
        },
    }
}

pub(crate) fn action(action: UeventAction) -> &'static str {
    match action {
        UeventAction::Add => "add",
        UeventAction::Remove => "remove",
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { object, present } => write!(f, "{object} exists in {present} only"),
            Self::Attribute { object, attribute, present, value } => {
                let shown = attribute.format().show(*value);
                write!(f, "{object}.{} exists in {present} only, as {shown}", attribute.text())
            }
            Self::Value { object, attribute, values } => {
                let shown = values.map(|value| attribute.format().show(value));
                write!(
                    f,
                    "{object}.{} is {} in eager and {} in deferred",
                    attribute.text(),
                    shown.eager,
                    shown.deferred
                )
            }
            Self::Outcome { step, trigger, outcomes, .. } => {
                let shown = outcomes.map(outcome);
                let number = step + 1;
                write!(f, "step {number}, {}: eager {}, deferred {}", trigger.text(), shown.eager, shown.deferred)
            }
            Self::Event { event, counts } => {
                write!(f, "{}: {} times in eager, {} times in deferred", show(event), counts.eager, counts.deferred)
            }
            Self::Panic { side, function } => write!(f, "{function} stops the machine in {side} only"),
        }
    }
}

fn outcome(outcome: StepOutcome) -> String {
    match outcome {
        StepOutcome::Missed => "never gets to it".to_owned(),
        StepOutcome::Done(value) => format!("returns {value}"),
        StepOutcome::Blocked => "hangs".to_owned(),
    }
}

/// An event in full.
pub fn show(event: &Event) -> String {
    let name = event_name(event);
    match event {
        Event::Log(line) => match (line.device, line.argument) {
            (None, _) => name,
            (Some(device), 0) => format!("{name} [{device}]"),
            (Some(device), argument) => format!("{name} [{device}] {argument:#x}"),
        },
        Event::Uevent(uevent) => format!("uevent.{} {}", action(uevent.action), uevent.object),
        Event::Command(sent) if sent.port == 0 => format!("{name} [{}]", sent.device),
        Event::Command(sent) => format!("{name} [{}] port {:#x} LUN {:#x}", sent.device, sent.port, sent.lun),
        Event::Trace(record) => {
            format!("{name} [{}] want {:#x} need {:#x}", record.device, record.wanted, record.needed)
        }
        Event::Fc(event) => format!("{name} [{}] {:#x}", event.device, event.data),
    }
}
