//! What the handlers of ports, LUNs and SCSI commands make of each status (driver.md 12, 15).

use regdiff_observation::{Attribute, LogId};
use regdiff_scenario::Command;

use crate::rig::{ADAPTER, PORT, SDEV, answer, both, online, step};

/// Command, status, what provokes it ("": set_online does), the trigger traced, the line logged.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, Option<LogId>);

const ROWS: [Row; 24] = [
    ("open_port", "maximum_number_of_ports", "", None, Some(LogId::PortMax)),
    ("open_port", "security_error", "", None, Some(LogId::Security)),
    ("close_port", "port_handle_not_valid", "port_failed", Some("fscph_1"), None),
    ("close_physical_port", "port_boxed", "incoming_els", Some("fscpph2"), None),
    ("close_physical_port", "port_handle_not_valid", "incoming_els", Some("fscpph1"), None),
    ("open_lun", "port_handle_not_valid", "", Some("fsouh_1"), None),
    ("open_lun", "port_boxed", "", Some("fsouh_2"), None),
    ("open_lun", "lun_sharing_violation", "", None, Some(LogId::LunShared)),
    ("open_lun", "maximum_number_of_luns", "", None, Some(LogId::LunMax)),
    ("open_lun", "lun_already_open", "", Some("ersff_4"), None),
    ("close_lun", "port_handle_not_valid", "sdev_failed", Some("fscuh_1"), None),
    ("close_lun", "lun_handle_not_valid", "sdev_failed", Some("fscuh_2"), None),
    ("close_lun", "port_boxed", "sdev_failed", Some("fscuh_3"), None),
    ("open_wka", "maximum_number_of_ports", "", None, Some(LogId::WkaMax)),
    ("close_wka", "port_handle_not_valid", "", Some("fscwph1"), None),
    ("gpn_ft", "port_handle_not_valid", "", Some("fsscth1"), None),
    ("gpn_ft", "service_class_not_supported", "", Some("fscns_1"), Some(LogId::ClassUnsupp)),
    ("test_unit_ready", "handle_mismatch", "", Some("fssfch1"), None),
    ("test_unit_ready", "lun_handle_not_valid", "", Some("fssfch2"), None),
    ("test_unit_ready", "direction_indicator_not_valid", "", Some("fssfch3"), Some(LogId::DataDir)),
    ("test_unit_ready", "cmnd_length_not_valid", "", Some("fssfch4"), Some(LogId::CmndLen)),
    ("test_unit_ready", "port_boxed", "", Some("fssfch5"), None),
    ("test_unit_ready", "lun_boxed", "", Some("fssfch6"), None),
    ("test_unit_ready", "security_error", "", Some("fssfch7"), Some(LogId::Security)),
];

fn provoke(trigger: &str) -> String {
    match trigger {
        "" => String::new(),
        "sdev_failed" => step(trigger, "port = 0\nlun = 0"),
        _ => step(trigger, "port = 0"),
    }
}

#[test]
fn handlers_row_by_row() {
    for (command, status, trigger, tag, log) in ROWS {
        let keys = format!("fsf_status = \"{status}\"\nqualifier = \"0x1\"");
        for run in both(&online("", &format!("{}{}", answer(command, &keys), provoke(trigger)))) {
            if let Some(tag) = tag {
                assert!(run.rested().tagged(tag), "{command} {status}: {:?}", run.tags());
            }
            if let Some(log) = log {
                assert!(run.rested().logged(log), "{command} {status}");
            }
        }
    }
}

#[test]
fn a_lun_in_use_elsewhere_fails_for_good() {
    let keys = "fsf_status = \"lun_sharing_violation\"\nqualifier = \"0x0\"";
    let text = online("", &answer("open_lun", keys));
    for run in both(&text) {
        assert!(!run.rested().logged(LogId::LunShared));
        assert_eq!(run.sent(Command::OpenLun).len(), 1);
        assert_eq!(run.sent(Command::Inquiry).len(), 0);
        assert_eq!(run.at(SDEV, Attribute::Failed), None);
    }
}

#[test]
fn a_port_that_answers_with_another_name_is_looked_up_again() {
    let text = online("", &answer("open_port", "content = { login_wwpn = \"0x1\" }"));
    for run in both(&text) {
        assert!(run.rested().logged(LogId::WwpnMismatch));
        assert!(run.tagged("fcgpn_3"));
        assert_eq!(run.sent(Command::GidPn).len(), 1);
    }
}

/// Makes a known port lose its id: its second opening fails.
const LOST: &str = "nth = 2\nfsf_status = \"adapter_status_available\"\nqualifier = \"0x7\"";

#[test]
fn a_port_that_cannot_be_opened_is_looked_up_by_name() {
    let text = online("", &format!("{}{}", answer("open_port", LOST), provoke("port_failed")));
    for run in both(&text) {
        assert!(run.rested().tagged("ersff_3") && run.tagged("fcgpn_3"));
        assert_eq!(run.at(PORT, Attribute::Failed), Some(0));
    }
}

#[test]
fn a_look_up_that_finds_nothing_fails_the_port_not_the_adapter() {
    for nothing in
        ["content = { ct_result = \"0x2\" }", "content = { ct_result = \"0x3\" }", "fsf_status = \"unknown\""]
    {
        let answers = format!("{}{}", answer("open_port", LOST), answer("gid_pn", nothing));
        for run in both(&online("", &format!("{answers}{}", provoke("port_failed")))) {
            assert!(!run.rested().tagged("fcgpn_1"), "{nothing}");
            assert_eq!(run.at(PORT, Attribute::Failed), Some(1), "{nothing}");
            assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(0));
        }
    }
}

#[test]
fn a_look_up_that_cannot_be_made_reopens_the_adapter() {
    // The first opening of the directory serves the scan.
    let refused = answer("open_wka", "nth = 2\nfsf_status = \"maximum_number_of_ports\"");
    let answers = format!("{}{refused}", answer("open_port", LOST));
    for run in both(&online("", &format!("{answers}{}", provoke("port_failed")))) {
        assert!(run.rested().tagged("fcgpn_1"));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(0));
    }
}
