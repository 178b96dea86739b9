//! Comparisons of observations built by hand.

use regdiff_observation::{Attribute, LogId, Object, StepOutcome, TrapKind, UeventAction};
use regdiff_scenario::{Step, Trigger};

use super::*;
use crate::testing::{log, reading, rest, trap as trapped, uevent};

const HOST: Object = Object::Host(0);
const ADAPTER: Object = Object::Adapter(0);

fn scenario() -> Scenario {
    let triggers = [Trigger::SetOnline, Trigger::PortRescan, Trigger::SetOffline];
    Scenario { steps: triggers.map(Step::new).to_vec(), ..Scenario::default() }
}

fn differences(eager: &Observation, deferred: &Observation) -> Vec<(u32, String)> {
    let found = compare(&scenario(), Pair { eager, deferred });
    found.differences.iter().map(|d| (d.steps_begun, d.difference.signature().to_string())).collect()
}

fn at(steps_begun: u32, signature: &str) -> (u32, String) {
    (steps_begun, format!("divergence/{signature}"))
}

#[test]
fn equal_runs_do_not_differ_whatever_the_order_of_events() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    rest(&mut eager, 1, &[log(LogId::HostAdded), log(LogId::Oper)], &[reading(HOST, Attribute::CanQueue, 4096)]);
    rest(&mut deferred, 1, &[log(LogId::Oper), log(LogId::HostAdded)], &[reading(HOST, Attribute::CanQueue, 4096)]);
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    assert_eq!(found, Comparison { rests: 1, ..Comparison::default() });
}

#[test]
fn an_object_of_one_side_is_one_difference() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    let online = reading(ADAPTER, Attribute::Online, 1);
    let host = [online, reading(HOST, Attribute::HostNo, 0), reading(HOST, Attribute::CanQueue, 1)];
    let disk = [online, reading(Object::Disk(0, 1, 2), Attribute::Scheduler, 0)];
    rest(&mut eager, 1, &[], &host);
    rest(&mut deferred, 1, &[], &disk);
    let expected = [at(1, "scsi_host/absent-in-deferred"), at(1, "disk/absent-in-eager")];
    assert_eq!(differences(&eager, &deferred), expected);
}

#[test]
fn attributes_differ_by_existence_and_by_value() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    let host = |attribute, value| reading(HOST, attribute, value);
    rest(&mut eager, 1, &[], &[host(Attribute::HostNo, 0), host(Attribute::CanQueue, 1)]);
    rest(&mut deferred, 1, &[], &[host(Attribute::CanQueue, 2), host(Attribute::ProtGuardType, 2)]);
    let expected = [
        at(1, "scsi_host.host_no/absent-in-deferred"),
        at(1, "scsi_host.can_queue"),
        at(1, "scsi_host.prot_guard_type/absent-in-eager"),
    ];
    assert_eq!(differences(&eager, &deferred), expected);
}

#[test]
fn events_are_counted_between_rests() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    let added = log(LogId::HostAdded);
    rest(&mut eager, 1, &[added, uevent(UeventAction::Add, HOST)], &[]);
    rest(&mut eager, 2, &[], &[]);
    rest(&mut deferred, 1, &[uevent(UeventAction::Add, HOST)], &[]);
    rest(&mut deferred, 2, &[added, added], &[]);
    let expected = [at(1, "event.log.HOST_ADDED"), at(2, "event.log.HOST_ADDED")];
    assert_eq!(differences(&eager, &deferred), expected);
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    assert_eq!(found.differences[0].difference.surplus(), Some((Side::Eager, &added)));
    assert_eq!(found.differences[1].difference.surplus(), Some((Side::Deferred, &added)));
}

#[test]
fn a_rest_more_on_one_side_is_no_difference() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    rest(&mut eager, 1, &[log(LogId::Oper)], &[reading(HOST, Attribute::CanQueue, 9)]);
    rest(&mut eager, 1, &[log(LogId::LinkUp)], &[reading(HOST, Attribute::CanQueue, 1)]);
    rest(&mut deferred, 1, &[log(LogId::Oper), log(LogId::LinkUp)], &[reading(HOST, Attribute::CanQueue, 1)]);
    // Neither is a rest between two steps that only one side comes to.
    rest(&mut deferred, 2, &[log(LogId::Ber)], &[]);
    rest(&mut eager, 3, &[log(LogId::Ber)], &[]);
    rest(&mut deferred, 3, &[], &[]);
    assert_eq!(differences(&eager, &deferred), []);
}

#[test]
fn steps_are_compared_and_shown_at_the_rest_after_them() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    for seen in [&mut eager, &mut deferred] {
        (1..=3).for_each(|steps| rest(seen, steps, &[], &[]));
        seen.steps = vec![StepOutcome::Done(0); 3];
    }
    deferred.steps[1] = StepOutcome::Done(-19);
    deferred.steps[2] = StepOutcome::Blocked;
    assert_eq!(differences(&eager, &deferred), [at(2, "step.port_rescan")]);
    // A user that hangs on one side is no difference, and is told of at the same rest.
    let hangs = |eager, deferred| {
        let found = compare(&scenario(), Pair { eager, deferred }).hangs;
        found.iter().map(|d| (d.steps_begun, d.difference.signature().to_string())).collect::<Vec<_>>()
    };
    assert_eq!(hangs(&eager, &deferred), [at(3, "step.set_offline")]);
    assert_eq!(hangs(&deferred, &deferred), [], "it hangs on both");
}

#[test]
fn nothing_is_compared_after_a_moment_of_one_side() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    for seen in [&mut eager, &mut deferred] {
        rest(seen, 1, &[], &[]);
        seen.steps = vec![StepOutcome::Done(0); 3];
    }
    deferred.steps[1] = StepOutcome::Missed;
    deferred.steps[2] = StepOutcome::Done(-5);
    rest(&mut eager, 3, &[log(LogId::Oper)], &[]);
    rest(&mut deferred, 3, &[], &[]);
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    let parting = Parting::OneSidedMoment { step: 1, trigger: Trigger::PortRescan, missed: Side::Deferred };
    assert_eq!(found, Comparison { rests: 1, parting: Some(parting), ..Comparison::default() });
}

#[test]
fn a_side_that_was_cut_short_is_compared_as_far_as_it_came() {
    let mut eager = trapped(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb");
    let mut deferred = Observation::default();
    eager.steps = vec![StepOutcome::Done(0), StepOutcome::Blocked, StepOutcome::Missed];
    deferred.steps = vec![StepOutcome::Done(1), StepOutcome::Done(0), StepOutcome::Done(0)];
    rest(&mut eager, 1, &[], &[]);
    (1..=3).for_each(|steps| rest(&mut deferred, steps, &[log(LogId::Oper)], &[]));
    let expected = [at(1, "step.set_online"), at(1, "event.log.OPER")];
    assert_eq!(differences(&eager, &deferred), expected);
}

#[test]
fn a_panic_differs_only_from_a_run_to_the_end() {
    let eager = trapped(TrapKind::Panic, "zfcp_fsf_reqid_check", "", "");
    let deferred = Observation::default();
    assert_eq!(differences(&eager, &deferred), [at(0, "panic/eager/zfcp_fsf_reqid_check")]);
    assert_eq!(differences(&eager, &eager), []);
    let limited = Observation { end: End::Unmodelled("x"), ..Observation::default() };
    assert_eq!(differences(&eager, &limited), []);
}

#[test]
fn a_panic_by_a_step_of_one_side_is_no_difference() {
    let mut eager = trapped(TrapKind::Panic, "zfcp_fsf_reqid_check", "", "");
    eager.steps = vec![StepOutcome::Blocked, StepOutcome::Blocked, StepOutcome::Missed];
    let steps = vec![StepOutcome::Done(0), StepOutcome::Missed, StepOutcome::Done(0)];
    let deferred = Observation { steps, ..Observation::default() };
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    let parting = Parting::OneSidedMoment { step: 1, trigger: Trigger::PortRescan, missed: Side::Deferred };
    assert_eq!(found, Comparison { parting: Some(parting), ..Comparison::default() });
}

#[test]
fn a_panic_after_a_step_that_only_the_other_side_did_is_no_difference() {
    let mut eager = trapped(TrapKind::Panic, "zfcp_fsf_reqid_check", "", "");
    let deferred = Observation { steps: vec![StepOutcome::Done(0); 3], ..Observation::default() };
    eager.steps = vec![StepOutcome::Done(0), StepOutcome::Missed, StepOutcome::Blocked];
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    let parting = Parting::OneSidedMoment { step: 1, trigger: Trigger::PortRescan, missed: Side::Eager };
    assert_eq!(found, Comparison { parting: Some(parting), ..Comparison::default() });
    // What comes after the panic, nobody did on that side: that parts nobody.
    eager.steps = vec![StepOutcome::Done(0), StepOutcome::Blocked, StepOutcome::Missed];
    assert_eq!(differences(&eager, &deferred), [at(0, "panic/eager/zfcp_fsf_reqid_check")]);
}

#[test]
fn an_outcome_belongs_to_the_stretch_in_which_both_sides_began_the_step() {
    let place = |eager_begun: Vec<Option<u32>>, deferred_begun: Vec<Option<u32>>| {
        let (mut eager, mut deferred) = (alike(), alike());
        deferred.steps[1] = StepOutcome::Done(-5);
        (eager.begun, deferred.begun) = (eager_begun, deferred_begun);
        differences(&eager, &deferred)
    };
    let at_rest = |rest: usize| vec![at(alike().rests[rest].steps_begun, "step.port_rescan")];
    let begun = |rest| vec![Some(0), Some(rest), Some(2)];
    assert_eq!(place(begun(0), begun(0)), at_rest(0));
    assert_eq!(place(begun(2), begun(2)), at_rest(2));
    assert_eq!(place(begun(1), begun(2)), at_rest(2));
    assert_eq!(place(begun(2), begun(1)), at_rest(2));
    // A lane that cannot tell began them in order.
    assert_eq!(place(Vec::new(), begun(0)), place(Vec::new(), Vec::new()));
}

#[test]
fn a_later_rest_of_one_side_pairs_with_none() {
    let (mut eager, mut deferred) = (Observation::default(), Observation::default());
    let can_queue = |value| [reading(HOST, Attribute::CanQueue, value)];
    for steps in [1, 2, 4] {
        rest(&mut eager, steps, &[], &can_queue(u64::from(steps)));
    }
    for steps in [2, 3, 4] {
        rest(&mut deferred, steps, &[], &can_queue(u64::from(steps)));
    }
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    assert_eq!((found.differences.len(), found.rests), (0, 2));
    let found = compare(&scenario(), Pair { eager: &deferred, deferred: &eager });
    assert_eq!((found.differences.len(), found.rests), (0, 2));
}

/// Three steps that both sides did, with a rest after each.
fn alike() -> Observation {
    let mut seen = Observation::default();
    (0..=3).for_each(|steps| rest(&mut seen, steps, &[], &[]));
    seen.steps = vec![StepOutcome::Done(0); 3];
    seen
}

#[test]
fn nothing_is_compared_after_a_failure_of_one_side() {
    let (mut eager, deferred) = (alike(), alike());
    eager.failures_hit = vec![2, 1];
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    assert_eq!((found.parting, found.rests), (Some(Parting::OneSidedFailure { step: 1 }), 2));
    let both = Observation { failures_hit: vec![1, 2], ..alike() };
    let found = compare(&scenario(), Pair { eager: &both, deferred: &both });
    assert_eq!((found.parting, found.rests), (None, 4));
}

#[test]
fn the_earlier_of_two_partings_counts_and_of_two_at_once_the_moment() {
    let parted = |missed: usize, failed: u32| {
        let (mut eager, mut deferred) = (alike(), alike());
        deferred.steps[missed] = StepOutcome::Missed;
        eager.failures_hit = vec![failed];
        compare(&scenario(), Pair { eager: &eager, deferred: &deferred }).parting
    };
    assert_eq!(parted(2, 1), Some(Parting::OneSidedFailure { step: 1 }));
    let moment = |step, trigger| Some(Parting::OneSidedMoment { step, trigger, missed: Side::Deferred });
    assert_eq!(parted(1, 2), moment(1, Trigger::PortRescan));
    assert_eq!(parted(1, 1), moment(1, Trigger::PortRescan));
}

#[test]
fn steps_that_both_missed_do_not_count_as_begun() {
    let (mut eager, mut deferred) = (alike(), alike());
    eager.steps = vec![StepOutcome::Missed, StepOutcome::Missed, StepOutcome::Done(0)];
    deferred.steps = vec![StepOutcome::Missed; 3];
    let found = compare(&scenario(), Pair { eager: &eager, deferred: &deferred });
    let parting = Parting::OneSidedMoment { step: 2, trigger: Trigger::SetOffline, missed: Side::Deferred };
    assert_eq!((found.parting, found.rests), (Some(parting), 1));
}

#[test]
fn a_step_at_registration_itself_parts_the_sides() {
    use regdiff_scenario::{Point, When};
    let at_point = |when, point| {
        let mut scenario = scenario();
        (scenario.steps[1].moment.when, scenario.steps[1].moment.point) = (when, point);
        compare(&scenario, Pair { eager: &alike(), deferred: &alike() }).parting
    };
    let parting = Some(Parting::RegistrationMoment { step: 1, trigger: Trigger::PortRescan });
    assert_eq!(at_point(When::AtPoint, Point::HostAllocated), parting);
    assert_eq!(at_point(When::AtPoint, Point::ScanStart), None);
    assert_eq!(at_point(When::AtRest, Point::HostAllocated), None);
}

#[test]
fn differences_know_their_device_and_read_well() {
    use regdiff_observation::{Event, FcEvent, LogLine, SentCommand, Tag, TraceRecord};
    use regdiff_scenario::Command;
    let counts = Pair { eager: 2, deferred: 1 };
    let event = |event| Difference::Event { event, counts };
    let line = |device, argument| Event::Log(LogLine { id: LogId::Oper, device, argument });
    let sent = |port| Event::Command(SentCommand { device: 3, command: Command::Read, port, lun: 9 });
    let times = "2 times in eager, 1 times in deferred";
    let cases = [
        (event(line(None, 5)), None, format!("log.OPER: {times}")),
        (event(line(Some(2), 0)), Some(2), format!("log.OPER [2]: {times}")),
        (event(line(Some(2), 16)), Some(2), format!("log.OPER [2] 0x10: {times}")),
        (event(sent(0)), Some(3), format!("command.read [3]: {times}")),
        (event(sent(8)), Some(3), format!("command.read [3] port 0x8 LUN 0x9: {times}")),
        (
            event(uevent(UeventAction::Remove, Object::FcHost(1))),
            Some(1),
            format!("uevent.remove {}: {times}", Object::FcHost(1)),
        ),
        (
            event(Event::Trace(TraceRecord { device: 1, tag: Tag::new("fscph_1"), wanted: 4, needed: 0xc4 })),
            Some(1),
            format!("trace.fscph_1 [1] want 0x4 need 0xc4: {times}"),
        ),
        (event(Event::Fc(FcEvent { device: 2, code: 9, data: 0x100 })), Some(2), format!("fc.9 [2] 0x100: {times}")),
        (
            Difference::Object { object: Object::Host(2), present: Side::Deferred },
            Some(2),
            format!("{} exists in deferred only", Object::Host(2)),
        ),
        (
            Difference::Attribute {
                object: Object::Host(1),
                attribute: Attribute::CanQueue,
                present: Side::Eager,
                value: 7,
            },
            Some(1),
            format!("{}.can_queue exists in eager only, as 7", Object::Host(1)),
        ),
        (
            Difference::Value {
                object: Object::Host(3),
                attribute: Attribute::CanQueue,
                values: Pair { eager: 7, deferred: 8 },
            },
            Some(3),
            format!("{}.can_queue is 7 in eager and 8 in deferred", Object::Host(3)),
        ),
        (
            Difference::Outcome {
                step: 4,
                trigger: Trigger::SetOnline,
                device: 1,
                outcomes: Pair { eager: StepOutcome::Done(-5), deferred: StepOutcome::Blocked },
            },
            Some(1),
            "step 5, set_online: eager returns -5, deferred hangs".to_owned(),
        ),
        (
            Difference::Outcome {
                step: 0,
                trigger: Trigger::Read,
                device: 0,
                outcomes: Pair { eager: StepOutcome::Missed, deferred: StepOutcome::Done(1) },
            },
            Some(0),
            "step 1, read: eager never gets to it, deferred returns 1".to_owned(),
        ),
        (
            Difference::Panic { side: Side::Eager, function: "zfcp_fsf_reqid_check".into() },
            None,
            "zfcp_fsf_reqid_check stops the machine in eager only".to_owned(),
        ),
    ];
    for (difference, device, text) in cases {
        assert_eq!((difference.device(), difference.to_string()), (device, text));
    }
    let name = |event| event_name_of(event);
    assert_eq!(name(uevent(UeventAction::Add, Object::Host(0))), "divergence/event.uevent.add.scsi_host");
    assert_eq!(name(uevent(UeventAction::Remove, Object::Host(0))), "divergence/event.uevent.remove.scsi_host");
    let fc = |code| name(Event::Fc(FcEvent { device: 0, code, data: 0 }));
    assert_eq!([2, 3, 5].map(fc), ["fc.linkup", "fc.linkdown", "fc.rscn"].map(|s| format!("divergence/event.{s}")));
}

fn event_name_of(event: regdiff_observation::Event) -> String {
    Difference::Event { event, counts: Pair { eager: 1, deferred: 0 } }.signature().to_string()
}

#[test]
fn an_attribute_more_on_one_side_does_not_shift_the_others() {
    let (mut few, mut many) = (Observation::default(), Observation::default());
    let mut all = [Attribute::HostNo, Attribute::CanQueue, Attribute::ProtGuardType].map(|a| reading(HOST, a, 1));
    all.sort();
    rest(&mut many, 1, &[], &all);
    rest(&mut few, 1, &[], &all[1..]);
    let name = all[0].attribute.text();
    assert_eq!(differences(&few, &many), [at(1, &format!("scsi_host.{name}/absent-in-eager"))]);
    assert_eq!(differences(&many, &few), [at(1, &format!("scsi_host.{name}/absent-in-deferred"))]);
}
