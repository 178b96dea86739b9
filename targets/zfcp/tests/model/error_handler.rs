//! The driver's part of the SCSI error handler: aborts, resets, recovery and blocked ports in between (driver.md 15).

use regdiff_observation::{Attribute, End, StepOutcome};
use regdiff_scenario::Command;

use crate::rig::{ADAPTER, HOST, Run, SDEV, answer, both, online, step};

/// Host and device states by number.
const RUNNING: u64 = 2;
const OFFLINE: u64 = 6;
const EIO: i64 = -5;

/// The first read of a user; the disk's probe reads once before.
fn silent_reads(count: u32) -> String {
    answer("read", &format!("nth = 2\ncount = {count}\nreply = \"silence\""))
}

fn read() -> String {
    step("read", "port = 0\nlun = 0")
}

/// Both variants read once, with scripted answers before.
fn reads(device: &str, script: &str) -> [Run; 2] {
    let runs = both(&online(device, &format!("{script}{}", read())));
    for run in &runs {
        assert_eq!(run.rested().at(HOST, Attribute::HostState), Some(RUNNING));
    }
    runs
}

fn went_well(run: &Run, step: usize) -> bool {
    matches!(run.outcome(step), StepOutcome::Done(code) if code >= 0)
}

#[test]
fn a_command_without_answer_is_aborted_and_sent_again() {
    for run in reads("", &silent_reads(1)) {
        assert!(went_well(&run, 1));
        assert_eq!((run.sent(Command::Abort).len(), run.sent(Command::Read).len()), (1, 3));
        assert_eq!(run.sent(Command::LunReset), [0_u64; 0]);
    }
}

#[test]
fn answers_to_an_abort() {
    let rows: [(&str, bool, Option<&str>); 9] = [
        ("fsf_status = \"good\"", true, None),
        ("fsf_status = \"fcp_command_does_not_exist\"", true, None),
        ("fsf_status = \"port_handle_not_valid\"", false, Some("fsafch1")),
        ("fsf_status = \"lun_handle_not_valid\"", false, Some("fsafch2")),
        ("fsf_status = \"port_boxed\"", false, Some("fsafch3")),
        ("fsf_status = \"lun_boxed\"", false, Some("fsafch4")),
        ("fsf_status = \"adapter_status_available\"\nqualifier = \"0x3\"", false, None),
        ("fsf_status = \"unknown\"", false, None),
        ("protocol_status = \"seq_numb_error\"", false, Some("fspse_2")),
    ];
    for (keys, aborted, tag) in rows {
        for run in reads("", &format!("{}{}", silent_reads(1), answer("abort", keys))) {
            assert!(went_well(&run, 1), "{keys}: {:?}", run.outcome(1));
            // Who is not aborted is for the error handler.
            assert_eq!(run.sent(Command::LunReset).is_empty(), aborted, "{keys}");
            assert!(tag.is_none_or(|tag| run.tagged(tag)), "{keys}: {:?}", run.tags());
        }
    }
}

#[test]
fn a_refused_handle_with_more_to_say_is_left_alone() {
    let keys = "fsf_status = \"port_handle_not_valid\"\nqualifier = \"0x1\"";
    for run in reads("", &format!("{}{}", silent_reads(1), answer("abort", keys))) {
        assert!(went_well(&run, 1) && !run.tagged("fsafch1"));
    }
}

#[test]
fn an_abort_without_answer_reopens_the_adapter() {
    let script = format!("{}{}", silent_reads(1), answer("abort", "reply = \"silence\""));
    for run in reads("", &script) {
        assert!(went_well(&run, 1) && run.tagged("fsrth_1"));
        assert_eq!(run.sent(Command::ExchangeConfigData).len(), 2);
    }
}

/// A refused abort, and task management that fails up to some level.
fn failing(lun: bool, target: bool) -> String {
    let fails = "count = 0\nfsf_status = \"adapter_status_available\"\nqualifier = \"0x3\"";
    let mut script = format!("{}{}", silent_reads(1), answer("abort", fails));
    if lun {
        script += &answer("lun_reset", fails);
    }
    if target {
        script += &answer("target_reset", fails);
    }
    script
}

#[test]
fn resets_from_the_mildest_to_the_harshest() {
    for (lun, target, sent) in [(false, false, (1, 0)), (true, false, (1, 1)), (true, true, (1, 1))] {
        for run in reads("", &failing(lun, target)) {
            assert!(went_well(&run, 1));
            assert_eq!((run.sent(Command::LunReset).len(), run.sent(Command::TargetReset).len()), sent);
            assert_eq!(run.tagged("schrh_1"), lun && target);
            assert!(!run.tagged("schrh_p"), "a virtual port leaves the others alone");
        }
    }
}

#[test]
fn a_physical_port_is_reset_with_all_its_remote_ports() {
    let unit = step("unit_add", "port = 0\nlun = 0");
    for run in both(&online("connection = []", &format!("{}{unit}{}", failing(true, true), read()))) {
        assert!(went_well(run.rested(), 2));
        assert!(run.tagged("schrh_p") && run.tagged("schrh_1"));
        assert_eq!(run.sent(Command::ClosePhysicalPort).len(), 1);
    }
}

#[test]
fn task_management_is_judged_by_its_response() {
    let script = format!("{}{}", failing(false, false), answer("lun_reset", "content = { response_code = \"0x5\" }"));
    for run in reads("", &script) {
        assert_eq!(run.sent(Command::TargetReset).len(), 1);
    }
    let boxed = format!("{}{}", failing(false, false), answer("lun_reset", "fsf_status = \"lun_boxed\""));
    for run in reads("", &boxed) {
        assert!(run.tagged("fssfch6"));
    }
}

#[test]
fn a_disk_whose_medium_stays_silent_is_taken_offline() {
    for run in reads("", &silent_reads(0)) {
        assert_eq!(run.outcome(1), StepOutcome::Done(EIO));
        assert_eq!(run.at(SDEV, Attribute::SdevState), Some(OFFLINE));
        assert_eq!(run.sent(Command::LunReset).len(), 2);
    }
}

#[test]
fn a_disk_that_answers_nothing_is_taken_offline_and_can_be_set_running() {
    let deaf = answer("test_unit_ready", "nth = 3\ncount = 3\nreply = \"silence\"");
    let back = step("sdev_state", "port = 0\nlun = 0\nstate = \"running\"");
    let steps = format!("{}{deaf}{}{back}{}", failing(false, false), read(), read());
    for run in both(&online("", &steps)) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(EIO));
        assert_eq!(run.at_rest(2, SDEV, Attribute::SdevState), Some(OFFLINE));
        assert_eq!(run.outcome(2), StepOutcome::Done(1));
        assert!(went_well(&run, 3));
        assert_eq!(run.at(SDEV, Attribute::SdevState), Some(RUNNING));
    }
}

#[test]
fn an_abort_waits_for_the_recovery_of_the_adapter() {
    // The time-out comes while the adapter is closed for a slow reopen: its commands are gone with the queues.
    let slow = answer("exchange_config_data", "nth = 2\ndelay_ms = 20000");
    let reset = step("host_reset", "kind = \"adapter\"\nwhen = { after_ms = 30005 }");
    let steps = format!("{slow}{}{}{reset}", silent_reads(1), read());
    for run in both(&online("", &steps)) {
        assert!(went_well(run.rested(), 1), "{:?}", run.outcome(1));
        assert_eq!(run.sent(Command::Abort), [0_u64; 0], "not outstanding any more");
        assert_eq!(run.at(HOST, Attribute::HostState), Some(RUNNING));
    }
}

#[test]
fn the_error_handler_waits_for_the_recovery_of_the_adapter() {
    // The abort fails; the adapter is reopened slowly while the LUN is to be reset.
    let slow = answer("exchange_config_data", "nth = 2\ndelay_ms = 20000");
    let reset = step("host_reset", "kind = \"adapter\"\nwhen = { after_ms = 30015 }");
    let steps = format!("{slow}{}{}{reset}", failing(false, false), read());
    for run in both(&online("", &steps)) {
        assert!(went_well(run.rested(), 1), "{:?}", run.outcome(1));
        assert!(run.sent(Command::LunReset)[0] >= 50_000, "{:?}", run.sent(Command::LunReset));
    }
}

#[test]
fn an_adapter_that_goes_offline_in_recovery_counts_as_reset() {
    let offline = step("set_offline", "when = { after_ms = 30015 }");
    for run in both(&online("", &format!("{}{}{offline}", failing(false, false), read()))) {
        // The port stays blocked until it is lost; then the device is gone and the read fails.
        assert_eq!(run.rested().sent(Command::LunReset), [0_u64; 0]);
        assert_eq!(run.outcome(1), StepOutcome::Done(EIO));
        assert_eq!(run.0.end, End::Rest);
    }
}

#[test]
fn a_host_that_is_removed_ends_its_recovery_first() {
    let remove = step("remove", "when = { after_ms = 30015 }");
    let freed = "[kernel]\nbehaviours = [\"gid_pn_pool_freed\"]\n";
    for run in both(&online("", &format!("{}{}{remove}{freed}", failing(false, false), read()))) {
        assert!(matches!(run.rested().outcome(2), StepOutcome::Done(_)), "{:?}", run.outcome(2));
        assert_eq!(run.0.leftovers, []);
        assert_eq!(run.at(HOST, Attribute::HostState), None);
        assert_eq!(run.at(ADAPTER, Attribute::Status), None);
    }
}

#[test]
fn io_to_a_lost_port_fails_fast_if_a_user_wants_that() {
    let fast = step("rport_fast_io_fail_tmo", "port = 0\nseconds = 5");
    let gone = step("fabric_port", "port = 0\nonline = false");
    let told = step("port_closed", "port = 0");
    let waits = step("read", "port = 0\nlun = 0\nwhen = { after_ms = 100 }");
    let steps = |fast: &str| format!("{fast}{gone}{told}{waits}");
    for run in both(&online("", &steps(&fast))) {
        assert_eq!(run.rested().outcome(4), StepOutcome::Done(EIO));
        assert!(run.tagged("sctrpi1"));
    }
}

#[test]
fn what_users_may_write_to_a_remote_port() {
    for (trigger, keys, result) in [
        ("rport_fast_io_fail_tmo", "seconds = 59", 1),
        ("rport_fast_io_fail_tmo", "seconds = 60", -22),
        ("rport_fast_io_fail_tmo", "seconds = 4294967295", 1),
        ("rport_dev_loss_tmo", "seconds = 601", -22),
        ("rport_state", "marginal = true", -13),
    ] {
        for run in both(&online("", &step(trigger, &format!("port = 0\n{keys}")))) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(result), "{trigger} {keys}");
        }
    }
    let longer = step("rport_dev_loss_tmo", "port = 0\nseconds = 1000");
    let fast = step("rport_fast_io_fail_tmo", "port = 0\nseconds = 5");
    for run in both(&online("", &format!("{fast}{longer}"))) {
        assert_eq!(run.rested().outcome(2), StepOutcome::Done(1), "capped only if I/O does not fail earlier");
    }
    let marginal = step("rport_state", "port = 0\nmarginal = true");
    let steps = format!("{marginal}{}[kernel]\nmidlayer = \"6.1\"\n", read());
    for run in both(&online("", &steps)) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(1));
        assert!(went_well(&run, 2), "a marginal port still works");
    }
}

#[test]
fn a_host_state_is_taken_if_the_midlayer_could_enter_it() {
    for (state, result) in [(2, 1), (3, 1), (5, 1), (1, -22), (4, -22), (6, -22), (7, -22)] {
        for run in both(&online("", &step("host_state", &format!("state = {state}")))) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(result), "{state}");
            let now = if result == 1 { state } else { RUNNING };
            assert_eq!(run.at(HOST, Attribute::HostState), Some(now));
        }
    }
    // Nothing is dispatched until somebody says that the host runs again.
    let [recovers, runs] = [5, 2].map(|state| step("host_state", &format!("state = {state}")));
    for run in both(&online("", &format!("{recovers}{}{runs}", read()))) {
        assert!(went_well(run.rested(), 2));
    }
    for run in both(&online("", &format!("{recovers}{}", read()))) {
        assert_eq!(run.outcome(2), StepOutcome::Blocked);
    }
}

#[test]
fn the_reset_ioctl_escalates() {
    for (level, sent) in [("device", [1, 0, 1]), ("target", [0, 1, 1]), ("bus", [0, 0, 2]), ("host", [0, 0, 2])] {
        let steps = step("sg_reset", &format!("port = 0\nlun = 0\nlevel = \"{level}\""));
        for run in both(&online("", &steps)) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(0));
            let kinds = [Command::LunReset, Command::TargetReset, Command::ExchangeConfigData];
            assert_eq!(kinds.map(|kind| run.sent(kind).len()), sent, "{level}");
        }
    }
    let fails = "count = 0\nfsf_status = \"unknown\"\ncontent = { response_code = \"0x5\" }";
    let script = format!("{}{}", answer("lun_reset", fails), answer("target_reset", fails));
    let steps = format!("{script}{}", step("sg_reset", "port = 0\nlun = 0\nlevel = \"device\""));
    for run in both(&online("", &steps)) {
        assert_eq!(run.rested().outcome(1), StepOutcome::Done(0));
        assert!(run.tagged("schrh_1"));
    }
}

#[test]
fn a_device_without_a_driver_that_answers_is_offline_to_the_ioctl() {
    let offline = step("sdev_state", "port = 0\nlun = 0\nstate = \"offline\"");
    let other = step("sdev_state", "port = 0\nlun = 0\nstate = \"other\"");
    let reset = step("sg_reset", "port = 0\nlun = 0\nlevel = \"device\"");
    for run in both(&online("", &format!("{offline}{reset}{other}{}", read()))) {
        let outcomes = [1, 2, 3, 4].map(|s| run.outcome(s));
        assert_eq!(outcomes, [1, -19, -22, EIO].map(StepOutcome::Done));
    }
}

#[test]
fn a_rescan_looks_at_the_disk_anew() {
    for (rescan, midlayer, looks) in [("sdev_rescan", "5.7", 3), ("sdev_rescan", "6.1", 3)] {
        let steps = format!("{}[kernel]\nmidlayer = \"{midlayer}\"\n", step(rescan, "port = 0\nlun = 0"));
        for run in both(&online("", &steps)) {
            assert_eq!(run.rested().outcome(1), StepOutcome::Done(1));
            assert_eq!(run.sent(Command::TestUnitReady).len(), looks);
        }
    }
}

#[test]
fn a_disk_that_is_not_ready_is_started() {
    let keys = |count, sense| format!("count = {count}\ncontent = {{ scsi_status = \"0x2\", sense = \"{sense}\" }}");
    for (count, sense, starts, tests) in [
        (3, "0x20402", 1, 5),
        // Becoming ready, and one that waits for a person.
        (0, "0x20403", 0, 6),
        (0, "0x23a00", 0, 1),
    ] {
        let script = answer("test_unit_ready", &keys(count, sense));
        for run in both(&online("", &format!("{script}[kernel]\nmidlayer = \"6.1\"\n"))) {
            assert_eq!(run.rested().sent(Command::StartUnit).len(), starts, "{sense}");
            assert_eq!(run.sent(Command::TestUnitReady).len(), tests, "{sense}");
        }
    }
    // One that never starts is given up after 100 s, when it is probed and when its partitions are read.
    for run in
        both(&online("", &format!("{}[kernel]\nmidlayer = \"6.1\"\n", answer("test_unit_ready", &keys(0, "0x20402")))))
    {
        assert_eq!(run.rested().sent(Command::StartUnit).len(), 2);
        assert_eq!(run.sent(Command::TestUnitReady).last(), Some(&201_000));
    }
}
