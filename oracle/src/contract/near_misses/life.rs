//! Near misses of users and hosts that are at odds.

use regdiff_observation::{
    Attribute, End, Event, Leftover, LogId, LogLine, Object, Observation, SentCommand, StepOutcome, Tag, TraceRecord,
    TrapKind, UeventAction,
};
use regdiff_scenario::module::InitDevice;
use regdiff_scenario::{
    Choice, Command, Context as TaskContext, FailPoint, Moment, Point, Scenario, Step, Trigger, Turn, When,
};

use super::super::tests::{at, id, registered_after};
use super::open::{FC_HOST, blocked, fail, left, quiet, steps};
use super::{fabric, ptp, trapped};
use crate::divergence::Difference;
use crate::finding::Kind;
use crate::pair::{Pair, Side};
use crate::testing::{reading, rest, trap, uevent};

fn on(device: u8, step: Step) -> Step {
    Step { device, ..step }
}

#[test]
fn users_of_disks_wait_for_a_port_that_nobody_gives_up() {
    let known = Some("fc-host-without-queues");
    let hangs = |list: Vec<Step>, step, trigger| id(&steps(list), &quiet(), &blocked(Side::Eager, step, trigger));
    let queues = || fail(FailPoint::FcHostWorkQueues);
    let disk = [Trigger::Read, Trigger::Write, Trigger::Flush, Trigger::SgReset, Trigger::SdevRescan];
    for trigger in disk.into_iter().chain([Trigger::NrRequests, Trigger::SwitchElevator]) {
        assert_eq!(hangs(vec![queues(), Step::new(trigger)], 1, trigger), known);
        assert_eq!(hangs(vec![queues(), on(1, Step::new(trigger))], 1, trigger), None, "another device's disk");
        assert_eq!(hangs(vec![fail(FailPoint::HostTagSet), Step::new(trigger)], 1, trigger), None);
    }
    for trigger in [Trigger::SetOnline, Trigger::SetOffline, Trigger::PortRescan] {
        assert_eq!(hangs(vec![queues(), Step::new(trigger)], 1, trigger), None);
    }
    let removed = |device| vec![queues(), on(device, Step::new(Trigger::Remove)), Step::new(Trigger::SetOffline)];
    assert_eq!(hangs(removed(0), 2, Trigger::SetOffline), known);
    assert_eq!(hangs(removed(1), 2, Trigger::SetOffline), None);
    assert_eq!(id(&steps(vec![on(1, queues())]), &quiet(), &left("Scsi_Host")), known, "a lost host belongs to nobody");
}

#[test]
fn set_online_meets_requests_of_somebody_in_between() {
    let known = Some("set-online-meets-requests");
    let there = |trigger, when, point| {
        let moment = Moment { when, point, ..Moment::default() };
        Step { moment, ..Step::new(trigger) }
    };
    let stops = |step: Step, kind, function, field| {
        id(&steps(vec![step]), &quiet(), &trapped(Side::Deferred, &trap(kind, function, "zfcp_adapter", field)))
    };
    let user = || there(Trigger::AdapterFailed, When::AtPoint, Point::OnlineEnqueued);
    let (bug, function) = (TrapKind::Bug, "zfcp_ccw_set_online");
    assert_eq!(stops(user(), bug, function, "req_list"), known);
    assert_eq!(stops(user(), bug, function, "erp_ready_head"), None);
    assert_eq!(stops(user(), bug, "zfcp_ccw_set_offline", "req_list"), None);
    assert_eq!(stops(user(), TrapKind::UseAfterFree, function, "req_list"), None);
    assert_eq!(stops(on(1, user()), bug, function, "req_list"), None);
    let nobody = [
        there(Trigger::AdapterFailed, When::AtRest, Point::OnlineEnqueued),
        there(Trigger::AdapterFailed, When::AtPoint, Point::OnlineTriggered),
        there(Trigger::LinkDown, When::AtPoint, Point::OnlineEnqueued),
    ];
    for step in nobody {
        assert_eq!(stops(step, bug, function, "req_list"), None);
    }
    let trapped = trapped(Side::Deferred, &trap(bug, function, "zfcp_adapter", "req_list"));
    let held_up = |when, trigger, choice: Choice| {
        let scenario = Scenario { schedule: vec![choice], ..steps(vec![there(trigger, when, Point::ErpOpen)]) };
        id(&scenario, &quiet(), &trapped)
    };
    let (context, point, turn) = (TaskContext::User, Point::OnlineEnqueued, Turn::Sleep);
    let sleep = Choice { context, point, turn, ..Choice::default() };
    let (later, failed) = (When::After, Trigger::AdapterFailed);
    assert_eq!(held_up(later, failed, sleep.clone()), known, "the clock brings somebody");
    assert_eq!(held_up(When::AtRest, failed, sleep.clone()), None);
    assert_eq!(held_up(later, Trigger::LinkDown, sleep.clone()), None);
    let others = [
        Choice { context: TaskContext::Erp, ..sleep.clone() },
        Choice { point: Point::OnlineTriggered, ..sleep.clone() },
        Choice { turn: Turn::Draw, ..sleep.clone() },
        Choice { device: 1, ..sleep },
    ];
    for choice in others {
        assert_eq!(held_up(later, failed, choice), None);
    }
}

#[test]
fn a_removed_port_stays_in_recovery_only_if_its_shutdown_found_no_memory() {
    let known = Some("removed-port-without-memory");
    let forever = |device| {
        let leftover = Leftover { device, what: "recovery that never ends", function: "zfcp_erp_thread" };
        crate::lifetime::left_over(Kind::Liveness, Side::Deferred, &leftover)
    };
    let (request, remove) = (|| fail(FailPoint::ErpRequest), || Step::new(Trigger::PortRemove));
    let judge = |list: Vec<Step>, hit: &[u32], finding| {
        let mut seen = quiet();
        seen.deferred.failures_hit = hit.to_vec();
        id(&steps(list), &seen, &finding)
    };
    assert_eq!(judge(vec![request(), remove()], &[0], forever(0)), known);
    assert_eq!(judge(vec![request(), remove()], &[], forever(0)), None, "it did not happen");
    assert_eq!(judge(vec![remove(), request()], &[1], forever(0)), None, "it happened afterwards");
    assert_eq!(judge(vec![request(), remove()], &[0], forever(1)), None);
    assert_eq!(judge(vec![on(1, request()), remove()], &[0], forever(0)), None);
    assert_eq!(judge(vec![request(), on(1, remove())], &[0], forever(0)), None);
    assert_eq!(judge(vec![request(), Step::new(Trigger::UnitRemove)], &[0], forever(0)), None);
    assert_eq!(judge(vec![fail(FailPoint::PortAlloc), remove()], &[0], forever(0)), None);
    assert_eq!(judge(vec![request(), remove()], &[0], left("recovery")), None);
    let hangs = |step| blocked(Side::Deferred, step, Trigger::SetOffline);
    let waits = |device| vec![request(), remove(), on(device, Step::new(Trigger::SetOffline))];
    assert_eq!(judge(waits(0), &[0], hangs(2)), known);
    assert_eq!(judge(waits(1), &[0], hangs(2)), None);
    let scanned = |tags: &[&str], device, dbflevel, asked: Option<u8>| {
        let record = |tag| Event::Trace(TraceRecord { device, tag: Tag::new(tag), wanted: 2, needed: 2 });
        let mut events: Vec<Event> = tags.iter().copied().map(record).collect();
        let sent = |device| SentCommand { device, command: Command::GpnFt, port: 0, lun: 0 };
        events.extend(asked.map(|device| Event::Command(sent(device))));
        let mut seen = quiet();
        seen.deferred.failures_hit = vec![0];
        rest(&mut seen.deferred, 4, &events, &[]);
        let mut scenario = steps(vec![request()]);
        scenario.module.dbflevel = dbflevel;
        id(&scenario, &seen, &forever(0))
    };
    assert_eq!(scanned(&["fcegpf2", "erstgy1"], 0, 3, None), known, "a port scan removed it");
    assert_eq!(scanned(&["fcegpf2", "erstgy1"], 1, 3, None), None);
    assert_eq!(scanned(&["erstgy1", "fcegpf2"], 0, 3, None), None, "there was memory for it");
    assert_eq!(scanned(&["fcegpf1", "erstgy1"], 0, 3, None), None);
    assert_eq!(scanned(&[], 0, 3, Some(0)), None);
    assert_eq!(scanned(&[], 0, 0, Some(0)), known, "nobody records anything");
    assert_eq!(scanned(&[], 0, 0, Some(1)), None);
    let mut other_side = quiet();
    other_side.eager.failures_hit = vec![0];
    assert_eq!(id(&steps(waits(0)), &other_side, &hangs(2)), None);
}

#[test]
fn a_rescan_is_refused_only_while_the_host_goes() {
    let refused = |steps: u32, seen: &Pair<Observation>, trigger, deferred| {
        let outcomes = Pair { eager: StepOutcome::Done(1), deferred: StepOutcome::Done(deferred) };
        id(&fabric(), seen, &at(steps, Difference::Outcome { step: 1, trigger, device: 0, outcomes }))
    };
    let removed = |device| {
        let mut seen = registered_after(1);
        let gone = [uevent(UeventAction::Remove, Object::FcHost(device))];
        rest(&mut seen.deferred, 5, &gone, &[]);
        rest(&mut seen.deferred, 6, &[], &[reading(FC_HOST, Attribute::PortType, 3)]);
        seen
    };
    let known = Some("port-rescan-needs-host-still");
    assert_eq!(refused(5, &removed(0), Trigger::PortRescan, -19), known);
    assert_eq!(refused(5, &removed(0), Trigger::PortRescan, -5), None);
    assert_eq!(refused(5, &removed(0), Trigger::AdapterFailed, -19), None);
    assert_eq!(refused(5, &removed(1), Trigger::PortRescan, -19), None);
    assert_eq!(refused(4, &removed(0), Trigger::PortRescan, -19), None, "not yet");
    assert_eq!(refused(6, &removed(0), Trigger::PortRescan, -19), None, "not any more");
}

#[test]
fn a_unit_is_late_only_by_parameter_and_with_its_port() {
    let seen = registered_after(3);
    let missing = |scenario: &Scenario, steps, present| {
        id(scenario, &seen, &at(steps, Difference::Object { object: Object::Unit(0, 7, 1), present }))
    };
    let named = |mut scenario: Scenario| {
        scenario.module.init_device = InitDevice::Named;
        scenario
    };
    assert_eq!(missing(&named(ptp()), 2, Side::Eager), Some("ptp-port-comes-later"));
    assert_eq!(missing(&named(ptp()), 2, Side::Deferred), None);
    assert_eq!(missing(&named(ptp()), 4, Side::Eager), None);
    assert_eq!(missing(&named(fabric()), 2, Side::Eager), None);
    assert_eq!(missing(&ptp(), 2, Side::Eager), None);
}

#[test]
fn a_scan_of_a_failed_host_is_one_that_a_user_asked_for() {
    let known = Some("port-scan-of-a-failed-host");
    let falls = |side, scenario: &Scenario, line: LogId, device, kind, function, object| {
        let mut seen = quiet();
        let failed = Event::Log(LogLine { id: line, device: Some(device), argument: 0 });
        rest(&mut seen.deferred, 4, &[failed], &[]);
        rest(&mut seen.eager, 4, &[failed], &[]);
        id(scenario, &seen, &trapped(side, &trap(kind, function, object, "port_type")))
    };
    let rescan = || Step::new(Trigger::PortRescan);
    let (asked, failed) = (steps(vec![rescan()]), LogId::HostRegFailed);
    let (null, scan, host) = (TrapKind::NullAccess, "zfcp_fc_scan_ports", "Scsi_Host");
    assert_eq!(falls(Side::Deferred, &asked, failed, 0, null, scan, host), known);
    assert_eq!(falls(Side::Eager, &asked, failed, 0, null, scan, host), Some("eager-null-host"));
    assert_eq!(falls(Side::Deferred, &asked, failed, 1, null, scan, host), None);
    assert_eq!(falls(Side::Deferred, &asked, LogId::HostAdded, 0, null, scan, host), None);
    assert_eq!(falls(Side::Deferred, &asked, failed, 0, TrapKind::UseAfterFree, scan, host), None);
    assert_eq!(falls(Side::Deferred, &asked, failed, 0, null, "zfcp_other", host), None);
    assert_eq!(falls(Side::Deferred, &asked, failed, 0, null, scan, "zfcp_port"), None);
    for other in [steps(vec![on(1, rescan())]), steps(vec![Step::new(Trigger::Scan)])] {
        assert_eq!(falls(Side::Deferred, &other, failed, 0, null, scan, host), None);
    }
}

#[test]
fn a_scan_in_which_eager_hangs_is_one_that_deferred_refused() {
    let known = Some("port-rescan-needs-host");
    let scans = |at: u32, step: Step, eager, deferred, command, device| {
        let mut seen = registered_after(3);
        (seen.eager.steps, seen.deferred.steps) = (vec![eager], vec![deferred]);
        let sent = Event::Command(SentCommand { device, command, port: 0, lun: 0 });
        id(&steps(vec![step]), &seen, &super::event(at, sent, 1, 0))
    };
    let (rescan, open) = (|| Step::new(Trigger::PortRescan), Command::OpenWka);
    let (hangs, refused) = (StepOutcome::Blocked, StepOutcome::Done(-19));
    assert_eq!(scans(2, rescan(), hangs, refused, open, 0), known);
    assert_eq!(scans(2, rescan(), StepOutcome::Done(1), refused, open, 0), None);
    assert_eq!(scans(2, rescan(), hangs, StepOutcome::Done(-5), open, 0), None);
    assert_eq!(scans(2, rescan(), hangs, refused, Command::GpnFt, 0), None);
    assert_eq!(scans(2, on(1, rescan()), hangs, refused, open, 0), None);
    assert_eq!(scans(2, rescan(), hangs, refused, open, 1), None);
    assert_eq!(scans(2, Step::new(Trigger::Scan), hangs, refused, open, 0), None);
    assert_eq!(scans(4, rescan(), hangs, refused, open, 0), None, "it has a host");
}

#[test]
fn a_port_is_made_again_after_it_was_removed_in_between() {
    let known = Some("ptp-port-is-made-again");
    let again = |scenario: &Scenario, outcomes: Pair<i64>, tag: &str, device, counts: (u32, u32)| {
        let mut seen = registered_after(1);
        seen.eager.steps = vec![StepOutcome::Done(outcomes.eager)];
        seen.deferred.steps = vec![StepOutcome::Done(outcomes.deferred)];
        let record = Event::Trace(TraceRecord { device, tag: Tag::new(tag), wanted: 2, needed: 0 });
        id(scenario, &seen, &super::event(3, record, counts.0, counts.1))
    };
    let with = |scenario: Scenario, step: Step| Scenario { steps: vec![step], ..scenario };
    let removes = |when| {
        let moment = Moment { when, command: Command::ExchangePortData, ..Moment::default() };
        Step { moment, ..Step::new(Trigger::PortRemove) }
    };
    let (both, made, more) = (Pair { eager: 1, deferred: 1 }, "ereptp1", (0, 1));
    let between = with(ptp(), removes(When::Outstanding));
    assert_eq!(again(&between, both, made, 0, more), known);
    assert_eq!(again(&between, both, made, 0, (1, 0)), None);
    assert_eq!(again(&between, both, "ersfs_1", 0, more), known, "its recovery, where both sides open once more");
    assert_eq!(again(&between, both, "ersfs_3", 0, more), None);
    assert_eq!(again(&between, both, made, 1, more), None);
    assert_eq!(again(&between, Pair { eager: 1, deferred: -22 }, made, 0, more), None);
    assert_eq!(again(&between, Pair { eager: -16, deferred: 1 }, made, 0, more), None);
    assert_eq!(again(&with(fabric(), removes(When::Outstanding)), both, made, 0, more), None);
    assert_eq!(again(&with(ptp(), removes(When::AtRest)), both, made, 0, more), None);
    assert_eq!(again(&with(ptp(), on(1, removes(When::Outstanding))), both, made, 0, more), None);
    let other = Step { moment: removes(When::Outstanding).moment, ..Step::new(Trigger::PortFailed) };
    assert_eq!(again(&with(ptp(), other), both, made, 0, more), None);
}

#[test]
fn a_port_is_told_of_before_deferred_makes_it() {
    let known = Some("ptp-port-is-told-of-early");
    let adisc = |device| Event::Command(SentCommand { device, command: Command::Adisc, port: 7, lun: 0 });
    let record = |tag: &str| Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 2 });
    // Whether deferred has the port at the rest before, and at the one after.
    let told = |scenario: &Scenario, there: [bool; 2], event, counts: (u32, u32)| {
        let mut seen = registered_after(1);
        for (rest, there) in seen.deferred.rests.iter_mut().skip(1).zip(there) {
            rest.readings.extend(there.then_some(reading(Object::Port(0, 7), Attribute::Status, 0)));
        }
        id(scenario, &seen, &super::event(3, event, counts.0, counts.1))
    };
    let with = |scenario: Scenario, device, trigger, when| {
        let moment = Moment { when, command: Command::ExchangeConfigData, ..Moment::default() };
        Scenario { steps: vec![on(device, Step { moment, ..Step::new(trigger) })], ..scenario }
    };
    let (more, made) = ((1, 0), [false, true]);
    for (trigger, event) in
        [(Trigger::Rscn, adisc(0)), (Trigger::IncomingEls, record("fciwwp1")), (Trigger::PortClosed, record("fssrpc1"))]
    {
        let early = with(ptp(), 0, trigger, When::Outstanding);
        assert_eq!(told(&early, made, event, more), known, "{trigger:?}");
        assert_eq!(told(&early, made, event, (0, 1)), None, "{trigger:?}: eager's port is the early one");
        assert_eq!(told(&early, [true; 2], event, more), None, "{trigger:?}: deferred had it before");
        assert_eq!(told(&early, [false; 2], event, more), None, "{trigger:?}: deferred does not make it");
        assert_eq!(told(&with(ptp(), 0, trigger, When::AtRest), made, event, more), None, "{trigger:?}");
        assert_eq!(told(&with(ptp(), 1, trigger, When::Outstanding), made, event, more), None, "{trigger:?}");
        assert_eq!(told(&with(ptp(), 0, Trigger::LinkDown, When::Outstanding), made, event, more), None, "{trigger:?}");
        assert_eq!(told(&with(fabric(), 0, trigger, When::Outstanding), made, event, more), None, "{trigger:?}");
    }
    let early = with(ptp(), 0, Trigger::Rscn, When::Outstanding);
    assert_eq!(told(&early, made, adisc(1), more), None, "another device's port");
    assert_eq!(told(&early, made, record("fciwwp1"), more), None, "no ELS came");
}

#[test]
fn a_port_is_missed_after_the_attempt_that_made_it_was_spoiled_on_both_sides() {
    let missed = |scenario: Scenario, step: Step, hit: Pair<&[u32]>, present| {
        let mut seen = registered_after(1);
        (seen.eager.failures_hit, seen.deferred.failures_hit) = (hit.eager.to_vec(), hit.deferred.to_vec());
        let scenario = Scenario { steps: vec![Step::new(Trigger::SetOnline), step], ..scenario };
        id(&scenario, &seen, &at(3, Difference::Object { object: Object::Port(0, 7), present }))
    };
    let known = Some("ptp-port-fails-at-another-attempt");
    let both = Pair { eager: &[1][..], deferred: &[1][..] };
    for point in [FailPoint::PortAlloc, FailPoint::PortSysfs] {
        assert_eq!(missed(ptp(), fail(point), both, Side::Eager), known);
        assert_eq!(missed(ptp(), fail(point), both, Side::Deferred), None);
        assert_eq!(missed(fabric(), fail(point), both, Side::Eager), None);
        assert_eq!(missed(ptp(), on(1, fail(point)), both, Side::Eager), None);
        assert_eq!(missed(ptp(), fail(point), Pair { eager: &[], ..both }, Side::Eager), None);
        assert_eq!(missed(ptp(), fail(point), Pair { deferred: &[], ..both }, Side::Eager), None);
    }
    assert_eq!(missed(ptp(), fail(FailPoint::ErpRequest), both, Side::Eager), None);
    assert_eq!(
        missed(ptp(), Step { a: fail(FailPoint::PortAlloc).a, ..Step::new(Trigger::LinkUp) }, both, Side::Eager),
        None
    );
}

#[test]
fn an_adapter_is_freed_under_a_reset_that_came_before_its_removal() {
    let freed = |list: Vec<Step>, kind, object, caller: &'static str| {
        let mut seen = trap(kind, "zfcp_erp_clear_adapter_status", object, "status");
        if let End::Trap(trap) = &mut seen.end {
            trap.trace = vec![caller.into()];
        }
        id(&steps(list), &quiet(), &trapped(Side::Deferred, &seen))
    };
    let (reset, remove) = (|| Step::new(Trigger::SgReset), || Step::new(Trigger::Remove));
    let (after, adapter, ioctl) = (TrapKind::UseAfterFree, "zfcp_adapter", "scsi_ioctl_reset");
    assert_eq!(freed(vec![reset(), remove()], after, adapter, ioctl), Some("reset-outlives-adapter"));
    assert_eq!(freed(vec![remove(), reset()], after, adapter, ioctl), None);
    assert_eq!(freed(vec![reset()], after, adapter, ioctl), None);
    assert_eq!(freed(vec![on(1, reset()), remove()], after, adapter, ioctl), None);
    assert_eq!(freed(vec![reset(), on(1, remove())], after, adapter, ioctl), None);
    assert_eq!(freed(vec![reset(), remove()], TrapKind::NullAccess, adapter, ioctl), None);
    assert_eq!(freed(vec![reset(), remove()], after, "Scsi_Host", ioctl), None);
    assert_eq!(freed(vec![reset(), remove()], after, adapter, "scsi_error_handler"), None);
}

#[test]
fn a_lost_rport_tells_whether_its_port_is_back() {
    let lost = |scenario: &Scenario, eager: bool, status: u64, tag: &str, side| {
        let mut seen = registered_after(1);
        for rest in &mut seen.eager.rests {
            rest.readings.extend(eager.then(|| reading(Object::Port(0, 7), Attribute::Status, 0)));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        for rest in &mut seen.deferred.rests {
            rest.readings.push(reading(Object::Adapter(0), Attribute::Status, status));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        let record = Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 3, needed: 0 });
        let counts = if side == Side::Eager { (2, 0) } else { (0, 2) };
        id(scenario, &seen, &super::event(3, record, counts.0, counts.1))
    };
    let (closed, open, known) = (0x4000_0000, 0x4400_0000, Some("ptp-port-comes-later"));
    assert_eq!(lost(&ptp(), true, closed, "sctrpi1", Side::Eager), known);
    assert_eq!(lost(&ptp(), true, closed, "sctrpin", Side::Deferred), known);
    assert_eq!(lost(&ptp(), true, closed, "sctrpi1", Side::Deferred), None);
    assert_eq!(lost(&ptp(), true, closed, "sctrpin", Side::Eager), None);
    assert_eq!(lost(&ptp(), true, closed, "scpdely", Side::Eager), None);
    assert_eq!(lost(&ptp(), true, open, "sctrpi1", Side::Eager), None);
    assert_eq!(lost(&ptp(), false, closed, "sctrpi1", Side::Eager), None);
    assert_eq!(lost(&fabric(), true, closed, "sctrpi1", Side::Eager), None);
}

#[test]
fn a_port_that_is_due_comes_with_a_later_open() {
    let made = |scenario: &Scenario, eager: bool, status: u64, (before, after): (bool, bool), side, tag: &str| {
        let mut seen = registered_after(1);
        for rest in &mut seen.eager.rests {
            rest.readings.extend(eager.then(|| reading(Object::Port(0, 7), Attribute::Status, 0)));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        for rest in &mut seen.deferred.rests {
            let there = if rest.steps_begun < 3 { before } else { after };
            rest.readings.push(reading(Object::Adapter(0), Attribute::Status, status));
            rest.readings.extend(there.then(|| reading(Object::Port(0, 7), Attribute::Status, 0)));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        let record = Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 0 });
        let counts = if side == Side::Eager { (1, 0) } else { (0, 1) };
        id(scenario, &seen, &super::event(3, record, counts.0, counts.1))
    };
    let (closed, open, comes, deferred) = (0x4000_0000, 0x4400_0000, (false, true), Side::Deferred);
    assert_eq!(made(&ptp(), true, closed, comes, deferred, "ereptp1"), Some("ptp-port-comes-later"));
    assert_eq!(made(&ptp(), true, closed, comes, Side::Eager, "ereptp1"), None);
    assert_eq!(made(&ptp(), true, closed, comes, deferred, "ersfs_1"), None);
    assert_eq!(made(&ptp(), false, closed, comes, deferred, "ereptp1"), None, "eager did not make it");
    assert_eq!(made(&ptp(), true, open, comes, deferred, "ereptp1"), None, "the adapter was open");
    assert_eq!(made(&ptp(), true, closed, (true, true), deferred, "ereptp1"), None, "it was there");
    assert_eq!(made(&ptp(), true, closed, (false, false), deferred, "ereptp1"), None, "it is not there");
    assert_eq!(made(&fabric(), true, closed, comes, deferred, "ereptp1"), None);
}

#[test]
fn a_port_is_due_while_deferred_did_not_open_the_adapter_again() {
    let missing = |scenario: &Scenario, status: Option<u64>, port: bool, finding| {
        let mut seen = registered_after(1);
        for rest in &mut seen.deferred.rests {
            rest.readings.extend(status.map(|status| reading(Object::Adapter(0), Attribute::Status, status)));
            rest.readings.extend(port.then_some(reading(Object::Port(0, 9), Attribute::Status, 0)));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        id(scenario, &seen, &finding)
    };
    let (closed, open) = (0x4000_0000, 0x4400_0000);
    let object = || at(3, Difference::Object { object: Object::Port(0, 7), present: Side::Eager });
    let record = |side| {
        let made = Event::Trace(TraceRecord { device: 0, tag: Tag::new("ereptp1"), wanted: 2, needed: 0 });
        let counts = if side == Side::Eager { (1, 0) } else { (0, 1) };
        super::event(3, made, counts.0, counts.1)
    };
    let known = Some("ptp-port-comes-later");
    assert_eq!(missing(&ptp(), Some(closed), false, object()), known);
    assert_eq!(missing(&ptp(), Some(closed), false, record(Side::Eager)), known);
    assert_eq!(missing(&ptp(), Some(closed), false, record(Side::Deferred)), None);
    assert_eq!(missing(&ptp(), Some(open), false, object()), None);
    assert_eq!(missing(&ptp(), Some(closed), true, object()), None);
    assert_eq!(missing(&ptp(), None, false, object()), None);
    assert_eq!(missing(&fabric(), Some(closed), false, object()), None);
    let outcomes = Pair { eager: StepOutcome::Done(1), deferred: StepOutcome::Done(-22) };
    let file = |steps| at(steps, Difference::Outcome { step: 1, trigger: Trigger::PortRemove, device: 0, outcomes });
    assert_eq!(missing(&ptp(), Some(closed), false, file(3)), Some("ptp-port-files-come-later"));
    assert_eq!(missing(&ptp(), Some(open), false, file(3)), None);
}

#[test]
fn a_profile_outlives_dif_on_its_own_adapter() {
    let hangs = |format: (u8, u64), mask: (u8, u64), together: bool| {
        let disk = reading(Object::Disk(format.0, 1, 1), Attribute::IntegrityFormat, format.1);
        let host = reading(Object::Host(mask.0), Attribute::ProtCapabilities, mask.1);
        let kind = reading(Object::Disk(format.0, 1, 1), Attribute::ProtectionType, 1);
        let mut seen = quiet();
        rest(&mut seen.deferred, 4, &[], &[host, disk, kind][usize::from(!together)..]);
        rest(&mut seen.deferred, 5, &[], &[host]);
        id(&steps(vec![Step::new(Trigger::Read)]), &seen, &blocked(Side::Deferred, 0, Trigger::Read))
    };
    assert_eq!(hangs((0, 1), (0, 0), true), Some("dix-without-dif"));
    assert_eq!(hangs((0, 1), (0, 0x11), true), None);
    assert_eq!(hangs((0, 0), (0, 0), true), None);
    assert_eq!(hangs((0, 1), (1, 0), true), None, "another adapter's");
    assert_eq!(hangs((1, 1), (0, 0), true), None, "another adapter's");
    assert_eq!(hangs((0, 1), (0, 0), false), None, "the disk was gone by then");
}
