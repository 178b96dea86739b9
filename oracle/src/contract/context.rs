//! What a predicate may ask about the pair.

use regdiff_observation::{Attribute, Event, Object, Observation, Rest, Stamped, StepOutcome, UeventAction};
use regdiff_scenario::scalar::Scalar;
use regdiff_scenario::{Command, ContentField, FailPoint, Scenario, Step, Topology, Trigger};

use crate::divergence::{Difference, Located};
use crate::finding::Finding;
use crate::pair::{Pair, Side};

/// The steps of registration that a scenario can make fail (midlayer.md 2.1, 2.2).
const HOST_FAILURES: &[FailPoint] = &[
    FailPoint::HostAlloc,
    FailPoint::HostTagSet,
    FailPoint::HostDevice,
    FailPoint::HostClassDevice,
    FailPoint::HostShostData,
    FailPoint::HostWorkQueue,
    FailPoint::HostSenseCache,
    FailPoint::HostAttributes,
];

/// The pair of runs that a finding comes from.
///
/// `at` is always a number of steps begun: the rest at which a difference shows, as in [`Located::steps_begun`].
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What was run.
    pub scenario: &'a Scenario,
    /// What could be seen.
    pub seen: Pair<&'a Observation>,
    /// Whether both sides ran with protection space always reserved.
    pub masked: bool,
}

impl<'a> Context<'a> {
    /// What one side shows; the reference for [`Side::Pair`].
    pub fn side(&self, side: Side) -> &'a Observation {
        match side {
            Side::Eager | Side::Pair => self.seen.eager,
            Side::Deferred => self.seen.deferred,
        }
    }

    /// The last rest of a side with at most `at` steps begun.
    pub fn rest(&self, side: Side, at: u32) -> Option<&'a Rest> {
        self.side(side).rests.iter().take_while(|rest| rest.steps_begun <= at).last()
    }

    /// Everything that happened on a side until that rest.
    pub fn until(&self, side: Side, at: u32) -> &'a [Stamped] {
        let end = self.rest(side, at).map_or(0, |rest| rest.events_end);
        self.side(side).events.get(..end).unwrap_or_default()
    }

    /// What happened on a side in the stretch that ended at that rest.
    pub fn stretch(&self, side: Side, at: u32) -> &'a [Stamped] {
        let before = at.checked_sub(1).map_or(0, |before| self.until(side, before).len());
        self.until(side, at).get(before..).unwrap_or_default()
    }

    /// Whether a device has a port at that rest.
    pub fn has_port(&self, side: Side, device: u8, at: u32) -> bool {
        let is_port = |object: Object| matches!(object, Object::Port(of, _) if of == device);
        self.rest(side, at).is_some_and(|rest| rest.readings.iter().any(|reading| is_port(reading.object)))
    }

    /// Whether an object can be seen at that rest.
    pub fn has(&self, side: Side, object: Object, at: u32) -> bool {
        self.rest(side, at).is_some_and(|rest| {
            let first = rest.readings.partition_point(|reading| reading.object < object);
            rest.readings.get(first).is_some_and(|reading| reading.object == object)
        })
    }

    /// The value of an attribute at that rest.
    pub fn reading(&self, side: Side, object: Object, attribute: Attribute, at: u32) -> Option<u64> {
        let readings = &self.rest(side, at)?.readings;
        let place = readings.binary_search_by(|r| (r.object, r.attribute).cmp(&(object, attribute))).ok()?;
        Some(readings[place].value)
    }

    /// How many registrations of a device's host were completed until that rest.
    pub fn registrations(&self, side: Side, device: u8, at: u32) -> usize {
        self.uevents(side, UeventAction::Add, device, at)
    }

    /// How many registered hosts of a device were removed until that rest.
    pub fn removals(&self, side: Side, device: u8, at: u32) -> usize {
        self.uevents(side, UeventAction::Remove, device, at)
    }

    fn uevents(&self, side: Side, action: UeventAction, device: u8, at: u32) -> usize {
        self.until(side, at).iter().filter(|stamped| registration(stamped, device) == Some(action)).count()
    }

    /// Whether a device's host was completely registered when its side ended, and not yet being removed.
    pub fn is_registered(&self, side: Side, device: u8) -> bool {
        let mut story = self.side(side).events.iter().rev();
        story.find_map(|stamped| registration(stamped, device)) == Some(UeventAction::Add)
    }

    /// Whether deferred waits, at that rest, for the first registration since the adapter was enqueued.
    ///
    /// Eager registers once for each time the adapter is enqueued, and removes the host when it is unregistered. Deferred
    /// waits if it has no host and removed no more hosts than eager did: one more would be a host lost on the way.
    pub fn waits_for_registration(&self, device: u8, at: u32) -> bool {
        !self.has(Side::Deferred, Object::Host(device), at)
            && self.removals(Side::Deferred, device, at) <= self.removals(Side::Eager, device, at)
    }

    /// Whether deferred waited so at the rest before.
    pub fn waited_for_registration(&self, device: u8, at: u32) -> bool {
        at.checked_sub(1).is_none_or(|before| self.waits_for_registration(device, before))
    }

    /// Whether a device's adapter is open at that rest; nothing if it cannot be seen.
    pub fn is_open(&self, side: Side, device: u8, at: u32) -> Option<bool> {
        const OPEN: u64 = 0x0400_0000;
        self.reading(side, Object::Adapter(device), Attribute::Status, at).map(|status| status & OPEN != 0)
    }

    /// What happened on a side since the last complete registration of a device's host, until that rest: a stretch for each rest,
    /// with how many steps had begun at it. Nothing if there was no registration.
    pub fn since_registration(
        &self,
        side: Side,
        device: u8,
        at: u32,
    ) -> impl Iterator<Item = (u32, &'a [Stamped])> + use<'a> {
        let events = &self.side(side).events[..];
        let until = self.until(side, at);
        let added = until.iter().rposition(|stamped| registration(stamped, device) == Some(UeventAction::Add));
        let mut start = added.unwrap_or(until.len());
        let last = until.len();
        let rests = self.side(side).rests.iter().take_while(move |rest| rest.events_end <= last);
        rests.filter_map(move |rest| {
            let stretch = events.get(start..rest.events_end).filter(|stretch| !stretch.is_empty())?;
            start = rest.events_end;
            Some((rest.steps_begun, stretch))
        })
    }

    /// Whether a step before `step` makes a part of the registration of a device's host fail.
    pub fn registration_may_fail(&self, device: u8, before: usize) -> bool {
        self.scenario.steps.iter().take(before).any(|step| {
            step.trigger == Trigger::Fail
                && step.device == device
                && HOST_FAILURES.iter().any(|point| point.to_raw() == u64::from(step.a))
        })
    }

    /// Whether any host of this scenario can ever have protection capabilities.
    pub fn protection_is_asked_for(&self) -> bool {
        self.scenario.module.dif || self.scenario.module.dix
    }

    /// Whether the adapter's features are not always the same in this scenario.
    pub fn features_change(&self) -> bool {
        let announced = self.scenario.steps.iter().any(|step| step.trigger == Trigger::FeatureUpdate);
        let answered = self.scenario.firmware.iter().any(|answer| {
            answer.command == Command::ExchangeConfigData
                && answer.contents.iter().any(|content| content.field == ContentField::AdapterFeatures)
        });
        announced || answered
    }

    /// A step of the scenario, by its index.
    pub fn step(&self, index: usize) -> Option<&'a Step> {
        self.scenario.steps.get(index)
    }

    /// Whether a device says that it is connected point to point, or a script lets it say so.
    pub fn is_ptp(&self, device: u8) -> bool {
        let scripted = self.scenario.firmware.iter().any(|answer| {
            answer.device == device
                && answer
                    .contents
                    .iter()
                    .any(|c| c.field == ContentField::FcTopology && c.value == Topology::PointToPoint.to_raw())
        });
        scripted || self.scenario.devices.get(usize::from(device)).is_some_and(|d| d.topology == Topology::PointToPoint)
    }
}

/// What an event says of the registration of a device's host. The FC host comes last at registration and goes first at removal: it
/// tells complete registrations.
fn registration(stamped: &Stamped, device: u8) -> Option<UeventAction> {
    match stamped.event {
        Event::Uevent(uevent) if uevent.object == Object::FcHost(device) => Some(uevent.action),
        _ => None,
    }
}

/// Whether an event is the record of a recovery of a device's adapter, be it that there was one already.
pub(super) fn recovers_adapter(event: &Event, device: u8) -> bool {
    /// The recovery type of an adapter, and the bits of a record that tell the type.
    const ADAPTER: u8 = 4;
    const TYPE: u8 = 0x1f;
    matches!(event, Event::Trace(record) if record.device == device && record.needed & TYPE == ADAPTER)
}

/// An object that exists in eager only.
pub(super) fn object_of_eager(finding: &Finding) -> Option<(Object, &Located)> {
    match finding.difference() {
        Some(located @ Located { difference: Difference::Object { object, present: Side::Eager }, .. }) => {
            Some((*object, located))
        }
        _ => None,
    }
}

/// An event that happened more often on one side in a stretch.
pub(super) fn surplus(finding: &Finding) -> Option<(Side, &Event, u32)> {
    let located = finding.difference()?;
    let (side, event) = located.difference.surplus()?;
    Some((side, event, located.steps_begun))
}

/// A difference in outcomes.
pub(super) struct Outcome<'a> {
    pub(super) trigger: Trigger,
    pub(super) device: u8,
    pub(super) outcomes: &'a Pair<StepOutcome>,
    /// The rest after it.
    pub(super) at: u32,
}

pub(super) fn outcome(finding: &Finding) -> Option<Outcome<'_>> {
    let located = finding.difference()?;
    match &located.difference {
        Difference::Outcome { trigger, device, outcomes, .. } => {
            Some(Outcome { trigger: *trigger, device: *device, outcomes, at: located.steps_begun })
        }
        _ => None,
    }
}

/// Whether a step returned an error.
pub(super) fn failed(outcome: StepOutcome) -> bool {
    matches!(outcome, StepOutcome::Done(value) if value < 0)
}
