//! How often and when recovery tries again (driver.md 6.5, 6.9, 8.4).

use regdiff_observation::{Attribute, Event, LogId};
use regdiff_scenario::Command;

use crate::rig::{ADAPTER, Run, answer, both, online, step};

fn failed_at_ms(run: &Run, id: LogId) -> Option<u64> {
    let line = run.0.events.iter().find(|e| matches!(e.event, Event::Log(line) if line.id == id));
    line.map(|e| e.time_us / 1000)
}

#[test]
fn config_data_is_tried_seven_times_while_the_connection_is_being_initialised() {
    let text = answer("exchange_config_data", "count = 7\nprotocol_status = \"host_connection_initializing\"");
    for run in both(&online("", &text)) {
        let seconds = [0, 1, 3, 7, 15, 31, 63];
        let mut expected = seconds.map(|s| s * 1000).to_vec();
        // The seventh answer is slept upon too, then the open fails and its 8 s pass.
        expected.push(127_000 + 8_000);
        assert_eq!(run.rested().sent(Command::ExchangeConfigData), expected);
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(0));
    }
}

#[test]
fn an_adapter_gets_four_attempts_of_eight_seconds() {
    let text = answer("exchange_config_data", "count = 0\nprotocol_status = \"seq_numb_error\"");
    for run in both(&online("", &text)) {
        assert_eq!(run.rested().sent(Command::ExchangeConfigData), [0, 8000, 16_000, 24_000]);
        assert_eq!(failed_at_ms(&run, LogId::AdapterFailed), Some(32_000));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(1));
    }
}

#[test]
fn silence_is_waited_out_for_thirty_seconds() {
    let text = answer("exchange_config_data", "reply = \"silence\"");
    for run in both(&online("", &text)) {
        assert_eq!(run.rested().sent(Command::ExchangeConfigData), [0, 38_000]);
    }
}

#[test]
fn a_port_that_does_not_open_gets_four_attempts_too() {
    // Not a port that a scan just found: that one is tried once.
    let refused =
        answer("open_port", "nth = 2\ncount = 0\nfsf_status = \"adapter_status_available\"\nqualifier = \"0x7\"");
    let text = online("", &format!("{refused}{}", step("port_failed", "port = 0")));
    for run in both(&text) {
        assert_eq!(run.rested().sent(Command::OpenPort).len(), 5);
        assert!(run.logged(LogId::PortFailed));
    }
}

#[test]
fn memory_that_is_missing_for_long_reopens_the_adapter() {
    let text = online("", &format!("{}{}", step("fail", "point = \"erp_request\""), step("port_failed", "port = 0")));
    for run in both(&text) {
        assert!(run.rested().tagged("erstgy1"));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(0));
    }
}

#[test]
fn queues_that_cannot_be_established_fail_the_open_at_once() {
    let text = format!("{}{}", step("fail", "point = \"qdio_establish\""), crate::rig::ONLINE);
    for run in both(&crate::rig::machine("", &text)) {
        assert!(run.rested().logged(LogId::QdioSetupFailed));
        assert_eq!(run.sent(Command::ExchangeConfigData), [8000]);
    }
}
