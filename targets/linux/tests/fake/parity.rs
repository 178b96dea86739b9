//! Comparisons of observations built by hand.

use regdiff_linux::parity::{Mismatch, compare};
use regdiff_observation::{
    Access, Attribute, End, Event, LogId, LogLine, Object, Observation, Reading, Rest, SentCommand, Stamped,
    StepOutcome, Tag, TraceRecord, Trap, TrapKind, Uevent, UeventAction,
};
use regdiff_scenario::{Command, Context, Scenario, Step, Trigger};

fn scenario() -> Scenario {
    Scenario { steps: vec![Step::new(Trigger::SetOnline), Step::new(Trigger::PortRescan)], ..Scenario::default() }
}

fn showing(events: &[Event], readings: &[(Object, Attribute, u64)]) -> Observation {
    let event = |event: &Event| Stamped { time_us: 0, context: Context::User, event: *event };
    let reading = |(object, attribute, value): &(Object, Attribute, u64)| Reading {
        object: *object,
        attribute: *attribute,
        value: *value,
    };
    let readings = readings.iter().map(reading).collect();
    Observation {
        steps: vec![StepOutcome::Done(0); 2],
        events: events.iter().map(event).collect(),
        rests: vec![Rest { time_us: 1, steps_begun: 1, readings, events_end: events.len() }],
        ..Observation::default()
    }
}

fn classes(model: &Observation, kernel: &Observation) -> Vec<String> {
    compare(&scenario(), model, kernel).into_iter().map(|Mismatch { class, .. }| class).collect()
}

fn trace(device: u8, tag: &str, wanted: u8) -> Event {
    Event::Trace(TraceRecord { device, tag: Tag::new(tag), wanted, needed: wanted })
}

fn log(id: LogId, device: Option<u8>) -> Event {
    Event::Log(LogLine { id, device, argument: 0 })
}

fn sent(command: Command, port: u64) -> Event {
    Event::Command(SentCommand { device: 0, command, port, lun: 0 })
}

#[test]
fn independent_contexts_may_come_in_any_order() {
    let host = (Object::Host(0), Attribute::CanQueue, 4096);
    let uevent = |object| Event::Uevent(Uevent { action: UeventAction::Add, object });
    let one = [
        trace(0, "ccsonl1", 4),
        trace(1, "ccsonl1", 4),
        log(LogId::Oper, Some(0)),
        log(LogId::LinkUp, None),
        sent(Command::OpenPort, 1),
        sent(Command::ClosePort, 1),
        sent(Command::Inquiry, 1),
        uevent(Object::Host(0)),
        uevent(Object::FcHost(0)),
    ];
    let mut other = one;
    other.reverse();
    assert_eq!(classes(&showing(&one, &[host]), &showing(&other, &[host])), [""; 0]);
    // FCP commands are not compared at all.
    assert_eq!(
        classes(&showing(&one[..6], &[host]), &showing(&[&other[3..], &one[6..7]].concat()[..0], &[host])).len(),
        6
    );
}

#[test]
fn what_belongs_together_keeps_its_order() {
    let (a, b) = (trace(0, "fctrpc1", 2), trace(0, "scpshst", 2));
    assert_eq!(classes(&showing(&[a, b], &[]), &showing(&[b, a], &[])), ["order.trace.fctrpc1"]);
    let (a, b) = (sent(Command::OpenPort, 1), sent(Command::OpenPort, 2));
    assert_eq!(classes(&showing(&[a, b], &[]), &showing(&[b, a], &[])), ["order.command.open_port"]);
    assert_eq!(classes(&showing(&[a, b], &[]), &showing(&[a], &[])), ["command.open_port"]);
    let uevent = |action| Event::Uevent(Uevent { action, object: Object::Rport(0, 7) });
    let (a, b) = (uevent(UeventAction::Add), uevent(UeventAction::Remove));
    assert_eq!(classes(&showing(&[a, b], &[]), &showing(&[b, a], &[])), ["order.uevent.add.rport"]);
    assert_eq!(classes(&showing(&[], &[]), &showing(&[log(LogId::Gone, None)], &[])), ["log.GONE"]);
}

#[test]
fn readings_and_steps_differ_by_name() {
    let host = |attribute, value| (Object::Host(0), attribute, value);
    let model = showing(
        &[],
        &[host(Attribute::CanQueue, 1), host(Attribute::HostNo, 0), (Object::FcHost(0), Attribute::Speed, 1)],
    );
    let mut kernel = showing(&[], &[host(Attribute::CanQueue, 2)]);
    kernel.steps[1] = StepOutcome::Done(-19);
    let expected = ["step.port_rescan", "reading.scsi_host.host_no", "reading.scsi_host.can_queue", "object.fc_host"];
    assert_eq!(classes(&model, &kernel), expected);
}

fn trapped(kind: TrapKind, function: &'static str, trace: &[&'static str]) -> Observation {
    let trap = Trap {
        kind,
        function: function.into(),
        object: "".into(),
        field: "".into(),
        access: Access::Write,
        address: None,
        bytes: 0,
        device: None,
        command: None,
        context: Context::ScsiWq,
        trace: trace.iter().map(|name| (*name).into()).collect(),
        time_us: 0,
    };
    Observation { end: End::Trap(Box::new(trap)), ..showing(&[], &[]) }
}

#[test]
fn traps_are_the_same_in_the_same_function_or_the_one_it_was_inlined_into() {
    let model = trapped(TrapKind::NullAccess, "scsi_prepare_cmd", &["scsi_prepare_cmd", "scsi_queue_rq"]);
    let inlined = trapped(TrapKind::NullAccess, "scsi_queue_rq", &["scsi_queue_rq"]);
    assert_eq!(classes(&model, &inlined), [""; 0]);
    let other = trapped(TrapKind::NullAccess, "scsi_host_put", &[]);
    assert_eq!(classes(&model, &other), ["trap.null.scsi_host_put"]);
    let freed = trapped(TrapKind::UseAfterFree, "scsi_queue_rq", &[]);
    assert_eq!(classes(&model, &freed), ["trap.freed.scsi_queue_rq"]);
    assert_eq!(classes(&model, &showing(&[], &[])), ["end.trap-null.scsi_prepare_cmd-in-model"]);
    assert_eq!(classes(&showing(&[], &[]), &inlined), ["end.trap-null.scsi_queue_rq-in-kernel"]);
}
