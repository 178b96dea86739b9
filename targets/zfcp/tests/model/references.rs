//! References that are dropped once too often (driver.md 1.1, 4.4, 25).

use regdiff_observation::{StepOutcome, TrapKind};

use crate::rig::{ONLINE, both, step};

/// Two ports, of which the `nth` cannot be registered in sysfs.
fn ports(nth: u32, rest: &str) -> String {
    let fail = step("fail", &format!("point = \"port_sysfs\"\nnth = {nth}"));
    format!("version = 1\n[[device]]\n[[device.port]]\n[[device.port]]\nwwpn = \"0x2\"\n{fail}{ONLINE}{rest}")
}

const ONCE: &str = "[kernel]\nbehaviours = [\"port_sysfs_ref_once\", \"gid_pn_pool_freed\"]\n";

#[test]
fn an_adapter_that_loses_its_last_reference_is_freed_under_its_objects() {
    // The port that came first holds it until the device is unbound.
    for run in both(&ports(2, &step("remove", ""))) {
        let (kind, function, _) = run.trap();
        assert_eq!((kind, function), (TrapKind::UseAfterFree, "zfcp_adapter_unregister"));
    }
    // Both fail: it is freed under set_online, and the next work finds it so.
    let another = step("fail", "point = \"port_sysfs\"\nnth = 2");
    for run in both(&ports(1, "").replacen(ONLINE, &format!("{another}{ONLINE}"), 1)) {
        assert_eq!((run.trap().0, run.trap().1), (TrapKind::UseAfterFree, "zfcp_fc_sym_name_update"));
        assert_eq!(run.outcome(2), StepOutcome::Blocked);
    }
}

/// A port appears later, and cannot be registered: the adapter goes with the user who asked for the scan.
fn late_port(then: &str) -> String {
    let appear = |online| step("fabric_port", &format!("port = 0\nonline = {online}"));
    let steps = [
        &appear(false),
        ONLINE,
        &appear(true),
        &step("fail", "point = \"port_sysfs\""),
        &step("port_rescan", ""),
        // Before the directory is closed.
        &step(then, "when = { after_ms = 5 }"),
    ];
    format!("version = 1\n[[device]]\n[[device.port]]\n{}", steps.concat())
}

#[test]
fn what_leads_to_a_freed_adapter_is_a_trap_but_for_its_own_files() {
    for (then, function) in [
        ("link_up", "zfcp_fsf_reqid_check"),
        ("host_reset", "dev_attr_store"),
        ("queue_error", "zfcp_erp_clear_adapter_status"),
        // No look-up finds it. The trap is the directory's close.
        ("adapter_failed", "zfcp_fc_wka_port_offline"),
        ("remove", "zfcp_fc_wka_port_offline"),
    ] {
        for run in both(&late_port(then)) {
            assert_eq!(run.trap().0, TrapKind::UseAfterFree);
            let trace = &run.0.end;
            assert!(format!("{trace:?}").contains(function), "{then}: {trace:?}");
        }
    }
    for run in both(&format!("{}{ONCE}", late_port("adapter_failed"))) {
        assert_eq!(run.rested().outcome(5), StepOutcome::Done(1));
    }
}

#[test]
fn from_6_1_on_the_reference_is_dropped_once() {
    for nth in [1, 2] {
        for run in both(&format!("{}{ONCE}", ports(nth, &step("remove", "")))) {
            assert_eq!(run.rested().outcome(2), StepOutcome::Done(0));
            assert_eq!(run.0.leftovers, []);
        }
    }
}
