//! The list itself, and what each predicate refuses.

use regdiff_observation::{Attribute, LogId, Object, Observation, StepOutcome, TrapKind, UeventAction};
use regdiff_scenario::{Device, FailPoint, Scenario, Step, Trigger, scalar::Scalar};

use super::*;
use crate::divergence::{Difference, Located};
use crate::pair::{Pair, Side};
use crate::testing::{log, reading, rest, trap, uevent};

const HOST: Object = Object::Host(0);
const FC_HOST: Object = Object::FcHost(0);

/// A pair in which eager has its host from the first rest, and deferred from the rest after `steps` steps.
pub(super) fn registered_after(steps: u32) -> Pair<Observation> {
    let host = [reading(HOST, Attribute::HostNo, 0), reading(FC_HOST, Attribute::PortType, 3)];
    let add = [uevent(UeventAction::Add, FC_HOST)];
    Pair::of(|side| {
        let mut seen = Observation::default();
        for at in 1..=4 {
            let first = if side == Side::Eager { 1 } else { steps };
            rest(&mut seen, at, if at == first { &add } else { &[] }, if at >= first { &host } else { &[] });
        }
        seen
    })
}

pub(super) fn at(steps_begun: u32, difference: Difference) -> Finding {
    Finding::divergence(Located { steps_begun, time_us: Pair::default(), difference })
}

pub(super) fn id(scenario: &Scenario, seen: &Pair<Observation>, finding: &Finding) -> Option<&'static str> {
    let context = Context { scenario, seen: seen.as_ref(), masked: finding.masked };
    covering(&context, finding, None).map(|(_, allowance)| allowance.id)
}

#[test]
fn entries_are_complete_and_unique() {
    let entries: Vec<_> = all().map(|(_, allowance)| allowance).collect();
    for (index, entry) in entries.iter().enumerate() {
        assert!(entries[..index].iter().all(|other| other.id != entry.id), "{} twice", entry.id);
        assert!(entry.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{}", entry.id);
        assert!(entry.scenario.contains('/'), "{}", entry.id);
        for text in [entry.allows, entry.why, entry.evidence] {
            assert!(text.len() > 8 && !text.ends_with('.'), "{}: {text}", entry.id);
        }
        let date: Vec<&str> = entry.review.split('-').collect();
        assert_eq!(date.iter().map(|part| part.len()).collect::<Vec<_>>(), [4, 2, 2], "{}", entry.id);
        assert!(date.iter().all(|part| part.parse::<u32>().is_ok()), "{}", entry.id);
        assert!(by_id(entry.id).is_some());
    }
}

#[test]
fn reviews_come_due_by_the_date_given() {
    assert_eq!(overdue("2020-01-01").count(), 0);
    assert_eq!(overdue("9999-01-01").count(), all().count());
    let day = all().map(|(_, allowance)| allowance.review).min().expect("there are some");
    assert_eq!(overdue(day).count(), 0, "on the day itself it is not overdue");
}

#[test]
fn levels_include_those_before_them() {
    let counts = |allow: Allow| [Status::Intended, Status::Historical, Status::Open].map(|status| allow.counts(status));
    assert_eq!(counts(Allow::Nothing), [false; 3]);
    assert_eq!(counts(Allow::Intended), [true, false, false]);
    assert_eq!(counts(Allow::Historical), [true, true, false]);
    assert_eq!(counts(Allow::Open), [true, true, true]);
}

#[test]
fn a_host_may_be_missing_only_while_deferred_waits_for_it() {
    let (scenario, seen) = (Scenario::default(), registered_after(3));
    let missing = |steps, object, present| id(&scenario, &seen, &at(steps, Difference::Object { object, present }));
    assert_eq!(missing(2, HOST, Side::Eager), Some("host-comes-later"));
    assert_eq!(missing(2, FC_HOST, Side::Eager), Some("host-comes-later"));
    assert_eq!(missing(3, HOST, Side::Eager), None);
    assert_eq!(missing(2, HOST, Side::Deferred), None);
    assert_eq!(missing(2, Object::Rport(0, 1), Side::Eager), None);
}

#[test]
fn events_of_the_host_may_come_in_two_stretches() {
    let (scenario, seen) = (Scenario::default(), registered_after(3));
    let event = |steps, event, eager, deferred| {
        id(&scenario, &seen, &at(steps, Difference::Event { event, counts: Pair { eager, deferred } }))
    };
    let later = Some("host-events-come-later");
    let add = uevent(UeventAction::Add, HOST);
    assert_eq!(event(1, add, 1, 0), later);
    assert_eq!(event(3, add, 0, 1), later);
    assert_eq!(event(3, log(LogId::HostAdded), 0, 1), later);
    assert_eq!(event(4, add, 0, 1), None);
    assert_eq!(event(4, add, 1, 0), None);
    assert_eq!(event(1, add, 0, 1), None);
    assert_eq!(event(1, log(LogId::Oper), 1, 0), None);
    assert_eq!(event(1, uevent(UeventAction::Add, Object::Rport(0, 1)), 1, 0), None);
}

#[test]
fn users_may_be_refused_only_before_the_host_exists() {
    let (scenario, seen) = (Scenario::default(), registered_after(3));
    let refused = |steps: u32, trigger, deferred| {
        let outcomes = Pair { eager: StepOutcome::Done(1), deferred: StepOutcome::Done(deferred) };
        let step = steps as usize - 1;
        id(&scenario, &seen, &at(steps, Difference::Outcome { step, trigger, device: 0, outcomes }))
    };
    assert_eq!(refused(2, Trigger::PortRescan, -19), Some("port-rescan-needs-host"));
    assert_eq!(refused(2, Trigger::PortRescan, -5), None);
    assert_eq!(refused(4, Trigger::PortRescan, -19), None);
    assert_eq!(refused(2, Trigger::ReadAttribute, -2), Some("host-files-come-later"));
    assert_eq!(refused(2, Trigger::HostReset, -2), Some("host-commands-come-later"));
    assert_eq!(refused(2, Trigger::HostReset, 1), None);
    assert_eq!(refused(4, Trigger::HostReset, -2), None);
    assert_eq!(refused(2, Trigger::AdapterFailed, -19), None);
}

#[test]
fn set_online_may_fail_only_if_registration_was_made_to() {
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    let seen = registered_after(3);
    let outcomes = Pair { eager: StepOutcome::Done(-12), deferred: StepOutcome::Done(0) };
    let online = Difference::Outcome { step: 1, trigger: Trigger::SetOnline, device: 0, outcomes };
    let with = |fail: Step| Scenario { steps: vec![fail, Step::new(Trigger::SetOnline)], ..Scenario::default() };
    let armed = with(fail.clone());
    assert_eq!(id(&armed, &seen, &at(2, online.clone())), Some("failed-registration-fails-online"));
    for (other, part) in [(0, FailPoint::PortAlloc), (1, FailPoint::HostTagSet)] {
        let elsewhere = with(Step { a: part.to_raw() as u32, device: other, ..fail.clone() });
        assert_eq!(id(&elsewhere, &seen, &at(2, online.clone())), None);
    }
    let late = Scenario { steps: vec![Step::new(Trigger::SetOnline); 2], ..Scenario::default() };
    assert_eq!(id(&late, &seen, &at(2, online)), None);
}

#[test]
fn numbers_may_differ_only_among_several_devices() {
    let seen = registered_after(1);
    let values = Pair { eager: 0, deferred: 1 };
    let number = |attribute| at(1, Difference::Value { object: HOST, attribute, values });
    let one = Scenario { devices: vec![Device::default()], ..Scenario::default() };
    let two = Scenario { devices: vec![Device::default(); 2], ..Scenario::default() };
    assert_eq!(id(&two, &seen, &number(Attribute::HostNo)), Some("host-numbers"));
    assert_eq!(id(&two, &seen, &number(Attribute::UniqueId)), None);
    assert_eq!(id(&one, &seen, &number(Attribute::HostNo)), None);
}

#[test]
fn a_stale_host_is_history_only_after_a_failed_registration() {
    let mut fail = Step::new(Trigger::Fail);
    fail.a = FailPoint::HostTagSet.to_raw() as u32;
    let armed = Scenario { steps: vec![fail], ..Scenario::default() };
    let seen = registered_after(1);
    let found = |side, kind, object| {
        let mut found = Vec::new();
        crate::lifetime::judge(side, &trap(kind, "zfcp_scsi_adapter_unregister", object, "shost_data"), &mut found);
        found.remove(0)
    };
    let stale = found(Side::Eager, TrapKind::UseAfterFree, "Scsi_Host");
    assert_eq!(id(&armed, &seen, &stale), Some("eager-stale-host"));
    assert_eq!(id(&Scenario::default(), &seen, &stale), None);
    assert_eq!(id(&armed, &seen, &found(Side::Deferred, TrapKind::UseAfterFree, "Scsi_Host")), None);
    assert_eq!(id(&armed, &seen, &found(Side::Eager, TrapKind::NullAccess, "Scsi_Host")), None);
    assert_eq!(id(&armed, &seen, &found(Side::Eager, TrapKind::UseAfterFree, "request")), None);
}

#[test]
fn victims_of_an_overrun_need_an_overrun() {
    use regdiff_observation::{MemoryOp, Region};
    let mut scenario = Scenario::default();
    scenario.module.dix = true;
    let mut seen = registered_after(1);
    let mut found = Vec::new();
    let foreign = trap(TrapKind::ForeignFree, "scsi_mq_free_sgtables", "scatterlist", "");
    crate::lifetime::judge(Side::Eager, &foreign, &mut found);
    assert_eq!(id(&scenario, &seen, &found[0]), None);
    seen.eager.violations.push(crate::testing::violation(MemoryOp::W1, Region::Slack));
    assert_eq!(id(&scenario, &seen, &found[0]), None);
    seen.eager.violations.push(crate::testing::violation(MemoryOp::W1, Region::Neighbour));
    assert_eq!(id(&scenario, &seen, &found[0]), Some("eager-overrun-victim"));
    found[0].masked = true;
    assert_eq!(id(&scenario, &seen, &found[0]), None);
}
