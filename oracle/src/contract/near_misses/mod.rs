//! For each condition of a predicate something that meets all the others: it must not be allowed.

mod life;
mod link_down;
mod open;

use regdiff_observation::{
    Attribute, Event, LogId, LogLine, Object, Observation, Region, SentCommand, StepOutcome, Tag, TraceRecord,
    TrapKind, UeventAction,
};
use regdiff_scenario::{
    Answer, Command, Content, ContentField, Device, FailPoint, Scenario, Step, Topology, Trigger, scalar::Scalar,
};

use super::tests::{at, id, registered_after};
use super::*;
use crate::divergence::Difference;
use crate::pair::{Pair, Side};
use crate::testing::{log, reading, rest, trap, uevent, violation};

const PORT: Object = Object::Port(0, 7);

fn event(steps: u32, event: Event, eager: u32, deferred: u32) -> Finding {
    at(steps, Difference::Event { event, counts: Pair { eager, deferred } })
}

fn ptp() -> Scenario {
    let device = Device { topology: Topology::PointToPoint, ..Device::default() };
    Scenario { devices: vec![device], ..Scenario::default() }
}

fn fabric() -> Scenario {
    Scenario { devices: vec![Device::default()], ..Scenario::default() }
}

fn trapped(side: Side, seen: &Observation) -> Finding {
    let mut found = Vec::new();
    crate::memory::judge(side, seen, &mut found);
    crate::lifetime::judge(side, seen, &mut found);
    found.remove(0)
}

#[test]
fn a_port_is_late_only_point_to_point() {
    let seen = registered_after(3);
    let missing = |steps| at(steps, Difference::Object { object: PORT, present: Side::Eager });
    assert_eq!(id(&ptp(), &seen, &missing(2)), Some("ptp-port-comes-later"));
    assert_eq!(id(&fabric(), &seen, &missing(2)), None);
    assert_eq!(id(&ptp(), &seen, &missing(4)), None);
    let script = |device, field, value| {
        let content = Content { field, value };
        let answer = Answer { device, contents: vec![content], ..Answer::default() };
        Scenario { firmware: vec![answer], ..fabric() }
    };
    let (topology, point) = (ContentField::FcTopology, Topology::PointToPoint.to_raw());
    assert_eq!(id(&script(0, topology, point), &seen, &missing(2)), Some("ptp-port-comes-later"));
    assert_eq!(id(&script(1, topology, point), &seen, &missing(2)), None);
    assert_eq!(id(&script(0, ContentField::SId, point), &seen, &missing(2)), None);
    assert_eq!(id(&script(0, topology, point + 1), &seen, &missing(2)), None);
}

#[test]
fn the_record_of_a_late_port_comes_twice() {
    let seen = registered_after(3);
    let later = Some("ptp-port-comes-later");
    let id = |scenario: &Scenario, finding: Finding| id(scenario, &seen, &finding);
    let record = |tag: &str| Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 2 });
    assert_eq!(id(&ptp(), event(1, record("ereptp1"), 1, 0)), later);
    assert_eq!(id(&ptp(), event(3, record("ereptp1"), 0, 1)), later);
    assert_eq!(id(&fabric(), event(1, record("ereptp1"), 1, 0)), None);
    assert_eq!(id(&ptp(), event(1, record("ereptp1"), 0, 1)), None, "deferred cannot be early");
    assert_eq!(id(&ptp(), event(4, record("ereptp1"), 1, 0)), None);
    assert_eq!(id(&ptp(), event(1, record("ersfs_1"), 1, 0)), None);
    assert_eq!(id(&ptp(), event(1, uevent(UeventAction::Add, PORT), 1, 0)), None);
}

#[test]
fn files_of_a_late_port_are_refused_by_deferred() {
    let seen = registered_after(3);
    let refused = |scenario: &Scenario, steps: u32, trigger, deferred| {
        let outcomes = Pair { eager: StepOutcome::Done(1), deferred: StepOutcome::Done(deferred) };
        id(scenario, &seen, &at(steps, Difference::Outcome { step: 1, trigger, device: 0, outcomes }))
    };
    assert_eq!(refused(&ptp(), 2, Trigger::PortFailed, -2), Some("ptp-port-files-come-later"));
    assert_eq!(refused(&fabric(), 2, Trigger::PortFailed, -2), None);
    assert_eq!(refused(&ptp(), 2, Trigger::PortFailed, 2), None);
    assert_eq!(refused(&ptp(), 4, Trigger::PortFailed, -2), None);
    assert_eq!(refused(&ptp(), 2, Trigger::AdapterFailed, -2), None);
}

#[test]
fn files_of_a_port_that_comes_in_a_later_open_are_refused_in_that_open() {
    let made = |before: bool, after: bool, device| {
        let mut seen = registered_after(1);
        for (rest, there) in seen.deferred.rests.iter_mut().skip(1).zip([before, after, after]) {
            let port = reading(Object::Port(device, 7), Attribute::Status, 0);
            rest.readings.extend(there.then_some(port));
        }
        seen
    };
    let refused = |seen: &Pair<Observation>, steps| {
        let outcomes = Pair { eager: StepOutcome::Done(1), deferred: StepOutcome::Done(-22) };
        let outcome = Difference::Outcome { step: 1, trigger: Trigger::PortRemove, device: 0, outcomes };
        id(&ptp(), seen, &at(steps, outcome))
    };
    assert_eq!(refused(&made(false, true, 0), 3), Some("ptp-port-files-come-later"));
    assert_eq!(refused(&made(false, true, 0), 4), None, "it was there before");
    assert_eq!(refused(&made(true, true, 0), 3), None, "it was there before");
    assert_eq!(refused(&made(false, false, 0), 3), None, "it never comes");
    assert_eq!(refused(&made(false, true, 1), 3), None, "another device's port");
}

#[test]
fn nothing_is_late_at_the_very_first_rest() {
    let mut seen: Pair<Observation> = Pair::default();
    rest(&mut seen.eager, 0, &[], &[]);
    rest(&mut seen.deferred, 0, &[], &[]);
    let add = uevent(UeventAction::Add, Object::Host(0));
    assert_eq!(id(&fabric(), &seen, &event(0, add, 0, 1)), None);
}

#[test]
fn a_file_of_the_host_asks_the_firmware_in_eager_only() {
    let mut seen = registered_after(3);
    seen.deferred.steps = vec![StepOutcome::Done(0), StepOutcome::Done(-2)];
    let scenario = |trigger, device| {
        let asking = Step { device, ..Step::new(trigger) };
        Scenario { steps: vec![Step::new(Trigger::SetOnline), asking], ..fabric() }
    };
    let sent = |command| Event::Command(SentCommand { device: 0, command, port: 0, lun: 0 });
    let asked = |scenario: &Scenario, seen: &Pair<Observation>, steps, command| {
        id(scenario, seen, &event(steps, sent(command), 1, 0))
    };
    let (reads, exchange) = (scenario(Trigger::ReadAttribute, 0), Command::ExchangePortData);
    assert_eq!(asked(&reads, &seen, 2, exchange), Some("host-files-come-later"));
    assert_eq!(asked(&reads, &seen, 2, Command::ExchangeConfigData), Some("host-files-come-later"));
    assert_eq!(asked(&reads, &seen, 2, Command::GpnFt), None);
    assert_eq!(asked(&reads, &seen, 1, exchange), None, "before the step");
    assert_eq!(asked(&reads, &seen, 4, exchange), None, "deferred has a host");
    assert_eq!(asked(&scenario(Trigger::ReadAttribute, 1), &seen, 2, exchange), None);
    assert_eq!(asked(&scenario(Trigger::PortRescan, 0), &seen, 2, exchange), None);
    let more_in_deferred = event(2, sent(exchange), 0, 1);
    assert_eq!(id(&reads, &seen, &more_in_deferred), None);
    let scripted = |device, command, nth| {
        let answer = Answer { device, command, nth, ..Answer::default() };
        id(&Scenario { firmware: vec![answer], ..reads.clone() }, &seen, &more_in_deferred)
    };
    assert_eq!(scripted(0, exchange, 2), Some("host-files-come-later"), "eager's question took the answer");
    assert_eq!(scripted(0, exchange, 1), None);
    assert_eq!(scripted(1, exchange, 2), None);
    let twice = Answer { command: exchange, nth: 1, count: 2, ..Answer::default() };
    let twice = Scenario { firmware: vec![twice], ..reads.clone() };
    assert_eq!(id(&twice, &seen, &more_in_deferred), Some("host-files-come-later"), "the second of two alike");
    assert_eq!(scripted(0, Command::GpnFt, 2), None);
    seen.deferred.steps[1] = StepOutcome::Done(4);
    assert_eq!(asked(&reads, &seen, 2, exchange), None, "it was not refused");
}

#[test]
fn a_failure_that_eager_met_in_an_earlier_file_is_left_for_deferred() {
    let known = Some("host-files-come-later");
    // A failure is armed, a file is read before deferred's registration, and one after it.
    let meets = |armed: Trigger, first: Trigger, then: Trigger, early, hit: [u32; 2], outcomes: [i64; 2]| {
        let mut seen = registered_after(if early { 1 } else { 3 });
        for (side, hit) in [(&mut seen.eager, hit[0]), (&mut seen.deferred, hit[1])] {
            side.steps = vec![StepOutcome::Done(0), StepOutcome::Done(-2), StepOutcome::Done(1)];
            side.failures_hit = vec![hit];
        }
        let steps = vec![Step::new(armed), Step::new(first), Step::new(then)];
        let outcomes = Pair { eager: StepOutcome::Done(outcomes[0]), deferred: StepOutcome::Done(outcomes[1]) };
        let outcome = Difference::Outcome { step: 2, trigger: then, device: 0, outcomes };
        id(&Scenario { steps, ..fabric() }, &seen, &at(4, outcome))
    };
    let (fail, read) = (Trigger::Fail, Trigger::ReadAttribute);
    assert_eq!(meets(fail, read, read, false, [0, 0], [7, -12]), known);
    assert_eq!(meets(fail, read, read, false, [0, 0], [-12, 7]), None);
    assert_eq!(meets(fail, read, read, false, [0, 0], [-2, -12]), None);
    assert_eq!(meets(fail, read, read, true, [0, 0], [7, -12]), None, "deferred had its host");
    assert_eq!(meets(fail, read, read, false, [1, 0], [7, -12]), None, "eager did not meet it");
    assert_eq!(meets(fail, read, read, false, [0, 1], [7, -12]), None, "deferred did not meet it");
    assert_eq!(meets(Trigger::LinkUp, read, read, false, [0, 0], [7, -12]), None);
    assert_eq!(meets(fail, Trigger::LinkUp, read, false, [0, 0], [7, -12]), None);
    assert_eq!(meets(fail, read, Trigger::Write, false, [0, 0], [7, -12]), None);
}

#[test]
fn a_failed_enqueue_is_logged_where_registration_was_made_to_fail() {
    let seen = registered_after(3);
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    let armed = Scenario { steps: vec![fail], ..fabric() };
    let failed = log(LogId::EnqueueFailed);
    assert_eq!(id(&armed, &seen, &event(2, failed, 1, 0)), Some("failed-registration-fails-online"));
    assert_eq!(id(&armed, &seen, &event(2, failed, 0, 1)), None);
    assert_eq!(id(&armed, &seen, &event(2, log(LogId::Oper), 1, 0)), None);
    assert_eq!(id(&fabric(), &seen, &event(2, failed, 1, 0)), None);
    // A panic before deferred comes to the rest that would show it.
    let stops = |scenario: &Scenario, logged, side, function: &'static str| {
        let mut seen = registered_after(3);
        rest(&mut seen.eager, 4, &[logged], &[]);
        seen.deferred.end = trap(TrapKind::Panic, function, "fsf_req", "req_id").end;
        id(scenario, &seen, &at(2, Difference::Panic { side, function: function.into() }))
    };
    let (deferred, function) = (Side::Deferred, "zfcp_fsf_reqid_check");
    assert_eq!(stops(&armed, failed, deferred, function), Some("failed-registration-fails-online"));
    assert_eq!(stops(&armed, failed, Side::Eager, function), None);
    assert_eq!(stops(&armed, failed, deferred, "zfcp_other"), None);
    assert_eq!(stops(&fabric(), failed, deferred, function), None);
    assert_eq!(stops(&armed, log(LogId::Oper), deferred, function), None);
    let other = Event::Log(LogLine { id: LogId::EnqueueFailed, device: Some(1), argument: 0 });
    assert_eq!(stops(&armed, other, deferred, function), None);
}

#[test]
fn the_historical_crash_needs_protection() {
    let found = trapped(Side::Eager, &trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb"));
    let seen = registered_after(1);
    let mut scenario = fabric();
    assert_eq!(id(&scenario, &seen, &found), None);
    scenario.module.dif = true;
    assert_eq!(id(&scenario, &seen, &found), Some("eager-null-prot-sdb"));
    for (object, field) in [("scsi_cmnd", "sdb"), ("request", "prot_sdb")] {
        let other = trapped(Side::Eager, &trap(TrapKind::NullAccess, "scsi_queue_rq", object, field));
        assert_eq!(id(&scenario, &seen, &other), None, "{object}.{field}");
    }
}

#[test]
fn a_missing_header_needs_a_mask_that_comes_and_goes() {
    let (seen, missing) = (registered_after(1), log(LogId::ProtSdbMissing));
    let mut scenario = Scenario { steps: vec![Step::new(Trigger::FeatureUpdate)], ..fabric() };
    let warned =
        |scenario: &Scenario, warning, eager, deferred| id(scenario, &seen, &event(2, warning, eager, deferred));
    assert_eq!(warned(&scenario, missing, 1, 0), None, "no protection");
    scenario.module.dix = true;
    assert_eq!(warned(&scenario, missing, 1, 0), Some("eager-missing-prot-sdb"));
    assert_eq!(warned(&scenario, missing, 0, 1), None);
    assert_eq!(warned(&scenario, log(LogId::Oper), 1, 0), None);
    let mut masked = event(2, missing, 1, 0);
    masked.masked = true;
    assert_eq!(id(&scenario, &seen, &masked), None);
    scenario.steps.clear();
    assert_eq!(warned(&scenario, missing, 1, 0), None, "the mask stays");
}

#[test]
fn a_neighbour_is_counted_where_the_mask_goes() {
    let counted = |op, region, device, command| {
        let mut seen = registered_after(1);
        let read = regdiff_observation::Violation { device, command, ..violation(op, region) };
        seen.eager.violations.push(read);
        seen
    };
    let (op, next, zero, read) = (regdiff_observation::MemoryOp::R1, Region::Neighbour, Some(0), Some(Command::Read));
    let mut scenario = Scenario { steps: vec![Step::new(Trigger::FeatureUpdate)], ..fabric() };
    let sent = |command| Event::Command(SentCommand { device: 0, command, port: 7, lun: 0 });
    let missing = |scenario: &Scenario, seen: &Pair<Observation>, command, eager, deferred| {
        id(scenario, seen, &event(2, sent(command), eager, deferred))
    };
    let seen = counted(op, next, zero, read);
    assert_eq!(missing(&scenario, &seen, Command::Read, 0, 1), None, "no protection");
    scenario.module.dix = true;
    assert_eq!(missing(&scenario, &seen, Command::Read, 0, 1), Some("eager-counts-a-neighbour"));
    assert_eq!(missing(&scenario, &seen, Command::Read, 1, 0), None);
    assert_eq!(missing(&scenario, &seen, Command::Write, 0, 1), None, "another command counted");
    assert_eq!(missing(&scenario, &seen, Command::Inquiry, 0, 1), None);
    for other in [
        registered_after(1),
        counted(regdiff_observation::MemoryOp::R3, next, zero, read),
        counted(op, Region::Slack, zero, read),
        counted(op, next, Some(1), read),
        counted(op, next, zero, Some(Command::Inquiry)),
    ] {
        assert_eq!(missing(&scenario, &other, Command::Read, 0, 1), None, "{:?}", other.eager.violations);
    }
    let inquiry = counted(op, next, zero, Some(Command::Inquiry));
    assert_eq!(missing(&scenario, &inquiry, Command::Inquiry, 0, 1), None, "only reads and writes are prepared so");
    let write = counted(op, next, zero, Some(Command::Write));
    assert_eq!(missing(&scenario, &write, Command::Write, 0, 1), Some("eager-counts-a-neighbour"));
    let mut masked = event(2, sent(Command::Read), 0, 1);
    masked.masked = true;
    assert_eq!(id(&scenario, &seen, &masked), None);
    scenario.steps.clear();
    assert_eq!(missing(&scenario, &seen, Command::Read, 0, 1), None, "the mask stays");
}

#[test]
fn the_victim_of_an_overrun_is_a_request_or_a_list() {
    let mut scenario = fabric();
    scenario.module.dif = true;
    let mut seen = registered_after(1);
    seen.eager.violations.push(violation(regdiff_observation::MemoryOp::W1, Region::Neighbour));
    let victim = |kind, object| id(&scenario, &seen, &trapped(Side::Eager, &trap(kind, "f", object, "q")));
    assert_eq!(victim(TrapKind::NullAccess, "request"), Some("eager-overrun-victim"));
    assert_eq!(victim(TrapKind::ForeignFree, "scatterlist"), Some("eager-overrun-victim"));
    assert_eq!(victim(TrapKind::NullAccess, "scsi_data_buffer"), None);
    assert_eq!(victim(TrapKind::ForeignFree, "request"), None);
    assert_eq!(victim(TrapKind::UseAfterFree, "request"), None);
}

#[test]
fn eager_follows_a_null_host_only_where_the_series_asks_for_it() {
    let seen = registered_after(1);
    let null = |side, kind, function, object| id(&fabric(), &seen, &trapped(side, &trap(kind, function, object, "x")));
    let (kind, fenced) = (TrapKind::NullAccess, "zfcp_fc_scan_ports");
    assert_eq!(null(Side::Eager, kind, fenced, "Scsi_Host"), Some("eager-null-host"));
    assert_eq!(null(Side::Eager, kind, "zfcp_other", "Scsi_Host"), None);
    assert_eq!(null(Side::Eager, kind, fenced, "fsf_req"), None);
    assert_eq!(null(Side::Eager, TrapKind::UseAfterFree, fenced, "Scsi_Host"), None);
    assert_eq!(null(Side::Deferred, kind, fenced, "Scsi_Host"), None);
}
