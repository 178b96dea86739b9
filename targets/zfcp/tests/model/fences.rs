//! Each fence taken away alone has the consequence that driver.md 20 names.

use regdiff_observation::{Attribute, LogId, StepOutcome, TrapKind};
use regdiff_scenario::Command;
use regdiff_zfcp::{Fence, Fences};

use crate::rig::{ADAPTER, FC_HOST, HOST, ONLINE, Run, answer, machine, online, run, step};

/// Deferred without one fence; with it, the same scenario must come to rest.
#[track_caller]
fn without(fence: Fence, scenario: &str) -> (Run, Run) {
    let whole = run(scenario, Fences::DEFERRED);
    whole.rested();
    (run(scenario, Fences::DEFERRED.without(fence)), whole)
}

#[track_caller]
fn null_at(fence: Fence, scenario: &str, function: &str, field: &str) {
    let (faulty, _) = without(fence, scenario);
    assert_eq!(faulty.trap(), (TrapKind::NullAccess, function, field));
}

const DOWN: &str = "link_up = false";
/// All an adapter can do, DIF and DIX included.
const PROTECTED: &str = "features = [\"hbaapi_management\", \"dif_prot_type1\", \"dix_prot_tcpip\"]";
const DIF_DIX: &str = "[module]\ndif = true\ndix = true\n";

#[test]
fn f1_to_f5_null_accesses_of_the_first_open() {
    let up = online("", "");
    null_at(Fence::QdioShostUpdate, &up, "zfcp_qdio_shost_update", "sg_tablesize");
    null_at(Fence::ConfigDataGood, &up, "zfcp_scsi_shost_update_config_data", "firmware_version");
    null_at(Fence::SetProtInHostUpdate, &up, "zfcp_scsi_set_prot", "prot_capabilities");
    null_at(Fence::PortData, &up, "zfcp_fsf_exchange_port_evaluate", "permanent_port_name");
    let down = online(DOWN, "");
    null_at(Fence::ConfigDataIncomplete, &down, "zfcp_scsi_shost_update_config_data", "firmware_version");
    // The other half of the second patch is not needed then, and the reverse.
    assert_eq!(run(&down, Fences::DEFERRED.without(Fence::ConfigDataGood)).0.end, regdiff_observation::End::Rest);
    assert_eq!(run(&up, Fences::DEFERRED.without(Fence::ConfigDataIncomplete)).0.end, regdiff_observation::End::Rest);
}

#[test]
fn f6_link_down_writes_the_host() {
    null_at(Fence::LinkDown, &online(DOWN, ""), "zfcp_fsf_fc_host_link_down", "port_id");
    let protocol = answer("exchange_config_data", "protocol_status = \"link_down\"\nqualifier = \"0x4\"");
    null_at(Fence::LinkDown, &online("", &protocol), "zfcp_fsf_fc_host_link_down", "port_id");
}

#[test]
fn f6b_the_adapters_own_fields_go_stale() {
    let text = online("", &answer("exchange_port_data", "fsf_status = \"exchange_data_incomplete\""));
    let (faulty, whole) = without(Fence::LinkDownAdapterFirst, &text);
    assert_eq!(whole.at(ADAPTER, Attribute::CardVersion), Some(0));
    assert_eq!(faulty.rested().at(ADAPTER, Attribute::CardVersion), Some(5));
}

#[test]
fn f7_the_port_type_is_read_in_any_topology() {
    for topology in ["fabric", "point_to_point"] {
        let text = online(&format!("topology = \"{topology}\""), "");
        null_at(Fence::PtpPortLate, &text, "zfcp_erp_adapter_strategy_open_fsf_xconf", "port_type");
    }
}

#[test]
fn f8_and_f9_status_propagation_takes_the_host_lock() {
    let text = online("", "");
    null_at(Fence::SetAdapterStatus, &text, "zfcp_erp_set_adapter_status", "host_lock");
    null_at(Fence::ClearAdapterStatus, &text, "zfcp_erp_clear_adapter_status", "host_lock");
}

#[test]
fn f10_a_rescan_by_hand_scans_without_a_host() {
    let early = step("port_rescan", "when = { point = \"erp_open\", device = 0, nth = 1 }");
    let (faulty, whole) = without(Fence::PortRescan, &online("", &early));
    assert_eq!(whole.outcome(1), StepOutcome::Done(-19));
    assert_eq!(faulty.trap(), (TrapKind::NullAccess, "zfcp_fc_scan_ports", "port_type"));
}

#[test]
fn f11_and_f13_bring_the_seeds_crash_back() {
    let text = format!("{}{DIF_DIX}", online(PROTECTED, ""));
    for fence in [Fence::NoRegisterAtEnqueue, Fence::ProtBeforeAdd] {
        let (faulty, whole) = without(fence, &text);
        assert_eq!(faulty.trap(), (TrapKind::NullAccess, "scsi_queue_rq", "prot_sdb"), "{fence:?}");
        assert_eq!(whole.0.violations, []);
        assert_eq!(whole.at(HOST, Attribute::ProtCapabilities), Some(17));
        assert_eq!(whole.at(HOST, Attribute::SgTablesize), Some(287));
    }
}

#[test]
fn f12_limits_stay_those_of_the_template_until_the_next_open() {
    let (faulty, whole) = without(Fence::LimitsBeforeAdd, &online("", &step("adapter_failed", "value = 0")));
    assert_eq!(whole.at_rest(1, HOST, Attribute::SgTablesize), Some(574));
    assert_eq!(faulty.rested().at_rest(1, HOST, Attribute::SgTablesize), Some(538));
    assert_eq!(faulty.at(HOST, Attribute::SgTablesize), Some(574));
    // With DIX the limit is halved by set_prot alone.
    let text = format!("{}{DIF_DIX}", online(PROTECTED, ""));
    assert_eq!(without(Fence::LimitsBeforeAdd, &text).0.rested().at(HOST, Attribute::SgTablesize), Some(287));
}

#[test]
fn f14_the_redo_is_repeated_at_every_open() {
    let (faulty, whole) = without(Fence::RegisterOnce, &online(DOWN, &step("adapter_failed", "value = 0")));
    assert_eq!(whole.at(FC_HOST, Attribute::ActiveFc4s), Some(0x100));
    assert_eq!(faulty.rested().at(FC_HOST, Attribute::ActiveFc4s), Some(0));
}

#[test]
fn f15_a_freed_host_is_used() {
    let text = machine("", &format!("{}{ONLINE}", step("fail", "point = \"host_tag_set\"")));
    let (faulty, whole) = without(Fence::NoStalePointer, &text);
    assert!(whole.logged(LogId::HostRegFailed));
    assert_eq!((whole.0.hosts_added, whole.sent(Command::ExchangeConfigData)), (1, vec![0, 8000]));
    assert_eq!(faulty.trap().0, TrapKind::UseAfterFree);
}

#[test]
fn f16_without_the_redo_of_config_data_no_port_is_found() {
    let (faulty, whole) = without(Fence::RedoConfig, &online("", ""));
    assert_eq!(whole.sent(Command::GpnFt).len(), 1);
    assert!(faulty.rested().sent(Command::GpnFt).is_empty());
    assert_eq!(faulty.at(FC_HOST, Attribute::PortName), Some(u64::MAX));
    assert_eq!(faulty.at(FC_HOST, Attribute::PortType), Some(0));
}

#[test]
fn f17_without_the_redo_of_port_data_defaults_stay() {
    let (faulty, whole) = without(Fence::RedoPort, &online("", ""));
    assert_eq!(whole.at(FC_HOST, Attribute::PermanentPortName), Some(0x5005_0764_0000_1900));
    assert_eq!(faulty.rested().at(FC_HOST, Attribute::PermanentPortName), Some(u64::MAX));
}

#[test]
fn f18_without_the_redo_of_link_down_its_values_are_missing() {
    let (faulty, whole) = without(Fence::RedoLinkDown, &online(DOWN, ""));
    let values = |run: &Run| {
        [Attribute::PortId, Attribute::Model, Attribute::FabricName, Attribute::ActiveFc4s].map(|a| run.at(FC_HOST, a))
    };
    assert_eq!(values(&whole), [Some(0); 4]);
    let defaults = [Some(u64::from(u32::MAX)), Some(u64::MAX), Some(u64::MAX), Some(0x100)];
    assert_eq!(values(faulty.rested()), defaults);
}

#[test]
fn f19_a_status_read_reaches_no_host() {
    let text = format!(
        "{}[kernel]\nbehaviours = [\"version_change\"]\n[[choice]]\ndevice = 0\ncontext = \"erp\"\npoint = \
         \"erp_status_reads\"\nturn = \"sleep\"\namount = 1\n",
        online("", &step("version_change", "when = { point = \"erp_status_reads\", device = 0, nth = 1 }")),
    );
    let function = "zfcp_fsf_status_read_version_change";
    null_at(Fence::RegisterBeforeStatusReads, &text, function, "firmware_version");
}

#[test]
fn f20_a_host_that_never_was_is_removed() {
    let text = online("topology = \"loop\"", &step("remove", ""));
    let (faulty, whole) = without(Fence::UnregisterChecks, &text);
    assert_eq!(whole.outcome(1), StepOutcome::Done(0));
    assert_eq!(faulty.trap(), (TrapKind::NullAccess, "fc_remove_host", "shost_data"));
}

#[test]
fn f21_attributes_are_removed_that_were_never_added() {
    for point in ["sysfs_adapter", "sysfs_diagnostics"] {
        let fail = step("fail", &format!("point = \"{point}\""));
        let kernel = "[kernel]\nbehaviours = [\"enqueue_undo_inline\"]\n";
        let (faulty, whole) = without(Fence::EnqueueUndo, &machine("", &format!("{kernel}{fail}{ONLINE}{ONLINE}")));
        assert!(!whole.logged(LogId::SysfsGroupMissing));
        assert!(faulty.rested().logged(LogId::SysfsGroupMissing));
        for run in [&whole, &faulty] {
            assert!(run.logged(LogId::EnqueueFailed));
            assert_eq!((run.outcome(1), run.outcome(2)), (StepOutcome::Done(-12), StepOutcome::Done(0)));
        }
    }
}
