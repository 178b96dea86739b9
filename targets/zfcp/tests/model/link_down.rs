//! Local link down before and after registration (driver.md 11, 19).

use regdiff_observation::{Attribute, LogId};

use crate::rig::{ADAPTER, FC_HOST, HOST, both, online, step};

const UNPLUGGED: u64 = 0x200;
const FAILED: u64 = 0x2000_0000;
const UNBLOCKED: u64 = 0x1000_0000;
const OPEN: u64 = 0x0400_0000;

#[test]
fn a_link_that_was_never_up_still_registers_a_host() {
    let [eager, deferred] = both(&online("link_up = false", ""));
    for run in [&eager, &deferred] {
        let status = run.rested().at(ADAPTER, Attribute::Status).unwrap();
        assert_eq!(status & (UNPLUGGED | FAILED | OPEN | UNBLOCKED), UNPLUGGED | FAILED | OPEN);
        assert!(run.logged(LogId::LdNoLight));
        assert_eq!(run.at(FC_HOST, Attribute::Model), Some(0));
        assert_eq!(run.at(FC_HOST, Attribute::PortId), Some(0));
        assert_eq!(run.at(FC_HOST, Attribute::PortState), Some(7));
        assert_eq!(run.at(FC_HOST, Attribute::PortName), Some(0xc050_76e5_0000_1900));
        assert_eq!(run.at(ADAPTER, Attribute::ServiceLevel), Some(0));
    }
    // Config data says link down first; port data then writes its types, and only the redo clears them again.
    assert_eq!(eager.at(FC_HOST, Attribute::ActiveFc4s), Some(0x100));
    assert_eq!(deferred.at(FC_HOST, Attribute::ActiveFc4s), Some(0));
}

#[test]
fn both_agree_on_a_link_that_goes_down_and_up_later() {
    let down = step("link_down", "subtype = 0\ncode = \"0x4\"");
    let [eager, deferred] = both(&online("", &format!("{down}{}", step("link_up", ""))));
    for rest in 1..4 {
        assert_eq!(eager.0.rests[rest].readings, deferred.0.rests[rest].readings);
    }
    for run in [&eager, &deferred] {
        assert_eq!(run.rested().at_rest(2, FC_HOST, Attribute::PortType), Some(0));
        assert_eq!(run.at_rest(2, ADAPTER, Attribute::CardVersion), Some(0));
        assert_eq!(run.at(FC_HOST, Attribute::PortType), Some(7));
        assert!(run.tagged("fssrh_2") && run.logged(LogId::LinkUp));
        assert_eq!(run.at(HOST, Attribute::HostNo), Some(0));
    }
}

#[test]
fn a_second_report_of_the_same_trouble_changes_nothing() {
    let down = step("link_down", "subtype = 1\ncode = \"0x100\"");
    for run in both(&online("", &format!("{down}{down}"))) {
        let lines = run.rested().story().iter().filter(|w| *w == "LD_WWPN").count();
        let events = run.story().iter().filter(|w| *w == "event 3").count();
        assert_eq!((lines, events), (1, 2));
    }
}

#[test]
fn a_firmware_update_has_no_line_of_its_own() {
    for run in both(&online("", &step("link_down", "subtype = 2\ncode = \"0x4\""))) {
        assert!(!run.rested().logged(LogId::LdNoLight));
        assert_eq!(run.at(ADAPTER, Attribute::Failed), Some(1));
    }
}
