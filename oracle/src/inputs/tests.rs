//! Phases of observations made by hand, classes of answers, counts.

use std::collections::BTreeSet;

use regdiff_observation::{Attribute, Event, Given, Input, Object, Observation, SentCommand};
use regdiff_scenario::{Command, Device, FsfStatus, ProtocolStatus, Scenario, Step, Trigger};

use super::behaviour::observed;
use super::*;
use crate::testing::{reading, rest};

const OPEN: u64 = 0x0400_0000;

fn command(command: Command) -> Event {
    Event::Command(SentCommand { device: 0, command, port: 0, lun: 0 })
}

fn given(seen: &mut Observation, input: Input) {
    seen.inputs.push(Given { events_before: seen.events.len(), input });
}

fn good(command: Command) -> Input {
    let (protocol, fsf) = (ProtocolStatus::Good, FsfStatus::Good);
    Input::Answer { device: 0, command, protocol, fsf, qualifier: 0 }
}

/// Two states of the adapter at a rest: online or not, and status.
fn adapter(online: u64, status: Option<u64>) -> Vec<regdiff_observation::Reading> {
    let object = Object::Adapter(0);
    let status = status.map(|status| reading(object, Attribute::Status, status));
    let mut readings: Vec<_> = status.into_iter().chain([reading(object, Attribute::Online, online)]).collect();
    readings.sort();
    readings
}

/// The phases in which triggers and answers of a run are told.
fn told(scenario: &Scenario, seen: &Observation) -> Vec<Phase> {
    let mut phases = Vec::new();
    phase::tell(scenario, seen, |_, phase| phases.push(phase));
    phases
}

#[test]
fn a_rest_is_told_by_the_adapters_attributes() {
    let steps = vec![Step::new(Trigger::PortRescan); 6];
    let scenario = Scenario { devices: vec![Device::default()], steps, ..Scenario::default() };
    let states = [(0, None), (1, Some(0)), (1, Some(OPEN)), (1, None), (0, Some(OPEN)), (0, None)];
    let mut seen = Observation::default();
    for (index, (online, status)) in states.into_iter().enumerate() {
        rest(&mut seen, index as u32, &[command(Command::StatusRead)], &adapter(online, status));
        given(&mut seen, Input::Step(index as u32));
    }
    let expected = [Phase::BeforeOnline, Phase::Failed, Phase::Online, Phase::Failed, Phase::Offline, Phase::Removed];
    assert_eq!(told(&scenario, &seen), expected);
}

#[test]
fn between_rests_the_last_command_tells_steps_and_the_stretch_tells_answers() {
    let steps = vec![Step::new(Trigger::SetOnline); 8];
    let scenario = Scenario { devices: vec![Device::default()], steps, ..Scenario::default() };
    let mut seen = Observation::default();
    rest(&mut seen, 0, &[], &adapter(0, None));
    given(&mut seen, Input::Step(0));
    // Nothing was sent yet, but somebody set it online.
    given(&mut seen, Input::Step(1));
    let stamped = |event| regdiff_observation::Stamped { time_us: 1, context: regdiff_scenario::Context::Erp, event };
    for (sent, step) in [
        (Command::ExchangeConfigData, 2),
        (Command::OpenWka, 3),
        (Command::OpenPort, 4),
        (Command::Inquiry, 5),
        (Command::Write, 6),
        (Command::LunReset, 7),
    ] {
        seen.events.push(stamped(command(sent)));
        given(&mut seen, Input::Step(step));
        given(&mut seen, good(sent));
    }
    let discovery = Phase::Discovery;
    let expected = [
        [Phase::BeforeOnline, discovery],
        [discovery, discovery],
        [Phase::Fabric, discovery],
        [Phase::Recovery, discovery],
        [Phase::Probe, discovery],
        [Phase::Io, discovery],
        [Phase::ErrorHandling, discovery],
    ];
    assert_eq!(told(&scenario, &seen), expected.concat());
    // Once it was open, the same is a reopen; without exchanges the rest tells.
    rest(&mut seen, 8, &[], &adapter(1, Some(OPEN)));
    seen.inputs.clear();
    seen.events.push(stamped(command(Command::Read)));
    given(&mut seen, good(Command::Read));
    seen.events.push(stamped(command(Command::ExchangePortData)));
    given(&mut seen, good(Command::ExchangePortData));
    given(&mut seen, Input::Silence { device: 0, command: Command::Read });
    given(&mut seen, Input::Step(1));
    given(&mut seen, Input::Silence { device: 3, command: Command::Read });
    assert_eq!(told(&scenario, &seen), [Phase::Online, Phase::Reopen, Phase::Reopen, Phase::Reopen]);
}

#[test]
fn answers_are_told_apart_as_the_handlers_do() {
    let class = |command, protocol, fsf, word| Class::of(command, protocol, fsf, word).to_string();
    let present = ProtocolStatus::FsfStatusPresented;
    let (open, read) = (Command::OpenPort, Command::Read);
    assert_eq!(class(open, ProtocolStatus::Good, FsfStatus::Good, 0), "good");
    assert_eq!(class(open, present, FsfStatus::SecurityError, 0), "security_error");
    assert_eq!(class(open, present, FsfStatus::LunBoxed, 0), "other");
    assert_eq!(class(read, present, FsfStatus::LunBoxed, 0), "lun_boxed");
    assert_eq!(class(read, present, FsfStatus::UnknownCommand, 0), "unknown_command");
    assert_eq!(class(read, ProtocolStatus::LinkDown, FsfStatus::LunBoxed, 0), "protocol:link_down");
    assert_eq!(class(read, present, FsfStatus::AdapterStatusAvailable, 4), "adapter_status:4");
    assert_eq!(class(read, present, FsfStatus::AdapterStatusAvailable, 400), "adapter_status:8");
    assert_eq!(Class::Silence.to_string(), "silence");
    assert_eq!(Handler::StatusRead.classes(), []);
    assert!(Handler::ALL.iter().all(|handler| Command::ALL.iter().any(|command| Handler::of(*command) == *handler)));
}

#[test]
fn behaviours_name_table_row_and_column() {
    let scenario = Scenario { devices: vec![Device::default()], ..Scenario::default() };
    let mut seen = Observation::default();
    rest(&mut seen, 0, &[crate::testing::log(regdiff_observation::LogId::Oper)], &adapter(1, Some(OPEN)));
    seen.points.insert(regdiff_scenario::Point::ErpOpen);
    given(&mut seen, good(Command::Read));
    given(&mut seen, Input::Silence { device: 0, command: Command::Write });
    let mut done = BTreeSet::new();
    observed(&scenario, &seen, &mut done);
    let texts: Vec<String> = done.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["answer read good online", "answer write silence online", "log OPER", "point erp_open"]);
    let mut table = Table::default();
    table.add(done.clone(), || "first".to_owned());
    table.add(done, || "second".to_owned());
    let cells = table.cells("answer");
    assert_eq!(cells["read good"]["online"], 2);
    assert_eq!((cells.len(), table.scenarios), (2, 2));
    assert!(table.seen.values().all(|sighting| sighting.first == "first" && sighting.scenarios == 2));
}

#[test]
fn a_run_of_the_model_reaches_what_its_parameters_say() {
    let mut scenario = Scenario {
        devices: vec![Device::default()],
        steps: vec![Step::new(Trigger::SetOnline)],
        ..Scenario::default()
    };
    scenario.module.queue_depth = 1;
    scenario.module.dbfsize = 1024;
    scenario.module.port_scan_backoff = 1;
    scenario.kernel.behaviours = regdiff_scenario::Behaviours(3);
    let (report, done) = behaviours(&scenario, &crate::judge::Options::allowing(crate::contract::Allow::Open));
    assert_eq!(report.verdict.text(), "agree");
    let texts: BTreeSet<String> = done.iter().map(ToString::to_string).collect();
    for text in [
        "trigger set_online before_online",
        "answer exchange_config_data good discovery",
        "parameter module.queue_depth lowest agree",
        "parameter module.dbfsize highest agree",
        "parameter module.port_scan_backoff between agree",
        "parameter module.dbflevel default agree",
        "parameter module.dif false agree",
        "parameter kernel.behaviours no_suspend agree",
        "parameter kernel.behaviours link_test_unblocked agree",
        "parameter kernel.midlayer 5.7 agree",
        "tag ccsonl1",
        "log HOST_ADDED",
        "point online_enqueued",
    ] {
        assert!(texts.contains(text), "no {text} in {texts:#?}");
    }
    assert!(!texts.contains("parameter kernel.behaviours none agree"));
    let missing = reach::missing(&done);
    let names: BTreeSet<String> = missing.iter().map(ToString::to_string).collect();
    assert!(names.contains("parameter module.dif true") && !names.contains("parameter module.dif false"));
    assert!(!names.contains("parameter module.queue_depth between"), "the ends count as not the default");
    assert!(names.contains("answer fcp silence") && !names.contains("answer exchange_config_data good"));
}

#[test]
fn what_is_skipped_reaches_no_parameter() {
    let behaviour = |verdict| Behaviour::Parameter("module", "dif", "true".to_owned(), verdict);
    assert_eq!(reach::reached(&behaviour("skipped")), []);
    assert_eq!(reach::reached(&behaviour("agree")).len(), 1);
}
