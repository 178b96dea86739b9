//! The visible order of a first online (driver.md 24.3).

use regdiff_observation::Attribute;

use crate::rig::{FC_HOST, HOST, PORT, Run, both, online};

fn tells(run: &Run, chapters: &[&[&str]]) {
    let expected: Vec<&str> = chapters.iter().flat_map(|c| c.iter().copied()).collect();
    assert_eq!(run.rested().story(), expected);
}

const HOST_ADDED: &[&str] = &["HOST_ADDED", "+scsi_host", "+fc_host"];
const EXCHANGES: &[&str] = &["ExchangeConfigData", "ExchangePortData"];
const SCAN: &[&str] = &["OpenWka", "GpnFt", "fcegpf1", "OpenPort", "GspnId", "RspnId"];
const DISK: &[&str] =
    &["scpaddy", "+rport", "scsla_1", "OpenLun", "ersfs_3", "+target", "+sdev", "+disk", "SD_ATTACHED"];

#[test]
fn on_a_fabric_only_the_place_of_the_host_differs() {
    let [eager, deferred] = both(&online("", ""));
    let without = |list: &[&'static str], word: &str| list.iter().copied().filter(|w| *w != word).collect::<Vec<_>>();
    let disk = without(DISK, "ersfs_3");
    tells(&eager, &[HOST_ADDED, &["ccsonl1"], EXCHANGES, SCAN, &disk, &["CloseWka"]]);
    tells(&deferred, &[&["ccsonl1"], EXCHANGES, HOST_ADDED, SCAN, &disk, &["CloseWka"]]);
    assert_eq!(eager.0.rests[1].readings, deferred.0.rests[1].readings);
}

#[test]
fn a_point_to_point_port_comes_before_port_data_in_eager_and_after_registration_in_deferred() {
    let [eager, deferred] = both(&online("topology = \"point_to_point\"", ""));
    let disk =
        ["ersfs_1", "OpenPort", "scpaddy", "+rport", "scsla_1", "OpenLun", "+target", "+sdev", "+disk", "SD_ATTACHED"];
    let port = ["ereptp1"];
    tells(&eager, &[HOST_ADDED, &["ccsonl1"], &EXCHANGES[..1], &port, &EXCHANGES[1..], &disk]);
    tells(&deferred, &[&["ccsonl1"], EXCHANGES, HOST_ADDED, &port, &disk]);
    assert_eq!(eager.0.rests[1].readings, deferred.0.rests[1].readings);
    assert_eq!(deferred.at(FC_HOST, Attribute::PortType), Some(6));
    assert_eq!(deferred.at(PORT, Attribute::Failed), Some(0));
}

#[test]
fn without_host_management_there_is_no_port_data() {
    for run in both(&online("features = [\"measurement_data\"]", "")) {
        assert!(!run.rested().story().contains(&"ExchangePortData".to_owned()));
        assert_eq!(run.at(FC_HOST, Attribute::PermanentPortName), Some(u64::MAX));
        assert_eq!(run.at(FC_HOST, Attribute::SerialNumber), Some(0));
        assert_eq!(run.at(FC_HOST, Attribute::HardwareVersion), Some(u64::MAX));
    }
}

#[test]
fn limits_follow_the_queues() {
    for (device, limit) in [("", 574), ("multi_buffer = false", 538)] {
        for run in both(&online(device, "")) {
            assert_eq!(run.rested().at(HOST, Attribute::SgTablesize), Some(limit));
        }
    }
}
