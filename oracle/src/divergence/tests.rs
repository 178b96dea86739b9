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
    let skip = Skip::OneSidedMoment { step: 1, trigger: Trigger::PortRescan, missed: Side::Deferred };
    assert_eq!(found, Comparison { rests: 1, skip: Some(skip), differences: Vec::new() });
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
    let skip = Skip::OneSidedMoment { step: 1, trigger: Trigger::PortRescan, missed: Side::Deferred };
    assert_eq!(found, Comparison { skip: Some(skip), ..Comparison::default() });
}
