//! What the handlers of both exchanges make of each answer (driver.md 8.2, 8.3, 9.1, 10).

use regdiff_observation::{Attribute, LogId, StepOutcome};
use regdiff_scenario::Command;
use regdiff_zfcp::Fences;

use crate::rig::{ADAPTER, FC_HOST, answer, both, online, run, step};

/// Keys of the answer, the trigger traced, and the line logged.
type Row = (&'static str, &'static str, Option<LogId>);

const CONFIG: [Row; 18] = [
    ("protocol_status = \"qtcb_version_error\"", "fspse_1", Some(LogId::ProtQtcbVersion)),
    ("protocol_status = \"seq_numb_error\"", "fspse_2", None),
    ("protocol_status = \"error_state\"", "fspse_2", None),
    ("protocol_status = \"unsupp_qtcb_type\"", "fspse_3", Some(LogId::ProtQtcbType)),
    ("protocol_status = \"duplicate_request_id\"", "fspse_4", Some(LogId::ProtDupId)),
    ("protocol_status = \"link_down\"\nqualifier = \"0x8\"", "fspse_6", Some(LogId::LdWrap)),
    ("protocol_status = \"reest_queue\"", "fspse_8", None),
    ("protocol_status = \"unknown\"", "fspse_9", Some(LogId::ProtUnknown)),
    ("fsf_status = \"unknown_command\"", "fsfse_1", Some(LogId::UnknownCmd)),
    ("fsf_status = \"adapter_status_available\"", "fsfsqe1", Some(LogId::NoRecom)),
    ("fsf_status = \"unknown\"", "fsecdh3", None),
    ("fsf_status = \"port_boxed\"", "fsecdh3", None),
    ("content = { max_qtcb_size = \"0x400\" }", "fsecdh1", Some(LogId::QtcbSmall)),
    ("content = { low_qtcb_version = \"0x2\" }", "fsecdh4", Some(LogId::QtcbNewer)),
    ("content = { high_qtcb_version = \"0x0\" }", "fsecdh5", Some(LogId::QtcbOlder)),
    ("content = { fc_topology = \"0x3\" }", "fsece_1", Some(LogId::Topology)),
    ("content = { fc_topology = \"0x0\" }", "fsece_1", Some(LogId::Topology)),
    ("fsf_status = \"exchange_data_incomplete\"\nqualifier = \"0x20\"", "ccsonl1", Some(LogId::LdFwUpdate)),
];

#[test]
fn config_data_row_by_row() {
    for (keys, tag, log) in CONFIG {
        for run in both(&online("", &answer("exchange_config_data", keys))) {
            assert!(run.rested().tagged(tag), "{keys}: {:?}", run.tags());
            if let Some(log) = log {
                assert!(run.logged(log), "{keys}");
            }
        }
    }
}

#[test]
fn a_refused_topology_stops_the_handler_before_it_is_satisfied() {
    // The level of the firmware is stored by then, the host has nothing yet in deferred.
    let text = online("", &answer("exchange_config_data", "count = 0\ncontent = { fc_topology = \"0x3\" }"));
    let [eager, deferred] = both(&text);
    for run in [&eager, &deferred] {
        assert_eq!(run.rested().at(ADAPTER, Attribute::LicVersion), Some(0x1102));
        assert_eq!(run.at(ADAPTER, Attribute::HardwareVersion), Some(0));
        assert_eq!(run.outcome(0), StepOutcome::Done(0));
    }
    assert_eq!(eager.at(FC_HOST, Attribute::PortType), Some(4));
    assert_eq!(deferred.at(FC_HOST, Attribute::PortType), None);
}

#[test]
fn an_error_changes_no_field() {
    let text = online("", &answer("exchange_config_data", "count = 0\nprotocol_status = \"seq_numb_error\""));
    for run in both(&text) {
        assert_eq!(run.rested().at(ADAPTER, Attribute::LicVersion), Some(0));
    }
}

#[test]
fn port_data_with_an_unexpected_status_does_nothing_at_all() {
    let text = online("", &answer("exchange_port_data", "fsf_status = \"unknown\""));
    let [eager, deferred] = both(&text);
    for run in [&eager, &deferred] {
        assert_eq!(run.rested().at(ADAPTER, Attribute::Failed), Some(0));
    }
    // The redo copies a buffer that nobody filled.
    assert_eq!(eager.at(FC_HOST, Attribute::PermanentPortName), Some(u64::MAX));
    assert_eq!(deferred.at(FC_HOST, Attribute::PermanentPortName), Some(0));
}

#[test]
fn synchronous_exchanges_fill_the_callers_buffer_only_when_evaluated() {
    let read = step("read_attribute", "attribute = \"utilization\"");
    let refused = answer("exchange_port_data", "nth = 2\nfsf_status = \"unknown\"");
    for run in both(&online("", &format!("{refused}{read}{read}"))) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(0));
        assert_ne!(run.outcome(2), StepOutcome::Done(0));
    }
}

#[test]
fn an_incomplete_answer_is_an_error_to_requests_alone() {
    let read = |attribute| step("read_attribute", &format!("attribute = \"{attribute}\""));
    let incomplete = answer("exchange_config_data", "nth = 2\nfsf_status = \"exchange_data_incomplete\"");
    for run in both(&online("", &format!("{incomplete}{}", read("requests")))) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(-11));
    }
    let incomplete = answer("exchange_port_data", "nth = 2\nfsf_status = \"exchange_data_incomplete\"");
    for run in both(&online("", &format!("{incomplete}{}", read("utilization")))) {
        assert!(matches!(run.rested().outcome(1), StepOutcome::Done(n) if n > 0));
    }
}

#[test]
fn diagnostics_are_kept_for_five_seconds() {
    let read = step("read_attribute", "attribute = \"b2b_credit\"");
    let late = step("read_attribute", "attribute = \"b2b_credit\"\nwhen = { after_ms = 6000 }");
    let run = run(&online("", &format!("{read}{late}{read}")), Fences::DEFERRED);
    assert_eq!(run.rested().sent(Command::ExchangeConfigData).len(), 2);
    assert_eq!(run.outcome(3), StepOutcome::Done(64));
}

#[test]
fn a_reset_of_statistics_starts_the_counter_again() {
    let read = step("read_attribute", "attribute = \"statistics\"");
    let reset = step("reset_statistics", "");
    for run in both(&online("", &format!("{read}{reset}{read}"))) {
        assert!(matches!(run.rested().outcome(1), StepOutcome::Done(n) if n > 0));
        assert_eq!((run.outcome(2), run.outcome(3)), (StepOutcome::Done(1), StepOutcome::Done(0)));
    }
}

#[test]
fn a_silent_synchronous_exchange_ends_with_a_reopen() {
    let silent = answer("exchange_config_data", "nth = 2\nreply = \"silence\"");
    let text = online("", &format!("{silent}{}", step("read_attribute", "attribute = \"requests\"")));
    for run in both(&text) {
        assert!(run.rested().tagged("fsrth_1"));
        assert_eq!(run.outcome(1), StepOutcome::Done(-5));
    }
}
