//! Intended: what the series changes on purpose.

use regdiff_observation::{Attribute, Event, LogId, Object, Observation, Stamped, StepOutcome};
use regdiff_scenario::module::InitDevice;
use regdiff_scenario::{Answer, Command, FailPoint, Scalar, Step, Trigger, When};

use super::context::{Context, failed, object_of_eager, outcome, surplus};
use super::{Allowance, Reach};
use crate::divergence::{Difference, Located};
use crate::finding::Finding;
use crate::lifetime::trap;
use crate::pair::Side;

const ENODEV: i64 = -19;

/// The entries.
pub(super) const LIST: &[Allowance] = &[
    Allowance {
        id: "host-comes-later",
        allows: "scsi_host and fc_host exist in eager while deferred waits for its first registration",
        why: "deferred registers when the first adapter open got through Exchange Config Data and Exchange Port Data",
        evidence: "driver.md 19, 20 F11; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/host-comes-later",
        signatures: &["divergence/fc_host/absent-in-deferred", "divergence/scsi_host/absent-in-deferred"],
        reach: Reach::Difference,
        covers: host_comes_later,
    },
    Allowance {
        id: "host-events-come-later",
        allows: "log line and uevents of a host in the stretch where the other side waits, and in the one where it is through",
        why: "they follow registration, which happens at another time",
        evidence: "driver.md 24.3; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/host-comes-later",
        signatures: &[
            "divergence/event.log.HOST_ADDED",
            "divergence/event.uevent.*.fc_host",
            "divergence/event.uevent.*.scsi_host",
        ],
        reach: Reach::Difference,
        covers: host_events_come_later,
    },
    Allowance {
        id: "port-rescan-needs-host",
        allows: "a write to port_rescan fails with ENODEV in deferred before the host exists",
        why: "the port scan uses the FC host, so that the series refuses it; eager's scan finds ports and starts the rate limit",
        evidence: "driver.md 20 F10, 22; patch 7/8, 71159b6ecb06",
        review: "2027-06-01",
        scenario: "registration/port-rescan-before-host",
        signatures: &["divergence/step.port_rescan", "divergence/event.command.*"],
        reach: Reach::Onward,
        covers: port_rescan_needs_host,
    },
    Allowance {
        id: "port-rescan-needs-host-still",
        allows: "a write to port_rescan fails with ENODEV in deferred while the host is being removed",
        why: "the series refuses it as soon as the host is unregistered; eager queues a scan that finds nothing any more",
        evidence: "driver.md 20 F10, 22; patch 7/8, 71159b6ecb06",
        review: "2027-06-01",
        scenario: "registration/port-rescan-while-removed",
        signatures: &["divergence/step.port_rescan"],
        reach: Reach::Difference,
        covers: port_rescan_needs_host_still,
    },
    Allowance {
        id: "ptp-port-fails-at-another-attempt",
        allows: "a point-to-point port that could not be made at first is there in eager only, with all that follows",
        why: "eager makes it at every attempt to open the adapter, deferred only at the one that gets through both exchanges: where a \
              failure spoils an attempt that goes on to fail anyway, only eager has another one",
        evidence: "driver.md 1.3, 6.5.1 rows 3 and 6, 6.5.3; patch 5/8, ac007adc4d2d",
        review: "2027-06-01",
        scenario: "registration/ptp-port-fails-once",
        signatures: &["divergence/port/absent-in-deferred"],
        reach: Reach::Onward,
        covers: ptp_port_fails_at_another_attempt,
    },
    Allowance {
        id: "ptp-port-comes-later",
        allows: "the port of a point-to-point peer, and its unit of the device= parameter, exist in eager while deferred waits for its \
                 first registration",
        why: "deferred makes it after registration, eager after Exchange Config Data",
        evidence: "driver.md 6.5.1 rows 3 and 6, 20 F7; patch 5/8, ac007adc4d2d",
        review: "2027-06-01",
        scenario: "registration/ptp-port-comes-later",
        signatures: &[
            "divergence/event.trace.ereptp1",
            "divergence/event.trace.sctrpi1",
            "divergence/event.trace.sctrpin",
            "divergence/port/absent-in-deferred",
            "divergence/unit/absent-in-deferred",
        ],
        reach: Reach::Difference,
        covers: ptp_port_comes_later,
    },
    Allowance {
        id: "ptp-port-is-made-again",
        allows: "a point-to-point port that a user removes during an open of the adapter is there again in deferred only, with all that \
                 follows",
        why: "in every open eager makes the port before Exchange Port Data, deferred after it: between them a user removes it for good \
              or just before it is made",
        evidence: "driver.md 6.5.1 rows 3 and 6; patch 5/8, ac007adc4d2d",
        review: "2027-06-01",
        scenario: "registration/ptp-port-removed-between",
        signatures: &["divergence/event.trace.ereptp1", "divergence/event.trace.ersfs_1"],
        reach: Reach::Onward,
        covers: ptp_port_is_made_again,
    },
    Allowance {
        id: "ptp-port-is-told-of-early",
        allows: "what the firmware tells of a point-to-point port during an open of the adapter meets a port in eager only, with all that \
                 follows: a state change tests it, an ELS or a lost connection recovers it",
        why: "in every open eager makes the port before Exchange Port Data, deferred after it: between them only eager has one",
        evidence: "driver.md 6.5.1 rows 3 and 6, 13.4, 14; patch 5/8, ac007adc4d2d",
        review: "2027-06-01",
        scenario: "registration/ptp-port-is-told-of-early",
        signatures: &[
            "divergence/event.command.adisc",
            "divergence/event.trace.fciwwp1",
            "divergence/event.trace.fssrpc1",
        ],
        reach: Reach::Onward,
        covers: ptp_port_is_told_of_early,
    },
    Allowance {
        id: "ptp-port-files-come-later",
        allows: "a user's access to a file of that port fails in deferred, with all that follows",
        why: "there is no such port yet, also in a later open if the link was down in those before; in eager the access may recover \
              or remove it",
        evidence: "driver.md 6.5.1 rows 3 and 6, 22; patch 5/8, ac007adc4d2d",
        review: "2027-06-01",
        scenario: "registration/ptp-port-files-before-port",
        signatures: &["divergence/step.*"],
        reach: Reach::Onward,
        covers: ptp_port_files_come_later,
    },
    Allowance {
        id: "host-files-come-later",
        allows: "a user's access to a file of the host fails in deferred before the host exists",
        why: "there is no such file yet; in eager the access may have asked the firmware, and its answer counts",
        evidence: "driver.md 18, 22; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/host-files-before-host",
        signatures: &["divergence/event.command.*", "divergence/step.*"],
        reach: Reach::Onward,
        covers: |context, finding| {
            host_file(context, finding, READS) || asked_by_file(context, finding) || failure_is_left(context, finding)
        },
    },
    Allowance {
        id: "host-commands-come-later",
        allows: "after a user made the host do something that deferred has no host for, the device is in another situation",
        why: "there is no such file yet; in eager the write recovers the adapter or changes the host's state",
        evidence: "driver.md 15, 22; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/host-reset-before-host",
        signatures: &["divergence/step.*"],
        reach: Reach::Onward,
        covers: |context, finding| host_file(context, finding, WRITES),
    },
    Allowance {
        id: "failed-registration-fails-online",
        allows: "set_online fails in eager when the host cannot be registered, and the adapter is gone",
        why: "eager registers when the adapter is enqueued, and undoes that; deferred has an adapter and recovers it",
        evidence: "driver.md 4.1 step 16, 5.2; patch 8/8, d0dff2ac98dd",
        review: "2027-06-01",
        scenario: "registration/host-alloc-fails",
        signatures: &[
            "divergence/event.log.ENQUEUE_FAILED",
            "divergence/panic/deferred/zfcp_fsf_reqid_check",
            "divergence/step.set_online",
        ],
        reach: Reach::Onward,
        covers: failed_registration_fails_online,
    },
    Allowance {
        id: "host-numbers",
        allows: "hosts of several FCP devices have other numbers",
        why: "the lowest free number is taken at registration, and the order of registrations differs",
        evidence: "driver.md U4",
        review: "2027-06-01",
        scenario: "registration/two-devices",
        signatures: &["divergence/scsi_host.host_no"],
        reach: Reach::Difference,
        covers: host_numbers,
    },
];

/// Steps that read files of the host.
const READS: &[Trigger] = &[Trigger::ReadAttribute, Trigger::ResetStatistics, Trigger::Scan];
/// Steps at files of a port.
const PORT_FILES: &[Trigger] =
    &[Trigger::PortFailed, Trigger::PortRemove, Trigger::UnitAdd, Trigger::UnitRemove, Trigger::UnitFailed];
/// Steps that change what the host does from there on.
const WRITES: &[Trigger] = &[Trigger::HostReset, Trigger::HostState, Trigger::HostDevLossTmo];

fn host_comes_later(context: &Context<'_>, finding: &Finding) -> bool {
    match object_of_eager(finding) {
        Some((Object::Host(device) | Object::FcHost(device), located)) => {
            context.waits_for_registration(device, located.steps_begun)
        }
        _ => false,
    }
}

fn host_events_come_later(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((side, event, at)) = surplus(finding) else { return false };
    let device = match event {
        Event::Log(line) if line.id == LogId::HostAdded => line.device,
        Event::Uevent(uevent) => match uevent.object {
            Object::Host(device) | Object::FcHost(device) => Some(device),
            _ => None,
        },
        _ => None,
    };
    let Some(device) = device else { return false };
    match side {
        Side::Eager => context.waits_for_registration(device, at) || late(context, device, at),
        _ => late(context, device, at),
    }
}

/// Whether eager had a host when the stretch began, and deferred still waited for it.
fn late(context: &Context<'_>, device: u8, at: u32) -> bool {
    at > 0 && context.waited_for_registration(device, at) && context.has(Side::Eager, Object::Host(device), at - 1)
}

fn port_rescan_needs_host(context: &Context<'_>, finding: &Finding) -> bool {
    // A user that hangs in eager's scan has no outcome to compare: then the scan tells.
    if let Some((Side::Eager, Event::Command(sent), at)) = surplus(finding)
        && sent.command == Command::OpenWka
    {
        let refused = |(index, step): (usize, &Step)| {
            let outcome = |side| context.side(side).steps.get(index);
            step.trigger == Trigger::PortRescan
                && step.device == sent.device
                && outcome(Side::Eager) == Some(&StepOutcome::Blocked)
                && outcome(Side::Deferred) == Some(&StepOutcome::Done(ENODEV))
        };
        return context.waited_for_registration(sent.device, at)
            && context.scenario.steps.iter().enumerate().any(refused);
    }
    outcome(finding).is_some_and(|outcome| {
        outcome.trigger == Trigger::PortRescan
            && outcome.outcomes.deferred == StepOutcome::Done(ENODEV)
            && context.waited_for_registration(outcome.device, outcome.at)
    })
}

fn port_rescan_needs_host_still(context: &Context<'_>, finding: &Finding) -> bool {
    outcome(finding).is_some_and(|outcome| {
        let removals = |at| context.removals(Side::Deferred, outcome.device, at);
        outcome.trigger == Trigger::PortRescan
            && outcome.outcomes.deferred == StepOutcome::Done(ENODEV)
            && outcome.at.checked_sub(1).is_some_and(|before| removals(outcome.at) > removals(before))
    })
}

fn ptp_port_comes_later(context: &Context<'_>, finding: &Finding) -> bool {
    let by_parameter = context.scenario.module.init_device != InitDevice::Absent;
    let (device, at) = match (object_of_eager(finding), surplus(finding)) {
        (Some((Object::Port(device, _), located)), _) => (device, located.steps_begun),
        (Some((Object::Unit(device, _, _), located)), _) if by_parameter => (device, located.steps_begun),
        (_, Some((side, Event::Trace(record), at)))
            if record.tag == "ereptp1"
                && (comes(context, side, record.device, at)
                    || side == Side::Eager && ptp_port_is_due(context, record.device, at)) =>
        {
            (record.device, at)
        }
        // An open later than the first that eager got on with, deferred does what was due.
        (_, Some((Side::Deferred, Event::Trace(record), at)))
            if record.tag == "ereptp1" && at > 0 && ptp_port_is_due(context, record.device, at - 1) =>
        {
            return context.is_ptp(record.device)
                && context.has_port(Side::Eager, record.device, at - 1)
                && ptp_port_came(context, record.device, at);
        }
        // An rport of a port that was removed: when it is lost, the record tells whether there is a port of its name again.
        (_, Some((side, Event::Trace(record), at)))
            if (side, record.tag.text()) == (Side::Eager, "sctrpi1")
                || (side, record.tag.text()) == (Side::Deferred, "sctrpin") =>
        {
            return context.is_ptp(record.device)
                && context.has_port(Side::Eager, record.device, at)
                && ptp_port_is_due(context, record.device, at);
        }
        _ => return false,
    };
    let waits =
        context.waits_for_registration(device, at) || late(context, device, at) || ptp_port_is_due(context, device, at);
    context.is_ptp(device) && waits
}

/// Whether deferred has not made the port of a point-to-point peer, because the adapter was not opened again.
pub(super) fn ptp_port_is_due(context: &Context<'_>, device: u8, at: u32) -> bool {
    context.is_open(Side::Deferred, device, at) == Some(false) && !context.has_port(Side::Deferred, device, at)
}

fn ptp_port_is_made_again(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Side::Deferred, Event::Trace(record), _)) = surplus(finding) else { return false };
    let removed = |(index, step): (usize, &Step)| {
        let done = |seen: &Observation| seen.steps.get(index).is_some_and(|outcome| !failed(*outcome));
        step.trigger == Trigger::PortRemove
            && step.device == record.device
            && step.moment.when != When::AtRest
            && context.seen.sides().iter().all(|(_, seen)| done(seen))
    };
    // The record of the port that is made, or, if both sides open once more in the stretch, of its recovery.
    ["ereptp1", "ersfs_1"].contains(&record.tag.text())
        && context.is_ptp(record.device)
        && context.scenario.steps.iter().enumerate().any(removed)
}

fn ptp_port_is_told_of_early(context: &Context<'_>, finding: &Finding) -> bool {
    let (device, at, trigger) = match surplus(finding) {
        Some((Side::Eager, Event::Command(sent), at)) if sent.command == Command::Adisc => {
            (sent.device, at, Trigger::Rscn)
        }
        Some((Side::Eager, Event::Trace(record), at)) if record.tag == "fciwwp1" => {
            (record.device, at, Trigger::IncomingEls)
        }
        Some((Side::Eager, Event::Trace(record), at)) if record.tag == "fssrpc1" => {
            (record.device, at, Trigger::PortClosed)
        }
        _ => return false,
    };
    let told = |step: &Step| step.trigger == trigger && step.device == device && step.moment.when != When::AtRest;
    context.is_ptp(device) && ptp_port_came(context, device, at) && context.scenario.steps.iter().any(told)
}

fn ptp_port_fails_at_another_attempt(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((Object::Port(device, _), _)) = object_of_eager(finding) else { return false };
    let spoiled = |(index, step): (usize, &Step)| {
        let points = [FailPoint::PortAlloc, FailPoint::PortSysfs].map(FailPoint::to_raw);
        step.trigger == Trigger::Fail
            && step.device == device
            && points.contains(&u64::from(step.a))
            && context.seen.sides().iter().all(|(_, seen)| seen.failures_hit.contains(&(index as u32)))
    };
    context.is_ptp(device) && context.scenario.steps.iter().enumerate().any(spoiled)
}

fn ptp_port_files_come_later(context: &Context<'_>, finding: &Finding) -> bool {
    outcome(finding).is_some_and(|outcome| {
        PORT_FILES.contains(&outcome.trigger)
            && failed(outcome.outcomes.deferred)
            && context.is_ptp(outcome.device)
            && (context.waited_for_registration(outcome.device, outcome.at)
                || ptp_port_came(context, outcome.device, outcome.at)
                || outcome.at > 0 && ptp_port_is_due(context, outcome.device, outcome.at - 1))
    })
}

/// Whether deferred made the port of a point-to-point peer in this stretch: the first one if the link was down so far.
fn ptp_port_came(context: &Context<'_>, device: u8, at: u32) -> bool {
    let there = |at| context.has_port(Side::Deferred, device, at);
    at > 0 && !there(at - 1) && there(at)
}

/// Whether something of registration may show on a side in this stretch: early in eager, or late in deferred.
fn comes(context: &Context<'_>, side: Side, device: u8, at: u32) -> bool {
    match side {
        Side::Eager => context.waits_for_registration(device, at),
        _ => late(context, device, at),
    }
}

fn host_file(context: &Context<'_>, finding: &Finding, triggers: &[Trigger]) -> bool {
    outcome(finding).is_some_and(|outcome| {
        triggers.contains(&outcome.trigger)
            && failed(outcome.outcomes.deferred)
            && context.waited_for_registration(outcome.device, outcome.at)
    })
}

/// Whether eager asked the firmware for a file of the host that deferred has not got; both may have returned the same error.
fn asked_by_file(context: &Context<'_>, finding: &Finding) -> bool {
    let Some((side, Event::Command(sent), at)) = surplus(finding) else { return false };
    let is_exchange = |command| matches!(command, Command::ExchangeConfigData | Command::ExchangePortData);
    let refused = |(index, step): (usize, &Step)| {
        READS.contains(&step.trigger)
            && step.device == sent.device
            && context.seen.deferred.steps.get(index).is_some_and(|outcome| failed(*outcome))
    };
    // An answer that is scripted for a later one of them then goes to another one in deferred, which may ask again for it.
    let shifted = |answer: &Answer| {
        answer.device == sent.device && is_exchange(answer.command) && (answer.nth > 1 || answer.count > 1)
    };
    is_exchange(sent.command)
        && (side == Side::Eager || context.scenario.firmware.iter().any(shifted))
        && context.waited_for_registration(sent.device, at)
        && context.scenario.steps.iter().enumerate().take(at as usize).any(refused)
}

/// Whether a user's access meets a failure in deferred that an earlier one, to a file that only eager had, met in eager; both may
/// have returned the same error then.
fn failure_is_left(context: &Context<'_>, finding: &Finding) -> bool {
    let Some(outcome) = outcome(finding) else { return false };
    let steps = || context.scenario.steps.iter().enumerate().filter(|(_, step)| step.device == outcome.device);
    let armed = |before: usize| {
        steps().take_while(|(index, _)| *index < before).any(|(index, step)| {
            step.trigger == Trigger::Fail
                && context.seen.sides().iter().all(|(_, seen)| seen.failures_hit.contains(&(index as u32)))
        })
    };
    READS.contains(&outcome.trigger)
        && failed(outcome.outcomes.deferred)
        && !failed(outcome.outcomes.eager)
        && steps().take_while(|(index, _)| index + 1 < outcome.at as usize).any(|(index, step)| {
            let refused = |seen: &Observation| seen.steps.get(index).is_some_and(|outcome| failed(*outcome));
            READS.contains(&step.trigger)
                && context.seen.sides().iter().all(|(_, seen)| refused(seen))
                && context.waited_for_registration(outcome.device, index as u32 + 1)
                && armed(index)
        })
}

fn failed_registration_fails_online(context: &Context<'_>, finding: &Finding) -> bool {
    // A user that hangs in deferred's set_online has no outcome to compare: then the log tells.
    if let Some((Side::Eager, Event::Log(line), _)) = surplus(finding) {
        return line.id == LogId::EnqueueFailed
            && line.device.is_some_and(|device| context.registration_may_fail(device, usize::MAX));
    }
    // Nor has one that a panic ended before the rest after it: only deferred has an adapter that an unknown request can be of.
    if let Some(Located { difference: Difference::Panic { side: Side::Deferred, function }, .. }) = finding.difference()
    {
        let device = trap(context.seen.deferred).and_then(|trap| trap.device);
        let refused = |stamped: &Stamped| matches!(stamped.event, Event::Log(line) if line.id == LogId::EnqueueFailed && line.device == device);
        return function == "zfcp_fsf_reqid_check"
            && device.is_some_and(|device| context.registration_may_fail(device, usize::MAX))
            && context.seen.eager.events.iter().any(refused);
    }
    outcome(finding).is_some_and(|outcome| {
        outcome.trigger == Trigger::SetOnline
            && failed(outcome.outcomes.eager)
            && context.registration_may_fail(outcome.device, usize::MAX)
    })
}

fn host_numbers(context: &Context<'_>, finding: &Finding) -> bool {
    let is_number = finding.difference().is_some_and(|located| {
        matches!(located.difference, Difference::Value { attribute: Attribute::HostNo, object: Object::Host(_), .. })
    });
    is_number && context.scenario.devices.len() > 1
}
