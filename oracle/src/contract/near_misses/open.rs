//! Near misses of the open allowances.

use regdiff_observation::{
    Attribute, End, Event, Leftover, LogId, LogLine, Object, Observation, Region, SentCommand, StepOutcome, Tag,
    TraceRecord, TrapKind, UeventAction,
};
use regdiff_scenario::{
    Answer, Behaviours, Command, Content, ContentField, FailPoint, FsfStatus, Scenario, Step, Trigger, scalar::Scalar,
};

use super::super::tests::{at, id};
use super::{fabric, trapped};
use crate::contract::Finding;
use crate::divergence::Difference;
use crate::finding::{Evidence, Kind};
use crate::pair::{Pair, Side};
use crate::testing::{reading, rest, trap, uevent, violation};

pub(super) const HOST: Object = Object::Host(0);
pub(super) const FC_HOST: Object = Object::FcHost(0);

pub(super) fn quiet() -> Pair<Observation> {
    Pair::of(|_| {
        let mut seen = Observation::default();
        (1..=3).for_each(|steps| rest(&mut seen, steps, &[], &[]));
        seen
    })
}

pub(super) fn steps(list: Vec<Step>) -> Scenario {
    Scenario { steps: list, ..fabric() }
}

pub(super) fn fail(point: FailPoint) -> Step {
    Step { a: point.to_raw() as u32, ..Step::new(Trigger::Fail) }
}

fn scripted(command: Command, field: ContentField) -> Scenario {
    let contents = vec![Content { field, value: 1 }];
    Scenario { firmware: vec![Answer { command, contents, ..Answer::default() }], ..fabric() }
}

pub(super) fn value(steps: u32, object: Object, attribute: Attribute, eager: u64, deferred: u64) -> Finding {
    at(steps, Difference::Value { object, attribute, values: Pair { eager, deferred } })
}

pub(super) fn blocked(side: Side, step: usize, trigger: Trigger) -> Finding {
    Finding::new(Kind::Liveness, side, "liveness/x".into(), Evidence::Blocked { step, trigger })
}

pub(super) fn left(what: &'static str) -> Finding {
    let leftover = Leftover { device: 0, what, function: "f" };
    crate::lifetime::left_over(Kind::Lifetime, Side::Deferred, &leftover)
}

#[test]
fn late_features_are_features_that_change() {
    let with = |mut scenario: Scenario| {
        scenario.module.dif = true;
        scenario
    };
    let changed = with(steps(vec![Step::new(Trigger::FeatureUpdate)]));
    let answered = with(scripted(Command::ExchangeConfigData, ContentField::AdapterFeatures));
    let null = |side| trapped(side, &trap(TrapKind::NullAccess, "scsi_queue_rq", "scsi_cmnd", "prot_sdb"));
    let (seen, late) = (quiet(), Some("late-protection-features"));
    for scenario in [&changed, &answered] {
        assert_eq!(id(scenario, &seen, &null(Side::Deferred)), late);
    }
    assert_eq!(id(&changed, &seen, &null(Side::Eager)), Some("eager-null-prot-sdb"));
    let others = [
        with(fabric()),
        steps(vec![Step::new(Trigger::FeatureUpdate)]),
        with(scripted(Command::ExchangePortData, ContentField::AdapterFeatures)),
        with(scripted(Command::ExchangeConfigData, ContentField::SId)),
        with(steps(vec![Step::new(Trigger::VersionChange)])),
    ];
    for scenario in &others {
        assert_eq!(id(scenario, &seen, &null(Side::Deferred)), None);
    }
    let mut masked = null(Side::Deferred);
    masked.masked = true;
    assert_eq!(id(&changed, &seen, &masked), None);
    let found = |kind, object, field| id(&changed, &seen, &trapped(Side::Deferred, &trap(kind, "f", object, field)));
    assert_eq!(found(TrapKind::NullAccess, "request", "q"), late);
    assert_eq!(found(TrapKind::ForeignFree, "scatterlist", ""), late);
    assert_eq!(found(TrapKind::NullAccess, "scsi_cmnd", "sdb"), None);
    assert_eq!(found(TrapKind::NullAccess, "scsi_data_buffer", "prot_sdb"), None);
    assert_eq!(found(TrapKind::ForeignFree, "request", ""), None);
    assert_eq!(found(TrapKind::UseAfterFree, "request", ""), None);
    let mut silent = Observation::default();
    silent.violations.push(violation(regdiff_observation::MemoryOp::W1, Region::Slack));
    assert_eq!(id(&changed, &seen, &trapped(Side::Deferred, &silent)), late);
    assert_eq!(id(&changed, &seen, &left("request")), None);
}

#[test]
fn assertions_of_the_kernel_are_known_one_by_one() {
    let seen = quiet();
    let changed = steps(vec![Step::new(Trigger::FeatureUpdate)]);
    let bug = |scenario: &Scenario, kind, object, field| {
        id(scenario, &seen, &trapped(Side::Deferred, &trap(kind, "f", object, field)))
    };
    let integrity = Some("integrity-on-old-queue");
    assert_eq!(bug(&changed, TrapKind::Bug, "request_queue", "max_integrity_segments"), integrity);
    assert_eq!(bug(&fabric(), TrapKind::Bug, "request_queue", "max_integrity_segments"), None);
    assert_eq!(bug(&changed, TrapKind::Bug, "request_queue", "max_segments"), None);
    assert_eq!(bug(&changed, TrapKind::UseAfterFree, "request_queue", "max_integrity_segments"), None);
}

#[test]
fn a_reopen_begins_after_ports_were_opened_and_ends_with_the_next() {
    let sent = |device, command| Event::Command(SentCommand { device, command, port: 0, lun: 0 });
    let record = |device, needed| Event::Trace(TraceRecord { device, tag: Tag::new("fspse_8"), wanted: 4, needed });
    let bug = |dix, events: &[Event], kind, object, field| {
        let mut seen = quiet();
        rest(&mut seen.deferred, 4, events, &[]);
        let mut scenario = fabric();
        scenario.module.dix = dix;
        id(&scenario, &seen, &trapped(Side::Deferred, &trap(kind, "f", object, field)))
    };
    let stops = |events: &[Event]| bug(true, events, TrapKind::Bug, "Scsi_Host", "sg_prot_tablesize");
    let (known, port, config) =
        (Some("reopen-while-scanning"), sent(0, Command::OpenPort), Command::ExchangeConfigData);
    let reopened = [sent(0, config), port, record(0, 4), sent(0, Command::Inquiry)];
    assert_eq!(stops(&reopened), known);
    assert_eq!(stops(&[port, record(0, 0xc4)]), known);
    assert_eq!(stops(&[port, sent(0, config)]), known, "at trace level 0 commands tell");
    assert_eq!(stops(&[sent(0, config), record(0, 4)]), None, "the first open");
    assert_eq!(stops(&[record(0, 4), sent(0, config), port]), None, "it is through");
    assert_eq!(stops(&[port, record(0, 4), sent(0, config), port]), None, "it is through again");
    assert_eq!(stops(&[port, record(0, 2)]), None, "a port's recovery");
    assert_eq!(stops(&[port, record(1, 4)]), None, "another adapter's");
    assert_eq!(stops(&[port, sent(1, config)]), None);
    assert_eq!(stops(&[sent(1, Command::OpenPort), record(0, 4)]), None);
    assert_eq!(stops(&[]), None);
    assert_eq!(bug(false, &reopened, TrapKind::Bug, "Scsi_Host", "sg_prot_tablesize"), None);
    assert_eq!(bug(true, &reopened, TrapKind::Bug, "Scsi_Host", "sg_tablesize"), None);
    assert_eq!(bug(true, &reopened, TrapKind::Bug, "request_queue", "sg_prot_tablesize"), None);
    assert_eq!(bug(true, &reopened, TrapKind::UseAfterFree, "Scsi_Host", "sg_prot_tablesize"), None);
}

#[test]
fn a_recovery_thread_is_missing_after_a_failure_or_a_shutdown() {
    let stopped = |scenario: &Scenario, kind, function| {
        id(scenario, &quiet(), &trapped(Side::Deferred, &trap(kind, function, "task_struct", "usage")))
    };
    let (null, stop, known) = (TrapKind::NullAccess, "kthread_stop", Some("recovery-thread-is-not-there"));
    for trigger in [Trigger::Fail, Trigger::Shutdown] {
        let asked = steps(vec![Step::new(trigger)]);
        assert_eq!(stopped(&asked, null, stop), known);
        assert_eq!(stopped(&asked, TrapKind::UseAfterFree, stop), None);
        assert_eq!(stopped(&asked, null, "kthread_create"), None);
    }
    assert_eq!(stopped(&steps(vec![Step::new(Trigger::SetOnline)]), null, stop), None);
    assert_eq!(id(&steps(vec![Step::new(Trigger::Fail)]), &quiet(), &left("task_struct")), None);
}

#[test]
fn users_hang_behind_protection_data_that_ends_in_the_adapter() {
    let shows = |list: &[(Attribute, u64)]| {
        let readings: Vec<_> = list.iter().map(|(attribute, value)| reading(HOST, *attribute, *value)).collect();
        let mut seen = quiet();
        rest(&mut seen.deferred, 4, &[], &readings);
        id(&fabric(), &seen, &blocked(Side::Deferred, 0, Trigger::Read))
    };
    let (mask, format, kind) = (Attribute::ProtCapabilities, Attribute::IntegrityFormat, Attribute::ProtectionType);
    let known = Some("dix-without-dif");
    assert_eq!(shows(&[(mask, 0x10)]), known);
    assert_eq!(shows(&[(mask, 0x11)]), None);
    assert_eq!(shows(&[(mask, 0x1)]), None);
    assert_eq!(shows(&[(format, 1), (kind, 0)]), known);
    assert_eq!(shows(&[(format, 1), (kind, 1)]), None);
    assert_eq!(shows(&[(format, 0), (kind, 0)]), None);
    assert_eq!(shows(&[(format, 1)]), None);
    let mut seen = quiet();
    rest(&mut seen.deferred, 4, &[], &[reading(HOST, mask, 0x10)]);
    assert_eq!(id(&fabric(), &seen, &left("host")), None);
    assert_eq!(id(&fabric(), &seen, &blocked(Side::Eager, 0, Trigger::Read)), None, "the other side shows it");
}

#[test]
fn the_guard_of_a_lost_dix_is_kept_by_eager() {
    let shows = |mask: u64| {
        let mut seen = quiet();
        rest(&mut seen.deferred, 4, &[], &[reading(HOST, Attribute::ProtCapabilities, mask)]);
        seen
    };
    let (guard, table, lost) = (Attribute::ProtGuardType, Attribute::SgProtTablesize, Some("guard-of-lost-dix"));
    assert_eq!(id(&fabric(), &shows(0), &value(4, HOST, guard, 3, 0)), lost);
    assert_eq!(id(&fabric(), &shows(1), &value(4, HOST, table, 3, 0)), lost);
    assert_eq!(id(&fabric(), &shows(0x10), &value(4, HOST, guard, 3, 0)), None);
    assert_eq!(id(&fabric(), &shows(0), &value(4, HOST, guard, 0, 3)), None);
    assert_eq!(id(&fabric(), &shows(0), &value(4, HOST, Attribute::CanQueue, 3, 0)), None);
    assert_eq!(id(&fabric(), &quiet(), &value(3, HOST, guard, 3, 0)), None, "a host that nobody sees");
    assert_eq!(id(&fabric(), &shows(0), &value(4, Object::Disk(0, 1, 1), guard, 3, 0)), None);
    let changed = steps(vec![Step::new(Trigger::FeatureUpdate)]);
    for (attribute, seen_value) in [(Attribute::HardwareVersion, 0), (Attribute::SerialNumber, u64::MAX)] {
        assert_eq!(id(&changed, &quiet(), &value(3, FC_HOST, attribute, 7, seen_value)), lost);
        assert_eq!(id(&fabric(), &quiet(), &value(3, FC_HOST, attribute, 7, seen_value)), None);
        assert_eq!(id(&changed, &quiet(), &value(3, FC_HOST, attribute, 7, 8)), None);
    }
    assert_eq!(id(&changed, &quiet(), &value(3, FC_HOST, Attribute::NodeName, 7, 0)), None);
}

#[test]
fn a_scan_without_host_needs_somebody_who_asked_for_it() {
    let seen = quiet();
    let mut asked = fabric();
    asked.module.no_auto_port_rescan = true;
    let found = |scenario: &Scenario, side, kind, function, object| {
        id(scenario, &seen, &trapped(side, &trap(kind, function, object, "x")))
    };
    let (null, scan, host) = (TrapKind::NullAccess, "zfcp_fc_scan_ports", "Scsi_Host");
    let known = Some("port-scan-without-host");
    assert_eq!(found(&asked, Side::Deferred, null, scan, host), known);
    assert_eq!(found(&steps(vec![Step::new(Trigger::SetParameter)]), Side::Deferred, null, scan, host), known);
    assert_eq!(found(&steps(vec![Step::new(Trigger::PortRescan)]), Side::Deferred, null, scan, host), None);
    assert_eq!(found(&asked, Side::Deferred, TrapKind::UseAfterFree, scan, host), None);
    assert_eq!(found(&asked, Side::Deferred, null, "zfcp_other", host), None);
    assert_eq!(found(&asked, Side::Deferred, null, scan, "fsf_req"), None);
    let half = Some("half-registered-host");
    assert_eq!(found(&fabric(), Side::Deferred, null, "f", "fc_host_attrs"), half);
    let registered = |device, actions: &[UeventAction]| {
        let mut seen = quiet();
        let events: Vec<_> = actions.iter().map(|action| uevent(*action, Object::FcHost(device))).collect();
        rest(&mut seen.deferred, 4, &events, &[]);
        id(&fabric(), &seen, &trapped(Side::Deferred, &trap(null, "f", "fc_host_attrs", "x")))
    };
    assert_eq!(registered(0, &[UeventAction::Add]), None, "that host is complete");
    assert_eq!(registered(0, &[UeventAction::Add, UeventAction::Remove]), half);
    assert_eq!(registered(1, &[UeventAction::Add]), half, "another device's host");
    assert_eq!(found(&fabric(), Side::Deferred, TrapKind::UseAfterFree, "f", "fc_host_attrs"), None);
}

#[test]
fn users_hang_for_a_reason() {
    let seen = quiet();
    let opened = |command, fsf_status| Scenario {
        firmware: vec![Answer { command, fsf_status, ..Answer::default() }],
        ..fabric()
    };
    let hangs = blocked(Side::Deferred, 0, Trigger::SetOnline);
    let known = Some("well-known-port-stays-opening");
    assert_eq!(id(&opened(Command::OpenWka, FsfStatus::SecurityError), &seen, &hangs), known);
    assert_eq!(id(&opened(Command::OpenPort, FsfStatus::SecurityError), &seen, &hangs), None);
    for named in [
        FsfStatus::Good,
        FsfStatus::PortAlreadyOpen,
        FsfStatus::MaximumNumberOfPorts,
        FsfStatus::AdapterStatusAvailable,
    ] {
        assert_eq!(id(&opened(Command::OpenWka, named), &seen, &hangs), None);
    }
    assert_eq!(id(&opened(Command::OpenWka, FsfStatus::SecurityError), &seen, &left("x")), None);
    let forever = |what| {
        let leftover = Leftover { device: 0, what, function: "zfcp_erp_thread" };
        crate::lifetime::left_over(Kind::Liveness, Side::Deferred, &leftover)
    };
    let held = |behaviours| {
        let mut scenario = opened(Command::OpenWka, FsfStatus::SecurityError);
        scenario.kernel.behaviours = behaviours;
        scenario
    };
    assert_eq!(id(&held(Behaviours::WKA_MUTEX_HELD), &seen, &forever("recovery that never ends")), known);
    assert_eq!(id(&held(Behaviours(0)), &seen, &forever("recovery that never ends")), None);
    assert_eq!(id(&held(Behaviours::WKA_MUTEX_HELD), &seen, &forever("recovery")), None);
    let mut elsewhere = hangs.clone();
    elsewhere.kind = Kind::Lifetime;
    assert_eq!(id(&opened(Command::OpenWka, FsfStatus::SecurityError), &seen, &elsewhere), None);
    assert_eq!(id(&fabric(), &seen, &hangs), None);
    let without = fail(FailPoint::FcHostWorkQueues);
    let removed = steps(vec![without.clone(), Step::new(Trigger::Remove)]);
    let (host, queues) = (left("Scsi_Host"), Some("fc-host-without-queues"));
    assert_eq!(id(&removed, &seen, &host), queues);
    assert_eq!(id(&removed, &seen, &hangs), queues);
    assert_eq!(id(&removed, &seen, &left("request_queue")), None);
    assert_eq!(id(&steps(vec![without]), &seen, &hangs), None);
    assert_eq!(id(&steps(vec![fail(FailPoint::HostTagSet)]), &seen, &host), None);
    let other = Step { a: FailPoint::FcHostWorkQueues.to_raw() as u32, ..Step::new(Trigger::QueueError) };
    assert_eq!(id(&steps(vec![other]), &seen, &host), None);
}

#[test]
fn a_written_host_state_is_one_that_was_taken() {
    let write = |state| Step { a: state, ..Step::new(Trigger::HostState) };
    let judge = |list: Vec<Step>, outcomes: &[i64], finding: &Finding| {
        let mut seen = quiet();
        seen.deferred.steps = outcomes.iter().map(|code| StepOutcome::Done(*code)).collect();
        id(&steps(list), &seen, finding)
    };
    let (hangs, host) = (blocked(Side::Deferred, 0, Trigger::HostState), left("Scsi_Host"));
    let known = Some("host-state-written");
    for state in [5, 6, 7] {
        assert_eq!(judge(vec![write(state)], &[1], &hangs), known);
        assert_eq!(judge(vec![write(state)], &[1], &host), None);
        assert_eq!(judge(vec![write(state)], &[-22], &hangs), None, "it was refused");
    }
    assert_eq!(judge(vec![write(4)], &[1], &host), known);
    assert_eq!(judge(vec![write(4)], &[1], &hangs), None);
    assert_eq!(judge(vec![write(4)], &[1], &left("request_queue")), None);
    assert_eq!(judge(vec![write(2)], &[1], &hangs), None);
    assert_eq!(judge(vec![write(5), write(2)], &[1, 1], &hangs), None, "the last one counts");
    assert_eq!(judge(vec![write(5), write(2)], &[1, -22], &hangs), known, "of those that were taken");
    let other = Step { device: 1, ..write(5) };
    assert_eq!(judge(vec![Step::new(Trigger::Read), other], &[0, 1], &hangs), None, "another device's");
    let not_a_state = Step { a: 5, ..Step::new(Trigger::QueueError) };
    assert_eq!(judge(vec![not_a_state], &[1], &hangs), None);
}

#[test]
fn refused_answers_are_told_by_what_they_left() {
    let (empty, refused) = (Some("redo-of-empty-port-data"), Some("refused-configuration"));
    let shown = |seen: &Pair<Observation>, attribute, eager, deferred| {
        id(&fabric(), seen, &value(3, FC_HOST, attribute, eager, deferred))
    };
    let (name, frame) = (Attribute::PermanentPortName, Attribute::MaxframeSize);
    assert_eq!(shown(&quiet(), name, u64::MAX, 0), empty);
    assert_eq!(shown(&quiet(), frame, u64::from(u32::MAX), 0), empty);
    assert_eq!(shown(&quiet(), frame, u64::MAX, 0), None);
    assert_eq!(shown(&quiet(), name, u64::MAX, 1), None);
    assert_eq!(shown(&quiet(), name, 1, 0), None);
    let mut seen = quiet();
    rest(&mut seen.deferred, 3, &[], &[reading(Object::Adapter(0), Attribute::LicVersion, 7)]);
    assert_eq!(shown(&seen, Attribute::FirmwareVersion, 7, 6), refused);
    assert_eq!(shown(&seen, Attribute::FirmwareVersion, 8, 6), None);
    assert_eq!(shown(&seen, Attribute::NodeName, 7, 6), None);
    let logged = |id, device| {
        let mut seen = quiet();
        rest(&mut seen.eager, 3, &[Event::Log(LogLine { id, device: Some(device), argument: 0 })], &[]);
        seen
    };
    for attribute in [Attribute::HardwareVersion, Attribute::SerialNumber] {
        assert_eq!(shown(&logged(LogId::Topology, 0), attribute, 7, 6), refused);
        assert_eq!(shown(&logged(LogId::QtcbSmall, 0), attribute, 7, 6), refused);
        assert_eq!(shown(&logged(LogId::Topology, 1), attribute, 7, 6), None);
        assert_eq!(shown(&logged(LogId::Oper, 0), attribute, 7, 6), None);
        assert_eq!(shown(&quiet(), attribute, 7, 6), None);
    }
}

#[test]
fn defects_of_a_version_need_that_version() {
    let seen = quiet();
    let modern = |behaviours| {
        let mut scenario = steps(vec![fail(FailPoint::PortSysfs)]);
        scenario.kernel.behaviours = behaviours;
        scenario
    };
    let old = modern(Behaviours(0));
    assert_eq!(id(&old, &seen, &left("gid_pn_req pool")), Some("gid-pn-pool-leak"));
    assert_eq!(id(&modern(Behaviours::GID_PN_POOL_FREED), &seen, &left("gid_pn_req pool")), None);
    assert_eq!(id(&old, &seen, &left("another pool")), None);
    let known = Some("port-sysfs-drops-adapter");
    let freed = |kind, object| trapped(Side::Eager, &trap(kind, "f", object, "x"));
    let used = freed(TrapKind::UseAfterFree, "zfcp_adapter");
    assert_eq!(id(&old, &seen, &used), known);
    assert_eq!(id(&old, &seen, &left("Scsi_Host")), known);
    assert_eq!(id(&modern(Behaviours::PORT_SYSFS_REF_ONCE), &seen, &used), None);
    assert_eq!(id(&modern(Behaviours::PORT_SYSFS_REF_ONCE), &seen, &left("Scsi_Host")), None);
    assert_eq!(id(&old, &seen, &freed(TrapKind::ForeignFree, "zfcp_adapter")), None);
    assert_eq!(id(&old, &seen, &freed(TrapKind::UseAfterFree, "zfcp_port")), None);
    for other in [
        steps(vec![fail(FailPoint::PortAlloc)]),
        steps(vec![Step { device: 1, ..fail(FailPoint::PortSysfs) }]),
        steps(vec![Step { a: FailPoint::PortSysfs.to_raw() as u32, ..Step::new(Trigger::QueueError) }]),
    ] {
        assert_eq!(id(&other, &seen, &used), None);
    }
    assert_eq!(id(&steps(vec![fail(FailPoint::PortAlloc)]), &seen, &left("Scsi_Host")), None);
    let mut nobodys = used.clone();
    if let Evidence::Trap(trap) = &mut nobodys.evidence {
        trap.device = None;
    }
    assert_eq!(id(&old, &seen, &nobodys), known);
    assert_eq!(seen.eager.end, End::Rest);
}
