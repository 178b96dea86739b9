//! Observations built by hand, for the tests of this crate.

use regdiff_observation::{
    Access, Attribute, End, Event, Lane, Leftover, LogId, LogLine, MemoryOp, Object, Observation, Reading, Region,
    RequestObject, Rest, Stamped, Trap, TrapKind, Uevent, UeventAction, Violation, Watch,
};
use regdiff_scenario::{Command, Context, Scenario};

use crate::finding::Finding;
use crate::lane::Maskable;

pub(crate) fn signatures(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.signature.to_string()).collect()
}

/// A run that a store traps.
pub(crate) fn trap(kind: TrapKind, function: &'static str, object: &'static str, field: &'static str) -> Observation {
    let trap = Trap {
        kind,
        function: function.into(),
        object: object.into(),
        field: field.into(),
        access: Access::Write,
        address: Some(0),
        bytes: 24,
        device: Some(0),
        command: Some(Command::Inquiry),
        context: Context::ScsiWq,
        trace: vec![function.into(), "blk_execute_rq".into(), "fc_scsi_scan_rport".into()],
        time_us: 42,
    };
    Observation { end: End::Trap(Box::new(trap)), ..Observation::default() }
}

pub(crate) fn violation(op: MemoryOp, region: Region) -> Violation {
    Violation {
        op,
        access: Access::Write,
        object: RequestObject::SchedulerTag,
        slot: 0,
        offset: 856,
        bytes: 24,
        region,
        members: Vec::new(),
        victim: None,
        function: "scsi_queue_rq".into(),
        device: Some(0),
        command: Some(Command::Inquiry),
        context: Context::ScsiWq,
        trace: vec!["scsi_queue_rq".into()],
        time_us: 42,
    }
}

pub(crate) fn left(what: &'static str, function: &'static str) -> Observation {
    Observation { leftovers: vec![Leftover { device: 0, what, function }], ..Observation::default() }
}

pub(crate) fn reading(object: Object, attribute: Attribute, value: u64) -> Reading {
    Reading { object, attribute, value }
}

pub(crate) fn log(id: LogId) -> Event {
    Event::Log(LogLine { id, device: Some(0), argument: 0 })
}

pub(crate) fn uevent(action: UeventAction, object: Object) -> Event {
    Event::Uevent(Uevent { action, object })
}

/// Ends a stretch of events with a rest.
pub(crate) fn rest(seen: &mut Observation, steps_begun: u32, events: &[Event], readings: &[Reading]) {
    let stamped = events.iter().map(|event| Stamped { time_us: 1, context: Context::Erp, event: *event });
    seen.events.extend(stamped);
    let (events_end, readings) = (seen.events.len(), readings.to_vec());
    seen.rests.push(Rest { time_us: 10 * u64::from(steps_begun), steps_begun, readings, events_end });
}

/// A variant of [`FakeLane`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fake {
    pub(crate) left: bool,
    pub(crate) masked: bool,
}

impl Fake {
    pub(crate) const EAGER: Self = Self { left: true, masked: false };
    pub(crate) const DEFERRED: Self = Self { left: false, masked: false };
}

impl Maskable for Fake {
    fn masked(&self) -> Option<Self> {
        Some(Self { masked: true, ..*self })
    }
}

/// A lane that shows what a function says.
pub(crate) struct FakeLane<F>(pub(crate) F);

impl<F: Fn(&Scenario, Fake) -> Observation> Lane for FakeLane<F> {
    type Variant = Fake;

    fn run(&self, scenario: &Scenario, variant: &Fake, _: Watch) -> Observation {
        (self.0)(scenario, *variant)
    }
}
