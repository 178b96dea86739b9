//! Port scan, link test, symbolic name, events (driver.md 13, 14).

use regdiff_observation::{Attribute, LogId, StepOutcome};
use regdiff_scenario::Command;

use crate::rig::{FC_HOST, HOST, PORT, answer, both, online, step};

#[test]
fn a_busy_name_server_is_asked_three_times() {
    let text = online("", &answer("gpn_ft", "count = 0\ncontent = { ct_result = \"0x1\" }"));
    for run in both(&text) {
        assert_eq!(run.rested().sent(Command::GpnFt), [0, 1000, 2000]);
        assert_eq!(run.at(PORT, Attribute::Status), None);
    }
}

#[test]
fn other_refusals_end_the_scan() {
    for (refusal, log) in [("ct_result = \"0x2\"", false), ("ct_residual = \"0x1\"", true)] {
        for run in both(&online("", &answer("gpn_ft", &format!("content = {{ {refusal} }}")))) {
            assert_eq!(run.rested().sent(Command::GpnFt).len(), 1);
            assert_eq!(run.logged(LogId::NsResidual), log);
        }
    }
}

#[test]
fn a_scanned_port_that_does_not_open_is_tried_once_and_goes() {
    let keys = "count = 0\nfsf_status = \"adapter_status_available\"\nqualifier = \"0x7\"";
    for run in both(&online("", &answer("open_port", keys))) {
        assert_eq!(run.rested().sent(Command::OpenPort).len(), 1);
        assert!(run.tagged("fcegpf2"));
        assert_eq!(run.at(PORT, Attribute::Status), None);
    }
}

#[test]
fn automatic_scans_can_be_switched_off_but_for_the_one_of_set_online() {
    let text = format!("{}[module]\nno_auto_port_rescan = true\n", online("", &step("notification_lost", "")));
    for run in both(&text) {
        assert_eq!(run.rested().sent(Command::GpnFt).len(), 1);
    }
}

#[test]
fn unforced_scans_keep_their_distance() {
    for run in both(&online("", &step("notification_lost", "subtype = \"0x1\""))) {
        assert_eq!(run.rested().sent(Command::GpnFt), [0, 60_000]);
    }
    for run in both(&online("", &step("port_rescan", ""))) {
        assert_eq!(run.rested().sent(Command::GpnFt).len(), 2);
        assert!(run.sent(Command::GpnFt)[1] < 1000);
    }
}

#[test]
fn a_link_test_does_not_hold_the_work_queue() {
    // The ADISC stays out for 5 s; a scan meanwhile is answered at once.
    let slow = answer("adisc", "delay_ms = 5000");
    let rscn = step("rscn", "port = 0\nrange = \"port\"");
    let rescan = step("port_rescan", "when = { after_ms = 10 }");
    for run in both(&online("", &format!("{slow}{rscn}{rescan}"))) {
        let scans = run.rested().sent(Command::GpnFt);
        assert!(scans[1] - run.sent(Command::Adisc)[0] < 100, "{scans:?}");
        assert_eq!(run.at(PORT, Attribute::Failed), Some(0));
    }
}

#[test]
fn a_link_test_ends_three_ways() {
    let rscn = step("rscn", "port = 0\nrange = \"area\"");
    for behaviours in ["", "[kernel]\nbehaviours = [\"link_test_unblocked\"]\n"] {
        let with = |script: &str| format!("{}{behaviours}", online("", &format!("{script}{rscn}")));
        let rows = [
            (String::new(), None),
            (answer("adisc", "fsf_status = \"unknown\""), Some("fcadh_1")),
            (answer("adisc", "content = { adisc_wwpn = \"0x1\" }"), Some("fcadh_2")),
        ];
        for (script, tag) in rows {
            for run in both(&with(&script)) {
                assert_eq!(run.rested().sent(Command::Adisc).len(), 1);
                assert!(tag.is_none_or(|tag| run.tagged(tag)), "{:?}", run.tags());
                assert_eq!(run.at(PORT, Attribute::Failed), Some(0));
                assert!(run.story().contains(&"event 5".to_owned()));
            }
        }
    }
}

#[test]
fn the_symbolic_name_of_a_virtual_port_is_registered() {
    for (device, registered) in [("", 1), ("connection = []", 0)] {
        for run in both(&online(device, "")) {
            assert_eq!(run.rested().sent(Command::RspnId).len(), registered);
            assert_ne!(run.at(FC_HOST, Attribute::SymbolicName), Some(0));
        }
    }
}

#[test]
fn a_virtual_port_is_named_whatever_the_name_server_answers() {
    // It rejects whoever asks for 0: nobody.
    let nobody = answer("exchange_config_data", "count = 0\ncontent = { s_id = \"0x0\" }");
    for (device, registered, name) in [("", 1, 1 | 1 << 32), ("connection = []", 0, 0)] {
        for run in both(&online(device, &nobody)) {
            assert_eq!(run.rested().sent(Command::RspnId).len(), registered, "{device}");
            assert_eq!(run.at(FC_HOST, Attribute::SymbolicName), Some(name), "{device}");
        }
    }
}

#[test]
fn a_closed_port_is_reopened() {
    for run in both(&online("", &step("port_closed", "port = 0"))) {
        assert!(run.rested().tagged("fssrpc1"));
        assert_eq!(run.sent(Command::OpenPort).len(), 2);
    }
}

#[test]
fn bit_errors_stop_the_adapter_if_they_may() {
    let text = online("", &step("bit_error_threshold", ""));
    for run in both(&text) {
        assert!(run.rested().logged(LogId::BerStop) && run.tagged("fssrh_b"));
    }
    for run in both(&format!("{text}[module]\nber_stop = false\n")) {
        assert!(run.rested().logged(LogId::Ber) && !run.tagged("fssrh_b"));
        assert_eq!(run.at(HOST, Attribute::HostNo), Some(0));
    }
}

#[test]
fn ports_in_use_are_not_removed_and_others_are() {
    for run in both(&online("", &step("port_remove", "port = 0"))) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(-16));
    }
    let text =
        format!("version = 1\n[[device]]\n[[device.port]]\n{}{}", crate::rig::ONLINE, step("port_remove", "port = 0"));
    for run in both(&text) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(1));
        assert!(run.tagged("syprs_1"));
        assert_eq!(run.at(PORT, Attribute::Status), None);
    }
}

#[test]
fn units_are_what_a_physical_port_scans() {
    let add = step("unit_add", "port = 0\nlun = 0");
    let remove = step("unit_remove", "port = 0\nlun = 0");
    for run in both(&online("connection = []", &format!("{add}{add}{remove}{remove}"))) {
        assert_eq!(run.rested().at_rest(1, crate::rig::SDEV, Attribute::Status), None);
        let outcomes = [1, 2, 3, 4].map(|s| run.outcome(s));
        assert_eq!(outcomes, [1, -17, 1, -22].map(StepOutcome::Done));
        assert_eq!(run.at_rest(2, crate::rig::SDEV, Attribute::Failed), Some(0));
        assert_eq!(run.at(crate::rig::SDEV, Attribute::Failed), None);
    }
}
