//! Near misses of what is excused by links that are down.

use regdiff_observation::{
    Attribute, Event, FcEvent, LogId, LogLine, Object, Observation, SentCommand, Stamped, Tag, TraceRecord,
    UeventAction,
};
use regdiff_scenario::{
    Answer, Command, Content, ContentField, Context, FsfStatus, ProtocolStatus, Reply, Scalar, Scenario, Topology,
};

use super::super::tests::{at, id, registered_after};
use super::open::{FC_HOST, HOST, quiet, value};
use super::{event, fabric, ptp};
use crate::contract::Finding;
use crate::divergence::Difference;
use crate::pair::{Pair, Side};
use crate::testing::{log, reading, rest, uevent};

/// Two sides with a host. Deferred logged a link-down in its second stretch, and shows a port type from then on; eager shows none.
fn dead_link(line: LogId, device: u8, eager: u64, deferred: u64) -> Pair<Observation> {
    let went = Event::Log(LogLine { id: line, device: Some(device), argument: 0 });
    Pair::of(|side| {
        let kind = if side == Side::Eager { eager } else { deferred };
        let readings = [reading(HOST, Attribute::HostNo, 0), reading(FC_HOST, Attribute::PortType, kind)];
        let (mut seen, add) = (Observation::default(), uevent(UeventAction::Add, FC_HOST));
        rest(&mut seen, 1, &[add], &readings);
        rest(&mut seen, 2, &[went], &readings);
        rest(&mut seen, 3, &[], &readings);
        seen
    })
}

#[test]
fn a_dead_link_is_one_that_deferred_logged_and_still_shows() {
    let (known, kind) = (Some("redo-forgets-link-down"), Attribute::PortId);
    let shown = |seen: &Pair<Observation>, finding: Finding| id(&fabric(), seen, &finding);
    let down = dead_link(LogId::LdNoLight, 0, 0, 3);
    assert_eq!(shown(&down, value(3, FC_HOST, kind, 0, 9)), known);
    assert_eq!(shown(&down, value(1, FC_HOST, kind, 0, 9)), None, "not down yet");
    assert_eq!(shown(&down, value(3, FC_HOST, kind, 9, 0)), None);
    assert_eq!(shown(&down, value(3, FC_HOST, kind, 8, 9)), None);
    assert_eq!(shown(&down, value(3, FC_HOST, Attribute::NodeName, 0, 9)), None);
    assert_eq!(shown(&dead_link(LogId::Oper, 0, 0, 3), value(3, FC_HOST, kind, 0, 9)), None);
    assert_eq!(shown(&dead_link(LogId::LdNoLight, 1, 0, 3), value(3, FC_HOST, kind, 0, 9)), None);
    assert_eq!(shown(&dead_link(LogId::LdNoLight, 0, 3, 3), value(3, FC_HOST, kind, 0, 9)), None);
    assert_eq!(shown(&dead_link(LogId::LdNoLight, 0, 0, 0), value(3, FC_HOST, kind, 0, 9)), None);
    let fc4s = |eager, deferred, seen: &Pair<Observation>| {
        shown(seen, value(3, FC_HOST, Attribute::ActiveFc4s, eager, deferred))
    };
    assert_eq!(fc4s(1, 0, &down), Some("active-fc4s-of-a-dead-link"));
    assert_eq!(fc4s(2, 1, &down), None);
    assert_eq!(fc4s(1, 0, &quiet()), None);
    assert_eq!(shown(&down, value(3, FC_HOST, Attribute::SupportedFc4s, 1, 0)), None);
}

#[test]
fn a_dead_link_is_excused_until_port_data_comes_again() {
    let (port_data, known) = (Command::ExchangePortData, Some("active-fc4s-of-a-dead-link"));
    let sent = |device, command| Event::Command(SentCommand { device, command, port: 0, lun: 0 });
    let record = |device, needed| Event::Trace(TraceRecord { device, tag: Tag::new("ccsoff1"), wanted: 4, needed });
    let shown = |scenario: &Scenario, stretches: &[&[Event]]| {
        let mut seen = dead_link(LogId::LdNoLight, 0, 0, 3);
        stretches.iter().for_each(|events| rest(&mut seen.deferred, 3, events, &[]));
        id(scenario, &seen, &value(3, FC_HOST, Attribute::ActiveFc4s, 1, 0))
    };
    let asked = |events: &[Event]| shown(&fabric(), &[events]);
    assert_eq!(asked(&[sent(0, port_data)]), None, "from then on both variants fill it in alike");
    assert_eq!(asked(&[sent(1, port_data)]), known);
    assert_eq!(asked(&[sent(0, Command::ExchangeConfigData)]), known);
    assert_eq!(asked(&[sent(0, port_data), record(0, 4)]), known, "thrown back by a recovery");
    assert_eq!(asked(&[record(0, 4), sent(0, port_data)]), None);
    assert_eq!(asked(&[sent(0, port_data), record(0, 4), sent(0, port_data)]), None);
    assert_eq!(asked(&[sent(0, port_data), record(1, 4)]), None);
    assert_eq!(asked(&[sent(0, port_data), record(0, 2)]), None);
    assert_eq!(shown(&fabric(), &[&[sent(0, port_data)], &[record(0, 4)]]), None, "answered before the rest");
    // Asked while the adapter is being closed, and not open afterwards.
    let closing = |status: u64, events: &[Event]| {
        let mut seen = dead_link(LogId::LdNoLight, 0, 0, 3);
        rest(&mut seen.deferred, 3, events, &[reading(Object::Adapter(0), Attribute::Status, status)]);
        id(&fabric(), &seen, &value(3, FC_HOST, Attribute::ActiveFc4s, 1, 0))
    };
    assert_eq!(closing(0x2000_0000, &[record(0, 4), sent(0, port_data)]), known);
    assert_eq!(closing(0x2400_0000, &[record(0, 4), sent(0, port_data)]), None, "open: told");
    assert_eq!(closing(0x2000_0000, &[record(1, 4), sent(0, port_data)]), None, "no recovery here closes it");
    // Before registration both ask, and it does not count.
    let mut seen = dead_link(LogId::LdNoLight, 0, 0, 3);
    let first = Stamped { time_us: 0, context: Context::Erp, event: sent(0, port_data) };
    seen.deferred.events.insert(0, first);
    seen.deferred.rests.iter_mut().for_each(|at_rest| at_rest.events_end += 1);
    assert_eq!(id(&fabric(), &seen, &value(3, FC_HOST, Attribute::ActiveFc4s, 1, 0)), known);
    // What a script refuses, and what no record tells.
    let script = |answer: Answer| shown(&Scenario { firmware: vec![answer], ..fabric() }, &[&[sent(0, port_data)]]);
    let answer = Answer { command: port_data, ..Answer::default() };
    assert_eq!(script(answer.clone()), None);
    assert_eq!(script(Answer { fsf_status: FsfStatus::ExchangeDataIncomplete, ..answer.clone() }), None);
    assert_eq!(script(Answer { protocol_status: ProtocolStatus::FsfStatusPresented, ..answer.clone() }), None);
    assert_eq!(script(Answer { fsf_status: FsfStatus::UnknownCommand, ..answer.clone() }), known);
    assert_eq!(script(Answer { protocol_status: ProtocolStatus::SeqNumbError, ..answer.clone() }), known);
    assert_eq!(script(Answer { reply: Reply::Silence, ..answer.clone() }), known);
    assert_eq!(script(Answer { delay_ms: 29_999, ..answer.clone() }), None);
    assert_eq!(script(Answer { delay_ms: 30_000, ..answer.clone() }), known, "nobody waits for it");
    let refused = Answer { fsf_status: FsfStatus::UnknownCommand, ..answer };
    assert_eq!(script(Answer { device: 1, ..refused.clone() }), None);
    assert_eq!(script(Answer { command: Command::ExchangeConfigData, ..refused }), None);
    let mut silent = fabric();
    silent.module.dbflevel = 0;
    assert_eq!(shown(&silent, &[&[sent(0, port_data)]]), known);
}

#[test]
fn a_scan_over_a_dead_link_is_deferreds() {
    let down = dead_link(LogId::LdNoLight, 0, 0, 3);
    let known = Some("scan-while-link-is-down");
    let sent = |command, device| Event::Command(SentCommand { device, command, port: 0, lun: 0 });
    let record = |tag: &str| Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 2 });
    let scan = |seen: &Pair<Observation>, steps, what, eager, deferred| {
        id(&fabric(), seen, &event(steps, what, eager, deferred))
    };
    let unsent = [record("fsrs__1"), record("qdsbg_1")];
    for what in [sent(Command::GpnFt, 0), record("fcegpf1"), record("fcegpf2")].into_iter().chain(unsent) {
        assert_eq!(scan(&down, 3, what, 0, 1), known, "{what:?}");
        assert_eq!(scan(&down, 3, what, 1, 0), None, "{what:?}");
        assert_eq!(scan(&quiet(), 3, what, 0, 1), None, "{what:?}");
    }
    for what in [sent(Command::OpenPort, 0), record("ersfs_1"), sent(Command::GpnFt, 1), log(LogId::Oper)] {
        assert_eq!(scan(&down, 3, what, 0, 1), None, "{what:?}");
    }
    assert_eq!(scan(&down, 1, sent(Command::GpnFt, 0), 0, 1), None, "before the link went down");
    // With a host that shows the link as down, and was registered before, nothing excuses a scan.
    let shown = dead_link(LogId::LdNoLight, 0, 0, 0);
    assert_eq!(scan(&shown, 3, sent(Command::GpnFt, 0), 0, 1), None);
    // In the stretch of the first registration, and once the host is gone, the log tells.
    let mut first = dead_link(LogId::LdNoLight, 0, 0, 0);
    first.deferred.events.remove(0);
    first.deferred.rests.iter_mut().for_each(|at_rest| at_rest.events_end -= 1);
    assert_eq!(scan(&first, 2, sent(Command::GpnFt, 0), 0, 1), known);
    let mut gone = dead_link(LogId::LdNoLight, 0, 0, 0);
    gone.deferred.rests.iter_mut().for_each(|at_rest| at_rest.readings.clear());
    assert_eq!(scan(&gone, 3, sent(Command::GpnFt, 0), 0, 1), known);
    // The link was shown as up when the stretch began, and came back within it.
    let mut back = dead_link(LogId::LdNoLight, 0, 0, 3);
    back.eager.rests[2].readings = vec![reading(FC_HOST, Attribute::PortType, 3)];
    assert_eq!(scan(&back, 3, sent(Command::GpnFt, 0), 0, 1), known);
    assert_eq!(scan(&Pair::default(), 0, sent(Command::GpnFt, 0), 0, 1), None);
}

#[test]
fn the_port_of_a_peer_named_zero_cannot_be_found_by_its_address() {
    let found = |scenario: &Scenario, line, wwpn, tag: &str, counts: (u32, u32)| {
        let mut seen = dead_link(line, 0, 0, 3);
        for rest in &mut seen.deferred.rests {
            rest.readings.push(reading(Object::Port(0, wwpn), Attribute::Status, 0));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        let record = Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 2 });
        id(scenario, &seen, &event(3, record, counts.0, counts.1))
    };
    let (down, more) = (LogId::LdNoLight, (1, 0));
    assert_eq!(found(&ptp(), down, 0, "fssrpc1", more), Some("ptp-port-without-name"));
    assert_eq!(found(&ptp(), down, 0, "fssrpc1", (0, 1)), None);
    assert_eq!(found(&ptp(), down, 0, "fcrscn1", (0, 1)), Some("ptp-port-without-name"));
    assert_eq!(found(&ptp(), down, 0, "fcrscn1", more), None);
    assert_eq!(found(&ptp(), down, 0, "fciwwp1", more), None);
    assert_eq!(found(&ptp(), down, 7, "fssrpc1", more), None);
    assert_eq!(found(&ptp(), LogId::Oper, 0, "fssrpc1", more), None);
    assert_eq!(found(&fabric(), down, 0, "fssrpc1", more), None);
}

#[test]
fn a_nameless_port_is_opened_by_the_address_that_eager_has() {
    let opened = |scenario: &Scenario, line, (eager, deferred): (u64, u64), command, counts: (u32, u32)| {
        let mut seen = dead_link(line, 0, 0, 3);
        for (side, wwpn) in [(&mut seen.eager, eager), (&mut seen.deferred, deferred)] {
            for rest in &mut side.rests {
                rest.readings.push(reading(Object::Port(0, wwpn), Attribute::Status, 0));
                rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
            }
        }
        let sent = Event::Command(SentCommand { device: 0, command, port: 1, lun: 0 });
        id(scenario, &seen, &event(3, sent, counts.0, counts.1))
    };
    let (down, open, known) = (LogId::LdNoLight, Command::OpenPort, Some("ptp-port-without-name"));
    assert_eq!(opened(&ptp(), down, (0, 0), open, (1, 0)), known);
    assert_ne!(opened(&ptp(), down, (0, 0), open, (0, 1)), known);
    assert_ne!(opened(&ptp(), down, (0, 0), Command::ClosePort, (1, 0)), known);
    assert_ne!(opened(&ptp(), down, (7, 0), open, (1, 0)), known);
    assert_ne!(opened(&ptp(), down, (0, 7), open, (1, 0)), known);
    assert_ne!(opened(&ptp(), LogId::Oper, (0, 0), open, (1, 0)), known);
    assert_ne!(opened(&fabric(), down, (0, 0), open, (1, 0)), known);
}

#[test]
fn a_nameless_port_that_is_gone_at_the_rest_was_made_at_registration() {
    let found = |scenario: &Scenario, line, device, steps, counts: (u32, u32)| {
        let went = Event::Log(LogLine { id: line, device: Some(device), argument: 0 });
        let seen = Pair::of(|_| {
            let mut seen = Observation::default();
            rest(&mut seen, 1, &[], &[]);
            rest(&mut seen, 2, &[went, uevent(UeventAction::Add, FC_HOST)], &[]);
            rest(&mut seen, 3, &[], &[]);
            seen
        });
        let made = Event::Trace(TraceRecord { device: 0, tag: Tag::new("ereptp1"), wanted: 2, needed: 0 });
        id(scenario, &seen, &event(steps, made, counts.0, counts.1))
    };
    let (down, more) = (LogId::LdNoLight, (1, 2));
    assert_eq!(found(&ptp(), down, 0, 2, more), Some("ptp-port-without-name"));
    assert_ne!(found(&ptp(), down, 0, 2, (2, 1)), Some("ptp-port-without-name"), "eager makes none");
    assert_eq!(found(&fabric(), down, 0, 2, more), None);
    assert_eq!(found(&ptp(), LogId::Oper, 0, 2, more), None);
    assert_eq!(found(&ptp(), down, 1, 2, more), None, "another device's link");
    assert_eq!(found(&ptp(), down, 0, 3, more), None, "after registration");
    assert_eq!(found(&ptp(), down, 0, 1, more), None, "before it");
}

#[test]
fn of_two_scans_eager_does_the_one_after_port_data() {
    let (scan, port_data) = (Command::OpenWka, Command::ExchangePortData);
    let sent = |command, device| Event::Command(SentCommand { device, command, port: 0, lun: 0 });
    // What each side sends in the last stretch, and the type that deferred shows when it begins.
    let more = |eager: &[Event], deferred: &[Event], shown| {
        let mut seen = dead_link(LogId::LdNoLight, 0, 0, shown);
        for (side, sent) in [(&mut seen.eager, eager), (&mut seen.deferred, deferred)] {
            side.rests.pop();
            rest(side, 3, sent, &[reading(FC_HOST, Attribute::PortType, 3)]);
        }
        id(&fabric(), &seen, &event(3, sent(Command::CloseWka, 0), 2, 1))
    };
    let (early, late) = ([sent(scan, 0), sent(port_data, 0)], [sent(port_data, 0), sent(scan, 0)]);
    assert_eq!(more(&late, &early, 3), Some("scan-while-link-is-down"));
    assert_eq!(more(&[], &early[..1], 3), Some("scan-while-link-is-down"));
    assert_eq!(more(&late, &early, 0), None, "deferred shows the link as down");
    assert_eq!(more(&early, &early, 3), None);
    assert_eq!(more(&late, &late, 3), None);
    assert_eq!(more(&late, &[sent(scan, 1), sent(port_data, 0), sent(scan, 0)], 3), None, "another device's scan");
    assert_eq!(more(&late, &[sent(port_data, 1), sent(scan, 0)], 3), Some("scan-while-link-is-down"));
    // Where deferred hangs in its scan, eager alone opens the adapter and tells of the link.
    let hangs = |what: Event, counts: (u32, u32), shown| {
        let mut seen = dead_link(LogId::LdNoLight, 0, 0, shown);
        for (side, sent) in [(&mut seen.eager, &late), (&mut seen.deferred, &early)] {
            side.rests.pop();
            rest(side, 3, sent, &[]);
        }
        id(&fabric(), &seen, &event(3, what, counts.0, counts.1))
    };
    let told = |code| Event::Fc(FcEvent { device: 0, code, data: 0 });
    for what in [sent(port_data, 0), told(2)] {
        assert_eq!(hangs(what, (1, 0), 3), Some("scan-while-link-is-down"), "{what:?}");
        assert_eq!(hangs(what, (0, 1), 3), Some("scan-while-link-is-down"), "{what:?}: in eager the later scan failed");
        assert_eq!(hangs(what, (1, 0), 0), None, "{what:?}: deferred shows the link as down");
    }
    assert_eq!(hangs(told(3), (1, 0), 3), None, "the link goes down");
    // What the scan brings down is met by port data on one side only.
    let shows = |eager: &[Event], deferred: &[Event], shown, object, attribute| {
        let mut seen = dead_link(LogId::LdNoLight, 0, 0, shown);
        for (side, sent) in [(&mut seen.eager, eager), (&mut seen.deferred, deferred)] {
            side.rests.pop();
            rest(side, 3, sent, &[]);
        }
        id(&fabric(), &seen, &at(3, Difference::Value { object, attribute, values: Pair { eager: 1, deferred: 0 } }))
    };
    let known = Some("scan-while-link-is-down");
    for (object, attribute) in [(Object::Adapter(0), Attribute::ServiceLevel), (FC_HOST, Attribute::ActiveFc4s)] {
        assert_eq!(shows(&late, &early, 3, object, attribute), known);
        assert_ne!(shows(&late, &early, 0, object, attribute), known, "deferred shows the link as down");
        assert_ne!(shows(&late, &late, 3, object, attribute), known);
        assert_ne!(shows(&early, &early, 3, object, attribute), known);
        assert_ne!(shows(&early, &late, 3, object, attribute), known);
    }
    assert_eq!(shows(&late, &early, 3, Object::Adapter(1), Attribute::ServiceLevel), None, "another device's");
    assert_eq!(shows(&late, &early, 3, Object::Adapter(0), Attribute::Status), None);
    assert_eq!(shows(&late, &early, 3, Object::Port(0, 5), Attribute::ServiceLevel), None);
}

#[test]
fn the_first_stretch_may_go_on_to_an_early_scan() {
    let (scan, port_data) = (Command::OpenWka, Command::ExchangePortData);
    let sent = |command| Event::Command(SentCommand { device: 0, command, port: 0, lun: 0 });
    let (down, added) = (log(LogId::LdNoLight), uevent(UeventAction::Add, FC_HOST));
    let opened = |first: &[Event], more: [Event; 2]| [&[sent(port_data)], first, &more].concat();
    let more = |eager: [Event; 2], deferred: [Event; 2], first: &[Event]| {
        let seen = Pair::of(|side| {
            let mut seen = Observation::default();
            let story = opened(first, if side == Side::Eager { eager } else { deferred });
            rest(&mut seen, 0, &[], &[]);
            rest(&mut seen, 3, &story, &[reading(FC_HOST, Attribute::PortType, 3)]);
            seen
        });
        id(&fabric(), &seen, &event(3, sent(Command::CloseWka), 2, 1))
    };
    let (early, late) = ([sent(scan), sent(port_data)], [sent(port_data), sent(scan)]);
    assert_eq!(more(late, early, &[down, added]), Some("scan-while-link-is-down"));
    assert_eq!(more(late, early, &[added]), None, "the link was never down");
    assert_eq!(more(early, early, &[down, added]), None);
    assert_eq!(more(late, late, &[down, added]), None);
    assert_eq!(more(late, early, &[down, added, sent(port_data)]), None, "port data told that it is up");
}

#[test]
fn a_port_of_a_peer_is_made_or_missed_point_to_point() {
    let down = dead_link(LogId::LdNoLight, 0, 0, 0);
    let only = |wwpn, present| at(3, Difference::Object { object: Object::Port(0, wwpn), present });
    let (nameless, between) = (Some("ptp-port-without-name"), Some("ptp-port-between-exchanges"));
    for (wwpn, present, other) in [(0, Side::Deferred, Side::Eager), (5, Side::Eager, Side::Deferred)] {
        assert_eq!(id(&ptp(), &down, &only(wwpn, present)), nameless);
        assert_eq!(id(&ptp(), &down, &only(wwpn, other)), None);
        assert_eq!(id(&fabric(), &down, &only(wwpn, present)), None);
        assert_eq!(id(&ptp(), &dead_link(LogId::Oper, 0, 0, 0), &only(wwpn, present)), None);
    }
    let rport = at(3, Difference::Object { object: Object::Rport(0, 0), present: Side::Deferred });
    assert_eq!(id(&ptp(), &down, &rport), None);
    let record = |tag: &str| Event::Trace(TraceRecord { device: 0, tag: Tag::new(tag), wanted: 2, needed: 2 });
    let made = record("ereptp1");
    assert_eq!(id(&ptp(), &down, &event(3, made, 1, 0)), between);
    assert_eq!(id(&fabric(), &down, &event(3, made, 1, 0)), None);
    assert_eq!(id(&ptp(), &dead_link(LogId::Oper, 0, 0, 0), &event(3, made, 1, 0)), None);
    let told = |device, value| {
        let contents = vec![Content { field: ContentField::FcTopology, value }];
        let scenario = Scenario { firmware: vec![Answer { device, contents, ..Answer::default() }], ..fabric() };
        id(&scenario, &dead_link(LogId::Oper, 0, 0, 0), &event(3, made, 1, 0))
    };
    assert_eq!(told(0, Topology::PointToPoint.to_raw()), between, "it turned out to be another");
    assert_eq!(told(1, Topology::PointToPoint.to_raw()), None);
    assert_eq!(told(0, Topology::Fabric.to_raw()), None);
    let peer = |device, value, asked: usize| {
        let contents = vec![Content { field: ContentField::PeerWwpn, value }];
        let mut scenario = Scenario { firmware: vec![Answer { device, contents, ..Answer::default() }], ..ptp() };
        let mut seen = dead_link(LogId::Oper, 0, 0, 0);
        let asks = Event::Command(SentCommand { device: 0, command: Command::ExchangeConfigData, port: 0, lun: 0 });
        rest(&mut seen.deferred, 3, &vec![asks; asked], &[reading(HOST, Attribute::HostNo, 0)]);
        let (record, port) = (event(3, made, 1, 0), only(5, Side::Eager));
        let told = [&record, &port].map(|finding| id(&scenario, &seen, finding));
        scenario.module.dbflevel = 0;
        (told, id(&scenario, &seen, &port))
    };
    assert_eq!(peer(0, 8, 2), ([between, None], between), "another peer at the next attempt");
    assert_eq!(peer(0, 8, 1), ([None; 2], None), "only one attempt");
    assert_eq!(peer(1, 8, 2), ([None; 2], None));
    let mut silent = ptp();
    silent.module.dbflevel = 0;
    assert_eq!(id(&silent, &down, &only(0, Side::Eager)), between, "a port without name, and without a record");
    assert_eq!(id(&silent, &down, &only(0, Side::Deferred)), nameless);
    silent.devices = fabric().devices;
    assert_eq!(id(&silent, &down, &only(0, Side::Eager)), None);
    assert_eq!(id(&ptp(), &down, &event(3, made, 0, 1)), None);
    for what in [record("ersfs_1"), uevent(UeventAction::Add, Object::Rport(0, 5)), log(LogId::Oper)] {
        assert_eq!(id(&ptp(), &down, &event(3, what, 1, 0)), None);
    }
    let misses = |scenario: &Scenario, attribute, eager, deferred| {
        id(scenario, &quiet(), &value(3, Object::Port(0, 5), attribute, eager, deferred))
    };
    let known = Some("ptp-port-misses-first-open");
    assert_eq!(misses(&ptp(), Attribute::Status, 0x2100_0000, 0x4100_0000), known);
    assert_eq!(misses(&ptp(), Attribute::Status, 0x2100_0000, 0x2000_0000), None);
    assert_eq!(misses(&ptp(), Attribute::Failed, 1, 0), known);
    assert_eq!(misses(&ptp(), Attribute::Failed, 0, 1), None);
    assert_eq!(misses(&ptp(), Attribute::InRecovery, 1, 0), None);
    assert_eq!(misses(&fabric(), Attribute::Failed, 1, 0), None);
    let unit = value(3, Object::Unit(0, 5, 5), Attribute::Failed, 1, 0);
    assert_eq!(id(&ptp(), &quiet(), &unit), None);
}

#[test]
fn a_port_that_was_due_stays_away_where_the_link_is_another() {
    let misses = |scenario: &Scenario, status: u64, eager: u64, deferred: bool| {
        let mut seen = registered_after(1);
        for rest in &mut seen.eager.rests {
            rest.readings.push(reading(Object::Port(0, eager), Attribute::Status, 0));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        for rest in &mut seen.deferred.rests {
            rest.readings.push(reading(
                Object::Adapter(0),
                Attribute::Status,
                if rest.steps_begun < 4 { status } else { 0x4400_0000 },
            ));
            rest.readings.extend(deferred.then(|| reading(Object::Port(0, 9), Attribute::Status, 0)));
            rest.readings.sort_by_key(|reading| (reading.object, reading.attribute));
        }
        id(scenario, &seen, &at(4, Difference::Object { object: Object::Port(0, 7), present: Side::Eager }))
    };
    let told = |value| {
        let contents = vec![Content { field: ContentField::FcTopology, value }];
        Scenario { firmware: vec![Answer { contents, ..Answer::default() }], ..fabric() }
    };
    let (another, closed, known) =
        (told(Topology::PointToPoint.to_raw()), 0x4000_0000, Some("ptp-port-between-exchanges"));
    assert_eq!(misses(&another, closed, 7, false), known);
    assert_eq!(misses(&ptp(), closed, 7, false), None, "the link is always the same");
    assert_eq!(misses(&fabric(), closed, 7, false), None);
    assert_eq!(misses(&another, 0x4400_0000, 7, false), None, "the adapter was open all the time");
    assert_eq!(misses(&another, closed, 8, false), None, "eager has made it since");
    assert_eq!(misses(&another, closed, 7, true), None, "it had its port");
}
